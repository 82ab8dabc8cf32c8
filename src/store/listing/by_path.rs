//! All records of a noun in the order of their whole paths: by the place of what holds each, then by their names, byte by
//! byte.
//!
//! The table is run through as it lies, side by side, and what is told of each record is sorted as bytes that are ready to
//! be written. What holds a record comes as a number: the place that its own path has among those of its noun.

use super::query::Query;
use super::runs::{Gathered, Gathering, merge};
use super::scan::Scan;
use crate::catalog::{Entity, Leaf, Path};
use crate::error::Result;
use crate::output::row::{Cell, Row};
use crate::store::reading::reader::{Places, Reader};
use std::ops::ControlFlow;
use std::sync::Arc;

impl Places {
    /// The place of the record with that id; `near` is about where it was found last time.
    fn get(&self, id: i64, near: &mut usize) -> Option<u32> {
        let here = [*near, *near + 1].into_iter().find(|at| self.0.get(*at).is_some_and(|known| known.0 == id));
        let at = here.or_else(|| self.0.binary_search_by_key(&id, |known| known.0).ok())?;
        *near = at;
        self.0.get(at).map(|(_, place)| *place)
    }
}

impl Reader<'_> {
    /// Hands what `write` makes of the row of each record of `entity` to `each`, in the order of their whole paths, name by
    /// name and byte by byte. Of each row, it adds some bytes to those that it is handed; `write` is made for each thread.
    pub fn select_by_path<W: FnMut(&Row, &mut Vec<u8>)>(
        &self,
        entity: &'static Entity,
        columns: &[Path],
        write: impl Fn() -> W + Sync,
        mut each: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let holder = self.catalog().parent(entity).map(|(_, holder)| holder);
        let holders = holder.map(|holder| self.places(holder)).transpose()?;
        let query = Query::all(entity, by_path(self, entity, columns));
        let gathered: Vec<Gathered> = self.in_parts(entity, |reader, part| {
            let asked: Vec<&Path> = query.columns.iter().collect();
            let (mut gathering, mut write) = (Gathering::default(), write());
            let (mut key, mut payload, mut near) = (Vec::new(), Vec::new(), 0);
            Scan::new(reader, &query, &asked)?.run(reader, part, &mut |id, row| {
                key.clear();
                payload.clear();
                let held = match (&holders, row.cell(columns.len())) {
                    (Some(holders), Cell::Number(holder)) => {
                        holder.parse().ok().and_then(|holder| holders.get(holder, &mut near))
                    }
                    _ => None,
                };
                // A record that nothing holds comes first; so does one whose holder is gone, in a damaged file.
                key.extend_from_slice(&held.map_or(0, |place| u64::from(place) + 1).to_be_bytes()[3..]);
                let names = columns.len() + 1..columns.len() + 1 + entity.names.len();
                // Of several names, a record goes by the first that it has.
                push_key(&mut key, names.clone().find_map(|name| row.cell(name).plain()));
                for other in names.end..row.len() {
                    push_key(&mut key, row.cell(other).plain());
                }
                write(row, &mut payload);
                gathering.add(id, &key, &payload)?;
                Ok(ControlFlow::Continue(()))
            })?;
            gathering.end()
        })?;
        let mut places = Vec::new();
        merge(gathered, |id, payload| {
            places.push((id, u32::try_from(places.len()).unwrap_or(u32::MAX)));
            each(payload)
        })?;
        places.sort_unstable();
        self.places.borrow_mut().insert(entity.noun, Arc::new(Places(places)));
        Ok(())
    }

    /// The places of the records of `entity`.
    fn places(&self, entity: &'static Entity) -> Result<Arc<Places>> {
        let known = || self.places.borrow().get(entity.noun).cloned();
        if known().is_none() {
            self.select_by_path(entity, &[], || |_: &Row, _: &mut Vec<u8>| {}, |_| Ok(()))?;
        }
        Ok(known().unwrap_or_default())
    }
}

/// Behind `columns`, those by which the records of `entity` are sorted: what holds a record, its name, and what else tells
/// it apart.
fn by_path(reader: &Reader<'_>, entity: &'static Entity, columns: &[Path]) -> Vec<Path> {
    let own = |field| Path { name: String::new(), hops: Vec::new(), entity, leaf: Leaf::Field(field) };
    let holder = match reader.catalog().parent(entity) {
        Some((field, holder)) => Path { name: String::new(), hops: vec![field], entity: holder, leaf: Leaf::Id },
        None => Path { name: String::new(), hops: Vec::new(), entity, leaf: Leaf::Id },
    };
    let keys = entity.keys.iter().flat_map(|key| key.iter()).filter_map(|name| entity.field(name));
    let keys = entity.naming().chain(keys.filter(|field| field.refers_to().is_none()));
    columns.iter().cloned().chain([holder]).chain(keys.map(own)).collect()
}

/// Adds a text to a key, so that keys sort as their texts do: nothing first, then byte by byte.
fn push_key(key: &mut Vec<u8>, text: Option<&str>) {
    let Some(text) = text else { return key.push(0) };
    key.push(1);
    for byte in text.bytes() {
        key.push(byte);
        if byte == 0 {
            key.push(u8::MAX);
        }
    }
    key.extend_from_slice(&[0, 0]);
}
