//! Answers a selection from the pages of the file: finds the records by an index that serves a condition, or runs
//! through the table, and follows references from record to record.

mod route;
#[cfg(test)]
mod tests;

use super::Bind;
use super::pages::{Bytes, Held, Pages, Shape, Span, TableCursor, contradiction, locate};
use crate::error::Result;
use crate::store::reading::selection::{Condition, Pick, Selection, Table};
use route::{Route, Test};
use std::ops::ControlFlow;

/// A selection, made ready for the pages of one file.
#[derive(Debug)]
pub(super) struct Walk {
    slots: Vec<Slot>,
    picks: Vec<Picked>,
    route: Route,
    /// Where the columns stand that each condition is about.
    tested: Vec<Vec<Place>>,
}

/// A table of a selection.
#[derive(Debug)]
struct Slot {
    root: u32,
    /// The values of its records that are looked at, by their places in these; ascending.
    wanted: Vec<usize>,
    /// The table, and the column of it, that refers to this one.
    from: Option<(usize, Place)>,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the id.
    Id,
    /// It is one of those that are looked at.
    Value(usize),
}

/// What is told of each record.
#[derive(Debug)]
enum Picked {
    Cell(usize, Place),
    FirstOf(usize, Vec<Place>),
    Nothing,
    Count,
}

impl Walk {
    /// Makes `selection` ready; nothing where the engine has to be asked.
    pub(super) fn new(pages: &Pages, selection: &Selection) -> Option<Self> {
        let tables = std::iter::once(selection.table).chain(selection.joins.iter().map(|join| join.to));
        let shapes: Vec<&Shape> = tables.map(|table| pages.shape(table.name)).collect::<Option<_>>()?;
        for (table, _) in selection.conditions.iter().flat_map(through) {
            pages.shape(table.name)?;
        }
        let mut wanted: Vec<Vec<usize>> = vec![Vec::new(); shapes.len()];
        let mut want = |number: usize, column: &str| -> Option<()> {
            let shape = shapes.get(number)?;
            let place = shape.column(column)?;
            if !shape.is_id(place) {
                wanted.get_mut(number)?.push(place);
            }
            Some(())
        };
        for pick in &selection.picks {
            match pick {
                Pick::Column(number, column) => want(*number, column)?,
                Pick::FirstOf(number, columns) => columns.iter().try_for_each(|column| want(*number, column))?,
                Pick::Nothing | Pick::Count => {}
            }
        }
        for join in &selection.joins {
            want(join.from, join.column)?;
        }
        for column in selection.conditions.iter().flat_map(columns) {
            want(0, column)?;
        }
        for places in &mut wanted {
            places.sort_unstable();
            places.dedup();
        }
        let place = |number: usize, column: &str| -> Option<Place> {
            let shape = shapes.get(number)?;
            let place = shape.column(column)?;
            if shape.is_id(place) {
                return Some(Place::Id);
            }
            wanted.get(number)?.binary_search(&place).ok().map(Place::Value)
        };
        let pick = |pick: &Pick| {
            Some(match pick {
                Pick::Column(number, column) => Picked::Cell(*number, place(*number, column)?),
                Pick::FirstOf(number, columns) => {
                    let places = columns.iter().map(|column| place(*number, column));
                    Picked::FirstOf(*number, places.collect::<Option<_>>()?)
                }
                Pick::Nothing => Picked::Nothing,
                Pick::Count => Picked::Count,
            })
        };
        let picks = selection.picks.iter().map(pick).collect::<Option<_>>()?;
        let tested =
            selection.conditions.iter().map(|condition| columns(condition).map(|name| place(0, name)).collect());
        let tested = tested.collect::<Option<_>>()?;
        let mut from = vec![None];
        for join in &selection.joins {
            from.push(Some((join.from, place(join.from, join.column)?)));
        }
        let slots = shapes.iter().zip(wanted).zip(from);
        let slots = slots.map(|((shape, wanted), from)| Slot { root: shape.root, wanted, from }).collect();
        let route = Route::new(shapes.first()?, selection);
        Some(Self { slots, picks, route, tested })
    }

    /// Hands each record to `each` until it breaks.
    pub(super) fn run(
        &self,
        pages: &Pages,
        selection: &Selection,
        values: &[Bind<'_>],
        mut each: impl FnMut(&Walked<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let counts = self.picks.iter().any(|pick| matches!(pick, Picked::Count));
        if counts && selection.conditions.is_empty() {
            let mut walked = Walked::new(self);
            walked.count = count(pages, selection.table.name)?;
            return each(&walked).map(drop);
        }
        let (candidates, tests) = self.route.find(pages, selection, values)?;
        let mut rows: Vec<Row<'_>> = self.slots.iter().map(|slot| Row::new(pages, slot)).collect();
        let mut walked = Walked::new(self);
        let mut skip = selection.offset;
        let mut left = selection.limit.unwrap_or(u64::MAX);
        if left == 0 && !counts {
            return Ok(());
        }
        let mut take = |rows: &mut Vec<Row<'_>>, walked: &mut Walked<'_>| -> Result<ControlFlow<()>> {
            for (number, slot) in self.slots.iter().enumerate().skip(1) {
                let id = match slot.from.map_or(Held::Null, |(from, place)| walked.held(from, place)) {
                    Held::Integer(id) => Some(id),
                    Held::Null => None,
                    Held::Text(_) | Held::Other => return Err(contradiction()),
                };
                let (Some(row), Some(at)) = (rows.get_mut(number), walked.rows.get_mut(number)) else { continue };
                match id {
                    Some(_) if at.id == id => {}
                    Some(id) => row.fetch(id, slot, at)?,
                    None => at.id = None,
                }
            }
            if skip > 0 {
                skip -= 1;
                return Ok(ControlFlow::Continue(()));
            }
            left -= 1;
            let go_on = each(walked)?;
            Ok(if left == 0 { ControlFlow::Break(()) } else { go_on })
        };
        let [first_slot, ..] = self.slots.as_slice() else { return Ok(()) };
        let mut counted = 0;
        candidates.each(pages, first_slot.root, |cursor, id| {
            let Some(at) = walked.rows.first_mut() else { return Ok(ControlFlow::Break(())) };
            if !(counts && tests.is_empty()) {
                read(cursor, id, first_slot, at)?;
            }
            if !tests.iter().all(|(place, test)| self.meets(&walked, *place, test)) {
                return Ok(ControlFlow::Continue(()));
            }
            if counts {
                counted += 1;
                return Ok(ControlFlow::Continue(()));
            }
            take(&mut rows, &mut walked)
        })?;
        if counts {
            walked.count = counted;
            return each(&walked).map(drop);
        }
        Ok(())
    }

    /// Whether the record at hand meets a test of the condition with that number.
    fn meets(&self, walked: &Walked<'_>, condition: usize, test: &Test<'_>) -> bool {
        let places = self.tested.get(condition).map(Vec::as_slice).unwrap_or_default();
        places.iter().zip(0..).any(|(place, number)| test.is_met_by(number, walked.held(0, *place)))
    }
}

/// The columns of the selected table that a condition is about.
fn columns(condition: &Condition) -> impl Iterator<Item = &'static str> + '_ {
    let several: [&[&'static str]; 2] = match condition {
        Condition::MayMatch { texts, filled, .. } => [texts, filled],
        _ => [&[], &[]],
    };
    column(condition).into_iter().chain(several.into_iter().flatten().copied())
}

/// The column that a condition is about, if it is about one.
const fn column(condition: &Condition) -> Option<&'static str> {
    match condition {
        Condition::Is { column, .. }
        | Condition::Same { column, .. }
        | Condition::Leads { column, .. }
        | Condition::HasSlash { column } => Some(column),
        Condition::Between | Condition::MayMatch { .. } => None,
    }
}

/// The tables on the way of a condition.
fn through(condition: &Condition) -> &[(Table, &'static str)] {
    match condition {
        Condition::Leads { through, .. } => through,
        _ => &[],
    }
}

/// How many rows a table has, by the leaves of its tree.
fn count(pages: &Pages, table: &str) -> Result<i64> {
    let root = pages.shape(table).ok_or_else(contradiction)?.root;
    let mut cursor = TableCursor::new(pages, root);
    cursor.seek(i64::MIN)?;
    let mut count = 0_usize;
    while cursor.id().is_some() {
        count += cursor.skip_leaf()?;
    }
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Where the rows of a table that is referred to are found.
struct Row<'p>(TableCursor<'p>);

impl<'p> Row<'p> {
    fn new(pages: &'p Pages, slot: &Slot) -> Self {
        Self(TableCursor::new(pages, slot.root))
    }

    /// Reads the row with that id; a reference that leads nowhere is like none.
    fn fetch(&mut self, id: i64, slot: &Slot, at: &mut At) -> Result<()> {
        if self.0.seek(id)? {
            return read(&self.0, id, slot, at);
        }
        at.id = None;
        Ok(())
    }
}

/// Reads the row that the cursor stands before.
fn read(cursor: &TableCursor<'_>, id: i64, slot: &Slot, at: &mut At) -> Result<()> {
    at.id = Some(id);
    if slot.wanted.is_empty() {
        return Ok(());
    }
    cursor.record(&mut at.bytes)?;
    locate(at.bytes.get(), &slot.wanted, &mut at.spans).ok_or_else(contradiction)
}

/// A row that is at hand, of one of the tables; no id: none.
#[derive(Debug)]
struct At {
    id: Option<i64>,
    bytes: Bytes,
    spans: Vec<Span>,
}

/// One record with those that it refers to.
pub(super) struct Walked<'w> {
    walk: &'w Walk,
    rows: Vec<At>,
    count: i64,
}

impl<'w> Walked<'w> {
    fn new(walk: &'w Walk) -> Self {
        let none = |_: &Slot| At { id: None, bytes: Bytes::NONE, spans: Vec::new() };
        Self { walk, rows: walk.slots.iter().map(none).collect(), count: 0 }
    }

    #[inline]
    fn held(&self, number: usize, place: Place) -> Held<'_> {
        let Some(At { id: Some(id), bytes, spans }) = self.rows.get(number) else { return Held::Null };
        match place {
            Place::Id => Held::Integer(*id),
            Place::Value(value) => spans.get(value).map_or(Held::Null, |span| span.of(bytes.get())),
        }
    }

    /// What is told of the record as number `index`.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Held<'_> {
        match self.walk.picks.get(index) {
            Some(Picked::Cell(number, place)) => self.held(*number, *place),
            Some(Picked::FirstOf(number, places)) => {
                let mut held = places.iter().map(|place| self.held(*number, *place));
                held.find(|held| *held != Held::Null).unwrap_or(Held::Null)
            }
            Some(Picked::Count) => Held::Integer(self.count),
            Some(Picked::Nothing) | None => Held::Null,
        }
    }
}
