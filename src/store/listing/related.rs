//! Columns that come from other records: a VM's addresses, the sum of its disks, a pool's allocated memory.
//!
//! They are read for a block of rows at once, by one query for all of the block's ids; never by a query for each row.

use super::cells::{Context, Paths, RelatedValues};
use super::few::are_few;
use super::plan::{Aggregate, Getter, LookedUp, Plan, Related};
use crate::error::Result;
use crate::store::engine::{Bind, Block, Raw};
use crate::store::reading::reader::Reader;
use crate::store::reading::selection::{Pick, alias_of};
use crate::value::decimal::Decimal;
use crate::value::quantity::Units;
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Number of rows that are read before their related values are.
pub(super) const BLOCK: usize = 1000;
/// The holders whose values are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holders<'i> {
    All,
    /// Those with these ids, ascending.
    Ids(&'i [i64]),
}

impl Related {
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
        if self.plan.reads_others() {
            reader.connection.blocks(&select(""), &values, BLOCK, |block| {
                let related = read_whole(&self.plan, reader, units, block)?;
                let context = Context { units, related: &related };
                for index in 0..block.ids().len() {
                    self.add(&mut totals, &context, &block.at(index))?;
                }
                Ok(ControlFlow::Continue(()))
            })?;
        } else {
            let context = Context { units, related: &[] };
            reader.connection.rows(&select(""), &values, |raw| {
                self.add(&mut totals, &context, raw)?;
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
                Aggregate::Items { .. } | Aggregate::Objects(_) => None,
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
}

/// Reads, for some rows of `block`, those of the plan's related values that are needed (`is_needed`) and not in `values`
/// yet, and behind them what is looked up.
pub(super) fn read_all(
    plan: &Plan,
    reader: &Reader<'_>,
    units: &Units,
    block: &Block,
    rows: &[usize],
    mut values: Vec<RelatedValues>,
    is_needed: impl Fn(usize) -> bool,
) -> Result<Vec<RelatedValues>> {
    let count = plan.related.len();
    values.resize_with(count + plan.looked_up.len(), RelatedValues::default);
    for (place, (related, values)) in plan.related.iter().zip(&mut values).enumerate() {
        if !is_needed(place) || !matches!(values, RelatedValues::Unread) {
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
    for (at, (wanted, values)) in plan.looked_up.iter().zip(values.iter_mut().skip(count)).enumerate() {
        if is_needed(count + at) && matches!(values, RelatedValues::Unread) {
            *values = match *wanted {
                LookedUp::Path(place) => RelatedValues::Paths(paths(reader, block, rows, place)?),
                LookedUp::Sources(place, entity) => {
                    let mut ids = Vec::with_capacity(rows.len());
                    for row in rows {
                        ids.extend(block.at(*row).integer(place)?);
                    }
                    RelatedValues::Sources(place, reader.knowledge(entity, &ids)?)
                }
            };
        }
    }
    Ok(values)
}

/// Reads the paths of the records whose noun is at `place` and whose id follows it.
fn paths(reader: &Reader<'_>, block: &Block, rows: &[usize], place: usize) -> Result<Paths> {
    let mut ids: HashMap<&'static str, Vec<i64>> = HashMap::new();
    for row in rows {
        let row = block.at(*row);
        let noun = row.text(place)?.and_then(|noun| reader.catalog().get(noun));
        if let (Some(entity), Some(id)) = (noun, row.integer(place + 1)?) {
            ids.entry(entity.noun).or_default().push(id);
        }
    }
    let mut paths = Paths::new();
    for (noun, ids) in ids {
        paths.insert(noun, reader.qualified_paths_of(reader.catalog().of(noun), ids)?);
    }
    Ok(paths)
}

/// Reads all related values of all rows of `block`.
pub(super) fn read_whole(plan: &Plan, reader: &Reader<'_>, units: &Units, block: &Block) -> Result<Vec<RelatedValues>> {
    let rows: Vec<usize> = (0..block.ids().len()).collect();
    read_all(plan, reader, units, block, &rows, Vec::new(), |_| true)
}
