//! What browsers are told of who may use the server (the Fetch standard, "CORS protocol").

use actix_http::RequestHead;
use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

/// Seconds that a browser may rely on a preflight's answer. Short enough to wait for after a change
/// of who is allowed; some browsers take no more than a few times as much.
const MAX_AGE: &str = "600";

/// Answers a preflight request. What headers a page adds to its requests is its own business, so it
/// is allowed those that it asks for.
pub(super) fn preflight(head: &RequestHead) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    response.insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"));
    response.insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE));
    if let Some(asked) = head.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        response.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone()));
    }
    response.insert_header((
        header::VARY,
        header::ACCESS_CONTROL_REQUEST_HEADERS.as_str(),
    ));
    response.finish()
}

/// Adds to an answer, whatever it is, who may read it. `None`: nobody but pages of the same origin.
pub(super) fn allow(origin: Option<HeaderValue>, headers: &mut HeaderMap) {
    if origin.as_ref().is_none_or(|origin| origin != "*") {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}
