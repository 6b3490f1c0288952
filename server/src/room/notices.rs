//! What is to be told of comings, goings and writing, and how often: gathered, so that a storm of
//! joins costs a few frames and not one for each and each.

use std::collections::HashMap;

use shared::limits::{PRESENCE_NAMES, TYPING_MEMBERS, TYPING_NICKS};
use shared::{AuthorId, Member, Nick, Presence, Renamed, ServerMessage};

/// Frames a second that a room is told of presence, all members together: 200 members hear of it
/// five times a second, 5,000 every 5 s.
const FRAMES_PER_SECOND: u64 = 1_000;

/// Frames that everyone who comes or goes may cost beside, so that a storm is told of while it lasts:
/// whenever half of those here are news. 5,000 who come within 10 s cost two frames each, and
/// everyone one more at the end.
const FRAMES_PER_CHANGE: u64 = 2;

/// Comings, goings, new nicks and who is writing, since the last time that they were told.
#[derive(Debug, Default)]
pub struct Notices {
    /// Whom something has happened to, in order.
    changes: Vec<Change>,
    /// Where in `changes` an author is.
    places: HashMap<AuthorId, usize>,
    typing: Vec<Nick>,
    /// A `welcome` has shown the room as it was in between.
    witnessed: bool,
}

/// What has become of somebody.
#[derive(Debug)]
struct Change {
    author: AuthorId,
    /// What they were called when things were told last; `None` where they were not here.
    before: Option<Nick>,
    /// What they are called, or were called last.
    nick: Nick,
    here: bool,
}

impl Notices {
    /// Somebody came.
    pub fn joined(&mut self, member: Member) {
        self.change(member.author, None, member.nick, true);
    }

    /// Somebody went.
    pub fn left(&mut self, member: Member) {
        self.change(member.author, Some(member.nick.clone()), member.nick, false);
    }

    /// Somebody is called something else.
    pub fn renamed(&mut self, author: AuthorId, from: Nick, to: Nick) {
        self.change(author, Some(from), to, true);
    }

    /// Somebody is writing.
    pub fn typing(&mut self, nick: &Nick) {
        if self.typing.len() < TYPING_NICKS && !self.typing.contains(nick) {
            self.typing.push(nick.clone());
        }
    }

    /// Somebody has written what they were writing.
    pub fn written(&mut self, nick: &Nick) {
        self.typing.retain(|other| other != nick);
    }

    /// A `welcome` tells somebody who is here at this moment. Who has gone by the time that things
    /// are told, or is back, must then be named, though for all others nothing has changed.
    pub fn witnessed(&mut self) {
        self.witnessed = true;
    }

    /// Takes what is to be told to a room of `online` members, `rested_ms` milliseconds after it was
    /// told something the last time; `None` where those frames are not yet paid for, by that time or
    /// by those who came and went.
    pub fn take_due(&mut self, online: usize, rested_ms: u64) -> Option<Vec<ServerMessage>> {
        let by_time = rested_ms.saturating_mul(FRAMES_PER_SECOND) / 1_000;
        let by_changes = count(self.changes.len()).saturating_mul(FRAMES_PER_CHANGE);
        let paid = by_time.max(by_changes) >= count(online);
        paid.then(|| self.take(online))
    }

    fn take(&mut self, online: usize) -> Vec<ServerMessage> {
        let mut messages = Vec::new();
        let witnessed = std::mem::take(&mut self.witnessed);
        // Not cleared: after a storm it would keep the room of all who came.
        self.places = HashMap::new();
        let changes = std::mem::take(&mut self.changes);
        if !changes.is_empty() {
            let mut presence = Presence {
                online: u32::try_from(online).unwrap_or(u32::MAX),
                ..Presence::default()
            };
            for change in changes {
                change.tell(witnessed, &mut presence);
            }
            messages.push(ServerMessage::Presence(presence));
        }
        let typing = std::mem::take(&mut self.typing);
        if !typing.is_empty() && online <= TYPING_MEMBERS {
            messages.push(ServerMessage::Typing { nicks: typing });
        }
        messages
    }

    fn change(&mut self, author: AuthorId, before: Option<Nick>, nick: Nick, here: bool) {
        let next = self.changes.len();
        let place = *self.places.entry(author.clone()).or_insert(next);
        match self.changes.get_mut(place) {
            Some(known) => (known.nick, known.here) = (nick, here),
            None => self.changes.push(Change {
                author,
                before,
                nick,
                here,
            }),
        }
    }
}

impl Change {
    fn tell(self, witnessed: bool, presence: &mut Presence) {
        let was_here = self.before.is_some();
        if let Some(from) = self.before.filter(|from| self.here && *from != self.nick) {
            let (author, to) = (self.author.clone(), self.nick.clone());
            sample(&mut presence.renamed, Renamed { author, from, to });
        }
        let member = Member {
            author: self.author,
            nick: self.nick,
        };
        match (was_here, self.here) {
            // Nothing that all but a witness do not know: a list that names it again is right
            // for everyone.
            (true, true) | (false, false) if !witnessed => {}
            (_, true) => sample(&mut presence.joined, member),
            (_, false) => sample(&mut presence.left, member),
        }
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn sample<T>(list: &mut Vec<T>, item: T) {
    if list.len() < PRESENCE_NAMES {
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(n: usize) -> Member {
        Member {
            author: AuthorId::new(format!("a{n}")),
            nick: Nick::new(&format!("n{n}")).unwrap(),
        }
    }

    fn called(n: usize, nick: &str) -> Member {
        Member {
            nick: Nick::new(nick).unwrap(),
            ..member(n)
        }
    }

    fn presence(notices: &mut Notices, online: usize) -> Presence {
        match notices.take(online).remove(0) {
            ServerMessage::Presence(presence) => presence,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn larger_rooms_are_told_less_often() {
        let mut notices = Notices::default();
        for (online, ms) in [(200, 200), (500, 500), (5_000, 5_000)] {
            notices.joined(member(1));
            assert_eq!(notices.take_due(online, ms - 1), None, "{online}");
            assert_eq!(
                notices.take_due(online, ms).map(|m| m.len()),
                Some(1),
                "{online}"
            );
        }
        assert_eq!(notices.take_due(5_000, u64::MAX), Some(Vec::new()));
    }

    #[test]
    fn a_room_half_of_which_is_news_is_told_at_once() {
        let mut notices = Notices::default();
        for n in 1..2_500 {
            notices.joined(member(n));
        }
        assert_eq!(notices.take_due(5_000, 200), None);
        notices.left(member(0));
        assert!(notices.take_due(5_000, 200).is_some());
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
        let only_the_count = Presence {
            online: 1,
            ..Presence::default()
        };
        assert_eq!(presence(&mut notices, 1), only_the_count);
    }

    #[test]
    fn a_welcome_in_between_has_everyone_named() {
        let mut notices = Notices::default();
        // The welcome shows 1, who then goes, and not 2, who then comes back.
        notices.joined(member(1));
        notices.left(member(2));
        notices.witnessed();
        notices.left(member(1));
        notices.joined(member(2));
        let told = presence(&mut notices, 2);
        assert_eq!((told.left, told.joined), (vec![member(1)], vec![member(2)]));
        notices.left(member(3));
        notices.joined(member(3));
        assert!(presence(&mut notices, 2).joined.is_empty(), "once");
    }

    #[test]
    fn who_comes_back_under_another_nick_is_renamed() {
        let mut notices = Notices::default();
        notices.left(member(1));
        notices.joined(called(1, "Bo"));
        let told = presence(&mut notices, 1);
        assert_eq!(told.renamed[0].to.as_str(), "Bo");
        assert!(told.joined.is_empty() && told.left.is_empty());
    }

    #[test]
    fn who_is_renamed_and_goes_has_gone() {
        let mut notices = Notices::default();
        notices.renamed(member(1).author, member(1).nick, called(1, "Bo").nick);
        notices.left(called(1, "Bo"));
        let told = presence(&mut notices, 1);
        assert_eq!(told.left, [called(1, "Bo")]);
        assert!(told.renamed.is_empty() && told.joined.is_empty());
    }

    #[test]
    fn who_came_just_now_comes_under_the_new_nick() {
        let mut notices = Notices::default();
        notices.joined(member(1));
        notices.renamed(member(1).author, member(1).nick, called(1, "Bo").nick);
        notices.renamed(member(2).author, member(2).nick, called(2, "Cy").nick);
        let told = presence(&mut notices, 2);
        assert_eq!(told.joined, [called(1, "Bo")]);
        assert_eq!(told.renamed.len(), 1);
    }

    #[test]
    fn who_has_written_is_not_told_to_be_writing() {
        let mut notices = Notices::default();
        for n in [1, 2] {
            notices.typing(&member(n).nick);
        }
        notices.written(&member(1).nick);
        let nicks = vec![member(2).nick];
        assert_eq!(notices.take(2), [ServerMessage::Typing { nicks }]);
        notices.typing(&member(1).nick);
        notices.written(&member(1).nick);
        assert!(notices.take(2).is_empty());
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
