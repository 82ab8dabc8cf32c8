//! The header of a file that is imported: what each of its columns is for, and what is wrong with it.

use super::computed;
use super::dump::{self, Tables};
use super::faults;
use super::intake::{self, Target};
use super::mapping::{self, Mapped, Mapping};
use crate::catalog::column::Path;
use crate::catalog::column::same_name;
use crate::catalog::{Catalog, Entity, Kind, headings};
use crate::error::{Error, Result};
use crate::input::Record;
use crate::input::notes::{NoteKind, Notes, Topic};
use crate::value::{shown, similar};

/// Column of the ids that records have in the inventory.
const ID: &str = "id";
/// The column of the whole path.
pub(super) const PATH: &str = "path";
/// Column of the ids that a source has for its records.
pub(super) const EXTERNAL_ID: &str = "external-id";

static READ_AS: Topic = Topic::new(NoteKind::Remark, "read {items}", usize::MAX);
static COMPUTED: Topic = Topic::new(NoteKind::Remark, "skipped {n} computed column{s}", usize::MAX);
static IGNORED: Topic = Topic::new(NoteKind::Unused, "{n} column{s} {is} not used", 0);

/// Ids of a source for the records of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExternalIds {
    /// The rows are not of a source.
    None,
    /// The reader of the source has them.
    OfReader,
    /// The column `external-id` has them.
    InColumn,
}

/// The columns of a file, and what each is for.
pub(super) struct Header {
    entity: &'static Entity,
    external_ids: ExternalIds,
    mapping: Mapping,
    targets: Vec<Target>,
    /// Columns whose bare numbers have a unit, with that unit.
    units: Vec<(usize, String)>,
    /// Texts that every row has.
    constants: Vec<(Target, String)>,
    /// Columns that are computed.
    computed: Vec<(usize, Path)>,
    /// True if a column was recognised by a heading that is not of `inv`.
    is_foreign: bool,
    /// True if the header may stand below other lines.
    pub(super) is_below_others: bool,
    /// True if the file has keys of a database.
    is_dump: bool,
    tables: Tables,
    notes: Notes,
    /// Headings that are not of `inv`, with what each was read as, in the form of `--map`.
    meanings: Vec<(String, String)>,
}

/// Destination of one column.
struct Plan {
    target: Target,
    /// Name of the field, if the heading is another one.
    read_as: Option<String>,
    unit: Option<String>,
}

/// Faults of a header.
#[derive(Debug)]
pub(super) struct WrongColumns {
    /// A sentence for each.
    sentences: Vec<String>,
    /// True if rows can be checked nonetheless.
    pub(super) can_go_on: bool,
}

impl WrongColumns {
    /// Returns an error for each.
    pub(super) fn errors(&self) -> Vec<Error> {
        self.sentences.iter().map(Error::failed).collect()
    }
}

impl Header {
    pub(super) fn new(
        catalog: &Catalog,
        entity: &'static Entity,
        external_ids: ExternalIds,
        mapping: Mapping,
        tables: Tables,
    ) -> Result<Self> {
        let is_id = |name: &str| same_name(name, ID) || same_name(name, EXTERNAL_ID);
        let is_known = |name: &str| is_id(name) || intake::target(catalog, entity, name).is_some();
        if let Some((option, name)) = mapping.names().find(|(_, name)| !is_known(name)) {
            return Err(no_field(option, entity, name));
        }
        let constant = |(name, text): &(String, String)| {
            let target = intake::target(catalog, entity, name).ok_or_else(|| no_field("--set", entity, name))?;
            Ok((target, text.clone()))
        };
        let constants = mapping.constants().iter().map(constant).collect::<Result<_>>()?;
        let (targets, units, computed, notes) = (Vec::new(), Vec::new(), Vec::new(), Notes::default());
        Ok(Self {
            entity,
            external_ids,
            mapping,
            targets,
            units,
            constants,
            computed,
            is_foreign: false,
            is_below_others: false,
            is_dump: false,
            tables,
            notes,
            meanings: Vec::new(),
        })
    }

    /// Returns the texts that every row has, with their targets.
    pub(super) fn constants(&self) -> &[(Target, String)] {
        &self.constants
    }

    /// Returns the columns that are computed, with their indices.
    pub(super) fn computed(&self) -> &[(usize, Path)] {
        &self.computed
    }

    /// Returns true if a heading is not one of `inv`'s own.
    pub(super) const fn is_foreign(&self) -> bool {
        self.is_foreign
    }

    /// Takes the notes on columns that were recognised or left out.
    pub(super) fn take_notes(&mut self) -> Notes {
        std::mem::take(&mut self.notes)
    }

    /// Takes the headings that are not of `inv`, with what each was read as.
    pub(super) fn take_meanings(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.meanings)
    }

    /// Writes the unit of a column behind its bare numbers.
    pub(super) fn complete(&self, record: &mut Record) {
        for (column, unit) in &self.units {
            record.replace(*column, |text| with_unit(text, unit));
        }
    }

    /// Returns whether there is a column of ids of the inventory, or of whole paths.
    pub(super) fn has_ids(&self) -> bool {
        self.targets.iter().any(|target| matches!(target, Target::Id | Target::Path))
    }

    /// Returns whether there is a column that names records, or they need no name.
    pub(super) fn has_name(&self) -> bool {
        let mut names = self.entity.names.iter().filter_map(|name| self.entity.position(name));
        let is_name = |place| {
            let names =
                |target: &Target| matches!(target, Target::Name) || matches!(target, Target::Field(at) if *at == place);
            self.targets.iter().any(names)
        };
        self.entity.numbered.is_some() || self.entity.names.is_empty() || names.any(is_name)
    }

    /// Target of each column that has been read.
    pub(super) fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Takes in columns that are not known yet. A column that is unknown does not end the reading: the rows are checked
    /// without it, or with what its name is nearest to.
    pub(super) fn learn(&mut self, catalog: &Catalog, columns: &[String]) -> Result<(), WrongColumns> {
        if self.targets.len() == columns.len() {
            return Ok(());
        }
        let first = self.targets.is_empty();
        self.is_dump = self.is_dump || dump::is_dump(self.entity, columns);
        let is_of_others =
            |column: &String| !self.is_own(catalog, column) && self.understood(catalog, column, columns).is_some();
        self.is_foreign = self.is_foreign || columns.iter().any(is_of_others);
        let mut unknown_columns = Vec::new();
        let mut wrong = Vec::new();
        for (index, column) in columns.iter().enumerate().skip(self.targets.len()) {
            match self.plan(catalog, column, columns) {
                Ok(plan) => self.take_in(index, column, plan),
                Err(text) => {
                    unknown_columns.push((index, text));
                    self.targets.push(Target::Derived);
                }
            }
        }
        // JSON has the path beside the id, which identifies the record where both are.
        if self.targets.iter().any(|target| matches!(target, Target::Id | Target::ExternalId)) {
            let paths = self.targets.iter_mut().filter(|target| matches!(target, Target::Path));
            paths.for_each(|target| *target = Target::Derived);
        }
        for (index, _) in &unknown_columns {
            if let Some(target) = columns.get(*index).and_then(|column| self.nearest(catalog, column)) {
                let unit = self.unit_of(target).map(|unit| (*index, format!(" {unit}")));
                self.units.extend(unit);
                self.targets.iter_mut().skip(*index).take(1).for_each(|slot| *slot = target);
            }
        }
        // The columns of the inventory are listed once.
        let no_column = no_column(self.entity);
        if let Some((_, text)) = unknown_columns.iter_mut().find(|(_, text)| text.ends_with(&no_column)) {
            text.push_str(" (columns: ");
            text.push_str(&self::columns(self.entity).join(", "));
            text.push_str("; map others with --map 'HEADING=FIELD', skip them with --ignore-unknown");
            if self.is_below_others && self.targets.iter().all(|target| matches!(target, Target::Derived)) {
                text.push_str(", pass --header-row N for a header below a title");
            }
            text.push(')');
        }
        // JSON has new columns as it goes on.
        if first && self.is_below_others {
            let missing = self.mapping.missing(columns);
            wrong.extend(
                missing.iter().map(|heading| format!("the column {} of --map is missing", shown::quoted(heading))),
            );
        }
        let mut others: Vec<(Target, &String)> = Vec::new();
        for (target, column) in self.targets.iter().zip(columns) {
            if matches!(target, Target::Derived | Target::Bytes(_)) {
                continue;
            }
            if self.constants.iter().any(|(other, _)| other == target) {
                wrong.push(format!("the column {} and --set set the same field", shown::quoted(column)));
            }
            if self.gathers(catalog, *target, column) {
                continue;
            }
            let other = others.iter().find(|(other, _)| other == target).map(|(_, column)| *column);
            others.push((*target, column));
            if let Some(other) = other {
                wrong.push(format!(
                    "the columns {} and {} have the same meaning (skip one with --map {})",
                    shown::quoted(other),
                    shown::quoted(column),
                    shown::quoted(&format!("{column}=-"))
                ));
            }
        }
        let missing = if first && wrong.is_empty() { self.missing() } else { None };
        let can_go_on = wrong.is_empty() && missing.is_none();
        // A column that is missing may be one of those that are unknown.
        wrong.extend(missing.filter(|_| unknown_columns.is_empty()));
        let sentences: Vec<String> = unknown_columns.into_iter().map(|(_, text)| text).chain(wrong).collect();
        if sentences.is_empty() { Ok(()) } else { Err(WrongColumns { sentences, can_go_on }) }
    }

    /// Returns the columns that mean nothing to the inventory.
    pub(super) fn unknown<'c>(&self, catalog: &Catalog, columns: &'c [String]) -> Vec<&'c String> {
        let is_known = |column: &String| {
            self.mapping.of(column).is_some()
                || self.is_own(catalog, column)
                || self.understood(catalog, column, columns).is_some()
        };
        let unknown = columns.iter().filter(|column| !self.mapping.ignores_unknown && !is_known(column));
        unknown.collect()
    }

    /// Tests if a column or the command line has a field already.
    pub(super) fn has(&self, catalog: &Catalog, columns: &[String], name: &str) -> bool {
        let is_understood = |column: &String| {
            self.mapping.of(column).is_none()
                && self.understood(catalog, column, columns).is_some_and(|(to, _)| same_name(&to, name))
        };
        let mut constants = self.mapping.constants().iter();
        constants.any(|(other, _)| same_name(other, name))
            || columns
                .iter()
                .any(|column| same_name(column, name) || self.is_mapped(column, name) || is_understood(column))
    }

    /// Tests if the command line maps a column to a field.
    fn is_mapped(&self, column: &str, name: &str) -> bool {
        matches!(self.mapping.of(column), Some(Mapped::To(to, _)) if same_name(to, name))
    }

    /// Tests if several columns may have parts of one list: addresses, and what the command line says of each.
    fn gathers(&self, catalog: &Catalog, target: Target, column: &str) -> bool {
        let Target::Collection(collection) = target else { return false };
        catalog.of(collection.of).is_addressed() || self.mapping.of(column).is_some()
    }

    /// Returns what is wrong with keys of a table that is not imported in the same run.
    fn foreign_key(&self, column: &str, place: usize) -> String {
        let field = self.entity.fields.get(place).map_or("", |field| field.name);
        let map = shown::quoted(&format!("{column}={field}"));
        format!(
            "{} has keys of another table (import the folder of all tables with inv import DIR, or pass --map {map} if the \
             cells are names)",
            shown::quoted(column)
        )
    }

    /// Tests if a column has the field at a place of the catalog.
    fn is_field(&self, catalog: &Catalog, column: &str, place: usize) -> bool {
        matches!(intake::target(catalog, self.entity, column), Some(Target::Field(other)) if other == place)
    }

    /// Tests if a column is one that files of `inv` have.
    fn is_own(&self, catalog: &Catalog, column: &str) -> bool {
        self.known(catalog, column).is_some()
            || column == faults::COLUMN
            || computed::path(catalog, self.entity, column).is_some()
    }

    /// Returns the field that a heading means in another language or program, and its unit, if no other column has the
    /// field's own name.
    fn understood(&self, catalog: &Catalog, column: &str, columns: &[String]) -> Option<(String, Option<String>)> {
        let is_free = |name: &str| {
            !columns.iter().any(|other| other != column && (same_name(other, name) || self.is_mapped(other, name)))
        };
        let named = headings::meaning(self.entity, column).map(|name| (name.to_owned(), None)).or_else(|| {
            let (name, unit) = headings::unit_in(column)?;
            let name = headings::meaning(self.entity, &name).map(str::to_owned).unwrap_or(name);
            has_amounts(catalog, self.entity, &name).then(|| (name, Some(unit.to_owned())))
        });
        named.filter(|(name, _)| is_free(name) && intake::target(catalog, self.entity, name).is_some())
    }

    /// Returns the target of the column that `column` is nearest to, if no other column has it.
    fn nearest(&self, catalog: &Catalog, column: &str) -> Option<Target> {
        let near = similar::nearest(column, self::columns(self.entity).into_iter(), 1);
        let target = intake::target(catalog, self.entity, near.first()?)?;
        let mut others = self.targets.iter().chain(self.constants.iter().map(|(other, _)| other));
        (!others.any(|other| *other == target)).then_some(target)
    }

    /// Returns the unit that the command line sets for the numbers of a column.
    fn unit_of(&self, target: Target) -> Option<String> {
        let name = match target {
            Target::Field(place) => self.entity.fields.get(place).map(|field| field.name),
            Target::Collection(collection) => Some(collection.name),
            _ => None,
        };
        name.and_then(|name| self.mapping.unit(name)).map(str::to_owned)
    }

    fn take_in(&mut self, index: usize, column: &str, plan: Plan) {
        let unit = self.unit_of(plan.target).or(plan.unit);
        if let Some(name) = &plan.read_as {
            self.is_foreign = true;
            let unit = unit.as_ref().map(|unit| format!(" in {unit}")).unwrap_or_default();
            self.notes.add(&READ_AS, format!("{} as {name}{unit}", shown::quoted(column)));
            self.meanings.push((column.to_owned(), format!("{name}{}", unit.replace(" in ", ":"))));
        }
        self.units.extend(unit.map(|unit| (index, format!(" {unit}"))));
        self.targets.push(plan.target);
    }

    /// Notes that a column is not used.
    fn leave_out(&mut self, column: &str) {
        self.notes.add(&IGNORED, shown::quoted(column));
        self.meanings.push((column.to_owned(), mapping::IGNORED.to_owned()));
    }

    /// Returns the destination of a column; or what is wrong with it.
    fn plan(&mut self, catalog: &Catalog, column: &str, columns: &[String]) -> Result<Plan, String> {
        let plain = |target| Plan { target, read_as: None, unit: None };
        match self.mapping.of(column) {
            Some(Mapped::Ignored) => {
                self.leave_out(column);
                return Ok(plain(Target::Derived));
            }
            Some(Mapped::To(name, unit)) => {
                let target = self.known(catalog, name).ok_or_else(|| unknown(self.entity, name))?;
                return Ok(Plan { target, read_as: Some(name.clone()), unit: unit.clone() });
            }
            None => {}
        }
        match self.known(catalog, column) {
            // Ids of another program are none of the inventory; `inv` writes the name in lower case.
            Some(Target::Id)
                if self.is_foreign || column != ID && !columns.iter().all(|other| self.is_own(catalog, other)) =>
            {
                self.leave_out(column);
                return Ok(plain(Target::Derived));
            }
            // Without the quantity itself, it is compared with that of the inventory.
            Some(Target::Bytes(place)) if !columns.iter().any(|other| self.is_field(catalog, other, place)) => {}
            Some(Target::Key) if self.tables == Tables::One => {
                self.leave_out(column);
                return Ok(plain(Target::Derived));
            }
            Some(Target::ForeignKey(place)) if self.tables == Tables::One => {
                return Err(self.foreign_key(column, place));
            }
            Some(target) => return Ok(plain(target)),
            None if column == faults::COLUMN => return Ok(plain(Target::Derived)),
            None => {}
        }
        let computed = computed::path(catalog, self.entity, column);
        // What a list computes may be the word of another program for a field.
        if let Some((name, unit)) =
            self.understood(catalog, column, columns).filter(|_| self.is_foreign || computed.is_none())
            && let Some(target) = intake::target(catalog, self.entity, &name)
        {
            return Ok(Plan { target, read_as: Some(name), unit });
        }
        if let Some(path) = computed {
            self.notes.add(&COMPUTED, shown::quoted(column));
            self.computed.push((self.targets.len(), path));
            return Ok(plain(Target::Derived));
        }
        if self.mapping.ignores_unknown {
            self.leave_out(column);
            return Ok(plain(Target::Derived));
        }
        Err(unknown(self.entity, column))
    }

    /// Returns the destination of a column with a name of the inventory's own.
    fn known(&self, catalog: &Catalog, column: &str) -> Option<Target> {
        let key = || dump::key_target(self.entity, column).filter(|_| self.is_dump);
        if let Some(target) = dump::unit_target(self.entity, column).or_else(key) {
            return Some(target);
        }
        match intake::target(catalog, self.entity, column) {
            Some(target) => Some(target),
            None if same_name(column, ID) => Some(Target::Id),
            None if self.external_ids == ExternalIds::InColumn && same_name(column, EXTERNAL_ID) => {
                Some(Target::ExternalId)
            }
            None if column == PATH => Some(Target::Path),
            None => None,
        }
    }

    /// Returns what is wrong with the columns as a whole.
    fn missing(&self) -> Option<String> {
        let has_external_ids = self.targets.iter().any(|target| matches!(target, Target::ExternalId));
        if self.external_ids == ExternalIds::InColumn && !has_external_ids {
            return Some(format!("the column {EXTERNAL_ID} is missing (--source matches rows by it)"));
        }
        if has_external_ids && self.has_ids() {
            return Some(format!("the columns {ID} and {EXTERNAL_ID} cannot be combined"));
        }
        let is_named = self.has_ids() || self.has_name();
        (!is_named).then(|| format!("the column {} is missing", self.entity.names.join(" or ")))
    }
}

fn no_field(option: &str, entity: &Entity, name: &str) -> Error {
    Error::usage(format!("{} of {option} is not a column of {}", shown::quoted(name), entity.labels.1))
        .help(format!("columns: {}", columns(entity).join(", ")))
}

/// Tests if the cells of a field or collection are numbers with a unit.
fn has_amounts(catalog: &Catalog, entity: &'static Entity, name: &str) -> bool {
    let is_quantity = |field: &crate::catalog::Field| matches!(field.kind, Kind::Quantity { .. });
    match intake::target(catalog, entity, name) {
        Some(Target::Field(place)) => entity.fields.get(place).is_some_and(is_quantity),
        Some(Target::Collection(collection)) => {
            let of = catalog.of(collection.of);
            collection.main.iter().filter_map(|name| of.field(name)).any(is_quantity)
        }
        _ => false,
    }
}

/// Returns the text with `unit` behind each bare number of its list; `None` if there is none.
fn with_unit(text: &str, unit: &str) -> Option<String> {
    let parts = || text.split(';').map(str::trim);
    let each = |part: &str| if is_bare_number(part) { format!("{part}{unit}") } else { part.to_owned() };
    parts().any(is_bare_number).then(|| parts().map(each).collect::<Vec<String>>().join(";"))
}

/// Tests for digits and their separators alone.
fn is_bare_number(text: &str) -> bool {
    let is_of_number = |character: char| {
        character.is_ascii_digit() || character.is_whitespace() || matches!(character, '.' | ',' | '\'' | '’')
    };
    text.contains(|character: char| character.is_ascii_digit()) && text.chars().all(is_of_number)
}

/// The columns that a file of `entity` may have.
pub(crate) fn columns(entity: &Entity) -> Vec<&'static str> {
    let fields = entity.fields.iter().filter(|field| field.kind != Kind::Secret).map(|field| field.name);
    fields.chain(entity.collections.iter().map(|collection| collection.name)).collect()
}

fn unknown(entity: &Entity, column: &str) -> String {
    if same_name(column, EXTERNAL_ID) {
        return format!("{} requires the source of these ids (pass --source NAME)", shown::quoted(column));
    }
    let near = similar::nearest(column, columns(entity).into_iter(), 3);
    let help = similar::did_you_mean(&near).map(|question| format!(" ({question})")).unwrap_or_default();
    format!("{}{}{help}", shown::quoted(column), no_column(entity))
}

fn no_column(entity: &Entity) -> String {
    format!(" is not a column of {}", entity.labels.1)
}
