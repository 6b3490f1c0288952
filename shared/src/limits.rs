//! The bounds of the protocol, each with its unit and its reason.

/// Unicode scalar values in one message's text: some two printed pages.
pub const TEXT_CHARS: usize = 4_000;

/// UTF-8 bytes in one message's text: 4,000 characters of any script.
pub const TEXT_BYTES: usize = 16 * 1024;

/// Grapheme clusters (UAX 29) in a nick: fits one line on a phone. Counted by the server alone.
pub const NICK_GRAPHEMES: usize = 32;

/// UTF-8 bytes in a nick: 32 characters of any script.
pub const NICK_BYTES: usize = 128;

/// Characters in a room's name, which also stands in addresses.
pub const ROOM_CHARS: usize = 32;

/// Characters in a message id: room for a ULID (26) or a UUID (36).
pub const MESSAGE_ID_CHARS: std::ops::RangeInclusive<usize> = 20..=40;

/// Bytes of one message on the wire, from client to server. A text of [`TEXT_BYTES`] in which
/// JSON escapes every character still fits.
pub const WIRE_BYTES: usize = 64 * 1024;

/// Entries in one page at most.
pub const PAGE_ENTRIES: u16 = 100;

/// Entries in a `welcome`, and in a page that names no limit.
pub const WELCOME_ENTRIES: u16 = 50;

/// Bytes of the entries in one page or `welcome`, as JSON: a quarter of what a slow reader may
/// have queued, so that coming back never trips over that bound.
pub const PAGE_BYTES: usize = 256 * 1024;

/// Members listed in a `welcome`; `online` counts them all.
pub const WELCOME_MEMBERS: usize = 200;

/// Names in each list of one `presence`; `online` counts them all.
pub const PRESENCE_NAMES: usize = 50;

/// Nicks in one `typing`.
pub const TYPING_NICKS: usize = 5;

/// Members above which a room sends no `typing`.
pub const TYPING_MEMBERS: usize = 100;
