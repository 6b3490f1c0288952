//! A time of the log as people write it: day and time of day, in UTC.

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Days from 1 March of the year 0 to the Unix epoch. Years that begin in March end with the day
/// that leap years add.
const TO_EPOCH: u64 = 719_468;

/// Days of 400 years, after which the calendar repeats.
const CYCLE: u64 = 146_097;

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) year: u64,
    /// 1 to 12.
    pub(super) month: usize,
    /// 1 to 31.
    pub(super) day: u64,
    /// 0 for Sunday.
    pub(super) weekday: usize,
}

impl Day {
    /// The day of a time in milliseconds since the Unix epoch.
    pub(super) fn of(at: u64) -> Self {
        let days = at / DAY_MS;
        let (cycle, day) = ((days + TO_EPOCH) / CYCLE, (days + TO_EPOCH) % CYCLE);
        // The day of the cycle without the leap days before it is one of years of 365.
        let year = (day - day / 1_460 + day / 36_524 - day / (CYCLE - 1)) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        // From March on, 153 days in every five months.
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 {
            (month + 3, 0)
        } else {
            (month - 9, 1)
        };
        Self {
            year: 400 * cycle + year + next,
            month: usize::try_from(month).unwrap_or(1),
            day,
            // The epoch was a Thursday.
            weekday: usize::try_from((days + 4) % 7).unwrap_or(0),
        }
    }

    /// As machines write it (ISO 8601).
    pub(super) fn iso(self) -> String {
        let Self {
            year, month, day, ..
        } = self;
        format!("{year:04}-{month:02}-{day:02}")
    }
}

/// The time of day, `hh:mm`, and its seconds.
pub(super) fn time_of_day(at: u64) -> (String, u64) {
    let seconds = at % DAY_MS / 1_000;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    (format!("{hours:02}:{minutes:02}"), seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (at, iso, weekday) in [
            (0, "1970-01-01", 4),
            (DAY_MS - 1, "1970-01-01", 4),
            (DAY_MS, "1970-01-02", 5),
            (951_782_399_999, "2000-02-28", 1),
            (951_782_400_000, "2000-02-29", 2),
            (951_868_800_000, "2000-03-01", 3),
            (1_709_164_800_000, "2024-02-29", 4),
            (1_735_689_599_999, "2024-12-31", 2),
            (1_763_800_100_000, "2025-11-22", 6),
            (4_107_542_400_000, "2100-03-01", 1),
        ] {
            let day = Day::of(at);
            assert_eq!((day.iso().as_str(), day.weekday), (iso, weekday), "{at}");
        }
    }

    #[test]
    fn any_time_that_is_stored_has_a_day() {
        assert!(Day::of(u64::MAX).year > 9_999);
    }

    #[test]
    fn the_day_begins_at_midnight() {
        assert_eq!(time_of_day(0), ("00:00".to_owned(), 0));
        assert_eq!(time_of_day(DAY_MS - 1), ("23:59".to_owned(), 59));
        assert_eq!(time_of_day(1_763_800_100_000), ("08:28".to_owned(), 20));
    }
}
