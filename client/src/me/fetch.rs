//! Texts fetched from the built folder.

use gloo_net::http::Request;
use wasm_bindgen_futures::spawn_local;
use web_sys::RequestCache;
use yew::prelude::*;

/// How far a text has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Loaded {
    Loading,
    Ready(AttrValue),
    /// The server has no such file.
    Missing,
    /// The server could not be asked, or failed.
    Failed,
}

/// The text at `path`, relative to the page's base, and a way to try again.
#[hook]
pub fn use_text(path: String) -> (Loaded, Callback<()>) {
    let loaded = use_state(|| (String::new(), Loaded::Loading));
    let attempt = use_state(|| 0_u32);
    {
        let loaded = loaded.clone();
        // An answer for a path that is not wanted any more is dropped.
        let wanted = use_mut_ref(|| (String::new(), 0));
        use_effect_with((path.clone(), *attempt), move |now| {
            *wanted.borrow_mut() = now.clone();
            let now = now.clone();
            loaded.set((now.0.clone(), Loaded::Loading));
            spawn_local(async move {
                let answer = fetch(&now.0).await;
                if *wanted.borrow() == now {
                    loaded.set((now.0, answer));
                }
            });
        });
    }
    let again = {
        let attempt = attempt.clone();
        Callback::from(move |()| attempt.set(*attempt + 1))
    };
    let text = if loaded.0 == path {
        loaded.1.clone()
    } else {
        Loaded::Loading
    };
    (text, again)
}

async fn fetch(path: &str) -> Loaded {
    // Asked for anew each time: what the owner has edited is to be seen at the next load.
    let request = Request::get(path).cache(RequestCache::NoCache);
    let Ok(response) = request.send().await else {
        return Loaded::Failed;
    };
    // A server that answers unknown paths with the page itself has no such file either.
    let is_page = response
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind.starts_with("text/html"));
    match (response.status(), response.text().await) {
        (200..=299, Ok(text)) if !is_page => Loaded::Ready(text.into()),
        (404 | 410, _) | (200..=299, Ok(_)) => Loaded::Missing,
        _ => Loaded::Failed,
    }
}
