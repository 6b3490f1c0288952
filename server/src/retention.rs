//! How long messages are kept: passes over all rooms, from the start of a chat to its end. Which
//! entries go, and how, is the history's.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::history::{History, HistoryError, Keep};

/// From the end of one pass to the next. A pass that finds nothing costs microseconds a room; a
/// busy room overshoots by what is said in so much time.
pub(crate) const INTERVAL: Duration = Duration::from_secs(10);

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What is kept of each room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retention {
    /// For so many days; 0 for ever.
    pub(crate) days: u64,
    /// So many messages; 0 for all.
    pub(crate) messages: u64,
}

impl Retention {
    /// Whether anything is ever removed.
    pub(crate) fn removes(self) -> bool {
        self.days > 0 || self.messages > 0
    }

    fn keep(self, now_ms: u64) -> Keep {
        let age = self.days.saturating_mul(DAY_MS);
        Keep {
            since: if age == 0 {
                0
            } else {
                now_ms.saturating_sub(age)
            },
            entries: if self.messages == 0 {
                u64::MAX
            } else {
                self.messages
            },
        }
    }

    /// Goes through all rooms now and every `interval`, until the chat stops or is gone.
    pub(crate) async fn run(
        self,
        history: Arc<dyn History>,
        clock: Clock,
        interval: Duration,
        mut stopping: watch::Receiver<bool>,
    ) {
        let passes = async {
            while self.pass(history.as_ref(), &clock).await.is_ok() {
                tokio::time::sleep(interval).await;
            }
        };
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => {}
            () = passes => {}
        }
    }

    /// One pass, in steps. Fails only where there is nothing to pass through any more.
    async fn pass(self, history: &dyn History, clock: &Clock) -> Result<(), HistoryError> {
        let keep = self.keep(clock.now_ms());
        let mut removed = 0;
        let ended = loop {
            match history.trim(keep).await {
                Ok(trimmed) => {
                    removed += trimmed.removed;
                    if !trimmed.more {
                        break Ok(());
                    }
                }
                Err(HistoryError::Closed) => break Err(HistoryError::Closed),
                // The history has told the log; the next pass tries again.
                Err(_) => break Ok(()),
            }
        };
        if removed > 0 {
            tracing::debug!(removed, "removed what is not kept any longer");
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use shared::{AuthorId, MessageId, MessageText, Nick, RoomName, Seq};

    use super::*;
    use crate::clock::ManualClock;
    use crate::history::{Bounds, Draft, MemoryHistory, Span};

    /// How long a test waits for what must happen.
    const LIMIT: Duration = Duration::from_secs(10);

    /// A history in which something is said, once a day.
    struct Said {
        history: Arc<MemoryHistory>,
        clock: ManualClock,
    }

    impl Said {
        async fn daily(days: u64) -> Self {
            let clock = ManualClock::default();
            let history = Arc::new(MemoryHistory::new(clock.clock()));
            for day in 1..=days {
                clock.set(day * DAY_MS);
                let draft = Draft {
                    id: MessageId::new(format!("message-{day:012}")).unwrap(),
                    author: AuthorId::new("ada"),
                    nick: Nick::new("ada").unwrap(),
                    text: MessageText::new("hej").unwrap(),
                };
                let append = history.append(&RoomName::default(), vec![draft]);
                append.await.unwrap();
            }
            Self { history, clock }
        }

        async fn left(&self) -> Vec<u64> {
            let bounds = Bounds {
                entries: usize::MAX,
                bytes: usize::MAX,
            };
            let until = Span::Until(Seq(u64::MAX));
            let read = self.history.read(&RoomName::default(), until, bounds);
            let page = read.await.unwrap();
            page.entries.iter().map(|entry| entry.seq.0).collect()
        }

        async fn after_a_pass(days: u64, messages: u64) -> Vec<u64> {
            let said = Self::daily(10).await;
            let retention = Retention { days, messages };
            let clock = said.clock.clock();
            retention.pass(said.history.as_ref(), &clock).await.unwrap();
            said.left().await
        }
    }

    #[actix::test]
    async fn what_is_older_than_so_many_days_goes() {
        assert_eq!(Said::after_a_pass(3, 0).await, [7, 8, 9, 10]);
    }

    #[actix::test]
    async fn what_is_beyond_so_many_messages_goes() {
        assert_eq!(Said::after_a_pass(0, 2).await, [9, 10]);
        assert_eq!(Said::after_a_pass(3, 2).await, [9, 10], "the stricter one");
        assert_eq!(Said::after_a_pass(1, 5).await, [9, 10], "the stricter one");
    }

    #[actix::test]
    async fn nothing_goes_where_nothing_is_set_or_the_time_is_beyond_all_bounds() {
        assert_eq!(Said::after_a_pass(0, 0).await.len(), 10);
        assert_eq!(Said::after_a_pass(u64::MAX, u64::MAX).await.len(), 10);
    }

    #[actix::test]
    async fn passes_go_on_until_the_chat_stops() {
        let said = Said::daily(10).await;
        let stop = watch::Sender::new(false);
        let retention = Retention {
            days: 3,
            messages: 0,
        };
        let running = actix::spawn(retention.run(
            said.history.clone(),
            said.clock.clock(),
            Duration::from_millis(1),
            stop.subscribe(),
        ));
        for (now, left) in [(10, 4), (11, 3), (12, 2)] {
            said.clock.set(now * DAY_MS);
            let passed = async {
                while said.left().await.len() != left {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(LIMIT, passed).await.expect("a pass");
        }
        stop.send_replace(true);
        tokio::time::timeout(LIMIT, running).await.unwrap().unwrap();
    }
}
