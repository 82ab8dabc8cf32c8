//! Overcommit ratios, and parts of a whole as numbers.
//!
//! A ratio of 4:1 allows four virtual CPUs to be allocated for each CPU of a pool. It is written `N:1`, or `N` alone, and
//! stored as the number `N` with three decimal places at most, so that products with exact totals stay exact.

use super::decimal::Decimal;
use super::shown::quoted;
use crate::error::{Error, Result};
use std::ops::Add;

/// Virtual CPUs allocated for each CPU above which a pool without a ratio is reported.
pub const UNSET_CPU: u64 = 8;

/// A ratio, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio(u64);

impl Ratio {
    /// Largest number on either side, exclusive.
    const LIMIT: i128 = 1_000_000;

    /// Parses `4:1`, `1.5`, `3:2`.
    ///
    /// # Errors
    /// It is no ratio above zero, or has more than three decimal places as `N:1`.
    pub fn parse(text: &str) -> Result<Self> {
        let (left, right) = text.split_once(':').unwrap_or((text, "1"));
        let found = thousandths(left).zip(thousandths(right)).and_then(|(left, right)| {
            let product = left.checked_mul(1000)?;
            product.is_multiple_of(right).then_some(product / right)
        });
        found.map(Self).ok_or_else(|| {
            Error::failed(format!("{} is not an overcommit ratio", quoted(text)))
                .help("write N:1 with at most three decimal places, for example 4:1 or 1.5:1")
        })
    }

    /// Returns its number as exact text: `4` for 4:1.
    #[must_use]
    pub fn number(self) -> String {
        let exact = Decimal::from_whole(self.0.into()).exactly_over(1000, 18);
        exact.unwrap_or_default().to_string()
    }

    /// Returns the amount that may be allocated of `capacity`, rounded down if it has no exact decimal.
    #[must_use]
    pub fn allowed(self, capacity: Decimal) -> Decimal {
        let product = capacity.checked_times(self.0).unwrap_or(capacity);
        product.exactly_over(1000, 18).unwrap_or_else(|| Decimal::from_whole(product.floor() / 1000))
    }
}

fn thousandths(text: &str) -> Option<u64> {
    let number = Decimal::parse(text.trim()).ok().filter(|number| *number < Decimal::from_whole(Ratio::LIMIT))?;
    let number = number.checked_times(1000).filter(|number| number.is_whole())?;
    u64::try_from(number.floor()).ok().filter(|number| *number > 0)
}

/// Returns `part` divided by `total`; `None` if `total` is not positive.
#[must_use]
pub fn part_of(part: Decimal, total: Decimal) -> Option<f64> {
    (total > Decimal::ZERO).then(|| part.approximate() / total.approximate())
}

/// Returns the text of a part, with at most four decimal places.
#[must_use]
pub fn part_text(part: f64) -> String {
    let text = format!("{part:.4}");
    Decimal::parse(&text).map_or(text, |exact| exact.to_string())
}

/// Capacity of one or several pools, how much of it may be allocated, and how much is.
#[derive(Debug, Clone, Copy)]
pub struct Allotment {
    /// Amount that there is.
    pub capacity: Decimal,
    /// Amount that may be allocated: the capacity times the ratio.
    pub total: Decimal,
    /// Allocated amount.
    pub allocated: Decimal,
    /// True if a ratio is set, for one of the pools at least.
    pub has_ratio: bool,
}

impl Allotment {
    /// Returns the allotment of one pool.
    #[must_use]
    pub fn new(capacity: Decimal, ratio: Option<Ratio>, allocated: Decimal) -> Self {
        let total = ratio.map_or(capacity, |ratio| ratio.allowed(capacity));
        Self { capacity, total, allocated, has_ratio: ratio.is_some() }
    }

    /// Returns how much may still be allocated; negative if too much is.
    #[must_use]
    pub fn free(&self) -> Decimal {
        self.total - self.allocated
    }

    /// Returns the allocated part of what may be.
    #[must_use]
    pub fn part(&self) -> Option<f64> {
        part_of(self.allocated, self.total)
    }

    /// Returns the ratio that applies, if one is set; of several pools, that of the sums.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        part_of(self.total, self.capacity).filter(|_| self.has_ratio)
    }

    /// Returns true if more than the capacity is allocated, and no ratio says how much may be.
    #[must_use]
    pub fn exceeds_unset(&self) -> bool {
        !self.has_ratio && self.allocated > self.capacity
    }
}

impl Add for Allotment {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            capacity: self.capacity + other.capacity,
            total: self.total + other.total,
            allocated: self.allocated + other.allocated,
            has_ratio: self.has_ratio || other.has_ratio,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Allotment, Ratio, part_of, part_text};
    use crate::value::decimal::Decimal;
    use proptest::prelude::{any, prop_assert_eq, proptest};

    fn whole(number: i128) -> Decimal {
        Decimal::from_whole(number)
    }

    #[test]
    fn a_ratio_is_read_with_and_without_its_one_and_kept_as_a_number() {
        for (text, number) in
            [("4:1", "4"), ("4", "4"), (" 1.5 : 1 ", "1.5"), ("3:2", "1.5"), ("1:2", "0.5"), ("0.125", "0.125")]
        {
            assert_eq!(Ratio::parse(text).map(Ratio::number).as_deref(), Ok(number), "{text}");
        }
        for text in ["", ":", "4:", ":1", "0", "0:1", "1:0", "-1", "1:3", "1.0001", "4:1:1", "4x", "1000000", "4e1"] {
            let error = Ratio::parse(text).expect_err("no ratio");
            assert_eq!(error.message(), format!("\"{text}\" is not an overcommit ratio"));
        }
    }

    #[test]
    fn an_allowed_amount_is_exact_where_it_has_a_decimal_and_rounded_down_elsewhere() {
        let allowed = |ratio, capacity: &str| {
            let capacity = Decimal::parse(capacity).expect("a decimal");
            Ratio::parse(ratio).expect("a ratio").allowed(capacity).to_string()
        };
        assert_eq!(allowed("4:1", "560"), "2240");
        assert_eq!(allowed("1.5", "9223372036854775807"), "13835058055282163710.5");
        assert_eq!(allowed("0.125", "0.000000000000000004"), "0");
    }

    #[test]
    fn parts_have_four_places_and_none_of_nothing() {
        assert_eq!(part_of(whole(2729), whole(560)).map(part_text).as_deref(), Some("4.8732"));
        assert_eq!(part_of(whole(1), whole(2)).map(part_text).as_deref(), Some("0.5"));
        assert_eq!(part_of(whole(1), Decimal::ZERO), None);
    }

    #[test]
    fn allotments_add_up_and_a_ratio_of_one_pool_is_one_of_all() {
        let four = Allotment::new(whole(10), Ratio::parse("4:1").ok(), whole(30));
        let unset = Allotment::new(whole(10), None, whole(49));
        let both = four + unset;
        assert_eq!((four.free(), unset.free(), both.free()), (whole(10), whole(-39), whole(-29)));
        assert_eq!((four.ratio(), unset.ratio(), both.ratio()), (Some(4.0), None, Some(2.5)));
        assert_eq!((four.part(), unset.part()), (Some(0.75), Some(4.9)));
        assert_eq!([four, unset, both].map(|each| each.exceeds_unset()), [false, true, false]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_numbers_come_back(text in any::<String>(), number in 1_u64..1_000_000_000) {
            let _ = Ratio::parse(&text);
            let ratio = Ratio(number);
            prop_assert_eq!(Ratio::parse(&ratio.number()), Ok(ratio));
        }
    }
}
