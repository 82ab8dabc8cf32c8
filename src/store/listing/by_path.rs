//! Lists all records of a noun in the order of their whole paths: by the rank of the parent, then by name, bytewise.
//!
//! Threads scan ranges of the table, and the output bytes of each record are sorted. The parent enters the sort key as
//! a number: the rank of its own path among those of its noun.

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
    /// Rank of the record `id`; `near` is the index of the previous hit.
    fn get(&self, id: i64, near: &mut usize) -> Option<u32> {
        let here = [*near, *near + 1].into_iter().find(|at| self.0.get(*at).is_some_and(|entry| entry.0 == id));
        let at = here.or_else(|| self.0.binary_search_by_key(&id, |entry| entry.0).ok())?;
        *near = at;
        self.0.get(at).map(|(_, place)| *place)
    }
}

impl Reader<'_> {
    /// Calls `each` with the bytes that `write` appends for each record of `entity`, in the bytewise order of their
    /// whole paths, name by name. `write` creates one writer for each thread.
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
            let columns_to_read: Vec<&Path> = query.columns.iter().collect();
            let (mut gathering, mut write) = (Gathering::default(), write());
            let (mut key, mut payload, mut near) = (Vec::new(), Vec::new(), 0);
            Scan::new(reader, &query, &columns_to_read)?.run(reader, part, &mut |id, row| {
                key.clear();
                payload.clear();
                let rank = match (&holders, row.cell(columns.len())) {
                    (Some(holders), Cell::Number(holder)) => {
                        holder.parse().ok().and_then(|holder| holders.get(holder, &mut near))
                    }
                    _ => None,
                };
                // A record without a parent comes first; so does one with a dangling parent, in a damaged file.
                key.extend_from_slice(&rank.map_or(0, |rank| u64::from(rank) + 1).to_be_bytes()[3..]);
                let names = columns.len() + 1..columns.len() + 1 + entity.names.len();
                // A record with several name fields is called by the first that is not empty.
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

    /// Ranks of the records of `entity`.
    fn places(&self, entity: &'static Entity) -> Result<Arc<Places>> {
        let cached = || self.places.borrow().get(entity.noun).cloned();
        if cached().is_none() {
            self.select_by_path(entity, &[], || |_: &Row, _: &mut Vec<u8>| {}, |_| Ok(()))?;
        }
        Ok(cached().unwrap_or_default())
    }
}

/// Appends the sort columns of `entity` to `columns`: parent, name, and the other columns of its key.
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
