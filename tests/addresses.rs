//! Which addresses are free, how full a block is, and that no address is given out twice.

use crate::support::Sandbox;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::process::Stdio;

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

fn next(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let all: Vec<&str> =
        ["ip", "next", "-o", "csv", "--no-headers"].into_iter().chain(arguments.iter().copied()).collect();
    sandbox.ok(&all)
}

#[test]
fn gives_out_what_lies_between_the_addresses_that_are_taken() {
    let sandbox = Sandbox::estate();
    for address in ["10.0.0.1", "10.0.0.3", "10.0.0.10@102", "10.0.1.2"] {
        sandbox.ok(&["vm", "add", &format!("vm-{address}"), "--pool", "test", "--ip", address]);
    }
    // In any VLAN: .1, .3, .10 and web01's .11 are taken; .0 is the network and .15 the broadcast address.
    let taken = [1, 3, 10, 11];
    let free: String = (1..15).filter(|last| !taken.contains(last)).map(|last| format!("10.0.0.{last},\n")).collect();
    assert_eq!(next(&sandbox, &["--in", "10.0.0.0/28", "--count", "10"]), free);
    assert_eq!(next(&sandbox, &["--in", "10.0.0.0/28"]), "10.0.0.2,\n");
    assert_eq!(sandbox.ok(&["ip", "next", "--in", "10.0.0.0/28"]), "10.0.0.2\n");
    // In VLAN 101 the addresses of VLAN 102 are not in the way, those without a VLAN are.
    let free = next(&sandbox, &["--in", "10.0.0.8/29", "--vlan", "0101", "--count", "4"]);
    assert_eq!(free, "10.0.0.9,101\n10.0.0.10,101\n10.0.0.12,101\n10.0.0.13,101\n");
    insta::assert_snapshot!(sandbox.run(&["ip", "next", "--in", "10.0.0.0/28", "--count", "11"]), @r"
    status 4
    ----- stderr -----
    error: 10.0.0.0/28 has 10 free addresses, not 11
    help: list the addresses with inv ip list --in 10.0.0.0/28, or use another block
    ");
    insta::assert_snapshot!(sandbox.run(&["ip", "next", "--in", "10.0.0.1/28"]), @r#"
    status 1
    ----- stderr -----
    error: "10.0.0.1/28" has bits set beyond its prefix
    help: the network is 10.0.0.0/28
    "#);
}

#[test]
fn small_blocks_are_used_whole_as_rfc_3021_and_rfc_6164_say() {
    let sandbox = Sandbox::empty();
    for (block, all) in [
        ("192.0.2.6/31", "192.0.2.6,\n192.0.2.7,\n"),
        ("192.0.2.6/32", "192.0.2.6,\n"),
        ("192.0.2.4/30", "192.0.2.5,\n192.0.2.6,\n"),
        ("2001:db8::6/127", "2001:db8::6,\n2001:db8::7,\n"),
        ("2001:db8::6/128", "2001:db8::6,\n"),
        ("2001:db8::4/126", "2001:db8::5,\n2001:db8::6,\n2001:db8::7,\n"),
    ] {
        let count = lines(all).len();
        assert_eq!(next(&sandbox, &["--in", block, "--count", &count.to_string()]), all, "{block}");
        let more = sandbox.run(&["ip", "next", "--in", block, "--count", &(count + 1).to_string()]);
        assert_eq!((more.status, more.stdout.as_str()), (4, ""), "{block}: {more}");
    }
}

#[test]
fn ipv6_blocks_of_any_size_answer_at_once() {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["vm", "add", "six", "--pool", "test", "--ip", "fd00::1", "--ip", "fd00::3", "--ip", "::1"]);
    let began = std::time::Instant::now();
    for (block, wanted) in [
        ("fd00::/64", "fd00::2,\nfd00::4,\n"),
        ("fd00::/8", "fd00::2,\nfd00::4,\n"),
        ("::/0", "::2,\n::3,\n"),
        ("2001:db8::/32", "2001:db8::1,\n2001:db8::2,\n"),
    ] {
        assert_eq!(next(&sandbox, &["--in", block, "--count", "2"]), wanted, "{block}");
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(10));
    let whole = sandbox.ok(&["ip", "usage", "::/0", "-o", "csv"]);
    // Of 2^128 addresses one is the routers'; three are used.
    let assignable = u128::MAX;
    assert_eq!(whole, format!("block,assignable,used,reserved,free\n::/0,{assignable},3,0,{}\n", assignable - 3));
}

#[test]
fn reserved_addresses_are_not_given_out_again() {
    let sandbox = Sandbox::estate();
    let dry = sandbox.ok(&[
        "ip",
        "next",
        "--in",
        "10.0.0.8/29",
        "--vlan",
        "101",
        "--count",
        "2",
        "--reserve",
        "-n",
        "-o",
        "csv",
    ]);
    assert_eq!(lines(&dry)[1..], ["create,ip,10.0.0.9,,,", "create,ip,10.0.0.10,,,"]);
    assert_eq!(next(&sandbox, &["--in", "10.0.0.8/29", "--vlan", "101"]), "10.0.0.9,101\n");
    let taken = next(&sandbox, &["--in", "10.0.0.8/29", "--vlan", "101", "--count", "3", "--reserve"]);
    assert_eq!(taken, "10.0.0.9,101\n10.0.0.10,101\n10.0.0.12,101\n");
    assert_eq!(next(&sandbox, &["--in", "10.0.0.8/29"]), "10.0.0.13,\n");
    // 8 addresses, two of them never given out; web01 has one, three are reserved.
    let usage = sandbox.ok(&["ip", "usage", "10.0.0.8/29", "-o", "csv", "--no-headers"]);
    assert_eq!(usage, format!("10.0.0.8/29,{},1,3,{}\n", 8 - 2, 8 - 2 - 1 - 3));
    let before = sandbox.exported();
    let full = sandbox.run(&["ip", "next", "--in", "10.0.0.8/29", "--count", "3", "--reserve"]);
    assert_eq!((full.status, full.stdout.as_str()), (4, ""));
    assert_eq!(sandbox.exported(), before);
}

#[test]
fn eight_processes_that_reserve_at_once_get_different_addresses() {
    let sandbox = Sandbox::empty();
    let begin = || {
        let mut command = sandbox.command();
        command.args(["ip", "next", "--in", "10.20.30.0/23", "--vlan", "7", "--count", "1", "--reserve"]);
        command.args(["-o", "csv", "--no-headers"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let given: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let one = |_| {
                        let answer = crate::support::answer(&mut begin());
                        assert_eq!(answer.status, 0, "{answer}");
                        answer.stdout
                    };
                    (0..50).map(one).collect::<Vec<String>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect()
    });
    let numbers: Vec<u32> = given
        .iter()
        .map(|line| {
            line.trim_end().strip_suffix(",7").expect("the VLAN").parse::<Ipv4Addr>().expect("an address").to_bits()
        })
        .collect();
    let different: BTreeSet<u32> = numbers.iter().copied().collect();
    let (network, broadcast) = (Ipv4Addr::new(10, 20, 30, 0).to_bits(), Ipv4Addr::new(10, 20, 31, 255).to_bits());
    assert_eq!((given.len(), different.len()), (400, 400));
    assert!(different.iter().all(|number| *number > network && *number < broadcast));
    // The lowest 400 were free, so those are the ones.
    assert_eq!(different, (network + 1..=network + 400).collect());
    assert_eq!(sandbox.ok(&["ip", "list", "--in", "10.20.30.0/23", "--count"]), "400\n");
}

#[test]
fn addresses_are_listed_by_number_where_that_is_asked() {
    let sandbox = Sandbox::empty();
    let mut rows = String::from("ipv4,ipv6\n");
    let fours: Vec<Ipv4Addr> = (0..40_u32).map(|n| Ipv4Addr::from_bits(0x0a00_0000 + (n * 97) % 1024)).collect();
    let sixes: Vec<Ipv6Addr> =
        (0..40_u128).map(|n| Ipv6Addr::from_bits((0xfd00 << 112) + (n * 7919) % 70_000)).collect();
    fours.iter().for_each(|address| rows.push_str(&format!("{address},\n")));
    sixes.iter().for_each(|address| rows.push_str(&format!(",{address}\n")));
    let file = sandbox.file("ips.csv", rows);
    sandbox.ok(&["ip", "import", &file]);
    let listed =
        sandbox.ok(&["ip", "list", "--in", "10.0.0.0/23", "--sort", "ipv4", "-c", "ipv4", "-o", "csv", "--no-headers"]);
    let block = fours.iter().filter(|address| address.octets()[2] < 2).copied().collect::<BTreeSet<Ipv4Addr>>();
    assert_eq!(lines(&listed), block.iter().map(Ipv4Addr::to_string).collect::<Vec<String>>());
    let listed = sandbox.ok(&[
        "ip",
        "list",
        "--in",
        "fd00::/112",
        "--sort",
        "ipv6:desc",
        "-c",
        "ipv6",
        "-o",
        "csv",
        "--no-headers",
    ]);
    let block: BTreeSet<Ipv6Addr> = sixes.iter().filter(|address| address.segments()[6] == 0).copied().collect();
    assert_eq!(lines(&listed), block.iter().rev().map(Ipv6Addr::to_string).collect::<Vec<String>>());
}

#[test]
fn a_block_is_counted_by_address_and_not_by_record() {
    let sandbox = Sandbox::empty();
    // Each address, and whether a VM bears it: every third twice, every fourth reserved.
    let mut rows = String::from("ipv4,vlan,vm\n");
    let mut borne: BTreeMap<u8, bool> = BTreeMap::new();
    for line in
        ["provider add p", "dc add d --provider p", "pool add q --dc d", "vm add one --pool q", "vm add two --pool q"]
    {
        sandbox.ok(&line.split(' ').collect::<Vec<&str>>());
    }
    for last in (1..=200_u8).step_by(2) {
        let holders: &[&str] = match last {
            last if last % 4 == 3 => &[""],
            last if last % 3 == 0 => &["one", "two"],
            _ => &["one"],
        };
        for holder in holders {
            rows.push_str(&format!("172.16.5.{last},5,{holder}\n"));
            *borne.entry(last).or_default() |= !holder.is_empty();
        }
    }
    sandbox.ok(&["ip", "import", &sandbox.file("ips.csv", rows)]);
    let used = borne.values().filter(|borne| **borne).count();
    let json = sandbox.ok(&["ip", "usage", "172.16.5.0/24", "-o", "jsonl"]);
    let wanted = format!(
        "{{\"block\":\"172.16.5.0/24\",\"assignable\":254,\"used\":{used},\"reserved\":{},\"free\":{}}}\n",
        borne.len() - used,
        254 - borne.len()
    );
    assert_eq!(json.replace(": ", ":").replace(", ", ","), wanted);
}

/// Two VMs with one address in one VLAN, and one with the same address and one of its own.
fn duplicates() -> Sandbox {
    let sandbox = Sandbox::estate();
    for name in ["a", "b", "c"] {
        sandbox.ok(&["vm", "add", name, "--pool", "test"]);
    }
    for arguments in
        [&["10.9.0.1", "--vm", "a"][..], &["10.9.0.1", "--vm", "b"], &["10.9.0.1", "--ipv6", "fd00::9", "--vm", "c"]]
    {
        let all: Vec<&str> =
            ["ip", "add", "--vlan", "9", "--allow-duplicate"].iter().chain(arguments).copied().collect();
        sandbox.ok(&all);
    }
    sandbox
}

const ADDRESSES: &[&str] = &["ip", "list", "--vlan", "9", "-o", "csv", "-c", "id,ipv4,ipv6,vm", "--no-headers"];

#[test]
fn an_address_of_several_removed_vms_is_free_once() {
    let sandbox = duplicates();
    let before = (sandbox.exported(), sandbox.ok(ADDRESSES));
    let listed: Vec<&str> = lines(&before.1).into_iter().map(|line| line.split(',').next().unwrap_or(line)).collect();
    let removed = sandbox.run(&["vm", "rm", "a", "b", "--yes"]);
    assert_eq!((removed.status, removed.stdout.as_str()), (0, ""), "{removed}");
    assert_eq!(removed.stderr, "deleted 2 VMs, releasing 2 addresses\n");
    let [first, _, third] = listed.as_slice() else { panic!("three addresses: {listed:?}") };
    assert_eq!(sandbox.ok(ADDRESSES), format!("{first},10.9.0.1,,\n{third},10.9.0.1,fd00::9,c\n"));
    sandbox.ok(&["undo"]);
    assert_eq!((sandbox.exported(), sandbox.ok(ADDRESSES)), before);
    // They are removed again.
    sandbox.ok(&["redo"]);
    assert_eq!(sandbox.ok(ADDRESSES), format!("{first},10.9.0.1,,\n{third},10.9.0.1,fd00::9,c\n"));
}

#[test]
fn an_address_that_is_reserved_already_does_not_keep_its_vm_from_being_removed() {
    let sandbox = duplicates();
    sandbox.ok(&["ip", "add", "10.9.0.1", "--vlan", "9", "--allow-duplicate"]);
    let before = (sandbox.exported(), sandbox.ok(ADDRESSES));
    // Only the IPv4 address of c is reserved: its IPv6 address becomes free.
    insta::assert_snapshot!(sandbox.run(&["vm", "rm", "a", "c", "--dry-run", "-o", "csv"]), @r"
    status 0
    action,noun,record,field,old,new
    remove,ip,AWS/tokyo/test/a/10.9.0.1,,,
    update,ip,AWS/tokyo/test/c/10.9.0.1,ipv4,10.9.0.1,
    update,ip,AWS/tokyo/test/c/10.9.0.1,vm,AWS/tokyo/test/c,
    remove,vm,AWS/tokyo/test/a,,,
    remove,vm,AWS/tokyo/test/c,,,
    ");
    let removed = sandbox.run(&["vm", "rm", "a", "b", "c", "--yes"]);
    assert_eq!((removed.status, removed.stdout.as_str()), (0, ""), "{removed}");
    let free = sandbox.ok(&["ip", "list", "--vlan", "9", "-o", "csv", "-c", "ipv4,ipv6,vm", "--no-headers"]);
    assert_eq!(free, ",fd00::9,\n10.9.0.1,,\n");
    sandbox.ok(&["undo"]);
    assert_eq!((sandbox.exported(), sandbox.ok(ADDRESSES)), before);
}

#[test]
fn vms_with_one_address_are_pruned_together() {
    let sandbox = duplicates();
    let before = sandbox.exported();
    let file = sandbox.file("vms.csv", "name,pool\nweb01,prod\nweb02,prod\nweb10,test\n");
    let pruned = sandbox.run(&["vm", "import", &file, "--update", "--prune"]);
    assert_eq!((pruned.status, pruned.stdout.as_str()), (0, ""), "{pruned}");
    assert_eq!(pruned.stderr, "3 VMs: 3 unchanged, 3 removed\n");
    let free = sandbox.ok(&["ip", "list", "--vlan", "9", "-o", "csv", "-c", "ipv4,ipv6,vm", "--no-headers"]);
    assert_eq!(free, "10.9.0.1,,\n,fd00::9,\n");
    sandbox.ok(&["undo"]);
    assert_eq!(sandbox.exported(), before);
}
