//! What nicks are compared by: the two keys of a nick as it is shown.

use icu_casemap::CaseMapper;
use icu_properties::CodePointSetData;
use icu_properties::props::SoftDotted;
use precis_profiles::Nickname;
use precis_profiles::precis_core::profile::{Rules as _, stabilize};
use shared::Fault;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::characters::invalid;

const DOT_ABOVE: char = '\u{307}';

/// The form that RFC 8266, section 2.4 (Comparison), compares: the same for nicks that differ in
/// case, white space, width and the like.
///
/// The standard library's `to_lowercase` is the toLowercase that the RFC asks for. The crate's own
/// rule goes letter by letter, so that ΟΔΟΣ would not be οδος.
///
/// # Errors
/// `invalid_nick` where no form is final, for which no nick is known.
pub fn comparison(shown: &str) -> Result<String, Fault> {
    let rules = Nickname::new();
    let key = stabilize(shown, |text| {
        let text = rules.additional_mapping_rule(text)?;
        rules.normalization_rule(text.to_lowercase())
    });
    key.map(String::from)
        .map_err(|_| invalid("a nick has a form in small letters"))
}

/// The same for nicks that look alike: the skeleton of UTS 39, section 4, with Unicode's full case
/// folding after it. In this order, since letters look alike as they are written: `I` like `l`, but
/// not `i`.
///
/// It holds for whole nicks: what looks like another in full, in one script or in several, has the
/// same skeleton. It is not a form to show anyone.
pub fn skeleton(shown: &str) -> String {
    let plain = without_hidden_dots(shown);
    let skeleton: String = unicode_security::skeleton(&plain).collect();
    CaseMapper::new().fold_string(&skeleton).nfd().collect()
}

/// The skeletons of a nick and of the usual ways to write it: `АDMlN` looks like `ADMIN`, not like
/// `admin`, which has another skeleton.
pub fn looks(shown: &str) -> [String; 4] {
    let lower = shown.to_lowercase();
    let mut title = String::new();
    let mut letters = lower.chars();
    title.extend(letters.next().into_iter().flat_map(char::to_uppercase));
    title.extend(letters);
    [shown, &lower, &shown.to_uppercase(), &title].map(skeleton)
}

/// A dot above `i` and the like cannot be seen (UTS 39, section 5.4), and the tables of look-alikes do
/// not tell so.
fn without_hidden_dots(shown: &str) -> String {
    let soft_dotted = CodePointSetData::new::<SoftDotted>();
    let mut hidden = false;
    shown
        .nfd()
        .filter(|&c| {
            if !is_combining_mark(c) {
                hidden = soft_dotted.contains(c);
            }
            !(hidden && c == DOT_ABOVE)
        })
        .collect()
}
