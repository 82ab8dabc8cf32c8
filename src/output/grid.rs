//! Aligned columns, streamed: the body of every table.
//!
//! Widths come from the first thousand rows. Later rows are drawn with these widths in blocks of a thousand, so that a
//! million rows need no more memory than a thousand. A later cell that is wider than its column shifts the rest of its
//! line; on a terminal it is cut if the line would not fit.

use crate::output::bar::Share;
use crate::output::drawing::{GAP, Piece, RowGroup, WIDEST};
use crate::output::measure;
use crate::output::row::{Cell, Column, ColumnKind, Row};
use crate::output::{Layout, tint};
use crate::value::list::push_list;
use crate::value::shown::shown;
use crate::value::time::local;
use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

/// Largest number of rows in a block, of bytes in its lines, and of groups of rows with the same widths.
const BLOCK_ROWS: usize = 1000;
const BLOCK_BYTES: usize = 1 << 20;
const BLOCK_GROUPS: usize = 32;
/// Smallest useful width of a column; with less room a row takes several lines.
const LEAST: usize = 4;
/// Indentation of the further lines of such a row.
const FOLD: usize = 2;

/// Columns, and the rows that are not written yet.
pub struct Grid {
    layout: Layout,
    indent: usize,
    columns: Vec<GridColumn>,
    bands: Vec<Band>,
    /// First rows, until the widths of the columns are fixed.
    sample: Vec<Vec<Piece<'static>>>,
    /// Bytes in the sample, then in the block.
    bytes: usize,
    /// Rows of the block by the widths that their cells are padded to.
    groups: Vec<(Vec<usize>, RowGroup)>,
    /// Index of the group of each row of the block.
    order: Vec<usize>,
}

struct GridColumn {
    name: String,
    natural: usize,
    width: usize,
    right: bool,
    status: bool,
    /// Per cent from which a share warns.
    limit: Option<u32>,
}

/// Columns on one line. All columns are in one band unless the terminal is too narrow.
struct Band {
    columns: Range<usize>,
    indent: usize,
    spare: usize,
}

impl Grid {
    /// Creates a table of `columns`, each line indented by `indent` blanks.
    #[must_use]
    pub fn new(columns: &[Column], layout: Layout, indent: usize) -> Self {
        let indent = match layout.width {
            Some(width) if width < indent + LEAST => 0,
            _ => indent,
        };
        let columns = columns.iter().map(|column| GridColumn::new(column, layout)).collect();
        let (bands, sample, groups, order) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { layout, indent, columns, bands, sample, bytes: 0, groups, order }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn row(&mut self, out: &mut impl Write, row: &Row) -> io::Result<()> {
        let cells = self.columns.iter().enumerate();
        let cells = cells.map(|(index, column)| column.piece(row.cell(index), self.layout));
        if !self.bands.is_empty() {
            let pieces = cells.collect();
            return self.add(out, pieces);
        }
        let pieces: Vec<_> = cells.map(Piece::into_owned).collect();
        for (column, piece) in self.columns.iter_mut().zip(&pieces) {
            column.natural = column.natural.max(piece.width().min(WIDEST));
            self.bytes += piece.width();
        }
        self.sample.push(pieces);
        if self.sample.len() >= BLOCK_ROWS || self.bytes >= BLOCK_BYTES { self.settle(out) } else { Ok(()) }
    }

    /// Writes the rest of the rows. A table without rows is only a header.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn end(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.bands.is_empty() {
            self.settle(out)?;
        }
        self.draw(out)
    }

    /// Fixes the widths of the columns.
    fn settle(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.bands = fold(&mut self.columns, self.indent, self.layout.width);
        let sample = std::mem::take(&mut self.sample);
        self.bytes = 0;
        if self.layout.headers {
            let color = self.layout.color.then_some(tint::HEADER);
            let names = self.columns.iter();
            let names = names.map(|column| Piece::new(column.name.clone(), color).aligned(column.right)).collect();
            self.add(out, names)?;
        }
        sample.into_iter().try_for_each(|row| self.add(out, row))
    }

    /// Adds a row to the group of its widths, and writes the block before it if that is full.
    fn add(&mut self, out: &mut impl Write, mut row: Vec<Piece<'_>>) -> io::Result<()> {
        let widths = self.fit(&mut row);
        let line = widths.iter().sum::<usize>() + row.iter().map(Piece::width).sum::<usize>();
        let found = self.groups.iter().position(|(these, _)| *these == widths);
        let is_full = self.order.len() >= BLOCK_ROWS
            || self.bytes + line > BLOCK_BYTES
            || found.is_none() && self.groups.len() >= BLOCK_GROUPS;
        if is_full {
            self.draw(out)?;
        }
        let index = found.filter(|_| !is_full).unwrap_or(self.groups.len());
        if index == self.groups.len() {
            self.groups.push((widths, RowGroup::default()));
        }
        if let Some((_, group)) = self.groups.get_mut(index) {
            group.add(&row);
        }
        self.order.push(index);
        self.bytes += line;
        Ok(())
    }

    /// Returns the widths that the cells of a row are padded to, and cuts the cells for which the line has no room.
    fn fit(&self, row: &mut [Piece<'_>]) -> Vec<usize> {
        let mut widths = Vec::with_capacity(row.len());
        for band in &self.bands {
            let (mut shift, mut spare) = (0, band.spare);
            let columns = self.columns.get(band.columns.clone()).unwrap_or_default();
            let pieces = row.get_mut(band.columns.clone()).unwrap_or_default();
            for (column, piece) in columns.iter().zip(pieces) {
                let pushed = piece.width().saturating_sub(column.width).min(spare);
                spare -= pushed;
                piece.cut(column.width + pushed);
                let behind = (shift + piece.width().max(1)).saturating_sub(column.width);
                widths.push(column.width + behind - shift);
                shift = behind;
            }
            if let (Some(last), Some(width)) = (columns.last(), widths.last_mut())
                && !last.right
            {
                *width = 0;
            }
        }
        widths
    }

    /// Writes the block.
    fn draw(&mut self, out: &mut impl Write) -> io::Result<()> {
        let groups = std::mem::take(&mut self.groups);
        self.bytes = 0;
        let lines = |widths: &[usize], group: &RowGroup| -> Vec<_> {
            let bands = self.bands.iter();
            bands.map(|band| group.draw(band.indent, widths, band.columns.clone()).into_iter().enumerate()).collect()
        };
        let mut drawn: Vec<_> = groups.iter().map(|(widths, group)| (group, lines(widths, group))).collect();
        for index in self.order.drain(..) {
            let Some((group, bands)) = drawn.get_mut(index) else { continue };
            for (place, (band, lines)) in self.bands.iter().zip(bands).enumerate() {
                if let Some((row, line)) = lines.next()
                    && (place == 0 || !group.is_blank(row, &band.columns))
                {
                    group.write_line(out, &line, row, &band.columns)?;
                }
            }
        }
        Ok(())
    }
}

impl GridColumn {
    fn new(column: &Column, layout: Layout) -> Self {
        let name = shown(&column.name).into_owned();
        // At least 1, so that a later cell is visible as an ellipsis.
        let natural = if layout.headers { measure::width(&name).clamp(1, WIDEST) } else { 1 };
        let right = matches!(column.kind, ColumnKind::Number | ColumnKind::Quantity | ColumnKind::Share { .. });
        let status = layout.color && tint::is_status(&column.name);
        let limit = match column.kind {
            ColumnKind::Share { limit } => Some(limit),
            _ => None,
        };
        Self { name, natural, width: 0, right, status, limit }
    }

    fn piece<'row>(&self, cell: Cell<'row>, layout: Layout) -> Piece<'row> {
        let piece = match (cell, self.limit) {
            (Cell::Number(_) | Cell::Ratio(_), Some(limit)) => {
                let share = Share::of(cell);
                Piece::new(share.text(layout.width.is_some()), layout.color.then(|| share.color(limit)))
            }
            (Cell::Text(word), _) if self.status => Piece::new(visible(cell, layout), tint::of_status(word)),
            _ => Piece::new(visible(cell, layout), None),
        };
        piece.aligned(self.right)
    }
}

/// Returns the text of a cell for a table: escaped, in one line, times in local time if the layout says so.
#[must_use]
pub fn visible(cell: Cell<'_>, layout: Layout) -> Cow<'_, str> {
    match cell {
        Cell::Time(text) if layout.local_time => shown(&local(text)).into_owned().into(),
        Cell::Null => Cow::Borrowed(""),
        Cell::Ratio(number) => shown(&format!("{number}:1")).into_owned().into(),
        Cell::Text(text) | Cell::Number(text) | Cell::Quantity(text, _) | Cell::Time(text) => shown(text),
        Cell::List(items) => {
            let mut joined = String::new();
            push_list(&mut joined, items.iter());
            shown(&joined).into_owned().into()
        }
    }
}

/// Fixes the width of every column: on one line with the widest columns narrowed, or on several if that does not fit.
fn fold(columns: &mut [GridColumn], indent: usize, width: Option<usize>) -> Vec<Band> {
    let room = width.map_or(usize::MAX, |width| width.max(1) - indent.min(width.max(1) - 1));
    let further = if room >= FOLD + LEAST { FOLD } else { 0 };
    let mut bands = Vec::new();
    let mut first = 0;
    while first < columns.len() || bands.is_empty() {
        let extra = if bands.is_empty() { 0 } else { further };
        let rest = columns.get_mut(first..).unwrap_or_default();
        let count = count_that_fits(rest, room - extra);
        let inside = rest.get_mut(..count).unwrap_or_default();
        let gaps = GAP * count.saturating_sub(1);
        narrow(inside, (room - extra).saturating_sub(gaps));
        let used = inside.iter().map(|column| column.width).sum::<usize>() + gaps;
        let spare = (room - extra).saturating_sub(used);
        bands.push(Band { columns: first..first + count, indent: indent + extra, spare });
        first += count;
    }
    bands
}

/// Returns the number of columns that fit into one line at their smallest width, at least 1.
fn count_that_fits(columns: &[GridColumn], room: usize) -> usize {
    let mut used = 0;
    for (index, column) in columns.iter().enumerate() {
        used += column.natural.min(LEAST) + if index == 0 { 0 } else { GAP };
        if used > room {
            return index.max(1);
        }
    }
    columns.len()
}

/// Narrows the widest columns until all fit into `room`. A cut number is a wrong number, and the first column
/// identifies the record, so these are narrowed last.
fn narrow(columns: &mut [GridColumn], room: usize) {
    let needed: [fn(usize, &GridColumn) -> bool; 3] =
        [|place, column| place == 0 || column.right, |_, column| column.right, |_, _| false];
    let keeps = needed.into_iter().find(|keeps| {
        let least = columns.iter().enumerate();
        let least =
            least.map(|(place, column)| if keeps(place, column) { column.natural } else { column.natural.min(LEAST) });
        least.sum::<usize>() <= room
    });
    let keeps = keeps.unwrap_or(|_, _| false);
    let at = |level: usize, place: usize, column: &GridColumn| {
        if keeps(place, column) { column.natural } else { column.natural.min(level) }
    };
    let total =
        |level: usize| columns.iter().enumerate().map(|(place, column)| at(level, place, column)).sum::<usize>();
    let (mut fits, mut beyond) = (0, columns.iter().map(|column| column.natural).max().unwrap_or(0) + 1);
    while beyond - fits > 1 {
        let middle = fits + (beyond - fits) / 2;
        if total(middle) <= room { fits = middle } else { beyond = middle }
    }
    let mut spare = room - total(fits);
    for (place, column) in columns.iter_mut().enumerate() {
        column.width = at(fits, place, column);
        if column.natural > column.width && spare > 0 {
            column.width += 1;
            spare -= 1;
        }
    }
}
