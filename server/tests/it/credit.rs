//! Backpressure inwards: a writer faster than the disk is read from no faster than the disk writes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use realtid::Clock;
use realtid::history::{
    Appended, Bounds, Draft, Head, History, HistoryError, MemoryHistory, Page, Span,
};
use serde_json::json;
use shared::RoomName;
use tokio::sync::watch;

use crate::client::{Client, LIMIT, id};
use crate::raw::{Frame, Raw};
use crate::server::{TestServer, in_memory};

/// Holds every append back until it is let go, and keeps the sizes of the batches.
struct HeldHistory {
    memory: MemoryHistory,
    batches: watch::Sender<Vec<usize>>,
    open: watch::Sender<bool>,
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
            .send_modify(|batches| batches.push(drafts.len()));
        let mut open = self.open.subscribe();
        let append = self.memory.append(room, drafts);
        Box::pin(async move {
            open.wait_for(|open| *open).await.unwrap();
            append.await
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

fn held() -> Arc<HeldHistory> {
    Arc::new(HeldHistory {
        memory: MemoryHistory::new(Clock::system()),
        batches: watch::Sender::new(Vec::new()),
        open: watch::Sender::new(false),
    })
}

#[tokio::test]
async fn who_is_held_up_does_not_count_as_silent() {
    let history = held();
    let mut config = in_memory();
    config.limits.limit_in_flight = 1;
    config.limits.ping_interval = Duration::from_millis(50);
    config.limits.silence_timeout = Duration::from_millis(200);
    let server = TestServer::with_history(config, history.clone());
    let (mut writer, _) = Client::join(&server.ws(), "Ivrig").await;
    writer.say(1, "hej").await;
    let mut batches = history.batches.subscribe();
    tokio::time::timeout(LIMIT, batches.wait_for(|b| !b.is_empty()))
        .await
        .unwrap()
        .unwrap();
    // Long enough for one who could be heard, and is not, to be sent away.
    let mut silent = Raw::open(server.address, "/ws");
    let end = std::iter::repeat_with(|| silent.read()).find(|f| !matches!(f, Frame::Ping(_)));
    assert_eq!(end, Some(Frame::Close(Some(4001))));
    history.open.send_replace(true);
    assert_eq!(writer.entry().await.id.as_str(), id(1));
}

#[tokio::test]
async fn a_writer_has_no_more_under_way_than_the_credit_and_loses_nothing() {
    const MESSAGES: usize = 3_000;
    let history = held();
    let server = TestServer::with_history(in_memory(), history.clone());
    let (mut eager, welcome) = Client::join(&server.ws(), "Ivrig").await;
    let credit = welcome.limits.in_flight;

    let writing = tokio::spawn(async move {
        let text = "x".repeat(1_000);
        for n in 0..MESSAGES {
            eager.say(n, &text).await;
        }
        eager
    });
    let mut batches = history.batches.subscribe();
    tokio::time::timeout(LIMIT, batches.wait_for(|b| !b.is_empty()))
        .await
        .unwrap()
        .unwrap();

    // Others are served meanwhile, as far as nothing is to be stored.
    let (mut other, _) = Client::join(&server.ws(), "Annan").await;
    other.send(json!({ "type": "page", "before": 1 })).await;
    other
        .find(|m| matches!(m, shared::ServerMessage::Page { .. }).then_some(()))
        .await;
    assert_eq!(*history.batches.borrow(), [1]);

    history.open.send_replace(true);
    let mut eager = tokio::time::timeout(LIMIT, writing).await.unwrap().unwrap();
    for n in 0..MESSAGES {
        assert_eq!(eager.entry().await.id.as_str(), id(n));
    }
    let largest = history.batches.borrow().iter().copied().max().unwrap();
    assert!((1..=credit).contains(&largest), "{largest}");
    assert_eq!(
        history.batches.borrow().iter().sum::<usize>(),
        MESSAGES,
        "none refused, none twice"
    );
}
