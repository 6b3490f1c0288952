//! Ids for what this visitor writes: ULIDs, which sort by time and collide with nobody's.

use shared::{Fault, MessageId};
use ulid::Ulid;

use super::clock;

/// A new id.
///
/// # Errors
/// Never, as long as a ULID is an id of the protocol.
pub fn fresh() -> Result<MessageId, Fault> {
    MessageId::new(Ulid::from_parts(clock::now(), random()).to_string())
}

fn random() -> u128 {
    let mut bytes = [0; 16];
    let filled = web_sys::window()
        .and_then(|window| window.crypto().ok())
        .is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !filled {
        // An id is no secret: it only has to differ.
        bytes.fill_with(|| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let byte = (js_sys::Math::random() * 256.0) as u8;
            byte
        });
    }
    u128::from_le_bytes(bytes)
}
