//! The transcript of a room over plain HTTP: what is shown, to whom, and how much of it.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use realtid::history::{
    Appended, Bounds, Draft, Head, History, HistoryError, MemoryHistory, Page, Span,
};
use realtid::{ChatConfig, Clock};
use serde_json::json;
use shared::RoomName;

use crate::client::Client;
use crate::server::{TestServer, in_memory, limited};
use crate::site::{ask, body, built_site, get, header, serving_with};

const LOBBY: &str = "/rooms/lobby/transcript";

fn with_transcripts() -> ChatConfig {
    ChatConfig {
        transcript: true,
        ..in_memory()
    }
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

/// Has somebody say the numbers from 1 on.
async fn count(server: &TestServer, to: usize) {
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    for number in 1..=to {
        asa.say(number, &format!("nr {number}.")).await;
        asa.entry().await;
    }
}

/// The numbers on a page, the first and the last.
fn numbers(page: &str) -> (usize, usize) {
    let numbers: Vec<usize> = page
        .split("nr ")
        .skip(1)
        .map(|rest| rest.split_once('.').unwrap().0.parse().unwrap())
        .collect();
    let (first, last) = (numbers[0], *numbers.last().unwrap());
    assert_eq!(numbers, (first..=last).collect::<Vec<_>>());
    (first, last)
}

/// Where a page leads to by a relation.
fn link<'a>(page: &'a str, rel: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("<a rel=\"{rel}\" href=\""))?;
    rest.split_once('"').map(|(address, _)| address)
}

#[tokio::test]
async fn what_was_said_can_be_read_without_a_program() {
    let server = TestServer::with(with_transcripts());
    let (mut asa, _) = Client::join(&server.ws(), "Åsa & co").await;
    asa.say(1, "<b>hej</b>\nalla").await;
    asa.entry().await;
    let answer = ask(server.address, "GET", LOBBY, &[]);
    assert_eq!(status(&answer), "200", "{answer}");
    let page = body(&answer);
    assert!(page.contains("<b><bdi>Åsa &amp; co</bdi></b>"), "{page}");
    assert!(page.contains("<p dir=\"auto\">&lt;b&gt;hej&lt;/b&gt;<br>alla</p>"));
    assert_eq!(
        header(&answer, "Content-Type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(header(&answer, "X-Robots-Tag"), Some("noindex"));
    assert_eq!(header(&answer, "Cache-Control"), Some("no-store"));
    let policy = header(&answer, "Content-Security-Policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    let head = ask(server.address, "HEAD", LOBBY, &[]);
    assert_eq!((status(&head), body(&head)), ("200", ""));
    let post = ask(server.address, "POST", LOBBY, &[]);
    assert_eq!(status(&post), "405");
    assert_eq!(header(&post, "Allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn the_latest_page_leads_to_all_others_and_back() {
    let server = TestServer::with(with_transcripts());
    count(&server, 250).await;
    let page = |query: &str| get(server.address, &format!("/rooms/lobby/{query}"), "*/*");
    let latest = page("transcript");
    assert_eq!(numbers(&latest), (151, 250));
    assert_eq!(link(&latest, "next"), None);
    let older = link(&latest, "prev").unwrap();
    assert_eq!(older, "transcript?before=151");
    let middle = page(older);
    assert_eq!(numbers(&middle), (51, 150));
    let oldest = page(link(&middle, "prev").unwrap());
    assert_eq!(numbers(&oldest), (1, 50));
    assert_eq!(link(&oldest, "prev"), None);
    let newer = page(link(&oldest, "next").unwrap());
    assert_eq!(numbers(&newer), (51, 150));
    let newest = page(link(&newer, "next").unwrap());
    assert_eq!(numbers(&newest), (151, 250));
    assert_eq!(link(&newest, "next"), None);
    assert_eq!(link(&newest, "prev"), Some("transcript?before=151"));
    // Beyond the end.
    assert_eq!(numbers(&page("transcript?before=1000")), (151, 250));
    let behind = page("transcript?after=1000");
    assert!(behind.contains("nothing to read here"), "{behind}");
}

#[tokio::test]
async fn a_page_of_long_texts_is_no_longer_than_a_page_of_the_chat() {
    let server = TestServer::with(with_transcripts());
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    for number in 1..=30 {
        let text = format!("nr {number}.{}", "å".repeat(3_900));
        asa.say(number, &text).await;
        asa.entry().await;
        asa.say(1_000 + number, &"😀".repeat(4_000)).await;
        asa.entry().await;
    }
    let latest = get(server.address, LOBBY, "*/*");
    assert!(latest.len() < 300 * 1024, "{}", latest.len());
    let (first, last) = numbers(&latest);
    assert!(first > 1 && last == 30);
    let path = format!("/rooms/lobby/{}", link(&latest, "prev").unwrap());
    let older = get(server.address, &path, "*/*");
    let (_, before) = numbers(&older);
    assert_eq!(before, first - 1, "nothing between them is left out");
}

#[test]
fn there_is_none_unless_the_owner_wants_it() {
    let server = TestServer::start();
    assert_eq!(status(&get(server.address, LOBBY, "text/html")), "404");
    // Nor is it one of the site's own pages.
    let site = built_site();
    let server = serving_with(&site, in_memory());
    let answer = get(server.address, LOBBY, "text/html");
    assert_eq!(status(&answer), "404");
    assert!(!answer.contains("min sida"), "{answer}");
}

#[tokio::test]
async fn rooms_that_visitors_opened_have_none_and_cannot_be_found_out() {
    let mut config = with_transcripts();
    config.open_rooms = true;
    config.rooms.push(RoomName::new("course").unwrap());
    let server = TestServer::with(config);
    let mut bo = Client::connect(&server.ws()).await;
    bo.send(json!({ "type": "join", "nick": "Bo", "room": "secret" }))
        .await;
    bo.welcome().await;
    bo.say(1, "hemligt").await;
    bo.entry().await;
    let of = |room: &str| get(server.address, &format!("/rooms/{room}/transcript"), "*/*");
    let unknown = of("unknown");
    assert_eq!(status(&unknown), "404");
    assert_eq!(body(&of("secret")), body(&unknown));
    for bad in ["No%20Such", "..", "%2e%2e", "%ff", "-"] {
        assert_eq!(status(&of(bad)), "404", "{bad}");
    }
    let empty = of("course");
    assert_eq!(status(&empty), "200");
    assert!(empty.contains("nothing to read here"), "{empty}");
}

#[test]
fn a_place_that_is_none_is_explained() {
    let server = TestServer::with(with_transcripts());
    for query in [
        "before=",
        "before=0",
        "before=-1",
        "before=x",
        "after=1.5",
        "before=99999999999999999999",
        "before=5&after=2",
        "before=5&before=6",
    ] {
        let answer = get(server.address, &format!("{LOBBY}?{query}"), "*/*");
        assert_eq!(status(&answer), "400", "{query}: {answer}");
        assert!(answer.contains("a message's number"), "{query}: {answer}");
    }
    let most = format!("{LOBBY}?before={}", u64::MAX);
    assert_eq!(status(&get(server.address, &most, "*/*")), "200");
}

#[test]
fn its_words_are_in_the_readers_language() {
    let server = TestServer::with(with_transcripts());
    for (accepted, query, tag) in [
        ("sv-SE,sv;q=0.9,en;q=0.8", "", "sv"),
        ("en", "", "en"),
        ("en", "?lang=sv", "sv"),
        ("sv", "?lang=en", "en"),
        ("sv", "?lang=xx", "sv"),
        ("de", "", "en"),
    ] {
        let path = format!("{LOBBY}{query}");
        let headers = [("Accept-Language", accepted)];
        let answer = ask(server.address, "GET", &path, &headers);
        assert_eq!(header(&answer, "Content-Language"), Some(tag), "{path}");
        assert!(answer.contains(&format!("<html lang=\"{tag}\">")), "{path}");
    }
    let headers = [("Accept-Language", "sv")];
    let missing = ask(server.address, "GET", "/rooms/x/transcript", &headers);
    assert!(missing.contains("Här finns ingen chattlogg."), "{missing}");
}

#[test]
fn pages_count_against_the_rate_of_an_address() {
    let mut config = limited();
    config.transcript = true;
    config.limits.rate_pages_per_address = "2:0.1".parse().unwrap();
    config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let server = TestServer::with(config);
    let read = |client| {
        let headers = [("X-Forwarded-For", client)];
        ask(server.address, "GET", LOBBY, &headers)
    };
    assert_eq!(status(&read("192.0.2.1")), "200");
    assert_eq!(status(&read("192.0.2.1")), "200");
    let refused = read("192.0.2.1");
    assert_eq!(status(&refused), "429", "{refused}");
    let wait: u64 = header(&refused, "Retry-After").unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    assert_eq!(status(&read("192.0.2.2")), "200");
}

/// A history that tells which rooms are asked for, and can be out of reach.
struct Watched {
    inner: MemoryHistory,
    made: Arc<Mutex<Vec<RoomName>>>,
    broken: bool,
}

impl History for Watched {
    fn head(&self, room: &RoomName) -> BoxFuture<'static, Result<Head, HistoryError>> {
        self.made.lock().unwrap().push(room.clone());
        self.inner.head(room)
    }

    fn append(
        &self,
        room: &RoomName,
        drafts: Vec<Draft>,
    ) -> BoxFuture<'static, Result<Vec<Appended>, HistoryError>> {
        self.inner.append(room, drafts)
    }

    fn read(
        &self,
        room: &RoomName,
        span: Span,
        bounds: Bounds,
    ) -> BoxFuture<'static, Result<Page, HistoryError>> {
        if self.broken {
            return Box::pin(async { Err(HistoryError::Storage("the disk is gone".into())) });
        }
        self.inner.read(room, span, bounds)
    }
}

fn watched(broken: bool) -> (Arc<Mutex<Vec<RoomName>>>, TestServer) {
    let made = Arc::<Mutex<Vec<RoomName>>>::default();
    let history = Watched {
        inner: MemoryHistory::new(Clock::system()),
        made: made.clone(),
        broken,
    };
    let server = TestServer::with_history(with_transcripts(), Arc::new(history));
    (made, server)
}

#[test]
fn reading_starts_no_room() {
    let (made, server) = watched(false);
    for room in ["lobby", "unknown"] {
        get(
            server.address,
            &format!("/rooms/{room}/transcript"),
            "text/html",
        );
    }
    assert_eq!(*made.lock().unwrap(), []);
}

#[test]
fn a_history_out_of_reach_is_told_without_its_reasons() {
    let (_, server) = watched(true);
    let answer = get(server.address, LOBBY, "text/html");
    assert_eq!(status(&answer), "503", "{answer}");
    assert!(answer.contains("cannot be read just now"), "{answer}");
    assert!(!answer.contains("the disk is gone"), "{answer}");
}
