//! Choice of the columns that a table has room for, and of their widths.

use crate::output::cut::Cut;
use crate::output::drawing::{GAP, Piece, WIDEST};
use crate::output::row::{Column, ColumnKind};
use crate::output::{Layout, measure, tint};
use crate::value::shown::shown;

/// Width below which a record that does not fit on a line becomes a card, in columns.
const CARDS_BELOW: usize = 60;
/// Smallest number of columns that is a table still; with fewer, records become cards.
const FEWEST: usize = 2;

/// Form of the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowForm {
    /// A line, which may be this much wider than the columns.
    Line {
        /// Free columns of the terminal behind the last column.
        spare: usize,
    },
    /// Keys and values, a field on each line.
    Card,
}

/// A column of a table.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct GridColumn {
    /// Header, escaped.
    pub name: String,
    /// Kind of the values.
    pub kind: ColumnKind,
    /// Part of the cells that may be left out.
    pub cut: Cut,
    /// True if the cells are at the right.
    pub right: bool,
    /// True if the cells are coloured as statuses.
    pub status: bool,
    /// True if no row has a value, as far as rows were measured.
    pub is_empty: bool,
    /// True if the table has the column.
    pub is_shown: bool,
    /// True if a value came after the column was left out as empty.
    pub is_late: bool,
    /// Width that the cells are padded to.
    pub width: usize,
    is_asked_for: bool,
    natural: usize,
    least: usize,
}

impl GridColumn {
    /// Creates a column without rows.
    #[must_use]
    pub fn new(column: &Column, layout: &Layout) -> Self {
        let name = shown(&column.name).into_owned();
        // At least 1, so that an empty column is one.
        let header = if layout.headers { measure::width(&name).clamp(1, WIDEST) } else { 1 };
        Self {
            name,
            kind: column.kind,
            cut: column.cut,
            right: matches!(column.kind, ColumnKind::Number | ColumnKind::Quantity | ColumnKind::Share { .. }),
            status: layout.color && tint::is_status(&column.name),
            is_empty: true,
            is_shown: true,
            is_late: false,
            width: header,
            is_asked_for: column.is_asked_for,
            natural: header,
            least: header,
        }
    }

    /// Returns true if the table does not have the column because it had no value.
    #[must_use]
    pub const fn is_left_out_as_empty(&self) -> bool {
        !self.is_shown && self.is_empty && !self.is_asked_for
    }

    /// Takes a cell into account. One that is wider than a whole line has lines of its own, whatever the width.
    pub fn measure(&mut self, cell: &Piece<'_>, room: usize) {
        let least = cell.least();
        self.is_empty &= cell.width() == 0;
        if least <= room {
            self.least = self.least.max(least.min(WIDEST));
            self.natural = self.natural.max(cell.width().min(WIDEST));
        }
    }
}

/// Chooses the columns and their widths for lines of `room` columns (`None`: without end), and the form of the rows.
///
/// Columns without a value are left out first; then columns are left out from the right, until the others fit if their
/// cells are shortened as far as they can be; then cells are shortened, bars first and the widest columns most.
#[must_use]
pub fn arrange(columns: &mut [GridColumn], room: Option<usize>, has_rows: bool) -> RowForm {
    let Some(room) = room else {
        for column in columns.iter_mut() {
            column.width = column.natural;
        }
        return RowForm::Line { spare: usize::MAX - total(columns.iter().map(|column| column.natural)) };
    };
    if has_rows && columns.iter().any(|column| !column.is_empty) {
        for column in columns.iter_mut() {
            column.is_shown = !column.is_empty || column.is_asked_for;
        }
    }
    let mut shown: Vec<&mut GridColumn> = columns.iter_mut().filter(|column| column.is_shown).collect();
    let fits = |count: &usize| total(shown.iter().take(*count).map(|column| column.least)) <= room;
    let count = (0..=shown.len()).rev().find(fits).unwrap_or(0);
    let is_table = count == shown.len() || count >= FEWEST && room >= CARDS_BELOW || count > 0 && !has_rows;
    if !is_table {
        for column in shown {
            column.is_shown = true;
        }
        return RowForm::Card;
    }
    for column in shown.drain(count..) {
        column.is_shown = false;
    }
    let with_bars = |column: &GridColumn| if column.cut == Cut::Bar { column.natural } else { column.least };
    if total(shown.iter().map(|column| with_bars(column))) > room {
        for column in shown.iter_mut().filter(|column| column.cut == Cut::Bar) {
            column.natural = column.least;
        }
    }
    narrow(&mut shown, room);
    RowForm::Line { spare: room - total(shown.iter().map(|column| column.width)) }
}

/// Returns the width of a line with columns of these widths.
fn total(widths: impl ExactSizeIterator<Item = usize>) -> usize {
    let gaps = GAP * widths.len().saturating_sub(1);
    widths.sum::<usize>() + gaps
}

/// Narrows columns until all fit into `room`, none below its least width: paths first, for their fronts say the least;
/// then the widest columns.
fn narrow(columns: &mut [&mut GridColumn], room: usize) {
    let is_path = |column: &GridColumn| column.cut == Cut::Front;
    let with_paths = |level: usize, column: &GridColumn| {
        if is_path(column) { column.natural.min(level.max(column.least)) } else { column.natural }
    };
    let with_all = |level: usize, column: &GridColumn| {
        if is_path(column) { column.least } else { column.natural.min(level.max(column.least)) }
    };
    let of_paths = total(columns.iter().map(|column| with_paths(0, column)));
    let at: &dyn Fn(usize, &GridColumn) -> usize = if of_paths <= room { &with_paths } else { &with_all };
    let line = |level: usize| total(columns.iter().map(|column| at(level, column)));
    let (mut fits, mut beyond) = (0, columns.iter().map(|column| column.natural).max().unwrap_or(0) + 1);
    while beyond - fits > 1 {
        let middle = fits + (beyond - fits) / 2;
        if line(middle) <= room { fits = middle } else { beyond = middle }
    }
    let mut spare = room - line(fits);
    for column in columns {
        column.width = at(fits, column);
        if column.natural > column.width && spare > 0 {
            column.width += 1;
            spare -= 1;
        }
    }
}
