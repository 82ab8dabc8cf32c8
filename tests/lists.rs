//! Lists: which records, which columns, in which order, in which shape.

use crate::support::Sandbox;
use serde_json::{Value, json};

/// One column of a list as lines.
fn column(sandbox: &Sandbox, noun: &str, column: &str, more: &[&str]) -> String {
    let all = [&[noun, "list", "-o", "csv", "--no-headers", "-c", column], more].concat();
    sandbox.ok(&all).trim_end_matches('\n').replace('\n', " ")
}

/// The names of the VMs that these filters leave.
fn vms(sandbox: &Sandbox, more: &[&str]) -> String {
    column(sandbox, "vm", "name", more)
}

#[test]
fn a_flag_filters_exactly_and_given_twice_takes_either() {
    let sandbox = Sandbox::estate();
    for (more, wanted) in [
        (&["--name", "web01"][..], "web01"),
        (&["--name", "web"], ""),
        (&["--name", "web01", "--name", "web10"], "web01 web10"),
        (&["--pool", "prod"], "web01 web02"),
        (&["--pool", "tokyo/test", "--pool", "AWS/tokyo/prod"], "web01 web02 web10"),
        (&["--pool", "prod", "--status", "stopped"], "web02"),
        (&["--status", "stopped", "--status", "unknown"], "web02 web10"),
        (&["--memory", "4GiB"], "web10"),
        (&["--memory", "4294967296B"], "web10"),
        (&["--cpu", "4.0"], "web01"),
        (&["--owner", "alice", "--os", "Debian-12"], "web01"),
        (&["--owner", ""], "web10"),
        (&["--owner", "", "--owner", "bob"], "web02 web10"),
    ] {
        assert_eq!(vms(&sandbox, more), wanted, "{more:?}");
    }
    let answer = sandbox.run(&["vm", "list", "--pool", "prdo"]);
    assert_eq!(answer.status, 3);
    assert_eq!(answer.stderr, "error: no pool named \"prdo\"\nhelp: did you mean prod?\n");
}

#[test]
fn an_ancestor_filters_too() {
    let sandbox = Sandbox::estate();
    for line in [
        "provider add Azure",
        "dc add osaka --provider Azure",
        "pool add prod --dc osaka",
        "vm add far --pool osaka/prod --disk 1GiB",
    ] {
        sandbox.ok(&line.split(' ').collect::<Vec<_>>());
    }
    assert_eq!(vms(&sandbox, &["--provider", "AWS"]), "web01 web02 web10");
    assert_eq!(vms(&sandbox, &["--dc", "osaka"]), "far");
    assert_eq!(vms(&sandbox, &["--provider", "AWS", "--provider", "Azure", "--count"]), "4");
    assert_eq!(column(&sandbox, "disk", "vm", &["--provider", "Azure"]), "far");
    assert_eq!(column(&sandbox, "pool", "path", &["--provider", "Azure"]), "Azure/osaka/prod");
}

#[test]
fn where_compares_by_meaning() {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["vm", "set", "web10", "--custom-os", "100%_Ünïx"]);
    for (terms, wanted) in [
        (&["memory>=8GiB"][..], "web01 web02"),
        (&["memory>8GiB"], "web01"),
        (&["memory<8GiB"], "web10"),
        (&["memory<=8192MiB"], "web02 web10"),
        (&["memory = 4 GiB"], "web10"),
        (&["memory!=4GiB"], "web01 web02"),
        (&["memory.bytes>4294967296"], "web01 web02"),
        (&["cpu>=2"], "web01 web02"),
        (&["name~B0"], "web01 web02"),
        (&["name!~b0"], "web10"),
        (&["name>web02"], "web10"),
        (&["custom-os~%_"], "web10"),
        (&["custom-os~0_"], ""),
        (&["custom-os~%%"], ""),
        (&["custom-os~ÜNÏX"], "web10"),
        (&["name~web__"], ""),
        (&["owner="], "web10"),
        (&["owner!="], "web01 web02"),
        (&["owner=alice"], "web01"),
        (&["owner!=alice"], "web02 web10"),
        (&["owner.email~EXAMPLE"], "web01"),
        (&["owner.email="], "web02 web10"),
        (&["pool.dc.provider=AWS"], "web01 web02 web10"),
        (&["pool.memory>=512GiB"], "web01 web02"),
        (&["os~ubuntu", "memory>=8GiB"], "web02"),
        (&["os~ubuntu", "memory>8GiB"], ""),
        (&["ips=10.0.0.11@101"], "web01"),
        (&["ips~10.0.0"], "web01"),
        (&["ips="], "web02 web10"),
        (&["systems=billing"], "web01"),
        (&["disk>=100GiB"], "web01"),
        (&["disk="], "web02 web10"),
        (&["path=AWS/tokyo/test/web10"], "web10"),
        (&["path~/PROD/"], "web01 web02"),
        (&["status=running"], "web01"),
        (&["created>=2020-01-01"], "web01 web02 web10"),
        (&["created<2020-01-01"], ""),
    ] {
        let more: Vec<&str> = terms.iter().flat_map(|term| ["--where", term]).collect();
        assert_eq!(vms(&sandbox, &more), wanted, "{terms:?}");
    }
}

#[test]
fn a_condition_that_cannot_hold_is_refused() {
    let sandbox = Sandbox::estate();
    for (term, status, told) in [
        ("memory>=16", 1, "\"16\" has no unit"),
        ("memory", 2, "\"memory\" is not a condition"),
        ("memry>1GiB", 2, "did you mean memory?"),
        ("status=runing", 1, "did you mean running?"),
        ("owner=alcie", 3, "did you mean alice?"),
        ("cpu>many", 1, "\"many\" is not a number"),
        ("created>soon", 1, "\"soon\""),
    ] {
        let answer = sandbox.run(&["vm", "list", "--where", term]);
        assert_eq!(answer.status, status, "{term}\n{answer}");
        assert!(answer.stdout.is_empty() && answer.stderr.contains(told), "{term}\n{answer}");
    }
}

#[test]
fn columns_follow_references_and_plus_adds() {
    let sandbox = Sandbox::estate();
    assert_eq!(
        sandbox.ok(&[
            "vm",
            "list",
            "-o",
            "csv",
            "--name",
            "web01",
            "-c",
            "name,pool,pool.dc.provider,provider,owner.email,memory.bytes,path"
        ]),
        "name,pool,pool.dc.provider,provider,owner.email,memory.bytes,path\n\
         web01,prod,AWS,AWS,alice@example.com,17179869184,AWS/tokyo/prod/web01\n"
    );
    assert_eq!(
        sandbox.ok(&["vm", "list", "-o", "csv", "--name", "web01"]),
        "name,pool,status,cpu,memory,disk,os,ips,owner\nweb01,prod,running,4,16 GiB,100 GiB,Debian-12,10.0.0.11@101,alice\n"
    );
    assert_eq!(
        sandbox.ok(&["vm", "list", "-o", "csv", "--name", "web01", "-c", "+owner.email", "-c", "+pool.dc"]),
        "name,pool,status,cpu,memory,disk,os,ips,owner,owner.email,pool.dc\n\
         web01,prod,running,4,16 GiB,100 GiB,Debian-12,10.0.0.11@101,alice,alice@example.com,tokyo\n"
    );
    let id = column(&sandbox, "vm", "id", &["--name", "web02"]);
    assert_eq!(vms(&sandbox, &["--where", &format!("id={id}")]), "web02");
}

#[test]
fn an_unknown_column_lists_them_all() {
    let sandbox = Sandbox::estate();
    for arguments in [&["-c", "nmae"][..], &["--sort", "nmae"], &["--where", "nmae=x"], &["-c", "name,+nmae"]] {
        let answer = sandbox.run(&[&["vm", "list"], arguments].concat());
        assert_eq!(answer.status, 2, "{answer}");
        let mark = if arguments[0] == "--where" { "  nmae=x\n  ^\n" } else { "" };
        let told = answer
            .stderr
            .strip_prefix(&format!("error: vm has no column \"nmae\"\n{mark}help: did you mean name? "))
            .expect(&answer.stderr);
        for name in ["name", "pool", "status", "memory", "owner", "ips", "disks", "disk", "systems", "path", "id"] {
            assert!(told.split([' ', ',', ';', '\n']).any(|word| word == name), "{name}\n{answer}");
        }
    }
    let answer = sandbox.run(&["vm", "list", "-c", "pool.dc.nmae"]);
    assert_eq!(answer.status, 2, "{answer}");
    let answer = sandbox.run(&["login-user", "list", "-c", "password"]);
    assert_eq!(answer.status, 2, "{answer}");
}

#[test]
fn sorting_is_by_meaning_and_the_empty_comes_last() {
    let sandbox = Sandbox::empty();
    for line in ["provider add p", "dc add d --provider p", "pool add q --dc d"] {
        sandbox.ok(&line.split(' ').collect::<Vec<_>>());
    }
    let rows = "name,pool,memory,cpu,ips\n\
                web10,q,1 GiB,10,10.0.0.10\n\
                web2,q,900 MiB,2,10.0.0.2\n\
                Web3,q,,,\n\
                web1,q,1 GB,0.5,fd00::1\n\
                web02,q,1024 MiB,9,10.0.0.9\n";
    let answer = sandbox.run_with_input(&["vm", "import", "-"], rows);
    assert_eq!(answer.status, 0, "{answer}");
    for (sort, wanted) in [
        ("memory", "web2 web1 web10 web02 Web3"),
        ("memory:desc", "web10 web02 web1 web2 Web3"),
        ("cpu", "web1 web2 web02 web10 Web3"),
        ("cpu:desc", "web10 web02 web2 web1 Web3"),
        ("cpu:asc", "web1 web2 web02 web10 Web3"),
        ("memory:desc,cpu", "web02 web10 web1 web2 Web3"),
        ("pool,cpu", "web1 web2 web02 web10 Web3"),
    ] {
        assert_eq!(vms(&sandbox, &["--sort", sort]), wanted, "{sort}");
    }
    let names = vms(&sandbox, &["--sort", "name", "--where", "name!=web02", "--where", "name!=Web3"]);
    assert_eq!(names, "web1 web2 web10");
    assert_eq!(vms(&sandbox, &[]), "web10 web2 Web3 web1 web02", "as they were created");
    assert_eq!(column(&sandbox, "ip", "ipv4", &["--sort", "ipv4", "--where", "ipv4!="]), "10.0.0.2 10.0.0.9 10.0.0.10");
    assert_eq!(column(&sandbox, "ip", "vm", &["--sort", "ipv4:desc"]), "web10 web02 web2 web1");
    sandbox.ok(&["ip", "add", "fd00::a"]);
    sandbox.ok(&["ip", "add", "fd00::10"]);
    sandbox.ok(&["ip", "add", "fd00::9"]);
    assert_eq!(
        column(&sandbox, "ip", "ipv6", &["--sort", "ipv6", "--where", "ipv6!="]),
        "fd00::1 fd00::9 fd00::a fd00::10"
    );
    assert_eq!(sandbox.run(&["vm", "list", "--sort", "name:up"]).status, 2);
}

#[test]
fn limit_offset_count_and_headers() {
    let sandbox = Sandbox::estate();
    for (more, wanted) in [
        (&["--limit", "2"][..], "web01 web02"),
        (&["--limit", "1", "--offset", "1"], "web02"),
        (&["--offset", "2"], "web10"),
        (&["--offset", "9"], ""),
        (&["--limit", "0"], ""),
        (&["--sort", "name:desc", "--limit", "1"], "web10"),
        (&["--sort", "name", "--offset", "1", "--limit", "5"], "web02 web10"),
    ] {
        assert_eq!(vms(&sandbox, more), wanted, "{more:?}");
    }
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "3\n");
    assert_eq!(sandbox.ok(&["vm", "list", "--count", "--pool", "prod"]), "2\n");
    assert_eq!(sandbox.ok(&["vm", "list", "--name", "nobody"]).lines().count(), 1, "a header alone");
    assert_eq!(sandbox.run(&["vm", "list", "--limit", "-1"]).status, 2);
    assert_eq!(sandbox.run(&["vm", "list", "--limit", "many"]).status, 2);
    assert_eq!(sandbox.ok(&["vm", "list", "--no-headers", "-c", "name"]), "web01\nweb02\nweb10\n");
    assert_eq!(
        sandbox.ok(&["vm", "list", "--no-headers", "-c", "name,cpu", "-o", "tsv"]),
        "web01\t4\nweb02\t2\nweb10\t1\n"
    );
}

#[test]
fn addresses_are_found_by_their_block() {
    let sandbox = Sandbox::estate();
    for address in
        ["10.0.0.0", "10.0.255.255", "10.1.0.0", "9.255.255.255", "2001:db8::1", "2001:db8:0:1::", "2001:db9::"]
    {
        sandbox.ok(&["ip", "add", address]);
    }
    for (block, wanted) in [
        ("10.0.0.0/16", "10.0.0.11 10.0.0.0 10.0.255.255"),
        ("10.0.0.0/8", "10.0.0.11 10.0.0.0 10.0.255.255 10.1.0.0"),
        ("10.0.0.11/32", "10.0.0.11"),
        ("0.0.0.0/0", "10.0.0.11 10.0.0.0 10.0.255.255 10.1.0.0 9.255.255.255"),
        ("2001:db8::/32", "2001:db8::1 2001:db8:0:1::"),
        ("2001:db8::/64", "2001:db8::1"),
        ("::/0", "2001:db8::1 2001:db8:0:1:: 2001:db9::"),
    ] {
        let name = if block.contains(':') { "ipv6" } else { "ipv4" };
        assert_eq!(column(&sandbox, "ip", name, &["--in", block]), wanted, "{block}");
    }
    let answer = sandbox.run(&["ip", "list", "--in", "10.0.0.1/8"]);
    assert_eq!(answer.status, 1, "{answer}");
    assert!(answer.stderr.contains("the network is 10.0.0.0/8"), "{answer}");
    assert_ne!(sandbox.run(&["ip", "list", "--in", "10.0.0.0/33"]).status, 0);
}

#[test]
fn a_pool_s_totals_are_exact_over_mixed_units() {
    let sandbox = Sandbox::empty();
    for line in [
        "provider add p",
        "dc add d --provider p",
        "pool add tenths --dc d --memory 2GiB --cpu 3 --disk 1TB",
        "pool add mixed --dc d --memory 100GiB",
        "storage add s --pool tenths --capacity 10GiB",
    ] {
        sandbox.ok(&line.split(' ').collect::<Vec<_>>());
    }
    let tenths: String = (0..10).map(|at| format!("t{at},tenths,0.1 GiB,0.1,100 GB@s\n")).collect();
    let rows = format!(
        "name,pool,memory,cpu,disks\n{tenths}m1,mixed,1 GiB,,\nm2,mixed,1 GB,,\nm3,mixed,512 MiB,,\nm4,mixed,7 B,,\nm5,mixed,,,\n"
    );
    let answer = sandbox.run_with_input(&["vm", "import", "-"], rows);
    assert_eq!(answer.status, 0, "{answer}");
    let row = |name: &str, columns: &str| column(&sandbox, "pool", columns, &["--name", name]);
    assert_eq!(row("tenths", "vms,memory.allocated,memory.free,cpu.allocated,cpu.free"), "10,1 GiB,1 GiB,1,2");
    assert_eq!(row("tenths", "memory.allocated.bytes,memory.free.bytes"), format!("{0},{0}", 1_u64 << 30));
    assert_eq!(row("tenths", "disk.allocated,disk.free,disk.allocated.bytes"), "1 TB,0 B,1000000000000");
    let sum = (1_u64 << 30) + 1_000_000_000 + (512 << 20) + 7;
    assert_eq!(
        row("mixed", "vms,memory.allocated.bytes,memory.free.bytes"),
        format!("5,{sum},{}", (100_u64 << 30) - sum)
    );
    assert_eq!(row("mixed", "cpu.allocated,cpu.free,disk.free"), "0,,");
    assert_eq!(
        column(&sandbox, "storage", "disks,capacity.allocated.bytes,capacity.free.bytes", &[]),
        format!("10,1000000000000,{}", (10_i64 << 30) - 1_000_000_000_000)
    );
    // They filter and sort like the rest.
    assert_eq!(column(&sandbox, "pool", "name", &["--where", "memory.allocated>1GiB"]), "mixed");
    assert_eq!(column(&sandbox, "pool", "name", &["--sort", "vms"]), "mixed tenths");
    assert_eq!(column(&sandbox, "pool", "name", &["--sort", "memory.free:desc"]), "mixed tenths");
    // A machine that is retired needs nothing any more.
    sandbox.ok(&["vm", "set", "m1", "--status", "retired"]);
    assert_eq!(row("mixed", "memory.allocated.bytes"), (sum - (1 << 30)).to_string());
}

#[test]
fn rows_come_as_they_were_created_in_every_format() {
    let sandbox = Sandbox::empty();
    for name in ["zeta", "alpha", "mid"] {
        sandbox.ok(&["os", "add", name]);
    }
    sandbox.ok(&["os", "rename", "alpha", "omega"]);
    for style in ["table", "csv", "tsv", "json", "jsonl", "markdown", "value"] {
        let told = sandbox.ok(&["os", "list", "-o", style, "-c", "name"]);
        let place = |name: &str| told.find(name).unwrap_or_else(|| panic!("{name} is not in\n{told}"));
        assert!(place("zeta") < place("omega") && place("omega") < place("mid"), "{style}\n{told}");
    }
}

#[test]
fn json_has_numbers_as_numbers_and_null_for_nothing() {
    let sandbox = Sandbox::estate();
    let wanted = json!([
        {"id": 1, "path": "AWS/tokyo/prod/web01", "name": "web01", "cpu": 4, "memory": "16 GiB",
         "memory_bytes": 17_179_869_184_u64, "owner": "alice", "ips": [{"id": 1,
         "path": "AWS/tokyo/prod/web01/10.0.0.11", "ipv4": "10.0.0.11", "ipv6": null, "vlan": "101"}],
         "disks": [{"id": 1, "path": "AWS/tokyo/prod/web01/disk0", "name": "disk0", "size": "100 GiB",
         "size_bytes": 107_374_182_400_u64, "storage": "AWS/tokyo/prod/san1"}]},
        {"id": 3, "path": "AWS/tokyo/test/web10", "name": "web10", "cpu": 1, "memory": "4096 MiB",
         "memory_bytes": 4_294_967_296_u64, "owner": null, "ips": [], "disks": []},
    ]);
    let arguments = ["vm", "list", "-c", "name,cpu,memory,owner,ips,disks", "--where", "name!=web02"];
    let array: Value = serde_json::from_str(&sandbox.ok(&[&arguments[..], &["-o", "json"]].concat())).expect("JSON");
    assert_eq!(array, wanted);
    let lines = sandbox.ok(&[&arguments[..], &["-o", "jsonl"]].concat());
    let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(Value::Array(objects), wanted);
    let nothing: Value = serde_json::from_str(&sandbox.ok(&["vm", "list", "--name", "x", "-o", "json"])).expect("JSON");
    assert_eq!(nothing, json!([]));
}

#[test]
fn operators_of_other_languages_are_understood_and_slips_are_refused() {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["vm", "add", ">odd", "--pool", "test"]);
    for (term, wanted) in [
        ("name==web01", "web01"),
        ("name == web01", "web01"),
        ("name<>web01", "web02 web10 >odd"),
        ("cpu<>4", "web02 web10 >odd"),
        ("name=\">odd\"", ">odd"),
        ("name='web01'", "web01"),
        ("memory>=8GiB", "web01 web02"),
    ] {
        assert_eq!(vms(&sandbox, &["--where", term]), wanted, "{term}");
    }
    for (term, mark, quoted) in [
        ("name=>odd", "     ^", "name=\">odd\""),
        ("cpu=!4", "    ^", "cpu=\"!4\""),
        ("name===web01", "      ^", "name=\"=web01\""),
    ] {
        let answer = sandbox.run(&["vm", "list", "--where", term, "--count"]);
        assert_eq!((answer.status, answer.stdout.as_str()), (2, ""), "{term}");
        assert_eq!(
            answer.stderr,
            format!(
                "error: the value begins with an operator sign\n  {term}\n  {mark}\n\
                 help: quote the value to include the sign: {quoted}\n"
            )
        );
    }
}

#[test]
fn a_minus_before_a_sort_key_puts_the_greatest_first() {
    let sandbox = Sandbox::estate();
    for sort in ["--sort=-memory", "--sort=memory:desc"] {
        assert_eq!(vms(&sandbox, &[sort]), "web01 web02 web10", "{sort}");
    }
    assert_eq!(vms(&sandbox, &["--sort=-status,name"]), "web10 web02 web01");
    let answer = sandbox.run(&["vm", "list", "--sort=-memory:desc"]);
    assert_eq!(answer.status, 2);
    assert_eq!(
        answer.stderr,
        "error: \"-memory:desc\" has two sort directions\n\
         help: write COL, -COL, COL:asc or COL:desc\n"
    );
}

#[test]
fn a_block_matches_the_addresses_in_it() {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["vm", "set", "web02", "--cpu", "2"]);
    sandbox.ok(&["ip", "add", "10.0.1.7", "--vm", "web02"]);
    for (term, wanted) in [
        ("ips=10.0.0.0/24", "web01"),
        ("ips=10.0.0.0/23", "web01 web02"),
        ("ips!=10.0.0.0/24", "web02 web10"),
        ("ips=10.9.0.0/16", ""),
    ] {
        assert_eq!(vms(&sandbox, &["--where", term]), wanted, "{term}");
    }
    assert_eq!(column(&sandbox, "ip", "ipv4", &["--where", "ipv4=10.0.1.0/24"]), "10.0.1.7");
    let answer = sandbox.run(&["vm", "list", "--where", "ips=10.0.0.0/64"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""), "{answer}");
}

#[test]
fn values_are_bare_for_a_shell() {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["vm", "set", "web02", "--type", "a \"b\"; c"]);
    let bare = |arguments: &[&str]| sandbox.ok(&[arguments, &["-o", "value"]].concat());
    assert_eq!(bare(&["vm", "list", "-c", "name,cpu,type", "--limit", "2"]), "web01\t4\t\nweb02\t2\ta \"b\"; c\n");
    assert_eq!(bare(&["vm", "show", "web01", "-c", "memory.bytes"]), "17179869184\n");
    assert_eq!(bare(&["vm", "show", "web02", "web01", "-c", "path,ips"]), {
        let path = |name| sandbox.ok(&["vm", "show", name, "-c", "path", "-o", "value"]);
        format!("{}\n{}10.0.0.11@101\n", path("web02"), path("web01"))
    });
    let script = r#"set -e; for vm in $("$1" vm list --where pool=prod -c name -o value); do
        test "$("$1" vm show "$vm" -c pool -o value)" = prod; echo "$vm"; done"#;
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script, "sh", env!("CARGO_BIN_EXE_inv")]).env("INV_DB", sandbox.database());
    let output = shell.output().expect("sh runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "web01\nweb02\n");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn conditions_are_joined_by_and_or_not_and_parentheses() {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["vm", "set", "web10", "--owner", "alice", "--type", "research and development (old)"]);
    let vms = |term: &str| column(&sandbox, "vm", "name", &["--where", term]);
    // web01: prod, 16 GiB, 4 CPUs, alice, running; web02: prod, 8 GiB, 2, bob, stopped; web10: test, 4 GiB, 1, alice.
    for (term, wanted) in [
        ("cpu=4 or cpu=1", "web01 web10"),
        ("cpu>=2 and owner=bob", "web02"),
        ("owner=alice and cpu=1 or owner=bob", "web02 web10"),
        ("owner=alice and (cpu=1 or owner=bob)", "web10"),
        ("not owner=alice", "web02"),
        ("NOT (cpu=4 OR memory<5GiB)", "web02"),
        ("pool=prod and not (status=running)", "web02"),
        ("pool in (test, 'prod') and cpu in (1,2)", "web02 web10"),
        ("owner not in (bob)", "web01 web10"),
        ("owner in (bob, '')", "web02"),
        ("ips in (10.0.0.11, 10.9.0.0/16)", "web01"),
        ("name=web0*", "web01 web02"),
        ("name!=web?1", "web02 web10"),
        ("name in (web01, w*10)", "web01 web10"),
        ("name='web0*'", ""),
        ("owner=al*", "web01 web10"),
        ("name=~^web(01|10)$", "web01 web10"),
        ("name =~ '0$' or name=~'02'", "web02 web10"),
        ("ips=~\\.11$", "web01"),
        ("type='research and development (old)'", "web10"),
        ("type~development (old)", "web10"),
        ("created>=1d and created<=now", "web01 web02 web10"),
    ] {
        assert_eq!(vms(term), wanted, "{term}");
        let counted = sandbox.ok(&["vm", "list", "--where", term, "--count"]);
        assert_eq!(counted.trim(), wanted.split_whitespace().count().to_string(), "{term}");
    }
    let usage = ["usage", "-o", "csv", "--no-headers", "-c", "pool", "--where"];
    let pools = |term| sandbox.ok(&[&usage[..], &[term]].concat());
    assert_eq!(pools("vms=1 or pool=*prod"), pools("vms in (1, 2)"));
    assert_eq!(pools("vms in (1, 2)").lines().count(), 2);
}

#[test]
fn a_condition_that_does_not_follow_the_grammar_is_refused_at_its_place() {
    let sandbox = Sandbox::estate();
    let refused = |term: &str| {
        let answer = sandbox.run(&["vm", "list", "--where", term]);
        assert_eq!(answer.stdout, "", "{answer}");
        (answer.status, answer.stderr)
    };
    let marked = |message: &str, text: &str, mark: &str, help: &str| {
        let help = if help.is_empty() { String::new() } else { format!("help: {help}\n") };
        (2, format!("error: {message}\n  {text}\n  {mark}\n{help}"))
    };
    assert_eq!(refused("(name=a or cpu>1"), marked("the parenthesis is not closed", "(name=a or cpu>1", "^", ""));
    assert_eq!(
        refused("name='web01 or cpu>1"),
        marked("the quote is not closed", "name='web01 or cpu>1", "     ^", "double a quote inside quotes")
    );
    assert_eq!(
        refused("name='日本' cpu>1"),
        marked("unexpected text after a quoted value", "name='日本' cpu>1", "            ^", "")
    );
    assert_eq!(refused("name='a')"), marked("the parenthesis is not opened", "name='a')", "        ^", ""));
    assert_eq!(
        refused("cpu in (1, 2"),
        marked("the list of values is not closed", "cpu in (1, 2", "        ^", "end it with a parenthesis")
    );
    let (status, told) = refused("type=research and development");
    assert_eq!(status, 2);
    assert!(
        told.starts_with(
            "error: \"development\" is not a condition\n  type=research and development\n                    ^\n"
        ),
        "{told}"
    );
    let (status, told) = refused("cpu=1 or cpus=2");
    assert_eq!(status, 2);
    assert!(told.starts_with("error: vm has no column \"cpus\"\n  cpu=1 or cpus=2\n           ^\n"), "{told}");
    let (status, told) = refused("name=~'('");
    assert_eq!(status, 1);
    assert!(told.starts_with("error: \"(\" is not a regular expression: unclosed group\n"), "{told}");
    let deep = format!("{}cpu=1", "not ".repeat(20_000));
    assert!(refused(&deep).1.starts_with("error: the condition is nested too deeply\n"));
}

#[test]
fn a_change_of_another_number_of_records_than_expected_is_refused() {
    let sandbox = Sandbox::estate();
    let count: usize = sandbox.ok(&["vm", "list", "--where", "name~web", "--count"]).trim().parse().expect("a number");
    let before = sandbox.exported();
    for verb in [&["set", "--cpu", "3", "--yes"][..], &["rm", "--yes"]] {
        for other in [count - 1, count + 1] {
            let expected = other.to_string();
            let answer =
                sandbox.run(&[&["vm"], verb, &["--where", "name~web", "--expect", expected.as_str()]].concat());
            let told = format!(
                "error: --where matches {count} VMs, not {other}; nothing was changed\n\
                 help: run `inv vm list` with the same --where to see the matches\n"
            );
            assert_eq!((answer.status, answer.stdout.as_str(), answer.stderr), (4, "", told));
            assert_eq!(sandbox.exported(), before);
        }
    }
    let zero = sandbox.run(&["vm", "set", "--where", "name~nothing", "--cpu", "3", "--expect", "0"]);
    assert_eq!((zero.status, zero.stderr.as_str()), (0, "no VMs matched\n"));
    let right = ["vm", "set", "--where", "name~web", "--cpu", "3", "--expect", &count.to_string(), "--yes"];
    let answer = sandbox.run(&right);
    assert_eq!(answer.status, 0, "{answer}");
    assert_eq!(sandbox.ok(&["vm", "list", "--where", "cpu=3", "--where", "name~web", "--count"]), format!("{count}\n"));
}

#[test]
fn a_change_of_records_that_match_nothing_says_so() {
    let sandbox = Sandbox::estate();
    for arguments in
        [&["vm", "set", "--where", "name~nothing", "--cpu", "3"][..], &["vm", "rm", "--where", "name~nothing"]]
    {
        let answer = sandbox.run(arguments);
        assert_eq!((answer.status, answer.stdout.as_str(), answer.stderr.as_str()), (0, "", "no VMs matched\n"));
    }
}
