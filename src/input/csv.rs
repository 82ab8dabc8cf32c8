//! CSV as RFC 4180 defines it, read strictly.
//!
//! The csv crate reads on where the contract wants a fault: it accepts a quote that is never closed and swallows the
//! rest of the file, text after a closing quote, quotes inside plain cells, and cells of any length. It has no switch
//! for any of these, so cells are separated here, by one small state machine that also knows on which line it is.

use crate::error::{Error, Result};
use crate::input::file::{LineBreaks, Text};
use crate::input::notes::{NoteKind, Notes, Topic};
use crate::input::{CELL_LIMIT, COLUMN_LIMIT, Fault, Heading, RECORD_LIMIT, Record, Records, Step};
use crate::value::name::column_key;
use crate::value::shown;
use std::collections::HashMap;

/// Strictness about the cells of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderRule {
    /// Every column has a name of its own.
    Strict,
    /// Columns may be unnamed or named twice, as in the exports of other programs.
    Lenient,
    /// As [`Self::Strict`], but rows and the columns at the end may be empty, as spreadsheets leave them.
    Spreadsheet,
    /// As [`Self::Spreadsheet`], but a row ends with its last cell that is not empty.
    Sheet,
}

impl HeaderRule {
    const fn skips_empty(self) -> bool {
        matches!(self, Self::Spreadsheet | Self::Sheet)
    }
}

/// Beginning of the line in which Windows PowerShell names the type of the rows, before the header.
const TYPE_LINE: &str = "#TYPE ";

/// A CSV file.
pub struct Csv {
    text: Text,
    delimiter: u8,
    columns: Vec<String>,
    header_line: u64,
    line: u64,
    after_return: bool,
    ended: bool,
    rule: HeaderRule,
    /// The first row of a file without a header.
    first: Option<Record>,
    passed_over: PassedOver,
}

/// Numbers of what had no contents.
#[derive(Debug, Default)]
struct PassedOver {
    /// Columns without a name at the end of the header.
    columns: usize,
    /// Rows of nothing but delimiters and blanks.
    rows: usize,
}

static EMPTY_ROWS: Topic = Topic::new(NoteKind::Remark, "skipped {n} empty row{s}", 0);
static EMPTY_COLUMNS: Topic = Topic::new(NoteKind::Remark, "skipped {n} empty column{s} at the end", 0);

/// State of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first character of a cell.
    CellStart,
    /// In a cell without quotes.
    Plain,
    /// In a cell with quotes.
    Quoted,
    /// After a quote in a cell with quotes: the cell's end, or the first half of a doubled one.
    QuoteSeen,
    /// In the rest of a line that is wrong.
    Skipping,
}

/// End of a row.
enum RowEnd {
    Cells(usize),
    Blank,
    Fault(Fault),
    End,
}

/// A row that is being read.
struct PartialRow<'record> {
    record: &'record mut Record,
    state: State,
    /// Number of cells that are complete.
    cells: usize,
    cell_start: usize,
    quote_line: u64,
    was_quoted: bool,
    fault: Option<Fault>,
}

impl Csv {
    /// Reads the header of `text`; `None` if the text is empty. Without `delimiter` it is detected from the header.
    pub fn open(mut text: Text, delimiter: Option<u8>, header: Heading) -> Result<Option<Self>> {
        let name = text.name().to_owned();
        let title = title(&mut text, header.line).map_err(|fault| fault.into_error(&name))?;
        let sniffed = sniff(&mut text, title).map_err(|fault| fault.into_error(&name))?;
        let mut csv = Self {
            text,
            delimiter: delimiter.unwrap_or(sniffed.delimiter),
            columns: Vec::new(),
            header_line: 1,
            line: 1,
            after_return: false,
            ended: false,
            rule: header.rule,
            first: None,
            passed_over: PassedOver::default(),
        };
        csv.pass(if title > 0 { 0 } else { sniffed.before_header });
        let mut record = Record::new();
        loop {
            match csv.row(&mut record) {
                RowEnd::Cells(_) | RowEnd::Fault(_) if header.line.is_some_and(|line| record.line < line) => {}
                RowEnd::Cells(count) if header.rule.skips_empty() && count <= COLUMN_LIMIT && is_blank(&record) => {}
                RowEnd::Cells(_) => break,
                RowEnd::Blank => {}
                RowEnd::End if header.line.is_some_and(|line| line > 1) => return Err(no_line(header.line, &name)),
                RowEnd::End => return Ok(None),
                RowEnd::Fault(fault) => return Err(fault.into_error(&name)),
            }
        }
        csv.header_line = record.line;
        csv.columns = record.cells().map(|(_, cell)| cell.unwrap_or_default().to_owned()).collect();
        if csv.columns.len() > COLUMN_LIMIT {
            return Err(Fault::fatal(record.line, format!("has more than {COLUMN_LIMIT} columns")).into_error(&name));
        }
        if header.line == Some(0) {
            csv.columns = (1..=csv.columns.len()).map(|number| number.to_string()).collect();
            csv.first = Some(record);
            return Ok(Some(csv));
        }
        if header.rule.skips_empty() {
            let named =
                csv.columns.iter().rposition(|column| !column_key(column).is_empty()).map_or(0, |last| last + 1);
            csv.passed_over.columns = csv.columns.len() - named;
            csv.columns.truncate(named);
        }
        if header.rule != HeaderRule::Lenient {
            check_header(&csv.columns, record.line, &name)?;
        }
        Ok(Some(csv))
    }

    /// Passes over the first `bytes` of the text; what breaks the line behind them is the first row's to pass over.
    fn pass(&mut self, bytes: usize) {
        self.line += LineBreaks::default().count(self.text.rest().get(..bytes).unwrap_or_default());
        self.text.consume(bytes);
    }

    /// Reads one row.
    fn row(&mut self, record: &mut Record) -> RowEnd {
        record.clear();
        let mut reading = PartialRow::new(record);
        loop {
            if let Some(fault) = reading.too_large() {
                return RowEnd::Fault(fault);
            }
            if self.text.rest().is_empty() {
                match self.text.fill() {
                    Ok(true) => {}
                    Ok(false) => {
                        self.ended = true;
                        return reading.end_of_file();
                    }
                    Err(fault) => return RowEnd::Fault(fault),
                }
            }
            if self.after_return && reading.state != State::Quoted {
                // The second half of a CR LF that ended the line before.
                self.after_return = false;
                if self.text.rest().starts_with('\n') {
                    self.text.consume(1);
                    continue;
                }
            }
            if reading.record.line == 0 {
                reading.record.line = self.line;
            }
            let rest = self.text.rest();
            let run = reading.plain_run(rest, self.delimiter);
            if run > 0 {
                if reading.state != State::Skipping {
                    reading.record.text.push_str(rest.get(..run).unwrap_or_default());
                }
                self.text.consume(run);
                self.after_return = false;
                continue;
            }
            let Some(&byte) = rest.as_bytes().first() else { continue };
            if byte == b'\0' && reading.state != State::Skipping {
                return RowEnd::Fault(nul_found(self.line));
            }
            let is_line_break = matches!(byte, b'\n' | b'\r');
            if is_line_break {
                self.line += u64::from(byte == b'\r' || !self.after_return);
                self.after_return = byte == b'\r';
                self.text.consume(1);
                if reading.state != State::Quoted {
                    return reading.end();
                }
                // A line break inside quotes belongs to the cell, CR LF as it stands.
                reading.record.text.push(char::from(byte));
            } else if reading.take(byte, self.delimiter, self.line) {
                self.text.consume(1);
                self.after_return = false;
            }
        }
    }
}

impl<'record> PartialRow<'record> {
    fn new(record: &'record mut Record) -> Self {
        let state = State::CellStart;
        Self { record, state, cells: 0, cell_start: 0, quote_line: 0, was_quoted: false, fault: None }
    }

    /// Returns the number of bytes up to the next one that is syntax.
    fn plain_run(&self, rest: &str, delimiter: u8) -> usize {
        let end = match self.state {
            State::Plain => rest.bytes().position(|byte| ends_plain(byte, delimiter)),
            State::Quoted => rest.bytes().position(|byte| matches!(byte, b'"' | b'\0' | b'\n' | b'\r')),
            State::Skipping => rest.bytes().position(|byte| matches!(byte, b'\n' | b'\r')),
            State::CellStart | State::QuoteSeen => Some(0),
        };
        end.unwrap_or(rest.len())
    }

    /// Takes a byte that is no line break; `false` if it is to be looked at again in the state that it led to.
    fn take(&mut self, byte: u8, delimiter: u8, line: u64) -> bool {
        match (self.state, byte) {
            (State::Quoted, _) => self.state = State::QuoteSeen,
            (State::CellStart, b'"') => {
                self.state = State::Quoted;
                self.quote_line = line;
                self.was_quoted = true;
            }
            (State::CellStart | State::Plain | State::QuoteSeen, byte) if byte == delimiter => {
                self.finish_cell();
                self.state = State::CellStart;
            }
            (State::QuoteSeen, b'"') => {
                self.record.text.push('"');
                self.state = State::Quoted;
            }
            (State::CellStart, _) => {
                self.state = State::Plain;
                return false;
            }
            (State::QuoteSeen, _) => {
                // The byte may be the first of a character of several, which is passed over as a whole.
                self.fault = Some(text_after_quote(self.quote_line, line));
                self.state = State::Skipping;
                return false;
            }
            (State::Plain, _) => {
                let text = "a quote is inside an unquoted cell (quote the whole cell and double the quote)";
                self.fault = Some(Fault::row(line, text));
                self.state = State::Skipping;
            }
            (State::Skipping, _) => {}
        }
        true
    }

    fn finish_cell(&mut self) {
        let end = self.record.text.len();
        if self.cells <= COLUMN_LIMIT {
            self.record.cells.push((self.cells, Some(self.cell_start..end)));
        }
        self.cells += 1;
        self.cell_start = end;
    }

    fn end(mut self) -> RowEnd {
        if let Some(fault) = self.fault {
            return RowEnd::Fault(fault);
        }
        if self.cells == 0 && !self.was_quoted && self.record.text.trim().is_empty() {
            return RowEnd::Blank;
        }
        self.finish_cell();
        RowEnd::Cells(self.cells)
    }

    fn end_of_file(self) -> RowEnd {
        match self.state {
            _ if self.record.line == 0 => RowEnd::End,
            State::Quoted => RowEnd::Fault(Fault::fatal(self.quote_line, "a quote that opens here is never closed")),
            _ => self.end(),
        }
    }

    fn too_large(&self) -> Option<Fault> {
        let (what, limit) = if self.record.text.len() - self.cell_start > CELL_LIMIT {
            ("cell", CELL_LIMIT)
        } else if self.record.text.len() > RECORD_LIMIT {
            ("row", RECORD_LIMIT)
        } else {
            return None;
        };
        let (line, way_out) = match self.state {
            State::Quoted => (self.quote_line, " (is the quote that opens here ever closed?)"),
            _ => (self.record.line, " (is this a CSV file?)"),
        };
        Some(Fault::fatal(line, format!("a {what} is longer than {} MiB{way_out}", limit >> 20)))
    }
}

impl Records for Csv {
    fn name(&self) -> &str {
        self.text.name()
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn header_line(&self) -> u64 {
        self.header_line
    }

    fn is_of_another_locale(&self) -> bool {
        // Spreadsheets separate cells by it where a comma is before the decimals.
        self.delimiter == b';'
    }

    fn note(&self, notes: &mut Notes) {
        notes.count(&EMPTY_ROWS, self.passed_over.rows);
        notes.count(&EMPTY_COLUMNS, self.passed_over.columns);
    }

    fn read(&mut self, record: &mut Record) -> Step {
        let width = self.columns.len();
        if let Some(first) = self.first.take() {
            *record = first;
            return Step::Record;
        }
        while !self.ended {
            match self.row(record) {
                RowEnd::Cells(_) if self.rule.skips_empty() && is_blank(record) => {
                    self.passed_over.rows += 1;
                }
                RowEnd::Cells(count) if self.rule.skips_empty() && count > width && is_blank_from(record, width) => {
                    record.cells.truncate(width);
                    return Step::Record;
                }
                RowEnd::Cells(count) if self.rule == HeaderRule::Sheet && count < width => {
                    (count..width).for_each(|column| record.push(column, Some("")));
                    return Step::Record;
                }
                RowEnd::Cells(count) if count > width && count <= width + self.passed_over.columns => {
                    let text = format!("has a cell in column {count}, which has no name in the header");
                    return Step::Fault(Fault::row(record.line, text));
                }
                RowEnd::Blank => {}
                RowEnd::End => break,
                RowEnd::Cells(count) if count == width => return Step::Record,
                RowEnd::Cells(count) => {
                    let cells = if count == 1 { "cell" } else { "cells" };
                    let text = format!("has {count} {cells}, the header has {width}");
                    return Step::Fault(Fault::row(record.line, text));
                }
                RowEnd::Fault(fault) => {
                    self.ended |= fault.fatal;
                    return Step::Fault(fault);
                }
            }
        }
        record.clear();
        Step::Last
    }

    fn bytes_read(&self) -> u64 {
        self.text.bytes_read()
    }

    fn size(&self) -> Option<u64> {
        self.text.size()
    }
}

fn is_blank(record: &Record) -> bool {
    is_blank_from(record, 0)
}

/// Tests if no cell from a column on has contents.
fn is_blank_from(record: &Record, column: usize) -> bool {
    record.cells().skip(column).all(|(_, cell)| cell.is_none_or(|cell| cell.trim().is_empty()))
}

fn no_line(line: Option<u64>, name: &str) -> Error {
    let line = line.unwrap_or_default();
    Error::failed(format!("{name} ends before line {line}, which --header-row names"))
}

const fn ends_plain(byte: u8, delimiter: u8) -> bool {
    byte == delimiter || matches!(byte, b'"' | b'\0' | b'\n' | b'\r')
}

fn nul_found(line: u64) -> Fault {
    Fault::fatal(line, "contains a NUL byte, so it is not CSV (if it is UTF-16, pass --encoding utf-16le)")
}

fn text_after_quote(quote_line: u64, line: u64) -> Fault {
    let text = if quote_line == line {
        "text follows a closing quote (a quote inside quotes is doubled)".to_owned()
    } else {
        format!("a quote that opens here closes on line {line} and text follows it (is a quote missing?)")
    };
    Fault::row(quote_line, text)
}

fn check_header(columns: &[String], line: u64, name: &str) -> Result<()> {
    let mut seen = HashMap::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        let key = column_key(column);
        if key.is_empty() {
            return Err(Fault::fatal(line, format!("column {} has no name", index + 1)).into_error(name));
        }
        if let Some(first) = seen.insert(key, index) {
            let text =
                format!("column {} is repeated, as columns {} and {}", shown::quoted(column), first + 1, index + 1);
            return Err(Fault::fatal(line, text)
                .into_error(name)
                .help("names of columns differ in more than case, blanks, _ and -"));
        }
    }
    Ok(())
}

/// Result of looking at the first lines: the delimiter, and what precedes the header.
struct Preamble {
    delimiter: u8,
    /// Number of bytes before the header, without the line break that ends them.
    before_header: usize,
}

/// Returns the number of bytes before the line of the header that the command line names.
fn title(text: &mut Text, line: Option<u64>) -> Result<usize, Fault> {
    let Some(breaks) = line.and_then(|line| usize::try_from(line).ok()?.checked_sub(2)) else { return Ok(0) };
    loop {
        let mut ends = text.rest().bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        if let Some((last, _)) = ends.nth(breaks) {
            return Ok(last + 1);
        }
        if text.rest().len() > CELL_LIMIT || !text.fill()? {
            return Ok(0);
        }
    }
}

/// Detects the delimiter of the header, which is behind the first `before` bytes: the most frequent one outside quotes.
fn sniff(text: &mut Text, before: usize) -> Result<Preamble, Fault> {
    const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
    let mut counts = [0_usize; DELIMITERS.len()];
    let (mut looked_at, mut start, mut is_quoted) = (before, None, false);
    let end = 'header: loop {
        for (at, byte) in text.rest().bytes().enumerate().skip(looked_at) {
            let is_line_break = matches!(byte, b'\n' | b'\r');
            match start {
                None if is_line_break || byte == b' ' => {}
                Some(_) if is_line_break && !is_quoted => break 'header at,
                _ => {
                    start = start.or(Some(at));
                    is_quoted ^= byte == b'"';
                    let counted = DELIMITERS.iter().zip(&mut counts).find(|(delimiter, _)| **delimiter == byte);
                    if let Some((_, count)) = counted.filter(|_| !is_quoted) {
                        *count += 1;
                    }
                }
            }
        }
        looked_at = text.rest().len();
        if looked_at > CELL_LIMIT || !text.fill()? {
            break looked_at;
        }
    };
    let header = text.rest().get(start.unwrap_or(end)..end).unwrap_or_default();
    if let &[b's', b'e', b'p', b'=', delimiter] = header.trim_end().as_bytes()
        && delimiter.is_ascii_punctuation()
    {
        // Excel's own way to say it: a first line `sep=;`.
        return Ok(Preamble { delimiter, before_header: end });
    }
    if before == 0 && header.starts_with(TYPE_LINE) {
        return sniff(text, end);
    }
    let most = counts.iter().max().copied().unwrap_or_default();
    let most_frequent = DELIMITERS.iter().zip(counts).find(|(_, count)| *count == most);
    Ok(Preamble { delimiter: most_frequent.map_or(b',', |(delimiter, _)| *delimiter), before_header: before })
}

#[cfg(test)]
mod tests;
