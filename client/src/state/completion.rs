//! Nicks completed in the composer: who is meant by the letters before the caret, and what to put
//! there. Places in a text are counted in UTF-16 code units, as browsers do.

use std::ops::Range;

use shared::{AuthorId, EntryBody, Nick};

use super::{Roster, Timeline};
use crate::letters::lower;

/// Who may be meant: those who spoke here last, then those who are here.
pub fn candidates(timeline: &Timeline, roster: &Roster, own: Option<&AuthorId>) -> Vec<Nick> {
    let mut found: Vec<(AuthorId, Nick)> = Vec::new();
    let mut add = |author: &AuthorId, nick: &Nick| {
        let known = found.iter().any(|(a, n)| a == author || n == nick);
        if !known && Some(author) != own {
            found.push((author.clone(), nick.clone()));
        }
    };
    let entries: Vec<_> = timeline.entries().collect();
    for entry in entries.into_iter().rev() {
        if let EntryBody::Said { nick, .. } = &entry.body {
            add(&entry.author, roster.nick_of(&entry.author).unwrap_or(nick));
        }
    }
    for member in roster.list(own) {
        add(&member.author, &member.nick);
    }
    found.into_iter().map(|(_, nick)| nick).collect()
}

/// A nick that was put in, and the others that it could have been.
pub struct Completion {
    nicks: Vec<Nick>,
    at: usize,
    /// Before the nick, and after it: `@` and `: ` where the text begins with it.
    before: &'static str,
    after: &'static str,
    /// Where the piece stands that is to be replaced.
    range: Range<usize>,
}

/// What to put into a text, and where.
pub struct Edit {
    pub range: Range<usize>,
    pub text: String,
}

impl Completion {
    /// The completion of what stands before `caret`, if any of `nicks` begins so: as many words as
    /// belong to one, for nicks have spaces, too.
    pub fn begin(text: &str, caret: usize, nicks: Vec<Nick>) -> Option<Self> {
        let end = byte_at(text, caret)?;
        let (typed, rest) = text.split_at_checked(end)?;
        if rest.starts_with(char::is_alphanumeric) {
            return None;
        }
        let (start, nicks) = typed
            .char_indices()
            .filter(|(at, c)| c.is_alphanumeric() && begins_name(typed.get(..*at)))
            .find_map(|(at, _)| {
                let letters = typed.get(at..)?;
                let meant = nicks.iter().filter(|nick| begins(nick.as_str(), letters));
                let meant: Vec<Nick> = meant.cloned().collect();
                (!meant.is_empty()).then_some((at, meant))
            })?;
        let mark = if typed.get(..start)?.ends_with('@') {
            1
        } else {
            0
        };
        let first = typed.get(..start - mark)?.trim().is_empty();
        let start = utf16(typed.get(..start)?);
        Some(Self {
            nicks,
            at: 0,
            // Only `@nick` is marked for the one meant.
            before: if first && mark == 0 { "@" } else { "" },
            after: match (first, rest.starts_with(char::is_whitespace)) {
                (true, true) => ":",
                (true, false) => ": ",
                (false, true) => "",
                (false, false) => " ",
            },
            range: start..caret,
        })
    }

    /// Puts the nick in, in place of what was typed or of the one before.
    pub fn edit(&mut self) -> Edit {
        let mut text = String::from(self.before);
        text.push_str(self.nick());
        text.push_str(self.after);
        let end = self.range.start + utf16(&text);
        let range = std::mem::replace(&mut self.range.end, end);
        Edit {
            range: self.range.start..range,
            text,
        }
    }

    /// Goes on to the next nick; false where there is but one.
    pub fn next(&mut self) -> bool {
        self.at = (self.at + 1) % self.nicks.len().max(1);
        self.nicks.len() > 1
    }

    pub fn nick(&self) -> &str {
        self.nicks.get(self.at).map_or("", Nick::as_str)
    }

    /// Which of how many, from one.
    pub fn place(&self) -> (usize, usize) {
        (self.at + 1, self.nicks.len())
    }

    /// Where the caret stands after it.
    pub fn end(&self) -> usize {
        self.range.end
    }
}

/// Whether a name may begin after `before`: not within a word, nor in the middle of an address.
fn begins_name(before: Option<&str>) -> bool {
    let before = before.unwrap_or_default();
    let before = before.strip_suffix('@').unwrap_or(before);
    !before.ends_with(char::is_alphanumeric)
}

/// Whether `nick` begins with `letters`, upper or lower case.
fn begins(nick: &str, letters: &str) -> bool {
    lower(nick).starts_with(&lower(letters))
}

fn utf16(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The byte at a place; none within a character.
fn byte_at(text: &str, place: usize) -> Option<usize> {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        if units == place {
            return Some(at);
        }
        units += c.len_utf16();
    }
    (units == place).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixtures::{author, nick, said};
    use crate::state::session::tests::welcome;
    use shared::Member;

    fn nicks(names: &[&str]) -> Vec<Nick> {
        names.iter().map(|name| nick(name)).collect()
    }

    /// The text after Tab with the caret at `|`, as often as `tabs` says.
    fn tab(text: &str, tabs: usize, names: &[&str]) -> Option<String> {
        let caret = utf16(text.split('|').next()?);
        let mut units: Vec<u16> = text.replace('|', "").encode_utf16().collect();
        let text = String::from_utf16(&units).unwrap();
        let mut completion = Completion::begin(&text, caret, nicks(names))?;
        for n in 0..tabs {
            if n > 0 {
                completion.next();
            }
            let edit = completion.edit();
            units.splice(edit.range, edit.text.encode_utf16());
        }
        let rest = units.split_off(completion.end());
        let [before, after] = [units, rest].map(|units| String::from_utf16(&units).unwrap());
        Some(format!("{before}|{after}"))
    }

    fn once(text: &str, names: &[&str]) -> Option<String> {
        tab(text, 1, names)
    }

    #[test]
    fn who_is_addressed_is_marked_and_who_is_spoken_of_stands_as_typed() {
        let names = ["Bo", "Åsa"];
        assert_eq!(once("b|", &names).unwrap(), "@Bo: |");
        assert_eq!(once("@b|", &names).unwrap(), "@Bo: |");
        assert_eq!(once("hej å|", &names).unwrap(), "hej Åsa |");
        assert_eq!(once("hej @Å|", &names).unwrap(), "hej @Åsa |");
        assert_eq!(once("hej (å| och", &names).unwrap(), "hej (Åsa| och");
        assert_eq!(once("b| hej", &names).unwrap(), "@Bo:| hej");
    }

    #[test]
    fn letters_of_any_script_are_counted_as_the_browser_counts() {
        let names = ["花子 L", "Ωmega", "Élodie", "𝔅o 👩‍👩‍👧"];
        assert_eq!(once("👩‍👩‍👧‍👦 花|", &names).unwrap(), "👩‍👩‍👧‍👦 花子 L |");
        assert_eq!(once("ω|", &names).unwrap(), "@Ωmega: |");
        assert_eq!(once("😀 é|", &names).unwrap(), "😀 Élodie |");
        assert_eq!(once("𝔅|", &names).unwrap(), "@𝔅o 👩‍👩‍👧: |");
        let within = Completion::begin("𝔅", 1, nicks(&names));
        assert!(within.is_none(), "no caret stands within a character");
        assert!(Completion::begin("b", 9, nicks(&["Bo"])).is_none());
    }

    #[test]
    fn a_nick_may_be_several_words() {
        let names = ["Lo", "Åsa Lind", "Åsa 2"];
        assert_eq!(once("tack åsa l|", &names).unwrap(), "tack Åsa Lind |");
        assert_eq!(once("tack åsa 2|", &names).unwrap(), "tack Åsa 2 |");
        assert_eq!(once("tack l|", &names).unwrap(), "tack Lo |");
    }

    #[test]
    fn each_tab_is_the_next_one_and_they_go_round() {
        let names = ["Bo", "Ebba", "Bodil"];
        assert_eq!(tab("😀 b|!", 1, &names).unwrap(), "😀 Bo |!");
        assert_eq!(tab("😀 b|!", 2, &names).unwrap(), "😀 Bodil |!");
        assert_eq!(tab("😀 b|!", 3, &names).unwrap(), "😀 Bo |!");
        let mut only = Completion::begin("e", 1, nicks(&names)).unwrap();
        assert!(!only.next());
        assert_eq!((only.nick(), only.place()), ("Ebba", (1, 1)));
    }

    #[test]
    fn without_letters_of_a_nick_there_is_nothing_to_complete() {
        let names = ["Bo"];
        for text in [
            "|", "@|", "hej |", "x|", "a@b|", "xb|", "b|c", "bo: |", "Boo|",
        ] {
            assert_eq!(once(text, &names), None, "{text}");
        }
    }

    #[test]
    fn who_spoke_last_comes_first_by_the_name_of_today() {
        let mut timeline = Timeline::default();
        let entries = ["Cyrus", "Dani", "Åsa", "Cyrus"];
        let entries = (1..).zip(entries).map(|(seq, who)| said(seq, who));
        timeline.welcome(&welcome(entries.collect(), 4, false));
        let member = |id: &str, name: &str| Member {
            author: author(id),
            nick: nick(name),
        };
        let mut roster = Roster::default();
        let here = [
            member("Åsa", "Åsa"),
            member("Bo", "Bo"),
            member("Cyrus", "Cyrus II"),
        ];
        roster.welcome(&here, 3);
        assert_eq!(
            candidates(&timeline, &roster, Some(&author("Åsa"))),
            nicks(&["Cyrus II", "Dani", "Bo"])
        );
    }
}
