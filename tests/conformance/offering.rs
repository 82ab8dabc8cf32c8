//! What the program offers for every noun: verbs, flags, help, manual pages, and names to complete.

use super::program::{Program, column, flagged, has_secret, shown_fields};
use super::sample::{self, RECORDS};
use crate::support::{Sandbox, answer};
use inv::catalog::{Entity, Kind, OnRemove, Reach};
use std::collections::BTreeMap;

/// The verbs of the contract that a noun has.
fn verbs(entity: &Entity) -> Vec<&'static str> {
    let mut verbs = vec!["list", "show", "add", "apply", "set", "rename", "rm", "log"];
    if entity.reach == Reach::Everywhere {
        verbs.extend(["import", "export"]);
    }
    verbs
}

pub fn every_verb_is_offered_and_explained(program: &'static Program) {
    let known: Vec<&str> = inv::verb::VERBS.iter().map(|verb| verb.name).collect();
    assert_eq!(
        known,
        ["list", "show", "add", "apply", "set", "rename", "rm", "import", "export", "log"],
        "this suite proves all of them"
    );
    // Neither help nor version needs an inventory.
    let sandbox = Sandbox::of(&program.binary);
    let all = sandbox.ok(&["--help"]);
    for entity in program.catalog.nouns() {
        assert!(all.contains(&format!("\n  {} ", entity.noun)) && all.contains(entity.about), "{}", entity.noun);
        for name in entity.aliases.iter().chain([&entity.noun]) {
            let help = sandbox.ok(&[name, "--help"]);
            for verb in verbs(entity) {
                assert!(help.contains(&format!("\n  {verb} ")), "{name} {verb}\n{help}");
            }
        }
        for verb in verbs(entity) {
            let help = sandbox.ok(&[entity.noun, verb, "--help"]);
            let mut flags: Vec<String> = Vec::new();
            if ["add", "set"].contains(&verb) {
                flags.extend(flagged(entity).map(|field| format!("--{} <", field.name)));
                assert_eq!(help.contains("--password-stdin"), has_secret(entity));
            }
            if ["list", "export"].contains(&verb) {
                flags.extend(shown_fields(entity).map(|field| format!("--{} <", field.name)));
            }
            if ["add", "set", "rename", "rm", "import"].contains(&verb) {
                flags.extend(["-n, --dry-run".to_owned(), "-m, --message <".to_owned()]);
            }
            if ["list", "show", "export"].contains(&verb) {
                flags.push("--at <".to_owned());
            }
            for flag in flags {
                assert!(help.contains(&flag), "{} {verb} {flag}\n{help}", entity.noun);
            }
        }
    }
    assert_eq!(sandbox.run(&["membership", "list"]).status, 2, "what only links two others is no noun");
}

pub fn list_and_the_nouns_have_their_other_names(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        let listed = sandbox.ok(&[entity.noun, "list"]);
        assert!(listed.lines().count() > RECORDS, "{listed}");
        for name in entity.aliases.iter().chain([&entity.noun]) {
            assert_eq!(sandbox.ok(&[name, "ls"]), listed);
        }
    }
}

pub fn every_command_has_a_manual_page(program: &'static Program) {
    let sandbox = Sandbox::of(&program.binary);
    sandbox.done("man", &["pages"]);
    for entity in program.catalog.nouns() {
        for verb in verbs(entity) {
            let page = sandbox.path().join(format!("pages/inv-{}-{verb}.1", entity.noun));
            let text = std::fs::read_to_string(&page).unwrap_or_else(|_| panic!("{} is there", page.display()));
            assert!(text.contains("GLOBAL OPTIONS"), "{text}");
        }
    }
}

/// What the program offers at the end of a command line, as elvish asks for it: a name a line, not quoted.
fn offered(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let mut command = sandbox.command();
    command
        .args(["--", "inv"])
        .args(words)
        .env("COMPLETE", "elvish")
        .env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    command.env("_CLAP_IFS", "\n");
    let answer = answer(&mut command);
    assert_eq!(answer.status, 0, "{answer}");
    answer.stdout.lines().map(|word| word.trim().to_owned()).collect()
}

pub fn names_are_completed_from_the_inventory(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        let name = sample::name(entity, 1);
        let start = &name[..name.len() - 1];
        let mut expected: Vec<String> =
            (0..RECORDS).map(|index| sample::name(entity, index)).filter(|name| name.starts_with(start)).collect();
        expected.sort();
        for verb in ["show", "set", "rename", "rm"] {
            let mut found = offered(&sandbox, &[entity.noun, verb, start]);
            found.sort();
            assert_eq!(found, expected, "{} {verb} {start}", entity.noun);
        }
        for field in flagged(entity) {
            let Some(target) = program.catalog.target(field) else { continue };
            let name = sample::name(target, 2);
            let flag = format!("--{}", field.name);
            for verb in ["add", "set", "list"] {
                assert_eq!(offered(&sandbox, &[entity.noun, verb, &flag, &name[..name.len() - 1]]), [name.as_str()]);
            }
        }
        let nouns = offered(&sandbox, &[&entity.noun[..1]]);
        // Of the names of one noun, one is offered.
        assert!(
            entity.aliases.iter().chain([&entity.noun]).any(|name| nouns.contains(&(*name).to_owned())),
            "{nouns:?}"
        );
    }
}

pub fn a_clone_has_all_that_would_go_along_if_the_first_were_removed(program: &'static Program) {
    let sandbox = program.filled();
    let vm = program.catalog.of("vm");
    let mut parts = vec![vm.noun];
    while let Some(part) = program.catalog.entities().find(|entity| {
        let follows = |kind| matches!(kind, Kind::Reference { to, on_remove: OnRemove::Follow } if parts.contains(&to));
        !parts.contains(&entity.noun) && entity.fields.iter().any(|field| follows(field.kind))
    }) {
        parts.push(part.noun);
    }
    assert_eq!(parts.len(), 4, "disks, their partitions and memberships follow a VM: {parts:?}");
    let counts = || -> BTreeMap<&str, usize> {
        let connection = rusqlite::Connection::open(sandbox.database()).expect("the inventory");
        let count = |entity: &Entity| {
            let sql = format!("SELECT count(*) FROM {}", entity.table);
            connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).expect("a count")
        };
        program
            .catalog
            .entities()
            .map(|entity| (entity.noun, usize::try_from(count(entity)).expect("a count")))
            .collect()
    };
    let before = counts();
    sandbox.ok(&["vm", "clone", &program.path(vm, 0), "copy"]);
    for (noun, count) in counts() {
        assert_eq!(count, before[noun] + usize::from(parts.contains(&noun)), "{noun}");
    }
    let sizes = |name: &str| column(&sandbox, &["disk", "list", "--vm", name, "-c", "name,size,storage"]);
    assert_eq!(sizes("copy"), sizes(&program.path(vm, 0)));
}
