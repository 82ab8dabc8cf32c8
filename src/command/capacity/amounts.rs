//! Amounts to sum, each parsed once.

use super::Mixer;
use crate::error::Result;
use crate::store::Stored;
use crate::value::decimal::Decimal;
use crate::value::quantity::{Quantity, Units};
use std::hash::Hasher;

/// An amount to sum.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Amount {
    pub(super) exact: Decimal,
    /// Same amount as an integer, if it is whole.
    whole: Option<u64>,
}

impl Amount {
    fn new(exact: Decimal) -> Self {
        let whole = u64::try_from(exact.floor()).ok().filter(|_| exact.is_whole());
        Self { exact, whole }
    }

    /// Adds the amount to `sum` if it is whole and does not overflow; otherwise returns it.
    pub(super) fn add_to(self, sum: &mut u64) -> Decimal {
        match self.whole.and_then(|whole| sum.checked_add(whole)) {
            Some(more) => {
                *sum = more;
                Decimal::ZERO
            }
            None => self.exact,
        }
    }
}

/// Number of cached amounts.
const CACHE_SIZE: usize = 512;

/// Cache of parsed amounts: an estate has few different ones.
pub(super) struct Amounts<'u> {
    units: &'u Units,
    cache: Vec<CachedAmount>,
}

/// A parsed amount with its key: packed digits and unit.
#[derive(Debug, Clone, Copy, Default)]
struct CachedAmount {
    digits: u128,
    unit: i64,
    amount: Amount,
}

/// Packs a text of up to sixteen bytes into a number. Texts with a leading zero byte are refused, so the number is
/// unique.
fn packed(text: &[u8]) -> Option<u128> {
    let short = text.len() <= size_of::<u128>() && text.first() != Some(&0);
    short.then(|| text.iter().fold(0, |number, byte| number << 8 | u128::from(*byte)))
}

impl<'u> Amounts<'u> {
    pub(super) fn new(units: &'u Units) -> Self {
        Self { units, cache: vec![CachedAmount::default(); CACHE_SIZE] }
    }

    pub(super) fn count(&mut self, stored: &Stored<'_>, field: usize) -> Result<Amount> {
        stored.bytes(field)?.map_or(Ok(Amount::default()), |text| self.read(stored, field, text, 0))
    }

    pub(super) fn quantity(&mut self, stored: &Stored<'_>, field: usize) -> Result<Amount> {
        stored.amount(field)?.map_or(Ok(Amount::default()), |(text, unit)| self.read(stored, field, text, unit))
    }

    /// Returns an amount in `unit`; 0, which no unit has as its id, is a number without a unit.
    fn read(&mut self, stored: &Stored<'_>, field: usize, text: &[u8], unit: i64) -> Result<Amount> {
        let Some(digits) = packed(text) else { return self.parse(stored, field, unit) };
        let mut hasher = Mixer::default();
        hasher.write_u128(digits);
        hasher.write_i64(unit);
        let place = usize::try_from(hasher.finish() % CACHE_SIZE as u64).unwrap_or_default();
        let cached = self.cache[place];
        if (cached.digits, cached.unit) == (digits, unit) {
            return Ok(cached.amount);
        }
        let amount = self.parse(stored, field, unit)?;
        self.cache[place] = CachedAmount { digits, unit, amount };
        Ok(amount)
    }

    fn parse(&self, stored: &Stored<'_>, field: usize, unit: i64) -> Result<Amount> {
        let amount = stored.text(field)?.unwrap_or_default();
        Ok(Amount::new(match unit {
            0 => Decimal::parse(amount).unwrap_or_default(),
            _ => self.units.bytes(&Quantity { amount: amount.to_owned(), unit }),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::packed;
    use std::collections::HashSet;

    #[test]
    fn no_two_short_texts_are_packed_alike() {
        let texts: Vec<String> =
            (0..2_000).flat_map(|number| [format!("{number}"), format!("0{number}"), format!("{number}.5")]).collect();
        let different: HashSet<&str> = texts.iter().map(String::as_str).collect();
        let found: HashSet<Option<u128>> = different.iter().map(|text| packed(text.as_bytes())).collect();
        assert_eq!(found.len(), different.len());
    }

    #[test]
    fn what_might_be_packed_like_another_text_is_not() {
        assert_eq!(packed(b"\x001"), None);
        assert_eq!(packed(b"12345678901234567"), None);
        assert!(packed(b"1234567890123456").is_some());
    }
}
