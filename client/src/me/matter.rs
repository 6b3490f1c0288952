//! What stands above a text of the owner's: lines of `key: value` between two lines of `---`.
//! A small part of what others call front matter, so small that it needs no library.

/// What a text tells about itself.
#[derive(Clone, PartialEq, Default)]
pub struct Matter {
    pub title: String,
    /// `2026-11-22`
    pub date: String,
    /// What stands before the title in the list.
    pub label: String,
    /// One sentence, for the list and for links to the page.
    pub description: String,
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The first line is no `---`.
    None,
    /// The second `---` is missing.
    Open,
    /// A line is no `key: value`.
    Line,
    NoTitle,
    /// A date is none.
    Date,
}

/// A fault and the number of its line, the first being 1.
pub type Broken = (Fault, usize);

/// What the text tells about itself, the text below, and what is wrong with the former. Texts
/// without it are whole: whether a title is needed is for the page to say.
pub fn split(text: &str) -> (Matter, &str, Option<Broken>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut matter = Matter::default();
    let mut lines = text.split_inclusive('\n');
    let mut from = match lines.next() {
        Some(first) if first.trim_end() == "---" => first.len(),
        _ => return (matter, text, Some((Fault::None, 1))),
    };
    let mut broken = None;
    for (line, number) in lines.zip(2..) {
        from += line.len();
        let line = line.trim();
        if line == "---" {
            if matter.title.is_empty() {
                broken = broken.or(Some((Fault::NoTitle, number)));
            }
            return (matter, text.get(from..).unwrap_or_default(), broken);
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((key, value)) = line.split_once(':') else {
            broken = broken.or(Some((Fault::Line, number)));
            continue;
        };
        let value = unquoted(value.trim());
        match key.trim_end() {
            "title" => value.clone_into(&mut matter.title),
            "label" => value.clone_into(&mut matter.label),
            "description" => value.clone_into(&mut matter.description),
            "date" if is_date(value) => value.clone_into(&mut matter.date),
            "date" => broken = broken.or(Some((Fault::Date, number))),
            // Other programs may have words of their own here.
            _ => {}
        }
    }
    // Without an end all of it is text, so that nothing of it is lost.
    (Matter::default(), text, Some((Fault::Open, 1)))
}

/// In other programs' files a value may stand in quotes.
fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
}

/// `2026-11-22`, as far as the form goes and days are counted.
fn is_date(text: &str) -> bool {
    let part = |range, most| {
        let digits: Option<&str> = text.get(range);
        digits
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|digits| digits.parse::<u8>().ok())
            .is_some_and(|number| (1..=most).contains(&number))
    };
    let dashes = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    let year = text.bytes().take(4).all(|b| b.is_ascii_digit());
    dashes && year && part(5..7, 12) && part(8..10, 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_tells_about_itself_above_its_words() {
        let text = "---\r\ntitle: Så gick det: \"bra\"\r\n# mine\r\n\r\ndate: 2026-11-06\r\nlabel: 'kmom01'\r\ntags: a, b\r\n---\r\n\r\nHej.\r\n---\r\n";
        let (matter, body, broken) = split(text);
        assert_eq!(broken, None);
        assert_eq!(matter.title, "Så gick det: \"bra\"");
        assert_eq!(matter.date, "2026-11-06");
        assert_eq!(matter.label, "kmom01");
        assert_eq!(matter.description, "");
        assert_eq!(body, "\r\nHej.\r\n---\r\n");
    }

    #[test]
    fn the_first_fault_is_told_by_its_line_and_the_rest_still_counts() {
        for (text, fault) in [
            ("---\ntitle: A\nlabel kmom01\n---\n", (Fault::Line, 3)),
            ("---\ntitle: A\ndate: 6 nov\nb\n---\n", (Fault::Date, 3)),
            ("---\ntitle: A\ndate: 2026-13-01\n---\n", (Fault::Date, 3)),
            ("---\ntitle: A\ndate: 2026-1-01å\n---\n", (Fault::Date, 3)),
        ] {
            let (matter, _, broken) = split(text);
            assert_eq!(broken, Some(fault), "{text}");
            assert_eq!(matter.title, "A", "{text}");
        }
        let untitled = split("---\ndate: 2026-11-06\n---\nHej.");
        assert_eq!(untitled.2, Some((Fault::NoTitle, 3)));
        assert_eq!(untitled.0.date, "2026-11-06");
        assert_eq!(untitled.1, "Hej.");
    }

    #[test]
    fn without_a_beginning_or_an_end_all_of_it_is_text() {
        for (text, fault) in [
            ("Hej.\n", Fault::None),
            ("---\ntitle: A\nHej.", Fault::Open),
        ] {
            let (matter, body, broken) = split(text);
            assert_eq!((body, broken), (text, Some((fault, 1))));
            assert_eq!(matter.title, "");
        }
        assert_eq!(split("").2, Some((Fault::None, 1)));
    }

    #[test]
    fn the_reports_that_come_with_the_page_are_whole() {
        for text in [
            include_str!("../../content/sv/kmom01.md"),
            include_str!("../../content/sv/kmom04.md"),
            include_str!("../../content/sv/kmom06.md"),
            include_str!("../../content/en/kmom01.md"),
            include_str!("../../content/en/kmom04.md"),
            include_str!("../../content/en/kmom06.md"),
        ] {
            let (matter, _, broken) = split(text);
            assert_eq!(broken, None, "{text}");
            assert!(!matter.description.is_empty(), "{text}");
        }
    }
}
