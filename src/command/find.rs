//! `inv find`: records of any noun that contain a text, best matches first.
//!
//! One run finds all, yet the best may come last: what is found waits by its rank in files that stay in memory while
//! they are small, so that a million matches take no more memory than a thousand.

use super::{Graft, sheet};
use crate::error::{Error, Result};
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::Session;
use crate::store::{Reader, Wanted};
use crate::value::address::Block;
use crate::value::needle::{Needle, Rank};
use crate::value::shown;
use crate::verb::arguments::{self, option};
use clap::{Arg, ArgMatches, Command};
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, Write};
use tempfile::SpooledTempFile;

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "find",
    about: "Find records of any noun by text, address or CIDR block",
    hidden: false,
    arguments,
    run,
};

/// Bytes of matches in memory before they go to a temporary file, for each rank of each part.
const IN_MEMORY: usize = 1 << 18;
/// Cells in a row.
const CELLS: usize = 5;

fn arguments(command: Command) -> Command {
    sheet::arguments(command, columns)
        .arg(arguments::at())
        .arg(
            Arg::new("text")
                .value_name("TEXT")
                .required(true)
                .help("Text to find, in any case and anywhere in a value; or an address or CIDR block"),
        )
        .after_help(
            "Searches names, addresses, VLANs, e-mail addresses, descriptions and other texts. Lists exact matches \
             first, then values that begin with TEXT, then values with a word that begins with TEXT, then the \
             others. An address or a CIDR block finds the addresses in it and their VMs.",
        )
}

pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::whole("noun"),
        Column::path("path"),
        Column::whole("field"),
        Column::new("text", ColumnKind::Text),
        Column::new("id", ColumnKind::Number),
    ]
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let text = option(matches, "text").unwrap_or_default();
    let Some(needle) = Needle::new(text.trim()) else {
        return Err(Error::usage("no text specified").help("pass a text, an address or a CIDR block"));
    };
    let pattern = match Block::parse(text) {
        Ok(block) => Wanted::Block(block, needle),
        Err(error) if text.split_once('/').is_some_and(|(address, _)| Block::parse(address).is_ok()) => {
            return Err(Error::usage(format!("{} is not a block: {}", shown::quoted(text), error.in_one_line())));
        }
        Err(_) => Wanted::Text(needle),
    };
    let usual: &[&str] =
        if session.has_keys() { &["noun", "id", "path", "field", "text"] } else { &["noun", "path", "field", "text"] };
    sheet::answer(session, matches, &columns(), usual, |reader, take| {
        let mut row = Row::default();
        let mut cells = Vec::new();
        let mut matching = find(reader, &pattern)?;
        for rank in 0..Rank::ALL.len() {
            for rows in matching.iter_mut().filter_map(|part| part[rank].take()) {
                let mut file = rows.read()?;
                while next(&mut file, &mut cells).map_err(spool_error)? {
                    row.clear();
                    if let Some((id, texts)) = cells.split_last() {
                        for cell in texts {
                            row.text(cell);
                        }
                        row.number(id);
                    }
                    if take(&row)?.is_break() {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    })
}

/// Matches in one part of the records of a noun, by rank.
type RankedRows = [Option<RowBuffer>; Rank::ALL.len()];

/// Matches of one rank.
struct RowBuffer(BufWriter<SpooledTempFile>);

impl Default for RowBuffer {
    fn default() -> Self {
        Self(BufWriter::new(SpooledTempFile::new(IN_MEMORY)))
    }
}

impl RowBuffer {
    fn push(&mut self, cells: [&str; CELLS]) -> Result<()> {
        let mut write = || {
            for cell in cells {
                self.0.write_all(&u32::try_from(cell.len()).unwrap_or(u32::MAX).to_le_bytes())?;
                self.0.write_all(cell.as_bytes())?;
            }
            Ok(())
        };
        write().map_err(spool_error)
    }

    fn read(self) -> Result<BufReader<SpooledTempFile>> {
        let mut file = self.0.into_inner().map_err(|error| spool_error(error.into_error()))?;
        file.rewind().map_err(spool_error)?;
        Ok(BufReader::new(file))
    }
}

/// Reads the cells of one row, each after its length; returns false at the end.
fn next(file: &mut BufReader<SpooledTempFile>, cells: &mut Vec<String>) -> std::io::Result<bool> {
    cells.resize_with(CELLS, String::new);
    if file.fill_buf()?.is_empty() {
        return Ok(false);
    }
    for cell in cells {
        let mut length = [0; 4];
        file.read_exact(&mut length)?;
        let mut bytes = std::mem::take(cell).into_bytes();
        bytes.resize(usize::try_from(u32::from_le_bytes(length)).unwrap_or_default(), 0);
        file.read_exact(&mut bytes)?;
        *cell = String::from_utf8(bytes).map_err(std::io::Error::other)?;
    }
    Ok(true)
}

fn find(reader: &Reader<'_>, pattern: &Wanted) -> Result<Vec<RankedRows>> {
    let mut all = Vec::new();
    for entity in reader.catalog().nouns() {
        all.extend(reader.in_parts(entity, |reader, part| {
            let mut matching = RankedRows::default();
            reader.search(part, entity, pattern, |record| {
                let rows = matching[record.rank as usize].get_or_insert_default();
                rows.push([entity.noun, record.path, record.field.name, record.text, &record.id.to_string()])
            })?;
            Ok(matching)
        })?);
        if let Wanted::Block(block, _) = pattern {
            let mut matching = RankedRows::default();
            reader.bearers(entity, block, |(holder, id), path, address| {
                let rows = matching[Rank::Exact as usize].get_or_insert_default();
                rows.push([holder.noun, path, entity.plural, address, &id.to_string()])
            })?;
            all.push(matching);
        }
    }
    Ok(all)
}

fn spool_error(error: std::io::Error) -> Error {
    Error::io("cannot store the matches in a temporary file", error)
        .help("check the free space of the folder for temporary files")
}
