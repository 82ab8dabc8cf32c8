//! Lists as workbooks: typed cells, a header that stays in view, filters, and no formula from data.

use crate::output::Sheet;
use crate::output::row::{Cell, Column, ColumnKind, Row};
use crate::value::decimal::Decimal;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// Number of rows of the largest sheet.
const ROWS: u32 = 1_048_576;
/// Widest column, in characters.
const WIDEST: usize = 60;
/// Number of rows whose cells set the widths of columns.
const MEASURED: u32 = 1_000;
/// Largest whole number that a cell holds exactly: cells are doubles.
const EXACT: i128 = 1 << 53;

/// A list as the only sheet of a workbook.
pub struct XlsxSheet<'w> {
    out: &'w mut dyn Write,
    workbook: Workbook,
    formats: Formats,
    columns: Vec<ColumnKind>,
    /// Width of each column of the sheet, in characters.
    widths: Vec<usize>,
    /// Row that is written next.
    row: u32,
    scratch: String,
}

struct Formats {
    header: Format,
    time: Format,
}

impl<'w> XlsxSheet<'w> {
    /// Creates a list that is written to `out` at its end.
    pub fn new(out: &'w mut dyn Write) -> Self {
        let header = Format::new().set_bold().set_align(FormatAlign::Left);
        let formats = Formats { header, time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss") };
        let (workbook, columns, widths) = (Workbook::new(), Vec::new(), Vec::new());
        Self { out, workbook, formats, columns, widths, row: 0, scratch: String::new() }
    }

    fn measure(&mut self, column: usize, text: &str) {
        if self.row < MEASURED
            && let Some(width) = self.widths.get_mut(column)
        {
            let longest = text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
            *width = (*width).max(longest.min(WIDEST));
        }
    }

    fn text(&mut self, column: usize, text: &str) -> io::Result<()> {
        self.measure(column, text);
        if text.is_empty() {
            return Ok(());
        }
        let (row, at) = (self.row, index(column));
        self.workbook.worksheet_from_index(0).and_then(|sheet| sheet.write_string(row, at, text)).map_err(failed)?;
        Ok(())
    }

    /// Writes a number as one if a cell holds it exactly.
    fn number(&mut self, column: usize, text: &str) -> io::Result<()> {
        let exact = text.parse::<f64>().ok().filter(|number| number.to_string() == text);
        let Some(number) = exact else { return self.text(column, text) };
        self.measure(column, text);
        let (row, at) = (self.row, index(column));
        self.workbook.worksheet_from_index(0).and_then(|sheet| sheet.write_number(row, at, number)).map_err(failed)?;
        Ok(())
    }

    fn time(&mut self, column: usize, text: &str) -> io::Result<()> {
        // A sheet knows no zones; what is stored is UTC.
        let bare = text.trim_end_matches('Z');
        let Ok(time) = ExcelDateTime::parse_from_str(bare) else { return self.text(column, text) };
        self.measure(column, bare);
        let (row, at, format) = (self.row, index(column), &self.formats.time);
        let sheet = self.workbook.worksheet_from_index(0).map_err(failed)?;
        sheet.write_datetime_with_format(row, at, &time, format).map_err(failed)?;
        Ok(())
    }

    fn bytes(&mut self, column: usize, bytes: Decimal) -> io::Result<()> {
        let text = bytes.to_string();
        if bytes.is_whole() && bytes.floor().abs() <= EXACT {
            self.number(column, &text)
        } else {
            self.text(column, &text)
        }
    }
}

impl Sheet for XlsxSheet<'_> {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.workbook.add_worksheet_with_constant_memory().map_err(failed)?;
        self.columns = columns.iter().map(|column| column.kind).collect();
        let mut names = Vec::new();
        for column in columns {
            names.push(column.name.clone());
            if column.kind == ColumnKind::Quantity {
                names.push(format!("{}.bytes", column.name));
            }
        }
        self.widths = vec![0; names.len()];
        for (at, name) in names.iter().enumerate() {
            self.measure(at, name);
            let sheet = self.workbook.worksheet_from_index(0).map_err(failed)?;
            sheet.write_string_with_format(0, index(at), name, &self.formats.header).map_err(failed)?;
        }
        self.row = 1;
        Ok(())
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        if self.row >= ROWS {
            let most = ROWS - 1;
            return Err(io::Error::other(format!("a sheet has at most {most} records")));
        }
        let mut at = 0;
        for place in 0..self.columns.len() {
            match row.cell(place) {
                Cell::Number(text) | Cell::Ratio(text) => self.number(at, text)?,
                Cell::Time(text) => self.time(at, text)?,
                Cell::Quantity(text, bytes) => {
                    self.text(at, text)?;
                    self.bytes(at + 1, bytes)?;
                }
                Cell::Null | Cell::Text(_) | Cell::List(_) => {
                    let mut scratch = std::mem::take(&mut self.scratch);
                    let written = self.text(at, row.exact(place, &mut scratch));
                    self.scratch = scratch;
                    written?;
                }
            }
            at += if self.columns.get(place) == Some(&ColumnKind::Quantity) { 2 } else { 1 };
        }
        self.row += 1;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let last = (self.row.saturating_sub(1), index(self.widths.len().saturating_sub(1)));
        let sheet = self.workbook.worksheet_from_index(0).map_err(failed)?;
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        sheet.autofilter(0, 0, last.0, last.1).map_err(failed)?;
        for (at, width) in self.widths.iter().enumerate() {
            // Room for the button of the filter.
            let width = f64::from(u32::try_from(width + 3).unwrap_or(u32::MAX));
            sheet.set_column_width(index(at), width).map_err(failed)?;
        }
        let bytes = self.workbook.save_to_buffer().map_err(failed)?;
        self.out.write_all(&bytes)?;
        self.out.flush()
    }
}

fn index(column: usize) -> u16 {
    u16::try_from(column).unwrap_or(u16::MAX)
}

fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        error => io::Error::other(error.to_string()),
    }
}
