//! The addresses of a block, by number, without running through those outside it.
//!
//! Texts do not sort as addresses do, so an index over them cannot give a block in order; but the addresses of a block
//! begin alike, and that much the index serves. What it yields beyond the block is left out here.

use crate::catalog::{Entity, Kind};
use crate::error::Result;
use crate::store::engine::Bind;
use crate::store::reading::reader::Reader;
use crate::value::address::{self, Block, Family};
use std::ops::ControlFlow;

/// An address that the inventory holds.
#[derive(Debug, Clone, Copy)]
pub struct StoredAddress<'row> {
    /// The id of its record.
    pub id: i64,
    /// Its number, as in [`address::Key`].
    pub number: u128,
    /// Its text.
    pub text: &'row str,
    /// Id of the record with this address; `None` if it is reserved.
    pub bearer: Option<i64>,
    /// The VLAN it is in.
    pub vlan: Option<&'row str>,
}

impl Reader<'_> {
    /// Hands each address in `block` among the records of `entity` to `each`, in no order that means anything.
    pub fn each_address(
        &self,
        entity: &'static Entity,
        block: &Block,
        mut each: impl FnMut(StoredAddress<'_>) -> Result<()>,
    ) -> Result<()> {
        let kind = match block.family() {
            Family::V4 => Kind::Ipv4,
            Family::V6 => Kind::Ipv6,
        };
        let Some(field) = entity.fields.iter().find(|field| field.kind == kind) else { return Ok(()) };
        let bearer = entity.parent_field().map_or("NULL", |field| field.column);
        let vlan = entity.fields.iter().find(|field| field.kind == Kind::Vlan).map_or("NULL", |field| field.column);
        let beginning = block.beginning();
        let end = after(&beginning);
        let (condition, binds) = match &end {
            Some(end) => {
                (format!("{0} >= $1 AND {0} < $2", field.column), vec![Bind::Text(&beginning), Bind::Text(end)])
            }
            None => (format!("{} IS NOT NULL", field.column), Vec::new()),
        };
        let sql = format!(
            "SELECT {}, {}, {bearer}, {vlan} FROM {} WHERE {condition} ORDER BY {}",
            entity.id, field.column, entity.table, field.column
        );
        self.connection.rows(&sql, &binds, |row| {
            let Some(text) = row.text(1)?.filter(|text| block.contains(text)) else {
                return Ok(ControlFlow::Continue(()));
            };
            if let Some((_, number)) = address::key(text) {
                let (bearer, vlan) = (row.integer(2)?, row.text(3)?);
                each(StoredAddress { id: row.id(0)?, number, text, bearer, vlan })?;
            }
            Ok(ControlFlow::Continue(()))
        })
    }
}

/// The first text behind all that begin with `beginning`, which is ASCII; nothing where everything does.
fn after(beginning: &str) -> Option<String> {
    let (last, rest) = beginning.as_bytes().split_last()?;
    let mut end = String::from_utf8_lossy(rest).into_owned();
    end.push(char::from(last + 1));
    Some(end)
}
