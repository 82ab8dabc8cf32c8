//! `inv export DIR`: the whole inventory, one CSV file for each noun; the same inventory gives the same bytes.

use super::Graft;
use crate::error::{Error, Result};
use crate::output::csv::CsvRecords;
use crate::output::row::Row;
use crate::output::{self, Layout, Style};
use crate::session::Session;
use crate::value::shown;
use crate::verb::{arguments, export, faults::write_whole};
use clap::{Arg, ArgMatches, Command, ValueHint};
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "export",
    about: "Export the whole inventory as one CSV file for each noun",
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
                .value_name("DIR")
                .required(true)
                .value_hint(ValueHint::DirPath)
                .help("Folder for the files"),
        )
        .arg(arguments::at())
        .long_about(
            "Export the whole inventory: providers.csv, dcs.csv, … with whole paths for references, sorted by path. \
             The same inventory is exported as the same bytes, suited to git diff. Login users are not exported.",
        )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let folder = matches.get_one::<String>("folder").map_or(Path::new("."), Path::new);
    let catalog = session.catalog();
    let counts = session.read(|reader| {
        fs::create_dir_all(folder).map_err(|error| {
            let folder = shown::shown(&folder.to_string_lossy()).into_owned();
            Error::io(format!("cannot create the folder {folder}"), error)
        })?;
        let mut counts = Vec::new();
        for entity in catalog.exported() {
            let columns = export::columns(catalog, entity);
            let headers: Vec<_> = columns.iter().map(|path| path.column(catalog)).collect();
            let mut count = 0;
            let path = folder.join(format!("{}.csv", entity.plural));
            session.spare_inventory(&path)?;
            write_whole(&path, |file| {
                let mut out = BufWriter::with_capacity(BUFFER, file);
                let mut sheet = output::sheet(Style::Csv, Layout::piped(), &mut out);
                sheet.begin(&headers).and_then(|()| sheet.end()).map_err(Error::output)?;
                drop(sheet);
                let write = || {
                    let mut records = CsvRecords::new(Layout::piped(), headers.len());
                    move |row: &Row, bytes: &mut Vec<u8>| records.line(row, bytes)
                };
                reader.select_by_path(entity, &columns, write, |record| {
                    count += 1;
                    out.write_all(record).map_err(Error::output)
                })?;
                out.flush().map_err(Error::output)
            })?;
            if count > 0 {
                counts.push(entity.counted(count));
            }
        }
        Ok(counts)
    })?;
    let folder = shown::shown(&folder.to_string_lossy()).into_owned();
    let what = if counts.is_empty() { "an empty inventory".to_owned() } else { crate::store::listed(&counts) };
    session.say(&format!("exported {what} to {folder}"));
    Ok(())
}
