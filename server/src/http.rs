//! The routes: the WebSocket, health, and the built site. Owns what is checked before an upgrade.

mod assets;
mod handshake;
mod health;
mod origin;

use actix_web::{Error, HttpRequest, HttpResponse, web};

pub use handshake::Rejection;
pub use origin::Origins;

use crate::chat::Chat;
use crate::session::{self, Visitor};

impl Chat {
    /// Adds the chat's routes, `/ws` and `/healthz`, to an application or a scope of it.
    pub fn configure(&self, config: &mut web::ServiceConfig) {
        let origins = Origins::new(self.config().allow_origins.iter().cloned());
        config
            .app_data(web::Data::new(self.clone()))
            .app_data(web::Data::new(origins))
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
) -> Result<HttpResponse, Error> {
    let subprotocol = check_upgrade(&req, shared::SUBPROTOCOL, &origins)?;
    let (terms, visitor): (_, Visitor) = chat.visitor();
    session::start(&req, payload, subprotocol, terms, visitor)
}
