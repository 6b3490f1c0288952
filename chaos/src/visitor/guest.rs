//! A guest: comes as a stranger, and leaves on purpose, over and over. One whose first `welcome` is
//! lost has no token to come back by, and must get the nick nevertheless.

use std::net::SocketAddr;

use fastrand::Rng;
use shared::close::should_come_back;
use shared::{ClientMessage, CloseCode, Join, Nick, RoomName, ServerMessage, Token};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::line::{Got, Line};
use super::{Met, Phase, Violation, between};
use crate::journal::Journal;

/// Between visits, and before coming back.
const PAUSE_MS: std::ops::Range<u64> = 50..300;

/// How often one goes without a word, to come back and leave.
const VANISHES_PERCENT: u32 = 30;

/// Who a guest is, and what it needs.
#[derive(Debug)]
pub struct Guest {
    /// What its nicks begin with.
    pub name: Nick,
    /// Where it connects to.
    pub address: SocketAddr,
    /// Decides what it does.
    pub moods: Rng,
    /// What it is to do.
    pub phase: watch::Receiver<Phase>,
    /// Where it says what happened to it.
    pub journal: Journal,
}

impl Guest {
    /// Comes and goes until it is calm.
    ///
    /// # Errors
    /// Where the server does what the protocol rules out.
    pub async fn come_and_go(mut self) -> Result<Met, Violation> {
        let mut met = Met::default();
        while self.is_storm() {
            // Another nick each time: a server that is killed may have forgotten a leave.
            let number = met.guests + 1;
            let Ok(nick) = Nick::new(&format!("{}.{number}", self.name)) else {
                break;
            };
            if let Some(tries) = self.visit(&nick).await? {
                met.guests += 1;
                met.tries += tries;
            }
            sleep(between(&mut self.moods, PAUSE_MS)).await;
        }
        // Where there is nobody any more to say so, it is over, too.
        let _ = self.phase.wait_for(|phase| *phase == Phase::Over).await;
        Ok(met)
    }

    fn is_storm(&self) -> bool {
        *self.phase.borrow() == Phase::Storm
    }

    /// One visit, by as many connections as it takes; returns how many that were, or nothing where
    /// it never got in.
    async fn visit(&mut self, nick: &Nick) -> Result<Option<u64>, Violation> {
        let (mut token, mut tries) = (None, 0);
        while token.is_some() || self.is_storm() {
            tries += 1;
            let patience = self.phase.borrow().patience();
            let left = timeout(patience, self.stay(nick, &mut token)).await;
            if left.unwrap_or(Ok(false))? {
                return Ok(Some(tries));
            }
            sleep(between(&mut self.moods, PAUSE_MS)).await;
        }
        Ok(None)
    }

    /// One connection; answers whether the guest has left for good.
    async fn stay(&mut self, nick: &Nick, token: &mut Option<Token>) -> Result<bool, Violation> {
        let Ok(mut line) = Line::open(self.address).await else {
            return Ok(false);
        };
        let join = ClientMessage::Join(Join {
            nick: nick.clone(),
            room: RoomName::default(),
            token: token.clone(),
            after: None,
        });
        // Where sending fails, what the line ended with is still to be read.
        let _ = line.send(&join).await;
        let violation = |what| Err(Violation::of(nick.clone(), what));
        loop {
            match line.got().await {
                Got::Message(ServerMessage::Welcome(welcome)) => {
                    if welcome.nick != *nick {
                        return violation(format!("called '{}' now", welcome.nick));
                    }
                    *token = Some(welcome.token);
                    if self.moods.u32(..100) < VANISHES_PERCENT {
                        return Ok(false);
                    }
                    let _ = line.send(&ClientMessage::Leave).await;
                }
                Got::Message(ServerMessage::Refused(refused)) => {
                    return violation(format!("refused: {refused:?}"));
                }
                Got::Message(_) | Got::Sign => {}
                Got::Garbage(what) => return violation(what),
                Got::Closed(code) => {
                    self.journal
                        .note(nick.as_str(), format_args!("closed with {code}"));
                    if code == CloseCode::Normal.code() {
                        return Ok(true);
                    }
                    if !should_come_back(code) {
                        return violation(format!("sent away with {code}"));
                    }
                    return Ok(false);
                }
            }
        }
    }
}
