//! Who is in the room: nick to member, and back by author.

use std::collections::HashMap;

use shared::limits::{NICK_BYTES, NICK_GRAPHEMES};
use shared::{AuthorId, Member, Nick};

use super::{SessionId, Speaker};

/// What makes two nicks the same: white space is folded by [`Nick`], case here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct NickKey(String);

impl NickKey {
    fn of(nick: &Nick) -> Self {
        Self(nick.as_str().to_lowercase())
    }
}

/// The members of a room, each with its address `A`: a nick belongs to one of them.
#[derive(Debug)]
pub struct Roster<A> {
    members: HashMap<NickKey, Present<A>>,
    nicks: HashMap<AuthorId, NickKey>,
}

#[derive(Debug)]
struct Present<A> {
    nick: Nick,
    speaker: Speaker,
    address: A,
}

impl<A> Present<A> {
    fn member(&self) -> Member {
        Member {
            author: self.speaker.author.clone(),
            nick: self.nick.clone(),
        }
    }
}

/// How somebody got in.
#[derive(Debug, PartialEq, Eq)]
pub enum Admission<A> {
    /// Was not here before.
    New,
    /// Was here by another connection, whose address this is, perhaps under another nick.
    TookOver {
        /// Where the visitor was reached until now.
        previous: A,
        /// The nick of before, where it was another one.
        renamed_from: Option<Nick>,
    },
}

/// Somebody else has that nick.
#[derive(Debug, PartialEq, Eq)]
pub struct NickTaken {
    /// One that is free, where a short search found one.
    pub suggestion: Option<Nick>,
}

impl<A> Default for Roster<A> {
    fn default() -> Self {
        Self {
            members: HashMap::new(),
            nicks: HashMap::new(),
        }
    }
}

impl<A> Roster<A> {
    /// Lets a visitor in, or over from another connection of their own.
    ///
    /// # Errors
    /// Where the nick is another author's; the address comes back.
    pub fn admit(
        &mut self,
        nick: Nick,
        speaker: Speaker,
        address: A,
    ) -> Result<Admission<A>, (NickTaken, A)> {
        let key = NickKey::of(&nick);
        if self.held_by_another(&key, &speaker.author) {
            return Err((self.taken(&nick), address));
        }
        let previous = self
            .nicks
            .insert(speaker.author.clone(), key.clone())
            .and_then(|old| self.members.remove(&old));
        let renamed_from = previous
            .as_ref()
            .map(|p| p.nick.clone())
            .filter(|old| *old != nick);
        self.members.insert(
            key,
            Present {
                nick,
                speaker,
                address,
            },
        );
        Ok(match previous {
            None => Admission::New,
            Some(p) => Admission::TookOver {
                previous: p.address,
                renamed_from,
            },
        })
    }

    /// Takes a visitor out, and hands back what is theirs; nothing where that connection does not
    /// hold the nick any more.
    pub fn remove(&mut self, speaker: &Speaker) -> Option<(Member, A)> {
        self.present(speaker)?;
        let key = self.nicks.remove(&speaker.author)?;
        self.members.remove(&key).map(|p| (p.member(), p.address))
    }

    /// Gives a visitor another nick, and tells the one of before.
    ///
    /// # Errors
    /// Where the nick is another author's.
    pub fn rename(&mut self, speaker: &Speaker, nick: Nick) -> Result<Option<Nick>, NickTaken> {
        let key = NickKey::of(&nick);
        if self.held_by_another(&key, &speaker.author) {
            return Err(self.taken(&nick));
        }
        if self.present(speaker).is_none() {
            return Ok(None);
        }
        let Some(mut present) = self
            .nicks
            .insert(speaker.author.clone(), key.clone())
            .and_then(|old| self.members.remove(&old))
        else {
            return Ok(None);
        };
        let old = std::mem::replace(&mut present.nick, nick);
        self.members.insert(key, present);
        Ok(Some(old))
    }

    /// The nick and address of who speaks, where that connection holds the nick.
    pub fn get_mut(&mut self, speaker: &Speaker) -> Option<(&Nick, &mut A)> {
        let key = self.nicks.get(&speaker.author)?;
        let present = self.members.get_mut(key)?;
        (present.speaker == *speaker).then_some((&present.nick, &mut present.address))
    }

    /// Who is here by that connection. Looks through all.
    #[must_use]
    pub fn find(&self, session: SessionId) -> Option<Speaker> {
        self.members
            .values()
            .map(|p| &p.speaker)
            .find(|s| s.session == session)
            .cloned()
    }

    /// Everyone's connection and address, in no order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Speaker, &mut A)> {
        self.members
            .values_mut()
            .map(|p| (&p.speaker, &mut p.address))
    }

    /// Up to `limit` members, the one named first among them.
    #[must_use]
    pub fn sample(&self, first: &AuthorId, limit: usize) -> Vec<Member> {
        let own = self.nicks.get(first).and_then(|key| self.members.get(key));
        let others = self.members.values().filter(|p| p.speaker.author != *first);
        own.into_iter()
            .chain(others)
            .take(limit)
            .map(Present::member)
            .collect()
    }

    /// Whether that visitor is here.
    #[must_use]
    pub fn has(&self, author: &AuthorId) -> bool {
        self.nicks.contains_key(author)
    }

    /// How many are here.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Takes everyone out.
    pub fn drain(&mut self) -> impl Iterator<Item = A> {
        self.nicks.clear();
        std::mem::take(&mut self.members)
            .into_values()
            .map(|p| p.address)
    }

    fn present(&self, speaker: &Speaker) -> Option<&Present<A>> {
        let present = self.members.get(self.nicks.get(&speaker.author)?)?;
        (present.speaker == *speaker).then_some(present)
    }

    fn held_by_another(&self, key: &NickKey, author: &AuthorId) -> bool {
        self.members
            .get(key)
            .is_some_and(|p| p.speaker.author != *author)
    }

    fn taken(&self, nick: &Nick) -> NickTaken {
        let free = |nick: &Nick| !self.members.contains_key(&NickKey::of(nick));
        NickTaken {
            suggestion: (2..100).filter_map(|n| numbered(nick, n)).find(free),
        }
    }
}

/// `nick` with a number behind it, shortened so that it stays a nick.
fn numbered(nick: &Nick, number: u32) -> Option<Nick> {
    let tail = format!(" {number}");
    let mut head: String = nick
        .as_str()
        .chars()
        .take(NICK_GRAPHEMES - tail.len())
        .collect();
    while head.len() + tail.len() > NICK_BYTES {
        head.pop();
    }
    Nick::new(&format!("{head}{tail}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nick(nick: &str) -> Nick {
        Nick::new(nick).unwrap()
    }

    fn speaker(author: &str, session: u64) -> Speaker {
        Speaker {
            author: AuthorId(author.into()),
            session: SessionId(session),
        }
    }

    fn with_asa() -> Roster<&'static str> {
        let mut roster = Roster::default();
        let admission = roster.admit(nick("Åsa"), speaker("a", 1), "first");
        assert_eq!(admission, Ok(Admission::New));
        roster
    }

    #[test]
    fn a_nick_is_one_members_in_any_case_of_letters() {
        let mut roster = with_asa();
        let (taken, address) = roster
            .admit(nick("åSA"), speaker("b", 2), "second")
            .unwrap_err();
        assert_eq!((taken.suggestion, address), (Some(nick("åSA 2")), "second"));
        assert_eq!(roster.len(), 1);
    }

    #[test]
    fn a_suggestion_is_free_and_a_nick() {
        let mut roster = Roster::default();
        let long = "花".repeat(32);
        roster.admit(nick(&long), speaker("a", 1), ()).unwrap();
        let (taken, ()) = roster.admit(nick(&long), speaker("b", 2), ()).unwrap_err();
        let suggestion = taken.suggestion.unwrap();
        assert_eq!(suggestion, nick(&format!("{} 2", "花".repeat(30))));
        roster.admit(suggestion, speaker("b", 2), ()).unwrap();
        let (taken, ()) = roster.admit(nick(&long), speaker("c", 3), ()).unwrap_err();
        assert_eq!(
            taken.suggestion,
            Some(nick(&format!("{} 3", "花".repeat(30))))
        );
    }

    #[test]
    fn an_author_takes_over_from_the_own_stale_connection() {
        let mut roster = with_asa();
        let admission = roster
            .admit(nick("Åsa"), speaker("a", 2), "second")
            .unwrap();
        assert_eq!(
            admission,
            Admission::TookOver {
                previous: "first",
                renamed_from: None
            }
        );
        assert!(
            roster.get_mut(&speaker("a", 1)).is_none(),
            "the stale one cannot speak"
        );
        assert!(
            roster.remove(&speaker("a", 1)).is_none(),
            "nor take the new one out"
        );
        assert_eq!(
            roster.get_mut(&speaker("a", 2)).map(|(_, a)| *a),
            Some("second")
        );
    }

    #[test]
    fn taking_over_under_another_nick_frees_the_old_one() {
        let mut roster = with_asa();
        let admission = roster.admit(nick("Bo"), speaker("a", 2), "second").unwrap();
        let renamed_from = Some(nick("Åsa"));
        assert_eq!(
            admission,
            Admission::TookOver {
                previous: "first",
                renamed_from
            }
        );
        assert_eq!(
            roster.admit(nick("Åsa"), speaker("b", 3), "third"),
            Ok(Admission::New)
        );
    }

    #[test]
    fn leaving_frees_the_nick() {
        let mut roster = with_asa();
        let (member, address) = roster.remove(&speaker("a", 1)).unwrap();
        assert_eq!((member.nick, address), (nick("Åsa"), "first"));
        assert_eq!(
            roster.admit(nick("Åsa"), speaker("b", 2), "second"),
            Ok(Admission::New)
        );
    }

    #[test]
    fn a_nick_changes_within_the_room() {
        let mut roster = with_asa();
        roster.admit(nick("Bo"), speaker("b", 2), "second").unwrap();
        assert!(roster.rename(&speaker("b", 2), nick("ÅSA")).is_err());
        assert_eq!(
            roster.rename(&speaker("b", 2), nick("BO")),
            Ok(Some(nick("Bo"))),
            "own case"
        );
        assert_eq!(
            roster.rename(&speaker("b", 9), nick("Eve")),
            Ok(None),
            "stale"
        );
        assert_eq!(
            roster.rename(&speaker("b", 2), nick("Cy")),
            Ok(Some(nick("BO")))
        );
        assert_eq!(
            roster.admit(nick("Bo"), speaker("c", 3), "third"),
            Ok(Admission::New)
        );
    }

    #[test]
    fn a_sample_begins_with_oneself() {
        let mut roster = Roster::default();
        for n in 0..20 {
            roster
                .admit(nick(&format!("n{n}")), speaker(&format!("a{n}"), n), ())
                .unwrap();
        }
        let sample = roster.sample(&AuthorId("a7".into()), 5);
        assert_eq!((sample.len(), sample[0].nick.as_str()), (5, "n7"));
    }
}
