//! A client by the book, and what it does not let pass.

use shared::{Epoch, Limits, Member, RefusalCode, Renamed, Welcome};

use super::*;

const PATIENCE: Duration = Duration::from_secs(3);
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
        author: AuthorId::new(author),
    }
}

fn opened(forgetful: bool) -> Opened {
    Opened {
        forgetful,
        heard_of: Seq(0),
        patience: PATIENCE,
    }
}

/// With all that was missed, where it is `recovered`.
fn welcome(head: u64, recovered: bool, entries: Vec<Entry>) -> Welcome {
    let came = entries.len() as u64;
    Welcome {
        protocol: 1,
        room: RoomName::default(),
        nick: nick(),
        author: AuthorId::new("asa"),
        token: Token::from_random(1),
        position: Position {
            epoch: Epoch("one".to_owned()),
            seq: Seq(head),
        },
        recovered,
        missed: if recovered { came } else { 0 },
        more: head > came,
        entries,
        members: vec![Member {
            author: AuthorId::new("asa"),
            nick: nick(),
        }],
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
        let mut book = Book::new(nick(), false, now);
        book.opened(opened(false), now);
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
        self.book.opened(opened(false), self.now);
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
    scene.say(600);
    scene.welcome(welcome(
        599,
        false,
        (550..600).map(|seq| entry(seq, false)).collect(),
    ));
    assert_eq!((scene.next(), scene.next()), (page_after(2), say(600)));
    for (from, to) in [
        (3, 102),
        (103, 202),
        (203, 302),
        (303, 402),
        (403, 502),
        (503, 549),
    ] {
        let entries = (from..=to).map(|seq| entry(seq, false)).collect();
        let more = to < 549;
        scene.hear(ServerMessage::Page { entries, more }).unwrap();
        assert_eq!(scene.next(), more.then(|| page_after(to)).flatten());
    }
    assert_eq!(scene.read(), (1..=599).collect::<Vec<_>>());
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
fn a_nick_that_is_refused_is_not_let_pass_however_early() {
    for welcomed in [false, true] {
        let mut scene = if welcomed {
            Scene::inside()
        } else {
            Scene::new()
        };
        scene.next();
        scene.back();
        let taken = ServerMessage::Refused(Refused {
            of: Some("join".to_owned()),
            code: RefusalCode::NickTaken,
            message: String::new(),
            id: None,
            retry_after_ms: None,
            suggestion: Some(Nick::new("Asa 2").unwrap()),
        });
        assert!(scene.hear(taken).is_err(), "after a welcome: {welcomed}");
    }
}

fn renamed(from: &str, to: &str) -> ServerMessage {
    ServerMessage::Presence(Presence {
        renamed: vec![Renamed {
            author: AuthorId::new("asa"),
            from: Nick::new(from).unwrap(),
            to: Nick::new(to).unwrap(),
        }],
        online: 1,
        ..Presence::default()
    })
}

fn called(mut entry: Entry, called: &str) -> Entry {
    if let EntryBody::Said { nick, .. } = &mut entry.body {
        *nick = Nick::new(called).unwrap();
    }
    entry
}

#[test]
fn a_change_of_nick_is_answered_and_what_is_said_after_it_carries_it() {
    let mut scene = Scene::inside();
    scene.book.wants_another_nick();
    scene.say(3);
    let nick = Nick::new("Asa.1").unwrap();
    assert_eq!(scene.next(), Some(ClientMessage::Nick { nick }));
    assert_eq!(scene.next(), say(3));
    assert_eq!(scene.book.nick().as_str(), "Asa");
    // Told to everyone before, on whichever occasion: no answer.
    scene.hear(renamed("Asa.3", "Asa")).unwrap();
    scene.hear(renamed("Asa", "Asa.1")).unwrap();
    assert_eq!(scene.book.nick().as_str(), "Asa.1");
    scene.live(called(entry(3, true), "Asa.1")).unwrap();
    scene.say(4);
    scene.next();
    assert!(scene.live(entry(4, true)).is_err(), "the nick of before");
}

#[test]
fn a_change_that_was_not_answered_is_not_counted_on() {
    let mut scene = Scene::inside();
    scene.book.wants_another_nick();
    scene.say(3);
    scene.next();
    scene.next();
    assert_eq!(scene.back().nick, nick());
    // Stored before the line broke, under the nick that nobody had confirmed.
    let stored = called(entry(3, true), "Asa.1");
    scene.welcome(welcome(3, true, vec![stored]));
    assert_eq!(scene.book.unconfirmed(), 0);
}

#[test]
fn an_answer_from_another_nick_or_among_other_news_is_not_let_pass() {
    let told = |from: &str, joined| match renamed(from, "Asa.1") {
        ServerMessage::Presence(presence) => {
            ServerMessage::Presence(Presence { joined, ..presence })
        }
        other => other,
    };
    let bo = Member {
        author: AuthorId::new("bo"),
        nick: Nick::new("Bo").unwrap(),
    };
    for wrong in [told("Asa.3", vec![]), told("Asa", vec![bo])] {
        let mut scene = Scene::inside();
        scene.book.wants_another_nick();
        scene.next();
        assert!(scene.hear(wrong.clone()).is_err(), "{wrong:?}");
    }
}

#[test]
fn who_is_here_is_what_has_been_told() {
    let mut scene = Scene::inside();
    let member = |name: &str| Member {
        author: AuthorId::new(name),
        nick: Nick::new(name).unwrap(),
    };
    let told = Presence {
        joined: vec![member("bo"), member("cy")],
        ..Presence::default()
    };
    scene.hear(ServerMessage::Presence(told)).unwrap();
    let told = Presence {
        left: vec![member("bo")],
        ..Presence::default()
    };
    scene.hear(ServerMessage::Presence(told)).unwrap();
    let here = [member("cy")].map(|m| (m.author, m.nick));
    let here: Company = here.into_iter().chain(scene.book.known_as()).collect();
    assert_eq!(scene.book.company, here);
}

#[test]
fn what_was_missed_follows_a_welcome_without_a_gap() {
    let behind = || {
        let mut scene = Scene::inside();
        scene.back();
        scene.welcome(Welcome {
            missed: 3,
            ..welcome(4, true, vec![entry(3, false), entry(4, false)])
        });
        assert_eq!(scene.book.met.followed, 1);
        scene
    };
    let mut scene = behind();
    assert!(scene.live(entry(6, false)).is_err(), "5 was promised");
    let mut scene = behind();
    scene.live(entry(5, false)).unwrap();
    scene.live(entry(7, false)).unwrap();
    assert_eq!((scene.book.met.gaps, scene.next()), (1, page_after(5)));
}

#[test]
fn a_welcome_at_odds_with_itself_or_with_what_was_missed_is_not_let_pass() {
    type Change = fn(&mut Welcome);
    let changes: [Change; 8] = [
        |welcome| welcome.missed = 1,
        |welcome| welcome.missed = 501,
        |welcome| welcome.more = false,
        |welcome| welcome.entries[0].seq = Seq(4),
        |welcome| drop(welcome.entries.pop()),
        |welcome| welcome.members.clear(),
        |welcome| (welcome.recovered, welcome.missed) = (false, 0),
        |welcome| welcome.entries.clear(),
    ];
    for change in changes {
        let mut scene = Scene::inside();
        scene.back();
        let mut welcome = welcome(4, true, vec![entry(3, false), entry(4, false)]);
        change(&mut welcome);
        let heard = scene.hear(ServerMessage::Welcome(Box::new(welcome.clone())));
        assert!(heard.is_err(), "{welcome:?}");
    }
}

#[test]
fn a_welcome_behind_what_others_had_read_is_not_let_pass() {
    for (heard_of, passes) in [(4, true), (5, false)] {
        let mut scene = Scene::inside();
        let heard_of = Seq(heard_of);
        let opened = Opened {
            heard_of,
            ..opened(false)
        };
        scene.book.opened(opened, scene.now);
        scene.next();
        let welcome = welcome(4, true, vec![entry(3, false), entry(4, false)]);
        let heard = scene.hear(ServerMessage::Welcome(Box::new(welcome)));
        assert_eq!(heard.is_ok(), passes, "{heard_of}");
    }
}

#[test]
fn a_new_epoch_begins_the_transcript_anew_where_it_may() {
    let mut scene = Scene::inside();
    scene.book.may_begin_anew = true;
    scene.back();
    let mut welcome = welcome(60, false, vec![entry(60, false)]);
    welcome.position.epoch = Epoch("two".to_owned());
    scene.welcome(welcome);
    assert_eq!((scene.read(), scene.book.first), (vec![60], Seq(59)));
    assert_eq!((scene.next(), scene.book.met.epochs), (None, 1));
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
        |welcome| welcome.author = AuthorId::new("bo"),
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
    scene.book.opened(opened(true), scene.now);
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
