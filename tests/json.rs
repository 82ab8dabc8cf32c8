//! What scripts read of JSON: records that are identified, answers of changes, failures, and the schemas of all three,
//! against which Python's jsonschema validates them.

use crate::json_commands::{CLOSE, SCHEMAS};
use crate::support::{Answer, Sandbox, python_with};
use inv::catalog::{Catalog, column};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Validates each instance against its schema, in which no object has a key that the schema does not name.
const VALIDATE: &str = r"
import json, sys
from jsonschema import Draft202012Validator
wrong = []
for name, schema, instance in json.load(open(sys.argv[1])):
    Draft202012Validator.check_schema(schema)
    close(schema)
    for error in Draft202012Validator(schema).iter_errors(instance):
        causes = '; '.join(f'{list(cause.path)} {cause.message}' for cause in error.context or [])
        wrong.append(f'{name}: {error.message[:300]} {causes[:600]}')
print('\n'.join(wrong))
";

/// Instances that wait for their validation, each with its name and schema.
#[derive(Default)]
struct Instances(Vec<Value>);

impl Instances {
    fn add(&mut self, name: impl Into<String>, schema: &Value, instance: Value) {
        self.0.push(json!([name.into(), schema, instance]));
    }

    fn validate(self, sandbox: &Sandbox) {
        assert!(!self.0.is_empty());
        let file = sandbox.file("instances.json", Value::from(self.0).to_string());
        let output =
            python_with("jsonschema").args(["-c", &[CLOSE, VALIDATE].concat(), &file]).output().expect("python3 runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "\n");
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn schema(sandbox: &Sandbox, of: &str) -> Value {
    parsed(&sandbox.ok(&["schema", of]))
}

/// The estate, with a record of every noun but login users.
fn estate() -> Sandbox {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["partition", "add", "/", "--disk", "web01/disk0", "--size", "20GiB", "--filesystem", "ext4"]);
    sandbox.ok(&["ip", "add", "10.0.0.99", "--vlan", "7"]);
    sandbox.ok(&["vm", "add", "old", "--pool", "test", "--custom-os", "BeOS"]);
    sandbox.ok(&["source", "add", "cmdb"]);
    sandbox
}

fn objects(list: &Value) -> Vec<Map<String, Value>> {
    list.as_array().expect("an array").iter().map(|record| record.as_object().expect("an object").clone()).collect()
}

#[test]
fn a_record_has_the_same_keys_and_values_in_lists_and_in_full() {
    let sandbox = estate();
    let catalog = Catalog::standard();
    let mut instances = Instances::default();
    for entity in catalog.nouns() {
        let schema = schema(&sandbox, entity.noun);
        let columns = column::names(&catalog, entity).join(",");
        let usual = parsed(&sandbox.ok(&[entity.noun, "list", "-o", "json"]));
        let all = parsed(&sandbox.ok(&[entity.noun, "list", "-o", "json", "-c", &columns]));
        let lines = sandbox.ok(&[entity.noun, "list", "-o", "jsonl", "-c", &columns]);
        let lines: Vec<Value> = lines.lines().map(parsed).collect();
        assert_eq!(Value::from(lines), all, "{}: JSON lines are the objects of the array", entity.noun);
        let records = objects(&all);
        assert_eq!(records.is_empty(), entity.operates, "{}: {all}", entity.noun);
        for (record, few) in records.iter().zip(objects(&usual)) {
            for (key, value) in &few {
                assert_eq!(record.get(key), Some(value), "{}: {key}", entity.noun);
            }
            assert!(few.contains_key("id") && few.contains_key("path"), "{few:?}");
            let id = format!("id={}", record["id"]);
            let card = parsed(&sandbox.ok(&[entity.noun, "show", &id, "-o", "json"]));
            let mut shared = 0;
            for (key, value) in card.as_object().expect("an object") {
                if let Some(listed) = record.get(key) {
                    assert_eq!(listed, value, "{} {id}: {key}", entity.noun);
                    shared += 1;
                }
            }
            assert!(shared > 2, "{card}");
            let chosen = parsed(&sandbox.ok(&[entity.noun, "show", &id, "-o", "json", "-c", &columns]));
            assert_eq!(&chosen, &Value::from(record.clone()), "{} {id} with all columns", entity.noun);
            let path = record["path"].as_str().expect("a path");
            let by_path = sandbox.run(&[entity.noun, "show", path, "-o", "json"]);
            assert_eq!(parsed(&by_path.stdout)["id"], record["id"], "{} by its path {path}", entity.noun);
            instances.add(format!("{} show {id}", entity.noun), &schema, card);
            if entity.reach == inv::catalog::Reach::Everywhere {
                let sourced = parsed(&sandbox.ok(&[entity.noun, "show", &id, "-o", "json", "--sources"]));
                instances.add(format!("{} show {id} --sources", entity.noun), &schema, sourced);
            }
        }
        instances.add(format!("{} list", entity.noun), &schema, usual);
        instances.add(format!("{} list -c …", entity.noun), &schema, all);
    }
    instances.validate(&sandbox);
}

#[test]
fn references_are_whole_paths_and_parts_are_objects() {
    let sandbox = estate();
    let list = sandbox.ok(&[
        "vm",
        "list",
        "--where",
        "name=web01",
        "-o",
        "json",
        "-c",
        "name,pool,dc,owner,ips,disks,systems",
    ]);
    assert_eq!(
        list,
        "[\n{\"id\": 1, \"path\": \"AWS/tokyo/prod/web01\", \"name\": \"web01\", \"pool\": \"AWS/tokyo/prod\", \
         \"dc\": \"AWS/tokyo\", \"owner\": \"alice\", \"ips\": [{\"id\": 1, \"path\": \
         \"AWS/tokyo/prod/web01/10.0.0.11\", \"ipv4\": \"10.0.0.11\", \"ipv6\": null, \"vlan\": \"101\"}], \"disks\": \
         [{\"id\": 1, \"path\": \"AWS/tokyo/prod/web01/disk0\", \"name\": \"disk0\", \"size\": \"100 GiB\", \
         \"size_bytes\": 107374182400, \"storage\": \"AWS/tokyo/prod/san1\"}], \"systems\": [{\"id\": 1, \"path\": \
         \"billing\", \"name\": \"billing\", \"description\": null}]}\n]\n"
    );
    // A column that is chosen twice, or that is a part of another one, is one key.
    assert_eq!(
        sandbox.ok(&[
            "vm",
            "list",
            "--where",
            "name=old",
            "-o",
            "jsonl",
            "-c",
            "custom-os,memory.bytes,memory,custom-os"
        ]),
        "{\"id\": 4, \"path\": \"AWS/tokyo/test/old\", \"custom_os\": \"BeOS\", \"memory_bytes\": null, \"memory\": null}\n"
    );
    assert_eq!(
        sandbox.ok(&["pool", "list", "--where", "name=prod", "-o", "jsonl", "-c", "memory.free,vms"]),
        "{\"id\": 1, \"path\": \"AWS/tokyo/prod\", \"memory_free\": \"488 GiB\", \"memory_free_bytes\": 523986010112, \
         \"vms\": 2}\n"
    );
    // Files are another form: an import reads them back.
    let exported = sandbox.ok(&["vm", "export", "-o", "jsonl", "--where", "name=web01"]);
    assert!(exported.starts_with("{\"name\": \"web01\", \"pool\": \"AWS/tokyo/prod\", "), "{exported}");
    assert!(exported.contains("\"systems\": [\"billing\"]"), "{exported}");
}

/// A record of an answer: its action, noun and path.
type Touched = (String, String, String);

/// The answer of a command that writes.
fn written(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let answer = sandbox.run(&[arguments, &["-o", "json"]].concat());
    assert_eq!(answer.status, 0, "{arguments:?} {answer}");
    parsed(&answer.stdout)
}

#[test]
fn every_command_that_writes_answers_with_its_change_and_its_records() {
    let sandbox = estate();
    sandbox.file("vms.csv", "name,pool,cpu\nnew,tokyo/prod,2\nweb02,tokyo/prod,8\nold,tokyo/test,\n");
    let one = |action: &str, noun: &str, path: &str| (action.to_owned(), noun.to_owned(), path.to_owned());
    let prod = |name: &str| format!("AWS/tokyo/prod/{name}");
    let commands: Vec<(&[&str], Vec<Touched>)> = vec![
        (&["vm", "set", "web01", "--cpu", "8"], vec![one("update", "vm", &prod("web01"))]),
        (&["vm", "set", "web01", "--cpu", "8"], vec![one("unchanged", "vm", &prod("web01"))]),
        (&["vm", "rename", "web01", "web03"], vec![one("update", "vm", &prod("web03"))]),
        (
            &["vm", "clone", "web03", "web04"],
            vec![
                one("create", "vm", &prod("web04")),
                one("create", "disk", &prod("web04/disk0")),
                one("create", "partition", &prod("web04/disk0//")),
                one("create", "membership", &format!("billing – {}", prod("web04"))),
            ],
        ),
        (&["vm", "move", "web04", "--pool", "test"], vec![one("update", "vm", "AWS/tokyo/test/web04")]),
        (
            &["system", "attach", "billing", "web02"],
            vec![one("create", "membership", &format!("billing – {}", prod("web02")))],
        ),
        (
            &["system", "detach", "billing", "web02"],
            vec![one("remove", "membership", &format!("billing – {}", prod("web02")))],
        ),
        (&["undo"], vec![one("create", "membership", &format!("billing – {}", prod("web02")))]),
        (&["redo"], vec![one("remove", "membership", &format!("billing – {}", prod("web02")))]),
        (
            &["user", "rm", "bob", "--recursive", "--yes"],
            vec![one("update", "vm", &prod("web02")), one("remove", "user", "bob")],
        ),
        (&["vm", "apply", "web05", "--pool", "prod"], vec![one("create", "vm", &prod("web05"))]),
        (&["vm", "apply", "web05", "--pool", "prod"], vec![one("unchanged", "vm", &prod("web05"))]),
        (&["vm", "add", "web05", "--pool", "prod", "--if-not-exists"], vec![one("unchanged", "vm", &prod("web05"))]),
        (
            &["vm", "import", "vms.csv", "--update"],
            vec![one("create", "vm", &prod("new")), one("update", "vm", &prod("web02"))],
        ),
        (&["ip", "next", "--in", "10.7.0.0/24", "--reserve"], vec![one("create", "ip", "10.7.0.1")]),
        (&["vm", "set", "--where", "name=nobody", "--cpu", "1", "--yes"], vec![]),
    ];
    let schema = schema(&sandbox, "change");
    let mut instances = Instances::default();
    let last = || parsed(&sandbox.ok(&["log", "--limit", "1", "-o", "json"]))[0]["change"].clone();
    for (arguments, expected) in commands {
        // A dry run says the same, and has no change.
        let preview = written(&sandbox, &[arguments, &["--dry-run"]].concat());
        let before = last();
        let answer = written(&sandbox, arguments);
        assert_eq!((&preview["change"], &preview["dry_run"]), (&Value::Null, &true.into()), "{arguments:?}");
        assert_eq!(preview["records"], answer["records"], "{arguments:?}");
        let records: Vec<Touched> = objects(&answer["records"])
            .iter()
            .map(|record| {
                let text = |key: &str| record[key].as_str().expect("text").to_owned();
                (text("action"), text("noun"), text("path"))
            })
            .collect();
        assert_eq!(records, expected, "{arguments:?}");
        let is_changed = expected.iter().any(|(action, ..)| action != "unchanged");
        let change = if is_changed { last() } else { Value::Null };
        assert_eq!((&answer["change"], &answer["dry_run"]), (&change, &false.into()), "{arguments:?}");
        assert_eq!(last() != before, is_changed, "{arguments:?}");
        instances.add(arguments.join(" "), &schema, answer);
        instances.add(format!("{} --dry-run", arguments.join(" ")), &schema, preview);
    }
    assert_eq!(
        sandbox.run(&["vm", "set", "web02", "--cpu", "3", "--memory", "1GiB", "-o", "jsonl", "-n"]),
        Answer {
            status: 0,
            stdout:
                "{\"change\": null, \"dry_run\": true, \"action\": \"update\", \"noun\": \"vm\", \"id\": 2, \"path\": \
                     \"AWS/tokyo/prod/web02\", \"fields\": [{\"field\":\"memory\",\"old\":\"8 GiB\",\"new\":\"1 GiB\"},\
                     {\"field\":\"cpu\",\"old\":\"8\",\"new\":\"3\"}]}\n"
                    .to_owned(),
            stderr: String::new(),
        }
    );
    let line = sandbox.ok(&["vm", "set", "web02", "--clear", "cpu", "-o", "jsonl"]);
    instances.add("a line", &schema, parsed(&line));
    instances.validate(&sandbox);
    // Adding answers with the record, as show does.
    assert_eq!(
        parsed(&sandbox.ok(&["os", "add", "Plan-9", "-o", "json"])),
        parsed(&sandbox.ok(&["os", "show", "Plan-9", "-o", "json"]))
    );
}

#[test]
fn a_backup_and_a_restore_say_which_files_they_made() {
    let sandbox = Sandbox::estate();
    let (copy, folder) = (sandbox.path().join("copy.db"), sandbox.path().join("copies"));
    std::fs::create_dir(&folder).expect("a folder");
    let copy = copy.to_str().expect("UTF-8");
    for (options, dry_run) in [(&["-n"][..], true), (&[], false)] {
        let answer = parsed(&sandbox.ok(&[&["backup", copy, "-o", "json"], options].concat()));
        assert_eq!(answer, json!({ "dry_run": dry_run, "file": copy, "removed": [] }));
        assert_eq!(Path::new(copy).exists(), !dry_run);
    }
    let kept = parsed(&sandbox.ok(&["backup", folder.to_str().expect("UTF-8"), "--keep", "1", "-o", "json"]));
    let file = kept["file"].as_str().expect("a file");
    assert!(Path::new(file).exists() && Path::new(file).starts_with(&folder), "{kept}");
}

#[test]
fn a_failure_is_one_object_with_a_kind_of_its_own() {
    let sandbox = estate();
    sandbox.ok(&["vm", "add", "web01", "--pool", "test"]);
    let copy = sandbox.file("taken.db", "");
    let cases: &[(&[&str], &str, i32)] = &[
        (&["vm", "show", "nobody"], "not_found", 3),
        (&["vm", "show", "web01"], "ambiguous", 4),
        (&["vm", "add", "web02", "--pool", "prod"], "exists", 4),
        (&["pool", "rm", "prod", "--yes"], "in_use", 4),
        (&["backup", &copy], "exists", 4),
        (&["init"], "exists", 4),
        (&["vm", "set", "--where", "name=web02", "--cpu", "1", "--expect", "5", "--yes"], "conflict", 4),
        (&["vm", "list", "--frobnicate"], "usage", 2),
        (&["frobnicate"], "usage", 2),
        (&["vm"], "usage", 2),
        (&[], "usage", 2),
        (&["vm", "add", "x"], "usage", 2),
        (&["vm", "set", "web02", "--memory", "3"], "failed", 1),
        (&["vm", "list", "--db", "nowhere.db"], "inventory", 6),
    ];
    let schema = schema(&sandbox, "error");
    let mut instances = Instances::default();
    for (arguments, kind, status) in cases {
        for format in [&["-o", "json"][..], &["-ojsonl"], &["--output=json"], &["--output", "jsonl"]] {
            let answer = sandbox.run(&[arguments, format].concat());
            assert_eq!((answer.status, answer.stdout.as_str()), (*status, ""), "{arguments:?} {answer}");
            assert_eq!(answer.stderr.lines().count(), 1, "{arguments:?} {answer}");
            let object = parsed(&answer.stderr);
            assert_eq!((&object["kind"], &object["exit_status"]), (&(*kind).into(), &(*status).into()), "{object}");
            instances.add(arguments.join(" "), &schema, object);
        }
        let text = sandbox.run(&[arguments, &["-o", "csv"][..]].concat());
        assert!(text.stderr.is_empty() || serde_json::from_str::<Value>(&text.stderr).is_err(), "{text}");
    }
    instances.validate(&sandbox);
    let answer = sandbox.run(&["vm", "show", "web01", "-o", "json"]);
    assert_eq!(
        parsed(&answer.stderr),
        json!({
            "kind": "ambiguous",
            "message": "\"web01\" names 2 VMs",
            "details": ["AWS/tokyo/prod/web01", "AWS/tokyo/test/web01"],
            "help": "pass more of the path, or id=N",
            "exit_status": 4,
            "faults": [],
            "causes": [],
        })
    );
    let by_variable =
        sandbox.command().args(["vm", "show", "nobody"]).env("INV_OUTPUT", "json").output().expect("it runs");
    assert_eq!(parsed(&String::from_utf8_lossy(&by_variable.stderr))["kind"], "not_found");
}

#[test]
fn the_faults_of_a_file_have_their_line_and_column() {
    let sandbox = Sandbox::estate();
    sandbox.file("vms.csv", "name,pool,memory,cpu\nx1,prod,1GiB,2\nx2,nowhere,16 GX,2\nx3,prod,1GiB,many,5\n");
    let answer = sandbox.run(&["vm", "import", "vms.csv", "-o", "json"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
    let object = parsed(&answer.stderr);
    let places: Vec<(&Value, &Value, &Value)> = object["faults"]
        .as_array()
        .expect("an array")
        .iter()
        .map(|fault| (&fault["file"], &fault["line"], &fault["column"]))
        .collect();
    let file = Value::from("vms.csv");
    assert_eq!(
        places,
        [(&file, &3.into(), &"pool".into()), (&file, &3.into(), &"memory".into()), (&file, &4.into(), &Value::Null),]
    );
    assert_eq!(object["faults"][1]["message"], "\"16 GX\" has no known unit (did you mean \"16 GB\"?)");
    // The same in text, where a fault is one line.
    let text = sandbox.run(&["vm", "import", "vms.csv"]);
    assert!(text.stderr.contains("\n  vms.csv:3: memory: \"16 GX\" has no known unit (did"), "{text}");
    // Values of the command line have neither file nor line.
    let answer = sandbox.run(&["vm", "add", "x", "--pool", "prod", "--memory", "3", "--cpu", "many", "-o", "json"]);
    let object = parsed(&answer.stderr);
    let places: Vec<(&Value, &Value)> =
        object["faults"].as_array().expect("faults").iter().map(|fault| (&fault["line"], &fault["column"])).collect();
    assert_eq!(places, [(&Value::Null, &"memory".into()), (&Value::Null, &"cpu".into())]);
}

#[test]
fn rows_of_every_other_command_have_keys_in_snake_case() {
    let sandbox = estate();
    sandbox.ok(&["vm", "set", "web02", "--cpu", "4", "-m", "more"]);
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "array",
        "minItems": 1,
        "items": { "type": "object", "propertyNames": { "pattern": "^[a-z][a-z0-9_]*$" }, "minProperties": 1 },
    });
    let mut instances = Instances::default();
    let commands: &[&[&str]] = &[
        &["usage"],
        &["stats"],
        &["check"],
        &["find", "web"],
        &["log"],
        &["log", "show", "16"],
        &["log", "verify"],
        &["vm", "log", "web02"],
        &["diff"],
        &["blame", "vm", "web02"],
        &["impact", "pool", "prod"],
        &["fit", "--cpu", "1", "--memory", "1GiB"],
        &["ip", "next", "--in", "10.0.0.0/24"],
        &["ip", "usage", "10.0.0.0/24"],
        &["vm", "rm", "web02", "--dry-run"],
    ];
    for arguments in commands {
        let answer = sandbox.run(&[*arguments, &["-o", "json"]].concat());
        let value = parsed(&answer.stdout);
        let rows = if value.is_array() { value } else { json!([value]) };
        instances.add(arguments.join(" "), &schema, rows);
    }
    instances.validate(&sandbox);
    let actions: Vec<Value> =
        objects(&parsed(&sandbox.ok(&["diff", "-o", "json"]))).iter().map(|row| row["action"].clone()).collect();
    assert!(!actions.is_empty() && actions.iter().all(|action| action == "update"), "{actions:?}");
}

#[test]
fn the_published_schemas_are_those_of_the_program() {
    let sandbox = Sandbox::bare();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
    let catalog = Catalog::standard();
    let nouns = catalog.nouns().map(|entity| entity.noun).chain(["change", "error"]).chain(SCHEMAS);
    let mut names: Vec<String> = nouns.map(|noun| format!("{noun}.json")).collect();
    for name in &names {
        let published = std::fs::read_to_string(folder.join(name)).expect("a schema in docs/schema");
        let noun = name.trim_end_matches(".json");
        assert_eq!(sandbox.ok(&["schema", noun]), published, "inv schema {noun} > docs/schema/{name}");
    }
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .expect("docs/schema")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("UTF-8"))
        .collect();
    files.sort_unstable();
    names.sort_unstable();
    assert_eq!(files, names);
}
