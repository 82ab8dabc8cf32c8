//! Lists: which records, which columns, in which order.
//!
//! What an index serves is asked of the engine; what remains is tested here, on exact values, so that every engine
//! answers alike: quantities by bytes, addresses by number, names in natural order, text in any case of any script.

use crate::catalog::{Catalog, Entity, Field, Kind, Leaf, Path};
use crate::error::Result;
use crate::output::row::{Cell, Row};
use crate::store::engine::{Bind, Statement};
use crate::store::listing::ahead::{Batch, InLines, InRows};
use crate::store::listing::plan::{Plan, Sources};
use crate::store::listing::scan::{Scan, Told};
use crate::store::reading::parts::Part;
use crate::store::reading::reader::Reader;
use crate::store::reading::selection::{Condition, NEAR, Pick, Selection};
use crate::value::address::{self, Block, Family};
use crate::value::decimal::Decimal;
use crate::value::natural;
use crate::value::needle::Needle;
use std::cmp::Ordering;
use std::ops::ControlFlow;

/// From how many records on a list reads what it tells of few others once, for all.
const MANY: u64 = 5_000;

/// A list that is asked for.
#[derive(Debug, Clone)]
pub struct Query {
    /// The noun whose records are listed.
    pub entity: &'static Entity,
    /// What is told of each.
    pub columns: Vec<Path>,
    /// What all of them must meet.
    pub terms: Vec<Term>,
    /// What they are sorted by; by id where nothing is said, or to tell equal ones apart.
    pub order: Vec<Order>,
    /// How many at most.
    pub limit: Option<u64>,
    /// How many are skipped first.
    pub offset: u64,
}

/// A sort key.
#[derive(Debug, Clone)]
pub struct Order {
    /// The column.
    pub path: Path,
    /// Whether the greatest comes first. Empty ones come last either way.
    pub descending: bool,
}

/// A condition on a record.
#[derive(Debug, Clone)]
pub enum Term {
    /// The record that `hops` lead to is one of `ids`.
    Refers {
        /// References to follow; none: the record itself.
        hops: Vec<&'static Field>,
        /// The records that will do.
        ids: Vec<i64>,
        /// Whether a record that leads nowhere will do, too.
        or_empty: bool,
        /// Whether all others are meant.
        negated: bool,
    },
    /// A text field of the record itself is one of `texts`.
    Is {
        /// The field.
        field: &'static Field,
        /// The texts that will do.
        texts: Vec<String>,
    },
    /// A column meets a test.
    Column {
        /// The column.
        path: Path,
        /// The test.
        test: Test,
    },
}

/// What a column's cell must meet.
#[derive(Debug, Clone)]
pub enum Test {
    /// It equals one of them; of a list, an element does.
    Equal(Vec<Operand>),
    /// It equals none of them; an empty one does not either.
    Unequal(Vec<Operand>),
    /// It contains this text, in any case.
    Contains(Needle),
    /// It does not.
    Lacks(Needle),
    /// It compares so to this value; an empty one never does.
    Compares(Vec<Ordering>, Operand),
    /// It is empty.
    Empty,
    /// It is not.
    Filled,
    /// It is an address in this block.
    Within(Block),
}

/// What a cell is compared to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A text.
    Text(String),
    /// A number; of a quantity, its bytes.
    Number(Decimal),
}

impl Query {
    /// All records of `entity`, told by `columns`.
    #[must_use]
    pub const fn all(entity: &'static Entity, columns: Vec<Path>) -> Self {
        Self { entity, columns, terms: Vec::new(), order: Vec::new(), limit: None, offset: 0 }
    }

    /// Whether what it asks of records is asked of columns alone.
    fn is_of_columns(&self) -> bool {
        self.terms.iter().all(|term| matches!(term, Term::Column { .. }))
    }

    pub(in crate::store) fn tests(&self) -> impl Iterator<Item = (&Path, &Test)> {
        self.terms.iter().filter_map(|term| match term {
            Term::Column { path, test } => Some((path, test)),
            _ => None,
        })
    }
}

impl Reader<'_> {
    /// Hands each row of the list to `each`, in order, until it breaks. Behind the cells that were asked for, a row may
    /// have others.
    pub fn select(&self, query: &Query, mut each: impl FnMut(&Row) -> Result<ControlFlow<()>>) -> Result<()> {
        self.select_with_ids(query, |_, row| each(row))
    }

    /// As [`Self::select`], with the id of each record.
    pub fn select_with_ids(
        &self,
        query: &Query,
        mut each: impl FnMut(i64, &Row) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.each_row(query, &mut each)
    }

    fn each_row(&self, query: &Query, each: &mut dyn FnMut(i64, &Row) -> Result<ControlFlow<()>>) -> Result<()> {
        if query.order.is_empty() {
            let columns: Vec<&Path> = query.columns.iter().collect();
            return self.scan(query, &columns, true, each);
        }
        let plan = Plan::new(self.catalog(), query.entity, &query.columns.iter().collect::<Vec<_>>());
        let statement = Statement::new(plan.selection().one());
        let units = self.units()?;
        let mut from = Sources::new(self, &units);
        let mut row = Row::default();
        for id in self.sorted(query)? {
            let mut go_on = ControlFlow::Continue(());
            self.connection.select(&statement, &[Bind::Integer(id)], |raw| {
                row.clear();
                plan.fill(&mut from, raw, &mut row)?;
                go_on = each(id, &row)?;
                Ok(go_on)
            })?;
            if go_on.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// As [`Self::select`], but each row is told as the line that a function of `lines` makes of it, on several processors,
    /// each with such a function of its own: `each` takes several lines at a time, in the order of their rows. Only for a
    /// long list that is neither sorted nor cut short: for others nothing is done. Tells whether it is.
    ///
    /// # Errors
    /// As [`Self::select`]; what a line fails with.
    pub fn select_lines<L: FnMut(&Row, &mut Vec<u8>) -> Result<()>>(
        &self,
        query: &Query,
        lines: impl Fn() -> L + Sync,
        mut each: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<bool> {
        let is_cut_short = query.limit.is_some() || query.offset > 0;
        if is_cut_short || !query.order.is_empty() || !query.is_of_columns() {
            return Ok(false);
        }
        let columns: Vec<&Path> = query.columns.iter().collect();
        let prepare = |reader: &Reader<'_>| Scan::new(reader, query, &columns);
        let told = |bytes: &Vec<u8>| each(bytes).map(ControlFlow::Continue);
        self.read_ahead(query.entity, &Part::ALL, prepare, Scan::run, || InLines::new(lines()), told)
    }

    /// The ids of the records that the list has, in its order.
    pub fn select_ids(&self, query: &Query) -> Result<Vec<i64>> {
        if !query.order.is_empty() {
            return self.sorted(query);
        }
        let mut ids = Vec::new();
        self.scan(query, &[], true, &mut |id, _| {
            ids.push(id);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(ids)
    }

    /// How many records the list has.
    pub fn select_count(&self, query: &Query) -> Result<u64> {
        if query.limit.is_some() || query.offset > 0 {
            return Ok(self.select_ids(query)?.len() as u64);
        }
        if query.tests().next().is_none() {
            let (conditions, values) = conditions(self.catalog(), query);
            let statement = Statement::new(Selection { conditions, ..Selection::of(query.entity, vec![Pick::Count]) });
            let values: Vec<Bind<'_>> = values.iter().map(Bound::bind).collect();
            let found = self.connection.select_first(&statement, &values, |row| row.id(0))?;
            return Ok(found.and_then(|count| u64::try_from(count).ok()).unwrap_or_default());
        }
        let counts = self.in_parts(query.entity, |reader, part| {
            let mut count = 0;
            let mut counted = Told::new(|_, _: &Row| {
                count += 1;
                Ok(ControlFlow::Continue(()))
            });
            Scan::new(reader, query, &[])?.run(reader, part, &mut counted)?;
            Ok(count)
        })?;
        Ok(counts.into_iter().sum())
    }

    /// Runs through the records by id, and tells what `columns` do.
    fn scan(
        &self,
        query: &Query,
        columns: &[&Path],
        limited: bool,
        each: &mut dyn FnMut(i64, &Row) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let most = query.limit.filter(|_| limited).map(|limit| limit.saturating_add(query.offset));
        let (mut skip, mut left) = (if limited { query.offset } else { 0 }, most);
        if query.limit == Some(0) && limited {
            return Ok(());
        }
        let mut told = |id, row: &Row| {
            let before = skip > 0;
            skip = skip.saturating_sub(1);
            left = left.map(|left| left.saturating_sub(1));
            let go_on = if before { ControlFlow::Continue(()) } else { each(id, row)? };
            Ok(if left == Some(0) { ControlFlow::Break(()) } else { go_on })
        };
        let few = most.is_some_and(|most| most < MANY);
        let whole = few && query.tests().next().is_none();
        if whole || !query.is_of_columns() {
            let scan = Scan::joined(self, query, columns, most.filter(|_| whole));
            return scan.run(self, &Part::ALL, &mut Told::new(told));
        }
        let mut rest = Part::ALL;
        if few && let Some((first, _)) = self.connection.ends(query.entity.into())? {
            // What is not rare is found among the first records, before other threads would be of use.
            let far = first.saturating_add(NEAR.into());
            let mut ended = false;
            let near = |id, row: &Row| {
                let go_on = told(id, row)?;
                ended = go_on.is_break();
                Ok(go_on)
            };
            Scan::joined(self, query, columns, None).run(self, &Part::before(far), &mut Told::new(near))?;
            if ended {
                return Ok(());
            }
            rest = Part::from(far);
        }
        let prepare = |reader: &Reader<'_>| Scan::new(reader, query, columns);
        let tell = |batch: &Batch| {
            for (id, row) in batch.rows() {
                if told(*id, row)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        };
        if self.read_ahead(query.entity, &rest, prepare, Scan::run, || InRows, tell)? {
            return Ok(());
        }
        prepare(self)?.run(self, &rest, &mut Told::new(told))
    }

    /// The ids of a sorted list. Only the keys are read; with a limit, only about as many are kept.
    fn sorted(&self, query: &Query) -> Result<Vec<i64>> {
        let columns: Vec<&Path> = query.order.iter().map(|order| &order.path).collect();
        let wanted = query.limit.map(|limit| usize::try_from(limit.saturating_add(query.offset)).unwrap_or(usize::MAX));
        let mut found: Vec<(Vec<Key>, i64)> = Vec::new();
        let compare = |one: &(Vec<Key>, i64), other: &(Vec<Key>, i64)| {
            let keys = one.0.iter().zip(&other.0).zip(&query.order);
            let decided = keys.map(|((one, other), order)| one.compare(other, order.descending)).find(|o| o.is_ne());
            decided.unwrap_or(Ordering::Equal).then(one.1.cmp(&other.1))
        };
        self.scan(query, &columns, false, &mut |id, row| {
            found.push(((0..columns.len()).map(|place| Key::of(row.cell(place))).collect(), id));
            if let Some(wanted) = wanted
                && found.len() > wanted.saturating_mul(2).saturating_add(1024)
            {
                found.select_nth_unstable_by(wanted, compare);
                found.truncate(wanted);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        found.sort_unstable_by(compare);
        let skip = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let take = query.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found.into_iter().map(|(_, id)| id).skip(skip).take(take).collect())
    }
}

/// A value to bind, owned.
#[derive(Debug, Clone)]
pub(in crate::store) enum Bound {
    Integer(i64),
    Text(String),
}

impl Bound {
    pub(in crate::store) fn bind(&self) -> Bind<'_> {
        match self {
            Self::Integer(number) => Bind::Integer(*number),
            Self::Text(text) => Bind::Text(text),
        }
    }
}

/// The conditions of a list that a statement has, and their values.
pub(in crate::store) fn conditions(catalog: &Catalog, query: &Query) -> (Vec<Condition>, Vec<Bound>) {
    let mut conditions = Vec::new();
    let mut values = Vec::new();
    for term in &query.terms {
        match term {
            Term::Is { field, texts } => {
                values.extend(texts.iter().map(|text| Bound::Text(text.clone())));
                conditions.push(Condition::Is { column: field.column, count: texts.len() });
            }
            Term::Refers { hops, ids, or_empty, negated } => {
                values.extend(ids.iter().map(|id| Bound::Integer(*id)));
                let mut condition = Condition::leads(catalog, query.entity, hops, ids.len());
                if let Condition::Leads { or_empty: empty, negated: others, .. } = &mut condition {
                    (*empty, *others) = (*or_empty, *negated);
                }
                conditions.push(condition);
            }
            // What an answer has of those whose text cannot have it, nobody needs to look at.
            Term::Column { path: Path { hops, leaf: Leaf::Field(field), .. }, test: Test::Contains(needle) }
                if hops.is_empty() && matches!(field.kind, Kind::Name | Kind::Text) =>
            {
                values.push(Bound::Text(needle.pattern()));
                let texts = vec![field.column];
                conditions.push(Condition::MayMatch { needle: needle.clone(), texts, filled: Vec::new() });
            }
            Term::Column { .. } => {}
        }
    }
    (conditions, values)
}

impl Test {
    /// Whether a cell meets it.
    #[must_use]
    pub fn met_by(&self, cell: Cell<'_>) -> bool {
        match self {
            Self::Equal(operands) => operands.iter().any(|operand| equals(cell, operand)),
            Self::Unequal(operands) => !operands.iter().any(|operand| equals(cell, operand)),
            Self::Contains(text) => contains(cell, text),
            Self::Lacks(text) => !contains(cell, text),
            Self::Compares(orders, operand) => compare(cell, operand).is_some_and(|order| orders.contains(&order)),
            Self::Empty => is_empty(cell),
            Self::Filled => !is_empty(cell),
            Self::Within(block) => match cell {
                Cell::List(items) => items.iter().any(|item| block.contains(main_part(item))),
                cell => cell.plain().is_some_and(|text| block.contains(text)),
            },
        }
    }
}

fn is_empty(cell: Cell<'_>) -> bool {
    match cell {
        Cell::Null => true,
        Cell::List(items) => items.is_empty(),
        _ => false,
    }
}

/// What stands before the `@` of a collection's item.
fn main_part(item: &str) -> &str {
    item.split_once('@').map_or(item, |(main, _)| main)
}

fn equals(cell: Cell<'_>, operand: &Operand) -> bool {
    match (cell, operand) {
        (Cell::List(items), Operand::Text(text)) => items.iter().any(|item| item == text || main_part(item) == text),
        (cell, operand) => compare(cell, operand) == Some(Ordering::Equal),
    }
}

fn compare(cell: Cell<'_>, operand: &Operand) -> Option<Ordering> {
    match (cell, operand) {
        (Cell::Quantity(_, bytes), Operand::Number(number)) => Some(bytes.cmp(number)),
        (Cell::Number(text), Operand::Number(number)) => Some(signed(text)?.cmp(number)),
        (Cell::Text(text), Operand::Text(other)) => Some(match (address::key(text), address::key(other)) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ if text == other => Ordering::Equal,
            _ => natural::compare(text, other),
        }),
        (Cell::Time(text), Operand::Text(other)) => Some(text.cmp(other.as_str())),
        _ => None,
    }
}

/// A number that may have a minus sign: what is left may be less than nothing.
fn signed(text: &str) -> Option<Decimal> {
    match text.strip_prefix('-') {
        Some(size) => Decimal::parse(size).ok().map(|size| Decimal::ZERO - size),
        None => Decimal::parse(text).ok(),
    }
}

fn contains(cell: Cell<'_>, needle: &Needle) -> bool {
    match cell {
        Cell::List(items) => items.iter().any(|item| needle.is_in(item)),
        cell => cell.plain().is_some_and(|text| needle.is_in(text)),
    }
}

/// What a cell is sorted by.
#[derive(Debug)]
pub enum Key {
    /// A number; of a quantity, its bytes.
    Number(Decimal),
    /// An address, by its number.
    Address((Family, u128)),
    /// A text, in natural order.
    Text(String),
    /// A time as RFC 3339 text in UTC.
    Time(String),
    /// Nothing: last in either direction.
    Empty,
}

impl Key {
    /// What `cell` is sorted by.
    #[must_use]
    pub fn of(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Null => Self::Empty,
            Cell::Quantity(_, bytes) => Self::Number(bytes),
            Cell::Number(text) => signed(text).map_or_else(|| Self::Text(text.to_owned()), Self::Number),
            Cell::Time(text) => Self::Time(text.to_owned()),
            Cell::Text(text) => address::key(text).map_or_else(|| Self::Text(text.to_owned()), Self::Address),
            Cell::List(items) => items.iter().next().map_or(Self::Empty, |item| Self::of(Cell::Text(main_part(item)))),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Number(_) => 0,
            Self::Address(_) => 1,
            Self::Text(_) => 2,
            Self::Time(_) => 3,
            Self::Empty => 4,
        }
    }

    /// Which of two cells comes first.
    #[must_use]
    pub fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Self::Empty, _) | (_, Self::Empty) => return self.rank().cmp(&other.rank()),
            (Self::Number(one), Self::Number(other)) => one.cmp(other),
            (Self::Address(one), Self::Address(other)) => one.cmp(other),
            (Self::Text(one), Self::Text(other)) => natural::compare(one, other),
            (Self::Time(one), Self::Time(other)) => one.cmp(other),
            _ => self.rank().cmp(&other.rank()),
        };
        if descending { order.reverse() } else { order }
    }
}
