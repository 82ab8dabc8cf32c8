//! Large tables are read in parts, side by side: the answers are those of one run through them, of one moment.
//!
//! Parts are cut by ids, so that a few records with ids far apart are read as a million are.

use crate::support::{Sandbox, timeless, wait_until, without_ids};
use inv::catalog::Catalog;
use inv::store::Store;
use std::process::{Command, Stdio};
use std::thread;

/// VMs of every pool, owner, system, operating system and stage of life, and their disks; `gap` ids between them.
fn estate(gap: u32) -> Sandbox {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["os", "add", "Plan-9"]);
    sandbox.ok(&["system", "add", "shop"]);
    for line in [
        "vm add web20 --pool prod --memory 8GB --cpu 2.5 --owner bob --status planned --disk 0.5TB --system shop",
        "vm add web21 --pool test --custom-os BeOS --status retired --disk 1TiB@san1 --disk 20GiB --system billing",
        "vm add web22 --pool prod --os Plan-9 --memory 1.3GiB --cpu 1 --system shop --system billing --disk 7B@san1",
        "vm add cobweb --pool test --memory 4096MiB --owner alice --disk 30GiB",
        "vm add web --pool test --custom-os BeOS --cpu 16",
    ] {
        if gap > 0 {
            sandbox.leave_ids_out(gap);
        }
        sandbox.ok(&line.split_whitespace().collect::<Vec<_>>());
    }
    sandbox
}

#[test]
fn a_table_in_parts_is_added_up_as_a_whole_one_is() {
    let (near, far) = (estate(0), estate(40_000));
    for by in ["pool", "dc", "provider", "system", "owner", "os", "status"] {
        let question = ["usage", "--by", by, "-o", "csv"];
        assert_eq!(far.ok(&question), near.ok(&question), "{by}");
    }
    for question in [
        ["usage", "prod", "-o", "csv"],
        ["usage", "--storage", "-o", "csv"],
        ["find", "web", "-o", "csv"],
        ["find", "10.0.0.0/8", "-o", "csv"],
        ["stats", "-o", "csv", "--color=never"],
    ] {
        assert_eq!(far.ok(&question), near.ok(&question), "{question:?}");
    }
}

#[test]
fn a_long_list_is_told_as_a_short_one_is() {
    let (near, far) = (estate(0), estate(40_000));
    let columns = "name,path,pool.dc.provider,owner.email,memory,cpu,disk,ips,disks,systems";
    for question in [
        "vm list",
        "vm list -o csv",
        "vm list -o tsv",
        "vm list -o markdown --columns name,pool",
        "disk list -o csv",
        "vm list -o csv --pool prod",
        "vm list -o csv --system shop --status planned",
        "vm list -o csv --where memory>=4GiB --where name!~2",
        "vm list -o csv --where name~web --limit 2 --offset 1",
        "vm list -o csv --where disk>100GB --limit 1",
        "vm list -o csv --status planned --limit 2",
        "vm list -o csv --dc tokyo --limit 6 --offset 1",
        "vm list -o csv --provider AWS --where owner=none --limit 3",
        "vm list -o csv --where owner=none",
        "vm list -o csv --sort memory:desc,name --limit 3",
        "vm list -o csv --sort pool --offset 6",
        "vm list --count",
        "vm list --count --where name~web",
        "vm list -o csv --limit 0",
        "vm list -o csv --offset 100",
    ] {
        let question: Vec<&str> = question.split(' ').collect();
        assert_eq!(far.run(&question), near.run(&question), "{question:?}");
    }
    for style in ["json", "jsonl"] {
        let question = ["vm", "list", "-o", style, "-c", columns];
        assert_eq!(without_ids(&far.ok(&question)), without_ids(&near.ok(&question)), "{style}");
    }
    let question = ["vm", "list", "-o", "csv", "--columns", columns];
    let told = near.ok(&question);
    assert_eq!(told.lines().count(), 9);
    assert_eq!(far.ok(&question), told);
}

#[test]
fn a_long_list_of_many_rows_is_told_in_the_order_of_their_ids() {
    let sandbox = Sandbox::estate();
    sandbox.leave_ids_out(200_000);
    let names: Vec<String> = (0..3_000).map(|number| format!("n{}", number * 7_919 % 3_001)).collect();
    // Long enough that not even the lines of one part are told at once; some have what CSV and JSON write otherwise.
    let system = |name: &str| format!("{}{}", name.repeat(30), if name.len() == 4 { " \"x\", ü" } else { "" });
    let rows: String =
        names.iter().map(|name| format!("{name},prod,\"{}\"\n", system(name).replace('"', "\"\""))).collect();
    sandbox.ok(&["vm", "import", &sandbox.file("many.csv", format!("name,pool,custom-os\n{rows}"))]);
    let list =
        |more: &[&str]| sandbox.ok(&[&["vm", "list", "-o", "csv", "--no-headers", "--columns", "name"], more].concat());
    let all = ["web01", "web02", "web10"].into_iter().chain(names.iter().map(String::as_str));
    assert!(list(&[]).lines().eq(all.clone()));
    let columns = ["vm", "list", "--where", "custom-os~n", "--columns", "name,custom-os", "-o"];
    let lines =
        |line: &dyn Fn(&str, &str) -> String| names.iter().map(|name| line(name, &system(name))).collect::<String>();
    let csv = lines(&|name, system| {
        let quote = if name.len() == 4 { "\"" } else { "" };
        format!("{name},{quote}{}{quote}\n", system.replace('"', "\"\""))
    });
    assert_eq!(sandbox.ok(&[&columns[..], &["csv"]].concat()), format!("name,custom-os\n{csv}"));
    let mut json = String::new();
    for (id, name) in (200_004..).zip(&names) {
        let system = system(name).replace('"', "\\\"");
        let path = format!("AWS/tokyo/prod/{name}");
        json += &format!("{{\"id\": {id}, \"path\": \"{path}\", \"name\": \"{name}\", \"custom_os\": \"{system}\"}}\n");
    }
    assert_eq!(sandbox.ok(&[&columns[..], &["jsonl"]].concat()), json);
    assert!(
        list(&["--where", "name~n1", "--offset", "7", "--limit", "900"])
            .lines()
            .eq(all.filter(|name| name.starts_with("n1")).skip(7).take(900))
    );
}

#[test]
fn a_short_list_has_what_is_near_and_what_is_rare_in_the_order_of_ids() {
    let sandbox = Sandbox::estate();
    for line in ["dc add osaka --provider AWS", "pool add p1 --dc osaka", "pool add p2 --dc osaka"] {
        sandbox.ok(&line.split(' ').collect::<Vec<_>>());
    }
    // Two of the first hundred, some in the first few thousand, one of thirty behind those: told by turns of two pools.
    // With the three VMs of the estate before them, these are the ids 4095 to 4098: where what is near ends.
    let is_at_the_end = |number: u32| (4_091..=4_094).contains(&number);
    let is_in_osaka = |number: u32| {
        let is_early = number == 40 || number == 70 || number % 1_500 == 1_499 || is_at_the_end(number);
        is_early || number > 8_000 && number.is_multiple_of(30)
    };
    let machine = |number: u32| {
        let pool = if is_in_osaka(number) { if number.is_multiple_of(60) { "p1" } else { "p2" } } else { "prod" };
        let status = if number % 3_000 == 2_999 || is_at_the_end(number) { "failed" } else { "running" };
        (format!("n{}", number * 7_919 % 10_007), pool, status)
    };
    let machines: Vec<_> = (0..10_000).map(machine).collect();
    let rows: String = machines.iter().map(|(name, pool, status)| format!("{name},{pool},{status}\n")).collect();
    sandbox.ok(&["vm", "import", &sandbox.file("many.csv", format!("name,pool,status\n{rows}"))]);
    let list = |more: &str| {
        let question = format!("vm list -o csv --no-headers --columns name {more}");
        let told = sandbox.ok(&question.trim_end().split(' ').collect::<Vec<_>>());
        told.lines().map(str::to_owned).collect::<Vec<String>>()
    };
    let osaka: Vec<&String> = machines.iter().filter(|(_, pool, _)| *pool != "prod").map(|(name, ..)| name).collect();
    let failed: Vec<&String> =
        machines.iter().filter(|(.., status)| *status == "failed").map(|(name, ..)| name).collect();
    assert!(list("--dc osaka").iter().eq(osaka.iter().copied()));
    assert_eq!(sandbox.ok(&["vm", "list", "--dc", "osaka", "--count"]).trim(), osaka.len().to_string());
    for (limit, offset) in [(1, 0), (2, 0), (3, 1), (50, 0), (10, 60), (4_000, 2)] {
        let limited = format!("--limit {limit} --offset {offset}");
        let cut = |all: &[&String]| all.iter().skip(offset).take(limit).map(|name| (*name).clone()).collect::<Vec<_>>();
        assert_eq!(list(&format!("--dc osaka {limited}")), cut(&osaka), "{limited}");
        assert_eq!(list(&format!("--pool p1 --pool p2 {limited}")), cut(&osaka), "{limited}");
        assert_eq!(list(&format!("--status failed {limited}")), cut(&failed), "{limited}");
        assert_eq!(list(&format!("--where status=failed {limited}")), cut(&failed), "{limited}");
    }
}

#[test]
fn an_export_of_many_records_is_sorted_as_one_of_few_is() {
    let names = ["b/2", "b", "B", "b-", "b.1", "日本", "日", "ä", "𠮷", "10", "9", "\\x"];
    let inventory = |gap: u32| {
        let sandbox = estate(gap);
        sandbox.ok(&["ip", "add", "10.9.0.2"]);
        sandbox.ok(&["ip", "add", "10.9.0.10"]);
        for (place, name) in names.iter().enumerate() {
            let pool = ["test", "prod"][place % 2];
            sandbox.ok(&["vm", "add", name, "--pool", pool, "--disk", "1GiB", "--disk", "2GiB@san1"]);
            if gap > 0 && place % 5 == 0 {
                sandbox.leave_ids_out(gap);
            }
        }
        sandbox
    };
    let (near, far) = (inventory(0), inventory(40_000));
    let told = timeless(&near.exported());
    assert_eq!(timeless(&far.exported()), told);

    let rows = |file: &str| -> Vec<String> {
        let (_, rest) = told.split_once(&format!("== {file}\n")).expect("a file of the export");
        rest.lines().take_while(|line| !line.starts_with("== ")).skip(1).map(str::to_owned).collect()
    };
    let mut expected: Vec<(&str, &str)> =
        names.iter().enumerate().map(|(place, name)| (["test", "prod"][place % 2], *name)).collect();
    for (pool, known) in [
        ("prod", "web01"),
        ("prod", "web02"),
        ("test", "web10"),
        ("prod", "web20"),
        ("test", "web21"),
        ("prod", "web22"),
        ("test", "cobweb"),
        ("test", "web"),
    ] {
        expected.push((pool, known));
    }
    expected.sort_unstable();
    let vms = rows("vms.csv");
    assert_eq!(vms.len(), expected.len());
    for (row, (_, name)) in vms.iter().zip(expected) {
        assert!(row.starts_with(&format!("{name},")), "{name} is not {row}");
    }
}

#[test]
fn what_was_before_is_added_up_although_no_other_connection_sees_it() {
    let sandbox = estate(40_000);
    let before = sandbox.ok(&["usage", "-o", "csv"]);
    let change = sandbox.ok(&["log", "--limit", "1", "-o", "csv"]);
    let change = change.lines().nth(1).and_then(|line| line.split(',').next()).expect("the last change");
    sandbox.ok(&["vm", "rm", "web20", "web22", "--yes"]);
    assert_ne!(sandbox.ok(&["usage", "-o", "csv"]), before);
    assert_eq!(sandbox.ok(&["usage", "--at", change, "-o", "csv"]), before);
}

#[test]
fn all_parts_are_of_the_moment_at_which_reading_began() {
    let sandbox = estate(40_000);
    let catalog = Catalog::standard();
    let vm = catalog.of("vm");
    let mut writer = None;
    let parts = Store::new(sandbox.database(), &catalog, inv::SCHEMA).read(|reader| {
        assert_eq!(reader.count(vm)?, 8);
        let mut removal = sandbox.command();
        removal.args(["vm", "rm", "web01", "web22", "--yes", "--quiet"]).stdout(Stdio::null());
        writer = Some(removal.spawn().expect("the program starts"));
        wait_until_a_commit_is_held_back(&sandbox);
        // Whoever began to read now would wait for that commit, and the commit for this reader.
        reader.in_parts(vm, |reader, part| {
            let mut names = Vec::new();
            reader.each_stored_in(part, vm, &[&vm.fields[0]], Vec::new(), |stored| {
                names.extend(stored.text(0)?.map(str::to_owned));
                Ok(())
            })?;
            Ok(names)
        })
    });
    let parts = parts.expect("all parts");
    assert_eq!(parts.len() > 1, thread::available_parallelism().is_ok_and(|processors| processors.get() > 1));
    assert_eq!(parts.concat(), ["web01", "web02", "web10", "web20", "web21", "web22", "cobweb", "web"]);
    assert!(writer.expect("the removal was begun").wait().expect("it ends").success());
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "6\n");
}

/// A writer that is about to commit lets no new reader in.
fn wait_until_a_commit_is_held_back(sandbox: &Sandbox) {
    wait_until("a commit to be held back", || {
        let mut look = Command::new("sqlite3");
        look.arg("-readonly").arg(sandbox.database()).arg("SELECT count(*) FROM disk");
        let answer = look.output().expect("sqlite3 is installed");
        String::from_utf8_lossy(&answer.stderr).contains("locked")
    });
}
