//! How often comings and goings are told, and what a storm of joins costs. The clock is tokio's,
//! stopped: it moves on by itself, to the next timer, when nobody has anything left to do.

use shared::limits::PRESENCE_NAMES;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, sleep_until};

use super::*;

/// Longer than a room rests.
const QUIET: Duration = Duration::from_secs(60);

/// What a crowd was sent.
struct Storm {
    /// Frames in all.
    frames: usize,
    /// When presence was told, and how many were here then.
    tellings: Vec<(Duration, u32)>,
}

/// Somebody comes.
fn come(room: &Addr<ChatServer>, n: u32) -> UnboundedReceiver<Deliver> {
    let (door, nick) = (room.clone().recipient(), format!("n{n:04}"));
    Visitor::knock(&door, u64::from(n), join(&nick), usize::MAX).1
}

/// So many come, evenly over `time`, and stay.
async fn storm(members: u32, time: Duration) -> Storm {
    let (room, start) = (room(&HeldHistory::new(Gate::Open)), Instant::now());
    let first = actix::spawn(heard(come(&room, 0), members, start));
    let mut others = Vec::new();
    for n in 1..members {
        sleep_until(start + time * n / members).await;
        others.push(come(&room, n));
    }
    let tellings = first.await.unwrap();
    sleep(QUIET).await;
    let sent = others.iter_mut().map(frames_sent).sum::<usize>();
    Storm {
        frames: 1 + tellings.len() + sent,
        tellings,
    }
}

/// What one hears of presence, and when, until all are there.
async fn heard(
    mut deliveries: UnboundedReceiver<Deliver>,
    members: u32,
    start: Instant,
) -> Vec<(Duration, u32)> {
    assert!(matches!(
        next(&mut deliveries).await,
        Deliver::Joined { .. }
    ));
    let mut tellings = Vec::new();
    while tellings.last().is_none_or(|(_, online)| *online < members) {
        let Deliver::Frames { frames, .. } = next(&mut deliveries).await else {
            panic!("sent away")
        };
        let Some(ServerMessage::Presence(presence)) = decode(&frames).pop_front() else {
            panic!("no presence")
        };
        assert!(presence.joined.len() <= PRESENCE_NAMES);
        tellings.push((start.elapsed(), presence.online));
    }
    tellings
}

/// The frames that wait to be read.
fn frames_sent(deliveries: &mut UnboundedReceiver<Deliver>) -> usize {
    let mut sent = 0;
    while let Ok(Deliver::Joined { frames, .. } | Deliver::Frames { frames, .. }) =
        deliveries.try_recv()
    {
        sent += frames.texts().count();
    }
    sent
}

#[actix::test]
async fn a_storm_of_joins_costs_four_frames_each_at_most() {
    tokio::time::pause();
    for seconds in [1, 3, 10] {
        let storm = storm(5_000, Duration::from_secs(seconds)).await;
        let frames = storm.frames;
        assert!(frames <= 4 * 5_000, "{seconds} s: {frames} frames");
    }
}

#[actix::test]
async fn who_trickle_in_cost_a_thousand_frames_a_second_at_most() {
    tokio::time::pause();
    let storm = storm(1_000, Duration::from_secs(100)).await;
    assert!(storm.tellings.len() > 100, "they are told of");
    for ((before, _), (at, online)) in storm.tellings.iter().zip(&storm.tellings[1..]) {
        let paid = Duration::from_millis(u64::from(*online).max(200));
        assert!(*at - *before >= paid, "{before:?} {at:?} {online}");
    }
}

#[actix::test]
async fn who_comes_to_a_quiet_crowd_is_told_of_soon() {
    tokio::time::pause();
    let room = room(&HeldHistory::new(Gate::Open));
    let mut asa = Visitor::enter(&room, 1_000, "Åsa").await;
    let _crowd: Vec<_> = (0..999).map(|n| come(&room, n)).collect();
    while asa.presence().await.online < 1_000 {}
    sleep(QUIET).await;
    let (_late, came) = (come(&room, 999), Instant::now());
    assert_eq!(asa.presence().await.online, 1_001);
    assert!(came.elapsed() < Duration::from_millis(300));
}

#[actix::test]
async fn a_server_may_tell_nothing_of_presence() {
    tokio::time::pause();
    let config = RoomConfig {
        presence_ms: 0,
        ..config()
    };
    let stores = stores(&HeldHistory::new(Gate::Open));
    let room = ChatServer::new(RoomName::default(), config, stores).start();
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    let bo = Visitor::enter(&room, 2, "Bo").await;
    assert_eq!(bo.online, 2, "a welcome still does");
    room.do_send(Typing(bo.speaker.clone()));
    room.do_send(Leave(bo.speaker));
    sleep(QUIET).await;
    asa.say(&room, 1, "hej");
    assert!(matches!(asa.message().await, ServerMessage::Entry(_)));
}
