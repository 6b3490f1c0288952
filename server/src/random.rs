//! Random names: from the system's generator, spelt so that they may stand anywhere. What they
//! name is their users' business.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// `N` random bytes as base64url (RFC 4648, section 5) without padding: 8 bytes are 11
/// characters, 16 are 22.
pub(crate) fn base64url<const N: usize>() -> String {
    let mut bytes = [0; N];
    fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// 128 random bits.
pub(crate) fn bits() -> u128 {
    let mut bytes = [0; 16];
    fill(&mut bytes);
    u128::from_ne_bytes(bytes)
}

/// # Panics
/// Where the system has no randomness to give, which shows at the first call, at start-up: a name
/// that can be guessed would be worse.
#[expect(
    clippy::expect_used,
    reason = "no input reaches it, and there is nothing safe to fall back on"
)]
fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system has no random bytes to give");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_bytes_are_eleven_url_safe_characters() {
        let name = base64url::<8>();
        assert_eq!(name.len(), 11);
        assert!(
            name.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
            "{name}"
        );
        assert_ne!(name, base64url::<8>());
    }
}
