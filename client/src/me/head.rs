//! What the document says about the page that it shows: its language, its title, and what links
//! to it show. The same stands in the built files, for those who read no further: see
//! `scripts/dist/pages.mjs`.

use web_sys::Document;

use super::Site;
use super::browser;
use super::route::Route;

/// What one page says about itself.
#[derive(PartialEq, Default)]
pub struct Head {
    lang: &'static str,
    title: String,
    description: String,
    article: bool,
    image: String,
    address: String,
}

pub fn of(site: &Site) -> Head {
    let (config, lang) = (&site.config, site.lang);
    let texts = lang.texts();
    let mut description = config.description.text(lang).to_owned();
    let mut path = site.route.path();
    let page = match &site.route {
        _ if !site.found() => {
            path.clear();
            texts.not_found.to_owned()
        }
        Route::About | Route::NotFound => String::new(),
        Route::Reports => texts.reports.to_owned(),
        Route::Report(slug) => {
            let matter = site.ready(slug).map(|text| &text.matter);
            if let Some(matter) = matter.filter(|matter| !matter.description.is_empty()) {
                description.clone_from(&matter.description);
            }
            matter
                .map(|matter| matter.title.clone())
                .filter(|title| !title.is_empty())
                .unwrap_or_else(|| slug.clone())
        }
        Route::Chat | Route::Room(_) => {
            let topic = site.room().map(|room| room.topic.text(lang));
            if let Some(topic) = topic.filter(|topic| !topic.is_empty()) {
                topic.clone_into(&mut description);
            }
            texts.chat.to_owned()
        }
    };
    let portrait = config.portrait.as_ref().map(|portrait| &portrait.src);
    let image = Some(&config.preview).filter(|preview| !preview.is_empty());
    let image = image.or(portrait).cloned().unwrap_or_default();
    Head {
        lang: lang.tag(),
        title: if page.is_empty() {
            config.owner.clone()
        } else {
            [&page, " · ", &config.owner].concat()
        },
        description,
        article: matches!(site.route, Route::Report(_)),
        image: absolute(&config.address, &image),
        address: if path.is_empty() || config.address.is_empty() {
            String::new()
        } else {
            [&config.address, path.trim_start_matches("./")].concat()
        },
    }
}

/// Previews are fetched by others, who need the whole address.
fn absolute(address: &str, path: &str) -> String {
    if path.is_empty() || path.contains("://") {
        return path.to_owned();
    }
    let base = if address.is_empty() {
        browser::base()
    } else {
        address.to_owned()
    };
    [&base, path.trim_start_matches('/')].concat()
}

impl Head {
    pub fn show(&self) {
        let Some(document) = browser::document() else {
            return;
        };
        document.set_title(&self.title);
        if let Some(root) = document.document_element() {
            let _ = root.set_attribute("lang", self.lang);
        }
        let kind = if self.article { "article" } else { "website" };
        let card = if self.image.is_empty() {
            "summary"
        } else {
            "summary_large_image"
        };
        for (key, value) in [
            ("description", self.description.as_str()),
            ("og:title", &self.title),
            ("og:description", &self.description),
            ("og:type", kind),
            ("og:image", &self.image),
            ("og:url", &self.address),
            ("twitter:card", card),
        ] {
            let name = if key.starts_with("og:") {
                "property"
            } else {
                "name"
            };
            tag(&document, "meta", name, key, "content", value);
        }
        tag(&document, "link", "rel", "canonical", "href", &self.address);
    }
}

/// The head's element whose `name` is `key`: it says `value`, or is not there.
fn tag(document: &Document, kind: &str, name: &str, key: &str, attribute: &str, value: &str) {
    let selector = [kind, "[", name, "='", key, "']"].concat();
    let found = document.query_selector(&selector).ok().flatten();
    if value.is_empty() {
        if let Some(found) = found {
            found.remove();
        }
        return;
    }
    let element = found.or_else(|| {
        let made = document.create_element(kind).ok()?;
        made.set_attribute(name, key).ok()?;
        document.head()?.append_child(&made).ok()?;
        Some(made)
    });
    if let Some(element) = element {
        let _ = element.set_attribute(attribute, value);
    }
}
