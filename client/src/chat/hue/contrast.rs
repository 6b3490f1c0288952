//! Reads the style sheet's colours and measures every text on every ground that it may stand on:
//! contrast as WCAG 2.2 defines it (1.4.3, 1.4.6, 1.4.11).

use std::collections::BTreeMap;

use super::{HUES, STEP};

const TOKENS: &str = include_str!("../../../styles/tokens.css");

/// Grounds that text lies on.
const GROUNDS: [&str; 5] = ["sunken", "paper", "hover", "raised", "accent-wash"];

/// Where a colour is written: hue is filled in.
#[derive(Clone, Copy)]
enum Colour {
    Hex([f64; 3]),
    Oklch { lightness: f64, chroma: f64 },
}

/// A light and a dark one.
type Pairs = BTreeMap<&'static str, [Colour; 2]>;

/// Every `--name: light-dark(a, b)` of `css`.
fn pairs(css: &'static str) -> Pairs {
    let pair = |line: &'static str| {
        let (name, value) = line.trim().strip_prefix("--")?.split_once(':')?;
        let both = value.trim().strip_prefix("light-dark(")?;
        let (light, dark) = both.strip_suffix(");")?.split_once(", ")?;
        Some((name, [colour(light), colour(dark)]))
    };
    css.lines().filter_map(pair).collect()
}

fn colour(text: &str) -> Colour {
    let text = text.trim();
    if let Some(hex) = text.strip_prefix('#') {
        let part = |at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        return Colour::Hex([part(0), part(2), part(4)].map(linear));
    }
    let inner = text.strip_prefix("oklch(").unwrap();
    let mut parts = inner.split(' ').map(str::parse);
    Colour::Oklch {
        lightness: parts.next().unwrap().unwrap(),
        chroma: parts.next().unwrap().unwrap(),
    }
}

/// A channel of sRGB as light (WCAG 2.2, relative luminance).
fn linear(channel: f64) -> f64 {
    if channel <= 0.04045 {
        channel / 12.92
    } else {
        ((channel + 0.055) / 1.055).powf(2.4)
    }
}

/// Relative luminance. What no screen can show is cut to what it can, channel by channel, as
/// browsers do.
fn luminance(colour: Colour, hue: u32) -> f64 {
    let [red, green, blue] = match colour {
        Colour::Hex(channels) => channels,
        Colour::Oklch { lightness, chroma } => {
            let (sin, cos) = f64::from(hue).to_radians().sin_cos();
            let (a, b) = (chroma * cos, chroma * sin);
            // CSS Color 4, section 19: OKLab to linear sRGB.
            let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
            let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
            let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
            [
                4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
                -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
                -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
            ]
            .map(|channel| channel.clamp(0.0, 1.0))
        }
    };
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: Colour, other: Colour, hue: u32) -> f64 {
    let (one, other) = (luminance(one, hue), luminance(other, hue));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// What of `texts` on `grounds` has less contrast than `least`, in either theme.
fn too_faint(pairs: &Pairs, texts: &[&str], grounds: &[&str], least: f64) -> Vec<String> {
    let mut faint = Vec::new();
    for (text, ground) in texts
        .iter()
        .flat_map(|t| grounds.iter().map(move |g| (t, g)))
    {
        for (theme, name) in ["light", "dark"].into_iter().enumerate() {
            for hue in (0..HUES).map(|step| step * STEP) {
                let found = contrast(pairs[text][theme], pairs[ground][theme], hue);
                if found < least {
                    faint.push(format!("{text} on {ground}, {name}, hue {hue}: {found:.2}"));
                }
            }
        }
    }
    faint.dedup_by_key(|line| line.split(", hue").next().unwrap_or_default().to_owned());
    faint
}

/// The sheet as it is, and as it is for readers who ask for more contrast.
fn sheets() -> [Pairs; 2] {
    let (usual, more) = TOKENS
        .split_once("@media (prefers-contrast: more)")
        .unwrap();
    let usual = pairs(usual);
    let mut strong = usual.clone();
    strong.extend(pairs(more));
    [usual, strong]
}

#[test]
fn the_sheet_is_read_whole() {
    let [usual, strong] = sheets();
    for name in GROUNDS.iter().chain(&["ink", "nick", "nick-wash"]) {
        assert!(usual.contains_key(name), "{name}");
    }
    assert_eq!(usual.len(), strong.len());
    let (black, white) = (colour("#000000"), colour("#ffffff"));
    assert!((contrast(black, white, 0) - 21.0).abs() < 1e-9);
    // The same grey, written in both ways.
    let grey = colour("oklch(0.5999 0 var(--hue))");
    assert!((contrast(grey, colour("#808080"), 0) - 1.0).abs() < 0.01);
}

#[test]
fn every_nick_is_readable_on_every_ground() {
    let [usual, strong] = sheets();
    let grounds = [&GROUNDS[..], &["nick-wash"]].concat();
    assert_eq!(too_faint(&usual, &["nick"], &grounds, 4.5), [""; 0]);
    assert_eq!(too_faint(&strong, &["nick"], &grounds, 7.0), [""; 0]);
}

#[test]
fn every_text_is_readable_on_every_ground() {
    let [usual, strong] = sheets();
    for (sheet, least) in [(&usual, 4.5), (&strong, 7.0)] {
        let texts = ["ink", "ink-2", "accent", "accent-2"];
        assert_eq!(too_faint(sheet, &texts, &GROUNDS, least), [""; 0]);
        let buttons = ["accent", "accent-2"];
        assert_eq!(too_faint(sheet, &["accent-ink"], &buttons, least), [""; 0]);
        let good = ["good-wash", "paper", "raised"];
        assert_eq!(too_faint(sheet, &["good"], &good, least), [""; 0]);
    }
}

#[test]
fn edges_of_fields_and_focus_can_be_seen() {
    for sheet in sheets() {
        let signs = ["line-2", "focus", "good"];
        assert_eq!(too_faint(&sheet, &signs, &GROUNDS, 3.0), [""; 0]);
    }
}
