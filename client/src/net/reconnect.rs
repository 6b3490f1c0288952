//! When to come back after a connection ended. Decisions only: randomness is passed in, and
//! waiting is left to others.

use shared::close::should_come_back;

/// The first wait, in milliseconds: a restarted server is often back within it.
pub const FIRST_MS: u64 = 500;

/// The longest wait, in milliseconds: nobody should look at a dead page for longer.
pub const LONGEST_MS: u64 = 30_000;

/// How long to wait, in milliseconds, after `failures` attempts in a row came to nothing.
/// `random`, in 0..1, spreads the visitors of a restarted server over half of each step.
pub fn delay_ms(failures: u32, random: f64) -> u64 {
    let step = FIRST_MS
        .saturating_mul(1 << failures.min(16))
        .min(LONGEST_MS);
    let half = step / 2;
    // A share of at most 15,000: exact in an f64, never negative.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )]
    let share = (half as f64 * random.clamp(0.0, 1.0)) as u64;
    (step - half + share).max(FIRST_MS)
}

/// After how many milliseconds to come back from a close with `code`; `None` to stay away.
pub fn come_back_ms(code: u16, failures: u32, random: f64) -> Option<u64> {
    should_come_back(code).then(|| delay_ms(failures, random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_half_a_second_to_half_a_minute() {
        let longest: Vec<u64> = (0..8).map(|failures| delay_ms(failures, 1.0)).collect();
        assert_eq!(
            longest,
            [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
        );
        assert_eq!(delay_ms(u32::MAX, 1.0), LONGEST_MS);
    }

    #[test]
    fn jitter_spreads_a_wait_over_its_upper_half() {
        assert_eq!(delay_ms(3, 0.0), 2_000);
        assert_eq!(delay_ms(3, 0.5), 3_000);
        assert_eq!(
            delay_ms(0, 0.0),
            FIRST_MS,
            "never sooner than half a second"
        );
        assert_eq!(
            delay_ms(3, f64::NAN.max(7.0)),
            4_000,
            "an odd random stays in bounds"
        );
    }

    #[test]
    fn the_close_code_decides_whether_to_come_back() {
        assert_eq!(come_back_ms(1006, 0, 0.0), Some(500));
        assert_eq!(come_back_ms(4000, 1, 1.0), Some(1_000));
        assert_eq!(come_back_ms(4100, 0, 0.0), None);
        assert_eq!(come_back_ms(1000, 0, 0.0), None);
    }
}
