//! What a room says, as the events of each vocabulary. Pure: messages in, names and arguments out.

use serde_json::{Map, Value, json};
use shared::{
    AuthorId, Entry, EntryBody, Epoch, Member, Nick, Position, Presence, Refused, ServerMessage,
};

use super::place;
use super::vocabulary::Vocabulary;

/// Which events somebody is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// `chat message` alone: for the tutorial's clients, and those who have said nothing yet.
    Lines,
    /// The chat example's.
    Example,
    /// Realtid's own.
    Own,
}

impl From<Option<Vocabulary>> for Form {
    fn from(vocabulary: Option<Vocabulary>) -> Self {
        match vocabulary {
            None | Some(Vocabulary::Tutorial) => Self::Lines,
            Some(Vocabulary::Example) => Self::Example,
            Some(Vocabulary::Own) => Self::Own,
        }
    }
}

/// An event to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub args: Vec<Value>,
    /// Who is not sent it, being who it is about.
    pub not_to: Option<AuthorId>,
}

impl Told {
    /// An event for everyone.
    pub fn new(name: impl Into<String>, args: impl Into<Vec<Value>>) -> Self {
        Self {
            name: name.into(),
            args: args.into(),
            not_to: None,
        }
    }

    fn but(self, author: &AuthorId) -> Self {
        Self {
            not_to: Some(author.clone()),
            ..self
        }
    }
}

/// What a room's message is in a form, where `epoch` is the life of the room's log; `json` is the
/// message as it is on the wire. `typing` of the example is others' business: it has an end.
#[must_use]
pub fn tell(form: Form, message: &ServerMessage, json: &str, epoch: &Epoch) -> Vec<Told> {
    match (form, message) {
        (Form::Own, _) => own(json).into_iter().collect(),
        (Form::Lines, ServerMessage::Entry(entry)) => line(entry, epoch).into_iter().collect(),
        (Form::Example, ServerMessage::Entry(entry)) => {
            let told = new_message(entry, epoch);
            told.map(|told| told.but(&entry.author))
                .into_iter()
                .collect()
        }
        (Form::Example, ServerMessage::Presence(presence)) => changes(presence),
        _ => Vec::new(),
    }
}

/// An entry as the tutorial has it. Its page shows the first argument and keeps the second one as
/// `serverOffset`; newer clients keep the last one by themselves, as they do the last string of any
/// event. So both are the position.
#[must_use]
pub fn line(entry: &Entry, epoch: &Epoch) -> Option<Told> {
    let EntryBody::Said { nick, text } = &entry.body else {
        return None;
    };
    let (nick, text, place) = (nick.as_str(), text.as_str(), position(entry, epoch));
    let args = [
        format!("{nick}: {text}").into(),
        place.clone().into(),
        nick.into(),
        text.into(),
        place.into(),
    ];
    Some(Told::new("chat message", args))
}

/// An entry as the chat example has it, with its position behind.
#[must_use]
pub fn new_message(entry: &Entry, epoch: &Epoch) -> Option<Told> {
    let EntryBody::Said { nick, text } = &entry.body else {
        return None;
    };
    let said = json!({ "username": nick, "message": text });
    Some(Told::new(
        "new message",
        [said, position(entry, epoch).into()],
    ))
}

/// The answer to `add user`.
#[must_use]
pub fn login(online: u32) -> Told {
    Told::new("login", [json!({ "numUsers": online })])
}

/// Somebody has begun to write, or stopped.
#[must_use]
pub fn writes(nick: &Nick, begins: bool) -> Told {
    let name = if begins { "typing" } else { "stop typing" };
    Told::new(name, [json!({ "username": nick })])
}

/// A request was not done.
#[must_use]
pub fn refused(refused: &Refused) -> Told {
    Told::new("refused", [json!(refused)])
}

/// Comings and goings, one event each. A new nick is a going and a coming.
fn changes(presence: &Presence) -> Vec<Told> {
    let online = presence.online;
    let told = |name, nick: &Nick, author| {
        Told::new(name, [json!({ "username": nick, "numUsers": online })]).but(author)
    };
    let left = presence.left.iter();
    let left = left.map(|Member { author, nick }| told("user left", nick, author));
    let joined = presence.joined.iter();
    let joined = joined.map(|Member { author, nick }| told("user joined", nick, author));
    let renamed = presence
        .renamed
        .iter()
        .filter(|r| r.from != r.to)
        .flat_map(|r| {
            [
                told("user left", &r.from, &r.author),
                told("user joined", &r.to, &r.author),
            ]
        });
    left.chain(renamed).chain(joined).collect()
}

/// A message of Realtid's own: its type as the event's name, the rest of it as the argument.
#[must_use]
pub fn own(json: &str) -> Option<Told> {
    let mut fields: Map<String, Value> = serde_json::from_str(json).ok()?;
    let Value::String(name) = fields.remove("type")? else {
        return None;
    };
    Some(Told::new(name, [Value::Object(fields)]))
}

fn position(entry: &Entry, epoch: &Epoch) -> String {
    place::write(&Position {
        epoch: epoch.clone(),
        seq: entry.seq,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = r#"{"type":"said","nick":"Åsa","text":"Hej!","seq":43,"at":1763800012345,"id":"01JD8Z3Q4M7W6V5T2R1P0N9K8J","author":"Ic9-vPeCSqwkeyRq"}"#;
    const EDITED: &str = r#"{"type":"edited","of":43,"seq":44,"at":1763800020000,"id":"01JD8Z4A9C2E5G7J0M3P6R8T1V","author":"Ic9-vPeCSqwkeyRq"}"#;
    const PRESENCE: &str = r#"{"type":"presence","joined":[{"author":"b","nick":"Bo"}],"left":[{"author":"c","nick":"Cy"}],"renamed":[{"author":"a","from":"Åsa","to":"Åsa Lind"},{"author":"d","from":"Di","to":"Di"}],"online":2}"#;

    /// As it would be written, and who is not sent it.
    fn told(form: Form, json: &str) -> Vec<(Value, Option<String>)> {
        let message = serde_json::from_str(json).unwrap();
        let told = tell(form, &message, json, &Epoch("e".to_owned()));
        told.into_iter()
            .map(|told| {
                let mut event = vec![Value::String(told.name)];
                event.extend(told.args);
                (event.into(), told.not_to.map(|author| author.to_string()))
            })
            .collect()
    }

    #[test]
    fn an_entry_is_a_line_with_its_position_where_clients_keep_it() {
        let event = json!(["chat message", "Åsa: Hej!", "e:43", "Åsa", "Hej!", "e:43"]);
        assert_eq!(told(Form::Lines, SAID), [(event, None)]);
        assert_eq!(told(Form::Lines, PRESENCE), []);
        assert_eq!(told(Form::Lines, EDITED), [], "of a newer server");
    }

    #[test]
    fn the_example_is_told_what_others_say_and_who_comes_and_goes() {
        let event = json!(["new message", {"username": "Åsa", "message": "Hej!"}, "e:43"]);
        let author = "Ic9-vPeCSqwkeyRq".to_owned();
        assert_eq!(told(Form::Example, SAID), [(event, Some(author))]);
        let change = |name: &str, nick: &str, author: &str| {
            let event = json!([name, {"username": nick, "numUsers": 2}]);
            (event, Some(author.to_owned()))
        };
        assert_eq!(
            told(Form::Example, PRESENCE),
            [
                change("user left", "Cy", "c"),
                change("user left", "Åsa", "a"),
                change("user joined", "Åsa Lind", "a"),
                change("user joined", "Bo", "b"),
            ]
        );
    }

    #[test]
    fn realtids_own_messages_keep_all_that_is_in_them() {
        for json in [
            SAID,
            EDITED,
            PRESENCE,
            r#"{"type":"typing","nicks":["Bo"]}"#,
            r#"{"type":"page","entries":[],"more":false}"#,
        ] {
            let mut fields: Map<String, Value> = serde_json::from_str(json).unwrap();
            let name = fields.remove("type").unwrap();
            assert_eq!(told(Form::Own, json), [(json!([name, fields]), None)]);
        }
    }

    #[test]
    fn answers_have_the_examples_form() {
        let written = |told: Told| json!([told.name, told.args]);
        let bo = Nick::new("Bo").unwrap();
        assert_eq!(written(login(3)), json!(["login", [{"numUsers": 3}]]));
        assert_eq!(
            written(writes(&bo, true)),
            json!(["typing", [{"username": "Bo"}]])
        );
        assert_eq!(
            written(writes(&bo, false)),
            json!(["stop typing", [{"username": "Bo"}]])
        );
    }
}
