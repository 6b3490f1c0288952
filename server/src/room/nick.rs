//! Which nicks a room takes, and which of them count as the same.
//!
//! A nick has three forms: the one that is shown, and two that it is compared by. Two people in one
//! room differ in both, so that nobody can pass for another. Who holds which is the roster's
//! business.

mod characters;
mod keys;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use shared::limits::{NICK_BYTES, NICK_GRAPHEMES};
use shared::{Fault, Nick, RefusalCode};
use smol_str::SmolStr;
use unicode_segmentation::UnicodeSegmentation as _;

/// Numbers tried for a suggestion: it is worked out while a room waits.
const NUMBERS: std::ops::Range<u32> = 2..100;

/// A nick that the rules have passed, with what makes it the same as another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// As shown.
    pub nick: Nick,
    /// The same for nicks that differ only in how they are written.
    pub comparison: SmolStr,
    /// The same for nicks that look alike.
    pub skeleton: SmolStr,
}

/// The rules of one server.
#[derive(Debug, Clone, Default)]
pub struct NickRules {
    reserved: HashSet<String>,
    reserved_looks: HashSet<String>,
}

impl NickRules {
    /// Rules by which nobody may have one of `reserved`, or what counts as the same. One that breaks
    /// the rules is left out: nobody can have it anyway.
    #[must_use]
    pub fn new(reserved: impl IntoIterator<Item = Nick>) -> Self {
        let mut rules = Self::default();
        for name in reserved
            .into_iter()
            .filter_map(|nick| Self::default().check(&nick).ok())
        {
            rules.reserved_looks.extend(keys::looks(name.nick.as_str()));
            rules.reserved.insert(name.comparison.into());
        }
        rules
    }

    /// Checks a nick, and works out what it is compared by. Checking what it has passed gives the
    /// same again.
    ///
    /// # Errors
    /// `invalid_nick`, `nick_too_long` or `nick_reserved`, with the rule that was broken.
    pub fn check(&self, nick: &Nick) -> Result<Name, Fault> {
        let shown = characters::enforce(nick.as_str())?;
        check_length(&shown)?;
        let name = Name {
            comparison: keys::comparison(&shown)?.into(),
            skeleton: keys::skeleton(&shown).into(),
            nick: Nick::new(&shown)?,
        };
        if self.reserved.contains(name.comparison.as_str())
            || self.reserved_looks.contains(name.skeleton.as_str())
        {
            let why = format!("'{shown}' is reserved, or looks like a nick that is");
            return Err(Fault::new(RefusalCode::NickReserved, why));
        }
        Ok(name)
    }

    /// A nick like `wanted` that these rules pass and that is not `taken`: with a number behind it,
    /// and shortened where it must be. None where `wanted` itself breaks a rule of form, or where
    /// all that were tried are taken.
    pub fn suggest(&self, wanted: &Nick, taken: impl Fn(&Name) -> bool) -> Option<Nick> {
        let shown = characters::enforce(wanted.as_str()).ok()?;
        NUMBERS
            .filter_map(|number| self.check(&numbered(&shown, number)?).ok())
            .find(|name| !taken(name))
            .map(|name| name.nick)
    }
}

fn check_length(shown: &str) -> Result<(), Fault> {
    let (clusters, bytes) = (shown.graphemes(true).count(), shown.len());
    let why = if clusters > NICK_GRAPHEMES {
        format!("a nick has at most {NICK_GRAPHEMES} characters; this one has {clusters}")
    } else if bytes > NICK_BYTES {
        format!("a nick has at most {NICK_BYTES} bytes in UTF-8; this one has {bytes}")
    } else {
        return Ok(());
    };
    Err(Fault::new(RefusalCode::NickTooLong, why))
}

/// `shown` with a number behind it, shortened by whole grapheme clusters to what a nick may have.
fn numbered(shown: &str, number: u32) -> Option<Nick> {
    let tail = format!(" {number}");
    let head = shown
        .grapheme_indices(true)
        .take(NICK_GRAPHEMES - tail.len())
        .map(|(start, cluster)| start + cluster.len())
        .take_while(|end| end + tail.len() <= NICK_BYTES)
        .last()
        .and_then(|end| shown.get(..end))?;
    Nick::new(&format!("{head}{tail}")).ok()
}
