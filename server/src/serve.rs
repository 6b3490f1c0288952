//! The stand-alone server: binds, serves chat and site, and stops in good order.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use actix_http::RequestHead;
use actix_web::dev::Server as HttpServerFuture;
use actix_web::{App, HttpServer, web};
use socket2::{Domain, Protocol, Socket, Type};
use tokio_util::task::TaskTracker;

use crate::chat::Chat;
use crate::config::{ServeConfig, Transport};
use crate::http;
use crate::session;

/// Time that requests under way have to end in, and connections before them. With the drain before,
/// within 4 s in all.
const SHUTDOWN_SECONDS: u64 = 1;

/// Time for a request's head to arrive.
const REQUEST_HEAD: Duration = Duration::from_secs(5);

/// Connections that may wait to be accepted: all visitors at once, after a restart. The system may
/// allow fewer.
const BACKLOG: i32 = 8_192;

/// A server that is bound and about to run.
pub struct Server {
    chat: Chat,
    address: SocketAddr,
    running: HttpServerFuture,
    /// The sessions of sockets of our own.
    sessions: TaskTracker,
}

impl Server {
    /// Binds the address, so that from now on connections are accepted.
    ///
    /// # Errors
    /// Where the address cannot be bound.
    pub fn bind(chat: Chat, config: &ServeConfig) -> std::io::Result<Self> {
        if !config.assets.join("index.html").is_file() {
            tracing::info!(
                assets = %config.assets.display(),
                "no built site here: 'make build' makes one, --assets names one"
            );
        }
        let listener = listener(config.listen)?;
        let address = listener.local_addr()?;
        let (served, assets, transport) = (chat.clone(), config.assets.clone(), config.transport);
        let origins = http::Origins::of(&chat);
        let routes = move |config: &mut web::ServiceConfig| {
            match transport {
                Transport::Direct => served.configure_beside_sockets(config),
                Transport::Mounted => served.configure(config),
            }
            http::assets(&assets, &origins, config);
        };
        let sessions = TaskTracker::new();
        let running = match config.transport {
            Transport::Direct => {
                let serving = http::Serving {
                    workers: config.workers,
                    request_head: REQUEST_HEAD,
                    shutdown: SHUTDOWN_SECONDS,
                    writers_first: !config.no_writers_first,
                    deadlines: chat.deadlines(),
                    running: sessions.clone(),
                };
                let entrance = Arc::new(http::Entrance::new(&chat));
                let admit = move |head: &RequestHead| entrance.admit_at(head);
                http::listen(listener, serving, admit, routes)?
            }
            Transport::Mounted => mount(listener, config.workers, routes)?,
        };
        Ok(Self {
            chat,
            address,
            running,
            sessions,
        })
    }

    /// Where it listens; tells the port where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` resolves, then drains.
    ///
    /// # Errors
    /// Where accepting connections fails.
    pub async fn run(self, stop: impl Future<Output = ()>) -> std::io::Result<()> {
        let handle = self.running.handle();
        let mut running = actix_web::rt::spawn(self.running);
        tokio::select! {
            ended = &mut running => return ended?,
            () = stop => tracing::info!("draining"),
        }
        self.chat.drain().await;
        // Those that are told to end here are no request's, and nobody else waits for them.
        self.sessions.close();
        let ended =
            tokio::time::timeout(Duration::from_secs(SHUTDOWN_SECONDS), self.sessions.wait());
        if ended.await.is_err() {
            tracing::debug!(
                left = self.sessions.len(),
                "cuts connections that did not end"
            );
        }
        handle.stop(true).await;
        running.await?
    }
}

/// The routes alone, as in any other actix-web application.
fn mount(
    listener: TcpListener,
    workers: usize,
    routes: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> std::io::Result<HttpServerFuture> {
    let mut server = HttpServer::new(move || App::new().configure(routes.clone()))
        .on_connect(session::on_connect)
        .client_request_timeout(REQUEST_HEAD)
        // A socket that has said its last closes at once.
        .client_disconnect_timeout(Duration::ZERO)
        // Somebody who goes while a poll waits is noticed.
        .h1_allow_half_closed(false)
        .h1_write_buffer_size(session::WRITE_BUFFER)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals();
    if workers > 0 {
        server = server.workers(workers);
    }
    Ok(server.listen(listener)?.run())
}

fn listener(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // A server that is started anew need not wait for connections of the last one.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Asks the server at `address` whether it is well; for a container's health check.
///
/// # Errors
/// What is wrong, in words.
pub fn healthcheck(address: SocketAddr) -> Result<(), String> {
    let limit = Duration::from_secs(3);
    let address = reachable(address);
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_read_timeout(Some(limit))?;
        write!(
            stream,
            "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut response = String::new();
        stream.take(64 * 1024).read_to_string(&mut response)?;
        Ok(response)
    };
    let response = ask().map_err(|error| format!("{address}: {error}"))?;
    match response.split_whitespace().nth(1) {
        Some("200") => Ok(()),
        _ => Err(format!(
            "{address}: {}",
            response.lines().last().unwrap_or("no answer")
        )),
    }
}

/// An address to listen on may be 'all'; it is reached by loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
