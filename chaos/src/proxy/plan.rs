//! What becomes of each line, by a seed: the same seed means the same fate for the same line.

use std::num::NonZeroU32;
use std::time::Duration;

use fastrand::Rng;

use super::line::Cut;
use super::weather::{Lost, Weather};

/// Fates for lines.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Decides all of them.
    pub seed: u64,
    /// What a line may live at most before its fate catches up with it; most live far shorter.
    pub lifetime: Duration,
}

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fate {
    /// From the beginning.
    pub(super) weather: Weather,
    /// And what happens to it so much later.
    pub(super) turn: Option<(Duration, Turn)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Cut(Cut),
    /// From then on half-open.
    Freeze(Lost),
    /// Stands still for so long, and goes on.
    Hold(Duration),
}

/// Delays stay below what makes a client give an attempt up, or nobody would ever get in.
const DELAY_MS: std::ops::RangeInclusive<u64> = 5..=150;

/// From what a room full of talk cannot pass through to what it just can.
const BYTES_PER_SECOND: std::ops::RangeInclusive<u32> = 8_000..=100_000;

/// Below and above what a client's patience is.
const HOLD_MS: std::ops::RangeInclusive<u64> = 100..=3_000;

impl Plan {
    /// The fate of a line, by its number.
    pub(super) fn fate(&self, line: u64) -> Fate {
        // Not the seed beside it: the first numbers of neighbouring seeds are alike.
        let mut rng = Rng::with_seed(self.seed);
        let mut rng = Rng::with_seed(rng.u64(..) ^ line.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut weather = Weather::default();
        if rng.f64() < 0.3 {
            weather.delay = Duration::from_millis(rng.u64(DELAY_MS));
            weather.jitter = weather.delay.mul_f64(rng.f64());
        }
        if rng.f64() < 0.2 {
            weather.bytes_per_second = NonZeroU32::new(rng.u32(BYTES_PER_SECOND));
        }
        // Squared: many are hit while they join, and some live long enough to fall behind.
        let luck = rng.f64();
        let after = self.lifetime.mul_f64(luck * luck);
        let turn = match rng.u32(..100) {
            0..40 => Some(Turn::Cut(Cut::Reset)),
            40..60 => Some(Turn::Cut(Cut::End)),
            60..70 => Some(Turn::Freeze(Lost::BOTH)),
            70..77 => Some(Turn::Freeze(Lost {
                up: true,
                down: false,
            })),
            77..84 => Some(Turn::Freeze(Lost {
                up: false,
                down: true,
            })),
            84..92 => Some(Turn::Hold(Duration::from_millis(rng.u64(HOLD_MS)))),
            _ => None,
        };
        Fate {
            weather,
            turn: turn.map(|turn| (after, turn)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(seed: u64) -> Vec<Fate> {
        let lifetime = Duration::from_secs(10);
        let plan = Plan { seed, lifetime };
        (0..200).map(|line| plan.fate(line)).collect()
    }

    #[test]
    fn a_seed_decides_every_fate() {
        assert_eq!(fates(7), fates(7));
        assert_ne!(fates(7), fates(8));
    }

    #[test]
    fn every_kind_of_fate_comes_up() {
        let fates = fates(1);
        let turn = |is: fn(Turn) -> bool| fates.iter().any(|f| f.turn.is_some_and(|t| is(t.1)));
        assert!(turn(|t| t == Turn::Cut(Cut::Reset)) && turn(|t| t == Turn::Cut(Cut::End)));
        assert!(turn(
            |t| matches!(t, Turn::Freeze(lost) if lost == Lost::BOTH)
        ));
        assert!(turn(
            |t| matches!(t, Turn::Freeze(lost) if lost.up && !lost.down)
        ));
        assert!(turn(
            |t| matches!(t, Turn::Freeze(lost) if !lost.up && lost.down)
        ));
        assert!(turn(|t| matches!(t, Turn::Hold(_))));
        assert!(fates.iter().any(|f| f.turn.is_none()));
        assert!(fates.iter().any(|f| !f.weather.delay.is_zero()));
        assert!(fates.iter().any(|f| f.weather.bytes_per_second.is_some()));
        let lifetimes = fates.iter().filter_map(|f| f.turn.map(|t| t.0));
        assert!(lifetimes.max() <= Some(Duration::from_secs(10)));
    }
}
