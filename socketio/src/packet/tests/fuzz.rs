//! Whatever comes: no panic, and what can be read can be written and read again.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use super::*;
use crate::engine::Message;

const MAX_ATTACHMENTS: usize = 3;

/// JSON with placeholders for up to so many attachments.
fn some_json(attachments: usize) -> impl Strategy<Value = Value> {
    let placeholder = move |at: Index| match attachments {
        0 => Value::Null,
        n => serde_json::json!({"_placeholder": true, "num": at.index(n)}),
    };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
        any::<Index>().prop_map(placeholder),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let key = prop_oneof![Just("num".to_owned()), ".{0,4}"];
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((key, inner), 0..4).prop_map(|pairs| pairs.into_iter().collect()),
        ]
    })
}

fn some_args() -> impl Strategy<Value = Args> {
    vec(vec(any::<u8>(), 0..5), 0..=MAX_ATTACHMENTS).prop_flat_map(|attachments| {
        vec(some_json(attachments.len()), 0..4).prop_map(move |values| {
            let attachments = attachments.iter().cloned().map(Bytes::from).collect();
            let json = serde_json::to_string(&values).unwrap();
            Args::with_attachments(json, attachments).unwrap()
        })
    })
}

fn some_body() -> impl Strategy<Value = Body> {
    let id = || 0..=MAX_ID;
    let object = Just(ByteString::from_static(r#"{"a":{"b":[1]}}"#));
    let name = ".{0,6}".prop_filter("reserved", |name| !is_reserved(name));
    prop_oneof![
        prop::option::of(object.clone()).prop_map(Body::Connect),
        Just(Body::Disconnect),
        (prop::option::of(id()), name, some_args()).prop_map(|(id, name, args)| Body::Event {
            id,
            name,
            args
        }),
        (id(), some_args()).prop_map(|(id, args)| Body::Ack { id, args }),
        prop::option::of(object).prop_map(Body::ConnectError),
    ]
}

fn some_packet() -> impl Strategy<Value = Packet> {
    let namespace = prop_oneof![Just("/".to_owned()), "/[^,?]{0,5}"];
    (namespace, some_body()).prop_map(|(namespace, body)| Packet {
        namespace: namespace.into(),
        body,
    })
}

/// The messages that a packet is sent as.
fn messages(packet: &Packet) -> Vec<Message> {
    let mut text = String::new();
    packet.write(&mut text);
    let attachments = packet.attachments().iter().cloned().map(Message::Binary);
    [Message::Text(text.into())]
        .into_iter()
        .chain(attachments)
        .collect()
}

/// Reads messages until one is wrong.
fn read(messages: Vec<Message>) -> (Vec<Packet>, Result<(), Malformed>) {
    let mut decoder = Decoder::new(MAX_ATTACHMENTS, 10_000);
    let mut packets = Vec::new();
    for message in messages {
        let read = match message {
            Message::Text(text) => decoder.text(&text),
            Message::Binary(data) => decoder.binary(data),
        };
        match read {
            Ok(packet) => packets.extend(packet),
            Err(error) => return (packets, Err(error)),
        }
    }
    (packets, Ok(()))
}

/// Reads them; what can be read is written and read again.
fn survive(sent: Vec<Message>) -> Result<(), TestCaseError> {
    let (packets, _) = read(sent);
    let again = packets.iter().flat_map(messages).collect();
    prop_assert_eq!(read(again), (packets, Ok(())));
    Ok(())
}

/// Bytes as a text message, if they are one.
fn text(bytes: &[u8]) -> Vec<Message> {
    let text = ByteString::try_from(bytes).map(Message::Text);
    text.into_iter().collect()
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_it_was(packets in vec(some_packet(), 1..4)) {
        let sent = packets.iter().flat_map(messages).collect();
        prop_assert_eq!(read(sent), (packets, Ok(())));
    }

    #[test]
    fn anything_can_be_read_without_a_panic(bytes in vec(any::<u8>(), 0..48)) {
        survive(text(&bytes))?;
    }

    #[test]
    fn what_looks_like_packets_can_be_read_without_a_panic(
        pieces in vec(select(vec![
            "0", "1", "2", "3", "4", "5", "6", "7", "/a", "/", ",", "?", "-", "[", "]", "{", "}", ":",
            "\"", "\"a\"", "\"_placeholder\":true", "\"num\":0", "\\", "\\u", "€", " ", "null", "1e9",
        ]), 0..16),
        attachments in 0..3_usize,
    ) {
        let mut sent = vec![Message::Text(pieces.concat().into())];
        sent.resize(1 + attachments, Message::Binary(Bytes::from_static(b"x")));
        survive(sent)?;
    }

    #[test]
    fn a_packet_that_was_damaged_can_be_read_without_a_panic(
        packet in some_packet(),
        other in some_packet(),
        at in any::<Index>(),
        from in any::<Index>(),
        with in any::<u8>(),
    ) {
        let bytes = |packet: &Packet| {
            let mut text = String::new();
            packet.write(&mut text);
            text.into_bytes()
        };
        let (whole, other) = (bytes(&packet), bytes(&other));
        let at = at.index(whole.len());
        let mut flipped = whole.clone();
        flipped[at] = with;
        let spliced = [&whole[..at], &other[from.index(other.len())..]].concat();
        for damaged in [&flipped[..], &whole[..at], &whole[at..], &spliced] {
            let mut sent = text(damaged);
            sent.extend(packet.attachments().iter().cloned().map(Message::Binary));
            survive(sent)?;
        }
    }

    #[test]
    fn messages_in_any_order_can_be_read_without_a_panic(
        packets in vec(some_packet(), 1..4),
        order in vec(any::<Index>(), 0..12),
    ) {
        let sent: Vec<Message> = packets.iter().flat_map(messages).collect();
        survive(order.iter().map(|at| at.get(&sent).clone()).collect())?;
    }

    #[test]
    fn placeholders_are_found_wherever_a_decoder_finds_them(values in vec(some_json(2), 0..4)) {
        /// What Node's decoder does, on values that have been read.
        fn right(value: &Value, attachments: usize) -> bool {
            match value {
                Value::Array(values) => values.iter().all(|value| right(value, attachments)),
                Value::Object(object) if object.get("_placeholder") == Some(&Value::Bool(true)) => {
                    let num = object.get("num").and_then(Value::as_u64);
                    num.is_some_and(|num| num < attachments as u64)
                }
                Value::Object(object) => object.values().all(|value| right(value, attachments)),
                _ => true,
            }
        }
        let json = serde_json::to_string(&values).unwrap();
        let args = Args::with_attachments(json, vec![Bytes::new()]);
        let expected = values.iter().all(|value| right(value, 1));
        prop_assert_eq!(args.is_ok(), expected);
    }
}
