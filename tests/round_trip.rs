//! What is exported comes back: into an empty inventory, into the same one, and into another one that gives way.

use crate::support::{Sandbox, read_folder, without_ids};
use proptest::prelude::{ProptestConfig, Strategy, prop, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Value, json};

/// Every noun that has files, in the order in which they refer to each other.
const NOUNS: [&str; 12] =
    ["unit", "provider", "dc", "pool", "user", "os", "system", "storage", "vm", "disk", "partition", "ip"];

/// An estate with everything in it that is easily lost on the way.
fn rich() -> Sandbox {
    let sandbox = Sandbox::estate();
    for arguments in [
        &["unit", "add", "GB/s", "--bytes", "1000000007"][..],
        &["unit", "add", "floppy", "--bytes", "1474560"],
        &["unit", "rm", "PB", "--yes"],
        &["unit", "set", "kB", "--bytes", "999"],
        &["provider", "add", "さくら, \"クラウド\""],
        &[
            "dc",
            "add",
            "石狩/第二",
            "--provider",
            "さくら, \"クラウド\"",
            "--location",
            "北海道\r\n石狩市\n\n\"新港\" ",
        ],
        &["pool", "add", "=1+1", "--dc", "石狩/第二", "--memory", "0.1TiB", "--cpu", "0.5", "--disk", ".5pib"],
        &["pool", "add", "--dc", "石狩/第二", "--", "-x;@y"],
        &["storage", "add", "nfs/vol1", "--pool", "=1+1", "--capacity", "1.50 TB"],
        &["storage", "add", "san@2;b", "--pool", "=1+1", "--capacity", "007 floppy"],
        &["user", "add", "👩‍👩‍👧‍👦", "--email", "\"a,b\"@例え.jp"],
        &["os", "add", "Windows, \"2022\""],
        &["system", "add", "a;b", "--description", "one\ntwo\r\nthree\twith \"quotes\", commas; and 👨‍👩‍👧"],
        &["system", "add", "\"q\"", "--description", " \n "],
        &[
            "vm",
            "add",
            "サーバー/一号",
            "--pool",
            "=1+1",
            "--memory",
            "1.50 GB",
            "--cpu",
            "2.50",
            "--owner",
            "👩‍👩‍👧‍👦",
            "--os",
            "Windows, \"2022\"",
            "--status",
            "suspended",
            "--type",
            "m5,\"large\"",
            "--disk",
            "100GiB@san@2;b",
            "--disk",
            "2 floppy",
            "--ip",
            "10.0.0.1@101",
            "--ip",
            "10.0.0.1@102",
            "--ip",
            "FD00:0:0::00A1",
            "--ip",
            "::ffff:1.2.3.4@dmz",
            "--system",
            "a;b",
            "--system",
            "\"q\"",
            "--system",
            "billing",
        ],
        &[
            "vm",
            "add",
            "@SUM(A1)",
            "--pool=-x;@y",
            "--custom-os",
            "=cmd|' /C calc'!A0",
            "--memory",
            "9223372036854775807B",
        ],
        &["vm", "add", "web01", "--pool=-x;@y", "--memory", "0.000000000000000001 GiB"],
        &["partition", "add", "/", "--disk", "サーバー/一号/disk0", "--size", "20GiB", "--filesystem", "ext4"],
        &["partition", "add", "/boot", "--disk", "サーバー/一号/disk0", "--size", "512 MiB"],
        &["partition", "add", "--disk", "サーバー/一号/disk1"],
        &["ip", "add", "192.0.2.7", "--vlan", "4094"],
        &["ip", "add", "2001:db8::7"],
        &["ip", "add", "192.0.2.7", "--vlan", "4094", "--allow-duplicate", "--vm", "@SUM(A1)"],
        &["ip", "add", "192.0.2.8", "--ipv6", "2001:db8::8", "--vlan", "管理"],
    ] {
        sandbox.ok(arguments);
    }
    sandbox
}

fn export(sandbox: &Sandbox, folder: &str) -> String {
    sandbox.ok(&["export", folder]);
    read_folder(&sandbox.path().join(folder))
}

#[test]
fn an_export_into_an_empty_inventory_exports_the_same() {
    let sandbox = rich();
    let exported = export(&sandbox, "A");
    for told in ["サーバー/一号", "=cmd|' /C calc'!A0", "fd00::a1", "0.5 PiB", "007 floppy", "/boot"] {
        assert!(exported.contains(told), "{told} is not in\n{exported}");
    }
    sandbox.ok(&["--db", "new.db", "init"]);
    sandbox.ok(&["--db", "new.db", "import", "A"]);
    sandbox.ok(&["--db", "new.db", "export", "B"]);
    assert_eq!(read_folder(&sandbox.path().join("B")), exported);
    // The records are the same, too, not only their files. Lists within a cell are in the order of ids.
    for (noun, sort) in NOUNS.map(|noun| (noun, if noun == "ip" { "path,vlan" } else { "path" })) {
        let columns = match noun {
            "vm" => "path,type,status,memory,memory.bytes,cpu,disk,os,custom-os,owner,created,updated",
            "unit" => "path,bytes",
            _ => "+path",
        };
        let list =
            |more: &[&str]| sandbox.ok(&[more, &[noun, "list", "-o", "json", "--sort", sort, "-c", columns]].concat());
        assert_eq!(without_ids(&list(&["--db", "new.db"])), without_ids(&list(&[])), "{noun}");
    }
}

#[test]
fn an_export_of_a_noun_that_is_imported_again_writes_nothing() {
    let sandbox = rich();
    let before = std::fs::read(sandbox.database()).expect("the inventory");
    for noun in NOUNS {
        for style in ["csv", "jsonl", "json"] {
            let exported = sandbox.ok(&[noun, "export", "-o", style]);
            let answer = sandbox.run_with_input(&[noun, "import", "-", "--update"], exported);
            assert_eq!(answer.status, 0, "{noun} {style}\n{answer}");
            assert!(answer.stderr.ends_with(" unchanged\n"), "{noun} {style}\n{answer}");
            assert!(
                std::fs::read(sandbox.database()).expect("the inventory") == before,
                "{noun} {style} wrote to the file"
            );
        }
    }
    sandbox.ok(&["export", "A"]);
    let answer = sandbox.run(&["import", "A", "--update", "--prune"]);
    assert_eq!(answer.status, 0, "{answer}");
    assert!(!answer.stderr.contains(" new") && !answer.stderr.contains("changed,"), "{answer}");
    assert!(std::fs::read(sandbox.database()).expect("the inventory") == before, "the folder wrote to the file");
}

#[test]
fn another_inventory_is_made_equal() {
    let sandbox = rich();
    // A time that the other inventory cannot have by chance: a row with a record's own says nothing of when it changed.
    let row = sandbox.file("row.csv", "name,pool,updated\nweb01,AWS/tokyo/prod,2020-01-02T03:04:05Z\n");
    sandbox.ok(&["vm", "import", &row, "--update"]);
    let exported = export(&sandbox, "A");
    let other = Sandbox::estate();
    for arguments in [
        &["vm", "rename", "web02", "web99"][..],
        &["vm", "set", "web01", "--memory", "1GiB", "--clear", "owner", "--clear", "os"],
        &["ip", "add", "10.99.0.1", "--vm", "web10"],
        &["provider", "add", "gone"],
        &["dc", "add", "gone", "--provider", "gone"],
        &["pool", "add", "gone", "--dc", "gone"],
        &["storage", "add", "gone", "--pool", "gone"],
        &["vm", "add", "gone", "--pool", "gone", "--disk", "1GiB@san1", "--system", "billing", "--ip", "10.99.0.2"],
        &["unit", "add", "gone", "--bytes", "3"],
    ] {
        other.ok(arguments);
    }
    let folder = sandbox.path().join("A");
    other.ok(&["import", folder.to_str().expect("UTF-8"), "--update", "--prune"]);
    assert_eq!(export(&other, "B"), exported);
}

#[test]
fn the_same_inventory_gives_the_same_bytes_however_it_came_about() {
    let one = Sandbox::empty();
    let other = Sandbox::empty();
    for name in ["b", "a", "c10", "c9"] {
        one.ok(&["user", "add", name]);
    }
    for name in ["c9", "c10", "a", "x", "b"] {
        other.ok(&["user", "add", name]);
    }
    other.ok(&["user", "rm", "x", "--yes"]);
    assert_eq!(export(&one, "A"), export(&other, "A"));
}

#[test]
fn files_are_as_git_diff_likes_them() {
    let sandbox = rich();
    sandbox.ok(&["export", "A"]);
    for noun in ["provider", "dc", "pool", "vm", "ip"] {
        let bytes = std::fs::read(sandbox.path().join(format!("A/{noun}s.csv"))).expect("the file");
        assert!(bytes.ends_with(b"\n") && !bytes.starts_with(b"\xef\xbb\xbf"), "{noun}");
    }
    let pools = std::fs::read_to_string(sandbox.path().join("A/pools.csv")).expect("the pools");
    assert!(pools.starts_with("name,dc,memory,cpu,disk,cpu-overcommit,memory-overcommit\n"), "{pools}");
    assert!(pools.contains("\nprod,AWS/tokyo,512 GiB,128,10 TiB,,\n"), "{pools}");
    assert!(!sandbox.path().join("A/login-users.csv").exists());
}

/// A name that is hard to carry; what is added to it makes it unlike all others.
fn hard_name() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        prop::sample::select(vec![
            "=1+1",
            "-",
            "+",
            "@",
            ";",
            ",",
            "\"",
            "'",
            "/",
            "//",
            "東京",
            "が",
            "ü",
            "👩‍👩‍👧",
            "🇯🇵",
            " ",
            "%",
            "_",
            "\\",
            "id=x",
            "..",
            "ß",
            "1e3",
            "#",
            "{",
            "[",
            "|",
            "٣",
            "NULL",
            "true",
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z0-9]{1,4}",
    ];
    prop::collection::vec(part, 1..5).prop_map(|parts| parts.concat().trim_start().to_owned())
}

fn text() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\"",
        ",",
        ";",
        " ",
        "=",
        "a",
        "東",
        "👨‍👩‍👧",
        "\u{feff}",
        "\\n",
    ]);
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn quantity() -> impl Strategy<Value = String> {
    let unit = prop::sample::select(vec!["B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"]);
    let amount = prop_oneof!["[0-9]{1,4}", "[0-9]{1,3}\\.[0-9]{1,6}"];
    (amount, unit).prop_map(|(amount, unit)| format!("{amount} {unit}"))
}

#[derive(Debug, Clone)]
struct Machine {
    name: String,
    memory: Option<String>,
    custom: String,
    addresses: Vec<(u32, u16)>,
    wide: Option<u128>,
    disks: Vec<String>,
    systems: Vec<usize>,
}

fn machine() -> impl Strategy<Value = Machine> {
    (
        hard_name(),
        prop::option::of(quantity()),
        text(),
        prop::collection::vec((0_u32.., 1_u16..=4094), 0..3),
        prop::option::of(0_u128..),
        prop::collection::vec(quantity(), 0..3),
        prop::collection::vec(0_usize..3, 0..3),
    )
        .prop_map(|(name, memory, custom, addresses, wide, disks, systems)| Machine {
            name,
            memory,
            custom,
            addresses,
            wide,
            disks,
            systems,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 25, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_estate_comes_back_as_it_was(
        names in prop::collection::vec(hard_name(), 12),
        descriptions in prop::collection::vec(text(), 3),
        machines in prop::collection::vec(machine(), 0..6),
    ) {
        let sandbox = Sandbox::empty();
        // The number behind each name keeps whole paths apart.
        let name = |at: usize| format!("{}{at}", names[at]);
        let system = |at: usize| format!("{}{at}", names[9 + at]);
        let lines = |rows: Vec<Value>| rows.iter().map(|row| format!("{row}\n")).collect::<String>();
        let import = |noun: &str, rows: Vec<Value>| {
            let answer = sandbox.run_with_input(&[noun, "import", "-"], lines(rows.clone()));
            assert!(rows.is_empty() || answer.status == 0, "{}\n{answer}", lines(rows));
        };
        import("provider", vec![json!({"name": name(0)})]);
        import("dc", vec![json!({"name": name(1), "provider": "id=1", "location": descriptions[0]})]);
        import("pool", vec![json!({"name": name(2), "dc": "id=1", "memory": "1 TiB"}), json!({"name": name(3), "dc": "id=1"})]);
        import("system", (0..3).map(|at| json!({"name": system(at), "description": descriptions[at]})).collect());
        import("storage", vec![json!({"name": name(4), "pool": "id=1"})]);
        let row = |(at, machine): (usize, &Machine)| {
            let mut systems: Vec<String> = machine.systems.iter().map(|at| system(*at)).collect();
            systems.sort();
            systems.dedup();
            let mut ips: Vec<String> =
                machine.addresses.iter().map(|(address, vlan)| format!("{}@{vlan}", std::net::Ipv4Addr::from(*address))).collect();
            ips.extend(machine.wide.map(|address| std::net::Ipv6Addr::from(address).to_string()));
            ips.sort();
            ips.dedup();
            json!({
                "name": format!("{}{at}", machine.name), "pool": format!("id={}", 1 + at % 2), "memory": machine.memory,
                "custom-os": machine.custom, "ips": ips, "disks": machine.disks, "systems": systems,
            })
        };
        import("vm", machines.iter().enumerate().map(row).collect());
        let exported = export(&sandbox, "A");
        sandbox.ok(&["--db", "new.db", "init"]);
        sandbox.ok(&["--db", "new.db", "import", "A"]);
        sandbox.ok(&["--db", "new.db", "export", "B"]);
        prop_assert_eq!(read_folder(&sandbox.path().join("B")), exported);
        let before = std::fs::read(sandbox.database()).expect("the inventory");
        sandbox.ok(&["import", "A", "--update", "--prune"]);
        prop_assert_eq!(std::fs::read(sandbox.database()).expect("the inventory") == before, true);
    }
}
