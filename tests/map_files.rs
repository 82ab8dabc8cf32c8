//! Mapping files: what an import understood and was told, kept for the next file of its kind.

use crate::imports::{imported, refused, told};
use crate::pty::Terminal;
use crate::support::Sandbox;

/// An estate with the pool `alpha`, in a folder with a list that somebody laid out.
fn alpha() -> Sandbox {
    let sandbox = Sandbox::empty();
    for line in ["provider add p", "dc add north --provider p", "pool add alpha --dc north"] {
        sandbox.ok(&line.split(' ').collect::<Vec<_>>());
    }
    sandbox
}

const LIST: &str = "Inventaire;\nNom;RAM (Go);Grappe;Stockage;Mise en service;Notes;Baie\n\
                    web1;1,5;alpha;20;03/04/2025;x;7\nweb2;rien;alpha;;;;\n";

const OPTIONS: [&str; 13] = [
    "--header-row",
    "2",
    "--decimal",
    ",",
    "--date-format",
    "%d/%m/%Y",
    "--null",
    "rien",
    "--map",
    "Stockage=disks:GiB,Mise en service=created,Notes=-",
    "--set",
    "status=running",
    "--ignore-unknown",
];

const TOLD: &str = "web1,alpha,1.5 GB,running,20 GiB,2025-04-03T00:00:00Z\n";

fn text(sandbox: &Sandbox, name: &str) -> String {
    std::fs::read_to_string(sandbox.path().join(name)).expect("a file")
}

#[test]
fn the_layout_of_an_import_is_saved_and_read_again() {
    let sandbox = alpha();
    let mut options = OPTIONS.to_vec();
    options.extend(["--save-map", "liste.toml"]);
    let answer = imported(&sandbox, "vm", "liste.csv", LIST, &options);
    assert!(answer.stderr.ends_with("wrote the mapping to liste.toml\n"), "{answer}");
    insta::assert_snapshot!(text(&sandbox, "liste.toml"), @r#"
    # Layout of a file of VMs. Use it with: inv vm import FILE --map-file MAPPING
    # Options of the command line replace the values below. All keys are names of options.

    noun = "vm"
    header-row = 2
    decimal = ","
    date-format = "%d/%m/%Y"
    null = ["rien"]
    ignore-unknown = true

    # Heading = field; behind a colon the unit of its numbers; "-" ignores the column
    [map]
    Baie = "-"
    Grappe = "pool"
    "Mise en service" = "created"
    Nom = "name"
    Notes = "-"
    "RAM (Go)" = "memory:GB"
    Stockage = "disks:GiB"

    # Field = value of all rows
    [set]
    status = "running"
    "#);
    let columns = "name,pool,memory,status,disks,created";
    let list = |sandbox: &Sandbox| told(sandbox, "vm", columns).lines().next().map(|line| format!("{line}\n"));
    assert_eq!(list(&sandbox).as_deref(), Some(TOLD));

    // Python reads the same.
    let script = "import sys, tomllib, json\nprint(json.dumps(tomllib.load(open(sys.argv[1], 'rb')), sort_keys=True))";
    let python = std::process::Command::new("python3")
        .args(["-c", script, "liste.toml"])
        .current_dir(sandbox.path())
        .output()
        .expect("python3 runs");
    assert_eq!(
        String::from_utf8_lossy(&python.stdout),
        "{\"date-format\": \"%d/%m/%Y\", \"decimal\": \",\", \"header-row\": 2, \"ignore-unknown\": true, \"map\": {\"Baie\": \
         \"-\", \"Grappe\": \"pool\", \"Mise en service\": \"created\", \"Nom\": \"name\", \"Notes\": \"-\", \"RAM (Go)\": \
         \"memory:GB\", \"Stockage\": \"disks:GiB\"}, \"noun\": \"vm\", \"null\": [\"rien\"], \"set\": {\"status\": \
         \"running\"}}\n"
    );

    let other = alpha();
    other.file("liste.toml", text(&sandbox, "liste.toml"));
    imported(&other, "vm", "liste.csv", LIST, &["--map-file", "liste.toml"]);
    assert_eq!(list(&other).as_deref(), Some(TOLD));
    // Saved again, it is the same file.
    other.ok(&["vm", "import", "liste.csv", "--update", "-n", "--map-file", "liste.toml", "--save-map", "again.toml"]);
    assert_eq!(text(&other, "again.toml"), text(&sandbox, "liste.toml"));
}

#[test]
fn options_of_the_command_line_win_over_a_mapping_file() {
    let sandbox = alpha();
    sandbox.file(
        "m.toml",
        "decimal = \".\"\nheader-row = 1\n[map]\nNom = \"owner\"\nMissing = \"type\"\n[unit]\nmemory = \"GiB\"\n[set]\n\
         status = \"stopped\"\n",
    );
    let options = [
        "--map-file",
        "m.toml",
        "--decimal",
        ",",
        "--header-row",
        "2",
        "--map",
        "Nom=name",
        "--unit",
        "memory=MiB",
        "--set",
        "status=running",
    ];
    imported(&sandbox, "vm", "l.csv", "Liste;\nNom;memory;pool\nweb1;1,5;alpha\n", &options);
    assert_eq!(told(&sandbox, "vm", "name,memory,status"), "web1,1.5 MiB,running\n");
    let again: Vec<&str> = options.iter().copied().chain(["--update", "-n"]).collect();
    imported(&sandbox, "vm", "l.csv", "Liste;\nNom;memory;pool\nweb1;1,5;alpha\n", &again);
    let options = ["--map-file", "m.toml", "--no-header", "--map", "1=name,2=pool", "--strict"];
    imported(&sandbox, "vm", "l.csv", "web2,alpha\n", &options);
    assert_eq!(told(&sandbox, "vm", "name,status"), "web1,running\nweb2,stopped\n");
}

#[test]
fn json_lines_and_a_dry_run_are_mapped_too() {
    let sandbox = alpha();
    let rows =
        "{\"Nom\": \"web1\", \"Kerne\": 1, \"pool\": \"alpha\"}\n{\"Nom\": \"web2\", \"pool\": \"alpha\", \"x\": 1}\n";
    imported(
        &sandbox,
        "vm",
        "l.jsonl",
        rows,
        &["--map", "Kerne=cpu", "--ignore-unknown", "-n", "--save-map", "m.toml"],
    );
    assert!(
        text(&sandbox, "m.toml").ends_with("[map]\nKerne = \"cpu\"\nNom = \"name\"\nx = \"-\"\n"),
        "{}",
        text(&sandbox, "m.toml")
    );
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "0\n");
    imported(&sandbox, "vm", "l.jsonl", rows, &["--map-file", "m.toml"]);
    assert_eq!(told(&sandbox, "vm", "name,cpu"), "web1,1\nweb2,\n");
}

#[test]
fn a_wrong_mapping_file_is_refused_with_its_line() {
    let sandbox = alpha();
    sandbox.file("vms.csv", "name,pool\nshop1,alpha\n");
    let keys = "\"noun\", \"sheet\", \"delimiter\", \"encoding\", \"header-row\", \"no-header\", \"decimal\", \"date-format\", \
                \"null\", \"strict\", \"ignore-unknown\", \"where\", \"map\", \"unit\", \"set\"";
    for (content, status, message) in [
        (
            "decimal = \",\"\ndecimel = \",\"\n",
            1,
            format!("m.toml:2: unknown field \"decimel\", expected one of {keys}"),
        ),
        ("[map]\nNom = 7\n", 1, "m.toml:2: invalid type: integer \"7\", expected a string".to_owned()),
        ("[map]\nNom = \"nmae\"\n", 2, "\"nmae\" of --map-file is not a column of VMs".to_owned()),
        ("[set]\nrack = \"7\"\n", 2, "\"rack\" of --set is not a column of VMs".to_owned()),
        ("header-row = 0\n", 2, "\"0\" is not the number of a row".to_owned()),
        ("delimiter = \",,\"\n", 2, "\",,\"".to_owned()),
        ("noun = \"dc\"\n", 2, "the mapping file is for the noun \"dc\", not for \"vm\"".to_owned()),
    ] {
        sandbox.file("m.toml", content);
        let answer = sandbox.run(&["vm", "import", "vms.csv", "--map-file", "m.toml"]);
        assert_eq!((answer.status, answer.stdout.as_str()), (status, ""), "{content} {answer}");
        assert!(answer.stderr.contains(&message), "{content} {answer}");
        assert!(answer.stderr.contains("\nhelp: "), "{content} {answer}");
    }
    insta::assert_snapshot!(sandbox.run(&["vm", "import", "vms.csv", "--map-file", "none.toml"]), @r#"
    status 1
    ----- stderr -----
    error: cannot read none.toml: no such file or directory
    "#);
    let own = sandbox.database();
    let answer = sandbox.run(&["vm", "import", "vms.csv", "--save-map", own.to_str().expect("UTF-8")]);
    assert_eq!(answer.status, 2, "{answer}");
    assert_eq!(sandbox.ok(&["vm", "list", "--count"]), "0\n");
    refused(&sandbox, "vm", "vms.csv", "name,Baie\nshop1,7\n", &["--save-map", "new.toml"]);
    assert!(!sandbox.path().join("new.toml").exists(), "an import that failed has no layout");
}

#[test]
fn an_unknown_column_is_asked_about_once_and_the_answers_hold_for_all_rows() {
    let sandbox = alpha();
    sandbox.file("l.csv", "Nom,pool,Notiz,Kommentar\nweb1,alpha,m5.large,x\nweb2,alpha,t3.nano,y\n");
    let mut terminal = Terminal::inv(&sandbox, &["vm", "import", "l.csv"]);
    terminal.answers("column \"Notiz\"", "typ").answers("column \"Kommentar\"", "ignore");
    let ended = terminal.ends();
    assert_eq!(ended.status, 0, "{}", ended.screen);
    assert!(ended.settings_are_back && ended.cursor_is_visible(), "{}", ended.screen);
    assert!(ended.screen.ends_with("pass --save-map FILE to keep the answers in a mapping file"), "{}", ended.screen);
    assert_eq!(told(&sandbox, "vm", "name,type"), "web1,m5.large\nweb2,t3.nano\n");

    let arguments = ["vm", "import", "l.csv", "--update", "--save-map", "m.toml"];
    let mut terminal = Terminal::inv(&sandbox, &arguments);
    terminal.answers("column \"Notiz\"", "typ").answers("column \"Kommentar\"", "");
    let ended = terminal.ends();
    assert!(ended.screen.ends_with("wrote the mapping to m.toml"), "{}", ended.screen);
    assert!(text(&sandbox, "m.toml").ends_with("[map]\nKommentar = \"-\"\nNom = \"name\"\nNotiz = \"type\"\n"));
    // With the mapping nothing is left to ask.
    let ended = Terminal::inv(&sandbox, &["vm", "import", "l.csv", "--update", "--map-file", "m.toml"]).ends();
    assert_eq!(ended.status, 0, "{}", ended.screen);
    assert!(!ended.text().contains("column \""), "{}", ended.screen);
}

#[test]
fn a_question_about_a_column_can_be_cancelled_interrupted_or_avoided() {
    let sandbox = alpha();
    sandbox.file("l.csv", "name,pool,Notiz\nweb1,alpha,x\n");
    let before = sandbox.exported();
    let mut terminal = Terminal::inv(&sandbox, &["vm", "import", "l.csv"]);
    terminal.answers("column \"Notiz\"", "cancel");
    let ended = terminal.ends();
    assert_eq!(ended.status, 1, "{}", ended.screen);
    assert!(ended.screen.ends_with("error: cancelled; nothing was changed"), "{}", ended.screen);
    let mut terminal = Terminal::inv(&sandbox, &["vm", "import", "l.csv", "--save-map", "m.toml"]);
    terminal.asks("column \"Notiz\"").types("ty").interrupts();
    let ended = terminal.ends();
    assert_eq!(ended.status, 130, "{}", ended.screen);
    assert!(ended.screen.ends_with("error: interrupted; nothing was changed"), "{}", ended.screen);
    assert!(ended.settings_are_back && ended.cursor_is_visible(), "{}", ended.screen);
    assert!(!sandbox.path().join("m.toml").exists(), "an import that was interrupted has no layout");
    for options in [&["--no-input"][..], &["--ignore-unknown", "-n"], &["--map", "Notiz=-", "-n"]] {
        let arguments: Vec<&str> = ["vm", "import", "l.csv"].iter().chain(options).copied().collect();
        let ended = Terminal::inv(&sandbox, &arguments).ends();
        assert_eq!(ended.status, i32::from(options[0] == "--no-input"), "{}", ended.screen);
        assert!(!ended.text().contains("column \"Notiz\""), "{}", ended.screen);
    }
    assert_eq!(sandbox.exported(), before);
}
