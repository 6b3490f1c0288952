//! A session: an actor of its own, apart from whichever connection carries it. Owns what the session
//! is for, the pings, and the end.

#[cfg(test)]
mod tests;

use std::time::Duration;

use actix::prelude::*;

use super::line::{Carrier, Line};
use super::packet::Packet;
use super::registry::{Entry, Slot};
use super::{Closed, Config, Session};

/// Time for the last that was queued to be fetched, once the application has closed a session.
const LINGER: Duration = Duration::from_secs(5);

/// What a connection has read. Answered when it has been dealt with, so that a connection has no
/// more than one of them on its way.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Received(pub(super) Vec<Packet>);

/// What has happened to a session's line.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) enum Signal {
    /// The application has closed it.
    Closing,
    /// It is over.
    Ended(Closed),
    /// Nothing is queued any more.
    Drained,
}

/// One session.
pub(super) struct Live<S: Session> {
    session: S,
    line: Line,
    pings: Pings,
    /// What comes next of them, or, once closed, the end.
    timer: SpawnHandle,
    /// It has been told that it is over.
    over: bool,
    _slot: Slot,
}

/// As Node has them: each an interval after the last pong, the first an interval after the start.
struct Pings {
    interval: Duration,
    timeout: Duration,
    /// No pong has come to the last one yet.
    unanswered: bool,
    /// A packet that is no pong has put the timeout off; one alone may.
    put_off: bool,
}

/// A session that has begun: where it is reached, and its open packet.
pub(super) struct Begun {
    pub(super) entry: Entry,
    /// For the answer to a polling client's handshake. To a WebSocket it is the first that is queued.
    pub(super) open: Packet,
}

/// Begins a session on the current thread, which needs an actix System. It is known to all threads
/// when this returns.
pub(super) fn begin<S: Session>(
    session: S,
    slot: Slot,
    carrier: Carrier,
    config: &Config,
) -> Begun {
    let line = Line::new(config.max_queued, carrier);
    let open = open_packet(slot.sid(), carrier, config);
    if carrier == Carrier::WebSocket {
        line.send_packets(std::slice::from_ref(&open));
    }
    let registry = slot.registry();
    let sid = slot.sid().to_owned();
    let live = Live {
        session,
        line: line.clone(),
        pings: Pings {
            interval: config.ping_interval,
            timeout: config.ping_timeout,
            unanswered: false,
            put_off: false,
        },
        timer: SpawnHandle::default(),
        over: false,
        _slot: slot,
    };
    let ctx = Context::new();
    let session = ctx.address();
    line.attach(session.clone().recipient());
    let entry = Entry {
        session: session.recipient(),
        line,
    };
    registry.register(sid, entry.clone());
    ctx.run(live);
    Begun { entry, open }
}

fn open_packet(sid: &str, carrier: Carrier, config: &Config) -> Packet {
    let upgrades = match carrier {
        Carrier::Polling => r#"["websocket"]"#,
        Carrier::WebSocket => "[]",
    };
    let (interval, timeout) = (config.ping_interval, config.ping_timeout);
    let (interval, timeout) = (interval.as_millis(), timeout.as_millis());
    let max_payload = config.max_payload;
    let json = format!(
        r#"{{"sid":"{sid}","upgrades":{upgrades},"pingInterval":{interval},"pingTimeout":{timeout},"maxPayload":{max_payload}}}"#
    );
    Packet::Open(json.into())
}

impl<S: Session> Live<S> {
    /// Does one thing after a while, in place of what was to be done.
    fn after(
        &mut self,
        time: Duration,
        ctx: &mut Context<Self>,
        then: impl FnOnce(&mut Self, &mut Context<Self>) + 'static,
    ) {
        ctx.cancel_future(self.timer);
        self.timer = ctx.run_later(time, then);
    }

    fn schedule_ping(&mut self, ctx: &mut Context<Self>) {
        self.after(self.pings.interval, ctx, |live, ctx| {
            live.pings.unanswered = true;
            live.pings.put_off = false;
            live.line.ping();
            live.await_pong(ctx);
        });
    }

    fn await_pong(&mut self, ctx: &mut Context<Self>) {
        self.after(self.pings.timeout, ctx, |live, ctx| {
            // The pong may be there, and nobody was to read it.
            if live.line.was_paused() {
                live.await_pong(ctx);
            } else {
                live.line.end(Closed::PingTimeout);
            }
        });
    }

    fn packet(&mut self, packet: Packet, ctx: &mut Context<Self>) {
        match packet {
            Packet::Pong(_) if self.pings.unanswered => {
                self.pings.unanswered = false;
                self.schedule_ping(ctx);
                return;
            }
            // Timers are dear enough that nobody is to have one for nothing.
            Packet::Pong(_) => {}
            Packet::Message(message) => self.session.message(message, &self.line),
            // In this version of the protocol they are the server's.
            Packet::Ping(_) => {
                self.line.end(Closed::Parse);
                // What comes behind it is not looked at.
                self.close(Closed::Parse);
            }
            // Without a meaning here, and without harm. Of a close the connection has known.
            Packet::Open(_)
            | Packet::Close
            | Packet::Upgrade
            | Packet::Noop
            | Packet::Encoded(_) => {}
        }
        if self.pings.unanswered && !self.pings.put_off {
            self.pings.put_off = true;
            self.await_pong(ctx);
        }
    }

    fn close(&mut self, reason: Closed) {
        if !self.over {
            self.over = true;
            tracing::debug!(?reason, "a session has ended");
            self.session.closed(reason);
        }
    }
}

impl<S: Session> Actor for Live<S> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.schedule_ping(ctx);
        self.session.opened(&self.line);
    }
}

impl<S: Session> Handler<Received> for Live<S> {
    type Result = ();

    fn handle(&mut self, Received(packets): Received, ctx: &mut Self::Context) {
        for packet in packets {
            if self.over || self.line.is_deaf() {
                return;
            }
            self.packet(packet, ctx);
        }
    }
}

impl<S: Session> Handler<Signal> for Live<S> {
    type Result = ();

    fn handle(&mut self, signal: Signal, ctx: &mut Self::Context) {
        match signal {
            Signal::Drained if self.over => {}
            Signal::Drained => self.session.drained(&self.line),
            Signal::Closing => {
                self.close(Closed::ByServer);
                self.after(LINGER, ctx, |live, _| live.line.end(Closed::ByServer));
            }
            Signal::Ended(reason) => {
                self.close(reason);
                ctx.stop();
            }
        }
    }
}

/// A thread that stops takes its sessions along.
impl<S: Session> Drop for Live<S> {
    fn drop(&mut self) {
        self.line.end(Closed::ByServer);
        self.close(Closed::ByServer);
    }
}
