//! The browser's side of the pages' addresses: what is in its bar, its history, where the
//! reader is on the page, and how one page becomes the next.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Document, Element, FocusOptions, HtmlAnchorElement, HtmlElement, MouseEvent, Url};

use super::route::Route;

pub fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// Whether a media query holds.
pub fn matches(query: &str) -> bool {
    let list = web_sys::window().and_then(|window| window.match_media(query).ok().flatten());
    list.is_some_and(|list| list.matches())
}

/// The page at the address in the bar.
pub fn here() -> Route {
    let path = web_sys::window().and_then(|window| window.location().pathname().ok());
    path.and_then(|path| below_base(&path))
        .unwrap_or(Route::NotFound)
}

/// The address of the site's folder.
pub fn base() -> String {
    let uri = document().and_then(|document| document.base_uri().ok().flatten());
    let mut uri = uri.unwrap_or_default();
    uri.truncate(uri.rfind('/').map_or(0, |slash| slash + 1));
    uri
}

/// The page at an address of this origin, where it lies in the site's folder.
fn below_base(path: &str) -> Option<Route> {
    let folder = Url::new(&base()).ok()?.pathname();
    let folder = folder.as_str();
    match path.strip_prefix(folder) {
        Some(rest) => Some(Route::parse(rest)),
        // The folder itself, without its slash.
        None => (folder.strip_suffix('/') == Some(path)).then_some(Route::About),
    }
}

/// Puts a page's address into the bar and the history.
pub fn push(address: &str) {
    if let Some(history) = web_sys::window().and_then(|window| window.history().ok()) {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(address));
    }
}

/// What a click asks for, if it is ours to do.
pub enum Click {
    /// To a page of the site; with the address as it is to stand in the bar.
    Page(Route, String),
    /// To a place on this page.
    Place(String),
}

/// Reads a click on a link. Those that open something elsewhere, or in another way than by going
/// there, are the browser's.
pub fn click(event: &MouseEvent) -> Option<Click> {
    let modified = event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key();
    if event.default_prevented() || event.button() != 0 || modified {
        return None;
    }
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let link = target.closest("a[href]").ok()??;
    let link = link.dyn_into::<HtmlAnchorElement>().ok()?;
    if !link.target().is_empty() || link.has_attribute("download") {
        return None;
    }
    // `<base>` would make it a place on the front page.
    if let Some(id) = link.get_attribute("href")?.strip_prefix('#') {
        return Some(Click::Place(decoded(id)));
    }
    if link.origin() != web_sys::window()?.location().origin().ok()? {
        return None;
    }
    match below_base(&link.pathname())? {
        Route::NotFound => None,
        route => Some(Click::Page(route, link.href())),
    }
}

/// Goes to a place on this page, and the keyboard with it; false where there is none.
pub fn go_to_place(id: &str) -> bool {
    let place = document().and_then(|document| document.get_element_by_id(id));
    let Some(place) = place.and_then(|place| place.dyn_into::<HtmlElement>().ok()) else {
        return false;
    };
    if place.tab_index() < 0 {
        place.set_tab_index(-1);
    }
    let _ = place.focus();
    place.scroll_into_view();
    true
}

/// The place that the address in the bar names; empty if none.
pub fn place_in_bar() -> String {
    let hash = web_sys::window().and_then(|window| window.location().hash().ok());
    let hash = hash.unwrap_or_default();
    decoded(hash.trim_start_matches('#'))
}

fn decoded(id: &str) -> String {
    js_sys::decode_uri_component(id).map_or_else(|_| id.to_owned(), String::from)
}

/// Puts the keyboard, and so screen readers, at the beginning of a page that is new. Not where
/// the page has put it somewhere itself.
pub fn focus_page(main: &HtmlElement) {
    let focused = document().and_then(|document| document.active_element());
    if !focused.is_some_and(|focused| main.contains(Some(&focused))) {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = main.focus_with_options(&options);
    }
}

pub fn scroll_to_top() {
    if let Some(window) = web_sys::window() {
        window.scroll_to_with_x_and_y(0.0, 0.0);
    }
}

/// Changes the page, as a view transition where the browser knows them and the reader allows
/// motion.
pub fn transition(change: impl FnOnce() + 'static) {
    let start = document().and_then(|document| {
        let start = Reflect::get(&document, &JsValue::from_str("startViewTransition")).ok()?;
        Some((start.dyn_into::<Function>().ok()?, document))
    });
    match start {
        Some((start, document)) if !matches("(prefers-reduced-motion: reduce)") => {
            let change = Closure::once_into_js(change);
            if let Ok(transition) = start.call1(&document, &change) {
                forgive(&transition, "ready");
                forgive(&transition, "finished");
            }
        }
        _ => change(),
    }
}

/// A transition that another one overtakes is no error.
fn forgive(transition: &JsValue, promise: &str) {
    let promise = Reflect::get(transition, &JsValue::from_str(promise));
    if let Some(promise) = promise.ok().and_then(|p| p.dyn_into::<Promise>().ok()) {
        spawn_local(async move {
            let _ = JsFuture::from(promise).await;
        });
    }
}
