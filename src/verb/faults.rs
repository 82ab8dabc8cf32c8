//! Faults of a file: all are counted, the first are printed, and all bad rows can be written to a file.

use super::replacement::{Replacement, cannot_write};
use crate::error::{Error, Kind, Result, RowFault};
use crate::value::shown;
use std::path::{Path, PathBuf};

/// Number of faults that are printed.
const PRINTED: usize = 20;
/// The last column of a file of bad rows; an import takes no notice of it, so that fixed rows can be imported as they are.
pub(super) const COLUMN: &str = "faults";

/// The first faults of a file, and the number of all.
#[derive(Debug, Default)]
pub(crate) struct FaultLines {
    first: Vec<RowFault>,
    count: usize,
}

impl FaultLines {
    /// Adds a fault.
    pub(crate) fn add(&mut self, fault: RowFault) {
        self.count += 1;
        if self.first.len() < PRINTED {
            self.first.push(fault);
        }
    }

    /// Returns true if there is no fault so far.
    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Number of faults.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// The faults that are printed.
    pub(crate) fn first(&self) -> &[RowFault] {
        &self.first
    }

    /// Number of faults that are not printed, in words.
    pub(crate) fn more(&self) -> Option<String> {
        let rest = self.count - self.first.len();
        (rest > 0).then(|| format!("and {rest} more {}", if rest == 1 { "fault" } else { "faults" }))
    }

    /// Returns the first faults as lines, and a line with the number of the others.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.first.iter().map(ToString::to_string).chain(self.more()).collect()
    }
}

/// The faults of an import.
#[derive(Debug)]
pub(crate) struct Faults {
    lines: FaultLines,
    rows: usize,
    /// True if a row is of a record that exists.
    has_existing: bool,
    /// Number of faults of headers.
    columns: usize,
    rejects: Option<Rejects>,
    /// File and line of the row that was rejected last.
    last: Option<(String, u64)>,
}

/// The bad rows on their way to the operator's file.
#[derive(Debug)]
struct Rejects {
    path: PathBuf,
    writer: csv::Writer<Replacement>,
    header: Vec<String>,
}

impl Faults {
    /// No faults yet; bad rows go to `rejects`, if that is given.
    pub(crate) fn new(rejects: Option<&Path>) -> Result<Self> {
        let rejects = match rejects {
            None => None,
            Some(path) => {
                let file = Replacement::of(path).map_err(|error| cannot_write(path, &error))?;
                let writer = csv::WriterBuilder::new().flexible(true).from_writer(file);
                Some(Rejects { path: path.to_owned(), writer, header: Vec::new() })
            }
        };
        Ok(Self { lines: FaultLines::default(), rows: 0, columns: 0, has_existing: false, rejects, last: None })
    }

    /// Returns true if there is no fault so far.
    pub(crate) const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Number of rows with a fault.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// Returns true if a header has a fault. No row of its file is known to be good then.
    pub(crate) const fn has_columns(&self) -> bool {
        self.columns > 0
    }

    /// Adds what is wrong with a header, or with the keys of a JSON object, whose `cells` are then rejected.
    pub(crate) fn add_columns<'a>(
        &mut self,
        (file, line): (&str, u64),
        faults: &[Error],
        header: &[String],
        cells: Option<impl Iterator<Item = (usize, Option<&'a str>)>>,
    ) -> Result<()> {
        self.columns += faults.len();
        for fault in faults {
            self.lines.add(fault.as_fault(Some(&shown::shown(file)), Some(line)));
        }
        let Some(cells) = cells else { return Ok(()) };
        self.last = Some((file.to_owned(), line));
        let faults: Vec<String> = faults.iter().map(Error::in_one_line).collect();
        self.keep(&format!("{file}:{line}: {}", faults.join("; ")), header, cells)
    }

    /// Adds what is wrong with one row: `vms.csv:17: memory: "16 GX" has no known unit`.
    pub(crate) fn add<'a>(
        &mut self,
        file: &str,
        line: u64,
        faults: &[Error],
        header: &[String],
        cells: impl Iterator<Item = (usize, Option<&'a str>)>,
    ) -> Result<()> {
        self.rows += 1;
        for fault in faults {
            self.has_existing |= fault.kind() == Kind::Exists;
            self.lines.add(fault.as_fault(Some(&shown::shown(file)), Some(line)));
        }
        if self.last.as_ref().is_some_and(|(other, at)| other == file && *at == line) {
            // It is there with what is wrong with its keys.
            return Ok(());
        }
        let faults: Vec<String> = faults.iter().map(Error::in_one_line).collect();
        self.keep(&format!("{file}:{line}: {}", faults.join("; ")), header, cells)
    }

    /// Writes a row with its `fault` to the file of rejected rows, if there is one.
    pub(crate) fn keep<'a>(
        &mut self,
        fault: &str,
        header: &[String],
        cells: impl Iterator<Item = (usize, Option<&'a str>)>,
    ) -> Result<()> {
        let Some(rejects) = &mut self.rejects else { return Ok(()) };
        let mut row = vec![String::new(); header.len()];
        for (column, text) in cells {
            if column >= row.len() {
                row.resize(column + 1, String::new());
            }
            if let Some(slot) = row.get_mut(column) {
                text.unwrap_or_default().clone_into(slot);
            }
        }
        row.push(fault.to_owned());
        rejects.write(header, &row)
    }

    /// Puts the bad rows where the operator wants them.
    pub(crate) fn keep_rejects(&mut self) -> Result<Option<PathBuf>> {
        let Some(rejects) = self.rejects.take() else { return Ok(None) };
        let path = rejects.path;
        let file = rejects.writer.into_inner().map_err(|error| cannot_write(&path, error.error()))?;
        file.put(&path).map_err(|error| cannot_write(&path, &error))?;
        Ok(Some(path))
    }

    /// All faults as one failure.
    pub(crate) fn as_error(&self, what: &str) -> Error {
        let counted = [(self.columns, "column"), (self.rows, "row")].into_iter().filter(|(count, _)| *count > 0);
        let counted = counted.map(|(count, noun)| format!("{count} {noun}{}", if count == 1 { "" } else { "s" }));
        let counted = counted.collect::<Vec<String>>().join(" and ");
        let are = if self.columns + self.rows == 1 { "is" } else { "are" };
        let these = match (self.columns, self.rows) {
            (0, 1) => "this row",
            (0, _) => "these rows",
            (1, 0) => "this column",
            (_, 0) => "these columns",
            _ => "these columns and rows",
        };
        let other_way = if self.has_columns() {
            // Rows of a file with a wrong column are not imported by themselves.
            ""
        } else if self.has_existing {
            ", or pass --update for records that exist (--skip-bad imports the others, --rejects FILE writes the bad rows \
             to a file)"
        } else {
            ", or pass --skip-bad to import the others (--rejects FILE writes the bad rows to a file)"
        };
        Error::failed(format!("{counted} {are} wrong in {}; nothing was imported", shown::shown(what)))
            .faults(self.lines.first().iter().cloned())
            .details(self.lines.more())
            .help(format!("fix {these} and import again{other_way}"))
    }

    /// The faults that are told, a line each, for an import that went on without the bad rows.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lines()
    }
}

impl Rejects {
    fn write(&mut self, header: &[String], row: &[String]) -> Result<()> {
        let path = self.path.clone();
        let failure = |error: csv::Error| cannot_write(&path, &std::io::Error::from(error));
        if self.header != header {
            // The rows of another file, with other columns, follow a header of their own.
            self.header = header.to_vec();
            self.writer.write_record(header.iter().map(String::as_str).chain([COLUMN])).map_err(failure)?;
        }
        self.writer.write_record(row).map_err(failure)
    }
}
