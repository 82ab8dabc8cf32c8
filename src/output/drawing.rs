//! Lines that comfy-table draws from cells that fit their columns.
//!
//! Cells are measured, shortened and escaped before; comfy-table aligns and pads them. It spends more on a cell than on a
//! line, so rows of the same widths are one row of its table, with a line for each, and a last cell at the left, which
//! needs no padding, is written behind the line that it draws. This module adds colours without the terminal library of
//! comfy-table, and cells wider than its 16-bit widths.

use crate::output::cut::Cut;
use crate::output::measure;
use crate::output::tint::painted;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, Table, Width, presets};
use std::borrow::Cow;
use std::io::{self, Write};

/// Blanks between two columns.
pub const GAP: usize = 2;
/// Largest width of a cell for comfy-table.
pub const WIDEST: usize = 60_000;
/// Drawn in place of a wider cell: no cell has a control character.
const STAND_IN: &str = "\0";

/// A cell that is ready to be drawn.
#[derive(Debug, Clone, Default)]
pub struct Piece<'row> {
    text: Cow<'row, str>,
    width: usize,
    color: Option<&'static str>,
    right: bool,
    cut: Cut,
}

impl<'row> Piece<'row> {
    /// Creates a cell at the left of its column.
    #[must_use]
    pub fn new(text: impl Into<Cow<'row, str>>, color: Option<&'static str>) -> Self {
        let text = text.into();
        Self { width: measure::width(&text), text, color, right: false, cut: Cut::Nothing }
    }

    /// Aligns the cell, and with it its column in a group, to the right if `right` is true.
    #[must_use]
    pub fn aligned(self, right: bool) -> Self {
        Self { right, ..self }
    }

    /// Sets the part of the cell that may be left out.
    #[must_use]
    pub fn losing(self, cut: Cut) -> Self {
        Self { cut, ..self }
    }

    /// Returns the cell with a text of its own.
    #[must_use]
    pub fn into_owned(self) -> Piece<'static> {
        let Piece { text, width, color, right, cut } = self;
        Piece { text: text.into_owned().into(), width, color, right, cut }
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns a cell like this one with another text.
    #[must_use]
    pub fn with<'text>(&self, text: &'text str) -> Piece<'text> {
        Piece { right: self.right, ..Piece::new(text, self.color) }
    }

    /// Width in columns of a terminal.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Returns true for a cell at the right of its column.
    #[must_use]
    pub const fn is_right(&self) -> bool {
        self.right
    }

    /// Returns the smallest width that the cell can be shortened to.
    #[must_use]
    pub fn least(&self) -> usize {
        self.cut.least(&self.text, self.width)
    }

    /// Shortens the text to `width` columns, or as far as it can be.
    pub fn shorten(&mut self, width: usize) {
        if let Some(short) = self.shortened(width) {
            self.set_text(short);
        }
    }

    /// Replaces the text.
    pub fn set_text(&mut self, text: String) {
        (self.width, self.text) = (measure::width(&text), text.into());
    }

    /// Returns the text in `width` columns, or as short as it can be; `None` if it is not shortened.
    #[must_use]
    pub fn shortened(&self, width: usize) -> Option<String> {
        if self.width <= width {
            return None;
        }
        let short = self.cut.shortened(&self.text, width);
        (short.len() != self.text.len()).then(|| short.into_owned())
    }
}

/// Rows whose cells all fit the same widths.
#[derive(Debug, Default)]
pub struct RowGroup {
    columns: Vec<GroupColumn>,
    marks: Vec<Mark>,
    rows: usize,
}

/// The cells of a column, a line for each, and where in the text each ends.
#[derive(Debug, Default)]
struct GroupColumn {
    text: String,
    ends: Vec<usize>,
    right: bool,
}

/// Text that is written in place of a cell as it was drawn.
#[derive(Debug)]
struct Mark {
    row: usize,
    column: usize,
    painted: String,
}

impl RowGroup {
    /// Adds a row.
    pub fn add(&mut self, row: &[Piece<'_>]) {
        self.columns.resize_with(row.len(), GroupColumn::default);
        for (index, (column, piece)) in self.columns.iter_mut().zip(row).enumerate() {
            let is_wide = piece.width > WIDEST;
            if is_wide || piece.color.is_some() {
                let painted = painted(&piece.text, piece.color).into_owned();
                self.marks.push(Mark { row: self.rows, column: index, painted });
            }
            if self.rows > 0 {
                column.text.push('\n');
            }
            column.text.push_str(if is_wide { STAND_IN } else { &piece.text });
            column.ends.push(column.text.len());
            column.right = piece.right;
        }
        self.rows += 1;
    }

    /// Draws a line for each row, indented by `indent`, from cells that are padded to `widths`.
    #[must_use]
    pub fn draw(&self, indent: usize, widths: &[usize]) -> Vec<String> {
        let inside = self.padded();
        if inside.is_empty() {
            return vec![" ".repeat(indent); self.rows];
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).add_row(inside.iter().map(|column| Cell::new(&column.text)));
        let narrow = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        for (index, ((drawn, width), column)) in table.column_iter_mut().zip(widths).zip(inside).enumerate() {
            let width = if *width > WIDEST { STAND_IN.len() } else { *width };
            let indent = if index == 0 { indent } else { 0 };
            drawn.set_padding((narrow(indent), narrow(GAP)));
            drawn.set_constraint(ColumnConstraint::Absolute(Width::Fixed(narrow(indent + width + GAP))));
            drawn.set_cell_alignment(if column.right { CellAlignment::Right } else { CellAlignment::Left });
        }
        table.lines().collect()
    }

    /// Returns the columns that are padded: all but a last one at the left.
    fn padded(&self) -> &[GroupColumn] {
        match self.columns.split_last() {
            Some((last, before)) if !last.right => before,
            _ => &self.columns,
        }
    }

    /// Writes a line that was drawn for the row at `row`, with its last cell, its colours and without blanks at its end.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn write_line(&self, out: &mut impl Write, line: &str, row: usize) -> io::Result<()> {
        let padded = self.padded().len();
        let open = if padded < self.columns.len() { self.text(row, padded).trim_end_matches(' ') } else { "" };
        let mut rest = if open.is_empty() { line.trim_end_matches(' ') } else { line };
        let first = self.marks.partition_point(|mark| mark.row < row);
        let marks = self.marks.get(first..).unwrap_or_default();
        let mut marks = marks.iter().take_while(|mark| mark.row == row).peekable();
        for index in 0..padded {
            if marks.peek().is_none() {
                break;
            }
            let Some((before, behind)) = rest.split_once(self.text(row, index)) else { continue };
            let mark = marks.next_if(|mark| mark.column == index);
            let drawn = rest.get(before.len()..rest.len() - behind.len()).unwrap_or_default();
            out.write_all(before.as_bytes())?;
            out.write_all(mark.map_or(drawn, |mark| &mark.painted).as_bytes())?;
            rest = behind;
        }
        out.write_all(rest.as_bytes())?;
        let mark = marks.find(|mark| mark.column == padded);
        out.write_all(mark.map_or(open, |mark| &mark.painted).as_bytes())?;
        out.write_all(b"\n")
    }

    /// Returns the text of a cell as comfy-table draws it.
    fn text(&self, row: usize, column: usize) -> &str {
        let Some(GroupColumn { text, ends, .. }) = self.columns.get(column) else { return "" };
        let start = row.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| end + '\n'.len_utf8());
        ends.get(row).and_then(|end| text.get(start..*end)).unwrap_or_default()
    }
}

/// Draws and writes one row.
///
/// # Errors
/// The output cannot be written.
pub fn write_row(out: &mut impl Write, indent: usize, widths: &[usize], row: &[Piece<'_>]) -> io::Result<()> {
    let mut group = RowGroup::default();
    group.add(row);
    group.draw(indent, widths).iter().try_for_each(|line| group.write_line(out, line, 0))
}

#[cfg(test)]
mod tests {
    use super::{Piece, RowGroup, WIDEST, write_row};

    #[test]
    fn comfy_table_measures_what_a_terminal_shows() {
        let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
        for (text, blanks) in [("web", 5), ("日本語", 2), (family, 6), ("e\u{301}e\u{301}", 6), ("🇯🇵", 6), ("", 8)]
        {
            let row = [Piece::new(text, None), Piece::new("x", None)];
            let mut group = RowGroup::default();
            group.add(&row);
            let lines = group.draw(1, &[8, 1]);
            assert_eq!(lines, [format!(" {text}{}  ", " ".repeat(blanks))]);
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
