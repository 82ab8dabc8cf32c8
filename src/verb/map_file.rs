//! Mapping files: how the columns of a kind of file are read, as TOML that a team shares (`--map-file`, `--save-map`).
//!
//! A file has the options of an import under their names, and three tables: `map`, `unit` and `set`.

use super::arguments::{option, options, switch};
use super::list::number;
use super::mapping::{Mapping, UNIT_OF};
use super::replacement::write_whole;
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
    pub strict: bool,
    #[serde(skip_serializing_if = "is_off")]
    ignore_unknown: bool,
    #[serde(skip_serializing_if = "Vec::is_empty", rename = "where")]
    conditions: Vec<String>,
    /// Fields by the headings, as `--map` has them.
    #[serde(skip_serializing)]
    map: BTreeMap<String, String>,
    /// Units by the fields.
    #[serde(skip_serializing)]
    unit: BTreeMap<String, String>,
    /// Texts that every row has, by the fields.
    #[serde(skip_serializing)]
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
        // Each of these options is the opposite of --strict, wherever that is.
        let is_strict = switch(matches, "strict");
        let is_spelled = ["decimal", "date-format", "null"].iter().any(|name| !options(matches, name).is_empty());
        Ok(Self {
            sheet: text("sheet", file.sheet),
            delimiter: text("delimiter", file.delimiter),
            encoding: text("encoding", file.encoding),
            no_header: switch(matches, "no-header") || file.no_header && !has_header,
            header_row: header_row.or(file.header_row.filter(|_| !switch(matches, "no-header"))),
            decimal: text("decimal", file.decimal).filter(|_| !is_strict),
            date_format: text("date-format", file.date_format).filter(|_| !is_strict),
            null: if null.is_empty() && !is_strict { file.null } else { null },
            strict: is_strict || (file.strict && !is_spelled),
            ignore_unknown: switch(matches, "ignore-unknown") || file.ignore_unknown,
            conditions: texts("where", file.conditions),
            ..file
        })
    }

    fn read(entity: &Entity, path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let cannot_open = |error| Error::io(format!("cannot read {}", shown::shown(&name)), error);
        let size = std::fs::metadata(path).map_err(cannot_open)?.len();
        if size > LIMIT {
            return Err(Error::failed(format!("{} is too large for a mapping", shown::quoted(&name)))
                .help("write a mapping file with inv NOUN import FILE --save-map MAPPING"));
        }
        let text = std::fs::read(path).map_err(cannot_open)?;
        let text = String::from_utf8_lossy(&text);
        let file: Self = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let reason = error.message().replace('`', "\"");
            let reason = shown::shown(reason.lines().next().unwrap_or_default()).into_owned();
            Error::failed(format!("{}:{line}: {reason}", shown::shown(&name)))
                .help("compare with a file that inv NOUN import FILE --save-map MAPPING writes")
        })?;
        match &file.noun {
            Some(noun) if noun != entity.noun => Err(Error::usage(format!(
                "the mapping file is for the noun {}, not for {}",
                shown::quoted(noun),
                shown::quoted(entity.noun)
            ))
            .help("remove the line \"noun\" from the mapping file, or pass another one")),
            _ => Ok(file),
        }
    }

    /// Returns what the command line and the mapping file say of columns.
    ///
    /// # Errors
    /// An option is wrong.
    pub(crate) fn mapping(&self, matches: &ArgMatches) -> Result<Mapping> {
        let [columns, units, constants] = ["map", UNIT_OF, "set"].map(|name| options(matches, name));
        let mut mapping = Mapping::parse(&columns, &units, &constants)?;
        mapping.add_file(&self.map, &self.unit, &self.set);
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
        let pairs = |pairs: &[(String, String)]| -> BTreeMap<String, String> { pairs.iter().cloned().collect() };
        let file = Self { noun: Some(entity.noun.to_owned()), ..self.clone() };
        let failed = |error: toml::ser::Error| Error::failed(format!("cannot write the mapping: {error}"));
        let mut text = format!(
            "# Layout of a file of {}. Use it with: inv {} import FILE --map-file MAPPING\n\
             # Options of the command line replace the values below. All keys are names of options.\n\n",
            entity.labels.1, entity.noun
        );
        text.push_str(&toml::to_string(&file).map_err(failed)?);
        for (explanation, key, pairs) in [
            (
                "Heading = field; behind a colon the unit of its numbers; \"-\" ignores the column",
                "map",
                pairs(columns),
            ),
            ("Field = unit of numbers without one", "unit", pairs(mapping.units())),
            ("Field = value of all rows", "set", pairs(mapping.constants())),
        ] {
            if !pairs.is_empty() {
                text.extend(["\n# ", explanation, "\n[", key, "]\n", &toml::to_string(&pairs).map_err(failed)?]);
            }
        }
        write_whole(path, |out| out.write_all(text.as_bytes()).map_err(Error::output))
    }
}
