//! English.

use shared::RefusalCode;

use super::count::{number, plural};
use super::{Lang, Texts};

pub static EN: Texts = Texts {
    skip_to_content: "Skip to content",
    nav: "Pages",
    about: "About",
    reports: "Reports",
    chat: "Chat",
    to_light: "Switch to light theme",
    to_dark: "Switch to dark theme",
    loading: "Loading…",
    try_again: "Try again",
    not_found: "No such page",
    not_found_text: "This address leads nowhere. It may have moved, or never been.",
    go_home: "To the front page",
    content_missing: |path| format!("The text is missing: there is no file {path} on the server."),
    content_unreachable: "The text could not be fetched. Are you online?",
    config_broken: "The settings of this page cannot be read:",
    want_object: "fields between { and } belong here.",
    want_list: "a list between [ and ] belongs here.",
    want_text: "a text in quotation marks belongs here.",
    want_given: "this field must not be missing or empty.",
    want_localised: "a text belongs here, or one for each language: { \"sv\": \"…\", \"en\": \"…\" }.",
    want_language: "the languages that there are: \"sv\" and \"en\".",
    want_name: "the name of a file in content/sv/ or content/en/ belongs here, without .md and without dots or slashes.",
    want_colour: "a colour such as #98291d belongs here.",
    want_address: "the address has to begin with https:// (or http://).",
    at_line: |file, line| [file, ", line ", &line.to_string(), ":"].concat(),
    matter_none: "The file has to begin with a line of ---, then title: and a title, then another line of ---.",
    matter_open: "The line of --- that ends the details is missing.",
    matter_line: "The line has to be of the form key: value.",
    matter_untitled: "Above this, a line with title: and a title is missing.",
    matter_date: "The date has to be written as 2026-11-22.",
    no_reports: "Nothing has been reported yet.",
    earlier: "Previous",
    later: "Next",
    all_reports: "All reports",
    rooms: "Rooms",

    join_title: "What shall we call you?",
    join_lead: "No account needed. Your nick stands beside what you write.",
    nick: "Nick",
    nick_hint: "Up to 32 characters, in any alphabet.",
    join: "Join",
    joining: "Joining…",
    nick_empty: "Type a nick first.",
    nick_problem: |code, nick| match code {
        RefusalCode::NickTaken => format!("{nick} is taken."),
        RefusalCode::NickLookalike => format!("{nick} looks too much like somebody else's nick."),
        RefusalCode::NickReserved => format!("{nick} is reserved."),
        RefusalCode::NickTooLong => "That nick is too long: 32 characters at most.".to_owned(),
        _ => "That nick cannot be used. Try a simpler one.".to_owned(),
    },
    nick_take: "Take",
    nick_or_other: "or choose another.",
    room_problem: |code| match code {
        RefusalCode::UnknownRoom | RefusalCode::InvalidRoom => {
            "There is no such room on this server."
        }
        _ => "The server lets nobody in just now.",
    },
    kept_out: |code| match code {
        RefusalCode::RoomFull => "The room is full.",
        RefusalCode::TooManyRooms => "The server has no space for more rooms.",
        RefusalCode::RateLimited => "Too many attempts in a short time.",
        _ => "The server lets nobody in just now.",
    },
    next_try_in: |s| format!("Next attempt in {s} s."),
    bad_room: "The room in the settings of this page has no valid name:",

    log: |room| format!("Messages in {room}"),
    empty_title: "Quiet so far",
    empty_text: "Nobody has written anything here yet. Go first.",
    beginning: "The beginning of the conversation",
    loading_older: "Loading older…",
    new_below: |n| format!("{} new", count(n)),
    unread: "new messages",
    to_the_end: "To the end",
    you: "you",
    says: |nick, text| format!("{nick}: {text}"),
    came: |names| format!("{names} came in"),
    went: |names| format!("{names} left"),
    renamed: |from, to| format!("{from} is now {to}"),
    and: "and",
    and_more: |n| format!("{} more", count(n)),
    sending: "sending…",
    waiting: "goes out when the connection is back",
    held: |code| match code {
        RefusalCode::RateLimited => "many messages in a short time",
        RefusalCode::StorageFull => "the server's disk is full",
        RefusalCode::Unavailable => "the server cannot store anything just now",
        _ => "the server is busy",
    },
    goes_out_in: |s| format!(", sent again in {s} s"),
    behind: "waiting its turn",
    failed: |code| match code {
        RefusalCode::TextTooLong => "too long for the server",
        RefusalCode::EmptyText | RefusalCode::InvalidText => "has characters that cannot be sent",
        _ => "was not delivered",
    },
    retry: "try again",
    discard: "discard",

    message: "Message",
    write_to: |room| format!("Write to {room}"),
    send: "Send",
    too_long: |over| {
        format!(
            "{} {} too long",
            count(over),
            choose(over, "character", "characters")
        )
    },
    left_over: |left| {
        format!(
            "{} {} left",
            count(left),
            choose(left, "character", "characters")
        )
    },
    one_of: |nick, at, of| format!("{nick}, {at} of {of}. Tab for the next."),
    typing: |names, n| format!("{names} {} typing…", choose(n, "is", "are")),

    here: |n| format!("{} here", count(n as usize)),
    who: "Who is here",
    and_others: |n| format!("and {} more", count(n as usize)),
    close: "Close",
    change_nick: "Change nick",
    new_nick: "New nick",
    rename_save: "Change",
    renaming: "Changing…",
    cancel: "Cancel",
    rename_offline: "No connection: the nick is unchanged. Try again when it is back.",
    rename_later: |code| match code {
        RefusalCode::RateLimited => "Too many attempts in a short time.",
        _ => "The server cannot change nicks just now.",
    },
    again_in: |s| format!("Try again in {s} s."),
    leave: "Leave the room",

    alerts: "Alerts",
    when_named: "When somebody mentions you",
    notify: "Notify me while the page is hidden",
    notify_denied: "The browser allows no notifications from this page. You can change that among the page's permissions.",
    sound: "Play a short tone",
    named_in: |nick, room| format!("{nick} mentioned you in #{room}"),

    connecting: "Connecting…",
    lost: "Connection lost.",
    unreachable: "The chat does not answer.",
    attempt: |attempt| format!("Attempt {attempt}"),
    in_seconds: |s| format!("in {s} s."),
    try_now: "Try now",
    taken_over: "The chat is open in another tab.",
    elsewhere_title: "Open in another place",
    elsewhere_text: "You are in the room in another tab, or elsewhere on this page. It can be open in one place at a time.",
    use_here: "Use it here",
    away: |code| match code {
        1000 => "You are no longer in the room.",
        1009 => "A message was too big for the server.",
        1002 | 1003 | 1007 | 4104 => "The server did not understand this page. Reload it.",
        4103 => "The server waited no longer.",
        _ => "The server ended the connection.",
    },
    connect_again: "Connect again",
    recovered: |n| {
        let news = choose(n, "One message", "# messages").replace('#', &count(n));
        format!("Back again. {news} came while you were away.")
    },
};

fn count(n: usize) -> String {
    number(Lang::En, n as u64)
}

fn choose<'a>(n: usize, one: &'a str, other: &'a str) -> &'a str {
    plural(Lang::En, n as u64, one, other)
}
