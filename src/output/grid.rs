//! Aligned columns, streaming: the body of every table.
//!
//! Widths come from the first thousand rows, which wait; all later rows pass straight through, so memory stays the
//! same for a million rows. A later cell that is wider than its column pushes the rest of its line, as far as the
//! line has room: on a terminal it is cut only where the line would not fit, elsewhere never.

use crate::output::bar::Share;
use crate::output::lines::Lines;
use crate::output::measure::{self, ELLIPSIS};
use crate::output::row::{Cell, Column, ColumnKind, Row};
use crate::output::{Layout, tint};
use crate::value::character::is_plain;
use crate::value::list::push_list;
use crate::value::shown::shown;
use crate::value::time::local;
use std::io;
use std::ops::Range;

/// Blanks between two columns.
pub const GAP: usize = 2;
/// How many rows, and how many bytes of them, wait for the widths.
const SAMPLE_ROWS: usize = 1000;
const SAMPLE_BYTES: usize = 1 << 20;
/// A column that is narrower than this tells nothing: rather than that, a row takes several lines.
const LEAST: usize = 4;
/// By how much the further lines of such a row are indented.
const FOLD: usize = 2;

/// Columns and what of their rows is still waiting for the widths.
pub struct Grid {
    layout: Layout,
    indent: usize,
    columns: Vec<GridColumn>,
    bands: Vec<Band>,
    sample: Sample,
    scratch: String,
}

struct GridColumn {
    name: String,
    natural: usize,
    width: usize,
    start: usize,
    right: bool,
    status: bool,
    /// Of a share, from how many per cent on it warns.
    limit: Option<u32>,
}

/// The columns that stand on one line. One band holds them all, unless the terminal is too narrow for that.
struct Band {
    columns: Range<usize>,
    indent: usize,
    spare: usize,
}

#[derive(Default)]
struct Sample {
    text: String,
    cells: Vec<Kept>,
    rows: usize,
}

#[derive(Clone, Copy)]
struct Kept {
    end: usize,
    width: usize,
    color: Option<&'static str>,
}

/// A cell as it will be written.
#[derive(Clone, Copy)]
struct Piece<'text> {
    text: &'text str,
    width: usize,
    color: Option<&'static str>,
}

/// How far a line is written, and how far its cells may still be pushed.
struct Cursor {
    position: usize,
    free: usize,
    spare: usize,
}

impl Grid {
    /// Rows of `columns`, each line indented by `indent` blanks.
    #[must_use]
    pub fn new(columns: &[Column], layout: Layout, indent: usize) -> Self {
        let indent = match layout.width {
            Some(width) if width < indent + LEAST => 0,
            _ => indent,
        };
        let columns = columns.iter().map(|column| GridColumn::new(column, layout)).collect();
        Self { layout, indent, columns, bands: Vec::new(), sample: Sample::default(), scratch: String::new() }
    }

    /// Takes a row: keeps it while the widths are open, else writes it.
    ///
    /// # Errors
    /// When `lines` cannot be written.
    pub fn row(&mut self, lines: &mut Lines<'_>, row: &Row) -> io::Result<()> {
        if !self.bands.is_empty() {
            return self.pass(lines, row);
        }
        for (index, column) in self.columns.iter_mut().enumerate() {
            let piece = column.piece(row.cell(index), self.layout, &mut self.scratch);
            column.natural = column.natural.max(piece.width);
            self.sample.keep(piece);
        }
        self.sample.rows += 1;
        if self.sample.rows >= SAMPLE_ROWS || self.sample.text.len() >= SAMPLE_BYTES {
            self.settle(lines)?;
        }
        Ok(())
    }

    /// Writes what is still waiting. Without any row that is the header alone.
    ///
    /// # Errors
    /// When `lines` cannot be written.
    pub fn end(&mut self, lines: &mut Lines<'_>) -> io::Result<()> {
        if self.bands.is_empty() { self.settle(lines) } else { Ok(()) }
    }

    fn pass(&mut self, lines: &mut Lines<'_>, row: &Row) -> io::Result<()> {
        let Self { layout, columns, bands, scratch, .. } = self;
        for (index, band) in bands.iter().enumerate() {
            let inside = columns.get(band.columns.clone()).unwrap_or_default();
            let mut cursor = Cursor::of(band);
            for (column, position) in inside.iter().zip(band.columns.clone()) {
                let piece = column.piece(row.cell(position), *layout, scratch);
                cursor.place(lines, column, piece);
            }
            cursor.end_line(lines, index > 0)?;
        }
        Ok(())
    }

    /// Fixes the widths; writes the header and the rows that waited for it.
    fn settle(&mut self, lines: &mut Lines<'_>) -> io::Result<()> {
        self.bands = fold(&mut self.columns, self.indent, self.layout.width);
        if self.layout.headers {
            let color = self.layout.color.then_some(tint::HEADER);
            for (index, band) in self.bands.iter().enumerate() {
                let mut cursor = Cursor::of(band);
                for column in self.columns.get(band.columns.clone()).unwrap_or_default() {
                    let piece = Piece { text: &column.name, width: measure::width(&column.name), color };
                    cursor.place(lines, column, piece);
                }
                cursor.end_line(lines, index > 0)?;
            }
        }
        let sample = std::mem::take(&mut self.sample);
        for row in 0..sample.rows {
            for (index, band) in self.bands.iter().enumerate() {
                let mut cursor = Cursor::of(band);
                let inside = self.columns.get(band.columns.clone()).unwrap_or_default();
                for (column, position) in inside.iter().zip(band.columns.clone()) {
                    cursor.place(lines, column, sample.piece(row * self.columns.len() + position));
                }
                cursor.end_line(lines, index > 0)?;
            }
        }
        Ok(())
    }
}

impl GridColumn {
    fn new(column: &Column, layout: Layout) -> Self {
        let name = shown(&column.name).into_owned();
        // Never nothing: a later cell must at least be seen to be there.
        let natural = if layout.headers { measure::width(&name).max(1) } else { 1 };
        let right = matches!(column.kind, ColumnKind::Number | ColumnKind::Quantity | ColumnKind::Share { .. });
        let status = layout.color && tint::is_status(&column.name);
        let limit = match column.kind {
            ColumnKind::Share { limit } => Some(limit),
            _ => None,
        };
        Self { name, natural, width: 0, start: 0, right, status, limit }
    }

    fn piece<'text>(&self, cell: Cell<'text>, layout: Layout, scratch: &'text mut String) -> Piece<'text> {
        if let (Some(limit), Cell::Number(number)) = (self.limit, cell) {
            let share = Share::of(number);
            *scratch = share.text(layout.width.is_some());
            let color = layout.color.then(|| share.color(limit));
            return Piece { text: scratch, width: measure::width(scratch), color };
        }
        let color = match cell {
            Cell::Text(word) if self.status => tint::of_status(word),
            _ => None,
        };
        let text = visible(cell, layout, scratch);
        Piece { text, width: measure::width(text), color }
    }
}

/// The text of a cell as a table shows it: in one line, times in local time where that is wanted, nothing hidden.
#[must_use]
pub fn visible<'text>(cell: Cell<'text>, layout: Layout, scratch: &'text mut String) -> &'text str {
    let text = match cell {
        Cell::Null => return "",
        Cell::Text(text) | Cell::Number(text) | Cell::Quantity(text, _) => text,
        Cell::Time(text) if !layout.local_time => text,
        Cell::Time(text) => {
            *scratch = local(text);
            return escape(scratch);
        }
        Cell::List(items) => {
            scratch.clear();
            push_list(scratch, items.iter());
            return escape(scratch);
        }
    };
    if !is_plain(text)
        && let std::borrow::Cow::Owned(escaped) = shown(text)
    {
        *scratch = escaped;
        return scratch;
    }
    text
}

fn escape(text: &mut String) -> &str {
    if !is_plain(text)
        && let std::borrow::Cow::Owned(escaped) = shown(text)
    {
        *text = escaped;
    }
    text
}

impl Sample {
    fn keep(&mut self, piece: Piece<'_>) {
        self.text.push_str(piece.text);
        self.cells.push(Kept { end: self.text.len(), width: piece.width, color: piece.color });
    }

    fn piece(&self, index: usize) -> Piece<'_> {
        let start = index.checked_sub(1).and_then(|before| self.cells.get(before)).map_or(0, |before| before.end);
        self.cells.get(index).map_or(Piece { text: "", width: 0, color: None }, |kept| Piece {
            text: self.text.get(start..kept.end).unwrap_or_default(),
            width: kept.width,
            color: kept.color,
        })
    }
}

impl Cursor {
    fn of(band: &Band) -> Self {
        Self { position: 0, free: band.indent, spare: band.spare }
    }

    fn place(&mut self, lines: &mut Lines<'_>, column: &GridColumn, piece: Piece<'_>) {
        if piece.text.is_empty() {
            return;
        }
        let pushed = piece.width.saturating_sub(column.width).min(self.spare);
        self.spare -= pushed;
        let limit = column.width + pushed;
        let (text, kept, ellipsis) = if piece.width <= limit {
            (piece.text, piece.width, "")
        } else {
            let (text, kept) = measure::cut(piece.text, limit);
            (text, kept, ELLIPSIS)
        };
        let width = kept + usize::from(!ellipsis.is_empty());
        let blank = if column.right { column.width.saturating_sub(width) } else { 0 };
        let start = self.free.max(column.start + blank);
        lines.pad(start - self.position);
        if ellipsis.is_empty() {
            tint::push(lines, &[text], piece.color);
        } else {
            tint::push(lines, &[text, ellipsis], piece.color);
        }
        self.position = start + width;
        self.free = self.position + GAP;
    }

    /// Ends the line; one that carries on a row is left out when nothing stands on it.
    fn end_line(self, lines: &mut Lines<'_>, carries_on: bool) -> io::Result<()> {
        if carries_on && self.position == 0 {
            return Ok(());
        }
        lines.trim();
        lines.end_line()
    }
}

/// Gives every column its place: all on one line where that fits, with the widest made narrower, else on several.
fn fold(columns: &mut [GridColumn], indent: usize, width: Option<usize>) -> Vec<Band> {
    let room = width.map_or(usize::MAX, |width| width.max(1) - indent.min(width.max(1) - 1));
    let further = if room >= FOLD + LEAST { FOLD } else { 0 };
    let mut bands = Vec::new();
    let mut first = 0;
    while first < columns.len() || bands.is_empty() {
        let extra = if bands.is_empty() { 0 } else { further };
        let rest = columns.get_mut(first..).unwrap_or_default();
        let count = how_many_fit(rest, room - extra);
        let inside = rest.get_mut(..count).unwrap_or_default();
        let gaps = GAP * count.saturating_sub(1);
        narrow(inside, (room - extra).saturating_sub(gaps));
        let mut start = indent + extra;
        for column in inside.iter_mut() {
            column.start = start;
            start += column.width + GAP;
        }
        let taken = inside.iter().map(|column| column.width).sum::<usize>() + gaps;
        let spare = (room - extra).saturating_sub(taken);
        bands.push(Band { columns: first..first + count, indent: indent + extra, spare });
        first += count;
    }
    bands
}

/// How many columns, at their least, fit into one line: at least one.
fn how_many_fit(columns: &[GridColumn], room: usize) -> usize {
    let mut taken = 0;
    for (index, column) in columns.iter().enumerate() {
        taken += column.natural.min(LEAST) + if index == 0 { 0 } else { GAP };
        if taken > room {
            return index.max(1);
        }
    }
    columns.len()
}

/// Fits the widths into `room`: the widest give way until they fit, the rest keep what they need. A number that is cut
/// is a wrong number, and what stands first says which record it is: those give way only where nothing else can.
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
    let mut left = room - total(fits);
    for (place, column) in columns.iter_mut().enumerate() {
        column.width = at(fits, place, column);
        if column.natural > column.width && left > 0 {
            column.width += 1;
            left -= 1;
        }
    }
}
