//! The log: what was said, and where the reader stands in it. The view never moves under the
//! reader, unless they are at the end: then it stays there.

mod lines;

use std::rc::Rc;

use shared::{MessageId, Seq};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

use crate::i18n::Lang;
use crate::state::Heard;
use crate::state::rows::Row;
use lines::{drafts, line, newest, skeleton, unseen};

/// Pixels from the end within which a reader counts as at the end.
const AT_END: i32 = 30;

/// Pixels from the top at which older entries are fetched: about one screen ahead.
const NEAR_TOP: i32 = 400;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
    pub room: AttrValue,
    pub rows: Rc<Vec<Row>>,
    pub heard: Vec<Heard>,
    pub own: Option<shared::Member>,
    /// Whether the room has been seen yet.
    pub known: bool,
    pub live: bool,
    pub has_older: bool,
    pub loads_older: bool,
    pub on_older: Callback<()>,
    pub on_long: Callback<()>,
    pub on_retry: Callback<MessageId>,
    pub on_discard: Callback<MessageId>,
}

pub enum Msg {
    Scrolled,
    Jump,
}

/// Rows above which a log is cut, while the reader is at its end: a room that is open for days
/// must not fill the memory.
const LONG: usize = 1_500;

/// What the reader looks at, and where it stood before the rows changed. Its end counts: a header
/// may come or go at its beginning.
struct Anchor {
    element: Element,
    bottom: f64,
}

pub struct Log {
    scroller: NodeRef,
    list: NodeRef,
    at_end: bool,
    /// The newest message that the reader has had before them at the end.
    seen: Seq,
    anchor: Option<Anchor>,
    resizes: Option<(ResizeObserver, Closure<dyn FnMut()>)>,
}

impl Component for Log {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        Self {
            scroller: NodeRef::default(),
            list: NodeRef::default(),
            at_end: true,
            seen: newest(&ctx.props().rows),
            anchor: None,
            resizes: None,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Scrolled => {
                self.ask_older(ctx);
                let at_end = self.is_at_end();
                let changed = at_end != self.at_end;
                self.at_end = at_end;
                if at_end {
                    self.seen = newest(&ctx.props().rows);
                }
                changed
            }
            Msg::Jump => {
                self.at_end = true;
                self.seen = newest(&ctx.props().rows);
                self.focus();
                true
            }
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let new = ctx.props();
        // Who writes wants to see it, wherever they were reading.
        self.at_end |= drafts(&new.rows) > drafts(&old.rows) || !old.known;
        if self.at_end {
            self.seen = newest(&new.rows);
        } else {
            self.anchor = self.find_anchor();
        }
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            self.watch_resizes(ctx);
        }
        if self.at_end {
            self.to_end();
            if ctx.props().rows.len() > LONG {
                ctx.props().on_long.emit(());
            }
        } else if let (Some(scroller), Some(anchor)) =
            (self.scroller.cast::<Element>(), self.anchor.take())
            && anchor.element.is_connected()
        {
            #[allow(clippy::cast_possible_truncation, reason = "pixels of a page")]
            let moved =
                (anchor.element.get_bounding_client_rect().bottom() - anchor.bottom).round() as i32;
            if moved != 0 {
                scroller.set_scroll_top(scroller.scroll_top() + moved);
            }
        }
        self.ask_older(ctx);
    }

    fn destroy(&mut self, _: &Context<Self>) {
        if let Some((observer, _)) = &self.resizes {
            observer.disconnect();
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let texts = props.lang.texts();
        let unseen = unseen(&props.rows, self.seen);
        let empty = props.known
            && !props
                .rows
                .iter()
                .any(|row| !matches!(row, Row::Note { .. }));
        html! {
            <div class="log-frame">
                // Announced is one label a message, below; this one would read all out, history
                // included.
                <div class="log" role="region" aria-label={(texts.log)(&props.room)} tabindex="0"
                    aria-busy={(!props.known || props.loads_older).then_some("true")} data-testid="log"
                    ref={self.scroller.clone()} onscroll={ctx.link().callback(|_| Msg::Scrolled)}>
                    <ol ref={self.list.clone()}>
                        {self.top(props, empty)}
                        for row in props.rows.iter() { {line(props, row)} }
                        if !props.known { {skeleton(texts.loading)} }
                    </ol>
                </div>
                <div class="sr-only" role="log" aria-live="polite">
                    for heard in &props.heard {
                        <p key={heard.seq.0}>{(texts.says)(heard.nick.as_str(), heard.text.as_str())}</p>
                    }
                </div>
                if !self.at_end && props.known {
                    <button type="button" class={classes!("jump", (unseen > 0).then_some("news"))} data-testid="jump"
                        onclick={ctx.link().callback(|_| Msg::Jump)}
                        aria-label={(unseen == 0).then_some(texts.to_the_end)}>
                        <span aria-hidden="true">{"↓"}</span>
                        if unseen > 0 { <b>{(texts.new_below)(unseen)}</b> }
                    </button>
                }
            </div>
        }
    }
}

impl Log {
    fn top(&self, props: &Props, empty: bool) -> Html {
        let texts = props.lang.texts();
        if empty && !props.has_older {
            return html! {
                <li class="empty" key="top">
                    <span class="quote" aria-hidden="true">{"“"}</span>
                    <h2>{texts.empty_title}</h2>
                    <p>{texts.empty_text}</p>
                </li>
            };
        }
        if props.loads_older {
            return html! { <li class="edge loading" key="top"><span class="spinner" aria-hidden="true"></span>{texts.loading_older}</li> };
        }
        if props.known && !props.has_older {
            return html! { <li class="edge" key="top" data-testid="beginning">{texts.beginning}</li> };
        }
        html! { <li class="edge" key="top" aria-hidden="true"></li> }
    }

    fn is_at_end(&self) -> bool {
        self.scroller
            .cast::<Element>()
            .is_none_or(|el| el.scroll_height() - el.scroll_top() - el.client_height() <= AT_END)
    }

    fn to_end(&self) {
        if let Some(el) = self.scroller.cast::<Element>() {
            el.set_scroll_top(el.scroll_height());
        }
    }

    fn focus(&self) {
        if let Some(el) = self.scroller.cast::<web_sys::HtmlElement>() {
            let _ = el.focus();
        }
    }

    fn ask_older(&self, ctx: &Context<Self>) {
        let props = ctx.props();
        let near_top = self
            .scroller
            .cast::<Element>()
            .is_some_and(|el| el.scroll_top() < NEAR_TOP);
        if near_top && props.live && props.has_older && !props.loads_older {
            props.on_older.emit(());
        }
    }

    /// The first message in view.
    fn find_anchor(&self) -> Option<Anchor> {
        let top = self
            .scroller
            .cast::<Element>()?
            .get_bounding_client_rect()
            .top();
        let rows = self.list.cast::<Element>()?.children();
        // By halves: a log may be thousands of rows long. Row 0 is the edge above them all.
        let (mut low, mut high) = (1, rows.length());
        while low < high {
            let middle = low + (high - low) / 2;
            if rows.item(middle)?.get_bounding_client_rect().bottom() > top {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        // A day's line would stay above the older messages of that day that come below it.
        let element = (low..rows.length())
            .filter_map(|row| rows.item(row))
            .find(|row| row.has_attribute("data-id"))?;
        let bottom = element.get_bounding_client_rect().bottom();
        Some(Anchor { element, bottom })
    }

    /// A composer that grows, a keyboard that opens, a window that turns: the end stays in view.
    fn watch_resizes(&mut self, ctx: &Context<Self>) {
        let (scroller, list) = (self.scroller.cast::<Element>(), self.list.cast::<Element>());
        let (Some(scroller), Some(list)) = (scroller, list) else {
            return;
        };
        let link = ctx.link().clone();
        let stay = Closure::<dyn FnMut()>::new(move || {
            if let Some(log) = link.get_component()
                && log.at_end
            {
                log.to_end();
            }
        });
        if let Ok(observer) = ResizeObserver::new(stay.as_ref().unchecked_ref()) {
            observer.observe(&scroller);
            observer.observe(&list);
            self.resizes = Some((observer, stay));
        }
    }
}
