//! As much of RFC 6455 by hand as the kernel's limit needs: whole text frames, and the handshake.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// RFC 6455, section 1.3.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const TEXT: u8 = 0x81;

/// The answer to the head of a request, without its empty line; `None` where it asks for no upgrade.
#[must_use]
pub fn upgrade_answer(head: &str) -> Option<String> {
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key")
            .then_some(value.trim())
    })?;
    let accept = STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize());
    Some(format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ))
}

/// A frame that is no whole text of less than 64 KiB; a closing one is of these.
pub struct Unsupported;

/// Takes the first frame from `input` once all of it is there, and gives its payload unmasked.
///
/// # Errors
/// [`Unsupported`].
pub fn take_frame(input: &mut Vec<u8>) -> Result<Option<Vec<u8>>, Unsupported> {
    match input.as_slice() {
        [TEXT, second, ..] if (0x80..0xff).contains(second) => {}
        [TEXT] | [] => return Ok(None),
        _ => return Err(Unsupported),
    }
    let Some((payload, length)) = first_frame(input) else {
        return Ok(None);
    };
    input.drain(..length);
    Ok(Some(payload))
}

/// The payload, and how long the frame is in all.
fn first_frame(input: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (&[_, second], rest) = input.split_first_chunk()?;
    let (length, rest) = match second & 0x7f {
        126 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        length => (usize::from(length), rest),
    };
    let (mask, rest) = rest.split_first_chunk::<4>()?;
    let (payload, rest) = rest.split_at_checked(length)?;
    let unmasked = payload.iter().zip(mask.iter().cycle()).map(|(a, b)| a ^ b);
    Some((unmasked.collect(), input.len() - rest.len()))
}

/// Adds a text frame of less than 64 KiB.
pub fn push_frame(out: &mut Vec<u8>, payload: &[u8]) {
    let length = payload.len() as u16;
    out.push(TEXT);
    if length < 126 {
        out.push(length as u8);
    } else {
        out.push(126);
        out.extend(length.to_be_bytes());
    }
    out.extend(payload);
}

/// What comes before and after the first `separator`.
#[must_use]
pub fn split_once<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes
        .windows(separator.len())
        .position(|window| window == separator)?;
    Some((bytes.get(..at)?, bytes.get(at + separator.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_rfc_is_accepted_as_there() {
        let head = "GET /ws HTTP/1.1\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
        let answer = upgrade_answer(head).expect("an upgrade");
        assert!(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        assert!(upgrade_answer("GET / HTTP/1.1\r\nhost: a").is_none());
    }

    #[test]
    fn a_frame_is_taken_once_all_of_it_is_there() {
        for length in [0, 1, 125, 126, 4000] {
            let payload = vec![b'x'; length];
            let mut frame = Vec::new();
            push_frame(&mut frame, &payload);
            // As a client sends it, masked with zeros.
            let head = frame.len() - length;
            frame[1] |= 0x80;
            frame.splice(head..head, [0; 4]);
            let mut input = Vec::new();
            for byte in &frame {
                assert!(matches!(take_frame(&mut input), Ok(None)));
                input.push(*byte);
            }
            input.extend(b"\x81");
            assert_eq!(take_frame(&mut input).ok(), Some(Some(payload)));
            assert_eq!(input, b"\x81");
        }
    }

    #[test]
    fn closing_binary_unmasked_and_huge_frames_are_unsupported() {
        for start in [[0x88, 0x80], [0x82, 0x80], [0x81, 0x05], [0x81, 0xff]] {
            assert!(take_frame(&mut start.to_vec()).is_err());
        }
    }
}
