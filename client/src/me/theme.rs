//! Light or dark: the system's choice, until the reader makes another. And the owner's colours.

use gloo_events::EventListener;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlElement, console};
use yew::prelude::*;

use super::browser;
use super::colour::{Colour, DARK, LIGHT, Theme};
use super::config;
use crate::i18n::Lang;
use crate::store::{self, Kept};

/// Also read by the script in `index.html`, before the first paint.
const THEME_KEY: &str = "realtid:theme";

const DARK_SYSTEM: &str = "(prefers-color-scheme: dark)";

pub fn toggle(lang: Lang, onclick: Callback<MouseEvent>) -> Html {
    let texts = lang.texts();
    let label = if is_dark() {
        texts.to_light
    } else {
        texts.to_dark
    };
    html! {
        <button type="button" class="plain theme" aria-label={label} title={label} {onclick}>
            <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
                <circle cx="10" cy="10" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5" />
                <path d="M10 3.75a6.25 6.25 0 0 1 0 12.5z" fill="currentColor" />
            </svg>
        </button>
    }
}

/// Takes the other theme; the system's own is no choice, so that its changes count again.
pub fn switch() {
    let Some(root) = root() else { return };
    let dark = !is_dark();
    let name = if dark { "dark" } else { "light" };
    if browser::matches(DARK_SYSTEM) == dark {
        store::remove(Kept::Always, THEME_KEY);
        let _ = root.remove_attribute("data-theme");
    } else {
        store::set(Kept::Always, THEME_KEY, &name.to_owned());
        let _ = root.set_attribute("data-theme", name);
    }
}

/// The system may change its mind while the page is open.
pub fn listener(changed: Callback<()>) -> Option<EventListener> {
    let query = web_sys::window()?.match_media(DARK_SYSTEM).ok()??;
    Some(EventListener::new(&query, "change", move |_| {
        changed.emit(());
    }))
}

fn is_dark() -> bool {
    match root().and_then(|root| root.get_attribute("data-theme")) {
        Some(name) => name == "dark",
        None => browser::matches(DARK_SYSTEM),
    }
}

fn root() -> Option<HtmlElement> {
    let root = browser::document()?.document_element()?;
    root.dyn_into().ok()
}

/// Gives the page the owner's accent, and tells in the console where it had to be another one.
pub fn paint(chosen: config::Accent) {
    let (Some(light), Some(dark)) = (chosen.light.or(chosen.dark), chosen.dark.or(chosen.light))
    else {
        return;
    };
    let both = chosen.light == chosen.dark;
    if let Some(colour) = chosen.light {
        told(&LIGHT, colour, "colours.accent.light");
    }
    // One for both themes is for the light one; the dark one may take it as a hint.
    if let Some(colour) = chosen.dark.filter(|_| !both) {
        told(&DARK, colour, "colours.accent.dark");
    }
    let (light, dark) = (LIGHT.accent(light), DARK.accent(dark));
    let Some(root) = root() else { return };
    let style = root.style();
    for (name, light, dark) in [
        ("--accent", light.accent, dark.accent),
        ("--accent-2", light.strong, dark.strong),
        ("--accent-wash", light.wash, dark.wash),
    ] {
        let value = ["light-dark(", &light.hex(), ", ", &dark.hex(), ")"].concat();
        let _ = style.set_property(name, &value);
    }
    let _ = style.set_property("--accent-ink", "light-dark(#ffffff, #131519)");
}

fn told(theme: &Theme, wanted: Colour, field: &str) {
    let shown = theme.accent(wanted).accent;
    if shown != wanted {
        let words = [
            "content/config.json, ",
            field,
            ": ",
            &wanted.hex(),
            " has too little contrast for text (WCAG 2.2 asks for 4.5:1); shown as ",
            &shown.hex(),
        ];
        warn(&words.concat());
    }
}

/// For the owner, who looks into the console, and not for visitors.
pub fn warn(words: &str) {
    console::warn(&Array::of1(&JsValue::from_str(words)));
}
