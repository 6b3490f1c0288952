//! Who is here: the members that the server named, and how many there are.

use std::mem;

use shared::{AuthorId, Member, Nick, Presence};

use super::sorted::Sorted;
use crate::letters::lower;

/// The members of a room; in a large room only a sample of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roster {
    members: Sorted<AuthorId, Nick>,
    /// Who was here when the line broke, and has not been heard of since.
    before: Vec<AuthorId>,
    online: u32,
}

impl Roster {
    /// Begins anew with what `welcome` told.
    pub fn welcome(&mut self, members: &[Member], online: u32) {
        let before = mem::take(&mut self.members);
        self.before = before.iter().map(|(author, _)| author.clone()).collect();
        for member in members {
            self.members
                .insert(member.author.clone(), member.nick.clone());
        }
        self.online = online;
    }

    /// Somebody came, went, or is called something else. Returns for whom that is no news: who came
    /// was here already, or before the line broke; who went was never seen.
    pub fn presence(&mut self, presence: &Presence) -> Vec<AuthorId> {
        let mut no_news = Vec::new();
        for Member { author, .. } in &presence.left {
            let was_here = self.members.remove(author).is_some();
            if !self.was_before(author) && !was_here {
                no_news.push(author.clone());
            }
        }
        for member in &presence.joined {
            let author = &member.author;
            let known = self.members.insert(author.clone(), member.nick.clone());
            if self.was_before(author) || known.is_some() {
                no_news.push(author.clone());
            }
        }
        for renamed in &presence.renamed {
            if let Some(nick) = self.members.get_mut(&renamed.author) {
                *nick = renamed.to.clone();
            }
        }
        self.online = presence.online;
        no_news
    }

    /// Whether `author` was here when the line broke; asked once.
    fn was_before(&mut self, author: &AuthorId) -> bool {
        let at = self.before.iter().position(|other| other == author);
        at.is_some_and(|at| self.before.swap_remove(at) == *author)
    }

    /// What somebody is called, as far as is known.
    pub fn nick_of(&self, author: &AuthorId) -> Option<&Nick> {
        self.members.get(author)
    }

    /// How many are here.
    pub fn online(&self) -> u32 {
        self.online
    }

    /// The members by name, `own` first.
    pub fn list(&self, own: Option<&AuthorId>) -> Vec<Member> {
        let mut list: Vec<Member> = self
            .members
            .iter()
            .map(|(author, nick)| Member {
                author: author.clone(),
                nick: nick.clone(),
            })
            .collect();
        list.sort_by_cached_key(|member| {
            (Some(&member.author) != own, lower(member.nick.as_str()))
        });
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixtures::{author, nick};
    use shared::Renamed;

    fn member(name: &str) -> Member {
        Member {
            author: author(name),
            nick: nick(name),
        }
    }

    fn names(roster: &Roster, own: &str) -> Vec<String> {
        let list = roster.list(Some(&author(own)));
        list.iter().map(|member| member.nick.to_string()).collect()
    }

    #[test]
    fn the_list_is_by_name_with_oneself_first() {
        let mut roster = Roster::default();
        roster.welcome(&[member("dani"), member("Åsa"), member("Bo")], 3);
        assert_eq!(names(&roster, "Åsa"), ["Åsa", "Bo", "dani"]);
    }

    #[test]
    fn presence_moves_people_and_counts_all() {
        let mut roster = Roster::default();
        roster.welcome(&[member("Bo"), member("Dani")], 2);
        roster.presence(&Presence {
            joined: vec![member("Ebba")],
            left: vec![member("Bo")],
            renamed: vec![Renamed {
                author: author("Dani"),
                from: nick("Dani"),
                to: nick("Danielle"),
            }],
            online: 712,
        });
        assert_eq!(names(&roster, "-"), ["Danielle", "Ebba"]);
        assert_eq!(
            roster.online(),
            712,
            "the list is a sample, the count is not"
        );
    }

    #[test]
    fn who_goes_without_having_been_seen_is_no_news() {
        let mut roster = Roster::default();
        roster.welcome(&[member("Bo")], 1);
        let no_news = roster.presence(&Presence {
            left: vec![member("Bo"), member("Dani")],
            online: 0,
            ..Presence::default()
        });
        assert_eq!(no_news.into_iter().collect::<Vec<_>>(), [author("Dani")]);
    }

    #[test]
    fn a_nick_that_changed_hands_is_its_new_holders() {
        let mut roster = Roster::default();
        roster.welcome(&[member("Bo")], 1);
        roster.presence(&Presence {
            joined: vec![Member {
                author: author("other"),
                nick: nick("Bo"),
            }],
            left: vec![member("Bo")],
            online: 1,
            ..Presence::default()
        });
        let left: Vec<_> = roster.list(None).into_iter().map(|m| m.author).collect();
        assert_eq!(left, [author("other")]);
    }
}
