//! The header of every page: whose it is, where one is, language and theme.

use yew::prelude::*;
use yew_router::prelude::*;

use super::theme::ThemeToggle;
use super::{Page, Route};
use crate::i18n::Lang;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub page: Page,
    pub route: Route,
    pub on_lang: Callback<Lang>,
}

#[component]
pub fn Header(props: &Props) -> Html {
    let Page { config, lang } = &props.page;
    let texts = lang.texts();
    let others = Lang::ALL
        .into_iter()
        .filter(|other| other != lang && config.languages.iter().any(|tag| tag == other.tag()));
    let here = |route: &Route| {
        let section = match &props.route {
            Route::Report { .. } => &Route::Reports,
            Route::Room { .. } => &Route::Chat,
            other => other,
        };
        section == route
    };
    html! {
        <header class="site">
            <Link<Route> to={Route::About} classes="name">{&config.owner}</Link<Route>>
            <nav aria-label={texts.nav}>
                for (route, label) in [(Route::About, texts.about), (Route::Reports, texts.reports), (Route::Chat, texts.chat)] {
                    <NavLink current={here(&route)} to={route}>{label}</NavLink>
                }
            </nav>
            <div class="tools">
                for other in others {
                    <button type="button" class="plain lang" lang={other.tag()} title={other.name()}
                        onclick={props.on_lang.reform(move |_: MouseEvent| other)}>
                        <span class="long">{other.name()}</span>
                        <span class="short" aria-hidden="true">{other.tag()}</span>
                    </button>
                }
                <ThemeToggle lang={*lang} />
            </div>
        </header>
    }
}

#[derive(PartialEq, Properties)]
pub struct NavLinkProps {
    pub to: Route,
    pub current: bool,
    pub children: Html,
}

/// A link that knows whether one is there already; the router's own cannot say so.
#[component]
pub fn NavLink(props: &NavLinkProps) -> Html {
    let Some(navigator) = use_navigator() else {
        return Html::default();
    };
    let href = format!(
        "{}{}",
        navigator.basename().unwrap_or_default(),
        props.to.to_path()
    );
    let to = props.to.clone();
    let onclick = Callback::from(move |event: MouseEvent| {
        let elsewhere =
            event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key();
        if !elsewhere {
            event.prevent_default();
            navigator.push(&to);
        }
    });
    html! { <a {href} {onclick} aria-current={props.current.then_some("page")}>{props.children.clone()}</a> }
}
