//! Workbooks: typed cells, a header that stays in view, filters, and no formula from data.
//!
//! A list is the only sheet of a workbook, an inventory has one sheet for each noun. Rows go to temporary files, so that
//! a workbook needs no more memory than one row.

use crate::error::Error;
use crate::output::Sheet;
use crate::output::row::{Cell, Column, ColumnKind, Row};
use crate::value::shown::quoted;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use std::io::{self, Seek, Write};
use unicode_width::UnicodeWidthStr;

/// Largest number of records of a sheet: a row less than a spreadsheet has.
const RECORDS: u32 = 1_048_575;
/// Largest number of characters of a cell.
const CHARACTERS: usize = 32_767;
/// Way out of the limits of a sheet.
const NO_LIMIT: &str = "CSV has no such limit: pass -o csv, or run `inv export DIR` for the whole inventory";
/// Name of the only sheet.
const ONLY: &str = "Sheet1";
/// Widest column, in characters.
const WIDEST: usize = 60;
/// Number of rows whose cells set the widths of columns.
const MEASURED: u32 = 1_000;
/// Largest whole number that a cell holds exactly: cells are doubles.
const EXACT: i128 = 1 << 53;

/// A workbook that is being written, one sheet after another.
pub struct Book {
    workbook: Workbook,
    header: Format,
    formats: CellFormats,
    /// Largest number of records of a sheet.
    records: u32,
}

/// Formats of cells of a type.
#[derive(Debug, Clone)]
struct CellFormats {
    /// All digits: programs show long numbers with an exponent otherwise.
    bytes: Format,
    time: Format,
}

/// One sheet of a workbook.
pub struct BookSheet {
    sheet: Worksheet,
    formats: CellFormats,
    columns: Vec<ColumnKind>,
    /// Width of each column of the sheet, in characters.
    widths: Vec<usize>,
    /// Row that is written next.
    row: u32,
    /// Largest number of records.
    records: u32,
    scratch: Vec<u8>,
}

/// Type of a cell in a sheet, as the first byte of a packed cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum CellType {
    Text = b't',
    Number = b'n',
    Bytes = b'b',
    Time = b'd',
}

impl Book {
    /// Creates a workbook without sheets.
    #[must_use]
    pub fn new() -> Self {
        let header = Format::new().set_bold().set_align(FormatAlign::Left);
        let time = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
        let formats = CellFormats { bytes: Format::new().set_num_format("0"), time };
        Self { workbook: Workbook::new(), header, formats, records: RECORDS }
    }

    /// Creates a sheet called `name` with the header of `columns`.
    ///
    /// # Errors
    /// There is no temporary file for its rows.
    pub fn sheet(&mut self, name: &str, columns: &[Column]) -> io::Result<BookSheet> {
        let mut sheet = self.workbook.new_worksheet_with_constant_memory().map_err(failed)?;
        sheet.set_name(name).map_err(failed)?;
        let mut names = Vec::new();
        for column in columns {
            names.push(column.name.clone());
            if column.kind == ColumnKind::Quantity {
                names.push(format!("{}.bytes", column.name));
            }
        }
        let mut sheet = BookSheet {
            sheet,
            formats: self.formats.clone(),
            columns: columns.iter().map(|column| column.kind).collect(),
            widths: vec![0; names.len()],
            row: 0,
            records: self.records,
            scratch: Vec::new(),
        };
        for (at, name) in names.iter().enumerate() {
            sheet.measure(at, name);
            sheet.sheet.write_string_with_format(0, index(at), name, &self.header).map_err(failed)?;
        }
        sheet.row = 1;
        Ok(sheet)
    }

    /// Adds a sheet whose rows are written.
    ///
    /// # Errors
    /// The sheet has no columns.
    pub fn add(&mut self, sheet: BookSheet) -> io::Result<()> {
        self.workbook.push_worksheet(sheet.finished()?);
        Ok(())
    }

    /// Writes the workbook to `out`.
    ///
    /// # Errors
    /// A temporary file or `out` cannot be written.
    pub fn save(mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut file = tempfile::tempfile()?;
        self.workbook.save_to_writer(io::BufWriter::new(&mut file)).map_err(failed)?;
        file.rewind()?;
        io::copy(&mut file, out)?;
        out.flush()
    }
}

impl Default for Book {
    fn default() -> Self {
        Self::new()
    }
}

/// Adds the cells of `row` in a sheet with `columns` to `bytes`, for [`BookSheet::packed_row`]: rows are packed where
/// they are sorted before they are written.
pub fn pack(row: &Row, columns: &[ColumnKind], bytes: &mut Vec<u8>) {
    let mut push = |cell_type: CellType, text: &str| {
        bytes.push(cell_type as u8);
        bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    };
    let mut scratch = String::new();
    for (place, kind) in columns.iter().enumerate() {
        match row.cell(place) {
            Cell::Number(text) | Cell::Ratio(text) => push(CellType::Number, text),
            Cell::Time(text) => push(CellType::Time, text),
            Cell::Quantity(text, bytes) => {
                push(CellType::Text, text);
                let is_exact = bytes.is_whole() && bytes.floor().abs() <= EXACT;
                push(if is_exact { CellType::Bytes } else { CellType::Text }, &bytes.to_string());
                continue;
            }
            Cell::Null | Cell::Text(_) | Cell::List(_) => push(CellType::Text, row.exact(place, &mut scratch)),
        }
        if *kind == ColumnKind::Quantity {
            push(CellType::Text, "");
        }
    }
}

/// Takes the first of the packed cells off `bytes`.
fn unpack<'b>(bytes: &mut &'b [u8]) -> Option<(u8, &'b str)> {
    let (cell_type, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    *bytes = rest;
    Some((*cell_type, std::str::from_utf8(text).ok()?))
}

impl BookSheet {
    /// Writes a row.
    ///
    /// # Errors
    /// The sheet is full, a cell is too long, or a temporary file cannot be written.
    pub fn row(&mut self, row: &Row) -> io::Result<()> {
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        pack(row, &self.columns, &mut bytes);
        let written = self.packed_row(&bytes);
        self.scratch = bytes;
        written
    }

    /// Writes a row that [`pack`] packed.
    ///
    /// # Errors
    /// Those of [`Self::row`].
    pub fn packed_row(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if self.row > self.records {
            let (name, records) = (quoted(&self.sheet.name()), self.records);
            let message = format!("the sheet {name} is full: a sheet has at most {records} records");
            return Err(io::Error::other(Error::failed(message).help(NO_LIMIT)));
        }
        let mut column = 0;
        while let Some((cell_type, text)) = unpack(&mut bytes) {
            self.cell(column, cell_type, text)?;
            column += 1;
        }
        self.row += 1;
        Ok(())
    }

    fn cell(&mut self, column: usize, cell_type: u8, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let (row, at) = (self.row, index(column));
        let is = |wanted: CellType| cell_type == wanted as u8;
        // A cell holds a number as a double, and a time without its zone: what is stored is UTC.
        let is_number = is(CellType::Number) || is(CellType::Bytes);
        let number = text.parse::<f64>().ok().filter(|number| is_number && number.to_string() == text);
        let bare = text.trim_end_matches('Z');
        let time = if is(CellType::Time) { ExcelDateTime::parse_from_str(bare).ok() } else { None };
        self.measure(column, if time.is_some() { bare } else { text });
        let written = match (number, time) {
            (Some(number), _) if is(CellType::Bytes) => {
                self.sheet.write_number_with_format(row, at, number, &self.formats.bytes)
            }
            (Some(number), _) => self.sheet.write_number(row, at, number),
            (_, Some(time)) => self.sheet.write_datetime_with_format(row, at, &time, &self.formats.time),
            _ => self.sheet.write_string(row, at, text),
        };
        written.map(drop).map_err(failed)
    }

    fn measure(&mut self, column: usize, text: &str) {
        if self.row < MEASURED
            && let Some(width) = self.widths.get_mut(column)
        {
            let longest = text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
            *width = (*width).max(longest.min(WIDEST));
        }
    }

    fn finished(mut self) -> io::Result<Worksheet> {
        let last = (self.row.saturating_sub(1), index(self.widths.len().saturating_sub(1)));
        self.sheet.set_freeze_panes(1, 0).map_err(failed)?;
        self.sheet.autofilter(0, 0, last.0, last.1).map_err(failed)?;
        for (at, width) in self.widths.iter().enumerate() {
            // Room for the button of the filter.
            let width = f64::from(u32::try_from(width + 3).unwrap_or(u32::MAX));
            self.sheet.set_column_width(index(at), width).map_err(failed)?;
        }
        Ok(self.sheet)
    }
}

/// A list as the only sheet of a workbook.
pub struct XlsxSheet<'w> {
    out: &'w mut dyn Write,
    book: Book,
    sheet: Option<BookSheet>,
}

impl<'w> XlsxSheet<'w> {
    /// Creates a list that is written to `out` at its end.
    pub fn new(out: &'w mut dyn Write) -> Self {
        Self { out, book: Book::new(), sheet: None }
    }
}

impl Sheet for XlsxSheet<'_> {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.sheet = Some(self.book.sheet(ONLY, columns)?);
        Ok(())
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        self.sheet.as_mut().map_or(Ok(()), |sheet| sheet.row(row))
    }

    fn end(&mut self) -> io::Result<()> {
        let mut book = std::mem::take(&mut self.book);
        if let Some(sheet) = self.sheet.take() {
            book.add(sheet)?;
        }
        book.save(self.out)
    }
}

fn index(column: usize) -> u16 {
    u16::try_from(column).unwrap_or(u16::MAX)
}

fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        XlsxError::MaxStringLengthExceeded => {
            let message = format!("a cell has at most {CHARACTERS} characters");
            io::Error::other(Error::failed(message).help(NO_LIMIT))
        }
        error => io::Error::other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Book, CellType, pack, unpack};
    use crate::error::Error;
    use crate::output::row::{Column, ColumnKind, Row};

    #[test]
    fn a_sheet_takes_as_many_records_as_it_has_rows_below_its_header_and_no_more() {
        let mut book = Book { records: 3, ..Book::new() };
        let mut sheet = book.sheet("vms", &[Column::whole("name")]).expect("a sheet");
        let mut row = Row::default();
        row.text("web01");
        for _ in 0..3 {
            sheet.row(&row).expect("room for it");
        }
        let error = Error::output(sheet.row(&row).expect_err("no room"));
        assert_eq!(error.message(), "the sheet \"vms\" is full: a sheet has at most 3 records");
        assert!(error.way_out().is_some_and(|help| help.contains("`inv export DIR`")));
    }

    #[test]
    fn a_packed_row_has_the_cells_of_the_sheet() {
        let mut row = Row::default();
        row.text("=1+1");
        row.null();
        let mut bytes = Vec::new();
        pack(&row, &[ColumnKind::Text, ColumnKind::Quantity], &mut bytes);
        let mut rest = bytes.as_slice();
        let cells: Vec<_> = std::iter::from_fn(|| unpack(&mut rest)).collect();
        let text = CellType::Text as u8;
        assert_eq!(cells, [(text, "=1+1"), (text, ""), (text, "")]);
    }
}
