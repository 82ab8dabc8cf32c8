//! The whole estate in numbers: what `stats` draws on a terminal and `report` on a page.

use super::capacity::{Ids, Use, fields};
use super::pools::{Overcommit, Pool, Room, devices, paths, pools};
use crate::catalog::Entity;
use crate::error::Result;
use crate::store::Reader;
use crate::value::status;
use std::collections::{BTreeMap, HashMap};

/// Number of months of growth.
const MONTHS: usize = 24;

/// The estate.
pub(crate) struct Estate {
    /// Number of records of each noun.
    pub counts: Vec<(&'static Entity, usize)>,
    pub pools: Vec<Pool>,
    /// Path and room of each storage device.
    pub storages: Vec<(String, Room)>,
    /// The sums over all pools.
    pub used: Use,
    pub room: Room,
    /// Number of VMs in each status, in the order of the statuses; statuses without VMs are left out.
    pub statuses: Vec<(&'static str, u64)>,
    /// Number of VMs of each operating system, the most frequent first; without retired VMs.
    pub systems: Vec<(String, u64)>,
    /// Number of VMs created in each month and number at its end, up to the last month with a new VM.
    pub months: Vec<(String, u64, u64)>,
}

/// Nouns whose records are counted.
pub(super) const COUNTED: [&str; 9] = ["vm", "pool", "dc", "provider", "storage", "disk", "ip", "system", "user"];

/// Reads it.
pub(crate) fn read(reader: &Reader<'_>) -> Result<Estate> {
    let catalog = reader.catalog();
    let mut counts = Vec::new();
    for noun in COUNTED {
        let entity = catalog.of(noun);
        counts.push((entity, usize::try_from(reader.count(entity)?).unwrap_or_default()));
    }
    let pools = pools(reader, &[], &Overcommit::default())?;
    let storages = devices(reader, &[], &Overcommit::default())?;
    let storages = storages.into_iter().map(|(path, _, room)| (path, room)).collect();
    let (mut used, mut room) = (Use::default(), Room::default());
    for pool in &pools {
        used.add(&pool.used);
        room.add(&pool.room);
    }
    let mut statuses = vec![0_u64; status::STATUSES.len()];
    let mut listed: Ids<u64> = Ids::default();
    let mut custom: HashMap<String, u64> = HashMap::new();
    let mut unknown = 0_u64;
    let mut months: BTreeMap<String, u64> = BTreeMap::new();
    let vm = catalog.of("vm");
    reader.each_stored(vm, &fields(vm, &["status", "os", "custom-os", "created"]), Vec::new(), |_, stored| {
        let word = stored.text(0)?.unwrap_or_default();
        let place = status::STATUSES.iter().position(|status| *status == word);
        if let Some(count) = place.and_then(|place| statuses.get_mut(place)) {
            *count += 1;
        }
        if word != "retired" {
            match (stored.reference(1)?, stored.text(2)?) {
                (Some(os), _) => *listed.entry(os).or_default() += 1,
                (None, Some(text)) => match custom.get_mut(text) {
                    Some(count) => *count += 1,
                    None => drop(custom.insert(text.to_owned(), 1)),
                },
                (None, None) => unknown += 1,
            }
        }
        if let Some(month) = stored.text(3)?.and_then(|time| time.get(..7)) {
            match months.get_mut(month) {
                Some(count) => *count += 1,
                None => drop(months.insert(month.to_owned(), 1)),
            }
        }
        Ok(())
    })?;
    let names = paths(reader, catalog.of("os"))?;
    let mut systems: Vec<(String, u64)> = custom.into_iter().collect();
    systems.extend(listed.into_iter().map(|(id, count)| (names.get(&id).cloned().unwrap_or_default(), count)));
    if unknown > 0 {
        systems.push(("unknown".to_owned(), unknown));
    }
    systems.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let statuses = status::STATUSES.iter().copied().zip(statuses).filter(|(_, count)| *count > 0).collect();
    Ok(Estate { counts, pools, storages, used, room, statuses, systems, months: growth(&months) })
}

impl Estate {
    /// Returns the months of growth; a single one follows the month before it, in which there was no VM.
    pub(crate) fn months_with_start(&self) -> Option<Vec<(String, u64, u64)>> {
        let (first, ..) = self.months.first()?;
        let start = if self.months.len() == 1 { Some((preceding(first)?, 0, 0)) } else { None };
        Some(start.into_iter().chain(self.months.iter().cloned()).collect())
    }
}

/// Every month from the first to the last, those without a new VM too; the last [`MONTHS`] of them.
fn growth(months: &BTreeMap<String, u64>) -> Vec<(String, u64, u64)> {
    let (Some(first), Some(last)) = (months.keys().next(), months.keys().next_back()) else { return Vec::new() };
    let mut all = Vec::new();
    let mut sum = 0;
    let mut month = Some(first.clone());
    while let Some(here) = month.filter(|month| month <= last) {
        let new = months.get(&here).copied().unwrap_or_default();
        sum += new;
        month = following(&here);
        all.push((here, new, sum));
    }
    let skipped = all.len().saturating_sub(MONTHS);
    all.split_off(skipped)
}

/// The month behind `2026-11`.
fn following(month: &str) -> Option<String> {
    let (year, number) = month.split_once('-')?;
    let (year, number): (u32, u32) = (year.parse().ok()?, number.parse().ok()?);
    if (year, number) >= (9999, 12) {
        return None;
    }
    Some(if number >= 12 { format!("{:04}-01", year + 1) } else { format!("{year:04}-{:02}", number + 1) })
}

/// The month before `2026-11`.
fn preceding(month: &str) -> Option<String> {
    let (year, number) = month.split_once('-')?;
    let (year, number): (u32, u32) = (year.parse().ok()?, number.parse().ok()?);
    Some(if number <= 1 { format!("{:04}-12", year.checked_sub(1)?) } else { format!("{year:04}-{:02}", number - 1) })
}

/// A ranking in `most` lines: the last one sums up those for which there is no room.
pub(crate) fn head(ranking: &[(String, u64)], most: usize) -> Vec<(String, u64)> {
    if ranking.len() <= most {
        return ranking.to_vec();
    }
    let (first, rest) = ranking.split_at(most.saturating_sub(1).min(ranking.len()));
    let others = (format!("{} others", rest.len()), rest.iter().map(|(_, count)| count).sum());
    first.iter().cloned().chain([others]).collect()
}
