//! What the name of a built file tells: whether it may be kept for ever, and which others are the
//! same file compressed. `scripts/dist/compress.mjs` makes those, deploy/ has the same rules.

use actix_web::http::header::{ContentEncoding, Encoding};

/// What compressed files add to the name, the smallest first.
pub(super) const SIBLINGS: [(&str, ContentEncoding); 2] = [
    (".br", ContentEncoding::Brotli),
    (".gz", ContentEncoding::Gzip),
];

/// What compressed files of a name add to it, for an encoding that was agreed on.
pub(super) fn suffix(agreed: &Encoding) -> Option<(&'static str, ContentEncoding)> {
    SIBLINGS
        .into_iter()
        .find(|(_, encoding)| *agreed == Encoding::Known(*encoding))
}

/// Trunk names files `name-0123456789abcdef.ext`, sometimes with more behind the hash; leading
/// zeros of the 64 bits are left out. Digits alone may be somebody's date, and what an owner puts
/// into `content/` is the owner's to change, whatever it is called.
pub(super) fn has_hash(path: &str) -> bool {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let name = path.rsplit('/').next().unwrap_or_default();
    !path.starts_with("/content/")
        && name.split('-').skip(1).any(|rest| {
            let part = rest.split(['.', '_']).next().unwrap_or_default();
            (12..=16).contains(&part.len())
                && part.bytes().all(hex)
                && part.bytes().any(|b| b.is_ascii_lowercase())
        })
}

/// Whether it is a compressed file, which has no address of its own.
pub(super) fn is_sibling(path: &str) -> bool {
    has_hash(path) && SIBLINGS.iter().any(|(suffix, _)| path.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashed_names_are_known() {
        assert!(has_hash("/realtid-client-0123456789abcdef_bg.wasm"));
        assert!(has_hash("/app-0ff00ff00ff00ff.css"));
        assert!(!has_hash("/photo-20240101120000.jpg"));
        assert!(!has_hash("/index.html"));
        assert!(!has_hash("/content/sv/me.md"));
        assert!(!has_hash("/content/a-long-picture-name.svg"));
    }

    #[test]
    fn what_an_owner_edits_is_never_kept() {
        assert!(!has_hash("/content/photo-0123456789abcdef.jpg"));
        assert!(!has_hash("/set-0123456789abcdef/photo.jpg"));
    }

    #[test]
    fn only_what_is_built_has_siblings() {
        assert!(is_sibling("/app-0123456789abcdef.css.br"));
        assert!(is_sibling("/app-0123456789abcdef_bg.wasm.gz"));
        assert!(!is_sibling("/app-0123456789abcdef.css"));
        assert!(!is_sibling("/content/thesis.tar.gz"));
    }
}
