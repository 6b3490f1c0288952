//! Why a request is not served, in Engine.IO's codes.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use serde::Serialize;

/// Why a request is not served; shown as JSON `{"code": .., "message": ".."}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// HTTP's.
    pub status: u16,
    /// Engine.IO's: 0 unknown transport, 1 unknown session, 2 bad handshake method, 3 bad request,
    /// 4 forbidden, 5 unsupported protocol version.
    pub code: u8,
    /// For people.
    pub message: String,
    /// Seconds for `Retry-After`.
    pub retry_after: Option<u64>,
}

impl Refusal {
    fn new(status: u16, code: u8, message: &str) -> Self {
        Self {
            status,
            code,
            message: message.to_owned(),
            retry_after: None,
        }
    }

    pub(super) fn unknown_transport() -> Self {
        Self::new(400, 0, "Transport unknown")
    }

    pub(super) fn unknown_session() -> Self {
        Self::new(400, 1, "Session ID unknown")
    }

    pub(super) fn bad_handshake_method() -> Self {
        Self::new(400, 2, "Bad handshake method")
    }

    pub(super) fn bad_request() -> Self {
        Self::new(400, 3, "Bad request")
    }

    pub(super) fn too_large() -> Self {
        Self::new(413, 3, "Payload too large")
    }

    pub(super) fn unsupported_version() -> Self {
        Self::new(400, 5, "Unsupported protocol version")
    }

    /// The server cannot, for now. Engine.IO has no code of its own for that: 4 is what a server
    /// says that does not want to.
    pub(super) fn unavailable(why: &str, retry_after: u64) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(503, 4, why)
        }
    }

    /// As a response.
    #[must_use]
    pub fn response(&self) -> HttpResponse {
        #[derive(Serialize)]
        struct Body<'a> {
            code: u8,
            message: &'a str,
        }

        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        response.json(Body {
            code: self.code,
            message: &self.message,
        })
    }
}
