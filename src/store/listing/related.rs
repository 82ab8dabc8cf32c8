//! Columns that come from other records: a VM's addresses, the sum of its disks, a pool's allocated memory.
//!
//! They are read for a block of rows at once, by one query for all of the block's ids; never by a query for each row.

use super::few::are_few;
use super::plan::{Context, Getter, Plan, push_measure};
use crate::catalog::{Catalog, Entity, Field};
use crate::error::Result;
use crate::output::row::Row;
use crate::store::engine::{Bind, Block, Raw};
use crate::store::reading::reader::Reader;
use crate::store::reading::selection::{Pick, alias_of};
use crate::value::decimal::Decimal;
use crate::value::quantity::Units;
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Number of rows that are read before their related values are.
pub(super) const BLOCK: usize = 1000;
/// A unit of a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Bytes,
    Count,
}

/// A value made from the records that refer to one; numbers are places among the getters of their plan.
#[derive(Debug)]
pub(super) enum Aggregate {
    Count,
    Sum {
        summand: usize,
        /// Leaves out records whose column has this value.
        unless: Option<(usize, &'static str)>,
        /// The sum of no records is zero, not empty.
        from_zero: bool,
        of: Measure,
    },
    /// The records as a row of a file lists them: `MAIN`, or `MAIN@AT`.
    Items {
        at: Option<usize>,
        main: Vec<usize>,
    },
}

/// The records of one noun that refer to others, and the values to make of them for each record referred to.
#[derive(Debug)]
pub(super) struct Related {
    /// The place of the id that they refer to, in a row of the plan above.
    pub(super) id: usize,
    /// The noun of the records referred to.
    holder: &'static Entity,
    /// The references that lead from a record to its holder.
    back: Vec<&'static Field>,
    /// Rows begin with the id of the holder.
    pub(super) plan: Plan,
    aggregates: Vec<Aggregate>,
}

/// Values that have been read.
#[derive(Debug, Default)]
pub(super) enum RelatedValues {
    /// None yet.
    #[default]
    Unread,
    /// The totals of each holder; of holders that have no records, nothing.
    Totals(HashMap<i64, Vec<Option<Decimal>>>),
    /// The rows themselves, by holder, and what is related to them in turn.
    Rows(Block, Vec<RelatedValues>),
}

/// The holders whose values are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holders<'i> {
    All,
    /// Those with these ids, ascending.
    Ids(&'i [i64]),
}

impl Related {
    pub(super) fn new(
        catalog: &Catalog,
        id: usize,
        holder: &'static Entity,
        of: &'static Entity,
        back: &[&'static Field],
    ) -> Self {
        let plan = Plan::referring(catalog, of, back);
        Self { id, holder, back: back.to_vec(), plan, aggregates: Vec::new() }
    }

    /// Returns true if these are totals of the records of `of` that `back` leads from.
    pub(super) fn totals(&self, of: &Entity, back: &[&'static Field]) -> bool {
        let names = |fields: &[&'static Field]| fields.iter().map(|field| field.name).collect::<Vec<_>>();
        !self.lists_items() && self.plan.entity.noun == of.noun && names(&self.back) == names(back)
    }

    fn lists_items(&self) -> bool {
        self.aggregates.iter().any(|aggregate| matches!(aggregate, Aggregate::Items { .. }))
    }

    /// Adds a value and returns its place.
    pub(super) fn push(&mut self, aggregate: Aggregate) -> usize {
        self.aggregates.push(aggregate);
        self.aggregates.len() - 1
    }

    /// Returns true if a list of all records reads the values of all holders in one pass.
    pub(super) fn has_few_holders(&self, reader: &Reader<'_>) -> Result<bool> {
        Ok(!self.lists_items() && are_few(reader, self.holder)?)
    }

    /// Reads the values of `holders`.
    pub(super) fn read(&self, reader: &Reader<'_>, units: &Units, holders: Holders<'_>) -> Result<RelatedValues> {
        let (condition, values) = self.condition(holders);
        let values: Vec<Bind<'_>> = values.into_iter().map(Bind::Integer).collect();
        let select = |order: &str| format!("{} WHERE {condition}{order}", self.plan.selection.without_conditions());
        let key = self.key();
        if self.aggregates.iter().all(|aggregate| matches!(aggregate, Aggregate::Count)) {
            return self.counts(reader, &condition, &values);
        }
        if self.lists_items() {
            let mut block = Block::default();
            let sql = select(&format!(" ORDER BY {key}, t.{}", self.plan.entity.id));
            reader.connection.fill_block(&sql, &values, &mut block)?;
            let related = read_whole(&self.plan, reader, units, &block)?;
            return Ok(RelatedValues::Rows(block, related));
        }
        let mut totals: HashMap<i64, Vec<Option<Decimal>>> = HashMap::new();
        if self.plan.related.is_empty() {
            let context = Context { units, related: &[] };
            reader.connection.rows(&select(""), &values, |raw| {
                self.add(&mut totals, &context, raw)?;
                Ok(ControlFlow::Continue(()))
            })?;
        } else {
            reader.connection.blocks(&select(""), &values, BLOCK, |block| {
                let related = read_whole(&self.plan, reader, units, block)?;
                let context = Context { units, related: &related };
                for index in 0..block.ids().len() {
                    self.add(&mut totals, &context, &block.at(index))?;
                }
                Ok(ControlFlow::Continue(()))
            })?;
        }
        Ok(RelatedValues::Totals(totals))
    }

    /// Counts the records of each holder, where nothing else is asked of them.
    fn counts(&self, reader: &Reader<'_>, condition: &str, values: &[Bind<'_>]) -> Result<RelatedValues> {
        let mut selection = self.plan.selection.clone();
        selection.picks.truncate(1);
        selection.picks.push(Pick::Count);
        let sql = format!("{} WHERE {condition} GROUP BY {}", selection.without_conditions(), self.key());
        let mut totals = HashMap::new();
        reader.connection.rows(&sql, values, |raw| {
            let count = raw.integer(1)?.map(|count| Decimal::from_whole(count.into()));
            totals.insert(raw.id(0)?, vec![count; self.aggregates.len()]);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(RelatedValues::Totals(totals))
    }

    /// Adds one record to the totals of its holder.
    fn add(&self, totals: &mut HashMap<i64, Vec<Option<Decimal>>>, context: &Context<'_>, raw: &Raw<'_>) -> Result<()> {
        let totals = totals.entry(raw.id(0)?).or_insert_with(|| vec![None; self.aggregates.len()]);
        for (aggregate, total) in self.aggregates.iter().zip(totals) {
            let size = match aggregate {
                Aggregate::Count => Some(Decimal::from_whole(1)),
                Aggregate::Sum { summand, unless, .. } => {
                    if let Some((column, value)) = unless
                        && let Some(Getter::Text(place)) = self.plan.getters.get(*column)
                        && raw.bytes(*place)? == Some(value.as_bytes())
                    {
                        continue;
                    }
                    match self.plan.getters.get(*summand) {
                        Some(getter) => self.plan.size(getter, context, raw)?,
                        None => None,
                    }
                }
                Aggregate::Items { .. } => None,
            };
            if let Some(size) = size {
                *total = Some(total.unwrap_or_default() + size);
            }
        }
        Ok(())
    }

    /// The column that holds the holder's id, as SQL.
    fn key(&self) -> String {
        match self.plan.selection.picks.first() {
            Some(Pick::Column(table, column)) => format!("{}.{column}", alias_of(*table)),
            _ => format!("t.{}", self.plan.entity.id),
        }
    }

    /// Returns the SQL condition that a record's holder is one of `holders`, and its values.
    fn condition(&self, holders: Holders<'_>) -> (String, Vec<i64>) {
        let key = self.key();
        let ids = match holders {
            Holders::All => return (format!("{key} IS NOT NULL"), Vec::new()),
            Holders::Ids(ids) => ids,
        };
        let (Some(&first), Some(&last)) = (ids.first(), ids.last()) else {
            return (format!("{key} IS NULL AND {key} IS NOT NULL"), Vec::new());
        };
        let count = ids.len();
        if count == 1 {
            return (format!("{key} = $1"), vec![first]);
        }
        // Where most ids of a range are wanted, the range is one seek; the rows of the others are not looked at.
        if usize::try_from(last.saturating_sub(first)).is_ok_and(|span| span < count.saturating_mul(2)) {
            return (format!("{key} BETWEEN $1 AND $2"), vec![first, last]);
        }
        // A few numbers of placeholders, so that prepared statements are used again.
        let places = count.next_power_of_two();
        let names: Vec<String> = (1..=places).map(|place| format!("${place}")).collect();
        let padding = std::iter::repeat_n(last, places - count);
        (format!("{key} IN ({})", names.join(", ")), ids.iter().copied().chain(padding).collect())
    }

    /// Returns a total of the holder `id`.
    pub(super) fn total(&self, value: usize, values: &RelatedValues, id: i64) -> Option<Decimal> {
        let total = match values {
            RelatedValues::Totals(totals) => totals.get(&id).and_then(|totals| totals.get(value).copied().flatten()),
            _ => None,
        };
        total.or(match self.aggregates.get(value) {
            Some(Aggregate::Count | Aggregate::Sum { from_zero: true, .. }) => Some(Decimal::ZERO),
            _ => None,
        })
    }

    /// Appends a value of the holder `id` as a cell.
    pub(super) fn push_cell(
        &self,
        value: usize,
        values: &RelatedValues,
        units: &Units,
        id: i64,
        row: &mut Row,
    ) -> Result<()> {
        match self.aggregates.get(value) {
            Some(Aggregate::Items { at, main }) => {
                let items = self.items(*at, main, values, units, id)?;
                row.list(items.iter().map(String::as_str));
            }
            Some(Aggregate::Sum { of, .. }) => push_measure(row, *of, self.total(value, values, id)),
            Some(Aggregate::Count) => push_measure(row, Measure::Count, self.total(value, values, id)),
            None => row.null(),
        }
        Ok(())
    }

    fn items(
        &self,
        at: Option<usize>,
        main: &[usize],
        values: &RelatedValues,
        units: &Units,
        id: i64,
    ) -> Result<Vec<String>> {
        let RelatedValues::Rows(block, related) = values else { return Ok(Vec::new()) };
        let context = Context { units, related };
        let mut items = Vec::new();
        let mut cells = Row::default();
        for index in block.rows_of(id) {
            cells.clear();
            self.plan.fill(&context, &block.at(index), &mut cells)?;
            let place = at.and_then(|at| cells.cell(at).plain());
            for text in main.iter().filter_map(|main| cells.cell(*main).plain()) {
                items.push(place.map_or_else(|| text.to_owned(), |place| format!("{text}@{place}")));
            }
        }
        Ok(items)
    }
}

/// Reads, for some rows of `block`, those of the plan's related values that are `wanted` and not in `values` yet.
pub(super) fn read_all(
    plan: &Plan,
    reader: &Reader<'_>,
    units: &Units,
    block: &Block,
    rows: &[usize],
    mut values: Vec<RelatedValues>,
    wanted: impl Fn(usize) -> bool,
) -> Result<Vec<RelatedValues>> {
    values.resize_with(plan.related.len(), RelatedValues::default);
    for (place, (related, values)) in plan.related.iter().zip(&mut values).enumerate() {
        if !wanted(place) || !matches!(values, RelatedValues::Unread) {
            continue;
        }
        let mut ids = Vec::with_capacity(rows.len());
        for row in rows {
            ids.extend(block.at(*row).integer(related.id)?);
        }
        ids.sort_unstable();
        ids.dedup();
        *values = related.read(reader, units, Holders::Ids(&ids))?;
    }
    Ok(values)
}

/// Reads all related values of all rows of `block`.
pub(super) fn read_whole(plan: &Plan, reader: &Reader<'_>, units: &Units, block: &Block) -> Result<Vec<RelatedValues>> {
    let rows: Vec<usize> = (0..block.ids().len()).collect();
    read_all(plan, reader, units, block, &rows, Vec::new(), |_| true)
}
