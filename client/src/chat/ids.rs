//! Ids: for what this visitor writes ULIDs, which sort by time and collide with nobody's; for the
//! elements of a chat names that no other chat on its page has.

use std::cell::Cell;

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

thread_local! {
    static CHATS: Cell<u32> = const { Cell::new(0) };
}

/// The number of one more chat on this page.
pub fn chat() -> u32 {
    let number = CHATS.get() + 1;
    CHATS.set(number);
    number
}

/// The id of the element called `name` in the chat of that number.
pub fn of(name: &str, chat: u32) -> String {
    [name, &chat.to_string()].join("-")
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
