//! Times and periods in the forms that providers write them. Whatever is not understood is none.

use std::ops::Range;
use std::time::UNIX_EPOCH;

/// The longest period believed, ms: a year. Bounds every sum, and what reaches JSON.
pub(super) const LONGEST_MS: u64 = 366 * 24 * 60 * 60 * 1000;

/// Numbers from here on are Unix times, in seconds and in milliseconds; below, they are periods.
const FIRST_UNIX_S: f64 = 1e9;
const FIRST_UNIX_MS: f64 = 1e11;

/// A finite number that is not negative.
pub(super) fn number(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// A period, whole ms, bounded.
pub(super) fn bounded(ms: f64) -> u64 {
    // A float too large for the type becomes the type's largest value.
    (ms.round() as u64).min(LONGEST_MS)
}

/// A period, ms: `20ms`, `6m0s`, `1.5s`, or a plain number of seconds.
pub(super) fn period_ms(text: &str) -> Option<u64> {
    if let Some(seconds) = number(text) {
        return Some(bounded(seconds * 1000.0));
    }
    let (mut rest, mut ms) = (text.trim(), None);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (count, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_alphabetic());
        let (unit, after) = tail.split_at(letters.unwrap_or(tail.len()));
        let scale = match unit {
            "ns" => 1e-6,
            "us" | "µs" => 1e-3,
            "ms" => 1.0,
            "s" => 1e3,
            "m" => 60e3,
            "h" => 3_600e3,
            "d" => 86_400e3,
            _ => return None,
        };
        ms = Some(ms.unwrap_or(0.0) + number(count)? * scale);
        rest = after;
    }
    ms.map(bounded)
}

/// A moment, Unix ms: RFC 3339, an HTTP date, a Unix time in seconds or milliseconds, or a period
/// from now.
pub(super) fn moment_ms(text: &str, now: u64) -> Option<u64> {
    let text = text.trim();
    let moment = match number(text) {
        Some(ms) if ms >= FIRST_UNIX_MS => ms as u64,
        Some(seconds) if seconds >= FIRST_UNIX_S => (seconds * 1000.0) as u64,
        _ => rfc3339_ms(text)
            .or_else(|| http_date_ms(text))
            .or_else(|| Some(now.saturating_add(period_ms(text)?)))?,
    };
    Some(moment.min(now.saturating_add(LONGEST_MS)))
}

/// An HTTP date, Unix ms.
pub(super) fn http_date_ms(text: &str) -> Option<u64> {
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    u64::try_from(date.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

/// `2026-11-21T10:00:00.5+01:00` as Unix ms.
fn rfc3339_ms(text: &str) -> Option<u64> {
    let digits = |range: Range<usize>| {
        let digits = text.get(range)?;
        let all = digits.bytes().all(|byte| byte.is_ascii_digit());
        all.then(|| digits.parse::<i64>().ok()).flatten()
    };
    let marks = [(4, "-"), (7, "-"), (10, "Tt "), (13, ":"), (16, ":")];
    let marked = |(at, allowed): (usize, &str)| {
        text.get(at..at + 1)
            .is_some_and(|mark| allowed.contains(mark))
    };
    if !marks.into_iter().all(marked) {
        return None;
    }
    let (year, month, day) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
    let (hour, minute, second) = (digits(11..13)?, digits(14..16)?, digits(17..19)?);
    let possible = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !possible {
        return None;
    }
    let rest = text.get(19..)?;
    let (fraction, zone) = rest.split_at(rest.find(|c: char| c != '.' && !c.is_ascii_digit())?);
    let millis = match fraction {
        "" => 0,
        _ => (number(&format!("0{fraction}"))? * 1000.0) as i64,
    };
    let at = text.len() - zone.len();
    let offset_minutes = match zone.get(..1)? {
        "Z" | "z" if zone.len() == 1 => 0,
        sign @ ("+" | "-") if zone.len() == 6 && zone.get(3..4) == Some(":") => {
            let minutes = digits(at + 1..at + 3)? * 60 + digits(at + 4..at + 6)?;
            if sign == "+" { minutes } else { -minutes }
        }
        _ => return None,
    };
    let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - offset_minutes;
    u64::try_from((minutes * 60 + second) * 1000 + millis).ok()
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. The year is taken to begin in March,
/// so that the leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const NOW: u64 = 1_795_000_000_000;

    #[test]
    fn periods_are_read_in_every_form() {
        let forms = [
            ("0", 0),
            ("30", 30_000),
            ("1.5", 1_500),
            ("20ms", 20),
            ("6m0s", 360_000),
            ("1.898s", 1_898),
            ("1h2m3.5s", 3_723_500),
            ("2d", 172_800_000),
            ("500µs", 1),
            ("1e300", LONGEST_MS),
        ];
        for (text, ms) in forms {
            assert_eq!(period_ms(text), Some(ms), "{text}");
        }
        for text in ["", "-1", "soon", "5x", "s", "1.2.3s", "nan", "inf", "6m 0s"] {
            assert_eq!(period_ms(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_read_in_every_form() {
        let forms = [
            ("2026-11-18T17:06:40Z", 1_795_021_600_000),
            ("2026-11-18T17:06:40.250Z", 1_795_021_600_250),
            ("2026-11-18T18:06:40+01:00", 1_795_021_600_000),
            ("2026-11-18t12:36:40-04:30", 1_795_021_600_000),
            ("Wed, 18 Nov 2026 17:06:40 GMT", 1_795_021_600_000),
            ("1795021600", 1_795_021_600_000),
            ("1795021600000", 1_795_021_600_000),
            ("90", NOW + 90_000),
            ("6m0s", NOW + 360_000),
            ("1e300", NOW + LONGEST_MS),
        ];
        for (text, ms) in forms {
            assert_eq!(moment_ms(text, NOW), Some(ms), "{text}");
        }
        let wrong = [
            "",
            "2026-13-18T17:06:40Z",
            "2026-11-18T17:06:40",
            "2026-11-18T17:06:40+1:00",
            "2026-11-18T24:06:40Z",
            "Wed, 18 Nov 2026",
            "+026-11-18T17:06:40Z",
        ];
        for text in wrong {
            assert_eq!(moment_ms(text, NOW), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn both_calendars_agree(seconds in 0u64..253_402_300_800) {
            let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
            let parts: Vec<&str> = date.split([' ', ',']).filter(|part| !part.is_empty()).collect();
            let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
            let month = names.iter().position(|name| *name == parts[2]).unwrap() + 1;
            let text = format!("{}-{month:02}-{}T{}Z", parts[3], parts[1], parts[4]);
            prop_assert_eq!(rfc3339_ms(&text), Some(seconds * 1000));
            prop_assert_eq!(http_date_ms(&date), Some(seconds * 1000));
        }

        #[test]
        fn no_text_makes_a_reader_panic(text in ".{0,40}", now: u64) {
            let _ = period_ms(&text);
            if let Some(moment) = moment_ms(&text, now) {
                prop_assert!(moment <= now.saturating_add(LONGEST_MS));
            }
        }

        #[test]
        fn no_near_miss_makes_a_reader_panic(text in "[0-9TZ:.+ -]{19,30}", now: u64) {
            let _ = moment_ms(&text, now);
        }
    }
}
