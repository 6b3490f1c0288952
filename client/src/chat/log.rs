//! The log: what was said, and where the reader stands in it. The view never moves under the
//! reader, unless they are at the end: then it stays there.

mod lines;
mod view;

use std::cell::Cell;
use std::rc::Rc;

use gloo_events::EventListener;
use shared::{Epoch, Member, MessageId, Seq};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

use super::page;
use crate::i18n::Lang;
use crate::state::rows::{Row, Rows};
use crate::state::{Heard, Unread, unread};
use crate::store::{self, Kept};
use lines::{Lines, drafts, note_line, skeleton};
use view::{Anchor, View};

/// Entries above which a log is cut, while the reader is at its end: a room that is open for days
/// must not fill the memory. A few chunks at a time, which is not felt.
const LONG: usize = 10_100;

/// Entries above which it is cut wherever the reader is, when there is more: they have been away for
/// very long.
const TOO_LONG: usize = 20_000;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
    pub room: AttrValue,
    pub rows: Rc<Rows>,
    pub heard: Vec<Heard>,
    pub own: Option<Member>,
    /// Which life of the room's log is shown; none before the room has been seen.
    pub epoch: Option<Epoch>,
    /// Under which name the browser keeps how far was read.
    pub key_in_store: AttrValue,
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
    /// The page was put out of sight, or is in sight again.
    Seen,
    Redraw,
}

pub struct Log {
    view: View,
    at_end: bool,
    /// How far down the view was last seen: who leaves the end goes up.
    top: Cell<i32>,
    /// What is held in view, while the reader is not at the end.
    anchor: Option<Anchor>,
    unread: Unread,
    /// How far was read, as the browser has it.
    kept: Option<Seq>,
    /// The reader is back: where there is more than fits they begin at the line, not at the end.
    opens: bool,
    resizes: Option<(ResizeObserver, Closure<dyn FnMut()>)>,
    _seen: Option<EventListener>,
}

impl Component for Log {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let document = web_sys::window().and_then(|window| window.document());
        let seen = document.map(|document| {
            EventListener::new(&document, "visibilitychange", move |_| {
                link.send_message(Msg::Seen);
            })
        });
        let mut log = Self {
            view: View::default(),
            at_end: true,
            top: Cell::new(0),
            anchor: None,
            unread: Unread::default(),
            kept: None,
            opens: false,
            resizes: None,
            _seen: seen,
        };
        log.begin(ctx.props());
        log
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let props = ctx.props();
        match msg {
            Msg::Scrolled => {
                let was_at_end = self.at_end;
                self.scrolled();
                self.note_read(props);
                self.ask_older(props);
                self.at_end != was_at_end
            }
            Msg::Jump => {
                self.view.focus();
                let (unread, _) = props.rows.unread(self.unread.read);
                let line = self.view.line().filter(|_| unread > 0);
                match line.filter(|line| !self.view.is_reached(*line)) {
                    Some(line) => self.go_to(line),
                    None => self.at_end = true,
                }
                true
            }
            Msg::Seen => {
                if page::is_hidden() {
                    return false;
                }
                self.come_back(props);
                true
            }
            Msg::Redraw => true,
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let new = ctx.props();
        if new.epoch != old.epoch {
            self.begin(new);
        }
        let (unread, _) = new.rows.unread(self.unread.read);
        let is_back = new.live && !old.live;
        if unread > 0 && (is_back || !self.is_reading()) {
            self.unread.missed();
            self.opens |= is_back;
        }
        // Who writes wants to see it, wherever they were reading.
        if new.rows.drafts.len() > old.rows.drafts.len() {
            self.at_end = true;
            self.opens = false;
            self.unread.wrote();
        }
        let len = new.rows.entries();
        let grows = new.rows.newest() > old.rows.newest();
        if len > TOO_LONG && grows || len > LONG && self.at_end {
            new.on_long.emit(());
        }
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            self.watch_resizes(ctx);
        }
        self.stay();
        if std::mem::take(&mut self.opens)
            && self.at_end
            && let Some(line) = self.view.line().filter(|line| *line < 0.0)
        {
            self.go_to(line);
            ctx.link().send_message(Msg::Redraw);
        }
        self.keep_anchor();
        self.note_read(ctx.props());
        self.ask_older(ctx.props());
    }

    fn destroy(&mut self, _: &Context<Self>) {
        if let Some((observer, _)) = &self.resizes {
            observer.disconnect();
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let texts = props.lang.texts();
        let (unread, _) = props.rows.unread(self.unread.read);
        let keys = {
            let view = self.view.clone();
            move |event: KeyboardEvent| view.on_key(&event)
        };
        html! {
            <div class="log-frame">
                // Announced is one label a message, below; this one would read all out, history
                // included.
                <div class="log" role="region" aria-label={(texts.log)(&props.room)} tabindex="0"
                    aria-busy={(!props.known || props.loads_older).then_some("true")} data-testid="log"
                    ref={&self.view.scroller} onscroll={ctx.link().callback(|_| Msg::Scrolled)} onkeydown={keys}>
                    // One list, whatever chunks it is drawn in.
                    <div class="lines" role="list" ref={&self.view.list}>
                        {for self.lines(props)}
                    </div>
                </div>
                <div class="sr-only" role="log" aria-live="polite">
                    for heard in &props.heard {
                        <p key={heard.seq.0}>{(texts.says)(heard.nick.as_str(), heard.text.as_str())}</p>
                    }
                </div>
                if !self.at_end && props.known {
                    <button type="button" class={classes!("jump", (unread > 0).then_some("news"))} data-testid="jump"
                        onclick={ctx.link().callback(|_| Msg::Jump)}
                        aria-label={(unread == 0).then_some(texts.to_the_end)}>
                        <span aria-hidden="true">{"↓"}</span>
                        if unread > 0 { <b>{(texts.new_below)(unread)}</b> }
                    </button>
                }
            </div>
        }
    }
}

impl Log {
    /// The room is seen for the first time on this visit, or it has begun anew.
    fn begin(&mut self, props: &Props) {
        let Some(epoch) = &props.epoch else {
            return;
        };
        let kept = store::text(Kept::Always, &props.key_in_store);
        let read = kept.and_then(|kept| unread::kept(&kept, epoch));
        self.unread = Unread::begin(read, props.rows.newest());
        self.kept = None;
        self.at_end = true;
        self.come_back(props);
    }

    fn come_back(&mut self, props: &Props) {
        let (unread, _) = props.rows.unread(self.unread.read);
        self.unread.came_back(unread > 0);
        self.opens = unread > 0;
    }

    fn is_reading(&self) -> bool {
        self.at_end && !page::is_hidden()
    }

    /// What is at the end has been read, if the reader is there and looks.
    fn note_read(&mut self, props: &Props) {
        let Some(epoch) = props.epoch.as_ref().filter(|_| self.is_reading()) else {
            return;
        };
        self.unread.read(props.rows.newest());
        let seq = self.unread.read;
        if self.kept != Some(seq) {
            self.kept = Some(seq);
            let read = unread::to_keep(epoch, seq);
            store::set(Kept::Always, &props.key_in_store, &read);
        }
    }

    fn scrolled(&mut self) {
        // A view that is not further up has not left the end: the end has moved on.
        if self.at_end && self.view.top() >= self.top.get() {
            self.to_end();
        } else {
            self.at_end = self.view.is_at_end();
            self.top.set(self.view.top());
        }
        self.keep_anchor();
    }

    fn stay(&self) {
        if self.at_end {
            self.to_end();
        } else if let Some(anchor) = &self.anchor {
            self.view.hold(anchor);
        }
    }

    fn to_end(&self) {
        self.view.to_end();
        self.top.set(self.view.top());
    }

    /// Shows what stands so far below the upper edge.
    fn go_to(&mut self, below: f64) {
        self.view.go_to(below);
        self.at_end = self.view.is_at_end();
        self.top.set(self.view.top());
        self.anchor = None;
        self.keep_anchor();
    }

    fn keep_anchor(&mut self) {
        let moved = self.anchor.as_ref().and_then(|held| self.view.moved(held));
        // Fractions of a pixel that are rounded away each time must not add up.
        if self.at_end {
            self.anchor = None;
        } else if moved.is_none_or(|moved| moved.abs() >= 1.0) {
            self.anchor = self.view.anchor();
        }
    }

    fn ask_older(&self, props: &Props) {
        if props.live && props.has_older && !props.loads_older && self.view.is_near_top() {
            props.on_older.emit(());
        }
    }

    /// All that is in the list. Each has a key: with one that has none all would be drawn anew where
    /// one comes or goes.
    fn lines(&self, props: &Props) -> Vec<Html> {
        let line = self.unread.line();
        let first = line.and_then(|line| props.rows.unread(line).1);
        let me = props.own.as_ref().map(|own| own.nick.clone());
        let mut lines = vec![top(props)];
        for row in &props.rows.notes {
            if let Row::Note { after, note } = row {
                lines.push(note_line(props.lang, *after, note));
            }
        }
        for chunk in &props.rows.chunks {
            lines.push(html! {
                <Lines key={chunk.number} chunk={Rc::clone(chunk)} lang={props.lang} me={me.clone()}
                    unread={first.filter(|first| chunk.holds(*first))} />
            });
        }
        lines.extend(drafts(props));
        if !props.known {
            lines.push(skeleton(props.lang.texts().loading));
        }
        lines
    }

    /// A composer that grows, a keyboard that opens, a window that turns, a chunk that comes near
    /// and is not as high as was guessed: what is in view stays.
    fn watch_resizes(&mut self, ctx: &Context<Self>) {
        let elements = (
            self.view.scroller.cast::<Element>(),
            self.view.list.cast::<Element>(),
        );
        let (Some(scroller), Some(list)) = elements else {
            return;
        };
        let link = ctx.link().clone();
        let stay = Closure::<dyn FnMut()>::new(move || {
            if let Some(log) = link.get_component() {
                log.stay();
            }
        });
        if let Ok(observer) = ResizeObserver::new(stay.as_ref().unchecked_ref()) {
            observer.observe(&scroller);
            observer.observe(&list);
            self.resizes = Some((observer, stay));
        }
    }
}

/// The upper edge: what is above it, if anything.
fn top(props: &Props) -> Html {
    let texts = props.lang.texts();
    if props.known && props.rows.is_silent() && !props.has_older {
        return html! {
            <div role="listitem" class="empty" key="top">
                <span class="quote" aria-hidden="true">{"“"}</span>
                <h2>{texts.empty_title}</h2>
                <p>{texts.empty_text}</p>
            </div>
        };
    }
    if props.loads_older {
        return html! {
            <div role="listitem" class="edge loading" key="top" data-testid="loading-older">
                <span class="spinner" aria-hidden="true"></span>{texts.loading_older}
            </div>
        };
    }
    if props.known && !props.has_older {
        return html! { <div role="listitem" class="edge" key="top" data-testid="beginning">{texts.beginning}</div> };
    }
    html! { <div class="edge" key="top" aria-hidden="true"></div> }
}
