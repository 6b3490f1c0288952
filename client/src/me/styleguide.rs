//! `/styleguide` of development builds: every part of the page in every state, in light and dark
//! side by side, in the language that the header says. The parts are the page's own.

use yew::html::Scope;
use yew::prelude::*;

use super::header::header;
use super::{App, Site, notice, reports};
use crate::chat::{Chat, Still};

const STYLE: &str = include_str!("styleguide/styleguide.css");

/// The styleguide where the address asks for it, else what was `shown`.
pub fn instead_of(shown: Html, site: &Site, link: &Scope<App>) -> Html {
    let path = web_sys::window().and_then(|window| window.location().pathname().ok());
    if path.is_some_and(|path| path.trim_end_matches('/').ends_with("/styleguide")) {
        guide(site, link)
    } else {
        shown
    }
}

fn guide(site: &Site, link: &Scope<App>) -> Html {
    let (lang, texts) = (site.lang, site.lang.texts());
    let trouble = |title: String, detail| notice::trouble(lang, title, detail, Callback::noop());
    html! {
        <div class="guide">
            <style>{STYLE}</style>
            <h1>{"Styleguide"}</h1>
            {both("Colours", "", colours)}
            {both("Type", "", typefaces)}
            {both("Controls", "", controls)}
            {both("Fields", "", fields)}
            {both("Header", "bare", || header(site, link))}
            {both("Reports", "", || reports::list(site, true))}
            {both("A text on its way", "", || notice::loading(lang, false))}
            {both("A text that is not there", "", || trouble((texts.content_missing)("content/sv/me.md"), ""))}
            {both("A text that cannot be fetched", "", || trouble(texts.content_unreachable.to_owned(), ""))}
            {both("Settings that cannot be read", "", || trouble(texts.config_broken.to_owned(), "expected `,` at line 3 column 7"))}
            {both("No such page", "", || notice::not_found(lang))}
            for still in Still::ALL { {both(still.name(), "bare room", || chat(site, still))} }
        </div>
    }
}

/// One part in both themes.
fn both(name: &str, class: &'static str, part: impl Fn() -> Html) -> Html {
    html! {
        <section>
            <h2>{name.to_owned()}</h2>
            <div class="themes">
                for theme in ["light", "dark"] {
                    <div class={classes!("theme-of", class)} data-theme={theme}>{part()}</div>
                }
            </div>
        </section>
    }
}

fn colours() -> Html {
    const NAMES: [&str; 16] = [
        "sunken",
        "paper",
        "hover",
        "raised",
        "accent-wash",
        "good-wash",
        "ink",
        "ink-2",
        "line",
        "line-2",
        "accent",
        "accent-2",
        "accent-ink",
        "good",
        "focus",
        "shadow",
    ];
    html! {<>
        <ul class="swatches">
            for name in NAMES {
                <li><i style={if name == "shadow" { "box-shadow:var(--shadow)".to_owned() } else { format!("background:var(--{name})") }}></i>{name}</li>
            }
        </ul>
        <ul class="swatches">
            for hue in (0..360).step_by(15) {
                <li style={format!("--hue:{hue}")}><span class="mono">{"Å"}</span><b class="nick">{hue}</b></li>
            }
        </ul>
    </>}
}

fn typefaces() -> Html {
    html! {
        for size in ["xxl", "xl", "l", "m", "s", "xs"] {
            <p style={format!("font:var(--t-{size})/1.3 var(--serif)")}>{format!("{size} Vad ska vi kalla dig?")}</p>
            <p style={format!("font:var(--t-{size})/1.3 var(--sans)")}>{format!("{size} Vad ska vi kalla dig?")}</p>
        }
    }
}

fn controls() -> Html {
    html! {
        <p class="row">
            <button type="button" class="primary">{"Primary"}</button>
            <button type="button" class="primary" aria-disabled="true">{"Busy …"}</button>
            <button type="button" class="secondary">{"Secondary"}</button>
            <button type="button" class="plain">{"Plain"}</button>
            <button type="button" class="link">{"Link"}</button>
            <a href="#">{"Anchor"}</a>
            <span class="pill"><i class="dot"></i>{"Pill"}</span>
            <code>{"code"}</code>
        </p>
    }
}

fn fields() -> Html {
    let field = |label: &'static str, invalid: bool| {
        html! {
            <div class="field">
                <label>{label}</label>
                <div class="row"><input value="Åsa" aria-label={label} aria-invalid={invalid.then_some("true")} /></div>
                <p class={if invalid { "error" } else { "hint" }}>{"What goes with it."}</p>
            </div>
        }
    };
    html! {<>{field("A field", false)}{field("A field with an error", true)}</>}
}

fn chat(site: &Site, still: Still) -> Html {
    let topic = site
        .config
        .rooms
        .first()
        .map(|room| room.topic.of(site.lang).0.to_owned());
    html! { <Chat room="lobby" {topic} lang={site.lang} {still} /> }
}
