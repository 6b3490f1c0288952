//! Pages of the log: the one under way, and what is to be asked for after it. One at a time,
//! since answers do not name their question and may come in another order.

use std::mem::discriminant;

use shared::Anchor;

use super::Millis;
use super::session::OVERDUE_MS;

/// What is asked of the log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pages {
    asked: Option<(Anchor, Millis)>,
    /// In order; one for each side of the log at most, the one under way counted.
    wanted: Vec<Anchor>,
    /// The server could give none: nothing is asked before.
    not_before: Millis,
}

impl Pages {
    /// Wants a page, unless one on that side is wanted already.
    pub fn want(&mut self, anchor: Anchor) {
        if !self.holds(|held| discriminant(held) == discriminant(&anchor)) {
            self.wanted.push(anchor);
        }
    }

    /// The next to ask for, if it is time for one.
    pub fn next(&mut self, now: Millis) -> Option<Anchor> {
        if self.asked.is_some() || self.wanted.is_empty() || now < self.not_before {
            return None;
        }
        let anchor = self.wanted.remove(0);
        self.asked = Some((anchor, now));
        Some(anchor)
    }

    /// An answer came: to this.
    pub fn answered(&mut self) -> Option<Anchor> {
        self.asked.take().map(|(anchor, _)| anchor)
    }

    /// The one under way was refused, and is asked for again at `retry_at`.
    pub fn refused(&mut self, retry_at: Millis) {
        if let Some(anchor) = self.answered() {
            self.wanted.insert(0, anchor);
            self.not_before = retry_at;
        }
    }

    /// Whether one is under way or wanted.
    pub fn holds(&self, is_one: impl Fn(&Anchor) -> bool) -> bool {
        let asked = self.asked.iter().map(|(anchor, _)| anchor);
        asked.chain(&self.wanted).any(is_one)
    }

    /// Since when the one under way has been there.
    pub fn asked_at(&self) -> Option<Millis> {
        self.asked.map(|(_, since)| since)
    }

    /// When to look again: its answer is overdue, or the next may be asked for.
    pub fn wake_at(&self) -> Option<Millis> {
        let overdue = self.asked_at().map(|since| since + OVERDUE_MS);
        overdue.or((!self.wanted.is_empty()).then_some(self.not_before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Seq;

    const OLDER: Anchor = Anchor::Before(Seq(51));
    const MISSED: Anchor = Anchor::After(Seq(100));

    #[test]
    fn one_is_under_way_at_a_time_and_none_is_asked_for_twice() {
        let mut pages = Pages::default();
        pages.want(OLDER);
        pages.want(MISSED);
        pages.want(OLDER);
        assert_eq!(pages.next(0), Some(OLDER));
        pages.want(OLDER);
        assert_eq!(pages.next(1), None);
        assert_eq!(pages.answered(), Some(OLDER));
        assert_eq!(pages.next(2), Some(MISSED));
        assert_eq!(pages.answered(), Some(MISSED));
        assert_eq!(pages.next(3), None);
        assert_eq!(pages.wake_at(), None);
    }

    #[test]
    fn a_refused_one_holds_the_rest_until_its_time() {
        let mut pages = Pages::default();
        pages.want(OLDER);
        pages.want(MISSED);
        pages.next(0);
        pages.refused(700);
        assert_eq!(pages.wake_at(), Some(700));
        assert_eq!(pages.next(699), None);
        assert_eq!(pages.next(700), Some(OLDER));
    }
}
