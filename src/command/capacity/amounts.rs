//! Amounts as they are added up: each that an estate has is understood once.

use super::Mixer;
use crate::error::Result;
use crate::store::Stored;
use crate::value::decimal::Decimal;
use crate::value::quantity::{Quantity, Units};
use std::hash::Hasher;

/// An amount as it is added up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Amount {
    pub(super) exact: Decimal,
    /// The same, where it is whole.
    whole: Option<u64>,
}

impl Amount {
    fn new(exact: Decimal) -> Self {
        let whole = u64::try_from(exact.floor()).ok().filter(|_| exact.is_whole());
        Self { exact, whole }
    }

    /// Adds it to `sum`, and returns what of it does not go in there.
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

/// How many amounts are remembered.
const REMEMBERED: usize = 512;

/// Amounts, read once each: an estate has few different ones.
pub(super) struct Amounts<'u> {
    units: &'u Units,
    known: Vec<Known>,
}

/// An amount that was met: its digits, packed, and its unit.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    digits: u128,
    unit: i64,
    amount: Amount,
}

/// A text of up to sixteen bytes as a number, which no other text is: none of them begins with a zero byte, as no amount
/// does.
fn packed(text: &[u8]) -> Option<u128> {
    let short = text.len() <= size_of::<u128>() && text.first() != Some(&0);
    short.then(|| text.iter().fold(0, |number, byte| number << 8 | u128::from(*byte)))
}

impl<'u> Amounts<'u> {
    pub(super) fn new(units: &'u Units) -> Self {
        Self { units, known: vec![Known::default(); REMEMBERED] }
    }

    pub(super) fn count(&mut self, stored: &Stored<'_>, field: usize) -> Result<Amount> {
        stored.bytes(field)?.map_or(Ok(Amount::default()), |text| self.read(stored, field, text, 0))
    }

    pub(super) fn quantity(&mut self, stored: &Stored<'_>, field: usize) -> Result<Amount> {
        stored.amount(field)?.map_or(Ok(Amount::default()), |(text, unit)| self.read(stored, field, text, unit))
    }

    /// An amount in `unit`; no unit has the id 0, which stands for a mere number.
    fn read(&mut self, stored: &Stored<'_>, field: usize, text: &[u8], unit: i64) -> Result<Amount> {
        let Some(digits) = packed(text) else { return self.understood(stored, field, unit) };
        let mut hasher = Mixer::default();
        hasher.write_u128(digits);
        hasher.write_i64(unit);
        let place = usize::try_from(hasher.finish() % REMEMBERED as u64).unwrap_or_default();
        let known = self.known[place];
        if (known.digits, known.unit) == (digits, unit) {
            return Ok(known.amount);
        }
        let amount = self.understood(stored, field, unit)?;
        self.known[place] = Known { digits, unit, amount };
        Ok(amount)
    }

    fn understood(&self, stored: &Stored<'_>, field: usize, unit: i64) -> Result<Amount> {
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
