//! `inv NOUN add`.

use super::program::{Program, call_as_fields, column, flagged, has_secret, shown_fields};
use super::sample::{self, NEW};
use inv::catalog::Kind;
use serde_json::Value;

pub fn adds_what_it_is_told_and_prints_the_path(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        let answer = program.add(&sandbox, entity, NEW);
        let path = program.path(entity, NEW);
        assert_eq!((answer.status, answer.stdout, answer.stderr), (0, format!("{path}\n"), String::new()));
        let shown = program.shown(&sandbox, entity, &path);
        for field in shown_fields(entity).filter(|field| !matches!(field.kind, Kind::Created | Kind::Updated)) {
            let expected = sample::exported(&program.catalog, entity, field, NEW);
            assert_eq!(told(&shown[field.name]), expected, "{} {}", entity.noun, field.name);
        }
        assert_eq!(
            column(&sandbox, &[entity.noun, "list", "-c", "path"]).last().expect("rows"),
            std::slice::from_ref(&path)
        );
        assert_eq!(sandbox.ok(&[entity.noun, "rm", &path, "--yes"]), "");
        let json = [program.add_arguments(entity, NEW), vec!["-o".to_owned(), "json".to_owned()]].concat();
        let answer = program.run(&sandbox, entity, "add", &json);
        let mut again: Value = serde_json::from_str(&answer.stdout).expect("the record as JSON");
        call_as_fields(entity, &mut again);
        assert_eq!(again["path"], Value::from(path));
        assert!(again["id"].as_i64() > shown["id"].as_i64(), "ids are never used again: {}", entity.noun);
        for unlike in ["id", "created", "updated"].iter().filter(|key| shown.get(**key).is_some()) {
            again[*unlike] = shown[*unlike].clone();
        }
        assert_eq!(again, shown);
    }
}

pub fn applies_what_it_is_told_once_and_says_which(program: &'static Program) {
    let sandbox = program.filled();
    // A disk or an address has no name of its own, and a password has no equal.
    let nouns = program.catalog.nouns().filter(|entity| entity.names.len() == 1 && !has_secret(entity));
    for entity in nouns {
        let (path, told) = (program.path(entity, NEW), program.add_arguments(entity, NEW));
        for done in ["created", "unchanged"] {
            let answer = program.run(&sandbox, entity, "apply", &told);
            assert_eq!((answer.status, answer.stdout, answer.stderr), (0, format!("{path}\n"), format!("{done}\n")));
        }
        let held = program.holds(&sandbox);
        let changes = column(&sandbox, &["log"]).len();
        let skipped = [told.clone(), vec!["--if-not-exists".to_owned()]].concat();
        let answer = program.run(&sandbox, entity, "add", &skipped);
        assert_eq!((answer.status, answer.stdout, answer.stderr), (0, format!("{path}\n"), "unchanged\n".to_owned()));
        assert_eq!((program.holds(&sandbox), column(&sandbox, &["log"]).len()), (held, changes));
        let Some(field) = flagged(entity).find(|field| !field.required && field.kind == Kind::Text) else { continue };
        let other = [told, vec![format!("--{}", field.name), "another".to_owned()]].concat();
        // The last one of two flags counts for nothing: the first is taken out.
        let place = other.iter().position(|argument| *argument == format!("--{}", field.name)).expect("the flag");
        let other = if place + 2 < other.len() { [&other[..place], &other[place + 2..]].concat() } else { other };
        let answer = program.run(&sandbox, entity, "apply", &other);
        assert_eq!((answer.status, answer.stdout, answer.stderr), (0, format!("{path}\n"), "changed\n".to_owned()));
        assert_eq!(program.shown(&sandbox, entity, &path)[field.name], Value::from("another"));
        let gone = [path.as_str(), "nothing-of-that-name"];
        let removed = sandbox.run(&[&[entity.noun, "rm", "--yes", "--ignore-missing"][..], &gone].concat());
        assert_eq!((removed.status, removed.stdout.as_str()), (0, ""), "{removed}");
        assert!(removed.stderr.starts_with(&format!("deleted 1 {}", entity.labels.0)), "{removed}");
        let again = sandbox.run(&[&[entity.noun, "rm", "--yes", "--ignore-missing"][..], &gone].concat());
        assert_eq!((again.status, again.stderr), (0, format!("no {} matched\n", entity.labels.1)));
    }
}

/// A JSON value as text; nothing for null.
pub fn told(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

pub fn names_all_that_is_missing_at_once(program: &'static Program) {
    let sandbox = program.filled();
    let before = program.holds(&sandbox);
    for entity in program.catalog.nouns() {
        let answer = sandbox.run(&[entity.noun, "add"]);
        assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{}: {answer}", entity.noun);
        let sentence = answer.stderr.lines().next().expect("a sentence").to_owned();
        let needs = "error: missing arguments: ";
        let missing: Vec<&str> =
            sentence.strip_prefix(needs).unwrap_or_else(|| panic!("{answer}")).split(", ").collect();
        let mut expected: Vec<String> = Vec::new();
        if entity.numbered.is_none() {
            expected.push("NAME".to_owned());
        }
        let required = flagged(entity).filter(|field| field.required && !entity.is_naming(field.name));
        expected.extend(required.map(|field| format!("--{}", field.name)));
        if has_secret(entity) {
            expected.push("--password-stdin".to_owned());
        }
        assert_eq!(missing, expected);
    }
    assert_eq!(program.holds(&sandbox), before);
}

pub fn refuses_a_duplicate(program: &'static Program) {
    let sandbox = program.filled();
    let before = program.holds(&sandbox);
    for entity in program.catalog.nouns() {
        let answer = program.add(&sandbox, entity, 1);
        let path = program.path(entity, 1);
        assert_eq!((answer.status, answer.stdout.as_str()), (4, ""), "{answer}");
        assert_eq!(answer.stderr, format!("error: {} \"{path}\" already exists\n", entity.labels.0));
    }
    assert_eq!(program.holds(&sandbox), before);
}

pub fn refuses_a_reference_that_leads_nowhere_and_suggests_one(program: &'static Program) {
    let sandbox = program.filled();
    let before = program.holds(&sandbox);
    for entity in program.catalog.nouns() {
        for field in entity.fields {
            let Some(target) = program.catalog.target(field) else { continue };
            let (near, wrong) = misspelt(&sample::name(target, 1));
            let mut arguments = program.add_arguments(entity, NEW);
            let flag = arguments.iter().position(|text| *text == format!("--{}", field.name)).expect("its flag");
            arguments[flag + 1].clone_from(&wrong);
            let answer = program.run(&sandbox, entity, "add", &arguments);
            let told = format!(
                "error: {}: no {} named \"{wrong}\"\nhelp: did you mean {near}?\n",
                field.name, target.labels.0
            );
            assert_eq!((answer.status, answer.stdout.as_str(), answer.stderr), (3, "", told));
            let flag = format!("--{}", field.name);
            let told = format!("error: no {} named \"{wrong}\"\nhelp: did you mean {near}?\n", target.labels.0);
            let answer = sandbox.run(&[entity.noun, "list", &flag, &wrong]);
            assert_eq!((answer.status, answer.stdout.as_str(), answer.stderr), (3, "", told));
        }
    }
    assert_eq!(program.holds(&sandbox), before);
}

/// A name, and how it is easily mistyped: its first two characters swapped.
pub fn misspelt(name: &str) -> (String, String) {
    let mut letters: Vec<char> = name.chars().collect();
    letters.swap(0, 1);
    (name.to_owned(), letters.into_iter().collect())
}
