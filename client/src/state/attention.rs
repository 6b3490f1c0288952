//! What came while the reader looked elsewhere.

use shared::{AuthorId, EntryBody, Position};

use super::Timeline;

/// What nobody has seen yet in one chat of a page.
pub struct Unseen {
    /// The chat's number on its page.
    pub chat: u32,
    pub room: String,
    pub count: usize,
}

/// What stands before the page's title: how many there are, and of which room, if it is one.
pub fn prefix(unseen: &[Unseen]) -> String {
    let count: usize = unseen.iter().map(|one| one.count).sum();
    let count = count.to_string();
    match unseen {
        [] => String::new(),
        [one] => ["(", &count, ") #", &one.room, " · "].concat(),
        _ => ["(", &count, ") "].concat(),
    }
}

/// What a reader has had before their eyes.
#[derive(Default)]
pub struct Attention {
    /// Where the log ended when they looked away; none while they look.
    away_since: Option<Position>,
}

impl Attention {
    /// How many messages of others have come since the reader looked away, as far as they are in the
    /// log. To be asked whenever the log changes, and the page comes into view or goes.
    pub fn unseen(&mut self, hidden: bool, timeline: &Timeline, own: Option<&AuthorId>) -> usize {
        // Before the first welcome nothing can be new.
        let Some(position) = timeline.position().filter(|_| hidden) else {
            self.away_since = None;
            return 0;
        };
        let since = match self.away_since.take() {
            Some(since) if since.epoch == position.epoch => since,
            _ => position,
        };
        let since = self.away_since.insert(since);
        let came = timeline.entries().rev();
        let came = came.take_while(|entry| entry.seq > since.seq);
        let came = came.filter(|entry| {
            Some(&entry.author) != own && matches!(entry.body, EntryBody::Said { .. })
        });
        came.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixtures::{author, said, saids};
    use crate::state::session::tests::welcome;

    #[test]
    fn what_others_say_counts_until_the_reader_is_back() {
        let own = author("Åsa");
        let mut timeline = Timeline::default();
        let mut attention = Attention::default();
        assert_eq!(attention.unseen(true, &timeline, Some(&own)), 0);
        // Opened in the background: what was said before is no news.
        timeline.welcome(&welcome(saids(1..=3), 3, false));
        assert_eq!(attention.unseen(true, &timeline, Some(&own)), 0);
        timeline.live(&said(4, "Bo"));
        timeline.live(&said(5, "Åsa"));
        timeline.live(&said(6, "Dani"));
        assert_eq!(attention.unseen(true, &timeline, Some(&own)), 2);
        assert_eq!(attention.unseen(false, &timeline, Some(&own)), 0);
        assert_eq!(attention.unseen(true, &timeline, Some(&own)), 0);
        timeline.live(&said(7, "Bo"));
        assert_eq!(attention.unseen(true, &timeline, Some(&own)), 1);
    }

    #[test]
    fn several_chats_of_a_page_are_one_number() {
        let unseen = |chat: u32, room: &str| Unseen {
            chat,
            room: room.to_owned(),
            count: 2,
        };
        assert_eq!(prefix(&[]), "");
        assert_eq!(prefix(&[unseen(1, "lobby")]), "(2) #lobby · ");
        assert_eq!(prefix(&[unseen(1, "lobby"), unseen(2, "linux")]), "(4) ");
    }

    #[test]
    fn what_a_lost_line_missed_counts_too() {
        let mut timeline = Timeline::default();
        let mut attention = Attention::default();
        timeline.welcome(&welcome(saids(1..=3), 3, false));
        attention.unseen(true, &timeline, None);
        timeline.welcome(&welcome(saids(4..=5), 5, true));
        assert_eq!(attention.unseen(true, &timeline, None), 2);
    }
}
