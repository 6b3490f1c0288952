//! Pages that have nothing to show, and say why.

use yew::prelude::*;
use yew_router::prelude::*;

use super::Route;
use super::fetch::Loaded;
use crate::i18n::Lang;

#[derive(PartialEq, Properties)]
pub struct LoadingProps {
    /// Not [`Loaded::Ready`]: that has something to show.
    pub of: Loaded,
    pub path: AttrValue,
    pub again: Callback<()>,
    pub lang: Lang,
    /// Whether nothing else is on the page.
    #[prop_or_default]
    pub whole: bool,
}

/// Stands in for a text that is not there (yet).
#[component]
pub fn Loading(props: &LoadingProps) -> Html {
    let texts = props.lang.texts();
    let (lang, again) = (props.lang, props.again.clone());
    match &props.of {
        Loaded::Loading | Loaded::Ready(_) => html! {
            <div class={classes!("loading-text", props.whole.then_some("whole"))} role="status">
                <span class="sr-only">{texts.loading}</span>
                for width in [42, 88, 94, 71] { <span class="bone" style={format!("--w:{width}%")}></span> }
            </div>
        },
        Loaded::Missing => {
            html! { <Missing title={(texts.content_missing)(&props.path)} {again} {lang} /> }
        }
        Loaded::Failed => html! { <Missing title={texts.content_unreachable} {again} {lang} /> },
    }
}

#[derive(PartialEq, Properties)]
pub struct MissingProps {
    pub title: AttrValue,
    #[prop_or_default]
    pub detail: Option<AttrValue>,
    pub again: Callback<()>,
    pub lang: Lang,
}

#[component]
pub fn Missing(props: &MissingProps) -> Html {
    html! {
        <div class="notice" role="alert">
            <p class="words">{&props.title}</p>
            if let Some(detail) = &props.detail { <p><code>{detail}</code></p> }
            <button type="button" class="secondary" onclick={props.again.reform(|_: MouseEvent| ())}>
                {props.lang.texts().try_again}
            </button>
        </div>
    }
}

#[derive(PartialEq, Properties)]
pub struct NotFoundProps {
    pub lang: Lang,
}

#[component]
pub fn NotFound(props: &NotFoundProps) -> Html {
    let texts = props.lang.texts();
    html! {
        <div class="notice">
            <h1>{texts.not_found}</h1>
            <p>{texts.not_found_text}</p>
            <Link<Route> to={Route::About} classes="secondary">{texts.go_home}</Link<Route>>
        </div>
    }
}
