//! The text of a message.

use serde::{Deserialize, Serialize};

use crate::limits::{TEXT_BYTES, TEXT_CHARS};
use crate::refusal::{Fault, RefusalCode};

/// What was said: plain text, 1-4,000 Unicode scalar values and at most 16 KiB, in which `\n`
/// and `\t` are the only control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageText(String);

impl MessageText {
    /// Turns CRLF into LF, then checks.
    ///
    /// # Errors
    /// `empty_text` for nothing but white space, `text_too_long`, and `invalid_text` for control
    /// characters.
    pub fn new(text: impl Into<String>) -> Result<Self, Fault> {
        let mut text = text.into();
        if text.contains("\r\n") {
            text = text.replace("\r\n", "\n");
        }
        if text.trim().is_empty() {
            return Err(Fault::new(
                RefusalCode::EmptyText,
                "a message has some text",
            ));
        }
        let chars = text.chars().count();
        if chars > TEXT_CHARS || text.len() > TEXT_BYTES {
            return Err(Fault::new(
                RefusalCode::TextTooLong,
                format!(
                    "a text has at most {TEXT_CHARS} characters and {TEXT_BYTES} bytes; this one has {chars} and {}",
                    text.len()
                ),
            ));
        }
        if text
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t')
        {
            return Err(Fault::new(
                RefusalCode::InvalidText,
                "a text has no control characters but line breaks and tabs",
            ));
        }
        Ok(Self(text))
    }

    /// The text as stored and shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As the other side sent it, whose business the rules are.
    pub(crate) fn taken_over(text: String) -> Self {
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_become_lf() {
        assert_eq!(
            MessageText::new("a\r\nb\tc\n").unwrap().as_str(),
            "a\nb\tc\n"
        );
    }

    #[test]
    fn the_bounds_hold_in_characters_and_in_bytes() {
        assert!(MessageText::new("x".repeat(4_000)).is_ok());
        assert!(MessageText::new("😀".repeat(4_000)).is_ok(), "16,000 bytes");
        assert_eq!(
            MessageText::new("x".repeat(4_001)).unwrap_err().code,
            RefusalCode::TextTooLong
        );
    }

    #[test]
    fn empty_and_control_characters_are_refused() {
        for text in ["", " \n\t ", "\r\n"] {
            assert_eq!(
                MessageText::new(text).unwrap_err().code,
                RefusalCode::EmptyText,
                "{text:?}"
            );
        }
        for text in ["a\rb", "a\u{0}", "\u{1b}[31m", "a\u{85}b"] {
            assert_eq!(
                MessageText::new(text).unwrap_err().code,
                RefusalCode::InvalidText,
                "{text:?}"
            );
        }
    }
}
