//! Completion in real shells: the committed scripts, loaded the way an operator loads them, offering what the inventory
//! holds.

use crate::pty::Terminal;
use crate::support::{Answer, Sandbox, answer};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The committed scripts, and the shell of each.
const SCRIPTS: &[(&str, &str)] = &[
    ("bash", "completions/inv.bash"),
    ("zsh", "completions/_inv"),
    ("fish", "completions/inv.fish"),
    ("powershell", "completions/_inv.ps1"),
    ("elvish", "completions/inv.elv"),
];

/// The shells that are driven here, and the Debian package of each.
const SHELLS: &[&str] = &["bash", "zsh", "fish"];

/// What is typed before the tabulator, and the VM that it must come to.
const NAMES: &[(&str, &str)] = &[
    ("we", "web01"),
    ("bl", "blank in it"),
    (r"blank\ i", "blank in it"),
    ("'blank i", "blank in it"),
    ("it", "it's"),
    ("quo", "quo\"te"),
    ("dol", "dol$HOME"),
    ("sla", "sla/sh"),
    ("sla/", "sla/sh"),
    ("col", "col:on"),
    ("col:", "col:on"),
    ("東", "東京ウェブ"),
    ("am", "am&per;sand"),
    ("back", "back\\slash"),
    ("til", "til~de#(1)*"),
];

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn script(shell: &str) -> String {
    let path = SCRIPTS.iter().find(|(name, _)| *name == shell).expect("a script").1;
    std::fs::read_to_string(repository(path)).expect("the committed script")
}

/// An estate with names that are hard on shells, and a home folder in which each shell finds its script.
fn estate() -> Sandbox {
    let sandbox = Sandbox::empty();
    for line in
        ["provider add AWS", "dc add tokyo --provider AWS", "pool add prod --dc tokyo", "pool add test --dc tokyo"]
    {
        sandbox.ok(&line.split_whitespace().collect::<Vec<&str>>());
    }
    let mut names: Vec<&str> = NAMES.iter().map(|(_, name)| *name).collect();
    names.dedup();
    for name in names {
        let status = if name == "web01" { "running" } else { "stopped" };
        sandbox.ok(&["vm", "add", name, "--pool", "prod", "--status", status]);
    }
    // Where fish finds no completions from manual pages, it begins to make them, and goes on behind the test.
    for folder in [".config/fish/completions", ".local/share/fish/generated_completions", "functions"] {
        std::fs::create_dir_all(sandbox.path().join(folder)).expect("a folder");
    }
    sandbox.file(".config/fish/completions/inv.fish", script("fish"));
    sandbox.file(".config/fish/config.fish", "set fish_greeting\nfunction fish_prompt; echo 'ready> '; end\n");
    sandbox.file("functions/_inv", script("zsh"));
    sandbox.file(".zshrc", "PS1='ready> '\nfpath=(~/functions $fpath)\nautoload -Uz compinit\ncompinit -u -D\n");
    sandbox.file(".bashrc", format!("PS1='ready> '\n{}", script("bash")));
    sandbox
}

fn path_with_inv() -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_inv")).parent().expect("the folder of inv").display().to_string();
    format!("{folder}:{}", std::env::var("PATH").unwrap_or_default())
}

fn installed(shell: &str) {
    let found = Command::new("sh").args(["-c", &format!("command -v {shell}")]).output().expect("sh");
    assert!(
        found.status.success(),
        "{shell} is missing: install the Debian package {shell} (tests/packages-terminal.txt)"
    );
}

/// A shell on a terminal, at its prompt.
fn shell(sandbox: &Sandbox, name: &str) -> Terminal {
    installed(name);
    let arguments: &[&str] = match name {
        "bash" => &["bash", "--noprofile", "-i"],
        "zsh" => &["zsh", "-i"],
        _ => &["fish", "-i"],
    };
    let mut terminal = Terminal::run(sandbox, arguments, &[("PATH", &path_with_inv())], 200);
    terminal.sees("ready>");
    terminal
}

/// Types a line and waits for what it writes into the file `out`.
fn typed(terminal: &mut Terminal, sandbox: &Sandbox, keys: &str) -> String {
    let out = sandbox.path().join("out");
    let _ = std::fs::remove_file(&out);
    let done = sandbox.path().join("done");
    let _ = std::fs::remove_file(&done);
    // A tabulator is answered before the next key is typed, as a person would wait for it: the cursor moves on.
    for piece in keys.split_inclusive('\t') {
        let text = piece.trim_end_matches('\t');
        terminal.types(text);
        terminal.until(&format!("{text:?} left of the cursor"), |terminal| terminal.left_of_cursor().ends_with(text));
        if text != piece {
            let before = terminal.left_of_cursor();
            terminal.types("\t");
            terminal.until("a completion", |terminal| terminal.left_of_cursor() != before);
        }
    }
    terminal.types(" > out; echo > done\r");
    terminal.until(&format!("the end of {keys:?}"), |_| done.exists());
    std::fs::read_to_string(&out).unwrap_or_default()
}

/// What a shell is offered for a line, asked as bash asks.
fn offers(sandbox: &Sandbox, line: &str) -> Answer {
    answer(sandbox.command().env("COMPLETE", "bash").args(["--", line]))
}

#[test]
fn the_committed_scripts_are_what_inv_prints() {
    let sandbox = Sandbox::bare();
    for (shell, path) in SCRIPTS {
        let committed = std::fs::read_to_string(repository(path)).unwrap_or_default();
        let printed = sandbox.ok(&["completions", shell]);
        assert!(committed == printed, "{path} is not what inv prints; renew it: inv completions {shell} > {path}");
    }
}

fn completes_names(name: &str) {
    let sandbox = estate();
    let mut terminal = shell(&sandbox, name);
    for (start, expected) in NAMES {
        let shown = typed(&mut terminal, &sandbox, &format!("inv vm show {start}\t -o json"));
        let told = serde_json::from_str::<serde_json::Value>(&shown).ok().and_then(|record| {
            let record = record.get(0).cloned().unwrap_or(record);
            Some(record.get("name")?.as_str()?.to_owned())
        });
        assert_eq!(told.as_deref(), Some(*expected), "{name}: {start}\n{}", terminal.screen());
    }
    terminal.types("exit\r");
    terminal.ends();
}

#[test]
fn bash_completes_names_from_the_inventory() {
    completes_names("bash");
}

#[test]
fn zsh_completes_names_from_the_inventory() {
    completes_names("zsh");
}

#[test]
fn fish_completes_names_from_the_inventory() {
    completes_names("fish");
}

#[test]
fn nouns_verbs_flags_status_words_and_what_a_flag_refers_to_are_completed() {
    for name in SHELLS {
        let sandbox = estate();
        let mut terminal = shell(&sandbox, name);
        let listed = typed(&mut terminal, &sandbox, "inv v\tlis\t--stat\trunn\t--po\tpro\t-o csv -c name");
        assert_eq!(listed, "name\nweb01\n", "{name}\n{}", terminal.screen());
        terminal.types("exit\r");
        terminal.ends();
    }
}

#[test]
fn conditions_columns_and_paths_are_completed_in_each_shell() {
    for name in SHELLS {
        let sandbox = estate();
        let mut terminal = shell(&sandbox, name);
        let listed = typed(&mut terminal, &sandbox, "inv vm list --where status=run\t-o csv -c na\t");
        assert_eq!(listed, "name\nweb01\n", "{name}\n{}", terminal.screen());
        let listed = typed(&mut terminal, &sandbox, "inv blame v\tprod/we\t -o csv");
        assert!(listed.contains("name,web01,"), "{name}: {listed}\n{}", terminal.screen());
        terminal.types("exit\r");
        terminal.ends();
    }
}

#[test]
fn the_inventory_of_the_command_line_is_the_one_that_is_asked() {
    for name in SHELLS {
        let sandbox = estate();
        for line in ["--db other init", "--db other provider add Azure"] {
            sandbox.ok(&line.split_whitespace().collect::<Vec<&str>>());
        }
        let mut terminal = shell(&sandbox, name);
        let shown = typed(&mut terminal, &sandbox, "inv --db other provider show A\t -o json");
        assert!(shown.contains("\"Azure\""), "{name}: {shown}\n{}", terminal.screen());
        let shown = typed(&mut terminal, &sandbox, "inv --db=other provider show A\t -o json");
        assert!(shown.contains("\"Azure\""), "{name}: {shown}\n{}", terminal.screen());
        terminal.types("exit\r");
        terminal.ends();
    }
}

#[test]
fn fish_is_offered_what_its_own_machinery_asks_for() {
    installed("fish");
    let sandbox = estate();
    let run = answer(sandbox.command().args(["--version"]));
    assert_eq!(run.status, 0);
    let mut fish = Command::new("fish");
    fish.env_clear().envs(sandbox.command().get_envs().filter_map(|(name, value)| Some((name, value?))));
    fish.env("PATH", path_with_inv()).current_dir(sandbox.path()).args(["-c", "complete -C'inv vm show we'"]);
    let offered = answer(&mut fish);
    assert_eq!(offered.stdout, "web01\n");
    assert_eq!(offered.stderr, "");
}

#[test]
fn a_missing_inventory_makes_no_noise() {
    let sandbox = Sandbox::bare();
    let offered = offers(&sandbox, "inv vm show we");
    assert_eq!(offered.to_string(), "status 0\n");
}

#[test]
fn names_that_hold_control_characters_are_not_offered() {
    let sandbox = Sandbox::estate();
    let store = rusqlite::Connection::open(sandbox.database()).expect("the inventory");
    store.execute("INSERT INTO operating_system (name) VALUES ('De' || char(27) || '[2J')", []).expect("a row");
    drop(store);
    assert_eq!(offers(&sandbox, "inv os show De").stdout, "Debian-12\n");
}

#[test]
fn options_before_the_noun_do_not_stand_in_the_way() {
    let sandbox = Sandbox::estate();
    assert_eq!(offers(&sandbox, "inv -o json --no-pager vm show web0").stdout, "web01\nweb02\n");
    assert_eq!(offers(&sandbox, "inv -m INC-7 --dry-run vm set web0").stdout, "web01\nweb02\n");
    assert_eq!(offers(&sandbox, "inv -o js").stdout, "json\njsonl\n");
}

/// Holds what a shell is offered for lines against the words that it must be, in any order.
fn are_offered(sandbox: &Sandbox, lines: &[(&str, &[&str])]) {
    for (line, words) in lines {
        let answer = offers(sandbox, line);
        let mut offered: Vec<&str> = answer.stdout.lines().collect();
        let mut words = words.to_vec();
        offered.sort_unstable();
        words.sort_unstable();
        assert_eq!((answer.status, offered, answer.stderr.as_str()), (0, words, ""), "{line}");
    }
}

#[test]
fn columns_and_sort_keys_are_completed() {
    are_offered(
        &Sandbox::estate(),
        &[
            ("inv vm list -c na", &["name"]),
            ("inv vm list -c name,mem", &["name,memory"]),
            ("inv vm list -c +pa", &["+path"]),
            ("inv vm list -c name,pool.dc", &["name,pool.dc"]),
            ("inv vm list -c pool.disk.al", &["pool.disk.allocated"]),
            ("inv vm list -c pool.dc.provider.na", &["pool.dc.provider.name"]),
            (
                "inv pool list -c memory.",
                &["memory.allocated", "memory.bytes", "memory.free", "memory.policy", "memory.ratio"],
            ),
            ("inv pool list -c memory.free.", &["memory.free.bytes"]),
            ("inv vm list -c owner.em", &["owner.email"]),
            ("inv vm list -c memory.", &["memory.bytes"]),
            ("inv vm show web01 --columns cust", &["custom-os"]),
            ("inv vm list --sort mem", &["memory", "memory:desc"]),
            ("inv vm list --sort name,-mem", &["name,-memory"]),
            ("inv vm list --sort memory:", &["asc", "desc"]),
            ("inv vm export -c own", &["owner"]),
            ("inv usage -c pool,memory.f", &["pool,memory.free"]),
            ("inv usage --sort cpu.ra", &["cpu.ratio", "cpu.ratio:desc"]),
            ("inv fit -c fi", &["fits"]),
            ("inv impact -c ow", &["owners"]),
            ("inv find -c pa", &["path"]),
            ("inv check -c no", &["noun"]),
            ("inv ip usage -c ass", &["assignable"]),
            ("inv vm list -c nothing", &[]),
        ],
    );
}

#[test]
fn fields_operators_and_values_of_conditions_are_completed() {
    are_offered(
        &Sandbox::estate(),
        &[
            (
                "inv vm list --where 'mem",
                &[
                    "memory=", "memory!=", "memory~", "memory!~", "memory=~", "memory<", "memory<=", "memory>",
                    "memory>=",
                ],
            ),
            ("inv vm list --where 'status=run", &["status=running"]),
            ("inv vm list --where 'status = run", &["status = running"]),
            ("inv vm list --where 'pool!=pr", &["pool!=prod"]),
            ("inv vm list --where 'owner.name~al", &[]),
            ("inv vm list --where 'memory>8GiB and (owner=al", &["memory>8GiB and (owner=alice"]),
            ("inv vm list --where 'not own", &conditions("not owner")),
            ("inv vm list --where 'name=\"a and b\" or cpu", &conditions("name=\"a and b\" or cpu")),
            ("inv vm set --where 'owner=bo", &["owner=bob"]),
            ("inv vm rm --where 'status=st", &["status=stopped"]),
            ("inv check --where 'sever", &conditions("severity")),
            ("inv vm list --where 'name=x or", &[]),
        ],
    );
}

/// A field with each of the operators of the contract.
fn conditions(field: &str) -> Vec<&'static str> {
    let operators = ["=", "!=", "~", "!~", "=~", "<", "<=", ">", ">="];
    operators.map(|operator| &*format!("{field}{operator}").leak()).into()
}

#[test]
fn fields_to_clear_and_rules_are_completed() {
    are_offered(
        &Sandbox::estate(),
        &[
            ("inv vm set web01 --clear ow", &["owner"]),
            // A VM must have a name and a pool, and inv sets the times.
            ("inv vm set web01 --clear n", &[]),
            ("inv vm set web01 --clear po", &[]),
            ("inv vm set web01 --clear cr", &[]),
            ("inv vm set web01 --release mem", &["memory"]),
            ("inv check --only E00", &["E001", "E002", "E003", "E004", "E005", "E006", "E007", "E008"]),
            ("inv check --only E002,dang", &["E002,dangling-reference"]),
            ("inv check --ignore no-own", &["no-owner"]),
            ("inv vm import vms.csv --create os,ow", &[]),
            ("inv vm import vms.csv --create os,us", &["os,user"]),
        ],
    );
}

#[test]
fn nouns_and_names_are_completed_where_a_command_takes_both() {
    are_offered(
        &Sandbox::estate(),
        &[
            ("inv blame v", &["vm"]),
            ("inv blame vm web0", &["web01", "web02"]),
            ("inv blame pool pr", &["prod"]),
            ("inv blame vms web1", &["web10"]),
            ("inv log sto", &["storage"]),
            ("inv log user al", &["alice"]),
            ("inv log sh", &["show"]),
            ("inv diff sys", &["system"]),
            ("inv diff system bil", &["billing"]),
            ("inv impact po", &["pool"]),
            ("inv impact pool te", &["test"]),
            ("inv impact web0", &["web01", "web02"]),
            ("inv impact s", &["storage", "san1"]),
            ("inv -o json blame vm web1", &["web10"]),
        ],
    );
}

#[test]
fn paths_are_completed_from_any_record_on() {
    let sandbox = Sandbox::estate();
    are_offered(
        &sandbox,
        &[
            ("inv vm show AWS/", &["AWS/tokyo/"]),
            ("inv vm show AWS/tokyo/p", &["AWS/tokyo/prod/"]),
            ("inv vm show AWS/tokyo/", &["AWS/tokyo/prod/", "AWS/tokyo/test/"]),
            ("inv vm show AWS/tokyo/prod/web", &["AWS/tokyo/prod/web01", "AWS/tokyo/prod/web02"]),
            ("inv vm show test/w", &["test/web10"]),
            ("inv pool show tokyo/", &["tokyo/prod", "tokyo/test"]),
            ("inv blame ip web01/10", &["web01/10.0.0.11"]),
            ("inv vm add new --pool tokyo/t", &["tokyo/test"]),
            ("inv vm show nowhere/w", &[]),
        ],
    );
    std::fs::create_dir(sandbox.path().join("folder")).expect("a folder");
    sandbox.file("file.csv", "name\n");
    are_offered(
        &sandbox,
        &[
            ("inv import fo", &["folder/"]),
            ("inv vm import fi", &["file.csv"]),
            ("inv export fo", &["folder/"]),
            ("inv man fo", &["folder/"]),
            ("inv restore fi", &["file.csv"]),
        ],
    );
}
