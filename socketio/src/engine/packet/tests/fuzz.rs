//! Whatever comes: no panic, and what can be read can be written and read again.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Text messages as JSON may be: without a separator.
fn some_text() -> impl Strategy<Value = ByteString> {
    "[^\u{1e}]{0,20}".prop_map(ByteString::from)
}

fn some_packet() -> impl Strategy<Value = Packet> {
    prop_oneof![
        some_text().prop_map(Packet::Open),
        Just(Packet::Close),
        some_text().prop_map(Packet::Ping),
        some_text().prop_map(Packet::Pong),
        some_text().prop_map(|text| Packet::Message(Message::Text(text))),
        vec(any::<u8>(), 0..20).prop_map(|data| Packet::Message(Message::Binary(data.into()))),
        Just(Packet::Upgrade),
        Just(Packet::Noop),
    ]
}

fn write(packets: &[Packet]) -> ByteString {
    let mut payload = Payload::new(usize::MAX);
    for packet in packets {
        payload.push(packet);
    }
    payload.finish()
}

/// Reads it; what can be read is written and read again.
fn read(bytes: &[u8], max_packets: usize) -> Result<(), TestCaseError> {
    let Ok(payload) = ByteString::try_from(bytes) else {
        return Ok(());
    };
    if let Ok(packets) = parse_payload(&payload, max_packets) {
        prop_assert!(packets.len() <= max_packets);
        let again = write(&packets);
        prop_assert!(again.len() <= payload.len());
        prop_assert_eq!(parse_payload(&again, max_packets), Ok(packets));
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_it_was(packets in vec(some_packet(), 1..8)) {
        let written = write(&packets);
        let separators = packets.len() - 1;
        let bytes: usize = packets.iter().map(Packet::payload_len).sum();
        prop_assert_eq!(written.len(), bytes + separators);
        prop_assert_eq!(parse_payload(&written, packets.len()), Ok(packets.clone()));
        prop_assert_eq!(parse_payload(&written, packets.len() - 1), Err(Malformed::TooMany));
        for packet in packets {
            if let Some(frame) = packet.text() {
                prop_assert_eq!(Packet::parse_text(frame), Ok(packet));
            }
        }
    }

    #[test]
    fn anything_can_be_read_without_a_panic(bytes in vec(any::<u8>(), 0..64)) {
        read(&bytes, 9)?;
    }

    #[test]
    fn any_text_can_be_read_without_a_panic(text in "[0-9b\u{1e}A-Z=/+ €\u{0}]{0,40}") {
        read(text.as_bytes(), 9)?;
    }

    #[test]
    fn a_payload_that_was_damaged_can_be_read_without_a_panic(
        packets in vec(some_packet(), 1..8),
        other in vec(some_packet(), 1..3),
        at in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        with in any::<u8>(),
    ) {
        let payload = write(&packets).into_bytes().to_vec();
        let other = write(&other).into_bytes().to_vec();
        let at = at.index(payload.len());
        let mut flipped = payload.clone();
        flipped[at] = with;
        read(&flipped, 9)?;
        read(&payload[..at], 9)?;
        read(&payload[at..], 9)?;
        let spliced = [&payload[..at], &other[from.index(other.len())..]].concat();
        read(&spliced, 9)?;
    }
}
