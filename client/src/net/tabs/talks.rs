//! The lead agreed upon over a channel that all tabs of a site hear. Less sure than a lock: a tab
//! that the browser has frozen does not answer. Then two may lead for a moment, and the server
//! lets the newer connection take over.

use std::cell::Cell;
use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};
use yew::Callback;

use super::TabsEvent;
use super::talk::{Talk, Turn, Word};

/// A part in the talk. Dropped, it is over.
pub struct Talks {
    channel: BroadcastChannel,
    _hears: EventListener,
    _waits: Timeout,
}

impl Talks {
    /// None where the browser has no channels.
    pub fn begin(name: &str, take: bool, on: Callback<TabsEvent>) -> Option<Self> {
        let channel = BroadcastChannel::new(name).ok()?;
        let (talk, first) = Talk::begin(random(), take);
        // None once it is over.
        let talk = Rc::new(Cell::new(Some(talk)));
        let hears = {
            let (talk, channel, on) = (Rc::clone(&talk), channel.clone(), on.clone());
            EventListener::new(&channel.clone(), "message", move |event| {
                let Some(part) = talk.get() else { return };
                match word(event).and_then(|word| part.hear(word)) {
                    Some(Turn::Say(word)) => say(&channel, word),
                    Some(Turn::Over) => {
                        talk.set(None);
                        on.emit(match part {
                            Talk::Asking { .. } => TabsEvent::Elsewhere,
                            Talk::Leading => TabsEvent::Lost,
                        });
                    }
                    None => {}
                }
            })
        };
        say(&channel, first);
        // Nobody is asked where the lead is taken.
        let wait_ms = if take { 0 } else { Talk::WAIT_MS };
        let waits = {
            let channel = channel.clone();
            Timeout::new(wait_ms, move || {
                let Some(mut part) = talk.get() else { return };
                if let Talk::Asking { .. } = part {
                    say(&channel, part.unanswered());
                    talk.set(Some(part));
                }
                on.emit(TabsEvent::Led);
            })
        };
        Some(Self {
            channel,
            _hears: hears,
            _waits: waits,
        })
    }
}

impl Drop for Talks {
    fn drop(&mut self) {
        self.channel.close();
    }
}

fn say(channel: &BroadcastChannel, word: Word) {
    let _ = channel.post_message(&JsValue::from_str(&word.written()));
}

fn word(event: &web_sys::Event) -> Option<Word> {
    Word::read(&event.dyn_ref::<MessageEvent>()?.data().as_string()?)
}

fn random() -> u32 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let random = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
    random
}
