//! The colour of an author: always the same, for everyone.

use shared::AuthorId;

/// How many hues there are: 24 steps tell more people apart than 360 that hardly differ.
const HUES: u32 = 24;

/// Degrees between two of them.
const STEP: u32 = 360 / HUES;

/// The hue, in degrees, of an author (FNV-1a). Lightness and chroma are the theme's, so that
/// every hue is readable in light and dark.
pub fn hue(author: &AuthorId) -> u32 {
    let hash = author.as_str().bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    // The low bits of neighbours are alike: mix the high ones in.
    ((hash ^ (hash >> 15)) % HUES) * STEP
}

/// The same as an inline style, which the style sheet makes colours of.
pub fn style(author: &AuthorId) -> String {
    format!("--hue:{}", hue(author))
}

#[cfg(test)]
mod contrast;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hue_is_stable_and_neighbours_differ() {
        let of = |id: &str| hue(&AuthorId::new(id));
        assert_eq!(of("a1"), of("a1"));
        let mut hues: Vec<u32> = (0..100).map(|n| of(&format!("a{n}"))).collect();
        assert!(hues.iter().all(|hue| *hue < 360));
        hues.sort_unstable();
        hues.dedup();
        assert!(hues.len() > 18, "{hues:?}");
    }
}
