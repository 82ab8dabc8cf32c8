//! `--map` and its kin: what the columns of a foreign file are, told on the command line.

use crate::catalog::column::same_name;
use crate::error::{Error, Result};
use crate::value::shown::quoted;

/// Destination of a column that means nothing to the inventory.
const IGNORED: &str = "-";

/// Columns of a file as the command line describes them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mapping {
    /// The headings, with what each is.
    columns: Vec<(String, Mapped)>,
    /// Units of the numbers in columns, by the name of the field.
    units: Vec<(String, String)>,
    /// Texts that every row has, by the name of the field.
    constants: Vec<(String, String)>,
    /// True if columns that mean nothing are left out.
    pub ignores_unknown: bool,
    /// Conditions on the cells of a row that is imported.
    pub conditions: Vec<String>,
}

/// Destination of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mapped {
    Ignored,
    /// A field or collection, and the unit of its numbers.
    To(String, Option<String>),
}

impl Mapping {
    /// Parses the values of `--map`, `--unit` and `--set`.
    ///
    /// # Errors
    /// A part lacks its `=`.
    pub(crate) fn parse(columns: &[&str], units: &[&str], constants: &[&str]) -> Result<Self> {
        let mut mapping = Self::default();
        for list in columns {
            for part in parts(list)? {
                let (heading, to) = pair("--map", &part, "HEADING=FIELD, as in 'Nom=name,RAM=memory:MB,Notes=-'")?;
                let mapped = match (to, to.split_once(':')) {
                    (IGNORED, _) => Mapped::Ignored,
                    (_, Some((name, unit))) => Mapped::To(name.trim().to_owned(), Some(unit.trim().to_owned())),
                    (name, None) => Mapped::To(name.to_owned(), None),
                };
                mapping.columns.push((heading.to_owned(), mapped));
            }
        }
        for text in units {
            let (name, unit) = pair("--unit", text, "FIELD=UNIT, as in memory=MiB")?;
            mapping.units.push((name.to_owned(), unit.to_owned()));
        }
        for text in constants {
            let (name, value) = pair("--set", text, "FIELD=VALUE, as in pool=prod")?;
            mapping.constants.push((name.to_owned(), value.to_owned()));
        }
        Ok(mapping)
    }

    /// Returns what the command line says of a heading: as it is written, else without case, blanks, `_` and `-`.
    pub(super) fn of(&self, heading: &str) -> Option<&Mapped> {
        let exact = self.columns.iter().find(|(other, _)| other == heading);
        exact.or_else(|| self.columns.iter().find(|(other, _)| same_name(other, heading))).map(|(_, mapped)| mapped)
    }

    /// Returns the unit of the bare numbers of a field.
    pub(super) fn unit(&self, name: &str) -> Option<&str> {
        self.units.iter().find(|(other, _)| same_name(other, name)).map(|(_, unit)| unit.as_str())
    }

    /// Returns the fields that every row has, with their texts.
    pub(super) fn constants(&self) -> &[(String, String)] {
        &self.constants
    }

    /// Returns the names of fields, each with the option that has it.
    pub(super) fn names(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let mapped = self.columns.iter().filter_map(|(_, mapped)| match mapped {
            Mapped::To(name, _) => Some(("--map", name.as_str())),
            Mapped::Ignored => None,
        });
        mapped.chain(self.units.iter().map(|(name, _)| ("--unit", name.as_str())))
    }

    /// Returns the headings that the file does not have.
    pub(super) fn missing<'m>(&'m self, columns: &[String]) -> Vec<&'m str> {
        let is_there = |heading: &str| columns.iter().any(|column| same_name(column, heading));
        self.columns.iter().map(|(heading, _)| heading.as_str()).filter(|heading| !is_there(heading)).collect()
    }
}

/// Splits `A=b,"C, d"=e` at commas outside quotes, as one row of CSV.
fn parts(list: &str) -> Result<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(list.as_bytes());
    let mut row = csv::StringRecord::new();
    let is_row = reader.read_record(&mut row).is_ok_and(|is_row| is_row);
    if is_row { Ok(row.iter().map(str::to_owned).collect()) } else { Err(no_pair("--map", list, "HEADING=FIELD")) }
}

fn pair<'t>(option: &str, text: &'t str, example: &str) -> Result<(&'t str, &'t str)> {
    let (left, right) = text.rsplit_once('=').ok_or_else(|| no_pair(option, text, example))?;
    let (left, right) = (left.trim(), right.trim());
    if left.is_empty() || right.is_empty() { Err(no_pair(option, text, example)) } else { Ok((left, right)) }
}

fn no_pair(option: &str, text: &str, example: &str) -> Error {
    let (form, example) = example.split_once(", as in ").unwrap_or((example, "'Nom=name,RAM=memory:MB,Notes=-'"));
    Error::usage(format!("{option} must be {form}, not {}", quoted(text)))
        .help(format!("for example {option} {example}"))
}
