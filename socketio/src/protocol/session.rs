//! One session: which namespaces are connected, and whose packet is whose.

use std::sync::Arc;

use bytestring::ByteString;
use tokio::task::JoinHandle;

use super::{Application, Connect, Event, Guest, Terms};
use crate::engine::{self, Closed, Line, Message};
use crate::packet::{Body, Decoder, Packet};
use crate::socket::{Phase, Socket, Sweep, plain};

/// Namespaces of one session. Applications have a handful.
pub(super) const MAX_NAMESPACES: usize = 32;

/// One session's namespaces.
pub struct Connected<A: Application> {
    application: Arc<A>,
    /// Boxed, so that it may be of any type.
    client: Box<A::Client>,
    terms: Terms,
    decoder: Decoder,
    /// In no order that matters. Few: looked through.
    places: Vec<Place<A::Guest>>,
    sweep: Arc<Sweep>,
    /// Ends the session that is let in nowhere.
    timeout: Option<JoinHandle<()>>,
    /// Nothing is heard any more.
    over: bool,
}

/// A namespace that the client is in, wants to be in, or was sent out of.
struct Place<G> {
    socket: Socket,
    /// `None` once sent out. What the client had sent before it knew is ignored then.
    guest: Option<G>,
}

impl<A: Application> Connected<A> {
    pub(super) fn new(application: Arc<A>, client: A::Client, terms: Terms) -> Self {
        Self {
            application,
            client: Box::new(client),
            terms,
            decoder: Decoder::new(terms.max_attachments, terms.max_bytes),
            places: Vec::new(),
            sweep: Arc::default(),
            timeout: None,
            over: false,
        }
    }

    /// A whole packet came.
    ///
    /// # Errors
    /// Where it is none that may come now.
    fn packet(&mut self, packet: Packet, line: &Line) -> Result<(), &'static str> {
        let Packet { namespace, body } = packet;
        let at = self
            .places
            .iter()
            .position(|place| namespace == place.socket.namespace());
        if let Body::Connect(auth) = body {
            return self.connect(at, namespace, auth, line);
        }
        let at = at.ok_or("a packet for a namespace that is not connected")?;
        let place = self.places.get_mut(at).ok_or("no place")?;
        let guest = match (place.socket.phase(), &mut place.guest) {
            (Phase::In, Some(guest)) => guest,
            (Phase::SentOut, _) => return Ok(()),
            _ => return Err("a packet before the answer to a connect"),
        };
        match body {
            Body::Event { id, name, args } => {
                let ack = id.map(|id| place.socket.ack(id));
                guest.event(Event { name, args, ack }, &place.socket);
            }
            Body::Ack { id, args } => {
                // Unknown ones are ignored, as Node does: it may have been given up.
                if let Some(answered) = place.socket.answered(id) {
                    answered(args);
                }
            }
            Body::Disconnect => {
                self.places.swap_remove(at).end(Closed::ByClient);
            }
            Body::Connect(_) | Body::ConnectError(_) => return Err("a server's packet"),
        }
        Ok(())
    }

    /// The client wants to connect to a namespace, whose place is at `at` where it has one.
    fn connect(
        &mut self,
        at: Option<usize>,
        namespace: ByteString,
        auth: Option<ByteString>,
        line: &Line,
    ) -> Result<(), &'static str> {
        if let Some(at) = at {
            let place = self.places.get(at).map(|place| place.socket.phase());
            if place != Some(Phase::SentOut) {
                return Err("a second connect to a namespace");
            }
            // Sent out, and back again.
            self.places.swap_remove(at).end(Closed::ByServer);
        }
        let refuse = |message: &str| {
            let json = format!(r#"{{"message":"{message}"}}"#);
            line.send_packets(&[plain('4', &namespace, Some(&json))]);
            Ok(())
        };
        if !self.application.has(&namespace) {
            return refuse("Invalid namespace"); // Node's words.
        }
        if self.places.len() >= MAX_NAMESPACES {
            self.places.retain(|place| place.guest.is_some());
        }
        if self.places.len() >= MAX_NAMESPACES {
            return refuse("Too many namespaces");
        }
        let socket = Socket::new(namespace.clone(), line.clone(), self.sweep.clone());
        let socket = socket.ok_or("no random numbers for an id")?;
        let connect = Connect {
            namespace: namespace.to_string(),
            auth: auth.as_deref().unwrap_or("{}").to_owned(),
            socket: socket.clone(),
        };
        let guest = Some(self.application.connect(&mut self.client, connect));
        self.places.push(Place { socket, guest });
        Ok(())
    }

    /// Lets those go who have been turned away or sent out.
    fn sweep(&mut self) {
        if !self.sweep.take_due() {
            return;
        }
        let gone = |place: &mut Place<_>| place.socket.phase() == Phase::Refused;
        let refused: Vec<_> = self.places.extract_if(.., gone).collect();
        for place in refused {
            place.end(Closed::ByServer);
        }
        for place in &mut self.places {
            if place.socket.phase() == Phase::SentOut
                && let Some(mut guest) = place.guest.take()
            {
                guest.disconnected(Closed::ByServer);
            }
        }
    }

    /// It is over for everyone.
    fn end(&mut self, reason: Closed) {
        self.over = true;
        if let Some(timeout) = self.timeout.take() {
            timeout.abort();
        }
        for place in self.places.drain(..) {
            place.end(reason);
        }
    }
}

impl<G: Guest> Place<G> {
    fn end(self, reason: Closed) {
        let reason = match self.socket.end() {
            Phase::Refused | Phase::SentOut => Closed::ByServer,
            _ => reason,
        };
        if let Some(mut guest) = self.guest {
            guest.disconnected(reason);
        }
    }
}

impl<A: Application> engine::Session for Connected<A> {
    fn opened(&mut self, line: &Line) {
        let (line, sweep) = (line.clone(), self.sweep.clone());
        let after = self.terms.connect_timeout;
        self.timeout = Some(tokio::spawn(async move {
            tokio::time::sleep(after).await;
            if !sweep.joined() {
                line.close();
            }
        }));
    }

    fn message(&mut self, message: Message, line: &Line) {
        if self.over {
            return;
        }
        self.sweep();
        let packet = match message {
            Message::Text(text) => self.decoder.text(&text),
            Message::Binary(data) => self.decoder.binary(data),
        };
        let done = match packet {
            Ok(Some(packet)) => self.packet(packet, line).map_err(str::to_owned),
            Ok(None) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        match done {
            Ok(()) => self.sweep(),
            Err(error) => {
                tracing::debug!(error, "a session that cannot be understood ends");
                self.end(Closed::Parse);
                line.close();
            }
        }
    }

    fn drained(&mut self, _line: &Line) {
        self.sweep();
        for place in &mut self.places {
            if let Some(guest) = &mut place.guest
                && place.socket.is_to_be_told()
            {
                guest.drained(&place.socket);
            }
        }
        self.sweep();
    }

    fn closed(&mut self, reason: Closed) {
        self.end(match reason {
            // Who means to leave says so first. A page that is reloaded says nothing.
            Closed::ByClient => Closed::Transport,
            reason => reason,
        });
    }
}

impl<A: Application> Drop for Connected<A> {
    // Where a server stops with its threads nobody tells.
    fn drop(&mut self) {
        self.end(Closed::Transport);
    }
}
