//! Who is writing just now, and when this visitor last said to be.

use shared::Nick;

use super::Millis;

/// A mark is gone this long after it was last heard.
const MARK_MS: u64 = 6_000;

/// This visitor says so at most once in this time: half of a mark's life, so that one lost
/// does not make the mark blink.
const SAY_MS: u64 = 3_000;

/// The typing marks of a room.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Typing {
    marks: Vec<(Nick, Millis)>,
    said_at: Option<Millis>,
}

impl Typing {
    /// The server names who is writing.
    pub fn heard(&mut self, nicks: Vec<Nick>, own: Option<&Nick>, now: Millis) {
        for nick in nicks.into_iter().filter(|nick| Some(nick) != own) {
            self.marks.retain(|(marked, _)| *marked != nick);
            self.marks.push((nick, now.saturating_add(MARK_MS)));
        }
    }

    /// `nick` has said what they were writing, or is gone.
    pub fn done(&mut self, nick: &Nick) {
        self.marks.retain(|(marked, _)| marked != nick);
    }

    /// The line broke: nothing is known any more.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Forgets marks whose time is up.
    pub fn expire(&mut self, now: Millis) {
        self.marks.retain(|(_, until)| *until > now);
    }

    /// When the next mark is up.
    pub fn wake_at(&self) -> Option<Millis> {
        self.marks.iter().map(|(_, until)| *until).min()
    }

    /// Who is writing, the one heard last at the end.
    pub fn nicks(&self) -> impl Iterator<Item = &Nick> {
        self.marks.iter().map(|(nick, _)| nick)
    }

    /// Whether to tell the server now that this visitor is writing.
    pub fn should_say(&mut self, now: Millis) -> bool {
        let due = self
            .said_at
            .is_none_or(|at| now.saturating_sub(at) >= SAY_MS);
        if due {
            self.said_at = Some(now);
        }
        due
    }

    /// A message was sent: the next key is a new beginning.
    pub fn sent(&mut self) {
        self.said_at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixtures::nick;

    #[test]
    fn a_mark_lives_six_seconds_from_the_last_word() {
        let mut typing = Typing::default();
        typing.heard(vec![nick("Bo"), nick("Ebba")], Some(&nick("Bo")), 0);
        typing.heard(vec![nick("Ebba")], None, 2_000);
        typing.expire(7_999);
        assert_eq!(typing.nicks().collect::<Vec<_>>(), [&nick("Ebba")]);
        assert_eq!(typing.wake_at(), Some(8_000));
        typing.expire(8_000);
        assert_eq!(typing.nicks().count(), 0);
    }

    #[test]
    fn this_visitor_says_so_once_in_three_seconds() {
        let mut typing = Typing::default();
        let said: Vec<u64> = (0..7_000)
            .step_by(500)
            .filter(|now| typing.should_say(*now))
            .collect();
        assert_eq!(said, [0, 3_000, 6_000]);
        typing.sent();
        assert!(
            typing.should_say(6_100),
            "after a message it is a new beginning"
        );
    }
}
