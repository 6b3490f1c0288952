//! Ids that nobody can guess: a session's, and that of somebody in a namespace.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// 120 random bits: as long as Node's when written, and all of them random.
const BYTES: usize = 15;

/// A new one, of 20 characters that any URL may have. `None` where the system has no random numbers.
pub(crate) fn random() -> Option<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}
