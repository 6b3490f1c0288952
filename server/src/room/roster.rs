//! Who is in the room, by which connection, and whose nick outlives it: a member whose connection
//! ended stays for a grace time, and the nick for a hold time after that. Knows what time it is
//! from its caller.

use indexmap::IndexMap;
use shared::{AuthorId, Member, Nick};

use super::claims::{Claims, Clash};
use super::deadlines::Deadlines;
use super::nick::Name;
use super::{SessionId, Speaker};

/// How long a nick outlives its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimTerms {
    /// Milliseconds for which a visitor whose connection ended still counts as here.
    pub grace_ms: u64,
    /// Milliseconds for which the nick is kept after that.
    pub hold_ms: u64,
    /// Nicks kept at once, since strangers can leave any number behind.
    pub holds: usize,
}

/// The members of a room, each with its address `A`, and the nicks that are kept.
#[derive(Debug)]
pub struct Roster<A> {
    terms: ClaimTerms,
    /// The nicks of all below.
    claims: Claims,
    /// Those with a connection. One after another in memory, not in slots half of which are empty.
    seated: IndexMap<AuthorId, Seated<A>>,
    /// Members without a connection, and how long they still count.
    away: Deadlines,
    /// Who has gone, and how long the nick is kept.
    held: Deadlines,
}

#[derive(Debug)]
struct Seated<A> {
    session: SessionId,
    address: A,
    /// The token was made for this connection, and is not known to have reached its visitor.
    tentative: bool,
}

/// How somebody got in.
#[derive(Debug, PartialEq, Eq)]
pub enum Admission<A> {
    /// Was not here before.
    Joined,
    /// Was here, perhaps under another nick.
    Resumed {
        /// Where the visitor was reached until now; `None` for one who was away.
        previous: Option<A>,
        /// The nick of before, where it was another one.
        renamed_from: Option<Nick>,
    },
}

/// A member who was away for too long.
#[derive(Debug, PartialEq, Eq)]
pub struct Gone {
    /// Who.
    pub member: Member,
    /// For how many milliseconds the nick is kept from now on, if at all.
    pub held_ms: Option<u64>,
}

impl<A> Roster<A> {
    /// An empty one.
    #[must_use]
    pub fn new(terms: ClaimTerms) -> Self {
        Self {
            terms,
            claims: Claims::default(),
            seated: IndexMap::new(),
            away: Deadlines::default(),
            held: Deadlines::default(),
        }
    }

    /// Puts back who was present before the room began: away from now on. False where the nick is
    /// another's by now.
    pub fn restore(&mut self, author: &AuthorId, name: Name, now: u64) -> bool {
        let restored = self.claims.claim(author, name).is_ok();
        if restored {
            self.set_away(author.clone(), now);
        }
        restored
    }

    /// Puts back a nick that is kept for so many milliseconds more. False where it is another's by
    /// now, or not kept any more.
    pub fn restore_hold(&mut self, author: &AuthorId, name: Name, left_ms: u64, now: u64) -> bool {
        // The terms may have changed, and the clock been wrong.
        let left_ms = left_ms.min(self.terms.hold_ms);
        let restored = left_ms > 0 && self.claims.claim(author, name).is_ok();
        if restored {
            self.hold(author.clone(), now.saturating_add(left_ms));
        }
        restored
    }

    /// Lets a visitor in, back, or over from another connection of their own. `tentative` says that
    /// their token was made for this connection: until it has arrived, nobody can come back by it.
    ///
    /// # Errors
    /// Where the nick cannot be had; the address comes back.
    pub fn admit(
        &mut self,
        name: Name,
        speaker: Speaker,
        address: A,
        tentative: bool,
    ) -> Result<Admission<A>, (Clash, A)> {
        let Speaker { author, session } = speaker;
        let nick = name.nick.clone();
        let before = match self.claims.claim(&author, name) {
            Ok(before) => before,
            Err(clash) => return Err((clash, address)),
        };
        self.held.remove(&author);
        let was_away = self.away.remove(&author);
        let seated = Seated {
            session,
            address,
            tentative,
        };
        let previous = self.seated.insert(author, seated).map(|s| s.address);
        if !was_away && previous.is_none() {
            return Ok(Admission::Joined);
        }
        Ok(Admission::Resumed {
            previous,
            renamed_from: before.filter(|before| *before != nick),
        })
    }

    /// How many have a connection.
    #[must_use]
    pub fn connected(&self) -> usize {
        self.seated.len()
    }

    /// Takes a visitor out and frees the nick; nothing where that connection has been taken over.
    pub fn remove(&mut self, speaker: &Speaker) -> Option<(Member, A)> {
        let address = self.unseat(speaker)?;
        let nick = self.claims.free(&speaker.author)?;
        let author = speaker.author.clone();
        Some((Member { author, nick }, address))
    }

    /// A connection has ended, and its visitor may come back: they are away from now on. Nothing
    /// where that connection has been taken over.
    pub fn lose(&mut self, speaker: &Speaker, now: u64) -> Option<A> {
        let address = self.unseat(speaker)?;
        self.set_away(speaker.author.clone(), now);
        Some(address)
    }

    /// Takes out who has been away for too long, and frees what has been kept for long enough.
    pub fn expire(&mut self, now: u64) -> Vec<Gone> {
        let mut gone = Vec::new();
        while let Some(author) = self.away.pop_due(now) {
            gone.extend(self.depart(author, now));
        }
        while let Some(author) = self.held.pop_due(now) {
            self.claims.free(&author);
        }
        gone
    }

    /// Takes out whoever has been away for longest, so that somebody else may come in.
    pub fn give_way(&mut self, now: u64) -> Option<Gone> {
        let author = self.away.pop()?;
        self.depart(author, now)
    }

    fn depart(&mut self, author: AuthorId, now: u64) -> Option<Gone> {
        let nick = self.claims.nick(&author)?.clone();
        let held_ms = Some(self.terms.hold_ms).filter(|ms| *ms > 0);
        match held_ms {
            Some(ms) => self.hold(author.clone(), now.saturating_add(ms)),
            None => drop(self.claims.free(&author)),
        }
        let member = Member { author, nick };
        Some(Gone { member, held_ms })
    }

    /// When [`Self::expire`] has something to do next.
    #[must_use]
    pub fn next_expiry(&self) -> Option<u64> {
        self.away
            .soonest()
            .into_iter()
            .chain(self.held.soonest())
            .min()
    }

    /// Gives a visitor another nick, and tells the one of before; `None` where that connection has
    /// been taken over.
    ///
    /// # Errors
    /// Where the nick cannot be had.
    pub fn rename(&mut self, speaker: &Speaker, name: Name) -> Result<Option<Nick>, Clash> {
        if self.sitting(speaker).is_none() {
            return Ok(None);
        }
        self.claims.claim(&speaker.author, name)
    }

    /// What keeps an author from a name, if anything does.
    #[must_use]
    pub fn clash(&self, name: &Name, author: &AuthorId) -> Option<Clash> {
        self.claims.clash(name, author)
    }

    /// What an author is called who is here, or has a nick kept.
    #[must_use]
    pub fn nick(&self, author: &AuthorId) -> Option<&Nick> {
        self.claims.nick(author)
    }

    /// Whether the token of who speaks was made for that connection, and may not have arrived.
    #[must_use]
    pub fn is_tentative(&self, speaker: &Speaker) -> bool {
        self.sitting(speaker).is_some_and(|s| s.tentative)
    }

    /// The token of who speaks has arrived; answers whether that is news.
    pub fn settle(&mut self, speaker: &Speaker) -> bool {
        let seated = self.seated.get_mut(&speaker.author);
        seated
            .filter(|s| s.session == speaker.session)
            .is_some_and(|s| std::mem::replace(&mut s.tentative, false))
    }

    /// Who else keeps an author from a name, where all of them may be ghosts: visitors whose token
    /// may not have arrived, and who then come back as strangers.
    #[must_use]
    pub fn ghosts(&self, name: &Name, author: &AuthorId) -> Vec<Speaker> {
        let owners = self.claims.owners(name).filter(|owner| *owner != author);
        let ghost = |owner: &AuthorId| {
            let seated = self.seated.get(owner).filter(|seated| seated.tentative)?;
            Some(Speaker {
                author: owner.clone(),
                session: seated.session,
            })
        };
        owners.map(ghost).collect::<Option<_>>().unwrap_or_default()
    }

    /// The address of who speaks, where that connection has not been taken over.
    #[must_use]
    pub fn address(&self, speaker: &Speaker) -> Option<&A> {
        self.sitting(speaker).map(|seated| &seated.address)
    }

    /// The nick and address of who speaks, where that connection has not been taken over.
    pub fn get_mut(&mut self, speaker: &Speaker) -> Option<(&Nick, &mut A)> {
        let seated = self.seated.get_mut(&speaker.author)?;
        let nick = self.claims.nick(&speaker.author)?;
        (seated.session == speaker.session).then_some((nick, &mut seated.address))
    }

    /// Who is here by that connection. Looks through all.
    #[must_use]
    pub fn find(&self, session: SessionId) -> Option<Speaker> {
        let (author, _) = self.seated.iter().find(|(_, s)| s.session == session)?;
        Some(Speaker {
            author: author.clone(),
            session,
        })
    }

    /// Everyone's connection and address, in no order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Speaker, &mut A)> {
        self.seated.iter_mut().map(|(author, seated)| {
            let speaker = Speaker {
                author: author.clone(),
                session: seated.session,
            };
            (speaker, &mut seated.address)
        })
    }

    /// Up to `limit` members, the one named first among them.
    #[must_use]
    pub fn sample(&self, first: &AuthorId, limit: usize) -> Vec<Member> {
        let own = self.seated.get_key_value(first).map(|(author, _)| author);
        let others = self.seated.keys().filter(|author| *author != first);
        let member = |author: &AuthorId| {
            let nick = self.claims.nick(author)?.clone();
            let author = author.clone();
            Some(Member { author, nick })
        };
        own.into_iter()
            .chain(others)
            .chain(self.away.authors())
            .filter_map(member)
            .take(limit)
            .collect()
    }

    /// Whether an author is here, perhaps without a connection.
    #[must_use]
    pub fn has(&self, author: &AuthorId) -> bool {
        self.seated.contains_key(author) || self.away.contains(author)
    }

    /// How many are here, those who are away included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seated.len() + self.away.len()
    }

    /// Whether nobody is here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seated.is_empty() && self.away.is_empty()
    }

    /// Takes everyone out, and forgets what was kept.
    pub fn drain(&mut self) -> impl Iterator<Item = A> {
        let all = std::mem::replace(self, Self::new(self.terms));
        all.seated.into_values().map(|s| s.address)
    }

    fn sitting(&self, speaker: &Speaker) -> Option<&Seated<A>> {
        let seated = self.seated.get(&speaker.author)?;
        (seated.session == speaker.session).then_some(seated)
    }

    fn unseat(&mut self, speaker: &Speaker) -> Option<A> {
        self.sitting(speaker)?;
        self.seated.swap_remove(&speaker.author).map(|s| s.address)
    }

    fn set_away(&mut self, author: AuthorId, now: u64) {
        self.away
            .set(author, now.saturating_add(self.terms.grace_ms));
    }

    fn hold(&mut self, author: AuthorId, until: u64) {
        self.held.set(author, until);
        while self.held.len() > self.terms.holds
            && let Some(oldest) = self.held.pop()
        {
            self.claims.free(&oldest);
        }
    }
}

#[cfg(test)]
mod tests;
