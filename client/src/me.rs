//! The me-page: who the owner is, what they report, and the chat. Its texts and settings are
//! files that the owner edits in the built folder; they are fetched as they are needed.

mod about;
mod chat_page;
mod config;
mod fetch;
mod header;
mod markdown;
mod notice;
mod reports;
#[cfg(debug_assertions)]
mod styleguide;
mod theme;

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;
use yew_router::prelude::*;

use crate::i18n::Lang;
use crate::store::{self, Kept};
use config::Config;
use fetch::{Loaded, use_text};
use notice::{Loading, Missing, NotFound};

const LANG_KEY: &str = "realtid:lang";

/// The addresses of the pages.
#[derive(Debug, Clone, PartialEq, Routable)]
pub enum Route {
    #[at("/")]
    About,
    #[at("/reports")]
    Reports,
    #[at("/reports/:slug")]
    Report { slug: String },
    #[at("/chat")]
    Chat,
    #[at("/chat/:room")]
    Room { room: String },
    #[not_found]
    #[at("/404")]
    NotFound,
}

#[component]
pub fn App() -> Html {
    html! { <BrowserRouter><Site /></BrowserRouter> }
}

/// What every page needs.
#[derive(Clone, PartialEq)]
pub struct Page {
    pub config: Rc<Config>,
    pub lang: Lang,
}

#[component]
fn Site() -> Html {
    let (config, again) = use_text("content/config.json".to_owned());
    let chosen = use_state(|| store::get::<String>(Kept::Always, LANG_KEY));

    match &config {
        Loaded::Ready(json) => match Config::parse(json) {
            Ok(config) => {
                let lang = language(&config, chosen.as_deref());
                let on_lang = Callback::from(move |lang: Lang| {
                    store::set(Kept::Always, LANG_KEY, &lang.tag());
                    chosen.set(Some(lang.tag().to_owned()));
                });
                let page = Page {
                    config: Rc::new(config),
                    lang,
                };
                html! { <Frame {page} {on_lang} /> }
            }
            Err(error) => {
                let lang = first_language();
                html! { <Missing title={lang.texts().config_broken} detail={error.to_string()} {again} {lang} /> }
            }
        },
        other => {
            html! { <Loading of={other.clone()} path="content/config.json" {again} lang={first_language()} whole=true /> }
        }
    }
}

#[derive(PartialEq, Properties)]
struct FrameProps {
    page: Page,
    on_lang: Callback<Lang>,
}

#[component]
fn Frame(props: &FrameProps) -> Html {
    let main = use_node_ref();
    let route = use_route::<Route>().unwrap_or(Route::NotFound);
    let Page { config, lang } = props.page.clone();
    use_page_title(&config, lang, &route);
    use_focus_on_change(&main, &route);

    let skip = {
        let main = main.clone();
        // By hand: `<base>` would make `#main` an address of the front page.
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            if let Some(main) = main.cast::<HtmlElement>() {
                let _ = main.focus();
            }
        })
    };
    let page = props.page.clone();
    let shown = match route.clone() {
        Route::About => html! { <about::About {page} /> },
        Route::Reports => html! { <reports::Reports {page} /> },
        Route::Report { slug } => html! { <reports::Report {page} {slug} /> },
        Route::Chat => html! { <chat_page::ChatPage {page} /> },
        Route::Room { room } => html! { <chat_page::ChatPage {page} {room} /> },
        Route::NotFound => html! { <NotFound {lang} /> },
    };
    #[cfg(debug_assertions)]
    let shown = styleguide::instead_of(shown, &props.page);
    html! {<>
        <a class="skip" href="#main" onclick={skip}>{lang.texts().skip_to_content}</a>
        <header::Header page={props.page.clone()} {route} on_lang={props.on_lang.clone()} />
        <main id="main" tabindex="-1" ref={main}>{shown}</main>
    </>}
}

/// The one chosen here before, else the first of the browser's that the page has, else the
/// page's first.
fn language(config: &Config, chosen: Option<&str>) -> Lang {
    let has = |lang: &Lang| config.languages.iter().any(|tag| tag == lang.tag());
    let of_browser = browser_languages();
    chosen
        .into_iter()
        .chain(of_browser.iter().map(String::as_str))
        .chain(config.languages.iter().map(String::as_str))
        .filter_map(Lang::of_tag)
        .find(has)
        .unwrap_or_default()
}

/// The language to speak while the settings are not known.
fn first_language() -> Lang {
    let chosen = store::get::<String>(Kept::Always, LANG_KEY);
    chosen
        .into_iter()
        .chain(browser_languages())
        .find_map(|tag| Lang::of_tag(&tag))
        .unwrap_or_default()
}

fn browser_languages() -> Vec<String> {
    let languages = web_sys::window().map(|window| window.navigator().languages());
    languages
        .map(|tags| tags.iter().filter_map(|tag| tag.as_string()).collect())
        .unwrap_or_default()
}

/// The document tells its language and what it shows.
#[hook]
fn use_page_title(config: &Config, lang: Lang, route: &Route) {
    let texts = lang.texts();
    let page = match route {
        Route::About => None,
        Route::Reports => Some(texts.reports.to_owned()),
        Route::Report { slug } => config
            .report(slug)
            .map(|report| report.title.of(lang).to_owned()),
        Route::Chat | Route::Room { .. } => Some(texts.chat.to_owned()),
        Route::NotFound => Some(texts.not_found.to_owned()),
    };
    let title = match page {
        Some(page) => format!("{page} · {}", config.owner),
        None => config.owner.clone(),
    };
    use_effect_with((title, lang), |(title, lang)| {
        if let Some(document) = web_sys::window().and_then(|window| window.document()) {
            document.set_title(title);
            if let Some(root) = document.document_element() {
                let _ = root.set_attribute("lang", lang.tag());
            }
        }
    });
}

/// A new page begins at its top, and screen readers with it. Not at the first one: the browser
/// does that itself.
#[hook]
fn use_focus_on_change(main: &NodeRef, route: &Route) {
    let main = main.clone();
    let first = use_mut_ref(|| true);
    use_effect_with(route.clone(), move |_| {
        if std::mem::replace(&mut *first.borrow_mut(), false) {
            return;
        }
        // A page that puts the keyboard somewhere itself knows better.
        let focused = web_sys::window()
            .and_then(|window| window.document())
            .and_then(|document| document.active_element());
        let inside = focused
            .is_some_and(|focused| main.get().is_some_and(|main| main.contains(Some(&focused))));
        if let (false, Some(main)) = (inside, main.cast::<HtmlElement>()) {
            let _ = main.focus();
        }
        if let Some(window) = web_sys::window() {
            window.scroll_to_with_x_and_y(0.0, 0.0);
        }
    });
}
