//! Close codes, and the one rule that a client needs: come back, or stay away.

/// The WebSocket close codes that Realtid uses: RFC 6455's own (section 7.4.1) where they fit,
/// 4000-4099 for *come back*, 4100-4199 for *stay away*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CloseCode {
    /// The visitor left.
    Normal = 1000,
    /// The server is going down for a while.
    GoingAway = 1001,
    /// The peer broke RFC 6455.
    Protocol = 1002,
    /// A binary message: Realtid speaks text.
    Unsupported = 1003,
    /// The line broke. Never sent: what a client sees when no close frame came.
    Abnormal = 1006,
    /// A text message that is not UTF-8.
    InvalidUtf8 = 1007,
    /// A frame or message above the limit.
    TooBig = 1009,
    /// The server failed.
    Failure = 1011,
    /// The client reads more slowly than the room speaks.
    TooSlow = 4000,
    /// The client answered no ping in time.
    Silent = 4001,
    /// A newer connection of the same visitor took the nick over.
    TakenOver = 4100,
    /// No `join` in time.
    NeverJoined = 4103,
    /// Too many malformed messages.
    TooManyFaults = 4104,
}

impl CloseCode {
    /// The number in the close frame.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// Words for a close frame's reason.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "goodbye",
            Self::GoingAway => "the server is restarting, come back",
            Self::Protocol => "not RFC 6455",
            Self::Unsupported => "text messages only",
            Self::Abnormal => "the line broke",
            Self::InvalidUtf8 => "not UTF-8",
            Self::TooBig => "message too big",
            Self::Failure => "the server failed, come back",
            Self::TooSlow => "read too slowly, come back",
            Self::Silent => "no answer to pings, come back",
            Self::TakenOver => "taken over by a newer connection",
            Self::NeverJoined => "no join in time",
            Self::TooManyFaults => "too many malformed messages",
        }
    }
}

/// Whether a client whose connection ended with `code` should connect again by itself.
#[must_use]
pub const fn should_come_back(code: u16) -> bool {
    matches!(code, 1001 | 1005 | 1006 | 1011..=1014 | 4000..=4099)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_decides_who_comes_back() {
        for code in [
            CloseCode::GoingAway,
            CloseCode::Abnormal,
            CloseCode::Failure,
            CloseCode::TooSlow,
            CloseCode::Silent,
        ] {
            assert!(should_come_back(code.code()), "{code:?}");
        }
        for code in [
            CloseCode::Normal,
            CloseCode::Protocol,
            CloseCode::Unsupported,
            CloseCode::InvalidUtf8,
            CloseCode::TooBig,
            CloseCode::TakenOver,
            CloseCode::NeverJoined,
            CloseCode::TooManyFaults,
        ] {
            assert!(!should_come_back(code.code()), "{code:?}");
        }
        assert!(
            should_come_back(4099) && !should_come_back(4100),
            "the ranges hold for codes to come"
        );
    }
}
