//! How a timeline reads: day lines, grouped messages, folded comings and goings, and at the end
//! what is still on its way. Laid out in chunks, each anew only when something in it changes: a
//! message more costs the same however long the log is.

use std::rc::Rc;

use shared::{AuthorId, Entry, EntryBody, Nick, Seq};

use super::{Draft, Millis, Note, Outbox, Timeline};

/// A pause after which the same author gets a new header, in milliseconds: the time it shows
/// would mislead otherwise.
const PAUSE_MS: u64 = 15 * 60 * 1_000;

/// Entries of a chunk. Their numbers decide which one they are in, so that it stays the same when
/// the log grows at either end.
const CHUNK: u64 = 32;

/// One line of the log.
#[derive(Clone, PartialEq)]
pub enum Row {
    /// A day begins, in the reader's time zone.
    Day {
        at: Millis,
        day: i32,
    },
    Said {
        entry: Rc<Entry>,
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

/// Some of the log's rows that follow each other.
pub struct Chunk {
    /// The higher, the later.
    pub number: u64,
    pub rows: Vec<Row>,
    /// What it was laid out from: how many entries, and the outermost. None is ever replaced alone.
    len: usize,
    ends: Option<(Rc<Entry>, Rc<Entry>)>,
    notes: Vec<(Seq, Rc<Note>)>,
    before: Before,
    after: Before,
}

/// What a row depends on of those before it.
#[derive(Clone, Default, PartialEq)]
struct Before {
    /// The message right before it.
    said: Option<Rc<Entry>>,
    today: Option<i32>,
}

impl Before {
    /// The line of a day that begins at `at`. A clock that was set back opens none a second time.
    fn day(&mut self, at: Millis, day: i32) -> Option<Row> {
        if self.today.is_some_and(|today| day <= today) {
            return None;
        }
        *self = Self {
            said: None,
            today: Some(day),
        };
        Some(Row::Day { at, day })
    }
}

impl Chunk {
    fn new(
        number: u64,
        entries: &[&Rc<Entry>],
        notes: &[(Seq, &Rc<Note>)],
        me: Option<&AuthorId>,
        before: Before,
        day: &impl Fn(Millis) -> i32,
    ) -> Self {
        let mut rows = Vec::new();
        let mut last = before.clone();
        let mut noted = notes.iter().peekable();
        for entry in entries {
            if let Some(nick) = nick(entry) {
                rows.extend(last.day(entry.at, day(entry.at)));
                let first = !last.said.as_deref().is_some_and(|said| {
                    said.author == entry.author
                        && self::nick(said) == Some(nick)
                        && entry.at < said.at + PAUSE_MS
                });
                last.said = Some(Rc::clone(entry));
                rows.push(Row::Said {
                    entry: Rc::clone(entry),
                    first,
                    mine: me == Some(&entry.author),
                });
            }
            while let Some((seq, note)) = noted.next_if(|(seq, _)| *seq <= entry.seq) {
                rows.push(note_row(*seq, note));
                last.said = None;
            }
        }
        Self {
            number,
            rows,
            len: entries.len(),
            ends: ends(entries).map(|(first, last)| (Rc::clone(first), Rc::clone(last))),
            notes: notes
                .iter()
                .map(|(seq, note)| (*seq, Rc::clone(note)))
                .collect(),
            before,
            after: last,
        }
    }

    /// Whether what has this number belongs here.
    pub fn holds(&self, seq: Seq) -> bool {
        seq.0 / CHUNK == self.number
    }

    fn is_of(&self, entries: &[&Rc<Entry>], notes: &[(Seq, &Rc<Note>)]) -> bool {
        let same_ends = match (&self.ends, ends(entries)) {
            (Some(own), Some(ends)) => Rc::ptr_eq(&own.0, ends.0) && Rc::ptr_eq(&own.1, ends.1),
            _ => false,
        };
        self.len == entries.len()
            && same_ends
            && self.notes.len() == notes.len()
            && self
                .notes
                .iter()
                .zip(notes)
                .all(|(own, note)| Rc::ptr_eq(&own.1, note.1))
    }
}

/// All rows, in order.
#[derive(Default)]
pub struct Rows {
    /// From before the first message.
    pub notes: Vec<Row>,
    pub chunks: Vec<Rc<Chunk>>,
    pub drafts: Vec<Row>,
}

impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        let chunks = || self.chunks.iter().zip(&other.chunks);
        self.chunks.len() == other.chunks.len()
            && chunks().all(|(a, b)| Rc::ptr_eq(a, b))
            && self.notes == other.notes
            && self.drafts == other.drafts
    }
}

impl Rows {
    /// How many entries they show.
    pub fn entries(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len).sum()
    }

    /// Whether nothing was said, nor is to be.
    pub fn is_silent(&self) -> bool {
        self.drafts.is_empty() && self.said_latest_first().next().is_none()
    }

    /// The newest message's number; 0 where there is none.
    pub fn newest(&self) -> Seq {
        let newest = self.said_latest_first().next();
        newest.map(|(seq, _)| seq).unwrap_or_default()
    }

    /// How many messages of others came after `read`, and the first of them.
    pub fn unread(&self, read: Seq) -> (usize, Option<Seq>) {
        self.said_latest_first()
            .take_while(|(seq, _)| *seq > read)
            .filter(|(_, mine)| !mine)
            .fold((0, None), |(count, _), (seq, _)| (count + 1, Some(seq)))
    }

    /// The numbers of the messages, and whether they are the reader's own.
    fn said_latest_first(&self) -> impl Iterator<Item = (Seq, bool)> {
        let rows = self.chunks.iter().rev().flat_map(|c| c.rows.iter().rev());
        rows.filter_map(|row| match row {
            Row::Said { entry, mine, .. } => Some((entry.seq, *mine)),
            _ => None,
        })
    }
}

/// Lays out a timeline time and again, and keeps what it can.
#[derive(Default)]
pub struct Layout {
    me: Option<AuthorId>,
    rows: Rc<Rows>,
}

impl Layout {
    /// The rows as they are now. `day` gives the number of the day, in the reader's time zone, of a
    /// time.
    pub fn rows(
        &mut self,
        timeline: &Timeline,
        outbox: &Outbox,
        me: Option<&AuthorId>,
        day: impl Fn(Millis) -> i32,
    ) -> Rc<Rows> {
        if self.me.as_ref() != me {
            *self = Self {
                me: me.cloned(),
                ..Self::default()
            };
        }
        let entries: Vec<&Rc<Entry>> = timeline.entries().collect();
        let oldest = entries.first().map(|entry| entry.seq);
        let notes: Vec<(Seq, &Rc<Note>)> = timeline.notes().collect();
        let is_before_all = |(seq, _): &(Seq, _)| oldest.is_none_or(|oldest| *seq < oldest);
        let (first, mut notes) = notes.split_at(notes.partition_point(is_before_all));
        let mut before = Before::default();
        let mut chunks: Vec<Rc<Chunk>> = Vec::new();
        let mut old = self.rows.chunks.iter().peekable();
        for entries in entries.chunk_by(|a, b| number(a) == number(b)) {
            let number = entries.first().map(|entry| number(entry));
            let number = number.unwrap_or_default();
            let here = notes.partition_point(|(seq, _)| seq.0 / CHUNK <= number);
            let (own, later) = notes.split_at(here);
            notes = later;
            while old.next_if(|chunk| chunk.number < number).is_some() {}
            let kept = old.next_if(|chunk| {
                chunk.number == number && chunk.before == before && chunk.is_of(entries, own)
            });
            let chunk = kept.cloned().unwrap_or_else(|| {
                Rc::new(Chunk::new(number, entries, own, me, before.clone(), &day))
            });
            before = chunk.after.clone();
            chunks.push(chunk);
        }
        let rows = Rows {
            notes: first
                .iter()
                .map(|(seq, note)| note_row(*seq, note))
                .collect(),
            chunks,
            drafts: drafts(outbox, before, me, day),
        };
        if *self.rows != rows {
            self.rows = Rc::new(rows);
        }
        Rc::clone(&self.rows)
    }
}

fn drafts(
    outbox: &Outbox,
    mut before: Before,
    me: Option<&AuthorId>,
    day: impl Fn(Millis) -> i32,
) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut follows = before
        .said
        .as_ref()
        .is_some_and(|said| Some(&said.author) == me);
    for draft in outbox.drafts() {
        // A clock that runs behind the server's opens no day of the past.
        if let Some(line) = before.day(draft.at, day(draft.at)) {
            rows.push(line);
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

fn ends<'a>(entries: &[&'a Rc<Entry>]) -> Option<(&'a Rc<Entry>, &'a Rc<Entry>)> {
    Some((*entries.first()?, *entries.last()?))
}

fn number(entry: &Entry) -> u64 {
    entry.seq.0 / CHUNK
}

fn nick(entry: &Entry) -> Option<&Nick> {
    match &entry.body {
        EntryBody::Said { nick, .. } => Some(nick),
        EntryBody::Unknown => None,
    }
}

fn note_row(after: Seq, note: &Rc<Note>) -> Row {
    Row::Note {
        after,
        note: Rc::clone(note),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixtures::{author, id, nick, said, saids, text};
    use crate::state::session::tests::welcome;
    use shared::{Anchor, Member, Presence};

    const DAY_MS: u64 = 86_400_000;

    fn laid_out(layout: &mut Layout, timeline: &Timeline, outbox: &Outbox) -> Rc<Rows> {
        let day = |at: Millis| i32::try_from(at / DAY_MS).unwrap();
        layout.rows(timeline, outbox, Some(&author("Åsa")), day)
    }

    fn shape(timeline: &Timeline, outbox: &Outbox) -> Vec<String> {
        let rows = laid_out(&mut Layout::default(), timeline, outbox);
        let chunks = rows.chunks.iter().flat_map(|chunk| &chunk.rows);
        let all = rows.notes.iter().chain(chunks).chain(&rows.drafts);
        all.map(|row| match row {
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

    /// How many of the chunks are those of before.
    fn kept(layout: &mut Layout, timeline: &Timeline) -> (usize, usize) {
        let before = Rc::clone(&layout.rows);
        let after = laid_out(layout, timeline, &Outbox::default());
        let is_kept = |chunk: &&Rc<Chunk>| before.chunks.iter().any(|c| Rc::ptr_eq(c, chunk));
        let kept = after.chunks.iter().filter(is_kept).count();
        (kept, after.chunks.len())
    }

    #[test]
    fn a_message_more_lays_out_its_own_chunk_alone() {
        let mut timeline = timeline(saids(1..=1_000));
        let mut layout = Layout::default();
        assert_eq!(kept(&mut layout, &timeline), (0, 32));
        assert_eq!(kept(&mut layout, &timeline), (32, 32), "nothing changed");
        timeline.live(&said(1_001, "Bo"));
        assert_eq!(kept(&mut layout, &timeline), (31, 32));
        let shown = laid_out(&mut layout, &timeline, &Outbox::default());
        assert_eq!(shown.newest(), Seq(1_001));
        assert_eq!(shown.entries(), 1_001);
    }

    #[test]
    fn older_messages_and_a_cut_leave_the_chunks_of_the_others() {
        let mut latest = Timeline::default();
        let mut page = welcome(saids(500..=1_000), 1_000, false);
        page.more = true;
        latest.welcome(&page);
        let mut layout = Layout::default();
        laid_out(&mut layout, &latest, &Outbox::default());
        latest.page(Anchor::Before(Seq(500)), &saids(450..500), true);
        // 448..480 is new, and 480..512 has grown.
        assert_eq!(kept(&mut layout, &latest), (16, 18));
        latest.keep_latest(100);
        assert_eq!(kept(&mut layout, &latest), (3, 4));
    }

    #[test]
    fn a_note_that_grows_is_laid_out_anew() {
        let mut timeline = timeline(saids(1..=40));
        let mut layout = Layout::default();
        laid_out(&mut layout, &timeline, &Outbox::default());
        for name in ["Dani", "Ebba"] {
            let presence = Presence {
                joined: vec![Member {
                    author: author(name),
                    nick: nick(name),
                }],
                ..Presence::default()
            };
            timeline.presence(&presence, None);
            assert_eq!(kept(&mut layout, &timeline), (1, 2), "{name}");
        }
    }

    #[test]
    fn what_others_said_since_is_unread() {
        let timeline = timeline(vec![
            said(1, "Bo"),
            said(2, "Åsa"),
            said(3, "Bo"),
            said(4, "Bo"),
        ]);
        let rows = laid_out(&mut Layout::default(), &timeline, &Outbox::default());
        assert_eq!(rows.unread(Seq(1)), (2, Some(Seq(3))));
        assert_eq!(rows.unread(Seq(4)), (0, None));
        assert!(!rows.is_silent());
        assert!(Rows::default().is_silent());
    }
}
