//! Answers with rows that a command computes. They have the options of a list (`-c`, `--where`, `--sort`, `--limit`,
//! `--offset`, `--no-headers`) and all formats.
//!
//! A command declares its columns and passes complete rows; rows and columns are selected here. Rows are streamed
//! unless `--sort` needs them all.
//!
//! ```text
//! arguments: sheet::arguments(command, columns)
//! run:       sheet::answer(session, matches, &columns(), &usual, |reader, row| { …; row(&full_row) })
//! ```

use crate::error::Result;
use crate::output::Style;
use crate::output::row::{Column, Row};
use crate::session::Session;
use crate::store::{Reader, SortKey};
use crate::verb::arguments::options;
use crate::verb::complete::ColumnSet;
use crate::verb::row_tests::{self, RowTests};
use crate::verb::{list, terms};
use clap::{ArgMatches, Command};
use std::ops::ControlFlow;

/// Function that takes a complete row, and returns `Break` if it needs no more.
pub(crate) type Take<'t> = dyn FnMut(&Row) -> Result<ControlFlow<()>> + 't;

/// Adds the options of a list with these columns.
pub(crate) fn arguments(command: Command, columns: fn() -> Vec<Column>) -> Command {
    let set = ColumnSet::Computed(columns);
    let args = list::view(set).into_iter().chain(list::amounts()).chain([terms::where_argument(set)]);
    command.args(args.map(|arg| arg.help_heading(list::VIEW)))
}

/// Answers with the rows of `produce` and the columns that the command line selects (default: `usual`). A row has a
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
    let selected = list::column_names(matches, usual);
    let selected = selected.into_iter().map(|name| row_tests::place(columns, name)).collect::<Result<Vec<usize>>>()?;
    let order = list::sort_keys(&options(matches, "sort"))?;
    let order = order.into_iter().map(|(name, descending)| Ok((row_tests::place(columns, name)?, descending)));
    let order = order.collect::<Result<Vec<(usize, bool)>>>()?;
    let offset = list::number(matches, "offset")?.unwrap_or(0);
    let mut headers: Vec<Column> = selected.iter().filter_map(|place| columns.get(*place)).cloned().collect();
    list::mark_asked_for(&mut headers, matches);
    session.answer_reading(list::answer(matches, Style::Table), &headers, |reader, out| {
        let mut view = View {
            tests: RowTests::new(reader, columns, &options(matches, "where"))?,
            skip: offset,
            remaining: limit.unwrap_or(u64::MAX),
            selected,
            output_row: Row::default(),
        };
        if view.remaining == 0 {
            return Ok(());
        }
        if order.is_empty() {
            return produce(reader, &mut |row| {
                if view.tests.are_met_by(row) { view.write(row, out) } else { Ok(CONTINUE) }
            });
        }
        let mut rows: Vec<(Vec<SortKey>, Row)> = Vec::new();
        produce(reader, &mut |row| {
            if view.tests.are_met_by(row) {
                rows.push((order.iter().map(|(place, _)| SortKey::of(row.cell(*place))).collect(), row.clone()));
            }
            Ok(CONTINUE)
        })?;
        rows.sort_by(|(one, _), (other, _)| {
            let keys = one.iter().zip(other).zip(&order);
            let mut decided = keys.map(
                |((one, other), (_, descending))| {
                    if *descending { one.compare_descending(other) } else { one.compare(other) }
                },
            );
            decided.find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        });
        for (_, row) in &rows {
            if view.write(row, out)?.is_break() {
                break;
            }
        }
        Ok(())
    })
}

const CONTINUE: ControlFlow<()> = ControlFlow::Continue(());

/// Selection of rows and columns.
struct View {
    tests: RowTests,
    skip: u64,
    remaining: u64,
    selected: Vec<usize>,
    output_row: Row,
}

impl View {
    fn write(&mut self, row: &Row, out: &mut dyn FnMut(&Row) -> Result<()>) -> Result<ControlFlow<()>> {
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(CONTINUE);
        }
        self.output_row.clear();
        for place in &self.selected {
            self.output_row.push(row, *place);
        }
        out(&self.output_row)?;
        self.remaining -= 1;
        Ok(if self.remaining == 0 { ControlFlow::Break(()) } else { CONTINUE })
    }
}
