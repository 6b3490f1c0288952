//! The ChatServer driven by hand, with a history that the test holds back.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use shared::{Join, MessageId, MessageText, PageRequest, Seq};
use tokio::sync::{mpsc, watch};

use super::*;
use crate::clock::Clock;
use crate::fanout::Outflow;
use crate::history::{HistoryError, MemoryHistory, Page};
use crate::room::SessionId;

/// How long a test waits for what must happen.
const LIMIT: Duration = Duration::from_secs(10);

/// A history whose appends wait until the test lets them go, or fail.
struct HeldHistory {
    memory: MemoryHistory,
    batches: Mutex<VecDeque<usize>>,
    asked: watch::Sender<usize>,
    gate: watch::Sender<Gate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    Shut,
    Open,
    Failing,
    Panicking,
}

impl HeldHistory {
    fn new(gate: Gate) -> Arc<Self> {
        Arc::new(Self {
            memory: MemoryHistory::new(Clock::system()),
            batches: Mutex::default(),
            asked: watch::Sender::new(0),
            gate: watch::Sender::new(gate),
        })
    }

    /// Waits until `appends` appends have been asked for in all.
    async fn asked(&self, appends: usize) {
        let mut asked = self.asked.subscribe();
        let enough = asked.wait_for(|&n| n >= appends);
        tokio::time::timeout(LIMIT, enough)
            .await
            .expect("no append in time")
            .unwrap();
    }

    /// The sizes of the batches so far.
    fn batches(&self) -> Vec<usize> {
        self.batches.lock().unwrap().iter().copied().collect()
    }
}

impl History for HeldHistory {
    fn head(&self, room: &RoomName) -> BoxFuture<'static, Result<Head, HistoryError>> {
        self.memory.head(room)
    }

    fn append(
        &self,
        room: &RoomName,
        drafts: Vec<Draft>,
    ) -> BoxFuture<'static, Result<Vec<Appended>, HistoryError>> {
        self.batches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(drafts.len());
        self.asked.send_modify(|n| *n += 1);
        let mut gate = self.gate.subscribe();
        let append = self.memory.append(room, drafts);
        Box::pin(async move {
            let gate = *gate.wait_for(|gate| *gate != Gate::Shut).await.unwrap();
            match gate {
                Gate::Failing => Err(HistoryError::Storage("the disk is full".into())),
                Gate::Panicking => panic!("a fault of the room's own"),
                _ => append.await,
            }
        })
    }

    fn read(
        &self,
        room: &RoomName,
        span: Span,
        bounds: Bounds,
    ) -> BoxFuture<'static, Result<Page, HistoryError>> {
        self.memory.read(room, span, bounds)
    }
}

/// Stands where a session would: keeps what the room sends.
struct Probe {
    deliveries: mpsc::UnboundedSender<Deliver>,
}

impl Actor for Probe {
    type Context = Context<Self>;
}

impl Handler<Deliver> for Probe {
    type Result = ();

    fn handle(&mut self, delivery: Deliver, _: &mut Self::Context) {
        let _ = self.deliveries.send(delivery);
    }
}

/// A member of the room, by way of a probe.
struct Visitor {
    speaker: Speaker,
    token: Token,
    outflow: Arc<Outflow>,
    deliveries: mpsc::UnboundedReceiver<Deliver>,
    queue: VecDeque<ServerMessage>,
    answered: u32,
}

impl Visitor {
    /// Sends `Enter`, and waits for nothing.
    fn knock(
        room: &Recipient<Enter>,
        session: u64,
        join: Join,
        queue_bytes: usize,
    ) -> (Arc<Outflow>, mpsc::UnboundedReceiver<Deliver>) {
        let (sender, deliveries) = mpsc::unbounded_channel();
        let probe = Probe { deliveries: sender }.start();
        let outflow = Arc::new(Outflow::new(queue_bytes));
        let seat = Seat::new(SessionId(session), probe.recipient(), outflow.clone());
        room.do_send(Enter { join, seat });
        (outflow, deliveries)
    }

    async fn enter(room: &Addr<ChatServer>, session: u64, nick: &str) -> Self {
        Self::enter_with(room, session, join(nick), usize::MAX).await
    }

    async fn enter_with(
        room: &Addr<ChatServer>,
        session: u64,
        join: Join,
        queue_bytes: usize,
    ) -> Self {
        let (outflow, mut deliveries) =
            Self::knock(&room.clone().recipient(), session, join, queue_bytes);
        let (frames, author) = match next(&mut deliveries).await {
            Deliver::Joined { frames, author, .. } => (frames, author),
            other => panic!("{other:?}"),
        };
        outflow.taken(frames.bytes());
        let mut queue = decode(&frames);
        let Some(ServerMessage::Welcome(welcome)) = queue.pop_front() else {
            panic!("no welcome")
        };
        let speaker = Speaker {
            author,
            session: SessionId(session),
        };
        let token = welcome.token;
        Self {
            speaker,
            token,
            outflow,
            deliveries,
            queue,
            answered: 0,
        }
    }

    fn say(&self, room: &Addr<ChatServer>, number: usize, text: &str) {
        room.do_send(Say {
            from: self.speaker.clone(),
            id: id(number),
            text: message(text),
        });
    }

    async fn message(&mut self) -> ServerMessage {
        loop {
            if let Some(message) = self.queue.pop_front() {
                return message;
            }
            match next(&mut self.deliveries).await {
                Deliver::Frames { frames, answered } => {
                    self.outflow.taken(frames.bytes());
                    self.answered += answered;
                    self.queue.extend(decode(&frames));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    async fn entry(&mut self) -> Entry {
        loop {
            if let ServerMessage::Entry(entry) = self.message().await {
                return entry;
            }
        }
    }

    async fn refused(&mut self) -> Refused {
        loop {
            if let ServerMessage::Refused(refused) = self.message().await {
                return refused;
            }
        }
    }

    async fn closed(&mut self) -> CloseCode {
        loop {
            if let Deliver::Close(code) = next(&mut self.deliveries).await {
                return code;
            }
        }
    }

    /// Whether an entry is among what has come so far.
    fn shown_anything(&mut self) -> bool {
        while let Ok(delivery) = self.deliveries.try_recv() {
            if let Deliver::Frames { frames, .. } = delivery {
                self.queue.extend(decode(&frames));
            }
        }
        self.queue
            .iter()
            .any(|m| matches!(m, ServerMessage::Entry(_)))
    }
}

async fn next(deliveries: &mut mpsc::UnboundedReceiver<Deliver>) -> Deliver {
    let next = tokio::time::timeout(LIMIT, deliveries.recv());
    next.await
        .expect("nothing came in time")
        .expect("the room is gone")
}

fn decode(frames: &Frames) -> VecDeque<ServerMessage> {
    frames
        .texts()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect()
}

fn join(nick: &str) -> Join {
    let nick = Nick::new(nick).unwrap();
    Join {
        nick,
        room: RoomName::default(),
        token: None,
        after: None,
    }
}

fn id(number: usize) -> MessageId {
    MessageId::new(format!("room-test-{number:012}")).unwrap()
}

fn message(text: &str) -> MessageText {
    MessageText::new(text).unwrap()
}

fn config() -> RoomConfig {
    RoomConfig {
        pending: BatchBounds {
            entries: 8,
            bytes: 1024,
        },
        limits: Limits {
            text_chars: 4000,
            text_bytes: 16384,
            in_flight: 16,
            page_entries: 100,
        },
    }
}

fn room(history: &Arc<HeldHistory>) -> Addr<ChatServer> {
    ChatServer::new(RoomName::default(), config(), history.clone()).start()
}

/// Waits until the room has handled all that was sent to it before.
async fn settled(room: &Addr<ChatServer>, by: &mut Visitor) {
    let request = PageRequest {
        anchor: shared::Anchor::Before(Seq(1)),
        limit: 1,
    };
    room.do_send(ReadPage {
        from: by.speaker.clone(),
        request,
    });
    let mut passed = VecDeque::new();
    loop {
        match by.message().await {
            ServerMessage::Page { .. } => break,
            other => passed.push_back(other),
        }
    }
    passed.append(&mut by.queue);
    by.queue = passed;
}

#[actix::test]
async fn nobody_is_shown_a_message_before_it_is_stored() {
    let history = HeldHistory::new(Gate::Shut);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    let mut bo = Visitor::enter(&room, 2, "Bo").await;
    asa.say(&room, 1, "hej");
    history.asked(1).await;
    settled(&room, &mut asa).await;
    settled(&room, &mut bo).await;
    assert!(!asa.shown_anything() && !bo.shown_anything());
    history.gate.send_replace(Gate::Open);
    assert_eq!(bo.entry().await, asa.entry().await);
}

#[actix::test]
async fn one_append_is_under_way_and_the_rest_is_the_next_batch() {
    let history = HeldHistory::new(Gate::Shut);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    for n in 0..6 {
        asa.say(&room, n, "hej");
    }
    history.asked(1).await;
    settled(&room, &mut asa).await;
    assert_eq!(history.batches(), [1], "the first alone, at once");
    history.gate.send_replace(Gate::Open);
    for n in 0..6 {
        let entry = asa.entry().await;
        assert_eq!((entry.seq, entry.id), (Seq(n as u64 + 1), id(n)));
    }
    assert_eq!(history.batches(), [1, 5]);
}

#[actix::test]
async fn a_room_with_too_much_to_store_says_busy_and_loses_nothing() {
    let history = HeldHistory::new(Gate::Shut);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    // One on its way, eight that wait, and more.
    for n in 0..12 {
        asa.say(&room, n, "hej");
    }
    for n in 9..12 {
        let refused = asa.refused().await;
        assert_eq!(refused.code, RefusalCode::Busy);
        assert_eq!(refused.id.as_deref(), Some(id(n).as_str()));
        assert!(refused.retry_after_ms.is_some());
    }
    history.gate.send_replace(Gate::Open);
    for n in 0..9 {
        assert_eq!(asa.entry().await.id, id(n));
    }
    asa.say(&room, 9, "hej");
    assert_eq!(asa.entry().await.seq, Seq(10));
}

#[actix::test]
async fn the_bytes_that_wait_are_bounded_too() {
    let history = HeldHistory::new(Gate::Shut);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    let long = "x".repeat(600);
    for n in 0..3 {
        asa.say(&room, n, &long);
    }
    assert_eq!(asa.refused().await.id.as_deref(), Some(id(2).as_str()));
}

#[actix::test]
async fn every_request_is_answered_once() {
    let history = HeldHistory::new(Gate::Open);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    let _bo = Visitor::enter(&room, 2, "Bo").await;
    asa.say(&room, 1, "hej");
    asa.entry().await;
    asa.say(&room, 1, "hej");
    asa.entry().await;
    let from = asa.speaker.clone();
    let rename = |nick: &str| Rename {
        from: from.clone(),
        nick: Nick::new(nick).unwrap(),
    };
    room.do_send(rename("Bo"));
    asa.refused().await;
    room.do_send(rename("Cy"));
    settled(&room, &mut asa).await;
    assert_eq!(asa.answered, 5);
}

#[actix::test]
async fn a_storage_that_fails_refuses_and_keeps_everyone() {
    let history = HeldHistory::new(Gate::Failing);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    asa.say(&room, 1, "hej");
    let refused = asa.refused().await;
    assert_eq!(
        (refused.code, refused.id.as_deref()),
        (RefusalCode::Unavailable, Some(id(1).as_str()))
    );
    assert!(refused.retry_after_ms.is_some());
    history.gate.send_replace(Gate::Open);
    asa.say(&room, 1, "hej");
    assert_eq!(asa.entry().await.seq, Seq(1));
}

#[actix::test]
async fn a_room_that_dies_sends_everyone_away_to_come_back() {
    let history = HeldHistory::new(Gate::Panicking);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    let mut bo = Visitor::enter(&room, 2, "Bo").await;
    asa.say(&room, 1, "hej");
    assert_eq!(asa.closed().await, CloseCode::Failure);
    assert_eq!(bo.closed().await, CloseCode::Failure);
    assert!(!room.connected());
}

#[actix::test]
async fn a_room_that_died_is_started_anew() {
    let history = HeldHistory::new(Gate::Panicking);
    let rooms = crate::rooms::Rooms::new([RoomName::default()], config(), history.clone()).start();
    let door = rooms.recipient();
    let (_, mut deliveries) = Visitor::knock(&door, 1, join("Åsa"), usize::MAX);
    let Deliver::Joined { room, author, .. } = next(&mut deliveries).await else {
        panic!()
    };
    let from = Speaker {
        author,
        session: SessionId(1),
    };
    room.do_send(Say {
        from,
        id: id(1),
        text: message("hej"),
    });
    while !matches!(
        next(&mut deliveries).await,
        Deliver::Close(CloseCode::Failure)
    ) {}

    history.gate.send_replace(Gate::Open);
    let (_, mut deliveries) = Visitor::knock(&door, 2, join("Åsa"), usize::MAX);
    let Deliver::Joined { room, author, .. } = next(&mut deliveries).await else {
        panic!()
    };
    let from = Speaker {
        author,
        session: SessionId(2),
    };
    room.do_send(Say {
        from,
        id: id(1),
        text: message("hej"),
    });
    assert!(matches!(
        next(&mut deliveries).await,
        Deliver::Frames { .. }
    ));
}

#[actix::test]
async fn a_visitor_who_is_never_reached_leaves_no_trace() {
    let history = HeldHistory::new(Gate::Open);
    let room = room(&history);
    let (_, deliveries) = Visitor::knock(&room.clone().recipient(), 1, join("Åsa"), usize::MAX);
    drop(deliveries);
    room.do_send(Abandon {
        room: RoomName::default(),
        session: SessionId(1),
    });
    let again = Visitor::enter(&room, 2, "Åsa").await;
    assert_eq!(again.speaker.session, SessionId(2));
}

#[actix::test]
async fn what_comes_while_a_welcome_is_read_comes_after_it() {
    let history = HeldHistory::new(Gate::Open);
    let room = room(&history);
    let asa = Visitor::enter(&room, 1, "Åsa").await;
    // The room handles all of these before any read can resolve.
    let (_, mut deliveries) = Visitor::knock(&room.clone().recipient(), 2, join("Bo"), usize::MAX);
    for n in 0..5 {
        asa.say(&room, n, "hej");
    }
    let Deliver::Joined { frames, .. } = next(&mut deliveries).await else {
        panic!("something came before welcome")
    };
    let Some(ServerMessage::Welcome(welcome)) = decode(&frames).pop_front() else {
        panic!()
    };
    let mut expected = welcome.position.seq;
    let mut seen = welcome.entries.len();
    while seen < 5 {
        if let Deliver::Frames { frames, .. } = next(&mut deliveries).await {
            for message in decode(&frames) {
                if let ServerMessage::Entry(entry) = message {
                    expected = expected.next();
                    assert_eq!(entry.seq, expected);
                    seen += 1;
                }
            }
        }
    }
}

#[actix::test]
async fn the_stale_connection_is_closed_and_cannot_speak() {
    let history = HeldHistory::new(Gate::Open);
    let room = room(&history);
    let mut stale = Visitor::enter(&room, 1, "Åsa").await;
    let again = Join {
        token: Some(stale.token.clone()),
        ..join("Åsa")
    };
    let mut fresh = Visitor::enter_with(&room, 2, again, usize::MAX).await;
    assert_eq!(fresh.speaker.author, stale.speaker.author);
    assert_eq!(stale.closed().await, CloseCode::TakenOver);
    stale.say(&room, 1, "från den gamla");
    room.do_send(Leave(stale.speaker.clone()));
    fresh.say(&room, 2, "från den nya");
    assert_eq!(fresh.entry().await.id, id(2));
}

#[actix::test]
async fn a_reader_that_falls_behind_is_closed_and_the_others_are_told() {
    let history = HeldHistory::new(Gate::Open);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    let mut slow = Visitor::enter_with(&room, 2, join("Trög"), 4 * 1024).await;
    // The probe takes what comes, but the queue is never said to have been emptied.
    let mut said = 0;
    asa.say(&room, said, &"x".repeat(900));
    // Who came and went within one gathering of notices is counted, not named.
    loop {
        match asa.message().await {
            ServerMessage::Entry(_) if said < 6 => {
                said += 1;
                asa.say(&room, said, &"x".repeat(900));
            }
            ServerMessage::Presence(presence)
                if presence.online == 1 && slow.outflow.is_condemned() =>
            {
                break;
            }
            _ => {}
        }
    }
    assert_eq!(slow.closed().await, CloseCode::TooSlow);
}

#[actix::test]
async fn a_drain_stores_what_was_accepted_and_lets_nobody_in() {
    let history = HeldHistory::new(Gate::Shut);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    for n in 0..3 {
        asa.say(&room, n, "hej");
    }
    history.asked(1).await;
    settled(&room, &mut asa).await;
    let draining = actix::spawn(room.send(Drain));
    let (_, mut late) = Visitor::knock(&room.clone().recipient(), 2, join("Bo"), usize::MAX);
    assert!(matches!(
        next(&mut late).await,
        Deliver::Close(CloseCode::GoingAway)
    ));
    history.gate.send_replace(Gate::Open);
    for n in 0..3 {
        assert_eq!(asa.entry().await.id, id(n));
    }
    assert_eq!(asa.closed().await, CloseCode::GoingAway);
    tokio::time::timeout(LIMIT, draining)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[actix::test]
async fn an_entry_is_said_by_the_author_not_by_the_nick() {
    let history = HeldHistory::new(Gate::Open);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    asa.say(&room, 1, "hej");
    let entry = asa.entry().await;
    assert_eq!(entry.author, asa.speaker.author);
    room.do_send(Leave(asa.speaker.clone()));
    let other = Visitor::enter(&room, 2, "Åsa").await;
    assert_ne!(other.speaker.author, entry.author);
}
