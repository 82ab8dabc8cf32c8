//! Runs through the records of one noun, tests them, and fills a row for each that passes.

use super::cells::{Context, RelatedValues};
use super::plan::Plan;
use super::query::{Query, Tests, conditions};
use super::related::{BLOCK, Holders, read_all, read_whole};
use crate::catalog::Path;
use crate::error::Result;
use crate::output::row::Row;
use crate::store::engine::{Bind, Block, Bound, Raw};
use crate::store::reading::parts::Part;
use crate::store::reading::reader::Reader;
use crate::store::reading::selection::Selection;
use crate::value::quantity::Units;
use std::ops::{ControlFlow, Range};

/// Receives the id of a record and its row.
pub(super) type EachRow<'e> = dyn FnMut(i64, &Row) -> Result<ControlFlow<()>> + 'e;

/// A run through the records that meet the conditions of a query.
pub(super) struct Scan<'q> {
    plan: Plan,
    pub(super) selection: Selection,
    values: Vec<Bound>,
    /// Number of columns of a row; the columns of the tests follow them in the plan.
    columns: usize,
    tests: Tests<'q>,
}

impl<'q> Scan<'q> {
    /// A run whose rows have a cell for each of `columns`.
    pub(super) fn new(reader: &Reader<'_>, query: &'q Query, columns: &[&Path]) -> Result<Self> {
        let catalog = reader.catalog();
        let tests = query.tests();
        let all: Vec<&Path> = columns.iter().chain(&tests.columns).copied().collect();
        let plan = if query.is_long() {
            Plan::of_all(reader, query.entity, &all)?
        } else {
            Plan::new(catalog, query.entity, &all)
        };
        let (conditions, values) = conditions(catalog, query);
        let selection = Selection { conditions, ..plan.selection.clone() };
        Ok(Self { plan, selection, values, columns: columns.len(), tests })
    }

    /// Runs through the records of `part`, in the order of their ids.
    pub(super) fn run(&self, reader: &Reader<'_>, part: &Part, each: &mut EachRow<'_>) -> Result<()> {
        let mut selection = self.selection.clone();
        let mut values: Vec<Bound> = self.values.clone();
        let is_whole = selection.conditions.is_empty() && selection.limit.is_none();
        part.narrow(&mut selection, &mut values);
        let sql = selection.sql();
        let values: Vec<Bind<'_>> = values.iter().map(Bound::bind).collect();
        let units = reader.units()?;
        let mut row = Row::default();
        if !self.plan.reads_others() {
            let context = Context { units: &units, related: &[] };
            return reader.connection.rows(&sql, &values, |raw| {
                if !self.passes(&context, raw, &mut row)? {
                    return Ok(ControlFlow::Continue(()));
                }
                self.tell(&context, raw, &mut row, each)
            });
        }
        let mut shared = self.shared(reader, &units, is_whole)?;
        reader.connection.blocks(&sql, &values, self.block_size(), |block| {
            let values = std::mem::take(&mut shared);
            let is_shared: Vec<bool> = values.iter().map(|values| !matches!(values, RelatedValues::Unread)).collect();
            let (go_on, values) = self.block(reader, &units, block, values, &mut row, each)?;
            let unread = |(values, is_shared)| if is_shared { values } else { RelatedValues::Unread };
            shared = values.into_iter().zip(is_shared).map(unread).collect();
            Ok(go_on)
        })
    }

    /// Reads the rows of the records `ids` and calls `each` with them in that order.
    pub(super) fn fetch(&self, reader: &Reader<'_>, ids: &[i64], each: &mut EachRow<'_>) -> Result<()> {
        let units = reader.units()?;
        let mut block = Block::default();
        let mut row = Row::default();
        for ids in ids.chunks(BLOCK) {
            let sql = self.selection.clone().of_ids(ids.len()).sql();
            let values: Vec<Bind<'_>> = ids.iter().copied().map(Bind::Integer).collect();
            reader.connection.fill_block(&sql, &values, &mut block)?;
            let related = read_whole(&self.plan, reader, &units, &block)?;
            let context = Context { units: &units, related: &related };
            for id in ids {
                if let Some(raw) = block.row(*id)
                    && self.tell(&context, &raw, &mut row, each)?.is_break()
                {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Reads the totals of all holders at once for a scan of the whole table, if the holders are few.
    fn shared(&self, reader: &Reader<'_>, units: &Units, is_whole: bool) -> Result<Vec<RelatedValues>> {
        let values = self.plan.related.iter().map(|related| {
            if is_whole && related.has_few_holders(reader)? {
                related.read(reader, units, Holders::All)
            } else {
                Ok(RelatedValues::Unread)
            }
        });
        values.collect()
    }

    fn block_size(&self) -> usize {
        let limit = self.selection.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        limit.clamp(1, BLOCK)
    }

    /// Calls `each` with the rows of a block that pass the tests. Related values that no test needs are read only for
    /// those rows.
    fn block(
        &self,
        reader: &Reader<'_>,
        units: &Units,
        block: &Block,
        values: Vec<RelatedValues>,
        row: &mut Row,
        each: &mut EachRow<'_>,
    ) -> Result<(ControlFlow<()>, Vec<RelatedValues>)> {
        let all: Vec<usize> = (0..block.ids().len()).collect();
        let needed = self.plan.needs(self.tested());
        let needs = |place: usize| needed.get(place).copied().unwrap_or_default();
        let values = read_all(&self.plan, reader, units, block, &all, values, needs)?;
        let context = Context { units, related: &values };
        let mut passing = Vec::with_capacity(all.len());
        for index in all {
            if self.passes(&context, &block.at(index), row)? {
                passing.push(index);
            }
        }
        let needed = self.plan.needs(0..self.columns);
        let needs = |place: usize| needed.get(place).copied().unwrap_or_default();
        let values = read_all(&self.plan, reader, units, block, &passing, values, needs)?;
        let context = Context { units, related: &values };
        for index in passing {
            if self.tell(&context, &block.at(index), row, each)?.is_break() {
                return Ok((ControlFlow::Break(()), values));
            }
        }
        Ok((ControlFlow::Continue(()), values))
    }

    /// The columns of the tests.
    fn tested(&self) -> Range<usize> {
        self.columns..self.columns + self.tests.columns.len()
    }

    /// Returns true if a record meets all tests.
    fn passes(&self, context: &Context<'_>, raw: &Raw<'_>, row: &mut Row) -> Result<bool> {
        if self.tests.columns.is_empty() {
            return Ok(true);
        }
        row.clear();
        self.plan.fill_some(context, raw, self.tested(), row)?;
        Ok(self.tests.are_met_by(row, 0))
    }

    fn tell(
        &self,
        context: &Context<'_>,
        raw: &Raw<'_>,
        row: &mut Row,
        each: &mut EachRow<'_>,
    ) -> Result<ControlFlow<()>> {
        row.clear();
        self.plan.fill_some(context, raw, 0..self.columns, row)?;
        each(raw.id(0)?, row)
    }
}
