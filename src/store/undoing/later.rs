//! The changes that were made after one that is to be undone.

use crate::catalog::Entity;
use crate::error::Result;
use crate::store::engine::Bind;
use crate::store::reading::reader::Reader;
use crate::store::writing::change::Effect;
use crate::value::Value;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Receives each effect; a removal before it happens.
pub(super) type EachEffect<'t> = &'t mut dyn FnMut(&Reader<'_>, &Effect) -> Result<()>;

/// The later changes that count.
pub(super) struct Later {
    /// Those that are not cancelled by another one.
    pub(super) standing: BTreeSet<i64>,
    /// The later change that has undone the one in question already.
    pub(super) undone_by: Option<i64>,
}

impl Reader<'_> {
    /// The changes behind `id`, without those which cancel each other.
    pub(super) fn later(&self, id: i64) -> Result<Later> {
        let mut standing = BTreeSet::new();
        let mut cancelled = BTreeSet::new();
        let mut undone_by = None;
        let sql = "SELECT change_id, undoes, partly FROM change WHERE change_id > $1 ORDER BY change_id DESC";
        self.connection.rows(sql, &[Bind::Integer(id)], |row| {
            let (change, undoes, partly) = (row.id(0)?, row.integer(1)?, row.integer(2)? == Some(1));
            if cancelled.contains(&change) {
                return Ok(ControlFlow::Continue(()));
            }
            match undoes.filter(|_| !partly) {
                Some(undoes) if undoes > id => {
                    cancelled.insert(undoes);
                }
                Some(undoes) if undoes == id => {
                    undone_by = Some(change);
                    standing.insert(change);
                }
                _ => {
                    standing.insert(change);
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Later { standing, undone_by })
    }
}

impl Reader<'_> {
    /// Returns the last change that is not undone; undoing and redoing do not count.
    pub fn next_to_undo(&self) -> Result<Option<i64>> {
        self.last_standing(|change| change.undoes.is_none().then_some(Next::This))
    }

    /// Returns the last undo that can be taken back: no change of another kind came after it.
    pub fn next_to_redo(&self) -> Result<Option<i64>> {
        self.last_standing(|change| match (change.undoes, change.redoes) {
            (None, _) => Some(Next::Nothing),
            (Some(_), false) => Some(Next::This),
            (Some(_), true) => None,
        })
    }

    /// Walks back through the changes that no later one has undone, until `ends` says which it is.
    fn last_standing(&self, ends: impl Fn(&Reversal) -> Option<Next>) -> Result<Option<i64>> {
        let mut undone = BTreeSet::new();
        let mut found = None;
        let sql = "SELECT c.change_id, c.undoes, u.undoes FROM change c LEFT JOIN change u ON u.change_id = c.undoes \
                   ORDER BY c.change_id DESC";
        self.connection.rows(sql, &[], |row| {
            let change = Reversal { id: row.id(0)?, undoes: row.integer(1)?, redoes: row.integer(2)?.is_some() };
            if undone.contains(&change.id) {
                return Ok(ControlFlow::Continue(()));
            }
            if let Some(next) = ends(&change) {
                found = matches!(next, Next::This).then_some(change.id);
                return Ok(ControlFlow::Break(()));
            }
            undone.extend(change.undoes);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }
}

/// A change, and what it reverses.
struct Reversal {
    id: i64,
    /// The change that it undid, as far as it could.
    undoes: Option<i64>,
    /// True if that is an undo itself.
    redoes: bool,
}

/// The end of a walk back through history.
enum Next {
    /// It is the change at hand.
    This,
    /// There is none.
    Nothing,
}

impl Later {
    /// Returns true if that change is later and not cancelled.
    pub(super) fn counts(&self, change: i64) -> bool {
        self.standing.contains(&change)
    }
}

/// The records that a record refers to, its quantities' units among them.
pub(super) fn references(reader: &Reader<'_>, entity: &Entity, values: &[Value]) -> Vec<(&'static Entity, i64)> {
    let catalog = reader.catalog();
    let referred = entity.fields.iter().zip(values).filter_map(|(field, value)| match value {
        Value::Integer(id) => Some((catalog.target(field)?, *id)),
        Value::Quantity(_, unit) => Some((catalog.of("unit"), *unit)),
        Value::Record(noun, id) => Some((catalog.get(noun)?, *id)),
        _ => None,
    });
    referred.collect()
}
