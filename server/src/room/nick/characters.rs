//! What a nick may consist of, and the form in which it is shown: RFC 8266 (PRECIS Nickname), with
//! some rules of UTS 39 against what cannot be seen.
//!
//! **Versions of Unicode.** The tables of PRECIS at IANA, and so those of `precis-core`, stand at
//! Unicode 6.3 of 2013, by which most emoji of a phone are not characters at all. RFC 8264, section
//! 8, derives the tables from a character's properties and is meant for every version, so
//! [`Freeform`] asks `icu_properties` (Unicode 18) for what came later. Nothing that 6.3 decides is
//! decided otherwise.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use precis_profiles::Nickname;
use precis_profiles::precis_core::profile::{Rules as _, stabilize};
use precis_profiles::precis_core::{
    CodepointInfo, DerivedPropertyValue, Error, FreeformClass, StringClass,
};
use shared::{Fault, RefusalCode};
use unicode_normalization::UnicodeNormalization as _;

/// Nonspacing marks on one letter (UTS 39, section 5.4: no more than 4). The scripts in use today do
/// with fewer, once composed or not; stacks of them run over the lines above and below.
const MARKS: usize = 4;

/// Assigned and not ignorable, and yet there is nothing to see: the object replacement character,
/// the empty braille pattern, the musical null note head, and two hieroglyphic blanks.
const BLANK: [char; 5] = [
    '\u{FFFC}',
    '\u{2800}',
    '\u{1D159}',
    '\u{13441}',
    '\u{13442}',
];

/// The nick as shown: RFC 8266, section 2.3 (Enforcement), and checked for what may stand in it.
///
/// The characters are checked once, in the form that comes out: so a nick and its canonically
/// equivalent spellings (NFC, NFD) fare alike, and nothing that the mapping brings forth goes
/// unchecked.
///
/// # Errors
/// `invalid_nick`.
pub fn enforce(nick: &str) -> Result<String, Fault> {
    let rules = Nickname::new();
    let text: String = nick.chars().filter(|c| !is_presentation(*c)).collect();
    let shown = stabilize(text, |text| {
        rules.normalization_rule(rules.additional_mapping_rule(text)?)
    })
    .map_err(|_| invalid("a nick has a form in NFKC"))?;
    if shown.is_empty() {
        return Err(invalid(
            "a nick has at least one character that can be seen",
        ));
    }
    if let Some(c) = shown.chars().find(|c| is_invisible(*c)) {
        return Err(invisible(c));
    }
    Freeform.allows(&shown).map_err(disallowed)?;
    check_marks(&shown)?;
    Ok(shown.into_owned())
}

/// `invalid_nick`, with the rule that was broken.
pub fn invalid(why: impl Into<String>) -> Fault {
    Fault::new(RefusalCode::InvalidNick, why)
}

/// Asks for text or for colour. Phones put U+FE0F behind many emoji of their own accord, so the two
/// are dropped, and not refused like other invisible characters.
fn is_presentation(c: char) -> bool {
    matches!(c, '\u{FE0E}' | '\u{FE0F}')
}

fn is_invisible(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) || BLANK.contains(&c)
}

fn invisible(c: char) -> Fault {
    let c = match c {
        '\u{200D}' => "U+200D, which joins emoji into one; take a single emoji".to_owned(),
        c => code_point(c),
    };
    invalid(format!("a nick has no invisible characters: {c}"))
}

/// `PRECIS FreeformClass` (RFC 8264, section 4.3), for the characters of today.
struct Freeform;

impl StringClass for Freeform {
    fn get_value_from_char(&self, c: char) -> DerivedPropertyValue {
        match FreeformClass::default().get_value_from_char(c) {
            DerivedPropertyValue::Unassigned => value_since(c),
            value => value,
        }
    }

    fn get_value_from_codepoint(&self, code: u32) -> DerivedPropertyValue {
        char::from_u32(code).map_or(DerivedPropertyValue::Disallowed, |c| {
            self.get_value_from_char(c)
        })
    }
}

/// RFC 8264, section 8, for what 6.3 did not know. Among those are no exceptions, no join controls
/// and no old jamo, and ignorable ones have been refused: their category alone decides.
fn value_since(c: char) -> DerivedPropertyValue {
    use GeneralCategory as Category;
    match category(c) {
        Category::Unassigned => DerivedPropertyValue::Unassigned,
        Category::Control
        | Category::Format
        | Category::PrivateUse
        | Category::Surrogate
        | Category::LineSeparator
        | Category::ParagraphSeparator => DerivedPropertyValue::Disallowed,
        _ => DerivedPropertyValue::SpecClassPval,
    }
}

fn disallowed(error: Error) -> Fault {
    let Error::BadCodepoint(CodepointInfo { cp, property, .. }) = error else {
        // A character at the beginning or the end whose rule asks for what stands beside it.
        return invalid("a nick has '·' and the like only within the words that need them");
    };
    let Some(c) = char::from_u32(cp) else {
        return invalid("a nick consists of characters");
    };
    let code = code_point(c);
    invalid(match (property, category(c)) {
        (DerivedPropertyValue::ContextJ | DerivedPropertyValue::ContextO, _) => {
            format!("a nick has '{c}' ({code}) only within the words that need it (RFC 8264)")
        }
        (_, GeneralCategory::Unassigned) => {
            format!("a nick has no code points that are no characters: {code}")
        }
        (_, GeneralCategory::PrivateUse) => {
            format!("a nick has no characters for private use: {code}")
        }
        (_, GeneralCategory::Control | GeneralCategory::Format) => {
            format!("a nick has no control characters: {code}")
        }
        _ => format!("a nick has no '{c}' ({code}): RFC 8264 leaves it out"),
    })
}

/// Combining marks have a letter to stand on, and are few and different (UTS 39, section 5.4).
fn check_marks(shown: &str) -> Result<(), Fault> {
    let mut before = ' ';
    let mut nonspacing = 0;
    // Taken apart, so that it does not matter which letters exist with their accents.
    for c in shown.nfd() {
        let is_nonspacing = match category(c) {
            GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark => true,
            GeneralCategory::SpacingMark => false,
            _ => {
                (before, nonspacing) = (c, 0);
                continue;
            }
        };
        nonspacing += usize::from(is_nonspacing);
        let code = code_point(c);
        if before == ' ' {
            let why = format!("a nick has combining marks only behind a letter: {code}");
            return Err(invalid(why));
        }
        if is_nonspacing && before == c {
            let why = format!("a nick has no combining mark twice in a row: {code}");
            return Err(invalid(why));
        }
        if nonspacing > MARKS {
            let why = format!("a nick has at most {MARKS} combining marks on one letter");
            return Err(invalid(why));
        }
        before = c;
    }
    Ok(())
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}
