//! Small makers for the tests of this folder.

use std::rc::Rc;

use shared::{AuthorId, Entry, EntryBody, MessageId, MessageText, Nick, Seq};

pub fn nick(name: &str) -> Nick {
    Nick::new(name).unwrap()
}

pub fn author(name: &str) -> AuthorId {
    AuthorId::new(name.to_lowercase())
}

pub fn text(text: &str) -> MessageText {
    MessageText::new(text).unwrap()
}

/// An id of a legal length that ends in `n`.
pub fn id(n: u64) -> MessageId {
    MessageId::new(format!("{n:026}")).unwrap()
}

/// What `who` said as number `seq`, one second after the one before.
pub fn said(seq: u64, who: &str) -> Entry {
    Entry {
        body: EntryBody::Said {
            nick: nick(who),
            text: text(&format!("text {seq}")),
        },
        seq: Seq(seq),
        at: seq * 1_000,
        id: id(seq),
        author: author(who),
    }
}

pub fn saids(seqs: impl IntoIterator<Item = u64>) -> Vec<Entry> {
    seqs.into_iter().map(|seq| said(seq, "Bo")).collect()
}

pub fn seqs<'a>(entries: impl IntoIterator<Item = &'a Rc<Entry>>) -> Vec<u64> {
    entries.into_iter().map(|entry| entry.seq.0).collect()
}
