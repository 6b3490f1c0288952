//! Socket.IO packets, as they are written: the Socket.IO protocol document, version 5, "Packet
//! encoding". Pure. JSON is kept as it was written; what is in it is the application's business, but
//! for an event's name and the placeholders of attachments.

mod args;
mod decoder;
mod parse;
mod placeholders;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use bytes::Bytes;
use bytestring::ByteString;

pub use args::Args;
pub use decoder::Decoder;

/// Acknowledgement ids are whole numbers that JavaScript can tell apart: up to 2^53 - 1.
pub const MAX_ID: u64 = (1 << 53) - 1;

/// Names that mean something else to clients and servers than an event of an application's.
const RESERVED: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

/// Whether an event cannot have this name: clients drop the connection over it.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// One packet, with its attachments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// `/`, or `/name`. What follows a `?` in it has been cut.
    pub namespace: ByteString,
    /// What it says.
    pub body: Body,
}

/// What a packet says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// `0`: the client wants in, with `auth` as JSON, an object; or it is in, likewise.
    Connect(Option<ByteString>),
    /// `1`: the sender leaves, or the client is sent out.
    Disconnect,
    /// `2`, or `5` with attachments.
    Event {
        /// To answer with, if an answer is wanted.
        id: Option<u64>,
        /// No reserved one.
        name: String,
        /// What follows the name.
        args: Args,
    },
    /// `3`, or `6` with attachments: the answer to an event.
    Ack {
        /// The event's.
        id: u64,
        /// The answer.
        args: Args,
    },
    /// `4`, server: the client is not let in. JSON, an object or a string.
    ConnectError(Option<ByteString>),
}

/// Why something is no packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// There is no such type.
    #[error("unknown packet type")]
    Type,
    /// There is no number of attachments, or none above 0.
    #[error("invalid number of attachments")]
    Attachments,
    /// More than there may be.
    #[error("too many attachments")]
    TooManyAttachments,
    /// Text and attachments have more bytes than they may, all together.
    #[error("packet too large")]
    TooLarge,
    /// The acknowledgement id is above [`MAX_ID`], or missing.
    #[error("invalid acknowledgement id")]
    Id,
    /// No JSON, or not of the form that the type asks for.
    #[error("invalid payload")]
    Payload,
    /// The event has no name, or a reserved one.
    #[error("invalid event name")]
    Name,
    /// A placeholder stands for no attachment.
    #[error("placeholder without an attachment")]
    Placeholder,
    /// JSON with attachments is nested deeper than is followed.
    #[error("payload nested too deeply")]
    Depth,
    /// Text came where an attachment was announced.
    #[error("text in place of an attachment")]
    UnexpectedText,
    /// Bytes came that nothing had announced.
    #[error("attachment of nothing")]
    UnexpectedBinary,
}

impl Packet {
    /// Appends the text; [`Self::attachments`] follow it, each as a binary message, with nothing in
    /// between.
    pub fn write(&self, to: &mut String) {
        let namespace = self.namespace.as_ref();
        match &self.body {
            Body::Connect(data) => write_plain(to, '0', namespace, data.as_deref()),
            Body::Disconnect => write_plain(to, '1', namespace, None),
            Body::ConnectError(data) => write_plain(to, '4', namespace, data.as_deref()),
            Body::Event { id, name, args } => write_event(to, namespace, *id, name, args),
            Body::Ack { id, args } => write_ack(to, namespace, *id, args),
        }
    }

    /// What follows the text.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        match &self.body {
            Body::Event { args, .. } | Body::Ack { args, .. } => args.attachments(),
            _ => &[],
        }
    }
}

/// Appends a packet that has no arguments.
pub(crate) fn write_plain(to: &mut String, kind: char, namespace: &str, json: Option<&str>) {
    to.push(kind);
    write_namespace(to, namespace);
    to.push_str(json.unwrap_or_default());
}

/// Appends an event.
pub(crate) fn write_event(
    to: &mut String,
    namespace: &str,
    id: Option<u64>,
    name: &str,
    args: &Args,
) {
    write_head(to, ['2', '5'], namespace, id, args);
    to.push('[');
    to.push_str(&json_string(name));
    if !args.is_empty() {
        to.push(',');
        to.push_str(args.items());
    }
    to.push(']');
}

/// Appends an answer.
pub(crate) fn write_ack(to: &mut String, namespace: &str, id: u64, args: &Args) {
    write_head(to, ['3', '6'], namespace, Some(id), args);
    to.push('[');
    to.push_str(args.items());
    to.push(']');
}

/// Appends what comes before the JSON. `kinds`: without attachments, and with.
fn write_head(to: &mut String, kinds: [char; 2], namespace: &str, id: Option<u64>, args: &Args) {
    let [plain, binary] = kinds;
    // Writing to a string cannot fail.
    match args.attachments().len() {
        0 => to.push(plain),
        n => _ = write!(to, "{binary}{n}-"),
    }
    write_namespace(to, namespace);
    if let Some(id) = id {
        _ = write!(to, "{id}");
    }
}

fn write_namespace(to: &mut String, namespace: &str) {
    if namespace != "/" {
        to.push_str(namespace);
        to.push(',');
    }
}

/// A text as JSON.
pub(crate) fn json_string(text: &str) -> String {
    // A `str` is always a JSON string.
    serde_json::to_string(text).unwrap_or_default()
}
