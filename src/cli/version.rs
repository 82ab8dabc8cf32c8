//! `inv -V`: the version, and with `-v` what this program was built from.

use crate::error::Result;
use crate::store::{self, engine_build};
use crate::value::time;
use std::ffi::OsString;
use std::fmt::Write;

/// Returns the answer to `-V`.
///
/// # Errors
/// The engine does not describe itself.
pub(super) fn text(arguments: &[OsString]) -> Result<String> {
    let mut text = concat!("inv ", env!("CARGO_PKG_VERSION"), "\n").to_owned();
    if !is_verbose(arguments) {
        return Ok(text);
    }
    let or = |value: &'static str, other: &'static str| if value.is_empty() { other } else { value };
    let date = env!("INV_BUILD_COMMIT_TIME").parse().ok().and_then(time::of_second);
    let engine = engine_build()?;
    let lines = [
        ("commit", or(env!("INV_BUILD_COMMIT"), "unknown").to_owned()),
        ("date", date.unwrap_or_else(|| "unknown".to_owned())),
        ("target", env!("INV_BUILD_TARGET").to_owned()),
        ("profile", env!("INV_BUILD_PROFILE").to_owned()),
        ("compiler", or(env!("INV_BUILD_COMPILER"), "unknown").to_owned()),
        ("features", or(env!("INV_BUILD_FEATURES"), "none").to_owned()),
        ("schema", store::VERSION.to_string()),
        ("sqlite", engine.version),
        ("sqlite source", engine.source),
        ("sqlite options", engine.options.join(", ")),
    ];
    for (name, value) in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    }
    Ok(text)
}

/// Tests if `-v` or `--verbose` is among the arguments; clap parses none after `-V`.
fn is_verbose(arguments: &[OsString]) -> bool {
    let words = arguments.iter().skip(1).filter_map(|word| word.to_str()).take_while(|word| *word != "--");
    let is_switches = |letters: &str| letters.bytes().all(|letter| b"Vhqv".contains(&letter));
    words.into_iter().any(|word| {
        let letters = word.strip_prefix('-').filter(|letters| is_switches(letters));
        word == "--verbose" || letters.is_some_and(|letters| letters.contains('v'))
    })
}
