//! What is to be told of comings, goings and writing: gathered, so that a storm of joins costs a
//! few frames and not one for each and each.

use shared::limits::{PRESENCE_NAMES, TYPING_MEMBERS, TYPING_NICKS};
use shared::{AuthorId, Member, Nick, Presence, Renamed, ServerMessage};

/// Comings, goings, new nicks and who is writing, since the last time that they were told.
#[derive(Debug, Default)]
pub struct Notices {
    joined: Vec<Member>,
    left: Vec<Member>,
    renamed: Vec<Renamed>,
    typing: Vec<Nick>,
    changed: bool,
}

impl Notices {
    /// Somebody came. Who went within the same gathering has simply stayed.
    pub fn joined(&mut self, member: Member) {
        self.changed = true;
        match take(&mut self.left, &member) {
            None => push(&mut self.joined, member),
            Some(before) if before.nick == member.nick => {}
            Some(before) => self.renamed(member.author, before.nick, member.nick),
        }
    }

    /// Somebody went. Who came within the same gathering was never told of.
    pub fn left(&mut self, member: Member) {
        self.changed = true;
        if take(&mut self.joined, &member).is_none() {
            push(&mut self.left, member);
        }
    }

    /// Somebody is called something else.
    pub fn renamed(&mut self, author: AuthorId, from: Nick, to: Nick) {
        self.changed = true;
        if let Some(known) = self.joined.iter_mut().find(|m| m.author == author) {
            known.nick = to;
        } else if self.renamed.len() < PRESENCE_NAMES {
            self.renamed.push(Renamed { author, from, to });
        }
    }

    /// Somebody is writing.
    pub fn typing(&mut self, nick: &Nick) {
        if self.typing.len() < TYPING_NICKS && !self.typing.contains(nick) {
            self.typing.push(nick.clone());
        }
    }

    /// Takes what is to be told to a room of `online` members.
    pub fn take(&mut self, online: usize) -> Vec<ServerMessage> {
        let mut messages = Vec::new();
        if std::mem::take(&mut self.changed) {
            messages.push(ServerMessage::Presence(Presence {
                joined: std::mem::take(&mut self.joined),
                left: std::mem::take(&mut self.left),
                renamed: std::mem::take(&mut self.renamed),
                online: u32::try_from(online).unwrap_or(u32::MAX),
            }));
        }
        let typing = std::mem::take(&mut self.typing);
        if !typing.is_empty() && online <= TYPING_MEMBERS {
            messages.push(ServerMessage::Typing { nicks: typing });
        }
        messages
    }
}

fn push(list: &mut Vec<Member>, member: Member) {
    if list.len() < PRESENCE_NAMES {
        list.push(member);
    }
}

fn take(list: &mut Vec<Member>, member: &Member) -> Option<Member> {
    let found = list.iter().position(|m| m.author == member.author);
    found.map(|at| list.remove(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(n: usize) -> Member {
        Member {
            author: AuthorId(format!("a{n}")),
            nick: Nick::new(&format!("n{n}")).unwrap(),
        }
    }

    fn presence(notices: &mut Notices, online: usize) -> Presence {
        match notices.take(online).remove(0) {
            ServerMessage::Presence(presence) => presence,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_storm_is_a_sample_and_an_exact_count() {
        let mut notices = Notices::default();
        for n in 0..5_000 {
            notices.joined(member(n));
        }
        let presence = presence(&mut notices, 5_000);
        assert_eq!(
            (presence.joined.len(), presence.online),
            (PRESENCE_NAMES, 5_000)
        );
        assert!(notices.take(5_000).is_empty(), "told once");
    }

    #[test]
    fn a_reload_is_no_coming_and_no_going() {
        let mut notices = Notices::default();
        notices.left(member(1));
        notices.joined(member(1));
        notices.joined(member(2));
        notices.left(member(2));
        assert_eq!(
            presence(&mut notices, 1),
            Presence {
                online: 1,
                ..Presence::default()
            }
        );
    }

    #[test]
    fn who_comes_back_under_another_nick_is_renamed() {
        let mut notices = Notices::default();
        notices.left(member(1));
        notices.joined(Member {
            nick: Nick::new("Bo").unwrap(),
            ..member(1)
        });
        let presence = presence(&mut notices, 1);
        assert_eq!(presence.renamed[0].to.as_str(), "Bo");
        assert!(presence.joined.is_empty() && presence.left.is_empty());
    }

    #[test]
    fn who_came_just_now_comes_under_the_new_nick() {
        let mut notices = Notices::default();
        notices.joined(member(1));
        notices.renamed(member(1).author, member(1).nick, Nick::new("Bo").unwrap());
        notices.renamed(member(2).author, member(2).nick, Nick::new("Cy").unwrap());
        let presence = presence(&mut notices, 2);
        assert_eq!(presence.joined[0].nick.as_str(), "Bo");
        assert_eq!(presence.renamed.len(), 1);
    }

    #[test]
    fn a_few_writers_are_named_and_none_in_large_rooms() {
        let mut notices = Notices::default();
        for n in [1, 1, 2, 3, 4, 5, 6] {
            notices.typing(&member(n).nick);
        }
        let nicks = (1..=5).map(|n| member(n).nick).collect();
        assert_eq!(notices.take(100), [ServerMessage::Typing { nicks }]);
        notices.typing(&member(1).nick);
        assert!(notices.take(101).is_empty());
        assert!(notices.take(1).is_empty(), "not kept for later");
    }
}
