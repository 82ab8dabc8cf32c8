//! What each role may do, by every command there is.

use super::{SIGNED_OUT, add, engine, estate, log_in, refused};
use crate::support::Sandbox;
use std::collections::BTreeSet;

/// What is run of every command: words behind `inv`, with `FILE` for a file of its noun and `DIR` for a folder. The
/// second column says who may: anyone, who is signed in, or by which role.
const COMMANDS: &[(&str, &str)] = &[
    ("NOUN list", "viewer"),
    ("NOUN show NAME", "viewer"),
    ("NOUN log NAME", "viewer"),
    ("NOUN export", "viewer"),
    ("NOUN set NAME FIELD", "editor"),
    ("NOUN rename NAME new-name", "editor"),
    ("NOUN rm NAME --yes --recursive", "editor"),
    ("NOUN import FILE --update", "editor"),
    ("provider add new", "editor"),
    ("dc add new --provider AWS", "editor"),
    ("pool add new --dc tokyo", "editor"),
    ("vm add new --pool prod", "editor"),
    ("storage add new --pool prod", "editor"),
    ("disk add new --vm web01", "editor"),
    ("partition add new --disk disk0", "editor"),
    ("ip add 10.9.9.9", "editor"),
    ("os add new", "editor"),
    ("unit add new --bytes 3", "editor"),
    ("system add new", "editor"),
    ("user add new", "editor"),
    ("login-user add new --password-stdin", "admin"),
    ("source add new", "editor"),
    ("vm clone web01 new", "editor"),
    ("vm move web01 --pool test", "editor"),
    ("system attach billing web02", "editor"),
    ("system detach billing web01", "editor"),
    ("ip next --in 10.0.0.0/24", "viewer"),
    ("ip next --in 10.0.0.0/24 --reserve", "editor"),
    ("ip usage 10.0.0.0/24", "viewer"),
    ("init", "anyone"),
    ("import DIR --update", "editor"),
    ("export DIR", "viewer"),
    ("backup DIR/copy.db", "viewer"),
    ("restore DIR/kept.db --yes", "admin"),
    ("usage", "viewer"),
    ("fit --memory 1GiB", "viewer"),
    ("impact pool prod", "viewer"),
    ("stats", "viewer"),
    ("report DIR/page.html", "viewer"),
    ("find web", "viewer"),
    ("check", "viewer"),
    ("check --fix", "editor"),
    ("sql SELECT(1)", "viewer"),
    ("log", "viewer"),
    ("log show 1", "viewer"),
    ("log verify", "viewer"),
    ("log purge --before 2000-01-01 --yes", "admin"),
    ("undo 1", "admin"),
    ("undo", "admin"),
    ("redo", "admin"),
    ("batch FILE", "editor"),
    ("blame vm web01", "viewer"),
    ("diff --since 1", "viewer"),
    ("vm list --at 1", "viewer"),
    ("usage --at 1", "viewer"),
    ("login", "anyone"),
    ("logout --all", "viewer"),
    ("whoami", "viewer"),
    ("passwd --password-stdin", "viewer"),
    ("completions bash", "anyone"),
    ("man DIR", "anyone"),
    ("reference", "anyone"),
    ("schema vm", "anyone"),
];

/// A record of each noun that `estate` has, and a field of it with another value.
const NOUNS: &[(&str, &str, &str)] = &[
    ("provider", "AWS", ""),
    ("dc", "tokyo", "--location Edo"),
    ("pool", "prod", "--cpu 9"),
    ("vm", "web01", "--status failed"),
    ("storage", "san1", "--capacity 9TiB"),
    ("disk", "disk0", "--size 9GiB"),
    ("partition", "part1", "--size 1GiB"),
    ("ip", "10.0.0.11", "--vlan 9"),
    ("os", "Debian-12", ""),
    ("unit", "PiB", "--bytes 9"),
    ("system", "billing", "--description none"),
    ("user", "alice", "--email a@b"),
    ("login-user", "vi", "--role editor"),
    ("source", "rvtools:AWS", "--priority 9"),
];

/// Every command line that is tried, and who may.
fn lines() -> Vec<(String, &'static str)> {
    let mut lines = Vec::new();
    for (line, role) in COMMANDS {
        let Some(rest) = line.strip_prefix("NOUN ") else {
            lines.push(((*line).to_owned(), *role));
            // Whoever may add a record may apply it.
            if line.contains(" add ") {
                lines.push((line.replace(" add ", " apply "), *role));
            }
            continue;
        };
        for (noun, name, field) in NOUNS {
            let files = !rest.starts_with("import") && !rest.starts_with("export");
            if (rest.contains("FIELD") && field.is_empty()) || (*noun == "login-user" && !files) {
                continue;
            }
            let role = if *noun == "login-user" && *role == "editor" { "admin" } else { role };
            let new = if *noun == "ip" { "10.9.9.9" } else { "new-name" };
            let rest = rest.replace("NAME", name).replace("FIELD", field).replace("new-name", new);
            lines.push((format!("{noun} {rest}"), role));
        }
    }
    lines
}

/// The commands of the whole tree, as the reference heads them: those that have none below, and `log`.
fn leaves(sandbox: &Sandbox) -> BTreeSet<String> {
    let reference = sandbox.ok(&["reference"]);
    let all: BTreeSet<String> = reference
        .lines()
        .filter_map(|line| line.strip_prefix("## `inv ")?.strip_suffix('`'))
        .map(str::to_owned)
        .collect();
    assert!(all.len() > 100, "{all:?}");
    let parent = |name: &String| all.iter().any(|other| other.starts_with(&format!("{name} "))) && name != "log";
    all.iter().filter(|name| !parent(name)).cloned().collect()
}

/// Runs a line as it stands in the list.
fn run(sandbox: &Sandbox, line: &str) -> crate::support::Answer {
    let folder = sandbox.path().join("folder");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::copy(sandbox.database(), folder.join("kept.db")).expect("a backup");
    // An export does not replace a file that is none.
    let nothing = if line.starts_with("export ") { "" } else { "name\n" };
    std::fs::write(folder.join("users.csv"), nothing).expect("a file that changes nothing");
    let noun = line.split(' ').next().expect("a word");
    let file = sandbox.file("file.csv", format!("{}\n", header(noun)));
    let words: Vec<String> = line
        .split(' ')
        .map(|word| match word {
            "FILE" => file.clone(),
            "SELECT(1)" => "SELECT 1".to_owned(),
            _ => word.replace("DIR", folder.to_str().expect("UTF-8")),
        })
        .collect();
    sandbox.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The header of a file that changes nothing.
fn header(noun: &str) -> String {
    match noun {
        "disk" | "partition" | "dc" | "pool" | "vm" | "storage" => {
            let holder = inv::catalog::Catalog::standard().of(noun).parent.expect("a holder");
            format!("name,{holder}")
        }
        "ip" => "ipv4".to_owned(),
        "batch" => "# nothing".to_owned(),
        _ => "name".to_owned(),
    }
}

#[test]
fn every_command_of_the_tree_is_tried() {
    let sandbox = Sandbox::bare();
    let lines = lines();
    let missing: Vec<String> = leaves(&sandbox)
        .into_iter()
        .filter(|leaf| !lines.iter().any(|(line, _)| line == leaf || line.starts_with(&format!("{leaf} "))))
        // Of these two nouns nothing but the name can be set.
        .filter(|leaf| leaf != "provider set" && leaf != "os set")
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn without_a_login_no_command_reads_or_writes() {
    let sandbox = estate();
    assert_eq!(sandbox.run(&["logout"]).status, 0);
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    for (line, role) in lines() {
        let answer = run(&sandbox, &line);
        if role == "anyone" {
            assert!(!answer.stderr.contains("signed in"), "{line}: {answer}");
        } else {
            assert!(answer.stderr.starts_with(SIGNED_OUT), "{line}: {answer}");
            assert_eq!((answer.status, answer.stdout.as_str()), (5, ""), "{line}: {answer}");
        }
        assert_eq!(std::fs::read(sandbox.database()).expect("the inventory"), before, "{line}");
    }
}

#[test]
fn a_viewer_reads_by_every_command_and_writes_by_none() {
    let sandbox = estate();
    sandbox.sign_in("vi");
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    for (line, role) in lines() {
        // These two are about the viewer's own session and password.
        if role == "anyone" || line.starts_with("logout") || line.starts_with("passwd") {
            continue;
        }
        let answer = run(&sandbox, &line);
        match role {
            "viewer" => assert_eq!(answer.status, 0, "{line}: {answer}"),
            _ => {
                assert_eq!((answer.status, answer.stdout.as_str()), (5, ""), "{line}: {answer}");
                assert!(answer.stderr.starts_with("error: vi is a viewer and may not "), "{line}: {answer}");
            }
        }
        assert_eq!(std::fs::read(sandbox.database()).expect("the inventory"), before, "{line}");
    }
}

#[test]
fn an_editor_changes_the_inventory_and_no_login_user() {
    for (line, role) in lines() {
        if role == "viewer" || role == "anyone" {
            continue;
        }
        let sandbox = estate();
        sandbox.sign_in("ed");
        let before = std::fs::read(sandbox.database()).expect("the inventory");
        let answer = run(&sandbox, &line);
        if role == "editor" {
            assert_eq!(answer.status, 0, "{line}: {answer}");
        } else {
            assert_eq!((answer.status, answer.stdout.as_str()), (5, ""), "{line}: {answer}");
            assert!(answer.stderr.starts_with("error: ed is an editor and may not "), "{line}: {answer}");
            assert_eq!(std::fs::read(sandbox.database()).expect("the inventory"), before, "{line}");
        }
    }
}

#[test]
fn an_editor_undoes_what_they_did_and_an_admin_what_anyone_did() {
    let sandbox = estate();
    sandbox.ok(&["user", "add", "of-ada"]);
    sandbox.sign_in("ed");
    refused(&sandbox.run(&["undo"]), 5, "error: ed is an editor and may not undo changes of others");
    refused(&sandbox.run(&["undo", "1"]), 5, "error: ed is an editor and may not undo changes of others");
    sandbox.ok(&["user", "add", "of-ed"]);
    sandbox.ok(&["undo"]);
    assert_eq!(sandbox.run(&["user", "show", "of-ed"]).status, 3);
    sandbox.ok(&["redo"]);
    sandbox.ok(&["user", "show", "of-ed"]);
    let signed = sandbox.ok(&["log", "--limit", "1", "-o", "csv"]);
    assert!(signed.lines().last().is_some_and(|line| line.contains(",ed,")), "{signed}");
    sandbox.sign_in("ada");
    sandbox.ok(&["undo"]);
    assert_eq!(sandbox.run(&["user", "show", "of-ed"]).status, 3);
}

#[test]
fn the_first_login_user_is_an_admin_and_closes_the_inventory() {
    let sandbox = Sandbox::estate();
    let first = |more: &[&str]| {
        let all: Vec<&str> = ["login-user", "add", "ada", "--password-stdin"].iter().chain(more).copied().collect();
        sandbox.run_with_input(&all, "correct horse battery staple\n")
    };
    insta::assert_snapshot!(first(&["--role", "viewer"]), @r"
    status 4
    ----- stderr -----
    error: the first login user must be an admin
    help: omit --role
    ");
    insta::with_settings!({filters => [(r"20\d\d-[0-9:TZ-]+", "TIME")]}, {
        insta::assert_snapshot!(first(&["-o", "json"]), @r#"
        status 0
        {"id": 1, "path": "ada", "username": "ada", "role": "admin", "email": null, "created": "TIME"}
        ----- stderr -----
        login required from now on: run `inv login`
        "#);
    });
    insta::assert_snapshot!(sandbox.run(&["vm", "list"]), @r"
    status 5
    ----- stderr -----
    error: login required: run `inv login`
    help: sign in with inv login
    ");
    let answer = log_in(&sandbox, "ada", "correct horse battery staple");
    assert_eq!(answer.status, 0, "{answer}");
    assert!(answer.stderr.starts_with("signed in as ada (admin) until "), "{answer}");
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "3\n");
    assert_eq!(sandbox.ok(&["login-user", "list", "-o", "csv", "-c", "username,role"]), "username,role\nada,admin\n");
}

#[test]
fn the_last_admin_is_neither_removed_nor_demoted() {
    let sandbox = estate();
    let last = "error: the last admin cannot be removed or demoted";
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    refused(&sandbox.run(&["login-user", "rm", "ada", "--yes"]), 4, last);
    refused(&sandbox.run(&["login-user", "rm", "ada", "ed", "vi", "--yes"]), 4, last);
    refused(&sandbox.run(&["login-user", "set", "ada", "--role", "editor"]), 4, last);
    refused(&sandbox.run(&["login-user", "set", "--where", "role=admin", "--role", "viewer"]), 4, last);
    let first = sandbox.ok(&["login-user", "log", "ada", "-o", "csv"]);
    let change = first.lines().nth(1).and_then(|line| line.split(',').next()).expect("a number");
    refused(&sandbox.run(&["undo", change]), 4, last);
    assert_eq!(std::fs::read(sandbox.database()).expect("the inventory"), before);
    sandbox.ok(&["login-user", "set", "ed", "--role", "admin"]);
    sandbox.ok(&["login-user", "rm", "ada", "--yes"]);
    refused(&sandbox.run(&["vm", "list"]), 5, "error: the session has ended");
    sandbox.sign_in("ed");
    refused(&sandbox.run(&["login-user", "rm", "ed", "--yes"]), 4, last);
}

#[test]
fn a_role_counts_from_the_next_command_on() {
    let sandbox = estate();
    sandbox.sign_in("ed");
    sandbox.ok(&["user", "add", "one"]);
    engine(&sandbox).execute("UPDATE login_users SET role = 'viewer' WHERE username = 'ed'", []).expect("an update");
    refused(&sandbox.run(&["user", "add", "two"]), 5, "error: ed is a viewer and may not change the inventory");
}

#[test]
fn a_role_is_one_of_three_and_a_new_login_user_is_a_viewer() {
    let sandbox = estate();
    let added = sandbox.run_with_input(&["login-user", "add", "new", "--password-stdin"], super::PASSWORD);
    assert_eq!((added.status, added.stdout.as_str(), added.stderr.as_str()), (0, "new\n", ""));
    assert_eq!(
        sandbox.ok(&["login-user", "list", "--role", "viewer", "-o", "csv", "-c", "username"]),
        "username\nvi\nnew\n"
    );
    insta::assert_snapshot!(sandbox.run(&["login-user", "set", "new", "--role", "admn"]), @r#"
    status 1
    ----- stderr -----
    error: role: "admn" is not a role
    help: did you mean admin? roles: viewer, editor, admin
    "#);
    add(&sandbox, "boss", "ADMIN");
    assert_eq!(sandbox.ok(&["login-user", "list", "--role", "admin", "--count"]), "2\n");
}

#[test]
fn nothing_is_read_from_a_file_or_asked_for_somebody_who_may_not() {
    let sandbox = estate();
    let secret = sandbox.file("secret.csv", "a secret of the service account\n");
    sandbox.sign_in("vi");
    for line in [["vm", "import", &secret, "--update"], ["import", &secret, "--update", "--prune"]] {
        let answer = sandbox.run(&line);
        refused(&answer, 5, "error: vi is a viewer and may not change the inventory");
        assert!(!answer.stderr.contains("secret"), "{answer}");
    }
    let mut terminal = crate::pty::Terminal::inv(&sandbox, &["vm", "add"]);
    let ended = terminal.ends();
    assert_eq!(ended.status, 5, "{}", ended.screen);
    assert!(ended.screen.starts_with("error: vi is a viewer"), "{}", ended.screen);
}

#[test]
fn a_shell_is_offered_no_names_without_a_login() {
    let sandbox = estate();
    let offered = |sandbox: &Sandbox| {
        let mut command = sandbox.command();
        command.env("COMPLETE", "fish").args(["--", "inv", "vm", "show", "web"]);
        crate::support::answer(&mut command).stdout
    };
    let signed_in = offered(&sandbox);
    sandbox.ok(&["logout"]);
    let signed_out = offered(&sandbox);
    assert!(signed_in.contains("web01"), "{signed_in}");
    assert!(!signed_out.contains("web01"), "{signed_out}");
}
