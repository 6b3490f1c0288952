//! RFC 6455, case by case, against the echo example: it is the chat's own session. The sections
//! are the RFC's; the cases follow what conformance suites ask.

use std::net::SocketAddr;

use crate::raw::{Frame, Raw, frame};
use crate::server::TestServer;

#[path = "../../examples/websocket_echo.rs"]
#[allow(dead_code, reason = "its main is not this program's")]
mod echo;

const FIN: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

fn server() -> TestServer {
    TestServer::app(|listener| echo::serve(listener, crate::TRANSPORT))
}

/// Sends bytes on a line of their own, and tells all that comes until the line ends.
fn talk(address: SocketAddr, bytes: &[u8]) -> Vec<Frame> {
    let mut line = Raw::open(address, "/");
    line.bytes(bytes);
    let mut frames = Vec::new();
    loop {
        match line.read() {
            Frame::End => return frames,
            frame => frames.push(frame),
        }
    }
}

fn close(code: u16) -> Vec<u8> {
    frame(FIN | CLOSE, &code.to_be_bytes())
}

fn text(text: &str) -> Frame {
    Frame::Text(text.to_owned())
}

#[test]
fn messages_of_any_length_come_back_as_they_were() {
    // Section 5.2: the three forms of a payload's length, and their edges.
    let server = server();
    let mut line = Raw::open(server.address, "/");
    for length in [0, 1, 125, 126, 127, 128, 65_535, 65_536, 1_000_000] {
        let payload = "*".repeat(length);
        line.frame(FIN | TEXT, payload.as_bytes());
        assert!(line.read() == text(&payload), "text of {length}");
        line.frame(FIN | BINARY, payload.as_bytes());
        assert!(
            line.read() == Frame::Binary(payload.into_bytes()),
            "binary of {length}"
        );
    }
}

#[test]
fn a_frame_may_come_byte_by_byte() {
    let server = server();
    let mut line = Raw::open(server.address, "/");
    for byte in frame(FIN | TEXT, "långsamt".as_bytes()) {
        line.bytes(&[byte]);
    }
    assert_eq!(line.read(), text("långsamt"));
}

#[test]
fn many_frames_may_come_at_once() {
    let server = server();
    let bytes: Vec<u8> = (0..500)
        .flat_map(|n| frame(FIN | TEXT, format!("{n}").as_bytes()))
        .collect();
    let mut line = Raw::open(server.address, "/");
    line.bytes(&bytes);
    for n in 0..500 {
        assert_eq!(line.read(), text(&n.to_string()));
    }
}

#[test]
fn pings_are_answered_with_their_payload_and_pongs_are_not() {
    // Sections 5.5.2 and 5.5.3.
    let server = server();
    let mut line = Raw::open(server.address, "/");
    for payload in [&b""[..], b"hej", &[0xFF; 125]] {
        line.frame(FIN | PONG, payload);
        line.frame(FIN | PING, payload);
        assert_eq!(line.read(), Frame::Pong(payload.to_vec()));
    }
}

#[test]
fn fragments_are_put_together_with_control_frames_among_them() {
    // Section 5.4.
    let server = server();
    let mut line = Raw::open(server.address, "/");
    line.frame(TEXT, b"ett ");
    line.frame(FIN | PING, b"mitt i");
    line.frame(CONTINUATION, b"");
    line.frame(FIN | PONG, b"");
    line.frame(FIN | CONTINUATION, "två".as_bytes());
    assert_eq!(line.read(), Frame::Pong(b"mitt i".to_vec()));
    assert_eq!(line.read(), text("ett två"));
    line.frame(BINARY, &[0xFF]);
    line.frame(FIN | CONTINUATION, &[0xFE]);
    assert_eq!(line.read(), Frame::Binary(vec![0xFF, 0xFE]));
}

#[test]
fn a_character_may_be_cut_by_fragments() {
    // Section 5.6.
    let server = server();
    let mut line = Raw::open(server.address, "/");
    let bytes = "κόσμε 😀".as_bytes();
    for (n, byte) in bytes.iter().enumerate() {
        let opcode = if n == 0 { TEXT } else { CONTINUATION };
        let fin = if n + 1 == bytes.len() { FIN } else { 0 };
        line.frame(fin | opcode, &[*byte]);
    }
    assert_eq!(line.read(), text("κόσμε 😀"));
}

#[test]
fn what_breaks_the_framing_is_answered_with_1002() {
    let server = server();
    let unmasked = [&[FIN | TEXT, 3][..], b"hej"].concat();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("RSV1", frame(FIN | 0x40 | TEXT, b"x")),
        ("RSV2", frame(FIN | 0x20 | TEXT, b"x")),
        ("RSV3", frame(FIN | 0x10 | PING, b"x")),
        ("opcode 3", frame(FIN | 0x3, b"x")),
        ("opcode 7", frame(FIN | 0x7, b"")),
        ("opcode 11", frame(FIN | 0xB, b"x")),
        ("opcode 15", frame(FIN | 0xF, b"")),
        ("unmasked", unmasked),
        ("a ping of 126 bytes", frame(FIN | PING, &[b'x'; 126])),
        (
            "a close of 126 bytes",
            frame(FIN | CLOSE, &[&[3, 232][..], &[b'x'; 124]].concat()),
        ),
        ("a ping in fragments", frame(PING, b"x")),
        ("a close in fragments", frame(CLOSE, &[3, 232])),
        ("a continuation of nothing", frame(FIN | CONTINUATION, b"x")),
        ("an open continuation of nothing", frame(CONTINUATION, b"x")),
        (
            "a text within a message",
            [frame(TEXT, b"x"), frame(FIN | TEXT, b"y")].concat(),
        ),
        (
            "a message within a message",
            [frame(BINARY, b"x"), frame(TEXT, b"y")].concat(),
        ),
    ];
    for (name, bytes) in cases {
        assert_eq!(
            talk(server.address, &bytes),
            [Frame::Close(Some(1002))],
            "{name}"
        );
    }
}

#[test]
fn text_that_is_not_utf8_is_answered_with_1007() {
    // Sections 5.6 and 8.1: overlong, surrogates, beyond U+10FFFF, cut off, alone.
    let server = server();
    for bad in [
        &[0xC0, 0x80][..],
        &[0xE0, 0x80, 0xAF],
        &[0xED, 0xA0, 0x80],
        &[0xF4, 0x90, 0x80, 0x80],
        &[0xCE],
        &[0x80],
        &[0xFE],
        b"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80edited",
    ] {
        assert_eq!(
            talk(server.address, &frame(FIN | TEXT, bad)),
            [Frame::Close(Some(1007))],
            "{bad:?}"
        );
        let (first, rest) = bad.split_at(1);
        let fragments = [frame(TEXT, first), frame(FIN | CONTINUATION, rest)].concat();
        assert_eq!(
            talk(server.address, &fragments),
            [Frame::Close(Some(1007))],
            "{bad:?} in two"
        );
    }
}

#[test]
fn a_close_is_answered_with_its_code_and_ends_the_line() {
    // Sections 5.5.1 and 7.4.
    let server = server();
    for code in [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999,
    ] {
        assert_eq!(
            talk(server.address, &close(code)),
            [Frame::Close(Some(code))]
        );
    }
    assert_eq!(
        talk(server.address, &frame(FIN | CLOSE, b"")),
        [Frame::Close(None)]
    );
    let reason = [&1000u16.to_be_bytes()[..], "hej då".as_bytes()].concat();
    assert_eq!(
        talk(server.address, &frame(FIN | CLOSE, &reason)),
        [Frame::Close(Some(1000))]
    );
}

#[test]
fn a_close_that_breaks_the_book_is_answered_with_1002_or_1007() {
    let server = server();
    for code in [
        0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
    ] {
        assert_eq!(
            talk(server.address, &close(code)),
            [Frame::Close(Some(1002))],
            "{code}"
        );
    }
    assert_eq!(
        talk(server.address, &frame(FIN | CLOSE, &[3])),
        [Frame::Close(Some(1002))]
    );
    let reason = [&1000u16.to_be_bytes()[..], &[0xFF, 0xFE]].concat();
    let answer = talk(server.address, &frame(FIN | CLOSE, &reason));
    assert!(
        matches!(answer[..], [Frame::Close(Some(1002 | 1007))]),
        "{answer:?}"
    );
}

#[test]
fn after_a_close_nothing_is_heard() {
    let server = server();
    let bytes = [
        frame(FIN | TEXT, b"sista"),
        close(1000),
        frame(FIN | TEXT, b"efter"),
        frame(FIN | PING, b"efter"),
        close(1001),
    ]
    .concat();
    assert_eq!(
        talk(server.address, &bytes),
        [text("sista"), Frame::Close(Some(1000))]
    );
}

#[test]
fn after_a_fault_nothing_is_heard() {
    let server = server();
    let bytes = [
        frame(FIN | 0x3, b""),
        frame(FIN | TEXT, b"efter"),
        frame(FIN | 0x4, b""),
    ]
    .concat();
    assert_eq!(talk(server.address, &bytes), [Frame::Close(Some(1002))]);
}

#[test]
fn a_frame_too_large_is_known_by_its_header() {
    // Section 10.4. The header alone: its payload never comes.
    let server = server();
    for length in [17 * 1024 * 1024_u64, 1 << 40, u64::MAX >> 1, u64::MAX] {
        let header = [
            &[FIN | TEXT, 0x80 | 127][..],
            &length.to_be_bytes(),
            &[0; 4],
        ]
        .concat();
        assert_eq!(
            talk(server.address, &header),
            [Frame::Close(Some(1009))],
            "{length}"
        );
    }
}

#[test]
fn a_line_that_ends_without_a_close_ends_its_session() {
    let server = server();
    let mut line = Raw::open(server.address, "/");
    line.bytes(&frame(FIN | TEXT, b"halv")[..5]);
    line.0.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(line.read(), Frame::End);
}
