//! The guard of pruning imports: a file that lost its rows does not empty the inventory.

use crate::catalog::Entity;
use crate::catalog::source::GUARD;
use crate::error::{Error, Result};
use crate::store::listed;
use crate::value::decimal::Decimal;
use crate::value::text;

/// Number of records of a noun that are removed without further confirmation.
const RECORDS: usize = 10;

/// Records of one noun that an import would remove.
pub(super) struct Removals {
    pub(super) entity: &'static Entity,
    /// Number of records that would be removed.
    pub(super) removed: usize,
    /// Number of records in the scope of the import before it: the removed ones, and those that rows describe.
    pub(super) scope: usize,
}

/// Limits of the removals of one import.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits<'g> {
    /// Share of a noun's records that are removed without further confirmation; the usual one, if there is none.
    pub(super) guard: Option<&'g str>,
    /// Number of `--allow-removals`.
    pub(super) allowed: Option<usize>,
}

impl Removals {
    /// Returns whether it is more than ten records, and more than `guard` of those in the scope.
    fn is_large(&self, guard: Decimal) -> bool {
        let whole = |count: usize| i128::try_from(count).unwrap_or(i128::MAX);
        let most = guard.checked_times(u64::try_from(self.scope).unwrap_or(u64::MAX));
        let removed = Decimal::from_whole(whole(self.removed).saturating_mul(100));
        self.removed > RECORDS && most.is_some_and(|most| removed > most)
    }
}

/// Refuses to remove more of a noun than the guard allows, unless the number of `--allow-removals` covers all removals.
///
/// # Errors
/// A conflict with the figures.
pub(super) fn check(removals: &[Removals], limits: Limits<'_>) -> Result<()> {
    let Some(figures) = excess(removals, limits) else { return Ok(()) };
    let all = total(removals);
    let allowed = limits.allowed;
    let limit = allowed.map_or_else(String::new, |allowed| format!(", --allow-removals is {allowed}"));
    Err(Error::conflict(format!("too many removals: {figures}{limit}; nothing was imported"))
        .help(format!("pass --allow-removals {all} to remove them, or --dry-run to list them")))
}

/// Returns why records that the export lacks are not marked as missing, if they are too many.
pub(super) fn doubt(removals: &[Removals], limits: Limits<'_>) -> Option<String> {
    let figures = excess(removals, limits)?;
    Some(format!(
        "{figures} missing from the export; if they no longer exist, pass --allow-removals {}",
        total(removals)
    ))
}

/// Number of records that would be removed.
fn total(removals: &[Removals]) -> usize {
    removals.iter().map(|removals| removals.removed).sum()
}

/// Returns the figures of removals that are too many.
fn excess(removals: &[Removals], Limits { guard, allowed }: Limits<'_>) -> Option<String> {
    // A guard that is no percentage, in a file of an earlier inv, is the usual one.
    let guard = guard.and_then(|guard| text::percentage(guard).ok());
    let guard = guard.or_else(|| text::percentage(GUARD).ok()).unwrap_or_default();
    if !removals.iter().any(|removals| removals.is_large(guard))
        || allowed.is_some_and(|allowed| total(removals) <= allowed)
    {
        return None;
    }
    let figures = removals.iter().filter(|removals| removals.removed > 0);
    let figures =
        figures.map(|removals| format!("{} of {}", removals.removed, removals.entity.counted(removals.scope)));
    Some(listed(&figures.collect::<Vec<String>>()))
}
