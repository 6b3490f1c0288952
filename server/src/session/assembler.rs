//! Frames to whole messages: puts fragments together (RFC 6455, section 5.4) within a bound.

use actix_http::ws::Item;
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use shared::CloseCode;

/// Fragments of one message at most. Without it, empty ones could go on for ever.
const FRAGMENTS: usize = 1_024;

/// A whole message.
#[derive(Debug, PartialEq, Eq)]
pub enum Whole {
    /// Text, checked to be UTF-8.
    Text(ByteString),
    /// Anything else.
    Binary(Bytes),
}

/// What has come of a message so far.
#[derive(Debug)]
pub struct Assembler {
    limit: usize,
    parts: BytesMut,
    fragments: usize,
    text: bool,
}

impl Assembler {
    /// Messages of at most `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            parts: BytesMut::new(),
            fragments: 0,
            text: false,
        }
    }

    /// Adds a fragment. That they come in a valid order has been seen to by the frame decoder.
    ///
    /// # Errors
    /// The code to close with.
    pub fn add(&mut self, item: Item) -> Result<Option<Whole>, CloseCode> {
        let (part, last) = match item {
            Item::FirstText(part) => (self.begin(true, part), false),
            Item::FirstBinary(part) => (self.begin(false, part), false),
            Item::Continue(part) => (part, false),
            Item::Last(part) => (part, true),
        };
        self.fragments += 1;
        if self.fragments > FRAGMENTS || self.parts.len() + part.len() > self.limit {
            return Err(CloseCode::TooBig);
        }
        self.parts.extend_from_slice(&part);
        if !last {
            return Ok(None);
        }
        let whole = std::mem::take(&mut self.parts).freeze();
        if self.text {
            text(whole).map(Some)
        } else {
            Ok(Some(Whole::Binary(whole)))
        }
    }

    fn begin(&mut self, text: bool, part: Bytes) -> Bytes {
        self.text = text;
        self.fragments = 0;
        self.parts.clear();
        part
    }
}

fn text(bytes: Bytes) -> Result<Whole, CloseCode> {
    ByteString::try_from(bytes)
        .map(Whole::Text)
        .map_err(|_| CloseCode::InvalidUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(part: &str) -> Bytes {
        Bytes::copy_from_slice(part.as_bytes())
    }

    #[test]
    fn fragments_become_one_message_even_within_a_character() {
        let mut assembler = Assembler::new(100);
        let (a, b) = "Åsa".as_bytes().split_at(1);
        assert_eq!(
            assembler.add(Item::FirstText(Bytes::copy_from_slice(a))),
            Ok(None)
        );
        assert_eq!(assembler.add(Item::Continue(Bytes::new())), Ok(None));
        let whole = assembler.add(Item::Last(Bytes::copy_from_slice(b)));
        assert_eq!(whole, Ok(Some(Whole::Text("Åsa".into()))));
    }

    #[test]
    fn a_message_after_another_begins_anew() {
        let mut assembler = Assembler::new(4);
        for _ in 0..3 {
            assert_eq!(assembler.add(Item::FirstBinary(bytes("ab"))), Ok(None));
            let whole = assembler.add(Item::Last(bytes("cd")));
            assert_eq!(whole, Ok(Some(Whole::Binary(bytes("abcd")))));
        }
    }

    #[test]
    fn the_whole_is_bounded_in_bytes_and_fragments() {
        let mut assembler = Assembler::new(4);
        assert_eq!(assembler.add(Item::FirstText(bytes("abc"))), Ok(None));
        assert_eq!(
            assembler.add(Item::Continue(bytes("de"))),
            Err(CloseCode::TooBig)
        );

        let mut assembler = Assembler::new(4);
        assert_eq!(assembler.add(Item::FirstText(Bytes::new())), Ok(None));
        let end = (0..)
            .map(|_| assembler.add(Item::Continue(Bytes::new())))
            .find(Result::is_err);
        assert_eq!(end, Some(Err(CloseCode::TooBig)));
    }

    #[test]
    fn text_that_is_not_utf8_is_no_text() {
        let mut assembler = Assembler::new(4);
        assert_eq!(
            assembler.add(Item::FirstText(Bytes::from_static(&[0xC3]))),
            Ok(None)
        );
        let end = assembler.add(Item::Last(Bytes::from_static(&[0x28])));
        assert_eq!(end, Err(CloseCode::InvalidUtf8));
    }
}
