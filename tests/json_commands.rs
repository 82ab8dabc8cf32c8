//! JSON of every command: each command of the reference is run, and its answers as JSON, JSON lines and YAML are validated
//! against the schemas that `inv schema` prints.

use crate::conformance::program::{PASSWORD, Program, flagged, has_secret};
use crate::conformance::sample::{self, NEW};
use crate::support::{Sandbox, python_with};
use inv::catalog::{Entity, Reach};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Schemas of answers that are neither records, changes nor errors.
pub const SCHEMAS: [&str; 19] = [
    "backup",
    "blame",
    "check",
    "check-rules",
    "diff",
    "find",
    "fit",
    "impact",
    "init",
    "ip-next",
    "ip-usage",
    "log",
    "log-purge",
    "log-show",
    "log-verify",
    "restore",
    "stats",
    "usage",
    "whoami",
];

/// Commands that answer with no JSON: they write files or scripts, print a schema, or say only that they are done.
const WITHOUT_JSON: [&str; 7] = ["completions", "export", "login", "logout", "passwd", "report", "schema"];

/// A schema of rows whose keys a statement, or a file format, gives.
const ROWS: &str = "rows";

/// Commands that read: their arguments, and the schema of their answers.
const READING: &[(&str, &[&str], &str)] = &[
    ("usage", &[], "usage"),
    ("usage", &["--by", "owner"], "usage"),
    ("usage", &["--storage"], "usage"),
    ("fit", &["--cpu", "1", "--memory", "1GiB"], "fit"),
    ("impact", &["pool", "pool2"], "impact"),
    ("stats", &[], "stats"),
    ("find", &["vm"], "find"),
    ("check", &[], "check"),
    ("check", &["-c", "rule,record,id"], "check"),
    ("check", &["--rules"], "check-rules"),
    ("sql", &["SELECT name, memory FROM virtual_machine"], ROWS),
    ("ip next", &["--in", "10.9.0.0/24"], "ip-next"),
    ("ip usage", &["10.0.0.0/24"], "ip-usage"),
    ("log", &[], "log"),
    ("log", &["vm", "vm2"], "log"),
    ("log show", &["LAST"], "log-show"),
    ("log verify", &[], "log-verify"),
    ("blame", &["vm", "vm2"], "blame"),
    ("diff", &[], "diff"),
    ("whoami", &[], "whoami"),
];

/// Commands that write, each with its schema. They are run in this order.
const WRITING: &[(&str, &[&str], &str)] = &[
    ("vm clone", &["vm2", "copy"], "change"),
    ("vm move", &["copy", "--pool", "pool10"], "change"),
    ("system attach", &["system2", "copy"], "change"),
    ("system detach", &["system2", "copy"], "change"),
    ("ip next", &["--in", "10.9.0.0/24", "--reserve"], "change"),
    ("undo", &[], "change"),
    ("redo", &[], "change"),
    ("batch", &["lines"], "change"),
    ("import", &["files", "--update"], "change"),
    ("log purge", &["--before", "1d", "--yes"], "log-purge"),
    ("backup", &["copy.db"], "backup"),
    // It ends every session.
    ("restore", &["copy.db", "--yes"], "restore"),
];

/// Python function that lets no object of a schema have a key that the schema does not name.
pub const CLOSE: &str = r"
def close(schema):
    if isinstance(schema, list):
        for part in schema: close(part)
    if isinstance(schema, dict):
        for part in schema.values(): close(part)
        if isinstance(schema.get('properties'), dict): schema.setdefault('additionalProperties', False)
";

/// Parses answers and validates each against its schema, in which no object has a key that the schema does not name.
const VALIDATE: &str = r"
import json, sys, yaml
from jsonschema import Draft202012Validator
given = json.load(open(sys.argv[1]))
validators = {}
for name, schema in given['schemas'].items():
    Draft202012Validator.check_schema(schema)
    close(schema)
    validators[name] = Draft202012Validator(schema)
wrong = []
for command, schema, form, text in given['answers']:
    try:
        answers = {'json': lambda: [json.loads(text)], 'yaml': lambda: list(yaml.safe_load_all(text)),
                   'jsonl': lambda: [json.loads(line) for line in text.split('\n') if line]}[form]()
    except ValueError as error:
        wrong.append(f'{command} -o {form}: {error}: {text[:300]}')
        continue
    if not any(answers): wrong.append(f'{command} -o {form}: nothing')
    for answer in answers:
        for error in validators[schema].iter_errors(answer):
            causes = '; '.join(f'{list(cause.path)} {cause.message[:300]}' for cause in error.context or [])
            wrong.append(f'{command} -o {form}: {error.message[:300]} {causes[:900]}')
print('\n'.join(wrong))
";

/// Answers of commands, with the name of the schema of each.
struct Answers<'s> {
    sandbox: &'s Sandbox,
    commands: BTreeSet<String>,
    answers: Vec<Value>,
}

impl Answers<'_> {
    fn add(&mut self, command: &str, arguments: &[&str], schema: &str, format: &str) {
        let words: Vec<&str> = command.split(' ').chain(arguments.iter().copied()).collect();
        let answer = self.sandbox.run_with_input(&[&words[..], &["-o", format]].concat(), format!("{PASSWORD}\n"));
        // Findings of severity error are answered too.
        let is_done = answer.status == 0 || (command == "check" && answer.status == 1);
        assert!(is_done, "inv {}\n{answer}", words.join(" "));
        self.commands.insert(command.to_owned());
        self.answers.push(json!([words.join(" "), schema, format, answer.stdout]));
    }

    fn read(&mut self, command: &str, arguments: &[&str], schema: &str) {
        for format in ["json", "jsonl", "yaml"] {
            self.add(command, arguments, schema, format);
        }
    }

    /// Adds the answers of a command that writes, of which the last is no dry run.
    fn write(&mut self, command: &str, arguments: &[&str], schema: &str) {
        self.read(command, &[arguments, &["--dry-run"]].concat(), schema);
        self.add(command, arguments, schema, "json");
    }

    fn validate(self) {
        let names: BTreeSet<&str> = self.answers.iter().filter_map(|answer| answer[1].as_str()).collect();
        let schema = |name: &str| match name {
            ROWS => json!({ "type": ["array", "object"], "minItems": 1, "items": { "type": "object" } }),
            _ => serde_json::from_str(&self.sandbox.ok(&["schema", name])).expect("a schema"),
        };
        let schemas: serde_json::Map<String, Value> =
            names.into_iter().map(|name| (name.to_owned(), schema(name))).collect();
        let given = json!({ "schemas": schemas, "answers": self.answers });
        let file = self.sandbox.file("answers.json", given.to_string());
        let output = python_with("jsonschema, yaml")
            .args(["-c", &[CLOSE, VALIDATE].concat(), &file])
            .output()
            .expect("python3 runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "\n");
    }
}

/// The commands of the reference: all that can be run.
fn commands(sandbox: &Sandbox, program: &Program) -> BTreeSet<String> {
    let reference = sandbox.ok(&["reference"]);
    let nouns: BTreeSet<&str> = program.catalog.nouns().map(|entity| entity.noun).collect();
    let headings = reference.lines().filter_map(|line| line.strip_prefix("## `inv ")?.strip_suffix('`'));
    headings.filter(|command| !nouns.contains(command)).map(str::to_owned).collect()
}

/// Adds the answers of every verb of a noun.
fn verbs(answers: &mut Answers<'_>, program: &'static Program, entity: &'static Entity) {
    let noun = entity.noun;
    let command = |verb: &str| format!("{noun} {verb}");
    let first = program.path(entity, 0);
    answers.read(&command("list"), &[], noun);
    answers.read(&command("show"), &[&first], noun);
    answers.read(&command("log"), &[&first], "log");
    let new = program.path(entity, NEW);
    let added = program.add_arguments(entity, NEW);
    let added: Vec<&str> = added.iter().map(String::as_str).collect();
    if entity.reach == Reach::Everywhere {
        answers.read(&command("export"), &[], ROWS);
        let file = answers.sandbox.file("new.csv", program.csv(entity, [NEW]));
        answers.write(&command("import"), &[&file], "change");
        answers.write(&command("rm"), &[&new, "--yes"], "change");
    }
    // A dry run answers with the change, and an addition with the record.
    answers.read(&command("add"), &[&added[..], &["--dry-run"]].concat(), "change");
    answers.add(&command("add"), &added, noun, "json");
    answers.write(&command("add"), &[&added[..], &["--if-not-exists"]].concat(), "change");
    answers.write(&command("apply"), &added, "change");
    let id = program.id(answers.sandbox, entity, NEW);
    let field = flagged(entity).find(|field| sample::is_filled(entity, field, NEW) && !entity.is_naming(field.name));
    if let Some(field) = field {
        let value = sample::exported(&program.catalog, entity, field, NEW).expect("a value");
        answers.write(&command("set"), &[&id, &format!("--{}", field.name), &value], "change");
    } else if has_secret(entity) {
        answers.write(&command("set"), &[&id, "--password-stdin"], "change");
    } else {
        // There is nothing but its name, which rename changes.
        answers.commands.insert(command("set"));
    }
    answers.write(&command("rename"), &[&id, &sample::name(entity, NEW + 1)], "change");
    answers.write(&command("rm"), &[&id, "--yes"], "change");
}

#[test]
fn every_command_answers_in_the_shape_of_its_schema() {
    let program = Program::standard();
    let sandbox = program.filled();
    let mut answers = Answers { sandbox: &sandbox, commands: BTreeSet::new(), answers: Vec::new() };
    for entity in program.catalog.nouns() {
        verbs(&mut answers, program, entity);
    }
    let log: Value = serde_json::from_str(&sandbox.ok(&["log", "--limit", "1", "-o", "json"])).expect("JSON");
    let last = log[0]["change"].to_string();
    for (command, arguments, schema) in READING {
        let arguments: Vec<&str> = arguments.iter().map(|word| if *word == "LAST" { &last } else { *word }).collect();
        answers.read(command, &arguments, schema);
    }
    sandbox.file("lines", "vm set vm2 --cpu 9\nos add Plan-9\n");
    sandbox.ok(&["export", "files"]);
    for (command, arguments, schema) in WRITING {
        answers.write(command, arguments, schema);
    }
    // It has no dry run.
    answers.add("init", &["--db", "other.db"], "init", "json");
    answers.add("init", &["--db", "another.db"], "init", "yaml");
    let all: BTreeSet<String> = answers.commands.iter().cloned().chain(WITHOUT_JSON.map(str::to_owned)).collect();
    let unlike: Vec<String> = all.symmetric_difference(&commands(&sandbox, program)).cloned().collect();
    assert!(unlike.is_empty(), "a command is validated, or is known to have no JSON: {unlike:?}");
    let used: BTreeSet<&str> = answers.answers.iter().filter_map(|answer| answer[1].as_str()).collect();
    assert!(SCHEMAS.iter().all(|schema| used.contains(schema)), "{used:?}");
    answers.validate();
}
