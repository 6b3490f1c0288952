//! The chat with actix and actix-web-actors, in the shape of the chat that actix's examples teach:
//! a `ChatServer` actor, an actor for each connection, and one message to each for each that is said.

use std::collections::HashMap;

use actix::prelude::*;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use actix_web_actors::ws;
use bytestring::ByteString;
use clap::Parser;
use realtid_peers::{FromClient, QUEUE, ToClient, listen, new_author, now};

/// Serves the benchmark's chat with actix at 127.0.0.1.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; 0 for any free port
    #[arg(long)]
    port: u16,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Text(ByteString);

/// Answered by how many are there now, or `None` where the nick is taken.
#[derive(Message)]
#[rtype(result = "Option<usize>")]
struct Join {
    nick: String,
    room: String,
    member: Recipient<Text>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Say {
    seat: Seat,
    id: String,
    text: String,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Leave(Seat);

#[derive(Clone)]
struct Seat {
    nick: String,
    room: String,
    author: String,
}

#[derive(Default)]
struct ChatServer {
    rooms: HashMap<String, Room>,
}

#[derive(Default)]
struct Room {
    seq: u64,
    members: HashMap<String, Recipient<Text>>,
}

impl Actor for ChatServer {
    type Context = Context<Self>;
}

impl Handler<Join> for ChatServer {
    type Result = Option<usize>;

    fn handle(&mut self, join: Join, _: &mut Self::Context) -> Option<usize> {
        let members = &mut self.rooms.entry(join.room).or_default().members;
        if members.contains_key(&join.nick) {
            return None;
        }
        members.insert(join.nick, join.member);
        Some(members.len())
    }
}

impl Handler<Say> for ChatServer {
    type Result = ();

    fn handle(&mut self, say: Say, _: &mut Self::Context) {
        let Some(room) = self.rooms.get_mut(&say.seat.room) else {
            return;
        };
        room.seq += 1;
        let said = ToClient::Said {
            nick: &say.seat.nick,
            text: &say.text,
            seq: room.seq,
            at: now(),
            id: &say.id,
            author: &say.seat.author,
        };
        let said = ByteString::from(said.json());
        for member in room.members.values() {
            // Not `do_send`, which queues without bound: one who is too far behind misses this one.
            let _ = member.try_send(Text(said.clone()));
        }
    }
}

impl Handler<Leave> for ChatServer {
    type Result = ();

    fn handle(&mut self, Leave(seat): Leave, _: &mut Self::Context) {
        if let Some(room) = self.rooms.get_mut(&seat.room) {
            room.members.remove(&seat.nick);
        }
    }
}

struct Session {
    chat_server: Addr<ChatServer>,
    seat: Option<Seat>,
}

impl Actor for Session {
    type Context = ws::WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(QUEUE);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        if let Some(seat) = self.seat.take() {
            self.chat_server.do_send(Leave(seat));
        }
    }
}

impl Handler<Text> for Session {
    type Result = ();

    fn handle(&mut self, Text(text): Text, ctx: &mut Self::Context) {
        ctx.text(text);
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Session {
    fn handle(&mut self, message: Result<ws::Message, ws::ProtocolError>, ctx: &mut Self::Context) {
        match message {
            Ok(ws::Message::Text(text)) => match (FromClient::parse(&text), &self.seat) {
                (Some(FromClient::Join { nick, room }), None) => self.join(nick, room, ctx),
                (Some(FromClient::Say { id, text }), Some(seat)) => {
                    let seat = seat.clone();
                    self.chat_server.do_send(Say { seat, id, text });
                }
                _ => ctx.stop(),
            },
            Ok(ws::Message::Ping(data)) => ctx.pong(&data),
            Ok(ws::Message::Pong(_) | ws::Message::Nop) => {}
            _ => ctx.stop(),
        }
    }
}

impl Session {
    /// Nothing else happens to the session until the answer is there.
    fn join(&mut self, nick: String, room: String, ctx: &mut ws::WebsocketContext<Self>) {
        let join = Join {
            nick: nick.clone(),
            room: room.clone(),
            member: ctx.address().recipient(),
        };
        self.chat_server
            .send(join)
            .into_actor(self)
            .map(move |online, session, ctx| match online {
                Ok(Some(online)) => {
                    let welcome = ToClient::Welcome {
                        nick: &nick,
                        room: &room,
                        online,
                    };
                    ctx.text(welcome.json());
                    session.seat = Some(Seat {
                        nick,
                        room,
                        author: new_author(),
                    });
                }
                Ok(None) => ctx.text(ToClient::NICK_TAKEN.json()),
                Err(_) => ctx.stop(),
            })
            .wait(ctx);
    }
}

async fn upgrade(
    request: HttpRequest,
    body: web::Payload,
    chat_server: web::Data<Addr<ChatServer>>,
) -> actix_web::Result<HttpResponse> {
    let session = Session {
        chat_server: chat_server.get_ref().clone(),
        seat: None,
    };
    ws::start(session, &request, body)
}

fn main() -> anyhow::Result<()> {
    let listener = listen(Arguments::parse().port)?;
    actix_web::rt::System::new().block_on(async {
        let chat_server = web::Data::new(ChatServer::default().start());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(chat_server.clone())
                .route("/ws", web::get().to(upgrade))
        })
        .workers(1)
        // SIGTERM ends it at once, without waiting for those who are connected.
        .disable_signals()
        .listen(listener)?;
        Ok(server.run().await?)
    })
}
