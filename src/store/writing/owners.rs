//! Owners of fields: a person who changes a field of a record that a source knows decides it from then on.

use crate::catalog::Entity;
use crate::catalog::source::FIELD_OWNER;
use crate::error::Result;
use crate::store::engine::Bind;
use crate::store::reading::reader::Reader;
use crate::store::writing::change::Change;
use crate::store::writing::writer::Writer;
use crate::value::Cell;
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Decider of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A person.
    Person,
    /// The source with this id.
    Source(i64),
}

/// Fields with their owners, by the id of the record.
pub type FieldOwners = HashMap<i64, Vec<(Box<str>, Owner)>>;

impl Reader<'_> {
    /// Returns the fields of records of `entity` that have an owner, by the id of the record.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn field_owners(&self, entity: &Entity) -> Result<FieldOwners> {
        let mut owners = FieldOwners::new();
        let sql = "SELECT t.record_id, t.field, t.source_id FROM field_owner t WHERE t.noun = $1";
        self.connection.rows(sql, &[Bind::Text(entity.noun)], |row| {
            let owner = row.integer(2)?.map_or(Owner::Person, Owner::Source);
            owners.entry(row.id(0)?).or_default().push((row.text(1)?.unwrap_or_default().into(), owner));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(owners)
    }

    /// Returns whether a source knows the record `id` of `entity`.
    fn is_bound(&self, entity: &Entity, id: i64) -> Result<bool> {
        let sql = "SELECT 1 FROM source_record t WHERE t.noun = $1 AND t.record_id = $2 LIMIT 1";
        let binds = [Bind::Text(entity.noun), Bind::Integer(id)];
        Ok(self.connection.first(sql, &binds, |_| Ok(()))?.is_some())
    }
}

impl Writer<'_> {
    /// Makes `owner` the one who decides a field of the record `id`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn give_field(&mut self, entity: &Entity, id: i64, field: &str, owner: Owner) -> Result<()> {
        let record = Cell::Record(entity.noun.into(), id);
        let name = Cell::Text(field.into());
        let source = match owner {
            Owner::Person => Cell::Null,
            Owner::Source(id) => Cell::Integer(id),
        };
        let found = self.find(&FIELD_OWNER, &["record", "field"], &[&record, &name])?;
        let change = match (&found, FIELD_OWNER.position("source")) {
            (Some(before), Some(place)) => {
                Change::Update { entity: &FIELD_OWNER, before, values: vec![(place, source)] }
            }
            _ => Change::Create { entity: &FIELD_OWNER, values: vec![record, name, source, Cell::Null, Cell::Null] },
        };
        self.apply(change).map(drop)
    }

    /// Notes the value that a source offered for a field that another one decides: `decider`, if that is not known yet. It
    /// leaves no history, unless the run has some already.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note_offer(&mut self, field: (&Entity, i64, &str), decider: Owner, offer: (i64, &str)) -> Result<()> {
        let (entity, id, field) = field;
        let (source, text) = offer;
        let key = [&Cell::Record(entity.noun.into(), id), &Cell::Text(field.into())];
        let places = FIELD_OWNER.position("offered").zip(FIELD_OWNER.position("offered-by"));
        let Some((offered, offered_by)) = places else { return Ok(()) };
        self.unless_changed_unrecorded(|writer| {
            if writer.find(&FIELD_OWNER, &["record", "field"], &key)?.is_none() {
                writer.give_field(entity, id, field, decider)?;
            }
            let Some(before) = writer.find(&FIELD_OWNER, &["record", "field"], &key)? else { return Ok(()) };
            let values = vec![(offered, Cell::Text(text.into())), (offered_by, Cell::Integer(source))];
            writer.apply(Change::Update { entity: &FIELD_OWNER, before: &before, values }).map(drop)
        })
    }

    /// Lets the sources of a record decide a field of it again. Returns whether it had an owner.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn release_field(&mut self, entity: &Entity, id: i64, field: &str) -> Result<bool> {
        let record = Cell::Record(entity.noun.into(), id);
        let found = self.find(&FIELD_OWNER, &["record", "field"], &[&record, &Cell::Text(field.into())])?;
        let Some(before) = found else { return Ok(false) };
        self.apply(Change::Remove { entity: &FIELD_OWNER, before: &before })?;
        Ok(true)
    }

    /// Gives fields that a person has changed to that person, where a source knows the record.
    pub(in crate::store) fn claim(&mut self, entity: &Entity, id: i64, fields: &[&'static str]) -> Result<()> {
        if fields.is_empty() || !self.is_bound(entity, id)? {
            return Ok(());
        }
        fields.iter().try_for_each(|field| self.give_field(entity, id, field, Owner::Person))
    }
}
