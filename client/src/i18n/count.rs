//! How many: numbers and the words beside them, by the browser's own rules (`Intl`, ECMA-402).

use super::Lang;

/// `n` as people write it: "14", "12 345" or "12,345".
pub fn number(lang: Lang, n: u64) -> String {
    // What has no groups is the same in all our languages, and is what nearly every count is.
    if n < 1_000 {
        n.to_string()
    } else {
        grouped(lang, n)
    }
}

/// The word for one or the word for others, whichever goes with `n` (CLDR's plural categories: both
/// languages have just these two).
pub fn plural<'a>(lang: Lang, n: u64, one: &'a str, other: &'a str) -> &'a str {
    if is_one(lang, n) { one } else { other }
}

#[cfg(target_arch = "wasm32")]
#[allow(clippy::cast_precision_loss, reason = "exact below 2^53")]
fn grouped(lang: Lang, n: u64) -> String {
    js_sys::Number::from(n as f64)
        .to_locale_string(lang.tag())
        .into()
}

#[cfg(target_arch = "wasm32")]
#[allow(clippy::cast_precision_loss, reason = "exact below 2^53")]
fn is_one(lang: Lang, n: u64) -> bool {
    use js_sys::{Array, Intl::PluralRules, Object};
    let locales = Array::of1(&lang.tag().into());
    let rules = PluralRules::new(&locales, &Object::new());
    rules.select(n as f64) == "one"
}

// Where tests run there is no browser.
#[cfg(not(target_arch = "wasm32"))]
fn grouped(_: Lang, n: u64) -> String {
    n.to_string()
}

#[cfg(not(target_arch = "wasm32"))]
fn is_one(_: Lang, n: u64) -> bool {
    n == 1
}
