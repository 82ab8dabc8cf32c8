//! Colours of tables.

use std::borrow::Cow;

/// Bold, for headers and keys.
pub const HEADER: &str = "1";

/// Returns the colour of a status word, if it has one.
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

/// Returns true for a column of statuses, also through a reference (`vm.status`).
#[must_use]
pub fn is_status(name: &str) -> bool {
    name.rsplit('.').next() == Some("status")
}

/// Returns `text` in `color` (parameters of an SGR sequence, ECMA-48 8.3.117), if there is one.
#[must_use]
pub fn painted<'text>(text: &'text str, color: Option<&str>) -> Cow<'text, str> {
    match color {
        Some(color) if !text.is_empty() => format!("\x1b[{color}m{text}\x1b[0m").into(),
        _ => text.into(),
    }
}
