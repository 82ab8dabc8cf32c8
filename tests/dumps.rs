//! Dumps of the tables of the data model: a folder of CSV files, each with the columns that the data model has, in which
//! records refer to each other by keys.

use crate::support::{Answer, Sandbox, timeless};
use std::path::Path;
use std::process::Command;

/// Returns the tables of the data model with their columns.
fn tables() -> Vec<(String, Vec<String>)> {
    let text = include_str!("data/er.md");
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(table) = line.strip_suffix(" {") {
            tables.push((table.to_owned(), Vec::new()));
        } else if let ([kind, column, ..], Some((_, columns))) =
            (line.split(' ').collect::<Vec<&str>>().as_slice(), tables.last_mut())
            && ["int", "string", "datetime"].contains(kind)
        {
            columns.push((*column).to_owned());
        }
    }
    assert_eq!(tables.len(), 14, "{tables:?}");
    tables
}

/// Dumps the tables with the `sqlite3` command, which writes nothing for a table without rows.
fn dump(sandbox: &Sandbox, folder: &Path) {
    std::fs::create_dir(folder).expect("a folder");
    for (table, columns) in tables() {
        let query = format!("SELECT {} FROM {table}", columns.join(", "));
        let output = Command::new("sqlite3").args(["-csv", "-header"]).arg(sandbox.database()).arg(query).output();
        let output = output.expect("sqlite3 runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::write(folder.join(format!("{table}.csv")), output.stdout).expect("a file");
    }
}

fn import(sandbox: &Sandbox, folder: &Path, options: &[&str]) -> Answer {
    let folder = folder.to_str().expect("a path in UTF-8");
    sandbox.run(&[&["import", folder], options].concat())
}

/// An estate in which no two records have the same id as those that they refer to.
fn estate() -> Sandbox {
    let sandbox = Sandbox::estate();
    for line in [
        "provider add Azure",
        "dc add paris --provider Azure",
        "pool add edge --dc paris --cpu 64",
        "vm add cache01 --pool edge --custom-os Plan9 --disk 20GB --disk 1TiB --ip fd00::7 --system billing",
        "ip add 10.0.0.99",
        "vm rm web10 --yes",
    ] {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    let disk = "AWS/tokyo/prod/web01/disk0";
    sandbox.ok(&["part", "add", "--disk", disk, "--size", "90GiB", "--filesystem", "ext4"]);
    sandbox
}

#[test]
fn a_dump_of_all_tables_is_the_same_inventory_with_its_keys_mapped() {
    let (from, to) = (estate(), Sandbox::empty());
    // Ids here are others than in the dump.
    for line in ["provider add old", "os add CP/M", "user add nobody", "unit add block --bytes 512"] {
        to.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    let folder = to.path().join("dump");
    dump(&from, &folder);
    let answer = import(&to, &folder, &[]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    for line in [
        "skipped login_users.csv: login users are not imported",
        "2 providers: 2 new",
        "11 units: 11 skipped",
        "3 disks: 3 new",
        "2 memberships: 2 new",
    ] {
        assert!(answer.stderr.lines().any(|other| other == line), "{line} {answer}");
    }
    for (noun, name) in [("provider", "old"), ("os", "CP/M"), ("user", "nobody"), ("unit", "block")] {
        to.ok(&[noun, "rm", name, "--yes"]);
    }
    assert_eq!(timeless(&to.exported()), timeless(&from.exported()));
    let again = import(&to, &folder, &["--update"]);
    assert_eq!(again.status, 0, "{again}");
    let counts = again.stderr.lines().filter(|line| !line.starts_with("skipped"));
    let mut changed = counts.filter(|line| !line.ends_with(" unchanged") && *line != "11 units: 11 skipped");
    assert_eq!(changed.next(), None, "{again}");
}

#[test]
fn a_key_that_the_dump_does_not_have_is_a_fault_of_its_row() {
    let sandbox = Sandbox::empty();
    let folder = sandbox.path().join("dump");
    std::fs::create_dir(&folder).expect("a folder");
    for (file, rows) in [
        ("cloud_provider.csv", "provider_id,name\n7,p\n"),
        ("data_center.csv", "data_center_id,name,location,provider_id\n3,north,,7\n4,south,,8\n"),
        ("unit.csv", "unit_id,name\n1,GiB\n2,furlong\n"),
        (
            "cloud_pool.csv",
            "cloud_pool_id,name,total_memory,total_memory_unit_id,data_center_id\n1,a,16,1,3\n2,b,16,9,3\n3,c,16,,3\n",
        ),
    ] {
        std::fs::write(folder.join(file), rows).expect("a file");
    }
    let answer = sandbox.run(&["import", "dump"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
    assert_eq!(
        answer.stderr,
        "error: 4 rows are wrong in dump; nothing was imported\n  \
         dump/data_center.csv:3: provider: the dump has no provider with the key \"8\" (keys are those of \
         cloud_provider.csv in the same folder)\n  \
         dump/unit.csv:3: a unit requires bytes\n  \
         dump/cloud_pool.csv:3: memory: unit: the dump has no unit with the key \"9\" (keys are those of unit.csv in the \
         same folder)\n  \
         dump/cloud_pool.csv:4: memory: \"16\" has no unit; MiB, GiB or TiB? (write 16GiB)\n\
         help: fix these rows and import again, or pass --skip-bad to import the others (--rejects FILE writes the bad rows \
         to a file)\n"
    );
    assert_eq!(sandbox.ok(&["provider", "list", "--count"]), "0\n");
}

#[test]
fn one_table_alone_is_imported_where_it_has_no_keys_of_others() {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["provider", "add", "p"]);
    sandbox.ok(&["dc", "add", "north", "--provider", "p"]);
    let header = "cloud_pool_id,name,total_memory,total_memory_unit_id,data_center_id";
    sandbox.file("cloud_pool.csv", format!("{header}\n1,a,16,GiB,north\n"));
    let answer = sandbox.run(&["pool", "import", "cloud_pool.csv"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
    let fault = "cloud_pool.csv:1: \"data_center_id\" has keys of another table (import the folder of all tables with inv \
                 import DIR, or pass --map \"data_center_id=dc\" if the cells are names)\n";
    assert!(answer.stderr.contains(fault), "{answer}");
    sandbox.ok(&["pool", "import", "cloud_pool.csv", "--map", "data_center_id=dc", "--quiet"]);
    assert_eq!(sandbox.ok(&["pool", "list", "-c", "name,dc,memory", "-o", "csv", "--no-headers"]), "a,north,16 GiB\n");
    sandbox.file("operating_system.csv", "os_id,name\n9,Debian-12\n");
    let answer = sandbox.run(&["os", "import", "operating_system.csv"]);
    assert_eq!(answer.stderr, "1 OS: 1 new\n1 column is not used (-v lists it)\n");
}
