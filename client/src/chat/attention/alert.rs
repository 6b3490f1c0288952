//! A notification of the system and a short tone. Both are off until the reader wants them, and
//! nothing is asked of the browser before.

use std::cell::{Cell, RefCell};

use gloo_events::EventListener;
use js_sys::Reflect;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AudioContext, Notification, NotificationOptions, NotificationPermission};
use yew::Callback;

use crate::chat::clock;
use crate::store::{self, Kept};

/// Characters of a message that a notification shows.
const BODY: usize = 200;

/// A tone that could not sound within this time calls for nothing any more.
const STALE_MS: u64 = 1_000;

/// How a reader may be called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Notify,
    Sound,
}

impl Way {
    fn key(self) -> &'static str {
        match self {
            Self::Notify => "realtid:notify",
            Self::Sound => "realtid:sound",
        }
    }
}

thread_local! {
    /// What the reader wants, for all chats on the page, and for browsers that keep nothing: by
    /// notification, by sound; none before it was looked up.
    static WANTED: Cell<[Option<bool>; 2]> = const { Cell::new([None; 2]) };
    static AUDIO: RefCell<Option<AudioContext>> = const { RefCell::new(None) };
}

fn wanted(way: Way) -> bool {
    let [notify, sound] = WANTED.get();
    let known = match way {
        Way::Notify => notify,
        Way::Sound => sound,
    };
    known.unwrap_or_else(|| {
        let on = store::text(Kept::Always, way.key()).is_some();
        note(way, on);
        on
    })
}

fn note(way: Way, on: bool) {
    let [notify, sound] = WANTED.get();
    WANTED.set(match way {
        Way::Notify => [Some(on), sound],
        Way::Sound => [notify, Some(on)],
    });
}

/// Whether the reader is called so: they want it, and the browser lets it.
pub fn is_on(way: Way) -> bool {
    wanted(way) && (way == Way::Sound || permission() == Some(NotificationPermission::Granted))
}

pub fn set(way: Way, on: bool) {
    note(way, on);
    if on {
        store::set(Kept::Always, way.key(), &"on");
    } else {
        store::remove(Kept::Always, way.key());
    }
}

/// What the browser says to notifications; none where it has none.
pub fn permission() -> Option<NotificationPermission> {
    let has = Reflect::has(&js_sys::global(), &JsValue::from_str("Notification"));
    has.unwrap_or_default().then(Notification::permission)
}

/// Has the browser ask the reader, if they have not answered yet.
pub fn ask(answered: Callback<()>) {
    if permission() != Some(NotificationPermission::Default) {
        return;
    }
    if let Ok(answer) = Notification::request_permission() {
        spawn_local(async move {
            let _ = JsFuture::from(answer).await;
            answered.emit(());
        });
    }
}

/// A notification that is shown.
pub struct Notice {
    notification: Notification,
    _click: EventListener,
}

impl Notice {
    /// In place of the one before of the same `tag`. None where the browser will not, as on Android.
    pub fn show(title: &str, text: &str, tag: &str) -> Option<Self> {
        let options = NotificationOptions::new();
        options.set_body(&text.chars().take(BODY).collect::<String>());
        options.set_tag(tag);
        let notification = Notification::new_with_options(title, &options).ok()?;
        let clicked = notification.clone();
        let click = EventListener::new(&notification, "click", move |_| {
            if let Some(window) = web_sys::window() {
                let _ = window.focus();
            }
            clicked.close();
        });
        Some(Self {
            notification,
            _click: click,
        })
    }

    /// The reader is here. Not when one takes another's place: a browser may know them by their tag
    /// alone, and would close the new one.
    pub fn close(self) {
        self.notification.close();
    }
}

/// A short tone, as soon as the browser lets the page make a sound.
pub fn tone() {
    let asked = clock::now();
    spawn_local(async move {
        let audio = AUDIO.with_borrow_mut(|audio| {
            if audio.is_none() {
                *audio = AudioContext::new().ok();
            }
            audio.clone()
        });
        if let Some(audio) = audio
            && let Ok(resumed) = audio.resume()
            && JsFuture::from(resumed).await.is_ok()
            && clock::now().saturating_sub(asked) < STALE_MS
        {
            let _ = sound(&audio);
        }
    });
}

fn sound(audio: &AudioContext) -> Result<(), JsValue> {
    let (tone, gain) = (audio.create_oscillator()?, audio.create_gain()?);
    let now = audio.current_time();
    tone.frequency().set_value(660.0);
    let volume = gain.gain();
    volume.set_value_at_time(0.15, now)?;
    volume.exponential_ramp_to_value_at_time(0.001, now + 0.4)?;
    tone.connect_with_audio_node(&gain)?;
    gain.connect_with_audio_node(&audio.destination())?;
    tone.start()?;
    tone.stop_with_when(now + 0.4)
}
