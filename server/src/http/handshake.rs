//! The WebSocket handshake (RFC 6455, section 4.2.1), checked in full: the library below accepts
//! any key, old versions, and a subprotocol that nobody speaks.

use actix_http::RequestHead;
use actix_web::http::{Method, StatusCode, Version, header};
use actix_web::{HttpResponse, ResponseError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::quota::{TooMany, Wait};

/// Why an upgrade is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Nothing upgrades there.
    #[error("there is no WebSocket here: the chat's is at /ws")]
    Path,
    /// Not a GET.
    #[error("a WebSocket handshake is a GET")]
    Method,
    /// A plain request.
    #[error("this address speaks WebSocket: connect to it with a WebSocket client")]
    NotWebSocket,
    /// Not version 13.
    #[error("this server speaks WebSocket version 13 (RFC 6455)")]
    Version,
    /// Not 16 bytes in base64, or not exactly one.
    #[error("Sec-WebSocket-Key must be 16 bytes in base64")]
    Key,
    /// None that this server speaks.
    #[error("this server speaks the subprotocol 'realtid.v1'")]
    Subprotocol,
    /// A page of a site that is not allowed.
    #[error("pages of this origin may not connect; its server can allow it by --allow-origin")]
    Origin,
    /// One connection after the other.
    #[error("too many connections from this address in too short a time")]
    TooFast(Wait),
    /// One connection beside the other.
    #[error("this address has as many connections as it may have")]
    AddressFull,
    /// Everybody's connections.
    #[error("the server has as many connections as it may have")]
    ServerFull,
}

impl Rejection {
    fn retry_after(self) -> Option<Wait> {
        match self {
            Self::TooFast(wait) => Some(wait),
            Self::AddressFull => Some(TooMany::OfAddress.wait()),
            Self::ServerFull => Some(TooMany::InAll.wait()),
            _ => None,
        }
    }
}

impl From<TooMany> for Rejection {
    fn from(too_many: TooMany) -> Self {
        match too_many {
            TooMany::TooFast(wait) => Self::TooFast(wait),
            TooMany::OfAddress => Self::AddressFull,
            TooMany::InAll => Self::ServerFull,
        }
    }
}

impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Path => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotWebSocket | Self::Version => StatusCode::UPGRADE_REQUIRED,
            Self::Key | Self::Subprotocol => StatusCode::BAD_REQUEST,
            Self::Origin => StatusCode::FORBIDDEN,
            Self::TooFast(_) | Self::AddressFull => StatusCode::TOO_MANY_REQUESTS,
            Self::ServerFull => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::Method => {
                response.insert_header((header::ALLOW, "GET"));
            }
            // RFC 9110, section 15.5.22, and RFC 6455, section 4.2.2.
            Self::NotWebSocket | Self::Version => {
                response.insert_header((header::UPGRADE, "websocket"));
                response.insert_header((header::SEC_WEBSOCKET_VERSION, "13"));
            }
            _ => {}
        }
        // RFC 9110, section 10.2.3.
        if let Some(wait) = self.retry_after() {
            response.insert_header((header::RETRY_AFTER, wait.seconds()));
        }
        response
            .content_type("text/plain; charset=utf-8")
            .body(format!("{self}\n"))
    }
}

/// Checks all but the origin. `subprotocol` must be among those offered, if any are; then it is
/// what is agreed on.
pub(super) fn check(
    head: &RequestHead,
    subprotocol: &'static str,
) -> Result<Option<&'static str>, Rejection> {
    if head.method != Method::GET {
        return Err(Rejection::Method);
    }
    let says = |name, word: &str| listed(head, name).any(|item| item.eq_ignore_ascii_case(word));
    // Alone: with anything beside it the library below takes the request for a plain one. And in
    // HTTP/1.0 nothing upgrades (RFC 9110, section 7.8).
    let upgrades =
        only(head, header::UPGRADE).is_some_and(|to| to.eq_ignore_ascii_case("websocket"));
    let plain =
        head.version < Version::HTTP_11 || head.headers().contains_key(header::TRANSFER_ENCODING);
    if plain || !upgrades || !says(header::CONNECTION, "upgrade") {
        return Err(Rejection::NotWebSocket);
    }
    if only(head, header::SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(Rejection::Version);
    }
    let key = only(head, header::SEC_WEBSOCKET_KEY).and_then(|key| STANDARD.decode(key).ok());
    if key.is_none_or(|key| key.len() != 16) {
        return Err(Rejection::Key);
    }
    if !head.headers().contains_key(header::SEC_WEBSOCKET_PROTOCOL) {
        return Ok(None);
    }
    // Unlike the words above, the names of subprotocols compare letter by letter.
    if listed(head, header::SEC_WEBSOCKET_PROTOCOL).any(|item| item == subprotocol) {
        Ok(Some(subprotocol))
    } else {
        Err(Rejection::Subprotocol)
    }
}

/// The items of a list in a header that is given once or more (RFC 9110, section 5.6.1).
fn listed(head: &RequestHead, name: header::HeaderName) -> impl Iterator<Item = &str> {
    head.headers()
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// The value of a header that is given exactly once.
fn only(head: &RequestHead, name: header::HeaderName) -> Option<&str> {
    let mut values = head.headers().get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().map(str::trim),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use actix_web::test::TestRequest;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn request() -> TestRequest {
        TestRequest::get()
            .insert_header(("Upgrade", "WebSocket"))
            .insert_header(("Connection", "keep-alive, Upgrade"))
            .insert_header(("Sec-WebSocket-Version", "13"))
            .insert_header(("Sec-WebSocket-Key", KEY))
    }

    fn outcome(request: TestRequest) -> Result<Option<&'static str>, Rejection> {
        check(request.to_http_request().head(), "realtid.v1")
    }

    #[test]
    fn a_handshake_by_the_book_passes() {
        assert_eq!(outcome(request()), Ok(None));
    }

    #[test]
    fn what_breaks_the_book_is_turned_away() {
        let changed = |name: &'static str, value: &'static str| {
            outcome(request().insert_header((name, value)))
        };
        assert_eq!(
            outcome(request().method(Method::POST)),
            Err(Rejection::Method)
        );
        assert_eq!(changed("Upgrade", "h2c"), Err(Rejection::NotWebSocket));
        assert_eq!(changed("Connection", "close"), Err(Rejection::NotWebSocket));
        assert_eq!(
            changed("Upgrade", "websocket, x"),
            Err(Rejection::NotWebSocket)
        );
        assert_eq!(
            changed("Transfer-Encoding", "chunked"),
            Err(Rejection::NotWebSocket)
        );
        assert_eq!(
            outcome(request().version(Version::HTTP_10)),
            Err(Rejection::NotWebSocket)
        );
        for version in ["8", "7", "14", "x"] {
            assert_eq!(
                changed("Sec-WebSocket-Version", version),
                Err(Rejection::Version)
            );
        }
        for key in [
            "",
            "x",
            "c2hvcnQ=",
            "dGhlIHNhbXBsZSBub25jZSB0aGF0IGlzIGxvbmc=",
        ] {
            assert_eq!(
                changed("Sec-WebSocket-Key", key),
                Err(Rejection::Key),
                "{key}"
            );
        }
        let twice = request().append_header(("Sec-WebSocket-Key", KEY));
        assert_eq!(outcome(twice), Err(Rejection::Key));
    }

    #[test]
    fn a_subprotocol_is_found_in_any_of_the_headers() {
        let offered = |values: &[&'static str]| {
            let add =
                |r: TestRequest, v: &&'static str| r.append_header(("Sec-WebSocket-Protocol", *v));
            outcome(values.iter().fold(request(), add))
        };
        let agreed = Ok(Some("realtid.v1"));
        assert_eq!(offered(&["realtid.v1"]), agreed);
        assert_eq!(offered(&["chat, realtid.v1"]), agreed);
        assert_eq!(offered(&["chat", "realtid.v1"]), agreed);
        assert_eq!(offered(&["Realtid.V1"]), Err(Rejection::Subprotocol));
        assert_eq!(offered(&["chat"]), Err(Rejection::Subprotocol));
        assert_eq!(offered(&["realtid.v2"]), Err(Rejection::Subprotocol));
    }

    #[test]
    fn a_rejection_says_what_would_be_right() {
        let response = Rejection::Version.error_response();
        assert_eq!(response.status(), 426);
        assert_eq!(
            response.headers().get("Sec-WebSocket-Version").unwrap(),
            "13"
        );
        assert_eq!(
            Rejection::Method
                .error_response()
                .headers()
                .get("Allow")
                .unwrap(),
            "GET"
        );
        assert_eq!(Rejection::Origin.error_response().status(), 403);
        let wait = Wait(Duration::from_millis(2_500));
        for (rejection, status, seconds) in [
            (Rejection::TooFast(wait), 429, "3"),
            (Rejection::AddressFull, 429, "10"),
            (Rejection::ServerFull, 503, "10"),
        ] {
            let response = rejection.error_response();
            assert_eq!(response.status(), status);
            assert_eq!(response.headers().get("Retry-After").unwrap(), seconds);
        }
    }
}
