//! What holds for every nick.

use proptest::prelude::*;
use proptest::sample::select;
use unicode_normalization::UnicodeNormalization as _;

use super::*;

/// Enough to find what is wrong, and few enough to be done in a second or two without optimization.
/// No file keeps what failed: the case is printed, and belongs into a table.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Characters that rules are about, next to plain ones.
const ODD: [&str; 40] = [
    "a",
    "B",
    "m",
    "I",
    "l",
    "0",
    " ",
    " ",
    "\u{A0}",
    "\u{3000}",
    "å",
    "A\u{30A}",
    "ß",
    "Σ",
    "ς",
    "İ",
    "ı",
    "ﬃ",
    "Ⅳ",
    "\u{FDFA}",
    "\u{301}",
    "\u{323}",
    "\u{307}",
    "\u{345}",
    "´",
    "\u{93E}",
    "क्ष",
    "각",
    "\u{1100}",
    "\u{1161}",
    "ﾊﾞ",
    "・",
    "·",
    "❤\u{FE0F}",
    "👍🏽",
    "🇸",
    "\u{200D}",
    "\u{FFA0}",
    "\u{640}",
    "\u{E0001}",
];

fn odd() -> impl Strategy<Value = String> {
    prop::collection::vec(select(&ODD[..]), 0..24).prop_map(|parts| parts.concat())
}

/// Strings of all kinds that the wire lets through, most of them nicks.
fn any_nick() -> impl Strategy<Value = Nick> {
    prop_oneof![odd(), "\\PC{0,20}", "[\\p{L}\\p{M}\\p{N}\\p{So} ]{1,16}"]
        .prop_filter_map("a nick of the wire", |text| Nick::new(&text).ok())
}

/// `Default_Ignorable_Code_Point`, bidirectional controls among them, written out.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Words of letters that have one small and one capital form, both of one character.
fn cased() -> impl Strategy<Value = String> {
    "[a-zåäöéüñàçøα-ρτ-ωάέήίόύώа-яёђўա-ֆ]{1,10}( [a-zåäö]{1,10})?"
}

/// Letters of one look, in several scripts.
const LOOKS: [&[char]; 14] = [
    &['a', 'а', 'ɑ', 'α'],
    &['c', 'с', 'ⅽ'],
    &['e', 'е'],
    &['h', 'һ', 'հ'],
    &['i', 'і', 'ı'],
    &['j', 'ј'],
    &['l', 'I', '1', '|', 'ӏ', 'Ӏ', 'ⅼ', 'Ι', 'І'],
    &['o', 'о', 'ο', 'օ', '0', 'O', 'О', 'Ο'],
    &['p', 'р', 'ρ'],
    &['s', 'ѕ'],
    &['x', 'х', 'ⅹ'],
    &['y', 'у', 'γ'],
    &['A', 'А', 'Α', 'Ꭺ'],
    &['H', 'Н', 'Η', 'Ꮋ'],
];

/// Two spellings that look alike, letter for letter.
fn alike() -> impl Strategy<Value = (String, String)> {
    let letter = select(&LOOKS[..]).prop_flat_map(|look| (select(look), select(look)));
    prop::collection::vec(letter, 1..20).prop_map(|pairs| pairs.into_iter().unzip())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_string_makes_it_panic(text in any::<String>()) {
        if let Ok(nick) = Nick::new(&text) {
            let rules = NickRules::new([nick.clone()]);
            let _ = rules.check(&nick);
            let _ = rules.suggest(&nick, |_| false);
        }
    }

    #[test]
    fn what_has_passed_passes_as_the_same(nick in any_nick()) {
        let rules = NickRules::default();
        if let Ok(name) = rules.check(&nick) {
            prop_assert_eq!(Nick::new(name.nick.as_str()), Ok(name.nick.clone()));
            prop_assert_eq!(rules.check(&name.nick), Ok(name));
        }
    }

    #[test]
    fn what_has_passed_can_be_seen_and_is_short(nick in any_nick()) {
        if let Ok(name) = NickRules::default().check(&nick) {
            let shown = name.nick.as_str();
            prop_assert!((1..=32).contains(&shown.graphemes(true).count()));
            prop_assert!((1..=128).contains(&shown.len()));
            for c in shown.chars() {
                prop_assert!(!c.is_control() && !is_ignorable(c), "{:?} in {:?}", c, shown);
            }
            prop_assert!(!name.skeleton.trim().is_empty());
        }
    }

    #[test]
    fn canonically_equivalent_nicks_are_one(nick in any_nick()) {
        let rules = NickRules::default();
        let [composed, decomposed]: [String; 2] =
            [nick.as_str().nfc().collect(), nick.as_str().nfd().collect()];
        let name = rules.check(&nick);
        prop_assert_eq!(&Nick::new(&composed).and_then(|nick| rules.check(&nick)), &name);
        // What grows beyond 128 bytes is too long for the wire.
        if let Ok(decomposed) = Nick::new(&decomposed) {
            prop_assert_eq!(rules.check(&decomposed), name);
        }
    }

    #[test]
    fn case_width_and_space_do_not_tell_nicks_apart(text in cased(), space in "[ \u{A0}\u{2003}\u{3000}]{1,3}") {
        let wide = text.chars().map(|c| match c {
            '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap(),
            c => c,
        });
        let spaced = format!("{space}{}{space}", text.replace(' ', &space));
        for other in [text.to_uppercase(), text.to_lowercase(), wide.collect(), spaced] {
            prop_assert_eq!(&name(&text).comparison, &name(&other).comparison, "{}", other);
        }
    }

    #[test]
    fn look_alikes_have_one_skeleton((a, b) in alike()) {
        prop_assert_eq!(name(&a).skeleton, name(&b).skeleton, "{} {}", a, b);
    }

    #[test]
    fn a_suggestion_is_free_and_passes(nick in any_nick(), members in prop::collection::vec(2..12_u32, 0..8)) {
        let rules = NickRules::new([nick.clone()]);
        let members: Vec<Name> = members
            .into_iter()
            .filter_map(|n| Nick::new(&format!("{nick} {n}")).ok())
            .filter_map(|nick| rules.check(&nick).ok())
            .collect();
        let taken = |name: &Name| members.iter().any(|member| clash(member, name));
        if let Some(free) = rules.suggest(&nick, taken) {
            let name = rules.check(&free);
            prop_assert_eq!(name.as_ref().map(|name| &name.nick), Ok(&free));
            prop_assert!(!taken(&name.unwrap()));
        }
    }
}
