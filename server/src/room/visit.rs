//! What is remembered of a visitor, so that connections and servers may end.

use shared::{AuthorId, Nick};

/// A visitor of one room, as last seen there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Who; never the token.
    pub author: AuthorId,
    /// What they are called, or were called last.
    pub nick: Nick,
    /// When, in milliseconds since the Unix epoch.
    pub seen_at: u64,
    /// Whose the nick is.
    pub claim: Claim,
}

/// Whether a nick is its visitor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is: the visitor is in the room, or was when the room ended.
    Present,
    /// It is, though the visitor has gone.
    Held {
        /// For so long, in milliseconds since the Unix epoch.
        until: u64,
    },
    /// It is anyone's.
    Free,
}
