//! What becomes of a request that the server refused.

use shared::{RefusalCode, Refused};

use super::Session;
use crate::state::{Connection, Effect, Millis, Problem, Rename, Stage};

/// How long to leave the server alone where it could not do something and named no time for it.
const PAUSE_MS: u64 = 2_000;

/// The least to wait, whatever the server says: a request that is refused at once, again and again,
/// must not become a storm.
const LEAST_MS: u64 = 200;

impl Session {
    pub(super) fn refused(&mut self, refused: Refused, now: Millis, effects: &mut Vec<Effect>) {
        let named = refused.retry_after_ms.map(|ms| ms.max(LEAST_MS));
        let wait_ms = named.or(passes(refused.code).then_some(PAUSE_MS));
        let retry_at = wait_ms.map(|ms| now.saturating_add(ms));
        match refused.of.as_deref() {
            Some("join") if !self.connection.is_live() => {
                self.join_refused(refused, wait_ms, effects);
            }
            Some("say") => self
                .outbox
                .refuse(refused.id.as_deref(), refused.code, retry_at),
            Some("page") => self.pages.refused(retry_at.unwrap_or(now + PAUSE_MS)),
            Some("nick") if self.rename.asked_at().is_some() => {
                self.rename
                    .refused(refused.code, refused.suggestion, retry_at);
                effects.push(Effect::FocusRename);
            }
            _ => {}
        }
    }

    fn join_refused(&mut self, refused: Refused, wait_ms: Option<u64>, effects: &mut Vec<Effect>) {
        if refused.code == RefusalCode::InvalidToken && self.token.take().is_some() {
            return self.send_join(effects);
        }
        if let (Some(at_least_ms), Connection::Connecting { .. }) = (wait_ms, self.connection) {
            self.turned_away = Some(refused.code);
            return effects.push(Effect::ComeBack { at_least_ms });
        }
        self.stage = Stage::Form;
        self.rename = Rename::Closed;
        self.connection = Connection::Refused;
        self.problem = Some(match (is_about_nick(refused.code), self.nick.clone()) {
            (true, Some(nick)) => Problem::Nick {
                nick,
                code: refused.code,
                suggestion: refused.suggestion,
            },
            _ => Problem::Room(refused.code),
        });
        effects.push(Effect::FocusNick);
    }
}

/// Whether what is refused now may be taken later, though the server named no time.
fn passes(code: RefusalCode) -> bool {
    matches!(
        code,
        RefusalCode::Busy
            | RefusalCode::Unavailable
            | RefusalCode::RateLimited
            | RefusalCode::StorageFull
            | RefusalCode::RoomFull
            | RefusalCode::TooManyRooms
    )
}

/// Whether another nick would help.
fn is_about_nick(code: RefusalCode) -> bool {
    matches!(
        code,
        RefusalCode::InvalidNick
            | RefusalCode::NickTooLong
            | RefusalCode::NickReserved
            | RefusalCode::NickTaken
            | RefusalCode::NickLookalike
    )
}
