//! Realtid: a chat for one's own site.
//!
//! The public face: start a [`Chat`], then mount it in an actix-web application of your own, or
//! have it served by [`Server`]. The way of a message through the modules is in
//! `docs/architecture.md`.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use realtid::{Chat, ChatConfig};
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let chat = Chat::start(ChatConfig::default())?;
//!     HttpServer::new(move || {
//!         let chat = chat.clone();
//!         App::new().service(web::scope("/chat").configure(|config| chat.configure(config)))
//!     })
//!     .on_connect(realtid::on_connect)
//!     .h1_write_buffer_size(realtid::WRITE_BUFFER)
//!     .h1_allow_half_closed(false)
//!     .bind(("127.0.0.1", 8080))?
//!     .run()
//!     .await?;
//!     Ok(())
//! }
//! ```

pub mod archive;
mod chat;
mod chat_server;
mod clock;
pub mod config;
pub mod fanout;
mod guests;
pub mod history;
pub mod http;
mod quota;
mod random;
mod retention;
pub mod room;
mod rooms;
mod serve;
pub mod session;
mod visitors;

pub use chat::{Chat, StartError};
pub use clock::Clock;
pub use config::{ChatConfig, HistoryKind, LimitsConfig, ServeConfig, Transport};
pub use quota::Rate;
pub use serve::{Server, healthcheck};
pub use session::{WRITE_BUFFER, on_connect};
