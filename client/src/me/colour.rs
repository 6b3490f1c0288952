//! The owner's accent colour, made readable: text in it must stand out from every ground that it
//! is on (WCAG 2.2, 1.4.3), whatever was written.

/// Of text on its ground.
const LEAST_CONTRAST: f64 = 4.5;

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// One of the two themes: what accent-coloured text stands on, and what it is mixed with where
/// it is too close to that.
pub struct Theme {
    /// The page's own ground first. As in `styles/tokens.css`, which a test holds them to.
    grounds: [Colour; 4],
    ink: Colour,
}

pub static LIGHT: Theme = Theme {
    grounds: [
        Colour([0xfb, 0xf9, 0xf4]),
        Colour([0xff, 0xff, 0xff]),
        Colour([0xf3, 0xef, 0xe6]),
        Colour([0xf5, 0xf1, 0xe8]),
    ],
    ink: Colour([0x1d, 0x1b, 0x18]),
};

pub static DARK: Theme = Theme {
    grounds: [
        Colour([0x13, 0x15, 0x19]),
        Colour([0x1b, 0x1e, 0x24]),
        Colour([0x0d, 0x0f, 0x12]),
        Colour([0x18, 0x1b, 0x20]),
    ],
    ink: Colour([0xec, 0xe9, 0xe2]),
};

/// An accent and what goes with it.
#[derive(Debug, PartialEq, Eq)]
pub struct Accent {
    pub accent: Colour,
    /// Under the pointer.
    pub strong: Colour,
    /// A ground of the accent's own.
    pub wash: Colour,
}

impl Theme {
    /// The colour itself where it can be read everywhere, else the nearest one towards the
    /// theme's ink that can.
    pub fn accent(&self, wanted: Colour) -> Accent {
        let [paper, ..] = self.grounds;
        let made = |part: u16| {
            let accent = wanted.mixed(self.ink, part);
            Accent {
                accent,
                strong: accent.mixed(self.ink, 25),
                wash: paper.mixed(accent, 8),
            }
        };
        let readable = |made: &Accent| {
            let mut grounds = self.grounds.iter().chain([&made.wash]);
            grounds.all(|ground| made.accent.contrast(*ground) >= LEAST_CONTRAST)
        };
        let nearest = (0..20).map(|step| made(step * 5)).find(readable);
        nearest.unwrap_or_else(|| made(100))
    }
}

impl Colour {
    /// `#98291d` or `#fab`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let digit = |at: usize| {
            let digit = digits.get(at..=at)?.chars().next()?.to_digit(16)?;
            u8::try_from(digit).ok()
        };
        let part = |at: usize| match digits.len() {
            3 => Some(digit(at)? * 17),
            6 => Some(digit(2 * at)? * 16 + digit(2 * at + 1)?),
            _ => None,
        };
        Some(Self([part(0)?, part(1)?, part(2)?]))
    }

    pub fn hex(self) -> String {
        let mut text = "#".to_owned();
        for half in self.0.iter().flat_map(|part| [part >> 4, part & 15]) {
            text.extend(char::from_digit(half.into(), 16));
        }
        text
    }

    /// With so many hundredths of another colour.
    fn mixed(self, other: Self, part: u16) -> Self {
        let mut parts = self.0;
        for (own, other) in parts.iter_mut().zip(other.0) {
            let sum = u16::from(*own) * (100 - part) + u16::from(other) * part;
            *own = u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX);
        }
        Self(parts)
    }

    /// From 1 to 21 (WCAG 2.2, "contrast ratio").
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                power((part + 0.055) / 1.055, 2.4)
            }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }
}

/// The browser has this already: the page need not bring its own.
fn power(base: f64, exponent: f64) -> f64 {
    #[cfg(target_family = "wasm")]
    return js_sys::Math::pow(base, exponent);
    #[cfg(not(target_family = "wasm"))]
    return base.powf(exponent);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    #[test]
    fn colours_are_read_and_written() {
        assert_eq!(colour("#98291D").hex(), "#98291d");
        assert_eq!(colour("#fab").hex(), "#ffaabb");
        for none in ["98291d", "#98291", "#98291g", "red", "", "#", "#å91d"] {
            assert_eq!(Colour::parse(none), None, "{none}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        let white = colour("#fff");
        assert!((white.contrast(colour("#000")) - 21.0).abs() < 0.001);
        // The published pair just above and just below the limit.
        assert!(white.contrast(colour("#767676")) >= 4.5);
        assert!(colour("#777777").contrast(white) < 4.5);
    }

    #[test]
    fn a_readable_accent_stays_as_it_was_written() {
        assert_eq!(LIGHT.accent(colour("#98291d")).accent.hex(), "#98291d");
        assert_eq!(DARK.accent(colour("#f2937c")).accent.hex(), "#f2937c");
    }

    #[test]
    fn any_accent_becomes_readable_on_every_ground() {
        for theme in [&LIGHT, &DARK] {
            for wanted in ["#ff0", "#fff", "#000", "#808080", "#0af", "#98291d"] {
                let Accent { accent, wash, .. } = theme.accent(colour(wanted));
                for ground in theme.grounds.iter().chain([&wash]) {
                    assert!(accent.contrast(*ground) >= LEAST_CONTRAST, "{wanted}");
                }
            }
        }
    }

    #[test]
    fn the_grounds_are_those_of_the_style_sheet() {
        let tokens = include_str!("../../styles/tokens.css");
        let pairs = ["paper", "raised", "sunken", "hover"].into_iter();
        for (name, (light, dark)) in pairs.zip(LIGHT.grounds.iter().zip(DARK.grounds)) {
            let token = format!("--{name}: light-dark({}, {});", light.hex(), dark.hex());
            assert!(tokens.contains(&token), "{token}");
        }
    }
}
