//! The little markup that a message may have: bold, italic, code, blocks of code, links.
//! Text in, a tree out; nothing here can become markup of the page.

use crate::letters::lower;

/// A piece of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Text(String),
    Bold(Vec<Piece>),
    Italic(Vec<Piece>),
    Code(String),
    Block(String),
    Link { href: String, label: String },
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
        inline(before.strip_suffix('\n').unwrap_or(before), &mut pieces);
        pieces.push(Piece::Block(without_language(code).to_owned()));
        rest = tail.strip_prefix('\n').unwrap_or(tail);
    }
    inline(rest, &mut pieces);
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

fn inline(text: &str, pieces: &mut Vec<Piece>) {
    let mut plain = String::new();
    let mut rest = text;
    // Only what stands at the start of a word opens anything: `snake_case` and `2*3*4` stay.
    let mut before: Option<char> = None;
    while let Some(c) = rest.chars().next() {
        let opens = before.is_none_or(|c| !c.is_alphanumeric());
        match span(rest, opens) {
            Some((piece, len)) => {
                flush(&mut plain, pieces);
                pieces.push(piece);
                before = rest.get(..len).and_then(|taken| taken.chars().last());
                rest = rest.get(len..).unwrap_or_default();
            }
            None => {
                plain.push(c);
                before = Some(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
    }
    flush(&mut plain, pieces);
}

fn flush(plain: &mut String, pieces: &mut Vec<Piece>) {
    if !plain.is_empty() {
        pieces.push(Piece::Text(std::mem::take(plain)));
    }
}

/// The piece at the start of `text`, and how many bytes it takes.
fn span(text: &str, opens: bool) -> Option<(Piece, usize)> {
    let code = |body: &str| Piece::Code(body.to_owned());
    let nested = |body: &str| {
        let mut pieces = Vec::new();
        inline(body, &mut pieces);
        pieces
    };
    if text.starts_with('`') && !text.starts_with("``") {
        let (body, len) = between(text, "`")?;
        return Some((code(body), len));
    }
    if text.starts_with('[') {
        return labelled(text);
    }
    if !opens {
        return None;
    }
    if text.starts_with("**") {
        let (body, len) = between(text, "**")?;
        return Some((Piece::Bold(nested(body)), len));
    }
    for mark in ["*", "_"] {
        if text.starts_with(mark) {
            let (body, len) = between(text, mark)?;
            return Some((Piece::Italic(nested(body)), len));
        }
    }
    bare(text)
}

/// What stands between two `mark`s on one line, without space at its edges, and where it ends.
fn between<'a>(text: &'a str, mark: &str) -> Option<(&'a str, usize)> {
    // Cut once: looking for the line's end at each mark would take cubic time.
    let body = text.strip_prefix(mark)?.split('\n').next()?;
    let mut from = 0;
    loop {
        let at = from + body.get(from..)?.find(mark)?;
        let (inside, after) = (body.get(..at)?, body.get(at + mark.len()..)?);
        let tight = !inside.is_empty() && inside.trim() == inside;
        let ends_word = mark == "`" || !after.starts_with(|c: char| c.is_alphanumeric());
        if tight && ends_word {
            return Some((inside, at + 2 * mark.len()));
        }
        from = at + mark.len();
    }
}

/// `[label](address)`.
fn labelled(text: &str) -> Option<(Piece, usize)> {
    let (label, after) = text.strip_prefix('[')?.split_once("](")?;
    let (href, _) = after.split_once(')')?;
    if label.is_empty() || label.contains(['\n', '[', ']']) || !is_safe(href) {
        return None;
    }
    let len = label.len() + href.len() + "[](".len() + ")".len();
    Some((
        Piece::Link {
            href: href.to_owned(),
            label: label.to_owned(),
        },
        len,
    ))
}

/// An address that stands in the text as it is.
fn bare(text: &str) -> Option<(Piece, usize)> {
    if !["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
    {
        return None;
    }
    let end = text
        .find(|c: char| c.is_whitespace() || "<>\"`".contains(c))
        .unwrap_or(text.len());
    let mut address = text.get(..end)?;
    // Punctuation at the end belongs to the sentence, a bracket to whoever opened it.
    while let Some(last) = address.chars().last() {
        let closes_own = |open, close| {
            last == close && address.matches(open).count() >= address.matches(close).count()
        };
        let belongs = closes_own('(', ')') || closes_own('[', ']') || closes_own('{', '}');
        if belongs || !".,;:!?'*_)]}…".contains(last) {
            break;
        }
        address = address.get(..address.len() - last.len_utf8())?;
    }
    is_safe(address).then(|| {
        let piece = Piece::Link {
            href: address.to_owned(),
            label: address
                .trim_start_matches("https://")
                .trim_start_matches("mailto:")
                .to_owned(),
        };
        (piece, address.len())
    })
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

/// Whether an address may be followed: `http(s)` and `mailto` only, and something after it.
pub fn is_safe(href: &str) -> bool {
    let rest = ["https://", "http://", "mailto:"]
        .iter()
        .find_map(|scheme| href.strip_prefix(scheme));
    rest.is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_alphanumeric() || c == '[')
            && !href.contains(|c: char| c.is_whitespace() || c.is_control())
    })
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
            "* not a list *",
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
                    Piece::Bold(inner) | Piece::Italic(inner) => collect(inner, shown),
                    Piece::Link { label, .. } => shown.push_str(label),
                }
            }
        }
        collect(&parse(&odd), &mut shown);
        assert_eq!(shown.matches('😀').count(), 300);
    }
}
