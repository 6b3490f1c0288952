//! The header of every page: whose it is, where one is, language and theme.

use yew::html::Scope;
use yew::prelude::*;

use super::route::Route;
use super::{App, Msg, Site, theme};
use crate::i18n::Lang;

pub fn header(site: &Site, link: &Scope<App>) -> Html {
    let texts = site.lang.texts();
    let languages = &site.config.languages;
    let others = Lang::ALL
        .into_iter()
        .filter(|other| *other != site.lang && languages.contains(other));
    let here = site.route.section();
    let to = |route: Route, label: &'static str| nav_link(&route, here == route, label.into());
    html! {
        <header class="site">
            <a class="name" href={Route::About.path()}>{&site.config.owner}</a>
            <nav aria-label={texts.nav}>
                {to(Route::About, texts.about)}
                {to(Route::Reports, texts.reports)}
                {to(Route::Chat, texts.chat)}
            </nav>
            <div class="tools">
                for other in others {
                    <button type="button" class="plain lang" lang={other.tag()} title={other.name()}
                        onclick={link.callback(move |_: MouseEvent| Msg::Speak(other))}>
                        <span class="long">{other.name()}</span>
                        <span class="short" aria-hidden="true">{other.tag()}</span>
                    </button>
                }
                {theme::toggle(site.lang, link.callback(|_: MouseEvent| Msg::SwitchTheme))}
            </div>
        </header>
    }
}

/// A link that tells whether one is there already.
pub fn nav_link(to: &Route, current: bool, label: AttrValue) -> Html {
    html! { <a href={to.path()} aria-current={current.then_some("page")}>{label}</a> }
}
