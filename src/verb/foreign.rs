//! Files that an export would replace: one of the same name that no export of `inv` wrote is refused.
//!
//! An export is known by the names of its columns, in the order of the catalog. Columns of `-c` follow them.

use crate::catalog::{Catalog, Entity, Path};
use crate::error::{Error, Result};
use crate::input::workbook::Sheets;
use crate::output::Style;
use crate::output::json::key_of;
use crate::session;
use crate::value::shown;
use serde_json::{Map, Value as Json};
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path as FilePath;

/// Number of bytes in which the first record of a file is looked for.
const BEGINNING: u64 = 1 << 20;

/// Returns true if the file at `path` would be replaced and is not an export. `is_export` is asked about a file that has
/// a content.
pub(crate) fn is_foreign(path: &FilePath, is_export: impl FnOnce(&FilePath) -> bool) -> bool {
    // What a service account writes for an operator replaces nothing, and its files are not read.
    if session::serves_another() {
        return false;
    }
    match fs::metadata(path) {
        Ok(data) if data.is_file() => data.len() > 0 && !is_export(path),
        Ok(data) => data.is_dir(),
        Err(_) => false,
    }
}

/// Refuses to replace these files.
///
/// # Errors
/// A conflict that names the files, if there are any.
pub(crate) fn refuse(foreign: &[&FilePath]) -> Result<()> {
    let names: Vec<String> = foreign.iter().map(|path| shown::quoted(&path.to_string_lossy())).collect();
    let (message, them) = match names.as_slice() {
        [] => return Ok(()),
        [name] => (format!("{name} is not an export of inv and is not replaced"), "it"),
        names => (format!("{} are not exports of inv and are not replaced", names.join(", ")), "them"),
    };
    Err(Error::exists(message).help(format!("export to another place, or move {them} away first")))
}

/// Columns of the exports of a noun.
pub(crate) struct ExportColumns<'c> {
    /// Catalog of the noun.
    pub(crate) catalog: &'c Catalog,
    /// The noun.
    pub(crate) entity: &'static Entity,
    /// Columns of every export.
    pub(crate) columns: Vec<Path>,
}

impl ExportColumns<'_> {
    /// Returns true if the file begins as an export in this format does. Without a header, its first line has `width`
    /// cells.
    pub(crate) fn begin(&self, style: Style, width: Option<usize>, path: &FilePath) -> bool {
        let has_keys = style.has_keys();
        let names = match style {
            Style::Xlsx => first_sheet(path),
            Style::Csv => cells(path, b','),
            Style::Tsv => cells(path, b'\t'),
            Style::Json | Style::Jsonl => keys(path),
            _ => keys_of_yaml(path),
        };
        names.is_some_and(|names| {
            let has_no_record = has_keys && names.is_empty();
            has_no_record || self.begin_names(&names, has_keys) || width == Some(names.len())
        })
    }

    /// Returns true if the file is the one that an export of all nouns writes.
    pub(crate) fn are_in_set(&self, path: &FilePath) -> bool {
        cells(path, b',').is_some_and(|names| names.iter().eq(self.columns.iter().map(|path| &path.name)))
    }

    /// Returns true if the names are the columns, and then others of the noun. Keys of JSON do not name others.
    fn begin_names(&self, names: &[String], has_keys: bool) -> bool {
        // A quantity has a second column for its bytes in workbooks and JSON.
        let bytes = if has_keys { "_bytes" } else { ".bytes" };
        let mut names = names.iter().filter(|name| !name.ends_with(bytes));
        let name_of = |path: &Path| if has_keys { key_of(&path.name).into_owned() } else { path.name.clone() };
        self.columns.iter().all(|path| names.next().is_some_and(|name| *name == name_of(path)))
            && names.all(|name| has_keys || Path::parse(self.catalog, self.entity, name).is_ok())
    }
}

/// Returns true if the file is a workbook of these nouns.
pub(crate) fn is_whole_workbook(nouns: &[ExportColumns<'_>], path: &FilePath) -> bool {
    let Ok(sheets) = Sheets::open(path).and_then(|mut sheets| sheets.headers()) else { return false };
    let is_of = |((sheet, header), noun): (&(String, Vec<String>), &ExportColumns<'_>)| {
        sheet == noun.entity.plural && noun.begin_names(header, false)
    };
    sheets.len() == nouns.len() && sheets.iter().zip(nouns).all(is_of)
}

/// Returns the beginning of a file as text. Its last character may be cut in two.
fn text(path: &FilePath) -> Option<String> {
    let mut bytes = Vec::new();
    beginning(path)?.read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Opens the beginning of a file.
fn beginning(path: &FilePath) -> Option<BufReader<std::io::Take<File>>> {
    Some(BufReader::new(File::open(path).ok()?.take(BEGINNING)))
}

/// Returns the cells of the first line.
fn cells(path: &FilePath, delimiter: u8) -> Option<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(beginning(path)?);
    let mut record = csv::StringRecord::new();
    reader.read_record(&mut record).ok()?.then(|| record.iter().map(str::to_owned).collect())
}

/// Returns the texts of the first row of the only sheet.
fn first_sheet(path: &FilePath) -> Option<Vec<String>> {
    let mut sheets = Sheets::open(path).and_then(|mut sheets| sheets.headers()).ok()?;
    let (_, header) = sheets.pop()?;
    sheets.is_empty().then_some(header)
}

/// Returns the keys of the first object of JSON or JSON lines.
fn keys(path: &FilePath) -> Option<Vec<String>> {
    let text = text(path)?;
    let text = text.trim_start();
    let objects = text.strip_prefix('[').unwrap_or(text).trim_start();
    if objects.starts_with(']') {
        return Some(Vec::new());
    }
    let mut objects = serde_json::Deserializer::from_str(objects).into_iter::<Map<String, Json>>();
    Some(objects.next()?.ok()?.into_iter().map(|(key, _)| key).collect())
}

/// Returns the keys of the first item of a list in YAML.
fn keys_of_yaml(path: &FilePath) -> Option<Vec<String>> {
    let text = text(path)?;
    if text.trim() == "[]" {
        return Some(Vec::new());
    }
    let first = text.strip_prefix("- ")?;
    let item = first.split("\n- ").next()?;
    let is_key = |line: &&str| !line.starts_with([' ', '-']);
    let lines =
        item.lines().enumerate().filter_map(|(at, line)| if at == 0 { Some(line) } else { line.strip_prefix("  ") });
    lines.filter(is_key).map(|line| line.split_once(':').map(|(key, _)| key.to_owned())).collect()
}
