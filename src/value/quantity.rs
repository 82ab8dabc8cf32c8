//! Quantities: an exact decimal and a unit, stored as entered and compared in bytes.

use super::decimal::{self, Decimal};
use super::shown::quoted;
use super::similar;
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;
use unicode_normalization::UnicodeNormalization;

/// Number of units in a message that lists them.
const LISTED: usize = 12;

/// An amount of some unit, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// Decimal text as entered: `1.50` stays `1.50`.
    pub amount: String,
    /// The id of the unit's record.
    pub unit: i64,
}

/// A unit of the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The id of its record.
    pub id: i64,
    /// Its name: `GiB`.
    pub name: String,
    /// Size of the unit in bytes.
    pub bytes: u64,
}

/// The units of an inventory, found by id and by name.
#[derive(Debug, Clone, Default)]
pub struct Units {
    all: Vec<Unit>,
    /// The places of all of them, by ascending id.
    by_id: Vec<(i64, usize)>,
    /// Needed by who reads quantities, not by who writes them out.
    names: OnceLock<Names>,
}

/// Indices of the units that a name matches.
#[derive(Debug, Clone, Default)]
struct Names {
    exact: HashMap<String, usize>,
    lower_case: HashMap<String, Vec<usize>>,
}

/// Result of looking up the name of a unit.
enum NameMatch<'units> {
    One(&'units Unit),
    Several(Vec<&'units Unit>),
    None,
}

impl Units {
    /// These units.
    #[must_use]
    pub fn new(units: Vec<Unit>) -> Self {
        let mut by_id: Vec<(i64, usize)> = units.iter().enumerate().map(|(place, unit)| (unit.id, place)).collect();
        by_id.sort_unstable();
        Self { all: units, by_id, names: OnceLock::new() }
    }

    fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            let mut names = Names::default();
            for (place, unit) in self.all.iter().enumerate() {
                names.exact.insert(unit.name.clone(), place);
                names.lower_case.entry(unit.name.to_lowercase()).or_default().push(place);
            }
            names
        })
    }

    /// The unit with this id.
    #[must_use]
    pub fn get(&self, id: i64) -> Option<&Unit> {
        let place = self.by_id.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.by_id.get(place).and_then(|(_, place)| self.all.get(*place))
    }

    /// Returns all units in the order of the constructor.
    pub fn iter(&self) -> std::slice::Iter<'_, Unit> {
        self.all.iter()
    }

    /// The unit that `name` means: its exact name, else `K M G T P` for the binary units, else its name in any case.
    pub fn find(&self, name: &str) -> Result<&Unit> {
        let name = name.trim();
        match self.meaning(name) {
            NameMatch::One(unit) => Ok(unit),
            NameMatch::Several(units) => {
                let names = units.iter().map(|unit| unit.name.clone()).collect();
                Err(ambiguous(name, names))
            }
            NameMatch::None => Err(self.unknown(format!("unknown unit {}", quoted(name)), "", name)),
        }
    }

    /// Reads a number and a unit: `16GiB`, `16 GiB`, `1.5 tb`, `16G`.
    pub fn parse(&self, text: &str) -> Result<Quantity> {
        self.lent(text).map(|(amount, unit)| Quantity { amount: amount.into_owned(), unit })
    }

    /// As [`Self::parse`], but lends the amount: that, and the id of the unit.
    pub fn lent<'t>(&self, text: &'t str) -> Result<(Cow<'t, str>, i64)> {
        let text = text.trim();
        let refused = |reason: &str| Error::failed(format!("{} {reason}", quoted(text)));
        if text.is_empty() {
            return Err(refused("is empty").help("write a number and its unit, such as 16GiB"));
        }
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = text.strip_suffix(rest).unwrap_or_default();
        let name = rest.trim_start();
        // A number and a word have no flaw, unless the word is the rest of a hexadecimal number.
        let is_word = name.bytes().all(|byte| byte.is_ascii_alphabetic()) && !name.starts_with(['x', 'X']);
        if (number.is_empty() || !is_word)
            && let Some(flaw) = decimal::flaw(text)
        {
            return Err(refused(&flaw).help(decimal::HOW_TO_WRITE));
        }
        if number.is_empty() {
            return Err(refused("does not begin with a number").help("write a number and its unit, such as 16GiB"));
        }
        let amount: Cow<'t, str> = if number.starts_with('.') { format!("0{number}").into() } else { number.into() };
        let exact = Decimal::parse(&amount)
            .map_err(|fault| refused(&decimal::reason(number, fault)).help(decimal::HOW_TO_WRITE))?;
        if name.is_empty() {
            return Err(refused("has no unit; MiB, GiB or TiB?").help(format!("write {amount}GiB")));
        }
        let unit = match self.meaning(name) {
            NameMatch::One(unit) => unit,
            NameMatch::Several(units) => {
                let readings = units.iter().map(|unit| format!("{amount} {}", unit.name)).collect();
                return Err(ambiguous(text, readings));
            }
            NameMatch::None => {
                return Err(self.unknown(format!("{} has no known unit", quoted(text)), &format!("{amount} "), name));
            }
        };
        if exact.checked_times(unit.bytes).is_none_or(|bytes| bytes > Decimal::from_whole(i128::from(i64::MAX))) {
            return Err(refused("is more than 9223372036854775807 bytes").help("a quantity is at most 2^63-1 bytes"));
        }
        Ok((amount, unit.id))
    }

    /// The exact number of bytes; zero for what is not a stored quantity.
    #[must_use]
    pub fn bytes(&self, quantity: &Quantity) -> Decimal {
        bytes(&quantity.amount, self.get(quantity.unit).map_or(0, |unit| unit.bytes))
    }

    /// The quantity as text: `16 GiB`.
    #[must_use]
    pub fn text(&self, amount: &str, unit: i64) -> String {
        let name = self.get(unit).map_or("?", |unit| unit.name.as_str());
        format!("{amount} {name}")
    }

    fn meaning(&self, name: &str) -> NameMatch<'_> {
        let name: Cow<'_, str> =
            if name.is_ascii() { name.into() } else { name.chars().take(super::name::LONGEST + 1).nfc().collect() };
        let binary = match &*name {
            "K" | "k" => "KiB",
            "M" | "m" => "MiB",
            "G" | "g" => "GiB",
            "T" | "t" => "TiB",
            "P" | "p" => "PiB",
            _ => "",
        };
        let names = self.names();
        let exact = names.exact.get(&*name).or_else(|| names.exact.get(binary));
        if let Some(unit) = exact.and_then(|place| self.all.get(*place)) {
            return NameMatch::One(unit);
        }
        let places = names.lower_case.get(&name.to_lowercase()).map_or(&[][..], Vec::as_slice);
        let found: Vec<&Unit> = places.iter().filter_map(|place| self.all.get(*place)).collect();
        match found.as_slice() {
            [] => NameMatch::None,
            [unit] => NameMatch::One(unit),
            _ => NameMatch::Several(found),
        }
    }

    /// The error for a unit's name that means none; `amount` stands before each name that is offered.
    fn unknown(&self, message: String, amount: &str, name: &str) -> Error {
        let near = similar::nearest(name, self.iter().map(|unit| unit.name.as_str()), 3);
        let offers: Vec<String> = near
            .iter()
            .map(|unit| if amount.is_empty() { (*unit).to_owned() } else { format!("\"{amount}{unit}\"") })
            .collect();
        let offers: Vec<&str> = offers.iter().map(String::as_str).collect();
        let question = similar::did_you_mean(&offers);
        Error::failed(message).help(question.unwrap_or_else(|| {
            let names: Vec<&str> = self.iter().take(LISTED).map(|unit| unit.name.as_str()).collect();
            let more = if self.all.len() > LISTED { ", …" } else { "" };
            format!("units: {}{more}", names.join(", "))
        }))
    }
}

/// The exact number of bytes of a stored amount of a unit of so many.
#[must_use]
pub fn bytes(amount: &str, unit: u64) -> Decimal {
    let amount = Decimal::parse(amount).unwrap_or_default();
    amount.checked_times(unit).unwrap_or(Decimal::from_whole(i128::MAX))
}

impl<'units> IntoIterator for &'units Units {
    type Item = &'units Unit;
    type IntoIter = std::slice::Iter<'units, Unit>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn ambiguous(text: &str, readings: Vec<String>) -> Error {
    let readings: Vec<String> = readings.into_iter().take(LISTED).map(|reading| quoted(&reading)).collect();
    Error::failed(format!("{} could mean {}", quoted(text), readings.join(" or ")))
        .help("write the unit with its exact case")
}

/// Units for computed sums; of two with equally short amounts, the earlier is used.
const SCALES: [(&str, u64); 10] = [
    ("PiB", 1 << 50),
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("PB", 1_000_000_000_000_000),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
];

/// A computed number of bytes as exact text, in the unit in which it is shortest: of those in which it is at least 1 with
/// at most three decimal places, or bytes. What is below zero keeps its sign.
#[must_use]
pub fn compact(bytes: Decimal) -> (String, &'static str) {
    let (sign, size) = if bytes.is_negative() { ("-", Decimal::ZERO - bytes) } else { ("", bytes) };
    let mut shortest: Option<(String, &'static str)> = None;
    for (unit, scale) in SCALES {
        // With as many digits before the point as the shortest amount has characters, an amount is not shorter.
        let digits = shortest.as_ref().and_then(|(amount, _)| u32::try_from(amount.len() - 1).ok());
        let beyond = digits.map(|digits| i128::from(scale).saturating_mul(10_i128.saturating_pow(digits)));
        let is_longer = beyond.is_some_and(|beyond| size >= Decimal::from_whole(beyond));
        if is_longer || size < Decimal::from_whole(i128::from(scale)) {
            continue;
        }
        let amount = size.exactly_over(scale, 3).map(|amount| amount.to_string());
        let is_shorter = |amount: &String| shortest.as_ref().is_none_or(|(other, _)| amount.len() < other.len());
        if let Some(amount) = amount.filter(is_shorter) {
            shortest = Some((amount, unit));
        }
    }
    let (amount, unit) = shortest.unwrap_or_else(|| (size.to_string(), "B"));
    (format!("{sign}{amount}"), unit)
}

#[cfg(test)]
mod tests {
    use super::{Quantity, SCALES, Unit, Units, compact};
    use crate::value::decimal::Decimal;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    fn units_with(more: &[(&str, u64)]) -> Units {
        let seeded = [("B", 1)].into_iter().chain(SCALES).chain(more.iter().copied());
        Units::new(seeded.zip(1..).map(|((name, bytes), id)| Unit { id, name: name.to_owned(), bytes }).collect())
    }

    fn units() -> Units {
        units_with(&[])
    }

    fn read(text: &str) -> String {
        let quantity = units().parse(text).expect(text);
        units().text(&quantity.amount, quantity.unit)
    }

    fn whole_bytes(text: &str) -> i128 {
        let bytes = units().bytes(&units().parse(text).expect(text));
        assert!(bytes.is_whole());
        bytes.floor()
    }

    #[test]
    fn a_number_and_a_unit_are_read_with_or_without_blanks() {
        for text in ["16GiB", "16 GiB", "  16   GiB ", "16\u{3000}GiB\u{a0}", "16gib", "16 GIB", "16G", "16 g"] {
            assert_eq!(read(text), "16 GiB", "{text}");
        }
        assert_eq!(read("1.50 tb"), "1.50 TB");
        assert_eq!(read(".5 GiB"), "0.5 GiB");
        assert_eq!(read("512KB"), "512 kB");
        assert_eq!(read("0 b"), "0 B");
    }

    #[test]
    fn a_letter_alone_means_the_binary_unit() {
        for (text, bytes) in [("1K", 1 << 10), ("1m", 1 << 20), ("1G", 1 << 30), ("1t", 1 << 40), ("1P", 1_i128 << 50)]
        {
            assert_eq!(whole_bytes(text), bytes);
        }
        assert_eq!(whole_bytes("1GB"), 1_000_000_000);
    }

    #[test]
    fn bytes_are_exact() {
        assert_eq!(whole_bytes("16GiB"), 17_179_869_184);
        assert_eq!(whole_bytes("9223372036854775807 B"), i128::from(i64::MAX));
        assert_eq!(whole_bytes("8191.875 PiB"), 65_535_i128 << 47);
        let units = units();
        let third = units.bytes(&units.parse("0.1KiB").expect("quantity"));
        assert_eq!(third.to_string(), "102.4");
    }

    #[test]
    fn a_bare_number_is_asked_for_its_unit() {
        let error = units().parse("16").expect_err("no unit");
        assert_eq!(error.message(), "\"16\" has no unit; MiB, GiB or TiB?");
        assert_eq!(error.way_out(), Some("write 16GiB"));
    }

    #[test]
    fn an_unknown_unit_is_told_with_the_nearest() {
        let error = units().parse("16 GX").expect_err("unknown");
        assert_eq!(error.message(), "\"16 GX\" has no known unit");
        assert_eq!(error.way_out(), Some("did you mean \"16 GB\"?"));
        let error = units().parse("16 apples").expect_err("unknown");
        assert_eq!(error.way_out(), Some("units: B, PiB, TiB, GiB, MiB, KiB, PB, TB, GB, MB, kB"));
        assert_eq!(units().find("GX").expect_err("unknown").message(), "unknown unit \"GX\"");
        assert_eq!(units().find("GX").expect_err("unknown").way_out(), Some("did you mean GB?"));
    }

    #[test]
    fn the_exact_name_wins_and_an_ambiguous_one_lists_what_it_could_mean() {
        let units = units_with(&[("Gb", 125_000_000), ("g", 1)]);
        assert_eq!(units.find("Gb").map(|unit| unit.bytes), Ok(125_000_000));
        assert_eq!(units.find("g").map(|unit| unit.bytes), Ok(1));
        assert_eq!(units.find("G").map(|unit| unit.bytes), Ok(1 << 30));
        let error = units.parse("16 gb").expect_err("ambiguous");
        assert_eq!(error.message(), "\"16 gb\" could mean \"16 GB\" or \"16 Gb\"");
        let error = units.find("gb").expect_err("ambiguous");
        assert_eq!(error.message(), "\"gb\" could mean \"GB\" or \"Gb\"");
    }

    #[test]
    fn what_is_wrong_with_the_number_is_told() {
        for (text, message) in [
            ("", "\"\" is empty"),
            ("GiB", "\"GiB\" does not begin with a number"),
            ("-1 GiB", "\"-1 GiB\" is negative"),
            ("- 1 GiB", "\"- 1 GiB\" is negative"),
            ("+1 GiB", "\"+1 GiB\" has a sign"),
            ("NaN GiB", "\"NaN GiB\" is not a number"),
            ("inf GiB", "\"inf GiB\" is not a number"),
            ("1e3 GiB", "\"1e3 GiB\" has an exponent"),
            ("1E+3GiB", "\"1E+3GiB\" has an exponent"),
            ("0x10 GiB", "\"0x10 GiB\" is hexadecimal"),
            ("1,024 MiB", "\"1,024 MiB\" has \",\" in its number"),
            ("1_024 MiB", "\"1_024 MiB\" has \"_\" in its number"),
            ("1 024 MiB", "\"1 024 MiB\" has a blank in its number"),
            ("1.2.3 GiB", "\"1.2.3 GiB\" is not a number"),
            ("1. GiB", "\"1. GiB\" is not a number"),
            ("１６GiB", "\"１６GiB\" has \"１\" instead of a digit from 0 to 9"),
            ("1٣ GiB", "\"1٣ GiB\" has \"٣\" instead of a digit from 0 to 9"),
            ("1.0000000000000000001 B", "\"1.0000000000000000001 B\" has more than 18 decimal places"),
            ("9223372036854775808 B", "\"9223372036854775808 B\" is more than 9223372036854775807 bytes"),
            ("8192 PiB", "\"8192 PiB\" is more than 9223372036854775807 bytes"),
        ] {
            assert_eq!(units().parse(text).expect_err(text).message(), message);
        }
    }

    #[test]
    fn a_sum_is_shown_in_the_unit_that_tells_it_shortest_and_exactly() {
        for (bytes, amount, unit) in [
            (0, "0", "B"),
            (1, "1", "B"),
            (1000, "1", "kB"),
            (1023, "1.023", "kB"),
            (1024, "1", "KiB"),
            (1500, "1.5", "kB"),
            (1536, "1.5", "KiB"),
            (1_000_000, "1", "MB"),
            (1_024_000, "1000", "KiB"),
            (17_179_869_184, "16", "GiB"),
            (1_234_567_891, "1234567.891", "kB"),
            // 1464843750 KiB is exact too, and nothing to read.
            (1_500_000_000_000, "1.5", "TB"),
            (18_500_000_000_000, "18.5", "TB"),
            (-1536, "-1.5", "KiB"),
            (-1, "-1", "B"),
        ] {
            assert_eq!(compact(Decimal::from_whole(bytes)), (amount.to_owned(), unit));
        }
        let tenths = |text: &str| Decimal::parse(text).expect(text);
        assert_eq!(compact(tenths("1049.6")), ("1.025".to_owned(), "KiB"));
        assert_eq!(compact(tenths("0.5")), ("0.5".to_owned(), "B"));
        assert_eq!(compact(Decimal::ZERO - tenths("0.5")), ("-0.5".to_owned(), "B"));
    }

    #[test]
    fn what_is_no_stored_quantity_is_nothing() {
        let stray = Quantity { amount: "x".to_owned(), unit: 99 };
        assert_eq!(units().bytes(&stray), Decimal::ZERO);
        assert_eq!(units().text(&stray.amount, stray.unit), "x ?");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), unit in "[A-Za-z]{0,3}") {
            let units = units();
            let _ = units.parse(&text);
            let _ = units.parse(&format!("1{text}"));
            let _ = units.find(&text);
            let _ = units.parse(&format!("1{unit}"));
        }

        #[test]
        fn text_comes_back(amount in "[0-9]{1,3}(\\.[0-9]{1,18})?", place in 0usize..11) {
            let units = units();
            let name = units.iter().nth(place).map(|unit| unit.name.clone()).unwrap_or_default();
            let quantity = units.parse(&format!("{amount}{name}")).expect("quantity");
            prop_assert_eq!(&quantity.amount, &amount);
            let text = units.text(&quantity.amount, quantity.unit);
            prop_assert_eq!(units.parse(&text), Ok(quantity));
        }

        #[test]
        fn bytes_agree_with_whole_number_arithmetic(thousandths in 0u64..1_000_000_000, place in 0usize..11) {
            let units = units();
            let unit = units.iter().nth(place).expect("unit").clone();
            if let Ok(quantity) = units.parse(&format!("{}.{:03} {}", thousandths / 1000, thousandths % 1000, unit.name)) {
                let product = u128::from(thousandths) * u128::from(unit.bytes);
                let expected = Decimal::parse(&format!("{}.{:03}", product / 1000, product % 1000));
                prop_assert_eq!(Ok(units.bytes(&quantity)), expected);
            }
        }

        #[test]
        fn a_compact_sum_reads_back_to_the_same_bytes(bytes in 0..=i64::MAX, trailing in 0u32..50) {
            let units = units();
            let bytes = Decimal::from_whole(i128::from(bytes >> trailing << trailing));
            let (amount, unit) = compact(bytes);
            let quantity = units.parse(&format!("{amount} {unit}")).expect("quantity");
            prop_assert_eq!(units.bytes(&quantity), bytes);
            prop_assert!(unit == "B" || amount.split_once('.').is_none_or(|(_, places)| places.len() <= 3));
        }
    }
}
