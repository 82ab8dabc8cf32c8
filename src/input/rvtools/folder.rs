//! The tabs of a folder or zip of CSV files, `RVTools_tabvInfo.csv` and its brothers.

use crate::error::{Error, Result};
use crate::input::Heading;
use crate::input::csv::{Csv, HeaderRule};
use crate::input::file::{self, Text};
use crate::input::notes::{NoteKind, Notes, Topic, shown};
use crate::input::rvtools::Request;
use crate::input::rvtools::tab::{LAYOUTS, Tab, TabLayout, is_tab};
use crate::input::zipped::{self, ZippedFile};
use crate::input::{Reading, Record, Records, Step};
use std::fs::File;
use std::path::{Path, PathBuf};

static ROWS: Topic = Topic::new(NoteKind::Row, "skipped {n} unreadable line{s}", 20);

/// The most files that are looked at in a folder.
const FILES_LIMIT: usize = 10_000;

/// Reads the tabs in the folder at `path`, which is called `name`. The second part are the names of all its files.
pub(super) fn read(
    path: &Path,
    name: &str,
    request: &Request<'_>,
    notes: &mut Notes,
) -> Result<(Vec<Tab>, Vec<String>)> {
    read_files(&csv_files(path, name)?, name, request, notes)
}

/// Reads the tabs in the zip archive at `path`, as those of a folder.
pub(super) fn read_zip(
    path: &Path,
    name: &str,
    request: &Request<'_>,
    notes: &mut Notes,
) -> Result<(Vec<Tab>, Vec<String>)> {
    let files: Vec<TabFile> = zipped::unpack(path)?.into_iter().map(TabFile::Zipped).collect();
    read_files(&files, name, request, notes)
}

/// CSV file of a tab.
enum TabFile {
    /// A file in a folder: its name without `.csv`, and its path.
    InFolder(String, PathBuf),
    Zipped(ZippedFile),
}

impl TabFile {
    fn stem(&self) -> &str {
        match self {
            Self::InFolder(stem, _) => stem,
            Self::Zipped(zipped) => &zipped.stem,
        }
    }

    /// Returns the name in faults.
    fn name(&self) -> String {
        match self {
            Self::InFolder(_, path) => {
                path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
            }
            Self::Zipped(zipped) => format!("{}.csv", zipped.stem),
        }
    }

    fn open(&self, encoding: Option<&str>) -> Result<Text> {
        match self {
            Self::InFolder(_, path) => Text::open(path, encoding),
            Self::Zipped(zipped) => {
                let file = File::open(zipped.file.path()).map_err(|error| file::cannot_open(&zipped.name, error))?;
                Text::new(&zipped.name, Box::new(file), None, encoding)
            }
        }
    }
}

fn read_files(
    files: &[TabFile],
    name: &str,
    request: &Request<'_>,
    notes: &mut Notes,
) -> Result<(Vec<Tab>, Vec<String>)> {
    let mut tabs = Vec::new();
    for layout in &LAYOUTS {
        let mut matching = files.iter().filter(|file| is_tab(file.stem(), layout.tab));
        let Some(file) = matching.next() else { continue };
        if let Some(second) = matching.next() {
            let (first, second) = (file.name(), second.name());
            let message = format!("two files in \"{name}\" are named after {}: {first} and {second}", layout.tab);
            return Err(Error::failed(message).help("remove one of the files from the folder"));
        }
        tabs.extend(read_file(file, layout, request, notes)?);
    }
    Ok((tabs, files.iter().map(TabFile::name).collect()))
}

fn csv_files(path: &Path, name: &str) -> Result<Vec<TabFile>> {
    let cannot_read = |error| Error::io(format!("cannot read \"{name}\""), error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(cannot_read)?.take(FILES_LIMIT) {
        let file = entry.map_err(cannot_read)?.path();
        let is_csv = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        if let Some(stem) = file.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_csv) {
            files.push((stem.to_owned(), file));
        }
    }
    // The order of a folder is nobody's; the same folder is to be read the same way twice.
    files.sort();
    Ok(files.into_iter().map(|(stem, file)| TabFile::InFolder(stem, file)).collect())
}

fn read_file(
    file: &TabFile,
    layout: &'static TabLayout,
    request: &Request<'_>,
    notes: &mut Notes,
) -> Result<Option<Tab>> {
    let source = file.name();
    let Reading { delimiter, encoding, .. } = request.reading;
    let text = file.open(encoding)?;
    let Some(mut csv) = Csv::open(text, delimiter, Heading { line: None, rule: HeaderRule::Lenient })? else {
        return Ok(None);
    };
    let mut tab = Tab::new(layout, source.clone(), csv.columns(), request.owner_column, notes)?;
    let mut record = Record::new();
    loop {
        match csv.read(&mut record) {
            Step::Last => return Ok(Some(tab)),
            Step::Fault(fault) if fault.fatal => return Err(fault.into_error(&source)),
            Step::Fault(fault) => {
                notes.add(&ROWS, shown(&format!("{source}:{}: {}", fault.line, fault.text)));
            }
            Step::Record => {
                let row: Vec<Option<&str>> = record.cells().map(|(_, cell)| cell).collect();
                if row.iter().flatten().any(|cell| !cell.trim().is_empty()) {
                    tab.push(record.line, |place| row.get(place).copied().flatten(), notes)?;
                }
            }
        }
    }
}
