//! Aligned columns, streamed: the body of every table.
//!
//! Which columns a terminal shows, and how wide, comes from the first thousand rows. Later rows are drawn with these
//! widths in blocks of a thousand, so that a million rows need no more memory than a thousand. A later cell that is wider
//! than its column shifts the rest of its line; where the line would not fit, it is shortened, or has a line of its own
//! if its column must not be cut. A later value of a column that was left out as empty is written under its row with its
//! name.

use crate::output::amount::Amounts;
use crate::output::bar::Share;
use crate::output::card::{Frame, write_field, write_wrapped};
use crate::output::cut::Cut;
use crate::output::drawing::{GAP, Piece, RowGroup, write_row};
use crate::output::left_out::LeftOut;
use crate::output::measure;
use crate::output::row::{Cell, Column, ColumnKind, Row};
use crate::output::widths::{GridColumn, RowForm, arrange};
use crate::output::{Layout, tint};
use crate::value::list::push_list;
use crate::value::shown::shown;
use crate::value::time::{local, local_minute};
use std::borrow::Cow;
use std::io::{self, Write};

/// Largest number of rows in a block, of bytes in its lines, and of groups of rows with the same widths.
const BLOCK_ROWS: usize = 1000;
const BLOCK_BYTES: usize = 1 << 20;
const BLOCK_GROUPS: usize = 32;
/// Indentation of a later value under its row.
const FOLD: usize = 2;

/// Columns, and the rows that are not written yet.
pub struct Grid {
    layout: Layout,
    indent: usize,
    columns: Vec<GridColumn>,
    /// Form of the rows, once the first are there.
    form: Option<RowForm>,
    /// First rows, until the widths of the columns are fixed.
    sample: Vec<Vec<Piece<'static>>>,
    /// Bytes in the sample, then in the block.
    bytes: usize,
    /// Rows of the block by the widths that their cells are padded to.
    groups: Vec<(Vec<usize>, RowGroup)>,
    /// The rows of the block in their order.
    order: Vec<GridRow>,
    /// The header as it is repeated on each page, and the lines that were written since.
    header: Vec<u8>,
    since_header: usize,
    is_begun: bool,
}

/// A row of a block.
enum GridRow {
    /// Index of its group.
    Grouped(usize),
    /// Its lines.
    Written(Vec<u8>),
}

impl Grid {
    /// Creates a table of `columns`, each line indented by `indent` blanks.
    #[must_use]
    pub fn new(columns: &[Column], layout: Layout, indent: usize) -> Self {
        let indent = if layout.width.is_some_and(|width| width < 2 * indent) { 0 } else { indent };
        let columns = columns.iter().map(|column| GridColumn::new(column, &layout)).collect();
        Self {
            layout,
            indent,
            columns,
            form: None,
            sample: Vec::new(),
            bytes: 0,
            groups: Vec::new(),
            order: Vec::new(),
            header: Vec::new(),
            since_header: 0,
            is_begun: false,
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn row(&mut self, out: &mut impl Write, row: &Row) -> io::Result<()> {
        let cells = self.columns.iter().enumerate();
        match self.form {
            None => {
                let pieces: Vec<_> =
                    cells.map(|(index, column)| piece(column, row.cell(index), &self.layout).into_owned()).collect();
                let room = self.room();
                for (column, piece) in self.columns.iter_mut().zip(&pieces) {
                    column.measure(piece, room);
                    self.bytes += piece.width();
                }
                self.sample.push(pieces);
                if self.sample.len() >= BLOCK_ROWS || self.bytes >= BLOCK_BYTES { self.settle(out) } else { Ok(()) }
            }
            Some(RowForm::Card) => {
                let pieces: Vec<_> =
                    cells.map(|(index, column)| piece(column, row.cell(index), &self.layout)).collect();
                self.write_card(out, &pieces)
            }
            Some(RowForm::Line { .. }) => {
                let pieces = cells.filter(|(_, column)| column.is_shown);
                let pieces = pieces.map(|(index, column)| piece(column, row.cell(index), &self.layout)).collect();
                self.add(out, pieces)?;
                self.add_late(out, row)
            }
        }
    }

    /// Writes the rest of the rows. A table without rows is only a header.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn end(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.form.is_none() {
            self.settle(out)?;
        }
        self.draw(out)
    }

    /// Returns the columns that are not written.
    #[must_use]
    pub fn left_out(&self) -> LeftOut {
        let hidden = self.columns.iter().filter(|column| !column.is_shown);
        let hidden: Vec<_> = hidden.filter(|_| matches!(self.form, Some(RowForm::Line { .. }))).collect();
        let names = |is_empty| -> Vec<String> {
            let columns = hidden.iter().filter(|column| column.is_left_out_as_empty() == is_empty && !column.is_late);
            columns.map(|column| column.name.clone()).collect()
        };
        LeftOut { empty: names(true), without_room: names(false) }
    }

    /// Returns the width of a line behind its indentation, in columns.
    fn room(&self) -> usize {
        self.layout.width.map_or(usize::MAX, |width| width.max(1) - self.indent.min(width.max(1) - 1))
    }

    fn shown(&self) -> impl Iterator<Item = &GridColumn> {
        self.columns.iter().filter(|column| column.is_shown)
    }

    /// Fixes the columns, their widths and the form of the rows.
    fn settle(&mut self, out: &mut impl Write) -> io::Result<()> {
        let sample = std::mem::take(&mut self.sample);
        self.bytes = 0;
        let room = self.layout.width.map(|_| self.room());
        let form = arrange(&mut self.columns, room, !sample.is_empty());
        self.form = Some(form);
        if form == RowForm::Card {
            return sample.iter().try_for_each(|row| self.write_card(out, row));
        }
        if self.layout.headers {
            let color = self.layout.color.then_some(tint::HEADER);
            let mut names: Vec<_> =
                self.shown().map(|column| Piece::new(column.name.clone(), color).aligned(column.right)).collect();
            let widths = self.fit(&mut names).unwrap_or_default();
            write_row(&mut self.header, self.indent, &widths, &names)?;
            self.since_header = 1;
            out.write_all(&self.header)?;
        }
        let shown: Vec<bool> = self.columns.iter().map(|column| column.is_shown).collect();
        sample.into_iter().try_for_each(|row| {
            let row = row.into_iter().zip(&shown).filter(|(_, is_shown)| **is_shown);
            self.add(out, row.map(|(piece, _)| piece).collect())
        })
    }

    /// Adds a row to the group of its widths, and writes the block before it if that is full.
    fn add(&mut self, out: &mut impl Write, mut row: Vec<Piece<'_>>) -> io::Result<()> {
        let Some(widths) = self.fit(&mut row) else {
            let lines = self.folded(row)?;
            return self.add_lines(out, lines);
        };
        let line = widths.iter().sum::<usize>() + row.iter().map(Piece::width).sum::<usize>();
        let found = self.groups.iter().position(|(these, _)| *these == widths);
        let is_full = self.is_full(line) || found.is_none() && self.groups.len() >= BLOCK_GROUPS;
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
        self.order.push(GridRow::Grouped(index));
        self.bytes += line;
        Ok(())
    }

    /// Adds lines as they are.
    fn add_lines(&mut self, out: &mut impl Write, lines: Vec<u8>) -> io::Result<()> {
        if self.is_full(lines.len()) {
            self.draw(out)?;
        }
        self.bytes += lines.len();
        self.order.push(GridRow::Written(lines));
        Ok(())
    }

    fn is_full(&self, bytes: usize) -> bool {
        self.order.len() >= BLOCK_ROWS || self.bytes + bytes > BLOCK_BYTES
    }

    /// Adds the values of a row in columns that were left out as empty: `owner=alice`.
    fn add_late(&mut self, out: &mut impl Write, row: &Row) -> io::Result<()> {
        let mut lines = Vec::new();
        let (layout, indent, room) = (&self.layout, self.indent, self.room());
        let hidden = self.columns.iter_mut().enumerate().filter(|(_, column)| column.is_left_out_as_empty());
        for (index, column) in hidden.filter(|(index, _)| !row.cell(*index).is_empty()) {
            column.is_late = true;
            let value = piece(column, row.cell(index), layout);
            let text = format!("{}={}", column.name, value.text().trim_start());
            let fold = if room > 2 * FOLD { FOLD } else { 0 };
            write_wrapped(&mut lines, indent + fold, room - fold, &value.with(&text))?;
        }
        if lines.is_empty() { Ok(()) } else { self.add_lines(out, lines) }
    }

    /// Returns the widths that the cells of a row are padded to, and shortens the cells for which the line has no room;
    /// `None`, and no cell is shortened, if they do not fit on one line.
    fn fit(&self, row: &mut [Piece<'_>]) -> Option<Vec<usize>> {
        let Some(RowForm::Line { spare }) = self.form else { return None };
        let mut widths = Vec::with_capacity(row.len());
        let mut shift: usize = 0;
        let mut shortened: Vec<(usize, String)> = Vec::new();
        for (index, (column, piece)) in self.shown().zip(&*row).enumerate() {
            // A bar is drawn in all rows or in none.
            let spare = if column.cut == Cut::Bar { 0 } else { spare };
            let short = piece.shortened((column.width + spare).saturating_sub(shift));
            let width = short.as_ref().map_or(piece.width(), |short| measure::width(short));
            shortened.extend(short.map(|short| (index, short)));
            let behind = (shift + width.max(1)).saturating_sub(column.width);
            widths.push(column.width + behind - shift);
            shift = behind;
        }
        if shift > spare {
            return None;
        }
        for (index, short) in shortened {
            if let Some(piece) = row.get_mut(index) {
                piece.set_text(short);
            }
        }
        if let (Some(last), Some(width)) = (row.last(), widths.last_mut())
            && !last.is_right()
        {
            *width = 0;
        }
        Some(widths)
    }

    /// Returns the lines of a row that does not fit on one: each cell that is too wide has a line of its own.
    fn folded(&self, mut row: Vec<Piece<'_>>) -> io::Result<Vec<u8>> {
        let widths: Vec<usize> = self.shown().map(|column| column.width).collect();
        row.iter_mut().zip(&widths).for_each(|(piece, width)| piece.shorten(*width));
        let mut lines = Vec::new();
        let room = self.room();
        let (mut place, mut start) = (0, 0);
        let is_wide = |place: &usize| row.get(*place).zip(widths.get(*place)).is_some_and(|(p, w)| p.width() > *w);
        while place < row.len() {
            let wide = (place..row.len()).find(is_wide).unwrap_or(row.len());
            let (cells, inside) =
                (row.get(place..wide).unwrap_or_default(), widths.get(place..wide).unwrap_or_default());
            if cells.iter().any(|cell| cell.width() > 0) {
                write_row(&mut lines, self.indent + start, inside, cells)?;
            }
            start += inside.iter().map(|width| width + GAP).sum::<usize>();
            if let Some(piece) = row.get(wide) {
                let indent = if start + piece.width() <= room { start } else { 0 };
                write_wrapped(&mut lines, self.indent + indent, room - indent, piece)?;
            }
            start += widths.get(wide).map_or(0, |width| width + GAP);
            place = wide + 1;
        }
        Ok(lines)
    }

    /// Writes a row as a field on each line, without those that are empty.
    fn write_card(&mut self, out: &mut impl Write, row: &[Piece<'_>]) -> io::Result<()> {
        if std::mem::replace(&mut self.is_begun, true) {
            out.write_all(b"\n")?;
        }
        let color = self.layout.color.then_some(tint::HEADER);
        let filled = || self.columns.iter().zip(row).filter(|(_, piece)| piece.width() > 0);
        let keys = filled().map(|(column, _)| measure::width(&column.name)).max().unwrap_or(0);
        let frame = Frame { indent: self.indent, room: Some(self.room()), keys };
        filled().try_for_each(|(column, piece)| {
            write_field(out, frame, Piece::new(column.name.as_str(), color), std::slice::from_ref(piece))
        })
    }

    /// Writes the block.
    fn draw(&mut self, out: &mut impl Write) -> io::Result<()> {
        let groups = std::mem::take(&mut self.groups);
        self.bytes = 0;
        let lines = |(widths, group): &(Vec<usize>, RowGroup)| group.draw(self.indent, widths).into_iter().enumerate();
        let mut drawn: Vec<_> = groups.iter().map(lines).collect();
        for row in std::mem::take(&mut self.order) {
            if self.layout.page.is_some_and(|page| self.since_header >= page) && self.layout.headers {
                out.write_all(&self.header)?;
                self.since_header = 1;
            }
            match row {
                GridRow::Written(lines) => {
                    self.since_header += memchr::memchr_iter(b'\n', &lines).count();
                    out.write_all(&lines)?;
                }
                GridRow::Grouped(index) => {
                    self.since_header += 1;
                    if let (Some((_, group)), Some(lines)) = (groups.get(index), drawn.get_mut(index))
                        && let Some((row, line)) = lines.next()
                    {
                        group.write_line(out, &line, row)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Returns a cell of `column` as it is drawn.
fn piece<'row>(column: &GridColumn, cell: Cell<'row>, layout: &Layout) -> Piece<'row> {
    let piece = match (cell, column.kind) {
        (Cell::Number(_) | Cell::Ratio(_), ColumnKind::Share { limit }) => {
            let share = Share::of(cell);
            Piece::new(share.text(layout.width.is_some()), layout.color.then(|| share.color(limit)))
        }
        (Cell::Text(word), _) if column.status => Piece::new(brief(cell, layout), tint::of_status(word)),
        _ => Piece::new(brief(cell, layout), None),
    };
    piece.aligned(column.right).losing(column.cut)
}

/// Returns the text of a cell for a table: escaped, in one line, with short times and quantities.
fn brief<'row>(cell: Cell<'row>, layout: &Layout) -> Cow<'row, str> {
    match cell {
        Cell::Time(text) if layout.local_time && layout.amounts != Amounts::Exact => {
            shown(&local_minute(text)).into_owned().into()
        }
        Cell::Quantity(text, size) => match layout.amounts.text(text, size) {
            Cow::Borrowed(text) => shown(text),
            Cow::Owned(text) => shown(&text).into_owned().into(),
        },
        _ => exact(cell, layout),
    }
}

/// Returns the whole text of a cell: escaped, in one line, times in local time if the layout says so.
#[must_use]
pub fn exact<'row>(cell: Cell<'row>, layout: &Layout) -> Cow<'row, str> {
    match cell {
        Cell::Time(text) if layout.local_time => shown(&local(text)).into_owned().into(),
        Cell::Quantity(..) if matches!(layout.amounts, Amounts::In { .. }) => brief(cell, layout),
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
