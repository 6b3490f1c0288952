//! Which nick is whose. A nick has two keys, how it is written and what it looks like: it is free
//! where neither is another's. Leaves to the roster how long a claim lasts.

mod index;

use shared::{AuthorId, Nick};
use slab::Slab;

use self::index::Index;
use super::nick::Name;

/// The nicks of a room, one for each author: a table, and three ways to find a row of it. Large rooms
/// have large ones, in which nothing is kept twice.
#[derive(Debug)]
pub struct Claims {
    rows: Slab<Row>,
    by_author: Index<Row>,
    by_comparison: Index<Row>,
    by_skeleton: Index<Row>,
}

#[derive(Debug)]
struct Row {
    author: AuthorId,
    name: Name,
}

/// Why a nick cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// It is somebody else's.
    Taken,
    /// It looks like somebody else's.
    Lookalike,
}

impl Claims {
    /// What keeps an author from a name, if anything does.
    #[must_use]
    pub fn clash(&self, name: &Name, author: &AuthorId) -> Option<Clash> {
        let anothers = |row: Option<&Row>| row.is_some_and(|row| row.author != *author);
        if anothers(self.written(name)) {
            Some(Clash::Taken)
        } else if anothers(self.looking(name)) {
            Some(Clash::Lookalike)
        } else {
            None
        }
    }

    /// Makes a name an author's, in place of the one of before, whose nick comes back.
    ///
    /// # Errors
    /// Where it clashes; then nothing is changed.
    pub fn claim(&mut self, author: &AuthorId, name: Name) -> Result<Option<Nick>, Clash> {
        if let Some(clash) = self.clash(&name, author) {
            return Err(clash);
        }
        let before = self.free(author);
        let author = author.clone();
        let place = self.rows.insert(Row { author, name });
        self.by_author.insert(&self.rows, place);
        self.by_comparison.insert(&self.rows, place);
        self.by_skeleton.insert(&self.rows, place);
        Ok(before)
    }

    /// Frees an author's nick, and hands it back.
    pub fn free(&mut self, author: &AuthorId) -> Option<Nick> {
        let place = self.by_author.find(&self.rows, author.as_str())?;
        let row = self.rows.try_remove(place)?;
        self.by_author.remove(&row, place);
        self.by_comparison.remove(&row, place);
        self.by_skeleton.remove(&row, place);
        Some(row.name.nick)
    }

    /// Whose a name is, by either key.
    pub fn owners(&self, name: &Name) -> impl Iterator<Item = &AuthorId> {
        let both = self.written(name).into_iter().chain(self.looking(name));
        both.map(|row| &row.author)
    }

    /// An author's nick.
    #[must_use]
    pub fn nick(&self, author: &AuthorId) -> Option<&Nick> {
        let place = self.by_author.find(&self.rows, author.as_str())?;
        self.rows.get(place).map(|row| &row.name.nick)
    }

    /// Who has a name that is written like this one.
    fn written(&self, name: &Name) -> Option<&Row> {
        let place = self.by_comparison.find(&self.rows, &name.comparison)?;
        self.rows.get(place)
    }

    /// Who has a name that looks like this one.
    fn looking(&self, name: &Name) -> Option<&Row> {
        let place = self.by_skeleton.find(&self.rows, &name.skeleton)?;
        self.rows.get(place)
    }
}

impl Default for Claims {
    fn default() -> Self {
        Self {
            rows: Slab::new(),
            by_author: Index::by(|row| row.author.as_str()),
            by_comparison: Index::by(|row| &row.name.comparison),
            by_skeleton: Index::by(|row| &row.name.skeleton),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name whose keys the test chooses.
    fn name(nick: &str, comparison: &str, skeleton: &str) -> Name {
        Name {
            nick: Nick::new(nick).unwrap(),
            comparison: comparison.into(),
            skeleton: skeleton.into(),
        }
    }

    fn author(author: &str) -> AuthorId {
        AuthorId::new(author)
    }

    fn with_paypal() -> Claims {
        let mut claims = Claims::default();
        let claimed = claims.claim(&author("a"), name("paypal", "paypal", "paypal"));
        assert_eq!(claimed, Ok(None));
        claims
    }

    #[test]
    fn a_nick_is_taken_by_either_key() {
        let mut claims = with_paypal();
        let written = name("PAYPAL", "paypal", "paypal");
        assert_eq!(claims.claim(&author("b"), written), Err(Clash::Taken));
        let alike = name("paypaI", "paypai", "paypal");
        assert_eq!(claims.claim(&author("b"), alike), Err(Clash::Lookalike));
        assert_eq!(claims.nick(&author("b")), None);
        let other = name("Bo", "bo", "bo");
        assert_eq!(claims.claim(&author("b"), other), Ok(None));
    }

    #[test]
    fn ones_own_nick_may_be_written_anew() {
        let mut claims = with_paypal();
        let before = claims.claim(&author("a"), name("paypaI", "paypai", "paypal"));
        assert_eq!(before, Ok(Nick::new("paypal").ok()));
        let old = name("paypal", "paypal", "paypal");
        assert_eq!(claims.clash(&old, &author("b")), Some(Clash::Lookalike));
    }

    #[test]
    fn another_nick_frees_the_one_of_before_by_both_keys() {
        let mut claims = with_paypal();
        let before = claims.claim(&author("a"), name("Bo", "bo", "bo"));
        assert_eq!(before, Ok(Nick::new("paypal").ok()));
        for freed in [
            name("paypal", "paypal", "x"),
            name("paypaI", "paypai", "paypal"),
        ] {
            assert_eq!(claims.clash(&freed, &author("b")), None);
        }
        assert_eq!(claims.free(&author("a")), Nick::new("Bo").ok());
        assert_eq!(claims.free(&author("a")), None);
        assert_eq!(claims.clash(&name("Bo", "bo", "bo"), &author("b")), None);
    }
}
