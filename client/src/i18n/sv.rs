//! Svenska.

use shared::RefusalCode;

use super::Texts;

pub static SV: Texts = Texts {
    skip_to_content: "Till innehållet",
    nav: "Sidor",
    about: "Om mig",
    reports: "Redovisning",
    chat: "Chatt",
    to_light: "Byt till ljust tema",
    to_dark: "Byt till mörkt tema",
    loading: "Hämtar …",
    try_again: "Försök igen",
    not_found: "Den sidan finns inte",
    not_found_text: "Adressen leder ingenstans. Den kan ha flyttat, eller aldrig ha funnits.",
    go_home: "Till första sidan",
    content_missing: |path| format!("Texten saknas: filen {path} finns inte på servern."),
    content_unreachable: "Texten gick inte att hämta. Är du uppkopplad?",
    config_broken: "Sidans inställningar går inte att läsa:",
    no_reports: "Inget är redovisat än.",
    earlier: "Föregående",
    later: "Nästa",
    all_reports: "Alla redovisningar",
    rooms: "Rum",

    join_title: "Vad ska vi kalla dig?",
    join_lead: "Inget konto behövs. Ditt nick står bredvid det du skriver.",
    nick: "Nick",
    nick_hint: "Upp till 32 tecken, i vilket alfabet som helst.",
    join: "Gå in",
    joining: "Går in …",
    nick_empty: "Skriv ett nick först.",
    nick_problem: |code, nick| match code {
        RefusalCode::NickTaken => format!("{nick} är upptaget."),
        RefusalCode::NickLookalike => format!("{nick} är för likt någon annans nick."),
        RefusalCode::NickReserved => format!("{nick} är reserverat."),
        RefusalCode::NickTooLong => "Nicket är för långt: högst 32 tecken.".to_owned(),
        _ => "Det nicket går inte att använda. Prova ett enklare.".to_owned(),
    },
    nick_take: "Ta",
    nick_or_other: "eller välj ett annat.",
    room_problem: |code| match code {
        RefusalCode::UnknownRoom | RefusalCode::InvalidRoom => {
            "Det rummet finns inte på den här servern."
        }
        _ => "Servern släpper inte in någon just nu.",
    },
    kept_out: |code| match code {
        RefusalCode::RoomFull => "Rummet är fullt.",
        RefusalCode::TooManyRooms => "Servern har inte plats för fler rum.",
        RefusalCode::RateLimited => "För många försök på kort tid.",
        _ => "Servern släpper inte in någon just nu.",
    },
    next_try_in: |s| format!("Nytt försök om {s} s."),
    bad_room: "Rummets namn i sidans inställningar är inget giltigt rumsnamn:",

    log: |room| format!("Meddelanden i {room}"),
    empty_title: "Tyst så länge",
    empty_text: "Ingen har skrivit något här än. Börja du.",
    beginning: "Här börjar samtalet",
    loading_older: "Hämtar äldre …",
    new_below: |n| format!("{n} {}", if n == 1 { "nytt" } else { "nya" }),
    unread: "nya meddelanden",
    to_the_end: "Till slutet",
    you: "du",
    says: |nick, text| format!("{nick}: {text}"),
    came: |names| format!("{names} kom in"),
    went: |names| format!("{names} gick"),
    renamed: |from, to| format!("{from} heter nu {to}"),
    and: "och",
    and_more: |n| format!("{n} till"),
    sending: "skickas …",
    waiting: "skickas när förbindelsen är tillbaka",
    held: |code| match code {
        RefusalCode::RateLimited => "många meddelanden på kort tid",
        RefusalCode::StorageFull => "serverns disk är full",
        RefusalCode::Unavailable => "servern kan inte spara just nu",
        _ => "servern har mycket att göra",
    },
    goes_out_in: |s| format!(", skickas igen om {s} s"),
    behind: "väntar på sin tur",
    failed: |code| match code {
        RefusalCode::TextTooLong => "för långt för servern",
        RefusalCode::EmptyText | RefusalCode::InvalidText => {
            "innehåller tecken som inte får vara med"
        }
        _ => "kom inte fram",
    },
    retry: "försök igen",
    discard: "släng",

    message: "Meddelande",
    write_to: |room| format!("Skriv till {room}"),
    send: "Skicka",
    too_long: |over| format!("{over} tecken för långt"),
    left_over: |left| format!("{left} tecken kvar"),
    typing: |names, _| format!("{names} skriver …"),

    here: |n| format!("{n} här"),
    who: "Vilka är här",
    and_others: |n| format!("och {n} till"),
    close: "Stäng",
    change_nick: "Byt nick",
    new_nick: "Nytt nick",
    rename_save: "Byt",
    renaming: "Byter …",
    cancel: "Avbryt",
    rename_offline: "Ingen förbindelse: nicket är oförändrat. Försök igen när den är tillbaka.",
    rename_later: |code| match code {
        RefusalCode::RateLimited => "För många försök på kort tid.",
        _ => "Servern kan inte byta nick just nu.",
    },
    again_in: |s| format!("Försök igen om {s} s."),
    leave: "Lämna rummet",

    connecting: "Ansluter …",
    lost: "Förbindelsen bröts.",
    unreachable: "Chatten svarar inte.",
    attempt: |attempt| format!("Försök {attempt}"),
    in_seconds: |s| format!("om {s} s."),
    try_now: "Försök nu",
    taken_over: "Chatten är öppen i en annan flik.",
    elsewhere_title: "Öppen i en annan flik",
    elsewhere_text: "Du är i rummet där. Det kan bara vara öppet på ett ställe i taget.",
    use_here: "Använd här",
    away: |code| match code {
        1000 => "Du är inte längre i rummet.",
        1009 => "Ett meddelande var för stort för servern.",
        1002 | 1003 | 1007 | 4104 => "Servern förstod inte den här sidan. Ladda om den.",
        4103 => "Servern väntade inte längre.",
        _ => "Servern avslutade förbindelsen.",
    },
    connect_again: "Anslut igen",
    recovered: |n| {
        if n == 1 {
            "Tillbaka. Ett meddelande kom medan du var borta.".to_owned()
        } else {
            format!("Tillbaka. {n} meddelanden kom medan du var borta.")
        }
    },
};
