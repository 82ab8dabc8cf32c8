//! The guard of pruning imports: a file that lost its rows does not empty the inventory.

use crate::catalog::Entity;
use crate::error::{Error, Result};
use crate::store::listed;

/// Number of records of a noun that are removed without further confirmation.
const RECORDS: usize = 10;

/// Percentage of a noun's records that are removed without further confirmation.
const PERCENT: usize = 10;

/// Records of one noun that an import would remove.
pub(super) struct Removals {
    pub(super) entity: &'static Entity,
    /// Number of records that would be removed.
    pub(super) removed: usize,
    /// Number of records in the scope of the import before it: the removed ones, and those that rows describe.
    pub(super) scope: usize,
}

impl Removals {
    const fn is_large(&self) -> bool {
        self.removed > RECORDS && self.removed.saturating_mul(100) > self.scope.saturating_mul(PERCENT)
    }
}

/// Refuses to remove most of a noun unless `allowed`, the number of `--allow-removals`, covers all removals.
///
/// # Errors
/// A conflict with the figures.
pub(super) fn check(removals: &[Removals], allowed: Option<usize>) -> Result<()> {
    let Some(figures) = excess(removals, allowed) else { return Ok(()) };
    let all = total(removals);
    let limit = allowed.map_or_else(String::new, |allowed| format!(", --allow-removals is {allowed}"));
    Err(Error::conflict(format!("too many removals: {figures}{limit}; nothing was imported"))
        .help(format!("pass --allow-removals {all} to remove them, or --dry-run to list them")))
}

/// Returns why records that the export lacks are not marked as missing, if they are too many.
pub(super) fn doubt(removals: &[Removals], allowed: Option<usize>) -> Option<String> {
    let figures = excess(removals, allowed)?;
    Some(format!("the export lacks {figures}; if they are gone, pass --allow-removals {}", total(removals)))
}

/// Number of records that would be removed.
fn total(removals: &[Removals]) -> usize {
    removals.iter().map(|removals| removals.removed).sum()
}

/// Returns the figures of removals that are too many.
fn excess(removals: &[Removals], allowed: Option<usize>) -> Option<String> {
    if !removals.iter().any(Removals::is_large) || allowed.is_some_and(|allowed| total(removals) <= allowed) {
        return None;
    }
    let figures = removals.iter().filter(|removals| removals.removed > 0);
    let figures =
        figures.map(|removals| format!("{} of {}", removals.removed, removals.entity.counted(removals.scope)));
    Some(listed(&figures.collect::<Vec<String>>()))
}
