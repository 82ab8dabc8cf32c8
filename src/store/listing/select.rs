//! Answers lists.

use super::query::{Query, SortKey, Term, conditions};
use super::scan::{EachRow, Scan};
use crate::catalog::{Entity, Path};
use crate::error::Result;
use crate::output::row::Row;
use crate::store::engine::{Bind, Bound};
use crate::store::reading;
use crate::store::reading::parts::Part;
use crate::store::reading::reader::Reader;
use crate::store::reading::selection::{Pick, Selection};
use std::cell::Cell;
use std::cmp::Ordering;
use std::ops::ControlFlow;

/// Records to scan from the first before using an index for a list with LIMIT: a list of a common value usually ends
/// among them. Few in tests, whose tables are small.
const NEAR: u64 = if cfg!(test) { 4 } else { 4096 };

/// Number of rows from which on a list is long.
const LONG: u64 = 5_000;

impl Reader<'_> {
    /// Hands each row of the list to `each`, in order, until it breaks.
    pub fn select(&self, query: &Query, mut each: impl FnMut(&Row) -> Result<ControlFlow<()>>) -> Result<()> {
        self.select_with_ids(query, |_, row| each(row))
    }

    /// As [`Self::select`], with the id of each record.
    pub fn select_with_ids(
        &self,
        query: &Query,
        mut each: impl FnMut(i64, &Row) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let columns: Vec<&Path> = query.columns.iter().collect();
        if query.order.is_empty() {
            return self.scan(query, &columns, &mut each);
        }
        let found = Query { limit: query.limit, ..Query::all(query.entity, Vec::new()) };
        Scan::new(self, &found, &columns)?.fetch(self, &self.sorted(query)?, &mut each)
    }

    /// Returns the ids of the records of the list, in its order.
    pub fn select_ids(&self, query: &Query) -> Result<Vec<i64>> {
        if !query.order.is_empty() {
            return self.sorted(query);
        }
        let mut ids = Vec::new();
        self.scan(query, &[], &mut |id, _| {
            ids.push(id);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(ids)
    }

    /// Returns the number of records of the list.
    pub fn select_count(&self, query: &Query) -> Result<u64> {
        if query.limit.is_some() || query.offset > 0 {
            return Ok(self.select_ids(query)?.len() as u64);
        }
        if query.is_answered_by_engine() {
            let (conditions, values) = conditions(self.catalog(), query);
            let sql = Selection { conditions, ..Selection::of(query.entity, vec![Pick::Count]) }.sql();
            let values: Vec<Bind<'_>> = values.iter().map(Bound::bind).collect();
            let count = self.connection.first(&sql, &values, |row| row.id(0))?;
            return Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default());
        }
        let mut count = 0;
        let mut scan = Scan::new(self, query, &[])?;
        // An index that has all columns of the tests is shorter than the table.
        scan.selection.order = reading::selection::Order::Any;
        scan.run(self, &Part::ALL, &mut |_, _| {
            count += 1;
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(count)
    }

    /// Runs through the records by id, skips the first and ends after the last that the query asks for.
    fn scan(&self, query: &Query, columns: &[&Path], each: &mut EachRow<'_>) -> Result<()> {
        let mut left = query.limit.map(|limit| limit.saturating_add(query.offset));
        if query.limit == Some(0) {
            return Ok(());
        }
        let mut scan = Scan::new(self, query, columns)?;
        if query.is_answered_by_engine() {
            scan.selection.limit = left;
        }
        let mut skip = query.offset;
        let is_done = Cell::new(false);
        let mut tell = |id, row: &Row| {
            let is_skipped = skip > 0;
            skip = skip.saturating_sub(1);
            left = left.map(|left| left.saturating_sub(1));
            let go_on = if is_skipped { ControlFlow::Continue(()) } else { each(id, row)? };
            is_done.set(go_on.is_break() || left == Some(0));
            Ok(if is_done.get() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        };
        let is_short = query.limit.is_some_and(|limit| limit.saturating_add(query.offset) < NEAR);
        let Some(last) = (if is_short && query.is_indirect() { self.last_of_first(query.entity, NEAR)? } else { None })
        else {
            return scan.run(self, &Part::ALL, &mut tell);
        };
        scan.selection.first = Some(NEAR);
        scan.run(self, &Part::ALL, &mut tell)?;
        if is_done.get() {
            return Ok(());
        }
        scan.selection.first = None;
        scan.run(self, &Part::from(last.saturating_add(1)), &mut tell)
    }

    /// Returns the id of the last of the first `count` records; `None` where there are none.
    fn last_of_first(&self, entity: &Entity, count: u64) -> Result<Option<i64>> {
        let Entity { table, id, .. } = entity;
        let sql = format!("SELECT max(t.{id}) FROM (SELECT {id} FROM {table} ORDER BY {id} LIMIT {count}) t");
        Ok(self.connection.first(&sql, &[], |row| row.integer(0))?.flatten())
    }

    /// Returns the ids of a sorted list. Reads only the sort keys; with a limit, memory is proportional to the limit.
    fn sorted(&self, query: &Query) -> Result<Vec<i64>> {
        let columns: Vec<&Path> = query.order.iter().map(|order| &order.path).collect();
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let most = query.limit.map(|limit| size(limit.saturating_add(query.offset)));
        let mut rows: Vec<(Vec<SortKey>, i64)> = Vec::new();
        let compare = |one: &(Vec<SortKey>, i64), other: &(Vec<SortKey>, i64)| {
            let keys = one.0.iter().zip(&other.0).zip(&query.order);
            let mut decided =
                keys.map(
                    |((one, other), order)| {
                        if order.descending { one.compare_descending(other) } else { one.compare(other) }
                    },
                );
            let decided = decided.find(|order| order.is_ne());
            decided.unwrap_or(Ordering::Equal).then(one.1.cmp(&other.1))
        };
        // The keys of all records are read, whatever the limit.
        let keys = Query { limit: None, ..query.clone() };
        Scan::new(self, &keys, &columns)?.run(self, &Part::ALL, &mut |id, row| {
            rows.push(((0..columns.len()).map(|place| SortKey::of(row.cell(place))).collect(), id));
            if let Some(most) = most
                && rows.len() > most.saturating_mul(2).saturating_add(1024)
            {
                rows.select_nth_unstable_by(most, compare);
                rows.truncate(most);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        rows.sort_unstable_by(compare);
        let take = query.limit.map_or(usize::MAX, size);
        Ok(rows.into_iter().map(|(_, id)| id).skip(size(query.offset)).take(take).collect())
    }
}

impl Query {
    /// Returns true if the list may have so many rows that reading the records they refer to beforehand pays.
    pub(super) fn is_long(&self) -> bool {
        let conditions = self.terms.iter().any(|term| matches!(term, Term::Refers { .. } | Term::Is { .. }));
        !conditions && self.limit.is_none_or(|limit| limit.saturating_add(self.offset) >= LONG)
    }

    /// Returns true if a condition leads through other records, so that the records that meet it are many and an index
    /// has them in another order than that of their ids.
    fn is_indirect(&self) -> bool {
        self.terms.iter().any(|term| matches!(term, Term::Refers { hops, .. } if hops.len() > 1))
    }
}
