//! The server: its sessions, and the HTTP below its path.

use std::sync::Arc;

use actix_http::RequestHead;
use actix_web::{HttpResponse, web};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Config, Service};

/// An Engine.IO server. Cloning gives another handle to the same one.
pub struct Server<S: Service> {
    _inner: Arc<(S, Config)>,
}

impl<S: Service> Clone for Server<S> {
    fn clone(&self) -> Self {
        Self { _inner: self._inner.clone() }
    }
}

impl<S: Service> Server<S> {
    /// A server without a session.
    pub fn new(service: S, config: Config) -> Self {
        Self { _inner: Arc::new((service, config)) }
    }

    /// Adds the routes at `path` (`/socket.io/`), WebSocket upgrades included.
    pub fn configure(&self, _path: &str, _config: &mut web::ServiceConfig) {
        todo!()
    }

    /// Checks an upgrade request that has not come by way of the routes. The caller answers it with
    /// 101 (RFC 6455, section 4.2.2) and then runs what is returned, or answers with the refusal.
    ///
    /// # Errors
    /// Why it is turned away.
    pub fn upgrade(&self, _head: &RequestHead) -> Result<Upgrade, Refusal> {
        todo!()
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        todo!()
    }

    /// Ends every session, and lets no other in.
    pub fn close(&self) {
        todo!()
    }
}

/// A WebSocket connection that is agreed on. `!Send`: to be run on the thread it was made on.
pub struct Upgrade {}

impl Upgrade {
    /// Runs it until it ends; `read` is what came behind the request already.
    pub async fn run<T: AsyncRead + AsyncWrite + Unpin + 'static>(self, _io: T, _read: Vec<u8>) {
        todo!()
    }
}

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
    /// As a response.
    #[must_use]
    pub fn response(&self) -> HttpResponse {
        todo!()
    }
}
