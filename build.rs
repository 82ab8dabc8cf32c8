//! Has the program carry the little of the compiler's library that it needs, rather than load all of it at each start:
//! see docs/decisions/0030-what-every-command-pays.md.

// A build script speaks to cargo on its standard output.
#![allow(clippy::disallowed_macros)]

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |what: &str| env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
        // The linker looks here first, and takes this script for the shared library of that name.
        fs::write(folder.join("libgcc_s.so"), "INPUT(-lgcc_eh -lgcc)\n")?;
        println!("cargo:rustc-link-search=native={}", folder.display());
    }
    Ok(())
}
