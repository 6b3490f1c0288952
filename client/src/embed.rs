//! The chat in a page of somebody else's: what `client/embed/embed.js` calls.

use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Element;
use yew::{AppHandle, AttrValue, Renderer};

use crate::chat::{Chat, Host, Props};
use crate::i18n::Lang;

/// A chat that stands in an element until it is destroyed.
#[wasm_bindgen]
pub struct Embedded {
    app: AppHandle<Chat>,
    host: Host,
}

/// Puts a chat into `root`, in place of what is there.
#[wasm_bindgen]
pub fn chat(
    root: Element,
    host: Host,
    server: String,
    room: String,
    lang: &str,
    nick: String,
) -> Embedded {
    let props = props(host.clone(), server, room, lang, nick);
    let app = Renderer::<Chat>::with_root_and_props(root, props).render();
    Embedded { app, host }
}

#[wasm_bindgen]
impl Embedded {
    /// Another server, room or language.
    pub fn update(&mut self, server: String, room: String, lang: &str, nick: String) {
        let props = props(self.host.clone(), server, room, lang, nick);
        self.app.update(props);
    }

    /// Hangs up and leaves the element empty.
    pub fn destroy(self) {
        self.app.destroy();
    }
}

fn props(host: Host, server: String, room: String, lang: &str, nick: String) -> Props {
    Props {
        server: AttrValue::from(server),
        room: AttrValue::from(room),
        topic: None,
        lang: Lang::of_tag(lang).unwrap_or(Lang::En),
        nick: AttrValue::from(nick),
        host: Some(host),
        #[cfg(debug_assertions)]
        still: None,
    }
}
