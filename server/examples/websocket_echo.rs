//! An echo server on the very session that the chat uses: frames put together, limits, pings,
//! close codes. For conformance suites of RFC 6455, over either transport.
//!
//! `cargo run --example websocket_echo -- 127.0.0.1:9001 direct` (or `mounted`)

use std::net::TcpListener;
use std::time::Duration;

use actix_http::RequestHead;
use actix_web::dev::Server;
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, web};
use realtid::Transport;
use realtid::http::{Origins, Rejection, Serving, check_upgrade, listen};
use realtid::session::{self, Agreed, Deadlines, Dialogue, Line, Terms, Watch, Whole};
use tokio_util::task::TaskTracker;

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

fn admit(head: &RequestHead) -> Result<Agreed<Echo>, Rejection> {
    let all = Origins::new(["*".to_owned()]);
    Ok(Agreed {
        subprotocol: check_upgrade(head, "echo", &all)?,
        terms: Terms {
            message_bytes: MESSAGE_BYTES,
            queue_bytes: MESSAGE_BYTES,
            allowance: None,
        },
        dialogue: Echo,
    })
}

fn deadlines() -> Deadlines {
    Deadlines {
        grace: Some(Duration::from_secs(1)),
        ..Deadlines::default()
    }
}

async fn echo(req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Error> {
    let watch = req.app_data::<Watch>().ok_or(Rejection::Path)?;
    session::start(&req, payload, admit(req.head())?, watch)
}

/// Serves echoes on every path; mounted, on `/` alone.
pub fn serve(listener: TcpListener, transport: Transport) -> std::io::Result<Server> {
    match transport {
        Transport::Direct => {
            let serving = Serving {
                workers: 1,
                request_head: Duration::from_secs(5),
                shutdown: 1,
                writers_first: true,
                deadlines: deadlines(),
                running: TaskTracker::new(),
            };
            listen(
                listener,
                serving,
                |head: &RequestHead| admit(head).into(),
                |_| {},
            )
        }
        Transport::Mounted => {
            let app = || {
                App::new()
                    .app_data(Watch::start(deadlines()))
                    .route("/", web::route().to(echo))
            };
            let server = HttpServer::new(app)
                .on_connect(realtid::on_connect)
                .client_disconnect_timeout(Duration::ZERO)
                .workers(1)
                .disable_signals();
            Ok(server.listen(listener)?.run())
        }
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let transport = match args.next().as_deref() {
        Some("mounted") => Transport::Mounted,
        _ => Transport::Direct,
    };
    eprintln!("echoing on ws://{address}/");
    serve(TcpListener::bind(address)?, transport)?.await
}
