//! Svenska.

use shared::RefusalCode;

use super::count::{number, plural};
use super::{Lang, Texts};

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
    want_object: "här ska stå fält mellan { och }.",
    want_list: "här ska stå en lista mellan [ och ].",
    want_text: "här ska stå en text inom citattecken.",
    want_given: "det här fältet får inte saknas eller vara tomt.",
    want_localised: "här ska stå en text, eller en per språk: { \"sv\": \"…\", \"en\": \"…\" }.",
    want_language: "språken som finns är \"sv\" och \"en\".",
    want_name: "här ska stå namnet på en fil i content/sv/ eller content/en/, utan .md och utan punkter eller snedstreck.",
    want_colour: "här ska stå en färg som #98291d.",
    want_address: "adressen ska börja med https:// (eller http://).",
    at_line: |file, line| [file, ", rad ", &line.to_string(), ":"].concat(),
    matter_none: "Filen ska börja med en rad ---, därefter title: och en rubrik, och så en rad --- till.",
    matter_open: "Raden --- som avslutar uppgifterna saknas.",
    matter_line: "Raden ska ha formen nyckel: värde.",
    matter_untitled: "Här ovanför saknas en rad med title: och en rubrik.",
    matter_date: "Datumet ska skrivas som 2026-11-22.",
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
    new_below: |n| format!("{} {}", count(n), choose(n, "nytt", "nya")),
    unread: "nya meddelanden",
    to_the_end: "Till slutet",
    you: "du",
    says: |nick, text| format!("{nick}: {text}"),
    came: |names| format!("{names} kom in"),
    went: |names| format!("{names} gick"),
    renamed: |from, to| format!("{from} heter nu {to}"),
    and: "och",
    and_more: |n| format!("{} till", count(n)),
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
    too_long: |over| format!("{} tecken för långt", count(over)),
    left_over: |left| format!("{} tecken kvar", count(left)),
    one_of: |nick, at, of| format!("{nick}, {at} av {of}. Tabb för nästa."),
    typing: |names, _| format!("{names} skriver …"),

    here: |n| format!("{} här", count(n as usize)),
    who: "Vilka är här",
    and_others: |n| format!("och {} till", count(n as usize)),
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

    alerts: "Aviseringar",
    when_named: "När någon nämner dig",
    notify: "Avisera mig när sidan inte syns",
    notify_denied: "Webbläsaren tillåter inga aviseringar från den här sidan. Du kan ändra det bland sidans behörigheter.",
    sound: "Spela en kort ton",
    named_in: |nick, room| format!("{nick} nämnde dig i #{room}"),

    connecting: "Ansluter …",
    lost: "Förbindelsen bröts.",
    unreachable: "Chatten svarar inte.",
    attempt: |attempt| format!("Försök {attempt}"),
    in_seconds: |s| format!("om {s} s."),
    try_now: "Försök nu",
    taken_over: "Chatten är öppen i en annan flik.",
    elsewhere_title: "Öppen på ett annat ställe",
    elsewhere_text: "Du är i rummet i en annan flik, eller någon annanstans på sidan. Det kan bara vara öppet på ett ställe i taget.",
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
        let news = choose(n, "Ett meddelande", "# meddelanden").replace('#', &count(n));
        format!("Tillbaka. {news} kom medan du var borta.")
    },
};

fn count(n: usize) -> String {
    number(Lang::Sv, n as u64)
}

fn choose<'a>(n: usize, one: &'a str, other: &'a str) -> &'a str {
    plural(Lang::Sv, n as u64, one, other)
}
