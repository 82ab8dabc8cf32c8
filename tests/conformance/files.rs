//! `inv NOUN import` and `export`, as CSV and as JSON lines.

use super::adding::misspelt;
use super::program::{Program, shown_fields};
use super::sample::{self, NEW, RECORDS};
use inv::catalog::{Entity, Kind, OnRemove};
use serde_json::{Map, Value};

/// Records as JSON lines, numbers as numbers.
fn json_lines(program: &'static Program, entity: &'static Entity, indexes: &[usize]) -> String {
    let line = |index: usize| {
        let mut object = Map::new();
        for field in shown_fields(entity) {
            let value = match (field.kind, sample::exported(&program.catalog, entity, field, index)) {
                (_, None) => Value::Null,
                (Kind::Count | Kind::Factor | Kind::Ratio, Some(text)) => {
                    Value::Number(text.parse().expect("a number"))
                }
                (_, Some(text)) => Value::from(text),
            };
            object.insert(field.name.to_owned(), value);
        }
        format!("{}\n", Value::Object(object))
    };
    indexes.iter().map(|index| line(*index)).collect()
}

pub fn imports_csv_and_json_lines_alike(program: &'static Program) {
    for entity in program.nouns_of_files() {
        let forms = [("new.csv", program.csv(entity, [NEW])), ("new.jsonl", json_lines(program, entity, &[NEW]))];
        let mut held = Vec::new();
        for (name, text) in forms {
            let sandbox = program.filled();
            let answer = sandbox.run(&[entity.noun, "import", &sandbox.file(name, text)]);
            assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
            assert_eq!(answer.stderr, format!("1 {}: 1 new\n", entity.labels.0));
            let shown = program.shown(&sandbox, entity, &program.path(entity, NEW));
            for field in shown_fields(entity) {
                let expected = sample::exported(&program.catalog, entity, field, NEW);
                assert_eq!(super::adding::told(&shown[field.name]), expected, "{} {}", entity.noun, field.name);
            }
            held.push(sandbox.exported());
        }
        assert_eq!(held[0], held[1]);
    }
}

pub fn exports_every_value_with_whole_paths(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.nouns_of_files() {
        let text = sandbox.ok(&[entity.noun, "export"]);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
        let fields: Vec<&str> = shown_fields(entity).map(|field| field.name).collect();
        assert_eq!(header[..fields.len()], fields, "{}", entity.noun);
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
        let expected = program.csv(entity, 0..RECORDS);
        let mut expected = csv::Reader::from_reader(expected.as_bytes());
        assert_eq!(expected.headers().expect("a header").iter().collect::<Vec<_>>(), header);
        let expected: Vec<csv::StringRecord> = expected.records().map(|row| row.expect("a row")).collect();
        assert_eq!(rows[rows.len() - RECORDS..], expected, "{}", entity.noun);
        let lines = sandbox.ok(&[entity.noun, "export", "-o", "jsonl"]);
        assert_eq!(lines.lines().count(), rows.len());
        for (line, row) in lines.lines().zip(&rows) {
            let object: Value = serde_json::from_str(line).expect("JSON");
            for (name, cell) in fields.iter().zip(row) {
                assert_eq!(
                    super::adding::told(&object[name.replace('-', "_")]).unwrap_or_default(),
                    cell,
                    "{} {name}",
                    entity.noun
                );
            }
        }
    }
}

pub fn what_was_exported_changes_nothing_when_it_comes_back(program: &'static Program) {
    let sandbox = program.filled();
    let (before, bytes) = (program.holds(&sandbox), std::fs::read(sandbox.database()).expect("the inventory"));
    for entity in program.nouns_of_files() {
        let count: usize = sandbox.ok(&[entity.noun, "list", "--count"]).trim().parse().expect("a count");
        for style in ["csv", "jsonl"] {
            let exported = sandbox.ok(&[entity.noun, "export", "-o", style]);
            let arguments: &[&str] = &[entity.noun, "import", "-", "--update", "--prune"];
            let answer = sandbox.run_with_input(arguments, &exported);
            assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{} {style} {answer}", entity.noun);
            assert_eq!(answer.stderr, format!("{}: {count} unchanged\n", entity.counted(count)));
            assert_eq!(program.holds(&sandbox), before);
            assert!(std::fs::read(sandbox.database()).expect("the inventory") == bytes, "nothing was written");
            let answer = sandbox.run_with_input(&[entity.noun, "import", "-", "--skip-existing"], &exported);
            assert_eq!(answer.status, 0, "{answer}");
            assert_eq!(answer.stderr, format!("{}: {count} skipped\n", entity.counted(count)));
            let answer = sandbox.run_with_input(&[entity.noun, "import", "-"], &exported);
            assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "what exists already is a fault");
            assert_eq!(program.holds(&sandbox), before);
        }
    }
}

pub fn the_whole_inventory_comes_back_the_same(program: &'static Program) {
    let sandbox = program.filled();
    let before = sandbox.exported();
    let folder = sandbox.path().join("exported");
    sandbox.done("export", &[folder.to_str().expect("a path in UTF-8")]);
    for entity in program.nouns_of_files() {
        assert!(folder.join(format!("{}.csv", entity.plural)).is_file(), "{}", entity.plural);
    }
    let other = program.empty();
    other.done("import", &[folder.to_str().expect("a path in UTF-8")]);
    assert_eq!(other.exported(), before);
}

pub fn updates_only_the_columns_given_and_clears_by_an_empty_cell(program: &'static Program) {
    for entity in program.nouns_of_files() {
        let Some(field) =
            super::program::flagged(entity).find(|field| !field.required && !entity.is_naming(field.name))
        else {
            continue;
        };
        let sandbox = program.filled();
        let key = entity.keys.first().expect("a key");
        if key.contains(&field.name) {
            continue;
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(key.iter().chain([&field.name])).expect("a header");
        let cell = |name: &str| {
            let field = entity.field(name).expect("a field");
            sample::exported(&program.catalog, entity, field, 0).unwrap_or_default()
        };
        writer.write_record(key.iter().map(|name| cell(name)).chain([String::new()])).expect("a row");
        let file = sandbox.file("update.csv", writer.into_inner().expect("all rows"));
        let path = program.path(entity, 0);
        let before = program.shown(&sandbox, entity, &path);
        let answer = sandbox.run(&[entity.noun, "import", &file, "--update"]);
        assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
        assert_eq!(answer.stderr, format!("1 {}: 1 changed\n", entity.labels.0));
        let after = program.shown(&sandbox, entity, &path);
        for other in shown_fields(entity).filter(|field| field.kind != Kind::Updated) {
            if other.name == field.name {
                let empty = if field.kind == Kind::Status { Value::from("unknown") } else { Value::Null };
                assert_eq!(after[field.name], empty, "an empty cell clears {} {}", entity.noun, field.name);
            } else {
                assert_eq!(after[other.name], before[other.name], "a column that is not given stays");
            }
        }
    }
}

pub fn prunes_what_the_file_no_longer_has(program: &'static Program) {
    for entity in program.nouns_of_files() {
        let sandbox = program.filled();
        let added = program.add(&sandbox, entity, NEW);
        assert_eq!(added.status, 0, "{added}");
        let all = sandbox.ok(&[entity.noun, "export", "-o", "jsonl"]);
        let gone = program.path(entity, NEW);
        let name = sample::name(entity, NEW);
        let kept: String =
            all.lines().filter(|line| !line.contains(&format!("\"{name}\""))).map(|line| format!("{line}\n")).collect();
        assert_eq!(kept.lines().count() + 1, all.lines().count());
        let file = sandbox.file("kept.jsonl", kept);
        sandbox.ok(&[entity.noun, "import", &file, "--update"]);
        assert_eq!(sandbox.run(&[entity.noun, "show", &gone]).status, 0, "it stays unless --prune is said");
        assert_eq!(sandbox.run(&[entity.noun, "import", &file, "--prune"]).status, 2, "--prune goes with --update");
        let answer = sandbox.run(&[entity.noun, "import", &file, "--update", "--prune"]);
        assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
        assert!(answer.stderr.trim_end().ends_with("unchanged, 1 removed"), "{answer}");
        assert_eq!(sandbox.run(&[entity.noun, "show", &gone]).status, 3);
        assert_eq!(sandbox.exported(), program.filled().exported());
    }
}

pub fn prunes_nothing_that_others_need(program: &'static Program) {
    let sandbox = program.filled();
    let before = program.holds(&sandbox);
    let mut refused = 0;
    for entity in program.nouns_of_files() {
        let needs = |other: &Entity| {
            other.fields.iter().any(|field| match field.kind {
                Kind::Reference { to, on_remove } => {
                    to == entity.noun && matches!(on_remove, OnRemove::Refuse | OnRemove::Unset)
                }
                _ => false,
            })
        };
        if !program.catalog.entities().any(needs) {
            continue;
        }
        refused += 1;
        let file = sandbox.file("none.csv", program.csv(entity, []));
        let answer = sandbox.run(&[entity.noun, "import", &file, "--update", "--prune"]);
        assert_eq!((answer.status, answer.stdout.as_str()), (4, ""), "{answer}");
        assert!(answer.stderr.contains(" still has 1 "), "{answer}");
        assert_eq!(program.holds(&sandbox), before);
    }
    assert!(refused >= 6, "providers, dcs, pools, storages, oses and users are needed");
}

pub fn a_dry_run_of_a_whole_inventory_changes_nothing(program: &'static Program) {
    let (full, other) = (program.filled(), program.empty());
    let folder = full.path().join("exported");
    let folder = folder.to_str().expect("a path in UTF-8");
    full.done("export", &[folder]);
    let bytes = std::fs::read(other.database()).expect("the inventory");
    let told = other.ok(&["import", folder, "--dry-run", "-o", "csv"]);
    for entity in program.nouns_of_files() {
        for index in 0..RECORDS {
            let row = format!("create,{},{},,,\n", entity.noun, program.path(entity, index));
            assert!(told.contains(&row), "{row}");
        }
    }
    assert!(std::fs::read(other.database()).expect("the inventory") == bytes);
}

pub fn tells_each_fault_with_its_line_and_imports_nothing(program: &'static Program) {
    let sandbox = program.filled();
    let before = program.holds(&sandbox);
    for entity in program.nouns_of_files() {
        for field in entity.fields {
            let Some(target) = program.catalog.target(field) else { continue };
            let (near, wrong) = misspelt(&sample::name(target, 1));
            let good = program.csv(entity, [NEW]);
            let mut reader = csv::Reader::from_reader(good.as_bytes());
            let header = reader.headers().expect("a header").clone();
            let row = reader.records().next().expect("a row").expect("a row in order");
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(&header).expect("a header");
            writer.write_record(&row).expect("the good row");
            let cells = header.iter().zip(&row).map(|(name, cell)| if name == field.name { &wrong } else { cell });
            writer.write_record(cells).expect("the bad row");
            let file = sandbox.file("bad.csv", writer.into_inner().expect("all rows"));
            let answer = sandbox.run(&[entity.noun, "import", &file]);
            assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
            let fault =
                format!("bad.csv:3: {}: no {} named \"{wrong}\" (did you mean {near}?)", field.name, target.labels.0);
            assert!(answer.stderr.lines().any(|line| line.trim().ends_with(&fault)), "{fault}\n{answer}");
        }
    }
    assert_eq!(program.holds(&sandbox), before);
}
