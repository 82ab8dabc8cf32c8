//! Every output format of `inv NOUN list` and `show`, each with the values that were put in.

use super::program::{Program, shown_fields};
use super::sample::{self, BARE, RECORDS};
use crate::support::Sandbox;
use inv::catalog::{Entity, Field, Kind};
use serde_json::{Map, Value};

/// The fields whose values are known: where no file gives the times, the clock does.
fn known(entity: &'static Entity) -> Vec<&'static Field> {
    let clocked =
        |field: &Field| matches!(field.kind, Kind::Created | Kind::Updated) && super::program::has_secret(entity);
    shown_fields(entity).filter(|field| !clocked(field)).collect()
}

/// `inv NOUN list` with the known fields as columns, those of the samples only.
fn list(program: &'static Program, sandbox: &Sandbox, entity: &'static Entity, style: &str) -> String {
    let columns: Vec<&str> = known(entity).iter().map(|field| field.name).collect();
    let count = (RECORDS + seeded(entity)).to_string();
    assert_eq!(sandbox.ok(&[entity.noun, "list", "--count"]), format!("{count}\n"), "{}", program.binary.display());
    let skipped = seeded(entity).to_string();
    sandbox.ok(&[entity.noun, "list", "-c", &columns.join(","), "--offset", &skipped, "-o", style])
}

/// How many records of the noun every inventory begins with.
fn seeded(entity: &Entity) -> usize {
    if entity.seeded { sample::seeded_units().len() } else { 0 }
}

/// What the list tells, as texts.
fn rows(program: &'static Program, entity: &'static Entity) -> Vec<Vec<String>> {
    let cell = |field: &Field, index| sample::listed(&program.catalog, entity, field, index).unwrap_or_default();
    (0..RECORDS).map(|index| known(entity).into_iter().map(|field| cell(field, index)).collect()).collect()
}

/// What a table tells of a value: a ratio as it is written.
fn drawn(field: &Field, text: &str) -> String {
    if field.kind == Kind::Ratio && !text.is_empty() { format!("{text}:1") } else { text.to_owned() }
}

/// What an object of the list has, by the contract.
fn object(fields: &[&'static Field], told: impl Fn(&'static Field) -> Option<String>) -> Map<String, Value> {
    let mut object = Map::new();
    for field in fields {
        let text = told(field);
        let value = match (field.kind, &text) {
            (_, None) => Value::Null,
            (Kind::Count | Kind::Factor | Kind::Ratio, Some(text)) => Value::Number(text.parse().expect("a number")),
            (_, Some(text)) => Value::from(text.clone()),
        };
        object.insert(field.name.replace('-', "_"), value);
        if let Kind::Quantity { .. } = field.kind {
            let bytes = text
                .map_or(Value::Null, |text| Value::Number(sample::bytes(&text).to_string().parse().expect("a number")));
            object.insert(format!("{}_bytes", field.name.replace('-', "_")), bytes);
        }
    }
    object
}

fn objects(program: &'static Program, entity: &'static Entity) -> Vec<Value> {
    let told = |index| {
        let mut record = Map::new();
        record.insert("path".to_owned(), Value::from(program.path(entity, index)));
        record.extend(object(&known(entity), |field| sample::exported(&program.catalog, entity, field, index)));
        record
    };
    (0..RECORDS).map(|index| Value::Object(told(index))).collect()
}

fn header(entity: &'static Entity) -> Vec<String> {
    known(entity).iter().map(|field| field.name.to_owned()).collect()
}

pub fn lists_as_json(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        let expected = objects(program, entity);
        let array: Vec<Value> = serde_json::from_str(&list(program, &sandbox, entity, "json")).expect("JSON");
        let text = list(program, &sandbox, entity, "jsonl");
        let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(array, lines, "{}", entity.noun);
        for line in &mut lines {
            let id = line.as_object_mut().expect("an object").shift_remove("id");
            assert!(id.expect("an id").is_i64(), "{}", entity.noun);
        }
        assert_eq!(lines, expected, "{}", entity.noun);
        let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<String>>();
        assert_eq!(keys(&lines[0]), keys(&expected[0]), "keys in the order of the columns");
        assert_eq!(
            sandbox.ok(&[entity.noun, "list", "--limit", "0", "-o", "json"]).split_whitespace().collect::<String>(),
            "[]"
        );
        assert_eq!(sandbox.ok(&[entity.noun, "list", "--limit", "0", "-o", "jsonl"]), "");
    }
}

pub fn lists_as_csv_and_tsv(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        let expected = [vec![header(entity)], rows(program, entity)].concat();
        let text = list(program, &sandbox, entity, "csv");
        assert!(!text.contains('\r') && text.ends_with('\n'), "line feeds end lines");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let found: Vec<Vec<String>> =
            reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
        assert_eq!(found, expected, "{}", entity.noun);
        let text = list(program, &sandbox, entity, "tsv");
        let found: Vec<Vec<String>> = text.lines().map(|row| row.split('\t').map(str::to_owned).collect()).collect();
        assert_eq!(found, expected, "{}", entity.noun);
    }
}

pub fn lists_as_markdown(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        let text = list(program, &sandbox, entity, "markdown");
        let cells = |line: &str| -> Vec<String> {
            let inside = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")).expect("a row between bars");
            inside.split(" | ").map(|cell| cell.trim().to_owned()).collect()
        };
        let mut lines = text.lines();
        assert_eq!(cells(lines.next().expect("a header")), header(entity));
        let rule = cells(lines.next().expect("a rule"));
        for (field, rule) in known(entity).iter().zip(rule) {
            let number = matches!(field.kind, Kind::Quantity { .. } | Kind::Count | Kind::Factor | Kind::Ratio);
            assert_eq!(rule, if number { "---:" } else { "---" }, "{} {}", entity.noun, field.name);
        }
        assert_eq!(lines.map(cells).collect::<Vec<_>>(), rows(program, entity), "{}", entity.noun);
    }
}

pub fn lists_as_a_table_that_lines_up(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        let text = list(program, &sandbox, entity, "table");
        let lines: Vec<&str> = text.lines().collect();
        let drawn = |row: Vec<String>| -> Vec<String> {
            known(entity).into_iter().zip(row).map(|(field, text)| drawn(field, &text)).collect()
        };
        let rows = rows(program, entity).into_iter().map(drawn);
        let expected: Vec<Vec<String>> = std::iter::once(header(entity)).chain(rows).collect();
        assert_eq!(lines.len(), expected.len(), "{text}");
        for (line, cells) in lines.iter().zip(&expected) {
            let mut rest = *line;
            for cell in cells.iter().filter(|cell| !cell.is_empty()) {
                let at = rest.find(cell.as_str()).unwrap_or_else(|| panic!("{cell} is not in {rest}\n{text}"));
                rest = &rest[at + cell.len()..];
            }
            assert_eq!(rest.trim(), "", "nothing else is told");
        }
        // Cells of the widest column are as wide as its header or its widest cell, two blanks between columns.
        let width = |text: &str| unicode_width::UnicodeWidthStr::width(text);
        let widths =
            (0..known(entity).len()).map(|column| expected.iter().map(|row| width(&row[column])).max().unwrap_or(0));
        let starts: Vec<usize> = widths
            .scan(0, |start, width| {
                let here = *start;
                *start += width + 2;
                Some(here)
            })
            .collect();
        for (line, cells) in lines.iter().zip(&expected) {
            for ((field, cell), start) in known(entity).iter().zip(cells).zip(&starts) {
                if cell.is_empty()
                    || matches!(field.kind, Kind::Quantity { .. } | Kind::Count | Kind::Factor | Kind::Ratio)
                {
                    continue;
                }
                assert!(behind(line, *start).starts_with(cell.as_str()), "{} begins at {start}\n{text}", cell);
            }
        }
    }
}

/// What stands in a line from a place on the terminal on.
fn behind(line: &str, start: usize) -> &str {
    let mut at = 0;
    let place = line.char_indices().find(|(_, letter)| {
        let here = at;
        at += unicode_width::UnicodeWidthChar::width(*letter).unwrap_or(0);
        here >= start
    });
    place.map_or("", |(place, _)| &line[place..])
}

pub fn shows_a_record_in_full(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        for index in 0..RECORDS {
            let path = program.path(entity, index);
            let show = |style: &str| sandbox.ok(&[entity.noun, "show", &path, "-o", style]);
            let told = |field: &Field| sample::exported(&program.catalog, entity, field, index);
            let expected = object(&known(entity), told);
            for style in ["json", "jsonl"] {
                let shown: Value = serde_json::from_str(&show(style)).expect("JSON");
                for (key, value) in &expected {
                    assert_eq!(&shown[key], value, "{} {key}", entity.noun);
                }
                assert_eq!(shown["path"], Value::from(path.clone()));
                for section in entity.sections {
                    let (inv::catalog::Section::List { name, .. } | inv::catalog::Section::Tally { name, .. }) =
                        section;
                    assert!(shown[*name].is_array(), "{} {name}", entity.noun);
                }
            }
            for (style, delimiter) in [("csv", b','), ("tsv", b'\t')] {
                let text = show(style);
                let mut reader =
                    csv::ReaderBuilder::new().delimiter(delimiter).quoting(style == "csv").from_reader(text.as_bytes());
                let header = reader.headers().expect("a header").clone();
                let row = reader.records().next().expect("a row").expect("a row in order");
                let cell = |name: &str| {
                    row.get(header.iter().position(|column| column == name).expect(name)).map(str::to_owned)
                };
                for field in known(entity) {
                    assert_eq!(
                        cell(field.name),
                        Some(told(field).unwrap_or_default()),
                        "{} {}",
                        entity.noun,
                        field.name
                    );
                }
                assert_eq!(cell("path"), Some(path.clone()));
            }
            let (table, markdown) = (show("table"), show("markdown"));
            for field in known(entity) {
                let line = table.lines().find(|line| line.split("  ").next() == Some(field.name));
                let told = told(field);
                let drawn = told.as_ref().map(|text| drawn(field, text));
                assert_eq!(line.map(|line| line[field.name.len()..].trim()), drawn.as_deref(), "{table}");
                if let Some(text) = told {
                    let line = format!("| {} | {text} |", field.name);
                    assert!(markdown.lines().any(|known| known == line), "{line}\n{markdown}");
                }
            }
        }
    }
}

pub fn shows_several_as_an_array_in_the_order_asked_for(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        let (one, other) = (program.path(entity, BARE), program.path(entity, 0));
        let text = sandbox.ok(&[entity.noun, "show", &one, &other, "-o", "json"]);
        let shown: Value = serde_json::from_str(&text).expect("JSON");
        let paths: Vec<&Value> = shown.as_array().expect("an array").iter().map(|record| &record["path"]).collect();
        assert_eq!(paths, [&Value::from(one), &Value::from(other)]);
    }
}
