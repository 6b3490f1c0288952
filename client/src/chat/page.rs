//! What the browser tells of the page: where it is, how wide the chat is in it, and that it or its
//! reader comes or goes.

use gloo_events::EventListener;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, EventTarget, HtmlElement, ShadowRoot};
use yew::NodeRef;
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
        let link = link.clone();
        listeners.push(EventListener::new(
            &document,
            "visibilitychange",
            move |_| {
                link.send_message(Msg::Page);
            },
        ));
    }
    listeners
}

/// Whether nobody can see the page.
pub fn is_hidden() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .is_some_and(|document| document.hidden())
}

/// Whether the page is before the reader's eyes, with the keyboard in it.
pub fn is_looked_at() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| !document.hidden() && document.has_focus().unwrap_or(true))
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

/// Whether there is room for the list beside the log: the style sheet decides, by the chat's own
/// width.
pub fn is_wide(frame: &NodeRef) -> bool {
    let chat = frame
        .cast::<Element>()
        .and_then(|frame| frame.first_element_child());
    let style = web_sys::window()
        .zip(chat)
        .and_then(|(window, chat)| window.get_computed_style(&chat).ok().flatten());
    style
        .and_then(|style| style.get_property_value("--wide").ok())
        .is_some_and(|wide| wide.contains('1'))
}

/// Whether somebody is at work elsewhere on a page that the chat of `element` is but a part of: there
/// what they write next would end up in the chat.
pub fn keyboard_is_elsewhere(element: &HtmlElement) -> bool {
    let Ok(inside) = element.get_root_node().dyn_into::<ShadowRoot>() else {
        return false;
    };
    let document = web_sys::window().and_then(|window| window.document());
    let active = document.and_then(|document| document.active_element());
    active.is_some_and(|active| active != inside.host() && active.local_name() != "body")
}
