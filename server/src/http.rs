//! The routes: the WebSocket, health, and the built site. Owns what is checked before an upgrade.

mod address;
mod assets;
mod handshake;
mod health;
mod origin;

use actix_web::{Error, HttpRequest, HttpResponse, web};

pub use handshake::Rejection;
pub use origin::Origins;

use crate::chat::Chat;
use crate::session::{self, Visitor};
use address::Proxies;

impl Chat {
    /// Adds the chat's routes, `/ws` and `/healthz`, to an application or a scope of it.
    pub fn configure(&self, config: &mut web::ServiceConfig) {
        let origins = Origins::new(self.config().allow_origins.iter().cloned());
        let proxies = Proxies::new(self.config().trusted_proxies.iter().copied());
        config
            .app_data(web::Data::new(self.clone()))
            .app_data(web::Data::new(origins))
            .app_data(web::Data::new(proxies))
            .route("/ws", web::route().to(socket))
            .route("/healthz", web::get().to(health::check));
    }
}

/// The built site, for every path that nothing else answers.
pub(crate) fn assets(directory: &std::path::Path, config: &mut web::ServiceConfig) {
    assets::configure(directory, config);
}

/// Checks what an echo or chat endpoint must before its upgrade.
///
/// Tells the subprotocol agreed on: `subprotocol`, or none where none is offered.
///
/// # Errors
/// Why the request is turned away.
pub fn check_upgrade(
    req: &HttpRequest,
    subprotocol: &'static str,
    origins: &Origins,
) -> Result<Option<&'static str>, Rejection> {
    let agreed = handshake::check(req, subprotocol)?;
    origins.check(req)?;
    Ok(agreed)
}

async fn socket(
    req: HttpRequest,
    payload: web::Payload,
    chat: web::Data<Chat>,
    origins: web::Data<Origins>,
    proxies: web::Data<Proxies>,
) -> Result<HttpResponse, Error> {
    let subprotocol = check_upgrade(&req, shared::SUBPROTOCOL, &origins)?;
    let address = proxies.client(&req);
    let (terms, visitor): (_, Visitor) = chat.visitor(address).map_err(Rejection::from)?;
    session::start(&req, payload, subprotocol, terms, visitor)
}
