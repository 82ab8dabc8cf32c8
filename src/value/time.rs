//! Times: stored as RFC 3339 in UTC to the second, so that text sorts as time does; shown in the local zone.

use super::shown::quoted;
use crate::error::{Error, Result};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;
use std::fs::Metadata;
use std::time::Duration;

/// The longest text that is looked at: a time with more digits behind its seconds than any clock has.
const LONGEST: usize = 100;
/// The most bytes of a file that describes a zone; those of the world have a few thousand.
const LARGEST_ZONE: u64 = 1 << 20;

/// Reads a time to its stored text, `2026-11-23T07:13:00Z`: RFC 3339, a date (its first second), or a date and a time
/// of day. Without an offset it is UTC; what is behind the second is cut off.
pub fn parse(text: &str) -> Result<String> {
    lent(text).map(Cow::into_owned)
}

/// As [`parse`], but lends a text that is stored as it stands.
pub fn lent(text: &str) -> Result<Cow<'_, str>> {
    let text = text.trim();
    let read = read(text).ok_or_else(|| refusal(text, EXAMPLES))?;
    if read.is_as_stored(text) {
        return Ok(text.into());
    }
    read.utc().and_then(stored).map(Cow::from).ok_or_else(|| out_of_range(text))
}

/// Reads a time for a filter, as [`parse`] does, and besides `now`, `today`, `yesterday` and how long ago (`90s`,
/// `30m`, `12h`, `7d`, `2w`). `now` is the present as stored text. Without an offset it is local time, as it is when
/// an operator looks at a table.
pub fn moment(text: &str, now: &str) -> Result<String> {
    moment_in(&zone(), text, now)
}

/// Returns the first second of a day and that of the next, as stored texts, if `text` is a date without a time of day,
/// `today` or `yesterday`; days are those of this machine's clocks.
#[must_use]
pub fn day(text: &str, now: &str) -> Option<(String, String)> {
    day_in(&zone(), text, now)
}

fn day_in(zone: &TimeZone, text: &str, now: &str) -> Option<(String, String)> {
    let text = text.trim();
    let today = || Some(zone.to_datetime(TimeZone::UTC.to_timestamp(read(now)?.utc()?).ok()?).date());
    let date = match text.to_ascii_lowercase().as_str() {
        "today" => today()?,
        "yesterday" => today()?.yesterday().ok()?,
        _ => read(text).filter(|_| text.len() == "2026-11-23".len())?.at.date(),
    };
    let start = |date: Date| moment_in(zone, &date.to_string(), now).ok();
    Some((start(date)?, start(date.tomorrow().ok()?)?))
}

/// The zone that this machine's clocks show; UTC where `TZ` names a device or a pipe, which jiff would read to an end that
/// it does not have.
fn zone() -> TimeZone {
    let name = std::env::var_os("TZ").unwrap_or_default();
    let path = name.to_str().map_or("", |name| name.trim_start_matches(':'));
    let is_endless = |data: Metadata| !data.is_dir() && (!data.is_file() || data.len() > LARGEST_ZONE);
    if std::fs::metadata(path).is_ok_and(is_endless) { TimeZone::UTC } else { TimeZone::system() }
}

/// The present, as stored text.
#[must_use]
pub fn now() -> String {
    stored(TimeZone::UTC.to_datetime(Timestamp::now())).unwrap_or_default()
}

/// The time that is so many seconds from now, rounded up to a whole one, as stored text.
#[must_use]
pub fn from_now(seconds: i64) -> String {
    let up = SignedDuration::new(seconds, 999_999_999);
    let then = Timestamp::now().checked_add(up).unwrap_or(Timestamp::MAX);
    stored(TimeZone::UTC.to_datetime(then)).unwrap_or_default()
}

/// Returns the time that is so many seconds after the beginning of 1970, as stored text; `None` if it is out of range.
#[must_use]
pub fn of_second(seconds: i64) -> Option<String> {
    stored(TimeZone::UTC.to_datetime(Timestamp::from_second(seconds).ok()?))
}

/// Returns the seconds left until a stored time, rounded up; zero or less if it has passed or is no time.
#[must_use]
pub fn seconds_until(stored: &str) -> i64 {
    let then = read(stored).and_then(|read| TimeZone::UTC.to_timestamp(read.utc()?).ok());
    then.map_or(0, |then| {
        let left = then.duration_since(Timestamp::now());
        left.as_secs() + i64::from(left.subsec_nanos() > 0)
    })
}

/// A stored time as a table on a terminal shows it: `2026-11-23 16:13:00 +09:00`. Any other text stays as it is.
#[must_use]
pub fn local(stored: &str) -> String {
    local_in(&zone(), stored)
}

/// A stored time as a list on a terminal shows it: `2026-11-23 16:13`. Any other text stays as it is.
#[must_use]
pub fn local_minute(stored: &str) -> String {
    formatted(&zone(), stored, "%Y-%m-%d %H:%M")
}

const EXAMPLES: &str = "write it as 2026-11-23T07:13:00Z, 2026-11-23 07:13 or 2026-11-23";
const MOMENT_EXAMPLES: &str = "write it as 2026-11-23, 2026-11-23T07:13:00Z, 7d, 12h, yesterday, today or now";

fn moment_in(zone: &TimeZone, text: &str, now: &str) -> Result<String> {
    let text = text.trim();
    let present = read(now).and_then(|read| read.utc()).ok_or_else(|| refusal(now, EXAMPLES))?;
    let instant = |local: DateTime| zone.to_timestamp(local).ok().map(|time| TimeZone::UTC.to_datetime(time));
    let today = || TimeZone::UTC.to_timestamp(present).ok().map(|time| zone.to_datetime(time).date());
    let found = match text.to_ascii_lowercase().as_str() {
        "now" => Some(present),
        "today" => today().and_then(|date| instant(date.into())),
        "yesterday" => today().and_then(|date| date.yesterday().ok()).and_then(|date| instant(date.into())),
        lower => match ago(lower) {
            Some(seconds) => present.checked_sub(SignedDuration::from_secs(seconds)).ok(),
            None => match read(text).ok_or_else(|| refusal(text, MOMENT_EXAMPLES))? {
                // Where a day begins is the zone's to say, and a time of day is one that its clocks show.
                ParsedTime { at, offset: None } => instant(at),
                with_offset => with_offset.utc(),
            },
        },
    };
    found.and_then(stored).ok_or_else(|| out_of_range(text))
}

fn local_in(zone: &TimeZone, stored: &str) -> String {
    formatted(zone, stored, "%Y-%m-%d %H:%M:%S %:z")
}

fn formatted(zone: &TimeZone, stored: &str, format: &str) -> String {
    let instant = read(stored).and_then(|read| TimeZone::UTC.to_timestamp(read.utc()?).ok());
    instant.map_or_else(
        || stored.to_owned(),
        |instant| instant.to_zoned_datetime(zone.clone()).strftime(format).to_string(),
    )
}

/// Time of day on a date, and its offset from UTC if the text has one.
struct ParsedTime {
    at: DateTime,
    offset: Option<Offset>,
}

impl ParsedTime {
    /// Tests if `text`, which it was read from, has the stored form.
    fn is_as_stored(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let stands = |place: usize, byte: u8| bytes.get(place) == Some(&byte);
        let leaps = bytes.get(17..19) == Some(b"60");
        let marks = stands(10, b'T') && stands(13, b':') && stands(16, b':') && stands(19, b'Z');
        marks && bytes.len() == 20 && !leaps && self.at.year() >= 1
    }

    /// The same time in UTC, where the calendar goes so far.
    fn utc(&self) -> Option<DateTime> {
        let seconds = self.offset.map_or(0, Offset::seconds);
        self.at.checked_sub(SignedDuration::from_secs(i64::from(seconds))).ok()
    }
}

fn read(text: &str) -> Option<ParsedTime> {
    if text.len() > LONGEST {
        return None;
    }
    let (date, rest) = date(text)?;
    if rest.is_empty() {
        return Some(ParsedTime { at: date.into(), offset: None });
    }
    let (time, rest) = time(rest.strip_prefix(['T', 't', ' '])?)?;
    let offset = if rest.is_empty() { None } else { Some(offset(rest.strip_prefix(' ').unwrap_or(rest))?) };
    Some(ParsedTime { at: date.to_datetime(time), offset })
}

fn date(text: &str) -> Option<(Date, &str)> {
    let (year, rest) = number(text, 4)?;
    let (month, rest) = number(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = number(rest.strip_prefix('-')?, 2)?;
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some((date, rest))
}

fn time(text: &str) -> Option<(Time, &str)> {
    let (hour, rest) = number(text, 2)?;
    let (minute, rest) = number(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => {
            let (second, rest) = number(rest, 2)?;
            (second, fraction(rest)?)
        }
        None => (0, rest),
    };
    // RFC 3339 allows a leap second, which no stored time has.
    let second = if second == 60 { 59 } else { second };
    let time = Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, 0).ok()?;
    Some((time, rest))
}

/// Returns the text after the fraction of a second, if there is one.
fn fraction(text: &str) -> Option<&str> {
    let Some(digits) = text.strip_prefix('.') else { return Some(text) };
    let rest = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < digits.len()).then_some(rest)
}

fn offset(text: &str) -> Option<Offset> {
    if text.eq_ignore_ascii_case("z") {
        return Some(Offset::UTC);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, rest) = number(text.strip_prefix(['+', '-'])?, 2)?;
    let (minutes, rest) = number(rest.strip_prefix(':').unwrap_or(rest), 2)?;
    if hours > 23 || minutes > 59 || !rest.is_empty() {
        return None;
    }
    Offset::from_seconds(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60)).ok()
}

/// The number that the first `digits` digits write, and what follows them.
fn number(text: &str, digits: usize) -> Option<(i16, &str)> {
    let (number, rest) = text.split_at_checked(digits)?;
    let number = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())??;
    Some((number, rest))
}

/// Parses a length of time before now, such as `7d`, to seconds; saturates.
fn ago(text: &str) -> Option<i64> {
    let text = text.strip_suffix("ago").map_or(text, str::trim_end);
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let amount = text.get(..text.len() - unit.len()).filter(|amount| !amount.is_empty())?;
    let seconds = match unit.trim_start() {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        "w" => 7 * 24 * 3600,
        _ => return None,
    };
    Some(amount.parse().unwrap_or(i64::MAX).saturating_mul(seconds))
}

/// Parses a length of time: `30` (seconds), `30s` or `5m`.
///
/// # Errors
/// The text is no length of time.
pub fn length(text: &str) -> Result<Duration> {
    let text = text.trim();
    let seconds = text.parse().ok().or_else(|| ago(text).filter(|_| !text.ends_with("ago")));
    match seconds.map(u64::try_from) {
        Some(Ok(seconds)) => Ok(Duration::from_secs(seconds)),
        _ => Err(Error::usage(format!("{} is not a duration", quoted(text))).help("write 30s, 5m or 1h")),
    }
}

/// Longest length of time that is stored, in days.
const LONGEST_SPAN: i64 = 36_500;

/// Reads a length of time to its stored text: `90m`, `12h`, `14d`; the largest unit that has no fraction.
///
/// # Errors
/// The text is no length of time, or has no unit.
pub fn span(text: &str) -> Result<String> {
    let trimmed = text.trim().to_ascii_lowercase();
    let seconds = ago(&trimmed).filter(|_| !trimmed.ends_with("ago"));
    let seconds = seconds.ok_or_else(|| {
        Error::failed(format!("{} is not a duration", quoted(text))).help("write it as 14d, 12h or 90m")
    })?;
    if seconds > LONGEST_SPAN * 24 * 3600 {
        return Err(Error::failed(format!("duration {} is too long", quoted(text)))
            .help(format!("the longest is {LONGEST_SPAN}d")));
    }
    let units = [(24 * 3600, 'd'), (3600, 'h'), (60, 'm')];
    let unit = units.iter().find(|(unit, _)| seconds > 0 && seconds % unit == 0);
    let (unit, letter) = unit.copied().unwrap_or((1, 's'));
    Ok(format!("{}{letter}", seconds / unit))
}

/// The stored text of a time in UTC, if it lies in the years 0001 to 9999.
fn stored(utc: DateTime) -> Option<String> {
    let (date, time) = (utc.date(), utc.time());
    let text = format!("{date}T{:02}:{:02}:{:02}Z", time.hour(), time.minute(), time.second());
    (utc.year() >= 1).then_some(text)
}

fn refusal(text: &str, examples: &str) -> Error {
    Error::failed(format!("{} is not a time", quoted(text))).help(examples)
}

fn out_of_range(text: &str) -> Error {
    Error::failed(format!("{} is out of range", quoted(text))).help("years 0001 to 9999 in UTC are valid")
}

#[cfg(test)]
mod tests {
    use super::{formatted, local_in, moment, moment_in, now, parse};
    use jiff::tz::{Offset, TimeZone};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    fn tokyo() -> TimeZone {
        TimeZone::fixed(Offset::constant(9))
    }

    const NOW: &str = "2026-11-23T07:13:00Z";

    #[test]
    fn every_spelling_is_stored_in_one_form() {
        for (text, expected) in [
            (NOW, NOW),
            ("2026-11-23t07:13:00z", NOW),
            ("2026-11-23 16:13:00 +09:00", NOW),
            ("2026-11-23T16:13:00+09:00", NOW),
            ("2026-11-23T16:13:00+0900", NOW),
            ("2026-11-23T01:43:00.999999999999-05:30", NOW),
            ("2026-11-23 07:13", NOW),
            (" 2026-11-23 07:13:00 ", NOW),
            ("2026-11-23", "2026-11-23T00:00:00Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z"),
            ("1990-12-31T15:59:60-08:00", "1990-12-31T23:59:59Z"),
            ("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "soon",
            "2026-13-01",
            "2026-02-29",
            "2026-1-1",
            "26-01-01",
            "2026/01/01",
            "20260101",
            "2026-11-23T",
            "2026-11-23T24:00:00Z",
            "2026-11-23T07:60",
            "2026-11-23T07:13:61Z",
            "2026-11-23T07:13:00.Z",
            "2026-11-23T07:13:00+24:00",
            "2026-11-23T07:13:00Z[UTC]",
            "+2026-11-23",
            "-0001-01-01",
            "7d",
            "now",
            "２０２６-11-23",
        ] {
            assert_eq!(parse(text).expect_err(text).message(), format!("\"{text}\" is not a time"));
        }
        for text in ["0000-12-31", "0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-01:00"] {
            assert_eq!(parse(text).expect_err(text).message(), format!("\"{text}\" is out of range"));
        }
    }

    #[test]
    fn a_moment_may_be_told_from_the_present() {
        for (text, expected) in [
            ("now", NOW),
            ("0s", NOW),
            ("90s", "2026-11-23T07:11:30Z"),
            ("30m", "2026-11-23T06:43:00Z"),
            ("12h", "2026-11-22T19:13:00Z"),
            ("7d", "2026-11-16T07:13:00Z"),
            ("2W ago", "2026-11-09T07:13:00Z"),
            ("today", "2026-11-22T15:00:00Z"),
            ("Yesterday", "2026-11-21T15:00:00Z"),
            ("2026-11-23", "2026-11-22T15:00:00Z"),
            ("2026-11-23 16:13", NOW),
            ("2026-11-23T07:13:00Z", NOW),
        ] {
            assert_eq!(moment_in(&tokyo(), text, NOW).as_deref(), Ok(expected), "{text}");
        }
        for text in ["3000000w", "99999999999999999999d"] {
            assert_eq!(moment(text, NOW).expect_err(text).message(), format!("\"{text}\" is out of range"));
        }
        for text in ["", "d", "7", "7x", "-7d", "ago", "tomorrow"] {
            assert_eq!(moment(text, NOW).expect_err(text).message(), format!("\"{text}\" is not a time"));
        }
    }

    #[test]
    fn a_day_begins_where_its_zone_says() {
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("zone");
        assert_eq!(moment_in(&berlin, "2026-07-01", NOW).as_deref(), Ok("2026-06-30T22:00:00Z"));
        assert_eq!(moment_in(&berlin, "2026-12-01", NOW).as_deref(), Ok("2026-11-30T23:00:00Z"));
    }

    #[test]
    fn a_table_shows_local_time_in_short_and_a_record_with_its_offset() {
        assert_eq!(formatted(&tokyo(), NOW, "%Y-%m-%d %H:%M"), "2026-11-23 16:13");
        assert_eq!(local_in(&tokyo(), NOW), "2026-11-23 16:13:00 +09:00");
        assert_eq!(local_in(&TimeZone::UTC, "0042-01-02T03:04:05Z"), "0042-01-02 03:04:05 +00:00");
        assert_eq!(local_in(&tokyo(), "soon"), "soon");
        assert_eq!(local_in(&tokyo(), "9999-12-31T23:59:59Z"), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn the_present_is_a_stored_time() {
        let present = now();
        assert_eq!(parse(&present), Ok(present));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), like in "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.+Z-]{0,20}") {
            for text in [text, like] {
                let _ = moment(&text, NOW);
                let _ = moment(NOW, &text);
                if let Ok(time) = parse(&text) {
                    prop_assert!(time.len() == 20);
                    prop_assert_eq!(parse(&time), Ok(time.clone()));
                    prop_assert_eq!(moment(&time, NOW), Ok(time));
                }
            }
        }

        #[test]
        fn what_a_table_shows_reads_back(day in 1u8..=28, month in 1u8..=12, year in 1u16..=9998, second in 0u8..60) {
            let time = format!("{year:04}-{month:02}-{day:02}T12:34:{second:02}Z");
            prop_assert_eq!(parse(&local_in(&tokyo(), &time)), Ok(time));
        }
    }
}
