//! Schemas of the answers of commands that answer with rows, or with an object that is no record.

use super::{nullable, object};
use crate::catalog::Catalog;
use crate::command::estate::COUNTED;
use crate::command::{address_next, address_usage, blame, check, diff, find, fit, impact, log, login, stats, usage};
use crate::output::json::keys_of;
use crate::output::row::{Column, ColumnKind};
use serde_json::{Map, Value as Json, json};

/// Schema of an answer.
type Answer = fn(&Catalog) -> Json;

/// Commands, with hyphens for blanks, and the schemas of their answers.
pub(super) const ANSWERS: [(&str, Answer); 19] = [
    ("backup", |_| backup()),
    ("blame", |_| rows(&blame::columns())),
    ("check", |_| selected(&check::columns())),
    ("check-rules", |_| rows(&check::rule_columns())),
    ("diff", |_| rows(&diff::row_columns(true))),
    ("find", |_| selected(&find::columns())),
    ("fit", |_| selected(&fit::columns())),
    ("impact", |_| selected(&impact::columns())),
    ("init", |_| closed(&json!({ "file": { "type": "string" } }))),
    ("ip-next", |_| rows(&address_next::columns())),
    ("ip-usage", |_| selected(&address_usage::columns())),
    ("log", |_| rows(&crate::verb::log::columns())),
    ("log-purge", |_| purge()),
    ("log-show", |_| rows(&log::show_columns(true))),
    ("log-verify", |_| rows(&log::verify_columns())),
    ("restore", |_| restore()),
    ("stats", statistics),
    ("usage", |_| selected(&usage::every_column())),
    ("whoami", |_| closed(&properties(&login::columns()))),
];

/// Returns the schema of the answer of `command`.
pub(super) fn answer_of(catalog: &Catalog, command: &str) -> Option<Json> {
    ANSWERS.iter().find(|(name, _)| *name == command).map(|(_, schema)| schema(catalog))
}

fn backup() -> Json {
    closed(&json!({
        "dry_run": { "type": "boolean" },
        "file": { "type": "string" },
        "removed": { "type": "array", "items": { "type": "string" } },
    }))
}

fn restore() -> Json {
    closed(&json!({
        "change": nullable("integer"),
        "dry_run": { "type": "boolean" },
        "file": { "type": "string" },
        "from": { "type": "string" },
        "last_change": nullable("integer"),
        "last_time": nullable("string"),
        "old_copy": nullable("string"),
    }))
}

fn purge() -> Json {
    closed(&json!({
        "change": nullable("integer"),
        "dry_run": { "type": "boolean" },
        "before": { "type": "string" },
        "purged_changes": { "type": "integer" },
    }))
}

fn statistics(catalog: &Catalog) -> Json {
    let mut whole = properties(&stats::columns(COUNTED.into_iter().map(|noun| catalog.of(noun))));
    for (name, columns) in stats::sections() {
        whole[name] = json!({ "type": "array", "items": closed(&properties(&columns)) });
    }
    closed(&whole)
}

/// Returns the schema of rows with all of `columns`.
fn rows(columns: &[Column]) -> Json {
    one_or_many(&closed(&properties(columns)))
}

/// Returns the schema of rows with those of `columns` that `-c` selects.
fn selected(columns: &[Column]) -> Json {
    let properties = properties(columns);
    one_or_many(
        &json!({ "type": "object", "properties": properties, "minProperties": 1, "additionalProperties": false }),
    )
}

/// Returns the schema of an array of rows, or of a row alone, as JSON lines have it.
fn one_or_many(row: &Json) -> Json {
    let reference = json!({ "$ref": "#/$defs/row" });
    json!({ "$defs": { "row": row }, "oneOf": [reference.clone(), { "type": "array", "items": reference }] })
}

fn closed(properties: &Json) -> Json {
    object(properties, &[])
}

/// Returns the schemas of columns, by their keys.
fn properties(columns: &[Column]) -> Json {
    let mut properties = Map::new();
    for column in columns {
        let (key, bytes_key) = keys_of(column);
        properties.insert(key, of_kind(column));
        properties.extend(bytes_key.map(|key| (key, nullable("number"))));
    }
    properties.into()
}

fn of_kind(column: &Column) -> Json {
    match column.kind {
        ColumnKind::Number if column.name == "id" || column.name == "change" => nullable("integer"),
        ColumnKind::Number | ColumnKind::Share { .. } => nullable("number"),
        ColumnKind::Time => super::time(),
        ColumnKind::List => json!({ "type": "array", "items": { "type": "string" } }),
        ColumnKind::Records => json!({ "type": "array", "items": { "type": "object" } }),
        ColumnKind::Text | ColumnKind::Quantity => nullable("string"),
    }
}
