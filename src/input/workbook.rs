//! Sheets of workbooks (.xlsx, .xlsb, .xls, .ods), as rows of text.
//!
//! A sheet is written once to a temporary file as CSV, in which a header, empty rows and unnamed columns mean what they
//! mean in a CSV file; faults name the row of the sheet. Hidden rows are read like others, and of merged cells the first
//! has the value, as all programs store it. A formula counts as the value that its program stored.

use super::archive::{self, FileKind, damaged};
use super::csv::{Csv, HeaderRule};
use super::file::Text;
use super::notes::{NoteKind, Notes, Topic};
use super::{Fault, Heading, Opened, Record, Records, Step};
use crate::error::{Error, Result};
use crate::value::name::column_key;
use crate::value::shown;
use calamine::{Data, DataRef, Ods, Reader, Xls, Xlsb, Xlsx};
use csv::{Terminator, Writer, WriterBuilder};
use std::borrow::Cow;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use tempfile::NamedTempFile;

/// Number of cells of the largest sheet that is read.
const CELLS_LIMIT: u64 = 50_000_000;
/// Number of columns of a sheet in any program.
const WIDTH_LIMIT: usize = 16_384;

static NO_VALUE: Topic =
    Topic::new(NoteKind::Warning, "warning: {n} formula{s} {has} no stored value and {was} read as empty", 5);

/// Sheet of a workbook, put aside as text.
#[derive(Debug)]
pub struct SheetText {
    /// Name of the workbook and the sheet in faults.
    name: String,
    file: NamedTempFile,
    /// Line in the file of each row, and its number in the sheet.
    rows: Arc<Vec<(u64, u64)>>,
    /// Places of formulas without a stored value.
    without_value: Arc<Vec<String>>,
    counts_days: bool,
}

/// Kinds of files, by their content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// Text, such as CSV or JSON lines.
    Text,
    /// A workbook.
    Workbook,
    /// A zip archive of other files.
    Zip,
}

/// Parts of zip archives that make them workbooks: .xlsx, .xlsb and .ods.
const PARTS: [&str; 3] = ["xl/workbook.xml", "xl/workbook.bin", "content.xml"];

/// Returns what the file at `path` is, by its content.
///
/// # Errors
/// It is a page of HTML or a workbook of a kind that is not read; the error names the way to read it.
pub fn container(path: &Path) -> Result<Container> {
    let name = path.display();
    let way_out = "open it in a spreadsheet and save it as .xlsx";
    match archive::kind(path) {
        FileKind::Zip if archive::is_no_workbook(path, &PARTS) => Ok(Container::Zip),
        FileKind::Zip | FileKind::Compound => Ok(Container::Workbook),
        FileKind::Html => Err(Error::failed(format!("\"{name}\" is a page of HTML")).help(way_out)),
        FileKind::SpreadsheetMl => {
            Err(Error::failed(format!("\"{name}\" is a workbook in XML of 2003 (SpreadsheetML)")).help(way_out))
        }
        FileKind::Other => Ok(Container::Text),
    }
}

/// Sheets of a workbook that is open.
pub struct Sheets {
    name: String,
    reader: SheetReader,
    names: Vec<String>,
    counts_days: bool,
}

enum SheetReader {
    Xls(Box<Xls<BufReader<File>>>),
    Xlsb(Box<Xlsb<BufReader<File>>>),
    Ods(Box<Ods<BufReader<File>>>),
    Xlsx(Box<Xlsx<BufReader<File>>>),
}

impl Sheets {
    /// Opens the workbook at `path`.
    ///
    /// # Errors
    /// It cannot be read, is too large, or is protected by a password.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let is_compound = archive::kind(path) == FileKind::Compound;
        let file = archive::open(path, &name)?;
        let has = |part: &str| !is_compound && archive::has_part(&file, part);
        let (is_binary, is_open_document) = (has("xl/workbook.bin"), has("content.xml"));
        let reader = BufReader::new(File::open(path).map_err(|error| damaged(&name, &error))?);
        let reader = match (is_compound, is_binary, is_open_document) {
            (true, _, _) => SheetReader::Xls(Box::new(Xls::new(reader).map_err(|error| match error {
                calamine::XlsError::Password => {
                    Error::failed(format!("\"{name}\" is protected by a password")).help("save it without a password")
                }
                error => damaged(&name, &error),
            })?)),
            (_, true, _) => SheetReader::Xlsb(Box::new(opened(reader, &name)?)),
            (_, _, true) => SheetReader::Ods(Box::new(opened(reader, &name)?)),
            _ => SheetReader::Xlsx(Box::new(opened(reader, &name)?)),
        };
        let names = match &reader {
            SheetReader::Xls(workbook) => workbook.sheet_names(),
            SheetReader::Xlsb(workbook) => workbook.sheet_names(),
            SheetReader::Ods(workbook) => workbook.sheet_names(),
            SheetReader::Xlsx(workbook) => workbook.sheet_names(),
        };
        let counts_days = matches!(reader, SheetReader::Xlsx(_)) && !archive::counts_from_1904(&file);
        Ok(Self { name, reader, names, counts_days })
    }

    /// Returns the names of the sheets.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the names of the sheets and the texts of their first rows. There are none in workbooks of other kinds than
    /// .xlsx.
    ///
    /// # Errors
    /// A sheet cannot be read.
    pub fn headers(&mut self) -> Result<Vec<(String, Vec<String>)>> {
        let SheetReader::Xlsx(workbook) = &mut self.reader else { return Ok(Vec::new()) };
        let header = |sheet: &String| {
            let mut cells = workbook.worksheet_cells_reader(sheet).map_err(|error| damaged(&self.name, &error))?;
            let mut texts = Vec::new();
            while let Some(cell) = cells.next_cell().map_err(|error| damaged(&self.name, &error))? {
                if cell.get_position().0 > 0 {
                    break;
                }
                texts.extend(text_of(cell.get_value()).map(Cow::into_owned));
            }
            Ok((sheet.clone(), texts))
        };
        self.names.iter().map(header).collect()
    }

    /// Puts the rows of a sheet aside.
    ///
    /// # Errors
    /// The sheet cannot be read or is too large, or the disk is full.
    pub fn put_aside(&mut self, sheet: &str) -> Result<SheetText> {
        let called = format!("{} ({sheet})", self.name);
        let mut writer = RowWriter::new()?;
        match &mut self.reader {
            SheetReader::Xls(workbook) => range_rows(workbook.as_mut(), sheet, &called, &mut writer)?,
            SheetReader::Xlsb(workbook) => range_rows(workbook.as_mut(), sheet, &called, &mut writer)?,
            SheetReader::Ods(workbook) => range_rows(workbook.as_mut(), sheet, &called, &mut writer)?,
            SheetReader::Xlsx(workbook) => streamed_rows(workbook, sheet, &called, &mut writer)?,
        }
        Ok(SheetText { counts_days: self.counts_days, ..writer.end(called)? })
    }
}

/// Reads the sheet that is called `sheet`, or the one sheet with contents, or the one whose name `is_usual` accepts.
///
/// # Errors
/// The workbook cannot be read, or it is not clear which sheet is meant.
pub fn put_aside(path: &Path, sheet: Option<&str>, is_usual: impl Fn(&str) -> bool) -> Result<SheetText> {
    let mut workbook = Sheets::open(path)?;
    let (name, sheets) = (path.display(), workbook.names.clone());
    let listed = || sheets.iter().map(|sheet| shown::quoted(sheet)).collect::<Vec<String>>().join(", ");
    let candidates: Vec<&String> = match sheet {
        Some(sheet) => {
            let called = sheets.iter().find(|other| column_key(other) == column_key(sheet));
            vec![called.ok_or_else(|| {
                Error::usage(format!("\"{name}\" has no sheet {}", shown::quoted(sheet)))
                    .help(format!("sheets: {}", listed()))
            })?]
        }
        None => match sheets.iter().find(|sheet| is_usual(sheet)) {
            Some(sheet) => vec![sheet],
            None => sheets.iter().collect(),
        },
    };
    let mut read: Option<SheetText> = None;
    for sheet in candidates {
        let text = workbook.put_aside(sheet)?;
        if !text.rows.is_empty() && read.is_some() {
            return Err(Error::usage(format!("\"{name}\" has several sheets"))
                .help(format!("pass --sheet with one of {}", listed())));
        }
        if read.is_none() || !text.rows.is_empty() {
            read = Some(text).filter(|text| !text.rows.is_empty() || sheets.len() == 1);
        }
    }
    read.ok_or_else(|| Error::failed(format!("\"{name}\" has no rows")))
}

fn opened<R: Reader<BufReader<File>>>(reader: BufReader<File>, name: &str) -> Result<R>
where
    R::Error: std::fmt::Display,
{
    R::new(reader).map_err(|error| damaged(name, &error))
}

/// Writer of the rows of a sheet.
struct RowWriter {
    writer: Writer<NamedTempFile>,
    line: u64,
    rows: Vec<(u64, u64)>,
    without_value: Vec<String>,
    /// The cells of the row that is being read.
    cells: Vec<String>,
    number: u64,
    count: u64,
}

impl RowWriter {
    fn new() -> Result<Self> {
        let file = NamedTempFile::new().map_err(no_room)?;
        let writer = WriterBuilder::new().flexible(true).terminator(Terminator::Any(b'\n')).from_writer(file);
        let (rows, without_value, cells) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { writer, line: 1, rows, without_value, cells, number: 0, count: 0 })
    }

    /// Takes the cell in this row and column, both from 0.
    fn cell(&mut self, name: &str, (row, column): (u32, u32), text: &str) -> Result<()> {
        let (number, column) = (u64::from(row) + 1, usize::try_from(column).unwrap_or(usize::MAX));
        if number != self.number {
            self.end_row()?;
            self.number = number;
        }
        self.count += 1;
        if self.count > CELLS_LIMIT || column >= WIDTH_LIMIT {
            return Err(damaged(name, &format!("it has more than {CELLS_LIMIT} cells or {WIDTH_LIMIT} columns")));
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        if let Some(cell) = self.cells.get_mut(column) {
            // Lines are counted, and programs do not agree on their ends.
            *cell = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() };
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<()> {
        if self.cells.iter().any(|cell| !cell.trim().is_empty()) {
            self.rows.push((self.line, self.number));
            self.writer.write_record(&self.cells).map_err(|error| no_room(std::io::Error::other(error)))?;
            let breaks: usize = self.cells.iter().map(|cell| cell.matches('\n').count()).sum();
            self.line += 1 + breaks as u64;
        }
        self.cells.clear();
        Ok(())
    }

    fn end(mut self, name: String) -> Result<SheetText> {
        self.end_row()?;
        let file = self.writer.into_inner().map_err(|error| no_room(error.into_error()))?;
        Ok(SheetText {
            name,
            file,
            rows: Arc::new(self.rows),
            without_value: Arc::new(self.without_value),
            counts_days: false,
        })
    }
}

fn no_room(error: std::io::Error) -> Error {
    Error::io(format!("cannot store the sheet in {}", std::env::temp_dir().display()), error)
        .help("set TMPDIR to a folder with room")
}

/// Reads a sheet of XML as it is unpacked.
fn streamed_rows(workbook: &mut Xlsx<BufReader<File>>, sheet: &str, name: &str, to: &mut RowWriter) -> Result<()> {
    let mut cells = workbook.worksheet_cells_reader(sheet).map_err(|error| damaged(name, &error))?;
    while let Some(cell) = cells.next_cell_with_formula().map_err(|error| damaged(name, &error))? {
        match text_of(&cell.value) {
            Some(text) => to.cell(name, cell.pos, &text)?,
            None if cell.formula.is_some() => to.without_value.push(place(cell.pos)),
            None => {}
        }
    }
    Ok(())
}

/// Reads a sheet that calamine holds in memory.
fn range_rows<R: Reader<BufReader<File>>>(workbook: &mut R, sheet: &str, name: &str, to: &mut RowWriter) -> Result<()>
where
    R::Error: std::fmt::Display,
{
    let range = workbook.worksheet_range(sheet).map_err(|error| damaged(name, &error))?;
    let (first_row, first_column) = range.start().unwrap_or_default();
    for (row, column, value) in range.used_cells() {
        let at = |first: u32, index: usize| first.saturating_add(u32::try_from(index).unwrap_or(u32::MAX));
        if let Some(text) = text_of(&borrowed(value)) {
            to.cell(name, (at(first_row, row), at(first_column, column)), &text)?;
        }
    }
    let formulas = workbook.worksheet_formula(sheet).ok();
    let start = formulas.as_ref().and_then(calamine::Range::start).unwrap_or_default();
    for (row, column, formula) in formulas.iter().flat_map(calamine::Range::used_cells) {
        let position = (start.0 + u32::try_from(row).unwrap_or(0), start.1 + u32::try_from(column).unwrap_or(0));
        if !formula.is_empty() && range.get_value(position).is_none_or(|value| matches!(value, Data::Empty)) {
            to.without_value.push(place(position));
        }
    }
    Ok(())
}

fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(truth) => DataRef::Bool(*truth),
        Data::DateTime(time) => DataRef::DateTime(*time),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

/// Returns the text of a cell: a number in its shortest exact decimal form, a date in that of RFC 3339.
fn text_of<'cell>(value: &'cell DataRef<'_>) -> Option<Cow<'cell, str>> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::Int(number) => number.to_string().into(),
        DataRef::Float(number) => number.to_string().into(),
        DataRef::Bool(truth) => if *truth { "true" } else { "false" }.into(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.as_str().into(),
        DataRef::SharedString(text) => (*text).into(),
        DataRef::DateTime(time) if time.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}").into()
        }
        DataRef::DateTime(time) => time.as_f64().to_string().into(),
        DataRef::Error(error) => error.to_string().into(),
    })
}

/// Returns the name of a cell, `B7`.
fn place((row, column): (u32, u32)) -> String {
    let (mut letters, mut rest) = (String::new(), column + 1);
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.insert(0, char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    format!("{letters}{}", row + 1)
}

impl SheetText {
    /// Opens the rows, with the header where `heading` says; its line is a row of the sheet.
    ///
    /// # Errors
    /// There is no such row, or the header is wrong.
    pub fn open(&self, heading: Heading) -> Result<Opened> {
        let file = File::open(self.file.path()).map_err(no_room)?;
        let size = file.metadata().ok().map(|data| data.len());
        let text = Text::new(&self.name, Box::new(file), size, Some("utf-8"))?;
        let line_of = |row: u64| self.rows.iter().find(|(_, number)| *number >= row).map_or(row, |(line, _)| *line);
        let line = heading.line.map(|row| if row == 0 { 0 } else { line_of(row) });
        let rule = if heading.rule == HeaderRule::Spreadsheet { HeaderRule::Sheet } else { heading.rule };
        let csv = Csv::open(text, Some(b','), Heading { line, rule })?;
        let (rows, without_value) = (Arc::clone(&self.rows), Arc::clone(&self.without_value));
        Ok(csv.map_or_else(
            || Opened::Empty { name: self.name.clone() },
            |csv| Opened::Records(Box::new(SheetRows { csv, rows, without_value, counts_days: self.counts_days })),
        ))
    }

    /// Returns the name of the workbook and the sheet in faults.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Rows of a sheet that was put aside.
struct SheetRows {
    csv: Csv,
    rows: Arc<Vec<(u64, u64)>>,
    without_value: Arc<Vec<String>>,
    counts_days: bool,
}

impl SheetRows {
    fn row(&self, line: u64) -> u64 {
        let after = self.rows.partition_point(|(start, _)| *start <= line);
        after.checked_sub(1).and_then(|at| self.rows.get(at)).map_or(line, |(_, row)| *row)
    }
}

impl Records for SheetRows {
    fn name(&self) -> &str {
        self.csv.name()
    }

    fn columns(&self) -> &[String] {
        self.csv.columns()
    }

    fn counts_days(&self) -> bool {
        self.counts_days
    }

    fn header_line(&self) -> u64 {
        self.row(self.csv.header_line())
    }

    fn note(&self, notes: &mut Notes) {
        self.csv.note(notes);
        for place in self.without_value.iter() {
            notes.add(&NO_VALUE, place.clone());
        }
    }

    fn read(&mut self, record: &mut Record) -> Step {
        let step = self.csv.read(record);
        record.line = self.row(record.line);
        match step {
            Step::Fault(fault) => Step::Fault(Fault { line: self.row(fault.line), ..fault }),
            step => step,
        }
    }

    fn bytes_read(&self) -> u64 {
        self.csv.bytes_read()
    }

    fn size(&self) -> Option<u64> {
        self.csv.size()
    }
}
