//! What the records of the tests hold: a value for every kind of field, so that a noun more needs no code here.
//!
//! Of each noun there are [`RECORDS`]: three that have everything they may have and one that has only what it must.
//! Record 1 of a noun refers to record 1 of every other, and so on. The numbers are chosen so that no order by meaning
//! is the order of the texts.

use inv::catalog::{Catalog, Entity, Field, Kind, Rule};

/// How many records there are of each noun.
pub const RECORDS: usize = 4;
/// The one that has only what it must.
pub const BARE: usize = 3;
/// One that the inventory does not have yet; it refers to the first ones.
pub const NEW: usize = 4;

/// The units of the contract, by what decimal and binary prefixes mean.
pub fn seeded_units() -> Vec<(String, u128)> {
    let decimal =
        ["B", "kB", "MB", "GB", "TB", "PB"].iter().zip(0..).map(|(name, power)| (*name, 1000_u128.pow(power)));
    let binary = ["KiB", "MiB", "GiB", "TiB", "PiB"].iter().zip(1..).map(|(name, power)| (*name, 1024_u128.pow(power)));
    decimal.chain(binary).map(|(name, bytes)| (name.to_owned(), bytes)).collect()
}

fn number(index: usize) -> usize {
    [2, 10, 33, 7].get(index).copied().unwrap_or(50 + index)
}

/// Which record the record `index` refers to.
pub fn referred(index: usize) -> usize {
    index % RECORDS
}

/// The name of a record.
pub fn name(entity: &Entity, index: usize) -> String {
    let field = entity.naming().next().expect("a field that names");
    plain(entity, field, index)
}

/// The whole path of a record, by the contract: the path of what holds it, and its name.
pub fn path(catalog: &Catalog, entity: &Entity, index: usize) -> String {
    match entity.parent_field().filter(|field| is_filled(entity, field, index)) {
        Some(field) => {
            let holder = catalog.target(field).expect("a noun");
            format!("{}/{}", path(catalog, holder, referred(index)), name(entity, index))
        }
        None => name(entity, index),
    }
}

/// Whether the record has a value there.
pub fn is_filled(entity: &Entity, field: &Field, index: usize) -> bool {
    let excluded = entity.rules.iter().any(|rule| match rule {
        Rule::NotBoth(one, other) => {
            (*one == field.name && index % 2 == 1) || (*other == field.name && index.is_multiple_of(2))
        }
        Rule::AnyOf(_) => false,
    });
    match field.kind {
        Kind::Secret => false,
        Kind::Created | Kind::Updated | Kind::Status | Kind::Role => true,
        _ if field.required || entity.names.first() == Some(&field.name) => true,
        _ => index != BARE && !excluded,
    }
}

/// What the record has there, as lists tell it: references by the name.
pub fn listed(catalog: &Catalog, entity: &Entity, field: &Field, index: usize) -> Option<String> {
    is_filled(entity, field, index).then(|| match catalog.target(field) {
        Some(target) => name(target, referred(index)),
        None => plain(entity, field, index),
    })
}

/// What the record has there, as files tell it: references by the whole path.
pub fn exported(catalog: &Catalog, entity: &Entity, field: &Field, index: usize) -> Option<String> {
    is_filled(entity, field, index).then(|| match catalog.target(field) {
        Some(target) => path(catalog, target, referred(index)),
        None => plain(entity, field, index),
    })
}

fn plain(entity: &Entity, field: &Field, index: usize) -> String {
    let number = number(index);
    match field.kind {
        Kind::Name => format!("{}{number}", entity.noun),
        Kind::Text => format!("text {number}, \"東京\" = é"),
        Kind::Quantity { .. } => match index {
            0 => "900 MiB".to_owned(),
            1 => "1.5 GiB".to_owned(),
            2 => "10 GB".to_owned(),
            _ => format!("{number} TiB"),
        },
        Kind::Count | Kind::Ratio if index == 2 => format!("{number}.5"),
        Kind::Count | Kind::Ratio => number.to_string(),
        Kind::Factor => (3 * number).to_string(),
        Kind::Percent => format!("{number}%"),
        Kind::Duration => format!("{number}d"),
        Kind::Status if index == BARE => "unknown".to_owned(),
        Kind::Status => ["stopped", "failed", "running"].get(index).copied().unwrap_or("planned").to_owned(),
        // The last of the admins runs the tests, so that either of the others may be removed; none is an editor yet.
        Kind::Role => ["admin", "admin", "admin", "viewer"].get(index).copied().unwrap_or("editor").to_owned(),
        Kind::Ipv4 => format!("10.0.0.{number}"),
        Kind::Ipv6 => format!("fd00::{number:x}"),
        Kind::Vlan => number.to_string(),
        Kind::Email => format!("box{number}@example.com"),
        Kind::Created => format!("2026-01-{:02}T03:04:05Z", 20 - index),
        Kind::Updated => format!("2026-02-{:02}T03:04:05Z", 20 - index),
        Kind::Time => format!("2026-03-{:02}T03:04:05Z", 20 - index),
        Kind::Reference { .. } | Kind::Any { .. } | Kind::Secret => unreachable!("{} is no plain value", field.name),
    }
}

/// What a value means, for order: worked out here, not by the program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    Number(u128),
    Word(String),
}

/// What a value of `field` means.
pub fn meaning(catalog: &Catalog, field: &Field, text: &str) -> Meaning {
    if let Some(target) = catalog.target(field) {
        let naming = target.naming().next().expect("a field that names");
        return meaning(catalog, naming, text);
    }
    match field.kind {
        Kind::Quantity { .. } => Meaning::Number(thousandths_of_bytes(text)),
        Kind::Count | Kind::Factor | Kind::Ratio => Meaning::Number(thousandths(text)),
        Kind::Ipv4 => Meaning::Number(u32::from(text.parse::<std::net::Ipv4Addr>().expect("an address")).into()),
        Kind::Ipv6 => Meaning::Number(text.parse::<std::net::Ipv6Addr>().expect("an address").into()),
        // All values of such a field differ only in the number in them.
        Kind::Name | Kind::Text | Kind::Email | Kind::Vlan | Kind::Percent | Kind::Duration => {
            let digits: String =
                text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
            digits.parse().map_or_else(|_| Meaning::Word(text.to_owned()), Meaning::Number)
        }
        _ => Meaning::Word(text.to_owned()),
    }
}

/// A decimal in thousandths.
fn thousandths(text: &str) -> u128 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{part:0<3}").parse().expect("a decimal with at most three places")
}

fn thousandths_of_bytes(text: &str) -> u128 {
    let (amount, unit) = text.split_once(' ').expect("an amount and a unit");
    let (_, bytes) = seeded_units().into_iter().find(|(name, _)| name == unit).expect("a unit of the contract");
    thousandths(amount) * bytes
}

/// How many bytes a quantity is.
pub fn bytes(text: &str) -> u128 {
    let thousandths = thousandths_of_bytes(text);
    assert_eq!(thousandths % 1000, 0, "{text} is a whole number of bytes");
    thousandths / 1000
}

/// A value that no record has, nor any rule excludes.
pub fn new_value(entity: &Entity, field: &Field) -> String {
    plain(entity, field, NEW)
}
