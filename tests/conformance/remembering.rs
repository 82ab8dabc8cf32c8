//! `inv NOUN log`, `undo`, `--at`, `diff` and `blame`: history serves every noun, and nobody had to teach it one.

use super::program::{Program, column, has_secret};
use super::sample::NEW;
use crate::support::Sandbox;
use inv::catalog::Reach;

fn last_change(sandbox: &Sandbox) -> String {
    column(sandbox, &["log", "--limit", "1"])[0][0].clone()
}

pub fn what_was_added_is_told_undone_redone_and_seen_as_of_then(program: &'static Program) {
    for entity in program.catalog.nouns() {
        let sandbox = program.filled();
        let before = program.holds(&sandbox);
        let then = last_change(&sandbox);
        let added = program.add(&sandbox, entity, NEW);
        assert_eq!(added.status, 0, "{added}");
        let path = program.path(entity, NEW);
        let id = program.id(&sandbox, entity, NEW);
        let after = program.holds(&sandbox);
        let changes = column(&sandbox, &[entity.noun, "log", &path]);
        assert_eq!(changes.len(), 1, "{}: {changes:?}", entity.noun);
        assert_eq!(changes[0][3], format!("+{}", entity.labels.0));
        let difference = sandbox.ok(&["diff", "--since", &then]);
        assert!(difference.starts_with(&format!("+ {} {path} (", entity.noun)), "{difference}");
        let shown = sandbox.ok(&["log", "show", &changes[0][0], "-o", "csv"]);
        assert!(shown.contains(&format!("create,{},", entity.noun)), "{shown}");
        let blamed = column(&sandbox, &["blame", entity.noun, &id]);
        assert!(!blamed.is_empty() && blamed.iter().all(|row| row[4] == changes[0][0]), "{blamed:?}");
        let count = |at: &str| sandbox.ok(&[entity.noun, "list", "--count", "--at", at]).trim().parse::<u32>();
        assert_eq!(count(&then).expect("a number") + 1, count(&changes[0][0]).expect("a number"));

        sandbox.ok(&["undo"]);
        assert_eq!(program.holds(&sandbox), before, "{} undone", entity.noun);
        assert_eq!(sandbox.run(&[entity.noun, "show", &id]).status, 3);
        assert_eq!(column(&sandbox, &[entity.noun, "log", &path]).len(), 2, "the log of what is gone");
        sandbox.ok(&[entity.noun, "show", &path, "--at", &changes[0][0]]);
        let redone = sandbox.run(&["redo"]);
        if has_secret(entity) {
            assert_eq!(redone.status, 4, "a password is not kept, and does not come back: {redone}");
            assert_eq!(program.holds(&sandbox), before);
        } else {
            assert_eq!(redone.status, 0, "{redone}");
            assert_eq!(program.holds(&sandbox), after, "{} redone", entity.noun);
            assert_eq!(program.id(&sandbox, entity, NEW), id);
        }
        sandbox.ok(&["log", "verify"]);
    }
}

pub fn a_removal_with_all_that_goes_along_is_undone_whole(program: &'static Program) {
    for entity in program.catalog.nouns().filter(|entity| entity.reach == Reach::Everywhere && !entity.seeded) {
        let sandbox = program.filled();
        let before = program.holds(&sandbox);
        sandbox.ok(&[entity.noun, "rm", &program.path(entity, 0), "--recursive", "--yes"]);
        assert_ne!(program.holds(&sandbox), before);
        sandbox.ok(&["undo"]);
        assert_eq!(program.holds(&sandbox), before, "{}", entity.noun);
    }
}

pub fn what_a_source_knows_of_a_record_goes_and_comes_with_it(program: &'static Program) {
    let source = program.catalog.of("source");
    let known_by = program.path(source, 0);
    for entity in program.nouns_of_files().filter(|entity| entity.noun != source.noun) {
        let sandbox = program.filled();
        let added = program.add(&sandbox, entity, NEW);
        assert_eq!(added.status, 0, "{added}");
        let (path, id) = (program.path(entity, NEW), program.id(&sandbox, entity, NEW));
        let folder = sandbox.path().join("bindings");
        std::fs::create_dir(&folder).expect("a folder");
        let mut rows = csv::Writer::from_path(folder.join("source-records.csv")).expect("a file");
        rows.write_record(["source", "record", "external-id"]).expect("a header");
        rows.write_record([&known_by, &format!("{} {path}", entity.noun), "x-1"]).expect("a row");
        rows.flush().expect("all rows");
        sandbox.ok(&["import", folder.to_str().expect("UTF-8")]);
        let sources = || column(&sandbox, &[entity.noun, "list", "--where", "sources!=", "-c", "path,sources"]);
        assert_eq!(sources(), [[path.clone(), known_by.clone()]], "{}", entity.noun);

        let bound = program.holds(&sandbox);
        sandbox.ok(&[entity.noun, "rm", &id, "--yes"]);
        assert!(!sandbox.exported().contains("x-1"), "{} is removed", entity.noun);
        sandbox.ok(&["undo"]);
        assert_eq!(program.holds(&sandbox), bound, "{} is back", entity.noun);
        assert_eq!(sources(), [[path, known_by.clone()]], "{}", entity.noun);
    }
}
