//! The text of a packet.

use bytestring::ByteString;
use serde_json::value::RawValue;

use super::{Args, Body, MAX_ID, Malformed, Packet, is_reserved};

/// A packet's text, read.
pub(super) struct Header {
    /// The packet, still without attachments.
    pub packet: Packet,
    /// How many attachments follow.
    pub attachments: usize,
}

/// Reads the text of a packet with at most so many attachments. What it holds are slices of the
/// text.
pub(super) fn parse(text: &ByteString, max_attachments: usize) -> Result<Header, Malformed> {
    let kind = text.bytes().next().ok_or(Malformed::Type)?;
    if !(b'0'..=b'6').contains(&kind) {
        return Err(Malformed::Type);
    }
    let (_, rest) = text.split_at_checked(1).ok_or(Malformed::Type)?;
    let (attachments, rest) = match kind {
        b'5' | b'6' => attachments(rest, max_attachments)?,
        _ => (0, rest),
    };
    let (namespace, rest) = namespace(text, rest);
    let (id, rest) = id(rest)?;
    let json = text.slice_ref(rest);

    let body = match kind {
        b'0' => Body::Connect(object(json)?),
        b'1' if json.is_empty() => Body::Disconnect,
        b'1' => return Err(Malformed::Payload),
        b'2' | b'5' => event(id, &json)?,
        b'3' | b'6' => Body::Ack {
            id: id.ok_or(Malformed::Id)?,
            args: Args::parse(&json)?,
        },
        _ => Body::ConnectError(object_or_text(json)?),
    };
    if let Body::Event { args, .. } | Body::Ack { args, .. } = &body {
        args.check_placeholders(attachments)?;
    }
    Ok(Header {
        packet: Packet { namespace, body },
        attachments,
    })
}

/// `<number>-`, above 0: a packet without attachments is of another type.
fn attachments(rest: &str, max: usize) -> Result<(usize, &str), Malformed> {
    let (number, rest) = rest.split_once('-').ok_or(Malformed::Attachments)?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Malformed::Attachments);
    }
    match number.parse() {
        Ok(0) => Err(Malformed::Attachments),
        Ok(n) if n <= max => Ok((n, rest)),
        _ => Err(Malformed::TooManyAttachments),
    }
}

/// `/name,`, or nothing for `/`. Where nothing follows it, the comma may be missing.
fn namespace<'a>(text: &ByteString, rest: &'a str) -> (ByteString, &'a str) {
    if !rest.starts_with('/') {
        return (ByteString::from_static("/"), rest);
    }
    let (written, rest) = rest.split_once(',').unwrap_or((rest, ""));
    let name = written.split('?').next().unwrap_or(written);
    (text.slice_ref(name), rest)
}

/// Digits, or nothing.
fn id(rest: &str) -> Result<(Option<u64>, &str), Malformed> {
    let end = rest.find(|c: char| !c.is_ascii_digit());
    let (digits, rest) = rest
        .split_at_checked(end.unwrap_or(rest.len()))
        .unwrap_or(("", rest));
    if digits.is_empty() {
        return Ok((None, rest));
    }
    let id = digits.parse().ok().filter(|id| *id <= MAX_ID);
    Ok((Some(id.ok_or(Malformed::Id)?), rest))
}

fn event(id: Option<u64>, json: &ByteString) -> Result<Body, Malformed> {
    let mut args = Args::parse(json)?;
    let name = args.take_first().ok_or(Malformed::Name)?;
    let name: String = serde_json::from_str(&name).map_err(|_| Malformed::Name)?;
    if is_reserved(&name) {
        return Err(Malformed::Name);
    }
    Ok(Body::Event { id, name, args })
}

/// A JSON object, or nothing.
fn object(json: ByteString) -> Result<Option<ByteString>, Malformed> {
    value(json, &['{'])
}

/// A JSON object or string, or nothing.
fn object_or_text(json: ByteString) -> Result<Option<ByteString>, Malformed> {
    value(json, &['{', '"'])
}

/// JSON that begins with one of these, or nothing.
fn value(json: ByteString, first: &[char]) -> Result<Option<ByteString>, Malformed> {
    if json.is_empty() {
        return Ok(None);
    }
    // Does not recurse, however deeply it is nested.
    let value: &RawValue = serde_json::from_str(&json).map_err(|_| Malformed::Payload)?;
    if !value.get().starts_with(first) {
        return Err(Malformed::Payload);
    }
    Ok(Some(json.slice_ref(value.get())))
}
