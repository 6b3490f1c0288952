//! A run of comings and goings in one line of words.

use shared::{AuthorId, Nick};

use crate::i18n::{self, Lang};
use crate::state::Note;

/// Names listed before the others are counted.
const NAMES: usize = 3;

pub fn words(lang: Lang, note: &Note) -> String {
    let texts = lang.texts();
    let names = |list: &[(AuthorId, Nick)]| {
        i18n::names(lang, list.iter().map(|(_, nick)| nick.as_str()), NAMES)
    };
    let mut parts = Vec::new();
    if !note.joined.is_empty() {
        parts.push((texts.came)(&names(&note.joined)));
    }
    if !note.left.is_empty() {
        parts.push((texts.went)(&names(&note.left)));
    }
    for (from, to) in &note.renamed {
        parts.push((texts.renamed)(from.as_str(), to.as_str()));
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixtures::{author, nick};

    #[test]
    fn a_run_is_one_line() {
        let people = |names: &[&str]| names.iter().map(|n| (author(n), nick(n))).collect();
        let note = Note {
            joined: people(&["Dani", "Ebba", "Bo", "Cyrus", "Élodie"]),
            left: people(&["Farid"]),
            renamed: vec![(nick("Åsa"), nick("Åsa L"))],
        };
        assert_eq!(
            words(Lang::Sv, &note),
            "Dani, Ebba och 3 till kom in · Farid gick · Åsa heter nu Åsa L"
        );
    }
}
