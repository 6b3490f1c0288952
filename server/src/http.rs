//! The routes: the WebSocket, health, transcripts, and the built site. Owns what is checked before an
//! upgrade.

mod address;
mod assets;
mod direct;
mod guests;
mod handshake;
mod health;
mod origin;
mod transcript;

use actix_http::RequestHead;
use actix_web::{Error, HttpRequest, HttpResponse, web};

pub use direct::{Admitted, Serving, listen};
pub use handshake::Rejection;
pub use origin::Origins;

use crate::chat::Chat;
use crate::guests::Sockets;
use crate::session::{self, Agreed, Visitor, Watch};
use address::Proxies;

/// Where the chat's WebSocket is, below where it is mounted.
const SOCKET: &str = "/ws";

impl Chat {
    /// Adds the chat's routes, `/ws`, `/socket.io/`, `/healthz` and `/rooms/{room}/transcript`, to an application or
    /// a scope of it.
    pub fn configure(&self, config: &mut web::ServiceConfig) {
        config
            .app_data(web::Data::new(Entrance::new(self)))
            .app_data(Watch::start(self.deadlines()))
            .route(SOCKET, web::route().to(socket));
        self.configure_rest(config);
    }

    /// The same, where upgrade requests do not come as far as the routes.
    pub(crate) fn configure_beside_sockets(&self, config: &mut web::ServiceConfig) {
        let plain = || async { Err::<HttpResponse, _>(Rejection::NotWebSocket) };
        config.route(SOCKET, web::route().to(plain));
        self.configure_rest(config);
    }

    fn configure_rest(&self, config: &mut web::ServiceConfig) {
        // Every worker configures an application of its own.
        self.offer_home();
        config
            .app_data(web::Data::new(self.clone()))
            .route("/healthz", web::get().to(health::check));
        if let Some(sockets) = guests::sockets(self) {
            sockets.configure(guests::PATH, config);
        }
        transcript::configure(self, config);
    }
}

/// The built site, for every path that nothing else answers, and the pages of `origins`.
pub(crate) fn assets(
    directory: &std::path::Path,
    origins: &Origins,
    config: &mut web::ServiceConfig,
) {
    assets::configure(directory, origins, config);
}

/// Checks what an echo or chat endpoint must before its upgrade.
///
/// Tells the subprotocol agreed on: `subprotocol`, or none where none is offered.
///
/// # Errors
/// Why the request is turned away.
pub fn check_upgrade(
    head: &RequestHead,
    subprotocol: &'static str,
    origins: &Origins,
) -> Result<Option<&'static str>, Rejection> {
    let agreed = handshake::check(head, subprotocol)?;
    origins.check(head)?;
    Ok(agreed)
}

/// Decides who gets a session of the chat.
pub(crate) struct Entrance {
    chat: Chat,
    origins: Origins,
    proxies: Proxies,
    sockets: Option<Sockets>,
}

impl Entrance {
    pub(crate) fn new(chat: &Chat) -> Self {
        Self {
            chat: chat.clone(),
            origins: Origins::of(chat),
            proxies: Proxies::of(chat),
            sockets: guests::sockets(chat),
        }
    }

    /// Answers an upgrade request for any path of a port.
    pub(crate) fn admit_at(&self, head: &RequestHead) -> Admitted<Visitor> {
        match (head.uri.path(), &self.sockets) {
            (SOCKET, _) => self.admit(head).into(),
            (guests::PATH, Some(sockets)) => Admitted::of(sockets.upgrade(head)),
            _ => Err(Rejection::Path).into(),
        }
    }

    fn admit(&self, head: &RequestHead) -> Result<Agreed<Visitor>, Rejection> {
        let subprotocol = check_upgrade(head, shared::SUBPROTOCOL, &self.origins)?;
        let (terms, dialogue) = self.chat.visitor(self.proxies.client(head))?;
        Ok(Agreed {
            subprotocol,
            terms,
            dialogue,
        })
    }
}

async fn socket(
    req: HttpRequest,
    payload: web::Payload,
    entrance: web::Data<Entrance>,
) -> Result<HttpResponse, Error> {
    let Some(watch) = req.app_data::<Watch>() else {
        return Ok(HttpResponse::InternalServerError().finish()); // `configure` adds both.
    };
    session::start(&req, payload, entrance.admit(req.head())?, watch)
}
