//! The three ways in which a client of socket.io may talk of a chat, and what each of their events
//! asks for. Pure: events by name and arguments in, requests out.

use serde_json::{Map, Value};
use shared::{ClientMessage, Fault, MessageText, Nick, RefusalCode, Refused, RoomName};

/// Bytes of a client offset: the official tutorial's has some 25.
const OFFSET_BYTES: usize = 256;

/// Characters of an event's name that a refusal repeats.
const NAME_CHARS: usize = 32;

/// How a client talks. Its first event decides, for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Vocabulary {
    /// `add user`, `new message`: the official chat example.
    Example,
    /// `chat message`: the official tutorial.
    Tutorial,
    /// The types of Realtid's own protocol.
    Own,
}

/// What an event asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// To be in the room, called so.
    Enter(Nick),
    /// To say something.
    Say {
        /// What.
        text: MessageText,
        /// What the client tells the message by when it says it again.
        offset: Option<String>,
    },
    /// The writing has stopped.
    StopTyping,
    /// What a message of Realtid's own protocol asks for.
    Own(ClientMessage),
}

impl Vocabulary {
    /// That of an event; `None` where it belongs to none, or to more than one.
    fn of(event: &str) -> Option<Self> {
        match event {
            "add user" | "new message" | "stop typing" => Some(Self::Example),
            "chat message" => Some(Self::Tutorial),
            "join" | "say" | "page" | "nick" | "ping" | "leave" => Some(Self::Own),
            _ => None,
        }
    }

    /// The vocabulary of whom spoke in `fixed` so far, once this event has come; `None` for an event
    /// that decides nothing.
    #[must_use]
    pub fn fix(fixed: Option<Self>, event: &str) -> Option<Self> {
        fixed.or_else(|| Self::of(event))
    }

    fn has(self, event: &str) -> bool {
        Self::of(event) == Some(self) || (event == "typing" && self != Self::Tutorial)
    }

    /// Its events, for people.
    fn events(self) -> &'static str {
        match self {
            Self::Example => "add user, new message, typing, stop typing",
            Self::Tutorial => "chat message",
            Self::Own => "join, say, page, nick, typing, ping, leave",
        }
    }
}

/// Reads an event. `vocabulary` is what [`Vocabulary::fix`] told of it, `argument` an argument's JSON
/// by its place; a `join` that names no room goes to `room`.
///
/// # Errors
/// What is wrong with it, ready to be told: `of` is the type that Realtid's own protocol has for it.
pub fn read<'a>(
    vocabulary: Option<Vocabulary>,
    event: &str,
    argument: impl Fn(usize) -> Option<&'a str>,
    room: &RoomName,
) -> Result<Asked, Refused> {
    if !vocabulary.map_or(event == "typing", |vocabulary| vocabulary.has(event)) {
        return Err(unknown(vocabulary, event));
    }
    match event {
        "add user" => {
            let nick =
                string(argument(0)).ok_or_else(|| malformed("join", "a nick, as a string"))?;
            let nick = Nick::new(&nick).map_err(|fault| Refused::new("join", fault))?;
            Ok(Asked::Enter(nick))
        }
        "new message" => say(argument(0), None),
        "chat message" => say(argument(0), argument(1)),
        "stop typing" => Ok(Asked::StopTyping),
        // Whatever a client of the example may hand along.
        "typing" => Ok(Asked::Own(ClientMessage::Typing)),
        own => own_message(own, argument(0), room),
    }
}

fn say(text: Option<&str>, offset: Option<&str>) -> Result<Asked, Refused> {
    let text = string(text).ok_or_else(|| malformed("say", "a text, as a string"))?;
    let text = MessageText::new(text).map_err(|fault| Refused::new("say", fault))?;
    let offset = match offset.and_then(|json| serde_json::from_str(json).ok()) {
        None | Some(Value::Null) => None,
        Some(Value::String(offset)) if offset.len() <= OFFSET_BYTES => Some(offset),
        Some(Value::Number(offset)) => Some(offset.to_string()),
        Some(_) => {
            let why =
                format!("a client offset is a number, or a string of up to {OFFSET_BYTES} bytes");
            return Err(Refused::new("say", Fault::new(RefusalCode::InvalidId, why)));
        }
    };
    Ok(Asked::Say { text, offset })
}

/// A message of Realtid's own, whose type is the event's name.
fn own_message(kind: &str, fields: Option<&str>, room: &RoomName) -> Result<Asked, Refused> {
    let mut fields: Map<String, Value> = serde_json::from_str(fields.unwrap_or("{}"))
        .map_err(|_| malformed(kind, "one object with the message's fields"))?;
    fields.insert("type".to_owned(), kind.into());
    if kind == "join" && fields.get("room").is_none_or(Value::is_null) {
        fields.insert("room".to_owned(), room.as_str().into());
    }
    ClientMessage::parse(&Value::Object(fields).to_string()).map(Asked::Own)
}

fn string(json: Option<&str>) -> Option<String> {
    serde_json::from_str(json?).ok()
}

fn malformed(of: &str, wants: &str) -> Refused {
    let why = format!("the event wants {wants}");
    Refused::new(of, Fault::new(RefusalCode::Malformed, why))
}

fn unknown(vocabulary: Option<Vocabulary>, event: &str) -> Refused {
    let all = [Vocabulary::Example, Vocabulary::Tutorial, Vocabulary::Own];
    let why = match vocabulary {
        Some(own) => format!(
            "this connection began with other events, and has: {}",
            own.events()
        ),
        None => format!(
            "known events: {}",
            all.map(Vocabulary::events).join("; or: ")
        ),
    };
    let of: String = event.chars().take(NAME_CHARS).collect();
    Refused::new(of, Fault::new(RefusalCode::UnknownType, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(
        vocabulary: Option<Vocabulary>,
        event: &str,
        arguments: &[&str],
    ) -> Result<Asked, Refused> {
        let vocabulary = Vocabulary::fix(vocabulary, event);
        let room = RoomName::new("kurs").unwrap();
        read(vocabulary, event, |at| arguments.get(at).copied(), &room)
    }

    fn refused(
        vocabulary: Option<Vocabulary>,
        event: &str,
        arguments: &[&str],
    ) -> (String, RefusalCode) {
        let refused = asked(vocabulary, event, arguments).unwrap_err();
        (refused.of.unwrap(), refused.code)
    }

    fn text(text: &str) -> MessageText {
        MessageText::new(text).unwrap()
    }

    #[test]
    fn the_first_event_that_is_one_vocabularys_alone_decides() {
        for (event, vocabulary) in [
            ("add user", Some(Vocabulary::Example)),
            ("new message", Some(Vocabulary::Example)),
            ("chat message", Some(Vocabulary::Tutorial)),
            ("join", Some(Vocabulary::Own)),
            ("ping", Some(Vocabulary::Own)),
            ("typing", None),
            ("frobnicate", None),
        ] {
            assert_eq!(Vocabulary::fix(None, event), vocabulary, "{event}");
            let fixed = Some(Vocabulary::Tutorial);
            assert_eq!(Vocabulary::fix(fixed, event), fixed, "{event}");
        }
    }

    #[test]
    fn events_of_another_vocabulary_are_refused() {
        let unknown = |event: &str| (event.to_owned(), RefusalCode::UnknownType);
        for (vocabulary, event) in [
            (Some(Vocabulary::Example), "chat message"),
            (Some(Vocabulary::Example), "say"),
            (Some(Vocabulary::Tutorial), "add user"),
            (Some(Vocabulary::Tutorial), "typing"),
            (Some(Vocabulary::Own), "new message"),
            (None, "frobnicate"),
        ] {
            assert_eq!(refused(vocabulary, event, &[r#""x""#]), unknown(event));
        }
        let long = "x".repeat(100);
        assert_eq!(refused(None, &long, &[]).0.len(), 32);
    }

    #[test]
    fn the_examples_events_are_read() {
        let example = Some(Vocabulary::Example);
        let nick = Nick::new("Åsa").unwrap();
        assert_eq!(
            asked(None, "add user", &[r#"" Åsa""#]),
            Ok(Asked::Enter(nick))
        );
        let said = asked(example, "new message", &[r#""hej""#, r#""no offset""#]);
        let offset = None;
        assert_eq!(
            said,
            Ok(Asked::Say {
                text: text("hej"),
                offset
            })
        );
        assert_eq!(
            asked(example, "typing", &["7"]),
            Ok(Asked::Own(ClientMessage::Typing))
        );
        assert_eq!(asked(example, "stop typing", &[]), Ok(Asked::StopTyping));
        for (event, arguments, of, code) in [
            ("add user", &[][..], "join", RefusalCode::Malformed),
            ("add user", &["{}"], "join", RefusalCode::Malformed),
            ("add user", &[r#"" ""#], "join", RefusalCode::InvalidNick),
            ("new message", &["null"], "say", RefusalCode::Malformed),
            ("new message", &[r#""""#], "say", RefusalCode::EmptyText),
        ] {
            assert_eq!(refused(example, event, arguments), (of.to_owned(), code));
        }
    }

    #[test]
    fn the_tutorials_message_may_carry_an_offset() {
        let long = format!("\"{}\"", "x".repeat(257));
        for (arguments, offset) in [
            (&[r#""hej""#][..], None),
            (&[r#""hej""#, "null"], None),
            (&[r#""hej""#, r#""pA7-0""#], Some("pA7-0")),
            (&[r#""hej""#, "7"], Some("7")),
        ] {
            let offset = offset.map(str::to_owned);
            let said = asked(None, "chat message", arguments);
            assert_eq!(
                said,
                Ok(Asked::Say {
                    text: text("hej"),
                    offset
                })
            );
        }
        for offset in ["{}", "[]", "true", long.as_str()] {
            let refused = refused(None, "chat message", &[r#""hej""#, offset]);
            assert_eq!(refused, ("say".to_owned(), RefusalCode::InvalidId));
        }
    }

    #[test]
    fn realtids_own_messages_are_read_as_on_the_wire() {
        let join = asked(None, "join", &[r#"{"nick":"Åsa","type":"say"}"#]).unwrap();
        let Asked::Own(ClientMessage::Join(join)) = join else {
            panic!("{join:?}")
        };
        assert_eq!((join.nick.as_str(), join.room.as_str()), ("Åsa", "kurs"));
        let other = asked(None, "join", &[r#"{"nick":"Åsa","room":"annat"}"#]).unwrap();
        assert!(matches!(other, Asked::Own(ClientMessage::Join(j)) if j.room.as_str() == "annat"));
        let own = Some(Vocabulary::Own);
        assert_eq!(asked(own, "ping", &[]), Ok(Asked::Own(ClientMessage::Ping)));
        for (event, arguments, code) in [
            ("say", &[r#"{"text":"hej"}"#][..], RefusalCode::Malformed),
            (
                "say",
                &[r#"{"id":"x","text":"hej"}"#],
                RefusalCode::InvalidId,
            ),
            ("page", &["{}"], RefusalCode::InvalidPage),
            ("nick", &["[]"], RefusalCode::Malformed),
        ] {
            assert_eq!(refused(own, event, arguments), (event.to_owned(), code));
        }
    }
}
