//! The rules by example. What holds for every nick is in `properties`.

mod properties;

use super::*;

fn nick(nick: &str) -> Nick {
    Nick::new(nick).unwrap_or_else(|fault| panic!("{nick:?}: {fault}"))
}

fn name(text: &str) -> Name {
    NickRules::default()
        .check(&nick(text))
        .unwrap_or_else(|fault| panic!("{text:?}: {fault}"))
}

/// What is said of a nick that is refused, by the wire or by the server.
fn fault(text: &str) -> Fault {
    Nick::new(text)
        .and_then(|nick| NickRules::default().check(&nick))
        .map(|name| panic!("{text:?} passes as {name:?}"))
        .unwrap_err()
}

fn clash(a: &Name, b: &Name) -> bool {
    a.comparison == b.comparison || a.skeleton == b.skeleton
}

#[test]
fn the_examples_of_rfc_8266() {
    // Section 3, and white space: as typed, as shown, as compared.
    for (typed, shown, compared) in [
        ("Foo", "Foo", "foo"),
        ("foo", "foo", "foo"),
        ("Foo Bar", "Foo Bar", "foo bar"),
        ("  Foo   Bar ", "Foo Bar", "foo bar"),
        ("\u{3A3}", "\u{3A3}", "\u{3C3}"),
        ("\u{3C3}", "\u{3C3}", "\u{3C3}"),
        ("\u{3C2}", "\u{3C2}", "\u{3C2}"),
        ("\u{265A}", "\u{265A}", "\u{265A}"),
        ("Richard \u{2163}", "Richard IV", "richard iv"),
    ] {
        let name = name(typed);
        assert_eq!(
            (name.nick.as_str(), name.comparison.as_str()),
            (shown, compared)
        );
    }
}

#[test]
fn nicks_that_differ_only_in_how_they_are_written_are_the_same() {
    for (a, b) in [
        ("Åsa", "åSA"),
        ("Åsa", "A\u{30A}sa"),
        ("Åsa Lind", " Åsa\u{3000}\u{A0} Lind"),
        ("paypal", "\u{FF50}aypal"),
        ("paypal", "𝓹𝓪𝔂𝓹𝓪𝓵"),
        ("ΟΔΟΣ", "οδος"),
        ("Δημήτρης", "ΔΗΜΉΤΡΗΣ"),
        ("ﾊﾅｺ", "ハナコ"),
        ("각", "\u{1100}\u{1161}\u{11A8}"),
        ("❤️ Bo", "❤ bo"),
    ] {
        assert_eq!(name(a).comparison, name(b).comparison, "{a} {b}");
    }
}

#[test]
fn nobody_stands_beside_another_in_a_look_alike() {
    for (real, false_one) in [
        ("paypal", "раypal"),
        ("paypal", "pаypal"),
        ("paypal", "paypaI"),
        ("paypal", "PayPaI"),
        ("paypal", "PAYPAI"),
        ("paypal", "paypa1"),
        ("paypal", "РАУРАL"),
        ("PAYPAL", "paypaI"),
        ("PAYPAL", "PayPaI"),
        ("Bob", "B0b"),
        ("O'Brien", "O’Brien"),
        ("Emil", "Emi\u{307}l"),
        // In full in another script.
        ("coco", "сосо"),
        ("HOPE", "НОРЕ"),
        // The standard library's small letters would not tell.
        ("straße", "STRASSE"),
        // True names, and known to collide (docs/protocol.md).
        ("Björn", "Bjöm"),
        ("ELIA", "Ella"),
    ] {
        assert!(clash(&name(real), &name(false_one)), "{real} {false_one}");
    }
}

#[test]
fn accents_make_other_people() {
    for (a, b) in [
        ("Åsa", "Asa"),
        ("Åsa", "Äsa"),
        ("Asa", "Äsa"),
        ("Elia", "Ella"),
        ("Marc", "Mark"),
        ("Åsa 2", "Åsa 3"),
        ("Åsa Lind", "ÅsaLind"),
        ("İpek", "ipek"),
    ] {
        for decomposed in [false, true] {
            let form = |text: &str| match decomposed {
                false => name(text),
                true => name(&unicode_normalization::UnicodeNormalization::nfd(text).to_string()),
            };
            let (a, b) = (form(a), form(b));
            assert_ne!(a.comparison, b.comparison, "{a:?} {b:?}");
            assert_ne!(a.skeleton, b.skeleton, "{a:?} {b:?}");
        }
    }
}

#[test]
fn a_look_alike_in_other_capitals_is_known_to_pass() {
    // A key that told these would also take Elia for Ella: `i` is like `I`, and `I` is like `l`.
    assert!(clash(&name("EMlL"), &name("EMIL")));
    assert!(!clash(&name("EMlL"), &name("Emil")));
}

#[test]
fn names_of_many_scripts_pass_as_they_are() {
    for text in [
        "x",
        "Åsa Lind",
        "D'Arcy-O’Neil",
        "花子",
        "ハナコ・スミス",
        "Nguyễn Ánh",
        "מֹשֶׁה",
        "محمّد",
        "क्ष्म्या",
        "สมใจ",
        "བསྒྲུབས",
        "Col·lell",
        "김철수",
        "🏳 xX_Bo_Xx 🤡",
        "...",
    ] {
        assert_eq!(name(text).nick.as_str(), text);
    }
}

#[test]
fn the_emoji_of_today_pass() {
    // With the version of Unicode that they are from: PRECIS's own tables end with 6.3.
    for text in [
        "😀",        // 6.1
        "🤣",        // 9
        "🥷",        // 13
        "🫠",        // 14
        "🫩",         // 16
        "\u{1FAEA}", // 17
        "👍🏽",        // with the colour of a skin
        "🇸🇪",
        "1\u{20E3}",
    ] {
        assert_eq!(name(text).nick.as_str(), text);
    }
    assert_eq!(
        name("\u{20C1}").nick.as_str(),
        "\u{20C1}",
        "a currency of 17"
    );
}

#[test]
fn what_phones_put_behind_emoji_is_dropped() {
    assert_eq!(name("❤\u{FE0F} Bo").nick.as_str(), "❤ Bo");
    assert_eq!(name("❤\u{FE0E}"), name("❤\u{FE0F}"));
    assert_eq!(name("1\u{FE0F}\u{20E3}").nick.as_str(), "1\u{20E3}");
}

#[test]
fn a_refusal_says_which_rule_was_broken() {
    for (text, why) in [
        ("a\u{7}b", "control characters"),
        ("a\u{202E}b", "control characters"),
        ("\u{FE0F}", "at least one character that can be seen"),
        ("👩\u{200D}👩\u{200D}👧", "take a single emoji"),
        ("a\u{200C}b", "invisible characters: U+200C"),
        ("a\u{200B}b", "invisible characters: U+200B"),
        ("a\u{AD}b", "invisible characters: U+00AD"),
        ("a\u{FEFF}b", "invisible characters: U+FEFF"),
        ("a\u{FE00}b", "invisible characters: U+FE00"),
        ("葛\u{E0100}", "invisible characters: U+E0100"),
        ("a\u{34F}b", "invisible characters: U+034F"),
        ("\u{3164}", "invisible characters: U+1160"),
        ("\u{FFA0}", "invisible characters: U+1160"),
        ("\u{115F}x", "invisible characters: U+115F"),
        ("x\u{E0041}", "invisible characters: U+E0041"),
        ("\u{2800}", "invisible characters: U+2800"),
        ("a\u{FFFC}", "invisible characters: U+FFFC"),
        ("a\u{600}", "control characters: U+0600"),
        ("a\u{8E2}", "control characters: U+08E2"),
        ("a\u{E000}", "private use: U+E000"),
        ("a\u{10FFFD}", "private use: U+10FFFD"),
        ("a\u{378}", "no characters: U+0378"),
        ("a\u{FDD0}", "no characters: U+FDD0"),
        ("a\u{640}", "RFC 8264 leaves it out"),
        ("\u{1100}", "RFC 8264 leaves it out"),
        ("a·b", "only within the words"),
        ("·ab", "only within the words"),
        ("xX・Bo・Xx", "only within the words"),
        ("\u{301}", "only behind a letter: U+0301"),
        ("\u{301}a", "only behind a letter: U+0301"),
        ("a \u{301}b", "only behind a letter: U+0301"),
        ("a´b", "only behind a letter: U+0301"),
        ("\u{20E3}\u{301}", "only behind a letter: U+20E3"),
        ("\u{93E}", "only behind a letter: U+093E"),
        ("á\u{301}", "twice in a row: U+0301"),
        (
            "e\u{300}\u{301}\u{302}\u{303}\u{304}",
            "at most 4 combining marks",
        ),
        ("ệ\u{300}\u{301}\u{303}", "at most 4 combining marks"),
    ] {
        let fault = fault(text);
        assert_eq!(fault.code, RefusalCode::InvalidNick, "{text:?}");
        assert!(fault.message.contains(why), "{text:?}: {fault}");
    }
}

#[test]
fn a_nick_has_32_characters_as_readers_see_them() {
    for (text, clusters) in [
        ("x".repeat(32), 32),
        ("👍🏽".repeat(16), 16),
        ("e\u{325}\u{304}\u{301}".repeat(16), 16),
    ] {
        let name = name(&text);
        assert_eq!(name.nick.as_str().graphemes(true).count(), clusters);
    }
    for (text, why) in [
        ("x".repeat(33), "at most 32 characters; this one has 33"),
        // Longer than they were sent: NFKC writes them out.
        ("㎏".repeat(20), "at most 32 characters; this one has 40"),
        (
            "\u{FDFA}".repeat(2),
            "at most 32 characters; this one has 36",
        ),
        (
            "\u{958}".repeat(25),
            "at most 128 bytes in UTF-8; this one has 150",
        ),
    ] {
        let fault = fault(&text);
        assert_eq!(fault.code, RefusalCode::NickTooLong, "{text}");
        assert!(fault.message.contains(why), "{text}: {fault}");
    }
}

#[test]
fn a_reserved_nick_is_refused_in_every_disguise() {
    let rules = NickRules::new(["admin", "Åsa Lind"].map(nick));
    for text in [
        "admin",
        "Admin",
        " ADMIN ",
        "ａｄｍｉｎ",
        "аdmin",
        "adrnin",
        "АDМIN",
        "ADMlN",
        "åsa  LIND",
        "Åsa 1ind",
    ] {
        let fault = rules.check(&nick(text)).unwrap_err();
        assert_eq!(fault.code, RefusalCode::NickReserved, "{text}");
    }
    for text in ["administrator", "adm", "Asa Lind", "admin 2"] {
        assert!(rules.check(&nick(text)).is_ok(), "{text}");
    }
}

#[test]
fn a_nick_that_nobody_can_have_needs_no_reserving() {
    let rules = NickRules::new([nick("a\u{200D}b"), nick(&"x".repeat(33)), nick("root")]);
    assert_eq!(rules.reserved.len(), 1);
    assert!(rules.check(&nick("ab")).is_ok());
}

#[test]
fn a_suggestion_is_the_nick_with_a_number() {
    let rules = NickRules::new([nick("admin")]);
    let suggest = |text: &str| rules.suggest(&nick(text), |_| false);
    assert_eq!(suggest("Åsa"), Some(nick("Åsa 2")));
    assert_eq!(suggest("ADMIN"), Some(nick("ADMIN 2")));
    assert_eq!(suggest("❤\u{FE0F}"), Some(nick("❤ 2")));
    assert_eq!(
        suggest("a\u{200D}b"),
        None,
        "no nick, whatever stands behind"
    );
}

#[test]
fn a_suggestion_is_shortened_by_whole_characters() {
    let rules = NickRules::default();
    let suggest = |text: &str| rules.suggest(&nick(text), |_| false);
    assert_eq!(
        suggest(&"花".repeat(32)),
        Some(nick(&format!("{} 2", "花".repeat(30))))
    );
    assert_eq!(
        suggest(&"x".repeat(40)),
        Some(nick(&format!("{} 2", "x".repeat(30))))
    );
    // 128 bytes: the flag as a whole makes room.
    assert_eq!(
        suggest(&"🇸🇪".repeat(16)),
        Some(nick(&format!("{} 2", "🇸🇪".repeat(15))))
    );
    // One cluster alone has no room for a number.
    assert_eq!(suggest(&format!("👍{}", "🏽".repeat(31))), None);
}

#[test]
fn a_suggestion_is_free_by_both_keys() {
    let rules = NickRules::default();
    let suggest = |members: &[&str]| {
        let members: Vec<Name> = members.iter().copied().map(name).collect();
        let taken = |name: &Name| members.iter().any(|member| clash(member, name));
        rules
            .suggest(&nick("Bo"), taken)
            .map(|nick| nick.to_string())
    };
    assert_eq!(
        suggest(&["Bo", "bo 2", "B0 3", "Во 4"]).as_deref(),
        Some("Bo 5")
    );
    // Digits look like letters, too.
    let to_nine = [
        "Bo 2", "Bo 3", "Bo 4", "Bo 5", "Bo 6", "Bo 7", "Bo 8", "Bo 9",
    ];
    let members = [&to_nine[..], &["Bo lO", "Bo Il"]].concat();
    assert_eq!(suggest(&members).as_deref(), Some("Bo 12"));
}

#[test]
fn the_search_for_a_suggestion_ends() {
    let tried = std::cell::Cell::new(0);
    let all = |_: &Name| {
        tried.set(tried.get() + 1);
        true
    };
    assert_eq!(NickRules::default().suggest(&nick("Bo"), all), None);
    assert_eq!(tried.get(), 98);
}
