//! Formats for scripts: YAML, templates and bare values, and what jq, yq, pandas and a shell make of answers.

use crate::support::{Answer, Sandbox, python_with};
use std::process::Command;

/// Texts that YAML 1.1 or 1.2 reads as something else than text where they stand bare, or that need quotes.
const HARD: &[&str] = &[
    "no",
    "Yes",
    "on",
    "y",
    "true",
    "null",
    "~",
    "1e3",
    "1.5",
    ".5",
    "+1",
    "0x10",
    "0o17",
    "017",
    "0b1",
    "1_000",
    "10:30",
    "190:20:30",
    "2026-01-01",
    "2026-01-01T10:00:00Z",
    ".inf",
    ".NaN",
    "=",
    "<<",
    "-",
    "- a",
    "a: b",
    "a #b",
    "#a",
    "!a",
    "&a",
    "*a",
    "@a",
    "`a",
    "%a",
    "{a}",
    "[a]",
    "'a'",
    "\"a\"",
    "a:",
    "a,b",
    "---",
    "one\ntwo: three\n",
    " blank at both ends ",
    "tab\there",
    "東京 é 👩‍👩‍👧",
    "back\\slash",
    "",
];

/// An estate with a system for each hard text, as its description.
fn hard() -> Sandbox {
    let sandbox = Sandbox::estate();
    for (number, text) in HARD.iter().enumerate() {
        sandbox.ok(&["system", "add", &format!("s{number}"), &format!("--description={text}")]);
    }
    for name in ["no", "1e3", "0x10", "2026-01-01"] {
        sandbox.ok(&["os", "add", name]);
    }
    sandbox.ok(&["vm", "set", "web02", "--os", "no", "--memory", "0.1GiB", "--cpu", "0.5"]);
    sandbox
}

/// Commands that have JSON: lists, records and a change.
const COMMANDS: &[&[&str]] = &[
    &["system", "list", "-c", "name,description"],
    &["os", "list"],
    &["vm", "list", "-c", "+created,systems,disks"],
    &["vm", "list", "--where", "name=nobody"],
    &["vm", "show", "web01"],
    &["vm", "show", "web01", "web02"],
    &["pool", "show", "prod"],
    &["vm", "set", "web01", "web02", "--cpu", "4", "--dry-run"],
    &["vm", "set", "--where", "name=nobody", "--cpu", "4"],
    &["usage"],
    &["stats"],
    &["check"],
    &["log"],
    &["sql", "SELECT 1 AS \"no\", 2.5 AS \"a: b\", NULL AS n, 12345678901234 AS whole"],
];

/// Compares each pair of files: JSON, and YAML or what was made of it.
const COMPARE: &str = r"
import json, sys, yaml
for plain, other in zip(sys.argv[1::2], sys.argv[2::2]):
    one = json.load(open(plain, encoding='utf-8'))
    two = (json if other.endswith('.json') else yaml).__dict__['load' if other.endswith('.json') else 'safe_load'](
        open(other, encoding='utf-8'))
    assert one == two, (plain, one, two)
    def types(value):
        if isinstance(value, dict): return {key: types(inner) for key, inner in value.items()}
        return [types(inner) for inner in value] if isinstance(value, list) else type(value).__name__
    assert types(one) == types(two), (plain, one, two)
print(len(sys.argv) // 2)
";

/// What a program prints that comes with a Debian package of the same name.
fn printed(command: &mut Command) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}: it comes with the Debian package {program}"));
    assert!(output.status.success(), "{program}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn yaml_has_the_values_of_json_for_pyyaml_and_for_yq() {
    let sandbox = hard();
    let mut files = Vec::new();
    for (number, command) in COMMANDS.iter().enumerate() {
        let json = sandbox.file(&format!("{number}.json"), sandbox.ok(&[*command, &["-o", "json"]].concat()));
        let yaml = sandbox.file(&format!("{number}.yaml"), sandbox.ok(&[*command, &["-o", "yaml"]].concat()));
        // yq is a filter in front of jq: it makes JSON of the YAML.
        let by_yq = printed(Command::new("yq").args([".", &yaml]));
        let by_yq = sandbox.file(&format!("{number}.yq.json"), by_yq);
        files.extend([json.clone(), yaml, json, by_yq]);
    }
    let compared = printed(python_with("yaml").args(["-c", COMPARE]).args(&files));
    assert_eq!(compared, format!("{}\n", 2 * COMMANDS.len()));
}

#[test]
fn yaml_is_one_document_with_bare_words_and_quotes_where_they_are_needed() {
    let sandbox = hard();
    assert_eq!(
        sandbox.run(&[
            "vm",
            "list",
            "--where",
            "name=web02",
            "-o",
            "yaml",
            "-c",
            "name,os,memory,cpu,owner,ips,created"
        ]),
        Answer {
            status: 0,
            stdout: format!(
                "- id: 2\n  path: AWS/tokyo/prod/web02\n  name: web02\n  os: \"no\"\n  memory: 0.1 GiB\n  \
                 memory_bytes: 107374182.4\n  cpu: 0.5\n  owner: bob\n  ips: []\n  created: \"{}\"\n",
                sandbox.ok(&["vm", "show", "web02", "-o", "value", "-c", "created"]).trim()
            ),
            stderr: String::new(),
        }
    );
    assert_eq!(sandbox.ok(&["vm", "list", "--where", "name=nobody", "-o", "yaml"]), "[]\n");
    assert_eq!(
        sandbox.ok(&["vm", "set", "web02", "--cpu", "2", "-o", "yaml", "--dry-run"]),
        "change: null\ndry_run: true\nrecords:\n- action: update\n  noun: vm\n  id: 2\n  path: AWS/tokyo/prod/web02\n  \
         fields:\n  - field: cpu\n    old: \"0.5\"\n    new: \"2\"\n"
    );
    // Readers of YAML read the JSON of failures.
    let answer = sandbox.run(&["vm", "show", "nobody", "-o", "yaml"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (3, ""));
    assert!(answer.stderr.starts_with("{\"kind\":\"not_found\","), "{answer}");
    // Each command of a batch without a transaction of all answers with a document of its own.
    sandbox.file("lines", "os add a\nvm set web02 --cpu 7\n");
    let batch = sandbox.ok(&["batch", "lines", "--each", "-o", "yaml"]);
    assert_eq!(batch.matches("---\n").count(), 2, "{batch}");
}

#[test]
fn yaml_escapes_what_could_steer_a_terminal() {
    let sandbox = Sandbox::empty();
    let listed = sandbox.ok(&["sql", "SELECT 'é' || char(155) || '2J' || char(8238) || char(27) AS x", "-o", "yaml"]);
    assert_eq!(listed, "- x: \"é\\x9B2J\\u202e\\e\"\n");
}

#[test]
fn a_template_is_a_line_for_each_record_with_the_keys_of_json() {
    let sandbox = Sandbox::estate();
    let listed = |template: &str, more: &[&str]| {
        sandbox.ok(&[&["vm", "list", "-o", &format!("template={template}")], more].concat())
    };
    assert_eq!(listed("{{name}} {{memory_bytes}}", &[]), "web01 17179869184\nweb02 8589934592\nweb10 4294967296\n");
    // Columns that are not usual are read if the template has them; an empty cell is empty.
    assert_eq!(listed("{{dc}},{{custom_os}},{{owner or '-'}}", &["--limit", "1"]), "AWS/tokyo,,alice\n");
    assert_eq!(
        listed("{{name}}:{% for disk in disks %} {{disk.name}}={{disk.size_bytes}}{% endfor %}", &[]),
        "web01: disk0=107374182400\nweb02:\nweb10:\n"
    );
    assert_eq!(listed("{{name|upper}} {{cpu * 2}}", &["-c", "name,cpu", "--sort=-cpu", "--limit", "1"]), "WEB01 8\n");
    assert_eq!(listed("{{name}}", &["--where", "name=nobody"]), "");
    let shown = ["vm", "show", "web01", "web02", "-o", "template={{path}} {{partitions|length}} {{systems|length}}"];
    assert_eq!(sandbox.ok(&shown), "AWS/tokyo/prod/web01 0 1\nAWS/tokyo/prod/web02 0 0\n");
    // Other answers have their records too.
    assert_eq!(sandbox.ok(&["usage", "-o", "template={{pool}} {{vms}}"]), "AWS/tokyo/prod 2\nAWS/tokyo/test 1\n");
    assert_eq!(
        sandbox.run(&[
            "vm",
            "set",
            "web01",
            "web02",
            "--cpu",
            "3",
            "-q",
            "-o",
            "template={{action}} {{id}} {{fields[0].old}}"
        ]),
        Answer { status: 0, stdout: "update 1 4\nupdate 2 2\n".to_owned(), stderr: String::new() }
    );
    assert_eq!(sandbox.ok(&["vm", "add", "new", "--pool", "prod", "-o", "template={{id}} {{status}}"]), "4 unknown\n");
    assert_eq!(sandbox.ok(&["backup", "copy.db", "-n", "-o", "template={{file}}"]), "copy.db\n");
}

#[test]
fn a_wrong_template_is_refused_before_anything_is_done() {
    let sandbox = Sandbox::estate();
    let refused = |arguments: &[&str], template: &str| {
        let answer = sandbox.run(&[arguments, &["-o", &format!("template={template}")]].concat());
        assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{answer}");
        answer.stderr
    };
    let list = ["vm", "list"];
    let help = "help: a template is text with keys of the JSON record, such as '{{name}} {{memory_bytes}}'\n";
    assert_eq!(
        refused(&list, "{{name} x"),
        format!(
            "error: the template is wrong: unexpected `}}`, expected end of variable block\n  {{{{name}} x\n        ^\n{help}"
        )
    );
    assert_eq!(
        refused(&["vm", "list", "-c", "name,memory"], "{{name}} {{memory_byte}}"),
        "error: the template has an unknown key \"memory_byte\"\n\
         help: did you mean memory_bytes? the keys are id, path, name, memory, memory_bytes\n"
    );
    let all = refused(&list, "{{nme}}");
    assert!(all.contains("did you mean name? the keys are id, path, name, pool, type, "), "{all}");
    assert_eq!(
        refused(&list, "{{ips[0].adress}}"),
        format!(
            "error: the template fails for \"AWS/tokyo/prod/web01\": `ips[0].adress` is undefined\n  \
             {{{{ips[0].adress}}}}\n    ^\n{help}"
        )
    );
    assert_eq!(
        refused(&list, "{{name / 2}}"),
        format!(
            "error: the template fails for \"AWS/tokyo/prod/web01\": tried to use / operator on unsupported types string \
             and number\n  {{{{name / 2}}}}\n    ^\n{help}"
        )
    );
    for (template, mark) in [("{% include '/etc/passwd' %}", 3), ("{{ name }}{% import 'x' as x %}", 13)] {
        let told = refused(&list, template);
        assert!(told.contains(&format!("\n  {template}\n  {}^\n", " ".repeat(mark))), "{told}");
    }
    assert_eq!(refused(&list, "{{debug()}}").lines().next(), Some("error: the template has an unknown key \"debug\""));
    assert_eq!(
        sandbox.run(&["vm", "list", "-o", "template"]),
        Answer {
            status: 2,
            stdout: String::new(),
            stderr: "error: the output format \"template\" has no text\n\
                     help: write it after an equals sign, for example -o template='{{name}} {{memory_bytes}}'\n"
                .to_owned(),
        }
    );
    // Nothing is changed by a command whose answer would be refused.
    let before = sandbox.exported();
    for arguments in
        [&["vm", "set", "web01", "--cpu", "9"][..], &["vm", "rm", "web01", "-y"], &["undo"], &["os", "add", "x"]]
    {
        refused(arguments, "{{nothing}}");
        assert_eq!(sandbox.exported(), before, "{arguments:?}");
    }
    assert!(refused(&["backup", "copy.db"], "{{path}}").contains("the keys are dry_run, file, removed"));
    assert!(!sandbox.path().join("copy.db").exists());
    // A failure that only shows afterwards says that the change was made.
    let answer = sandbox.run(&["vm", "set", "web01", "--cpu", "9", "-q", "-o", "template={{fields[3].new}}"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
    assert!(answer.stderr.contains(" is stored, but the template fails for \"AWS/tokyo/prod/web01\": "), "{answer}");
}

#[test]
fn a_template_ends_however_long_its_loops_are() {
    let sandbox = Sandbox::estate();
    let long = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}";
    for template in [long, "{{ range(9999)|list|join(name * 9999999) }}", "{{ 'x' * 99999999999 }}"] {
        let answer = sandbox.run(&["vm", "list", "-o", &format!("template={template}")]);
        assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{answer}");
        assert!(answer.stderr.starts_with("error: the template fails for \"AWS/tokyo/prod/web01\": "), "{answer}");
    }
}

#[test]
fn jq_reads_lists_and_lines() {
    let sandbox = Sandbox::estate();
    let by_jq = |filter: &str, format: &str, arguments: &[&str]| {
        let file = sandbox.file("answer", sandbox.ok(&[arguments, &["-o", format]].concat()));
        printed(Command::new("jq").args(["-r", filter, &file]))
    };
    let list = ["vm", "list"];
    assert_eq!(by_jq(".[] | select(.memory_bytes >= 8 * 1024 * 1024 * 1024) | .name", "json", &list), "web01\nweb02\n");
    assert_eq!(by_jq("[.id, .path] | @tsv", "jsonl", &list).lines().next(), Some("1\tAWS/tokyo/prod/web01"));
    assert_eq!(by_jq("[.[].memory_bytes] | add", "json", &list), format!("{}\n", 28_u64 << 30));
    assert_eq!(by_jq(".disks[].size_bytes", "json", &["vm", "show", "web01"]), "107374182400\n");
    let changed = ["vm", "set", "web01", "web02", "--cpu", "4", "--dry-run"];
    assert_eq!(by_jq(".records[] | select(.action == \"update\") | .path", "json", &changed), "AWS/tokyo/prod/web02\n");
}

#[test]
fn pandas_reads_json_lines_and_csv() {
    let sandbox = Sandbox::estate();
    sandbox.file("vms.jsonl", sandbox.ok(&["vm", "list", "-o", "jsonl"]));
    sandbox.file("vms.json", sandbox.ok(&["vm", "list", "-o", "json"]));
    sandbox.file("vms.csv", sandbox.ok(&["vm", "list", "-o", "csv", "-c", "name,pool,memory.bytes,cpu"]));
    let script = "import pandas\n\
        lines, array = pandas.read_json('vms.jsonl', lines=True), pandas.read_json('vms.json')\n\
        table = pandas.read_csv('vms.csv')\n\
        assert lines.equals(array)\n\
        assert list(lines['memory_bytes']) == list(table['memory.bytes']), table\n\
        sums = lines.groupby('pool')['memory_bytes'].sum() // 2**30\n\
        print(sums.to_dict())\n\
        print(table.sort_values('cpu')['name'].to_list())\n";
    let told = printed(python_with("pandas").args(["-c", script]).current_dir(sandbox.path()));
    assert_eq!(told, "{'AWS/tokyo/prod': 24, 'AWS/tokyo/test': 4}\n['web10', 'web02', 'web01']\n");
}

#[test]
fn a_shell_script_uses_bare_values_templates_and_exit_statuses() {
    let sandbox = Sandbox::estate();
    let script = r#"
set -eu
inv() { "$INV" "$@"; }
address=$(inv ip next --in 10.0.0.0/24 --vlan 101)
echo "next: $address"
taken=$(inv ip next --in 10.0.0.0/24 --vlan 101 --reserve)
echo "taken: $taken"
id=$(inv vm add web03 --pool prod --memory 2GiB -o template='{{id}}')
echo "$(inv vm show "id=$id" -o value -c name,memory | paste -sd' ')"
inv vm list --pool prod -o template='{{id}} {{name}}' | while read -r id name; do
  echo "$name is $(inv vm show "id=$id" -o value -c status)"
done
inv vm list --where 'status=unknown' -o value -c path | inv vm set - --status planned -q
inv vm list --where 'status=planned' --count
inv vm show nobody 2>/dev/null || echo "status $?"
"#;
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).current_dir(sandbox.path()).env("INV", env!("CARGO_BIN_EXE_inv"));
    shell.env("INV_DB", sandbox.database()).env("HOME", sandbox.path()).env_remove("INV_OUTPUT");
    assert_eq!(
        printed(&mut shell),
        "next: 10.0.0.1\ntaken: 10.0.0.1\nweb03 2 GiB\nweb01 is running\nweb02 is stopped\nweb03 is unknown\n2\nstatus 3\n"
    );
}
