//! Catalog of an inventory: the one description that everything else is derived from.
//!
//! Adding a noun is adding its [`Entity`] here and its table to `schema.sql`.

pub mod column;
pub mod entity;
pub mod headings;
mod hosting;
mod identified;
mod network;
mod people;
mod software;
pub mod source;
mod storage;

pub use column::{Leaf, Path, Sourced};
pub use entity::{Collection, Compute, Computed, Entity, Field, Kind, Limit, Numbered, OnRemove, Reach, Rule, Section};
pub use identified::{identified, parts};
pub use storage::UNIT_REFERENCE;

use crate::error::{Error, Result};
use crate::value::similar;

/// The nouns of an inventory, in the order in which help lists them.
#[derive(Debug, Clone)]
pub struct Catalog {
    entities: Vec<&'static Entity>,
}

/// A field of some noun that refers to the noun in question.
#[derive(Debug, Clone, Copy)]
pub struct BackReference {
    /// The noun that refers.
    pub entity: &'static Entity,
    /// The column that holds the id.
    pub column: &'static str,
    /// The column that holds the noun, where the field may refer to any, and the noun in question.
    pub noun: Option<(&'static str, &'static str)>,
    /// Effect on it when the record it refers to is deleted.
    pub on_remove: OnRemove,
    /// The field; for a quantity's unit, the quantity.
    pub field: &'static Field,
}

impl Catalog {
    /// The catalog of the data model.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            entities: vec![
                &hosting::PROVIDER,
                &hosting::DATA_CENTER,
                &hosting::POOL,
                &hosting::VIRTUAL_MACHINE,
                &storage::STORAGE_DEVICE,
                &hosting::DISK,
                &hosting::PARTITION,
                &network::IP_ADDRESS,
                &software::OPERATING_SYSTEM,
                &storage::UNIT,
                &software::SYSTEM,
                &software::MEMBERSHIP,
                &people::USER,
                &people::LOGIN_USER,
                &source::SOURCE,
                &source::SOURCE_RECORD,
                &source::FIELD_OWNER,
            ],
        }
    }

    /// This catalog with one more noun.
    #[must_use]
    pub fn with(mut self, entity: &'static Entity) -> Self {
        self.entities.push(entity);
        self
    }

    /// Every entry, links included.
    #[must_use]
    pub fn entities(&self) -> impl DoubleEndedIterator<Item = &'static Entity> + '_ {
        self.entities.iter().copied()
    }

    /// The nouns that commands offer.
    #[must_use]
    pub fn nouns(&self) -> impl DoubleEndedIterator<Item = &'static Entity> + '_ {
        self.entities().filter(|entity| !matches!(entity.reach, Reach::Link | Reach::FileOnly))
    }

    /// Every entry, each behind those that it refers to.
    #[must_use]
    pub fn in_order_of_need(&self) -> Vec<&'static Entity> {
        let mut ordered: Vec<&'static Entity> = Vec::new();
        let mut waiting: Vec<&'static Entity> = self.entities.clone();
        while !waiting.is_empty() {
            let before = waiting.len();
            waiting.retain(|entity| {
                let mut needs = self.needs(entity);
                let ready = needs.all(|noun| noun == entity.noun || ordered.iter().any(|other| other.noun == noun));
                if ready {
                    ordered.push(entity);
                }
                !ready
            });
            if waiting.len() == before {
                // Nouns that need each other: no order serves all of them, so theirs is the catalog's.
                ordered.append(&mut waiting);
            }
        }
        ordered
    }

    /// The nouns that leave the file in exports, each behind those that its rows refer to.
    #[must_use]
    pub fn exported(&self) -> Vec<&'static Entity> {
        let leaves = |entity: &&Entity| matches!(entity.reach, Reach::Everywhere | Reach::FileOnly);
        self.in_order_of_need().into_iter().filter(leaves).collect()
    }

    /// The nouns that a record of `entity`, or a row of it in a file, may refer to.
    fn needs<'a>(&'a self, entity: &'static Entity) -> impl Iterator<Item = &'static str> + 'a {
        let own = entity.fields.iter().filter_map(Field::refers_to);
        let units = entity.fields.iter().filter(|field| matches!(field.kind, Kind::Quantity { .. })).map(|_| "unit");
        let collected = entity.collections.iter().filter(|collection| collection.exported);
        let collected =
            collected.flat_map(|collection| self.of(collection.of).fields.iter().filter_map(Field::refers_to));
        let any = entity.fields.iter().filter(|field| matches!(field.kind, Kind::Any { .. }));
        own.chain(units).chain(collected).chain(any.flat_map(|_| self.nouns()).map(|noun| noun.noun))
    }

    /// The entry of the noun `noun`; only for nouns that the catalog itself names.
    ///
    /// # Panics
    /// The catalog names a noun that it does not hold, which a test rules out.
    #[must_use]
    #[expect(clippy::panic, reason = "a catalog that contradicts itself cannot be worked with; a test rules it out")]
    pub fn of(&self, noun: &str) -> &'static Entity {
        self.get(noun).unwrap_or_else(|| panic!("the catalog has no {noun}"))
    }

    /// The entry of the noun `noun`.
    #[must_use]
    pub fn get(&self, noun: &str) -> Option<&'static Entity> {
        self.entities().find(|entity| entity.noun == noun)
    }

    /// The entry that an operator calls `text`: the noun, an alias or the plural.
    pub fn named(&self, text: &str) -> Result<&'static Entity> {
        let found =
            self.nouns().find(|entity| entity.noun == text || entity.plural == text || entity.aliases.contains(&text));
        found.ok_or_else(|| {
            let nouns: Vec<&str> = self.nouns().map(|entity| entity.noun).collect();
            let error = Error::usage(format!("unknown noun {}", crate::value::shown::quoted(text)));
            let near = similar::nearest(text, nouns.iter().copied(), 3);
            error.help(similar::did_you_mean(&near).unwrap_or_else(|| format!("nouns: {}", nouns.join(", "))))
        })
    }

    /// The noun that `field` refers to.
    #[must_use]
    pub fn target(&self, field: &Field) -> Option<&'static Entity> {
        field.refers_to().map(|noun| self.of(noun))
    }

    /// The noun that holds `entity`'s records, by its parent field.
    #[must_use]
    pub fn parent(&self, entity: &Entity) -> Option<(&'static Field, &'static Entity)> {
        let field = entity.parent_field()?;
        Some((field, self.target(field)?))
    }

    /// Returns the ancestors of `entity`, the nearest first.
    #[must_use]
    pub fn ancestors(&self, entity: &'static Entity) -> Vec<(&'static Field, &'static Entity)> {
        std::iter::successors(self.parent(entity), |(_, holder)| self.parent(holder)).collect()
    }

    /// Every column that refers to `entity`.
    pub fn back_references<'a>(&'a self, entity: &'a Entity) -> impl Iterator<Item = BackReference> + 'a {
        self.entities().flat_map(move |referring| {
            referring.fields.iter().filter_map(move |field| {
                let (column, kind, noun) = match field.kind {
                    Kind::Quantity { unit } => (unit, UNIT_REFERENCE, None),
                    Kind::Any { id } => {
                        let kind = Kind::Reference { to: entity.noun, on_remove: OnRemove::Follow };
                        (id, kind, Some((field.column, entity.noun)))
                    }
                    kind => (field.column, kind, None),
                };
                match kind {
                    Kind::Reference { to, on_remove } if to == entity.noun => {
                        Some(BackReference { entity: referring, column, noun, on_remove, field })
                    }
                    _ => None,
                }
            })
        })
    }
}
