//! The habits of the house that no lint knows: what may import what, how long a file is, what it may depend on, and which
//! words and SQL it is written in.

mod imports;
mod source;
mod sql;
pub mod words;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The floors, ground first: each imports only those before it.
const FLOORS: &[&str] = &[
    "error",
    "system",
    "interrupt",
    "value",
    "output",
    "catalog",
    "store",
    "input",
    "session",
    "verb",
    "command",
    "cli",
    "lib",
    "main",
];

/// The most lines of a source file.
const LONGEST: usize = 600;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust source below `folder`, with its path from the repository on and its text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting = vec![repository().join(folder)];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let below = std::fs::read_dir(&path).expect("a folder of sources");
            waiting.extend(below.map(|entry| entry.expect("a file").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(repository()).expect("a path below the repository").display().to_string();
            found.push((name, std::fs::read_to_string(&path).expect("a source in UTF-8")));
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no source stands in {folder}");
    found
}

/// The floor that a source of `src` belongs to.
fn floor(name: &str) -> &str {
    let inner = name.strip_prefix("src/").expect("a source of src");
    inner.split(['/', '.']).next().expect("a name")
}

/// The modules of this crate that a text names.
fn modules_named(text: &str) -> Vec<&str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.match_indices("crate::")
        .filter(|(at, _)| !text[..*at].ends_with(is_part))
        .filter_map(|(at, mark)| text[at + mark.len()..].split(|letter| !is_part(letter)).next())
        .filter(|module| FLOORS.contains(module))
        .collect()
}

#[test]
fn a_floor_imports_only_those_below_it() {
    let place = |floor: &str| FLOORS.iter().position(|other| *other == floor);
    let mut wrong = Vec::new();
    for (name, text) in sources("src") {
        let own = place(floor(&name)).unwrap_or_else(|| panic!("{name} stands on no floor"));
        for module in modules_named(&text) {
            if place(module) > Some(own) {
                wrong.push(format!("{name} imports {module}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_engine_is_named_in_one_place_and_sql_on_one_floor() {
    let mut wrong = Vec::new();
    for (name, text) in sources("src") {
        if text.contains("rusqlite")
            && name != "src/store/engine/sqlite.rs"
            && !name.starts_with("src/store/engine/sqlite/")
        {
            wrong.push(format!("{name} names rusqlite"));
        }
        let statement = ["\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE ", "\"PRAGMA ", "\"BEGIN"];
        if floor(&name) != "store" && statement.iter().any(|begin| text.contains(begin)) {
            wrong.push(format!("{name} speaks SQL"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_operating_system_is_named_on_two_floors() {
    let marks =
        ["std::os::", "target_os", "target_vendor", "cfg(unix)", "\"/proc/", "rustix::", "nix::", "libc::", "umask("];
    let mut wrong = Vec::new();
    for (name, text) in sources("src") {
        // Tests may need a device or a file of one system.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let is_word = |mark: &str| text.match_indices(mark).any(|(at, _)| !text[..at].ends_with(char::is_alphanumeric));
        if floor(&name) != "system" {
            wrong.extend(marks.iter().filter(|mark| is_word(mark)).map(|mark| format!("{name} has {mark}")));
        }
        if floor(&name) != "interrupt" && is_word("signal_hook") {
            wrong.push(format!("{name} has signal_hook"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_source_says_why_it_exists_and_is_no_longer_than_it_may_be() {
    let mut wrong = Vec::new();
    for (name, text) in ["src", "tests", "examples"].into_iter().flat_map(try_sources) {
        if !text.starts_with("//! ") {
            wrong.push(format!("{name} does not begin with //!"));
        }
        let lines = text.lines().count();
        if lines > LONGEST {
            wrong.push(format!("{name} has {lines} lines"));
        }
        for banned in [concat!("use ", "super::*"), concat!("mod ", "utils")] {
            if text.contains(banned) {
                wrong.push(format!("{name} has {banned}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The sources of a folder that may have none.
fn try_sources(folder: &str) -> Vec<(String, String)> {
    let has_some = std::fs::read_dir(repository().join(folder)).is_ok_and(|entries| {
        entries
            .filter_map(Result::ok)
            .any(|entry| entry.path().is_dir() || entry.path().extension() == Some("rs".as_ref()))
    });
    if has_some { sources(folder) } else { Vec::new() }
}

/// The metadata of this package and of every package that it is built from here.
fn packages() -> Vec<serde_json::Value> {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let version = Command::new("rustc").arg("-vV").output().expect("rustc");
    let version = String::from_utf8(version.stdout).expect("UTF-8");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("the host of rustc");
    let metadata = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host])
        .current_dir(repository())
        .output()
        .expect("cargo");
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    let used = metadata["resolve"]["nodes"].as_array().expect("a tree of dependencies");
    let used: Vec<&serde_json::Value> = used.iter().map(|node| &node["id"]).collect();
    let packages = metadata["packages"].as_array().expect("packages");
    let packages: Vec<_> = packages.iter().filter(|package| used.contains(&&package["id"])).cloned().collect();
    assert!(packages.len() > 20, "cargo lists only {} packages", packages.len());
    packages
}

fn called(package: &serde_json::Value) -> String {
    format!("{} {}", package["name"].as_str().unwrap_or("?"), package["version"].as_str().unwrap_or("?"))
}

#[test]
fn the_rust_version_is_at_least_that_of_every_dependency() {
    let parse = |text: &str| -> Vec<u32> { text.split('.').map(|part| part.parse().expect("a number")).collect() };
    let ours = parse(env!("CARGO_PKG_RUST_VERSION"));
    let mut wrong = Vec::new();
    for package in packages() {
        if let Some(wanted) = package["rust_version"].as_str()
            && parse(wanted)[..2] > ours[..2]
        {
            wrong.push(format!("{} needs Rust {wanted}", called(&package)));
        }
    }
    assert!(wrong.is_empty(), "Cargo.toml says {}, but\n{}", env!("CARGO_PKG_RUST_VERSION"), wrong.join("\n"));
}

/// Returns true if an SPDX expression can be met with these licences. `/` is the old way to write `OR`.
fn is_met(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (met, rest) = either(&words, allowed);
    assert!(rest.is_empty(), "{expression} is no expression of SPDX");
    met
}

fn either<'words>(words: &'words [&'words str], allowed: &[String]) -> (bool, &'words [&'words str]) {
    let (mut met, mut rest) = both(words, allowed);
    while let ["OR", behind @ ..] = rest {
        let (next, after) = both(behind, allowed);
        (met, rest) = (met || next, after);
    }
    (met, rest)
}

fn both<'words>(words: &'words [&'words str], allowed: &[String]) -> (bool, &'words [&'words str]) {
    let (mut met, mut rest) = one(words, allowed);
    while let ["AND", behind @ ..] = rest {
        let (next, after) = one(behind, allowed);
        (met, rest) = (met && next, after);
    }
    (met, rest)
}

fn one<'words>(words: &'words [&'words str], allowed: &[String]) -> (bool, &'words [&'words str]) {
    match words {
        ["(", inner @ ..] => {
            let (met, rest) = either(inner, allowed);
            (met, rest.strip_prefix(&[")"]).expect("a closing bracket"))
        }
        [licence, "WITH", exception, rest @ ..] => (allowed.contains(&format!("{licence} WITH {exception}")), rest),
        [licence, rest @ ..] => (allowed.iter().any(|other| other == licence), rest),
        [] => panic!("an expression ends too early"),
    }
}

#[test]
fn every_dependency_has_a_licence_that_deny_toml_allows() {
    let deny = std::fs::read_to_string(repository().join("deny.toml")).expect("deny.toml");
    let (_, list) = deny.split_once("allow = [").expect("a list of licences");
    let (list, _) = list.split_once("\n]").expect("the end of the list");
    let lines = list.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let allowed: Vec<String> = lines.filter_map(|line| Some(line.split('"').nth(1)?.to_owned())).collect();
    assert!(is_met("MIT/Apache-2.0", &allowed) && is_met("(X OR MIT) AND Apache-2.0", &allowed));
    assert!(!is_met("GPL-3.0-only", &allowed) && !is_met("MIT AND GPL-3.0-only", &allowed));
    let mut wrong = Vec::new();
    for package in packages() {
        match package["license"].as_str() {
            Some(expression) if is_met(expression, &allowed) => {}
            expression => wrong.push(format!("{} is {}", called(&package), expression.unwrap_or("of no licence"))),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_notices_of_third_parties_list_every_crate_of_the_program() {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let tree = Command::new(cargo)
        .args(["tree", "--locked", "--offline", "--edges", "normal,no-proc-macro", "--prefix", "none"])
        .args(["--format", "{p}"])
        .current_dir(repository())
        .output()
        .expect("cargo");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("UTF-8");
    let crates = tree.lines().skip(1).map(|line| line.trim_end_matches(" (*)").replacen(" v", " ", 1));
    let crates: BTreeSet<String> = crates.filter(|name| !name.is_empty()).collect();
    assert!(crates.len() > 20, "cargo lists only {} crates", crates.len());
    let notices = std::fs::read_to_string(repository().join("THIRD-PARTY.txt")).expect("THIRD-PARTY.txt");
    let listed: BTreeSet<&str> = notices.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    let missing: Vec<&String> = crates.iter().filter(|name| !listed.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "run packaging/third-party/write; THIRD-PARTY.txt lacks {missing:?}");
}
