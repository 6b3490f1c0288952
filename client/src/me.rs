//! The me-page: who the owner is, what they report, and the chat. Its texts and settings are
//! files that the owner edits in the built folder; they are fetched as they are needed. One
//! component holds all of it; the pages are functions of what it knows.

mod about;
mod browser;
mod chat_page;
mod colour;
mod config;
mod fetch;
mod head;
mod header;
mod matter;
mod notice;
mod reports;
mod route;
#[cfg(debug_assertions)]
mod styleguide;
mod theme;

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, MouseEvent};
use yew::prelude::*;

use crate::i18n::Lang;
use crate::store::{self, Kept};
use browser::Click;
use config::{Config, Problem, Room};
use fetch::{Answer, Loaded, Text};
use head::Head;
use route::Route;

const LANG_KEY: &str = "realtid:lang";
const CONFIG: &str = "content/config.json";

/// The text of the front page: `content/<language>/me.md`.
const ME: &str = "me";

/// How far the settings have come.
enum Settings {
    Loading,
    Ready,
    Missing,
    Failed,
    Broken(Problem),
}

/// How the reader came to a page: a new one begins at its top, an old one where it was left.
enum Arrival {
    New,
    Back,
}

pub enum Msg {
    Settings(Answer),
    Text(String, Lang, Loaded),
    Html(String, Lang, Option<String>),
    Click(Click),
    Went(Route),
    Popped,
    Speak(Lang),
    SwitchTheme,
    ThemeChanged,
    Again,
}

pub struct App {
    settings: Settings,
    config: Config,
    route: Route,
    lang: Lang,
    /// Texts by name and by the language that they were asked for in.
    texts: Vec<(String, Lang, Loaded)>,
    head: Head,
    main: NodeRef,
    arrival: Option<Arrival>,
    /// A place on the page to go to once it is there.
    place: String,
    _listeners: Vec<EventListener>,
}

/// What the pages are functions of.
type Site = App;

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        ask_for_settings(ctx);
        Self {
            settings: Settings::Loading,
            config: Config::default(),
            route: browser::here(),
            lang: language(&Lang::ALL),
            texts: Vec::new(),
            head: Head::default(),
            main: NodeRef::default(),
            arrival: None,
            place: browser::place_in_bar(),
            _listeners: listeners(ctx),
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Settings(answer) => self.take_settings(answer),
            Msg::Text(name, lang, loaded) => {
                if let Some(text) = self.text_mut(&name, lang) {
                    *text = loaded;
                }
            }
            Msg::Html(name, lang, html) => {
                if let Some(Loaded::Ready(text)) = self.text_mut(&name, lang) {
                    text.html = html.map_or(fetch::Html::Failed, fetch::Html::Ready);
                }
            }
            Msg::Click(Click::Place(id)) => {
                if browser::go_to_place(&id) && id != "main" {
                    let path = web_sys::window().and_then(|w| w.location().pathname().ok());
                    browser::push(&[&path.unwrap_or_default(), "#", &id].concat());
                }
                return false;
            }
            Msg::Click(Click::Page(route, address)) => {
                browser::push(&address);
                self.place = browser::place_in_bar();
                let link = ctx.link().clone();
                browser::transition(move || link.send_message(Msg::Went(route)));
                return false;
            }
            Msg::Went(route) => {
                self.route = route;
                self.arrival = Some(Arrival::New);
            }
            Msg::Popped => {
                let route = browser::here();
                if route == self.route {
                    return false;
                }
                self.route = route;
                self.arrival = Some(Arrival::Back);
            }
            Msg::Speak(lang) => {
                store::set(Kept::Always, LANG_KEY, &lang.tag().to_owned());
                self.lang = lang;
            }
            Msg::SwitchTheme => theme::switch(),
            Msg::ThemeChanged => {}
            Msg::Again => {
                if !matches!(self.settings, Settings::Ready) {
                    self.settings = Settings::Loading;
                    ask_for_settings(ctx);
                }
                self.texts.retain(|(.., loaded)| match loaded {
                    Loaded::Ready(text) => !matches!(text.html, fetch::Html::Failed),
                    Loaded::Loading => true,
                    Loaded::Missing(_) | Loaded::Failed => false,
                });
            }
        }
        self.ask_for_texts(ctx);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let again = || ctx.link().callback(|_: MouseEvent| Msg::Again);
        let texts = self.lang.texts();
        match &self.settings {
            Settings::Ready => {}
            Settings::Loading => return notice::loading(self.lang, true),
            Settings::Missing => {
                return notice::trouble(self.lang, (texts.content_missing)(CONFIG), "", again());
            }
            Settings::Failed => {
                return notice::trouble(self.lang, texts.content_unreachable, "", again());
            }
            Settings::Broken(problem) => {
                let detail = problem.say(texts);
                return notice::trouble(self.lang, texts.config_broken, &detail, again());
            }
        }
        let page = match &self.route {
            _ if !self.found() => notice::not_found(self.lang),
            Route::About => about::page(self, again()),
            Route::Reports => reports::page(self),
            Route::Report(slug) => reports::report(self, slug, again()),
            Route::Chat | Route::Room(_) | Route::NotFound => chat_page::page(self),
        };
        #[cfg(debug_assertions)]
        let page = styleguide::instead_of(page, self, ctx.link());
        html! {<>
            <a class="skip" href="#main">{texts.skip_to_content}</a>
            {header::header(self, ctx.link())}
            <main id="main" tabindex="-1" ref={&self.main}>{page}</main>
        </>}
    }

    fn rendered(&mut self, _: &Context<Self>, _: bool) {
        if !matches!(self.settings, Settings::Ready) {
            return;
        }
        let head = head::of(self);
        // Whoever else has changed the title keeps it, until the page is another one.
        if head != self.head {
            head.show();
            self.head = head;
        }
        if let Some(arrival) = self.arrival.take() {
            if let Some(main) = self.main.cast::<HtmlElement>() {
                browser::focus_page(&main);
            }
            if matches!(arrival, Arrival::New) {
                browser::scroll_to_top();
            }
        }
        if !self.place.is_empty() && browser::go_to_place(&self.place) {
            self.place.clear();
        }
    }
}

impl App {
    fn take_settings(&mut self, answer: Answer) {
        self.settings = match answer {
            Answer::Missing => Settings::Missing,
            Answer::Failed => Settings::Failed,
            Answer::Text(json) => match Config::parse(&json) {
                Err(problem) => Settings::Broken(problem),
                Ok(config) => {
                    for field in &config.unknown {
                        theme::warn(&[CONFIG, ": there is no field '", field, "'"].concat());
                    }
                    theme::paint(config.accent);
                    self.lang = language(&config.languages);
                    self.config = config;
                    Settings::Ready
                }
            },
        };
    }

    /// Asks for what the page shows and is not there yet.
    fn ask_for_texts(&mut self, ctx: &Context<Self>) {
        let reports = &self.config.reports;
        let (mut names, shown) = match &self.route {
            Route::About => (reports.clone(), Some(ME.to_owned())),
            Route::Reports => (reports.clone(), None),
            Route::Report(slug) if self.found() => {
                let (earlier, later) = self.beside(slug);
                let beside = earlier.into_iter().chain(later).cloned();
                (beside.collect(), Some(slug.clone()))
            }
            _ => return,
        };
        // What is read comes before what is listed.
        names.splice(0..0, shown.clone());
        let lang = self.lang;
        for name in names {
            if self.text(&name).is_some() {
                continue;
            }
            self.texts.push((name.clone(), lang, Loaded::Loading));
            if shown.as_ref() == Some(&name) {
                // Its program comes along with it, and not only after it.
                spawn_local(async { drop(fetch::html("").await) });
            }
            let others = self.config.languages.iter();
            let others = others.filter(|other| **other != lang);
            let languages: Vec<Lang> = [lang].into_iter().chain(others.copied()).collect();
            let link = ctx.link().clone();
            spawn_local(async move {
                let text = fetch::text(&name, &languages).await;
                link.send_message(Msg::Text(name, lang, text));
            });
        }
        let Some(name) = shown else { return };
        if let Some(Loaded::Ready(text)) = self.text_mut(&name, lang)
            && matches!(text.html, fetch::Html::Unasked)
        {
            text.html = fetch::Html::Asked;
            let markdown = text.markdown.clone();
            let link = ctx.link().clone();
            spawn_local(async move {
                let html = fetch::html(&markdown).await;
                link.send_message(Msg::Html(name, lang, html));
            });
        }
    }

    fn text(&self, name: &str) -> Option<&Loaded> {
        let known = |(of, lang, _): &&(String, Lang, Loaded)| of == name && *lang == self.lang;
        self.texts.iter().find(known).map(|(.., text)| text)
    }

    fn text_mut(&mut self, name: &str, lang: Lang) -> Option<&mut Loaded> {
        let mut texts = self.texts.iter_mut();
        let known = texts.find(|(of, asked, _)| of == name && *asked == lang);
        known.map(|(.., text)| text)
    }

    fn ready(&self, name: &str) -> Option<&Text> {
        match self.text(name) {
            Some(Loaded::Ready(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether there is what the address names.
    fn found(&self) -> bool {
        match &self.route {
            Route::About | Route::Reports | Route::Chat => true,
            Route::Report(slug) => self.config.reports.contains(slug),
            Route::Room(_) => self.room().is_some(),
            Route::NotFound => false,
        }
    }

    /// The reports before and after one.
    fn beside(&self, slug: &str) -> (Option<&String>, Option<&String>) {
        let reports = &self.config.reports;
        let at = reports.iter().position(|other| other == slug);
        let earlier = at.and_then(|at| reports.get(at.checked_sub(1)?));
        (earlier, at.and_then(|at| reports.get(at + 1)))
    }

    /// The room of this page, among those that the owner offers.
    fn room(&self) -> Option<&Room> {
        let rooms = &self.config.rooms;
        match &self.route {
            Route::Room(name) => rooms.iter().find(|room| room.name == *name),
            _ => rooms.first(),
        }
    }
}

fn ask_for_settings(ctx: &Context<App>) {
    let link = ctx.link().clone();
    spawn_local(async move { link.send_message(Msg::Settings(fetch::file(CONFIG).await)) });
}

fn listeners(ctx: &Context<App>) -> Vec<EventListener> {
    let mut listeners = Vec::new();
    if let Some(document) = browser::document() {
        let link = ctx.link().clone();
        let options = EventListenerOptions::enable_prevent_default();
        // One for all links, those in the owner's texts as well.
        let clicked = move |event: &web_sys::Event| {
            if let Some(event) = event.dyn_ref::<MouseEvent>()
                && let Some(click) = browser::click(event)
            {
                event.prevent_default();
                link.send_message(Msg::Click(click));
            }
        };
        listeners.push(EventListener::new_with_options(
            &document, "click", options, clicked,
        ));
    }
    if let Some(window) = web_sys::window() {
        let link = ctx.link().clone();
        let popped = move |_: &web_sys::Event| link.send_message(Msg::Popped);
        listeners.push(EventListener::new(&window, "popstate", popped));
    }
    listeners.extend(theme::listener(ctx.link().callback(|()| Msg::ThemeChanged)));
    listeners
}

/// The one chosen here before, else the first of the browser's that the page has, else the
/// page's first.
fn language(languages: &[Lang]) -> Lang {
    let chosen = store::text(Kept::Always, LANG_KEY);
    let of_browser = web_sys::window().map(|window| window.navigator().languages());
    let of_browser = of_browser.into_iter().flat_map(|tags| tags.to_vec());
    chosen
        .into_iter()
        .chain(of_browser.filter_map(|tag| tag.as_string()))
        .filter_map(|tag| Lang::of_tag(&tag))
        .find(|lang| languages.contains(lang))
        .or(languages.first().copied())
        .unwrap_or_default()
}
