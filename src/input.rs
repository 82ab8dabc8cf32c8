//! Reading what is handed in: files of records, as text, before any name in them means anything.
//!
//! CSV, JSON lines and an `RVTools` export all end as [`Records`]: a header and a stream of rows of text, each with the
//! line it came from. What a column is called in the inventory, and what a cell refers to, is for the floors above;
//! they see the same trait whatever the file was. A file is read in constant memory, and never trusted.

mod archive;
pub mod csv;
mod encoding;
pub mod file;
mod form;
pub mod json_lines;
pub mod lines;
pub mod notes;
mod plain;
pub mod prompt;
mod question;
pub mod rvtools;
pub mod secret;
pub mod workbook;
pub mod zipped;

use crate::error::{Error, Result};
use crate::value::shown;
use file::Text;
use notes::Notes;
use std::ops::Range;
use std::path::Path;

/// Size of the largest cell that is read, in bytes.
pub const CELL_LIMIT: usize = 1 << 20;

/// Size of the largest row that is read, in bytes.
pub const RECORD_LIMIT: usize = 4 << 20;

/// Largest number of columns of a file.
pub const COLUMN_LIMIT: usize = 4096;

/// Row of a file in one reused buffer, so that a million rows need no allocation for each cell.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The line on which the row begins, from 1; for a workbook, the row of its sheet.
    pub line: u64,
    text: String,
    cells: Vec<(usize, Option<Range<usize>>)>,
}

impl Record {
    /// Returns an empty row.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Empties the row for its next use; the buffers stay.
    pub fn clear(&mut self) {
        self.line = 0;
        self.text.clear();
        self.cells.clear();
    }

    /// Adds the cell of the column with this index; `None` is JSON's `null`.
    pub fn push(&mut self, column: usize, cell: Option<&str>) {
        let start = self.text.len();
        self.text.push_str(cell.unwrap_or_default());
        self.cells.push((column, cell.map(|_| start..self.text.len())));
    }

    /// Replaces the texts of the cells of a column for which `other` returns one.
    pub fn replace(&mut self, column: usize, other: impl Fn(&str) -> Option<String>) {
        for (_, span) in self.cells.iter_mut().filter(|(place, _)| *place == column) {
            let Some(range) = span.as_ref() else { continue };
            let Some(text) = self.text.get(range.clone()).and_then(&other) else { continue };
            let start = self.text.len();
            self.text.push_str(&text);
            *span = Some(start..self.text.len());
        }
    }

    /// The cells that the row gives, with the indices of their columns. A JSON object that lacks a key, and an export
    /// that knows no value, give no cell: that is not the same as an empty one.
    pub fn cells(&self) -> impl Iterator<Item = (usize, Option<&str>)> + Clone {
        self.cells.iter().map(|(column, span)| (*column, span.as_ref().map(|span| &self.text[span.clone()])))
    }
}

/// Fault in a file, without the name of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line number, from 1.
    pub line: u64,
    /// Description of the fault, without the file and the line.
    pub text: String,
    /// True if no row after it can be read.
    pub fatal: bool,
}

impl Fault {
    /// Creates a fault of one row; the rows after it can still be read.
    #[must_use]
    pub fn row(line: u64, text: impl Into<String>) -> Self {
        Self { line, text: text.into(), fatal: false }
    }

    /// Creates a fault after which nothing more can be read.
    #[must_use]
    pub fn fatal(line: u64, text: impl Into<String>) -> Self {
        Self { line, text: text.into(), fatal: true }
    }

    /// Returns the fault as a failure, for a file whose header cannot be read.
    #[must_use]
    pub fn into_error(self, name: &str) -> Error {
        Error::failed(format!("{name}:{}: {}", self.line, self.text))
    }
}

/// Outcome of reading one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The row was read.
    Record,
    /// The row is wrong. The record holds what cells of it could be read.
    Fault(Fault),
    /// There are no more rows.
    Last,
}

/// A file of records, read row by row; by another thread than the one that opened it, if need be.
pub trait Records: Send {
    /// The file as it is called in faults, `vms.csv`. Where the rows of one table come from several sheets, the sheet
    /// of the row that was read last.
    fn name(&self) -> &str;

    /// Returns the headers as written. For JSON the list grows as keys appear.
    fn columns(&self) -> &[String];

    /// Returns the line number of the headers.
    fn header_line(&self) -> u64 {
        1
    }

    /// Reads the next row into `record`, which it clears first.
    fn read(&mut self, record: &mut Record) -> Step;

    /// The id that the source of the file has for the record of the row that was read last, whatever its name.
    fn external_id(&self) -> Option<&str> {
        None
    }

    /// Another fact about that record, where its source may give one id to several records one after another.
    fn second_fact(&self) -> Option<&str> {
        None
    }

    /// Returns true if the form of the file is that of a locale with another decimal mark than a point.
    fn is_of_another_locale(&self) -> bool {
        false
    }

    /// Returns true if the columns are named in a line of their own, which may stand below others.
    fn has_header(&self) -> bool {
        true
    }

    /// Returns true if a number in a column of times is one of days since 1899-12-30, as spreadsheets count them.
    fn counts_days(&self) -> bool {
        false
    }

    /// Adds what was passed over so far: rows and columns without contents.
    fn note(&self, _: &mut Notes) {}

    /// Returns the number of bytes read so far, for a progress bar.
    fn bytes_read(&self) -> u64;

    /// Returns the size of the file in bytes; `None` for a stream.
    fn size(&self) -> Option<u64>;
}

/// Options of the command line for reading a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reading<'line> {
    /// Delimiter of a CSV file (default: detected from its header).
    pub delimiter: Option<u8>,
    /// Label of the file's encoding, such as `shift_jis` (default: the byte order mark, else UTF-8).
    pub encoding: Option<&'line str>,
    /// Rule for the header of a CSV file.
    pub header: Heading,
}

/// Place and strictness of the header of a CSV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// Number of the line with the header, from 1 (default: the first that is not blank); 0 if there is no header and
    /// columns are called by their number, from 1.
    pub line: Option<u64>,
    /// Rule for its cells.
    pub rule: csv::HeaderRule,
}

impl Default for Heading {
    fn default() -> Self {
        Self { line: None, rule: csv::HeaderRule::Strict }
    }
}

/// Open file.
pub enum Opened {
    /// A file with a header, or JSON.
    Records(Box<dyn Records>),
    /// A file without even a header. [`nothing_in`] returns the failure for it.
    Empty {
        /// Name of the file in faults.
        name: String,
    },
}

/// Opens the file at `path`, or standard input for `-`, as CSV or JSON by its extension or its first character.
pub fn open(path: &Path, reading: Reading<'_>) -> Result<Opened> {
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    from_text(Text::open(path, reading.encoding)?, extension.as_deref(), reading)
}

/// Reads `text` as CSV or JSON by the `extension` of its file (in lower case) or its first character.
pub fn from_text(mut text: Text, extension: Option<&str>, reading: Reading<'_>) -> Result<Opened> {
    let name = text.name().to_owned();
    let is_json = match extension {
        Some("json" | "jsonl" | "ndjson") => true,
        Some("csv" | "tsv" | "tab" | "psv") => false,
        _ => reading.delimiter.is_none() && matches!(first_character(&mut text, &name)?, Some('{' | '[')),
    };
    if is_json && reading.header.line.is_some() {
        return Err(Error::usage("--header-row and --no-header do not apply to JSON"));
    }
    let records: Option<Box<dyn Records>> = if is_json {
        let objects = match extension {
            Some("jsonl" | "ndjson") => json_lines::Objects::OnePerLine,
            _ => json_lines::Objects::Undeclared,
        };
        json_lines::JsonLines::open(text, objects)?.map(|json| Box::new(json) as _)
    } else {
        csv::Csv::open(text, reading.delimiter, reading.header)?.map(|csv| Box::new(csv) as _)
    };
    Ok(records.map_or(Opened::Empty { name }, Opened::Records))
}

fn first_character(text: &mut Text, name: &str) -> Result<Option<char>> {
    let mut looked_at = 0;
    loop {
        let unseen = text.rest().get(looked_at..).unwrap_or_default();
        if let Some(first) = unseen.chars().find(|character| !character.is_whitespace()) {
            return Ok(Some(first));
        }
        looked_at = text.rest().len();
        if looked_at > CELL_LIMIT || !text.fill().map_err(|fault| fault.into_error(name))? {
            return Ok(None);
        }
    }
}

/// Returns the failure of an empty file, with the header that it should have.
#[must_use]
pub fn nothing_in(name: &str, header: &[&str]) -> Error {
    Error::failed(format!("{name} is empty: the header is missing"))
        .help(format!("the expected header is {}", header.join(",")))
}

/// Parses `--delimiter`: one character of ASCII punctuation, a blank or a tab, or the word `tab`.
pub fn parse_delimiter(text: &str) -> Result<u8> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii_punctuation() && *byte != b'"' => Ok(*byte),
        b"\t" | b" " => Ok(text.as_bytes().first().copied().unwrap_or(b'\t')),
        _ => Err(Error::usage(format!("{} is not a delimiter", shown::quoted(text)))
            .help("pass one character, such as , ; | or the word tab")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Opened, Reading, Record, file::Text, from_text, nothing_in, parse_delimiter};

    fn open(content: &'static str, extension: Option<&str>) -> Opened {
        let text = Text::new("vms", Box::new(content.as_bytes()), None, None).expect("no encoding is always known");
        from_text(text, extension, Reading::default()).expect("the header is readable")
    }

    fn columns(opened: Opened) -> Vec<String> {
        match opened {
            Opened::Records(records) => records.columns().to_vec(),
            Opened::Empty { .. } => panic!("the file has something in it"),
        }
    }

    #[test]
    fn a_record_gives_back_its_cells_and_tells_null_from_empty() {
        let mut record = Record::new();
        record.push(0, Some("web01"));
        record.push(2, None);
        record.push(3, Some(""));
        let cells: Vec<_> = record.cells().collect();
        assert_eq!(cells, [(0, Some("web01")), (2, None), (3, Some(""))]);
    }

    #[test]
    fn the_first_character_tells_json_from_csv() {
        assert_eq!(columns(open("name,pool\n", None)), ["name", "pool"]);
        assert!(columns(open("\n  {\"name\":\"web01\"}\n", None)).is_empty());
        assert!(columns(open("[]", None)).is_empty());
    }

    #[test]
    fn the_extension_decides_where_there_is_one() {
        assert_eq!(columns(open("{name},[pool]\n", Some("csv"))), ["{name}", "[pool]"]);
    }

    #[test]
    fn a_file_with_nothing_in_it_is_told_from_one_with_a_header() {
        assert!(matches!(open("", None), Opened::Empty { .. }));
        assert!(matches!(open("\n\n \n", Some("csv")), Opened::Empty { .. }));
        assert!(matches!(open("\u{feff}", None), Opened::Empty { .. }));
        assert!(matches!(open("", Some("jsonl")), Opened::Empty { .. }));
        assert!(matches!(open("name\n", None), Opened::Records(_)));
        let error = nothing_in("vms.csv", &["name", "pool"]);
        assert_eq!(error.way_out(), Some("the expected header is name,pool"));
    }

    #[test]
    fn delimiters_are_one_character_of_punctuation_or_tab() {
        assert_eq!(parse_delimiter(";"), Ok(b';'));
        assert_eq!(parse_delimiter("tab"), Ok(b'\t'));
        assert_eq!(parse_delimiter("\\t"), Ok(b'\t'));
        for wrong in ["", "\"", ",,", "a", "é", "\n"] {
            assert!(parse_delimiter(wrong).is_err(), "{wrong:?}");
        }
    }
}
