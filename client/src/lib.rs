//! One program for two pages: `site` mounts the me-page, `chat` the chat alone, in a page of somebody
//! else's. `me` is the pages, `chat` the component in one of them; `state` and `net` are what the
//! chat knows and the line it speaks over.

#![allow(
    unreachable_pub,
    missing_docs,
    reason = "a program: nothing outside reads it, and its names say what it is"
)]

mod chat;
mod embed;
mod i18n;
mod letters;
mod me;
mod net;
mod state;
mod store;

use wasm_bindgen::prelude::wasm_bindgen;

/// The me-page takes the document over.
#[wasm_bindgen]
pub fn site() {
    yew::Renderer::<me::App>::new().render();
}
