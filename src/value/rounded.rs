//! Quantities as people read them: three significant digits and a unit.

use super::decimal::Decimal;
use std::borrow::Cow;

/// Significant digits of a quantity.
const DIGITS: usize = 3;
/// Amount from which a quantity is written in the next unit.
const NEXT_UNIT: i128 = 1000;
/// Largest number of decimal places of an amount below 1.
const PLACES: u32 = 9;

const BINARY: [(&str, u64); 6] =
    [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("PiB", 1 << 50)];
const DECIMAL: [(&str, u64); 6] = [
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("PB", 1_000_000_000_000_000),
];

/// Returns a quantity with three significant digits: as it is if it has no more, else `bytes` in the smallest unit in
/// which its amount is below 1000. Decimal units (`GB`) stay decimal.
#[must_use]
pub fn rounded(text: &str, bytes: Decimal) -> Cow<'_, str> {
    let (amount, unit) = text.split_once(' ').unwrap_or((text, ""));
    let digits = amount.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    if digits <= DIGITS {
        return text.into();
    }
    let is_decimal = unit != "B" && DECIMAL.iter().any(|(name, _)| *name == unit);
    let units = if is_decimal { DECIMAL } else { BINARY };
    let (sign, size) = if bytes.is_negative() { ("-", Decimal::ZERO - bytes) } else { ("", bytes) };
    let amounts = units.into_iter().filter_map(|(unit, scale)| Some((three_digits(size, scale)?, unit)));
    let last = || units.last().map(|(unit, scale)| (whole(size, *scale).to_string(), *unit));
    match amounts.into_iter().next().or_else(last) {
        Some((amount, unit)) => format!("{sign}{amount} {unit}").into(),
        None => text.into(),
    }
}

/// Returns a number of bytes in a unit of `scale` bytes, with three significant digits or as a whole number.
#[must_use]
pub fn in_unit(bytes: Decimal, scale: u64) -> String {
    let (sign, size) = if bytes.is_negative() { ("-", Decimal::ZERO - bytes) } else { ("", bytes) };
    let amount = three_digits(size, scale).unwrap_or_else(|| whole(size, scale).to_string());
    format!("{sign}{amount}")
}

/// Returns `size` in units of `scale` bytes with three significant digits; `None` if that is 1000 or more.
fn three_digits(size: Decimal, scale: u64) -> Option<String> {
    if whole(size, scale) >= NEXT_UNIT {
        return None;
    }
    let most = if size.floor() >= i128::from(scale) { 2 } else { PLACES };
    (0..=most).rev().find_map(|places| {
        let number = whole(size.checked_times(10_u64.pow(places))?, scale);
        (number < NEXT_UNIT).then(|| {
            let one = 10_i128.pow(places);
            let fraction = format!("{:0width$}", number % one, width = places as usize);
            let fraction = if places == 0 { "" } else { fraction.trim_end_matches('0') };
            let point = if fraction.is_empty() { "" } else { "." };
            format!("{}{point}{fraction}", number / one)
        })
    })
}

/// Returns `size` in units of `scale` bytes as the nearest whole number.
fn whole(size: Decimal, scale: u64) -> i128 {
    let scale = i128::from(scale.max(1));
    let doubled = size.checked_times(2).map_or(i128::MAX - scale, Decimal::floor);
    (doubled + scale).div_euclid(2 * scale)
}

#[cfg(test)]
mod tests {
    use super::{in_unit, rounded};
    use crate::value::decimal::Decimal;
    use crate::value::quantity::bytes;
    use proptest::prelude::{prop_assert, proptest};

    fn short(text: &str, scale: u64) -> String {
        let amount = text.split(' ').next().expect("an amount");
        let size = bytes(amount.trim_start_matches('-'), scale);
        rounded(text, if amount.starts_with('-') { Decimal::ZERO - size } else { size }).into_owned()
    }

    #[test]
    fn three_digits_stay_as_they_were_entered() {
        for (text, scale) in
            [("16 GiB", 1 << 30), ("0.5 TiB", 1 << 40), ("1.50 TB", 1_000_000_000_000), ("100 GB", 1_000_000_000)]
        {
            assert_eq!(short(text, scale), text);
        }
        assert_eq!(short("0.00125 TiB", 1 << 40), "0.00125 TiB");
        assert_eq!(short("512 blocks", 4096), "512 blocks");
    }

    #[test]
    fn more_digits_are_rounded_in_a_unit_that_suits() {
        // 10,718,543 / 1024 / 1024 = 10.2219…; 1310545 / 1048576 = 1.24983…
        for (text, scale, expected) in [
            ("10718543 MiB", 1 << 20, "10.2 TiB"),
            ("1310545 MiB", 1 << 20, "1.25 TiB"),
            ("4096 MiB", 1 << 20, "4 GiB"),
            ("1888 MiB", 1 << 20, "1.84 GiB"),
            ("1000 MiB", 1 << 20, "0.977 GiB"),
            ("1234.5 GB", 1_000_000_000, "1.23 TB"),
            ("1000 GB", 1_000_000_000, "1 TB"),
            ("-2721098 MiB", 1 << 20, "-2.6 TiB"),
            ("1024 B", 1, "1 KiB"),
            ("4096 blocks", 4096, "16 MiB"),
            ("5000000 PiB", 1 << 50, "5000000 PiB"),
        ] {
            assert_eq!(short(text, scale), expected, "{text}");
        }
    }

    #[test]
    fn a_unit_that_is_asked_for_keeps_all_whole_digits() {
        for (mebibytes, expected) in
            [("11533566", "11263"), ("86377", "84.4"), ("1888", "1.84"), ("1", "0.000977"), ("0", "0")]
        {
            assert_eq!(in_unit(bytes(mebibytes, 1 << 20), 1 << 30), expected);
        }
        assert_eq!(in_unit(Decimal::ZERO - bytes("1536", 1 << 20), 1 << 30), "-1.5");
    }

    proptest! {
        #[test]
        fn a_rounded_quantity_is_off_by_half_a_hundredth_at_most(mebibytes in 1000_u64..1_000_000_000_000) {
            let text = format!("{mebibytes} MiB");
            let size = bytes(&mebibytes.to_string(), 1 << 20);
            let short = rounded(&text, size).into_owned();
            let (amount, unit) = short.split_once(' ').expect("a unit");
            let scale = super::BINARY.iter().find(|(name, _)| *name == unit).expect("a binary unit").1;
            let back = bytes(amount, scale).approximate();
            prop_assert!((back / size.approximate() - 1.0).abs() <= 0.006, "{text} {short}");
            prop_assert!(amount.bytes().filter(u8::is_ascii_digit).count() <= 3);
        }
    }
}
