//! What README and the guide promise: their commands answer what they show, in the order in which they show them, and
//! the tour goes through.

use crate::support::{Answer, Sandbox, answer, timeless};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What stands between the answers of two commands; no answer holds it.
const MARK: &str = "\u{1e}";

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A command that README shows, and what it shows as its answer.
struct Shown {
    command: String,
    answer: String,
}

/// The commands of the `console` blocks of a page, in order.
fn commands(page: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (inside, line.strip_prefix("$ ")) {
            (false, _) => inside = line == "```console",
            (true, _) if line == "```" => inside = false,
            (true, Some(command)) => shown.push(Shown { command: command.to_owned(), answer: String::new() }),
            (true, None) => {
                let last = shown.last_mut().expect("a block that begins with a command");
                last.answer.push_str(line);
                last.answer.push('\n');
            }
        }
    }
    shown
}

/// Runs commands in one shell in the sandbox, with `inv` in its path and the examples beside it, and returns what each
/// answered on standard output and standard error together.
fn in_a_shell(sandbox: &Sandbox, commands: &[Shown]) -> Vec<String> {
    let programs = sandbox.path().join("bin");
    std::fs::create_dir(&programs).expect("a folder for the program");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_inv"), programs.join("inv")).expect("a link to the program");
    std::os::unix::fs::symlink(repository().join("examples"), sandbox.path().join("examples"))
        .expect("a link to the examples");
    let script: String =
        commands.iter().map(|shown| format!("{} 2>&1\nprintf '{MARK}'\n", shown.command)).collect::<String>();
    let script = sandbox.file("tour.sh", script);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(programs).chain(std::env::split_paths(&path).collect::<Vec<PathBuf>>());
    let mut shell = Command::new("sh");
    shell
        .arg(script)
        .env_clear()
        .env("PATH", std::env::join_paths(folders).expect("folders without a colon"))
        .env("HOME", sandbox.path())
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8")
        .current_dir(sandbox.path());
    let Answer { stdout, stderr, .. } = answer(&mut shell);
    assert_eq!(stderr, "");
    stdout.split_terminator(MARK).map(str::to_owned).collect()
}

/// Runs the commands that a page shows, and holds the answers against what it shows.
fn answers_as_shown(page: &str, at_least: usize) {
    let text = std::fs::read_to_string(repository().join(page)).expect(page);
    let shown = commands(&text);
    assert!(shown.len() >= at_least, "only {} commands were found in {page}", shown.len());
    let sandbox = Sandbox::bare();
    answers_in(&sandbox, &shown);
    leaves_what_git_ignores(&sandbox);
}

/// Runs commands in a sandbox, and holds the answers against what a page shows.
fn answers_in(sandbox: &Sandbox, shown: &[Shown]) {
    let answers = in_a_shell(sandbox, shown);
    assert_eq!(answers.len(), shown.len());
    for (shown, answer) in shown.iter().zip(answers) {
        assert_eq!(timeless(&answer), timeless(&shown.answer), "$ {}", shown.command);
    }
}

/// Checks that a clone in which somebody ran the commands has no files that git would show.
fn leaves_what_git_ignores(sandbox: &Sandbox) {
    std::fs::copy(repository().join(".gitignore"), sandbox.path().join(".gitignore")).expect("what git ignores");
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(arguments).env("HOME", sandbox.path()).current_dir(sandbox.path());
        answer(&mut git)
    };
    assert_eq!(git(&["init", "--quiet"]).status, 0, "git is installed");
    let shown = git(&["status", "--porcelain"]);
    // These are of the test, whose home is this folder too.
    let of_the_test = ["?? .gitignore", "?? .local/", "?? bin/", "?? examples", "?? tour.sh"];
    let left: Vec<&str> = shown.stdout.lines().filter(|line| !of_the_test.contains(line)).collect();
    assert_eq!(left, [""; 0], "{shown}");
}

#[test]
fn the_commands_of_the_readme_answer_as_it_shows() {
    answers_as_shown("README.md", 20);
}

#[test]
fn the_commands_of_the_guide_answer_as_it_shows() {
    answers_as_shown("docs/guide.md", 50);
}

#[test]
fn the_commands_of_the_page_on_signing_in_answer_as_it_shows() {
    answers_as_shown("docs/login.md", 7);
}

#[test]
fn the_commands_of_the_page_on_json_answer_as_it_shows() {
    let shown = commands(&std::fs::read_to_string(repository().join("docs/json.md")).expect("the page"));
    assert!(shown.len() >= 9, "only {} commands were found", shown.len());
    // The page has the small estate of the tests, at the usual place.
    let sandbox = Sandbox::estate();
    let usual = sandbox.path().join(".local/share/inv");
    std::fs::create_dir_all(&usual).expect("a folder");
    std::fs::rename(sandbox.database(), usual.join("inv.db")).expect("the inventory");
    answers_in(&sandbox, &shown);
}

#[test]
fn the_tour_takes_the_example_estate_through_the_main_job() {
    let sandbox = Sandbox::bare();
    let folder = sandbox.path().join("tour");
    let mut script = Command::new(repository().join("examples/tour"));
    let tour = answer(script.arg(&folder).env("INV", env!("CARGO_BIN_EXE_inv")).env("HOME", sandbox.path()));
    assert_eq!(tour.status, 0, "{tour}");
    let database = folder.join("estate.db");
    for command in [
        format!("$ export INV_DB={}", database.display()),
        "$ inv init".to_owned(),
        "$ inv import --from rvtools examples/SizingWorkshop-RVTools.xlsx --provider vSphere".to_owned(),
        "$ inv vm show vSphere/Datacenter1/Cluster1/wadfs1".to_owned(),
        "$ inv pool show DMZ".to_owned(),
        format!("$ inv export {}", folder.join("export").display()),
    ] {
        assert!(tour.stdout.lines().any(|line| line == command), "{command} is not in\n{tour}");
    }
    let left_out = "skipped 10 templates: Bowf17webprod, trhel6s_1, trhel6s-old, trhel6w-old, trhel7s-old, \
         trhel7w-old, WS2008R2, WS2008R2-O, WS2012R2, WS2012R2-O";
    assert!(tour.stderr.lines().any(|line| line == left_out), "{tour}");
    assert_eq!(sandbox.ok(&["--db", database.to_str().expect("UTF-8"), "vm", "list", "--count"]), "795\n");
    let exported = std::fs::read_to_string(folder.join("export/vms.csv")).expect("the export of the VMs");
    assert_eq!(exported.lines().count(), 1 + 795);
}

#[test]
fn the_tour_leaves_an_inventory_that_is_there_already_alone() {
    let sandbox = Sandbox::empty();
    std::fs::rename(sandbox.database(), sandbox.path().join("estate.db")).expect("an inventory of the tour's name");
    let before = std::fs::read(sandbox.path().join("estate.db")).expect("the inventory");
    let mut script = Command::new(repository().join("examples/tour"));
    let tour = answer(script.arg(sandbox.path()).env("INV", env!("CARGO_BIN_EXE_inv")).env("HOME", sandbox.path()));
    assert_eq!(tour.status, 4, "{tour}");
    assert_eq!(std::fs::read(sandbox.path().join("estate.db")).expect("the inventory"), before);
}
