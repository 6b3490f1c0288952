//! The reports: a list, and each as a page of its own, `content/<language>/<slug>.md`.

use yew::prelude::*;
use yew_router::prelude::*;

use super::fetch::{Loaded, use_text};
use super::markdown::markdown;
use super::notice::{Loading, NotFound};
use super::{Page, Route, config};
use crate::chat::clock;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub page: Page,
}

/// All reports, the latest first.
#[component]
pub fn ReportList(props: &Props) -> Html {
    let Page { config, lang } = &props.page;
    html! {
        <ol class="report-list" reversed=true>
            for report in config.reports.iter().rev() {
                <li key={report.slug.clone()}>
                    <Link<Route> to={to(report)}>
                        <span class="no">{&report.label}</span>
                        <span class="title">{report.title.of(*lang).to_owned()}</span>
                        <time datetime={report.date.clone()}>{clock::written_date(*lang, &report.date)}</time>
                    </Link<Route>>
                </li>
            }
        </ol>
    }
}

#[component]
pub fn Reports(props: &Props) -> Html {
    let Page { config, lang } = &props.page;
    let texts = lang.texts();
    html! {
        <div class="page reports">
            <h1>{texts.reports}</h1>
            if config.reports.is_empty() {
                <p class="lead">{texts.no_reports}</p>
            } else {
                <ReportList page={props.page.clone()} />
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
pub struct ReportProps {
    pub page: Page,
    pub slug: String,
}

#[component]
pub fn Report(props: &ReportProps) -> Html {
    let Page { config, lang } = &props.page;
    match config.report(&props.slug) {
        Some(report) => html! { <Known page={props.page.clone()} report={report.clone()} /> },
        None => html! { <NotFound lang={*lang} /> },
    }
}

#[derive(PartialEq, Properties)]
struct KnownProps {
    page: Page,
    report: config::Report,
}

#[component]
fn Known(props: &KnownProps) -> Html {
    let KnownProps { page, report } = props;
    let (config, lang) = (&page.config, page.lang);
    let texts = lang.texts();
    let path = format!("content/{}/{}.md", lang.tag(), report.slug);
    let (text, again) = use_text(path.clone());

    let at = config.reports.iter().position(|r| r.slug == report.slug);
    let earlier = at.and_then(|at| config.reports.get(at.checked_sub(1)?));
    let later = at.and_then(|at| config.reports.get(at + 1));
    let step = |words: &'static str, class: &'static str, report: Option<&config::Report>| {
        report.map(|report| {
            html! {
                <Link<Route> to={to(report)} classes={class}>
                    <small>{words}</small><span>{report.title.of(lang).to_owned()}</span>
                </Link<Route>>
            }
        })
    };
    html! {
        <article class="page report">
            <header>
                <p class="over"><span class="no">{&report.label}</span>
                    <time datetime={report.date.clone()}>{clock::written_date(lang, &report.date)}</time></p>
                <h1>{report.title.of(lang).to_owned()}</h1>
            </header>
            <div class="prose">
                {match text {
                    Loaded::Ready(text) => markdown(&text),
                    other => html! { <Loading of={other} {path} {again} {lang} /> },
                }}
            </div>
            <nav class="steps" aria-label={texts.reports}>
                {step(texts.earlier, "earlier", earlier)}
                {step(texts.later, "later", later)}
                <Link<Route> to={Route::Reports} classes="all">{texts.all_reports}</Link<Route>>
            </nav>
        </article>
    }
}

fn to(report: &config::Report) -> Route {
    Route::Report {
        slug: report.slug.clone(),
    }
}
