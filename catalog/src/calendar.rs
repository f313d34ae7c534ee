//! Days and hours, as prices name them: all in UTC.

const DAY_MS: u64 = 86_400_000;
const MINUTE_MS: u64 = 60_000;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// 1970-01-01 was a Thursday.
const WEEKDAY_OF_EPOCH: u64 = 3;

/// The same hours of one or several weekdays, UTC; they begin and end within the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// One bit for each weekday, Monday the lowest.
    days: u8,
    /// Minutes since midnight.
    from: u64,
    /// Minutes since midnight; no longer part of the hours.
    to: u64,
}

impl Hours {
    /// Reads days such as `sun` or `mon-fri` and times such as `01:00`. The hours end just before
    /// `to`, which may be `24:00`.
    ///
    /// None if one of the three cannot be read or the hours are empty.
    pub fn parse(days: &str, from: &str, to: &str) -> Option<Self> {
        let (from, to) = (parse_minute(from)?, parse_minute(to)?);
        let days = parse_weekdays(days)?;
        (from < to).then_some(Self { days, from, to })
    }

    /// Whether `at_ms`, Unix milliseconds, is in these hours.
    pub fn contains(&self, at_ms: u64) -> bool {
        let weekday = (at_ms / DAY_MS + WEEKDAY_OF_EPOCH) % 7;
        let minute = at_ms % DAY_MS / MINUTE_MS;
        self.days & (1 << weekday) != 0 && (self.from..self.to).contains(&minute)
    }

    /// Whether there is a time in both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.days & other.days != 0 && self.from < other.to && other.from < self.to
    }
}

/// Reads a weekday or a range of them, which does not run past Sunday.
fn parse_weekdays(text: &str) -> Option<u8> {
    let number = |name: &str| WEEKDAYS.iter().position(|day| *day == name);
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    let days = (first..=last).fold(0, |days, day| days | 1 << day);
    (days != 0).then_some(days)
}

/// Reads `HH:MM`, `24:00` at most, as minutes since midnight.
fn parse_minute(text: &str) -> Option<u64> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (digits(hour, 2)?, digits(minute, 2)?);
    (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
}

/// Reads `YYYY-MM-DD` as Unix milliseconds of its first instant, UTC; years 1970 to 9999.
pub(crate) fn parse_day(text: &str) -> Option<u64> {
    let mut parts = text.split('-');
    let mut part = |width| digits(parts.next()?, width);
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    if parts.next().is_some() || year < 1970 {
        return None;
    }
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let february = if leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month.checked_sub(1)?).ok()?;
    let length = *lengths.get(index)?;
    if day == 0 || day > length {
        return None;
    }
    let days_of_years: u64 = (1970..year).map(|y| if leap(y) { 366 } else { 365 }).sum();
    let days_of_months: u64 = lengths.iter().take(index).sum();
    Some((days_of_years + days_of_months + day - 1) * DAY_MS)
}

/// Reads a number of exactly `width` digits.
fn digits(text: &str, width: usize) -> Option<u64> {
    let plain = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday 2026-11-23, 00:00.
    const MONDAY: u64 = 1_795_392_000_000;

    fn at(day: u64, hour: u64, minute: u64) -> u64 {
        MONDAY + day * DAY_MS + (hour * 60 + minute) * MINUTE_MS
    }

    #[test]
    fn days_are_counted_by_the_gregorian_calendar() {
        assert_eq!(parse_day("1970-01-01"), Some(0));
        assert_eq!(parse_day("2000-03-01"), Some(951_868_800_000));
        assert_eq!(parse_day("2026-11-21"), Some(1_795_219_200_000));
        for bad in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-11-31",
            "26-11-21",
            "2026-11",
        ] {
            assert_eq!(parse_day(bad), None, "{bad}");
        }
    }

    #[test]
    fn hours_begin_with_their_first_minute_and_end_just_before_the_last() {
        let hours = Hours::parse("mon-fri", "01:00", "04:00").expect("well formed");
        assert!(!hours.contains(at(0, 1, 0) - 1));
        assert!(hours.contains(at(0, 1, 0)));
        assert!(hours.contains(at(0, 4, 0) - 1));
        assert!(!hours.contains(at(0, 4, 0)));
    }

    #[test]
    fn hours_hold_on_their_days_only() {
        let open = |days: &str| {
            let hours = Hours::parse(days, "00:00", "24:00").expect("well formed");
            (0..7)
                .filter(|day| hours.contains(at(*day, 23, 59)))
                .collect::<Vec<u64>>()
        };
        assert_eq!(open("mon-fri"), [0, 1, 2, 3, 4]);
        assert_eq!(open("sat-sun"), [5, 6]);
        assert_eq!(open("wed"), [2]);
        let whole = Hours::parse("sun", "00:00", "24:00").expect("well formed");
        assert!(whole.contains(at(6, 0, 0)) && whole.contains(at(7, 0, 0) - 1));
        assert!(!whole.contains(at(7, 0, 0)));
    }

    #[test]
    fn hours_that_make_no_sense_are_refused() {
        for (days, from, to) in [
            ("", "01:00", "04:00"),
            ("mon-", "01:00", "04:00"),
            ("fri-mon", "01:00", "04:00"),
            ("monday", "01:00", "04:00"),
            ("mon", "04:00", "04:00"),
            ("mon", "22:00", "02:00"),
            ("mon", "1:00", "04:00"),
            ("mon", "01:60", "04:00"),
            ("mon", "01:00", "24:01"),
            ("mon", "01", "04:00"),
        ] {
            assert_eq!(Hours::parse(days, from, to), None, "{days} {from} {to}");
        }
    }

    #[test]
    fn hours_overlap_where_they_share_a_day_and_a_minute() {
        let hours = |days, from, to| Hours::parse(days, from, to).expect("well formed");
        let morning = hours("mon-fri", "01:00", "04:00");
        assert!(morning.overlaps(&hours("fri-sun", "03:59", "05:00")));
        assert!(!morning.overlaps(&hours("mon-fri", "04:00", "05:00")));
        assert!(!morning.overlaps(&hours("sat-sun", "01:00", "04:00")));
    }
}
