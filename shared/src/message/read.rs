//! Reads what a server says, field by field. What serde derives for tagged and flattened types is
//! five times as large, and a page waits for every byte of its client.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{Entry, EntryBody, Limits, Member, Presence, Refused, Renamed, ServerMessage, Welcome};
use crate::ids::{AuthorId, Epoch, MessageId, Position, Seq, Token};
use crate::names::{Nick, RoomName};
use crate::refusal::RefusalCode;
use crate::text::MessageText;

impl<'de> Deserialize<'de> for ServerMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        message(Value::deserialize(deserializer)?).map_err(missing)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        entry(Value::deserialize(deserializer)?).map_err(missing)
    }
}

fn missing<E: Error>(field: &'static str) -> E {
    E::custom(format_args!("'{field}' is missing, or of another kind"))
}

/// What was read, or the name of the field that was not there.
type Read<T> = Result<T, &'static str>;

fn message(value: Value) -> Read<ServerMessage> {
    let mut fields = Fields::of(value, "type")?;
    let kind = fields.text("type")?;
    Ok(match kind.as_str() {
        "welcome" => ServerMessage::Welcome(Box::new(welcome(fields)?)),
        "presence" => ServerMessage::Presence(presence(fields)?),
        "typing" => ServerMessage::Typing {
            nicks: fields.list("nicks", |nick| match nick {
                Value::String(nick) => Ok(Nick::taken_over(nick)),
                _ => Err("nicks"),
            })?,
        },
        "page" => ServerMessage::Page {
            entries: fields.list("entries", entry)?,
            more: fields.flag("more")?,
        },
        "refused" => ServerMessage::Refused(refused(fields)?),
        "pong" => ServerMessage::Pong,
        _ => ServerMessage::Entry(entry_of(&kind, fields)?),
    })
}

fn welcome(mut fields: Fields) -> Read<Welcome> {
    let mut position = Fields::of(fields.take("position"), "position")?;
    let mut limits = Fields::of(fields.take("limits"), "limits")?;
    Ok(Welcome {
        protocol: fields.small("protocol")?,
        room: RoomName::taken_over(fields.text("room")?),
        nick: fields.nick("nick")?,
        author: fields.author()?,
        token: Token::taken_over(fields.text("token")?),
        position: Position {
            epoch: Epoch(position.text("epoch")?),
            seq: Seq(position.number("seq")?),
        },
        recovered: fields.flag("recovered")?,
        entries: fields.list("entries", entry)?,
        missed: fields.number("missed").unwrap_or(0),
        more: fields.flag("more")?,
        members: fields.list("members", member)?,
        online: fields.small("online")?,
        limits: Limits {
            text_chars: limits.small("text_chars")?,
            text_bytes: limits.small("text_bytes")?,
            in_flight: limits.small("in_flight")?,
            page_entries: limits.small("page_entries")?,
            ping_ms: limits.number("ping_ms").unwrap_or(0),
        },
    })
}

fn presence(mut fields: Fields) -> Read<Presence> {
    Ok(Presence {
        joined: fields.list_if_any("joined", member)?,
        left: fields.list_if_any("left", member)?,
        renamed: fields.list_if_any("renamed", |value| {
            let mut fields = Fields::of(value, "renamed")?;
            Ok(Renamed {
                author: fields.author()?,
                from: fields.nick("from")?,
                to: fields.nick("to")?,
            })
        })?,
        online: fields.small("online")?,
    })
}

fn refused(mut fields: Fields) -> Read<Refused> {
    Ok(Refused {
        of: fields.text("of").ok(),
        code: RefusalCode::named(&fields.text("code")?),
        message: fields.text("message")?,
        id: fields.text("id").ok(),
        retry_after_ms: fields.number("retry_after_ms").ok(),
        suggestion: fields.nick("suggestion").ok(),
    })
}

fn entry(value: Value) -> Read<Entry> {
    let mut fields = Fields::of(value, "entries")?;
    let kind = fields.text("type")?;
    entry_of(&kind, fields)
}

fn entry_of(kind: &str, mut fields: Fields) -> Read<Entry> {
    let body = match kind {
        "said" => EntryBody::Said {
            nick: fields.nick("nick")?,
            text: MessageText::taken_over(fields.text("text")?),
        },
        _ => EntryBody::Unknown,
    };
    Ok(Entry {
        body,
        seq: Seq(fields.number("seq")?),
        at: fields.number("at")?,
        id: MessageId::taken_over(fields.text("id")?),
        author: fields.author()?,
    })
}

fn member(value: Value) -> Read<Member> {
    let mut fields = Fields::of(value, "members")?;
    Ok(Member {
        author: fields.author()?,
        nick: fields.nick("nick")?,
    })
}

/// An object of which one field after the other is taken.
struct Fields(Map<String, Value>);

impl Fields {
    /// The object in the field `name`.
    fn of(value: Value, name: &'static str) -> Read<Self> {
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(name),
        }
    }

    fn take(&mut self, name: &str) -> Value {
        self.0.get_mut(name).map_or(Value::Null, Value::take)
    }

    fn text(&mut self, name: &'static str) -> Read<String> {
        match self.take(name) {
            Value::String(text) => Ok(text),
            _ => Err(name),
        }
    }

    fn number(&mut self, name: &'static str) -> Read<u64> {
        self.take(name).as_u64().ok_or(name)
    }

    /// A number of fewer bits.
    fn small<T: TryFrom<u64>>(&mut self, name: &'static str) -> Read<T> {
        T::try_from(self.number(name)?).map_err(|_| name)
    }

    fn flag(&mut self, name: &'static str) -> Read<bool> {
        self.take(name).as_bool().ok_or(name)
    }

    fn nick(&mut self, name: &'static str) -> Read<Nick> {
        self.text(name).map(Nick::taken_over)
    }

    fn author(&mut self) -> Read<AuthorId> {
        self.text("author").map(AuthorId::new)
    }

    fn list<T>(&mut self, name: &'static str, item: fn(Value) -> Read<T>) -> Read<Vec<T>> {
        let Value::Array(items) = self.take(name) else {
            return Err(name);
        };
        // Not collected: each of these would bring a machinery of its own.
        let mut list = Vec::with_capacity(items.len());
        for value in items {
            list.push(item(value)?);
        }
        Ok(list)
    }

    /// Nothing where the field is not there.
    fn list_if_any<T>(&mut self, name: &'static str, item: fn(Value) -> Read<T>) -> Read<Vec<T>> {
        if self.0.contains_key(name) {
            self.list(name, item)
        } else {
            Ok(Vec::new())
        }
    }
}
