//! Which records a list has and in which order: a flag for every field, every operator, every reference followed.

use super::program::{Program, column, has_secret, shown_fields};
use super::sample::{self, Meaning, RECORDS};
use crate::support::Sandbox;
use inv::catalog::{Compute, Entity, Field, Kind, Reach};
use std::cmp::Ordering;

/// Which samples a list has, by their number, in its order; what every inventory begins with is left aside.
fn chosen(program: &'static Program, sandbox: &Sandbox, entity: &'static Entity, how: &[&str]) -> Vec<usize> {
    let rows = column(sandbox, &[&[entity.noun, "list", "-c", "path"], how].concat());
    let number = |path: &String| (0..RECORDS).find(|index| program.path(entity, *index) == *path);
    rows.iter().filter_map(|row| number(&row[0])).collect()
}

/// The fields whose values are known, and those of each sample.
fn values(program: &'static Program, entity: &'static Entity) -> Vec<(&'static Field, Vec<Option<String>>)> {
    let clocked = |field: &Field| matches!(field.kind, Kind::Created | Kind::Updated) && has_secret(entity);
    let of = |field| (0..RECORDS).map(|index| sample::listed(&program.catalog, entity, field, index)).collect();
    shown_fields(entity).filter(|field| !clocked(field)).map(|field| (field, of(field))).collect()
}

/// The numbers of the samples whose value meets a condition.
fn those(values: &[Option<String>], meets: impl Fn(Option<&str>) -> bool) -> Vec<usize> {
    (0..RECORDS).filter(|index| meets(values[*index].as_deref())).collect()
}

pub fn filters_by_the_flag_of_each_field(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        for (field, values) in values(program, entity) {
            let flag = format!("--{}", field.name);
            for value in values.iter().flatten() {
                let same = those(&values, |other| other == Some(value));
                assert_eq!(chosen(program, &sandbox, entity, &[&flag, value]), same, "{} {flag} {value}", entity.noun);
            }
            let (one, other) = (values[0].as_deref(), values[2].as_deref());
            if let (Some(one), Some(other)) = (one, other) {
                let either = those(&values, |value| value == Some(one) || value == Some(other));
                assert_eq!(chosen(program, &sandbox, entity, &[&flag, one, &flag, other]), either, "{flag}");
            }
        }
        for (_, holder) in program.catalog.ancestors(entity).iter().skip(1) {
            let flag = format!("--{}", holder.noun);
            let held =
                |index: usize| program.path(entity, index).starts_with(&format!("{}/", program.path(holder, index)));
            let expected: Vec<usize> = (1..2).filter(|index| held(*index)).collect();
            let name = sample::name(holder, 1);
            assert_eq!(chosen(program, &sandbox, entity, &[&flag, &name]), expected, "{} {flag} {name}", entity.noun);
        }
    }
}

pub fn filters_by_each_operator(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        for (field, values) in values(program, entity) {
            let means = |text: &str| sample::meaning(&program.catalog, field, text);
            // Two of the three that are full: one has less than the other, one has more.
            for operand in [&values[0], &values[1]].into_iter().flatten() {
                let written = match (field.kind, means(operand)) {
                    // The same size in another unit.
                    (Kind::Quantity { .. }, Meaning::Number(thousandths)) => format!("{} B", thousandths / 1000),
                    _ => operand.clone(),
                };
                let compares = |orders: &[Ordering]| {
                    those(&values, |value| value.is_some_and(|text| orders.contains(&means(text).cmp(&means(operand)))))
                };
                let contains = |text: &str| text.to_lowercase().contains(&operand.to_lowercase());
                let expected = [
                    ("=", compares(&[Ordering::Equal])),
                    ("!=", those(&values, |value| value.is_none_or(|text| means(text) != means(operand)))),
                    ("<", compares(&[Ordering::Less])),
                    ("<=", compares(&[Ordering::Less, Ordering::Equal])),
                    (">", compares(&[Ordering::Greater])),
                    (">=", compares(&[Ordering::Greater, Ordering::Equal])),
                ];
                for (operator, expected) in expected {
                    let term = format!("{}{operator}{written}", field.name);
                    assert_eq!(
                        chosen(program, &sandbox, entity, &["--where", &term]),
                        expected,
                        "{} {term}",
                        entity.noun
                    );
                }
                let shouted = operand.to_uppercase();
                for (operator, wanted) in [("~", true), ("!~", false)] {
                    let term = format!("{} {operator} {shouted}", field.name);
                    let expected = those(&values, |value| value.is_some_and(contains) == wanted);
                    assert_eq!(
                        chosen(program, &sandbox, entity, &["--where", &term]),
                        expected,
                        "{} {term}",
                        entity.noun
                    );
                }
            }
            let (empty, filled) = (format!("{}=", field.name), format!("{}!=", field.name));
            assert_eq!(
                chosen(program, &sandbox, entity, &["--where", &empty]),
                those(&values, |value| value.is_none())
            );
            assert_eq!(
                chosen(program, &sandbox, entity, &["--where", &filled]),
                those(&values, |value| value.is_some())
            );
        }
    }
}

pub fn sorts_by_the_meaning_of_each_field(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        for (field, values) in values(program, entity) {
            for descending in [false, true] {
                let mut expected: Vec<usize> = (0..RECORDS).collect();
                // What is empty comes last either way, and what is equal in the order in which it was made.
                expected.sort_by_key(|index| values[*index].is_none());
                let filled = values.iter().flatten().count();
                expected[..filled].sort_by(|one, other| {
                    let means = |index: &usize| {
                        values[*index].as_deref().map(|text| sample::meaning(&program.catalog, field, text))
                    };
                    if descending { means(other).cmp(&means(one)) } else { means(one).cmp(&means(other)) }
                });
                let key = format!("{}{}", field.name, if descending { ":desc" } else { "" });
                assert_eq!(chosen(program, &sandbox, entity, &["--sort", &key]), expected, "{} {key}", entity.noun);
            }
        }
        assert_eq!(chosen(program, &sandbox, entity, &[]), [0, 1, 2, 3], "as they were made, where nothing is said");
        assert_eq!(chosen(program, &sandbox, entity, &["--sort", "id:desc"]), [3, 2, 1, 0]);
        let last = RECORDS + if entity.seeded { sample::seeded_units().len() } else { 0 } - 2;
        let some = chosen(program, &sandbox, entity, &["--offset", &last.to_string(), "--limit", "1"]);
        assert_eq!(some, [2], "{}", entity.noun);
    }
}

pub fn follows_each_reference_with_dots(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        for reference in entity.fields {
            let Some(target) = program.catalog.target(reference) else { continue };
            for (field, values) in values(program, target) {
                let dotted = format!("{}.{}", reference.name, field.name);
                let told = |index: usize| {
                    let value = sample::is_filled(entity, reference, index).then(|| values[index].clone()).flatten();
                    value.unwrap_or_default()
                };
                let expected: Vec<Vec<String>> = (0..RECORDS).map(|index| vec![told(index)]).collect();
                assert_eq!(
                    column(&sandbox, &[entity.noun, "list", "-c", &dotted]),
                    expected,
                    "{} {dotted}",
                    entity.noun
                );
                let term = format!("{dotted}={}", values[1].as_deref().unwrap_or_default());
                let same: Vec<usize> = (0..RECORDS).filter(|index| told(*index) == told(1)).collect();
                if sample::is_filled(entity, reference, 1) {
                    assert_eq!(chosen(program, &sandbox, entity, &["--where", &term]), same, "{} {term}", entity.noun);
                }
            }
            let dotted = format!("{}.path", reference.name);
            let path = |index: usize| sample::exported(&program.catalog, entity, reference, index).unwrap_or_default();
            let expected: Vec<Vec<String>> = (0..RECORDS).map(|index| vec![path(index)]).collect();
            assert_eq!(column(&sandbox, &[entity.noun, "list", "-c", &dotted]), expected, "{} {dotted}", entity.noun);
        }
    }
}

pub fn counts_what_leads_to_a_record(program: &'static Program) {
    let sandbox = program.filled();
    let mut counted = 0;
    for entity in program.catalog.nouns() {
        for computed in entity.computed {
            let Compute::Count { of, by } = computed.rule else { continue };
            counted += 1;
            let leads = |index: usize| {
                let mut here = program.catalog.of(of);
                let exists = match here.reach {
                    Reach::Link => index < sample::BARE,
                    // No source has been imported.
                    Reach::FileOnly => false,
                    Reach::Everywhere | Reach::NoFiles => true,
                };
                exists
                    && by.split('.').all(|hop| {
                        let field = here.field(hop).expect("a reference");
                        let filled = sample::is_filled(here, field, index);
                        here = program.catalog.target(field).expect("a noun");
                        filled
                    })
            };
            let expected: Vec<Vec<String>> =
                (0..RECORDS).map(|index| vec![u8::from(leads(index)).to_string()]).collect();
            assert_eq!(column(&sandbox, &[entity.noun, "list", "-c", computed.name]), expected, "{}", computed.name);
        }
    }
    assert!(counted > 5);
}

pub fn refuses_a_column_that_there_is_not_and_lists_those_there_are(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        for how in [["-c", "nonsense"], ["--sort", "nonsense"], ["--where", "nonsense=1"]] {
            let answer = sandbox.run(&[&[entity.noun, "list"][..], &how].concat());
            assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{answer}");
            assert!(
                answer.stderr.starts_with(&format!("error: {} has no column \"nonsense\"\n", entity.noun)),
                "{answer}"
            );
            for field in shown_fields(entity) {
                assert!(answer.stderr.contains(field.name), "{} {answer}", field.name);
            }
        }
    }
}
