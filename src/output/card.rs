//! Records as keys and values, a field on a line.

use crate::output::drawing::{GAP, Piece, write_row};
use crate::output::measure;
use std::io::{self, Write};

/// Indentation of a value under its key, and of a section under its title.
pub const INDENT: usize = 2;
/// Smallest room in columns for a value beside its key; with less it is below its key.
const LEAST_VALUE: usize = 10;

/// Room of a card.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Blanks before each line.
    pub indent: usize,
    /// Width behind them in columns; `None` without end.
    pub room: Option<usize>,
    /// Width of the keys in columns.
    pub keys: usize,
}

/// Writes a key and the lines of its value: side by side, or below each other where that is too narrow. Long lines are
/// wrapped.
///
/// # Errors
/// The output cannot be written.
pub fn write_field(out: &mut impl Write, frame: Frame, mut key: Piece<'_>, value: &[Piece<'_>]) -> io::Result<()> {
    let Frame { indent, room, keys } = frame;
    let screen = room.unwrap_or(usize::MAX);
    let beside = screen.saturating_sub(keys + GAP);
    let is_beside = beside >= LEAST_VALUE;
    let below = if screen > INDENT + LEAST_VALUE { INDENT } else { 0 };
    let room = if is_beside { beside } else { screen - below };
    if !is_beside {
        write_wrapped(out, indent, screen, &key)?;
    }
    for line in value {
        for part in parts(line.text(), room) {
            let value = line.with(part);
            if is_beside {
                let widths = [keys, value.width()];
                write_row(out, indent, &widths, &[std::mem::take(&mut key), value.aligned(false)])?;
            } else {
                write_row(out, indent + below, &[value.width()], &[value.aligned(false)])?;
            }
        }
    }
    Ok(())
}

/// Writes a cell alone, in as many lines of `room` columns as it needs.
///
/// # Errors
/// The output cannot be written.
pub fn write_wrapped(out: &mut impl Write, indent: usize, room: usize, cell: &Piece<'_>) -> io::Result<()> {
    parts(cell.text(), room).into_iter().try_for_each(|part| {
        let part = cell.with(part).aligned(false);
        write_row(out, indent, &[part.width()], &[part])
    })
}

/// Returns a text in lines of at most `room` columns.
fn parts(text: &str, room: usize) -> Vec<&str> {
    if measure::width(text) > room { measure::wrap(text, room) } else { vec![text] }
}
