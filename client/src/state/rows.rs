//! How a timeline reads: day lines, grouped messages, folded comings and goings, and at the end
//! what is still on its way.

use std::rc::Rc;

use shared::{AuthorId, Entry, EntryBody, MessageText, Nick, Seq};

use super::{Draft, Millis, Note, Outbox, Timeline};

/// A pause after which the same author gets a new header, in milliseconds: the time it shows
/// would mislead otherwise.
const PAUSE_MS: u64 = 15 * 60 * 1_000;

/// One line of the log.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// A day begins, in the reader's time zone.
    Day {
        at: Millis,
        day: i32,
    },
    Said {
        entry: Rc<Entry>,
        nick: Nick,
        text: MessageText,
        /// Whether it shows who wrote it.
        first: bool,
        mine: bool,
    },
    Note {
        after: Seq,
        note: Rc<Note>,
    },
    Draft {
        draft: Rc<Draft>,
        first: bool,
    },
}

/// Lays out a timeline. `day` gives the number of the day, in the reader's time zone, of a time.
pub fn rows(
    timeline: &Timeline,
    outbox: &Outbox,
    me: Option<&AuthorId>,
    day: impl Fn(Millis) -> i32,
) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut last: Option<(AuthorId, Nick, Millis)> = None;
    let mut today = None;
    let note = |after, note: &Rc<Note>| Row::Note {
        after,
        note: Rc::clone(note),
    };

    rows.extend(timeline.notes_before_all().map(|(seq, n)| note(seq, n)));
    for entry in timeline.entries() {
        if let EntryBody::Said { nick, text } = &entry.body {
            let this = day(entry.at);
            // A clock that was set back opens no day a second time.
            if today.is_none_or(|today| this > today) {
                rows.push(Row::Day {
                    at: entry.at,
                    day: this,
                });
                today = Some(this);
                last = None;
            }
            let first = !last.as_ref().is_some_and(|(author, called, at)| {
                *author == entry.author && called == nick && entry.at < at + PAUSE_MS
            });
            last = Some((entry.author.clone(), nick.clone(), entry.at));
            rows.push(Row::Said {
                entry: Rc::clone(entry),
                nick: nick.clone(),
                text: text.clone(),
                first,
                mine: me == Some(&entry.author),
            });
        }
        if let Some(n) = timeline.note_after(entry.seq) {
            rows.push(note(entry.seq, n));
            last = None;
        }
    }

    let mut follows = last.is_some_and(|(author, ..)| Some(&author) == me);
    for draft in outbox.drafts() {
        let this = day(draft.at);
        // A clock that runs behind the server's opens no day of the past.
        if today.is_none_or(|today| this > today) {
            rows.push(Row::Day {
                at: draft.at,
                day: this,
            });
            today = Some(this);
            follows = false;
        }
        rows.push(Row::Draft {
            draft: Rc::clone(draft),
            first: !follows,
        });
        follows = true;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixtures::{author, id, nick, said, text};
    use crate::state::session::tests::welcome;
    use shared::{Member, Presence};

    const DAY_MS: u64 = 86_400_000;

    fn shape(timeline: &Timeline, outbox: &Outbox) -> Vec<String> {
        let day = |at: Millis| i32::try_from(at / DAY_MS).unwrap();
        rows(timeline, outbox, Some(&author("Åsa")), day)
            .iter()
            .map(|row| match row {
                Row::Day { day, .. } => format!("day {day}"),
                Row::Said { entry, first, .. } => {
                    format!("{} {}", entry.seq, if *first { "first" } else { "more" })
                }
                Row::Note { .. } => "note".to_owned(),
                Row::Draft { first, .. } => {
                    format!("draft {}", if *first { "first" } else { "more" })
                }
            })
            .collect()
    }

    fn timeline(entries: Vec<Entry>) -> Timeline {
        let mut timeline = Timeline::default();
        let last = entries.last().map_or(0, |entry| entry.seq.0);
        timeline.welcome(&welcome(entries, last, false));
        timeline
    }

    #[test]
    fn messages_of_one_author_in_a_row_share_a_header() {
        let timeline = timeline(vec![said(1, "Bo"), said(2, "Bo"), said(3, "Åsa")]);
        assert_eq!(
            shape(&timeline, &Outbox::default()),
            ["day 0", "1 first", "2 more", "3 first"]
        );
    }

    #[test]
    fn a_new_day_a_pause_and_a_new_nick_each_begin_a_header() {
        let mut later = said(2, "Bo");
        later.at = PAUSE_MS + 2_000;
        let mut tomorrow = said(3, "Bo");
        tomorrow.at = DAY_MS;
        let mut renamed = said(4, "Bosse");
        renamed.author = author("Bo");
        renamed.at = DAY_MS;
        let timeline = timeline(vec![said(1, "Bo"), later, tomorrow, renamed]);
        assert_eq!(
            shape(&timeline, &Outbox::default()),
            ["day 0", "1 first", "2 first", "day 1", "3 first", "4 first"]
        );
    }

    #[test]
    fn an_unknown_kind_shows_nothing_and_parts_nobody() {
        let mut unknown = said(2, "Dani");
        unknown.body = EntryBody::Unknown;
        let timeline = timeline(vec![said(1, "Bo"), unknown, said(3, "Bo")]);
        assert_eq!(
            shape(&timeline, &Outbox::default()),
            ["day 0", "1 first", "3 more"]
        );
    }

    #[test]
    fn drafts_stand_last_and_follow_ones_own() {
        let mut outbox = Outbox::default();
        outbox.push(id(7), text("hej"), 5_000);
        outbox.push(id(8), text("hej"), 6_000);
        let others = timeline(vec![said(1, "Bo")]);
        assert_eq!(
            shape(&others, &outbox),
            ["day 0", "1 first", "draft first", "draft more"]
        );
        let own = timeline(vec![said(1, "Åsa")]);
        assert_eq!(
            shape(&own, &outbox),
            ["day 0", "1 first", "draft more", "draft more"]
        );
    }

    #[test]
    fn a_note_stands_where_it_happened() {
        let mut timeline = timeline(vec![said(1, "Bo")]);
        timeline.presence(
            &Presence {
                joined: vec![Member {
                    author: author("Ebba"),
                    nick: nick("Ebba"),
                }],
                online: 2,
                ..Presence::default()
            },
            None,
        );
        timeline.live(&said(2, "Bo"));
        assert_eq!(
            shape(&timeline, &Outbox::default()),
            ["day 0", "1 first", "note", "2 first"]
        );
    }
}
