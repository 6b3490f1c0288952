//! `docs/protocol.md` is true: every example in it is read by the types, and shows only what they
//! write; every type, code and bound stands in it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::collections::BTreeSet;

use serde_json::{Deserializer, Value};
use shared::*;

const DOC: &str = include_str!("../../docs/protocol.md");

/// The JSON texts in the blocks of one label, several in a block where there are.
fn examples(label: &str) -> Vec<String> {
    let mut examples = Vec::new();
    for block in DOC.split("\n```").skip(1).step_by(2) {
        let (info, body) = block.split_once('\n').unwrap();
        if info != label {
            continue;
        }
        let mut values = Deserializer::from_str(body).into_iter::<Value>();
        let mut begin = 0;
        while let Some(value) = values.next() {
            value.unwrap_or_else(|error| panic!("{error} in:\n{body}"));
            examples.push(body[begin..values.byte_offset()].trim().to_owned());
            begin = values.byte_offset();
        }
    }
    examples
}

fn client_messages() -> Vec<(String, ClientMessage)> {
    let parse = |json: String| {
        let message = ClientMessage::parse(&json).or_else(|refused| match refused.code {
            // The example session shows a refusal.
            RefusalCode::InvalidText => ClientMessage::parse(&json.replace("\\u0007", "")),
            _ => Err(refused),
        });
        let message = message.unwrap_or_else(|refused| panic!("{refused:?} for {json}"));
        (json, message)
    };
    examples("json client").into_iter().map(parse).collect()
}

fn server_messages() -> Vec<(String, ServerMessage)> {
    let parse = |json: String| {
        let message = serde_json::from_str(&json).unwrap_or_else(|e| panic!("{e} for {json}"));
        (json, message)
    };
    examples("json server").into_iter().map(parse).collect()
}

/// Fails where `shown` has what `written` has not, or otherwise.
fn assert_within(shown: &Value, written: &Value, json: &str) {
    match (shown, written) {
        (Value::Object(shown), Value::Object(written)) => {
            for (name, value) in shown {
                let own = written
                    .get(name)
                    .unwrap_or_else(|| panic!("'{name}' is no field of {json}"));
                assert_within(value, own, json);
            }
        }
        (Value::Array(shown), Value::Array(written)) => {
            assert_eq!(shown.len(), written.len(), "{json}");
            for (shown, written) in shown.iter().zip(written) {
                assert_within(shown, written, json);
            }
        }
        _ => assert_eq!(shown, written, "{json}"),
    }
}

/// The rows of all tables, as cells.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    DOC.lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|row| row.split(" | ").map(str::trim).collect())
}

#[test]
fn every_block_of_json_says_who_sends_it() {
    for line in DOC.lines().filter(|line| line.starts_with("```json")) {
        assert!(
            ["```json client", "```json server"].contains(&line),
            "{line}"
        );
    }
}

#[test]
fn a_clients_examples_are_read_and_show_no_field_that_is_not() {
    for (json, message) in client_messages() {
        let shown: Value = serde_json::from_str(&json.replace("\\u0007", "")).unwrap();
        assert_within(&shown, &serde_json::to_value(message).unwrap(), &json);
    }
}

#[test]
fn a_servers_examples_are_what_it_writes() {
    for (json, message) in server_messages() {
        let unknown = matches!(&message, ServerMessage::Entry(e) if e.body == EntryBody::Unknown);
        if !unknown {
            let shown: Value = serde_json::from_str(&json).unwrap();
            assert_eq!(shown, serde_json::to_value(&message).unwrap(), "{json}");
        }
        if let ServerMessage::Refused(refused) = &message {
            assert_ne!(refused.code, RefusalCode::Other, "{json}");
        }
    }
}

#[test]
fn every_kind_of_client_message_has_an_example() {
    let variants: BTreeSet<_> = client_messages()
        .iter()
        .map(|(_, message)| match message {
            ClientMessage::Join(Join {
                token: None,
                after: None,
                ..
            }) => "join",
            ClientMessage::Join(_) => "join again",
            ClientMessage::Say { .. } => "say",
            ClientMessage::Page(PageRequest {
                anchor: Anchor::Before(_),
                ..
            }) => "page before",
            ClientMessage::Page(_) => "page after",
            ClientMessage::Nick { .. } => "nick",
            ClientMessage::Typing => "typing",
            ClientMessage::Ping => "ping",
            ClientMessage::Leave => "leave",
        })
        .collect();
    assert_eq!(variants.len(), 9, "only {variants:?}");
}

#[test]
fn every_kind_of_server_message_has_an_example() {
    let mut variants = BTreeSet::new();
    for (_, message) in server_messages() {
        match message {
            ServerMessage::Welcome(_) => variants.extend(["welcome"]),
            ServerMessage::Presence(presence) => {
                let parts = [
                    (!presence.joined.is_empty(), "joined"),
                    (!presence.left.is_empty(), "left"),
                    (!presence.renamed.is_empty(), "renamed"),
                    (
                        presence
                            == Presence {
                                online: presence.online,
                                ..Presence::default()
                            },
                        "count",
                    ),
                ];
                variants.extend(parts.iter().filter(|p| p.0).map(|p| p.1));
            }
            ServerMessage::Typing { .. } => variants.extend(["typing"]),
            ServerMessage::Page { .. } => variants.extend(["page"]),
            ServerMessage::Pong => variants.extend(["pong"]),
            ServerMessage::Refused(refused) => {
                let parts = [
                    (refused.of.is_none(), "refused without a type"),
                    (refused.id.is_some(), "refused id"),
                    (refused.retry_after_ms.is_some(), "refused for now"),
                    (refused.suggestion.is_some(), "refused with a suggestion"),
                ];
                variants.extend(parts.iter().filter(|p| p.0).map(|p| p.1));
            }
            ServerMessage::Entry(entry) => variants.extend([match entry.body {
                EntryBody::Said { .. } => "said",
                EntryBody::Unknown => "unknown entry",
            }]),
        }
    }
    assert_eq!(variants.len(), 14, "only {variants:?}");
}

#[test]
fn every_error_code_stands_in_the_table() {
    use RefusalCode::*;
    let codes = [
        Malformed,
        UnknownType,
        NotJoined,
        AlreadyJoined,
        InvalidNick,
        NickTooLong,
        NickReserved,
        NickTaken,
        NickLookalike,
        InvalidRoom,
        UnknownRoom,
        RoomFull,
        TooManyRooms,
        InvalidId,
        IdConflict,
        InvalidToken,
        EmptyText,
        TextTooLong,
        InvalidText,
        InvalidPage,
        RateLimited,
        Busy,
        StorageFull,
        Unavailable,
    ];
    for code in codes {
        // A new code does not compile until it is here; then it belongs into the list above, too.
        match code {
            Malformed | UnknownType | NotJoined | AlreadyJoined | InvalidNick | NickTooLong
            | NickReserved | NickTaken | NickLookalike | InvalidRoom | UnknownRoom | RoomFull
            | TooManyRooms | InvalidId | IdConflict | InvalidToken | EmptyText | TextTooLong
            | InvalidText | InvalidPage | RateLimited | Busy | StorageFull | Unavailable
            | Other => {}
        }
        let name = serde_json::to_string(&code).unwrap().replace('"', "`");
        let found = rows()
            .filter(|row| row.len() == 3 && row[0] == name)
            .count();
        assert_eq!(found, 1, "{name}");
    }
}

#[test]
fn every_close_code_stands_in_the_table_with_the_rule() {
    use CloseCode::*;
    let codes = [
        Normal,
        GoingAway,
        Protocol,
        Unsupported,
        Abnormal,
        InvalidUtf8,
        TooBig,
        Failure,
        TooSlow,
        Silent,
        TakenOver,
        NeverJoined,
        TooManyFaults,
    ];
    let table: Vec<(u16, &str)> = rows()
        .filter(|row| row.len() == 3)
        .filter_map(|row| Some((row[0].parse().ok()?, row[1])))
        .collect();
    for code in codes {
        match code {
            Normal | GoingAway | Protocol | Unsupported | Abnormal | InvalidUtf8 | TooBig
            | Failure | TooSlow | Silent | TakenOver | NeverJoined | TooManyFaults => {}
        }
        assert!(table.iter().any(|row| row.0 == code.code()), "{code:?}");
    }
    assert_eq!(table.len(), codes.len());
    for (code, come_back) in table {
        let rule = if close::should_come_back(code) {
            "yes"
        } else {
            "no"
        };
        assert_eq!(come_back, rule, "{code}");
    }
}

#[test]
fn the_bounds_are_those_of_the_code() {
    use limits::*;
    let kib = |bytes: usize| format!("{} KiB", bytes / 1024);
    let thousands = |n: usize| format!("{},{:03}", n / 1000, n % 1000);
    for (what, bounds) in [
        ("message from a client", vec![kib(WIRE_BYTES)]),
        ("text", vec![thousands(TEXT_CHARS), kib(TEXT_BYTES)]),
        (
            "nick",
            vec![NICK_GRAPHEMES.to_string(), NICK_BYTES.to_string()],
        ),
        ("room name", vec![ROOM_CHARS.to_string()]),
        (
            "message id",
            vec![format!(
                "{}-{}",
                MESSAGE_ID_CHARS.start(),
                MESSAGE_ID_CHARS.end()
            )],
        ),
        (
            "entries in a `page`",
            vec![PAGE_ENTRIES.to_string(), kib(PAGE_BYTES)],
        ),
        (
            "entries in a `welcome`",
            vec![WELCOME_ENTRIES.to_string(), kib(PAGE_BYTES)],
        ),
        ("members in a `welcome`", vec![WELCOME_MEMBERS.to_string()]),
        (
            "names in each list of `presence`",
            vec![PRESENCE_NAMES.to_string()],
        ),
        (
            "nicks in `typing`",
            vec![TYPING_NICKS.to_string(), TYPING_MEMBERS.to_string()],
        ),
    ] {
        let row = rows()
            .find(|row| row.len() == 3 && row[0] == what)
            .unwrap_or_else(|| panic!("no row '{what}'"));
        for bound in bounds {
            assert!(row[1].contains(&bound), "{what}: {} lacks {bound}", row[1]);
        }
    }
}
