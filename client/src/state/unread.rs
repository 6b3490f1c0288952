//! What the reader has read, and the line above what they have not.

use shared::{Epoch, Seq};

/// How far was read, as the browser keeps it: in one life of the room's log.
pub fn to_keep(epoch: &Epoch, read: Seq) -> String {
    [&read.to_string(), " ", &epoch.0].concat()
}

/// How far was read of this life of the log, if anything.
pub fn kept(text: &str, epoch: &Epoch) -> Option<Seq> {
    let (seq, of) = text.split_once(' ')?;
    Some(Seq(seq.parse().ok()?)).filter(|_| *of == epoch.0)
}

#[derive(Clone, Copy, Default, PartialEq)]
pub struct Unread {
    /// The last message that the reader has had before them.
    pub read: Seq,
    /// The line stands after this one. It stays where it is while all after it is being read.
    line: Option<Seq>,
}

impl Unread {
    /// A reader who has read so far on earlier visits. For who has read nothing yet nothing is new.
    pub fn begin(read: Option<Seq>, newest: Seq) -> Self {
        Self {
            read: read.unwrap_or(newest),
            line: None,
        }
    }

    /// After which message the line stands.
    pub fn line(&self) -> Option<Seq> {
        self.line
    }

    /// The reader has all up to `newest` before them.
    pub fn read(&mut self, newest: Seq) {
        self.read = self.read.max(newest);
    }

    /// Something came that the reader has not before them.
    pub fn missed(&mut self) {
        self.line = Some(self.read);
    }

    /// The reader is back; `has_unread`: to something new.
    pub fn came_back(&mut self, has_unread: bool) {
        self.line = has_unread.then_some(self.read);
    }

    /// Who writes has read, and goes on from there.
    pub fn wrote(&mut self) {
        self.line = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_stays_while_one_reads_and_goes_when_one_writes() {
        let mut unread = Unread::begin(Some(Seq(3)), Seq(5));
        unread.came_back(true);
        unread.read(Seq(6));
        assert_eq!(unread.line(), Some(Seq(3)));
        unread.wrote();
        assert_eq!(unread.line(), None);
    }

    #[test]
    fn what_is_missed_after_that_has_a_line_of_its_own() {
        let mut unread = Unread::begin(Some(Seq(3)), Seq(5));
        unread.read(Seq(5));
        unread.missed();
        assert_eq!(unread.line(), Some(Seq(5)));
        unread.missed();
        assert_eq!(unread.line(), Some(Seq(5)));
    }

    #[test]
    fn who_comes_back_to_nothing_new_finds_no_line() {
        let mut unread = Unread::begin(Some(Seq(3)), Seq(5));
        unread.read(Seq(5));
        unread.came_back(false);
        assert_eq!(unread.line(), None);
        unread.came_back(true);
        assert_eq!(unread.line(), Some(Seq(5)));
    }

    #[test]
    fn what_is_kept_counts_for_one_life_of_the_log() {
        let [one, other] = ["e 1", "e2"].map(|name| Epoch(name.to_owned()));
        let text = to_keep(&one, Seq(12));
        assert_eq!(kept(&text, &one), Some(Seq(12)));
        assert_eq!(kept(&text, &other), None);
        assert_eq!(kept("x e2", &other), None);
    }

    #[test]
    fn on_the_first_visit_nothing_is_new() {
        let unread = Unread::begin(None, Seq(5));
        assert_eq!((unread.read, unread.line()), (Seq(5), None));
    }
}
