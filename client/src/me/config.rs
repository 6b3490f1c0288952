//! The owner's settings, `content/config.json`: one file, read field by field, so that each
//! mistake is told by the field's own path.

use serde_json::{Map, Value};

use super::colour::Colour;
use crate::i18n::{Lang, Texts};

/// The settings of a page. What is left out has a default.
#[derive(PartialEq, Default)]
pub struct Config {
    /// Stands in the header and the title.
    pub owner: String,
    /// One sentence about the page, for links to it.
    pub description: Localised,
    /// The languages that the owner writes, the page's own first.
    pub languages: Vec<Lang>,
    /// Where the page is to be found, with a slash at its end; empty if the owner does not say.
    pub address: String,
    /// The picture of links to the page, by its path in the built folder.
    pub preview: String,
    pub accent: Accent,
    pub portrait: Option<Portrait>,
    pub links: Vec<Link>,
    /// The names of the reports' files, in the order in which they were made.
    pub reports: Vec<String>,
    /// Empty for a chat server at the page's own origin, or the address of one elsewhere.
    pub server: String,
    /// Rooms to offer, the first one first.
    pub rooms: Vec<Room>,
    /// Fields that mean nothing here: somebody's slips, most likely.
    pub unknown: Vec<String>,
}

/// Colours that were chosen; the page's own where there are none.
#[derive(PartialEq, Clone, Copy, Default)]
pub struct Accent {
    pub light: Option<Colour>,
    pub dark: Option<Colour>,
}

#[derive(PartialEq)]
pub struct Portrait {
    pub src: String,
    pub alt: Localised,
}

#[derive(PartialEq)]
pub struct Link {
    pub text: Localised,
    pub to: String,
}

#[derive(PartialEq)]
pub struct Room {
    pub name: String,
    pub topic: Localised,
}

/// A text in each language, or one for all.
#[derive(PartialEq, Default)]
pub struct Localised(Vec<(Option<Lang>, String)>);

impl Localised {
    /// In this language, else in whichever there is, and in which where it is another one.
    pub fn of(&self, lang: Lang) -> (&str, Option<&'static str>) {
        let texts = &self.0;
        let own = texts.iter().find(|(of, _)| of.is_none_or(|of| of == lang));
        match own.or(texts.first()) {
            Some((of, text)) => (text, of.filter(|of| *of != lang).map(Lang::tag)),
            None => ("", None),
        }
    }

    pub fn text(&self, lang: Lang) -> &str {
        self.of(lang).0
    }
}

/// What is wrong with the file.
#[derive(Debug, PartialEq)]
pub enum Problem {
    /// It is no JSON; with the place.
    Json(String),
    /// A field is not what it has to be.
    Field(String, Wanted),
}

/// What a field has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Object,
    List,
    Text,
    /// It may not be left out.
    Given,
    Localised,
    Language,
    Name,
    Colour,
    Address,
}

impl Problem {
    pub fn say(&self, texts: &Texts) -> String {
        let (field, wanted) = match self {
            Self::Json(error) => return error.clone(),
            Self::Field(field, wanted) => (field, wanted),
        };
        let wanted = match wanted {
            Wanted::Object => texts.want_object,
            Wanted::List => texts.want_list,
            Wanted::Text => texts.want_text,
            Wanted::Given => texts.want_given,
            Wanted::Localised => texts.want_localised,
            Wanted::Language => texts.want_language,
            Wanted::Name => texts.want_name,
            Wanted::Colour => texts.want_colour,
            Wanted::Address => texts.want_address,
        };
        let field = if field.is_empty() {
            "config.json"
        } else {
            field
        };
        [field, ": ", wanted].concat()
    }
}

impl Config {
    /// # Errors
    /// The first field that is not what it has to be, or the place where the file is no JSON.
    pub fn parse(json: &str) -> Result<Self, Problem> {
        let json = json.strip_prefix('\u{feff}').unwrap_or(json);
        let value: Value =
            serde_json::from_str(json).map_err(|error| Problem::Json(error.to_string()))?;
        let root = Field {
            path: String::new(),
            value: &value,
        };
        let fields = root.object()?;
        let known = [
            "owner",
            "description",
            "languages",
            "address",
            "preview",
            "colours",
            "portrait",
            "links",
            "reports",
            "chat",
        ];
        let unknown = fields.into_iter().flat_map(Map::keys);
        let unknown = unknown.filter(|key| !known.contains(&key.as_str()));
        let chat = root.get("chat")?;
        let accent = root.get("colours")?.get("accent")?;
        Ok(Self {
            owner: root.get("owner")?.given()?,
            description: root.get("description")?.localised()?,
            languages: languages(&root.get("languages")?)?,
            address: address(&root.get("address")?)?,
            preview: root.get("preview")?.text()?,
            accent: if accent.value.is_string() {
                let both = colour(&accent)?;
                Accent {
                    light: both,
                    dark: both,
                }
            } else {
                Accent {
                    light: colour(&accent.get("light")?)?,
                    dark: colour(&accent.get("dark")?)?,
                }
            },
            portrait: portrait(&root.get("portrait")?)?,
            links: root.get("links")?.list(|link| {
                Ok(Link {
                    text: link.get("text")?.localised()?,
                    to: link.get("to")?.given()?,
                })
            })?,
            reports: root.get("reports")?.list(Field::name)?,
            server: chat.get("server")?.text()?,
            rooms: chat.get("rooms")?.list(|room| {
                Ok(Room {
                    name: room.get("name")?.given()?,
                    topic: room.get("topic")?.localised()?,
                })
            })?,
            unknown: unknown.cloned().collect(),
        })
    }
}

fn languages(field: &Field<'_>) -> Result<Vec<Lang>, Problem> {
    let mut languages = field.list(|tag| {
        let known = Lang::ALL.into_iter().find(|lang| tag.value == lang.tag());
        known.ok_or_else(|| tag.problem(Wanted::Language))
    })?;
    if languages.is_empty() {
        languages.extend(Lang::ALL);
    }
    Ok(languages)
}

fn address(field: &Field<'_>) -> Result<String, Problem> {
    let mut address = field.text()?;
    let web = address.starts_with("https://") || address.starts_with("http://");
    if !address.is_empty() && !web {
        return Err(field.problem(Wanted::Address));
    }
    if web && !address.ends_with('/') {
        address.push('/');
    }
    Ok(address)
}

fn colour(field: &Field<'_>) -> Result<Option<Colour>, Problem> {
    if field.value.is_null() {
        return Ok(None);
    }
    let colour = field.value.as_str().and_then(Colour::parse);
    colour
        .map(Some)
        .ok_or_else(|| field.problem(Wanted::Colour))
}

fn portrait(field: &Field<'_>) -> Result<Option<Portrait>, Problem> {
    if field.value.is_null() {
        return Ok(None);
    }
    Ok(Some(Portrait {
        src: field.get("src")?.given()?,
        alt: field.get("alt")?.localised()?,
    }))
}

/// A value of the file and where it stands: `chat.rooms[0].name`. What is left out is null.
struct Field<'a> {
    path: String,
    value: &'a Value,
}

static NOTHING: Value = Value::Null;

impl<'a> Field<'a> {
    fn problem(&self, wanted: Wanted) -> Problem {
        Problem::Field(self.path.clone(), wanted)
    }

    fn object(&self) -> Result<Option<&'a Map<String, Value>>, Problem> {
        match self.value {
            Value::Object(fields) => Ok(Some(fields)),
            Value::Null if !self.path.is_empty() => Ok(None),
            _ => Err(self.problem(Wanted::Object)),
        }
    }

    fn get(&self, key: &str) -> Result<Self, Problem> {
        let dot = if self.path.is_empty() { "" } else { "." };
        Ok(Self {
            path: [&self.path, dot, key].concat(),
            value: self
                .object()?
                .and_then(|fields| fields.get(key))
                .unwrap_or(&NOTHING),
        })
    }

    fn text(&self) -> Result<String, Problem> {
        match self.value {
            Value::String(text) => Ok(text.clone()),
            Value::Null => Ok(String::new()),
            _ => Err(self.problem(Wanted::Text)),
        }
    }

    fn given(&self) -> Result<String, Problem> {
        let text = self.text()?;
        if text.is_empty() {
            return Err(self.problem(Wanted::Given));
        }
        Ok(text)
    }

    /// Of a file, so none that leads elsewhere.
    fn name(&self) -> Result<String, Problem> {
        match self.value {
            Value::String(name) if !name.is_empty() && !name.contains(['/', '\\', '.']) => {
                Ok(name.clone())
            }
            _ => Err(self.problem(Wanted::Name)),
        }
    }

    fn items(&self) -> Result<Vec<Self>, Problem> {
        let items = match self.value {
            Value::Array(items) => items,
            Value::Null => return Ok(Vec::new()),
            _ => return Err(self.problem(Wanted::List)),
        };
        let items = items.iter().enumerate().map(|(at, value)| Field {
            path: [&self.path, "[", &at.to_string(), "]"].concat(),
            value,
        });
        Ok(items.collect())
    }

    fn list<T>(&self, read: fn(&Self) -> Result<T, Problem>) -> Result<Vec<T>, Problem> {
        let mut list = Vec::new();
        for item in self.items()? {
            list.push(read(&item)?);
        }
        Ok(list)
    }

    fn localised(&self) -> Result<Localised, Problem> {
        match self.value {
            Value::Null => Ok(Localised::default()),
            Value::String(text) => Ok(Localised(vec![(None, text.clone())])),
            Value::Object(_) => {
                let mut texts = Vec::new();
                for lang in Lang::ALL {
                    let text = self.get(lang.tag())?.text()?;
                    if !text.is_empty() {
                        texts.push((Some(lang), text));
                    }
                }
                Ok(Localised(texts))
            }
            _ => Err(self.problem(Wanted::Localised)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(json: &str) -> (String, Wanted) {
        match Config::parse(json) {
            Err(Problem::Field(field, wanted)) => (field, wanted),
            Err(Problem::Json(error)) => panic!("{error}"),
            Ok(_) => panic!("no problem with {json}"),
        }
    }

    #[test]
    fn the_settings_that_come_with_the_page_are_good() {
        let config = Config::parse(include_str!("../../content/config.json"));
        let config = config
            .map_err(|problem| problem.say(Lang::En.texts()))
            .unwrap();
        assert_eq!(config.rooms[0].name, "lobby");
        assert_eq!(config.unknown, Vec::<String>::new());
        for lang in Lang::ALL {
            assert_eq!(config.description.of(lang).1, None);
            assert!(
                config
                    .links
                    .iter()
                    .all(|link| link.text.of(lang).1.is_none())
            );
        }
    }

    #[test]
    fn a_name_is_all_that_a_page_needs() {
        let config = Config::parse(r#"{"owner":"Bo","color":"red"}"#)
            .ok()
            .unwrap();
        assert!(config.languages == Lang::ALL);
        assert!(config.reports.is_empty() && config.portrait.is_none());
        assert_eq!(config.unknown, ["color"]);
    }

    #[test]
    fn a_text_may_be_one_for_all_languages_or_miss_one() {
        let json =
            r#"{"owner":"Bo","description":"En","links":[{"to":"/chat","text":{"en":"Chat"}}]}"#;
        let config = Config::parse(json).ok().unwrap();
        assert_eq!(config.description.of(Lang::En), ("En", None));
        let text = &config.links[0].text;
        assert_eq!(text.of(Lang::En), ("Chat", None));
        assert_eq!(text.of(Lang::Sv), ("Chat", Some("en")));
        assert_eq!(Localised::default().of(Lang::Sv), ("", None));
    }

    #[test]
    fn an_accent_is_one_for_both_themes_or_one_for_each() {
        let accent = |colours: &str| {
            let json = format!(r#"{{"owner":"Bo","colours":{colours}}}"#);
            let accent = Config::parse(&json).ok().unwrap().accent;
            (accent.light.map(Colour::hex), accent.dark.map(Colour::hex))
        };
        let blue = || Some("#0000ff".to_owned());
        assert_eq!(accent(r##"{"accent":"#00f"}"##), (blue(), blue()));
        assert_eq!(accent(r##"{"accent":{"dark":"#0000ff"}}"##), (None, blue()));
        assert_eq!(accent("{}"), (None, None));
    }

    #[test]
    fn the_address_ends_in_a_slash() {
        let json = r#"{"owner":"Bo","address":"https://a.example/me"}"#;
        let config = Config::parse(json).ok().unwrap();
        assert_eq!(config.address, "https://a.example/me/");
    }

    #[test]
    fn each_mistake_is_told_by_the_path_of_its_field() {
        for (json, field, wanted) in [
            ("[]", "", Wanted::Object),
            ("{}", "owner", Wanted::Given),
            (r#"{"owner":1}"#, "owner", Wanted::Text),
            (r#"{"owner":"","x":1}"#, "owner", Wanted::Given),
            (
                r#"{"owner":"Bo","languages":["sv","fi"]}"#,
                "languages[1]",
                Wanted::Language,
            ),
            (
                r#"{"owner":"Bo","colours":{"accent":{"light":"red"}}}"#,
                "colours.accent.light",
                Wanted::Colour,
            ),
            (
                r#"{"owner":"Bo","colours":{"accent":"red"}}"#,
                "colours.accent",
                Wanted::Colour,
            ),
            (
                r#"{"owner":"Bo","reports":"kmom01"}"#,
                "reports",
                Wanted::List,
            ),
            (
                r#"{"owner":"Bo","reports":["a",{"slug":"b"}]}"#,
                "reports[1]",
                Wanted::Name,
            ),
            (
                r#"{"owner":"Bo","reports":["../a"]}"#,
                "reports[0]",
                Wanted::Name,
            ),
            (
                r#"{"owner":"Bo","chat":{"rooms":[{}]}}"#,
                "chat.rooms[0].name",
                Wanted::Given,
            ),
            (
                r#"{"owner":"Bo","chat":{"rooms":[{"name":"a","topic":[]}]}}"#,
                "chat.rooms[0].topic",
                Wanted::Localised,
            ),
            (
                r#"{"owner":"Bo","portrait":{"alt":"Bo"}}"#,
                "portrait.src",
                Wanted::Given,
            ),
            (
                r#"{"owner":"Bo","address":"me.example"}"#,
                "address",
                Wanted::Address,
            ),
        ] {
            assert_eq!(problem(json), (field.to_owned(), wanted), "{json}");
        }
    }

    #[test]
    fn what_is_no_json_is_told_by_its_place() {
        let problem = Config::parse("{\n\"owner\": \"Bo\",\n}").err().unwrap();
        let Problem::Json(error) = problem else {
            panic!("{problem:?}");
        };
        assert!(error.contains("line 3"), "{error}");
    }
}
