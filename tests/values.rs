//! What a cell can hold: what is taken and how it is kept, what is refused and in which words.

use crate::support::Sandbox;

/// What the VM `web02` has in `column` after `--FIELD GIVEN`.
fn kept(sandbox: &Sandbox, field: &str, given: &str, column: &str) -> String {
    sandbox.ok(&["vm", "set", "web02", &format!("--{field}={given}")]);
    let told = sandbox.ok(&["vm", "list", "--name", "web02", "-o", "csv", "--no-headers", "-c", column]);
    told.trim_end_matches('\n').to_owned()
}

/// Holds that `NOUN set NAME --FIELD GIVEN` is refused in these words, with status 1, and changes nothing.
fn refused(sandbox: &Sandbox, arguments: &[&str], words: &str) {
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let answer = sandbox.run(arguments);
    assert_eq!(answer.status, 1, "{arguments:?}\n{answer}");
    assert_eq!(answer.stdout, "");
    assert_eq!(answer.stderr.lines().next(), Some(format!("error: {words}").as_str()), "{arguments:?}\n{answer}");
    assert!(std::fs::read(sandbox.database()).expect("the inventory") == before, "{arguments:?}");
}

#[test]
fn quantities_are_kept_as_given_and_measured_in_bytes() {
    let sandbox = Sandbox::estate();
    for (given, told, bytes) in [
        ("16GiB", "16 GiB", (16_u64 << 30).to_string()),
        ("16 GiB", "16 GiB", (16_u64 << 30).to_string()),
        ("16gib", "16 GiB", (16_u64 << 30).to_string()),
        ("1.5 TB", "1.5 TB", 1_500_000_000_000_u64.to_string()),
        ("1.50 TB", "1.50 TB", 1_500_000_000_000_u64.to_string()),
        ("0.5TiB", "0.5 TiB", (1_u64 << 39).to_string()),
        ("8G", "8 GiB", (8_u64 << 30).to_string()),
        ("8g", "8 GiB", (8_u64 << 30).to_string()),
        ("8 GB", "8 GB", 8_000_000_000_u64.to_string()),
        ("3K", "3 KiB", 3072.to_string()),
        ("3 KB", "3 kB", 3000.to_string()),
        ("1M", "1 MiB", (1_u64 << 20).to_string()),
        ("1T", "1 TiB", (1_u64 << 40).to_string()),
        ("1P", "1 PiB", (1_u64 << 50).to_string()),
        ("0.1 GiB", "0.1 GiB", "107374182.4".to_owned()),
        ("9223372036854775807 B", "9223372036854775807 B", i64::MAX.to_string()),
        ("0 B", "0 B", "0".to_owned()),
    ] {
        assert_eq!(kept(&sandbox, "memory", given, "memory,memory.bytes"), format!("{told},{bytes}"), "{given}");
    }
}

#[test]
fn what_is_no_quantity_is_refused_with_its_reason() {
    let sandbox = Sandbox::estate();
    for (given, words) in [
        ("16", "memory: \"16\" has no unit; MiB, GiB or TiB?"),
        ("16 GX", "memory: \"16 GX\" has no known unit"),
        ("-1 GiB", "memory: \"-1 GiB\" is negative"),
        ("NaN GiB", "memory: \"NaN GiB\" is not a number"),
        ("1e3 GiB", "memory: \"1e3 GiB\" has an exponent"),
        ("0x10 GiB", "memory: \"0x10 GiB\" is hexadecimal"),
        ("１６ GiB", "memory: \"１６ GiB\" has \"１\" instead of a digit from 0 to 9"),
        ("9223372036854775808 B", "memory: \"9223372036854775808 B\" is more than 9223372036854775807 bytes"),
        ("8192 PiB", "memory: \"8192 PiB\" is more than 9223372036854775807 bytes"),
        ("inf GiB", "memory: \"inf GiB\" is not a number"),
        ("GiB", "memory: \"GiB\" does not begin with a number"),
        ("a\u{1b}[2J", "memory: \"a\\x1b[2J\" does not begin with a number"),
    ] {
        refused(&sandbox, &["vm", "set", "web02", &format!("--memory={given}")], words);
    }
    let answer = sandbox.run(&["vm", "set", "web02", "--memory", "16 GX"]);
    assert_eq!(answer.stderr, "error: memory: \"16 GX\" has no known unit\nhelp: did you mean \"16 GB\"?\n");
}

#[test]
fn a_unit_that_is_added_can_be_used_and_an_ambiguous_one_is_asked_about() {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["unit", "add", "block", "--bytes", "512"]);
    assert_eq!(kept(&sandbox, "memory", "3 Block", "memory,memory.bytes"), "3 block,1536");
    sandbox.ok(&["unit", "add", "BLOCK", "--bytes", "4096"]);
    assert_eq!(kept(&sandbox, "memory", "3 BLOCK", "memory.bytes"), "12288");
    refused(
        &sandbox,
        &["vm", "set", "web02", "--memory", "3 Block"],
        "memory: \"3 Block\" could mean \"3 block\" or \"3 BLOCK\"",
    );
    refused(&sandbox, &["unit", "set", "block", "--bytes", "0"], "bytes: \"0\" is not a positive number");
    refused(
        &sandbox,
        &["unit", "set", "block", "--bytes", "9223372036854775808"],
        "bytes: \"9223372036854775808\" is more than 9223372036854775807 bytes",
    );
}

#[test]
fn counts_of_cpus_are_positive_decimals() {
    let sandbox = Sandbox::estate();
    for (given, told) in [("4", "4"), ("0.5", "0.5"), ("2.50", "2.5"), ("1024", "1024")] {
        assert_eq!(kept(&sandbox, "cpu", given, "cpu"), told);
    }
    for (given, words) in [
        ("0", "cpu: \"0\" is not a positive number"),
        ("-1", "cpu: \"-1\" is negative"),
        ("1e3", "cpu: \"1e3\" has an exponent"),
        ("four", "cpu: \"four\" is not a number"),
        ("٤", "cpu: \"٤\" has \"٤\" instead of a digit from 0 to 9"),
    ] {
        refused(&sandbox, &["vm", "set", "web02", &format!("--cpu={given}")], words);
    }
}

#[test]
fn a_status_is_one_of_seven_words() {
    let sandbox = Sandbox::estate();
    for status in ["running", "stopped", "suspended", "planned", "failed", "retired", "unknown"] {
        assert_eq!(kept(&sandbox, "status", status, "status"), status);
    }
    assert_eq!(kept(&sandbox, "status", "Running", "status"), "running");
    let told = sandbox.ok(&["vm", "list", "--name", "web10", "-o", "csv", "--no-headers", "-c", "status"]);
    assert_eq!(told, "unknown\n", "none was given");
    let answer = sandbox.run(&["vm", "set", "web02", "--status", "runing"]);
    assert_eq!(answer.status, 1);
    assert_eq!(
        answer.stderr,
        "error: status: \"runing\" is not a status\nhelp: did you mean running? a status is running, stopped, \
         suspended, planned, failed, retired or unknown\n"
    );
}

#[test]
fn addresses_are_kept_in_their_canonical_form() {
    let sandbox = Sandbox::estate();
    // RFC 5952, sections 4 and 5.
    for (given, told) in [
        ("10.0.0.9", "10.0.0.9"),
        ("2001:DB8::1", "2001:db8::1"),
        ("2001:0db8:0:0:0:0:0:0002", "2001:db8::2"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("::FFFF:192.0.2.1", "::ffff:192.0.2.1"),
    ] {
        let path = sandbox.ok(&["ip", "add", given]);
        assert_eq!(path, format!("{told}\n"), "{given}");
        assert_eq!(sandbox.run(&["ip", "show", given]).status, 0, "an address is found as it was given");
    }
}

#[test]
fn what_is_no_address_is_refused_with_its_reason() {
    let sandbox = Sandbox::estate();
    for (field, given, reason) in [
        ("ipv4", "010.0.0.1", "has a leading zero, which some programs read as octal"),
        ("ipv4", "10.0.0.256", "has the number 256, which is more than 255"),
        ("ipv4", "10.0.0", "has 3 numbers instead of 4"),
        ("ipv6", "fe80::1%eth0", "has a zone id, which is valid on one machine only"),
        ("ipv4", "10.0.0.1/24", "has a prefix length, which an address cannot have"),
        ("ipv6", "[fd00::1]", "has brackets around the address"),
        ("ipv4", "fd00::1", "is an IPv6 address, not an IPv4 address"),
    ] {
        refused(&sandbox, &["ip", "add", &format!("--{field}={given}")], &format!("{field}: \"{given}\" {reason}"));
    }
}

#[test]
fn an_address_that_its_vlan_already_has_is_refused_with_who_has_it() {
    let sandbox = Sandbox::estate();
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    let answer = sandbox.run(&["ip", "add", "10.0.0.11", "--vlan", "101", "--vm", "web02"]);
    assert_eq!(answer.status, 4);
    assert_eq!(
        answer.stderr,
        "error: 10.0.0.11 in vlan 101 is used by VM \"AWS/tokyo/prod/web01\"\n\
         help: pass --allow-duplicate to use it anyway\n"
    );
    let answer = sandbox.run(&["vm", "add", "new", "--pool", "prod", "--ip", "10.0.0.12", "--ip", "10.0.0.11@101"]);
    assert_eq!(answer.status, 4, "{answer}");
    assert!(std::fs::read(sandbox.database()).expect("the inventory") == before, "nothing of the vm is left");
    sandbox.ok(&["ip", "add", "10.0.0.11", "--vlan", "102", "--vm", "web02"]);
    sandbox.ok(&["ip", "add", "10.0.0.11", "--vm", "web02"]);
    sandbox.ok(&["ip", "add", "10.0.0.11", "--vlan", "101", "--vm", "web02", "--allow-duplicate"]);
    assert_eq!(sandbox.ok(&["ip", "list", "--in", "10.0.0.11/32", "--count"]), "4\n");
    // Twice in one VM is no duplicate that anyone could mean.
    let answer = sandbox.run(&["ip", "add", "10.0.0.11", "--vlan", "101", "--vm", "web02", "--allow-duplicate"]);
    assert_eq!(answer.status, 4, "{answer}");
    sandbox.ok(&["ip", "add", "FD00::5", "--vlan", "101"]);
    let answer = sandbox.run(&["ip", "add", "fd00:0:0::5", "--vlan", "101"]);
    assert_eq!(answer.status, 4, "{answer}");
    assert!(answer.stderr.contains("fd00::5"), "{answer}");
    // One that moves into a VLAN is held to the same.
    let answer = sandbox.run(&["ip", "set", "web02/10.0.0.11", "--vlan", "101"]);
    assert_eq!(answer.status, 4, "{answer}");
}

#[test]
fn a_vlan_is_a_number_from_1_to_4094_or_a_name() {
    let sandbox = Sandbox::estate();
    for vlan in ["1", "4094", "dmz", "管理"] {
        sandbox.ok(&["ip", "add", "10.8.0.1", "--vlan", vlan]);
        assert_eq!(sandbox.ok(&["ip", "list", "--vlan", vlan, "--count"]), "1\n");
    }
    for vlan in ["0", "4095", "99999", "-1"] {
        let flag = format!("--vlan={vlan}");
        let answer = sandbox.run(&["ip", "add", "10.8.0.2", &flag]);
        if vlan == "-1" {
            // It is no number of ours, and so a name.
            assert_eq!(answer.status, 0, "{answer}");
        } else {
            assert_eq!(answer.status, 1, "{answer}");
            assert_eq!(
                answer.stderr,
                format!(
                    "error: vlan: \"{vlan}\" is not a VLAN number\nhelp: a VLAN is a number from 1 to 4094, or a \
                     name\n"
                )
            );
        }
    }
}

#[test]
fn an_email_is_one_at_sign_with_something_on_both_sides() {
    let sandbox = Sandbox::estate();
    for email in ["a@b", "\"a b\"@example.org", "用户@例子.广告", "first+tag@sub.example.co.jp"] {
        sandbox.ok(&["user", "set", "bob", "--email", email]);
    }
    for (email, reason) in [
        ("bob", "has no @"),
        ("@b", "has no text before its @"),
        ("a@", "has no text after its @"),
        ("a@b@c", "has more than one @"),
    ] {
        refused(&sandbox, &["user", "set", "bob", "--email", email], &format!("email: \"{email}\" {reason}"));
    }
}

#[test]
fn times_are_rfc_3339_in_utc_to_the_second() {
    let sandbox = Sandbox::estate();
    let told = sandbox.ok(&["vm", "list", "-o", "csv", "--no-headers", "-c", "created,updated"]);
    for time in told.split(['\n', ',']).filter(|time| !time.is_empty()) {
        let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00Z");
    }
    let lines = "{\"name\":\"t1\",\"pool\":\"prod\",\"created\":\"2026-11-23T16:13:00.999+09:00\",\"updated\":\"2026-11-23\"}\n";
    let answer = sandbox.run_with_input(&["vm", "import", "-"], lines);
    assert_eq!(answer.status, 0, "{answer}");
    let told = |column: &str| sandbox.ok(&["vm", "list", "--name", "t1", "-o", "csv", "--no-headers", "-c", column]);
    assert_eq!(told("created,updated"), "2026-11-23T07:13:00Z,2026-11-23T00:00:00Z\n");
    sandbox.ok(&["vm", "set", "t1", "--cpu", "3"]);
    assert_eq!(told("created"), "2026-11-23T07:13:00Z\n", "it is set once");
    assert_ne!(told("updated"), "2026-11-23T00:00:00Z\n", "it is set at every change");
}

#[test]
fn names_are_normalised_and_hold_nothing_unseen() {
    let sandbox = Sandbox::estate();
    assert_eq!(sandbox.ok(&["system", "add", "か\u{3099}"]), "が\n");
    assert_eq!(sandbox.run(&["system", "add", "が"]).status, 4, "it is the same name");
    sandbox.ok(&["system", "add", &"あ".repeat(255)]);
    for (name, code) in
        [("a\u{1b}[2J", "U+001B"), ("a\u{202e}b", "U+202E"), ("a\u{200b}b", "U+200B"), ("a\nb", "U+000A")]
    {
        let answer = sandbox.run(&["system", "add", name]);
        assert_eq!(answer.status, 1, "{answer}");
        assert!(answer.stderr.contains(code), "{answer}");
        assert!(!answer.stderr.trim_end().chars().any(|c| c.is_control() && c != '\n'), "{answer:?}");
    }
    for name in ["", " a", "a ", "\u{3000}a"] {
        assert_eq!(sandbox.run(&["system", "add", name]).status, 1, "{name:?}");
    }
    let long = "a".repeat(256);
    let answer = sandbox.run(&["system", "add", &long]);
    assert_eq!(answer.status, 1);
    assert!(answer.stderr.contains("has 256 characters"), "{answer}");
    sandbox.ok(&["system", "add", "Billing"]);
    assert_eq!(sandbox.ok(&["system", "list", "--name", "billing", "--count"]), "1\n", "case counts");
}
