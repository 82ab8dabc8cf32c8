//! How the records of a selection are found: by their ids, by an index, or one after another; and what they are tested
//! by on the way.

use super::super::Bind;
use super::super::pages::{
    Bytes, Held, Index, IndexCursor, Pages, Shape, TableCursor, begins_with, contradiction, id_of, locate,
};
use super::column;
use crate::error::Result;
use crate::store::reading::selection::{Condition, NEAR, Pick, Selection, Table, empty};
use crate::value::needle::Needle;
use std::ops::{ControlFlow, RangeInclusive};

/// How many records are looked up one by one; where there are more, it is quicker to run through all.
const MOST: usize = 1 << 16;
/// Every id.
const ALL: RangeInclusive<i64> = i64::MIN..=i64::MAX;

/// How the records are found.
#[derive(Debug)]
pub(super) struct Route {
    means: Means,
    /// The conditions that finding them so serves, in the order of an index's parts; the others are tested.
    serves: Vec<usize>,
    /// Where the values of each condition begin.
    starts: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
enum Means {
    /// One after another.
    Scan,
    /// By ids that a condition tells.
    Ids,
    /// By the index whose tree begins there, all parts of which are told: its entries come in the order of the ids.
    Entries(u32),
    /// By an index of whose parts only the first are told, or the first of which may be one of several.
    Gathered(u32),
    /// By an index that has no other rows.
    Whole(u32),
}

impl Route {
    /// The best way to the records of `selection` in a table of that shape.
    pub(super) fn new(shape: &Shape, selection: &Selection) -> Self {
        let conditions = &selection.conditions;
        let starts = conditions.iter().scan(0, |start, condition| {
            let own = *start;
            *start += condition.takes();
            Some(own)
        });
        let route = |means, serves| Self { means, serves, starts: starts.collect() };
        if conditions.contains(&Condition::Between) {
            return route(Means::Scan, Vec::new());
        }
        let is_id = |condition: &Condition| {
            let place = column(condition).and_then(|column| shape.column(column));
            serves_any(condition) && place.is_some_and(|place| shape.is_id(place))
        };
        if let Some(number) = conditions.iter().position(is_id) {
            return route(Means::Ids, vec![number]);
        }
        let mut best: Option<(Means, Vec<usize>)> = None;
        for index in &shape.indexes {
            let (means, serves) = by_index(index, conditions);
            if serves.len() > best.as_ref().map_or(0, |(_, known)| known.len()) {
                best = Some((means, serves));
            }
        }
        let (means, serves) = best.unwrap_or((Means::Scan, Vec::new()));
        route(means, serves)
    }

    /// The records among which the wanted ones are, and what these are tested by: each test with the number of its
    /// condition.
    pub(super) fn find<'v>(
        &self,
        pages: &Pages,
        selection: &Selection,
        values: &[Bind<'v>],
    ) -> Result<(Candidates<'v>, Vec<(usize, Test<'v>)>)> {
        let own = |number: usize| -> Result<(&Condition, &[Bind<'v>])> {
            let condition = selection.conditions.get(number).zip(self.starts.get(number));
            let (condition, start) = condition.ok_or_else(contradiction)?;
            Ok((condition, values.get(*start..start + condition.takes()).ok_or_else(contradiction)?))
        };
        let first = || self.serves.first().copied().ok_or_else(contradiction).and_then(own);
        let wanted = || -> Result<Vec<Held<'v>>> {
            self.serves.iter().map(|number| own(*number).map(|(condition, values)| one(condition, values))).collect()
        };
        let mut range = ALL;
        let mut tests = Vec::new();
        let candidates = match self.means {
            Means::Scan => None,
            Means::Ids => Some(Candidates::Ids(first().and_then(|(condition, values)| ids(pages, condition, values))?)),
            Means::Entries(index) => Some(Candidates::Entries(index, wanted()?)),
            Means::Gathered(index) => match (self.serves.as_slice(), first()?) {
                ([number], (condition, values)) if !is_one(condition) => {
                    let test = Test::new(pages, condition, values)?;
                    let prefixes = test.prefixes();
                    // What is only counted is not read, where the index tells it.
                    if prefixes.len() > 1 && !selection.picks.contains(&Pick::Count) {
                        // Those that are near are tested by what the index would tell.
                        tests.push((*number, test));
                        Some(Candidates::NearFirst(index, prefixes))
                    } else {
                        gathered(pages, index, &prefixes)?.map(Candidates::Ids)
                    }
                }
                _ => gathered(pages, index, &[wanted()?])?.map(Candidates::Ids),
            },
            Means::Whole(index) => gathered(pages, index, &[Vec::new()])?.map(Candidates::Ids),
        };
        for number in 0..selection.conditions.len() {
            let (condition, values) = own(number)?;
            if let (Condition::Between, [Bind::Integer(first), Bind::Integer(last)]) = (condition, values) {
                range = *first..=*last;
            } else if candidates.is_none() || !self.serves.contains(&number) {
                tests.push((number, Test::new(pages, condition, values)?));
            }
        }
        Ok((candidates.unwrap_or(Candidates::Range(range)), tests))
    }
}

/// Whether an index or an id can serve a condition.
const fn serves_any(condition: &Condition) -> bool {
    matches!(
        condition,
        Condition::Is { .. } | Condition::Same { .. } | Condition::Leads { or_empty: false, negated: false, .. }
    )
}

/// Whether a condition that an index can serve is about one value.
fn is_one(condition: &Condition) -> bool {
    match condition {
        Condition::Is { count, .. } => *count == 1,
        Condition::Leads { through, count, .. } => *count == 1 && through.is_empty(),
        _ => true,
    }
}

/// What an index does for `conditions`, and which of them it serves, in the order of its parts.
fn by_index(index: &Index, conditions: &[Condition]) -> (Means, Vec<usize>) {
    if !index.condition.is_empty() {
        let slash = |condition: &Condition| match condition {
            Condition::HasSlash { column } => index.condition == format!("{column} LIKE '%/%'"),
            _ => false,
        };
        return (Means::Whole(index.root), conditions.iter().position(slash).into_iter().collect());
    }
    let serves_part = |condition: &Condition, part: &str| match condition {
        Condition::Same { column, number } => part == format!("coalesce({column}, {})", empty(*number)),
        condition => serves_any(condition) && column(condition) == Some(part),
    };
    let mut serves = Vec::new();
    for (place, part) in index.parts.iter().enumerate() {
        let found = conditions.iter().enumerate().find(|(_, condition)| serves_part(condition, part));
        let Some((number, condition)) = found else { break };
        if is_one(condition) {
            serves.push(number);
        } else {
            if place == 0 {
                serves.push(number);
            }
            break;
        }
    }
    let told = serves.len() == index.parts.len();
    let single = serves.iter().all(|number| conditions.get(*number).is_some_and(is_one));
    let means = if told && single { Means::Entries(index.root) } else { Means::Gathered(index.root) };
    (means, serves)
}

/// The records among which the wanted ones are.
pub(super) enum Candidates<'v> {
    /// Those whose ids are in a range.
    Range(RangeInclusive<i64>),
    /// These, by their ids, which ascend.
    Ids(Vec<i64>),
    /// Those of an index that begin so.
    Entries(u32, Vec<Held<'v>>),
    /// The first ones of all, whatever they are; then those of an index that begin in one of several ways.
    NearFirst(u32, Vec<Vec<Held<'v>>>),
}

impl Candidates<'_> {
    /// Hands each to `each`, by ascending ids, with a cursor that stands before its row in the table at `root`.
    pub(super) fn each(
        &self,
        pages: &Pages,
        root: u32,
        mut each: impl FnMut(&TableCursor<'_>, i64) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut cursor = TableCursor::new(pages, root);
        match self {
            Self::Range(range) => drop(run_through(&mut cursor, range, usize::MAX, &mut each)?),
            Self::Ids(ids) => look_up(&mut cursor, ids, &mut each)?,
            Self::Entries(index, wanted) => {
                let mut each = |id| if cursor.seek(id)? { each(&cursor, id) } else { Err(contradiction()) };
                entries(pages, *index, wanted, &mut each)?;
            }
            Self::NearFirst(index, prefixes) => {
                let Some(next) = run_through(&mut cursor, &ALL, NEAR.into(), &mut each)? else { return Ok(()) };
                match gathered(pages, *index, prefixes)? {
                    Some(ids) => {
                        let far = ids.get(ids.partition_point(|id| *id < next)..).unwrap_or_default();
                        look_up(&mut cursor, far, &mut each)?;
                    }
                    None => drop(run_through(&mut cursor, &(next..=i64::MAX), usize::MAX, &mut each)?),
                }
            }
        }
        Ok(())
    }
}

/// Hands the records whose ids are in `range`, at most so many, to `each`, with the cursor before their rows; tells the id
/// of the next one, if there are more of them.
fn run_through(
    cursor: &mut TableCursor<'_>,
    range: &RangeInclusive<i64>,
    most: usize,
    mut each: impl FnMut(&TableCursor<'_>, i64) -> Result<ControlFlow<()>>,
) -> Result<Option<i64>> {
    cursor.seek(*range.start())?;
    let mut left = most;
    while let Some(id) = cursor.id().filter(|id| range.contains(id)) {
        if left == 0 {
            return Ok(Some(id));
        }
        left -= 1;
        if each(cursor, id)?.is_break() {
            break;
        }
        cursor.step()?;
    }
    Ok(None)
}

/// Hands those of `ids` that there are to `each`, with the cursor before their rows.
fn look_up(
    cursor: &mut TableCursor<'_>,
    ids: &[i64],
    mut each: impl FnMut(&TableCursor<'_>, i64) -> Result<ControlFlow<()>>,
) -> Result<()> {
    for id in ids {
        if cursor.seek(*id)? && each(cursor, *id)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Hands the id of each entry of an index that begins with `wanted` to `each`.
fn entries(
    pages: &Pages,
    root: u32,
    wanted: &[Held<'_>],
    mut each: impl FnMut(i64) -> Result<ControlFlow<()>>,
) -> Result<()> {
    // Nothing equals nothing.
    if wanted.contains(&Held::Null) {
        return Ok(());
    }
    let mut cursor = IndexCursor::new(pages, root);
    cursor.seek(wanted)?;
    while let Some(entry) = cursor.next()? {
        if !begins_with(entry.get(), wanted)? || each(id_of(entry.get())?)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// The ids of the entries of an index that begin with one of `prefixes`, ascending; nothing where they are many.
fn gathered(pages: &Pages, index: u32, prefixes: &[Vec<Held<'_>>]) -> Result<Option<Vec<i64>>> {
    let mut ids = Vec::new();
    for wanted in prefixes {
        entries(pages, index, wanted, |id| {
            ids.push(id);
            Ok(if ids.len() > MOST { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        if ids.len() > MOST {
            return Ok(None);
        }
    }
    Ok(Some(sorted(ids)))
}

/// What a value is tested by.
pub(super) enum Test<'v> {
    /// It is one of these.
    Is(Vec<Held<'v>>),
    /// It is this one, which also stands for nothing.
    Same(Held<'v>),
    /// It is among these ids, which ascend.
    Among { ids: Vec<i64>, or_empty: bool, negated: bool },
    /// It is a text with a `/`.
    HasSlash,
    /// It is a text that may have this, or, behind so many others, something.
    MayMatch(Needle, usize),
}

impl<'v> Test<'v> {
    fn new(pages: &Pages, condition: &Condition, values: &[Bind<'v>]) -> Result<Self> {
        Ok(match condition {
            // Nothing equals nothing.
            Condition::Is { .. } => Self::Is(values.iter().map(held).filter(|value| *value != Held::Null).collect()),
            Condition::Same { .. } => Self::Same(one(condition, values)),
            Condition::Leads { or_empty, negated, .. } => {
                Self::Among { ids: ids(pages, condition, values)?, or_empty: *or_empty, negated: *negated }
            }
            Condition::HasSlash { .. } => Self::HasSlash,
            Condition::MayMatch { needle, texts, .. } => Self::MayMatch(needle.clone(), texts.len()),
            Condition::Between => return Err(contradiction()),
        })
    }

    /// How the entries of an index begin whose first value meets it, where it says which those are.
    fn prefixes(&self) -> Vec<Vec<Held<'v>>> {
        match self {
            Self::Is(values) => values.iter().map(|value| vec![*value]).collect(),
            Self::Among { ids, .. } => ids.iter().map(|id| vec![Held::Integer(*id)]).collect(),
            Self::Same(_) | Self::HasSlash | Self::MayMatch(..) => Vec::new(),
        }
    }

    /// Whether the value of the condition's column with that number meets it.
    pub(super) fn is_met_by(&self, number: usize, held: Held<'_>) -> bool {
        match self {
            Self::Is(values) => values.contains(&held),
            Self::Same(value) if held == Held::Null => matches!(value, Held::Text(b"") | Held::Integer(0)),
            Self::Same(value) => held == *value,
            Self::Among { ids, or_empty, negated } => {
                let among = match held {
                    Held::Integer(id) => ids.binary_search(&id).is_ok(),
                    held => *or_empty && held == Held::Null,
                };
                among != *negated
            }
            Self::MayMatch(needle, texts) if number < *texts => match held {
                Held::Text(text) => needle.may_be_in(text),
                held => held == Held::Other,
            },
            Self::MayMatch(..) => held != Held::Null,
            Self::HasSlash => matches!(held, Held::Text(text) if text.contains(&b'/')),
        }
    }
}

const fn held<'v>(value: &Bind<'v>) -> Held<'v> {
    match value {
        Bind::Null => Held::Null,
        Bind::Integer(number) => Held::Integer(*number),
        Bind::Text(text) => Held::Text(text.as_bytes()),
    }
}

/// The one value that a condition is about, as an index has it.
fn one<'v>(condition: &Condition, values: &[Bind<'v>]) -> Held<'v> {
    match (values.first().map_or(Held::Null, held), condition) {
        (Held::Null, Condition::Same { number: true, .. }) => Held::Integer(0),
        (Held::Null, Condition::Same { number: false, .. }) => Held::Text(b""),
        (held, _) => held,
    }
}

/// The ids that the column of a condition may hold, ascending.
fn ids(pages: &Pages, condition: &Condition, values: &[Bind<'_>]) -> Result<Vec<i64>> {
    let ids = values.iter().filter_map(|value| match value {
        Bind::Integer(id) => Some(*id),
        _ => None,
    });
    let mut ids = sorted(ids.collect());
    let through: &[(Table, &str)] = match condition {
        Condition::Leads { through, .. } => through,
        _ => &[],
    };
    for (table, column) in through.iter().rev() {
        let shape = pages.shape(table.name).ok_or_else(contradiction)?;
        ids = referring(pages, shape, column, &ids)?;
    }
    Ok(ids)
}

/// The ids of the rows of a table whose `column` is one of `ids`, ascending.
fn referring(pages: &Pages, shape: &Shape, column: &str, ids: &[i64]) -> Result<Vec<i64>> {
    let mut indexes = shape.indexes.iter().filter(|index| index.condition.is_empty());
    if let Some(index) = indexes.find(|index| index.parts.first().is_some_and(|part| part == column)) {
        let prefixes: Vec<Vec<Held<'_>>> = ids.iter().map(|id| vec![Held::Integer(*id)]).collect();
        if let Some(found) = gathered(pages, index.root, &prefixes)? {
            return Ok(found);
        }
    }
    let place = shape.column(column).ok_or_else(contradiction)?;
    let mut found = Vec::new();
    let (mut bytes, mut spans) = (Bytes::NONE, Vec::new());
    Candidates::Range(ALL).each(pages, shape.root, |cursor, id| {
        cursor.record(&mut bytes)?;
        locate(bytes.get(), &[place], &mut spans).ok_or_else(contradiction)?;
        if let Some(Held::Integer(to)) = spans.first().map(|span| span.of(bytes.get()))
            && ids.binary_search(&to).is_ok()
        {
            found.push(id);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

fn sorted(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
