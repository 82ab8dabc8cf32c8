//! Column paths: `name`, `pool.dc.provider`, `owner.email`, `memory.bytes`, `path`, `id`.
//!
//! One grammar names columns in `-c`, filters in `--where`, and keys in `--sort`. A path follows references by their
//! fields; an ancestor may be named directly (`dc` on a VM is `pool.dc`).

use super::{Catalog, Collection, Computed, Entity, Field, Kind, Reach, Section};
use crate::error::{Error, Result};
use crate::output::bar::WARNS_FROM;
use crate::output::cut::Cut;
use crate::output::row::{Column, ColumnKind};
use crate::value::name::column_letters;
use crate::value::{shown, similar};

/// A column of a list: the references to follow, and what to tell at their end.
#[derive(Debug, Clone)]
pub struct Path {
    /// Name as the operator wrote it; the header.
    pub name: String,
    /// The reference fields to follow, from the listed noun on.
    pub hops: Vec<&'static Field>,
    /// The noun at the end of the hops.
    pub entity: &'static Entity,
    /// Value at the end of the path.
    pub leaf: Leaf,
}

/// Value of a record in a column.
#[derive(Debug, Clone, Copy)]
pub enum Leaf {
    /// A field; of a reference, the name of what it refers to.
    Field(&'static Field),
    /// A quantity in bytes.
    Bytes(&'static Field),
    /// A computed quantity in bytes.
    ComputedBytes(&'static Computed),
    /// The id.
    Id,
    /// The whole path.
    Path,
    /// Computed from other records.
    Computed(&'static Computed),
    /// The records of a collection, in the form in which a row of a file gives them.
    Collection(&'static Collection),
    /// The records that a section lists, as objects: only in JSON.
    Parts(&'static Section),
    /// Knowledge of the sources about the record.
    Sourced(Sourced),
}

/// Column of what sources know of a record, which every exported noun has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sourced {
    /// The names of the sources that know it.
    Sources,
    /// The time at which a source last had it.
    Confirmed,
    /// The time since which a source misses it.
    Missing,
}

impl Sourced {
    /// Every such column, by its name.
    pub const ALL: [(&'static str, Self); 3] =
        [("sources", Self::Sources), ("confirmed", Self::Confirmed), ("missing", Self::Missing)];

    /// Returns the column of `entity` called `name`.
    fn named(entity: &Entity, name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(other, _)| *other == name).map(|(_, column)| *column);
        found.filter(|_| entity.reach == Reach::Everywhere)
    }
}

impl Path {
    /// Reads `text` as a column of `entity`.
    ///
    /// # Errors
    /// An unknown column is a wrong usage that lists the columns there are.
    pub fn parse(catalog: &Catalog, entity: &'static Entity, text: &str) -> Result<Self> {
        let mut hops = Vec::new();
        let mut here = entity;
        let mut rest = text;
        loop {
            if let Some(leaf) = leaf(catalog, here, rest) {
                return Ok(Self { name: text.to_owned(), hops, entity: here, leaf });
            }
            let (first, behind) = rest.split_once('.').map_or((rest, None), |(first, behind)| (first, Some(behind)));
            let Some((steps, target)) = step(catalog, here, first) else {
                return Err(unknown(catalog, here, text, rest));
            };
            if let Some(behind) = behind {
                hops.extend(steps);
                here = target;
                rest = behind;
            } else {
                // An ancestor by its noun alone is told by its name: the last step is the field that refers to it.
                let Some((last, before)) = steps.split_last() else { return Err(unknown(catalog, here, text, rest)) };
                hops.extend(before);
                let holder = hops.last().and_then(|hop| catalog.target(hop)).unwrap_or(entity);
                return Ok(Self { name: text.to_owned(), hops, entity: holder, leaf: Leaf::Field(last) });
            }
        }
    }

    /// Reads a column that the catalog itself names.
    ///
    /// # Panics
    /// The catalog names a column that does not exist, which a test rules out.
    #[must_use]
    #[expect(clippy::panic, reason = "a catalog that contradicts itself cannot be worked with; a test rules it out")]
    pub fn known(catalog: &Catalog, entity: &'static Entity, text: &str) -> Self {
        Self::parse(catalog, entity, text).unwrap_or_else(|error| panic!("{}: {text}: {error}", entity.noun))
    }

    /// The references that the path follows, with the one at its end if it ends in a reference.
    #[must_use]
    pub fn references(self) -> Vec<&'static Field> {
        let last = match self.leaf {
            Leaf::Field(field) => Some(field),
            _ => None,
        };
        self.hops.into_iter().chain(last).collect()
    }

    /// The column as answers head it.
    #[must_use]
    pub fn column(&self, catalog: &Catalog) -> Column {
        let column = Column::new(self.name.clone(), self.kind(catalog));
        Column { cut: self.cut(catalog).unwrap_or(column.cut), ..column }
    }

    /// Returns the part of its text that a table leaves out first; `None` if it has no text of its own.
    fn cut(&self, catalog: &Catalog) -> Option<Cut> {
        match self.leaf {
            Leaf::Path => Some(Cut::Front),
            Leaf::Field(field) => match field.kind {
                Kind::Text => Some(Cut::End),
                Kind::Any { .. } => Some(Cut::Front),
                Kind::Reference { .. } if catalog.target(field).is_some_and(|target| target.has_long_names) => {
                    Some(Cut::End)
                }
                _ => Some(Cut::Nothing),
            },
            _ => None,
        }
    }

    /// Returns the kind of the column.
    #[must_use]
    pub fn kind(&self, catalog: &Catalog) -> ColumnKind {
        match self.leaf {
            Leaf::Field(field) => match field.kind {
                Kind::Quantity { .. } => ColumnKind::Quantity,
                Kind::Count | Kind::Factor | Kind::Ratio => ColumnKind::Number,
                Kind::Created | Kind::Updated | Kind::Time => ColumnKind::Time,
                _ => ColumnKind::Text,
            },
            Leaf::Bytes(_) | Leaf::ComputedBytes(_) | Leaf::Id => ColumnKind::Number,
            Leaf::Path => ColumnKind::Text,
            Leaf::Collection(_) | Leaf::Sourced(Sourced::Sources) => ColumnKind::List,
            Leaf::Parts(_) => ColumnKind::Records,
            Leaf::Sourced(Sourced::Confirmed | Sourced::Missing) => ColumnKind::Time,
            Leaf::Computed(computed) => computed_kind(catalog, self.entity, computed),
        }
    }
}

/// Returns the kind of a computed column: a count, or the kind of the summed field.
fn computed_kind(catalog: &Catalog, entity: &'static Entity, computed: &Computed) -> ColumnKind {
    match computed.rule {
        super::Compute::Count { .. } | super::Compute::First(_) => ColumnKind::Number,
        super::Compute::Sum { of, field, .. } => Path::known(catalog, catalog.of(of), field).kind(catalog),
        super::Compute::Remaining(limit) => Path::known(catalog, entity, limit.of).kind(catalog),
        super::Compute::Part(_) => ColumnKind::Share { limit: WARNS_FROM },
    }
}

/// Returns the value that `text` names on `entity` itself, without following a reference.
fn leaf(catalog: &Catalog, entity: &'static Entity, text: &str) -> Option<Leaf> {
    if let Some(computed) = entity.computed(text) {
        return Some(Leaf::Computed(computed));
    }
    if let Some(collection) = entity.collection(text) {
        return Some(Leaf::Collection(collection));
    }
    if let Some(field) = field_called(entity, text).filter(|field| field.kind != Kind::Secret) {
        return Some(Leaf::Field(field));
    }
    match text {
        "id" => return Some(Leaf::Id),
        "path" if !entity.names.is_empty() => return Some(Leaf::Path),
        _ => {}
    }
    if let Some(column) = Sourced::named(entity, text) {
        return Some(Leaf::Sourced(column));
    }
    let quantity = text.strip_suffix(".bytes")?;
    if let Some(computed) = entity.computed(quantity) {
        let kind = computed_kind(catalog, entity, computed);
        return (kind == ColumnKind::Quantity).then_some(Leaf::ComputedBytes(computed));
    }
    field_called(entity, quantity).filter(|field| matches!(field.kind, Kind::Quantity { .. })).map(Leaf::Bytes)
}

/// The field that `text` calls by its name, or by its column in the data model.
fn field_called(entity: &'static Entity, text: &str) -> Option<&'static Field> {
    let by_name = entity.field(text).or_else(|| entity.fields.iter().find(|field| same_name(field.name, text)));
    by_name.or_else(|| entity.fields.iter().find(|field| field.column == text))
}

/// Tests if two names of a field or column are equal, apart from case, `_`, `-` and blanks.
#[must_use]
pub fn same_name(one: &str, other: &str) -> bool {
    one == other || column_letters(one).eq(column_letters(other))
}

/// The references that `text` means: a field's, or the chain that leads to the ancestor of that noun.
fn step(catalog: &Catalog, entity: &'static Entity, text: &str) -> Option<(Vec<&'static Field>, &'static Entity)> {
    if let Some(field) = field_called(entity, text) {
        return Some((vec![field], catalog.target(field)?));
    }
    let mut hops = Vec::new();
    for (field, holder) in catalog.ancestors(entity) {
        hops.push(field);
        if holder.noun == text || holder.aliases.contains(&text) {
            return Some((hops, holder));
        }
    }
    None
}

/// Every column that `entity` has itself, in the order of its fields.
#[must_use]
pub fn names(catalog: &Catalog, entity: &'static Entity) -> Vec<String> {
    let mut names: Vec<String> =
        entity.fields.iter().filter(|field| field.kind != Kind::Secret).map(|field| field.name.to_owned()).collect();
    names.extend(entity.collections.iter().map(|collection| collection.name.to_owned()));
    names.extend(entity.computed.iter().map(|computed| computed.name.to_owned()));
    let ancestors = catalog.ancestors(entity);
    names.extend(ancestors.iter().skip(1).map(|(_, holder)| holder.noun.to_owned()));
    if !entity.names.is_empty() {
        names.push("path".to_owned());
    }
    names.push("id".to_owned());
    names.extend(
        Sourced::ALL
            .iter()
            .filter(|(name, _)| Sourced::named(entity, name).is_some())
            .map(|(name, _)| (*name).to_owned()),
    );
    names
}

/// Returns the columns of `entity` that begin with `start`, which may follow references: `pool.d` is completed to
/// `pool.dc`.
#[must_use]
pub fn beginning_with(catalog: &Catalog, entity: &'static Entity, start: &str) -> Vec<String> {
    let follow = |here, name| step(catalog, here, name).map(|(_, target)| target);
    let begins = std::iter::once(0).chain(start.match_indices('.').map(|(dot, _)| dot + 1));
    let mut columns = Vec::new();
    for (before, rest) in begins.map(|begin| start.split_at(begin)) {
        let Some(target) = before.split_terminator('.').try_fold(entity, follow) else { continue };
        let names = names(catalog, target).into_iter().filter(|name| name.starts_with(rest));
        columns.extend(names.map(|name| format!("{before}{name}")));
    }
    let bytes = start.rsplit_once('.').map(|(quantity, _)| format!("{quantity}.bytes"));
    let exists = |column: &String| column.starts_with(start) && Path::parse(catalog, entity, column).is_ok();
    columns.extend(bytes.filter(exists));
    columns
}

fn unknown(catalog: &Catalog, here: &'static Entity, text: &str, rest: &str) -> Error {
    let names = names(catalog, here);
    let error = Error::usage(format!("{} has no column {}", here.noun, shown::quoted(text)));
    let near = similar::nearest(rest, names.iter().map(String::as_str), 3);
    let listed = format!("columns of {}: {}; a dot follows a reference, as in pool.dc", here.noun, names.join(", "));
    error.help(similar::did_you_mean(&near).map_or(listed.clone(), |near| format!("{near} {listed}")))
}
