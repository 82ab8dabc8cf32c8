//! `inv export DIR`: the whole inventory, one CSV file for each noun; the same inventory gives the same bytes.
//! `inv export FILE.xlsx`: the same records as a workbook, one sheet for each noun.

use super::Graft;
use crate::catalog::Entity;
use crate::error::{Error, Result};
use crate::output::csv::CsvRecords;
use crate::output::row::{ColumnKind, Row};
use crate::output::xlsx::{self, Book};
use crate::output::{self, Layout, Style};
use crate::session::Session;
use crate::store::Reader;
use crate::value::shown;
use crate::verb::replacement::{WholeFiles, cannot_write, write_whole};
use crate::verb::{arguments, export, foreign};
use clap::{Arg, ArgMatches, Command, ValueHint};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "export",
    about: "Export the whole inventory as one CSV file or sheet for each noun",
    hidden: false,
    arguments,
    run,
};

/// Size of the write buffer in bytes.
const BUFFER: usize = 64 << 10;

fn arguments(command: Command) -> Command {
    command
        .arg(
            Arg::new("folder")
                .value_name("DIR|FILE.xlsx")
                .required(true)
                .value_hint(ValueHint::AnyPath)
                .help("Folder for CSV files, or workbook with one sheet for each noun"),
        )
        .arg(arguments::at())
        .long_about(
            "Export the whole inventory: providers.csv, dcs.csv, … with whole paths for references, sorted by path. \
             The same inventory is exported as the same bytes, suited to git diff. A name that ends with .xlsx is that \
             of a workbook, with the same records in sheets called providers, dcs, … An export replaces an earlier one \
             as a whole, and refuses to replace other files. Login users are not exported.",
        )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let path = matches.get_one::<String>("folder").map_or(Path::new("."), Path::new);
    let is_workbook = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx")) && !path.is_dir();
    let counts = if is_workbook { workbook(session, path) } else { folder(session, path) }?;
    let shown = shown::shown(&path.to_string_lossy()).into_owned();
    let what = if counts.is_empty() { "an empty inventory".to_owned() } else { crate::store::listed(&counts) };
    session.say(&format!("exported {what} to {shown}"));
    Ok(())
}

/// Writes a file for each noun; returns the number of records of each that has any. The files get their names together:
/// if one cannot be written, those of an earlier export stay.
fn folder(session: &Session, folder: &Path) -> Result<Vec<String>> {
    let mut files = WholeFiles::default();
    let counts = session.read(|reader| {
        fs::create_dir_all(folder).map_err(|error| {
            let folder = shown::shown(&folder.to_string_lossy()).into_owned();
            Error::io(format!("cannot create the folder {folder}"), error)
        })?;
        let catalog = session.catalog();
        let path_of = |entity: &'static Entity| (folder.join(format!("{}.csv", entity.plural)), entity);
        let paths: Vec<(PathBuf, &'static Entity)> = catalog.exported().into_iter().map(path_of).collect();
        paths.iter().try_for_each(|(path, _)| session.spare_inventory(path))?;
        let is_foreign = |(path, entity): &&(PathBuf, &'static Entity)| {
            foreign::is_foreign(path, |path| export::known_columns(catalog, entity).are_in_set(path))
        };
        foreign::refuse(&paths.iter().filter(is_foreign).map(|(path, _)| path.as_path()).collect::<Vec<&Path>>())?;
        let mut counts = Vec::new();
        for (path, entity) in &paths {
            let count = write_file(session, reader, entity, &mut files, path)?;
            if count > 0 {
                counts.push(entity.counted(count));
            }
        }
        Ok(counts)
    })?;
    files.put()?;
    Ok(counts)
}

/// Writes the file of one noun; returns the number of records.
fn write_file(
    session: &Session,
    reader: &Reader<'_>,
    entity: &'static Entity,
    files: &mut WholeFiles,
    path: &Path,
) -> Result<usize> {
    let failed = |error: io::Error| cannot_write(path, &error);
    let columns = export::columns(session.catalog(), entity);
    let headers: Vec<_> = columns.iter().map(|path| path.column(session.catalog())).collect();
    let mut count = 0;
    let mut out = BufWriter::with_capacity(BUFFER, files.add(path)?);
    let mut sheet = output::sheet(Style::Csv, Layout::piped(), &mut out);
    sheet.begin(&headers).and_then(|()| sheet.end()).map_err(failed)?;
    drop(sheet);
    let write = || {
        let mut records = CsvRecords::new(Layout::piped(), headers.len());
        move |row: &Row, bytes: &mut Vec<u8>| records.line(row, bytes)
    };
    reader.select_by_path(entity, &columns, write, |record| {
        count += 1;
        out.write_all(record).map_err(failed)
    })?;
    out.flush().map_err(failed)?;
    Ok(count)
}

/// Writes a workbook with a sheet for each noun; returns the number of records of each that has any.
fn workbook(session: &Session, path: &Path) -> Result<Vec<String>> {
    session.spare_inventory(path)?;
    let catalog = session.catalog();
    let nouns =
        || -> Vec<_> { catalog.exported().into_iter().map(|entity| export::known_columns(catalog, entity)).collect() };
    if foreign::is_foreign(path, |path| foreign::is_whole_workbook(&nouns(), path)) {
        foreign::refuse(&[path])?;
    }
    let mut counts = Vec::new();
    write_whole(path, |file| {
        let book = session.read(|reader| book(session, reader, &mut counts))?;
        book.save(file).map_err(Error::output)
    })?;
    Ok(counts)
}

fn book(session: &Session, reader: &Reader<'_>, counts: &mut Vec<String>) -> Result<Book> {
    let mut book = Book::new();
    for entity in session.catalog().exported() {
        let columns = export::columns(session.catalog(), entity);
        let headers: Vec<_> = columns.iter().map(|path| path.column(session.catalog())).collect();
        let kinds: Vec<ColumnKind> = headers.iter().map(|column| column.kind).collect();
        let mut sheet = book.sheet(entity.plural, &headers).map_err(Error::output)?;
        let mut count = 0;
        let write = || |row: &Row, bytes: &mut Vec<u8>| xlsx::pack(row, &kinds, bytes);
        reader.select_by_path(entity, &columns, write, |record| {
            count += 1;
            sheet.packed_row(record).map_err(Error::output)
        })?;
        book.add(sheet).map_err(Error::output)?;
        if count > 0 {
            counts.push(entity.counted(count));
        }
    }
    Ok(book)
}
