//! `inv schema`: the shapes of JSON answers as JSON Schema, derived from the catalog.

mod answers;

use super::Graft;
use crate::catalog::{Catalog, Entity, Kind, Leaf, Path, Reach, Section, column, identified, parts};
use crate::error::{Error, Result};
use crate::output::json::{key_of, keys_of};
use crate::output::row::ColumnKind;
use crate::session::Session;
use crate::verb::arguments::options;
use crate::verb::report::ACTIONS;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Map, Value as Json, json};

/// Version of the shapes: raised when a key goes or gets another type.
const VERSION: u32 = 1;
/// Dialect of JSON Schema.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Schema of the answer of commands that write.
const CHANGE: &str = "change";
/// Schema of failures.
const ERROR: &str = "error";

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "schema",
    about: "Show the JSON Schema of a noun, of changes or of errors",
    hidden: false,
    arguments,
    run,
};

fn arguments(command: Command) -> Command {
    command
        .arg(
            Arg::new("of")
                .value_name("NOUN|COMMAND|change|error")
                .num_args(1..=2)
                .required(true)
                .help("Noun, command, or change or error"),
        )
        .long_about(format!(
            "Show the JSON Schema (draft 2020-12) of the answers of -o json and -o jsonl: of a noun in list and show, of a \
             change for every command that changes records, of an error, or of another command. These are {}.",
            answers::ANSWERS.map(|(name, _)| name).join(", "),
        ))
        .after_help("Examples:\n  inv schema vm\n  inv schema change > change.schema.json\n  inv schema log show")
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let catalog = session.catalog();
    let of = options(matches, "of").join("-");
    let schema = match (of.as_str(), answers::answer_of(catalog, &of)) {
        (CHANGE, _) => headed(CHANGE, change()),
        (ERROR, _) => headed(ERROR, error()),
        (command, Some(answer)) => headed(command, answer),
        (noun, None) => of_noun(catalog, session.noun(noun)?),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| Error::failed(error.to_string()))?;
    session.answer_text(&format!("{text}\n"))
}

/// Adds the dialect and the version to a schema.
fn headed(name: &str, schema: Json) -> Json {
    let mut whole = json!({
        "$schema": DIALECT,
        "$id": format!("urn:inv:schema:{VERSION}:{name}"),
        "title": format!("inv {name}, version {VERSION}"),
    });
    if let (Some(whole), Json::Object(members)) = (whole.as_object_mut(), schema) {
        whole.extend(members);
    }
    whole
}

/// Returns the schema of a record of `entity`, or of an array of them.
fn of_noun(catalog: &Catalog, entity: &'static Entity) -> Json {
    let record = json!({ "$ref": "#/$defs/record" });
    let schema = json!({
        "$defs": { "record": record_of(catalog, entity) },
        "oneOf": [record.clone(), { "type": "array", "items": record }],
    });
    headed(entity.noun, schema)
}

/// Returns the schema of a record with all columns and sections that it can have. Only its id and path are in every
/// answer, for `-c` selects the others.
fn record_of(catalog: &Catalog, entity: &'static Entity) -> Json {
    let names = column::names(catalog, entity);
    let columns = names.iter().map(|name| Path::known(catalog, entity, name)).collect();
    let mut properties = properties(catalog, &identified(catalog, entity, columns));
    for section in entity.sections {
        let (Section::List { name, .. } | Section::Tally { name, .. }) = section;
        properties.insert(key_of(name).into_owned(), section_of(catalog, section));
    }
    if entity.reach == Reach::Everywhere {
        // `show --sources`
        let text = || nullable("string");
        let sources = [("source", json!({ "type": "string" })), ("external_id", text()), ("first_seen", time())];
        let sources = sources.into_iter().chain([("confirmed", time()), ("missing_since", time())]);
        let held_fields = ["field", "value", "decided_by", "offered", "offered_by"].map(|name| (name, text()));
        properties.insert("sources".to_owned(), array_of(sources));
        properties.insert("held".to_owned(), array_of(held_fields));
    }
    json!({ "type": "object", "properties": properties, "required": ["id", "path"] })
}

/// Returns the schema of the records that a section lists, or of its counts.
fn section_of(catalog: &Catalog, section: &Section) -> Json {
    match section {
        Section::List { of, columns, .. } => {
            let properties = properties(catalog, &parts(catalog, catalog.of(of), columns));
            let required: Vec<String> = properties.keys().cloned().collect();
            let items = json!({ "type": "object", "properties": properties, "required": required });
            json!({ "type": "array", "items": items })
        }
        Section::Tally { field, .. } => {
            array_of([(*field, json!({ "type": "string" })), ("count", json!({ "type": "integer" }))])
        }
    }
}

/// Returns the schemas of columns, by their keys.
fn properties(catalog: &Catalog, columns: &[Path]) -> Map<String, Json> {
    let mut properties = Map::new();
    for path in columns {
        let (key, bytes_key) = keys_of(&path.column(catalog));
        if let Some(key) = bytes_key {
            properties.insert(key, nullable("number"));
        }
        properties.insert(key, column_of(catalog, path));
    }
    properties
}

fn column_of(catalog: &Catalog, path: &Path) -> Json {
    match path.leaf {
        Leaf::Id => json!({ "type": "integer" }),
        Leaf::Path if path.name == "path" => json!({ "type": "string" }),
        Leaf::Field(field) if field.kind == Kind::Name => json!({ "type": "string" }),
        Leaf::Field(field) if field.kind.words().is_some() => {
            let words = field.kind.words().into_iter().flatten().map(|word| json!(word)).chain([Json::Null]);
            json!({ "enum": words.collect::<Vec<Json>>() })
        }
        Leaf::Parts(section) => section_of(catalog, section),
        _ => match path.kind(catalog) {
            ColumnKind::Number | ColumnKind::Share { .. } => nullable("number"),
            ColumnKind::Time => time(),
            ColumnKind::List => json!({ "type": "array", "items": { "type": "string" } }),
            ColumnKind::Records => json!({ "type": "array", "items": { "type": "object" } }),
            ColumnKind::Text | ColumnKind::Quantity => nullable("string"),
        },
    }
}

/// Returns the schema of the answer of a command that writes; JSON lines have an object for each record, with the number of
/// the change.
fn change() -> Json {
    let text = || nullable("string");
    let field = json!({
        "type": "object",
        "properties": { "field": { "type": "string" }, "old": text(), "new": text() },
        "required": ["field", "old", "new"],
        "additionalProperties": false,
    });
    let record = json!({
        "action": { "enum": ACTIONS },
        "noun": { "type": "string" },
        "id": { "type": "integer" },
        "path": { "type": "string" },
        "fields": { "type": "array", "items": field },
    });
    let own = json!({ "change": nullable("integer"), "dry_run": { "type": "boolean" } });
    let counts = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
    let mut whole = own.clone();
    whole["counts"] = json!({ "type": "object", "additionalProperties": counts });
    whole["records"] = json!({ "type": "array", "items": { "$ref": "#/$defs/record" } });
    let mut line = record.clone();
    line["change"] = own["change"].clone();
    line["dry_run"] = own["dry_run"].clone();
    json!({
        "$defs": { "record": object(&record, &[]), "line": object(&line, &[]) },
        "oneOf": [object(&whole, &["counts"]), { "$ref": "#/$defs/line" }],
    })
}

/// Returns the schema of a failure on standard error.
fn error() -> Json {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let fault = json!({
        "file": nullable("string"),
        "line": nullable("integer"),
        "column": nullable("string"),
        "message": { "type": "string" },
    });
    let kinds = crate::error::Kind::ALL.map(crate::error::Kind::word);
    let failure = json!({
        "kind": { "enum": kinds },
        "message": { "type": "string" },
        "details": texts,
        "help": nullable("string"),
        "exit_status": { "type": "integer" },
        "faults": { "type": "array", "items": object(&fault, &[]) },
        "causes": texts,
    });
    object(&failure, &[])
}

/// Returns the schema of an object with these properties and no other, all of which are required but `optional`.
fn object(properties: &Json, optional: &[&str]) -> Json {
    let required: Vec<String> = properties
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .filter(|key| !optional.contains(&key.as_str()))
        .cloned()
        .collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn array_of(properties: impl IntoIterator<Item = (&'static str, Json)>) -> Json {
    let properties: Map<String, Json> = properties.into_iter().map(|(key, schema)| (key.to_owned(), schema)).collect();
    json!({ "type": "array", "items": object(&properties.into(), &[]) })
}

fn nullable(kind: &str) -> Json {
    json!({ "type": [kind, "null"] })
}

fn time() -> Json {
    json!({ "type": ["string", "null"], "format": "date-time" })
}
