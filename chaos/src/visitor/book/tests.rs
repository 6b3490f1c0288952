//! A client by the book, and what it does not let pass.

use shared::{Epoch, Limits};

use super::*;
use crate::visitor::attempt::PATIENCE;

const PING: Duration = Duration::from_secs(1);

struct Scene {
    book: Book,
    now: Instant,
}

fn nick() -> Nick {
    Nick::new("Asa").unwrap()
}

fn id(number: u64) -> MessageId {
    MessageId::new(format!("{number:020}")).unwrap()
}

fn text(number: u64) -> MessageText {
    MessageText::new(format!("number {number}")).unwrap()
}

/// The entry `seq`, whose id has the same number, of Asa's own or of another.
fn entry(seq: u64, own: bool) -> Entry {
    let (nick, author) = if own {
        (nick(), "asa")
    } else {
        (Nick::new("Bo").unwrap(), "bo")
    };
    Entry {
        body: EntryBody::Said {
            nick,
            text: text(seq),
        },
        seq: Seq(seq),
        at: 0,
        id: id(seq),
        author: AuthorId(author.to_owned()),
    }
}

fn welcome(head: u64, recovered: bool, entries: Vec<Entry>) -> Welcome {
    Welcome {
        protocol: 1,
        room: RoomName::default(),
        nick: nick(),
        author: AuthorId("asa".to_owned()),
        token: Token::from_random(1),
        position: Position {
            epoch: Epoch("one".to_owned()),
            seq: Seq(head),
        },
        recovered,
        entries,
        missed: 0,
        more: false,
        members: Vec::new(),
        online: 1,
        limits: Limits {
            text_chars: 1,
            text_bytes: 1,
            in_flight: 1,
            page_entries: 100,
            ping_ms: 1_000,
        },
    }
}

impl Scene {
    /// Outside, with a line.
    fn new() -> Self {
        let now = Instant::now();
        let mut book = Book::new(nick(), now);
        book.opened(false, now);
        Self { book, now }
    }

    /// In the room, with the first two entries read.
    fn inside() -> Self {
        let mut scene = Self::new();
        scene.next();
        scene.welcome(welcome(2, false, vec![entry(1, false), entry(2, false)]));
        scene
    }

    fn next(&mut self) -> Option<ClientMessage> {
        self.book.next(self.now)
    }

    fn hear(&mut self, message: ServerMessage) -> Result<(), Violation> {
        self.book.hear(message, self.now)
    }

    fn welcome(&mut self, welcome: Welcome) {
        self.hear(ServerMessage::Welcome(Box::new(welcome)))
            .unwrap();
    }

    fn live(&mut self, entry: Entry) -> Result<(), Violation> {
        self.hear(ServerMessage::Entry(entry))
    }

    fn back(&mut self) -> Join {
        self.book.opened(false, self.now);
        match self.next() {
            Some(ClientMessage::Join(join)) => join,
            other => panic!("{other:?}"),
        }
    }

    fn say(&mut self, number: u64) {
        self.book.say(Draft {
            id: id(number),
            text: text(number),
        });
    }

    fn read(&self) -> Vec<u64> {
        self.book.transcript.iter().map(|e| e.seq.0).collect()
    }
}

fn say(number: u64) -> Option<ClientMessage> {
    Some(ClientMessage::Say {
        id: id(number),
        text: text(number),
    })
}

fn page_after(seq: u64) -> Option<ClientMessage> {
    Some(ClientMessage::Page(PageRequest {
        anchor: Anchor::After(Seq(seq)),
        limit: 100,
    }))
}

#[test]
fn it_comes_back_as_who_it_was_to_where_it_was() {
    let mut scene = Scene::inside();
    let join = scene.back();
    assert_eq!(join.token, Some(Token::from_random(1)));
    assert_eq!(join.after.unwrap().seq, Seq(2));
    scene.welcome(welcome(4, true, vec![entry(3, false), entry(4, false)]));
    scene.live(entry(5, false)).unwrap();
    assert_eq!(scene.read(), [1, 2, 3, 4, 5]);
    assert_eq!(scene.next(), None);
}

#[test]
fn one_message_is_on_its_way_and_goes_again_with_the_same_id() {
    let mut scene = Scene::new();
    scene.say(4);
    scene.say(5);
    assert!(matches!(scene.next(), Some(ClientMessage::Join(_))));
    assert_eq!(scene.next(), None, "nothing before the welcome");
    scene.welcome(welcome(3, false, vec![entry(3, false)]));
    assert_eq!((scene.next(), scene.next()), (say(4), None));
    scene.back();
    scene.welcome(welcome(3, true, Vec::new()));
    assert_eq!(scene.next(), say(4));
    scene.live(entry(4, true)).unwrap();
    assert_eq!(scene.next(), say(5));
    assert_eq!(scene.book.confirmed, HashMap::from([(id(4), Seq(4))]));
}

#[test]
fn what_was_stored_is_settled_by_what_was_missed() {
    let mut scene = Scene::inside();
    scene.say(3);
    assert_eq!(scene.next(), say(3));
    scene.back();
    scene.welcome(welcome(3, true, vec![entry(3, true)]));
    assert_eq!((scene.next(), scene.book.unconfirmed()), (None, 0));
}

#[test]
fn a_gap_is_filled_by_pages_before_anything_is_said() {
    let mut scene = Scene::inside();
    scene.back();
    scene.say(300);
    scene.welcome(welcome(
        299,
        false,
        vec![entry(298, false), entry(299, false)],
    ));
    assert_eq!((scene.next(), scene.next()), (page_after(2), say(300)));
    for (from, to) in [(3, 102), (103, 202), (203, 297)] {
        let entries = (from..=to).map(|seq| entry(seq, false)).collect();
        let more = to < 297;
        scene.hear(ServerMessage::Page { entries, more }).unwrap();
        assert_eq!(scene.next(), more.then(|| page_after(to)).flatten());
    }
    assert_eq!(scene.read(), (1..=299).collect::<Vec<_>>());
}

#[test]
fn a_refusal_holds_what_was_refused_for_as_long_as_it_says() {
    let mut scene = Scene::inside();
    scene.say(3);
    scene.next();
    let mut refused = Refused {
        of: Some("say".to_owned()),
        code: RefusalCode::Busy,
        message: String::new(),
        id: Some(id(3).as_str().to_owned()),
        retry_after_ms: Some(250),
        suggestion: None,
    };
    scene.hear(ServerMessage::Refused(refused.clone())).unwrap();
    assert_eq!(scene.next(), None);
    scene.now += Duration::from_millis(250);
    assert_eq!(scene.next(), say(3));
    refused.retry_after_ms = None;
    assert!(scene.hear(ServerMessage::Refused(refused)).is_err());
}

#[test]
fn a_nick_may_be_lost_to_oneself_before_the_first_welcome_only() {
    let taken = || {
        ServerMessage::Refused(Refused {
            of: Some("join".to_owned()),
            code: RefusalCode::NickTaken,
            message: String::new(),
            id: None,
            retry_after_ms: None,
            suggestion: Some(Nick::new("Asa 2").unwrap()),
        })
    };
    let mut scene = Scene::new();
    scene.next();
    assert!(scene.hear(taken()).is_err(), "by somebody else");
    let mut scene = Scene::new();
    scene.next();
    scene.back();
    scene.hear(taken()).unwrap();
    let Some(ClientMessage::Join(join)) = scene.next() else {
        panic!("does not try again");
    };
    assert_eq!(join.nick.as_str(), "Asa 2");
    let mut scene = Scene::inside();
    scene.back();
    assert!(scene.hear(taken()).is_err(), "once it was there");
}

#[test]
fn silence_is_asked_into_and_then_taken_for_death() {
    let mut scene = Scene::inside();
    scene.now += PING;
    assert_eq!(scene.next(), Some(ClientMessage::Ping));
    assert_eq!(scene.next(), None);
    assert!(!scene.book.attempt.is_dead(scene.now));
    scene.now += PING;
    assert!(scene.book.attempt.is_dead(scene.now));
    scene.book.attempt.heard(scene.now);
    assert!(!scene.book.attempt.is_dead(scene.now));
}

#[test]
fn a_line_on_which_nothing_is_answered_is_dead_however_much_is_heard() {
    let mut scene = Scene::inside();
    scene.say(3);
    scene.next();
    scene.now += PATIENCE;
    scene.book.attempt.heard(scene.now);
    assert!(scene.book.attempt.is_dead(scene.now));
}

#[test]
fn another_author_nick_or_epoch_is_not_let_pass() {
    type Change = fn(&mut Welcome);
    let changes: [Change; 4] = [
        |welcome| welcome.author = AuthorId("bo".to_owned()),
        |welcome| welcome.nick = Nick::new("Asa 2").unwrap(),
        |welcome| welcome.position.epoch = Epoch("two".to_owned()),
        |welcome| welcome.position.seq = Seq(1),
    ];
    for change in changes {
        let mut scene = Scene::inside();
        scene.back();
        let mut welcome = welcome(2, true, Vec::new());
        change(&mut welcome);
        let heard = scene.hear(ServerMessage::Welcome(Box::new(welcome.clone())));
        assert!(heard.is_err(), "{welcome:?}");
    }
}

#[test]
fn what_comes_twice_or_too_early_is_not_let_pass() {
    let mut scene = Scene::inside();
    scene.live(entry(3, false)).unwrap();
    assert!(scene.live(entry(3, false)).is_err(), "twice, live");
    scene.back();
    assert!(scene.live(entry(4, false)).is_err(), "before the welcome");
    let overlap = welcome(4, true, vec![entry(3, false), entry(4, false)]);
    let heard = scene.hear(ServerMessage::Welcome(Box::new(overlap)));
    assert!(heard.is_err(), "recovered more than was missed");
}

#[test]
fn an_entry_that_was_another_one_before_is_not_let_pass() {
    let mut scene = Scene::inside();
    scene.live(entry(4, false)).unwrap();
    assert_eq!(scene.next(), page_after(2));
    let mut entries = vec![entry(2, false), entry(3, false)];
    entries[0].at = 7;
    let heard = scene.hear(ServerMessage::Page {
        entries,
        more: true,
    });
    assert!(heard.is_err());
}

#[test]
fn a_repeat_is_answered_with_the_entry_of_before() {
    let mut scene = Scene::inside();
    scene.say(3);
    scene.next();
    scene.book.opened(true, scene.now);
    scene.next();
    // Stored long ago: not among the latest.
    scene.welcome(welcome(60, false, vec![entry(60, false)]));
    assert_eq!((scene.next(), scene.next()), (page_after(2), say(3)));
    scene.live(entry(3, true)).unwrap();
    assert_eq!((scene.book.met.repeats, scene.book.unconfirmed()), (1, 0));
    assert!(
        scene.live(entry(2, false)).is_err(),
        "nobody asked for this one"
    );
}
