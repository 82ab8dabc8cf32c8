//! What a stored value should be: what `inv` itself would have stored for it.

use super::rule::{self, Rule};
use crate::catalog::{Field, Kind};
use crate::error::{Error, Result};
use crate::store::HeldValue;
use crate::value::decimal::{self, Decimal};
use crate::value::quantity::Units;
use crate::value::role::Role;
use crate::value::{address, name, shown, status, text, time};

/// What is wrong with a value.
pub(super) struct Fault {
    pub rule: &'static Rule,
    pub text: String,
    /// What it should be, where that is beyond doubt.
    pub mended: Option<String>,
}

/// What is wrong with `held` in `field`, if anything is.
pub(super) fn fault(units: &Units, field: &Field, held: HeldValue<'_>) -> Option<Fault> {
    let unmended = |rule, text: String| Some(Fault { rule, text: format!("{} {text}", field.name), mended: None });
    let given = match held {
        HeldValue::Unreadable => return unmended(&rule::INVALID, "is not text in UTF-8".to_owned()),
        HeldValue::Number(1..) => return None,
        HeldValue::Number(number) => return unmended(&rule::INVALID, format!("is {number}, not a positive number")),
        HeldValue::Quantity(amount, unit) => {
            let factor = units.get(unit).map(|unit| unit.bytes);
            let known = Decimal::parse(amount).ok();
            let largest = Decimal::from_whole(i128::from(i64::MAX));
            return match (known, factor) {
                (None, _) => unmended(&rule::QUANTITY, format!("is {}, which is no amount", shown::quoted(amount))),
                (Some(amount), Some(factor)) if amount.checked_times(factor).is_none_or(|bytes| bytes > largest) => {
                    unmended(&rule::QUANTITY, "is more than 9223372036854775807 bytes".to_owned())
                }
                // A unit that is gone is a dangling reference.
                _ => None,
            };
        }
        HeldValue::Text(given) => given,
    };
    let stored = canonical(field.kind, given)?;
    let broken = match (field.kind, &stored) {
        (_, Ok(stored)) if stored == given => return None,
        (Kind::Name, Ok(_)) => &rule::NAME_FORM,
        (Kind::Name, Err(_)) => {
            if let Ok(inner) = name::parse(given.trim()) {
                let text = format!("{} {} has a blank at an end", field.name, shown::quoted(given));
                return Some(Fault { rule: &rule::NAME_FORM, text, mended: Some(inner) });
            }
            &rule::NAME_UNSEEN
        }
        (Kind::Count, Err(_)) => &rule::QUANTITY,
        (_, Ok(_)) => &rule::CANONICAL,
        (_, Err(_)) => &rule::INVALID,
    };
    let text = match &stored {
        Ok(_) if field.kind == Kind::Name => format!("{} {} is not in NFC", field.name, shown::quoted(given)),
        Ok(stored) => format!("{} {} should be {}", field.name, shown::quoted(given), shown::quoted(stored)),
        Err(error) => format!("{} {}", field.name, error.message()),
    };
    Some(Fault { rule: broken, text, mended: stored.ok() })
}

/// What is stored where `text` is given; nothing for what is not stored as text.
fn canonical(kind: Kind, given: &str) -> Option<Result<String, Error>> {
    Some(match kind {
        Kind::Name => name::parse(given),
        Kind::Text => text::free(given),
        Kind::Count => decimal::parse_count(given).map(|_| given.to_owned()),
        Kind::Status => status::parse(given).map(str::to_owned),
        Kind::Role => Role::parse(given).map(|role| role.word().to_owned()),
        Kind::Ipv4 => address::ipv4(given),
        Kind::Ipv6 => address::ipv6(given),
        Kind::Vlan => text::vlan(given),
        Kind::Email => text::email(given),
        Kind::Created | Kind::Updated => time::parse(given),
        Kind::Quantity { .. } | Kind::Factor | Kind::Reference { .. } | Kind::Secret => return None,
    })
}
