//! What the page says, in Swedish and English. A text that one language lacks does not compile.
//! Owners' texts are not here: they are Markdown files in `content/`.

mod count;
mod en;
mod sv;

use shared::RefusalCode;

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    #[default]
    Sv,
    En,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::Sv, Self::En];

    /// The language of a tag (BCP 47) such as `sv`, `en-GB`, or of one so like it that its
    /// readers are better off with it: Norwegian and Danish readers read Swedish.
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next().unwrap_or_default() {
            "sv" | "nb" | "nn" | "no" | "da" => Some(Self::Sv),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The tag, also the name of its folder in `content/`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Sv => "sv",
            Self::En => "en",
        }
    }

    /// What it is called by those who speak it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sv => "Svenska",
            Self::En => "English",
        }
    }

    pub fn texts(self) -> &'static Texts {
        match self {
            Self::Sv => &sv::SV,
            Self::En => &en::EN,
        }
    }
}

/// All texts of one language. Parts that vary are filled in by functions.
pub struct Texts {
    pub skip_to_content: &'static str,
    pub nav: &'static str,
    pub about: &'static str,
    pub reports: &'static str,
    pub chat: &'static str,
    pub to_light: &'static str,
    pub to_dark: &'static str,
    pub loading: &'static str,
    pub try_again: &'static str,
    pub not_found: &'static str,
    pub not_found_text: &'static str,
    pub go_home: &'static str,
    pub content_missing: fn(&str) -> String,
    pub content_unreachable: &'static str,
    pub config_broken: &'static str,
    pub want_object: &'static str,
    pub want_list: &'static str,
    pub want_text: &'static str,
    pub want_given: &'static str,
    pub want_localised: &'static str,
    pub want_language: &'static str,
    pub want_name: &'static str,
    pub want_colour: &'static str,
    pub want_address: &'static str,
    pub at_line: fn(&str, usize) -> String,
    pub matter_none: &'static str,
    pub matter_open: &'static str,
    pub matter_line: &'static str,
    pub matter_untitled: &'static str,
    pub matter_date: &'static str,
    pub no_reports: &'static str,
    pub earlier: &'static str,
    pub later: &'static str,
    pub all_reports: &'static str,
    pub rooms: &'static str,

    pub join_title: &'static str,
    pub join_lead: &'static str,
    pub nick: &'static str,
    pub nick_hint: &'static str,
    pub join: &'static str,
    pub joining: &'static str,
    pub nick_empty: &'static str,
    pub nick_problem: fn(RefusalCode, &str) -> String,
    pub nick_take: &'static str,
    pub nick_or_other: &'static str,
    pub room_problem: fn(RefusalCode) -> &'static str,
    pub kept_out: fn(RefusalCode) -> &'static str,
    pub next_try_in: fn(u64) -> String,
    pub bad_room: &'static str,

    pub log: fn(&str) -> String,
    pub empty_title: &'static str,
    pub empty_text: &'static str,
    pub beginning: &'static str,
    pub loading_older: &'static str,
    pub new_below: fn(usize) -> String,
    pub unread: &'static str,
    pub to_the_end: &'static str,
    pub you: &'static str,
    pub says: fn(&str, &str) -> String,
    pub came: fn(&str) -> String,
    pub went: fn(&str) -> String,
    pub renamed: fn(&str, &str) -> String,
    pub and: &'static str,
    pub and_more: fn(usize) -> String,
    pub sending: &'static str,
    pub waiting: &'static str,
    pub held: fn(RefusalCode) -> &'static str,
    /// Right behind why it is held.
    pub goes_out_in: fn(u64) -> String,
    pub behind: &'static str,
    pub failed: fn(RefusalCode) -> &'static str,
    pub retry: &'static str,
    pub discard: &'static str,

    pub message: &'static str,
    pub write_to: fn(&str) -> String,
    pub send: &'static str,
    pub too_long: fn(usize) -> String,
    pub left_over: fn(usize) -> String,
    /// A nick, and which of how many it could have been.
    pub one_of: fn(&str, usize, usize) -> String,
    pub typing: fn(&str, usize) -> String,

    pub here: fn(u32) -> String,
    pub who: &'static str,
    pub and_others: fn(u32) -> String,
    pub close: &'static str,
    pub change_nick: &'static str,
    pub new_nick: &'static str,
    pub rename_save: &'static str,
    pub renaming: &'static str,
    pub cancel: &'static str,
    pub rename_offline: &'static str,
    pub rename_later: fn(RefusalCode) -> &'static str,
    pub again_in: fn(u64) -> String,
    pub leave: &'static str,

    pub alerts: &'static str,
    pub when_named: &'static str,
    pub notify: &'static str,
    pub notify_denied: &'static str,
    pub sound: &'static str,
    /// Who, and in which room.
    pub named_in: fn(&str, &str) -> String,

    pub connecting: &'static str,
    pub lost: &'static str,
    pub unreachable: &'static str,
    pub attempt: fn(u32) -> String,
    pub in_seconds: fn(u64) -> String,
    pub try_now: &'static str,
    pub taken_over: &'static str,
    pub elsewhere_title: &'static str,
    pub elsewhere_text: &'static str,
    pub use_here: &'static str,
    pub away: fn(u16) -> &'static str,
    pub connect_again: &'static str,
    pub recovered: fn(usize) -> String,
}

/// "Dani, Ebba och 3 till": at most `most` names, the others counted.
pub fn names<'a>(lang: Lang, names: impl IntoIterator<Item = &'a str>, most: usize) -> String {
    let texts = lang.texts();
    let mut parts: Vec<String> = names.into_iter().map(str::to_owned).collect();
    if parts.len() > most {
        let others = parts.split_off(most.saturating_sub(1)).len();
        parts.push((texts.and_more)(others));
    }
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {} {last}", rest.join(", "), texts.and),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_and_then_counted() {
        assert_eq!(names(Lang::En, ["Bo"], 3), "Bo");
        assert_eq!(names(Lang::Sv, ["Bo", "Ebba"], 3), "Bo och Ebba");
        assert_eq!(
            names(Lang::En, ["A", "B", "C", "D", "E"], 3),
            "A, B and 3 more"
        );
        assert_eq!(names(Lang::En, [], 3), "");
    }

    #[test]
    fn tags_find_their_language() {
        assert_eq!(Lang::of_tag("sv-FI"), Some(Lang::Sv));
        assert_eq!(Lang::of_tag("en_GB"), Some(Lang::En));
        assert_eq!(Lang::of_tag("fi"), None);
    }
}
