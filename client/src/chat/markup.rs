//! The little markup that a message may have: bold, italic, code, blocks of code, quotes, lists,
//! links. Text in, a tree out; nothing here can become markup of the page.

mod inline;

use inline::inline;

use crate::letters::lower;

/// A piece of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Text(String),
    Bold(Vec<Piece>),
    Italic(Vec<Piece>),
    Code(String),
    Block(String),
    Quote(Vec<Piece>),
    List {
        /// The first one's number, where they have numbers.
        start: Option<u16>,
        items: Vec<Vec<Piece>>,
    },
    Link {
        href: String,
        label: String,
    },
}

/// Reads the text of a message.
pub fn parse(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("```") {
        let Some((code, tail)) = after.split_once("```") else {
            break;
        };
        // A block stands on lines of its own: the line breaks around it are its frame's.
        lines(
            before.strip_suffix('\n').unwrap_or(before),
            false,
            &mut pieces,
        );
        pieces.push(Piece::Block(without_language(code).to_owned()));
        rest = tail.strip_prefix('\n').unwrap_or(tail);
    }
    lines(rest, false, &mut pieces);
    pieces
}

/// ```` ```rust ````: the first line of a block may name a language.
fn without_language(code: &str) -> &str {
    let code = match code.split_once('\n') {
        Some((first, body))
            if first
                .chars()
                .all(|c| c.is_alphanumeric() || "+-_.".contains(c)) =>
        {
            body
        }
        _ => code,
    };
    code.strip_suffix('\n').unwrap_or(code)
}

/// Reads what stands between blocks of code: lines, quotes and lists. There are no quotes within
/// quotes nor lists within lists, so that nothing nests deeply.
fn lines(text: &str, in_quote: bool, pieces: &mut Vec<Piece>) {
    let mut rest = text;
    let mut plain = 0;
    while let Some(line) = line(rest.get(plain..)) {
        let before = rest.get(..plain).unwrap_or_default();
        let here = rest.get(plain..).unwrap_or_default();
        let quote = if in_quote { None } else { quote(here) };
        let Some((block, len)) = quote.or_else(|| list(here)) else {
            plain += line.len();
            continue;
        };
        inline(before.strip_suffix('\n').unwrap_or(before), pieces);
        pieces.push(block);
        rest = here.get(len..).unwrap_or_default();
        plain = 0;
    }
    inline(rest, pieces);
}

/// The first line, with what ends it.
fn line(text: Option<&str>) -> Option<&str> {
    text?.split_inclusive('\n').next()
}

/// The lines at the start of `text` that are quoted, and how many bytes they take.
fn quote(text: &str) -> Option<(Piece, usize)> {
    let mut body = String::new();
    let mut len = 0;
    while let Some((line, quoted)) =
        line(text.get(len..)).and_then(|line| Some((line, quoted(line)?)))
    {
        body.push_str(quoted);
        len += line.len();
    }
    let mut pieces = Vec::new();
    lines(body.strip_suffix('\n').unwrap_or(&body), true, &mut pieces);
    (len > 0).then_some((Piece::Quote(pieces), len))
}

/// A quoted line, without its mark. A face such as `>:(` quotes nobody.
fn quoted(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('>')?;
    let is_face = |c: char| !c.is_whitespace() && !c.is_alphanumeric() && !"<>*_`[\"".contains(c);
    let quotes = rest.starts_with('>') || !rest.starts_with(is_face);
    quotes.then(|| rest.strip_prefix(' ').unwrap_or(rest))
}

/// The items at the start of `text`, and how many bytes they take.
fn list(text: &str) -> Option<(Piece, usize)> {
    let (start, _) = item(line(Some(text))?)?;
    let mut items = Vec::new();
    let mut len = 0;
    while let Some((mark, first)) = line(text.get(len..)).and_then(item) {
        if mark.is_some() != start.is_some() {
            break;
        }
        len += line(text.get(len..)).map_or(0, str::len);
        let mut body = first.to_owned();
        // What is set in below an item goes on with it.
        while let Some(more) = line(text.get(len..)).filter(|more| more.starts_with("  ")) {
            body.push_str(more.trim_start_matches(' '));
            len += more.len();
        }
        let mut pieces = Vec::new();
        inline(body.trim_end(), &mut pieces);
        items.push(pieces);
    }
    Some((Piece::List { start, items }, len))
}

/// What an item of a list says, and its number, if it has one. Years are no numbers of lists.
fn item(line: &str) -> Option<(Option<u16>, &str)> {
    let (mark, body) = line.split_once(' ')?;
    let number = match mark {
        "-" | "*" => None,
        _ => {
            let digits = mark.strip_suffix('.').filter(|digits| digits.len() <= 3)?;
            // `+1` is a number, too.
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
            Some(digits.parse().ok().filter(|_| is_number)?)
        }
    };
    (!body.trim().is_empty()).then_some((number, body))
}

/// Cuts a text at each `@nick`, upper or lower case, that is not the beginning of a longer name:
/// what stands there, and whether it is one.
pub fn mentions<'a>(text: &'a str, nick: &str) -> Vec<(bool, &'a str)> {
    let mut parts = Vec::new();
    let (mut from, mut before) = (0, None);
    for (at, c) in text.char_indices() {
        let starts = c == '@' && before.is_none_or(|c: char| !c.is_alphanumeric());
        before = Some(c);
        if at < from || !starts {
            continue;
        }
        if let Some(len) = text.get(at + 1..).and_then(|rest| same_name(rest, nick)) {
            let end = at + 1 + len;
            parts.extend(
                text.get(from..at)
                    .filter(|t| !t.is_empty())
                    .map(|t| (false, t)),
            );
            parts.extend(text.get(at..end).map(|t| (true, t)));
            from = end;
        }
    }
    parts.extend(
        text.get(from..)
            .filter(|t| !t.is_empty())
            .map(|t| (false, t)),
    );
    parts
}

/// How many bytes of `text` are `nick`, if it begins with it.
fn same_name(text: &str, nick: &str) -> Option<usize> {
    let mut chars = text.chars();
    let len: usize = nick
        .chars()
        .map_while(|_| chars.next())
        .map(char::len_utf8)
        .sum();
    let (name, rest) = text.split_at_checked(len)?;
    let whole = !nick.is_empty() && !rest.starts_with(|c: char| c.is_alphanumeric());
    (whole && lower(name) == lower(nick)).then_some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(s: &str) -> Piece {
        Piece::Text(s.to_owned())
    }

    fn link(href: &str, label: &str) -> Piece {
        Piece::Link {
            href: href.to_owned(),
            label: label.to_owned(),
        }
    }

    #[test]
    fn marks_around_words_are_taken() {
        assert_eq!(
            parse("**seq** per *rum*, `a * b` _nu_"),
            [
                Piece::Bold(vec![text("seq")]),
                text(" per "),
                Piece::Italic(vec![text("rum")]),
                text(", "),
                Piece::Code("a * b".to_owned()),
                text(" "),
                Piece::Italic(vec![text("nu")]),
            ]
        );
    }

    #[test]
    fn marks_within_words_and_without_a_partner_stay() {
        for plain in [
            "snake_case_name",
            "2*3*4",
            "a ** b",
            "*",
            "**",
            "****",
            "`",
            "_a",
            "[a](b)",
            "[]()",
            "```",
        ] {
            assert_eq!(parse(plain), [text(plain)], "{plain}");
        }
    }

    #[test]
    fn marks_without_end_stay_text() {
        let mut hostile = "*a ".repeat(1_333);
        assert_eq!(parse(&hostile), [text(&hostile)]);
        hostile.push_str("\nb*");
        assert_eq!(parse(&hostile), [text(&hostile)], "nor on the next line");
    }

    #[test]
    fn blocks_keep_their_lines_and_lose_their_frame() {
        assert_eq!(
            parse("så:\n```nginx\na *b*;\nc\n```\nklart"),
            [
                text("så:"),
                Piece::Block("a *b*;\nc".to_owned()),
                text("klart")
            ]
        );
        assert_eq!(
            parse("```one line```"),
            [Piece::Block("one line".to_owned())]
        );
    }

    #[test]
    fn addresses_become_links_without_the_sentence_around_them() {
        assert_eq!(
            parse("(se https://a.example/b_(c)). Mer"),
            [
                text("(se "),
                link("https://a.example/b_(c)", "a.example/b_(c)"),
                text("). Mer")
            ]
        );
        assert_eq!(
            parse("[här](https://a.example) mailto:a@b.example"),
            [
                link("https://a.example", "här"),
                text(" "),
                link("mailto:a@b.example", "a@b.example")
            ]
        );
    }

    #[test]
    fn a_mention_is_the_whole_name_in_any_case() {
        assert_eq!(
            mentions("hej @åSA, och @Åsarna a@Åsa @Åsa", "Åsa"),
            [
                (false, "hej "),
                (true, "@åSA"),
                (false, ", och @Åsarna a@Åsa "),
                (true, "@Åsa")
            ]
        );
        assert_eq!(
            mentions("@花子 L!", "花子 L"),
            [(true, "@花子 L"), (false, "!")]
        );
        assert_eq!(mentions("", "Bo"), []);
    }

    #[test]
    fn no_other_scheme_becomes_a_link() {
        for plain in [
            "javascript:alert(1)",
            "[x](javascript:alert(1))",
            "[x](data:text/html,hi)",
            "https://",
            "http:// a",
        ] {
            assert!(
                !parse(plain).iter().any(|p| matches!(p, Piece::Link { .. })),
                "{plain}"
            );
        }
    }

    #[test]
    fn long_and_odd_text_comes_out_whole() {
        let odd = "*_`[ **é** 😀 ".repeat(300);
        let mut shown = String::new();
        fn collect(pieces: &[Piece], shown: &mut String) {
            for piece in pieces {
                match piece {
                    Piece::Text(t) | Piece::Code(t) | Piece::Block(t) => shown.push_str(t),
                    Piece::Bold(inner) | Piece::Italic(inner) | Piece::Quote(inner) => {
                        collect(inner, shown);
                    }
                    Piece::List { items, .. } => items.iter().for_each(|i| collect(i, shown)),
                    Piece::Link { label, .. } => shown.push_str(label),
                }
            }
        }
        collect(&parse(&odd), &mut shown);
        assert_eq!(shown.matches('😀').count(), 300);
    }

    fn items(start: Option<u16>, items: &[&str]) -> Piece {
        Piece::List {
            start,
            items: items.iter().map(|item| vec![text(item)]).collect(),
        }
    }

    #[test]
    fn lines_are_quoted_and_listed() {
        assert_eq!(
            parse("sa:\n> ett\n>två\n>\n> - tre\nnej"),
            [
                text("sa:"),
                Piece::Quote(vec![text("ett\ntvå\n"), items(None, &["tre"])]),
                text("nej")
            ]
        );
        assert_eq!(
            parse("- a\n* b\n  c\n3. d\n4. e\n\nf"),
            [
                items(None, &["a", "b\nc"]),
                items(Some(3), &["d", "e"]),
                text("\nf")
            ]
        );
        assert_eq!(
            parse("> **a**\n1. _b_"),
            [
                Piece::Quote(vec![Piece::Bold(vec![text("a")])]),
                Piece::List {
                    start: Some(1),
                    items: vec![vec![Piece::Italic(vec![text("b")])]],
                }
            ]
        );
    }

    #[test]
    fn faces_hyphens_and_years_are_neither_quotes_nor_lists() {
        for plain in [
            ">:(",
            "a > b",
            "-5 grader",
            "-",
            "- ",
            "1.",
            "1.5 m",
            "2026. Ett år",
            "+1. ja",
            "a\n-b",
        ] {
            assert_eq!(parse(plain), [text(plain)], "{plain:?}");
        }
    }

    /// The depth of what nests, and how many pieces there are.
    fn size(pieces: &[Piece]) -> (usize, usize) {
        let inner = pieces.iter().map(|piece| match piece {
            Piece::Bold(inner) | Piece::Italic(inner) | Piece::Quote(inner) => size(inner),
            Piece::List { items, .. } => {
                let sizes = || items.iter().map(|item| size(item));
                (
                    sizes().map(|s| s.0).max().unwrap(),
                    sizes().map(|s| s.1).sum(),
                )
            }
            _ => (0, 0),
        });
        inner.fold((1, pieces.len()), |(depth, count), (d, c)| {
            (depth.max(d + 1), count + c)
        })
    }

    #[test]
    fn hostile_text_nests_little_and_takes_no_longer_than_its_length() {
        let long = 100_000;
        for part in [
            ">",
            "> ",
            "-",
            "- ",
            "- - ",
            "1. ",
            "> - ",
            ">\n",
            "-\n",
            "- a\n",
            "> a\n",
            "*",
            "**",
            "_",
            "`",
            "*_",
            "**_`",
            "*a ",
            " *a*a",
            "_a_b ",
            "[",
            "[a](",
            "[a](https://a",
            "[a]",
            "(",
            "](",
            "https://a)",
            ")",
            "https://-",
            "http://[",
            "@",
            "```",
            "``",
            "*a* ",
            "**a _b_ **",
        ] {
            // Twenty-five times as long as a message may be: in more than linear time that would hardly end.
            let hostile = part.repeat(long / part.len());
            let (depth, count) = size(&parse(&hostile));
            assert!(depth <= 8, "{part:?}: {depth}");
            assert!(count <= hostile.len(), "{part:?}: {count}");
            assert!(mentions(&hostile, "a").len() <= hostile.len(), "{part:?}");
        }
    }
}
