//! Spellings of other programs: what spreadsheets and exports write where `inv` writes its own form.
//!
//! A cell that is a value as it stands is never read in another way. Only what is refused is spelled anew, by the kind
//! of its field, and tried once more; numbers whose separators have two readings are refused with both.

use super::shown::quoted;
use crate::error::{Error, Result};
use jiff::Span;
use jiff::civil::{DateTime, date};
use jiff::fmt::strtime;
use std::borrow::Cow;

/// Words for an empty cell, in lower case: those of spreadsheets, databases and Python.
const EMPTY_WORDS: &[&str] =
    &["n/a", "#n/a", "na", "-", "--", "—", "none", "null", "nil", "nan", "(none)", "(null)", "<null>", "\\n"];

/// Words behind a number of virtual CPUs, in lower case.
const CPU_WORDS: &[&str] = &[
    "vcpu", "vcpus", "vcpu(s)", "cpu", "cpus", "cpu(s)", "core", "cores", "core(s)", "c", "cœur", "cœurs", "coeur",
    "coeurs", "kern", "kerne", "núcleo", "núcleos", "nucleo", "nucleos", "核", "个", "コア", "個",
];

/// Names of units in other programs, in lower case, with the unit that they mean. Kubernetes leaves the B of a binary
/// unit out; French counts octets.
const UNIT_WORDS: &[(&str, &str)] = &[
    ("ki", "KiB"),
    ("mi", "MiB"),
    ("gi", "GiB"),
    ("ti", "TiB"),
    ("pi", "PiB"),
    ("kio", "KiB"),
    ("mio", "MiB"),
    ("gio", "GiB"),
    ("tio", "TiB"),
    ("pio", "PiB"),
    ("ko", "kB"),
    ("mo", "MB"),
    ("go", "GB"),
    ("to", "TB"),
    ("po", "PB"),
    ("byte", "B"),
    ("bytes", "B"),
    ("octets", "B"),
];

/// Kind of text that a field holds, as far as its spelling goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// A number of CPUs.
    Count,
    /// A number and a unit.
    Quantity,
    /// A share.
    Percent,
    /// An IP address.
    Address,
    /// A time.
    Time,
    /// Any other text.
    Other,
}

impl Spelling {
    const fn is_number(self) -> bool {
        matches!(self, Self::Count | Self::Quantity | Self::Percent)
    }
}

/// Notation of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notation {
    /// Character before the decimals of a number, `.` or `,`, if the command line has it.
    pub decimal: Option<char>,
    /// Spelling of dates in the directives of `strftime`, such as `%d/%m/%Y`.
    pub date_format: Option<String>,
    /// Words for an empty cell instead of the usual ones.
    pub empty_words: Vec<String>,
    /// True if the file has the columns of another program, so that `1.024` may be 1024.
    pub is_foreign: bool,
    /// True if a number is a time as spreadsheets count it: days since 1899-12-30.
    pub counts_days: bool,
}

impl Notation {
    /// Parses `--decimal`.
    ///
    /// # Errors
    /// The text is neither `.` nor `,`.
    pub fn decimal_mark(text: &str) -> Result<char> {
        match text {
            "." => Ok('.'),
            "," => Ok(','),
            _ => Err(Error::usage(format!("{} is not a decimal mark", quoted(text))).help("pass --decimal , or .")),
        }
    }

    /// Returns true if a cell that is a value in the form of `inv` is always that value.
    #[must_use]
    pub const fn reads_own_form_first(&self) -> bool {
        self.decimal.is_none() && self.date_format.is_none() && self.empty_words.is_empty() && !self.is_foreign
    }

    /// Tests if the text is a word for an empty cell.
    #[must_use]
    pub fn is_empty_word(&self, text: &str) -> bool {
        let word = text.trim().to_lowercase();
        if self.empty_words.is_empty() {
            return word.is_empty() || EMPTY_WORDS.contains(&word.as_str());
        }
        word.is_empty() || self.empty_words.iter().any(|other| other.to_lowercase() == word)
    }

    /// Returns the text that is read first: the text itself, unless the file's decimal mark or date format says what it is.
    ///
    /// # Errors
    /// The number has two readings and nothing says which one the file means.
    pub fn first<'t>(&self, form: Spelling, text: &'t str) -> Result<Cow<'t, str>> {
        if form == Spelling::Time
            && let Some(format) = &self.date_format
        {
            return Ok(dated(format, text).map_or(text.into(), Cow::from));
        }
        if !form.is_number() {
            return Ok(text.into());
        }
        let (number, rest) = number_and_rest(text);
        match self.decimal {
            Some('.') | None if !number.contains([',', ' ', '\u{a0}', '\u{202f}', '\'', '’']) => {
                if self.decimal.is_none() && self.is_foreign && is_grouped_once(number) {
                    return Err(two_readings(text, number, rest));
                }
                Ok(text.into())
            }
            Some(mark) => Ok(plain_number(number, mark).map_or(text.into(), |plain| format!("{plain}{rest}").into())),
            None if number.contains([',', '\'', '’']) => Err(two_readings(text, number, rest)),
            None => Ok(text.into()),
        }
    }

    /// Returns another spelling of a text that was refused; `None` if there is none.
    #[must_use]
    pub fn again(&self, form: Spelling, text: &str) -> Option<String> {
        let trimmed = trim(text);
        let other = match form {
            Spelling::Count => {
                let (number, word) = number_and_rest(trimmed);
                CPU_WORDS.contains(&word.trim().to_lowercase().as_str()).then(|| number.trim().to_owned())
            }
            Spelling::Quantity => {
                let (number, word) = number_and_rest(trimmed);
                let word = word.trim().to_lowercase();
                let unit = UNIT_WORDS.iter().find(|(other, _)| *other == word).map(|(_, unit)| unit);
                unit.map(|unit| format!("{} {unit}", number.trim()))
            }
            Spelling::Address => Some(bare_address(trimmed).to_owned()),
            Spelling::Time => slashed(trimmed).or_else(|| if self.counts_days { counted(trimmed) } else { None }),
            Spelling::Percent | Spelling::Other => None,
        };
        other.or_else(|| Some(trimmed.to_owned())).filter(|other| other != text)
    }
}

/// Returns the text without blanks of any script and byte order marks at its ends.
fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}')
}

/// Splits a text behind the digits and separators that it begins with.
fn number_and_rest(text: &str) -> (&str, &str) {
    let text = trim(text);
    let is_of_number = |character: char| {
        character.is_ascii_digit() || matches!(character, '.' | ',' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}')
    };
    let rest = text.trim_start_matches(is_of_number);
    // Blanks before the unit are no part of the number.
    let number = text.get(..text.len() - rest.len()).unwrap_or_default().trim_end();
    (number, text.get(number.len()..).unwrap_or_default())
}

/// Tests for one point with three digits behind it: 1.024 is a little more than one, or a thousand and twenty-four.
fn is_grouped_once(number: &str) -> bool {
    number.split_once('.').is_some_and(|(whole, rest)| {
        (1..=3).contains(&whole.len())
            && !whole.starts_with('0')
            && rest.len() == 3
            && is_digits(whole)
            && is_digits(rest)
    })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the number as `inv` writes it, where `mark` is before its decimals; `None` if its groups are not of three
/// digits.
fn plain_number(number: &str, mark: char) -> Option<String> {
    let (whole, decimals) = number.split_once(mark).map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    if decimals.is_some_and(|decimals| !is_digits(decimals)) {
        return None;
    }
    let groups: Vec<&str> = whole.split(|character: char| !character.is_ascii_digit()).collect();
    let are_groups = groups.len() == 1
        || groups.iter().enumerate().all(|(place, group)| match place {
            0 => (1..=3).contains(&group.len()),
            _ => group.len() == 3,
        });
    if !are_groups || !groups.iter().all(|group| is_digits(group)) {
        return None;
    }
    Some(match decimals {
        Some(decimals) => format!("{}.{decimals}", groups.concat()),
        None => groups.concat(),
    })
}

fn two_readings(text: &str, number: &str, rest: &str) -> Error {
    let readings: Vec<String> = ['.', ',']
        .into_iter()
        .filter_map(|mark| Some((mark, plain_number(number, mark)?)))
        .map(|(mark, plain)| format!("--decimal {mark} for {}", quoted(&format!("{plain}{rest}"))))
        .collect();
    let error = Error::failed(format!("{} has a separator in its number", quoted(text)));
    match readings.as_slice() {
        [] => error.help("write the number with a point and without groups, as in 1024.5"),
        readings => error.help(format!("pass {}", readings.join(", or "))),
    }
}

/// Returns the address without a prefix length, brackets or port. A zone id stays: what it means is lost without it.
fn bare_address(text: &str) -> &str {
    if let Some(inner) = text.strip_prefix('[') {
        return inner.split(']').next().unwrap_or(inner);
    }
    let address = text.split('/').next().unwrap_or(text).trim_end();
    match address.split_once(':') {
        Some((before, port)) if before.contains('.') && is_digits(port) => before,
        _ => address,
    }
}

/// Returns a time with the year first and slashes, as `RVTools` and Excel in Japan write it, in the form of RFC 3339.
fn slashed(text: &str) -> Option<String> {
    let (date, time) = text.split_once(' ').map_or((text, ""), |(date, time)| (date, time.trim_start()));
    let parts: Vec<&str> = date.split('/').collect();
    let [year, month, day] = parts.as_slice() else { return None };
    if year.len() != 4 || ![year, month, day].into_iter().all(|part| is_digits(part)) {
        return None;
    }
    let date = format!("{year}-{month:0>2}-{day:0>2}");
    Some(if time.is_empty() { date } else { format!("{date} {time}") })
}

/// Returns the time that a number of days since 1899-12-30 stands for. Spreadsheets disagree on the first two months of
/// 1900.
fn counted(text: &str) -> Option<String> {
    let days: f64 = text.parse().ok()?;
    if !(61.0..2_958_466.0).contains(&days) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the number of seconds of eight thousand years")]
    let seconds = (days * 86_400.0).round() as i64;
    let time = date(1899, 12, 30).at(0, 0, 0, 0).checked_add(Span::new().seconds(seconds)).ok()?;
    Some(time.to_string())
}

/// Reads a date or a time in the form that the file has.
fn dated(format: &str, text: &str) -> Option<String> {
    let parsed = strtime::parse(format, trim(text)).ok()?;
    let at = parsed.to_datetime().or_else(|_| parsed.to_date().map(DateTime::from)).ok()?;
    Some(match parsed.offset() {
        Some(offset) => format!("{at}{offset}"),
        None => at.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Notation, Spelling};

    fn first(notation: &Notation, form: Spelling, text: &str) -> String {
        notation.first(form, text).map_or_else(
            |error| format!("{} | {}", error.message(), error.way_out().unwrap_or_default()),
            std::borrow::Cow::into_owned,
        )
    }

    #[test]
    fn a_number_with_a_separator_has_two_readings_until_the_decimal_mark_is_known() {
        let (unknown, comma) = (Notation::default(), Notation { decimal: Some(','), ..Notation::default() });
        let point = Notation { decimal: Some('.'), ..Notation::default() };
        let foreign = Notation { is_foreign: true, ..Notation::default() };
        let both = "\"1,024 MB\" has a separator in its number | pass --decimal . for \"1024 MB\", or --decimal , \
                    for \"1.024 MB\"";
        assert_eq!(first(&unknown, Spelling::Quantity, "1,024 MB"), both);
        assert_eq!(first(&comma, Spelling::Quantity, "1,024 MB"), "1.024 MB");
        assert_eq!(first(&point, Spelling::Quantity, "1,024 MB"), "1024 MB");
        assert_eq!(first(&comma, Spelling::Quantity, "1.024,5 GB"), "1024.5 GB");
        assert_eq!(first(&comma, Spelling::Count, "0,5"), "0.5");
        assert_eq!(first(&comma, Spelling::Quantity, "12 345 MB"), "12345 MB");
        assert_eq!(first(&unknown, Spelling::Quantity, "1.024 MB"), "1.024 MB");
        assert!(first(&foreign, Spelling::Quantity, "1.024 MB").contains("--decimal , for \"1024 MB\""));
        assert_eq!(first(&foreign, Spelling::Quantity, "0.512 MB"), "0.512 MB");
        assert_eq!(first(&foreign, Spelling::Quantity, "1.5 MB"), "1.5 MB");
        assert_eq!(first(&comma, Spelling::Other, "1,024"), "1,024");
    }

    #[test]
    fn what_is_refused_is_spelled_anew_by_its_kind() {
        let again = |form, text| Notation::default().again(form, text);
        for (form, text, other) in [
            (Spelling::Count, " 2 vCPU(s) ", "2"),
            (Spelling::Count, "4 cores", "4"),
            (Spelling::Quantity, "4Gi", "4 GiB"),
            (Spelling::Quantity, "4 Go", "4 GB"),
            (Spelling::Quantity, "4096 MB\u{a0}", "4096 MB"),
            (Spelling::Address, "192.0.2.30/24", "192.0.2.30"),
            (Spelling::Address, "[2001:db8::30]:22", "2001:db8::30"),
            (Spelling::Address, "192.0.2.30:8443", "192.0.2.30"),
            (Spelling::Time, "2023/2/8 15:49:10", "2023-02-08 15:49:10"),
            (Spelling::Other, " alpha\u{3000}", "alpha"),
        ] {
            assert_eq!(again(form, text).as_deref(), Some(other), "{text}");
        }
        for text in ["2001:db8::30", "fe80::1%eth0"] {
            assert_eq!(again(Spelling::Address, text), None, "{text}");
        }
        assert_eq!(again(Spelling::Time, "03/04/2025").as_deref(), None);
    }

    #[test]
    fn dates_are_read_in_the_form_of_the_file() {
        let german = Notation { date_format: Some("%d.%m.%Y".to_owned()), ..Notation::default() };
        assert_eq!(first(&german, Spelling::Time, "03.04.2025"), "2025-04-03T00:00:00");
        let zoned = Notation { date_format: Some("%d/%m/%Y %H:%M %z".to_owned()), ..Notation::default() };
        assert_eq!(first(&zoned, Spelling::Time, "03/04/2025 07:05 +0900"), "2025-04-03T07:05:00+09");
        assert_eq!(first(&german, Spelling::Time, "2025-04-03"), "2025-04-03");
    }

    #[test]
    fn days_of_a_spreadsheet_are_times() {
        let sheet = Notation { counts_days: true, ..Notation::default() };
        // As Python has them: datetime(1899, 12, 30) + timedelta(days=45720.4244444444).
        for (text, time) in [
            ("45000", Some("2023-03-15T00:00:00")),
            ("45720.4244444444", Some("2025-03-04T10:11:12")),
            ("60", None),
            ("2958466", None),
            ("x", None),
        ] {
            assert_eq!(sheet.again(Spelling::Time, text).as_deref(), time, "{text}");
        }
        assert_eq!(Notation::default().again(Spelling::Time, "45000"), None);
    }

    #[test]
    fn words_for_nothing_are_those_of_spreadsheets_or_of_the_command_line() {
        let own = Notation { empty_words: vec!["keine".to_owned()], ..Notation::default() };
        for word in ["N/A", " - ", "none", "NULL", "#N/A", ""] {
            assert!(Notation::default().is_empty_word(word), "{word}");
            assert!(!own.is_empty_word(word) || word.is_empty(), "{word}");
        }
        assert!(own.is_empty_word("Keine"));
    }
}
