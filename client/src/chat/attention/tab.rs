//! The browser's tab: title and icon tell of messages that came while it was hidden. There is one
//! for the page, and several chats may be on it: what they tell is summed up here.

use std::cell::RefCell;

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, Document, Element, HtmlCanvasElement, HtmlImageElement};

use crate::state::attention::{Unseen, prefix};

const ICON: &str = "link[rel~=icon]";

/// Pixels of the icon with a badge: enough for a dense screen.
const SIDE: u32 = 64;

#[derive(Default)]
struct Tab {
    unseen: Vec<Unseen>,
    /// What stands before the page's own title.
    prefix: String,
    /// The icon that is being fetched to be drawn on.
    fetching: Option<EventListener>,
    /// The icon that is shown in place of the page's own.
    badge: Option<Element>,
    own_icons: Vec<Element>,
}

thread_local! {
    static TAB: RefCell<Tab> = RefCell::default();
}

/// How many messages nobody has seen yet in the room of a chat.
pub fn tell(chat: u32, room: &str, count: usize) {
    TAB.with_borrow_mut(|tab| {
        let known = tab.unseen.iter().find(|one| one.chat == chat);
        if known.map_or(0, |one| one.count) == count {
            return;
        }
        tab.unseen.retain(|one| one.chat != chat);
        if count > 0 {
            tab.unseen.push(Unseen {
                chat,
                room: room.to_owned(),
                count,
            });
        }
        if let Some(document) = web_sys::window().and_then(|window| window.document()) {
            tab.entitle(&document);
            if tab.unseen.is_empty() {
                tab.unbadge(&document);
            } else if tab.badge.is_none() && tab.fetching.is_none() {
                tab.fetch(&document);
            }
        }
    });
}

impl Tab {
    /// The page may have changed its title meanwhile: only what was put before it is taken away.
    fn entitle(&mut self, document: &Document) {
        let title = document.title();
        let own = title
            .strip_prefix(&self.prefix)
            // A title is trimmed where it is read.
            .or_else(|| title.strip_prefix(self.prefix.trim_end()))
            .unwrap_or(&title);
        self.prefix = prefix(&self.unseen);
        document.set_title(&[&self.prefix, own].concat());
    }

    fn fetch(&mut self, document: &Document) {
        let link = document.query_selector(ICON).ok().flatten();
        let address = link.and_then(|link| link.get_attribute("href"));
        let Ok(image) = HtmlImageElement::new() else {
            return;
        };
        let drawn = image.clone();
        self.fetching = Some(EventListener::once(&image, "load", move |_| {
            TAB.with_borrow_mut(|tab| tab.badge(&drawn));
        }));
        image.set_src(address.as_deref().unwrap_or("/favicon.ico"));
    }

    fn badge(&mut self, icon: &HtmlImageElement) {
        let Some(document) = web_sys::window().and_then(|window| window.document()) else {
            return;
        };
        let (Some(address), Some(head)) = (with_dot(&document, icon), head(&document)) else {
            return;
        };
        let Ok(badge) = document.create_element("link") else {
            return;
        };
        let _ = badge.set_attribute("rel", "icon");
        let _ = badge.set_attribute("href", &address);
        while let Ok(Some(link)) = document.query_selector(ICON) {
            link.remove();
            self.own_icons.push(link);
        }
        let _ = head.append_child(&badge);
        self.badge = Some(badge);
    }

    fn unbadge(&mut self, document: &Document) {
        self.fetching = None;
        if let (Some(badge), Some(head)) = (self.badge.take(), head(document)) {
            badge.remove();
            for icon in self.own_icons.drain(..) {
                let _ = head.append_child(&icon);
            }
        }
    }
}

fn head(document: &Document) -> Option<Element> {
    document.query_selector("head").ok().flatten()
}

/// The icon with a dot in its corner; none where it is another site's, which browsers let nobody
/// read.
fn with_dot(document: &Document, icon: &HtmlImageElement) -> Option<String> {
    let canvas: HtmlCanvasElement = document.create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(SIDE);
    canvas.set_height(SIDE);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    let side = f64::from(SIDE);
    context
        .draw_image_with_html_image_element_and_dw_and_dh(icon, 0.0, 0.0, side, side)
        .ok()?;
    for (color, radius) in [("#fff", 18.0), ("#1f5fbf", 14.0)] {
        context.begin_path();
        context.set_fill_style_str(color);
        context
            .arc(side - 18.0, 18.0, radius, 0.0, std::f64::consts::TAU)
            .ok()?;
        context.fill();
    }
    canvas.to_data_url().ok()
}
