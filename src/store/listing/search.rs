//! Searches the text fields of a noun's records.
//!
//! One scan of each table, because no index finds a text inside another. Texts are compared and ranked here, without
//! regard to case in any script, so that every engine gives the same result.

use crate::catalog::{Entity, Field, Kind};
use crate::error::Result;
use crate::store::engine::{Bind, Bound};
use crate::store::reading::parts::Part;
use crate::store::reading::reader::Reader;
use crate::store::reading::selection::{Pick, Selection};
use crate::value::address::Block;
use crate::value::needle::{Needle, Rank};
use std::ops::ControlFlow;

/// Text to search for.
#[derive(Debug)]
pub enum Wanted {
    /// A text.
    Text(Needle),
    /// The addresses in a block, or one alone; elsewhere its text.
    Block(Block, Needle),
}

/// A record that fits.
#[derive(Debug)]
pub struct Found<'row> {
    /// Rank of the match.
    pub rank: Rank,
    /// Its id.
    pub id: i64,
    /// Its path.
    pub path: &'row str,
    /// The field that fits best; of those that fit equally well, the first.
    pub field: &'static Field,
    /// Text of the field.
    pub text: &'row str,
}

/// Number of matching records that are read before their paths are.
const HITS: usize = 1000;

/// A record that matches, without its path.
struct Hit {
    id: i64,
    rank: Rank,
    field: &'static Field,
    text: String,
    parent: Option<i64>,
    name: String,
}

impl Reader<'_> {
    /// Calls `each` with each record in `part` of `entity` that has the wanted text in one of its fields, in the order
    /// of ids.
    pub fn search(
        &self,
        part: &Part,
        entity: &'static Entity,
        wanted: &Wanted,
        mut each: impl FnMut(Found<'_>) -> Result<()>,
    ) -> Result<()> {
        let fields: Vec<&'static Field> = entity.fields.iter().filter(|field| is_text(field.kind)).collect();
        if fields.is_empty() {
            return Ok(());
        }
        let holder = self.catalog().parent(entity).map(|(_, holder)| holder);
        let mut rest = part.clone();
        loop {
            let hits = self.hits(&rest, entity, &fields, wanted)?;
            for hit in &hits {
                let path = match (hit.parent, holder) {
                    (Some(parent), Some(holder)) => format!("{}/{}", self.path(holder, parent)?, hit.name),
                    _ => hit.name.clone(),
                };
                each(Found { rank: hit.rank, id: hit.id, path: &path, field: hit.field, text: &hit.text })?;
            }
            match hits.last() {
                Some(last) if hits.len() == HITS => rest = rest.behind(last.id),
                _ => return Ok(()),
            }
        }
    }

    /// Returns the first [`HITS`] records of `part` that match, so that their paths can be read when the query has
    /// ended.
    fn hits(
        &self,
        part: &Part,
        entity: &'static Entity,
        fields: &[&'static Field],
        wanted: &Wanted,
    ) -> Result<Vec<Hit>> {
        let own = [Pick::parent(entity), Pick::name(entity, 0), Pick::Column(0, entity.id)];
        let mut selection = Selection::of(entity, Pick::fields(fields.iter().copied()).chain(own).collect());
        let mut values: Vec<Bound> = Vec::new();
        part.narrow(&mut selection, &mut values);
        let values: Vec<Bind<'_>> = values.iter().map(Bound::bind).collect();
        let mut hits = Vec::new();
        self.connection.rows(&selection.sql(), &values, |row| {
            let mut best: Option<(Rank, usize)> = None;
            for (place, field) in fields.iter().enumerate() {
                let Some(text) = row.text(place)? else { continue };
                if let Some(rank) = wanted.rank(field.kind, text)
                    && best.is_none_or(|(other, _)| rank < other)
                {
                    best = Some((rank, place));
                }
            }
            if let Some((rank, place)) = best
                && let Some(field) = fields.get(place)
            {
                hits.push(Hit {
                    id: row.id(fields.len() + 2)?,
                    rank,
                    field,
                    text: row.text(place)?.unwrap_or_default().to_owned(),
                    parent: row.integer(fields.len())?,
                    name: row.text(fields.len() + 1)?.unwrap_or_default().to_owned(),
                });
            }
            Ok(if hits.len() == HITS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(hits)
    }

    /// Hands each record that bears an address of `entity` in `block` to `each` once: its path, and the address.
    pub fn bearers(
        &self,
        entity: &'static Entity,
        block: &Block,
        mut each: impl FnMut((&'static Entity, i64), &str, &str) -> Result<()>,
    ) -> Result<()> {
        let Some((_, holder)) = self.catalog().parent(entity) else { return Ok(()) };
        // The bearers of a block are few beside the estate, or as many as it has addresses: 24 bytes each.
        let mut bearers: Vec<(i64, u128)> = Vec::new();
        self.each_address(entity, block, |address| {
            bearers.extend(address.bearer.map(|bearer| (bearer, address.number)));
            Ok(())
        })?;
        bearers.sort_unstable();
        bearers.dedup_by_key(|(bearer, _)| *bearer);
        for (bearer, number) in bearers {
            let address = crate::value::address::at((block.family(), number)).unwrap_or_default();
            each((holder, bearer), &self.path(holder, bearer)?, &address)?;
        }
        Ok(())
    }
}

impl Wanted {
    fn rank(&self, kind: Kind, text: &str) -> Option<Rank> {
        match (self, kind) {
            (Self::Block(block, _), Kind::Ipv4 | Kind::Ipv6) => block.contains(text).then_some(Rank::Exact),
            (Self::Text(needle) | Self::Block(_, needle), _) => needle.rank(text),
        }
    }
}

/// Returns true if fields of this kind are searched.
const fn is_text(kind: Kind) -> bool {
    matches!(kind, Kind::Name | Kind::Text | Kind::Email | Kind::Ipv4 | Kind::Ipv6 | Kind::Vlan)
}
