//! English.

use shared::RefusalCode;

use super::Texts;

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
    nick_long: "That nick is too long: 32 characters at most.",
    nick_invalid: "That nick cannot be used. Try a simpler one.",
    nick_taken: |nick| format!("{nick} is here already."),
    nick_take: "Take",
    nick_or_other: "or choose another.",
    room_problem: |code| match code {
        RefusalCode::UnknownRoom | RefusalCode::InvalidRoom => {
            "There is no such room on this server."
        }
        _ => "The server lets nobody in just now.",
    },
    bad_room: "The room in the settings of this page has no valid name:",

    log: |room| format!("Messages in {room}"),
    empty_title: "Quiet so far",
    empty_text: "Nobody has written anything here yet. Go first.",
    beginning: "The beginning of the conversation",
    loading_older: "Loading older…",
    new_below: |n| format!("{n} new"),
    to_the_end: "To the end",
    you: "you",
    says: |nick, text| format!("{nick}: {text}"),
    came: |names| format!("{names} came in"),
    went: |names| format!("{names} left"),
    renamed: |from, to| format!("{from} is now {to}"),
    and: "and",
    and_more: |n| format!("{n} more"),
    sending: "sending…",
    waiting: "goes out when the connection is back",
    held: "the server is busy, goes out shortly",
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
            "{over} {} too long",
            if over == 1 { "character" } else { "characters" }
        )
    },
    left_over: |left| {
        format!(
            "{left} {} left",
            if left == 1 { "character" } else { "characters" }
        )
    },
    typing: |names, n| format!("{names} {} typing…", if n == 1 { "is" } else { "are" }),

    here: |n| format!("{n} here"),
    who: "Who is here",
    and_others: |n| format!("and {n} more"),
    close: "Close",
    leave: "Leave the room",

    connecting: "Connecting…",
    lost: "Connection lost.",
    unreachable: "The chat does not answer.",
    next_attempt: |attempt, s| format!("Attempt {attempt} in {s} s."),
    attempt: |attempt| format!("Attempt {attempt}…"),
    try_now: "Try now",
    taken_over: "The chat is open in another tab.",
    use_here: "Use it here",
    away: |code| match code {
        1000 => "You are no longer in the room.",
        _ => "The server ended the connection.",
    },
    connect_again: "Connect again",
    recovered: |n| {
        if n == 1 {
            "Back again. One message came while you were away.".to_owned()
        } else {
            format!("Back again. {n} messages came while you were away.")
        }
    },
};
