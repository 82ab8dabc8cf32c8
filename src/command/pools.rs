//! Pools with their total and allocated resources, for `usage`, `fit`, `stats` and `report`.

use super::capacity::{self, By, GroupKey, Ids, Resource, Use, fields, within};
use crate::catalog::{Entity, Path};
use crate::error::{Error, Result};
use crate::output::bar::Share;
use crate::output::row::Row;
use crate::store::{Query, Reader};
use crate::value::decimal::Decimal;
use crate::value::quantity::{Quantity, compact};
use crate::value::ratio::{Allotment, Ratio};
use crate::value::rounded::rounded;
use crate::value::shown;
use crate::verb::arguments::options;
use clap::{Arg, ArgAction, ArgMatches};
use std::ops::ControlFlow;

/// Ratios of `--overcommit`, which take the place of those in the inventory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overcommit(Vec<(Resource, Ratio)>);

impl Overcommit {
    /// Returns `--overcommit`.
    pub(crate) fn argument() -> Arg {
        Arg::new("overcommit")
            .long("overcommit")
            .value_name("RESOURCE=N:1")
            .action(ArgAction::Append)
            .help("Overcommit ratio, for example cpu=4:1 (repeatable)")
    }

    /// Parses the values of `--overcommit`.
    pub(crate) fn from_matches(matches: &ArgMatches) -> Result<Self> {
        options(matches, "overcommit").into_iter().map(Self::one).collect::<Result<Vec<_>>>().map(Self)
    }

    fn one(text: &str) -> Result<(Resource, Ratio)> {
        let found = text.split_once('=').and_then(|(name, ratio)| {
            let resource = Resource::ALL.into_iter().find(|resource| resource.name() == name.trim())?;
            Some((resource, Ratio::parse(ratio).ok()?))
        });
        found.ok_or_else(|| {
            Error::usage(format!("{} is not an overcommit ratio", shown::quoted(text)))
                .help("write RESOURCE=N:1 with cpu, memory or disk, for example cpu=4:1")
        })
    }

    /// Returns the ratio of a resource: that of the option, or else the `stored` one.
    pub(crate) fn ratio(&self, resource: Resource, stored: Option<Ratio>) -> Option<Ratio> {
        self.0.iter().rev().find(|(of, _)| *of == resource).map(|(_, ratio)| *ratio).or(stored)
    }
}

/// Allotment of each resource. Pools without a capacity count in none.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Room {
    all: [Option<Allotment>; 3],
}

impl Room {
    /// Returns the allotment of a resource; `None` if no capacity is set.
    pub(crate) const fn get(&self, resource: Resource) -> Option<Allotment> {
        let [cpu, memory, disk] = self.all;
        match resource {
            Resource::Cpu => cpu,
            Resource::Memory => memory,
            Resource::Disk => disk,
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.all.iter_mut().zip(other.all) {
            *mine = match (*mine, theirs) {
                (Some(mine), Some(theirs)) => Some(mine + theirs),
                (mine, theirs) => mine.or(theirs),
            };
        }
    }

    /// Creates the room of a pool from its capacities and its ratios.
    pub(crate) fn new(capacities: [Option<Decimal>; 3], ratios: [Option<Ratio>; 3], used: &Use) -> Self {
        let mut room = Self::default();
        let limits = capacities.into_iter().zip(ratios);
        for ((place, (capacity, ratio)), resource) in room.all.iter_mut().zip(limits).zip(Resource::ALL) {
            *place = capacity.map(|capacity| Allotment::new(capacity, ratio, used.allocated(resource)));
        }
        room
    }
}

/// Returns the allocated share of a resource; `None` if nothing may be allocated.
pub(crate) fn share(resource: Resource, allotment: &Allotment) -> Option<Share> {
    match resource {
        Resource::Cpu => Share::of_cpus(allotment),
        Resource::Memory | Resource::Disk => Share::of_bytes(allotment),
    }
}

/// Adds a share to a row.
pub(crate) fn push_share(row: &mut Row, share: Option<Share>) {
    match share {
        Some(share) => share.push(row),
        None => row.null(),
    }
}

/// A pool with its allocations.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    pub id: i64,
    pub path: String,
    pub dc: i64,
    pub used: Use,
    pub room: Room,
}

/// Returns the pools `only`, or all if it is empty, in the order of ids.
pub(crate) fn pools(reader: &Reader<'_>, only: &[i64], overcommit: &Overcommit) -> Result<Vec<Pool>> {
    let pool = reader.catalog().of("pool");
    let mut paths = paths(reader, pool)?;
    let mut used: Ids<Use> = Ids::default();
    for (key, sums) in capacity::allocations(reader, By::Pool, only)? {
        if let GroupKey::Id(id) = key {
            used.insert(id, sums);
        }
    }
    let ratios = ratios(reader, pool, only, overcommit)?;
    let units = reader.units()?;
    let mut pools = Vec::new();
    let columns = fields(pool, &["dc", "cpu", "memory", "disk"]);
    reader.each_stored(pool, &columns, within(pool, &[], only, reader), |id, stored| {
        let bytes = |field| -> Result<Option<Decimal>> {
            let quantity = stored.quantity(field)?;
            Ok(quantity.map(|(amount, unit)| units.bytes(&Quantity { amount: amount.to_owned(), unit })))
        };
        let cpu = stored.text(1)?.and_then(|text| Decimal::parse(text).ok());
        let capacities = [cpu, bytes(2)?, bytes(3)?];
        let used = used.get(&id).copied().unwrap_or_default();
        pools.push(Pool {
            id,
            path: paths.remove(&id).unwrap_or_default(),
            dc: stored.reference(0)?.unwrap_or_default(),
            room: Room::new(capacities, ratios.get(&id).copied().unwrap_or_default(), &used),
            used,
        });
        Ok(())
    })?;
    Ok(pools)
}

/// Returns the ratios that apply to each pool, in the order of the resources.
fn ratios(
    reader: &Reader<'_>,
    pool: &'static Entity,
    only: &[i64],
    overcommit: &Overcommit,
) -> Result<Ids<[Option<Ratio>; 3]>> {
    let columns = ["cpu.policy", "memory.policy"].map(|name| Path::known(reader.catalog(), pool, name));
    let query = Query { terms: within(pool, &[], only, reader), ..Query::all(pool, columns.to_vec()) };
    let mut ratios = Ids::default();
    reader.select_with_ids(&query, |id, row| {
        let stored = |place| row.cell(place).plain().and_then(|text| Ratio::parse(text).ok());
        let stored = [(Resource::Cpu, stored(0)), (Resource::Memory, stored(1)), (Resource::Disk, None)];
        ratios.insert(id, stored.map(|(resource, stored)| overcommit.ratio(resource, stored)));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(ratios)
}

/// Returns the path, the allocations and the room of each storage device of the pools `only`, or of all if it is empty.
pub(crate) fn devices(reader: &Reader<'_>, only: &[i64], overcommit: &Overcommit) -> Result<Vec<(String, Use, Room)>> {
    let storage = reader.catalog().of("storage");
    let used = capacity::stored_on(reader, only)?;
    let mut paths = paths(reader, storage)?;
    let units = reader.units()?;
    let mut groups = Vec::new();
    let columns = fields(storage, &["capacity"]);
    reader.each_stored(storage, &columns, within(storage, &["pool"], only, reader), |id, stored| {
        let total = stored.quantity(0)?;
        let total = total.map(|(amount, unit)| units.bytes(&Quantity { amount: amount.to_owned(), unit }));
        let used = used.get(&id).copied().unwrap_or_default();
        let ratios = [None, None, overcommit.ratio(Resource::Disk, None)];
        groups.push((paths.remove(&id).unwrap_or_default(), used, Room::new([None, None, total], ratios, &used)));
        Ok(())
    })?;
    Ok(groups)
}

/// Returns the complete paths of all records of `entity`.
pub(crate) fn paths(reader: &Reader<'_>, entity: &'static Entity) -> Result<Ids<String>> {
    let holder = reader.catalog().parent(entity);
    let above = match holder {
        Some((_, holder)) => paths(reader, holder)?,
        None => Ids::default(),
    };
    let columns: Vec<_> = entity.naming().take(1).chain(holder.map(|(field, _)| field)).collect();
    let mut path_by_id = Ids::default();
    reader.each_stored(entity, &columns, Vec::new(), |id, stored| {
        let name = stored.text(0)?.unwrap_or_default();
        let path = match stored.reference(1)?.and_then(|parent| above.get(&parent)) {
            Some(parent) => format!("{parent}/{name}"),
            None => name.to_owned(),
        };
        path_by_id.insert(id, path);
        Ok(())
    })?;
    Ok(path_by_id)
}

/// Adds an amount of `resource`: CPUs as a number, memory and disk space as a quantity.
pub(crate) fn push_amount(row: &mut Row, resource: Resource, amount: Decimal) {
    if resource == Resource::Cpu {
        row.number(&amount.to_string());
    } else {
        let (number, unit) = compact(amount);
        row.quantity(&number, unit, amount);
    }
}

/// Returns an amount of `resource` as text, exactly.
pub(crate) fn amount_text(resource: Resource, amount: Decimal) -> String {
    if resource == Resource::Cpu {
        return amount.to_string();
    }
    let (number, unit) = compact(amount);
    format!("{number} {unit}")
}

/// Returns an amount of `resource` as a label: CPUs to a tenth, memory and disk space with three significant digits.
pub(crate) fn brief(resource: Resource, amount: Decimal) -> String {
    if resource == Resource::Cpu {
        let text = format!("{:.1}", amount.approximate());
        return grouped(text.strip_suffix(".0").unwrap_or(&text));
    }
    rounded(&amount_text(resource, amount), amount).into_owned()
}

/// Returns a number with thousands separators.
pub(crate) fn grouped(number: &str) -> String {
    let (whole, rest) = number.find('.').map_or((number, ""), |point| number.split_at(point));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut text = String::from(sign);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

/// Returns how much is allocated of what may be, and how much is left, such as `6 of 8, 2 free`. `words` are put behind
/// the amounts.
pub(crate) fn allotment_text(resource: Resource, allotment: &Allotment, words: &str) -> String {
    let (allocated, total) = (brief(resource, allotment.allocated), brief(resource, allotment.total));
    let free = allotment.free();
    match share(resource, allotment) {
        Some(ratio @ Share::Ratio(_)) => format!("{allocated} of {total} vCPUs allocated ({})", ratio.text(false)),
        _ if free.is_negative() => {
            format!("{allocated} of {total}{words}, {} over", brief(resource, Decimal::ZERO - free))
        }
        _ => format!("{allocated} of {total}{words}, {} free", brief(resource, free)),
    }
}
