//! What other programs read of what `inv` writes: the same rows and the same cells.

use crate::support::{Sandbox, read_by_python};
use calamine::{Data, Reader, Xlsx, open_workbook};
use serde_json::Value;
use std::process::Command;

/// What a program prints that comes with a Debian package.
fn printed(command: &mut Command, package: &str) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}: it comes with the Debian package {package}"));
    assert!(output.status.success(), "{program}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// An estate whose cells are hard to quote.
fn hard() -> Sandbox {
    let sandbox = Sandbox::estate();
    for arguments in [
        &["system", "add", "a,b;\"c\"", "--description", "one\ntwo\r\nthree, \"four\"\n"][..],
        &["system", "add", "東京\t", "--description", ""],
        &["system", "add", "決済", "--description", " blanks at both ends "],
        &["system", "add", "=1+1", "--description=-x;@y"],
        &[
            "vm",
            "add",
            "サーバー,一号",
            "--pool",
            "prod",
            "--memory",
            "1.50 GB",
            "--cpu",
            "0.5",
            "--custom-os",
            "Be\"OS\"",
            "--disk",
            "1 TiB",
            "--disk",
            "2 GiB@san1",
            "--ip",
            "fd00::1@7",
            "--ip",
            "10.0.0.2",
            "--system",
            "a,b;\"c\"",
        ],
        &["vm", "add", "👩‍👩‍👧", "--pool", "test", "--owner", "alice"],
    ] {
        let answer = sandbox.run(arguments);
        // A tab has no place in a name.
        assert_eq!(answer.status, i32::from(arguments[2].contains('\t')), "{answer}");
    }
    sandbox
}

/// The cells of a list, told from its JSON: nothing is empty, a number is itself, a list is separated by `;`.
fn cells(sandbox: &Sandbox, noun: &str, columns: &str) -> Vec<Vec<String>> {
    // JSON has whole paths of references, a table their names.
    let wanted: Vec<String> = columns
        .split(',')
        .map(
            |column| {
                if ["pool", "vm", "storage"].contains(&column) { format!("{column}.name") } else { column.to_owned() }
            },
        )
        .collect();
    let json: Vec<serde_json::Map<String, Value>> =
        serde_json::from_str(&sandbox.ok(&[noun, "list", "-o", "json", "-c", &wanted.join(",")])).expect("JSON");
    // A part of a record as a table has it: an address, a size or a name, and after @ its VLAN or its storage device.
    let item = |item: &Value| {
        let member = |keys: &[&str]| keys.iter().find_map(|key| item[*key].as_str()).map(str::to_owned);
        let main = member(&["ipv4", "ipv6", "size", "name"]).expect("a text");
        let place = member(&["vlan", "storage"]);
        place.map_or(main.clone(), |place| format!("{main}@{}", place.rsplit('/').next().expect("a name")))
    };
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(item).collect();
            let quoted = |item: &str| match item.contains([';', '"']) {
                true => format!("\"{}\"", item.replace('"', "\"\"")),
                false => item.to_owned(),
            };
            items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(";")
        }
        other => other.to_string(),
    };
    let row = |object: &serde_json::Map<String, Value>| {
        wanted.iter().map(|column| text(&object[&column.replace(['.', '-'], "_")])).collect()
    };
    let header = columns.split(',').map(str::to_owned).collect();
    std::iter::once(header).chain(json.iter().map(row)).collect()
}

const VM: &str = "name,pool,status,cpu,memory,disk,os,custom-os,ips,disks,systems,owner,path,created";

#[test]
fn python_reads_the_same_cells() {
    let sandbox = hard();
    for (noun, columns) in [("vm", VM), ("system", "name,description,created,id"), ("disk", "name,vm,size,storage")] {
        let wanted = cells(&sandbox, noun, columns);
        assert!(wanted.len() > 3);
        sandbox.file("list.csv", sandbox.ok(&[noun, "list", "-o", "csv", "-c", columns]));
        assert_eq!(read_by_python(&sandbox, "list.csv"), wanted);
    }
}

#[test]
fn python_reads_what_the_database_holds() {
    let sandbox = hard();
    sandbox.ok(&["export", "A"]);
    let script = "import csv, sqlite3\n\
        db = sqlite3.connect('inv.db')\n\
        held = sorted(tuple(row) for row in db.execute('SELECT name, coalesce(description, \\'\\') FROM system'))\n\
        read = csv.DictReader(open('A/systems.csv', newline='', encoding='utf-8'), strict=True)\n\
        told = sorted((row['name'], row['description']) for row in read)\n\
        assert told == held, (told, held)\n\
        quantity = 'SELECT v.name, coalesce(v.memory || \\' \\' || u.name, \\'\\') FROM virtual_machine v LEFT JOIN unit u ON u.unit_id = v.memory_unit_id'\n\
        held = sorted(tuple(row) for row in db.execute(quantity))\n\
        read = csv.DictReader(open('A/vms.csv', newline='', encoding='utf-8'), strict=True)\n\
        told = sorted((row['name'], row['memory']) for row in read)\n\
        assert told == held, (told, held)\n\
        print(len(held))\n";
    let told = printed(Command::new("python3").args(["-c", script]).current_dir(sandbox.path()), "python3");
    assert_eq!(told, "5\n");
}

/// What the `sqlite3` command answers, as rows of cells: its `ascii` mode has separators that no cell has.
fn sqlite(sandbox: &Sandbox, database: &str, statements: &[&str]) -> Vec<Vec<String>> {
    let mut command = Command::new("sqlite3");
    command.args(["-batch", "-bail", "-ascii", database]).args(statements).current_dir(sandbox.path());
    let text = printed(&mut command, "sqlite3");
    text.split_terminator('\u{1e}').map(|row| row.split('\u{1f}').map(str::to_owned).collect()).collect()
}

#[test]
fn the_sqlite3_command_reads_the_inventory_itself() {
    let sandbox = hard();
    let held = sqlite(
        &sandbox,
        "inv.db",
        &["SELECT v.name, p.name, v.status, coalesce(v.cpu, ''), coalesce(v.memory || ' ' || u.name, ''), \
           coalesce(o.name, ''), coalesce(w.name, '') FROM virtual_machine v JOIN cloud_pool p USING (cloud_pool_id) \
           LEFT JOIN unit u ON u.unit_id = v.memory_unit_id LEFT JOIN operating_system o USING (os_id) \
           LEFT JOIN users w USING (user_id) ORDER BY v.vm_id"],
    );
    assert_eq!(held[..], cells(&sandbox, "vm", "name,pool,status,cpu,memory,os,owner")[1..]);
    assert_eq!(sqlite(&sandbox, "inv.db", &["PRAGMA integrity_check", "PRAGMA foreign_key_check"]), [["ok"]]);
}

#[test]
fn the_sqlite3_command_imports_what_is_exported() {
    let sandbox = hard();
    for (noun, columns) in [("vm", VM), ("system", "name,description,created,id")] {
        let wanted = cells(&sandbox, noun, columns);
        sandbox.file("list.csv", sandbox.ok(&[noun, "list", "-o", "csv", "-c", columns]));
        let names: Vec<String> = columns.split(',').map(|column| format!("\"{column}\"")).collect();
        let query = format!("SELECT {} FROM list ORDER BY rowid", names.join(", "));
        let read = sqlite(&sandbox, ":memory:", &[".import --csv list.csv list", &query]);
        // The command reads CR LF within quotes as it stands, as everyone should.
        assert_eq!(read[..], wanted[1..], "{noun}");
    }
}

/// The cells of a CSV file as a spreadsheet engine reads them.
fn spreadsheet(sandbox: &Sandbox, name: &str) -> Vec<Vec<String>> {
    let mut command = Command::new("ssconvert");
    command
        .args(["--import-type=Gnumeric_stf:stf_csvtab", "--import-encoding=UTF-8", name, "out.xlsx"])
        .current_dir(sandbox.path())
        .env("HOME", sandbox.path())
        .env("LC_ALL", "C.UTF-8");
    printed(&mut command, "gnumeric");
    let mut workbook: Xlsx<_> = open_workbook(sandbox.path().join("out.xlsx")).expect("the workbook");
    let sheet = workbook.worksheet_range_at(0).expect("a sheet").expect("cells");
    let text = |cell: &Data| match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        other => other.to_string(),
    };
    sheet.rows().map(|row| row.iter().map(text).collect()).collect()
}

#[test]
fn a_spreadsheet_reads_the_same_cells() {
    let sandbox = hard();
    sandbox.ok(&["system", "rm", "=1+1", "--yes"]);
    for (noun, columns) in [
        ("vm", "name,pool,status,cpu,memory,disk,os,custom-os,ips,disks,systems,owner,path"),
        ("system", "name,description,id"),
        ("disk", "name,vm,size,storage"),
        ("ip", "ipv4,ipv6,vlan,vm"),
    ] {
        let mut wanted = cells(&sandbox, noun, columns);
        // This engine has one way to end a line within a cell, and takes blanks off its ends.
        wanted.iter_mut().flatten().for_each(|cell| *cell = cell.replace("\r\n", "\n").trim().to_owned());
        sandbox.file("list.csv", sandbox.ok(&[noun, "list", "-o", "csv", "-c", columns]));
        let mut read = spreadsheet(&sandbox, "list.csv");
        read.iter_mut().flatten().for_each(|cell| *cell = cell.replace("\r\n", "\n").replace("_x000D_", ""));
        assert_eq!(read, wanted, "{noun}");
    }
}

#[test]
fn a_guarded_file_holds_no_formula() {
    let sandbox = Sandbox::empty();
    for name in ["=1+1", "+1+1", "-1+1", "@SUM(1)", "plain"] {
        sandbox.ok(&["system", "add", "--", name]);
    }
    let answer = sandbox.run(&["system", "list", "-o", "csv", "-c", "name", "--for-spreadsheet"]);
    assert_eq!(answer.status, 0, "{answer}");
    assert!(answer.stderr.contains("do not import"), "it says that it is lossy\n{answer}");
    sandbox.file("list.csv", &answer.stdout);
    let read = spreadsheet(&sandbox, "list.csv").concat();
    // Some engines take the apostrophe off, as they do when it is typed: the cell is text either way.
    let bare: Vec<&str> = read.iter().map(|cell| cell.trim_start_matches('\'')).collect();
    assert_eq!(bare, ["name", "=1+1", "+1+1", "-1+1", "@SUM(1)", "plain"]);
}
