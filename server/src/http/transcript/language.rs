//! What a transcript says beside what was said: in Swedish and English.

use actix_web::http::header::{AcceptLanguage, Preference, Quality};

use super::moment::Day;

/// A language of the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Language {
    Swedish,
    #[default]
    English,
}

/// All texts of one language.
pub(super) struct Words {
    pub(super) name: &'static str,
    /// Stands behind the name of the room.
    pub(super) transcript: &'static str,
    pub(super) lead: &'static str,
    pub(super) pages: &'static str,
    pub(super) older: &'static str,
    pub(super) newer: &'static str,
    pub(super) latest: &'static str,
    pub(super) empty: &'static str,
    pub(super) no_room: &'static str,
    pub(super) bad_place: &'static str,
    pub(super) too_fast: &'static str,
    pub(super) unreadable: &'static str,
    weekdays: [&'static str; 7],
    months: [&'static str; 12],
}

impl Language {
    pub(super) const ALL: [Self; 2] = [Self::Swedish, Self::English];

    /// The language of a tag (BCP 47), or of one so like it that its readers are better off with it.
    pub(super) fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "sv" | "nb" | "nn" | "no" | "da" => Some(Self::Swedish),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The first that a browser's reader would like.
    pub(super) fn preferred(accepted: &AcceptLanguage) -> Self {
        let mut items: Vec<_> = accepted.0.iter().collect();
        // Stable: those that are liked equally stay in their order.
        items.sort_by_key(|item| std::cmp::Reverse(item.quality));
        items
            .into_iter()
            .filter(|item| item.quality > Quality::ZERO)
            .find_map(|item| match &item.item {
                Preference::Specific(tag) => Self::of_tag(tag.as_str()),
                Preference::Any => None,
            })
            .unwrap_or_default()
    }

    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Swedish => "sv",
            Self::English => "en",
        }
    }

    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::Swedish => &SWEDISH,
            Self::English => &ENGLISH,
        }
    }

    /// A day in words, the same way round in both.
    pub(super) fn day(self, day: Day) -> String {
        let words = self.words();
        let name = |names: &[&'static str], at: usize| names.get(at).copied().unwrap_or_default();
        let weekday = name(&words.weekdays, day.weekday);
        let month = name(&words.months, day.month.saturating_sub(1));
        format!("{weekday} {} {month} {}", day.day, day.year)
    }
}

static SWEDISH: Words = Words {
    name: "Svenska",
    transcript: "chattlogg",
    lead: "Det som har sagts i rummet, som en vanlig sida att läsa. Alla tider är i UTC.",
    pages: "Sidor",
    older: "Äldre",
    newer: "Nyare",
    latest: "Senaste",
    empty: "Här finns inget att läsa.",
    no_room: "Här finns ingen chattlogg.",
    bad_place: "Adressen går inte att läsa: before och after är ett meddelandes nummer, från 1 och uppåt, och bara ett av dem.",
    too_fast: "För många sidor på kort tid. Vänta lite och försök igen.",
    unreadable: "Loggen går inte att läsa just nu. Försök igen om en stund.",
    weekdays: [
        "söndag", "måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag",
    ],
    months: [
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
        "september",
        "oktober",
        "november",
        "december",
    ],
};

static ENGLISH: Words = Words {
    name: "English",
    transcript: "transcript",
    lead: "What was said in the room, as a plain page to read. All times are in UTC.",
    pages: "Pages",
    older: "Older",
    newer: "Newer",
    latest: "Latest",
    empty: "There is nothing to read here.",
    no_room: "There is no transcript here.",
    bad_place: "The address cannot be read: before and after are a message's number, from 1 on, and only one of them.",
    too_fast: "Too many pages in a short time. Wait a little and try again.",
    unreadable: "The log cannot be read just now. Try again in a while.",
    weekdays: [
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
    ],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    fn preferred(tags: &[&str]) -> Language {
        let items = tags.iter().map(|tag| tag.parse().unwrap()).collect();
        Language::preferred(&AcceptLanguage(items))
    }

    #[test]
    fn a_reader_gets_the_language_that_they_like_best() {
        assert_eq!(preferred(&["sv-SE", "en;q=0.8"]), Language::Swedish);
        assert_eq!(preferred(&["en;q=0.5", "sv;q=0.9"]), Language::Swedish);
        assert_eq!(preferred(&["nb", "en"]), Language::Swedish);
        assert_eq!(preferred(&["sv;q=0", "en;q=0.1"]), Language::English);
        assert_eq!(preferred(&["de", "sv;q=0.2"]), Language::Swedish);
        assert_eq!(preferred(&["de"]), Language::English);
        assert_eq!(preferred(&["*"]), Language::English);
    }

    #[test]
    fn a_day_is_told_in_words() {
        let day = Day::of(1_763_800_100_000);
        assert_eq!(Language::Swedish.day(day), "lördag 22 november 2025");
        assert_eq!(Language::English.day(day), "Saturday 22 November 2025");
    }
}
