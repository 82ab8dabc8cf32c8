//! Has the linker make a program that starts fast: it carries the little of the compiler's library that it needs, not
//! to load all of it at each start (docs/decisions/0030-what-every-command-pays.md), and the functions that small
//! commands run lie beside each other (docs/decisions/0043-what-small-commands-run-lies-together.md).

// A build script speaks to cargo on its standard output.
#![allow(clippy::disallowed_macros)]

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Which functions those are.
const LAYOUT: &str = "layout.ld";
/// What `mold -run` sets for the commands that it takes the linker's place in.
const MOLD: &str = "MOLD_PATH";

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={LAYOUT}");
    println!("cargo:rerun-if-env-changed={MOLD}");
    let target = |what: &str| env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
        // The linker looks here first, and takes this script for the shared library of that name.
        fs::write(folder.join("libgcc_s.so"), "INPUT(-lgcc_eh -lgcc)\n")?;
        println!("cargo:rustc-link-search=native={}", folder.display());
        let is = |name: &str, value: &str| env::var(name).is_ok_and(|told| told == value);
        // Debuggers and profilers look for the names of functions in one section alone.
        if is("PROFILE", "release") && is("DEBUG", "false") && !has_own_linker() {
            let package = env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?;
            println!("cargo:rustc-link-arg-bins=-T{}", Path::new(&package).join(LAYOUT).display());
        }
    }
    Ok(())
}

/// Whether somebody chose how to link: not every linker reads such a script.
fn has_own_linker() -> bool {
    let linker = ["RUSTC_LINKER", MOLD].into_iter().any(|name| env::var_os(name).is_some());
    linker || env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("link"))
}
