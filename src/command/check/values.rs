//! Stored values compared with the canonical form that `inv` would have stored.

use super::rule::{self, Rule};
use crate::catalog::{Field, Kind};
use crate::error::{Error, Result};
use crate::store::StoredValue;
use crate::value::decimal::{self, Decimal};
use crate::value::quantity::Units;
use crate::value::ratio::Ratio;
use crate::value::role::Role;
use crate::value::{address, name, shown, status, text, time};

/// A rule that a value breaks.
pub(super) struct Violation {
    pub rule: &'static Rule,
    pub text: String,
    /// Correct value, if there is no doubt about it.
    pub fix: Option<String>,
}

/// Returns the rule that `value` breaks in `field`, if any.
pub(super) fn violation(units: &Units, field: &Field, value: StoredValue<'_>) -> Option<Violation> {
    let without_fix = |rule, text: String| Some(Violation { rule, text: format!("{} {text}", field.name), fix: None });
    let text = match value {
        StoredValue::Unreadable => return without_fix(&rule::INVALID, "is not text in UTF-8".to_owned()),
        StoredValue::Number(1..) => return None,
        StoredValue::Number(number) => {
            return without_fix(&rule::INVALID, format!("is {number}, not a positive number"));
        }
        StoredValue::Quantity(amount, unit) => {
            let factor = units.get(unit).map(|unit| unit.bytes);
            let number = Decimal::parse(amount).ok();
            let largest = Decimal::from_whole(i128::from(i64::MAX));
            return match (number, factor) {
                (None, _) => without_fix(&rule::QUANTITY, format!("is {}, not an amount", shown::quoted(amount))),
                (Some(amount), Some(factor)) if amount.checked_times(factor).is_none_or(|bytes| bytes > largest) => {
                    without_fix(&rule::QUANTITY, "is more than 9223372036854775807 bytes".to_owned())
                }
                // A missing unit is a dangling reference, which another rule finds.
                _ => None,
            };
        }
        StoredValue::Text(text) => text,
    };
    let stored = canonical(field.kind, text)?;
    let broken = match (field.kind, &stored) {
        (_, Ok(stored)) if stored == text => return None,
        (Kind::Name, Ok(_)) => &rule::NAME_FORM,
        (Kind::Name, Err(_)) => {
            if let Ok(inner) = name::parse(text.trim()) {
                let message = format!("{} {} begins or ends with a blank", field.name, shown::quoted(text));
                return Some(Violation { rule: &rule::NAME_FORM, text: message, fix: Some(inner) });
            }
            &rule::NAME_UNSEEN
        }
        (Kind::Count | Kind::Ratio, Err(_)) => &rule::QUANTITY,
        (_, Ok(_)) => &rule::CANONICAL,
        (_, Err(_)) => &rule::INVALID,
    };
    let message = match &stored {
        Ok(_) if field.kind == Kind::Name => format!("{} {} is not in NFC", field.name, shown::quoted(text)),
        Ok(stored) => format!("{} {} should be {}", field.name, shown::quoted(text), shown::quoted(stored)),
        Err(error) => format!("{} {}", field.name, error.message()),
    };
    Some(Violation { rule: broken, text: message, fix: stored.ok() })
}

/// Returns the canonical form of `text`; `None` for kinds that are not stored as text.
fn canonical(kind: Kind, value: &str) -> Option<Result<String, Error>> {
    Some(match kind {
        Kind::Name => name::parse(value),
        Kind::Text => text::free(value),
        Kind::Count => decimal::parse_count(value).map(|_| value.to_owned()),
        Kind::Status => status::parse(value).map(str::to_owned),
        Kind::Role => Role::parse(value).map(|role| role.word().to_owned()),
        Kind::Ipv4 => address::ipv4(value),
        Kind::Ipv6 => address::ipv6(value),
        Kind::Vlan => text::vlan(value),
        Kind::Email => text::email(value),
        Kind::Percent => text::percent(value),
        Kind::Ratio => Ratio::parse(value).map(Ratio::number),
        Kind::Duration => time::span(value),
        Kind::Created | Kind::Updated | Kind::Time => time::parse(value),
        Kind::Quantity { .. } | Kind::Factor | Kind::Any { .. } | Kind::Reference { .. } | Kind::Secret => {
            return None;
        }
    })
}
