//! How things stand with the line, as the reader is told it.

use super::Millis;

/// A connection that lived this long proves that the server is well: the next failure is a
/// first one again. Without it a server that greets and falls is asked twice a second.
const PROVEN_MS: u64 = 5_000;

/// How long one attempt may take; a browser alone would wait for minutes.
pub const ATTEMPT_MS: u64 = 15_000;

/// The state of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Connection {
    /// Nobody wants one.
    #[default]
    Off,
    /// Opening, with `join` on its way, or about to be: the lead comes first.
    Connecting {
        /// Attempts in a row that came to nothing.
        failures: u32,
        since: Millis,
    },
    /// Open, but `join` was refused: the visitor chooses anew.
    Refused,
    /// In the room.
    Live { failures: u32, since: Millis },
    /// Lost; comes back by itself.
    Waiting { failures: u32, until: Millis },
    /// Ended by the server in a way that asks for the visitor's word.
    Away { code: u16 },
    /// Another tab of the visitor is in the room.
    Elsewhere,
    /// The page is put away: comes back with it.
    Asleep,
}

impl Connection {
    /// Attempts in a row that came to nothing, this ending one not counted.
    pub fn failures(self, now: Millis) -> u32 {
        match self {
            Self::Connecting { failures, .. } | Self::Waiting { failures, .. } => failures,
            Self::Live { failures, since } if now.saturating_sub(since) < PROVEN_MS => failures,
            _ => 0,
        }
    }

    /// The connection ended.
    pub fn closed(&mut self, code: u16, come_back_ms: Option<u64>, now: Millis) {
        *self = match (come_back_ms, *self) {
            // Nobody waits for this one: the form is shown.
            (_, Self::Off | Self::Refused) => Self::Off,
            (Some(ms), _) => Self::Waiting {
                failures: self.failures(now).saturating_add(1),
                until: now.saturating_add(ms),
            },
            (None, _) => Self::Away { code },
        };
    }

    /// When to look again, if nothing happens before.
    pub fn wake_at(self) -> Option<Millis> {
        match self {
            Self::Waiting { until, .. } => Some(until),
            Self::Connecting { since, .. } => Some(since.saturating_add(ATTEMPT_MS)),
            _ => None,
        }
    }

    pub fn is_live(self) -> bool {
        matches!(self, Self::Live { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_add_up_until_a_connection_has_lasted() {
        let mut line = Connection::Connecting {
            failures: 2,
            since: 0,
        };
        line.closed(1006, Some(500), 10);
        assert_eq!(
            line,
            Connection::Waiting {
                failures: 3,
                until: 510
            }
        );

        let mut short = Connection::Live {
            failures: 3,
            since: 1_000,
        };
        short.closed(1011, Some(500), 1_001);
        assert_eq!(
            short,
            Connection::Waiting {
                failures: 4,
                until: 1_501
            }
        );

        let mut long = Connection::Live {
            failures: 3,
            since: 1_000,
        };
        long.closed(1001, Some(500), 60_000);
        assert_eq!(
            long,
            Connection::Waiting {
                failures: 1,
                until: 60_500
            }
        );
    }

    #[test]
    fn a_code_that_says_stay_away_is_obeyed() {
        let mut line = Connection::Live {
            failures: 0,
            since: 0,
        };
        line.closed(4100, None, 9_000);
        assert_eq!(line, Connection::Away { code: 4100 });
    }

    #[test]
    fn a_close_behind_the_form_is_silent() {
        let mut line = Connection::Refused;
        line.closed(4103, None, 0);
        assert_eq!(line, Connection::Off);
    }
}
