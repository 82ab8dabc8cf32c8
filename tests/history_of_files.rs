//! What history keeps of the records that a file made: few rows for many of them, and the line of each.

use crate::history::{engine, log, number, rows, small};

#[test]
fn every_record_is_known_by_its_line_wherever_the_rows_of_a_file_begin() {
    let sandbox = small();
    // Each row takes a line more than the one before it, from one to twelve, and then begins anew.
    let (mut file, mut line, mut lines) = (String::from("name,pool,custom-os\n"), 2, Vec::new());
    for number in 0..6_000 {
        let more = number % 12;
        file.push_str(&format!("bulk{number},prod,\"BeOS{}\"\n", "\n5".repeat(more)));
        lines.push(line);
        line += 1 + more;
    }
    let path = sandbox.file("bulk.csv", file);
    sandbox.ok(&["vm", "import", &path]);
    // The VMs have the ids 2 to 6001.
    assert_eq!(number(&sandbox, "SELECT count(*) FROM change_entry WHERE change_id = 5"), 2);
    for place in [0, 1, 2, 11, 12, 4_093, 4_094, 4_095, 5_999] {
        let name = format!("bulk{place}");
        let blame = rows(&sandbox.ok(&["blame", "vm", &name, "-o", "csv"]));
        assert_eq!(blame[0][6], format!("{path}:{}", lines[place]), "{name}");
    }
    let told: Vec<i64> = {
        let question = "SELECT json_extract(lines, '$[' || (5 - first_id) || ']'), json_array_length(lines) \
                        FROM change_entry WHERE change_id = 5 AND first_id <= 5 AND last_id >= 5";
        engine(&sandbox)
            .query_row(question, [], |row| Ok(vec![row.get(0)?, row.get(1)?]))
            .expect("the line of the fourth VM")
    };
    assert_eq!(told, [lines[3] as i64, 4_094]);
    assert_eq!(sandbox.run(&["log", "verify"]).status, 0);
    let altered = "UPDATE change_entry SET lines = replace(lines, '[2,', '[3,') WHERE change_id = 5";
    engine(&sandbox).execute_batch(altered).expect("other lines");
    assert_eq!(sandbox.run(&["log", "verify"]).status, 1);
}

#[test]
fn a_bulk_change_costs_a_row_in_thousands_and_is_one_undo() {
    let sandbox = small();
    let before = sandbox.exported();
    let mut file = String::from("name,pool,memory\n");
    for number in 0..10_000 {
        file.push_str(&format!("bulk{number},prod,1GiB\n"));
    }
    let path = sandbox.file("bulk.csv", file);
    sandbox.ok(&["vm", "import", &path]);
    // The VMs have the ids 2 to 10001: entries end before the multiples 4096 and 8192.
    assert_eq!(number(&sandbox, "SELECT count(*) FROM change_entry WHERE change_id = 5"), 3);
    assert_eq!(number(&sandbox, "SELECT sum(last_id - first_id + 1) FROM change_entry WHERE change_id = 5"), 10_000);
    assert_eq!(rows(&sandbox.ok(&["blame", "vm", "bulk9000", "-o", "csv"]))[0][6], format!("{path}:9002"));
    assert_eq!(log(&sandbox, &["vm", "log", "bulk9000"]), ["5 +VM []"]);
    let full = sandbox.exported();
    sandbox.ok(&["undo"]);
    assert_eq!(sandbox.exported(), before);
    sandbox.ok(&["redo"]);
    assert_eq!(sandbox.exported(), full);
    assert_eq!(log(&sandbox, &["vm", "log", "bulk9000"]).len(), 3);
}
