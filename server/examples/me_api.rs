//! A me-api with a chat in it: a few JSON routes of one's own, and Realtid mounted at `/chat`, all
//! on one port and in one process.
//!
//! `cargo run --example me_api -- --listen 127.0.0.1:8333`, then `GET /`, `GET /reports`, and the
//! chat's WebSocket at `/chat/ws`.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, Responder, middleware, web};
use clap::Parser;
use realtid::{Chat, ChatConfig};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

/// A me-api with a chat in it.
#[derive(Parser)]
struct Cli {
    /// Address and port to listen on
    #[arg(long, env = "ME_API_LISTEN", default_value = "127.0.0.1:8333")]
    listen: SocketAddr,

    // All of the chat's own settings: --data-dir, --rooms, --allow-origin, ...
    #[command(flatten)]
    chat: ChatConfig,
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cli = Cli::parse();
    // The chat logs by `tracing`; where nobody listens it is silent.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let chat = Chat::start(cli.chat)?;
    let (address, server) = bind(&chat, cli.listen)?;
    tracing::info!("open http://{address}");
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    run(&chat, server, stop).await?;
    Ok(())
}

/// The routes: one's own, and the chat's below `/chat`.
pub fn routes(chat: &Chat, config: &mut web::ServiceConfig) {
    // Public and read only, so pages of every origin may read it. The WebSocket does not know
    // CORS: there --allow-origin decides.
    let open = middleware::DefaultHeaders::new().add(("Access-Control-Allow-Origin", "*"));
    config
        .service(web::scope("/chat").configure(|config| chat.configure(config)))
        .service(
            web::scope("")
                .wrap(open)
                .route("/", web::get().to(me))
                .route("/reports", web::get().to(reports)),
        );
}

async fn me() -> impl Responder {
    HttpResponse::Ok().json(json!({
        "name": "Åsa Lind",
        "about": "Writes software, drinks coffee.",
        "reports": "/reports",
        "chat": "/chat/ws",
    }))
}

async fn reports() -> impl Responder {
    HttpResponse::Ok().json(json!([
        { "name": "kmom01", "title": "A page that builds itself" },
        { "name": "kmom02", "title": "A chat, and what happens when the network goes" },
    ]))
}

/// Binds the address; tells it, with the port where 0 was asked for.
///
/// # Errors
/// Where the address cannot be bound.
pub fn bind(chat: &Chat, listen: SocketAddr) -> std::io::Result<(SocketAddr, Server)> {
    let chat = chat.clone();
    let server = HttpServer::new(move || App::new().configure(|config| routes(&chat, config)))
        // Lets the chat end connections whose peer does not read any more.
        .on_connect(realtid::on_connect)
        .h1_write_buffer_size(realtid::WRITE_BUFFER)
        .h1_allow_half_closed(false)
        // A socket that has said its last closes at once.
        .client_disconnect_timeout(Duration::ZERO)
        .shutdown_timeout(2)
        // The chat is drained first: see `run`.
        .disable_signals()
        .bind(listen)?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    Ok((address, server.run()))
}

/// Serves until `stop` resolves; then tells the chat's visitors to come back later, stores what
/// they have said, and ends.
///
/// # Errors
/// Where accepting connections fails.
pub async fn run(
    chat: &Chat,
    server: Server,
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let handle = server.handle();
    let mut running = actix_web::rt::spawn(server);
    tokio::select! {
        ended = &mut running => return ended?,
        () = stop => {}
    }
    chat.drain().await;
    handle.stop(true).await;
    running.await?
}
