//! Sentences of the style guide, as the program prints them: help lines, messages, and errors with their way out.

use crate::support::Sandbox;

/// Help lines, each with a command whose help has it.
const HELP: &[(&str, &str)] = &[
    ("vm show", "Show a VM with its disks, partitions and addresses"),
    ("vm rm", "Delete VMs"),
    ("vm rm", "Also delete everything that depends on it"),
    ("vm set", "Message for the change log, for example a ticket number"),
    ("vm import", "Create missing referenced records, for example os,owner"),
    ("ip next", "Consider only addresses in this VLAN (default: all VLANs)"),
    ("usage", "Show allocated and free CPU, memory and disk"),
    ("usage", "Overcommit ratio, for example cpu=4:1 (repeatable)"),
    ("undo", "Undo only the fields that have not changed since"),
    ("log", "Verify the history hash chain and print the latest hash"),
    ("log", "Permanently delete history before TIME (the purge itself is logged)"),
];

#[test]
fn help_has_the_lines_of_the_guide() {
    let sandbox = Sandbox::bare();
    for (command, line) in HELP {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = sandbox.ok(&arguments);
        assert!(help.lines().any(|other| other.ends_with(line)), "{command}: {line}\n{help}");
    }
}

#[test]
fn messages_have_the_words_of_the_guide() {
    let sandbox = Sandbox::estate();
    for (line, status, message) in [
        ("impact", 2, "error: missing arguments: NOUN NAME\nhelp: run `inv impact --help` for usage\n"),
        ("vm rm", 2, "error: no VM specified\nhelp: pass a name or --where\n"),
        ("vm set web01", 2, "error: no fields specified\nhelp: run `inv vm set --help` for the fields\n"),
        ("vm set web01 --cpu 4", 0, "no changes needed\n"),
        ("vm set --where name=x --cpu 4", 0, "no VMs matched\n"),
        (
            "vm set --where name~web --cpu 8",
            2,
            "error: confirmation required to change 3 VMs\nhelp: pass --yes to confirm or --dry-run to preview\n",
        ),
        ("vm rm web10 --yes", 0, "deleted 1 VM\n"),
    ] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let answer = sandbox.run(&arguments);
        assert_eq!(
            (answer.status, answer.stdout.as_str(), answer.stderr.as_str()),
            (status, "", message),
            "inv {line}"
        );
    }
    let web01 = sandbox.file("vms.csv", "name,pool\nweb01,prod\n");
    let again = sandbox.run(&["vm", "import", &web01]);
    let help = "\nhelp: fix this row and import again, or pass --update for records that exist (";
    assert!(again.status == 1 && again.stderr.contains(help), "{again}");
}

#[test]
fn an_undo_names_the_change_that_prevents_it() {
    let sandbox = Sandbox::empty();
    sandbox.ok(&["provider", "add", "AWS"]);
    sandbox.ok(&["dc", "add", "tokyo", "--provider", "AWS"]);
    sandbox.ok(&["dc", "set", "tokyo", "--location", "Otemachi"]);
    let one = sandbox.run(&["undo", "2"]);
    assert_eq!((one.status, one.stdout.as_str()), (4, ""), "{one}");
    assert!(one.stderr.starts_with("error: cannot undo change 2: change 3 modified the same records\n"), "{one}");
    sandbox.ok(&["dc", "set", "tokyo", "--location", "Shinagawa"]);
    let two = sandbox.run(&["undo", "2"]);
    assert!(
        two.stderr.starts_with("error: cannot undo change 2: 2 later changes modified the same records\n"),
        "{two}"
    );
    let help = "\nhelp: undo the later changes first, from the latest on, or pass --force to undo only the fields \
                that have not changed since\n";
    assert!(two.stderr.ends_with(help), "{two}");
}

#[test]
fn disks_without_a_capacity_are_counted_as_allocated() {
    let sandbox = Sandbox::empty();
    for line in
        ["provider add AWS", "dc add tokyo --provider AWS", "pool add p --dc tokyo", "vm add a --pool p --disk 520GiB"]
    {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    let stats = sandbox.ok(&["stats"]);
    assert!(stats.contains("520 GiB allocated; no disk capacity set on any pool"), "{stats}");
}
