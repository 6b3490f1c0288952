//! `/styleguide` of development builds: every part of the page in every state, in light and dark
//! side by side, in the language that the header says. The parts are the page's own.

use yew::prelude::*;

use super::fetch::Loaded;
use super::header::Header;
use super::notice::{Loading, Missing, NotFound};
use super::reports::ReportList;
use super::{Page, Route};
use crate::chat::{Chat, Still};

const STYLE: &str = include_str!("styleguide/styleguide.css");

/// The styleguide where the address asks for it, else what was `shown`.
pub fn instead_of(shown: Html, page: &Page) -> Html {
    let path = web_sys::window().and_then(|window| window.location().pathname().ok());
    if path.is_some_and(|path| path.trim_end_matches('/').ends_with("/styleguide")) {
        guide(page)
    } else {
        shown
    }
}

fn guide(page: &Page) -> Html {
    html! {
        <div class="guide">
            <style>{STYLE}</style>
            <h1>{"Styleguide"}</h1>
            {both("Colours", "", colours)}
            {both("Type", "", typefaces)}
            {both("Controls", "", controls)}
            {both("Fields", "", fields)}
            {both("Header", "bare", || header(page))}
            {both("Reports", "", || html! { <ReportList page={page.clone()} /> })}
            {both("A text on its way", "", || loading(page, Loaded::Loading))}
            {both("A text that is not there", "", || loading(page, Loaded::Missing))}
            {both("A text that cannot be fetched", "", || loading(page, Loaded::Failed))}
            {both("Settings that cannot be read", "", || html! {
                <Missing title={page.lang.texts().config_broken} detail={"expected `,` at line 3 column 7".to_owned()}
                    again={Callback::noop()} lang={page.lang} />
            })}
            {both("No such page", "", || html! { <NotFound lang={page.lang} /> })}
            for still in Still::ALL { {both(still.name(), "bare room", || chat(page, still))} }
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

fn header(page: &Page) -> Html {
    html! { <Header page={page.clone()} route={Route::Chat} on_lang={Callback::noop()} /> }
}

fn loading(page: &Page, of: Loaded) -> Html {
    html! { <Loading {of} path="content/sv/me.md" again={Callback::noop()} lang={page.lang} /> }
}

fn chat(page: &Page, still: Still) -> Html {
    let room = page.config.chat.rooms.first();
    let topic = room.map(|room| room.topic.of(page.lang).to_owned());
    html! { <Chat room="lobby" {topic} lang={page.lang} {still} /> }
}
