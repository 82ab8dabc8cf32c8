//! Exact decimals: what quantities and CPU counts are compared and summed as.
//!
//! A decimal has up to 18 places. A quantity of at most 2^63-1 bytes with 18 places, and the sum of any number of them
//! that an inventory can hold, is exact: no whole byte is ever rounded away.

use super::shown::quoted;
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};

/// Number of decimal places.
pub const PLACES: usize = 18;
const ONE: u64 = 1_000_000_000_000_000_000;
/// Largest number of digits before the point: more than any quantity or count has.
const WHOLE_DIGITS: usize = 30;
/// Largest length of a number in characters, leading and trailing zeros included.
const LONGEST: usize = 100;
/// Fewer digits than the largest count has.
const SHORT: usize = 19;
/// Help for a text that is not a number.
pub(super) const HOW_TO_WRITE: &str = "write the digits 0 to 9 with at most one point, such as 1024 or 1.5";

/// A decimal number with 18 places: `whole + fraction / 10^18`, the fraction never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Decimal {
    whole: i128,
    fraction: u64,
}

/// Reason for which a text is not a decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not digits with at most one point between digits.
    NotANumber,
    /// It begins with a minus sign.
    Negative,
    /// It has more than 18 places.
    TooPrecise,
    /// It has more digits than any quantity or count has.
    TooLarge,
}

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self { whole: 0, fraction: 0 };

    /// A whole number.
    #[must_use]
    pub const fn from_whole(whole: i128) -> Self {
        Self { whole, fraction: 0 }
    }

    /// Reads ASCII digits with at most one point that has digits on both sides: `16`, `1.5`, `007.250`.
    ///
    /// Signs, exponents, separators, other scripts' digits and more than 18 places (or 30 whole digits) are refused.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if let Some(size) = text.strip_prefix(['-', '−']) {
            let digits = size.strip_prefix('.').unwrap_or(size).starts_with(|c: char| c.is_ascii_digit());
            return Err(if digits { Fault::Negative } else { Fault::NotANumber });
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(Fault::NotANumber);
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > PLACES {
            return Err(Fault::TooPrecise);
        }
        if whole.len() > WHOLE_DIGITS || text.len() > LONGEST {
            return Err(Fault::TooLarge);
        }
        let whole = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| Fault::TooLarge)? };
        let fraction = fraction.bytes().chain(std::iter::repeat(b'0')).take(PLACES);
        let fraction = fraction.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
        Ok(Self { whole, fraction })
    }

    /// The whole part, rounded towards minus infinity.
    #[must_use]
    pub const fn floor(self) -> i128 {
        self.whole
    }

    /// Tests if it is a whole number.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.fraction == 0
    }

    /// Tests if it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.whole < 0
    }

    /// Times a whole number, exactly; `None` beyond what an `i128` holds.
    #[must_use]
    pub fn checked_times(self, factor: u64) -> Option<Self> {
        let product = u128::from(self.fraction) * u128::from(factor);
        let carry = i128::try_from(product / u128::from(ONE)).ok()?;
        let fraction = u64::try_from(product % u128::from(ONE)).ok()?;
        let whole = self.whole.checked_mul(i128::from(factor))?.checked_add(carry)?;
        Some(Self { whole, fraction })
    }

    /// Divided by a whole number where the result has at most `places` places (18 at most); else `None`.
    #[must_use]
    pub fn exactly_over(self, divisor: u64, places: u32) -> Option<Self> {
        let beyond = 10_u64.checked_pow(u32::try_from(PLACES).ok()?.checked_sub(places)?)?;
        if divisor == 0 || !self.fraction.is_multiple_of(beyond) {
            return None;
        }
        let divisor = i128::from(divisor);
        let whole = self.whole.div_euclid(divisor);
        // The rest is below 2^64 and 10^18 below 2^60: their product fits.
        let rest = (self.whole - whole * divisor) * 10_i128.pow(places) + i128::from(self.fraction / beyond);
        let fraction = rest / divisor;
        if fraction * divisor != rest {
            return None;
        }
        Some(Self { whole, fraction: u64::try_from(fraction * i128::from(beyond)).ok()? })
    }

    /// The nearest floating-point number: for drawing and percentages, never for sums.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the nearest number is meant")]
    pub fn approximate(self) -> f64 {
        self.whole as f64 + self.fraction as f64 / ONE as f64
    }
}

/// Exact for any sum that an inventory can hold; ends at what an `i128` holds rather than wrap around.
impl Add for Decimal {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let fraction = self.fraction + other.fraction;
        let whole = self.whole.saturating_add(other.whole).saturating_add(i128::from(fraction / ONE));
        Self { whole, fraction: fraction % ONE }
    }
}

/// Exact for any difference that an inventory can hold, as a sum is.
impl Sub for Decimal {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let borrow = self.fraction < other.fraction;
        let fraction = self.fraction + if borrow { ONE } else { 0 } - other.fraction;
        Self { whole: self.whole.saturating_sub(other.whole).saturating_sub(i128::from(borrow)), fraction }
    }
}

impl Sum for Decimal {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, Add::add)
    }
}

/// The shortest exact decimal text: no trailing zeros, no point where nothing stands behind it.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let negative = self.whole < 0;
        let size = if negative { Self::ZERO - *self } else { *self };
        let sign = if negative { "-" } else { "" };
        if size.is_whole() {
            return write!(f, "{sign}{}", size.whole);
        }
        let fraction = format!("{:0PLACES$}", size.fraction);
        write!(f, "{sign}{}.{}", size.whole, fraction.trim_end_matches('0'))
    }
}

/// Reads a count of virtual CPUs: a positive decimal, in its shortest exact text (`4`, `0.5`).
pub fn parse_count(text: &str) -> Result<String> {
    lent_count(text).map(Cow::into_owned)
}

/// As [`parse_count`], but lends a text that is stored as it stands.
pub fn lent_count(text: &str) -> Result<Cow<'_, str>> {
    // Most machines have a few: whole, and written as it is stored.
    if text.len() < SHORT
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(text.as_bytes(), [b'1'..=b'9', ..])
    {
        return Ok(text.into());
    }
    let text = text.trim();
    let refused = |reason: &str| Error::failed(format!("{} {reason}", quoted(text))).help(HOW_TO_WRITE);
    let leading_point = text.starts_with('.').then(|| format!("0{text}"));
    let number =
        Decimal::parse(leading_point.as_deref().unwrap_or(text)).map_err(|fault| refused(&reason(text, fault)))?;
    if number == Decimal::ZERO {
        return Err(refused("is not a positive number"));
    }
    if number > Decimal::from_whole(i128::from(i64::MAX)) {
        return Err(refused("is too large a number"));
    }
    Ok(number.to_string().into())
}

/// Returns the words of a message for a text that `Decimal::parse` rejects.
pub(super) fn reason(text: &str, fault: Fault) -> String {
    match fault {
        Fault::NotANumber => flaw(text).unwrap_or_else(|| "is not a number".to_owned()),
        Fault::Negative => "is negative".to_owned(),
        Fault::TooPrecise => format!("has more than {PLACES} decimal places"),
        Fault::TooLarge => "is too large a number".to_owned(),
    }
}

/// Describes the notation of a number at the start of `text` that `inv` does not read; `None` if it is no number.
pub(super) fn flaw(text: &str) -> Option<String> {
    let lower: String = text.chars().take(LONGEST).map(|c| c.to_ascii_lowercase()).collect();
    let rest = lower.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = lower.get(..lower.len() - rest.len())?;
    let digit_after = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    let mut following = rest.chars();
    let next = following.next()?;
    let after = following.as_str();
    if next.is_numeric() {
        return Some(format!("has \"{next}\" instead of a digit from 0 to 9"));
    }
    if number.is_empty() {
        let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
        let digits = digit_after(after.trim_start().trim_start_matches('.'));
        return match next {
            '-' | '−' if digits => Some("is negative".to_owned()),
            '+' if digits => Some("has a sign".to_owned()),
            _ if matches!(word.as_str(), "nan" | "inf" | "infinity") => Some("is not a number".to_owned()),
            _ => None,
        };
    }
    match next {
        'x' if number == "0" && after.starts_with(|c: char| c.is_ascii_hexdigit()) => Some("is hexadecimal".to_owned()),
        'e' if digit_after(after.strip_prefix(['+', '-', '−']).unwrap_or(after)) => {
            Some("has an exponent".to_owned())
        }
        ',' | '_' | '\'' | '’' | '٬' | '٫' | '，' | '．' if digit_after(after) => {
            Some(format!("has \"{next}\" in its number"))
        }
        _ if next.is_whitespace() && digit_after(after.trim_start()) => Some("has a blank in its number".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, Fault, parse_count};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).expect(text)
    }

    #[test]
    fn digits_with_at_most_one_point_are_read() {
        for (text, shortest) in [("16", "16"), ("1.5", "1.5"), ("007.250", "7.25"), ("0.0", "0"), ("0000", "0")] {
            assert_eq!(decimal(text).to_string(), shortest);
        }
        assert_eq!(decimal("0.000000000000000001").to_string(), "0.000000000000000001");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["", ".", "1.", ".5", "1.2.3", "+1", "1e3", "0x10", "1,024", "1 024", "１６", "٣", "NaN", "-", "-x", "--1"]
        {
            assert_eq!(Decimal::parse(text), Err(Fault::NotANumber), "{text}");
        }
        for text in ["-1", "−1", "-.5", "-0"] {
            assert_eq!(Decimal::parse(text), Err(Fault::Negative), "{text}");
        }
        assert_eq!(Decimal::parse("0.0000000000000000001"), Err(Fault::TooPrecise));
        assert_eq!(Decimal::parse(&"9".repeat(31)), Err(Fault::TooLarge));
        assert_eq!(Decimal::parse(&"0".repeat(101)), Err(Fault::TooLarge));
    }

    #[test]
    fn below_zero_the_text_keeps_its_sign() {
        assert_eq!((decimal("0.5") - decimal("1")).to_string(), "-0.5");
        assert_eq!((decimal("1") - decimal("2.25")).to_string(), "-1.25");
        assert!((decimal("0.5") - decimal("1")).is_negative());
    }

    #[test]
    fn an_exact_quotient_may_have_a_fraction_on_both_sides() {
        assert_eq!(decimal("1049.6").exactly_over(1024, 3), Some(decimal("1.025")));
        assert_eq!(decimal("1536").exactly_over(1024, 3), Some(decimal("1.5")));
        assert_eq!(decimal("1025").exactly_over(1024, 3), None);
        assert_eq!(decimal("1").exactly_over(0, 3), None);
        assert_eq!(decimal("1").exactly_over(2, 19), None);
        assert_eq!((decimal("0") - decimal("1536")).exactly_over(1024, 1), Some(decimal("0") - decimal("1.5")));
    }

    #[test]
    fn a_sum_beyond_measure_does_not_wrap_around() {
        let most = Decimal::from_whole(i128::MAX);
        assert_eq!((most + most).floor(), i128::MAX);
        assert!((Decimal::from_whole(i128::MIN) - most).is_negative());
        assert!(!Decimal::from_whole(i128::MIN).to_string().is_empty());
    }

    #[test]
    fn a_count_is_positive_and_in_its_shortest_text() {
        for (text, stored) in [("4", "4"), (" 8 ", "8"), ("0.5", "0.5"), (".5", "0.5"), ("4.0", "4"), ("016", "16")] {
            assert_eq!(parse_count(text).as_deref(), Ok(stored));
        }
    }

    #[test]
    fn what_is_wrong_with_a_count_is_told() {
        for (text, message) in [
            ("", "\"\" is not a number"),
            ("four", "\"four\" is not a number"),
            ("0", "\"0\" is not a positive number"),
            ("-1", "\"-1\" is negative"),
            ("+1", "\"+1\" has a sign"),
            ("1e3", "\"1e3\" has an exponent"),
            ("0x10", "\"0x10\" is hexadecimal"),
            ("1,024", "\"1,024\" has \",\" in its number"),
            ("1 024", "\"1 024\" has a blank in its number"),
            ("４", "\"４\" has \"４\" instead of a digit from 0 to 9"),
            ("inf", "\"inf\" is not a number"),
            ("9223372036854775808", "\"9223372036854775808\" is too large a number"),
            ("1.0000000000000000001", "\"1.0000000000000000001\" has more than 18 decimal places"),
        ] {
            assert_eq!(parse_count(text).expect_err(text).message(), message);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = Decimal::parse(&text);
            if let Ok(count) = parse_count(&text) {
                prop_assert_eq!(parse_count(&count), Ok(count.clone()));
            }
        }

        #[test]
        fn text_comes_back_exactly(whole in any::<u64>(), places in "[0-9]{0,17}[1-9]") {
            let text = format!("{whole}.{places}");
            prop_assert_eq!(decimal(&text).to_string(), text);
        }

        #[test]
        fn a_whole_count_is_stored_as_it_is_written(count in 1..=i64::MAX, zeros in "0{1,2}", few in 1..1000_i64) {
            for count in [count, few] {
                prop_assert_eq!(parse_count(&count.to_string()), Ok(count.to_string()));
                prop_assert_eq!(parse_count(&format!("{zeros}{count}")), Ok(count.to_string()));
                prop_assert_eq!(parse_count(&format!(" {count} ")), Ok(count.to_string()));
            }
        }

        #[test]
        fn sums_and_differences_are_exact(left in 0..u64::MAX, right in 0..u64::MAX) {
            // Thousandths as whole numbers are the reference.
            let from = |thousandths: u64| decimal(&format!("{}.{:03}", thousandths / 1000, thousandths % 1000));
            let sum = u128::from(left) + u128::from(right);
            let text = format!("{}.{:03}", sum / 1000, sum % 1000);
            prop_assert_eq!(from(left) + from(right), decimal(&text));
            prop_assert_eq!(from(left) + from(right) - from(right), from(left));
            prop_assert_eq!(from(left) - from(right) + from(right), from(left));
            prop_assert_eq!(from(left).cmp(&from(right)), left.cmp(&right));
        }

        #[test]
        fn products_are_exact(thousandths in any::<u64>(), factor in any::<u32>()) {
            let product = u128::from(thousandths) * u128::from(factor);
            let number = decimal(&format!("{}.{:03}", thousandths / 1000, thousandths % 1000));
            let expected = decimal(&format!("{}.{:03}", product / 1000, product % 1000));
            prop_assert_eq!(number.checked_times(u64::from(factor)), Some(expected));
        }

        #[test]
        fn a_quotient_times_its_divisor_is_the_number(whole in any::<i64>(), places in 0u32..=18, divisor in 1u64..=1 << 50) {
            let number = Decimal::from_whole(i128::from(whole));
            if let Some(quotient) = number.exactly_over(divisor, places) {
                prop_assert_eq!(quotient.checked_times(divisor), Some(number));
            }
            prop_assert!(number.exactly_over(1, places) == Some(number));
        }
    }
}
