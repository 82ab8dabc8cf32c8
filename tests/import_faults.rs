//! A file with fifty different faults: all are found, on their lines, and the rows are kept for mending.

use crate::imports::{imported, refused, told};
use crate::support::{Sandbox, read_by_python};

/// The columns of the file with fifty faults.
const COLUMNS: [&str; 14] = [
    "name",
    "pool",
    "type",
    "status",
    "memory",
    "cpu",
    "os",
    "custom-os",
    "owner",
    "created",
    "updated",
    "ips",
    "disks",
    "systems",
];

/// Fifty different faults: the column, what stands there, and what is told of it.
const FAULTS: [(&str, &str, &str); 50] = [
    ("memory", "16 GX", "memory: \"16 GX\" has no known unit (did you mean \"16 GB\"?)"),
    ("memory", "16", "memory: \"16\" has no unit; MiB, GiB or TiB?"),
    ("memory", "-1 GiB", "memory: \"-1 GiB\" is negative"),
    ("memory", "NaN GiB", "memory: \"NaN GiB\" is not a number"),
    ("memory", "1e3 GiB", "memory: \"1e3 GiB\" has an exponent"),
    ("memory", "0x10 GiB", "memory: \"0x10 GiB\" is hexadecimal"),
    ("memory", "１６GiB", "memory: \"１６GiB\" has \"１\" instead of a digit from 0 to 9"),
    ("memory", "8192 PiB", "memory: \"8192 PiB\" is more than 9223372036854775807 bytes"),
    ("memory", "GiB", "memory: \"GiB\" does not begin with a number"),
    ("memory", "1,024 MiB", "memory: \"1,024 MiB\" has \",\" in its number"),
    ("cpu", "0", "cpu: \"0\" is not a positive number"),
    ("cpu", "-2", "cpu: \"-2\" is negative"),
    ("cpu", "two", "cpu: \"two\" is not a number"),
    ("cpu", "1e3", "cpu: \"1e3\" has an exponent"),
    ("status", "runing", "status: \"runing\" is not a status (did you mean running?"),
    ("pool", "prdo", "pool: no pool named \"prdo\" (did you mean prod?)"),
    ("pool", "tokyo/tset", "pool: no pool named \"tokyo/tset\" (did you mean tokyo/test?)"),
    ("pool", "", "pool: pool must not be empty"),
    ("pool", "twin", "pool: "),
    ("os", "Debian-13", "os: no OS named \"Debian-13\" (did you mean Debian-12?)"),
    ("custom-os", "BeOS", "a VM has os or custom-os, not both"),
    ("owner", "alcie", "owner: no user named \"alcie\" (did you mean alice?)"),
    ("owner", "id=999", "owner: no user named \"id=999\""),
    ("created", "2026-13-01", "created: \"2026-13-01\" is not a time"),
    ("created", "soon", "created: \"soon\" is not a time"),
    ("updated", "12:00", "updated: \"12:00\" is not a time"),
    ("ips", "10.0.0.256", "ips: \"10.0.0.256\" has the number 256, which is more than 255"),
    ("ips", "010.0.0.1", "ips: \"010.0.0.1\" has a leading zero, which some programs read as octal"),
    ("ips", "fe80::1%eth0", "ips: \"fe80::1%eth0\" has a zone id, which is valid on one machine only"),
    ("ips", "10.0.0.1/24", "ips: \"10.0.0.1/24\" has a prefix length, which an address cannot have"),
    ("ips", "[fd00::1]", "ips: \"[fd00::1]\" has brackets around the address"),
    ("ips", "10.0.0", "ips: \"10.0.0\" has 3 numbers instead of 4"),
    ("ips", "10.0.0.1:80", "ips: \"10.0.0.1:80\" has a port after the address"),
    ("ips", "fd00::zz", "ips: \"fd00::zz\" is not an"),
    ("ips", "10.0.0.1@4095", "ips: \"4095\" is not a VLAN number"),
    ("ips", "10.0.0.1@0", "ips: \"0\" is not a VLAN number"),
    ("ips", "10.7.0.1;10.7.0.1", "10.7.0.1"),
    ("disks", "100", "disks: \"100\" has no unit"),
    ("disks", "100 GiB@san2", "disks: no storage device named \"san2\" (did you mean san1?)"),
    ("disks", "100 GiB@", "disks: "),
    ("systems", "bililng", "systems: no system named \"bililng\" (did you mean billing?)"),
    ("name", "", "name: name must not be empty"),
    ("name", " web", "name: \" web\" begins with a blank"),
    ("name", "web ", "name: \"web \" ends with a blank"),
    ("name", "a\u{1b}[2J", "U+001B"),
    ("name", "a\u{202e}b", "U+202E"),
    ("name", "a\u{200b}b", "U+200B"),
    ("name", "web01", "VM \"AWS/tokyo/prod/web01\" already exists"),
    ("name", "first", "VM \"AWS/tokyo/prod/first\" is already in line 2"),
    ("type", "a\u{7}b", "type: \"a\\x07b\" has the control character U+0007"),
];

/// A row that is right, with `cell` in `column`.
fn row_with(number: usize, column: &str, cell: &str) -> Vec<String> {
    let name = format!("row{number}");
    let cell_of = |known: &&str| match *known {
        known if known == column => cell,
        "name" => name.as_str(),
        "pool" => "prod",
        "os" => "Debian-12",
        _ => "",
    };
    COLUMNS.iter().map(|known| cell_of(known).to_owned()).collect()
}

fn as_csv(cells: &[String]) -> String {
    let quoted: Vec<String> =
        cells
            .iter()
            .map(|cell| {
                if cell.contains([',', '"', '\n']) {
                    format!("\"{}\"", cell.replace('"', "\"\""))
                } else {
                    cell.clone()
                }
            })
            .collect();
    quoted.join(",") + "\n"
}

#[test]
fn fifty_different_faults_are_all_found_and_change_nothing() {
    let sandbox = Sandbox::estate();
    for line in ["dc add osaka --provider AWS", "pool add twin --dc osaka", "pool add twin --dc tokyo"] {
        sandbox.ok(&line.split(' ').collect::<Vec<_>>());
    }
    let mut text = as_csv(&COLUMNS.map(str::to_owned));
    text += &as_csv(&row_with(0, "name", "first"));
    let mut wanted: Vec<(usize, Vec<String>)> = Vec::new();
    for (at, (column, cell, _)) in FAULTS.iter().enumerate() {
        // Blank lines, a right row whose cell has line breaks, and one in the bad row itself shift what follows.
        if at % 7 == 0 {
            text += "\n\r\n";
        }
        if at % 11 == 0 {
            let right = row_with(1000 + at, "type", "three\nlines\nlong");
            text += &as_csv(&right);
        }
        let mut row = row_with(at, column, cell);
        if at % 5 == 0 && *column != "type" {
            row[2] = "two\nlines, \"quoted\"".to_owned();
        }
        wanted.push((1 + text.matches('\n').count(), row.clone()));
        text += &as_csv(&row);
    }
    let answer = refused(&sandbox, "vm", "vms.csv", &text, &["--strict", "--rejects", "rejects.csv"]);
    let lines: Vec<&str> = answer.stderr.lines().collect();
    assert_eq!(lines.len(), 1 + 20 + 1 + 1, "{answer}");
    assert_eq!(lines[0], "error: 50 rows are wrong in vms.csv; nothing was imported");
    for ((line, _), ((_, _, fault), told)) in wanted.iter().zip(FAULTS.iter().zip(&lines[1..21])) {
        let start = format!("  vms.csv:{line}: ");
        assert!(told.starts_with(&start) && told.contains(fault), "wanted {start}{fault}\ngot    {told}");
    }
    assert_eq!(lines[21], "  and 30 more faults");
    assert!(lines[22].starts_with("help: "), "{answer}");

    let rejects = read_by_python(&sandbox, "rejects.csv");
    assert_eq!(rejects.len(), 51);
    assert_eq!(rejects[0][..14], COLUMNS);
    for ((line, row), ((_, _, fault), rejected)) in wanted.iter().zip(FAULTS.iter().zip(&rejects[1..])) {
        assert_eq!(rejected[..14], row[..], "the row is kept as it was");
        assert_eq!(rejected.len(), 15);
        assert!(
            rejected[14].starts_with(&format!("vms.csv:{line}: ")) && rejected[14].contains(fault),
            "{fault}\n{}",
            rejected[14]
        );
    }
}

#[test]
fn rows_of_the_wrong_shape_are_kept_whole_among_the_rejects() {
    let sandbox = Sandbox::empty();
    let content = "name,email\na\nb,b@c,extra,more\nc,c@d\n";
    refused(&sandbox, "user", "users.csv", content, &["--rejects", "rejects.csv"]);
    let rejects = read_by_python(&sandbox, "rejects.csv");
    assert_eq!(rejects.len(), 3);
    assert_eq!(rejects[1][0], "a");
    assert_eq!(rejects[2][..4], ["b", "b@c", "extra", "more"]);
    assert!(rejects[2].last().is_some_and(|fault| fault == "users.csv:3: has 4 cells, the header has 2"));
}

#[test]
fn mended_rejects_can_be_imported_again() {
    let sandbox = Sandbox::empty();
    refused(&sandbox, "user", "users.csv", "name,email\na,b\n", &["--rejects", "rejects.csv"]);
    let rejects = std::fs::read_to_string(sandbox.path().join("rejects.csv")).expect("the rejects");
    imported(&sandbox, "user", "rejects.csv", rejects.replace("a,b,", "a,b@c,"), &[]);
    assert_eq!(told(&sandbox, "user", "name,email"), "a,b@c\n");
}

#[test]
fn an_unknown_column_is_a_fault_of_the_header_and_hides_no_fault_of_a_row() {
    let sandbox = Sandbox::estate();
    let before = sandbox.exported();
    sandbox
        .file("vms.csv", "name,poool,memry,cpu,note\nnew1,prod,4GiB,2,x\nnew2,nowhere,4GX,2,y\nnew3,prod,4GiB,two,z\n");
    for more in [&[][..], &["--skip-bad"]] {
        let answer = sandbox.run(&[&["vm", "import", "vms.csv"], more].concat());
        assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
        let lines: Vec<&str> = answer.stderr.lines().collect();
        assert_eq!(lines[0], "error: 3 columns and 2 rows are wrong in vms.csv; nothing was imported");
        let beginnings = [
            "  vms.csv:1: \"poool\" is not a column of VMs (did you mean pool?)",
            "  vms.csv:1: \"memry\" is not a column of VMs (did you mean memory?)",
            "  vms.csv:1: \"note\" is not a column of VMs (columns: name, pool, ",
            "  vms.csv:3: pool: no pool named \"nowhere\"",
            "  vms.csv:3: memory: \"4GX\" has no known unit",
            "  vms.csv:4: cpu: \"two\" is not a number",
            // Rows do not go in by themselves, so nothing says that they could.
            "help: fix these columns and rows and import again",
        ];
        assert_eq!(lines.len(), 1 + beginnings.len(), "{answer}");
        for (line, beginning) in lines[1..].iter().zip(beginnings) {
            assert!(line.starts_with(beginning), "{line}");
        }
    }
    sandbox.file("vms.csv", "name,pool,colour\nnew1,prod,red\n");
    insta::assert_snapshot!(sandbox.run(&["vm", "import", "vms.csv", "--skip-bad"]), @r#"
    status 1
    ----- stderr -----
    error: 1 column is wrong in vms.csv; nothing was imported
      vms.csv:1: "colour" is not a column of VMs (columns: name, pool, type, status, memory, cpu, os, custom-os, owner, created, updated, ips, disks, systems; map others with --map 'HEADING=FIELD', skip them with --ignore-unknown)
    help: fix this column and import again
    "#);
    assert_eq!(sandbox.exported(), before);
}
