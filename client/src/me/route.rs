//! The addresses of the pages, relative to the folder that the site lies in (`<base href>`).
//! Each ends in a slash: it is a folder with a page in it, which any static host serves as it is.

/// A page.
#[derive(Clone, PartialEq)]
pub enum Route {
    About,
    Reports,
    Report(String),
    Chat,
    Room(String),
    NotFound,
}

impl Route {
    /// The page at an address, with or without the slash at its end.
    pub fn parse(path: &str) -> Self {
        let path = path.strip_suffix("index.html").unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut parts = path.split('/');
        let (first, name, more) = (parts.next(), parts.next(), parts.next());
        let decoded = name.and_then(decode).filter(|name| !name.is_empty());
        match (first.unwrap_or_default(), name, decoded, more) {
            ("", None, ..) => Self::About,
            ("reports", None, ..) => Self::Reports,
            ("chat", None, ..) => Self::Chat,
            ("reports", _, Some(slug), None) => Self::Report(slug),
            ("chat", _, Some(room), None) => Self::Room(room),
            _ => Self::NotFound,
        }
    }

    pub fn path(&self) -> String {
        match self {
            Self::About | Self::NotFound => "./".to_owned(),
            Self::Reports => "reports/".to_owned(),
            Self::Report(slug) => ["reports/", &encode(slug), "/"].concat(),
            Self::Chat => "chat/".to_owned(),
            Self::Room(room) => ["chat/", &encode(room), "/"].concat(),
        }
    }

    /// Which of the header's pages it belongs to.
    pub fn section(&self) -> Self {
        match self {
            Self::Report(_) => Self::Reports,
            Self::Room(_) => Self::Chat,
            other => other.clone(),
        }
    }
}

/// A name as one part of an address (RFC 3986, section 2).
fn encode(name: &str) -> String {
    let mut path = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push('%');
            for half in [byte >> 4, byte & 15] {
                let digit = char::from_digit(half.into(), 16).unwrap_or('0');
                path.push(digit.to_ascii_uppercase());
            }
        }
    }
    path
}

/// The other way; None where it is no UTF-8.
fn decode(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut half = || char::from(rest.next()?).to_digit(16);
            bytes.push(u8::try_from(half()? * 16 + half()?).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(slug: &str) -> Route {
        Route::Report(slug.to_owned())
    }

    #[test]
    fn every_page_is_found_at_its_own_address() {
        let pages = [
            Route::About,
            Route::Reports,
            report("kmom01"),
            report("en å/50 %?#"),
            Route::Chat,
            Route::Room("kaffe & kod".to_owned()),
            Route::Room("花".to_owned()),
        ];
        for page in pages {
            assert!(Route::parse(page.path().trim_start_matches("./")) == page);
        }
    }

    #[test]
    fn a_slash_or_a_file_at_the_end_makes_no_difference() {
        for path in ["reports/a", "reports/a/", "reports/a/index.html"] {
            assert!(Route::parse(path) == report("a"), "{path}");
        }
        for path in ["", "index.html"] {
            assert!(Route::parse(path) == Route::About, "{path}");
        }
    }

    #[test]
    fn names_are_one_part_of_the_address_in_ascii() {
        assert_eq!(report("å/b").path(), "reports/%C3%A5%2Fb/");
    }

    #[test]
    fn other_addresses_are_of_no_page() {
        for path in [
            "nope",
            "reports/a/b",
            "chat//",
            "chat/%",
            "chat/%zz",
            "chat/%ff",
            "404.html",
        ] {
            assert!(Route::parse(path) == Route::NotFound, "{path}");
        }
    }
}
