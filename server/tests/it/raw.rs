//! A WebSocket by hand, byte by byte: for what no library would send.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};

use crate::client::LIMIT;

/// Sends a handshake in which `headers` stand in for the usual ones, and tells the answer's status
/// and text.
pub fn handshake(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    handshake_by(connect(address), address, path, headers)
}

/// The same from an address of one's own choice.
pub fn handshake_from(
    ip: &str,
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, String) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let own = SocketAddr::new(ip.parse().unwrap(), 0);
    socket.bind(&own.into()).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    handshake_by(socket.into(), address, path, headers)
}

fn handshake_by(
    mut stream: TcpStream,
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, String) {
    let head = request(address, path, headers);
    stream.write_all(head.as_bytes()).unwrap();
    let answer = read_head(&mut stream);
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    if status == 101 {
        return (status, answer);
    }
    let mut body = Vec::new();
    let length = answer.to_lowercase().lines().find_map(|l| {
        l.strip_prefix("content-length: ")
            .map(|n| n.parse::<usize>().unwrap())
    });
    body.resize(length.unwrap_or(0), 0);
    stream.read_exact(&mut body).unwrap();
    (status, answer + &String::from_utf8(body).unwrap())
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

fn request(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> String {
    let mut lines = vec![
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for (name, value) in headers {
        lines.retain(|(n, _)| n != name);
        lines.push((name, value));
    }
    let lines: String = lines.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{lines}\r\n")
}

fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// A frame as it came.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>),
    /// The server ended the line.
    End,
}

/// An open WebSocket.
pub struct Raw(pub TcpStream);

impl Raw {
    pub fn open(address: SocketAddr, path: &str) -> Self {
        Self::try_open(address, path).expect("the server does not let it in")
    }

    /// `None` where the server answers anything but 101.
    pub fn try_open(address: SocketAddr, path: &str) -> Option<Self> {
        let mut stream = connect(address);
        stream
            .write_all(request(address, path, &[]).as_bytes())
            .unwrap();
        let head = read_head(&mut stream);
        if !head.starts_with("HTTP/1.1 101") {
            return None;
        }
        // RFC 6455, section 1.3: the answer to this very key.
        assert!(
            head.to_lowercase()
                .contains(&"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_lowercase())
        );
        Some(Self(stream))
    }

    /// Writes bytes as they are. The server may have hung up on them before they are all out.
    pub fn bytes(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    /// Writes a masked frame with any first byte (FIN, RSV, opcode).
    pub fn frame(&mut self, first: u8, payload: &[u8]) {
        self.bytes(&frame(first, payload));
    }

    /// Reads one frame.
    pub fn read(&mut self) -> Frame {
        let mut head = [0; 2];
        if !self.fill(&mut head) {
            return Frame::End;
        }
        assert_eq!(head[1] & 0x80, 0, "a server does not mask");
        assert_eq!(
            head[0] & 0xF0,
            0x80,
            "a server here sends whole messages only"
        );
        let length = match head[1] {
            126 => {
                let mut length = [0; 2];
                assert!(self.fill(&mut length));
                u64::from(u16::from_be_bytes(length))
            }
            127 => {
                let mut length = [0; 8];
                assert!(self.fill(&mut length));
                u64::from_be_bytes(length)
            }
            length => u64::from(length),
        };
        let mut payload = vec![0; length as usize];
        if !self.fill(&mut payload) {
            return Frame::End; // Cut in the middle of a frame.
        }
        match head[0] & 0x0F {
            1 => Frame::Text(String::from_utf8(payload).unwrap()),
            2 => Frame::Binary(payload),
            8 => Frame::Close(payload.get(..2).map(|c| u16::from_be_bytes([c[0], c[1]]))),
            9 => Frame::Ping(payload),
            10 => Frame::Pong(payload),
            other => panic!("opcode {other}"),
        }
    }

    fn fill(&mut self, buffer: &mut [u8]) -> bool {
        match self.0.read_exact(buffer) {
            Ok(()) => true,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("nothing came in time")
            }
            Err(_) => false,
        }
    }
}

/// A masked frame.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        n @ 0..126 => frame.push(0x80 | n as u8),
        n @ 126..65_536 => {
            frame.push(0x80 | 126);
            frame.extend((n as u16).to_be_bytes());
        }
        n => {
            frame.push(0x80 | 127);
            frame.extend((n as u64).to_be_bytes());
        }
    }
    let mask = [0x12, 0x34, 0x56, 0x78];
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m));
    frame
}
