//! Which sites' pages may connect (RFC 6454; RFC 6455, section 10.2), and read files (Fetch, CORS
//! protocol). A browser lets any page open a WebSocket to any server: the server has to ask where the
//! page is from. With files it is the browser that asks.

use actix_http::RequestHead;
use actix_web::http::header::{self, HeaderValue};

use super::Rejection;
use crate::chat::Chat;

/// The origins allowed beside the server's own.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    all: bool,
    allowed: Vec<String>,
}

impl Origins {
    /// From `scheme://host[:port]`, or `*` for all.
    pub fn new(origins: impl IntoIterator<Item = String>) -> Self {
        let allowed: Vec<_> = origins.into_iter().map(|o| normal(&o)).collect();
        Self {
            all: allowed.iter().any(|o| o == "*"),
            allowed,
        }
    }

    /// Those that a chat is set to allow.
    pub(crate) fn of(chat: &Chat) -> Self {
        Self::new(chat.config().allow_origins.iter().cloned())
    }

    /// Passes the server's own pages, those allowed, and requests without an origin: those are no
    /// browser's, and since no cookie is used there is nothing that a page could misuse.
    ///
    /// # Errors
    /// [`Rejection::Origin`].
    pub fn check(&self, head: &RequestHead) -> Result<(), Rejection> {
        let Some(origin) = head.headers().get(header::ORIGIN) else {
            return Ok(());
        };
        let Ok(origin) = origin.to_str() else {
            return Err(Rejection::Origin);
        };
        let origin = normal(origin);
        let host = head
            .headers()
            .get(header::HOST)
            .and_then(|h| h.to_str().ok());
        let own = host.is_some_and(|host| same_host(&origin, host));
        if own || self.all || self.allowed.contains(&origin) {
            Ok(())
        } else {
            Err(Rejection::Origin)
        }
    }

    /// Whose pages may read the answer to a request, as browsers want to be told; the server's own
    /// need not be named.
    pub(super) fn reader(&self, head: &RequestHead) -> Option<HeaderValue> {
        if self.all {
            return Some(HeaderValue::from_static("*"));
        }
        let origin = head.headers().get(header::ORIGIN)?;
        let allowed = self.allowed.contains(&normal(origin.to_str().ok()?));
        allowed.then(|| origin.clone())
    }

    /// Whether [`Self::reader`] depends on the request.
    pub(super) fn tells_apart(&self) -> bool {
        !self.all && !self.allowed.is_empty()
    }
}

/// Scheme and host compare without regard to case; a closing slash is no part of an origin.
fn normal(origin: &str) -> String {
    origin.trim().trim_end_matches('/').to_ascii_lowercase()
}

/// Whether an origin is on `host`, the value of a Host header. A proxy in front may speak TLS, so
/// the scheme does not count, but its default port does.
fn same_host(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let host = host.to_ascii_lowercase();
    authority == host
        || host.strip_suffix(default_port) == Some(authority)
        || authority.strip_suffix(default_port) == Some(host.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn passes(allowed: &[&str], origin: Option<&'static str>, host: &'static str) -> bool {
        let request = TestRequest::get().insert_header(("Host", host));
        let request = match origin {
            Some(origin) => request.insert_header(("Origin", origin)),
            None => request,
        };
        let origins = Origins::new(allowed.iter().map(|&o| o.to_owned()));
        origins.check(request.to_http_request().head()).is_ok()
    }

    #[test]
    fn the_own_host_passes_with_its_port() {
        assert!(passes(&[], Some("http://localhost:8080"), "localhost:8080"));
        assert!(passes(&[], Some("https://Chat.Example"), "chat.example"));
        assert!(passes(
            &[],
            Some("https://chat.example"),
            "chat.example:443"
        ));
        assert!(passes(&[], Some("http://[::1]:8080"), "[::1]:8080"));
        assert!(!passes(
            &[],
            Some("http://localhost:8081"),
            "localhost:8080"
        ));
        assert!(!passes(&[], Some("http://localhost"), "localhost:8080"));
    }

    #[test]
    fn foreign_pages_need_permission() {
        assert!(!passes(&[], Some("https://evil.example"), "chat.example"));
        assert!(!passes(
            &[],
            Some("https://chat.example.evil.example"),
            "chat.example"
        ));
        assert!(!passes(&[], Some("null"), "chat.example"));
        assert!(!passes(
            &["https://me.example"],
            Some("http://me.example"),
            "chat.example"
        ));
        assert!(passes(
            &["https://Me.Example/"],
            Some("https://me.example"),
            "chat.example"
        ));
        assert!(passes(&["*"], Some("https://any.example"), "chat.example"));
    }

    fn reader(allowed: &[&str], origin: Option<&'static str>) -> Option<String> {
        let mut request = TestRequest::get().insert_header(("Host", "chat.example"));
        if let Some(origin) = origin {
            request = request.insert_header(("Origin", origin));
        }
        let origins = Origins::new(allowed.iter().map(|&o| o.to_owned()));
        let reader = origins.reader(request.to_http_request().head())?;
        Some(reader.to_str().unwrap().to_owned())
    }

    #[test]
    fn pages_that_may_connect_may_read() {
        let mine = Some("https://me.example");
        let of = |allowed: &[&str], origin| reader(allowed, origin).unwrap_or_default();
        assert_eq!(of(&["https://Me.Example/"], mine), "https://me.example");
        assert_eq!(of(&["*"], mine), "*");
        assert_eq!(
            of(&["*"], None),
            "*",
            "it may be kept for whoever comes next"
        );
        for (allowed, origin) in [
            (&["https://me.example"][..], Some("https://evil.example")),
            (&["https://me.example"], Some("null")),
            (&["https://me.example"], None),
            (&[], mine),
            (&[], Some("https://chat.example")),
        ] {
            assert_eq!(reader(allowed, origin), None, "{origin:?}");
        }
    }

    #[test]
    fn who_has_no_origin_is_no_browser() {
        assert!(passes(&[], None, "chat.example"));
    }
}
