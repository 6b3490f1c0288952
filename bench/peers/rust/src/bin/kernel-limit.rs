//! What the kernel alone costs: a bare poll loop that parses no JSON of what is said and writes
//! frames made once. Either one write for each delivery, or, with `--batch`, one for each member and
//! turn of the loop, with all that was said in that turn.

use std::collections::{HashMap, HashSet};
use std::io::{ErrorKind, Read, Write};

use anyhow::Context as _;
use clap::Parser;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token};
use realtid_peers::frames::{push_frame, split_once, take_frame, upgrade_answer};
use realtid_peers::{FromClient, ToClient, listen, new_author, now};
use slab::Slab;

const LISTENER: Token = Token(usize::MAX);

/// Bytes that may wait for one member to read; one who is further behind misses some.
const SLOW_BYTES: usize = 1024 * 1024;

/// Bytes that a client may send before they make a whole request or frame.
const INPUT_BYTES: usize = 64 * 1024;

/// Serves the benchmark's chat with as little as can be done, at 127.0.0.1.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; 0 for any free port
    #[arg(long)]
    port: u16,
    /// One write for each member and turn of the loop, not one for each delivery
    #[arg(long)]
    batch: bool,
}

struct Client {
    stream: TcpStream,
    upgraded: bool,
    input: Vec<u8>,
    /// Waits until the kernel takes more.
    rest: Vec<u8>,
    seat: Option<Seat>,
}

struct Seat {
    nick: String,
    room: String,
    /// What comes before the text in all that this member says, and what comes last.
    before: String,
    after: String,
}

#[derive(Default)]
struct Room {
    members: Vec<usize>,
    nicks: HashSet<String>,
    seq: u64,
    /// Frames that are not written yet.
    out: Vec<u8>,
}

#[derive(Default)]
struct Server {
    batch: bool,
    clients: Slab<Client>,
    rooms: HashMap<String, Room>,
}

fn main() -> anyhow::Result<()> {
    let Arguments { port, batch } = Arguments::parse();
    let mut listener = TcpListener::from_std(listen(port)?);
    let mut poll = Poll::new()?;
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1024);
    let mut server = Server {
        batch,
        ..Server::default()
    };
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        }
        for event in &events {
            if event.token() == LISTENER {
                server.accept(&listener, poll.registry())?;
                continue;
            }
            let Token(key) = event.token();
            if event.is_writable() {
                server.clients.get_mut(key).map(Client::write_rest);
            }
            if event.is_readable() && server.read(key).is_none() {
                server.leave(key);
            }
        }
        for room in server.rooms.values_mut() {
            room.write(&mut server.clients);
        }
    }
}

impl Server {
    fn accept(&mut self, listener: &TcpListener, registry: &Registry) -> anyhow::Result<()> {
        loop {
            let mut stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("cannot accept"),
            };
            stream.set_nodelay(true)?;
            let entry = self.clients.vacant_entry();
            registry.register(
                &mut stream,
                Token(entry.key()),
                Interest::READABLE | Interest::WRITABLE,
            )?;
            entry.insert(Client {
                stream,
                upgraded: false,
                input: Vec::new(),
                rest: Vec::new(),
                seat: None,
            });
        }
    }

    /// Reads all there is; `None` when the connection is over.
    fn read(&mut self, key: usize) -> Option<()> {
        let mut buffer = [0; 16 * 1024];
        loop {
            let client = self.clients.get_mut(key)?;
            match client.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(length) => client.input.extend_from_slice(buffer.get(..length)?),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(()),
                Err(_) => return None,
            }
            if client.input.len() > INPUT_BYTES {
                return None;
            }
            if !client.upgraded {
                client.upgrade()?;
            }
            if client.upgraded {
                while let Some(text) = take_frame(&mut self.clients.get_mut(key)?.input).ok()? {
                    self.handle(key, &text)?;
                }
            }
        }
    }

    fn handle(&mut self, key: usize, payload: &[u8]) -> Option<()> {
        let client = self.clients.get_mut(key)?;
        let Some(seat) = &client.seat else {
            return self.join(key, payload);
        };
        let room = self.rooms.get_mut(&seat.room)?;
        room.seq += 1;
        // The order of the fields is that of the contract, the text last.
        let (id, rest) = split_once(split_once(payload, b"\"id\":\"")?.1, b"\"")?;
        let text = split_once(rest, b"\"text\":")?.1.strip_suffix(b"}")?;
        let place = format!(",\"seq\":{},\"at\":{},\"id\":\"", room.seq, now());
        let parts = [
            seat.before.as_bytes(),
            text,
            place.as_bytes(),
            id,
            seat.after.as_bytes(),
        ];
        push_frame(&mut room.out, &parts.concat());
        if !self.batch {
            room.write(&mut self.clients);
        }
        Some(())
    }

    fn join(&mut self, key: usize, payload: &[u8]) -> Option<()> {
        let FromClient::Join { nick, room: name } =
            FromClient::parse(str::from_utf8(payload).ok()?)?
        else {
            return None;
        };
        let room = self.rooms.entry(name.clone()).or_default();
        // What was said before is for those who were there.
        room.write(&mut self.clients);
        let client = self.clients.get_mut(key)?;
        let free = room.nicks.insert(nick.clone());
        let answer = if free {
            room.members.push(key);
            client.seat = Some(Seat::new(&nick, &name));
            let online = room.members.len();
            let (nick, room) = (nick.as_str(), name.as_str());
            ToClient::Welcome { nick, room, online }
        } else {
            ToClient::NICK_TAKEN
        };
        let mut out = Vec::new();
        push_frame(&mut out, answer.json().as_bytes());
        client.write(&out);
        Some(())
    }

    fn leave(&mut self, key: usize) {
        let seat = self.clients.try_remove(key).and_then(|client| client.seat);
        if let Some(seat) = seat
            && let Some(room) = self.rooms.get_mut(&seat.room)
        {
            room.nicks.remove(&seat.nick);
            room.members.retain(|member| *member != key);
        }
    }
}

impl Room {
    fn write(&mut self, clients: &mut Slab<Client>) {
        if self.out.is_empty() {
            return;
        }
        for member in &self.members {
            if let Some(client) = clients.get_mut(*member) {
                client.write(&self.out);
            }
        }
        self.out.clear();
    }
}

impl Client {
    /// Answers the request once its head is there.
    fn upgrade(&mut self) -> Option<()> {
        let Some((head, rest)) = split_once(&self.input, b"\r\n\r\n") else {
            return Some(());
        };
        let answer = upgrade_answer(str::from_utf8(head).ok()?)?;
        self.input = rest.to_vec();
        self.upgraded = true;
        self.write(answer.as_bytes());
        Some(())
    }

    /// Where this fails, the poll says that the connection is over.
    fn write(&mut self, bytes: &[u8]) {
        if self.rest.is_empty() {
            let written = self.stream.write(bytes).unwrap_or(0);
            self.rest.extend(bytes.get(written..).unwrap_or_default());
        } else if self.rest.len() + bytes.len() <= SLOW_BYTES {
            self.rest.extend(bytes);
        }
    }

    fn write_rest(&mut self) {
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            self.write(&rest);
        }
    }
}

impl Seat {
    fn new(nick: &str, room: &str) -> Self {
        let said = ToClient::Said {
            nick,
            text: "",
            seq: 0,
            at: 0,
            id: "",
            author: &new_author(),
        };
        let json = said.json();
        // The empty strings of text and id are where a message's own go.
        Self {
            nick: nick.to_owned(),
            room: room.to_owned(),
            before: json
                .split_once("\"\",\"seq\"")
                .map_or_else(String::new, |parts| parts.0.to_owned()),
            after: json
                .split_once("\"id\":\"")
                .map_or_else(String::new, |parts| parts.1.to_owned()),
        }
    }
}
