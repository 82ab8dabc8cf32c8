//! Questions in a large inventory, about names that are taken, about many records, on a terminal of few rows, and on one
//! that can do no more than print lines.

use crate::pty::{Ended, Terminal};
use crate::support::Sandbox;

const DOWN: &str = "\x1b[B";
const UP: &str = "\x1b[A";

fn done(terminal: &mut Terminal) -> Ended {
    let ended = terminal.ends();
    assert_eq!(ended.status, 0, "{}", ended.screen);
    assert!(ended.settings_are_back && ended.cursor_is_visible(), "{}", ended.screen);
    ended
}

/// The estate with 10,000 pools more: `pool-00000` to `pool-09999`.
fn with_many_pools() -> Sandbox {
    let sandbox = Sandbox::estate();
    let rows: String = (0..10_000).map(|number| format!("pool-{number:05},tokyo\n")).collect();
    let file = sandbox.file("pools.csv", format!("name,dc\n{rows}"));
    sandbox.ok(&["pool", "import", &file]);
    sandbox
}

#[test]
fn a_pool_is_chosen_from_ten_thousand() {
    let sandbox = with_many_pools();
    let mut terminal = Terminal::inv(&sandbox, &["vm", "add", "big"]);
    // 10,002 pools, of which twelve are shown.
    terminal.asks("pool").sees("❯ AWS/tokyo/prod").sees("AWS/tokyo/pool-00009\n  + a new pool\n  … 9990 more");
    // Of 1,000 pools that begin so, the first twelve.
    terminal.types("pool-04").sees("❯ AWS/tokyo/pool-04000").sees("AWS/tokyo/pool-04011").sees("… 988 more");
    // Several words, each of them somewhere in the path.
    terminal.types("\x15").types("7 tok 4777").sees("❯ AWS/tokyo/pool-04777");
    terminal.types("\r").answers("More fields?", "n");
    assert!(done(&mut terminal).screen.ends_with("AWS/tokyo/pool-04777/big"));
    // The name itself goes before those that have it inside, whatever the order of the records.
    sandbox.ok(&["pool", "add", "477", "--dc", "tokyo"]);
    let mut terminal = Terminal::inv(&sandbox, &["vm", "add", "big"]);
    terminal.asks("pool").types("477").sees("❯ AWS/tokyo/477").types("\r").answers("More fields?", "n");
    assert!(done(&mut terminal).screen.ends_with("AWS/tokyo/477/big"));
    // Typed ahead, all at once.
    let mut terminal = Terminal::inv(&sandbox, &["vm", "add", "ahead"]);
    terminal.asks("pool").types("pool-09999\rn\r");
    assert!(done(&mut terminal).screen.ends_with("AWS/tokyo/pool-09999/ahead"));
    // The end is reached from above, one by one.
    let mut terminal = Terminal::inv(&sandbox, &["vm", "add", "other"]);
    terminal.asks("pool").types("pool-00").sees("… 988 more").types(DOWN).sees("❯ AWS/tokyo/pool-00001");
    terminal.types(UP).types(UP).types(UP).sees("❯ AWS/tokyo/pool-00011").types("\r").answers("More fields?", "n");
    assert!(done(&mut terminal).screen.ends_with("AWS/tokyo/pool-00011/other"));
}

#[test]
fn matches_that_fit_equally_well_are_in_the_order_of_their_names() {
    let sandbox = Sandbox::estate();
    for name in ["edge-c", "old-edge-b", "edge-a", "Edge-b", "edge"] {
        sandbox.ok(&["pool", "add", name, "--dc", "tokyo"]);
    }
    let mut terminal = Terminal::inv(&sandbox, &["vm", "add", "big"]);
    // The name itself, names that begin so in any case, and words that do.
    terminal.asks("pool").types("edge");
    terminal
        .sees("❯ AWS/tokyo/edge\n  AWS/tokyo/Edge-b\n  AWS/tokyo/edge-a\n  AWS/tokyo/edge-c\n  AWS/tokyo/old-edge-b");
    terminal.types(DOWN).sees("❯ AWS/tokyo/Edge-b").types("\r").answers("More fields?", "n");
    assert!(done(&mut terminal).screen.ends_with("AWS/tokyo/Edge-b/big"));
}

#[test]
fn a_name_that_is_taken_is_noticed_when_it_is_entered() {
    let sandbox = Sandbox::estate();
    let mut terminal = Terminal::inv(&sandbox, &["vm", "add"]);
    terminal.answers("pool", "prod").answers("name", "web01");
    terminal.sees("VM \"AWS/tokyo/prod/web01\" already exists").answers("name", "web03").answers("More fields?", "n");
    assert!(done(&mut terminal).screen.ends_with("AWS/tokyo/prod/web03"));
    // The name is on the command line: the pool is asked for again.
    let mut terminal = Terminal::inv(&sandbox, &["vm", "add", "web01"]);
    terminal.answers("pool", "prod").sees("VM \"AWS/tokyo/prod/web01\" already exists");
    terminal.answers("pool", "test").answers("More fields?", "n");
    assert!(done(&mut terminal).screen.ends_with("AWS/tokyo/test/web01"));
    // The pool is on the command line, and the name in any other pool is free.
    let mut terminal = Terminal::inv(&sandbox, &["vm", "add", "--pool", "test"]);
    terminal.answers("name", "web10").sees("VM \"AWS/tokyo/test/web10\" already exists");
    terminal.answers("name", "web02").answers("More fields?", "n");
    assert!(done(&mut terminal).screen.ends_with("AWS/tokyo/test/web02"));
    let mut terminal = Terminal::inv(&sandbox, &["user", "add"]);
    terminal.answers("name", "alice").sees("user \"alice\" already exists").answers("name", "carol");
    terminal.answers("More fields?", "n");
    done(&mut terminal);
    // A record that is created on the way.
    let mut terminal = Terminal::inv(&sandbox, &["storage", "add", "san9"]);
    terminal.answers("pool", "a new").answers("dc", "tokyo").answers("name of the new pool", "prod");
    terminal.sees("pool \"AWS/tokyo/prod\" already exists").answers("name of the new pool", "");
    // Without a name it is not created, and the list is back.
    terminal.answers("pool", "a new").answers("dc", "tokyo").answers("name of the new pool", "edge");
    terminal.answers("More fields?", "n");
    assert!(done(&mut terminal).screen.ends_with("AWS/tokyo/edge/san9"));
}

#[test]
fn an_address_that_is_taken_is_noticed_when_it_is_entered() {
    let sandbox = Sandbox::estate();
    let taken = "10.0.0.11 in vlan 101 is used by VM \"AWS/tokyo/prod/web01\"";
    let mut terminal = Terminal::inv(&sandbox, &["ip", "add"]);
    terminal.answers("ipv4 or ipv6", "10.0.0.11").answers("vlan", "101").sees(taken);
    terminal.answers("vlan", "102").answers("More fields?", "n");
    done(&mut terminal);
    let mut terminal = Terminal::inv(&sandbox, &["ip", "add", "--vlan", "101"]);
    terminal.answers("ipv4 or ipv6", "10.0.0.11").sees(taken).answers("ipv4 or ipv6", "10.0.0.12");
    terminal.answers("More fields?", "n");
    done(&mut terminal);
    let mut terminal = Terminal::inv(&sandbox, &["ip", "add", "--vlan", "101", "--allow-duplicate"]);
    terminal.answers("ipv4 or ipv6", "10.0.0.11").answers("More fields?", "n");
    done(&mut terminal);
    // One that comes along with a VM, and one that is given twice in other letters.
    let mut terminal =
        Terminal::inv(&sandbox, &["vm", "add", "--pool", "test", "--type", "t", "--cpu", "1", "--disk", "1GiB"]);
    terminal.answers("name", "web09").answers("More fields?", "y");
    for field in ["status", "memory", "os", "custom-os", "owner"] {
        terminal.answers(field, "");
    }
    terminal.answers("ip", "10.0.0.11").answers("vlan", "101").sees("10.0.0.11 in vlan 101 is used");
    terminal.answers("ip", "FD00::0:9").answers("vlan", "").answers("ip", "fd00::9").answers("vlan", "");
    terminal.sees("\"fd00::9\" is already in the list").answers("ip", "").answers("system", "");
    done(&mut terminal);
    let listed = sandbox.ok(&["vm", "list", "-o", "csv", "-c", "ips,disks", "--where", "name=web09"]);
    assert_eq!(listed, "ips,disks\nfd00::9,1 GiB\n");
}

#[test]
fn a_question_about_many_records_shows_what_changes_on_the_first_five() {
    let sandbox = Sandbox::estate();
    let rows: String = (1..=7).map(|number| format!("t{number},test,stopped\n")).collect();
    let file = sandbox.file("more.csv", format!("name,pool,status\n{rows}"));
    sandbox.ok(&["vm", "import", &file]);
    let before = sandbox.exported();
    let mut terminal =
        Terminal::inv(&sandbox, &["vm", "set", "--where", "name~t", "--status", "retired", "--owner", "bob"]);
    terminal.asks("change 7 VMs?");
    let expected: String = (1..=5)
        .map(|number| format!("  AWS/tokyo/test/t{number}: status stopped → retired, owner (none) → bob\n"))
        .collect();
    let question = "? change 7 VMs? (y/n) › no";
    assert_eq!(terminal.screen().trim_end(), format!("{expected}  … and 2 more\n{question}"));
    terminal.types("n\r");
    let ended = terminal.ends();
    assert_eq!(ended.status, 1);
    assert!(ended.screen.ends_with("error: cancelled; nothing was changed"), "{}", ended.screen);
    assert_eq!(sandbox.exported(), before);

    // Those that are so already are counted apart; where all are, nothing is asked.
    let all = ["vm", "set", "web01", "web02", "web10", "--status", "running"];
    let mut terminal = Terminal::inv(&sandbox, &all);
    terminal.asks("change 2 of 3 VMs?");
    let expected =
        "  AWS/tokyo/prod/web02: status stopped → running\n  AWS/tokyo/test/web10: status unknown → running\n";
    assert_eq!(terminal.screen().trim_end(), format!("{expected}? change 2 of 3 VMs? (y/n) › no"));
    terminal.types("y\r");
    done(&mut terminal);
    let ended = done(&mut Terminal::inv(&sandbox, &all));
    assert_eq!(ended.screen, "no changes needed");

    let mut terminal = Terminal::inv(&sandbox, &["vm", "rm", "--where", "name~t"]);
    terminal.asks("delete 7 VMs?");
    let expected: String = (1..=5).map(|number| format!("  AWS/tokyo/test/t{number}\n")).collect();
    assert_eq!(terminal.screen().trim_end(), format!("{expected}  … and 2 more\n? delete 7 VMs? (y/n) › no"));
    terminal.types("y\r");
    done(&mut terminal);
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "3\n");
}

#[test]
fn a_change_that_cannot_be_made_is_refused_before_the_question() {
    let sandbox = Sandbox::estate();
    let ended = Terminal::inv(&sandbox, &["vm", "set", "web01", "web02", "web10", "--memory", "4 GX"]).ends();
    assert_eq!(ended.status, 1, "{}", ended.screen);
    assert!(ended.screen.starts_with("error: memory: \"4 GX\" has no known unit"), "{}", ended.screen);
    assert!(!ended.screen.contains("change 3 VMs?"), "{}", ended.screen);
}

#[test]
fn lists_and_questions_fit_a_terminal_of_any_number_of_rows() {
    let sandbox = Sandbox::estate();
    for rows in [1, 2, 3, 4] {
        let program = sandbox.command().get_program().to_owned();
        let script = format!("stty rows {rows} && exec \"$0\" vm add --pool prod --type t --memory 1GiB");
        let script = [std::ffi::OsStr::new("sh"), "-c".as_ref(), script.as_ref(), &program];
        let name = format!("rows{rows}");
        let mut terminal = Terminal::run(&sandbox, &script, &[], 80);
        terminal.answers("name", &name).answers("More fields?", "y").answers("status", DOWN);
        for field in ["cpu", "os", "custom-os", "owner", "ip", "disk", "system"] {
            terminal.answers(field, "");
        }
        let ended = terminal.ends();
        assert_eq!(ended.status, 0, "{}", ended.screen);
        assert!(!ended.text().contains("panicked"), "{}", ended.screen);
        let listed = sandbox.ok(&["vm", "list", "-o", "csv", "-c", "status", "--where", &format!("name={name}")]);
        assert_eq!(listed, "status\nrunning\n");
    }
}

#[test]
fn a_terminal_that_shrinks_under_a_list_ends_nothing() {
    let sandbox = Sandbox::estate();
    let mut terminal = Terminal::inv(&sandbox, &["vm", "add", "--pool", "prod", "--type", "t"]);
    terminal.answers("name", "small").answers("More fields?", "y").asks("status").sees("❯ unknown");
    terminal.resizes(2, 80).types(DOWN).sees("❯ running").resizes(1, 1).types(UP).types(DOWN).resizes(24, 80);
    terminal.types("\r");
    for field in ["memory", "cpu", "os", "custom-os", "owner", "ip", "disk", "system"] {
        terminal.answers(field, "");
    }
    let ended = terminal.ends();
    assert_eq!(ended.status, 0, "{}", ended.screen);
    assert!(!ended.text().contains("panicked"), "{}", ended.screen);
    let listed = sandbox.ok(&["vm", "list", "-o", "csv", "-c", "status", "--where", "name=small"]);
    assert_eq!(listed, "status\nrunning\n");
}

#[test]
fn a_dumb_terminal_gets_plain_questions() {
    let sandbox = Sandbox::estate();
    for term in ["dumb", ""] {
        let name = format!("plain{term}");
        let mut terminal = Terminal::with(&sandbox, &["vm", "add"], &[("TERM", term)]);
        terminal.sees("pool (pool of the VM): ").types("o\r");
        // Both have it: they are numbered, and so is the line for a new one.
        terminal.sees("  1 AWS/tokyo/prod\n  2 AWS/tokyo/test\n  3 + a new pool \"o\"\npool (number or name):");
        terminal.types("prod\r").sees("name (name of the VM):").types("web01\r");
        terminal.sees("VM \"AWS/tokyo/prod/web01\" already exists").types(&format!("{name}\r"));
        terminal.sees("More fields? (y/n) [no]:").types("maybe\r").sees("type y or n").types("y\r");
        terminal
            .sees("type (")
            .types("\r")
            .sees("status (running, stopped, suspended, planned, failed, retired, unknown) [unknown]:")
            .types("run\r");
        terminal.sees("  1 running\nstatus (number or name) [unknown]:").types("1\r");
        terminal.sees("memory (").types("16 GX\r").sees("no known unit").types("16 GiB\r").sees("cpu (").types("\r");
        terminal.sees("os (").types("Plan 9\r").sees("1 + a new OS \"Plan 9\"").types("1\r");
        terminal.sees("name of the new OS [Plan 9]:").types("\r");
        terminal.sees("owner (").types("alice\r");
        terminal.sees("ip (").types("\r").sees("disk (").types("\r").sees("system (").types("\r");
        let ended = terminal.ends();
        assert_eq!(ended.status, 0, "{}", ended.screen);
        assert!(ended.settings_are_back, "{}", ended.screen);
        assert!(!ended.bytes.contains(&b'\x1b'), "{:?}", ended.text());
        let columns = "path,status,memory,os,owner";
        let listed = sandbox.ok(&["vm", "list", "-o", "csv", "-c", columns, "--where", &format!("name={name}")]);
        assert_eq!(listed, format!("{columns}\nAWS/tokyo/prod/{name},running,16 GiB,Plan 9,alice\n"));
        sandbox.ok(&["vm", "rm", &name, "--yes"]);
        sandbox.ok(&["os", "rm", "Plan 9", "--yes"]);
    }
}

#[test]
fn a_dumb_terminal_ends_a_question_as_any_other_does() {
    let sandbox = Sandbox::estate();
    let before = sandbox.exported();
    let environment = [("TERM", "dumb")];
    for (keys, status, message) in [
        ("\x03", 130, "error: interrupted; nothing was changed"),
        ("\x04", 130, "error: interrupted; nothing was changed"),
        ("n\r", 1, "error: cancelled; nothing was changed"),
        ("\r", 1, "error: cancelled; nothing was changed"),
    ] {
        let mut terminal = Terminal::with(&sandbox, &["vm", "rm", "web01"], &environment);
        terminal.sees("delete VM AWS/tokyo/prod/web01 with 1 disk").sees("(y/n) [no]:").types(keys);
        let ended = terminal.ends();
        assert_eq!(ended.status, status, "{}", ended.screen);
        assert!(ended.screen.ends_with(message), "{}", ended.screen);
        assert!(ended.settings_are_back && !ended.bytes.contains(&b'\x1b'), "{:?}", ended.text());
        assert_eq!(sandbox.exported(), before);
    }
    let mut terminal = Terminal::with(&sandbox, &["vm", "add", "web09"], &environment);
    terminal.sees("pool (").types("pro").interrupts();
    let ended = terminal.ends();
    assert_eq!(ended.status, 130, "{}", ended.screen);
    assert!(!ended.bytes.contains(&b'\x1b'), "{:?}", ended.text());
    assert_eq!(sandbox.exported(), before);
}

#[test]
fn a_dumb_terminal_lists_twelve_of_ten_thousand() {
    let sandbox = with_many_pools();
    let mut terminal = Terminal::with(&sandbox, &["vm", "add", "big"], &[("TERM", "dumb")]);
    terminal.sees("pool (").types("\r").sees("… 9990 more; type a part of the name").types("pool-0477\r");
    terminal.sees("  10 AWS/tokyo/pool-04779\n  11 + a new pool \"pool-0477\"").types("8\r");
    terminal.sees("More fields?").types("\r");
    let ended = terminal.ends();
    assert_eq!(ended.status, 0, "{}", ended.screen);
    assert!(ended.screen.ends_with("AWS/tokyo/pool-04777/big"), "{}", ended.screen);
}
