//! Views for SQL that people write: names and paths instead of ids, bytes instead of amounts with units.
//!
//! They are in `schema.sql`, so that other programs which open the file have them too. [`views`] derives their text
//! from the catalog, and a test compares both.

use crate::catalog::{Catalog, Entity, Field, Kind};
use crate::store::engine::dialect;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The name of the view of `entity`: `v_vm`.
pub(in crate::store) fn name(entity: &Entity) -> String {
    format!("v_{}", plain(entity.noun))
}

/// Returns the views of all nouns, in the text of the schema.
#[must_use]
pub fn views(catalog: &Catalog) -> String {
    catalog.entities().map(|entity| View::new(catalog, entity).sql()).collect::<Vec<String>>().join("\n")
}

fn plain(name: &str) -> String {
    name.replace('-', "_")
}

/// One view on its way to its text.
struct View {
    entity: &'static Entity,
    columns: Vec<(String, String)>,
    amounts: Vec<&'static str>,
    joins: BTreeMap<String, (usize, String)>,
}

impl View {
    fn new(catalog: &Catalog, entity: &'static Entity) -> Self {
        let mut view = Self { entity, columns: Vec::new(), amounts: Vec::new(), joins: BTreeMap::new() };
        view.add("id", format!("t.{}", entity.id));
        if !entity.names.is_empty() {
            let path = view.path(catalog);
            view.add("path", path);
        }
        for field in entity.fields {
            view.field(catalog, field);
        }
        view
    }

    fn add(&mut self, name: &str, expression: String) {
        self.columns.push((plain(name), expression));
    }

    /// The alias of the table that `column` of `from` refers to.
    fn join(&mut self, from: &str, name: &str, column: &str, table: &str, id: &str) -> String {
        let alias = if from == "t" { plain(name) } else { format!("{from}_{}", plain(name)) };
        let place = self.joins.len();
        let sql = format!("LEFT JOIN {table} AS {alias}_ ON {alias}_.{id} = {}.{column}", reference(from));
        self.joins.entry(alias.clone()).or_insert((place, sql));
        alias
    }

    fn path(&mut self, catalog: &Catalog) -> String {
        let mut from = "t".to_owned();
        let mut path = name_by_alias(self.entity, "t");
        for (field, holder) in catalog.ancestors(self.entity) {
            from = self.join(&from, field.name, field.column, holder.table, holder.id);
            let name = name_by_alias(holder, &from);
            path = if self.entity.parent_field().is_some_and(|field| field.required) {
                format!("{name} || '/' || {path}")
            } else {
                // What nothing holds has its own name for a path.
                format!("coalesce({name} || '/', '') || {path}")
            };
        }
        path
    }

    fn field(&mut self, catalog: &Catalog, field: &'static Field) {
        let column = format!("t.{}", field.column);
        match field.kind {
            Kind::Secret => {}
            Kind::Quantity { unit } => {
                let of = catalog.of("unit");
                let alias = self.join("t", &format!("{}_unit", field.name), unit, of.table, of.id);
                let unit = reference(&alias);
                self.add(field.name, format!("{column} || ' ' || {unit}.name"));
                self.add(&format!("{}_bytes", field.name), bytes(field.column, &format!("{unit}.bytes")));
                self.amounts.push(field.column);
            }
            Kind::Count | Kind::Ratio => self.add(field.name, format!("CAST({column} AS NUMERIC)")),
            Kind::Any { id } => {
                self.add(field.column, column);
                self.add(id, format!("t.{id}"));
            }
            Kind::Reference { .. } => {
                let Some(target) = catalog.target(field) else { return };
                let alias = self.join("t", field.name, field.column, target.table, target.id);
                self.add(field.name, name_by_alias(target, &alias));
                self.add(&format!("{}_id", field.name), column);
                if self.entity.parent == Some(field.name) {
                    self.ancestors(catalog, target, alias);
                }
            }
            _ => self.add(field.name, column),
        }
    }

    /// Adds the ancestors of the parent.
    fn ancestors(&mut self, catalog: &Catalog, holder: &'static Entity, alias: String) {
        let mut from = alias;
        for (field, above) in catalog.ancestors(holder) {
            from = self.join(&from, field.name, field.column, above.table, above.id);
            self.add(above.noun, name_by_alias(above, &from));
        }
    }

    fn sql(&self) -> String {
        let mut sql = format!("CREATE VIEW {} AS\nSELECT\n", name(self.entity));
        for (place, (name, expression)) in self.columns.iter().enumerate() {
            let comma = if place + 1 < self.columns.len() { "," } else { "" };
            // A column that is called as in its table needs no other name.
            let named = if *expression == format!("t.{name}") { String::new() } else { format!(" AS {name}") };
            // Writing to a `String` cannot fail.
            let _ = writeln!(sql, "    {expression}{named}{comma}");
        }
        let table = self.entity.table;
        let _ = match self.amounts.iter().map(|amount| digits(amount)).collect::<String>() {
            none if none.is_empty() => write!(sql, "FROM {table} AS t"),
            digits => write!(sql, "FROM (\n    SELECT *{digits}\n    FROM {table}\n) AS t"),
        };
        let mut joins: Vec<&(usize, String)> = self.joins.values().collect();
        joins.sort_unstable();
        for (_, join) in joins {
            let _ = write!(sql, "\n{join}");
        }
        sql.push_str(";\n");
        sql
    }
}

/// Returns the name of an alias in SQL, distinct from a column of the same name.
fn reference(alias: &str) -> String {
    if alias == "t" { alias.to_owned() } else { format!("{alias}_") }
}

fn name_by_alias(entity: &Entity, alias: &str) -> String {
    crate::store::reading::reader::name_sql(entity, &reference(alias))
}

/// A quantity in whole bytes, exactly: an amount is decimal text, and a floating-point number would round beyond 2^53.
///
/// The digits before the point are one number, the 18 after it two of 9 digits (see [`digits`]), and the factor two as
/// well, so that no product overflows: with `u` and `l` for the upper and the lower one, and G for 10^9, the fraction
/// times the factor is `u·F/G + (u·f + l·F + l·f/G) / G`, where `F` and `f` are the factor's billions and rest.
fn bytes(column: &str, factor: &str) -> String {
    let (upper, lower) = (format!("{column}_upper"), format!("{column}_lower"));
    let (billions, rest) = (format!("({factor} / 1000000000)"), format!("({factor} % 1000000000)"));
    format!(
        "CAST(t.{column} AS INTEGER) * {factor} + {upper} * {billions}\n        + ({upper} * {rest}\n        + {lower} * \
         {billions}\n        + {lower} * {rest} / 1000000000) / 1000000000"
    )
}

/// The nine digits behind the point of an amount and the nine behind those, each once: every command that opens the
/// file has the engine read the text of all views.
fn digits(column: &str) -> String {
    let point = dialect::position(&format!("{column} || '.'"), "'.'");
    let nine = |name, from| {
        format!(",\n        substr({column} || '000000000000000000', {point} + {from}, 9) AS {column}_{name}")
    };
    nine("upper", 1) + &nine("lower", 10)
}
