//! Records what the program was built from, for `inv -V -v`: the commit, the compiler and the target.
//!
//! Nothing here depends on the time or the folder of the build, so that two builds of a commit are the same bytes.

// Cargo reads instructions from the standard output.
#![allow(clippy::disallowed_macros)]

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    let (commit, committed) = from_git().or_else(from_package).unwrap_or_default();
    // A packager decides the date of what has no history.
    let date = if committed.is_empty() { env::var("SOURCE_DATE_EPOCH").unwrap_or_default() } else { committed };
    let compiler = output(Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("-V"));
    let mut features: Vec<String> = env::vars_os()
        .filter_map(|(name, _)| Some(name.to_str()?.strip_prefix("CARGO_FEATURE_")?.to_lowercase().replace('_', "-")))
        .filter(|feature| feature != "default")
        .collect();
    features.sort_unstable();
    for (name, value) in [
        ("COMMIT", commit),
        ("COMMIT_TIME", date),
        ("COMPILER", compiler.unwrap_or_default()),
        ("FEATURES", features.join(", ")),
        ("PROFILE", env::var("PROFILE").unwrap_or_default()),
        ("TARGET", env::var("TARGET").unwrap_or_default()),
    ] {
        println!("cargo::rustc-env=INV_BUILD_{name}={value}");
    }
}

/// Returns the commit that is checked out, and its time in seconds since 1970.
fn from_git() -> Option<(String, String)> {
    // A package that was unpacked inside a repository is not of that repository.
    Path::new(".git").exists().then_some(())?;
    let name = git(&["symbolic-ref", "--quiet", "HEAD"]).unwrap_or_default();
    // These change with every commit and every checkout, and rarely otherwise.
    for file in ["HEAD", "logs/HEAD", "packed-refs", &name] {
        if let Some(path) = git(&["rev-parse", "--git-path", file]).filter(|path| Path::new(path).is_file()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let printed = git(&["log", "-1", "--no-show-signature", "--format=%H %ct"])?;
    printed.split_once(' ').map(|(commit, time)| (commit.to_owned(), time.to_owned()))
}

/// Returns the commit that `cargo package` recorded, without its time.
fn from_package() -> Option<(String, String)> {
    let file = Path::new(".cargo_vcs_info.json");
    let recorded = std::fs::read_to_string(file).ok()?;
    println!("cargo::rerun-if-changed={}", file.display());
    let (_, behind) = recorded.split_once("\"sha1\"")?;
    let commit = behind.split('"').nth(1)?;
    Some((commit.to_owned(), String::new()))
}

/// Returns the first line that git prints about the repository of this folder, whatever the environment names.
fn git(arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    output(command.args(arguments).env_remove("GIT_DIR").env_remove("GIT_WORK_TREE"))
}

/// Returns the first line that a command prints; `None` if it fails or prints nothing.
fn output(command: &mut Command) -> Option<String> {
    let printed = command.output().ok().filter(|printed| printed.status.success())?;
    let line = String::from_utf8(printed.stdout).ok()?.lines().next()?.trim().to_owned();
    (!line.is_empty()).then_some(line)
}
