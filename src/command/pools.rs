//! Pools with their total and allocated resources, for `usage`, `fit`, `stats` and `report`.

use super::capacity::{self, By, GroupKey, Ids, Resource, Use, fields, within};
use crate::catalog::Entity;
use crate::error::{Error, Result};
use crate::output::row::Row;
use crate::store::Reader;
use crate::value::decimal::Decimal;
use crate::value::quantity::{Quantity, compact};
use crate::value::rounded::rounded;
use crate::value::shown;
use crate::verb::arguments::options;
use clap::{Arg, ArgAction, ArgMatches};

/// Overcommit ratio of each resource: `cpu=4:1` allows four virtual CPUs for each CPU.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overcommit(Vec<(Resource, Decimal, Decimal)>);

impl Overcommit {
    /// Returns `--overcommit`.
    pub(crate) fn argument() -> Arg {
        Arg::new("overcommit")
            .long("overcommit")
            .value_name("RESOURCE=N:1")
            .action(ArgAction::Append)
            .help("Promise more than there is, such as cpu=4:1; for several resources, several times")
    }

    /// Parses the values of `--overcommit`.
    pub(crate) fn from_matches(matches: &ArgMatches) -> Result<Self> {
        options(matches, "overcommit").into_iter().map(Self::one).collect::<Result<Vec<_>>>().map(Self)
    }

    fn one(text: &str) -> Result<(Resource, Decimal, Decimal)> {
        let wrong = || {
            Error::usage(format!("{} is no overcommitment", shown::quoted(text)))
                .help("write RESOURCE=N:1 with cpu, memory or disk, such as cpu=4:1")
        };
        let (name, ratio) = text.split_once('=').ok_or_else(wrong)?;
        let resource = Resource::ALL.into_iter().find(|resource| resource.name() == name.trim()).ok_or_else(wrong)?;
        let (promised, real) = ratio.split_once(':').unwrap_or((ratio, "1"));
        // More decimal places would exceed the exact arithmetic of totals.
        let number = |text: &str| {
            let number = Decimal::parse(text.trim()).ok().and_then(|number| number.checked_times(1000));
            number.filter(|n| n.is_whole() && *n > Decimal::ZERO && *n < Decimal::from_whole(1_000_000_000))
        };
        Ok((resource, number(promised).ok_or_else(wrong)?, number(real).ok_or_else(wrong)?))
    }

    /// Returns the amount that may be allocated of `total`, rounded down if it has no exact decimal.
    pub(crate) fn of(&self, resource: Resource, total: Decimal) -> Decimal {
        let Some((_, promised, real)) = self.0.iter().rev().find(|(of, ..)| *of == resource) else { return total };
        let whole = |number: &Decimal| u64::try_from(number.floor()).unwrap_or(1);
        let product = total.checked_times(whole(promised)).unwrap_or(total);
        let divided = product.exactly_over(whole(real), 18);
        divided.unwrap_or_else(|| Decimal::from_whole(product.floor() / i128::from(whole(real))))
    }
}

/// Total and allocated amount of each resource. Pools without a total count in neither.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Room {
    all: [Option<(Decimal, Decimal)>; 3],
}

impl Room {
    /// Returns the total and the allocated amount of a resource; `None` if no total is set.
    pub(crate) const fn get(&self, resource: Resource) -> Option<(Decimal, Decimal)> {
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
                (Some((total, allocated)), Some((more, more_allocated))) => {
                    Some((total + more, allocated + more_allocated))
                }
                (mine, theirs) => mine.or(theirs),
            };
        }
    }

    /// Creates the room of a pool from its totals.
    pub(crate) fn new(totals: [Option<Decimal>; 3], used: &Use) -> Self {
        let mut room = Self::default();
        for ((place, total), resource) in room.all.iter_mut().zip(totals).zip(Resource::ALL) {
            *place = total.map(|total| (total, used.allocated(resource)));
        }
        room
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
    let units = reader.units()?;
    let mut pools = Vec::new();
    let columns = fields(pool, &["dc", "cpu", "memory", "disk"]);
    reader.each_stored(pool, &columns, within(pool, &[], only, reader), |id, stored| {
        let bytes = |field| -> Result<Option<Decimal>> {
            let quantity = stored.quantity(field)?;
            Ok(quantity.map(|(amount, unit)| units.bytes(&Quantity { amount: amount.to_owned(), unit })))
        };
        let cpu = stored.text(1)?.and_then(|text| Decimal::parse(text).ok());
        let totals = [cpu, bytes(2)?, bytes(3)?];
        let mut resources = Resource::ALL.into_iter();
        let totals = totals.map(|total| {
            let resource = resources.next();
            total.zip(resource).map(|(total, resource)| overcommit.of(resource, total))
        });
        let used = used.get(&id).copied().unwrap_or_default();
        pools.push(Pool {
            id,
            path: paths.remove(&id).unwrap_or_default(),
            dc: stored.reference(0)?.unwrap_or_default(),
            room: Room::new(totals, &used),
            used,
        });
        Ok(())
    })?;
    Ok(pools)
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

/// Returns `part` divided by `total`; `None` if `total` is not positive.
pub(crate) fn ratio(part: Decimal, total: Decimal) -> Option<f64> {
    (total > Decimal::ZERO).then(|| part.approximate() / total.approximate())
}

/// Returns the text of a ratio, with at most four decimal places.
pub(crate) fn ratio_text(ratio: f64) -> String {
    let text = format!("{ratio:.4}");
    Decimal::parse(&text).map_or(text, |exact| exact.to_string())
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

/// Returns the free amount as a label, or the excess if more is allocated than the total.
pub(crate) fn free_text(resource: Resource, free: Decimal) -> String {
    if free.is_negative() {
        format!("{} too many", brief(resource, Decimal::ZERO - free))
    } else {
        format!("{} free", brief(resource, free))
    }
}
