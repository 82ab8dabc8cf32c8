//! Words of an import: what a plan and its report call each change, what is asked before it, and what history and `show`
//! name afterwards.

use crate::pty::Terminal;
use crate::support::{Answer, Sandbox, timeless};
use std::fmt::Write;

const HEADER: &str = "VM,Powerstate,Template,CPUs,Memory,Datacenter,Cluster,Folder,VM ID,Creation date,VI SDK Server,Primary IP Address\n";
const DAY: &str = "2024/01/01 10:00:00";
const LATER: &str = "2025/06/01 10:00:00";

/// A row of vInfo without a UUID, so that the id alone identifies the VM.
fn row(name: &str, cluster: &str, id: u32, created: &str, address: &str) -> String {
    format!("{name},poweredOn,False,2,4096,north,{cluster},/north/vm,vm-{id},{created},vc.example,{address}\n")
}

fn vm(name: &str, cluster: &str, id: u32) -> String {
    row(name, cluster, id, DAY, "")
}

/// Writes an export and returns its path.
fn export(sandbox: &Sandbox, rows: &[String]) -> String {
    let folder = sandbox.path().join("export");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("RVTools_tabvInfo.csv"), format!("{HEADER}{}", rows.concat())).expect("a file");
    folder.to_str().expect("UTF-8").to_owned()
}

fn import(sandbox: &Sandbox, rows: &[String], more: &[&str]) -> Answer {
    let path = export(sandbox, rows);
    sandbox.run(&[&["import", "--from", "rvtools", &path], more].concat())
}

/// Imports what must go in; what it said behind the notes on the export.
#[track_caller]
fn imported(sandbox: &Sandbox, rows: &[String], more: &[&str]) -> String {
    let answer = import(sandbox, rows, more);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    told(&answer)
}

/// What an import said behind the notes on the export.
fn told(answer: &Answer) -> String {
    let notes = "not in the export: vHost, vDatastore, vDisk, vPartition, vNetwork\n";
    answer.stderr.split_once(notes).unwrap_or_else(|| panic!("{answer}")).1.to_owned()
}

/// The rows of a plan.
#[track_caller]
fn plan(sandbox: &Sandbox, rows: &[String], more: &[&str]) -> String {
    let answer = import(sandbox, rows, &[&["--update", "--plan", "-o", "csv"], more].concat());
    assert_eq!(answer.status, 0, "{answer}");
    answer.stdout.split_once('\n').expect("a header").1.to_owned()
}

fn vms(sandbox: &Sandbox, columns: &str) -> String {
    sandbox.ok(&["vm", "list", "-o", "csv", "--no-headers", "-c", columns])
}

#[test]
fn guard_and_grace_are_checked_and_stored_in_one_form() {
    let sandbox = Sandbox::empty();
    let fields = || sandbox.ok(&["source", "list", "-o", "csv", "--no-headers", "-c", "name,guard,grace"]);
    sandbox.ok(&["source", "add", "one", "--guard", " 007.50 % ", "--grace", "2w"]);
    assert_eq!(fields(), "one,7.5%,14d\n");
    for (grace, stored) in [("24h", "1d"), ("36h", "36h"), ("90M", "90m"), ("0d", "0s"), ("60s", "1m")] {
        sandbox.ok(&["source", "set", "one", "--grace", grace]);
        assert_eq!(fields(), format!("one,7.5%,{stored}\n"));
    }
    insta::assert_snapshot!(sandbox.run(&["source", "set", "one", "--guard", "101%"]), @r#"
    status 1
    ----- stderr -----
    error: guard: "101%" is not a percentage from 0% to 100%
    help: write it as 10% or 2.5%
    "#);
    insta::assert_snapshot!(sandbox.run(&["source", "add", "two", "--grace", "a while"]), @r#"
    status 1
    ----- stderr -----
    error: grace: "a while" is not a duration
    help: write it as 14d, 12h or 90m
    "#);
    for guard in ["10", "-1%", "%", "ten%"] {
        assert_eq!(sandbox.run(&["source", "set", "one", &format!("--guard={guard}")]).status, 1, "{guard}");
    }
    for grace in ["14", "-1d", "14d ago", "99999999999d"] {
        assert_eq!(sandbox.run(&["source", "set", "one", &format!("--grace={grace}")]).status, 1, "{grace}");
    }
    let file = sandbox.file("sources.csv", "name,guard,grace\none,100%,48h\nthree,many,1d\n");
    let refused = sandbox.run(&["source", "import", &file, "--update"]);
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stderr.contains("sources.csv:3: guard: \"many\" is not a percentage"), "{refused}");
    let file = sandbox.file("sources.csv", "name,guard,grace\none,100 %,48h\n");
    sandbox.ok(&["source", "import", &file, "--update"]);
    assert_eq!(fields(), "one,100%,2d\n");
    assert_eq!(sandbox.ok(&["source", "list", "--where", "grace=48h", "--count"]), "1\n");
}

#[test]
fn a_source_removes_as_much_as_its_own_guard_allows() {
    let sandbox = Sandbox::empty();
    let all: Vec<String> = (0..40).map(|number| vm(&format!("vm{number:02}"), "alpha", number)).collect();
    imported(&sandbox, &all, &[]);
    let prune = |more: &[&str]| import(&sandbox, &all[..28], &[&["--update", "--prune"], more].concat());
    let refused = prune(&["--quiet"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (4, ""), "{refused}");
    let refusal = "error: too many removals: 12 of 40 VMs; nothing was imported\n\
                   help: pass --allow-removals 12 to remove them, or --dry-run to list them\n";
    assert!(refused.stderr.ends_with(refusal), "{refused}");
    sandbox.ok(&["source", "set", "rvtools:vSphere", "--guard", "29.9%"]);
    assert_eq!(prune(&[]).status, 4);
    sandbox.ok(&["source", "set", "rvtools:vSphere", "--guard", "30%"]);
    assert_eq!(prune(&[]).status, 0);
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "28\n");
    // Ten records go whatever the guard.
    sandbox.ok(&["source", "set", "rvtools:vSphere", "--guard", "0%"]);
    assert_eq!(import(&sandbox, &all[..18], &["--update", "--prune"]).status, 0);
    assert_eq!(import(&sandbox, &all[..7], &["--update", "--prune"]).status, 4);
}

#[test]
fn an_id_that_another_vm_has_got_replaces_the_record() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("a", "alpha", 1), vm("b", "alpha", 2)], &[]);
    sandbox.ok(&["user", "add", "alice"]);
    sandbox.ok(&["vm", "set", "a", "b", "--owner", "alice"]);
    let before = sandbox.exported();
    // The same name, and another one.
    let next = [row("a", "alpha", 1, LATER, ""), row("c", "alpha", 2, LATER, "")];
    let rows = "replaced,vm,vSphere/north/alpha/a,,,\n\
                rename,vm,vSphere/north/alpha/a (missing),name,a,a (missing)\n\
                create,vm,vSphere/north/alpha/a,,,\n\
                replaced,vm,vSphere/north/alpha/b,,,\n\
                create,vm,vSphere/north/alpha/c,,,\n\
                missing,vm,vSphere/north/alpha/a (missing),,,\n\
                missing,vm,vSphere/north/alpha/b,,,\n";
    assert_eq!(plan(&sandbox, &next, &[]), rows);
    let json = import(&sandbox, &next, &["--update", "--plan", "-o", "json"]);
    assert!(
        json.stdout
            .contains("{\"action\": \"replaced\", \"noun\": \"vm\", \"id\": 2, \"path\": \"vSphere/north/alpha/b\""),
        "{json}"
    );
    let table = import(&sandbox, &next, &["--update", "--plan"]);
    assert!(table.stdout.contains("\nreplaced  vm    vSphere/north/alpha/b\n"), "{table}");
    assert_eq!(sandbox.exported(), before, "a plan changes nothing");
    let said = imported(&sandbox, &next, &["--update"]);
    assert!(said.contains("2 VMs: 2 new, 2 replaced\nno longer in the file: 2 VMs: "), "{said}");
    assert_eq!(vms(&sandbox, "name,owner"), "a (missing),alice\nb,alice\na,\nc,\n");
    assert_eq!(sandbox.ok(&["vm", "list", "--where", "missing!=", "-c", "name", "--no-headers"]), "a (missing)\nb\n");
    let log = sandbox.ok(&["log", "-o", "csv"]);
    imported(&sandbox, &next, &["--update"]);
    assert_eq!(sandbox.ok(&["log", "-o", "csv"]), log, "the second run changes nothing");
    sandbox.done("undo", &[]);
    assert_eq!(timeless(&sandbox.exported()), timeless(&before));
}

#[test]
fn a_creation_date_that_appears_later_says_nothing_against_a_record() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[row("a", "alpha", 1, "", "")], &[]);
    imported(&sandbox, &[row("a", "alpha", 1, DAY, "")], &["--update"]);
    imported(&sandbox, &[row("a", "alpha", 1, "", "")], &["--update"]);
    assert_eq!(vms(&sandbox, "id,name"), "1,a\n");
    let said = imported(&sandbox, &[row("a", "alpha", 1, LATER, "")], &["--update"]);
    assert!(said.contains("1 replaced"), "{said}");
}

#[test]
fn an_id_with_a_uuid_needs_no_second_fact() {
    let sandbox = Sandbox::empty();
    let with_uuid = |created: &str| {
        let path = export(&sandbox, &[row("a", "alpha", 1, created, "")]);
        let file = std::path::Path::new(&path).join("RVTools_tabvInfo.csv");
        let text = std::fs::read_to_string(&file).expect("the export").replace("VM ID,", "VM ID,VM UUID,");
        std::fs::write(file, text.replace("vm-1,", "vm-1,4210-aa,")).expect("a file");
        sandbox.run(&["import", "--from", "rvtools", &path, "--update"])
    };
    assert_eq!(with_uuid(DAY).status, 0);
    let again = with_uuid(LATER);
    assert!(again.stderr.ends_with("1 VM: 1 changed\n"), "{again}");
    assert_eq!(vms(&sandbox, "id,created"), "1,2025-06-01T10:00:00Z\n");
}

#[test]
fn a_plan_file_is_applied_with_the_exit_status_of_its_changes() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("a", "alpha", 1)], &[]);
    let path = export(&sandbox, &[vm("b", "alpha", 1)]);
    let file = sandbox.path().join("plan.json");
    let file = file.to_str().expect("UTF-8");
    let make = || {
        let made =
            sandbox.run(&["import", "--from", "rvtools", &path, "--update", &format!("--plan={file}"), "--exit-code"]);
        (made.status, vms(&sandbox, "name"))
    };
    assert_eq!(make(), (2, "a\n".to_owned()));
    let applied = sandbox.run(&["import", "--plan-file", file, "--exit-code"]);
    assert_eq!((applied.status, vms(&sandbox, "name").as_str()), (2, "b\n"), "{applied}");
    assert!(!applied.stderr.contains("error"), "{applied}");
    assert_eq!(make(), (0, "b\n".to_owned()));
    let applied = sandbox.run(&["import", "--plan-file", file, "--exit-code"]);
    assert_eq!(applied.status, 0, "{applied}");
    assert_eq!(sandbox.run(&["import", "--plan-file", file]).status, 0);
    // The options of the import are in the plan.
    let refused = sandbox.run(&["import", "--plan-file", file, "--update"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (2, ""), "{refused}");
}

#[test]
fn names_in_between_are_in_no_plan_and_no_log() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("a", "alpha", 1), vm("b", "alpha", 2), vm("c", "alpha", 3)], &[]);
    let swap = [vm("b", "alpha", 1), vm("a", "alpha", 2), vm("c", "alpha", 3)];
    let rows = sorted(&plan(&sandbox, &swap, &[]));
    assert_eq!(rows, "rename,vm,vSphere/north/alpha/a,name,b,a\nrename,vm,vSphere/north/alpha/b,name,a,b\n");
    let cycle = [vm("b", "alpha", 1), vm("c", "alpha", 2), vm("a", "alpha", 3)];
    let rows = sorted(&plan(&sandbox, &cycle, &[]));
    let renames = "rename,vm,vSphere/north/alpha/a,name,c,a\n\
                   rename,vm,vSphere/north/alpha/b,name,a,b\n\
                   rename,vm,vSphere/north/alpha/c,name,b,c\n";
    assert_eq!(rows, renames);
    imported(&sandbox, &cycle, &["--update"]);
    assert_eq!(vms(&sandbox, "id,name"), "1,b\n2,c\n3,a\n");
    for (id, what) in [("1", "name a → b"), ("2", "name b → c"), ("3", "name c → a")] {
        let log = sandbox.ok(&["vm", "log", &format!("id={id}"), "-o", "json"]);
        let log: serde_json::Value = serde_json::from_str(&log).expect("JSON");
        assert_eq!(log[0]["what"], what);
    }
    let change = sandbox.ok(&["log", "show", "2", "-o", "csv"]);
    assert!(!change.contains("(moving)"), "{change}");
    assert_eq!(change.matches(",name,").count(), 3, "{change}");
    let log = sandbox.ok(&["log", "-o", "csv", "--limit", "1"]);
    assert!(log.contains("~3 VMs"), "{log}");
    sandbox.done("undo", &[]);
    assert_eq!(vms(&sandbox, "id,name"), "1,a\n2,b\n3,c\n");
    // Two of one name change places: no name changes.
    imported(&sandbox, &[vm("x", "beta", 4), vm("x", "gamma", 5)], &["--update"]);
    let rows = plan(&sandbox, &[vm("x", "gamma", 4), vm("x", "beta", 5)], &[]);
    let moves: Vec<&str> = rows.lines().filter(|row| !row.starts_with("missing")).collect();
    assert_eq!(moves.len(), 2, "{rows}");
    assert!(moves.iter().all(|row| row.starts_with("move,vm,") && !row.contains("moving")), "{rows}");
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines.sort_unstable();
    lines.concat()
}

#[test]
fn a_name_that_a_person_gave_survives_a_cycle() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("x", "beta", 4), vm("x", "gamma", 5)], &[]);
    sandbox.ok(&["vm", "rename", "beta/x", "mine"]);
    sandbox.ok(&["vm", "rename", "gamma/x", "mine"]);
    imported(&sandbox, &[vm("x", "gamma", 4), vm("x", "beta", 5)], &["--update"]);
    assert_eq!(vms(&sandbox, "id,path"), "1,vSphere/north/gamma/mine\n2,vSphere/north/beta/mine\n");
}

#[test]
fn a_missing_record_was_last_confirmed_by_the_run_before() {
    let sandbox = Sandbox::empty();
    let both = [vm("a", "alpha", 1), vm("b", "alpha", 2)];
    imported(&sandbox, &both, &[]);
    sandbox.ok(&["source", "set", "rvtools:vSphere", "--last-complete-run", "2031-01-02"]);
    let found = |term: &str| sandbox.ok(&["vm", "list", "--where", term, "-c", "name", "--no-headers"]);
    imported(&sandbox, &both[..1], &["--update"]);
    let confirmed =
        || sandbox.ok(&["vm", "list", "--where", "missing!=", "-o", "csv", "-c", "name,confirmed", "--no-headers"]);
    assert_eq!(confirmed(), "b,2031-01-02T00:00:00Z\n");
    // Further runs that lack it leave that.
    imported(&sandbox, &both[..1], &["--update"]);
    assert_eq!(confirmed(), "b,2031-01-02T00:00:00Z\n");
    assert_eq!(found("confirmed>=2031-01-01"), "b\n");
    assert_eq!(found("confirmed<2031-01-01"), "a\n");
    imported(&sandbox, &both, &["--update"]);
    assert_eq!(confirmed(), "");
    assert_eq!(found("confirmed>=2031-01-01"), "");
}

#[test]
fn a_terminal_shows_the_counts_and_asks_once() {
    let sandbox = Sandbox::empty();
    let path = export(&sandbox, &[vm("a", "alpha", 1), vm("b", "alpha", 2)]);
    let first = Terminal::inv(&sandbox, &["import", "--from", "rvtools", &path]).ends();
    assert_eq!(first.status, 0, "{}", first.screen);
    assert!(!first.text().contains("import these changes?"), "an empty inventory loses nothing\n{}", first.screen);
    let path = export(&sandbox, &[vm("a2", "alpha", 1)]);
    let arguments = ["import", "--from", "rvtools", &path, "--update"];
    let before = sandbox.exported();
    let mut terminal = Terminal::inv(&sandbox, &arguments);
    terminal.sees("  rename vm vSphere/north/alpha/a2: name a → a2\n  missing vm vSphere/north/alpha/b\n");
    terminal.sees("would import 1 VM: 1 renamed, 1 missing").answers("import these changes?", "n");
    let declined = terminal.ends();
    assert_eq!((declined.status, declined.settings_are_back), (1, true), "{}", declined.screen);
    assert_eq!(sandbox.exported(), before);
    let mut terminal = Terminal::inv(&sandbox, &arguments);
    terminal.answers("import these changes?", "y");
    let accepted = terminal.ends();
    assert_eq!(accepted.status, 0, "{}", accepted.screen);
    assert_eq!(accepted.screen.matches("import these changes?").count(), 1, "{}", accepted.screen);
    assert_eq!(vms(&sandbox, "name"), "a2\nb\n");
    // Nothing to change, and those who said so before, are not asked.
    let same = Terminal::inv(&sandbox, &arguments).ends();
    assert_eq!(same.status, 0, "{}", same.screen);
    assert!(!same.text().contains("import these changes?"), "{}", same.screen);
    export(&sandbox, &[vm("a3", "alpha", 1)]);
    for more in ["--yes", "--no-input", "--plan", "--dry-run"] {
        let ended = Terminal::inv(&sandbox, &[&arguments[..], &[more, "--no-pager"]].concat()).ends();
        assert_eq!(ended.status, 0, "{}", ended.screen);
        assert!(!ended.text().contains("import these changes?"), "{more}\n{}", ended.screen);
    }
    assert_eq!(vms(&sandbox, "name"), "a3\nb\n");
}

#[test]
fn a_terminal_is_not_asked_about_removals_that_the_guard_refuses() {
    let sandbox = Sandbox::empty();
    let all: Vec<String> = (0..12).map(|number| vm(&format!("vm{number:02}"), "alpha", number)).collect();
    imported(&sandbox, &all, &[]);
    let path = export(&sandbox, &all[..1]);
    let ended = Terminal::inv(&sandbox, &["import", "--from", "rvtools", &path, "--update", "--prune"]).ends();
    assert_eq!(ended.status, 4, "{}", ended.screen);
    assert!(!ended.text().contains("import these changes?"), "{}", ended.screen);
}

#[test]
fn log_and_blame_name_source_file_and_line() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("a", "alpha", 1), vm("b", "alpha", 2)], &[]);
    sandbox.ok(&["vm", "set", "b", "--type", "large"]);
    let json = |arguments: &[&str]| -> serde_json::Value {
        let told = sandbox.ok(&[arguments, &["-o", "json"]].concat());
        serde_json::from_str(&told).expect("JSON")
    };
    let (log, own, blame) = (json(&["log"]), json(&["vm", "log", "b"]), json(&["blame", "vm", "b"]));
    assert_eq!((&log[0]["source"], &log[0]["file"]), (&serde_json::Value::Null, &serde_json::Value::Null));
    assert_eq!((&log[1]["source"], &log[1]["file"]), (&"rvtools:vSphere".into(), &"RVTools_tabvInfo.csv".into()));
    assert_eq!((&own[1]["source"], &own[1]["file"]), (&"rvtools:vSphere".into(), &"RVTools_tabvInfo.csv:3".into()));
    let field = |name: &str| {
        let fields = blame.as_array().expect("a list");
        let field = fields.iter().find(|field| field["field"] == name).expect("the field");
        format!("{} {}", field["source"], field["file"])
    };
    assert_eq!(field("memory"), "\"rvtools:vSphere\" \"RVTools_tabvInfo.csv:3\"");
    assert_eq!(field("type"), "null null");
    for arguments in [&["log"][..], &["vm", "log", "b"], &["blame", "vm", "b"]] {
        let table = sandbox.ok(arguments);
        assert!(table.contains("RVTools_tabvInfo.csv") && table.contains("rvtools:vSphere"), "{table}");
    }
}

#[test]
fn show_lists_the_sources_of_a_record_and_the_values_that_are_held() {
    let sandbox = Sandbox::empty();
    let both = [vm("a", "alpha", 1), vm("b", "alpha", 2)];
    imported(&sandbox, &both, &["--source", "one"]);
    imported(&sandbox, &both, &["--source", "two", "--update"]);
    sandbox.ok(&["vm", "set", "a", "--memory", "8GiB"]);
    let other = [vm("a", "alpha", 1).replace(",2,4096,", ",6,4096,")];
    let log = sandbox.ok(&["log", "-o", "csv"]);
    let answer = import(&sandbox, &other, &["--source", "two", "--update", "--plan", "-o", "csv"]);
    assert!(answer.stdout.contains("held,vm,vSphere/north/alpha/a,memory,8 GiB,4096 MiB\n"), "{answer}");
    assert_eq!(sandbox.ok(&["log", "-o", "csv"]), log);
    imported(&sandbox, &other, &["--source", "two", "--update"]);
    let shown = |name: &str| -> serde_json::Value {
        serde_json::from_str(&sandbox.ok(&["vm", "show", name, "--sources", "-o", "json"])).expect("JSON")
    };
    let a = shown("a");
    assert_eq!(a["held"].as_array().expect("a list").len(), 2, "{a}");
    assert_eq!(
        a["held"][0],
        serde_json::json!({"field": "memory", "value": "8 GiB", "decided_by": "a person", "offered": "4096 MiB", "offered_by": "two"})
    );
    assert_eq!(
        a["held"][1],
        serde_json::json!({"field": "cpu", "value": "2", "decided_by": "one", "offered": "6", "offered_by": "two"})
    );
    let sources: Vec<String> = a["sources"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| format!("{} {}", row["source"], row["external_id"]))
        .collect();
    assert_eq!(sources, ["\"one\" \"vm-1\"", "\"two\" \"vm-1\""]);
    let b = shown("b");
    assert_eq!(b["sources"][0]["missing_since"], serde_json::Value::Null);
    assert!(b["sources"][1]["missing_since"].is_string() && b["sources"][1]["confirmed"].is_string(), "{b}");
    assert_eq!(b["held"], serde_json::json!([]));
    let table = sandbox.ok(&["vm", "show", "a", "--sources"]);
    assert!(table.contains("\nheld\n  field   value  decided-by  offered   offered-by\n"), "{table}");
    assert!(!sandbox.ok(&["vm", "show", "a"]).contains("sources"));
    // The difference ends where the values are the same.
    sandbox.ok(&["vm", "set", "a", "--memory", "4096MiB"]);
    assert_eq!(shown("a")["held"].as_array().expect("a list").len(), 1);
}

/// An inventory with a VM that was made by hand, its address, and an import of other VMs.
fn with_a_vm_by_hand() -> Sandbox {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("a", "alpha", 1)], &[]);
    sandbox.ok(&["vm", "add", "by-hand", "--pool", "alpha", "--memory", "16GiB", "--ip", "10.0.0.9"]);
    sandbox
}

#[test]
fn a_new_vm_with_the_address_of_a_known_one_is_proposed_and_matched_by_hand() {
    let sandbox = with_a_vm_by_hand();
    let next = [vm("a", "alpha", 1), row("shop9", "beta", 9, DAY, "10.0.0.9")];
    let rows = plan(&sandbox, &next, &[]);
    assert!(rows.contains("create,vm,vSphere/north/beta/shop9,,,\n"), "{rows}");
    assert!(
        rows.ends_with("hint,vm,vSphere/north/beta/shop9,external-id,vm-9,vSphere/north/alpha/by-hand\n"),
        "{rows}"
    );
    let answer = import(&sandbox, &next, &["--update", "--plan"]);
    let hint = "VM vSphere/north/beta/shop9: possibly the same as \"vSphere/north/alpha/by-hand\"; if so, pass \
                --match \"vm-9=vSphere/north/alpha/by-hand\"\n";
    assert!(answer.stderr.ends_with(hint), "{answer}");
    let id = sandbox.ok(&["vm", "list", "--where", "name=by-hand", "-c", "id", "--no-headers"]);
    let matched = ["--match", "vm-9=alpha/by-hand"];
    let rows = plan(&sandbox, &next, &matched);
    assert!(rows.contains("adopt,vm,vSphere/north/alpha/by-hand,,,\n"), "{rows}");
    assert!(rows.contains("move,vm,vSphere/north/beta/shop9,pool,vSphere/north/alpha,vSphere/north/beta\n"), "{rows}");
    let said = imported(&sandbox, &next, &[&["--update"], &matched[..]].concat());
    assert!(said.contains("2 VMs: 1 moved, 1 unchanged, 1 adopted, 1 field held\n"), "{said}");
    assert!(!said.contains("possibly"), "{said}");
    assert_eq!(
        sandbox.ok(&["vm", "list", "--where", "name=shop9", "-o", "csv", "--no-headers", "-c", "id,path,memory,ips"]),
        format!("{},vSphere/north/beta/shop9,16 GiB,10.0.0.9\n", id.trim())
    );
    // Said again, it changes nothing.
    let again = imported(&sandbox, &next, &[&["--update"], &matched[..1], &["vm-9=shop9"]].concat());
    assert!(again.contains("2 VMs: 2 unchanged, 1 field held\n"), "{again}");
}

#[test]
fn a_hint_alone_merges_nothing_and_two_candidates_are_none() {
    let sandbox = with_a_vm_by_hand();
    let next = [vm("a", "alpha", 1), row("shop9", "beta", 9, DAY, "10.0.0.9")];
    let said = imported(&sandbox, &next, &["--update"]);
    assert!(said.contains("if so, undo this import, and pass --match"), "{said}");
    assert_eq!(vms(&sandbox, "name"), "a\nby-hand\nshop9\n");
    let again = imported(&sandbox, &next, &["--update"]);
    assert!(!again.contains("possibly"), "{again}");
    sandbox.done("undo", &[]);
    sandbox.ok(&["vm", "add", "second", "--pool", "alpha", "--ip", "10.0.0.9", "--allow-duplicate"]);
    assert!(!plan(&sandbox, &next, &[]).contains("hint,"));
}

#[test]
fn an_address_of_another_provider_or_vlan_is_no_hint() {
    let sandbox = Sandbox::empty();
    imported(&sandbox, &[vm("a", "alpha", 1)], &[]);
    for line in [
        "provider add AWS",
        "dc add tokyo --provider AWS",
        "pool add prod --dc tokyo",
        "vm add far --pool prod --ip 10.0.0.9",
        "vm add near --pool alpha --ip 10.0.0.9@7",
    ] {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    let next = [vm("a", "alpha", 1), row("shop9", "beta", 9, DAY, "10.0.0.9")];
    assert!(!plan(&sandbox, &next, &[]).contains("hint,"));
}

#[test]
fn a_match_that_cannot_be_is_refused() {
    let sandbox = with_a_vm_by_hand();
    let next = [vm("a", "alpha", 1), row("shop9", "beta", 9, DAY, "10.0.0.9")];
    let refused = |pairing: &str| {
        let answer = import(&sandbox, &next, &["--update", "--match", pairing]);
        let mut text = String::new();
        let error = answer.stderr.split_once("error: ").map_or("", |(_, error)| error);
        write!(text, "status {}\n{error}", answer.status).expect("a string takes all");
        text
    };
    assert_eq!(refused("vm-9"), "status 2\n--match must be EXTERNAL-ID=RECORD, not \"vm-9\"\n");
    assert_eq!(
        refused("vm-7=by-hand"),
        "status 1\nthe export has no record with the external id \"vm-7\"\nhelp: run `inv NOUN show NAME --sources` \
         for the external ids of a record, or --plan for those of hints\n"
    );
    assert_eq!(
        refused("vm-9=a"),
        "status 4\nVM \"vSphere/north/alpha/a\" already has the external id \"vm-1\"; nothing was imported\nhelp: \
         match another record, or omit --match\n"
    );
    assert_eq!(
        refused("vm-1=by-hand"),
        "status 4\nVM \"vSphere/north/alpha/a\" already has the external id \"vm-1\"; nothing was imported\nhelp: \
         undo the import that created it, or delete it, and import again\n"
    );
    assert!(refused("vm-9=nobody").starts_with("status 3\n"));
    assert_eq!(vms(&sandbox, "name"), "a\nby-hand\n");
}
