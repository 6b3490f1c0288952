//! The reader's clock and calendar: times of entries in their time zone and language (`Intl`).

use std::cell::RefCell;

use js_sys::Intl::{
    DateTimeFormat, DateTimeFormatOptions, DayFormat, MonthFormat, NumericFormat, WeekdayFormat,
    YearFormat,
};
use js_sys::{Array, Date, Function};
use wasm_bindgen::JsValue;

use crate::i18n::Lang;

/// Milliseconds since the Unix epoch.
pub fn now() -> u64 {
    // Whole milliseconds, far below 2^53.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let now = Date::now() as u64;
    now
}

fn date(at: u64) -> Date {
    #[allow(clippy::cast_precision_loss, reason = "exact below 2^53")]
    Date::new(&JsValue::from_f64(at as f64))
}

/// The day of a time in the reader's time zone, as a number that grows with the days.
pub fn day(at: u64) -> i32 {
    let date = date(at);
    let part = |n: u32| i32::try_from(n).unwrap_or_default();
    part(date.get_full_year()) * 512 + part(date.get_month()) * 32 + part(date.get_date())
}

/// "09:14"
pub fn time(lang: Lang, at: u64) -> String {
    format(lang, Form::Time, at)
}

/// "lördag 21 november", with the year where it is another one.
pub fn day_name(lang: Lang, at: u64) -> String {
    let this_year = date(now()).get_full_year() == date(at).get_full_year();
    let form = if this_year {
        Form::Day
    } else {
        Form::DayOfYear
    };
    format(lang, form, at)
}

/// "lördag 21 november 2026 kl. 09:14"
pub fn full(lang: Lang, at: u64) -> String {
    format(lang, Form::Full, at)
}

/// For `datetime`, in UTC (HTML, section 4.5.14).
pub fn iso(at: u64) -> String {
    String::from(date(at).to_iso_string())
}

/// "6 nov. 2026", for a date written as `2026-11-06`; as it is if it is none.
pub fn written_date(lang: Lang, text: &str) -> String {
    // Noon, so that no time zone makes it the day before.
    let date = Date::new(&JsValue::from_str(&format!("{text}T12:00:00")));
    let at = date.get_time();
    if at.is_nan() || at < 0.0 {
        return text.to_owned();
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    format(lang, Form::Date, at as u64)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Time,
    Day,
    DayOfYear,
    Full,
    Date,
}

impl Form {
    fn options(self) -> DateTimeFormatOptions {
        let options = DateTimeFormatOptions::new();
        if matches!(self, Self::Time | Self::Full) {
            options.set_hour(NumericFormat::TwoDigit);
            options.set_minute(NumericFormat::TwoDigit);
        }
        if matches!(self, Self::Day | Self::DayOfYear | Self::Full) {
            options.set_weekday(WeekdayFormat::Long);
            options.set_day(DayFormat::Numeric);
            options.set_month(MonthFormat::Long);
        }
        if matches!(self, Self::DayOfYear | Self::Full | Self::Date) {
            options.set_year(YearFormat::Numeric);
        }
        if self == Self::Date {
            options.set_day(DayFormat::Numeric);
            options.set_month(MonthFormat::Short);
        }
        options
    }
}

thread_local! {
    /// Making a formatter costs far more than using one.
    static FORMATTERS: RefCell<Vec<((Lang, Form), Function)>> = const { RefCell::new(Vec::new()) };
}

fn format(lang: Lang, form: Form, at: u64) -> String {
    FORMATTERS.with_borrow_mut(|formatters| {
        let known = formatters.iter().position(|(key, _)| *key == (lang, form));
        let index = known.unwrap_or_else(|| {
            let locales = Array::of1(&JsValue::from_str(&locale(lang)));
            let format = DateTimeFormat::new(&locales, &form.options()).format();
            formatters.push(((lang, form), format));
            formatters.len() - 1
        });
        formatters
            .get(index)
            .and_then(|(_, format)| format.call1(&JsValue::UNDEFINED, &date(at)).ok())
            .and_then(|text| text.as_string())
            .unwrap_or_default()
    })
}

/// The reader's own kind of the language, where the browser tells: `en-US` writes other dates
/// than `en-GB`.
fn locale(lang: Lang) -> String {
    web_sys::window()
        .and_then(|window| window.navigator().language())
        .filter(|tag| tag.split('-').next() == Some(lang.tag()))
        .unwrap_or_else(|| match lang {
            Lang::Sv => "sv-SE".to_owned(),
            Lang::En => "en-GB".to_owned(),
        })
}
