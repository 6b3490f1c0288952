//! Who is writing, for clients that are told of a beginning and an end: the room names those who
//! write, again and again, and tells nothing of an end. Pure; told what time it is.

use shared::Nick;

/// Milliseconds after which who has not been named any more has stopped: what docs/protocol.md has
/// clients do.
const LASTS_MS: u64 = 5_000;

/// Those who are writing.
#[derive(Debug, Default)]
pub struct Typists(Vec<(Nick, u64)>);

impl Typists {
    /// The room has named some; answers who among them has begun.
    pub fn named(&mut self, nicks: &[Nick], now_ms: u64) -> Vec<Nick> {
        let mut begun = Vec::new();
        for nick in nicks {
            match self.0.iter_mut().find(|(known, _)| known == nick) {
                Some((_, named)) => *named = now_ms,
                None => {
                    self.0.push((nick.clone(), now_ms));
                    begun.push(nick.clone());
                }
            }
        }
        begun
    }

    /// Somebody has said something, or gone; answers whether they were writing.
    pub fn stopped(&mut self, nick: &Nick) -> bool {
        let before = self.0.len();
        self.0.retain(|(known, _)| known != nick);
        self.0.len() < before
    }

    /// Takes those who have not been named for long.
    pub fn expired(&mut self, now_ms: u64) -> Vec<Nick> {
        let is_over = |(_, named): &mut (Nick, u64)| now_ms >= named.saturating_add(LASTS_MS);
        self.0
            .extract_if(.., is_over)
            .map(|(nick, _)| nick)
            .collect()
    }

    /// When somebody will not have been named for long.
    #[must_use]
    pub fn next_ms(&self) -> Option<u64> {
        let named = self.0.iter().map(|(_, named)| *named).min();
        named.map(|named| named.saturating_add(LASTS_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nicks(nicks: &[&str]) -> Vec<Nick> {
        nicks.iter().map(|nick| Nick::new(nick).unwrap()).collect()
    }

    #[test]
    fn a_beginning_is_told_once_and_an_end_when_nobody_names_them_any_more() {
        let mut typists = Typists::default();
        assert_eq!(
            typists.named(&nicks(&["Åsa", "Bo"]), 0),
            nicks(&["Åsa", "Bo"])
        );
        assert_eq!(typists.named(&nicks(&["Bo", "Cy"]), 3_000), nicks(&["Cy"]));
        assert_eq!(typists.expired(4_999), nicks(&[]));
        assert_eq!(typists.next_ms(), Some(5_000));
        assert_eq!(typists.expired(5_000), nicks(&["Åsa"]));
        assert_eq!(typists.expired(8_000), nicks(&["Bo", "Cy"]));
        assert_eq!(typists.next_ms(), None);
        assert_eq!(typists.named(&nicks(&["Åsa"]), 9_000), nicks(&["Åsa"]));
    }

    #[test]
    fn who_speaks_has_stopped() {
        let mut typists = Typists::default();
        typists.named(&nicks(&["Åsa"]), 0);
        let [asa, bo] = ["Åsa", "Bo"].map(|nick| Nick::new(nick).unwrap());
        assert!(typists.stopped(&asa) && !typists.stopped(&asa) && !typists.stopped(&bo));
        assert_eq!(typists.expired(u64::MAX), []);
    }
}
