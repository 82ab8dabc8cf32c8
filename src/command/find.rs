//! `inv find`: every record that says something, the best match first.
//!
//! One run finds all, yet the best may come last: what is found waits by its rank in files that stay in memory while
//! they are small, so that a million matches take no more memory than a thousand.

use super::{Graft, sheet};
use crate::error::{Error, Result, io_reason};
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::Session;
use crate::store::{Reader, Wanted};
use crate::value::address::Block;
use crate::value::needle::{Needle, Rank};
use crate::value::shown;
use crate::verb::arguments::option;
use clap::{Arg, ArgMatches, Command};
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};
use tempfile::SpooledTempFile;

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "find",
    about: "Find records of any noun by a text in them, or by address or CIDR",
    hidden: false,
    arguments,
    run,
};

/// How many bytes of what is found wait in memory, for each rank.
const IN_MEMORY: usize = 1 << 20;

fn arguments(command: Command) -> Command {
    sheet::arguments(command)
        .arg(
            Arg::new("text")
                .value_name("TEXT")
                .required(true)
                .help("What to look for: in any case, anywhere in a text"),
        )
        .after_help(
            "Names, addresses, VLANs, e-mail addresses, descriptions and other texts are looked through. What is TEXT \
             comes first, then what begins with it, then what has a word that does, then the rest. An address or a \
             CIDR block finds the addresses in it and what bears them.",
        )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let text = option(matches, "text").unwrap_or_default();
    let Some(needle) = Needle::new(text.trim()) else {
        return Err(Error::usage("there is nothing to look for").help("give a text, an address or a CIDR block"));
    };
    let wanted = match Block::parse(text) {
        Ok(block) => Wanted::Block(block, needle),
        Err(error) if text.split_once('/').is_some_and(|(address, _)| Block::parse(address).is_ok()) => {
            return Err(Error::usage(format!("{} is no block: {}", shown::quoted(text), error.in_one_line())));
        }
        Err(_) => Wanted::Text(needle),
    };
    let columns = ["noun", "path", "field", "text"];
    let headers = columns.map(|name| Column::new(name, ColumnKind::Text));
    sheet::answer(session, matches, &headers, &columns, |reader, take| {
        let mut row = Row::default();
        for found in find(reader, &wanted)? {
            for line in found.lines()? {
                let cells: [String; 4] = serde_json::from_str(&line?).map_err(|error| aside(&error.into()))?;
                row.clear();
                cells.iter().for_each(|cell| row.text(cell));
                if take(&row)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    })
}

/// What was found of one rank.
struct Waiting(BufWriter<SpooledTempFile>);

impl Waiting {
    fn put(&mut self, cells: [&str; 4]) -> Result<()> {
        let put = serde_json::to_writer(&mut self.0, &cells).map_err(std::io::Error::from);
        put.and_then(|()| self.0.write_all(b"\n")).map_err(|error| aside(&error))
    }

    fn lines(self) -> Result<impl Iterator<Item = Result<String>>> {
        let mut file = self.0.into_inner().map_err(|error| aside(error.error()))?;
        file.rewind().map_err(|error| aside(&error))?;
        Ok(BufReader::new(file).lines().map(|line| line.map_err(|error| aside(&error))))
    }
}

fn find(reader: &Reader<'_>, wanted: &Wanted) -> Result<Vec<Waiting>> {
    let empty = |_| Waiting(BufWriter::new(SpooledTempFile::new(IN_MEMORY)));
    let mut waiting: Vec<Waiting> = Rank::ALL.into_iter().map(empty).collect();
    let mut put = |rank: Rank, cells: [&str; 4]| {
        let place = Rank::ALL.iter().position(|known| *known == rank).and_then(|place| waiting.get_mut(place));
        place.map_or(Ok(()), |waiting| waiting.put(cells))
    };
    for entity in reader.catalog().nouns() {
        reader.search(entity, wanted, |found| {
            put(found.rank, [entity.noun, &found.path, found.field.name, found.text])
        })?;
        if let Wanted::Block(block, _) = wanted {
            reader.bearers(entity, block, |holder, path, address| {
                put(Rank::Exact, [holder.noun, path, entity.plural, address])
            })?;
        }
    }
    Ok(waiting)
}

fn aside(error: &std::io::Error) -> Error {
    Error::failed(format!("cannot put aside what was found: {}", io_reason(error)))
        .help("look at the room that is left in the folder for temporary files")
}
