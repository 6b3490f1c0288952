//! The server: its sessions, and the HTTP below its path.

use std::sync::Arc;

use actix_http::{RequestHead, Version, ws};
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};

use super::line::Carrier;
use super::refusal::Refusal;
use super::registry::{Entry, Registry, Slot};
use super::request::{Asked, Way};
use super::websocket::Upgrade;
use super::{Config, Service, cors, polling, session, websocket};

/// An Engine.IO server. Cloning gives another handle to the same one.
pub struct Server<S: Service> {
    inner: Arc<Inner<S>>,
}

struct Inner<S> {
    service: S,
    config: Config,
    registry: Arc<Registry>,
}

impl<S: Service> Clone for Server<S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
        }
    }
}

/// What a request is let in to.
enum Admitted<T> {
    /// A session to be.
    New(T, Slot),
    /// A session that there is.
    Known(Entry),
}

impl<S: Service> Server<S> {
    /// A server without a session.
    pub fn new(service: S, config: Config) -> Self {
        let registry = Registry::new(config.max_sessions);
        Self {
            inner: Arc::new(Inner {
                service,
                config,
                registry,
            }),
        }
    }

    /// Adds the routes at `path` (`/socket.io/`), WebSocket upgrades included.
    ///
    /// Connections are the `HttpServer`'s. Tell it `tcp_nodelay(true)`, or small messages may wait
    /// for the acknowledgement of those before; and `h1_allow_half_closed(false)`, or the client of a
    /// poll that hangs is noticed to have gone by its ping timeout only. A peer that reads nothing
    /// ends its session by the ping timeout, too; its connection lasts as long as that of any other
    /// response that is not read. Where that matters use [`Self::upgrade`], whose connections end with
    /// their session.
    pub fn configure(&self, path: &str, config: &mut web::ServiceConfig) {
        let server = self.clone();
        let serve = move |req: HttpRequest, payload: web::Payload| {
            let server = server.clone();
            async move { server.serve(&req, payload).await }
        };
        config.service(web::resource(path).to(serve));
    }

    /// Checks an upgrade request that has not come by way of the routes. The caller answers it with
    /// 101 (RFC 6455, section 4.2.2) and the [`subprotocol`](super::subprotocol), then runs what is
    /// returned; or answers with the refusal.
    ///
    /// # Errors
    /// Why it is turned away.
    pub fn upgrade(&self, head: &RequestHead) -> Result<Upgrade<S::Session>, Refusal> {
        self.inner.service.origin(head)?;
        self.agree(head)
    }

    /// How many sessions there are.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.inner.registry.len()
    }

    /// Ends every session, and lets no other in. What was sent before still goes out where it is
    /// fetched within seconds.
    pub fn close(&self) {
        self.inner.registry.close();
    }

    async fn serve(&self, req: &HttpRequest, payload: web::Payload) -> HttpResponse {
        let origin = self.inner.service.origin(req.head());
        let (origin, refused) = match origin {
            Ok(origin) => (origin, None),
            Err(refusal) => (None, Some(refusal)),
        };
        let answer = match refused {
            Some(refusal) => Err(refusal),
            None => self.answer(req, payload).await,
        };
        let mut response = answer.unwrap_or_else(|refusal| refusal.response());
        cors::allow(origin, response.headers_mut());
        response
    }

    async fn answer(
        &self,
        req: &HttpRequest,
        payload: web::Payload,
    ) -> Result<HttpResponse, Refusal> {
        let (head, config) = (req.head(), &self.inner.config);
        if head.method == Method::OPTIONS {
            return Ok(cors::preflight(head));
        }
        if wants_websocket(head) {
            let upgrade = self.agree(head)?;
            return Ok(websocket::mount(head, payload, upgrade));
        }
        match self.admit(head, Way::Http)? {
            Admitted::New(session, slot) => {
                let begun = session::begin(session, slot, Carrier::Polling, config);
                Ok(polling::opened(&begun.open))
            }
            Admitted::Known(entry) if head.method == Method::GET => {
                polling::poll(&entry, config).await
            }
            Admitted::Known(entry) if head.method == Method::POST => {
                polling::post(&entry, config, head.headers(), payload).await
            }
            Admitted::Known(_) => Err(Refusal::bad_request()),
        }
    }

    fn agree(&self, head: &RequestHead) -> Result<Upgrade<S::Session>, Refusal> {
        let config = self.inner.config.clone();
        Ok(match self.admit(head, Way::Upgrade)? {
            Admitted::New(session, slot) => Upgrade::begin(session, slot, config),
            Admitted::Known(entry) => Upgrade::join(entry, config),
        })
    }

    fn admit(&self, head: &RequestHead, way: Way) -> Result<Admitted<S::Session>, Refusal> {
        let asked = Asked::read(head, way)?;
        if let Some(sid) = &asked.sid {
            let entry = self.inner.registry.find(sid);
            let entry = entry.ok_or_else(Refusal::unknown_session)?;
            asked.check_known()?;
            check_way(head, way)?;
            return Ok(Admitted::Known(entry));
        }
        asked.check_handshake()?;
        check_way(head, way)?;
        asked.check_version()?;
        // Room first: who is turned away for want of it costs the application nothing.
        let slot = self.inner.registry.reserve()?;
        Ok(Admitted::New(self.inner.service.open(head)?, slot))
    }
}

/// Checks what a WebSocket's handshake has to say (RFC 6455, section 4.2.1).
fn check_way(head: &RequestHead, way: Way) -> Result<(), Refusal> {
    let fine = match way {
        Way::Http => true,
        Way::Upgrade => head.version == Version::HTTP_11 && ws::verify_handshake(head).is_ok(),
    };
    fine.then_some(()).ok_or_else(Refusal::bad_request)
}

/// Other protocols than WebSocket (`h2c`) are offered by clients that mean a plain request.
fn wants_websocket(head: &RequestHead) -> bool {
    let offered = head.headers().get(header::UPGRADE);
    let offered = offered.and_then(|value| value.to_str().ok());
    head.upgrade() && offered.is_some_and(|value| value.to_ascii_lowercase().contains("websocket"))
}
