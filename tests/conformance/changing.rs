//! `inv NOUN set`, `--clear`, `rename`, and `--dry-run` of everything that writes.

use super::adding::{misspelt, told};
use super::program::{Program, column, flagged, shown_fields};
use super::sample::{self, BARE, NEW};
use inv::catalog::{Entity, Field, Kind, Reach, Rule};
use serde_json::Value;

/// The field that one of the rules excludes while `field` is given.
fn excluded(entity: &Entity, field: &Field) -> Option<&'static str> {
    entity.rules.iter().find_map(|rule| match rule {
        Rule::NotBoth(one, other) if *one == field.name => Some(*other),
        Rule::NotBoth(one, other) if *other == field.name => Some(*one),
        _ => None,
    })
}

/// Holds what changed against what should have: `changed`, and when the record was updated, and nothing else.
fn only_changed(entity: &'static Entity, before: &Value, after: &Value, changed: &[&str]) {
    for field in shown_fields(entity).filter(|field| !changed.contains(&field.name)) {
        let (before, after) = (&before[field.name], &after[field.name]);
        if field.kind == Kind::Updated {
            assert!(told(after) > told(before), "{} is updated", entity.noun);
        } else {
            assert_eq!(before, after, "{} {}", entity.noun, field.name);
        }
    }
    assert_eq!(before["id"], after["id"]);
}

pub fn sets_each_field_and_no_other(program: &'static Program) {
    for entity in program.catalog.nouns() {
        for field in flagged(entity) {
            let sandbox = program.filled();
            let id = program.id(&sandbox, entity, 0);
            let before = program.shown(&sandbox, entity, &id);
            let (given, expected) = match program.catalog.target(field) {
                // The end of a path is enough.
                Some(target) => (sample::name(target, 2), program.path(target, 2)),
                None => {
                    let text = sample::new_value(entity, field);
                    (text.clone(), text)
                }
            };
            let flag = format!("--{}", field.name);
            let mut arguments = vec![entity.noun, "set", &id, &flag, &given];
            let mut changed = vec![field.name];
            if let Some(other) = excluded(entity, field).filter(|other| before[*other] != Value::Null) {
                let refused = sandbox.run(&arguments);
                assert_eq!((refused.status, refused.stdout.as_str()), (1, ""), "{refused}");
                assert!(refused.stderr.contains("not both"), "{refused}");
                assert_eq!(program.shown(&sandbox, entity, &id), before);
                arguments.extend(["--clear", other]);
                changed.push(other);
            }
            let answer = sandbox.run(&arguments);
            assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{arguments:?} {answer}");
            assert_eq!(answer.stderr, format!("changed 1 {}\n", entity.labels.0));
            let after = program.shown(&sandbox, entity, &id);
            assert_eq!(told(&after[field.name]), Some(expected), "{} {}", entity.noun, field.name);
            only_changed(entity, &before, &after, &changed);
            let again = sandbox.run(&arguments);
            assert_eq!((again.status, again.stdout.as_str()), (0, ""), "{again}");
            assert_eq!(again.stderr, "no changes needed\n");
            assert_eq!(program.shown(&sandbox, entity, &id), after);
        }
    }
}

pub fn changes_many_only_after_a_yes(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        let field = flagged(entity).find(|field| may_be_cleared(field) && !entity.is_naming(field.name));
        let Some(field) = field else { continue };
        let before = program.holds(&sandbox);
        let paths: Vec<String> = (0..sample::RECORDS).map(|index| program.path(entity, index)).collect();
        let names = paths.iter().map(String::as_str);
        let many: Vec<&str> = [entity.noun, "set"].into_iter().chain(names).chain(["--clear", field.name]).collect();
        let answer = sandbox.run(&many);
        assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{answer}");
        assert!(answer.stderr.contains(&format!("4 {}", entity.labels.1)), "{answer}");
        assert_eq!(program.holds(&sandbox), before);
        let with_one_wrong: Vec<&str> = many.iter().copied().chain(["nowhere", "--yes"]).collect();
        let with_one_wrong = sandbox.run(&with_one_wrong);
        assert_eq!((with_one_wrong.status, program.holds(&sandbox)), (3, before), "{with_one_wrong}");
        let agreed: Vec<&str> = many.iter().copied().chain(["--yes"]).collect();
        sandbox.ok(&agreed);
        let cleared = if field.kind == Kind::Status { "unknown" } else { "" };
        let left = column(&sandbox, &[entity.noun, "list", "-c", field.name]);
        assert!(left.iter().rev().take(sample::RECORDS).all(|row| row[0] == cleared), "{left:?}");
    }
}

fn may_be_cleared(field: &Field) -> bool {
    !field.required && !matches!(field.kind, Kind::Created | Kind::Updated | Kind::Role | Kind::Secret)
}

pub fn clears_each_field_that_may_be_empty(program: &'static Program) {
    for entity in program.catalog.nouns() {
        for field in entity.fields.iter().filter(|field| field.kind != Kind::Secret) {
            let sandbox = program.filled();
            let index = (0..BARE).find(|index| sample::is_filled(entity, field, *index)).expect("a filled one");
            let id = program.id(&sandbox, entity, index);
            let before = program.shown(&sandbox, entity, &id);
            let answer = sandbox.run(&[entity.noun, "set", &id, "--clear", field.name]);
            let after = program.shown(&sandbox, entity, &id);
            if !may_be_cleared(field) {
                assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{} {answer}", field.name);
                assert_eq!(after, before);
                continue;
            }
            assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{} {answer}", field.name);
            let cleared = if field.kind == Kind::Status { Value::from("unknown") } else { Value::Null };
            assert_eq!(after[field.name], cleared, "{} {}", entity.noun, field.name);
            if matches!(field.kind, Kind::Quantity { .. }) {
                assert_eq!(after[format!("{}_bytes", field.name)], Value::Null);
            }
            only_changed(entity, &before, &after, &[field.name]);
        }
    }
}

pub fn refuses_to_clear_all_of_what_a_record_needs_one_of(program: &'static Program) {
    let mut rules = 0;
    for entity in program.catalog.nouns() {
        for rule in entity.rules {
            let Rule::AnyOf(fields) = rule else { continue };
            rules += 1;
            let sandbox = program.filled();
            let before = program.holds(&sandbox);
            let id = program.id(&sandbox, entity, 0);
            let clear = fields.iter().flat_map(|field| ["--clear", field]);
            let all: Vec<&str> = [entity.noun, "set", &id].into_iter().chain(clear).collect();
            let answer = sandbox.run(&all);
            assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
            assert!(answer.stderr.contains(&format!("requires {}", fields.join(" or "))), "{answer}");
            assert_eq!(program.holds(&sandbox), before);
        }
    }
    assert_eq!(rules, 1, "an address needs one of its two forms");
}

pub fn renames_one_and_what_hangs_from_it_follows(program: &'static Program) {
    for entity in program.catalog.nouns() {
        let sandbox = program.filled();
        let (old, new) = (program.path(entity, 1), sample::name(entity, NEW));
        let holder = old.strip_suffix(&sample::name(entity, 1)).expect("the path ends in the name");
        let renamed = format!("{holder}{new}");
        let before = program.shown(&sandbox, entity, &old);
        let answer = sandbox.run(&[entity.noun, "rename", &old, &new]);
        assert_eq!((answer.status, answer.stdout, answer.stderr), (0, format!("{renamed}\n"), String::new()));
        let after = program.shown(&sandbox, entity, &renamed);
        let naming = entity.naming().next().expect("a field that names");
        assert_eq!(told(&after[naming.name]), Some(new));
        only_changed(entity, &before, &after, &[naming.name]);
        assert_eq!(sandbox.run(&[entity.noun, "show", &old]).status, 3);
        for below in program.catalog.nouns() {
            if program.catalog.parent(below).is_some_and(|(_, holder)| holder.noun == entity.noun) {
                let path = format!("{renamed}/{}", sample::name(below, 1));
                assert!(column(&sandbox, &[below.noun, "list", "-c", "path"]).contains(&vec![path]));
            }
        }
    }
}

pub fn refuses_a_name_that_another_has(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        // An address may be borne twice, in two VLANs.
        let key = entity.keys.first().expect("a key");
        if !key.iter().all(|field| entity.is_naming(field) || entity.parent == Some(*field)) {
            continue;
        }
        let answer = program.add(&sandbox, entity, NEW);
        assert_eq!(answer.status, 0, "{answer}");
        let before = program.holds(&sandbox);
        let (taken, path) = (sample::name(entity, 0), program.path(entity, 0));
        let answer = sandbox.run(&[entity.noun, "rename", &program.path(entity, NEW), &taken]);
        assert_eq!((answer.status, answer.stdout.as_str()), (4, ""), "{answer}");
        assert_eq!(answer.stderr, format!("error: {} \"{path}\" already exists\n", entity.labels.0));
        assert_eq!(program.holds(&sandbox), before);
    }
}

pub fn tells_who_was_meant_where_nobody_is_called_so(program: &'static Program) {
    let sandbox = program.filled();
    let before = program.holds(&sandbox);
    for entity in program.catalog.nouns() {
        let (near, wrong) = misspelt(&sample::name(entity, 1));
        let told = format!("error: no {} named \"{wrong}\"\nhelp: did you mean {near}?\n", entity.labels.0);
        let change = flagged(entity).find(|field| may_be_cleared(field));
        let clear = change.map(|field| vec!["set", &wrong, "--clear", field.name]);
        let verbs = [vec!["show", &wrong], vec!["rm", &wrong, "--yes"], vec!["rename", &wrong, &near]];
        for rest in verbs.into_iter().chain(clear) {
            let answer = sandbox.run(&[vec![entity.noun], rest.clone()].concat());
            assert_eq!((answer.status, answer.stdout.as_str(), &answer.stderr), (3, "", &told), "{rest:?}");
        }
    }
    assert_eq!(program.holds(&sandbox), before);
}

pub fn a_dry_run_tells_what_would_be_and_changes_nothing(program: &'static Program) {
    let sandbox = program.filled();
    let (before, bytes) = (program.holds(&sandbox), std::fs::read(sandbox.database()).expect("the inventory"));
    for entity in program.catalog.nouns() {
        let old = program.path(entity, 1);
        let told = |verb: &str, arguments: &[&str]| -> Vec<Vec<String>> {
            let flags = ["--dry-run", "-o", "csv"];
            let all: Vec<String> = arguments.iter().chain(&flags).map(|text| (*text).to_owned()).collect();
            let answer = program.run(&sandbox, entity, verb, &all);
            assert_eq!(answer.status, 0, "{} {verb} {all:?} {answer}", entity.noun);
            let now = std::fs::read(sandbox.database()).expect("the inventory");
            assert!(now == bytes, "{} {verb} --dry-run left the file as it was", entity.noun);
            let mut reader = csv::Reader::from_reader(answer.stdout.as_bytes());
            assert_eq!(reader.headers().expect("a header"), vec!["action", "noun", "record", "field", "old", "new"]);
            reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
        };
        let made = ["create", entity.noun, &program.path(entity, NEW), "", "", ""];
        let given = program.add_arguments(entity, NEW);
        assert_eq!(told("add", &given.iter().map(String::as_str).collect::<Vec<&str>>()), [made]);
        let naming = entity.naming().next().expect("a field that names");
        let rows = told("rename", &[&old, &sample::name(entity, NEW)]);
        let renamed = ["update", entity.noun, naming.name, &sample::name(entity, 1), &sample::name(entity, NEW)];
        assert!(rows.iter().any(|row| [&row[0], &row[1], &row[3], &row[4], &row[5]] == renamed), "{rows:?}");
        for field in flagged(entity).filter(|field| may_be_cleared(field) && sample::is_filled(entity, field, 1)) {
            let rows = told("set", &[&old, "--clear", field.name]);
            let value = sample::exported(&program.catalog, entity, field, 1).expect("a value");
            let none = if field.kind == Kind::Status { "unknown" } else { "" };
            let cleared = ["update", entity.noun, field.name, &value, none];
            assert!(rows.iter().any(|row| [&row[0], &row[1], &row[3], &row[4], &row[5]] == cleared), "{rows:?}");
        }
        let rows = told("rm", &[&old, "--recursive"]);
        assert!(rows.contains(&["remove", entity.noun, &old, "", "", ""].map(str::to_owned).to_vec()), "{rows:?}");
        if entity.reach == Reach::Everywhere {
            let new = sandbox.file("new.csv", program.csv(entity, [NEW]));
            assert_eq!(told("import", &[&new]), [made]);
            let all = sandbox.file("all.csv", program.csv(entity, 0..=NEW));
            assert_eq!(told("import", &[&all, "--update"]), [made]);
            assert_eq!(told("import", &[&all, "--skip-existing"]), [made]);
        }
    }
    assert_eq!(program.holds(&sandbox), before);
}
