//! Rooms, a worker and real sockets, without sessions.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::FutureExt as _;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;

/// How long a test waits for what must happen.
const LIMIT: Duration = Duration::from_secs(10);

/// Bytes that a reader may be behind.
const QUEUE: usize = 64 * 1024;

/// What a session is told.
#[derive(Debug, PartialEq, Eq, Message)]
#[rtype(result = "()")]
enum Note {
    Own(&'static str),
    Answered(u32),
    TooSlow,
}

impl Parcel for Note {
    fn take_frames(&mut self) -> Frames {
        match self {
            Self::Own(text) => Frames::encode(&[text]),
            _ => Frames::default(),
        }
    }

    fn answered(requests: u32) -> Self {
        Self::Answered(requests)
    }

    fn too_slow() -> Self {
        Self::TooSlow
    }
}

struct Probe(mpsc::UnboundedSender<Note>);

impl Actor for Probe {
    type Context = Context<Self>;
}

impl Handler<Note> for Probe {
    type Result = ();

    fn handle(&mut self, note: Note, _: &mut Self::Context) {
        let _ = self.0.send(note);
    }
}

/// Both ends of a connection: the peer's socket, and where a session would stand.
struct Line {
    peer: TcpStream,
    post: Post<Note>,
    notes: mpsc::UnboundedReceiver<Note>,
}

impl Line {
    async fn open(hub: &Hub<Note>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap());
        let (peer, accepted) = tokio::join!(peer, listener.accept());
        let (line, _) = hub.open(accepted.unwrap().0);
        let (sender, notes) = mpsc::unbounded_channel();
        let outflow = Arc::new(Outflow::new(QUEUE));
        let session = Probe(sender).start().recipient();
        Self {
            peer: peer.unwrap(),
            post: hub.post(line, session, outflow),
            notes,
        }
    }

    async fn note(&mut self) -> Note {
        let note = tokio::time::timeout(LIMIT, self.notes.recv());
        note.await.expect("nothing came in time").unwrap()
    }

    /// Reads so many short texts.
    async fn texts(&mut self, count: usize) -> String {
        let read = async {
            let mut texts = String::new();
            for _ in 0..count {
                assert_eq!(self.peer.read_u8().await.unwrap(), 0x81, "a whole text");
                let mut text = vec![0; self.peer.read_u8().await.unwrap().into()];
                self.peer.read_exact(&mut text).await.unwrap();
                texts.push_str(std::str::from_utf8(&text).unwrap());
            }
            texts
        };
        let read = tokio::time::timeout(LIMIT, read);
        read.await.expect("nothing came in time")
    }
}

fn cast(audience: &Arc<Audience<Note>>, text: &str) {
    audience.cast(&Frames::encode(&[text]), &[]);
}

#[actix::test]
async fn all_who_follow_are_sent_the_same_and_each_its_own_in_between() {
    let hub = Hub::start(true);
    let audience = Arc::new(Audience::default());
    let (mut one, mut other) = (Line::open(&hub).await, Line::open(&hub).await);
    cast(&audience, "nobody's");
    let following = one.post.follow(&audience).unwrap();
    cast(&audience, "a");
    let _other = other.post.follow(&audience);
    assert_eq!(audience.followers(), 2);
    one.post.send(Note::Own("own"));
    cast(&audience, "b");
    drop(following);
    cast(&audience, "c");
    one.post.send(Note::Own("last"));
    assert_eq!(one.texts(4).await, r#""a""own""b""last""#);
    assert_eq!(other.texts(2).await, r#""b""c""#);
    assert_eq!(one.note().await, Note::Own("own"), "once it was written");
    assert_eq!(audience.followers(), 1);
}

#[actix::test]
async fn writers_are_told_how_much_was_answered() {
    for writers_first in [true, false] {
        let hub = Hub::start(writers_first);
        let audience = Arc::new(Audience::default());
        let mut writer = Line::open(&hub).await;
        let following = writer.post.follow(&audience).unwrap();
        audience.cast(&Frames::encode(&["a", "b"]), &[(&following, 2)]);
        assert_eq!(writer.note().await, Note::Answered(2));
        assert_eq!(writer.texts(2).await, r#""a""b""#);
    }
}

#[actix::test]
async fn rooms_on_one_worker_do_not_hear_each_other() {
    let hub = Hub::start(true);
    let rooms = [Arc::new(Audience::default()), Arc::new(Audience::default())];
    let mut lines = [Line::open(&hub).await, Line::open(&hub).await];
    let _following = [
        lines[0].post.follow(&rooms[0]),
        lines[1].post.follow(&rooms[1]),
    ];
    cast(&rooms[0], "here");
    cast(&rooms[1], "there");
    assert_eq!(lines[0].texts(1).await, r#""here""#);
    assert_eq!(lines[1].texts(1).await, r#""there""#);
}

#[actix::test]
async fn who_reads_nothing_is_sent_away_and_holds_nobody_up() {
    let hub = Hub::start(true);
    let audience = Arc::new(Audience::default());
    let (mut fast, mut slow) = (Line::open(&hub).await, Line::open(&hub).await);
    let _fast = fast.post.follow(&audience);
    let _slow = slow.post.follow(&audience);
    let text = "*".repeat(16_000);
    let frame = text.len() + 2 + 4;
    // More than the kernel takes for a line that is not read from, and then some.
    for _ in 0..2_000 {
        cast(&audience, &text);
        let mut read = vec![0; frame];
        let read = tokio::time::timeout(LIMIT, fast.peer.read_exact(&mut read));
        read.await.expect("held up").unwrap();
        let room = tokio::time::timeout(LIMIT, audience.caught_up());
        room.await.expect("the room waits for who reads nothing");
        if let Ok(note) = slow.notes.try_recv() {
            return assert_eq!(note, Note::TooSlow);
        }
    }
    panic!("still there");
}

#[test]
fn a_room_waits_for_its_workers_and_no_longer() {
    let audience = Arc::new(Audience::<Note>::default());
    let load = |bytes| audience::Load::new(audience.clone(), bytes);
    let some = load(audience::BEHIND);
    assert!(!audience.is_behind());
    let more = Arc::new(load(1));
    let elsewhere = more.clone();
    let mut caught_up = Box::pin(audience.caught_up());
    assert!(caught_up.as_mut().now_or_never().is_none());
    drop(more);
    assert!(audience.is_behind(), "another worker has not come so far");
    drop(elsewhere);
    assert!(caught_up.now_or_never().is_some());
    drop(some);
}
