//! Files of many rows into a table that has many: its indexes stay, and nothing but the time it takes is different.

use crate::imports::{imported, refused};
use crate::many::shape;
use crate::support::{Sandbox, read_by_python};

/// How many VMs there are, and how many more come in. They are fewer than twice as many, so that the indexes stay.
const THERE: usize = 3_000;
const MANY: usize = 5_500;
const POOLS: usize = 25;

/// An inventory with pools, and VMs in them.
fn estate() -> Sandbox {
    let sandbox = Sandbox::estate();
    let pools: String = (0..POOLS).map(|pool| format!("pool-{pool},tokyo\n")).collect();
    imported(&sandbox, "pool", "pools.csv", format!("name,dc\n{pools}"), &[]);
    imported(&sandbox, "vm", "there.csv", file(&rows("there", THERE)), &[]);
    sandbox
}

/// VMs that go through the pools in turn, and through their numbers in steps that leave none out.
fn rows(word: &str, count: usize) -> Vec<String> {
    let number = |place: usize| place * 7_919 % count;
    (0..count).map(|place| format!("{word}-{},pool-{},{} GiB,alice", number(place), place % POOLS, place + 1)).collect()
}

fn file(rows: &[String]) -> String {
    format!("name,pool,memory,owner\n{}\n", rows.join("\n"))
}

/// What the inventory holds of VMs of that word, in the order in which they were made.
fn held(sandbox: &Sandbox, word: &str) -> Vec<String> {
    let condition = format!("name~{word}-");
    let columns = "name,pool,memory,owner";
    let list = sandbox.ok(&["vm", "list", "--where", &condition, "-o", "csv", "--no-headers", "-c", columns]);
    list.lines().map(str::to_owned).collect()
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}

/// Rows that are wrong, by their places: in what is read at once, first, last and in between.
fn with_faults() -> (Vec<String>, Vec<(usize, &'static str)>) {
    let mut rows = rows("new", MANY);
    let mut faults = Vec::new();
    for place in [3, 1_000, 1_767, 1_768, 1_800, 2_791, 2_792, 3_500, 3_501, 5_000, MANY - 1] {
        let (row, fault) = match place % 3 {
            0 => (
                format!("zzz-{place},pool-0,16 GX,alice"),
                "memory: \"16 GX\" has no known unit (did you mean \"16 GB\"?)",
            ),
            1 => (format!("aaa-{place},prdo,1 GiB,alice"), "pool: no pool named \"prdo\" (did you mean prod?)"),
            _ => (format!("mmm-{place},pool-7,1 GiB"), "has 3 cells, the header has 4"),
        };
        rows[place] = row;
        faults.push((place, fault));
    }
    (rows, faults)
}

#[test]
fn rows_go_in_whole_and_in_the_order_of_their_file() {
    let sandbox = estate();
    let (rows, before) = (rows("new", MANY), shape(&sandbox));
    let answer = imported(&sandbox, "vm", "vms.csv", file(&rows), &[]);
    assert_eq!(answer.stderr, format!("{MANY} VMs: {MANY} new\n"));
    assert!(held(&sandbox, "new") == rows, "other VMs are held than those of the file, or in another order");
    assert_eq!(shape(&sandbox), before);
}

#[test]
fn a_record_is_known_by_its_line_and_undone_with_the_others() {
    let sandbox = estate();
    let rows = rows("new", MANY);
    imported(&sandbox, "vm", "vms.csv", file(&rows), &[]);
    for place in [0, 1_100, 3_333, MANY - 1] {
        let path = rows[place].split(',').take(2).collect::<Vec<_>>();
        let blame = sandbox.ok(&["blame", "vm", &format!("{}/{}", path[1], path[0]), "-o", "csv"]);
        assert!(blame.contains(&format!("vms.csv:{}", place + 2)), "{blame}");
    }
    sandbox.ok(&["undo"]);
    assert_eq!(held(&sandbox, "new").len(), 0);
    assert_eq!(held(&sandbox, "there").len(), THERE);
}

#[test]
fn faults_are_told_in_the_order_of_the_file_and_bad_rows_are_kept_in_it() {
    let sandbox = estate();
    let (rows, faults) = with_faults();
    let told: String = faults.iter().map(|(place, fault)| format!("  vms.csv:{}: {fault}\n", place + 2)).collect();
    let answer = refused(&sandbox, "vm", "vms.csv", file(&rows), &["--rejects", "rejects.csv"]);
    assert_eq!(
        answer.stderr,
        format!(
            "error: {} rows are wrong in vms.csv; nothing was imported\n{told}help: fix these rows and import \
             again, or pass --skip-bad to import the others (--rejects FILE writes the bad rows to a file)\n",
            faults.len()
        )
    );
    let rejects = read_by_python(&sandbox, "rejects.csv");
    let wanted = faults.iter().map(|(place, fault)| {
        let mut cells: Vec<String> = rows[*place].split(',').map(str::to_owned).collect();
        cells.resize(4, String::new());
        cells.push(format!("vms.csv:{}: {fault}", place + 2));
        cells
    });
    assert_eq!(rejects[1..], wanted.collect::<Vec<_>>());
}

#[test]
fn what_stands_in_the_file_twice_is_told_of_the_later_line() {
    let sandbox = estate();
    let mut rows = rows("new", MANY);
    rows[5_100] = rows[2_500].clone();
    rows[5_200] = rows[5_199].clone();
    let name = |row: &str| row.split(',').take(2).map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (name(&rows[2_500]), name(&rows[5_199]));
    let answer = refused(&sandbox, "vm", "vms.csv", file(&rows), &[]);
    assert_eq!(
        answer.stderr.lines().skip(1).take(2).collect::<Vec<_>>(),
        [
            format!("  vms.csv:5102: VM \"AWS/tokyo/{}/{}\" is already in line 2502", one[1], one[0]),
            format!("  vms.csv:5202: VM \"AWS/tokyo/{}/{}\" is already in line 5201", other[1], other[0]),
        ]
    );
}

#[test]
fn a_file_that_turns_out_to_have_twice_as_many_goes_in_whole() {
    let sandbox = estate();
    let (rows, before) = (rows("new", 3 * THERE), shape(&sandbox));
    imported(&sandbox, "vm", "vms.csv", file(&rows), &[]);
    assert!(sorted(held(&sandbox, "new")) == sorted(rows), "other VMs are held than those of the file");
    assert_eq!(shape(&sandbox), before);
}

#[test]
fn objects_with_keys_of_their_own_go_in_whole() {
    let sandbox = estate();
    let object = |place: usize| {
        let (name, pool) = (place * 7_919 % MANY, place % POOLS);
        match place % 4 {
            0 => format!("{{\"pool\":\"pool-{pool}\",\"name\":\"new-{name}\"}}"),
            1 => format!("{{\"name\":\"new-{name}\",\"owner\":\"bob\",\"pool\":\"pool-{pool}\"}}"),
            2 => format!("{{\"name\":\"new-{name}\",\"pool\":\"AWS/tokyo/pool-{pool}\",\"memory\":\"2 GiB\"}}"),
            _ => format!("{{\"name\":\"new-{name}\",\"dc\":\"tokyo\",\"pool\":\"pool-{pool}\",\"owner\":null}}"),
        }
    };
    let objects: Vec<String> = (0..MANY).map(object).collect();
    imported(&sandbox, "vm", "vms.jsonl", objects.join("\n"), &[]);
    let wanted = (0..MANY).map(|place| {
        let (memory, owner) = (if place % 4 == 2 { "2 GiB" } else { "" }, if place % 4 == 1 { "bob" } else { "" });
        format!("new-{},pool-{},{memory},{owner}", place * 7_919 % MANY, place % POOLS)
    });
    assert!(sorted(held(&sandbox, "new")) == sorted(wanted.collect()), "other VMs are held than those of the file");
}
