//! Conditions of `--where` on rows that are complete before they are tested: those that a command computes, and those of
//! a file.

use super::terms;
use crate::error::{Error, Result};
use crate::output::row::{Cell, Column, ColumnKind, Row};
use crate::store::{Reader, Test};
use crate::value::condition::{self, Comparison, Criteria};
use crate::value::{shown, similar};

/// Conditions on the cells of a row.
#[derive(Debug, Default)]
pub(crate) struct RowTests(Vec<Criteria<(usize, Test)>>);

impl RowTests {
    /// Parses the conditions of the command line on `columns`, which a command computes.
    ///
    /// # Errors
    /// An unknown column, or a condition that cannot be read.
    pub(crate) fn new(reader: &Reader<'_>, columns: &[Column], conditions: &[&str]) -> Result<Self> {
        parsed(columns, conditions, &|column, text, comparison| terms::test(reader, column, text, comparison)).map(Self)
    }

    /// Parses the conditions of the command line on the texts of a file with these columns.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(crate) fn of_texts(columns: &[String], conditions: &[String]) -> Result<Self> {
        let columns: Vec<Column> = columns.iter().map(|name| Column::new(name, ColumnKind::Text)).collect();
        let conditions: Vec<&str> = conditions.iter().map(String::as_str).collect();
        parsed(&columns, &conditions, &|_, text, comparison| terms::text_test(text, comparison)).map(Self)
    }

    /// Returns true if a complete row meets all conditions.
    pub(crate) fn are_met_by(&self, row: &Row) -> bool {
        self.hold(&|place| row.cell(place))
    }

    /// Returns true if the cells of a row meet all conditions.
    pub(crate) fn hold<'c>(&self, cell: &dyn Fn(usize) -> Cell<'c>) -> bool {
        self.0.iter().all(|each| each.holds(&mut |(place, test)| test.met_by(cell(*place))))
    }
}

type Parse<'p> = dyn Fn(&Column, &str, &Comparison<'_>) -> Result<Criteria<Test>> + 'p;

fn parsed(columns: &[Column], conditions: &[&str], parse: &Parse<'_>) -> Result<Vec<Criteria<(usize, Test)>>> {
    let test = |text: &str, comparison: &Comparison<'_>| -> Result<Criteria<(usize, Test)>> {
        let name = comparison.field.text();
        let place = place(columns, &name);
        let place = place.map_err(|error| condition::pointed(error, text, comparison.field.at))?;
        let Some(column) = columns.get(place) else { return Err(unknown(columns, &name)) };
        let test = parse(column, text, comparison)?;
        test.try_map(&mut |test| Ok(Criteria::One((place, test.clone()))))
    };
    let tests = conditions.iter().map(|text| {
        let criteria = condition::parse(text)?;
        criteria.try_map(&mut |comparison| test(text, comparison))
    });
    tests.collect()
}

/// Returns the index of the column `name`.
///
/// # Errors
/// There is no such column; the error lists them.
pub(crate) fn place(columns: &[Column], name: &str) -> Result<usize> {
    let same = |column: &Column| crate::catalog::column::same_name(&column.name, name);
    columns.iter().position(same).ok_or_else(|| unknown(columns, name))
}

fn unknown(columns: &[Column], name: &str) -> Error {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let near = similar::nearest(name, names.iter().copied(), 3);
    let listed = format!("columns: {}", names.join(", "));
    let error = Error::usage(format!("unknown column {}", shown::quoted(name)));
    error.help(similar::did_you_mean(&near).map_or(listed.clone(), |near| format!("{near} {listed}")))
}
