//! The literal JSON of every message: a rename in the code cannot slip onto the wire.

#![allow(clippy::unwrap_used, clippy::panic)]

use shared::*;

fn nick(s: &str) -> Nick {
    Nick::new(s).unwrap()
}

fn id() -> MessageId {
    MessageId::new("01JD8Z3Q4M7W6V5T2R1P0N9K8J").unwrap()
}

fn token() -> Token {
    Token::new("0123456789abcdefghijkl").unwrap()
}

fn position(seq: u64) -> Position {
    Position {
        epoch: Epoch("e1".into()),
        seq: Seq(seq),
    }
}

fn said(seq: u64) -> Entry {
    Entry {
        body: EntryBody::Said {
            nick: nick("Åsa"),
            text: MessageText::new("hej").unwrap(),
        },
        seq: Seq(seq),
        at: 1_763_800_000_000,
        id: id(),
        author: AuthorId::new("a1"),
    }
}

#[track_caller]
fn client(message: ClientMessage, json: &str) {
    assert_eq!(serde_json::to_string(&message).unwrap(), json);
    assert_eq!(ClientMessage::parse(json), Ok(message));
}

#[track_caller]
fn server(message: ServerMessage, json: &str) {
    assert_eq!(serde_json::to_string(&message).unwrap(), json);
    assert_eq!(
        serde_json::from_str::<ServerMessage>(json).unwrap(),
        message
    );
}

#[test]
fn join() {
    client(
        ClientMessage::Join(Join {
            nick: nick("Åsa"),
            room: RoomName::default(),
            token: None,
            after: None,
        }),
        r#"{"type":"join","nick":"Åsa","room":"lobby"}"#,
    );
    client(
        ClientMessage::Join(Join {
            nick: nick("Åsa"),
            room: RoomName::new("course").unwrap(),
            token: Some(token()),
            after: Some(position(7)),
        }),
        r#"{"type":"join","nick":"Åsa","room":"course","token":"0123456789abcdefghijkl","after":{"epoch":"e1","seq":7}}"#,
    );
    assert_eq!(
        ClientMessage::parse(r#"{"type":"join","nick":"Åsa"}"#),
        ClientMessage::parse(r#"{"type":"join","nick":"Åsa","room":"lobby","colour":"red"}"#),
        "a room has a default, and unknown fields are ignored"
    );
}

#[test]
fn say() {
    client(
        ClientMessage::Say {
            id: id(),
            text: MessageText::new("hej").unwrap(),
        },
        r#"{"type":"say","id":"01JD8Z3Q4M7W6V5T2R1P0N9K8J","text":"hej"}"#,
    );
}

#[test]
fn page() {
    client(
        ClientMessage::Page(PageRequest {
            anchor: Anchor::Before(Seq(51)),
            limit: 50,
        }),
        r#"{"type":"page","before":51,"limit":50}"#,
    );
    client(
        ClientMessage::Page(PageRequest {
            anchor: Anchor::After(Seq(7)),
            limit: 100,
        }),
        r#"{"type":"page","after":7,"limit":100}"#,
    );
}

#[test]
fn nick_typing_ping_leave() {
    client(
        ClientMessage::Nick { nick: nick("Bo") },
        r#"{"type":"nick","nick":"Bo"}"#,
    );
    client(ClientMessage::Typing, r#"{"type":"typing"}"#);
    client(ClientMessage::Ping, r#"{"type":"ping"}"#);
    server(ServerMessage::Pong, r#"{"type":"pong"}"#);
    client(ClientMessage::Leave, r#"{"type":"leave"}"#);
}

#[test]
fn welcome() {
    let member = Member {
        author: AuthorId::new("a1"),
        nick: nick("Åsa"),
    };
    server(
        ServerMessage::Welcome(Box::new(Welcome {
            protocol: PROTOCOL,
            room: RoomName::default(),
            nick: nick("Åsa"),
            author: AuthorId::new("a1"),
            token: token(),
            position: position(1),
            recovered: false,
            entries: vec![said(1)],
            missed: 1,
            more: false,
            members: vec![member],
            online: 1,
            limits: Limits {
                text_chars: 4000,
                text_bytes: 16384,
                in_flight: 16,
                page_entries: 100,
                ping_ms: 20_000,
            },
        })),
        concat!(
            r#"{"type":"welcome","protocol":1,"room":"lobby","nick":"Åsa","author":"a1","token":"0123456789abcdefghijkl","#,
            r#""position":{"epoch":"e1","seq":1},"recovered":false,"#,
            r#""entries":[{"type":"said","nick":"Åsa","text":"hej","seq":1,"at":1763800000000,"id":"01JD8Z3Q4M7W6V5T2R1P0N9K8J","author":"a1"}],"#,
            r#""missed":1,"more":false,"members":[{"author":"a1","nick":"Åsa"}],"online":1,"#,
            r#""limits":{"text_chars":4000,"text_bytes":16384,"in_flight":16,"page_entries":100,"ping_ms":20000}}"#
        ),
    );
}

#[test]
fn an_entry_live_and_in_a_page_is_the_same_object() {
    let json = r#"{"type":"said","nick":"Åsa","text":"hej","seq":1,"at":1763800000000,"id":"01JD8Z3Q4M7W6V5T2R1P0N9K8J","author":"a1"}"#;
    server(ServerMessage::Entry(said(1)), json);
    server(
        ServerMessage::Page {
            entries: vec![said(1)],
            more: true,
        },
        &format!(r#"{{"type":"page","entries":[{json}],"more":true}}"#),
    );
}

#[test]
fn an_entry_of_an_unknown_kind_keeps_its_seq() {
    let json = r#"{"type":"edited","of":3,"text":"hejsan","seq":9,"at":1,"id":"01JD8Z3Q4M7W6V5T2R1P0N9K8J","author":"a1"}"#;
    let ServerMessage::Entry(entry) = serde_json::from_str(json).unwrap() else {
        panic!("not an entry")
    };
    assert_eq!((entry.seq, entry.body), (Seq(9), EntryBody::Unknown));
}

#[test]
fn presence() {
    let member = Member {
        author: AuthorId::new("a1"),
        nick: nick("Åsa"),
    };
    server(
        ServerMessage::Presence(Presence {
            joined: vec![member.clone()],
            left: vec![member],
            renamed: vec![Renamed {
                author: AuthorId::new("a2"),
                from: nick("Bo"),
                to: nick("Bosse"),
            }],
            online: 2,
        }),
        r#"{"type":"presence","joined":[{"author":"a1","nick":"Åsa"}],"left":[{"author":"a1","nick":"Åsa"}],"renamed":[{"author":"a2","from":"Bo","to":"Bosse"}],"online":2}"#,
    );
    server(
        ServerMessage::Presence(Presence {
            online: 3,
            ..Presence::default()
        }),
        r#"{"type":"presence","online":3}"#,
    );
}

#[test]
fn typing() {
    server(
        ServerMessage::Typing {
            nicks: vec![nick("Åsa"), nick("Bo")],
        },
        r#"{"type":"typing","nicks":["Åsa","Bo"]}"#,
    );
}

#[test]
fn refused() {
    server(
        ServerMessage::Refused(Refused {
            suggestion: Some(nick("Åsa 2")),
            ..Refused::new("join", Fault::new(RefusalCode::NickTaken, "taken"))
        }),
        r#"{"type":"refused","of":"join","code":"nick_taken","message":"taken","suggestion":"Åsa 2"}"#,
    );
    server(
        ServerMessage::Refused(Refused {
            id: Some(id().as_str().to_owned()),
            retry_after_ms: Some(250),
            ..Refused::new("say", Fault::new(RefusalCode::Busy, "busy"))
        }),
        r#"{"type":"refused","of":"say","code":"busy","message":"busy","id":"01JD8Z3Q4M7W6V5T2R1P0N9K8J","retry_after_ms":250}"#,
    );
}

#[test]
fn every_refusal_code_by_name() {
    use RefusalCode::*;
    for (code, name) in [
        (Malformed, "malformed"),
        (UnknownType, "unknown_type"),
        (NotJoined, "not_joined"),
        (AlreadyJoined, "already_joined"),
        (InvalidNick, "invalid_nick"),
        (NickTaken, "nick_taken"),
        (InvalidRoom, "invalid_room"),
        (UnknownRoom, "unknown_room"),
        (InvalidId, "invalid_id"),
        (IdConflict, "id_conflict"),
        (InvalidToken, "invalid_token"),
        (EmptyText, "empty_text"),
        (TextTooLong, "text_too_long"),
        (InvalidText, "invalid_text"),
        (InvalidPage, "invalid_page"),
        (Busy, "busy"),
        (Unavailable, "unavailable"),
        (NickTooLong, "nick_too_long"),
        (NickReserved, "nick_reserved"),
        (NickLookalike, "nick_lookalike"),
        (RoomFull, "room_full"),
        (TooManyRooms, "too_many_rooms"),
        (RateLimited, "rate_limited"),
        (StorageFull, "storage_full"),
    ] {
        assert_eq!(serde_json::to_value(code).unwrap(), name);
        assert_eq!(RefusalCode::named(name), code);
    }
    assert_eq!(RefusalCode::named("of_tomorrow"), Other);
}

#[test]
fn what_cannot_be_read_is_explained() {
    use RefusalCode::*;
    for (json, of, code) in [
        ("", None, Malformed),
        ("{", None, Malformed),
        ("[]", None, Malformed),
        (r#"["typing"]"#, None, Malformed),
        (
            r#"["say","01JD8Z3Q4M7W6V5T2R1P0N9K8J","hej"]"#,
            None,
            Malformed,
        ),
        (r#"["say","x"]"#, None, Malformed),
        ("42", None, Malformed),
        ("{}", None, Malformed),
        (r#"{"type":3}"#, None, Malformed),
        (r#"{"nick":"Bo"}"#, None, Malformed),
        (r#"{"type":"dance"}"#, Some("dance"), UnknownType),
        (r#"{"type":"said","text":"x"}"#, Some("said"), UnknownType),
        (r#"{"type":"join"}"#, Some("join"), Malformed),
        (r#"{"type":"join","nick":3}"#, Some("join"), Malformed),
        (r#"{"type":"join","nick":" "}"#, Some("join"), InvalidNick),
        (
            r#"{"type":"join","nick":"Bo","room":"No Such"}"#,
            Some("join"),
            InvalidRoom,
        ),
        (
            r#"{"type":"join","nick":"Bo","token":"x"}"#,
            Some("join"),
            InvalidToken,
        ),
        (
            r#"{"type":"join","nick":"Bo","after":{"epoch":"e","seq":-1}}"#,
            Some("join"),
            Malformed,
        ),
        (r#"{"type":"say","text":"hej"}"#, Some("say"), Malformed),
        (
            r#"{"type":"say","id":"x","text":"hej"}"#,
            Some("say"),
            InvalidId,
        ),
        (
            r#"{"type":"say","id":"01JD8Z3Q4M7W6V5T2R1P0N9K8J","text":""}"#,
            Some("say"),
            EmptyText,
        ),
        (r#"{"type":"page"}"#, Some("page"), InvalidPage),
        (
            r#"{"type":"page","before":1,"after":1}"#,
            Some("page"),
            InvalidPage,
        ),
        (
            r#"{"type":"page","before":1,"limit":0}"#,
            Some("page"),
            InvalidPage,
        ),
        (
            r#"{"type":"page","before":1,"limit":70000}"#,
            Some("page"),
            InvalidPage,
        ),
        (
            r#"{"type":"nick","nick":"a\u0000"}"#,
            Some("nick"),
            InvalidNick,
        ),
    ] {
        let refused = ClientMessage::parse(json).unwrap_err();
        assert_eq!((refused.of.as_deref(), refused.code), (of, code), "{json}");
    }
}

#[test]
fn a_refused_say_names_its_id() {
    let refused =
        ClientMessage::parse(r#"{"type":"say","id":"01JD8Z3Q4M7W6V5T2R1P0N9K8J","text":" "}"#);
    assert_eq!(
        refused.unwrap_err().id.as_deref(),
        Some("01JD8Z3Q4M7W6V5T2R1P0N9K8J")
    );
}
