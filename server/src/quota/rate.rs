//! A rate as a setting: how much at once, and how much a second for good.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use governor::Quota;

/// The longest time that a burst may take to come back: beyond it a rate is a mistake, and its
/// arithmetic would overflow.
const LONGEST_REFILL: f64 = 24.0 * 60.0 * 60.0;

/// A token bucket's size and refill, written `BURST:PER_SECOND`, such as `10:1` or `5:0.1`; `0` for
/// no limit at all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    burst: u32,
    per_second: f64,
}

impl Rate {
    /// No limit.
    pub const OFF: Self = Self::new(0, 0.0);

    /// For the defaults alone: what is written by hand is checked by [`FromStr`].
    pub(crate) const fn new(burst: u32, per_second: f64) -> Self {
        Self { burst, per_second }
    }

    /// The same for the library that keeps it; `None` where there is no limit.
    pub(super) fn quota(self) -> Option<Quota> {
        let burst = NonZeroU32::new(self.burst)?;
        // No less than the library's own unit.
        let period = Duration::from_secs_f64(1.0 / self.per_second).max(Duration::from_nanos(1));
        Quota::with_period(period).map(|quota| quota.allow_burst(burst))
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "0" {
            return Ok(Self::OFF);
        }
        let (burst, per_second) = text
            .split_once(':')
            .ok_or("a rate is BURST:PER_SECOND, such as 10:1, or 0 for no limit")?;
        let burst: u32 = burst
            .parse()
            .ok()
            .filter(|burst| *burst > 0)
            .ok_or("the burst is a whole number from 1")?;
        let per_second: f64 = per_second
            .parse()
            .ok()
            .filter(|n: &f64| n.is_finite() && *n > 0.0)
            .ok_or("what comes back a second is a number above 0, such as 0.5")?;
        if f64::from(burst) / per_second > LONGEST_REFILL {
            return Err("the burst would take more than a day to come back".to_owned());
        }
        Ok(Self { burst, per_second })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.burst {
            0 => f.write_str("0"),
            burst => write!(f, "{burst}:{}", self.per_second),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_written_as_it_is_read() {
        for text in ["10:1", "5:0.1", "262144:32768", "1:1000000000", "0"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        assert_eq!("0".parse(), Ok(Rate::OFF));
        assert!(Rate::OFF.quota().is_none());
    }

    #[test]
    fn a_rate_means_what_it_says() {
        let quota = "5:0.1".parse::<Rate>().unwrap().quota().unwrap();
        assert_eq!(quota.burst_size().get(), 5);
        assert_eq!(quota.replenish_interval(), Duration::from_secs(10));
    }

    #[test]
    fn what_is_no_rate_is_told_why() {
        for (text, word) in [
            ("", "BURST:PER_SECOND"),
            ("10", "BURST:PER_SECOND"),
            ("0:1", "burst"),
            ("-1:1", "burst"),
            ("1.5:1", "burst"),
            ("10:0", "above 0"),
            ("10:-1", "above 0"),
            ("10:NaN", "above 0"),
            ("10:inf", "above 0"),
            ("10:x", "above 0"),
            ("4294967295:1", "more than a day"),
            ("1:1e-300", "more than a day"),
        ] {
            let error = text.parse::<Rate>().unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
        let quickest = "4294967295:1e300".parse::<Rate>().unwrap();
        assert!(quickest.quota().is_some(), "no arithmetic fails");
    }
}
