//! Fields as they are stored, for commands that run through a whole table to add things up.
//!
//! A list builds a row with its names looked up and its quantities read; a sum over a million records can afford
//! neither. Here each record's cells are lent as the engine has them: ids, texts, and amounts with the id of their
//! unit.

use crate::catalog::{Entity, Field};
use crate::error::Result;
use crate::store::engine::{Bind, Bound, Raw, utf8};
use crate::store::listing::query::{Query, Term, conditions};
use crate::store::reading::parts::Part;
use crate::store::reading::reader::Reader;
use crate::store::reading::selection::{Pick, Selection};
use std::ops::ControlFlow;

/// The fields of one record that were asked for.
pub struct Stored<'row> {
    raw: &'row Raw<'row>,
    places: &'row [usize],
}

impl Stored<'_> {
    /// The id of the record.
    pub fn id(&self) -> Result<i64> {
        self.raw.id(0)
    }

    /// The text of the field asked for as number `field`; nothing where it is empty.
    pub fn text(&self, field: usize) -> Result<Option<&str>> {
        self.bytes(field)?.map(utf8).transpose()
    }

    /// The same as bytes that nobody has looked at yet: for texts that are few and met often.
    pub fn bytes(&self, field: usize) -> Result<Option<&[u8]>> {
        self.places.get(field).map_or(Ok(None), |place| self.raw.bytes(*place))
    }

    /// The id that the field asked for as number `field` refers to.
    pub fn reference(&self, field: usize) -> Result<Option<i64>> {
        self.places.get(field).map_or(Ok(None), |place| self.raw.integer(*place))
    }

    /// The amount in the field asked for as number `field`, and the id of its unit.
    pub fn quantity(&self, field: usize) -> Result<Option<(&str, i64)>> {
        self.amount(field)?.map(|(amount, unit)| Ok((utf8(amount)?, unit))).transpose()
    }

    /// The same with the amount as bytes that nobody has looked at yet.
    pub fn amount(&self, field: usize) -> Result<Option<(&[u8], i64)>> {
        let Some(place) = self.places.get(field) else { return Ok(None) };
        let Some(amount) = self.raw.bytes(*place)? else { return Ok(None) };
        Ok(self.raw.integer(place + 1)?.map(|unit| (amount, unit)))
    }
}

impl Reader<'_> {
    /// Hands the id and the `fields` of each record of `entity` that meets `terms` to `each`, in the order of their
    /// ids. Of the terms, those count that the engine serves: references and texts.
    pub fn each_stored(
        &self,
        entity: &'static Entity,
        fields: &[&'static Field],
        terms: Vec<Term>,
        mut each: impl FnMut(i64, &Stored<'_>) -> Result<()>,
    ) -> Result<()> {
        self.each_stored_in(&Part::ALL, entity, fields, terms, |stored| each(stored.id()?, stored))
    }

    /// As [`Self::each_stored`], of the records in `part` alone.
    pub fn each_stored_in(
        &self,
        part: &Part,
        entity: &'static Entity,
        fields: &[&'static Field],
        terms: Vec<Term>,
        mut each: impl FnMut(&Stored<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut picks = vec![Pick::Column(0, entity.id)];
        let mut places = Vec::new();
        for field in fields {
            places.push(picks.len());
            picks.extend(Pick::fields([*field]));
        }
        let query = Query { terms, ..Query::all(entity, Vec::new()) };
        let (conditions, mut values) = conditions(self.catalog(), &query);
        let mut selection = Selection { conditions, ..Selection::of(entity, picks) };
        part.narrow(&mut selection, &mut values);
        let values: Vec<Bind<'_>> = values.iter().map(Bound::bind).collect();
        self.connection.rows(&selection.sql(), &values, |raw| {
            each(&Stored { raw, places: &places })?;
            Ok(ControlFlow::Continue(()))
        })
    }
}
