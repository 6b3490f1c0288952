//! Where the reader stands in the log, in pixels: what they look at, and how to bring them to it.
//! Rows come and go, chunks out of sight have the height that the browser guesses: what is in view
//! stays where it is.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// Pixels from the end within which a reader counts as at the end.
const AT_END: i32 = 30;

/// Pixels from the top at which older entries are fetched: about one screen ahead.
const NEAR_TOP: i32 = 400;

/// Pixels above what was jumped to.
const MARGIN: f64 = 8.0;

/// What the reader looks at, and where it is seen. Its end counts: a header may come or go at its
/// beginning.
pub struct Anchor {
    element: Element,
    bottom: f64,
}

/// The log's elements: what scrolls, and the chunks in it.
#[derive(Clone, Default)]
pub struct View {
    pub scroller: NodeRef,
    pub list: NodeRef,
}

impl View {
    pub fn is_at_end(&self) -> bool {
        self.element()
            .is_none_or(|el| el.scroll_height() - el.scroll_top() - el.client_height() <= AT_END)
    }

    pub fn is_near_top(&self) -> bool {
        self.element().is_some_and(|el| el.scroll_top() < NEAR_TOP)
    }

    pub fn top(&self) -> i32 {
        self.element().map(|el| el.scroll_top()).unwrap_or_default()
    }

    pub fn to_end(&self) {
        if let Some(el) = self.element() {
            el.set_scroll_top(el.scroll_height());
        }
    }

    pub fn focus(&self) {
        if let Some(el) = self.scroller.cast::<HtmlElement>() {
            let _ = el.focus();
        }
    }

    /// The first message in view.
    pub fn anchor(&self) -> Option<Anchor> {
        let (chunks, top) = (self.list.cast::<Element>()?, self.edge()?);
        let chunk = below(&chunks, top)?;
        let first = below(&chunk, top).filter(|_| is_chunk(&chunk));
        // A day's line would stay above the older messages of that day that come below it.
        let mut row = first.or(Some(chunk));
        while let Some(element) = row.take_if(|row| !row.has_attribute("data-id")) {
            row = step(&element, true);
        }
        let element = row?;
        let bottom = element.get_bounding_client_rect().bottom() - top;
        Some(Anchor { element, bottom })
    }

    /// How far something has moved, in pixels; none where it is gone.
    pub fn moved(&self, anchor: &Anchor) -> Option<f64> {
        let bottom = anchor.element.get_bounding_client_rect().bottom();
        let moved = bottom - self.edge()? - anchor.bottom;
        anchor.element.is_connected().then_some(moved)
    }

    /// Brings it back to where it was seen.
    pub fn hold(&self, anchor: &Anchor) {
        if let Some(moved) = self.moved(anchor) {
            self.scroll_by(moved);
        }
    }

    /// How many pixels below the upper edge the line above what is unread stands.
    pub fn line(&self) -> Option<f64> {
        let line = self.element()?.query_selector(".unread").ok()??;
        Some(line.get_bounding_client_rect().top() - self.edge()?)
    }

    /// Whether what stands so far below the upper edge is in the upper half, or above.
    pub fn is_reached(&self, below: f64) -> bool {
        self.element()
            .is_some_and(|el| below < f64::from(el.client_height()) / 2.0)
    }

    /// Shows what stands so far below the upper edge at that edge.
    pub fn go_to(&self, below: f64) {
        self.scroll_by(below - MARGIN);
    }

    /// The arrow keys go from message to message, whose time is then shown. One that is taller than
    /// the view is scrolled.
    pub fn on_key(&self, event: &KeyboardEvent) {
        let down = match event.key().as_str() {
            "ArrowDown" => true,
            "ArrowUp" => false,
            _ => return,
        };
        let from = event.target().and_then(|target| target.dyn_into().ok());
        let to = from.and_then(|from: Element| {
            if from.has_attribute("data-id") {
                self.next(from, down)
            } else if Some(&from) == self.element().as_ref() {
                self.last_in_view()
            } else {
                None
            }
        });
        if let Some(to) = to.and_then(|to| to.dyn_into::<HtmlElement>().ok()) {
            event.prevent_default();
            let _ = to.focus();
        }
    }

    fn next(&self, from: Element, down: bool) -> Option<Element> {
        let (rect, top) = (from.get_bounding_client_rect(), self.edge()?);
        let ends_in_view = if down {
            rect.bottom() <= top + f64::from(self.element()?.client_height())
        } else {
            rect.top() >= top
        };
        let mut next = ends_in_view.then_some(from);
        loop {
            next = step(&next?, down);
            if next.as_ref()?.has_attribute("data-id") {
                return next;
            }
        }
    }

    fn last_in_view(&self) -> Option<Element> {
        let bottom = self.edge()? + f64::from(self.element()?.client_height());
        let chunks = self.list.cast::<Element>()?;
        let chunk = below(&chunks, bottom).or_else(|| chunks.last_element_child())?;
        let row = below(&chunk, bottom).or_else(|| chunk.last_element_child());
        let is_whole = |row: &Element| {
            row.has_attribute("data-id") && row.get_bounding_client_rect().bottom() <= bottom
        };
        let mut row = row;
        while let Some(element) = row.take_if(|row| !is_whole(row)) {
            row = step(&element, false);
        }
        row
    }

    fn scroll_by(&self, pixels: f64) {
        #[allow(clippy::cast_possible_truncation, reason = "pixels of a page")]
        let pixels = pixels.round() as i32;
        if let Some(el) = self.element().filter(|_| pixels != 0) {
            el.set_scroll_top(el.scroll_top() + pixels);
        }
    }

    fn element(&self) -> Option<Element> {
        self.scroller.cast()
    }

    /// Where the view begins on the page.
    fn edge(&self) -> Option<f64> {
        self.element().map(|el| el.get_bounding_client_rect().top())
    }
}

/// The first child that ends below `y`: by halves, since there may be hundreds.
fn below(parent: &Element, y: f64) -> Option<Element> {
    let children = parent.children();
    let (mut low, mut high) = (0, children.length());
    while low < high {
        let middle = low + (high - low) / 2;
        if children.item(middle)?.get_bounding_client_rect().bottom() > y {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    children.item(low)
}

/// What else stands in the list has no rows in it.
fn is_chunk(el: &Element) -> bool {
    el.matches(".chunk").unwrap_or(false)
}

/// The row after or before a row, or the first or last one of the next chunk.
fn step(from: &Element, down: bool) -> Option<Element> {
    let beside = |el: &Element| match down {
        true => el.next_element_sibling(),
        false => el.previous_element_sibling(),
    };
    let within = |el: Element| match down {
        true => el.first_element_child(),
        false => el.last_element_child(),
    };
    if is_chunk(from) {
        return within(from.clone());
    }
    if let Some(row) = beside(from) {
        return if is_chunk(&row) {
            within(row)
        } else {
            Some(row)
        };
    }
    let mut chunk = beside(&from.parent_element().filter(is_chunk)?)?;
    while is_chunk(&chunk) {
        if let Some(row) = within(chunk.clone()) {
            return Some(row);
        }
        chunk = beside(&chunk)?;
    }
    Some(chunk)
}
