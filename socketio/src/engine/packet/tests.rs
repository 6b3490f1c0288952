//! Packets as they stand in the protocol's document, and what is none.

mod fuzz;

use super::*;

fn text(text: &'static str) -> ByteString {
    ByteString::from_static(text)
}

fn binary(data: &'static [u8]) -> Packet {
    Packet::Message(Message::Binary(Bytes::from_static(data)))
}

fn message(data: &'static str) -> Packet {
    Packet::Message(Message::Text(text(data)))
}

#[test]
fn each_packet_is_written_and_read_as_the_document_has_it() {
    let packets = [
        (r#"0{"sid":"x"}"#, Packet::Open(text(r#"{"sid":"x"}"#))),
        ("1", Packet::Close),
        ("2", Packet::Ping(text(""))),
        ("2probe", Packet::Ping(text("probe"))),
        ("3", Packet::Pong(text(""))),
        ("3probe", Packet::Pong(text("probe"))),
        ("4", message("")),
        ("4hello €", message("hello €")),
        ("5", Packet::Upgrade),
        ("6", Packet::Noop),
    ];
    for (written, packet) in packets {
        assert_eq!(packet.text(), Some(text(written)));
        assert_eq!(packet.payload_len(), written.len());
        assert_eq!(Packet::parse_text(text(written)), Ok(packet));
    }
}

#[test]
fn a_binary_message_is_a_frame_of_its_own_and_base64_in_a_payload() {
    let packets = [
        ("b", binary(b"")),
        ("bAQ==", binary(b"\x01")),
        ("bAQI=", binary(b"\x01\x02")),
        ("bAQIDBA==", binary(b"\x01\x02\x03\x04")),
        ("b+/+/", binary(b"\xfb\xff\xbf")),
    ];
    for (written, packet) in packets {
        assert_eq!(packet.text(), None);
        assert_eq!(packet.payload_len(), written.len());
        let mut payload = Payload::new(100);
        payload.push(&packet);
        assert_eq!(payload.finish(), written);
        assert_eq!(Packet::parse_text(text(written)), Ok(packet));
    }
    let frame = Bytes::from_static(b"4hello");
    assert_eq!(Packet::parse_binary(frame), binary(b"4hello"));
}

#[test]
fn what_is_no_packet_is_malformed() {
    let wrong = [
        ("", Malformed::Empty),
        ("7", Malformed::Type),
        ("9hello", Malformed::Type),
        ("hello", Malformed::Type),
        (" 4", Malformed::Type),
        ("-1", Malformed::Type),
        ("€", Malformed::Type),
        ("\0", Malformed::Type),
        ("bAQ", Malformed::Base64),
        ("bAQ=", Malformed::Base64),
        ("bA", Malformed::Base64),
        ("bAR==", Malformed::Base64),
        ("bAQ==AQ==", Malformed::Base64),
        ("b-_-_", Malformed::Base64),
        ("bAQ I=", Malformed::Base64),
        ("b€", Malformed::Base64),
    ];
    for (written, error) in wrong {
        assert_eq!(Packet::parse_text(text(written)), Err(error), "{written:?}");
    }
}

#[test]
fn what_follows_a_packet_without_data_is_ignored() {
    assert_eq!(Packet::parse_text(text("1bye")), Ok(Packet::Close));
    assert_eq!(Packet::parse_text(text("5 ")), Ok(Packet::Upgrade));
    assert_eq!(Packet::parse_text(text("66")), Ok(Packet::Noop));
}

#[test]
fn a_payload_is_packets_with_separators_between() {
    let written = text("4hello\u{1e}2\u{1e}bAQIDBA==\u{1e}4");
    let packets = vec![
        message("hello"),
        Packet::Ping(text("")),
        binary(b"\x01\x02\x03\x04"),
        message(""),
    ];
    assert_eq!(parse_payload(&written, 4), Ok(packets.clone()));
    assert_eq!(parse_payload(&written, 3), Err(Malformed::TooMany));

    let mut payload = Payload::new(100);
    for packet in &packets {
        assert!(payload.fits(packet));
        payload.push(packet);
    }
    assert_eq!(payload.len(), written.len());
    assert_eq!(payload.finish(), written);
}

#[test]
fn an_empty_packet_in_a_payload_is_malformed() {
    for written in ["", "\u{1e}", "4a\u{1e}", "\u{1e}4a", "4a\u{1e}\u{1e}4b"] {
        assert_eq!(parse_payload(&text(written), 9), Err(Malformed::Empty));
    }
    let wrong = text("4a\u{1e}7\u{1e}4b");
    assert_eq!(parse_payload(&wrong, 9), Err(Malformed::Type));
}

#[test]
fn a_message_read_is_a_slice_of_what_came() {
    let payload = text("4hello\u{1e}4there");
    let packets = parse_payload(&payload, 2).unwrap();
    let place = |packet: &Packet| match packet {
        Packet::Message(Message::Text(text)) => text.as_ptr() as usize,
        other => panic!("{other:?}"),
    };
    let start = payload.as_ptr() as usize;
    assert_eq!(place(&packets[0]), start + 1);
    assert_eq!(place(&packets[1]), start + 8);
}

#[test]
fn a_packet_written_once_is_sent_as_it_is() {
    let written = text("4hello");
    let packet = Packet::Encoded(written.clone());
    assert_eq!(packet.text().unwrap().as_ptr(), written.as_ptr());
    assert_eq!(packet.payload_len(), message("hello").payload_len());
    let mut payload = Payload::new(100);
    payload.push(&packet);
    payload.push(&Packet::Noop);
    assert_eq!(payload.finish(), "4hello\u{1e}6");
}

#[test]
fn a_payload_takes_what_fits_and_one_packet_in_any_case() {
    let mut payload = Payload::new(10);
    let long = message("longer than that");
    assert!(payload.fits(&long));
    payload.push(&long);
    assert!(!payload.fits(&Packet::Noop));

    let mut payload = Payload::new(10);
    payload.push(&message("1234"));
    assert!(payload.fits(&message("123")));
    assert!(!payload.fits(&message("1234")));
    // Base64 counts as what it is then.
    assert!(payload.fits(&binary(b"")));
    assert!(!payload.fits(&binary(b"\x01")));
}
