//! The reports: a list, and each as a page of its own, `content/<language>/<slug>.md`.

use yew::prelude::*;

use super::fetch::Loaded;
use super::route::Route;
use super::{Site, notice};
use crate::chat::clock;

/// All reports, the latest first; with what each is about, if `described`.
pub fn list(site: &Site, described: bool) -> Html {
    html! {
        <ol class="report-list" reversed=true>
            for slug in site.config.reports.iter().rev() {
                <li key={slug.as_str()}>{entry(site, slug, described)}</li>
            }
        </ol>
    }
}

fn entry(site: &Site, slug: &str, described: bool) -> Html {
    let href = Route::Report(slug.to_owned()).path();
    let Some(text) = site.ready(slug) else {
        let missing = match site.text(slug) {
            Some(Loaded::Missing(path)) => Some((site.lang.texts().content_missing)(path)),
            Some(Loaded::Failed) => Some(site.lang.texts().content_unreachable.to_owned()),
            _ => None,
        };
        return match missing {
            Some(words) => html! { <p class="fault" role="alert">{words}</p> },
            None => {
                html! { <a {href} aria-label={slug.to_owned()}><span class="bone" style="--w:5rem"></span><span class="bone"></span></a> }
            }
        };
    };
    let matter = &text.matter;
    let title = if matter.title.is_empty() {
        slug
    } else {
        &matter.title
    };
    html! {<>
        <a {href} lang={notice::other(site, text.lang)}>
            <span class="no">{matter.label.clone()}</span>
            <span class="title">{title.to_owned()}</span>
            <time datetime={matter.date.clone()}>{clock::written_date(site.lang, &matter.date)}</time>
            if described && !matter.description.is_empty() {
                <span class="about">{matter.description.clone()}</span>
            }
        </a>
        {notice::fault(site, text)}
    </>}
}

pub fn page(site: &Site) -> Html {
    let texts = site.lang.texts();
    html! {
        <div key="reports" class="page reports">
            <h1>{texts.reports}</h1>
            if site.config.reports.is_empty() {
                <p class="lead">{texts.no_reports}</p>
            } else {
                {list(site, true)}
            }
        </div>
    }
}

pub fn report(site: &Site, slug: &str, again: Callback<MouseEvent>) -> Html {
    let texts = site.lang.texts();
    let (earlier, later) = site.beside(slug);
    html! {
        <article key={slug} class="page report">
            {title(site, slug)}
            {notice::prose(site, slug, "prose", again)}
            <nav class="steps" aria-label={texts.reports}>
                {step(site, texts.earlier, "earlier", earlier)}
                {step(site, texts.later, "later", later)}
                <a class="all" href={Route::Reports.path()}>{texts.all_reports}</a>
            </nav>
        </article>
    }
}

fn title(site: &Site, slug: &str) -> Html {
    let Some(text) = site.ready(slug) else {
        return Html::default();
    };
    let matter = &text.matter;
    let title = if matter.title.is_empty() {
        slug
    } else {
        &matter.title
    };
    html! {
        <header lang={notice::other(site, text.lang)}>
            <p class="over"><span class="no">{matter.label.clone()}</span>
                <time datetime={matter.date.clone()}>{clock::written_date(site.lang, &matter.date)}</time></p>
            <h1>{title.to_owned()}</h1>
            {notice::fault(site, text)}
        </header>
    }
}

fn step(site: &Site, words: &'static str, class: &'static str, slug: Option<&String>) -> Html {
    let Some(slug) = slug else {
        return Html::default();
    };
    let text = site.ready(slug);
    let title = text.map(|text| text.matter.title.clone());
    let title = title.filter(|title| !title.is_empty());
    let lang = text.and_then(|text| notice::other(site, text.lang));
    html! {
        <a {class} href={Route::Report(slug.clone()).path()}>
            <small>{words}</small><span {lang}>{title.unwrap_or_else(|| slug.clone())}</span>
        </a>
    }
}
