//! Light or dark: the system's choice, until the reader makes another.

use web_sys::{Element, MediaQueryList};
use yew::prelude::*;

use crate::i18n::Lang;
use crate::store::{self, Kept};

/// Also read by the script in `index.html`, before the first paint.
const THEME_KEY: &str = "realtid:theme";

#[derive(PartialEq, Properties)]
pub struct Props {
    pub lang: Lang,
}

#[component]
pub fn ThemeToggle(props: &Props) -> Html {
    let dark = use_state(is_dark);
    {
        // The system may change its mind while the page is open.
        let dark = dark.clone();
        use_effect_with((), move |()| {
            let listener = system().map(|query| {
                gloo_events::EventListener::new(&query, "change", move |_| dark.set(is_dark()))
            });
            move || drop(listener)
        });
    }
    let onclick = {
        let dark = dark.clone();
        Callback::from(move |_: MouseEvent| {
            choose(!is_dark());
            dark.set(is_dark());
        })
    };
    let texts = props.lang.texts();
    let label = if *dark { texts.to_light } else { texts.to_dark };
    html! {
        <button type="button" class="plain theme" aria-label={label} title={label} {onclick}>
            <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
                <circle cx="10" cy="10" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5" />
                <path d="M10 3.75a6.25 6.25 0 0 1 0 12.5z" fill="currentColor" />
            </svg>
        </button>
    }
}

/// Chooses a theme; the system's own is no choice, so that its changes count again.
fn choose(dark: bool) {
    let Some(root) = root() else { return };
    let name = if dark { "dark" } else { "light" };
    if system().is_some_and(|query| query.matches()) == dark {
        store::remove(Kept::Always, THEME_KEY);
        let _ = root.remove_attribute("data-theme");
    } else {
        store::set(Kept::Always, THEME_KEY, &name);
        let _ = root.set_attribute("data-theme", name);
    }
}

fn is_dark() -> bool {
    match root().and_then(|root| root.get_attribute("data-theme")) {
        Some(name) => name == "dark",
        None => system().is_some_and(|query| query.matches()),
    }
}

fn root() -> Option<Element> {
    web_sys::window()?.document()?.document_element()
}

fn system() -> Option<MediaQueryList> {
    web_sys::window()?
        .match_media("(prefers-color-scheme: dark)")
        .ok()?
}
