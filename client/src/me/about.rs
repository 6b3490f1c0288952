//! The front page: the owner's own words, `content/<language>/me.md`, a portrait, links, and the
//! latest reports.

use yew::prelude::*;

use super::config::{Link, Portrait};
use super::route::Route;
use super::{ME, Site, notice, reports};

pub fn page(site: &Site, again: Callback<MouseEvent>) -> Html {
    let (config, texts) = (&site.config, site.lang.texts());
    html! {
        <div key="about" class="page me">
            <article class="hero">
                <div class="opening">
                    {notice::prose(site, ME, "prose", again)}
                    if !config.links.is_empty() {
                        <ul class="links">
                            for one in &config.links { <li>{link(site, one)}</li> }
                        </ul>
                    }
                </div>
                if let Some(portrait) = &config.portrait { {picture(site, portrait)} }
            </article>
            if !config.reports.is_empty() {
                <section class="latest" aria-labelledby="latest">
                    <h2 id="latest"><a href={Route::Reports.path()}>{texts.reports}</a></h2>
                    {reports::list(site, false)}
                </section>
            }
        </div>
    }
}

/// A page of the site by its path, `/chat`, or any other address.
fn link(site: &Site, link: &Link) -> Html {
    let (text, lang) = link.text.of(site.lang);
    let own = link.to.strip_prefix('/').filter(|p| !p.starts_with('/'));
    let href = match own.map(|path| (path, Route::parse(path))) {
        None => link.to.clone(),
        Some((path, Route::NotFound)) => path.to_owned(),
        Some((_, route)) => route.path(),
    };
    let text = if text.is_empty() { &link.to } else { text };
    html! { <a {href} {lang}>{text.to_owned()}</a> }
}

fn picture(site: &Site, portrait: &Portrait) -> Html {
    let (alt, lang) = portrait.alt.of(site.lang);
    let src = portrait.src.trim_start_matches('/').to_owned();
    html! {
        <img class="portrait" {src} alt={alt.to_owned()} {lang} width="400" height="500" decoding="async" />
    }
}
