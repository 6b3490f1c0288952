//! What the browser tells of the page: the network or the reader is back, or the page goes.

use gloo_events::EventListener;
use web_sys::EventTarget;
use yew::html::Scope;

use super::{Chat, Msg};
use crate::state::Event;

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

fn is_hidden() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .is_some_and(|document| document.hidden())
}
