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
    assert_eq!(offers(&sandbox, "inv -o js").stdout, "json\njsonl\n");
}
