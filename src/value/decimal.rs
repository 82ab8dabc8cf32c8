//! Exact decimals: what quantities and CPU counts are compared and summed as.
//!
//! A decimal has up to 18 places. A quantity of at most 2^63-1 bytes with 18 places, and the sum of any number of them
//! that an inventory can hold, is exact: no whole byte is ever rounded away.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};

/// How many decimal places are kept.
pub const PLACES: usize = 18;
const ONE: u64 = 10_u64.pow(PLACES as u32);

/// A decimal number with 18 places: `whole + fraction / 10^18`, the fraction never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Decimal {
    whole: i128,
    fraction: u64,
}

/// Why a text is not a decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not digits with at most one point between digits.
    NotANumber,
    /// It begins with a minus sign.
    Negative,
    /// It has more than 18 places, or more digits than any quantity has.
    TooPrecise,
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
    /// # Errors
    /// Signs, exponents, separators, other scripts' digits and more than 18 places (or 30 whole digits) are refused.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.strip_prefix(['-', '−']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            return Err(Fault::Negative);
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(Fault::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > PLACES || whole.trim_start_matches('0').len() > 30 {
            return Err(Fault::TooPrecise);
        }
        let whole = whole.parse().map_err(|_| Fault::TooPrecise)?;
        let fraction = format!("{fraction:0<PLACES$}").parse().map_err(|_| Fault::TooPrecise)?;
        Ok(Self { whole, fraction })
    }

    /// The whole part, rounded towards minus infinity.
    #[must_use]
    pub const fn floor(self) -> i128 {
        self.whole
    }

    /// Whether nothing stands behind the point.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.fraction == 0
    }

    /// Whether it is below zero.
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
        if divisor == 0 || !self.is_whole() {
            return None;
        }
        let divisor = i128::from(divisor);
        let rest = self.whole.rem_euclid(divisor);
        let scaled = rest.checked_mul(10_i128.pow(places))?;
        if scaled % divisor != 0 {
            return None;
        }
        let fraction = scaled / divisor * 10_i128.pow(PLACES as u32 - places);
        Some(Self { whole: self.whole.div_euclid(divisor), fraction: u64::try_from(fraction).ok()? })
    }

    /// The nearest floating-point number: for drawing and percentages, never for sums.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "it is said to be the nearest")]
    pub fn approximate(self) -> f64 {
        self.whole as f64 + self.fraction as f64 / ONE as f64
    }
}

impl Add for Decimal {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let fraction = self.fraction + other.fraction;
        Self { whole: self.whole + other.whole + i128::from(fraction / ONE), fraction: fraction % ONE }
    }
}

impl Sub for Decimal {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let borrow = self.fraction < other.fraction;
        let fraction = self.fraction + if borrow { ONE } else { 0 } - other.fraction;
        Self { whole: self.whole - other.whole - i128::from(borrow), fraction }
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
        let fraction = format!("{:0PLACES$}", size.fraction);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{sign}{}", size.whole),
            places => write!(f, "{sign}{}.{places}", size.whole),
        }
    }
}
