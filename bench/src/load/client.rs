//! One connection of the load generator: from its handshake to its place in a room. Small, since
//! there are thousands: reads go through a buffer that all share.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::mem;
use std::net::SocketAddr;

use mio::net::TcpStream;

use super::frames::{self, Scanner};
use super::protocol::{self, Kind, Protocol};
use super::tally::Tally;

/// A request head longer than this is no answer to a handshake.
const HEAD_BYTES: usize = 8 * 1024;

/// How far a connection has come.
#[derive(Debug)]
enum Stage {
    /// So much has come of the answer to its handshake.
    Handshake(Vec<u8>),
    /// The transport has greetings of its own to exchange.
    Greeting,
    /// Ready to join.
    Open,
    /// In the room, or about to be.
    Joined,
    /// Gone.
    Closed,
}

/// One connection.
#[derive(Debug)]
pub struct Client {
    /// The socket, for the poll.
    pub socket: TcpStream,
    /// Messages received.
    pub said: u64,
    /// It sends as the sender of this number.
    pub sender: Option<u16>,
    /// Its latencies count.
    pub sampled: bool,
    index: usize,
    protocol: Protocol,
    stage: Stage,
    scanner: Scanner,
    /// What the kernel has not taken yet.
    out: Vec<u8>,
    mask: u32,
}

impl Client {
    /// Connects and asks for a WebSocket. Connecting waits for the kernel alone, which answers for a
    /// listening server.
    ///
    /// # Errors
    /// Where nobody listens.
    pub fn connect(index: usize, to: SocketAddr, protocol: Protocol) -> io::Result<Self> {
        let socket = std::net::TcpStream::connect(to)?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let mut client = Self {
            socket: TcpStream::from_std(socket),
            said: 0,
            sender: None,
            sampled: false,
            index,
            protocol,
            stage: Stage::Handshake(Vec::new()),
            scanner: Scanner::default(),
            out: protocol.handshake(&to.to_string()).into_bytes(),
            mask: u32::try_from(index).unwrap_or_default(),
        };
        client.flush()?;
        Ok(client)
    }

    /// Reads all that there is, through `buffer`. A read that does not fill it has emptied the
    /// socket: what comes later is a new event (epoll(7)), and `ended` says that an end has come, too.
    pub fn read(
        &mut self,
        buffer: &mut [u8],
        ended: bool,
        tally: &mut Tally,
        clock: impl Fn() -> u64,
    ) {
        while !matches!(self.stage, Stage::Closed) {
            let read = self.socket.read(buffer);
            tally.now = clock();
            match read {
                Ok(0) => self.close("the server ended the connection", tally),
                Ok(count) => {
                    tally.bytes += count as u64;
                    self.take(buffer.get(..count).unwrap_or_default(), tally);
                    if count < buffer.len() && !ended {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => self.close(&error.to_string(), tally),
            }
        }
    }

    /// Writes what waits for the kernel.
    pub fn write(&mut self, tally: &mut Tally) {
        if !matches!(self.stage, Stage::Closed)
            && let Err(error) = self.flush()
        {
            self.close(&error.to_string(), tally);
        }
    }

    /// Sends a text message.
    pub fn send(&mut self, text: &str, tally: &mut Tally) {
        self.send_frame(frames::TEXT, text.as_bytes(), tally);
    }

    fn send_frame(&mut self, opcode: u8, payload: &[u8], tally: &mut Tally) {
        // Any mask will do against a server of one's own (RFC 6455, section 10.3, is about proxies).
        self.mask = self
            .mask
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        frames::write(&mut self.out, opcode, payload, self.mask.to_le_bytes());
        self.write(tally);
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut written = 0;
        while let Some(rest) = self.out.get(written..).filter(|rest| !rest.is_empty()) {
            match self.socket.write(rest) {
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.out.drain(..written);
        Ok(())
    }

    fn close(&mut self, why: &str, tally: &mut Tally) {
        if !matches!(self.stage, Stage::Closed) {
            self.stage = Stage::Closed;
            tally.closed += 1;
            tally.problem(format!("connection {}: {why}", self.index));
        }
    }

    fn take(&mut self, bytes: &[u8], tally: &mut Tally) {
        if let Stage::Handshake(head) = &mut self.stage {
            head.extend_from_slice(bytes);
            let Some(end) = memchr::memmem::find(head, b"\r\n\r\n") else {
                if head.len() > HEAD_BYTES {
                    self.close("no answer to the handshake", tally);
                }
                return;
            };
            let head = mem::take(head);
            let (head, rest) = head.split_at(end + 4);
            if let Err(why) = protocol::upgraded(head) {
                return self.close(&why, tally);
            }
            self.stage = Stage::Greeting;
            if self.protocol == Protocol::Plain {
                self.open(tally);
            }
            return self.scan(rest, tally);
        }
        self.scan(bytes, tally);
    }

    fn scan(&mut self, bytes: &[u8], tally: &mut Tally) {
        let mut scanner = mem::take(&mut self.scanner);
        let scanned = scanner.feed(bytes, |opcode, payload| match opcode {
            frames::TEXT => self.text(payload, tally),
            frames::PING => self.send_frame(frames::PONG, payload, tally),
            frames::CLOSE => {
                let code = payload
                    .first_chunk()
                    .map_or(1005, |code| u16::from_be_bytes(*code));
                self.close(&format!("closed with {code}"), tally);
            }
            _ => {}
        });
        self.scanner = scanner;
        if let Err(malformed) = scanned {
            self.close(&malformed.to_string(), tally);
        }
    }

    fn text(&mut self, payload: &[u8], tally: &mut Tally) {
        let kind = self.protocol.kind(payload);
        if kind == Kind::Said {
            self.said += 1;
            return tally.said(payload, self.sender, self.sampled);
        }
        tally.frame(kind);
        match kind {
            Kind::EngineOpen => self.send("40", tally),
            Kind::EnginePing => self.send("3", tally),
            Kind::NamespaceOpen => self.open(tally),
            Kind::Welcome => {
                self.stage = Stage::Joined;
                tally.joined += 1;
            }
            Kind::Refused => {
                let refused = String::from_utf8_lossy(payload);
                tally.problem(format!("connection {}: {refused}", self.index));
            }
            Kind::Said | Kind::Presence | Kind::Other => {}
        }
    }

    fn open(&mut self, tally: &mut Tally) {
        self.stage = Stage::Open;
        tally.opened += 1;
        tally.ready.push(self.index);
    }
}
