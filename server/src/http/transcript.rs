//! `GET /rooms/{room}/transcript`: what was said in a room, as pages for readers without JavaScript.
//! Owns who is given which page; how one looks is `page`'s.
//!
//! Only rooms that the owner named are read, so that nobody finds out which others there are or were;
//! and only by the history, so that none is started for a reader.

mod language;
mod moment;
mod page;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, AcceptLanguage, Header as _};
use actix_web::{HttpRequest, HttpResponse, guard, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use shared::limits::{PAGE_BYTES, PAGE_ENTRIES};
use shared::{RoomName, Seq};

use super::Proxies;
use crate::chat::Chat;
use crate::chat_server::Reads;
use crate::history::{Bounds, Page, Span};
use crate::quota::Wait;
use language::Language;
use page::Shown;

const BOUNDS: Bounds = Bounds {
    entries: PAGE_ENTRIES as usize,
    bytes: PAGE_BYTES,
};

/// Nothing is run, nothing fetched, and no style but the page's own.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(page::STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

pub(super) fn configure(chat: &Chat, config: &mut web::ServiceConfig) {
    let read = web::route()
        .guard(guard::Any(guard::Get()).or(guard::Head()))
        .to(answer);
    config
        .app_data(web::Data::new(Transcripts::of(chat)))
        .service(
            web::resource("/rooms/{room}/transcript")
                .route(read)
                .default_service(web::to(other_method)),
        );
}

/// What one worker reads the rooms with.
struct Transcripts {
    chat: Chat,
    proxies: Proxies,
    /// None where there are to be no transcripts.
    rooms: BTreeMap<RoomName, Reads>,
}

/// What a reader asks for.
#[derive(Deserialize)]
struct Asked {
    before: Option<String>,
    after: Option<String>,
    lang: Option<String>,
}

/// Why there is no page.
enum Refusal {
    NoRoom,
    BadPlace,
    TooFast(Wait),
    Unreadable,
}

impl Transcripts {
    fn of(chat: &Chat) -> Self {
        let config = chat.config();
        let rooms = match config.transcript {
            true => config.rooms.as_slice(),
            false => &[],
        };
        Self {
            chat: chat.clone(),
            proxies: Proxies::new(config.trusted_proxies.iter().copied()),
            rooms: rooms
                .iter()
                .map(|room| (room.clone(), chat.reads(room)))
                .collect(),
        }
    }

    /// Reads what is to be shown of a room.
    async fn read(&self, req: &HttpRequest, asked: Option<&Asked>) -> Result<Shown, Refusal> {
        let name = req.match_info().get("room").unwrap_or_default();
        let room = RoomName::new(name).map_err(|_| Refusal::NoRoom)?;
        let reads = self.rooms.get(&room).ok_or(Refusal::NoRoom)?;
        let span = asked.ok_or(Refusal::BadPlace)?.span()?;
        let address = self.proxies.client(req.head());
        self.chat.may_page(address).map_err(Refusal::TooFast)?;
        match reads.read(span, BOUNDS).await {
            Ok(page) => Ok(shown(room, span, page)),
            Err(error) => {
                tracing::debug!(%error, "a transcript could not be read");
                Err(Refusal::Unreadable)
            }
        }
    }
}

impl Asked {
    fn span(&self) -> Result<Span, Refusal> {
        let place = |text: &str| match text.parse() {
            Ok(0) | Err(_) => Err(Refusal::BadPlace),
            Ok(seq) => Ok(Seq(seq)),
        };
        let last = Seq(u64::MAX);
        match (&self.before, &self.after) {
            (None, None) => Ok(Span::Until(last)),
            (Some(seq), None) => place(seq).map(Span::Before),
            (None, Some(seq)) => place(seq).map(|seq| Span::After { seq, until: last }),
            (Some(_), Some(_)) => Err(Refusal::BadPlace),
        }
    }
}

/// A page, and where there is more. The log is gapless: what was asked for tells it.
fn shown(room: RoomName, span: Span, page: Page) -> Shown {
    let first = page.entries.first().map(|entry| entry.seq);
    let last = page.entries.last().map(|entry| entry.seq);
    let (older, newer) = match span {
        Span::Until(_) => (first.filter(|_| page.more), None),
        Span::Before(seq) => (
            first.filter(|_| page.more),
            last.filter(|last| last.next() == seq),
        ),
        Span::After { .. } => (
            first.filter(|first| *first > Seq(1)),
            last.filter(|_| page.more),
        ),
    };
    Shown {
        room,
        entries: page.entries,
        older,
        newer,
        latest: matches!(span, Span::Until(_)),
    }
}

async fn answer(req: HttpRequest, transcripts: web::Data<Transcripts>) -> HttpResponse {
    let asked = web::Query::<Asked>::from_query(req.query_string()).ok();
    let asked = asked.as_deref();
    let chosen = asked
        .and_then(|asked| asked.lang.as_deref())
        .and_then(Language::of_tag);
    let language = chosen.unwrap_or_else(|| {
        AcceptLanguage::parse(&req)
            .map(|accepted| Language::preferred(&accepted))
            .unwrap_or_default()
    });
    let words = language.words();
    match transcripts.read(&req, asked).await {
        Ok(shown) => html(
            StatusCode::OK,
            language,
            page::transcript(&shown, language, chosen),
        ),
        Err(refusal) => {
            let (status, why) = match refusal {
                Refusal::NoRoom => (StatusCode::NOT_FOUND, words.no_room),
                Refusal::BadPlace => (StatusCode::BAD_REQUEST, words.bad_place),
                Refusal::TooFast(_) => (StatusCode::TOO_MANY_REQUESTS, words.too_fast),
                Refusal::Unreadable => (StatusCode::SERVICE_UNAVAILABLE, words.unreadable),
            };
            let mut response = html(status, language, page::refusal(why, language));
            if let Refusal::TooFast(wait) = refusal {
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, wait.seconds().into());
            }
            response
        }
    }
}

fn html(status: StatusCode, language: Language, body: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        // What is removed from the history is to be nowhere else.
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("X-Robots-Tag", "noindex"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY.as_str()))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(body)
}

async fn other_method() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((header::ALLOW, "GET, HEAD"))
        .finish()
}
