//! An echo server on the very session that the chat uses: frames put together, limits, pings,
//! close codes. For conformance suites of RFC 6455.
//!
//! `cargo run --example echo -- 127.0.0.1:9001`

use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, web};
use realtid::http::{Origins, check_upgrade};
use realtid::session::{self, Dialogue, Line, Terms, Whole};
use std::time::Duration;

/// Suites send messages up to 16 MiB.
const MESSAGE_BYTES: usize = 16 * 1024 * 1024;

struct Echo;

impl Dialogue for Echo {
    fn message(&mut self, message: Whole, line: &mut Line<'_, Self>) {
        match message {
            Whole::Text(text) => line.text(text),
            Whole::Binary(data) => line.binary(data),
        }
    }
}

async fn echo(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Error> {
    let subprotocol = check_upgrade(&req, "echo", &Origins::new(["*".to_owned()]))?;
    let terms = Terms {
        message_bytes: MESSAGE_BYTES,
        queue_bytes: MESSAGE_BYTES,
        ping: None,
        silence: None,
        grace: Some(Duration::from_secs(1)),
        allowance: None,
        stopping: None,
    };
    session::start(&req, payload, subprotocol, terms, Echo)
}

/// The one route.
pub fn configure(config: &mut web::ServiceConfig) {
    config.route("/", web::route().to(echo));
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    eprintln!("echoing on ws://{address}/");
    HttpServer::new(|| App::new().configure(configure))
        .on_connect(realtid::on_connect)
        .client_disconnect_timeout(Duration::ZERO)
        .bind(address)?
        .run()
        .await
}
