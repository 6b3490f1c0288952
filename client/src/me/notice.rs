//! Pages that have nothing to show, and say why.

use yew::prelude::*;

use super::fetch::{self, Loaded};
use super::route::Route;
use super::{Site, matter};
use crate::i18n::Lang;

/// Where text will be. `whole`: nothing else is on the page.
pub fn loading(lang: Lang, whole: bool) -> Html {
    html! {
        <div class={if whole { "loading-text whole" } else { "loading-text" }} role="status">
            <span class="sr-only">{lang.texts().loading}</span>
            for width in ["--w:42%", "--w:88%", "--w:94%", "--w:71%"] {
                <span class="bone" style={width}></span>
            }
        </div>
    }
}

/// Something of the owner's is not as it has to be, or cannot be had.
pub fn trouble(
    lang: Lang,
    title: impl Into<AttrValue>,
    detail: &str,
    again: Callback<MouseEvent>,
) -> Html {
    html! {
        <div class="notice" role="alert">
            <p class="words">{title.into()}</p>
            if !detail.is_empty() { <p><code>{detail.to_owned()}</code></p> }
            <button type="button" class="secondary" onclick={again}>{lang.texts().try_again}</button>
        </div>
    }
}

/// A text of the owner's, or why it is not there.
pub fn prose(site: &Site, name: &str, class: &'static str, again: Callback<MouseEvent>) -> Html {
    let (lang, texts) = (site.lang, site.lang.texts());
    match site.text(name) {
        None | Some(Loaded::Loading) => loading(lang, false),
        Some(Loaded::Missing(path)) => trouble(lang, (texts.content_missing)(path), "", again),
        Some(Loaded::Failed) => trouble(lang, texts.content_unreachable, "", again),
        Some(Loaded::Ready(text)) => match &text.html {
            fetch::Html::Unasked | fetch::Html::Asked => loading(lang, false),
            fetch::Html::Failed => trouble(lang, texts.content_unreachable, "", again),
            fetch::Html::Ready(html) => html! {
                <div {class} lang={other(site, text.lang)}>
                    {Html::from_html_unchecked(html.clone().into())}
                </div>
            },
        },
    }
}

/// The language of what is not in the page's own.
pub fn other(site: &Site, lang: Lang) -> Option<&'static str> {
    (lang != site.lang).then(|| lang.tag())
}

/// What is wrong above a text: its file, the line, and what to do.
pub fn fault(site: &Site, text: &fetch::Text) -> Html {
    let Some((fault, line)) = text.broken else {
        return Html::default();
    };
    let texts = site.lang.texts();
    let words = match fault {
        matter::Fault::None => texts.matter_none,
        matter::Fault::Open => texts.matter_open,
        matter::Fault::Line => texts.matter_line,
        matter::Fault::NoTitle => texts.matter_untitled,
        matter::Fault::Date => texts.matter_date,
    };
    html! {
        <p class="fault" role="alert"><code>{(texts.at_line)(&text.path, line)}</code>{" "}{words}</p>
    }
}

pub fn not_found(lang: Lang) -> Html {
    let texts = lang.texts();
    html! {
        <div key="404" class="notice">
            <p class="numeral" aria-hidden="true">{"404"}</p>
            <h1>{texts.not_found}</h1>
            <p>{texts.not_found_text}</p>
            <a class="secondary" href={Route::About.path()}>{texts.go_home}</a>
        </div>
    }
}
