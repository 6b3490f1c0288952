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
    new_below: |n| format!("{n} new"),
    unread: "new messages",
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

    connecting: "Connecting…",
    lost: "Connection lost.",
    unreachable: "The chat does not answer.",
    attempt: |attempt| format!("Attempt {attempt}"),
    in_seconds: |s| format!("in {s} s."),
    try_now: "Try now",
    taken_over: "The chat is open in another tab.",
    elsewhere_title: "Open in another tab",
    elsewhere_text: "You are in the room there. It can be open in one place at a time.",
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
        if n == 1 {
            "Back again. One message came while you were away.".to_owned()
        } else {
            format!("Back again. {n} messages came while you were away.")
        }
    },
};
