//! Nouns that hold a password: it goes in, as a hash, and never comes out.

use super::program::{PASSWORD, Program, has_secret};
use super::sample::{self, RECORDS};
use inv::catalog::{Entity, Kind, Reach};

fn hashes(program: &'static Program, database: &std::path::Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(database).expect("the inventory");
    let mut hashes = Vec::new();
    for entity in program.catalog.nouns() {
        for field in entity.fields.iter().filter(|field| field.kind == Kind::Secret) {
            let sql = format!("SELECT {} FROM {} ORDER BY {}", field.column, entity.table, entity.id);
            let mut statement = connection.prepare(&sql).expect("a statement");
            let found = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
            hashes.extend(found.map(|hash| hash.expect("a hash")));
        }
    }
    hashes
}

fn secretive(program: &'static Program) -> Vec<&'static Entity> {
    let found: Vec<&'static Entity> = program.catalog.nouns().filter(|entity| has_secret(entity)).collect();
    assert_eq!(found.iter().map(|entity| entity.noun).collect::<Vec<_>>(), ["login-user"]);
    found
}

pub fn keeps_a_password_as_an_argon2id_hash_of_the_contract(program: &'static Program) {
    let sandbox = program.filled();
    let hashes = hashes(program, &sandbox.database());
    assert_eq!(hashes.len(), RECORDS);
    for hash in &hashes {
        let rest = hash.strip_prefix("$argon2id$v=19$m=65536,t=3,p=4$").expect("the parameters of the contract");
        let (salt, output) = rest.split_once('$').expect("a salt and an output");
        // 16 and 32 bytes in base 64 without padding.
        assert_eq!((salt.len(), output.len()), (22, 43), "{hash}");
    }
    let distinct: std::collections::BTreeSet<&String> = hashes.iter().collect();
    assert_eq!(distinct.len(), RECORDS, "one password, but a salt for each");
    let file = std::fs::read(sandbox.database()).expect("the inventory");
    assert!(!file.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes()));
}

pub fn tells_a_password_nowhere(program: &'static Program) {
    let sandbox = program.filled();
    let hashes = hashes(program, &sandbox.database());
    for entity in secretive(program) {
        let path = program.path(entity, 0);
        let mut outputs = vec![sandbox.exported()];
        for style in ["table", "csv", "tsv", "json", "jsonl", "markdown"] {
            outputs.push(sandbox.ok(&[entity.noun, "list", "-o", style]));
            outputs.push(sandbox.ok(&[entity.noun, "show", &path, "-o", style]));
        }
        let new = [program.add_arguments(entity, sample::NEW), vec!["--dry-run".to_owned()]].concat();
        outputs.push(program.run(&sandbox, entity, "add", &new).to_string());
        let set = [path.clone(), "--password-stdin".to_owned(), "--dry-run".to_owned()];
        outputs.push(program.run(&sandbox, entity, "set", &set).to_string());
        for output in outputs {
            assert!(!output.contains(PASSWORD) && !output.contains("argon2"), "{output}");
            assert!(!hashes.iter().any(|hash| output.contains(hash.as_str())), "{output}");
        }
        for column in ["password", "password_hash", "password-hash"] {
            for how in [["-c", column], ["--sort", column], ["--where", &format!("{column}~a")]] {
                let answer = sandbox.run(&[&[entity.noun, "list"][..], &how].concat());
                assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{answer}");
            }
        }
    }
}

pub fn takes_another_password_and_a_good_one_only(program: &'static Program) {
    let sandbox = program.filled();
    for entity in secretive(program) {
        let path = program.path(entity, 0);
        let before = hashes(program, &sandbox.database());
        let long = "x".repeat(1025);
        for (password, said) in [("seven77", "8"), (long.as_str(), "1024"), ("", "8")] {
            let answer =
                sandbox.run_with_input(&[entity.noun, "set", &path, "--password-stdin"], format!("{password}\n"));
            assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
            assert!(answer.stderr.contains(said) && !answer.stderr.contains("seven77"), "{answer}");
            assert_eq!(hashes(program, &sandbox.database()), before);
        }
        let answer = sandbox.run_with_input(&[entity.noun, "set", &path, "--password-stdin"], "another password\n");
        assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
        let after = hashes(program, &sandbox.database());
        assert_ne!(after[0], before[0]);
        assert_eq!(after[1..], before[1..]);
        let given = sandbox.run(&[entity.noun, "add", "eve", "--password", "hunter2hunter2"]);
        assert_eq!((given.status, given.stdout.as_str()), (2, ""), "never on the command line: {given}");
    }
}

pub fn has_no_verb_that_writes_it_to_a_file(program: &'static Program) {
    let sandbox = program.filled();
    for entity in program.catalog.nouns() {
        let leaves = entity.reach == Reach::Everywhere;
        assert_eq!(sandbox.run(&[entity.noun, "export"]).status, if leaves { 0 } else { 2 }, "{}", entity.noun);
        if !leaves {
            assert_eq!(sandbox.run(&[entity.noun, "import", "-"]).status, 2);
            assert!(!sandbox.exported().contains(&format!("{}.csv", entity.plural)));
        }
    }
}
