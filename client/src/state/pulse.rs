//! Whether the line is alive: a page in a browser sees no WebSocket pings, and a line that has
//! died without a word looks just like a quiet room.

use super::Millis;

/// When something was heard last, and whether the server has been asked since.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pulse {
    /// Silence after which to ask, as the server wishes it; 0 for never.
    every_ms: u64,
    heard_at: Millis,
    asked_at: Option<Millis>,
}

/// What a silence asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Ask,
    Dead,
}

impl Pulse {
    pub fn begin(every_ms: u64, now: Millis) -> Self {
        Self {
            every_ms,
            heard_at: now,
            asked_at: None,
        }
    }

    /// The server said something, whatever it was.
    pub fn heard(&mut self, now: Millis) {
        self.heard_at = now;
        self.asked_at = None;
    }

    /// How long nothing has been heard.
    pub fn silence(&self, now: Millis) -> u64 {
        now.saturating_sub(self.heard_at)
    }

    /// What is due now. Dead is who leaves a question unanswered, counted from when it was really
    /// asked: in a hidden tab a timer may come a minute late.
    pub fn check(&mut self, now: Millis) -> Option<Sign> {
        if self.wake_at().is_none_or(|at| now < at) {
            return None;
        }
        if self.asked_at.is_some() {
            return Some(Sign::Dead);
        }
        self.asked_at = Some(now);
        Some(Sign::Ask)
    }

    /// When something is due next.
    pub fn wake_at(&self) -> Option<Millis> {
        let since = self.asked_at.unwrap_or(self.heard_at);
        (self.every_ms > 0).then(|| since.saturating_add(self.every_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_asked_about_and_silence_again_is_death() {
        let mut pulse = Pulse::begin(20_000, 1_000);
        assert_eq!(pulse.check(20_999), None);
        assert_eq!(pulse.check(21_000), Some(Sign::Ask));
        assert_eq!(pulse.check(40_999), None);
        assert_eq!(pulse.check(41_000), Some(Sign::Dead));
    }

    #[test]
    fn any_word_is_a_sign_of_life() {
        let mut pulse = Pulse::begin(20_000, 0);
        pulse.check(20_000);
        pulse.heard(39_999);
        assert_eq!(pulse.check(40_000), None);
        assert_eq!(pulse.wake_at(), Some(59_999));
    }

    #[test]
    fn a_question_that_was_asked_late_has_its_whole_time() {
        let mut pulse = Pulse::begin(20_000, 0);
        assert_eq!(pulse.check(300_000), Some(Sign::Ask), "the machine slept");
        assert_eq!(pulse.check(319_999), None);
        assert_eq!(pulse.check(320_000), Some(Sign::Dead));
    }

    #[test]
    fn a_server_that_wants_no_questions_gets_none() {
        let mut pulse = Pulse::begin(0, 0);
        assert_eq!(pulse.wake_at(), None);
        assert_eq!(pulse.check(u64::MAX), None);
    }
}
