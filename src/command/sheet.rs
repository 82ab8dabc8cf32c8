//! Answers whose rows a command computes: they take the options of a list (`-c`, `--where`, `--sort`, `--limit`,
//! `--offset`, `--no-headers`) and every format, as the lists of the nouns do.
//!
//! A command says which columns there are and hands over each row in full; what is asked for is picked here. Rows
//! stream unless `--sort` needs them all.
//!
//! ```text
//! arguments: sheet::arguments(command)
//! run:       sheet::answer(session, matches, &columns, &usual, |reader, row| { …; row(&full_row) })
//! ```

use crate::error::{Error, Result};
use crate::output::Style;
use crate::output::row::{Column, Row};
use crate::session::Session;
use crate::store::{Key, Reader, Test};
use crate::value::{shown, similar};
use crate::verb::arguments::options;
use crate::verb::{list, terms};
use clap::{ArgMatches, Command};
use std::ops::ControlFlow;

/// Takes a row in full, and says whether more are wanted.
pub(crate) type Take<'t> = dyn FnMut(&Row) -> Result<ControlFlow<()>> + 't;

/// Adds the options of a list.
pub(crate) fn arguments(command: Command) -> Command {
    command.args(list::view()).arg(terms::where_argument())
}

/// Answers with what of the rows of `produce` is asked for; `usual` are the columns where none is named. A row has a
/// cell for each of `columns`, in their order.
///
/// # Errors
/// An unknown column, a condition that cannot be read, what `produce` fails with, or the output cannot be written.
pub(crate) fn answer(
    session: &Session,
    matches: &ArgMatches,
    columns: &[Column],
    usual: &[&str],
    produce: impl FnOnce(&Reader<'_>, &mut Take<'_>) -> Result<()>,
) -> Result<()> {
    let limit = list::number(matches, "limit")?;
    answer_at_most(session, matches, columns, usual, limit, produce)
}

/// As [`answer`], for a command whose own `--limit` means something else.
///
/// # Errors
/// As [`answer`].
pub(crate) fn answer_at_most(
    session: &Session,
    matches: &ArgMatches,
    columns: &[Column],
    usual: &[&str],
    limit: Option<u64>,
    produce: impl FnOnce(&Reader<'_>, &mut Take<'_>) -> Result<()>,
) -> Result<()> {
    let picked = list::column_names(matches, usual);
    let picked = picked.into_iter().map(|name| place(columns, name)).collect::<Result<Vec<usize>>>()?;
    let order = list::sort_keys(&options(matches, "sort"))?;
    let order = order.into_iter().map(|(name, descending)| Ok((place(columns, name)?, descending)));
    let order = order.collect::<Result<Vec<(usize, bool)>>>()?;
    let offset = list::number(matches, "offset")?.unwrap_or(0);
    let headers: Vec<Column> = picked.iter().filter_map(|place| columns.get(*place)).cloned().collect();
    session.answer_reading(list::answer(matches, Style::Table), &headers, |reader, out| {
        let mut view = View {
            tests: tests(reader, columns, &options(matches, "where"))?,
            skip: offset,
            left: limit.unwrap_or(u64::MAX),
            picked,
            narrowed: Row::default(),
        };
        if view.left == 0 {
            return Ok(());
        }
        if order.is_empty() {
            return produce(reader, &mut |row| if view.meets(row) { view.tell(row, out) } else { Ok(CONTINUE) });
        }
        let mut rows: Vec<(Vec<Key>, Row)> = Vec::new();
        produce(reader, &mut |row| {
            if view.meets(row) {
                rows.push((order.iter().map(|(place, _)| Key::of(row.cell(*place))).collect(), row.clone()));
            }
            Ok(CONTINUE)
        })?;
        rows.sort_by(|(one, _), (other, _)| {
            let keys = one.iter().zip(other).zip(&order);
            let mut decided = keys.map(|((one, other), (_, descending))| one.compare(other, *descending));
            decided.find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        });
        for (_, row) in &rows {
            if view.tell(row, out)?.is_break() {
                break;
            }
        }
        Ok(())
    })
}

const CONTINUE: ControlFlow<()> = ControlFlow::Continue(());

/// Which rows, and what of each.
struct View {
    tests: Vec<(usize, Test)>,
    skip: u64,
    left: u64,
    picked: Vec<usize>,
    narrowed: Row,
}

impl View {
    fn meets(&self, row: &Row) -> bool {
        self.tests.iter().all(|(place, test)| test.met_by(row.cell(*place)))
    }

    fn tell(&mut self, row: &Row, out: &mut dyn FnMut(&Row) -> Result<()>) -> Result<ControlFlow<()>> {
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(CONTINUE);
        }
        self.narrowed.clear();
        for place in &self.picked {
            self.narrowed.push(row, *place);
        }
        out(&self.narrowed)?;
        self.left -= 1;
        Ok(if self.left == 0 { ControlFlow::Break(()) } else { CONTINUE })
    }
}

/// Reads the conditions of `--where`.
fn tests(reader: &Reader<'_>, columns: &[Column], given: &[&str]) -> Result<Vec<(usize, Test)>> {
    let read = given.iter().map(|text| {
        let (name, operator, value) = terms::split(text)?;
        let place = place(columns, name)?;
        let Some(column) = columns.get(place) else { return Err(unknown(columns, name)) };
        Ok((place, terms::test(reader, &column.name, column.kind, operator, value)?))
    });
    read.collect()
}

/// Which of the columns `name` is.
fn place(columns: &[Column], name: &str) -> Result<usize> {
    let same = |column: &Column| crate::catalog::column::same_name(&column.name, name);
    columns.iter().position(same).ok_or_else(|| unknown(columns, name))
}

fn unknown(columns: &[Column], name: &str) -> Error {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let near = similar::nearest(name, names.iter().copied(), 3);
    let listed = format!("the columns are {}", names.join(", "));
    let error = Error::usage(format!("there is no column {}", shown::quoted(name)));
    error.help(similar::did_you_mean(&near).map_or(listed.clone(), |near| format!("{near} {listed}")))
}
