//! Spreadsheets that other people laid out: their columns, units, spellings and encodings.

use crate::imports::{imported, refused, told};
use crate::support::Sandbox;

/// An estate with the pool `alpha` in `p/north`, and an owner.
fn alpha() -> Sandbox {
    let sandbox = Sandbox::empty();
    for line in ["provider add p", "dc add north --provider p", "pool add alpha --dc north", "user add kim"] {
        sandbox.ok(&line.split(' ').collect::<Vec<_>>());
    }
    sandbox
}

#[test]
fn headings_of_six_languages_are_understood_and_named() {
    for (header, row) in [
        ("VM Name,Cluster,vCPUs,RAM (MB),Power State,Owner", "shop1,alpha,2,4096,poweredOn,kim"),
        ("Nom,Grappe,Processeurs,Mémoire (Mo),État,Propriétaire", "shop1,alpha,2,4096,running,kim"),
        ("Rechnername,Cluster,Prozessoren,Arbeitsspeicher in MB,Zustand,Besitzer", "shop1,alpha,2,4096,running,kim"),
        ("Nombre,Clúster,Procesadores,Memoria MB,Estado,Propietario", "shop1,alpha,2,4096,running,kim"),
        ("虚拟机,集群,处理器,内存（MB）,电源,负责人", "shop1,alpha,2 vCPU(s) ,4096 ,poweredOn,kim"),
        ("仮想マシン名,クラスタ,コア数,メモリMB,電源状態,担当者", "shop1,alpha,2,4096,running,kim"),
    ] {
        let sandbox = alpha();
        let answer = imported(&sandbox, "vm", "vms.csv", format!("{header}\n{row}\n"), &[]);
        assert_eq!(
            told(&sandbox, "vm", "name,pool,cpu,memory,status,owner"),
            "shop1,alpha,2,4096 MB,running,kim\n",
            "{header}"
        );
        let first = header.split(',').next().unwrap_or_default();
        assert!(answer.stderr.contains(&format!("read \"{first}\" as name, ")), "{answer}");
        assert!(answer.stderr.contains(" as memory in MB"), "{answer}");
    }
}

#[test]
fn a_mapping_names_columns_units_and_what_is_not_there() {
    let sandbox = alpha();
    let file = "Machine,Size,Notes\nshop1,4096,x\n";
    let map = ["--map", "Machine=name,Size=memory:MiB,Notes=-", "--set", "pool=alpha"];
    let answer = imported(&sandbox, "vm", "vms.csv", file, &map);
    assert_eq!(
        answer.stderr,
        "1 VM: 1 new\nread \"Machine\" as name, \"Size\" as memory in MiB\n1 column is not used (-v lists it)\n"
    );
    assert_eq!(told(&sandbox, "vm", "name,pool,memory"), "shop1,alpha,4096 MiB\n");

    let answer =
        imported(&alpha(), "vm", "vms.csv", "name,pool,Notes,Rack\nshop1,alpha,x,7\n", &["--ignore-unknown", "-v"]);
    assert_eq!(answer.stderr, "1 VM: 1 new\n2 columns are not used: \"Notes\", \"Rack\"\n");

    let quoted = ["--map", "\"RAM, installed\"=memory:GiB"];
    let sandbox = alpha();
    imported(&sandbox, "vm", "vms.csv", "name,pool,\"RAM, installed\"\nshop1,alpha,4\n", &quoted);
    assert_eq!(told(&sandbox, "vm", "memory"), "4 GiB\n");
}

#[test]
fn a_wrong_mapping_is_refused_before_a_row_is_read() {
    let sandbox = alpha();
    sandbox.file("vms.csv", "name,pool\nshop1,alpha\n");
    for (options, status, message) in [
        (["--map", "Nom"], 2, "error: --map must be HEADING=FIELD, not \"Nom\""),
        (["--map", "Nom=nmae"], 2, "error: \"nmae\" of --map is not a column of VMs"),
        (["--unit", "ram=GiB"], 2, "error: \"ram\" of --unit is not a column of VMs"),
        (["--set", "rack=7"], 2, "error: \"rack\" of --set is not a column of VMs"),
        (["--set", "pool=beta"], 1, "the column \"pool\" and --set set the same field"),
        (["--map", "Nom=name"], 1, "the column \"Nom\" of --map is missing"),
        (["--decimal", ";"], 2, "error: \";\" is not a decimal mark"),
        (["--header-row", "9"], 1, "error: vms.csv ends before line 9, which --header-row names"),
        (["--header-row", "0"], 2, "error: \"0\" is not the number of a row"),
    ] {
        let answer = sandbox.run(&["vm", "import", "vms.csv", options[0], options[1]]);
        assert_eq!((answer.status, answer.stdout.as_str()), (status, ""), "{options:?} {answer}");
        assert!(answer.stderr.contains(message), "{options:?} {answer}");
    }
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "0\n");
}

#[test]
fn an_ambiguous_number_or_date_is_refused_with_its_readings_or_read_as_the_option_says() {
    for (column, cell, without, options, with) in [
        (
            "memory",
            "\"1,024 MB\"",
            "(pass --decimal . for \"1024 MB\", or --decimal , for \"1.024 MB\")",
            ["--decimal", "."],
            "1024 MB",
        ),
        ("memory", "\"1,024 MB\"", "has a separator in its number", ["--decimal", ","], "1.024 MB"),
        ("memory", "\"1,5 GB\"", "(pass --decimal , for \"1.5 GB\")", ["--decimal", ","], "1.5 GB"),
        ("memory", "\"1.024,5 GB\"", "(pass --decimal , for \"1024.5 GB\")", ["--decimal", ","], "1024.5 GB"),
        ("memory", "4096", "has no unit", ["--unit", "memory=MiB"], "4096 MiB"),
        ("cpu", "\"0,5\"", "(pass --decimal , for \"0.5\")", ["--decimal", ","], "0.5"),
        ("created", "03/04/2025", "is not a time", ["--date-format", "%d/%m/%Y"], "2025-04-03T00:00:00Z"),
        ("created", "03/04/2025", "is not a time", ["--date-format", "%m/%d/%Y"], "2025-03-04T00:00:00Z"),
    ] {
        let file = format!("name,pool,{column}\nshop1,alpha,{cell}\n");
        let answer = refused(&alpha(), "vm", "vms.csv", &file, &[]);
        assert!(
            answer.stderr.contains(&format!("vms.csv:2: {column}: ")) && answer.stderr.contains(without),
            "{answer}"
        );
        let sandbox = alpha();
        imported(&sandbox, "vm", "vms.csv", &file, &options);
        assert_eq!(told(&sandbox, "vm", column), format!("{with}\n"), "{cell} {options:?}");
    }
}

#[test]
fn a_letter_for_a_unit_is_binary_wherever_it_is_read_and_is_told_in_a_heading() {
    for (cell, value) in [("16G", "16 GiB"), ("4096 M", "4096 MiB")] {
        let sandbox = alpha();
        imported(&sandbox, "vm", "vms.csv", format!("name,pool,memory\nshop1,alpha,{cell}\n"), &[]);
        assert_eq!(told(&sandbox, "vm", "memory"), format!("{value}\n"));
    }
    let answer = refused(&alpha(), "vm", "vms.csv", "name,pool,memory\nshop1,alpha,G\n", &[]);
    assert!(answer.stderr.contains("vms.csv:2: memory: \"G\" does not begin with a number"), "{answer}");
    let sandbox = alpha();
    let answer = imported(&sandbox, "vm", "vms.csv", "name,pool,RAM (G)\nshop1,alpha,16\n", &[]);
    assert!(answer.stderr.contains("read \"RAM (G)\" as memory in GiB\n"), "{answer}");
    assert_eq!(told(&sandbox, "vm", "memory"), "16 GiB\n");
    let answer = refused(&alpha(), "vm", "vms.csv", "name,pool,memory\nshop1,alpha,16\n", &[]);
    assert!(answer.stderr.contains("has no unit; MiB, GiB or TiB?"), "{answer}");
}

#[test]
fn three_digits_behind_a_point_are_ambiguous_in_files_of_others_and_not_in_those_of_inv() {
    let sandbox = alpha();
    imported(&sandbox, "vm", "own.csv", "name,pool,memory\nshop1,alpha,1.125 TiB\n", &[]);
    let exported = sandbox.ok(&["vm", "list", "-c", "name,pool,memory", "-o", "csv"]);
    let answer = sandbox.run_with_input(&["vm", "import", "-", "--update"], exported);
    assert_eq!((answer.status, answer.stderr.as_str()), (0, "1 VM: 1 unchanged\n"), "{answer}");
    for file in ["name;pool;memory\nshop2;alpha;1.024 MB\n", "Nom,pool,memory\nshop2,alpha,1.024 MB\n"] {
        let answer = refused(&sandbox, "vm", "vms.csv", file, &[]);
        let readings = "(pass --decimal . for \"1.024 MB\", or --decimal , for \"1024 MB\")";
        assert!(answer.stderr.contains(readings), "{answer}");
    }
}

#[test]
fn cells_as_spreadsheets_and_exports_spell_them_are_read_and_refused_with_strict() {
    for (column, cell, value) in [
        ("owner", " kim ", "kim"),
        ("owner", "N/A", ""),
        ("memory", "4Gi", "4 GiB"),
        ("memory", "4 Go", "4 GB"),
        ("memory", "-", ""),
        ("cpu", "4 cores", "4"),
        ("ips", "\"192.0.2.30, 192.0.2.31\"", "192.0.2.30;192.0.2.31"),
        ("ips", "\"192.0.2.30\n192.0.2.31\"", "192.0.2.30;192.0.2.31"),
        ("ips", "192.0.2.30/24;2001:db8::30/64", "192.0.2.30;2001:db8::30"),
        ("ips", "[2001:db8::30]:443", "2001:db8::30"),
        ("created", "2023/02/08 15:49:10", "2023-02-08T15:49:10Z"),
    ] {
        let file = format!("name,pool,{column}\nshop1,alpha,{cell}\n");
        let sandbox = alpha();
        imported(&sandbox, "vm", "vms.csv", &file, &[]);
        assert_eq!(told(&sandbox, "vm", &format!("name,{column}")), format!("shop1,{value}\n"), "{cell}");
        let answer = refused(&alpha(), "vm", "vms.csv", &file, &["--strict"]);
        assert!(answer.stderr.contains(&format!("vms.csv:2: {column}: ")), "{answer}");
    }
}

#[test]
fn words_for_nothing_stay_texts_where_they_are_values() {
    let sandbox = alpha();
    imported(&sandbox, "vm", "vms.csv", "name,pool,custom-os\nnull,alpha,N/A\n", &[]);
    assert_eq!(told(&sandbox, "vm", "name,custom-os"), "null,N/A\n");
    sandbox.ok(&["user", "add", "none"]);
    imported(&sandbox, "vm", "more.csv", "name,pool,owner,custom-os\nweb1,alpha,none,leer\n", &["--null", "leer,-"]);
    assert_eq!(told(&sandbox, "vm", "name,owner,custom-os"), "null,,N/A\nweb1,none,\n");
}

#[test]
fn empty_rows_and_columns_are_skipped_and_counted() {
    let sandbox = alpha();
    let file = "name, pool, owner,,\n,,,,\nshop1, alpha, kim,,\n , ,\t,,\nshop2,alpha,,,\n";
    let answer = imported(&sandbox, "vm", "vms.csv", file, &[]);
    assert_eq!(answer.stderr, "2 VMs: 2 new\nskipped 2 empty rows\nskipped 2 empty columns at the end\n");
    assert_eq!(told(&sandbox, "vm", "name,owner"), "shop1,kim\nshop2,\n");
    let answer = refused(&sandbox, "vm", "more.csv", "name,pool,,\nshop3,alpha,,x\n", &[]);
    assert!(answer.stderr.contains("more.csv:2: has a cell in column 4, which has no name in the header"), "{answer}");
}

#[test]
fn a_header_may_stand_lower_or_not_be_there() {
    let sandbox = alpha();
    let titled = "Estate of the north,\nas of today,,\n\nname,pool\nshop1,alpha\n";
    let answer = refused(&sandbox, "vm", "titled.csv", titled, &[]);
    assert!(answer.stderr.contains(", pass --header-row N for a header below a title)\n"), "{answer}");
    imported(&sandbox, "vm", "titled.csv", titled, &["--header-row", "4"]);
    let titled = "Estate of the north, as of today, in short\n\nNom;pool\nshop9;alpha\n";
    imported(&sandbox, "vm", "other.csv", titled, &["--header-row", "3"]);
    sandbox.ok(&["vm", "rm", "shop9", "--yes"]);
    imported(&sandbox, "vm", "bare.csv", "shop2,alpha\nshop3,alpha\n", &["--no-header", "--map", "1=name,2=pool"]);
    assert_eq!(told(&sandbox, "vm", "name"), "shop1\nshop2\nshop3\n");
    let answer = refused(&sandbox, "vm", "vms.csv", "Nom;Baie\nshop4;7\n", &[]);
    assert_eq!(
        answer.stderr,
        "error: 1 column and 1 row are wrong in vms.csv; nothing was imported\n  vms.csv:1: \"Baie\" is not a column of VMs (columns: \
         name, pool, type, status, memory, cpu, os, custom-os, owner, created, updated, ips, disks, systems; map others \
         with --map 'HEADING=FIELD', skip them with --ignore-unknown)\n  vms.csv:2: a VM requires a pool\nhelp: fix \
         these columns and rows and import again\n"
    );
}

#[test]
fn encodings_have_the_names_of_iconv_and_python_and_are_guessed_in_errors_only() {
    // "サーバー①" in code page 932 and "Gerät" in code page 850, as Python encodes them.
    let japanese = b"name,pool\n\x83T\x81[\x83o\x81[\x87@,alpha\n";
    let sandbox = alpha();
    let answer = refused(&sandbox, "vm", "vms.csv", japanese, &[]);
    assert!(answer.stderr.contains("(pass --encoding, possibly shift_jis)"), "{answer}");
    imported(&sandbox, "vm", "vms.csv", japanese, &["--encoding", "cp932"]);
    imported(&sandbox, "vm", "dos.csv", b"name,pool\nGer\x84t,alpha\n", &["--encoding", "cp850"]);
    imported(&sandbox, "vm", "bom.csv", b"\xef\xbb\xbfname,pool\nplain,alpha\n", &["--encoding", "utf-8-sig"]);
    assert_eq!(told(&sandbox, "vm", "name"), "サーバー①\nGerät\nplain\n");
}

#[test]
fn what_a_list_prints_an_import_takes_back_and_computed_values_are_compared() {
    let sandbox = Sandbox::estate();
    let before = sandbox.exported();
    for noun in ["vm", "pool", "disk", "ip", "user", "provider", "dc", "os", "system", "storage"] {
        for format in ["csv", "json", "jsonl"] {
            let list = sandbox.ok(&[noun, "list", "-o", format]);
            let answer = sandbox.run_with_input(&[noun, "import", "-", "--update"], list);
            assert_eq!(answer.status, 0, "{noun} {format} {answer}");
            let tally = answer.stderr.lines().next().unwrap_or_default();
            assert!(tally.ends_with(" unchanged") && !tally.contains(','), "{noun} {format} {answer}");
            assert!(!answer.stderr.contains("warning"), "{noun} {format} {answer}");
        }
    }
    assert_eq!(sandbox.exported(), before);
    let answer = imported(&sandbox, "pool", "pools.csv", "name,dc,vms\nprod,tokyo,7\ntest,tokyo,1\n", &["--update"]);
    assert_eq!(
        answer.stderr,
        "2 pools: 2 unchanged\nskipped 1 computed column: \"vms\"\nwarning: 1 computed value is different in the \
         inventory and was skipped: AWS/tokyo/prod: vms is \"2\", not \"7\"\n"
    );
}

#[test]
fn bytes_beside_a_quantity_are_compared_with_it() {
    for header in ["memory.bytes", "memory_bytes"] {
        let sandbox = alpha();
        let rows = format!("name,pool,memory,{header}\nshop1,alpha,1 GiB,1073741824\nshop2,alpha,1 GiB,1000\n");
        let answer = imported(&sandbox, "vm", "vms.csv", rows, &[]);
        assert_eq!(
            answer.stderr,
            "2 VMs: 2 new\nwarning: 1 computed value is different in the inventory and was skipped: vms.csv:3: \
             memory.bytes is \"1073741824\", not \"1000\"\n",
            "{header}"
        );
    }
    let sandbox = alpha();
    imported(&sandbox, "vm", "vms.csv", "name,pool,memory\nshop1,alpha,1 GiB\n", &[]);
    let answer = imported(&sandbox, "vm", "more.csv", "name,pool,memory.bytes\nshop1,alpha,7\n", &["--update"]);
    assert!(answer.stderr.contains("p/north/alpha/shop1: memory.bytes is \"1073741824\", not \"7\"\n"), "{answer}");
}
