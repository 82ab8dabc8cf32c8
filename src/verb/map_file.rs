//! Mapping files: how the columns of a kind of file are read, as TOML that a team shares (`--map-file`, `--save-map`).
//!
//! A file has the options of an import under their names, and three tables: `columns` (`--map`), `unit` and `set`.

use super::arguments::{option, options, switch};
use super::faults::write_whole;
use super::list::number;
use super::mapping::Mapping;
use crate::catalog::Entity;
use crate::error::{Error, Result};
use crate::value::shown;
use clap::ArgMatches;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Size of the largest mapping file in bytes.
const LIMIT: u64 = 1 << 20;

/// Options of an import that say how a file is laid out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub(crate) struct LayoutOptions {
    /// Noun that the columns are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    noun: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u64>,
    #[serde(skip_serializing_if = "is_off")]
    pub no_header: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_format: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub null: Vec<String>,
    #[serde(skip_serializing_if = "is_off")]
    ignore_unknown: bool,
    #[serde(skip_serializing_if = "Vec::is_empty", rename = "where")]
    conditions: Vec<String>,
    /// Fields by the headings, as `--map` has them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    columns: BTreeMap<String, String>,
    /// Units by the fields.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unit: BTreeMap<String, String>,
    /// Texts that every row has, by the fields.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    set: BTreeMap<String, String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_off(switch: &bool) -> bool {
    !*switch
}

impl LayoutOptions {
    /// Reads the options of the command line, and those of its mapping file that it does not have itself.
    ///
    /// # Errors
    /// The mapping file cannot be read, has another form, or is one for another noun.
    pub(crate) fn of(entity: &Entity, matches: &ArgMatches) -> Result<Self> {
        let file = match option(matches, "map-file") {
            Some(path) => Self::read(entity, Path::new(path))?,
            None => Self::default(),
        };
        let text = |name: &str, of_file: Option<String>| option(matches, name).map(str::to_owned).or(of_file);
        let texts = |name: &str, of_file: Vec<String>| {
            let own: Vec<String> = options(matches, name).into_iter().map(str::to_owned).collect();
            if own.is_empty() { of_file } else { own }
        };
        let header_row = number(matches, "header-row")?;
        let null = options(matches, "null").into_iter().flat_map(|words| words.split(','));
        let null: Vec<String> = null.map(|word| word.trim().to_owned()).collect();
        let has_header = header_row.is_some();
        Ok(Self {
            sheet: text("sheet", file.sheet),
            delimiter: text("delimiter", file.delimiter),
            encoding: text("encoding", file.encoding),
            no_header: switch(matches, "no-header") || file.no_header && !has_header,
            header_row: header_row.or(file.header_row.filter(|_| !switch(matches, "no-header"))),
            decimal: text("decimal", file.decimal),
            date_format: text("date-format", file.date_format),
            null: if null.is_empty() { file.null } else { null },
            ignore_unknown: switch(matches, "ignore-unknown") || file.ignore_unknown,
            conditions: texts("where", file.conditions),
            ..file
        })
    }

    fn read(entity: &Entity, path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let cannot_open = |error| Error::io(format!("cannot open {}", shown::quoted(&name)), error);
        let size = std::fs::metadata(path).map_err(cannot_open)?.len();
        if size > LIMIT {
            return Err(Error::failed(format!("{} is too large for a mapping", shown::quoted(&name))));
        }
        let text = std::fs::read(path).map_err(cannot_open)?;
        let text = String::from_utf8_lossy(&text);
        let file: Self = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let reason = shown::shown(error.message().lines().next().unwrap_or_default()).into_owned();
            Error::failed(format!("{}:{line}: {reason}", shown::shown(&name)))
                .help("--save-map FILE writes a mapping in the right form")
        })?;
        match &file.noun {
            Some(noun) if noun != entity.noun => Err(Error::usage(format!(
                "{} is a mapping for inv {noun} import, not for {}",
                shown::quoted(&name),
                entity.labels.1
            ))),
            _ => Ok(file),
        }
    }

    /// Returns what the command line and the mapping file say of columns.
    ///
    /// # Errors
    /// An option is wrong.
    pub(crate) fn mapping(&self, matches: &ArgMatches) -> Result<Mapping> {
        let [columns, units, constants] = ["map", "unit", "set"].map(|name| options(matches, name));
        let mut mapping = Mapping::parse(&columns, &units, &constants)?;
        mapping.add_file(&self.columns, &self.unit, &self.set);
        mapping.ignores_unknown = self.ignore_unknown;
        mapping.conditions.clone_from(&self.conditions);
        Ok(mapping)
    }

    /// Writes the mapping with which a file was read, where `columns` are the headings that are not of `inv`, with what
    /// each was read as.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write(
        &self,
        path: &Path,
        entity: &Entity,
        mapping: &Mapping,
        columns: &[(String, String)],
    ) -> Result<()> {
        let pairs = |pairs: &[(String, String)]| pairs.iter().cloned().collect();
        let file = Self {
            noun: Some(entity.noun.to_owned()),
            columns: pairs(columns),
            unit: pairs(mapping.units()),
            set: pairs(mapping.constants()),
            // Every column of this file is listed.
            ignore_unknown: false,
            ..self.clone()
        };
        let text =
            toml::to_string(&file).map_err(|error| Error::failed(format!("cannot write the mapping: {error}")))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        write_whole(path, |out| {
            let head =
                "# Columns of a file and what they are: \"HEADING\" = \"FIELD\", \"FIELD:UNIT\" or \"-\" (not used).";
            let usage = format!("# inv {} import FILE --map-file {}", entity.noun, shown::shown(&name));
            write!(out, "{head}\n{usage}\n\n{text}").map_err(Error::output)
        })
    }
}
