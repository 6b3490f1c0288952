//! What is fetched from the built folder: the settings, the owner's texts, and the program that
//! makes HTML of these.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCache, RequestInit, Response};

use super::matter::{self, Broken, Matter};
use crate::i18n::Lang;

/// What came of asking for a file.
pub enum Answer {
    Text(String),
    /// The server has no such file.
    Missing,
    /// The server could not be asked, or failed.
    Failed,
}

/// How far a text of the owner's has come.
pub enum Loaded {
    Loading,
    Ready(Box<Text>),
    /// No language has such a file; its path in the one that was asked for.
    Missing(String),
    Failed,
}

/// A text of the owner's.
pub struct Text {
    pub path: String,
    /// Which of the languages it is in: another one, where this one has no such file.
    pub lang: Lang,
    pub matter: Matter,
    pub broken: Option<Broken>,
    pub markdown: String,
    pub html: Html,
}

/// What is shown of a text.
pub enum Html {
    /// Nothing has asked for it.
    Unasked,
    Asked,
    Ready(String),
    /// Its program could not be fetched.
    Failed,
}

/// The text of that name in the first of the languages that has it.
pub async fn text(name: &str, languages: &[Lang]) -> Loaded {
    let mut first = None;
    for lang in languages {
        let path = ["content/", lang.tag(), "/", name, ".md"].concat();
        match file(&path).await {
            Answer::Text(text) => {
                let (matter, markdown, broken) = matter::split(&text);
                return Loaded::Ready(Box::new(Text {
                    path,
                    lang: *lang,
                    matter,
                    broken,
                    markdown: markdown.to_owned(),
                    html: Html::Unasked,
                }));
            }
            Answer::Missing => first = first.or(Some(path)),
            Answer::Failed => return Loaded::Failed,
        }
    }
    Loaded::Missing(first.unwrap_or_default())
}

/// The file at a path relative to the site's folder.
pub async fn file(path: &str) -> Answer {
    let Some(window) = web_sys::window() else {
        return Answer::Failed;
    };
    // Asked for anew each time: what the owner has edited is to be seen at the next load.
    let init = RequestInit::new();
    init.set_cache(RequestCache::NoCache);
    let answer = JsFuture::from(window.fetch_with_str_and_init(path, &init)).await;
    let Some(response) = answer.ok().and_then(|r| r.dyn_into::<Response>().ok()) else {
        return Answer::Failed;
    };
    // A server that answers unknown paths with the page itself has no such file either.
    let kind = response.headers().get("content-type").ok().flatten();
    let is_page = kind.is_some_and(|kind| kind.starts_with("text/html"));
    match response.status() {
        200..=299 if !is_page => {}
        200..=299 | 404 | 410 => return Answer::Missing,
        _ => return Answer::Failed,
    }
    let Ok(text) = response.text() else {
        return Answer::Failed;
    };
    let text = JsFuture::from(text).await.ok();
    text.and_then(|text| text.as_string())
        .map_or(Answer::Failed, Answer::Text)
}

/// Markdown as HTML, by a program of its own that comes when it is first asked for: see
/// `index.html`. None where it does not come.
pub async fn html(markdown: &str) -> Option<String> {
    let window = web_sys::window()?;
    let render = Reflect::get(&window, &JsValue::from_str("realtidMarkdown")).ok()?;
    let render = render.dyn_into::<Function>().ok()?;
    let html = render.call1(&window, &JsValue::from_str(markdown)).ok()?;
    let html = JsFuture::from(html.dyn_into::<Promise>().ok()?)
        .await
        .ok()?;
    html.as_string()
}
