//! `inv NOUN add`.

use super::program::{Program, column, flagged, has_secret, shown_fields};
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
        assert_eq!(again["path"], Value::from(path));
        assert!(again["id"].as_i64() > shown["id"].as_i64(), "ids are never used again: {}", entity.noun);
        for unlike in ["id", "created", "updated"].iter().filter(|key| shown.get(**key).is_some()) {
            again[*unlike] = shown[*unlike].clone();
        }
        assert_eq!(again, shown);
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
        let needs = format!("error: {} needs ", entity.labels.0);
        let missing: Vec<&str> =
            sentence.strip_prefix(&needs).unwrap_or_else(|| panic!("{answer}")).split(", ").collect();
        let mut expected: Vec<String> = Vec::new();
        if entity.numbered.is_none() {
            expected.push("a NAME".to_owned());
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
