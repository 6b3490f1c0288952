//! The rules of a room as plain types: who is in it, what waits to be stored, what is to be told.
//! No actors, no IO, no clock: they are tested without a runtime.

pub mod batch;
pub mod claims;
pub mod deadlines;
pub mod identity;
pub mod nick;
pub mod notices;
pub mod roster;
pub mod visit;

use shared::{AuthorId, Entry, EntryBody, MessageId, MessageText, Nick, Seq};

/// Something said, not yet stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Made by the client.
    pub id: MessageId,
    /// Who says it.
    pub author: AuthorId,
    /// What they are called now.
    pub nick: Nick,
    /// What they say.
    pub text: MessageText,
}

impl Draft {
    /// What it becomes when stored.
    pub fn entry(&self, seq: Seq, at: u64) -> Entry {
        Entry {
            body: EntryBody::Said {
                nick: self.nick.clone(),
                text: self.text.clone(),
            },
            seq,
            at,
            id: self.id.clone(),
            author: self.author.clone(),
        }
    }

    /// Whether the entry stored under its id is this draft, sent again: by the same author (who
    /// then keeps the first text), or with the same text (after a token was lost).
    pub fn repeats(&self, stored: &Entry) -> bool {
        let same_text = matches!(&stored.body, EntryBody::Said { text, .. } if *text == self.text);
        stored.author == self.author || same_text
    }
}

/// One connection, for as long as its server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// Who asks: a visitor, by one connection. The room hears only the connection that holds the nick
/// now, so that one taken over cannot speak any more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Speaker {
    /// The visitor.
    pub author: AuthorId,
    /// The visitor's connection.
    pub session: SessionId,
}
