//! What the browser tells of the page: where it is, how wide, and that it or its reader comes
//! or goes.

use gloo_events::EventListener;
use web_sys::EventTarget;
use yew::html::Scope;

use super::{Chat, Msg};
use crate::net::endpoint::endpoint;
use crate::state::Event;

/// The network or the reader is back, or the page is put away.
pub fn listeners(link: &Scope<Chat>) -> Vec<EventListener> {
    let Some(window) = web_sys::window() else {
        return Vec::new();
    };
    let on = |target: &EventTarget, name: &'static str, event: Event| {
        let link = link.clone();
        EventListener::new(target, name, move |_| {
            if event != Event::Wake || !is_hidden() {
                link.send_message(Msg::Event(event.clone()));
            }
        })
    };
    let mut listeners = vec![
        on(&window, "online", Event::Wake),
        on(&window, "focus", Event::Wake),
        on(&window, "pagehide", Event::Hide),
        on(&window, "pageshow", Event::Show),
    ];
    if let Some(document) = window.document() {
        listeners.push(on(&document, "visibilitychange", Event::Wake));
    }
    listeners
}

/// Whether nobody can see the page.
pub fn is_hidden() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .is_some_and(|document| document.hidden())
}

/// The address of the chat's WebSocket, for what the owner wrote as `server`.
pub fn address(server: &str) -> String {
    let location = web_sys::window().map(|window| window.location());
    let part = |get: fn(&web_sys::Location) -> Result<String, wasm_bindgen::JsValue>| {
        location
            .as_ref()
            .and_then(|location| get(location).ok())
            .unwrap_or_default()
    };
    endpoint(
        server,
        &part(web_sys::Location::protocol),
        &part(web_sys::Location::host),
    )
}

/// Whether there is room for the list beside the log; the style sheet has the same bound.
pub fn is_wide() -> bool {
    web_sys::window()
        .and_then(|window| window.match_media("(min-width: 52rem)").ok().flatten())
        .is_some_and(|query| query.matches())
}
