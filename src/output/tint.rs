//! The few colours of tables: a look at the status column says how the estate is.

use std::borrow::Cow;

/// Bold, for headers and keys.
pub const HEADER: &str = "1";

/// Returns the colour of a status word, where it has one.
#[must_use]
pub fn of_status(word: &str) -> Option<&'static str> {
    match word {
        "running" => Some("32"),
        "planned" => Some("36"),
        "suspended" => Some("33"),
        "failed" => Some("31"),
        "stopped" | "retired" => Some("2"),
        _ => None,
    }
}

/// Returns `true` for a column that holds a status: a VM's own, or one that a reference leads to.
#[must_use]
pub fn is_status(name: &str) -> bool {
    name.rsplit('.').next() == Some("status")
}

/// Returns `text` in `color` (the parameters of an SGR sequence, ECMA-48 8.3.117), where there is one.
#[must_use]
pub fn painted<'text>(text: &'text str, color: Option<&str>) -> Cow<'text, str> {
    match color {
        Some(color) if !text.is_empty() => format!("\x1b[{color}m{text}\x1b[0m").into(),
        _ => text.into(),
    }
}
