//! A run through the records of one noun: what is told of each, and what each is tested by.

use crate::catalog::Path;
use crate::error::Result;
use crate::output::row::Row;
use crate::store::engine::{Bind, Raw, Statement};
use crate::store::listing::plan::{Plan, Sources};
use crate::store::listing::select::{Bound, Query, Test, conditions};
use crate::store::reading::parts::Part;
use crate::store::reading::reader::Reader;
use crate::store::reading::selection::Selection;
use std::ops::ControlFlow;

/// Where rows go.
pub(in crate::store) trait Rows {
    /// The row to fill next.
    fn next(&mut self) -> &mut Row;

    /// Takes it, as that of the record `id`.
    fn keep(&mut self, id: i64) -> Result<ControlFlow<()>>;
}

/// Rows that are handed over one by one.
pub(in crate::store) struct Told<E> {
    row: Row,
    each: E,
}

impl<E: FnMut(i64, &Row) -> Result<ControlFlow<()>>> Told<E> {
    pub(in crate::store) fn new(each: E) -> Self {
        Self { row: Row::default(), each }
    }
}

impl<E: FnMut(i64, &Row) -> Result<ControlFlow<()>>> Rows for Told<E> {
    fn next(&mut self) -> &mut Row {
        &mut self.row
    }

    fn keep(&mut self, id: i64) -> Result<ControlFlow<()>> {
        (self.each)(id, &self.row)
    }
}

/// A run, made ready for one reader.
pub(in crate::store) struct Scan<'q> {
    plan: Plan,
    selection: Selection,
    values: Vec<Bound>,
    /// How many columns are told of, before those that the tests are about.
    columns: usize,
    tests: Vec<&'q Test>,
    /// How many records are told at most.
    limit: Option<u64>,
}

impl<'q> Scan<'q> {
    /// A run through many records: what is told of few others is read once. A row has what `columns` tell.
    pub(in crate::store) fn new(reader: &Reader<'_>, query: &'q Query, columns: &[&Path]) -> Result<Self> {
        let plan = Plan::of_all(reader, query.entity, &all(query, columns))?;
        Ok(Self::of(plan, reader, query, columns.len()))
    }

    /// The same through few, and at most so many of them.
    pub(in crate::store) fn joined(
        reader: &Reader<'_>,
        query: &'q Query,
        columns: &[&Path],
        limit: Option<u64>,
    ) -> Self {
        let plan = Plan::new(reader.catalog(), query.entity, &all(query, columns));
        Self { limit, ..Self::of(plan, reader, query, columns.len()) }
    }

    fn of(plan: Plan, reader: &Reader<'_>, query: &'q Query, columns: usize) -> Self {
        let (conditions, values) = conditions(reader.catalog(), query);
        let selection = Selection { conditions, ..plan.selection() };
        let tests = query.tests().map(|(_, test)| test).collect();
        Self { plan, selection, values, columns, tests, limit: None }
    }

    /// Runs through the records of `part`, by their ids.
    pub(in crate::store) fn run(&self, reader: &Reader<'_>, part: &Part, rows: &mut dyn Rows) -> Result<()> {
        let mut selection = self.selection.clone();
        let mut values: Vec<Bound> = self.values.clone();
        part.narrow(&mut selection, &mut values);
        selection.limit = self.limit;
        let whole = selection.conditions.is_empty() && self.limit.is_none();
        let statement = Statement::new(selection);
        let values: Vec<Bind<'_>> = values.iter().map(Bound::bind).collect();
        let units = reader.units()?;
        let mut tested = Row::default();
        let mut take = |from: &mut Sources<'_, '_>, raw: &Raw<'_>| {
            self.plan.begin(from, raw)?;
            // What is told of a record may have to be looked up, disk by disk: not for one that is not told.
            if !self.tests.is_empty() {
                tested.clear();
                self.plan.fill_some(from, raw, self.columns..self.columns + self.tests.len(), &mut tested)?;
                if !self.tests.iter().enumerate().all(|(place, test)| test.met_by(tested.cell(place))) {
                    return Ok(ControlFlow::Continue(()));
                }
            }
            let row = rows.next();
            row.clear();
            self.plan.fill_some(from, raw, 0..self.columns, row)?;
            rows.keep(raw.id(0)?)
        };
        // Where the engine answers, what is computed from other records comes in step with all of them.
        if !whole || self.plan.feeds().len() == 0 || reader.connection.answers_from_pages(&statement) {
            let mut from = Sources::new(reader, &units);
            return reader.connection.select(&statement, &values, |raw| take(&mut from, raw));
        }
        let feeds: Vec<_> = self.plan.feeds().cloned().collect();
        reader.connection.side_by_side(&feeds, |feeds| {
            let mut from = Sources::in_step(reader, &units, feeds);
            reader.connection.select(&statement, &values, |raw| take(&mut from, raw))
        })
    }
}

fn all<'p>(query: &'p Query, columns: &[&'p Path]) -> Vec<&'p Path> {
    columns.iter().copied().chain(query.tests().map(|(path, _)| path)).collect()
}
