//! Marks and links within lines. Reads in time that grows with the text's length alone, whatever
//! is written: each search that fails is not made again.

use super::Piece;

/// Marks within marks, at most.
const DEPTH: usize = 4;

const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// Reads text that has no blocks.
pub fn inline(text: &str, pieces: &mut Vec<Piece>) {
    Reader::read(text, 0, pieces);
}

struct Reader<'a> {
    text: &'a str,
    depth: usize,
    /// Before these places no mark has a partner, and no address of a `[label](address)` an end.
    no_code: usize,
    no_bold: usize,
    no_star: usize,
    no_line: usize,
    no_address: usize,
}

impl<'a> Reader<'a> {
    fn read(text: &'a str, depth: usize, pieces: &mut Vec<Piece>) {
        let mut reader = Self {
            text,
            depth,
            no_code: 0,
            no_bold: 0,
            no_star: 0,
            no_line: 0,
            no_address: 0,
        };
        let (mut at, mut plain) = (0, 0);
        // Only what stands at the start of a word opens anything: `snake_case` and `2*3*4` stay.
        let mut before: Option<char> = None;
        while let Some(c) = reader.rest(at).chars().next() {
            let opens = before.is_none_or(|c| !c.is_alphanumeric());
            let Some((piece, end)) = reader.span(at, c, opens) else {
                before = Some(c);
                at += c.len_utf8();
                continue;
            };
            push_text(text.get(plain..at), pieces);
            pieces.push(piece);
            before = text.get(..end).and_then(|taken| taken.chars().next_back());
            (at, plain) = (end, end);
        }
        push_text(text.get(plain..), pieces);
    }

    fn rest(&self, at: usize) -> &'a str {
        self.text.get(at..).unwrap_or_default()
    }

    /// The piece that begins at `at` with `c`, and where it ends.
    fn span(&mut self, at: usize, c: char, opens: bool) -> Option<(Piece, usize)> {
        let rest = self.rest(at);
        match c {
            '`' if !rest.starts_with("``") => {
                let (body, end) = between(self.text, at, "`", &mut self.no_code)?;
                Some((Piece::Code(body.to_owned()), end))
            }
            '[' => self.labelled(at),
            '*' if opens && rest.starts_with("**") => {
                let (body, end) = between(self.text, at, "**", &mut self.no_bold)?;
                Some((Piece::Bold(self.nested(body)), end))
            }
            '*' if opens => {
                let (body, end) = between(self.text, at, "*", &mut self.no_star)?;
                Some((Piece::Italic(self.nested(body)), end))
            }
            '_' if opens => {
                let (body, end) = between(self.text, at, "_", &mut self.no_line)?;
                Some((Piece::Italic(self.nested(body)), end))
            }
            'h' | 'm' if opens => {
                let (piece, len) = bare(rest)?;
                Some((piece, at + len))
            }
            _ => None,
        }
    }

    fn nested(&self, body: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if self.depth < DEPTH {
            Reader::read(body, self.depth + 1, &mut pieces);
        } else {
            push_text(Some(body), &mut pieces);
        }
        pieces
    }

    /// `[label](address)`.
    fn labelled(&mut self, at: usize) -> Option<(Piece, usize)> {
        let rest = self.rest(at + 1);
        let (label, after) = rest.split_at_checked(rest.find(['[', ']', '\n'])?)?;
        let address = after.strip_prefix("](")?;
        let begin = self.text.len() - address.len();
        if label.is_empty() || begin < self.no_address || !begins_safe(address) {
            return None;
        }
        let end = address.find(|c: char| c == ')' || c.is_whitespace());
        let end = end.unwrap_or(address.len());
        let (href, after) = address.split_at_checked(end)?;
        if !after.starts_with(')') {
            self.no_address = begin + end;
            return None;
        }
        is_safe(href).then(|| (link(href, label), begin + end + 1))
    }
}

fn push_text(text: Option<&str>, pieces: &mut Vec<Piece>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

fn link(href: &str, label: &str) -> Piece {
    Piece::Link {
        href: href.to_owned(),
        label: label.to_owned(),
    }
}

/// What stands between the `mark` at `at` and the next one on its line that can close it, and where
/// that ends. Where none can close this one, none can close a later one either: `none_before`.
fn between<'a>(
    text: &'a str,
    at: usize,
    mark: &str,
    none_before: &mut usize,
) -> Option<(&'a str, usize)> {
    let from = at + mark.len();
    let body = text.get(from..)?;
    if at < *none_before || body.starts_with(char::is_whitespace) {
        return None;
    }
    let mut before = None;
    for (len, c) in body.char_indices() {
        if c == '\n' {
            *none_before = from + len;
            return None;
        }
        if before.is_some_and(|c: char| !c.is_whitespace()) {
            let after = body.get(len..).and_then(|rest| rest.strip_prefix(mark));
            let ends_word =
                |after: &str| mark == "`" || !after.starts_with(|c: char| c.is_alphanumeric());
            if after.is_some_and(ends_word) {
                return Some((body.get(..len)?, from + len + mark.len()));
            }
        }
        before = Some(c);
    }
    *none_before = text.len();
    None
}

/// An address that stands in the text as it is, and its length.
fn bare(text: &str) -> Option<(Piece, usize)> {
    if !begins_safe(text) {
        return None;
    }
    let end = text.find(|c: char| c.is_whitespace() || "<>\"`".contains(c));
    let mut address = text.get(..end.unwrap_or(text.len()))?;
    let count = |of: [char; 2]| {
        let has = |c| address.chars().filter(|own| *own == c).count();
        (has(of[0]), has(of[1]))
    };
    let mut round = count(['(', ')']);
    let mut square = count(['[', ']']);
    let mut curly = count(['{', '}']);
    // Punctuation at the end belongs to the sentence, a bracket to whoever opened it.
    while let Some(last) = address.chars().next_back() {
        let brackets = match last {
            ')' => Some(&mut round),
            ']' => Some(&mut square),
            '}' => Some(&mut curly),
            _ => None,
        };
        match brackets {
            Some((opened, closed)) if *opened >= *closed => break,
            Some((_, closed)) => *closed -= 1,
            None if !".,;:!?'*_…".contains(last) => break,
            None => {}
        }
        address = address.get(..address.len() - last.len_utf8())?;
    }
    let label = address
        .trim_start_matches("https://")
        .trim_start_matches("mailto:");
    is_safe(address).then(|| (link(address, label), address.len()))
}

/// Whether an address may be followed: `http(s)` and `mailto` only, and something after it.
pub fn is_safe(href: &str) -> bool {
    begins_safe(href) && !href.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn begins_safe(href: &str) -> bool {
    let rest = SCHEMES.iter().find_map(|scheme| href.strip_prefix(scheme));
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['))
}
