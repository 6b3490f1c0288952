//! The front page: the owner's own words, `content/<language>/me.md`, a portrait, the latest reports.

use yew::prelude::*;

use super::fetch::{Loaded, use_text};
use super::markdown::markdown;
use super::notice::Loading;
use super::reports::ReportList;
use super::{Page, Route};
use yew_router::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub page: Page,
}

#[component]
pub fn About(props: &Props) -> Html {
    let Page { config, lang } = &props.page;
    let path = format!("content/{}/me.md", lang.tag());
    let (text, again) = use_text(path.clone());
    let texts = lang.texts();
    html! {
        <div class="page me">
            <article class="hero">
                <div class="prose opening">
                    {match text {
                        Loaded::Ready(text) => markdown(&text),
                        other => html! { <Loading of={other} {path} {again} lang={*lang} /> },
                    }}
                </div>
                if let Some(portrait) = &config.portrait {
                    <img class="portrait" src={portrait.src.clone()} alt={portrait.alt.of(*lang).to_owned()}
                        width="400" height="500" decoding="async" />
                }
            </article>
            if !config.reports.is_empty() {
                <section class="latest" aria-labelledby="latest">
                    <h2 id="latest"><Link<Route> to={Route::Reports}>{texts.reports}</Link<Route>></h2>
                    <ReportList page={props.page.clone()} />
                </section>
            }
        </div>
    }
}
