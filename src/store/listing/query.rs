//! A list that is asked for: its records, columns and order, and the tests that records must meet.
//!
//! Conditions that an index serves are asked of the engine; the others are tested here, on exact values, so that every
//! engine answers alike: quantities by bytes, addresses by number, names in natural order, text in any case of any
//! script.

use crate::catalog::{Catalog, Entity, Field, Path};
use crate::output::row::{Cell, Row};
use crate::store::engine::Bound;
use crate::store::reading::selection::Condition;
use crate::value::address::{self, Block, Family};
use crate::value::condition::Criteria;
use crate::value::decimal::Decimal;
use crate::value::natural;
use crate::value::needle::Needle;
use regex::Regex;
use std::cmp::Ordering;
use std::convert::Infallible;

/// A list that is asked for.
#[derive(Debug, Clone)]
pub struct Query {
    /// The noun whose records are listed.
    pub entity: &'static Entity,
    /// Columns of the list.
    pub columns: Vec<Path>,
    /// Conditions, joined by AND.
    pub terms: Vec<Term>,
    /// Sort columns; then by id.
    pub order: Vec<Order>,
    /// Most records.
    pub limit: Option<u64>,
    /// Records to skip first.
    pub offset: u64,
}

/// A sort key.
#[derive(Debug, Clone)]
pub struct Order {
    /// The column.
    pub path: Path,
    /// Greatest first. Empty cells come last either way.
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
        /// Also match records whose reference is empty.
        or_empty: bool,
        /// Match all other records instead.
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
    /// Tests of columns, joined.
    Meets(Criteria<(Path, Test)>),
}

/// Condition on the cell of a column.
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
    /// It is no address in this block; of a list, no element is.
    Outside(Block),
    /// It has a match of this regular expression; of a list, an element has.
    Matches(Regex),
}

/// Right side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A text.
    Text(String),
    /// A number; of a quantity, its bytes.
    Number(Decimal),
}

impl Query {
    /// Returns a query for `columns` of all records of `entity`.
    #[must_use]
    pub const fn all(entity: &'static Entity, columns: Vec<Path>) -> Self {
        Self { entity, columns, terms: Vec::new(), order: Vec::new(), limit: None, offset: 0 }
    }

    /// Returns the tests of the list, from left to right, each with the index of its column in them.
    pub(in crate::store) fn tests(&self) -> Tests<'_> {
        let mut columns = Vec::new();
        let mut one = |path, test| {
            columns.push(path);
            (columns.len() - 1, test)
        };
        let criteria = self.terms.iter().filter_map(|term| match term {
            Term::Column { path, test } => Some(Criteria::One(one(path, test))),
            Term::Meets(criteria) => {
                let Ok(criteria) =
                    criteria.try_map::<_, Infallible>(&mut |(path, test)| Ok(Criteria::One(one(path, test))));
                Some(criteria)
            }
            Term::Refers { .. } | Term::Is { .. } => None,
        });
        let criteria = criteria.collect();
        Tests { columns, criteria }
    }

    /// Returns whether the engine answers all conditions.
    pub(in crate::store) fn is_answered_by_engine(&self) -> bool {
        self.terms.iter().all(|term| matches!(term, Term::Refers { .. } | Term::Is { .. }))
    }
}

/// Tests of the rows of a list.
pub(in crate::store) struct Tests<'q> {
    /// Columns that are tested.
    pub(in crate::store) columns: Vec<&'q Path>,
    criteria: Vec<Criteria<(usize, &'q Test)>>,
}

impl Tests<'_> {
    /// Returns whether a row passes, whose cells of the tested columns begin at `first`.
    pub(in crate::store) fn are_met_by(&self, row: &Row, first: usize) -> bool {
        self.criteria.iter().all(|each| each.holds(&mut |(place, test)| test.met_by(row.cell(first + place))))
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
            Term::Column { .. } | Term::Meets(_) => {}
        }
    }
    (conditions, values)
}

impl Test {
    /// Returns true if `cell` meets the condition.
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
            Self::Matches(pattern) => match cell {
                Cell::List(items) => {
                    items.iter().any(|item| pattern.is_match(item) || pattern.is_match(main_part(item)))
                }
                cell => cell.plain().is_some_and(|text| pattern.is_match(text)),
            },
            Self::Outside(block) => !Self::Within(*block).met_by(cell),
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

/// Part of a collection's item before the `@`.
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
        (Cell::Number(text) | Cell::Ratio(text), Operand::Number(number)) => Some(signed(text)?.cmp(number)),
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

/// Sort key of a cell.
#[derive(Debug)]
pub enum SortKey {
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

impl SortKey {
    /// Returns the sort key of `cell`.
    #[must_use]
    pub fn of(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Null => Self::Empty,
            Cell::Quantity(_, bytes) => Self::Number(bytes),
            Cell::Number(text) | Cell::Ratio(text) => {
                signed(text).map_or_else(|| Self::Text(text.to_owned()), Self::Number)
            }
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

    /// Compares two keys in ascending order.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => one.cmp(other),
            (Self::Address(one), Self::Address(other)) => one.cmp(other),
            (Self::Text(one), Self::Text(other)) => natural::compare(one, other),
            (Self::Time(one), Self::Time(other)) => one.cmp(other),
            // Empty keys have the last rank.
            _ => self.rank().cmp(&other.rank()),
        }
    }

    /// Compares two keys in descending order; empty cells come last all the same.
    #[must_use]
    pub fn compare_descending(&self, other: &Self) -> Ordering {
        let order = self.compare(other);
        if matches!((self, other), (Self::Empty, _) | (_, Self::Empty)) { order } else { order.reverse() }
    }
}
