//! Quantities in tables: three digits for people, exact or in one unit on request.

use crate::value::decimal::Decimal;
use crate::value::rounded::{in_unit, rounded};
use std::borrow::Cow;

/// Form of the quantities in tables. Other formats have the exact ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Amounts {
    /// Three significant digits, in a unit that suits.
    #[default]
    Rounded,
    /// As stored, or as computed.
    Exact,
    /// In one unit.
    In {
        /// Name of the unit.
        unit: String,
        /// Bytes in one.
        bytes: u64,
    },
}

impl Amounts {
    /// Returns a quantity in this form.
    #[must_use]
    pub fn text<'text>(&self, text: &'text str, size: Decimal) -> Cow<'text, str> {
        match self {
            Self::Rounded => rounded(text, size),
            Self::Exact => text.into(),
            Self::In { unit, bytes } => format!("{} {unit}", in_unit(size, *bytes)).into(),
        }
    }
}
