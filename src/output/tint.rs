//! The few colours of tables: a look at the status column says how the estate is.

use crate::output::lines::Lines;

/// How a header or a key is set off.
pub const HEADER: &str = "1";

/// The colour of a status word, where it has one.
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

/// Whether the column called `name` holds a status: a VM's own, or one that a reference leads to.
#[must_use]
pub fn is_status(name: &str) -> bool {
    name.rsplit('.').next() == Some("status")
}

/// Adds the pieces of a text, in `color` where there is one.
pub fn push(lines: &mut Lines<'_>, pieces: &[&str], color: Option<&str>) {
    if let Some(color) = color {
        lines.push("\x1b[");
        lines.push(color);
        lines.push("m");
    }
    for piece in pieces {
        lines.push(piece);
    }
    if color.is_some() {
        lines.push("\x1b[0m");
    }
}
