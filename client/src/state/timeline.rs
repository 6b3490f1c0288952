//! What was said, by `seq`: entries from a welcome, from pages and live, gaps known and asked
//! for, and the comings and goings that were seen between them.

use std::rc::Rc;

use shared::{Anchor, AuthorId, Entry, Epoch, Nick, Position, Presence, Seq, Welcome};

use super::sorted::Sorted;

/// A run of comings and goings with nothing said between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note {
    pub joined: Vec<(AuthorId, Nick)>,
    pub left: Vec<(AuthorId, Nick)>,
    /// From, to.
    pub renamed: Vec<(Nick, Nick)>,
}

impl Note {
    fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.left.is_empty() && self.renamed.is_empty()
    }

    fn add(&mut self, presence: &Presence, own: Option<&AuthorId>) {
        for member in presence.left.iter().filter(|m| Some(&m.author) != own) {
            self.left.push((member.author.clone(), member.nick.clone()));
        }
        for member in presence.joined.iter().filter(|m| Some(&m.author) != own) {
            // Gone and back again within one run is no news.
            match self.left.iter().position(|(a, _)| *a == member.author) {
                Some(at) => {
                    self.left.remove(at);
                }
                None if self.joined.iter().any(|(a, _)| *a == member.author) => {}
                None => self
                    .joined
                    .push((member.author.clone(), member.nick.clone())),
            }
        }
        let renamed = presence.renamed.iter();
        self.renamed
            .extend(renamed.map(|r| (r.from.clone(), r.to.clone())));
    }
}

/// The part of a room's log that this reader has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    epoch: Option<Epoch>,
    entries: Sorted<Seq, Rc<Entry>>,
    /// By the last entry before them.
    notes: Sorted<Seq, Rc<Note>>,
    /// All up to here is known; a gap may lie after it.
    head: Seq,
    /// What the last welcome had no room for follows it, up to here.
    awaited: Option<Seq>,
    more: bool,
}

impl Timeline {
    /// The room was joined. Returns how many entries of others were missed, where the line was picked
    /// up where it broke.
    pub fn welcome(&mut self, welcome: &Welcome) -> Option<usize> {
        let same_log = self.epoch.as_ref() == Some(&welcome.position.epoch);
        let first = welcome.entries.first().map(|entry| entry.seq);
        let touches = first.is_some_and(|first| first <= self.head.next());
        let rest = welcome.missed.saturating_sub(welcome.entries.len() as u64);
        let missed = if same_log && (welcome.recovered || touches) {
            // What this visitor said themselves they did not miss.
            let news = welcome.entries.iter().filter(|entry| {
                entry.author != welcome.author && !self.entries.contains(&entry.seq)
            });
            let missed = news.count() + usize::try_from(rest).unwrap_or_default();
            self.insert(&welcome.entries);
            Some(missed)
        } else {
            *self = Self {
                epoch: Some(welcome.position.epoch.clone()),
                more: welcome.more,
                ..Self::default()
            };
            self.insert(&welcome.entries);
            None
        };
        self.head = welcome.position.seq;
        self.awaited = (rest > 0).then(|| Seq(self.head.0.saturating_add(rest)));
        self.advance();
        missed
    }

    /// Whether nothing of what was missed is still on its way.
    pub fn has_caught_up(&self) -> bool {
        self.awaited.is_none()
    }

    /// Whether an entry that comes now was missed, and is no news.
    pub fn was_missed(&self, seq: Seq) -> bool {
        self.awaited.is_some_and(|last| seq <= last)
    }

    /// An entry came live. One that leaves a gap is shown at once; [`Timeline::gap`] tells.
    pub fn live(&mut self, entry: &Entry) {
        // Entries come in order: whatever is still missing now does not come by itself.
        self.awaited = self.awaited.filter(|last| entry.seq < *last);
        // The answer to a repeat may be older than all there is: it comes with its page.
        if self.older_than().is_some_and(|oldest| entry.seq < oldest) {
            return;
        }
        self.insert(std::slice::from_ref(entry));
        self.advance();
    }

    /// The page that was asked for by `anchor`.
    pub fn page(&mut self, anchor: Anchor, entries: &[Entry], more: bool) {
        match anchor {
            // The log was cut meanwhile: a hole would be left between.
            Anchor::Before(seq) if self.older_than() != Some(seq) => {}
            Anchor::Before(_) => {
                self.insert(entries);
                self.more = more;
            }
            Anchor::After(_) => {
                self.insert(entries);
                // What lies between and is not in the page is not in the log any more.
                let covered = if more {
                    entries.last().map(|entry| entry.seq)
                } else {
                    self.newest()
                };
                self.head = self.head.max(covered.unwrap_or_default());
                self.advance();
                self.awaited = self.awaited.filter(|last| more && self.head < *last);
            }
        }
    }

    /// Somebody came or went.
    pub fn presence(&mut self, presence: &Presence, own: Option<&AuthorId>) {
        let at = self.newest().unwrap_or(self.head);
        let mut note = self.notes.remove(&at).unwrap_or_default();
        Rc::make_mut(&mut note).add(presence, own);
        if !note.is_empty() {
            self.notes.insert(at, note);
        }
    }

    /// Lets go of the oldest entries, which can be fetched again.
    pub fn keep_latest(&mut self, most: usize) {
        self.more |= self.entries.cut_to(most);
        if let Some(oldest) = self.entries.first() {
            self.notes.cut_before(oldest);
        }
    }

    /// The place to come back to.
    pub fn position(&self) -> Option<Position> {
        self.epoch.clone().map(|epoch| Position {
            epoch,
            seq: self.head,
        })
    }

    /// The entry after which some are missing.
    pub fn gap(&self) -> Option<Seq> {
        (self.newest()? > self.head).then_some(self.head)
    }

    /// The first entry there is, where older ones can be had.
    pub fn older_than(&self) -> Option<Seq> {
        let oldest = *self.entries.first()?;
        (self.more && oldest > Seq(1)).then_some(oldest)
    }

    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Rc<Entry>> {
        self.entries.iter().map(|(_, entry)| entry)
    }

    pub fn notes(&self) -> impl Iterator<Item = (Seq, &Rc<Note>)> {
        self.notes.iter().map(|(seq, note)| (*seq, note))
    }

    #[cfg(test)]
    pub fn note_after(&self, seq: Seq) -> Option<&Rc<Note>> {
        self.notes.get(&seq)
    }

    fn newest(&self) -> Option<Seq> {
        self.entries.last().copied()
    }

    fn insert(&mut self, entries: &[Entry]) {
        for entry in entries {
            // One that is known stays the same allocation, so that its view stays as it is.
            if !self.entries.contains(&entry.seq) {
                self.entries.insert(entry.seq, Rc::new(entry.clone()));
            }
        }
    }

    fn advance(&mut self) {
        while self.entries.contains(&self.head.next()) {
            self.head = self.head.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixtures::{author, nick, said, saids, seqs};
    use crate::state::session::tests::welcome;
    use shared::{EntryBody, Member};

    fn joined(range: std::ops::RangeInclusive<u64>) -> Timeline {
        let mut timeline = Timeline::default();
        let last = *range.end();
        timeline.welcome(&welcome(saids(range), last, false));
        timeline
    }

    #[test]
    fn a_welcome_brings_the_latest_page() {
        let timeline = joined(51..=100);
        assert_eq!(seqs(timeline.entries()).len(), 50);
        assert_eq!(timeline.position().map(|p| p.seq), Some(Seq(100)));
        assert_eq!(timeline.older_than(), Some(Seq(51)));
        assert_eq!(timeline.gap(), None);
    }

    #[test]
    fn an_entry_that_comes_twice_counts_once() {
        let mut timeline = joined(1..=3);
        timeline.live(&said(4, "Bo"));
        timeline.live(&said(4, "Bo"));
        timeline.live(&said(2, "Bo"));
        assert_eq!(seqs(timeline.entries()), [1, 2, 3, 4]);
    }

    #[test]
    fn an_entry_from_before_the_page_leaves_no_hole() {
        let mut timeline = joined(51..=60);
        timeline.live(&said(7, "Bo"));
        assert_eq!(timeline.older_than(), Some(Seq(51)));
    }

    #[test]
    fn a_gap_is_known_until_it_is_filled() {
        let mut timeline = joined(1..=3);
        timeline.live(&said(6, "Bo"));
        assert_eq!(timeline.gap(), Some(Seq(3)));
        assert_eq!(
            timeline.position().map(|p| p.seq),
            Some(Seq(3)),
            "one comes back to before the gap"
        );
        timeline.page(Anchor::After(Seq(3)), &saids(4..=6), false);
        assert_eq!(timeline.gap(), None);
        assert_eq!(seqs(timeline.entries()), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_gap_that_the_log_has_lost_is_not_asked_for_again() {
        let mut timeline = joined(1..=3);
        timeline.live(&said(9, "Bo"));
        timeline.page(Anchor::After(Seq(3)), &saids([8, 9]), false);
        assert_eq!(timeline.gap(), None);
    }

    #[test]
    fn a_gap_longer_than_a_page_is_asked_for_on_and_on() {
        let mut timeline = joined(1..=1);
        timeline.live(&said(9, "Bo"));
        timeline.page(Anchor::After(Seq(1)), &saids(2..=5), true);
        assert_eq!(timeline.gap(), Some(Seq(5)));
    }

    #[test]
    fn a_recovered_welcome_appends_what_was_missed() {
        let mut timeline = joined(1..=3);
        let missed = timeline.welcome(&welcome(saids(4..=5), 5, true));
        assert_eq!(missed, Some(2));
        assert_eq!(seqs(timeline.entries()), [1, 2, 3, 4, 5]);
        assert_eq!(timeline.welcome(&welcome(vec![], 5, true)), Some(0));
    }

    /// Brings 4 and 5; 6 to 8 are to follow.
    fn behind() -> Timeline {
        let mut timeline = joined(1..=3);
        let mut first = welcome(saids(4..=5), 5, true);
        first.missed = 5;
        assert_eq!(timeline.welcome(&first), Some(5));
        timeline
    }

    #[test]
    fn the_rest_of_what_was_missed_follows_the_welcome() {
        let mut timeline = behind();
        assert!(!timeline.has_caught_up());
        assert_eq!(timeline.gap(), None);
        assert!(timeline.was_missed(Seq(8)));
        assert!(!timeline.was_missed(Seq(9)), "said since");
        for seq in 6..=8 {
            assert!(!timeline.has_caught_up());
            timeline.live(&said(seq, "Bo"));
            assert_eq!(
                timeline.position().map(|p| p.seq),
                Some(Seq(seq)),
                "a line that breaks now comes back to here"
            );
        }
        assert!(timeline.has_caught_up());
        assert_eq!(timeline.gap(), None);
    }

    #[test]
    fn before_the_rest_comes_the_position_is_what_was_seen() {
        let timeline = behind();
        assert_eq!(timeline.position().map(|p| p.seq), Some(Seq(5)));
    }

    #[test]
    fn a_rest_that_the_log_has_lost_is_not_waited_for() {
        let mut timeline = behind();
        timeline.page(Anchor::After(Seq(5)), &[], false);
        assert!(timeline.has_caught_up());
    }

    #[test]
    fn a_hole_in_the_rest_is_asked_for_and_not_waited_for() {
        let mut timeline = behind();
        timeline.live(&said(7, "Bo"));
        assert_eq!(timeline.gap(), Some(Seq(5)));
        assert!(!timeline.has_caught_up());
        timeline.page(Anchor::After(Seq(5)), &saids(7..=7), true);
        assert_eq!(timeline.gap(), None);
        assert!(!timeline.has_caught_up(), "the last one is still to come");
        timeline.live(&said(8, "Bo"));
        assert!(timeline.has_caught_up());
    }

    #[test]
    fn an_entry_beyond_the_rest_ends_the_waiting() {
        let mut timeline = behind();
        timeline.live(&said(9, "Bo"));
        assert!(timeline.has_caught_up());
        assert_eq!(timeline.gap(), Some(Seq(5)));
    }

    #[test]
    fn another_welcome_ends_the_waiting_for_the_rest_of_the_one_before() {
        let mut timeline = behind();
        timeline.live(&said(6, "Bo"));
        let mut second = welcome(saids(7..=8), 8, true);
        second.missed = 2;
        assert_eq!(timeline.welcome(&second), Some(2));
        assert!(timeline.has_caught_up());
        assert_eq!(seqs(timeline.entries()), [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn a_welcome_that_overlaps_is_merged_and_one_that_does_not_replaces() {
        let mut timeline = joined(1..=3);
        assert_eq!(timeline.welcome(&welcome(saids(3..=6), 6, false)), Some(3));
        assert_eq!(seqs(timeline.entries()), [1, 2, 3, 4, 5, 6]);
        assert_eq!(timeline.welcome(&welcome(saids(51..=60), 60, false)), None);
        assert_eq!(seqs(timeline.entries()).first(), Some(&51));
    }

    #[test]
    fn another_epoch_replaces_even_equal_numbers() {
        let mut timeline = joined(1..=3);
        let mut other = welcome(saids(1..=2), 2, false);
        other.position.epoch = Epoch("e2".into());
        assert_eq!(timeline.welcome(&other), None);
        assert_eq!(seqs(timeline.entries()), [1, 2]);
    }

    #[test]
    fn a_long_log_is_cut_at_its_old_end() {
        let mut timeline = joined(1..=10);
        timeline.keep_latest(4);
        assert_eq!(seqs(timeline.entries()), [7, 8, 9, 10]);
        assert_eq!(timeline.older_than(), Some(Seq(7)));
        timeline.page(Anchor::Before(Seq(7)), &saids(1..=6), false);
        assert_eq!(seqs(timeline.entries()).len(), 10);
    }

    #[test]
    fn a_page_from_before_the_cut_leaves_no_hole() {
        let mut timeline = joined(11..=20);
        timeline.keep_latest(4);
        timeline.page(Anchor::Before(Seq(11)), &saids(1..=10), false);
        assert_eq!(seqs(timeline.entries()), [17, 18, 19, 20]);
        assert_eq!(timeline.older_than(), Some(Seq(17)));
    }

    #[test]
    fn older_pages_lead_to_the_beginning() {
        let mut timeline = joined(3..=4);
        timeline.page(Anchor::Before(Seq(3)), &saids(1..=2), false);
        assert_eq!(seqs(timeline.entries()), [1, 2, 3, 4]);
        assert_eq!(timeline.older_than(), None);
    }

    #[test]
    fn an_unknown_kind_keeps_its_place() {
        let mut timeline = joined(1..=1);
        let mut entry = said(2, "Bo");
        entry.body = EntryBody::Unknown;
        timeline.live(&entry);
        timeline.live(&said(3, "Bo"));
        assert_eq!(timeline.gap(), None);
    }

    fn comes_and_goes(joined: &[&str], left: &[&str]) -> Presence {
        let members = |names: &[&str]| {
            let member = |name: &&str| Member {
                author: author(name),
                nick: nick(name),
            };
            names.iter().map(member).collect()
        };
        Presence {
            joined: members(joined),
            left: members(left),
            renamed: vec![],
            online: 1,
        }
    }

    #[test]
    fn comings_and_goings_fold_into_one_note_a_run() {
        let mut timeline = joined(1..=1);
        timeline.presence(&comes_and_goes(&["Dani", "Åsa"], &[]), Some(&author("Åsa")));
        timeline.presence(&comes_and_goes(&["Ebba"], &["Dani"]), None);
        let note = timeline.note_after(Seq(1)).unwrap();
        let names: Vec<&str> = note.joined.iter().map(|(_, nick)| nick.as_str()).collect();
        assert_eq!(names, ["Dani", "Ebba"], "oneself is no news");
        assert_eq!(note.left.len(), 1);

        timeline.live(&said(2, "Bo"));
        timeline.presence(&comes_and_goes(&[], &["Ebba"]), None);
        assert!(
            timeline.note_after(Seq(2)).is_some(),
            "a message ends the run"
        );
    }

    #[test]
    fn who_comes_twice_in_a_run_came_once() {
        let mut timeline = joined(1..=1);
        timeline.presence(&comes_and_goes(&["Dani"], &[]), None);
        timeline.presence(&comes_and_goes(&["Dani"], &[]), None);
        assert_eq!(timeline.note_after(Seq(1)).map(|n| n.joined.len()), Some(1));
    }

    #[test]
    fn gone_and_back_is_no_note() {
        let mut timeline = joined(1..=1);
        timeline.presence(&comes_and_goes(&[], &["Dani"]), None);
        timeline.presence(&comes_and_goes(&["Dani"], &[]), None);
        assert_eq!(timeline.note_after(Seq(1)), None);
    }
}
