//! Lines that comfy-table draws from cells that fit their columns.
//!
//! Cells are measured, cut and escaped before; comfy-table aligns and pads them. This module adds colours without the
//! terminal library of comfy-table, and cells wider than its 16-bit widths.

use crate::output::measure::{self, ELLIPSIS};
use crate::output::tint::painted;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, Table, Width, presets};
use std::io::{self, Write};
use std::iter::once;

/// Blanks between two columns.
pub const GAP: usize = 2;
/// Largest width of a cell for comfy-table.
pub const WIDEST: usize = 60_000;
/// Drawn in place of a wider cell: no cell has a control character.
const STAND_IN: &str = "\0";

/// A cell that is ready to be drawn.
#[derive(Debug, Clone, Default)]
pub struct Piece {
    text: String,
    width: usize,
    color: Option<&'static str>,
    right: bool,
}

impl Piece {
    /// Creates a cell at the left of its column.
    #[must_use]
    pub fn new(text: impl Into<String>, color: Option<&'static str>) -> Self {
        let text = text.into();
        Self { width: measure::width(&text), text, color, right: false }
    }

    /// Aligns the cell to the right of its column if `right` is true.
    #[must_use]
    pub fn aligned(self, right: bool) -> Self {
        Self { right, ..self }
    }

    /// Width in columns of a terminal.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Returns true for a cell without text.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Cuts the text to `width` columns, the last of which is an ellipsis; leaves a text that fits as it is.
    pub fn cut(&mut self, width: usize) {
        if self.width > width {
            let end = measure::cut(&self.text, width).0.len();
            self.text.truncate(end);
            self.text.push_str(ELLIPSIS);
            self.width = measure::width(&self.text);
        }
    }

    fn drawn(&self) -> &str {
        if self.width > WIDEST { STAND_IN } else { &self.text }
    }

    fn cell(&self) -> Cell {
        let cell = Cell::new(self.drawn());
        if self.right { cell.set_alignment(CellAlignment::Right) } else { cell }
    }
}

/// Draws a line for each row, indented by `indent`. No cell is wider than its column in `widths`.
#[must_use]
pub fn draw<'r>(indent: usize, widths: &[usize], rows: impl Iterator<Item = &'r [Piece]>) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).add_rows(rows.map(|row| row.iter().map(Piece::cell)));
    let columns = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    let indents = once(indent).chain(std::iter::repeat(0));
    for ((column, width), indent) in table.column_iter_mut().zip(widths).zip(indents) {
        let width = if *width > WIDEST { STAND_IN.len() } else { *width };
        column.set_padding((columns(indent), columns(GAP)));
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(columns(indent + width + GAP))));
    }
    table.lines().collect()
}

/// Writes the line that was drawn for `row`, with its colours and without blanks at its end.
///
/// # Errors
/// The output cannot be written.
pub fn write_line(out: &mut impl Write, line: &str, row: &[Piece]) -> io::Result<()> {
    let mut rest = line.trim_end_matches(' ');
    if row.iter().any(|piece| piece.color.is_some() || piece.width > WIDEST) {
        for piece in row {
            let Some((before, behind)) = rest.split_once(piece.drawn()) else { continue };
            out.write_all(before.as_bytes())?;
            out.write_all(painted(&piece.text, piece.color).as_bytes())?;
            rest = behind;
        }
    }
    out.write_all(rest.as_bytes())?;
    out.write_all(b"\n")
}

/// Draws and writes one row.
///
/// # Errors
/// The output cannot be written.
pub fn write_row(out: &mut impl Write, indent: usize, widths: &[usize], row: &[Piece]) -> io::Result<()> {
    draw(indent, widths, once(row)).iter().try_for_each(|line| write_line(out, line, row))
}

#[cfg(test)]
mod tests {
    use super::{Piece, WIDEST, draw, write_row};

    #[test]
    fn comfy_table_measures_what_a_terminal_shows() {
        let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
        for (text, blanks) in [("web", 5), ("日本語", 2), (family, 6), ("e\u{301}e\u{301}", 6), ("🇯🇵", 6), ("", 8)]
        {
            let row = [Piece::new(text, None), Piece::new("x", None)];
            let lines = draw(1, &[8, 1], std::iter::once(&row[..]));
            assert_eq!(lines, [format!(" {text}{}  x  ", " ".repeat(blanks))]);
        }
    }

    #[test]
    fn a_cell_that_comfy_table_cannot_count_is_written_whole() {
        let long = "日".repeat(WIDEST);
        let row = [Piece::new("a", Some("1")), Piece::new(long.as_str(), None), Piece::new("b", None).aligned(true)];
        let mut written = Vec::new();
        write_row(&mut written, 0, &[1, 2 * WIDEST, 3], &row).expect("written");
        assert_eq!(String::from_utf8(written).expect("UTF-8"), format!("\x1b[1ma\x1b[0m  {long}    b\n"));
    }
}
