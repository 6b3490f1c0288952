//! What the browser keeps for this page. A browser that keeps nothing (blocked, full, private)
//! is not an error: everything works, it is only forgotten.

use serde::Serialize;
use serde_json::Value;
use web_sys::Storage;

/// How long something is kept.
#[derive(Debug, Clone, Copy)]
pub enum Kept {
    /// Until it is removed.
    Always,
    /// As long as this tab lives, reloads included.
    ForTab,
}

fn storage(kept: Kept) -> Option<Storage> {
    let window = web_sys::window()?;
    match kept {
        Kept::Always => window.local_storage().ok()?,
        Kept::ForTab => window.session_storage().ok()?,
    }
}

pub fn get(kept: Kept, key: &str) -> Option<Value> {
    let json = storage(kept)?.get_item(key).ok()??;
    serde_json::from_str(&json).ok()
}

/// The same, where it is a text.
pub fn text(kept: Kept, key: &str) -> Option<String> {
    match get(kept, key)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Keeps `value`; false where the browser does not.
pub fn set<T: Serialize>(kept: Kept, key: &str, value: &T) -> bool {
    match (storage(kept), serde_json::to_string(value)) {
        (Some(storage), Ok(json)) => storage.set_item(key, &json).is_ok(),
        _ => false,
    }
}

pub fn remove(kept: Kept, key: &str) {
    if let Some(storage) = storage(kept) {
        let _ = storage.remove_item(key);
    }
}
