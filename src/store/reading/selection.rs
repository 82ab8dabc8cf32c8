//! A selection: the records of one table to read, the columns of each, and of the records that they refer to.
//!
//! It becomes one statement, which every engine answers alike.

use crate::catalog::{Catalog, Entity, Field, Kind};
use crate::store::engine::dialect;
use std::fmt::Write;

/// A table, and the column that its records are known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Table {
    pub name: &'static str,
    pub id: &'static str,
}

impl From<&Entity> for Table {
    fn from(entity: &Entity) -> Self {
        Self { name: entity.table, id: entity.id }
    }
}

/// Selected records and columns. Tables have numbers: 0 is the table of the records, the others are those of the joins,
/// in their order.
#[derive(Debug, Clone)]
pub(in crate::store) struct Selection {
    pub table: Table,
    pub joins: Vec<Join>,
    pub picks: Vec<Pick>,
    pub conditions: Vec<Condition>,
    pub order: Order,
    /// Looks only at so many records, those with the lowest ids.
    pub first: Option<u64>,
    pub limit: Option<u64>,
    pub offset: u64,
}

/// The records that a column refers to; none where it is empty.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Join {
    /// The number of the table whose column it is.
    pub from: usize,
    pub column: &'static str,
    pub to: Table,
}

/// Selected expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Pick {
    /// A column of a table.
    Column(usize, &'static str),
    /// The first of several columns that is not empty.
    FirstOf(usize, Vec<&'static str>),
    /// Nothing: a place that some nouns have no use for.
    Nothing,
    /// Number of records, instead of the records.
    Count,
}

/// Condition on all records. Values are bound separately, in the order of the conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Condition {
    /// A column is one of so many values.
    Is { column: &'static str, count: usize },
    /// A column is a value, both being empty included; of numbers, or of texts.
    Same { column: &'static str, number: bool },
    /// The id is not below a value, nor above a second.
    Between,
    /// The record that a column leads to, through others, is one of so many.
    Leads {
        /// The column of the table itself. Its id: the record itself is one of them.
        column: &'static str,
        /// The tables on the way, and the column of each that leads on.
        through: Vec<(Table, &'static str)>,
        /// Number of values.
        count: usize,
        /// Also match records whose reference is empty.
        or_empty: bool,
        /// Match all other records instead.
        negated: bool,
    },
    /// The text in a column has a `/`.
    HasSlash { column: &'static str },
}

/// The order of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Order {
    /// By their ids.
    Id,
    /// As it comes.
    Any,
}

impl Selection {
    /// All records of `table`, by their ids; of each, `picks`.
    pub(in crate::store) fn of(table: impl Into<Table>, picks: Vec<Pick>) -> Self {
        let (joins, conditions) = (Vec::new(), Vec::new());
        Self { table: table.into(), joins, picks, conditions, order: Order::Id, first: None, limit: None, offset: 0 }
    }

    /// The ids of all records of `table`.
    pub(in crate::store) fn ids(table: impl Into<Table>) -> Self {
        let table = table.into();
        Self::of(table, vec![Pick::Column(0, table.id)])
    }

    /// Of those, the ones that meet a condition.
    pub(in crate::store) fn with(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// The same in any order: an engine might run through all of them for the sake of their ids' order.
    pub(in crate::store) fn in_any_order(self) -> Self {
        Self { order: Order::Any, ..self }
    }

    /// Adds a condition on the id, with one value.
    pub(in crate::store) fn one(self) -> Self {
        self.of_ids(1)
    }

    /// Adds a condition on the id, with `count` values.
    pub(in crate::store) fn of_ids(self, count: usize) -> Self {
        let column = self.table.id;
        let order = if count == 1 { Order::Any } else { self.order };
        Self { order, ..self.with(Condition::Is { column, count }) }
    }

    /// Adds a condition on each of the fields `key` of `entity`, with one value each; empty values are equal, except in
    /// the first field.
    pub(in crate::store) fn with_key(mut self, entity: &Entity, key: &[&str]) -> Self {
        for (place, field) in key.iter().filter_map(|name| entity.field(name)).enumerate() {
            self.conditions.extend(field.columns().map(|column| {
                if place > 0 && !field.required {
                    Condition::Same { column, number: field.refers_to().is_some() }
                } else {
                    Condition::Is { column, count: 1 }
                }
            }));
        }
        self
    }

    /// As a statement, with `$1` and so on for the values.
    pub(in crate::store) fn sql(&self) -> String {
        let mut places = 0;
        let mut values = |count: usize| {
            let names: Vec<String> = (places + 1..=places + count).map(|place| format!("${place}")).collect();
            places += count;
            names.join(", ")
        };
        let conditions: Vec<String> =
            self.conditions.iter().map(|condition| condition.sql(self.table, &mut values)).collect();
        let mut sql = self.without_conditions();
        for (place, condition) in conditions.iter().enumerate() {
            let word = if place == 0 { "WHERE" } else { "AND" };
            // Writing to a String cannot fail.
            let _ = write!(sql, " {word} {condition}");
        }
        if self.order == Order::Id && !self.picks.contains(&Pick::Count) {
            let _ = write!(sql, " ORDER BY t.{}", self.table.id);
        }
        if self.limit.is_some() || self.offset > 0 {
            let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
            let _ = write!(sql, " LIMIT {} OFFSET {}", self.limit.map_or(i64::MAX, number), number(self.offset));
        }
        sql
    }

    /// The statement up to its conditions.
    pub(in crate::store) fn without_conditions(&self) -> String {
        let picks: Vec<String> = self.picks.iter().map(Pick::sql).collect();
        let Table { name, id } = self.table;
        let mut sql = format!("SELECT {} FROM ", picks.join(", "));
        // Writing to a String cannot fail.
        let _ = match self.first {
            // The engine does not look for an index behind a limit.
            Some(count) => write!(sql, "(SELECT * FROM {name} ORDER BY {id} LIMIT {count}) t"),
            None => write!(sql, "{name} t"),
        };
        for (number, join) in (1..).zip(&self.joins) {
            let Join { from, column, to } = join;
            let _ = write!(
                sql,
                " LEFT JOIN {} {alias} ON {alias}.{} = {}.{column}",
                to.name,
                to.id,
                alias_of(*from),
                alias = alias_of(number)
            );
        }
        sql
    }
}

/// Alias of a table in statements.
pub(in crate::store) fn alias_of(number: usize) -> String {
    if number == 0 { "t".to_owned() } else { format!("j{number}") }
}

impl Pick {
    /// Name of a record of `entity` in the table `number`: the first of its names that is not empty.
    pub(in crate::store) fn name(entity: &Entity, number: usize) -> Self {
        let columns: Vec<&'static str> = entity.naming().map(|field| field.column).collect();
        match columns.as_slice() {
            [] => Self::Nothing,
            [one] => Self::Column(number, one),
            _ => Self::FirstOf(number, columns),
        }
    }

    /// Reference of a record of `entity` to its parent.
    pub(in crate::store) fn parent(entity: &Entity) -> Self {
        entity.parent_field().map_or(Self::Nothing, |field| Self::Column(0, field.column))
    }

    /// The columns of fields of the selected table itself.
    pub(in crate::store) fn fields<'f>(fields: impl IntoIterator<Item = &'f Field>) -> impl Iterator<Item = Self> {
        fields.into_iter().flat_map(Field::columns).map(|column| Self::Column(0, column))
    }

    fn sql(&self) -> String {
        match self {
            Self::Column(number, column) => format!("{}.{column}", alias_of(*number)),
            Self::FirstOf(number, columns) => {
                let columns: Vec<String> =
                    columns.iter().map(|column| format!("{}.{column}", alias_of(*number))).collect();
                format!("coalesce({})", columns.join(", "))
            }
            Self::Nothing => "NULL".to_owned(),
            Self::Count => "count(*)".to_owned(),
        }
    }
}

impl Condition {
    /// Condition that the references `hops` lead from a record of `entity` to one of `count` ids; without references,
    /// that its own id is one of them.
    pub(in crate::store) fn leads(catalog: &Catalog, entity: &Entity, hops: &[&'static Field], count: usize) -> Self {
        let column = hops.first().map_or(entity.id, |hop| hop.column);
        let on = hops.windows(2).filter_map(|pair| match pair {
            [from, to] => Some((Table::from(catalog.target(from)?), to.column)),
            _ => None,
        });
        Self::Leads { column, through: on.collect(), count, or_empty: false, negated: false }
    }

    fn sql(&self, table: Table, values: &mut dyn FnMut(usize) -> String) -> String {
        match self {
            Self::Is { column, count: 1 } => format!("t.{column} = {}", values(1)),
            Self::Is { column, count } => format!("t.{column} IN ({})", values(*count)),
            Self::Same { column, number } => {
                let empty = empty(*number);
                format!("coalesce(t.{column}, {empty}) = coalesce({}, {empty})", values(1))
            }
            Self::Between => format!("t.{} BETWEEN {} AND {}", table.id, values(1), values(1)),
            Self::Leads { column, count: 0, or_empty, negated, .. } => match (or_empty, negated) {
                (false, false) => "1 = 0".to_owned(),
                (false, true) => "1 = 1".to_owned(),
                (true, false) => format!("t.{column} IS NULL"),
                (true, true) => format!("t.{column} IS NOT NULL"),
            },
            Self::Leads { column, through, count, or_empty, negated } => {
                let mut set = values(*count);
                for (table, on) in through.iter().rev() {
                    set = format!("SELECT {} FROM {} WHERE {on} IN ({set})", table.id, table.name);
                }
                match (or_empty, negated) {
                    (false, false) => format!("t.{column} IN ({set})"),
                    (true, false) => format!("(t.{column} IN ({set}) OR t.{column} IS NULL)"),
                    (false, true) => format!("(t.{column} NOT IN ({set}) OR t.{column} IS NULL)"),
                    // NULL is not in the set, and not outside of it either.
                    (true, true) => format!("t.{column} NOT IN ({set})"),
                }
            }
            Self::HasSlash { column } => dialect::has_slash(&format!("t.{column}")),
        }
    }
}

/// Returns the literal that replaces NULL where empty values are equal, for numbers and for texts.
const fn empty(number: bool) -> &'static str {
    if number { "0" } else { "''" }
}

/// Returns the compared expression of the `number`th field of a key, where `operand` is its column or a value: empty
/// values are equal, except in the first field. The indexes of the keys have the same expression.
pub(in crate::store) fn key_part(number: usize, field: &Field, operand: &str) -> String {
    if number == 1 || field.required {
        return operand.to_owned();
    }
    format!("coalesce({operand}, {})", empty(matches!(field.kind, Kind::Reference { .. })))
}
