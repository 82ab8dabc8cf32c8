//! Makes the cells of a row: from its own columns, from other records, and from the few that many rows refer to.

use super::plan::{Aggregate, Few, Getter, LimitGetter, LookedUp, Measure, NONE, Plan, Related};
use crate::catalog::Sourced;
use crate::error::{Error, Result};
use crate::output::bar::Share;
use crate::output::json::Fields;
use crate::output::row::{Column, Row};
use crate::store::engine::{Block, Raw};
use crate::store::naming::bindings::Knowledge;
use crate::value::decimal::Decimal;
use crate::value::quantity::{self, Units};
use crate::value::ratio::{Allotment, Ratio};
use std::collections::HashMap;
use std::ops::Range;

/// Values that a row's cells are made from, besides the row itself.
pub(super) struct Context<'c> {
    pub(super) units: &'c Units,
    /// For each of the plan's [`Related`], the values that have been read.
    pub(super) related: &'c [RelatedValues],
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
    /// The paths of records of whichever noun.
    Paths(Paths),
    /// The place of the id, and what sources know, by id.
    Sources(usize, HashMap<i64, Knowledge>),
}

/// Paths of records, by noun and id.
pub(super) type Paths = HashMap<&'static str, HashMap<i64, String>>;

impl Plan {
    /// Appends the cells of all columns to `row`.
    pub(super) fn fill(&self, context: &Context<'_>, raw: &Raw<'_>, row: &mut Row) -> Result<()> {
        self.fill_some(context, raw, 0..self.getters.len(), row)
    }

    /// Appends the cells of some columns to `row`.
    pub(super) fn fill_some(
        &self,
        context: &Context<'_>,
        raw: &Raw<'_>,
        columns: Range<usize>,
        row: &mut Row,
    ) -> Result<()> {
        let getters = self.getters.get(columns).unwrap_or_default();
        getters.iter().try_for_each(|getter| self.push_cell(getter, context, raw, row))
    }

    fn push_cell(&self, getter: &Getter, context: &Context<'_>, raw: &Raw<'_>, row: &mut Row) -> Result<()> {
        match getter {
            Getter::Text(place) => match raw.text(*place)? {
                Some(text) => row.text(text),
                None => row.null(),
            },
            Getter::Time(place) => match raw.text(*place)? {
                Some(text) => row.time(text),
                None => row.null(),
            },
            Getter::Number(place) => match raw.text(*place)? {
                Some(text) => row.number(text),
                None => row.null(),
            },
            Getter::Integer(place) => match raw.integer(*place)? {
                Some(number) => row.integer(number),
                None => row.null(),
            },
            Getter::Quantity(place) => match quantity_at(context.units, raw, *place)? {
                Some((amount, unit, bytes)) => row.stored_quantity(amount, unit, bytes),
                None => row.null(),
            },
            Getter::Path(places) => push_path(row, places, raw)?,
            Getter::Record(at) => match self.looked_up.get(*at) {
                Some(LookedUp::Path(place)) => {
                    let paths = context.related.get(self.related.len() + at);
                    push_record(row, paths, raw.text(*place)?, raw.integer(place + 1)?);
                }
                _ => row.null(),
            },
            Getter::Sourced(at, column) => match context.related.get(self.related.len() + at) {
                Some(RelatedValues::Sources(place, knowledge)) => {
                    push_sourced(row, *column, raw.integer(*place)?.and_then(|id| knowledge.get(&id)));
                }
                _ => row.null(),
            },
            Getter::Few { few, column } => match self.few.get(*few) {
                Some(few) => few.push_cell(raw.integer(few.place)?, *column, row),
                None => row.null(),
            },
            Getter::Bytes(_) | Getter::InBytes(_) => {
                push_measure(row, Measure::Count, self.size(getter, context, raw)?);
            }
            Getter::Ratio(_) | Getter::First(_) => match self.size(getter, context, raw)? {
                Some(number) => row.ratio(&number.to_string()),
                None => row.null(),
            },
            Getter::Remaining(limit) => push_measure(row, limit.of, self.size(getter, context, raw)?),
            Getter::Part(limit) => {
                let allotment = self.allotment(limit, context, raw)?;
                let share = match limit.of {
                    Measure::Count => allotment.and_then(|allotment| Share::of_cpus(&allotment)),
                    Measure::Bytes => allotment.and_then(|allotment| Share::of_bytes(&allotment)),
                };
                match share {
                    Some(share) => share.push(row),
                    None => row.null(),
                }
            }
            Getter::Related { id, related, value } => {
                let (Some(spec), Some(values)) = (self.related.get(*related), context.related.get(*related)) else {
                    row.null();
                    return Ok(());
                };
                match raw.integer(*id)? {
                    None => row.null(),
                    Some(id) => spec.push_cell(*value, values, context.units, id, row)?,
                }
            }
        }
        Ok(())
    }

    /// Returns the exact measure in a column; `None` where it is empty or no measure.
    pub(super) fn size(&self, getter: &Getter, context: &Context<'_>, raw: &Raw<'_>) -> Result<Option<Decimal>> {
        Ok(match getter {
            Getter::Number(place) | Getter::Ratio(place) => {
                raw.text(*place)?.and_then(|text| Decimal::parse(text).ok())
            }
            Getter::First(getters) => {
                for getter in getters {
                    if let Some(found) = self.size(getter, context, raw)? {
                        return Ok(Some(found));
                    }
                }
                None
            }
            Getter::Integer(place) => raw.integer(*place)?.map(|number| Decimal::from_whole(number.into())),
            Getter::Quantity(place) | Getter::Bytes(place) => {
                quantity_at(context.units, raw, *place)?.map(|(amount, _, unit)| quantity::bytes(amount, unit))
            }
            Getter::InBytes(inner) => self.size(inner, context, raw)?,
            Getter::Related { id, related, value } => {
                let found = self.related.get(*related).zip(context.related.get(*related)).zip(raw.integer(*id)?);
                found.and_then(|((spec, values), id)| spec.total(*value, values, id))
            }
            Getter::Remaining(limit) => self.allotment(limit, context, raw)?.map(|allotment| allotment.free()),
            Getter::Part(_)
            | Getter::Text(_)
            | Getter::Time(_)
            | Getter::Path(_)
            | Getter::Few { .. }
            | Getter::Record(_)
            | Getter::Sourced(..) => None,
        })
    }
}

impl Plan {
    /// Returns how much may be used of what a record has; `None` where that is not known.
    fn allotment(&self, limit: &LimitGetter, context: &Context<'_>, raw: &Raw<'_>) -> Result<Option<Allotment>> {
        let Some(capacity) = self.size(&limit.capacity, context, raw)? else { return Ok(None) };
        let ratio = match &limit.times {
            Some(times) => self.size(times, context, raw)?.and_then(|number| Ratio::parse(&number.to_string()).ok()),
            None => None,
        };
        let used = self.size(&limit.used, context, raw)?.unwrap_or_default();
        Ok(Some(Allotment::new(capacity, ratio, used)))
    }
}

impl Related {
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
            Some(Aggregate::Objects(columns)) => {
                let objects = self.objects(columns, values, units, id)?;
                row.list(objects.iter().map(String::as_str));
            }
            Some(Aggregate::Sum { of, .. }) => push_measure(row, *of, self.total(value, values, id)),
            Some(Aggregate::Count) => push_measure(row, Measure::Count, self.total(value, values, id)),
            None => row.null(),
        }
        Ok(())
    }

    fn objects(&self, columns: &[Column], values: &RelatedValues, units: &Units, id: i64) -> Result<Vec<String>> {
        let RelatedValues::Rows(block, related) = values else { return Ok(Vec::new()) };
        let context = Context { units, related };
        let keys = Fields::of(columns).map_err(Error::output)?;
        let mut cells = Row::default();
        let objects = block.rows_of(id).map(|index| {
            cells.clear();
            self.plan.fill(&context, &block.at(index), &mut cells)?;
            keys.object(&cells).map_err(Error::output)
        });
        objects.collect()
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

impl Few {
    /// Appends a column of the record `id` to `row`.
    pub(super) fn push_cell(&self, id: Option<i64>, column: usize, row: &mut Row) {
        let first = id.and_then(|id| self.first.get(usize::try_from(id).ok()?)).filter(|first| **first != NONE);
        match first {
            Some(first) => row.push(&self.cells, *first as usize + column),
            None => row.null(),
        }
    }
}

/// A quantity of a row: its amount, its unit's name, and the number of bytes in one unit.
fn quantity_at<'r>(units: &'r Units, raw: &'r Raw<'_>, place: usize) -> Result<Option<(&'r str, &'r str, u64)>> {
    let (Some(amount), Some(unit)) = (raw.text(place)?, raw.integer(place + 1)?) else { return Ok(None) };
    Ok(Some(units.get(unit).map_or((amount, "", 0), |unit| (amount, unit.name.as_str(), unit.bytes))))
}

/// Appends a measure as a cell; an empty one as NULL.
pub(super) fn push_measure(row: &mut Row, of: Measure, size: Option<Decimal>) {
    match (of, size) {
        (_, None) => row.null(),
        (Measure::Count, Some(size)) => row.number(&size.to_string()),
        (Measure::Bytes, Some(size)) => {
            let (amount, unit) = quantity::compact(size);
            row.quantity(&amount, unit, size);
        }
    }
}

/// Appends a column of what sources know of a record.
fn push_sourced(row: &mut Row, column: Sourced, knowledge: Option<&Knowledge>) {
    let time = |row: &mut Row, time: Option<&String>| match time {
        Some(time) => row.time(time),
        None => row.null(),
    };
    match column {
        Sourced::Sources => {
            row.list(knowledge.map_or(&[][..], |knowledge| &knowledge.sources).iter().map(String::as_str));
        }
        Sourced::Confirmed => time(row, knowledge.and_then(|knowledge| knowledge.confirmed.as_ref())),
        Sourced::Missing => time(row, knowledge.and_then(|knowledge| knowledge.missing.as_ref())),
    }
}

/// Appends a record of whichever noun: its noun and its path, or its id where there is no such record.
fn push_record(row: &mut Row, paths: Option<&RelatedValues>, noun: Option<&str>, id: Option<i64>) {
    let (Some(noun), Some(id)) = (noun, id) else { return row.null() };
    let path = match paths {
        Some(RelatedValues::Paths(paths)) => paths.get(noun).and_then(|paths| paths.get(&id)),
        _ => None,
    };
    match path {
        Some(path) => row.text(&format!("{noun} {path}")),
        None => row.text(&format!("{noun} id={id}")),
    }
}

/// Appends a path of the names in `places`, the outermost first; empty names are left out.
fn push_path(row: &mut Row, places: &[usize], raw: &Raw<'_>) -> Result<()> {
    let mut is_begun = false;
    for place in places {
        if let Some(name) = raw.text(*place)? {
            if std::mem::replace(&mut is_begun, true) {
                row.add("/");
            } else {
                row.text("");
            }
            row.add(name);
        }
    }
    if !is_begun {
        row.null();
    }
    Ok(())
}
