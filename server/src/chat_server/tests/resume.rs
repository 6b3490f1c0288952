//! Coming back, in any order of things: whoever says, drops off, comes back, reads slowly or is
//! closed for it has in the end read the same as everyone.

use std::collections::VecDeque;

use proptest::prelude::*;
use shared::{Entry, EntryBody, Epoch, MessageText, Position};
use tokio::sync::mpsc;

use super::visitor::decode;
use super::*;
use crate::fanout::Outflow;
use crate::history::{Bounds, Span};

/// Small beside what is said, so that slow readers are closed.
const QUEUE: usize = 300_000;

/// Bytes of a long text: twenty of them are more than a page.
const LONG: usize = 16_000;

/// The last of them looks on, and says nothing.
const READERS: usize = 4;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    Say {
        who: usize,
        times: usize,
        long: bool,
    },
    /// The line breaks: what was on its way is gone.
    Drop(usize),
    Resume(usize),
    /// Reads so many deliveries.
    Take(usize, usize),
    /// The history answers, or keeps everyone waiting.
    Reads(Gate),
    Appends(Gate),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0..READERS;
    let gate = || prop_oneof![Just(Gate::Open), Just(Gate::Shut)];
    prop::collection::vec(
        prop_oneof![
            6 => (who.clone(), 1..15usize, any::<bool>())
                .prop_map(|(who, times, long)| Step::Say { who, times, long }),
            2 => who.clone().prop_map(Step::Drop),
            3 => who.clone().prop_map(Step::Resume),
            4 => (who, 1..8usize).prop_map(|(who, n)| Step::Take(who, n)),
            1 => gate().prop_map(Step::Reads),
            1 => gate().prop_map(Step::Appends),
        ],
        1..80,
    )
}

/// A client as docs/protocol.md wants one.
struct Reader {
    who: usize,
    room: Addr<ChatServer>,
    line: Option<Line>,
    token: Option<Token>,
    position: Option<Position>,
    transcript: Vec<Entry>,
    /// Said, and not seen in the log.
    outbox: VecDeque<(MessageId, MessageText)>,
    said: Vec<MessageId>,
    sessions: u64,
}

struct Line {
    session: SessionId,
    /// Once there has been a `welcome`.
    speaker: Option<Speaker>,
    outflow: Arc<Outflow>,
    deliveries: mpsc::UnboundedReceiver<Deliver>,
}

impl Reader {
    fn new(who: usize, room: &Addr<ChatServer>) -> Self {
        Self {
            who,
            room: room.clone(),
            line: None,
            token: None,
            position: None,
            transcript: Vec::new(),
            outbox: VecDeque::new(),
            said: Vec::new(),
            sessions: 0,
        }
    }

    fn resume(&mut self) {
        if self.line.is_some() {
            return;
        }
        self.sessions += 1;
        let session = self.who as u64 * 1_000_000 + self.sessions;
        let join = Join {
            token: self.token.clone(),
            after: self.position.clone(),
            ..join(&format!("läsare {}", self.who))
        };
        let (outflow, deliveries) = if self.looks() {
            let door = self.room.clone().recipient();
            Visitor::look(&door, session, None, join.after, QUEUE)
        } else {
            let door = self.room.clone().recipient();
            Visitor::knock(&door, session, join, QUEUE)
        };
        self.line = Some(Line {
            session: SessionId(session),
            speaker: None,
            outflow,
            deliveries,
        });
    }

    fn looks(&self) -> bool {
        self.who == READERS - 1
    }

    fn drop_line(&mut self) {
        match self.line.take() {
            Some(line) if self.looks() => self.room.do_send(LookAway(line.session)),
            Some(Line {
                speaker: Some(speaker),
                ..
            }) => self.room.do_send(Lost(speaker)),
            Some(line) => self.room.do_send(Abandon {
                room: RoomName::default(),
                session: line.session,
            }),
            None => {}
        }
    }

    fn say(&mut self, long: bool) {
        if self.looks() {
            return;
        }
        let id = id(self.who * 100_000 + self.said.len());
        let text = message(&"😀".repeat(if long { LONG / 4 } else { 1 }));
        self.said.push(id.clone());
        self.outbox.push_back((id.clone(), text.clone()));
        self.send(id, text);
    }

    fn send(&self, id: MessageId, text: MessageText) {
        if let Some(from) = self.line.as_ref().and_then(|line| line.speaker.clone()) {
            self.room.do_send(Say { from, id, text });
        }
    }

    fn take(&mut self, most: usize) {
        for _ in 0..most {
            let Some(delivery) = self
                .line
                .as_mut()
                .and_then(|line| line.deliveries.try_recv().ok())
            else {
                return;
            };
            self.took(delivery);
        }
    }

    fn took(&mut self, delivery: Deliver) {
        match delivery {
            Deliver::Joined {
                frames,
                author,
                behind,
                first_visit,
                ..
            } => {
                self.shown(&frames);
                let line = self.line.as_mut().unwrap();
                let session = line.session;
                let speaker = Speaker { author, session };
                if first_visit {
                    self.room.do_send(Arrived(speaker.clone()));
                }
                line.speaker = Some(speaker);
                for (id, text) in self.outbox.clone() {
                    self.send(id, text);
                }
                if behind {
                    self.read_on();
                }
            }
            Deliver::Looking {
                frames,
                position,
                recovered,
                behind,
                ..
            } => {
                if !recovered {
                    self.begin_anew(&position, decode(&frames).front());
                }
                self.shown(&frames);
                assert_eq!(self.position.as_ref(), Some(&position));
                if behind {
                    self.read_on();
                }
            }
            Deliver::Missed(frames) => {
                self.shown(&frames);
                self.read_on();
            }
            Deliver::Frames { frames, .. } => self.shown(&frames),
            Deliver::Close(CloseCode::TooSlow) => self.line = None,
            other => panic!("{other:?}"),
        }
    }

    fn read_on(&self) {
        let line = self.line.as_ref().unwrap();
        let reader = match &line.speaker {
            Some(speaker) => messages::Reader::Member(speaker.clone()),
            None => messages::Reader::Onlooker(line.session),
        };
        self.room.do_send(ReadOn(reader));
    }

    fn shown(&mut self, frames: &Frames) {
        self.line.as_ref().unwrap().outflow.taken(frames.bytes());
        for message in decode(frames) {
            match message {
                ServerMessage::Welcome(welcome) => {
                    self.token = Some(welcome.token);
                    if !welcome.recovered {
                        let first = welcome.entries.first().cloned();
                        let first = first.map(ServerMessage::Entry);
                        self.begin_anew(&welcome.position, first.as_ref());
                    }
                    for entry in welcome.entries {
                        self.entry(entry);
                    }
                    assert_eq!(self.position.as_ref().unwrap().seq, welcome.position.seq);
                }
                ServerMessage::Entry(entry) => self.entry(entry),
                ServerMessage::Presence(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The first time, or where too much was missed.
    fn begin_anew(&mut self, position: &Position, first: Option<&ServerMessage>) {
        let known = self.position.as_ref();
        assert!(known.is_none_or(|p| p.seq.0 + 500 < position.seq.0));
        self.transcript.clear();
        let seq = match first {
            Some(ServerMessage::Entry(first)) => Seq(first.seq.0 - 1),
            _ => position.seq,
        };
        self.position = Some(Position {
            seq,
            ..position.clone()
        });
    }

    fn entry(&mut self, entry: Entry) {
        self.outbox.retain(|(id, _)| *id != entry.id);
        let position = self.position.as_mut().unwrap();
        if entry.seq <= position.seq {
            return; // The answer to something said again.
        }
        assert_eq!(entry.seq, position.seq.next(), "no gap");
        position.seq = entry.seq;
        self.transcript.push(entry);
    }

    fn is_done(&self, head: Seq) -> bool {
        self.outbox.is_empty() && self.position.as_ref().is_some_and(|p| p.seq == head)
    }
}

/// A room that never says busy.
fn roomy() -> (Arc<HeldHistory>, Addr<ChatServer>) {
    let history = HeldHistory::new(Gate::Open);
    let config = RoomConfig {
        pending: BatchBounds {
            entries: usize::MAX,
            bytes: usize::MAX,
        },
        ..config()
    };
    let room = ChatServer::new(RoomName::default(), config, stores(&history)).start();
    (history, room)
}

async fn play(steps: Vec<Step>) {
    let (history, room) = roomy();
    let mut readers = std::array::from_fn::<_, READERS, _>(|who| Reader::new(who, &room));
    for reader in &mut readers {
        reader.resume();
    }
    for step in steps {
        match step {
            Step::Say { who, times, long } => {
                for _ in 0..times {
                    readers[who].say(long);
                }
            }
            Step::Drop(who) => readers[who].drop_line(),
            Step::Resume(who) => readers[who].resume(),
            Step::Take(who, most) => readers[who].take(most),
            Step::Reads(gate) => drop(history.reads.send_replace(gate)),
            Step::Appends(gate) => drop(history.gate.send_replace(gate)),
        }
        tokio::task::yield_now().await;
    }

    history.reads.send_replace(Gate::Open);
    history.gate.send_replace(Gate::Open);
    let log = tokio::time::timeout(LIMIT, async {
        loop {
            for reader in &mut readers {
                reader.resume();
                reader.take(usize::MAX);
            }
            let head = history.head(&RoomName::default()).await.unwrap().seq;
            if readers.iter().all(|reader| reader.is_done(head)) {
                break everything(&history, head).await;
            }
            tokio::task::yield_now().await;
        }
    });
    let log = log.await.expect("somebody never came to the end");

    for reader in &readers {
        let from = log.len() - reader.transcript.len();
        assert_eq!(reader.transcript, log[from..], "reader {}", reader.who);
        let nick = format!("läsare {}", reader.who);
        let own = log
            .iter()
            .filter(|e| matches!(&e.body, EntryBody::Said { nick: n, .. } if n.as_str() == nick));
        let ids: Vec<_> = own.map(|entry| entry.id.clone()).collect();
        assert_eq!(ids, reader.said, "all of it, once, in order");
    }
}

async fn everything(history: &Arc<HeldHistory>, head: Seq) -> Vec<Entry> {
    let bounds = Bounds {
        entries: usize::MAX,
        bytes: usize::MAX,
    };
    let page = history.read(&RoomName::default(), Span::Until(head), bounds);
    page.await.unwrap().entries
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everyone_reads_the_same_whatever_happens_on_the_way(steps in steps()) {
        actix::System::new().block_on(play(steps));
    }
}

/// A room in which `n` texts of `bytes` have been said, and who said them.
async fn talk(n: usize, bytes: usize) -> (Arc<HeldHistory>, Addr<ChatServer>, Visitor) {
    let (history, room) = roomy();
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    for n in 0..n {
        asa.say(&room, n, &"x".repeat(bytes));
    }
    for _ in 0..n {
        asa.entry().await;
    }
    (history, room, asa)
}

fn after(epoch: Epoch, seq: u64) -> Join {
    Join {
        after: Some(Position {
            epoch,
            seq: Seq(seq),
        }),
        ..join("Bo")
    }
}

/// What a visitor is shown who reads all that there is, and how much at a time.
async fn read(room: &Addr<ChatServer>, join: Join, until: Seq) -> (Welcome, Vec<Seq>, usize) {
    let mut bo = Reader::new(9, room);
    bo.position = join.after.clone();
    let door = room.clone().recipient();
    let (outflow, deliveries) = Visitor::knock(&door, 9_000, join, 600_000);
    bo.line = Some(Line {
        session: SessionId(9_000),
        speaker: None,
        outflow,
        deliveries,
    });
    let (mut welcome, mut largest) = (None, 0);
    loop {
        let delivery = next(&mut bo.line.as_mut().unwrap().deliveries).await;
        if let Deliver::Joined { frames, .. } = &delivery
            && let Some(ServerMessage::Welcome(first)) = decode(frames).pop_front()
        {
            bo.position = first.recovered.then(|| bo.position.clone()).flatten();
            welcome = Some(*first);
        }
        if let Deliver::Joined { frames, .. } | Deliver::Missed(frames) = &delivery {
            largest = largest.max(frames.bytes());
        }
        bo.took(delivery);
        if bo.position.as_ref().is_some_and(|p| p.seq == until) {
            let speaker = bo.line.take().and_then(|line| line.speaker);
            room.do_send(Leave(speaker.unwrap()));
            let seqs = bo.transcript.iter().map(|entry| entry.seq).collect();
            return (welcome.unwrap(), seqs, largest);
        }
    }
}

#[actix::test]
async fn more_than_a_page_is_missed_page_by_page_and_whole() {
    let (history, room, _asa) = talk(200, 4_000).await;
    let epoch = history.head(&RoomName::default()).await.unwrap().epoch;
    let (welcome, seqs, largest) = read(&room, after(epoch, 3), Seq(200)).await;
    assert!(welcome.recovered && welcome.entries.len() < 197);
    assert_eq!(welcome.missed, 197);
    assert_eq!(seqs, (4..=200).map(Seq).collect::<Vec<_>>());
    assert!(largest < 300_000, "{largest}");
}

#[actix::test]
async fn who_missed_too_much_is_told_so_and_gets_the_latest_page() {
    let (history, room, _asa) = talk(502, 10).await;
    let epoch = history.head(&RoomName::default()).await.unwrap().epoch;
    let (welcome, seqs, _) = read(&room, after(epoch.clone(), 2), Seq(502)).await;
    assert_eq!((welcome.recovered, welcome.missed), (true, 500));
    assert_eq!(seqs.len(), 500);

    let other = Epoch("another".into());
    for join in [after(epoch, 1), after(other, 500)] {
        let (welcome, seqs, _) = read(&room, join, Seq(502)).await;
        assert!(!welcome.recovered);
        assert_eq!((seqs.len(), welcome.more), (50, true));
    }
}

#[actix::test]
async fn too_much_said_while_the_welcome_is_read_is_read_in_turn() {
    // As much as a welcome holds.
    let (history, room, mut asa) = talk(100, 4_000).await;
    history.reads.send_replace(Gate::Shut);
    let mut bo = Reader::new(9, &room);
    bo.resume();
    // More than may be held for Bo.
    for n in 100..120 {
        asa.say(&room, n, &"😀".repeat(LONG / 4));
    }
    for _ in 100..120 {
        asa.entry().await;
    }
    history.reads.send_replace(Gate::Open);
    while bo.position.as_ref().is_none_or(|p| p.seq < Seq(120)) {
        let delivery = next(&mut bo.line.as_mut().unwrap().deliveries).await;
        bo.took(delivery);
    }
    assert_eq!(bo.transcript.len(), 70);
}

#[actix::test]
async fn what_is_said_while_a_page_is_read_gives_way_to_the_page() {
    let (history, room, mut asa) = talk(100, 4_000).await;
    history.reads.send_replace(Gate::Shut);
    let door = room.clone().recipient();
    let (outflow, mut deliveries) = Visitor::knock(&door, 9_000, join("Bo"), 600_000);
    // It fits, but not beside the fifty entries of the welcome.
    for n in 100..220 {
        asa.say(&room, n, &"x".repeat(4_000));
    }
    for _ in 100..220 {
        asa.entry().await;
    }
    history.reads.send_replace(Gate::Open);
    let Deliver::Joined {
        frames,
        author,
        behind,
        ..
    } = next(&mut deliveries).await
    else {
        panic!("sent away, though nothing came that could have been read")
    };
    assert!(behind);
    outflow.taken(frames.bytes());
    // The same, a page later.
    history.reads.send_replace(Gate::Shut);
    let session = SessionId(9_000);
    let bo = Speaker { author, session };
    room.do_send(ReadOn(messages::Reader::Member(bo.clone())));
    for n in 220..340 {
        asa.say(&room, n, &"x".repeat(4_000));
    }
    for _ in 220..340 {
        asa.entry().await;
    }
    history.reads.send_replace(Gate::Open);
    let mut shown = 100;
    while shown < 340 {
        let frames = match next(&mut deliveries).await {
            Deliver::Missed(frames) => {
                room.do_send(ReadOn(messages::Reader::Member(bo.clone())));
                frames
            }
            Deliver::Frames { frames, .. } => frames,
            other => panic!("{other:?}"),
        };
        outflow.taken(frames.bytes());
        for message in decode(&frames) {
            if let ServerMessage::Entry(entry) = message {
                shown += 1;
                assert_eq!(entry.seq, Seq(shown));
            }
        }
    }
}
