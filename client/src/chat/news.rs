//! What the page around the chat is told: each message that comes while the chat stands there,
//! those included that it missed while its line was down. What was said before is not told.

use shared::{AuthorId, Entry, EntryBody, Seq, ServerMessage};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// Who hears it; the object is made in `client/embed/embed.js`.
    #[derive(Clone, PartialEq)]
    pub type Host;

    #[wasm_bindgen(method)]
    fn said(this: &Host, nick: &str, text: &str, seq: f64, at: f64, id: &str, mine: bool);
}

/// How far into the log the page has been told, or need not be.
#[derive(Default)]
pub struct News {
    last: Seq,
}

impl News {
    /// Tells `host` what is new in a message of the server's.
    pub fn tell(&mut self, host: &Host, message: &ServerMessage, own: Option<&AuthorId>) {
        for entry in self.fresh(message) {
            if let EntryBody::Said { nick, text } = &entry.body {
                #[allow(clippy::cast_precision_loss, reason = "exact below 2^53")]
                let (seq, at) = (entry.seq.0 as f64, entry.at as f64);
                let mine = own == Some(&entry.author);
                host.said(
                    nick.as_str(),
                    text.as_str(),
                    seq,
                    at,
                    entry.id.as_str(),
                    mine,
                );
            }
        }
    }

    fn fresh<'a>(&mut self, message: &'a ServerMessage) -> &'a [Entry] {
        let entries = match message {
            ServerMessage::Entry(entry) => std::slice::from_ref(entry),
            ServerMessage::Page { entries, .. } => entries,
            ServerMessage::Welcome(welcome) if welcome.recovered => &welcome.entries,
            ServerMessage::Welcome(welcome) => {
                // A first visit, or another life of the log, whose numbers begin anew.
                self.last = welcome.position.seq;
                &[]
            }
            _ => &[],
        };
        let told = entries.partition_point(|entry| entry.seq <= self.last);
        let fresh = entries.get(told..).unwrap_or_default();
        if let Some(newest) = fresh.last() {
            self.last = newest.seq;
        }
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixtures::{said, saids};

    fn welcome(recovered: bool, entries: &[Entry], position: u64) -> ServerMessage {
        let json = serde_json::json!({
            "type": "welcome", "protocol": 1, "room": "lobby", "nick": "Åsa", "author": "åsa", "token": "t",
            "position": { "epoch": "e", "seq": position }, "recovered": recovered, "entries": entries,
            "more": false, "members": [], "online": 1,
            "limits": { "text_chars": 1, "text_bytes": 4, "in_flight": 1, "page_entries": 1 },
        });
        serde_json::from_value(json).unwrap()
    }

    fn told(news: &mut News, message: &ServerMessage) -> Vec<u64> {
        news.fresh(message).iter().map(|e| e.seq.0).collect()
    }

    #[test]
    fn what_was_said_before_a_visit_is_no_news() {
        let mut news = News::default();
        let before = saids(1..=3);
        assert!(told(&mut news, &welcome(false, &before, 3)).is_empty());
        let older = ServerMessage::Page {
            entries: saids(1..=2),
            more: false,
        };
        assert!(told(&mut news, &older).is_empty());
        assert_eq!(
            told(&mut news, &ServerMessage::Entry(said(4, "Bo"))),
            vec![4]
        );
    }

    #[test]
    fn what_was_missed_is_told_once() {
        let mut news = News::default();
        told(&mut news, &welcome(false, &[], 3));
        assert_eq!(
            told(&mut news, &welcome(true, &saids(4..=5), 5)),
            vec![4, 5]
        );
        assert_eq!(
            told(&mut news, &ServerMessage::Entry(said(6, "Bo"))),
            vec![6]
        );
        let rest = ServerMessage::Page {
            entries: saids(5..=7),
            more: false,
        };
        assert_eq!(told(&mut news, &rest), vec![7]);
    }

    #[test]
    fn a_log_that_began_anew_counts_anew() {
        let mut news = News::default();
        told(&mut news, &welcome(false, &[], 900));
        told(&mut news, &welcome(false, &[], 1));
        assert_eq!(
            told(&mut news, &ServerMessage::Entry(said(2, "Bo"))),
            vec![2]
        );
    }
}
