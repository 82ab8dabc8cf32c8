//! `--map` and its kin: meanings of the columns of a foreign file, from the command line.

use crate::catalog::column::same_name;
use crate::error::{Error, Result};
use crate::value::shown::quoted;
use std::collections::BTreeMap;

/// Id of `--unit` on imports.
pub(super) const UNIT_OF: &str = "unit-of";
/// Destination of a column that means nothing to the inventory.
pub(super) const IGNORED: &str = "-";

/// Columns of a file as the command line describes them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mapping {
    /// The headings, with what each is.
    columns: Vec<(String, Mapped)>,
    /// Number of those that the command line has; the others are of a mapping file.
    own_columns: usize,
    /// Units of the numbers in columns, by the name of the field.
    units: Vec<(String, String)>,
    /// Number of those that the command line has.
    own_units: usize,
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

impl Mapped {
    /// Parses `FIELD`, `FIELD:UNIT` or `-`.
    fn parse(to: &str) -> Self {
        match (to, to.split_once(':')) {
            (IGNORED, _) => Self::Ignored,
            (_, Some((name, unit))) => Self::To(name.trim().to_owned(), Some(unit.trim().to_owned())),
            (name, None) => Self::To(name.to_owned(), None),
        }
    }
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
                mapping.columns.push((heading.to_owned(), Mapped::parse(to)));
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
        (mapping.own_columns, mapping.own_units) = (mapping.columns.len(), mapping.units.len());
        Ok(mapping)
    }

    /// Adds what a mapping file says; the command line takes precedence.
    pub(super) fn add_file(
        &mut self,
        columns: &BTreeMap<String, String>,
        units: &BTreeMap<String, String>,
        constants: &BTreeMap<String, String>,
    ) {
        self.columns.extend(columns.iter().map(|(heading, to)| (heading.clone(), Mapped::parse(to))));
        self.units.extend(units.iter().map(|(name, unit)| (name.clone(), unit.clone())));
        for (name, text) in constants {
            if !self.constants.iter().any(|(other, _)| same_name(other, name)) {
                self.constants.push((name.clone(), text.clone()));
            }
        }
    }

    /// Adds what the user says of a column; `None` for one that is not used.
    pub(super) fn add_answer(&mut self, heading: &str, field: Option<&str>) {
        let mapped = field.map_or(Mapped::Ignored, |field| Mapped::To(field.to_owned(), None));
        self.columns.push((heading.to_owned(), mapped));
    }

    /// Returns the units of fields.
    pub(super) fn units(&self) -> &[(String, String)] {
        &self.units
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
        let option = |own: &'static str, place: usize, count: usize| if place < count { own } else { "--map-file" };
        let mapped = self.columns.iter().enumerate().filter_map(move |(place, (_, mapped))| match mapped {
            Mapped::To(name, _) => Some((option("--map", place, self.own_columns), name.as_str())),
            Mapped::Ignored => None,
        });
        let units = self.units.iter().enumerate();
        mapped.chain(units.map(move |(place, (name, _))| (option("--unit", place, self.own_units), name.as_str())))
    }

    /// Returns the headings of the command line that the file does not have.
    pub(super) fn missing<'m>(&'m self, columns: &[String]) -> Vec<&'m str> {
        let is_there = |heading: &str| columns.iter().any(|column| same_name(column, heading));
        let own = self.columns.iter().take(self.own_columns);
        own.map(|(heading, _)| heading.as_str()).filter(|heading| !is_there(heading)).collect()
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
