//! The owner's settings: `content/config.json`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::i18n::Lang;

/// The settings of a page. What is left out has a default, what is unknown is ignored.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Config {
    /// Stands in the header and the title.
    pub owner: String,
    /// Folders of `content/` that have texts, the page's own language first.
    #[serde(default = "all_languages")]
    pub languages: Vec<String>,
    /// A picture of the owner, by its path in the built folder.
    #[serde(default)]
    pub portrait: Option<Portrait>,
    #[serde(default)]
    pub chat: Chat,
    /// In the order in which they were made.
    #[serde(default)]
    pub reports: Vec<Report>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Portrait {
    pub src: String,
    #[serde(default)]
    pub alt: Localised,
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct Chat {
    /// Empty for the same origin, or the address of a chat server elsewhere.
    #[serde(default)]
    pub server: String,
    /// Rooms to offer, the first one first.
    #[serde(default)]
    pub rooms: Vec<Room>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Room {
    pub name: String,
    #[serde(default)]
    pub topic: Localised,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Report {
    /// Its address, and the name of its file: `content/<language>/<slug>.md`.
    pub slug: String,
    /// What stands before its title in the list.
    #[serde(default)]
    pub label: String,
    /// `2026-11-22`
    #[serde(default)]
    pub date: String,
    #[serde(default)]
    pub title: Localised,
}

/// A text in each language, or one for all.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Localised {
    All(String),
    Each(BTreeMap<String, String>),
}

impl Default for Localised {
    fn default() -> Self {
        Self::All(String::new())
    }
}

impl Localised {
    /// In this language, or in whichever there is.
    pub fn of(&self, lang: Lang) -> &str {
        match self {
            Self::All(text) => text,
            Self::Each(texts) => texts
                .get(lang.tag())
                .or_else(|| texts.values().next())
                .map_or("", String::as_str),
        }
    }
}

impl Config {
    /// # Errors
    /// Where the file breaks the form above: line, column and what was expected.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    pub fn report(&self, slug: &str) -> Option<&Report> {
        self.reports.iter().find(|report| report.slug == slug)
    }
}

fn all_languages() -> Vec<String> {
    Lang::ALL.map(|lang| lang.tag().to_owned()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_that_come_with_the_page_are_good() {
        let config = Config::parse(include_str!("../../content/config.json")).unwrap();
        assert_eq!(config.chat.rooms[0].name, "lobby");
        for lang in Lang::ALL {
            assert!(config.reports.iter().all(|r| !r.title.of(lang).is_empty()));
        }
    }

    #[test]
    fn a_name_is_all_that_a_page_needs() {
        let config = Config::parse(r#"{"owner":"Bo","colour":"red"}"#).unwrap();
        assert_eq!(config.languages, ["sv", "en"]);
        assert!(config.reports.is_empty());
    }

    #[test]
    fn a_text_may_be_one_for_all_languages() {
        let json = r#"{"owner":"Bo","reports":[{"slug":"a","title":"En titel"}]}"#;
        let config = Config::parse(json).unwrap();
        assert_eq!(config.reports[0].title.of(Lang::En), "En titel");
    }
}
