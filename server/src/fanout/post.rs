//! How a room reaches one session.

use std::fmt;
use std::sync::Arc;

use actix::{Addr, Recipient};

use super::worker::{Fanout, LineId, Order};
use super::{Audience, Following, Parcel};

/// The address of a session. What is sent arrives in order.
pub struct Post<P: Parcel>(Way<P>);

enum Way<P: Parcel> {
    Mailbox(Recipient<P>),
    Line {
        worker: Arc<Addr<Fanout<P>>>,
        line: LineId,
    },
}

impl<P: Parcel> From<Recipient<P>> for Post<P> {
    fn from(mailbox: Recipient<P>) -> Self {
        Self(Way::Mailbox(mailbox))
    }
}

impl<P: Parcel> fmt::Debug for Post<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Way::Mailbox(_) => f.write_str("Mailbox"),
            Way::Line { line, .. } => line.fmt(f),
        }
    }
}

impl<P: Parcel> Post<P> {
    /// That of a session whose socket a worker writes.
    pub(super) fn line(worker: Arc<Addr<Fanout<P>>>, line: LineId) -> Self {
        Self(Way::Line { worker, line })
    }

    /// Sends to this session alone.
    pub fn send(&self, parcel: P) {
        // The bound is the outflow's, in bytes; a mailbox would count messages.
        match &self.0 {
            Way::Mailbox(mailbox) => mailbox.do_send(parcel),
            Way::Line { worker, line } => worker.do_send(Order::Send {
                line: *line,
                parcel,
            }),
        }
    }

    /// From here on the session follows all that the room casts, until what is returned is dropped;
    /// `None` where it has to be handed each of it.
    pub fn follow(&self, audience: &Arc<Audience<P>>) -> Option<Following<P>> {
        match &self.0 {
            Way::Mailbox(_) => None,
            Way::Line { worker, line } => Some(Following::new(audience, worker, *line)),
        }
    }
}
