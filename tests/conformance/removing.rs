//! `inv NOUN rm`: what goes along, what is let go, and what forbids it, for every reference of the catalog.

use super::program::{Program, column};
use super::sample::{self, BARE, RECORDS};
use inv::catalog::{Entity, Kind, OnRemove, Reach};
use std::collections::BTreeSet;

/// Whether there is a record `index` of `entity`: links are between the full ones only.
fn exists(entity: &Entity, index: usize) -> bool {
    entity.reach != Reach::Link || index < BARE
}

/// What the contract makes of a removal: each record refers to those of its own number, so nouns are enough.
#[derive(Default)]
struct Expected {
    /// The nouns whose record goes, what was named among them.
    gone: BTreeSet<&'static str>,
    /// The nouns and fields that are let go.
    released: Vec<(&'static str, &'static str)>,
    /// The nouns whose record forbids it.
    needed_by: Vec<&'static Entity>,
}

fn expected(program: &'static Program, target: &'static Entity, index: usize, recursive: bool) -> Expected {
    let mut plan = Expected { gone: BTreeSet::from([target.noun]), ..Expected::default() };
    loop {
        let before = plan.gone.len();
        let (mut released, mut needed_by) = (Vec::new(), Vec::<&'static Entity>::new());
        let linking = |entity: &&Entity| entity.reach != Reach::FileOnly;
        for entity in program.catalog.entities().filter(linking).filter(|entity| exists(entity, index)) {
            for field in entity.fields {
                let Kind::Reference { to, on_remove } = field.kind else { continue };
                if !plan.gone.contains(to) || !sample::is_filled(entity, field, index) {
                    continue;
                }
                match (on_remove, recursive) {
                    (OnRemove::Follow, _) | (OnRemove::Refuse | OnRemove::Release, true) => {
                        plan.gone.insert(entity.noun);
                    }
                    (OnRemove::Release, false) | (OnRemove::Unset, true) => released.push((entity.noun, field.name)),
                    (OnRemove::Refuse | OnRemove::Unset, false) | (OnRemove::Keep, _) => {
                        if !needed_by.iter().any(|known| known.noun == entity.noun) {
                            needed_by.push(entity);
                        }
                    }
                }
            }
        }
        if plan.gone.len() == before {
            released.retain(|(noun, _)| !plan.gone.contains(noun));
            needed_by.retain(|entity| !plan.gone.contains(entity.noun));
            (plan.released, plan.needed_by) = (released, needed_by);
            return plan;
        }
    }
}

fn one_of_each<'a>(entities: impl Iterator<Item = &'a Entity>) -> String {
    let words: Vec<String> = entities.map(|entity| format!("1 {}", entity.labels.0)).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

pub fn refuses_to_remove_what_others_need_and_counts_them(program: &'static Program) {
    let sandbox = program.filled();
    let before = program.holds(&sandbox);
    let mut refused = 0;
    for entity in program.catalog.nouns() {
        for index in 0..RECORDS {
            let plan = expected(program, entity, index, false);
            if plan.needed_by.is_empty() {
                continue;
            }
            refused += 1;
            let path = program.path(entity, index);
            for yes in [&["--yes"][..], &[]] {
                let answer = sandbox.run(&[&[entity.noun, "rm", &path], yes].concat());
                assert_eq!((answer.status, answer.stdout.as_str()), (4, ""), "{answer}");
                let counts = one_of_each(plan.needed_by.iter().copied());
                let sentence =
                    format!("error: {} {} still has {counts}\n", entity.labels.0, sample::name(entity, index));
                assert!(answer.stderr.starts_with(&sentence), "{sentence}{answer}");
            }
        }
    }
    assert!(refused >= 5 * BARE, "providers, datacenters, pools, systems' owners and storage are needed");
    assert_eq!(program.holds(&sandbox), before);
}

pub fn takes_along_what_is_part_of_it_and_lets_the_rest_go(program: &'static Program) {
    for recursive in [false, true] {
        for entity in program.catalog.nouns() {
            for index in [0, 1, BARE] {
                let plan = expected(program, entity, index, recursive);
                if plan.needed_by.is_empty() {
                    removes(program, entity, index, recursive, &plan);
                }
            }
        }
    }
}

fn removes(program: &'static Program, entity: &'static Entity, index: usize, recursive: bool, plan: &Expected) {
    let sandbox = program.filled();
    let path = program.path(entity, index);
    let before = program.holds(&sandbox);
    let how: &[&str] = if recursive { &["--recursive"] } else { &[] };
    let unasked = sandbox.run(&[&[entity.noun, "rm", &path], how].concat());
    assert_eq!((unasked.status, unasked.stdout.as_str()), (2, ""), "{unasked}");
    assert_eq!(program.holds(&sandbox), before, "off a terminal it wants --yes");
    let mut words = format!("1 {}", entity.labels.0);
    let along = program.catalog.entities().filter(|other| other.noun != entity.noun && plan.gone.contains(other.noun));
    if plan.gone.len() > 1 {
        words.push_str(&format!(" with {}", one_of_each(along)));
    }
    let let_go = |other: &&Entity| plan.released.iter().any(|(noun, _)| *noun == other.noun);
    if !plan.released.is_empty() {
        words.push_str(&format!(", releasing {}", one_of_each(program.catalog.entities().filter(let_go))));
    }
    let ids: Vec<(&str, &str, String)> = plan
        .released
        .iter()
        .map(|(noun, field)| (*noun, *field, program.id(&sandbox, program.catalog.of(noun), index)))
        .collect();
    let answer = sandbox.run(&[&[entity.noun, "rm", &path, "--yes"], how].concat());
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    assert_eq!(answer.stderr, format!("deleted {words}\n"));
    for other in program.catalog.nouns() {
        let ours = (0..RECORDS).map(|index| program.path(other, index));
        let ours: BTreeSet<String> = ours.collect();
        let left = column(&sandbox, &[other.noun, "list", "-c", "path"]);
        let left: BTreeSet<String> = left.into_iter().map(|row| row[0].clone()).filter(|p| ours.contains(p)).collect();
        let stays = |number: &usize| *number != index || !plan.gone.contains(other.noun);
        // What is let go by the field that leads to its holder has another path from then on.
        let moved = |number: &usize| {
            *number == index && ids.iter().any(|(noun, field, _)| *noun == other.noun && other.parent == Some(*field))
        };
        let expected = (0..RECORDS).filter(|number| stays(number) && !moved(number));
        assert_eq!(left, expected.map(|number| program.path(other, number)).collect(), "{}", other.noun);
    }
    for (noun, field, id) in ids {
        assert_eq!(program.shown(&sandbox, program.catalog.of(noun), &id)[field], serde_json::Value::Null);
    }
}

pub fn a_unit_in_use_is_never_removed(program: &'static Program) {
    let sandbox = program.filled();
    let before = program.holds(&sandbox);
    // The quantities of the record that has only what it must are empty.
    for unit in ["MiB", "GiB", "GB"] {
        let measured = |entity: &&Entity| entity.fields.iter().any(|field| matches!(field.kind, Kind::Quantity { .. }));
        let counts = one_of_each(program.catalog.entities().filter(measured));
        for how in [&["--yes"][..], &["--yes", "--recursive"]] {
            let answer = sandbox.run(&[&["unit", "rm", unit], how].concat());
            assert_eq!((answer.status, answer.stdout.as_str()), (4, ""), "{answer}");
            let sentence = format!("error: unit {unit} still has {counts}\n");
            assert!(answer.stderr.starts_with(&sentence), "{sentence}{answer}");
        }
    }
    assert_eq!(program.holds(&sandbox), before);
}

pub fn removes_several_or_none(program: &'static Program) {
    for entity in program.catalog.nouns() {
        let sandbox = program.filled();
        let before = program.holds(&sandbox);
        let (one, other) = (program.path(entity, 0), program.path(entity, 1));
        let wrong = sandbox.run(&[entity.noun, "rm", "--recursive", "--yes", &one, "nowhere", &other]);
        assert_eq!((wrong.status, wrong.stdout.as_str()), (3, ""), "{wrong}");
        assert_eq!(program.holds(&sandbox), before);
        let right = sandbox.run(&[entity.noun, "rm", "--recursive", "--yes", &one, &other, &one]);
        assert_eq!((right.status, right.stdout.as_str()), (0, ""), "{right}");
        assert!(right.stderr.starts_with(&format!("deleted 2 {}", entity.labels.1)), "{right}");
        let left = column(&sandbox, &[entity.noun, "list", "-c", "path"]);
        assert!(!left.contains(&vec![one]) && !left.contains(&vec![other]));
        assert!(left.contains(&vec![program.path(entity, 2)]) && left.contains(&vec![program.path(entity, BARE)]));
    }
}
