//! Mounts the me-page. `me` is the pages, `chat` the component in one of them; `state` and `net`
//! are what the chat knows and the line it speaks over.

#![allow(
    unreachable_pub,
    missing_docs,
    reason = "a program: nothing outside reads it, and its names say what it is"
)]

mod chat;
mod i18n;
mod letters;
mod me;
mod net;
mod state;
mod store;

fn main() {
    yew::Renderer::<me::App>::new().render();
}
