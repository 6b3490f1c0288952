//! WebSocket frames (RFC 6455, section 5) as the load generator needs them: what comes in is found by
//! its header alone and handed on where it lies, what goes out is masked. What is in a frame is
//! `protocol`'s.

use std::fmt;

/// Opcode of a text message.
pub const TEXT: u8 = 1;
/// Opcode of a close frame.
pub const CLOSE: u8 = 8;
/// Opcode of a ping.
pub const PING: u8 = 9;
/// Opcode of a pong.
pub const PONG: u8 = 10;

/// No server of this benchmark sends more in one frame; a longer one is noise read as a header.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// A half-read frame that was longer than this gives its memory back: thousands of connections each
/// read one long `welcome`.
const KEPT_BYTES: usize = 1024;

/// Bytes that are not the frames of a server.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed(&'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Malformed {}

/// What a frame's first bytes tell.
enum Head {
    /// So many bytes are needed to tell more.
    Short(usize),
    /// The payload lies from `start` to `end`.
    Whole {
        opcode: u8,
        start: usize,
        end: usize,
    },
}

fn head(bytes: &[u8]) -> Result<Head, Malformed> {
    let &[first, second, ref rest @ ..] = bytes else {
        return Ok(Head::Short(2));
    };
    if first & 0xf0 != 0x80 {
        return Err(Malformed(
            "a fragment, or an extension that was not asked for",
        ));
    }
    if second & 0x80 != 0 {
        return Err(Malformed("a masked frame from a server"));
    }
    let (start, length) = match second {
        126 => match rest.first_chunk() {
            Some(length) => (4, u64::from(u16::from_be_bytes(*length))),
            None => return Ok(Head::Short(4)),
        },
        127 => match rest.first_chunk() {
            Some(length) => (10, u64::from_be_bytes(*length)),
            None => return Ok(Head::Short(10)),
        },
        length => (2, u64::from(length)),
    };
    match usize::try_from(length) {
        Ok(bytes) if length <= MOST_BYTES => Ok(Head::Whole {
            opcode: first & 0x0f,
            start,
            end: start + bytes,
        }),
        _ => Err(Malformed("a frame of an absurd length")),
    }
}

/// Finds frames in what is read, wherever the reads begin and end.
#[derive(Debug, Default)]
pub struct Scanner {
    /// The beginning of a frame whose rest has not come.
    part: Vec<u8>,
}

impl Scanner {
    /// Hands each frame that is now complete to `each`, by opcode and payload.
    ///
    /// # Errors
    /// Where the bytes are not a server's frames; nothing after that can be told.
    pub fn feed(
        &mut self,
        mut bytes: &[u8],
        mut each: impl FnMut(u8, &[u8]),
    ) -> Result<(), Malformed> {
        while !self.part.is_empty() {
            let (wanted, whole) = match head(&self.part)? {
                Head::Short(wanted) => (wanted, None),
                Head::Whole { opcode, start, end } => (end, Some((opcode, start))),
            };
            if self.part.len() < wanted {
                let missing = wanted - self.part.len();
                let Some((rest, after)) = bytes.split_at_checked(missing) else {
                    self.part.extend_from_slice(bytes);
                    return Ok(());
                };
                self.part.extend_from_slice(rest);
                bytes = after;
            }
            if let Some((opcode, start)) = whole {
                each(opcode, self.part.get(start..).unwrap_or_default());
                self.part.clear();
                self.part.shrink_to(KEPT_BYTES);
            }
        }
        while let Head::Whole { opcode, start, end } = head(bytes)? {
            let Some((frame, after)) = bytes.split_at_checked(end) else {
                break;
            };
            each(opcode, frame.get(start..).unwrap_or_default());
            bytes = after;
        }
        self.part.extend_from_slice(bytes);
        Ok(())
    }
}

/// Adds a client's frame to `out`, masked with `mask`. The payload is short: what one client says.
pub fn write(out: &mut Vec<u8>, opcode: u8, payload: &[u8], mask: [u8; 4]) {
    out.push(0x80 | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ ..=125), _) => out.push(0x80 | length),
        (_, Ok(length)) => {
            out.push(0x80 | 126);
            out.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
    out.extend(
        payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server's frame.
    fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x80 | opcode];
        match payload.len() {
            length @ 0..=125 => bytes.push(length as u8),
            length @ 126..=65535 => {
                bytes.push(126);
                bytes.extend((length as u16).to_be_bytes());
            }
            length => {
                bytes.push(127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        bytes.extend(payload);
        bytes
    }

    fn scan(scanner: &mut Scanner, bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
        let mut found = Vec::new();
        scanner
            .feed(bytes, |opcode, payload| {
                found.push((opcode, payload.to_vec()));
            })
            .unwrap();
        found
    }

    #[test]
    fn frames_are_found_wherever_reads_are_cut() {
        let sent = [
            (TEXT, b"hej".to_vec()),
            (PING, Vec::new()),
            (TEXT, vec![b'x'; 125]),
            (TEXT, vec![b'y'; 126]),
            (TEXT, vec![b'z'; 300]),
            (CLOSE, vec![3, 232]),
        ];
        let bytes: Vec<u8> = sent
            .iter()
            .flat_map(|(op, load)| frame(*op, load))
            .collect();
        for first in 0..=bytes.len() {
            for step in [1, 2, 3, 7, 64, 1000] {
                let mut scanner = Scanner::default();
                let (begin, rest) = bytes.split_at(first);
                let mut found = scan(&mut scanner, begin);
                for piece in rest.chunks(step) {
                    found.extend(scan(&mut scanner, piece));
                }
                assert_eq!(found, sent, "cut at {first}, then every {step}");
                assert!(scanner.part.is_empty());
            }
        }
    }

    #[test]
    fn a_long_frame_in_pieces_is_found_and_its_memory_given_back() {
        let load = vec![b'w'; 70_000];
        let mut scanner = Scanner::default();
        let mut found = Vec::new();
        for piece in frame(TEXT, &load).chunks(999) {
            found.extend(scan(&mut scanner, piece));
        }
        assert_eq!(found, [(TEXT, load)]);
        assert!(scanner.part.capacity() <= KEPT_BYTES);
    }

    #[test]
    fn what_no_server_sends_is_refused() {
        for bytes in [
            &[0x01, 0x00][..],
            &[0xc1, 0x00],
            &[0x81, 0x80],
            &[0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255],
        ] {
            assert!(
                Scanner::default().feed(bytes, |_, _| ()).is_err(),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn a_masked_frame_is_as_rfc_6455_shows_it() {
        let mut out = Vec::new();
        write(&mut out, TEXT, b"Hello", [0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(
            out,
            [
                0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58
            ]
        );
    }

    #[test]
    fn lengths_have_the_shortest_form() {
        for (length, form) in [
            (125, &[0x81, 0xfd][..]),
            (126, &[0x81, 0xfe, 0, 126]),
            (65_536, &[0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let mut out = Vec::new();
            write(&mut out, TEXT, &vec![b'a'; length], [0; 4]);
            assert_eq!(out[..form.len()], *form);
            assert_eq!(out.len(), form.len() + 4 + length);
        }
    }
}
