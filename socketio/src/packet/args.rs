//! Arguments: JSON values as they were written, and attachments.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use bytestring::ByteString;
use serde::de::{DeserializeOwned, Error as _, SeqAccess, Visitor};
use serde::{Deserializer as _, Serialize};
use serde_json::value::RawValue;

use super::{Malformed, placeholders};

/// The arguments of an event or acknowledgement: a JSON array as it was written, and the binary
/// attachments that its placeholders (`{"_placeholder":true,"num":0}`) stand for. Cloning copies no
/// bytes of either. A client's JSON is a slice of the request or frame it came in, and keeps all of
/// that: copy what is to be kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Args {
    /// The array, without its brackets and what space is next to them.
    items: ByteString,
    /// Where in it each one is. `u32`: a million of them take no more than a few times their text.
    places: Vec<Range<u32>>,
    attachments: Vec<Bytes>,
}

impl Args {
    /// From values, without attachments. A tuple or `Vec` of them, an array at the JSON level. `()` is
    /// none; anything else is the only one. What cannot be JSON (a map with keys that are no text) is
    /// none as well.
    pub fn new<T: Serialize>(values: &T) -> Self {
        let json = match serde_json::to_string(values) {
            Ok(json) if json.starts_with('[') => json,
            Ok(json) if json == "null" => return Self::default(),
            Ok(json) => format!("[{json}]"),
            Err(error) => {
                tracing::warn!(%error, "arguments that cannot be written as JSON");
                return Self::default();
            }
        };
        Self::parse(&json.into()).unwrap_or_default()
    }

    /// From a JSON array with placeholders, and what they stand for. Without attachments it is any
    /// JSON array.
    ///
    /// # Errors
    /// Where it is no JSON array, or a placeholder stands for nothing.
    pub fn with_attachments(
        json: impl Into<ByteString>,
        attachments: Vec<Bytes>,
    ) -> Result<Self, Malformed> {
        let mut args = Self::parse(&json.into())?;
        args.check_placeholders(attachments.len())?;
        args.attachments = attachments;
        Ok(args)
    }

    /// Reads a JSON array; what it holds is a slice of `json`.
    pub(super) fn parse(json: &ByteString) -> Result<Self, Malformed> {
        let places = places(json)?;
        let mut args = Self {
            items: json.clone(),
            places,
            attachments: Vec::new(),
        };
        args.keep_from(0);
        Ok(args)
    }

    /// Takes out the first argument, an event's name.
    pub(super) fn take_first(&mut self) -> Option<ByteString> {
        let first = self.items.slice_ref(self.json(0)?);
        self.keep_from(1);
        Some(first)
    }

    /// Forgets the arguments before that at `at`, and what stands around the others.
    fn keep_from(&mut self, at: usize) {
        self.places.drain(..at.min(self.places.len()));
        let (Some(first), Some(last)) = (self.places.first(), self.places.last()) else {
            self.items = ByteString::new();
            return;
        };
        let start = first.start;
        let text = self.items.get(start as usize..last.end as usize);
        self.items = self.items.slice_ref(text.unwrap_or_default());
        for place in &mut self.places {
            *place = place.start - start..place.end - start;
        }
    }

    /// That each placeholder stands for one of so many attachments.
    pub(super) fn check_placeholders(&self, attachments: usize) -> Result<(), Malformed> {
        match attachments {
            // They are values like any others then: a packet without attachments is not searched.
            0 => Ok(()),
            _ => placeholders::check(&self.items, attachments),
        }
    }

    /// With what the placeholders, which have been checked, stand for.
    pub(super) fn attach(&mut self, attachments: Vec<Bytes>) {
        self.attachments = attachments;
    }

    /// The array without its brackets.
    pub(super) fn items(&self) -> &str {
        &self.items
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The argument at a place, as JSON.
    #[must_use]
    pub fn json(&self, at: usize) -> Option<&str> {
        let place = self.places.get(at)?;
        self.items.get(place.start as usize..place.end as usize)
    }

    /// All of them, as a JSON array.
    #[must_use]
    pub fn json_array(&self) -> String {
        format!("[{}]", self.items)
    }

    /// The argument at a place, read.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, at: usize) -> Option<T> {
        serde_json::from_str(self.json(at)?).ok()
    }

    /// The attachments.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }
}

/// Where the values of an array are. Does not recurse, however deeply they are nested.
fn places(json: &str) -> Result<Vec<Range<u32>>, Malformed> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let places = reader.deserialize_seq(Places(json));
    places
        .and_then(|places| reader.end().map(|()| places))
        .map_err(|_| Malformed::Payload)
}

struct Places<'a>(&'a str);

impl<'de> Visitor<'de> for Places<'_> {
    type Value = Vec<Range<u32>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let origin = self.0.as_ptr() as usize;
        let mut places = Vec::new();
        while let Some(value) = seq.next_element::<&'de RawValue>()? {
            let value = value.get();
            let start = value.as_ptr() as usize - origin;
            let place = u32::try_from(start).ok();
            let end = u32::try_from(start + value.len()).ok();
            match (place, end) {
                (Some(start), Some(end)) => places.push(start..end),
                _ => return Err(A::Error::custom("too long")),
            }
        }
        Ok(places)
    }
}
