//! That the placeholders in arguments stand for attachments that there are. Clients put the
//! attachments in their places, and drop the connection where one is missing: so nobody's arguments,
//! passed on to others, may have one too many.

use super::Malformed;

/// Arrays and objects within each other; clients follow them by recursion.
const DEPTH: usize = 128;

const MARK: &str = "_placeholder";
const NUMBER: &str = "num";

/// What is open around a place in the JSON.
enum Open<'a> {
    Array,
    Object(Object<'a>),
}

/// What is known of an object so far. Of equal keys the last one counts.
#[derive(Default)]
struct Object<'a> {
    /// As it is written, until its value has come.
    key: Option<&'a str>,
    marked: bool,
    valid: bool,
}

/// Checks values that are separated by commas and known to be valid JSON, by the rule of Node's
/// decoder: an object whose `_placeholder` is `true` must have a `num` among the attachments'.
pub(super) fn check(items: &str, attachments: usize) -> Result<(), Malformed> {
    let mut open = vec![Open::Array];
    let mut rest = items;
    while let Some((token, behind)) = next(rest) {
        rest = behind;
        match token {
            "{" | "[" => {
                if open.len() > DEPTH {
                    return Err(Malformed::Depth);
                }
                set(open.last_mut(), "", attachments);
                open.push(match token {
                    "[" => Open::Array,
                    _ => Open::Object(Object::default()),
                });
            }
            "}" | "]" => {
                if let Some(Open::Object(object)) = open.pop()
                    && object.marked
                    && !object.valid
                {
                    return Err(Malformed::Placeholder);
                }
            }
            _ => set(open.last_mut(), token, attachments),
        }
    }
    Ok(())
}

/// A key, or a value that is no array or object (those are ""), has come.
fn set<'a>(open: Option<&mut Open<'a>>, token: &'a str, attachments: usize) {
    let Some(Open::Object(object)) = open else {
        return;
    };
    let Some(key) = object.key.take() else {
        object.key = Some(token);
        return;
    };
    if is(key, MARK) {
        object.marked = token == "true";
    } else if is(key, NUMBER) {
        // JavaScript knows `0`, `0.0` and `0e5` as the same.
        let number = token.parse().unwrap_or(f64::NAN);
        object.valid = number.fract() == 0.0 && number >= 0.0 && number < attachments as f64;
    }
}

/// Whether a JSON string is this text, escapes and all.
fn is(json: &str, text: &str) -> bool {
    match json.strip_prefix('"').and_then(|j| j.strip_suffix('"')) {
        Some(plain) if !plain.contains('\\') => plain == text,
        _ => serde_json::from_str::<String>(json).is_ok_and(|key| key == text),
    }
}

/// The next bracket, string, number or word, and what is behind it.
fn next(json: &str) -> Option<(&str, &str)> {
    let json = json.trim_start_matches([' ', '\t', '\n', '\r', ',', ':']);
    let len = match json.as_bytes().first()? {
        b'{' | b'}' | b'[' | b']' => 1,
        b'"' => string_len(json),
        _ => json
            .find([' ', '\t', '\n', '\r', ',', ']', '}'])
            .unwrap_or(json.len()),
    };
    json.split_at_checked(len)
}

/// Bytes of a string, its quotes included.
fn string_len(json: &str) -> usize {
    let mut escaped = false;
    let inside = json.bytes().skip(1).position(|byte| {
        let end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        end
    });
    inside.map_or(json.len(), |inside| inside + 2)
}
