//! Plans of an import in a file: the options of the command line, and what they were worked out from. Nothing of the
//! input is in it but its hash.

use crate::error::{Error, Result};
use crate::value::shown;
use clap::ArgMatches;
use clap::parser::ValueSource;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Version of the format.
const FORMAT: u64 = 1;

/// Options that are not part of a plan.
const OWN: [&str; 7] = ["file", "plan", "plan-file", "exit-code", "dry-run", "message", "rejects"];

/// A plan of an import.
#[derive(Debug)]
pub(super) struct PlanFile {
    /// Words of the command line, behind `inv import`.
    pub(super) words: Vec<String>,
    /// Path of the input.
    pub(super) path: PathBuf,
    /// Number of the last change of the inventory.
    pub(super) change: i64,
    /// SHA-256 of the input.
    hash: String,
}

impl PlanFile {
    /// Returns the plan of a command line; `is_own` is true of the options that belong to the command.
    ///
    /// # Errors
    /// The input cannot be read.
    pub(super) fn new(path: &Path, matches: &ArgMatches, is_own: impl Fn(&str) -> bool, change: i64) -> Result<Self> {
        let path = path.canonicalize().map_err(|error| cannot_read(path, error))?;
        let mut words = vec![path.to_string_lossy().into_owned()];
        for id in matches.ids().map(clap::Id::as_str).filter(|id| !OWN.contains(id) && is_own(id)) {
            if matches.value_source(id) != Some(ValueSource::CommandLine) {
                continue;
            }
            match matches.try_get_many::<String>(id) {
                Ok(values) => words.extend(values.into_iter().flatten().map(|value| format!("--{id}={value}"))),
                Err(_) => words.push(format!("--{id}")),
            }
        }
        let hash = hash_of(&path)?;
        Ok(Self { words, path, change, hash })
    }

    /// Reads a plan, and makes sure that its input is as it was.
    ///
    /// # Errors
    /// The file is no plan, or the input has changed.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).map_err(|error| cannot_read(file, error))?;
        let no_plan = || Error::failed(format!("{} is not a plan", named(file))).help("write a plan with --plan=FILE");
        let plan: Json = serde_json::from_str(&text).map_err(|_| no_plan())?;
        let words = plan["arguments"].as_array().map(|words| words.iter().filter_map(Json::as_str));
        let words: Vec<String> = words.ok_or_else(no_plan)?.map(str::to_owned).collect();
        let (Some(FORMAT), Some(change), Some(hash), Some(path)) =
            (plan["format"].as_u64(), plan["change"].as_i64(), plan["input_sha256"].as_str(), words.first())
        else {
            return Err(no_plan());
        };
        let plan = Self { path: PathBuf::from(path), change, hash: hash.to_owned(), words };
        if hash_of(&plan.path)? == plan.hash {
            return Ok(plan);
        }
        Err(Error::conflict(format!("{} has changed since the plan; nothing was imported", named(&plan.path)))
            .help("write the plan again with --plan=FILE"))
    }

    /// Writes the plan.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let plan = json!({
            "format": FORMAT, "arguments": self.words, "change": self.change, "input_sha256": self.hash,
        });
        std::fs::write(file, format!("{plan:#}\n"))
            .map_err(|error| Error::io(format!("cannot write {}", named(file)), error))
    }
}

/// The SHA-256 of a file, or of the files of a folder with their names, in hexadecimal.
fn hash_of(path: &Path) -> Result<String> {
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(|error| cannot_read(path, error))?;
        files = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
        files.sort();
    }
    let mut hash = Sha256::new();
    for file in files {
        let bytes = std::fs::read(&file).map_err(|error| cannot_read(&file, error))?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        hash.update(format!("{name}\0{}\0", bytes.len()));
        hash.update(&bytes);
    }
    Ok(hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn named(path: &Path) -> String {
    shown::quoted(&path.to_string_lossy())
}

fn cannot_read(path: &Path, error: std::io::Error) -> Error {
    Error::io(format!("cannot read {}", named(path)), error)
}
