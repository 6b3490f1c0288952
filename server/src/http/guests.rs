//! The way in for clients of socket.io: the same checks of origin and address as for all others.

use std::net::IpAddr;
use std::sync::Arc;

use actix_http::RequestHead;
use actix_web::http::header::HeaderValue;
use socketio::engine::Refusal;

use super::Origins;
use super::address::Proxies;
use crate::chat::Chat;
use crate::guests::{Door, Sockets, foreign};

/// Where clients look by default. The file that they load is beside it, and of the site.
pub(super) const PATH: &str = "/socket.io/";

/// The chat's server of socket.io, where it has one.
pub(super) fn sockets(chat: &Chat) -> Option<Sockets> {
    let door = || -> Arc<dyn Door> {
        Arc::new(Gate {
            origins: Origins::of(chat),
            proxies: Proxies::of(chat),
        })
    };
    (!chat.config().no_socketio).then(|| chat.sockets(door))
}

struct Gate {
    origins: Origins,
    proxies: Proxies,
}

impl Door for Gate {
    fn address(&self, head: &RequestHead) -> Option<IpAddr> {
        self.proxies.client(head)
    }

    fn origin(&self, head: &RequestHead) -> Result<Option<HeaderValue>, Refusal> {
        self.origins.check(head).map_err(foreign)?;
        Ok(self.origins.reader(head))
    }
}
