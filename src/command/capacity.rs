//! What VMs hold of memory, CPUs and disk space, added up by pool, owner, status and the like: one run through the VMs
//! and one through the disks, whatever the question. `usage`, `fit`, `stats` and `report` ask it.
//!
//! What is planned is promised already and counts as allocated; what retired VMs still have does not. Both are kept
//! apart as well, so that an answer can show them. Sums are exact.

mod amounts;

use crate::catalog::{Entity, Field};
use crate::error::Result;
use crate::store::{Part, Reader, Term};
use crate::value::decimal::Decimal;
use crate::value::quantity::Units;
use amounts::{Amount, Amounts};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

/// Amounts of what VMs take, and how many VMs take them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Held {
    /// How many VMs; of storage devices, how many disks.
    pub count: u64,
    /// Virtual CPUs.
    pub cpu: Decimal,
    /// Bytes of memory.
    pub memory: Decimal,
    /// Bytes of disk space.
    pub disk: Decimal,
}

/// What the VMs of a group hold, by what stage of their life they are in.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Use {
    /// Those that are there.
    pub present: Held,
    /// Those that are planned.
    pub planned: Held,
    /// Those that are retired.
    pub retired: Held,
}

impl Held {
    pub(crate) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.cpu = self.cpu + other.cpu;
        self.memory = self.memory + other.memory;
        self.disk = self.disk + other.disk;
    }

    pub(crate) fn get(&self, resource: Resource) -> Decimal {
        match resource {
            Resource::Cpu => self.cpu,
            Resource::Memory => self.memory,
            Resource::Disk => self.disk,
        }
    }
}

impl Use {
    /// What is promised: to VMs that are there and to planned ones.
    pub(crate) fn allocated(&self, resource: Resource) -> Decimal {
        self.present.get(resource) + self.planned.get(resource)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.present.add(&other.present);
        self.planned.add(&other.planned);
        self.retired.add(&other.retired);
    }

    fn at(&mut self, stage: Stage) -> &mut Held {
        match stage {
            Stage::Present => &mut self.present,
            Stage::Planned => &mut self.planned,
            Stage::Retired => &mut self.retired,
        }
    }
}

/// What a pool has and VMs take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    Cpu,
    Memory,
    Disk,
}

impl Resource {
    pub(crate) const ALL: [Self; 3] = [Self::Cpu, Self::Memory, Self::Disk];

    /// Its name, as a field of a pool has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Disk => "disk",
        }
    }
}

/// Where in its life a VM is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Present,
    Planned,
    Retired,
}

impl Stage {
    fn of(status: Option<&[u8]>) -> Self {
        match status {
            Some(b"planned") => Self::Planned,
            Some(b"retired") => Self::Retired,
            _ => Self::Present,
        }
    }
}

/// What VMs are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Pool,
    Owner,
    /// The operating system, from the list or in words of its own.
    Os,
    Status,
    /// The systems it is part of: it counts in each.
    System,
}

/// What a group is known by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// VMs that have none.
    None,
    Id(i64),
    Text(String),
}

/// The groups of VMs and what each holds, in the order in which they were met.
pub(crate) fn held(reader: &Reader<'_>, by: By, pools: &[i64]) -> Result<Vec<(Key, Use)>> {
    let catalog = reader.catalog();
    let (vm, disk) = (catalog.of("vm"), catalog.of("disk"));
    let units = reader.units()?;
    let units: &Units = &units;
    let mut groups = Groups::default();
    let memberships = if by == By::System { memberships(reader, &mut groups)? } else { Ids::default() };
    // Where no disk is to be placed, no VM needs to be remembered for it.
    let places_disks = reader.has_any(disk)?;
    let names: &[&str] = match by {
        By::Pool => &["status", "cpu", "memory", "pool"],
        By::Owner => &["status", "cpu", "memory", "owner"],
        By::Os => &["status", "cpu", "memory", "os", "custom-os"],
        By::Status | By::System => &["status", "cpu", "memory"],
    };
    let counted = in_parts(reader, vm, pools, |reader, part| {
        let (mut groups, mut sums, mut placed) = (groups.clone(), Sums::default(), Placed::default());
        let mut amounts = Amounts::new(units);
        let terms = within(vm, &["pool"], pools, reader);
        reader.each_stored_in(part, vm, &fields(vm, names), terms, |stored| {
            let status = stored.bytes(0)?;
            let stage = Stage::of(status);
            let cpu = amounts.count(stored, 1)?;
            let memory = amounts.quantity(stored, 2)?;
            let slot = match by {
                By::System => match memberships.get(&stored.id()?) {
                    Some(slots) => {
                        for slot in slots {
                            sums.add_vm(*slot, stage, cpu, memory);
                        }
                        if places_disks {
                            placed.push(stored.id()?, 0, stage);
                        }
                        return Ok(());
                    }
                    None => groups.of(None),
                },
                By::Status => groups.called(stored.text(0)?.unwrap_or_default()),
                By::Os => match (stored.reference(3)?, stored.text(4)?) {
                    (None, Some(text)) => groups.called(text),
                    (os, _) => groups.of(os),
                },
                By::Pool | By::Owner => groups.of(stored.reference(3)?),
            };
            sums.add_vm(slot, stage, cpu, memory);
            if places_disks {
                placed.push(stored.id()?, slot, stage);
            }
            Ok(())
        })?;
        Ok((groups, sums, placed))
    })?;
    let (mut sums, mut placed) = (Sums::default(), Placed::default());
    for (theirs, their_sums, their_placed) in counted {
        let slots = groups.take_in(theirs);
        sums.add(&their_sums, |slot| slots.get(slot).copied().unwrap_or(slot));
        placed.0.extend(their_placed.0.into_iter().map(|(id, slot, stage)| {
            let slot = slots.get(slot as usize).and_then(|slot| u32::try_from(*slot).ok()).unwrap_or(slot);
            (id, slot, stage)
        }));
    }
    if places_disks {
        let counted = in_parts(reader, disk, pools, |reader, part| {
            let mut sums = Sums::default();
            let mut amounts = Amounts::new(units);
            let mut near = 0;
            let terms = within(disk, &["vm", "pool"], pools, reader);
            reader.each_stored_in(part, disk, &fields(disk, &["vm", "size"]), terms, |stored| {
                let Some(vm) = stored.reference(0)? else { return Ok(()) };
                let size = amounts.quantity(stored, 1)?;
                let Some((slot, stage)) = placed.get(vm, &mut near) else { return Ok(()) };
                match (by, memberships.get(&vm)) {
                    (By::System, Some(slots)) => slots.iter().for_each(|slot| sums.add_disk(*slot, stage, size)),
                    _ => sums.add_disk(slot, stage, size),
                }
                Ok(())
            })?;
            Ok(sums)
        })?;
        for theirs in counted {
            sums.add(&theirs, |slot| slot);
        }
    }
    Ok(groups.keys.into_iter().enumerate().map(|(slot, key)| (key, sums.of(slot))).collect())
}

/// As [`Reader::in_parts`]; of a few pools only, whose VMs an index finds, in one part.
fn in_parts<T: Send>(
    reader: &Reader<'_>,
    entity: &Entity,
    pools: &[i64],
    work: impl Fn(&Reader<'_>, &Part) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    if pools.is_empty() { reader.in_parts(entity, work) } else { Ok(vec![work(reader, &Part::ALL)?]) }
}

/// What disks take of the storage devices that they are on.
pub(crate) fn stored_on(reader: &Reader<'_>, pools: &[i64]) -> Result<HashMap<i64, Use>> {
    let catalog = reader.catalog();
    let (vm, disk) = (catalog.of("vm"), catalog.of("disk"));
    if !reader.has_any(disk)? {
        return Ok(HashMap::new());
    }
    let apart = reader.in_parts(vm, |reader, part| {
        let mut apart = Vec::new();
        reader.each_stored_in(part, vm, &fields(vm, &["status"]), Vec::new(), |stored| {
            let stage = Stage::of(stored.bytes(0)?);
            if stage != Stage::Present {
                apart.push((stored.id()?, stage));
            }
            Ok(())
        })?;
        Ok(apart)
    })?;
    let apart: Ids<Stage> = apart.into_iter().flatten().collect();
    let units = reader.units()?;
    let units: &Units = &units;
    let counted = in_parts(reader, disk, pools, |reader, part| {
        let mut amounts = Amounts::new(units);
        let mut found: HashMap<i64, Use> = HashMap::new();
        let terms = within(disk, &["storage", "pool"], pools, reader);
        reader.each_stored_in(part, disk, &fields(disk, &["vm", "storage", "size"]), terms, |stored| {
            let (Some(vm), Some(storage)) = (stored.reference(0)?, stored.reference(1)?) else { return Ok(()) };
            let stage = apart.get(&vm).copied().unwrap_or(Stage::Present);
            let size = Held { count: 1, disk: amounts.quantity(stored, 2)?.exact, ..Held::default() };
            found.entry(storage).or_default().at(stage).add(&size);
            Ok(())
        })?;
        Ok(found)
    })?;
    let mut found: HashMap<i64, Use> = HashMap::new();
    for (storage, theirs) in counted.into_iter().flatten() {
        found.entry(storage).or_default().add(&theirs);
    }
    Ok(found)
}

/// The systems that each VM is part of, as the places of their groups; every system has a group.
fn memberships(reader: &Reader<'_>, groups: &mut Groups) -> Result<Ids<Vec<usize>>> {
    let (system, link) = (reader.catalog().of("system"), reader.catalog().of("membership"));
    reader.each_stored(system, &[], Vec::new(), |id, _| {
        groups.of(Some(id));
        Ok(())
    })?;
    let mut memberships: Ids<Vec<usize>> = Ids::default();
    reader.each_stored(link, &fields(link, &["system", "vm"]), Vec::new(), |_, stored| {
        if let (Some(system), Some(vm)) = (stored.reference(0)?, stored.reference(1)?) {
            memberships.entry(vm).or_default().push(groups.of(Some(system)));
        }
        Ok(())
    })?;
    Ok(memberships)
}

/// The fields of `entity` with these names.
pub(crate) fn fields(entity: &'static Entity, names: &[&str]) -> Vec<&'static Field> {
    names.iter().filter_map(|name| entity.field(name)).collect()
}

/// That the references `path` lead from a record of `entity` to one of `ids`; no ids: to any.
pub(crate) fn within(entity: &'static Entity, path: &[&str], ids: &[i64], reader: &Reader<'_>) -> Vec<Term> {
    if ids.is_empty() {
        return Vec::new();
    }
    let mut hops = Vec::new();
    let mut here = Some(entity);
    for name in path {
        let field = here.and_then(|entity| entity.field(name));
        hops.extend(field);
        here = field.and_then(|field| reader.catalog().target(field));
    }
    vec![Term::Refers { hops, ids: ids.to_vec(), or_empty: false, negated: false }]
}

/// The groups that were met.
#[derive(Clone, Default)]
struct Groups {
    keys: Vec<Key>,
    by_id: Ids<usize>,
    by_text: HashMap<String, usize>,
    none: Option<usize>,
}

/// The sums of groups, by their places. Nearly all amounts are whole, so those are added up in plain numbers, which keeps
/// the sums small enough for the processor's cache; the rest are added exactly beside them.
#[derive(Default)]
struct Sums {
    whole: Vec<[Whole; 3]>,
    rest: HashMap<usize, Use, Mixing>,
}

/// Sums of whole amounts.
#[derive(Debug, Clone, Copy, Default)]
struct Whole {
    count: u64,
    cpu: u64,
    memory: u64,
    disk: u64,
}

impl Groups {
    /// The place of the group of a record; of none, the group of those that have none.
    fn of(&mut self, id: Option<i64>) -> usize {
        let known = match &id {
            Some(id) => self.by_id.get(id).copied(),
            None => self.none,
        };
        known.unwrap_or_else(|| {
            let place = self.keys.len();
            match id {
                Some(id) => drop(self.by_id.insert(id, place)),
                None => self.none = Some(place),
            }
            self.keys.push(id.map_or(Key::None, Key::Id));
            place
        })
    }

    /// The place of the group that bears `text`.
    fn called(&mut self, text: &str) -> usize {
        if let Some(place) = self.by_text.get(text) {
            return *place;
        }
        let place = self.keys.len();
        self.by_text.insert(text.to_owned(), place);
        self.keys.push(Key::Text(text.to_owned()));
        place
    }

    /// Takes in the groups of another part, and returns the places that they have here.
    fn take_in(&mut self, others: Self) -> Vec<usize> {
        let place = |key| match key {
            Key::None => self.of(None),
            Key::Id(id) => self.of(Some(id)),
            Key::Text(text) => self.called(&text),
        };
        others.keys.into_iter().map(place).collect()
    }
}

impl Sums {
    fn at(&mut self, slot: usize, stage: Stage) -> &mut Whole {
        if slot >= self.whole.len() {
            self.whole.resize(slot + 1, [Whole::default(); 3]);
        }
        &mut self.whole[slot][stage as usize]
    }

    /// Adds a VM that is in the group at `slot`.
    fn add_vm(&mut self, slot: usize, stage: Stage, cpu: Amount, memory: Amount) {
        let sums = self.at(slot, stage);
        sums.count += 1;
        let rest = Held { cpu: cpu.add_to(&mut sums.cpu), memory: memory.add_to(&mut sums.memory), ..Held::default() };
        self.add_rest(slot, stage, &rest);
    }

    /// Adds a disk of a VM that is in the group at `slot`.
    fn add_disk(&mut self, slot: usize, stage: Stage, size: Amount) {
        let sums = self.at(slot, stage);
        let rest = Held { disk: size.add_to(&mut sums.disk), ..Held::default() };
        self.add_rest(slot, stage, &rest);
    }

    fn add_rest(&mut self, slot: usize, stage: Stage, rest: &Held) {
        if [rest.cpu, rest.memory, rest.disk].iter().any(|amount| *amount != Decimal::ZERO) {
            self.rest.entry(slot).or_default().at(stage).add(rest);
        }
    }

    /// Adds the sums of another part; `slot` tells where its groups are here.
    fn add(&mut self, others: &Self, slot: impl Fn(usize) -> usize) {
        for place in 0..others.whole.len() {
            self.rest.entry(slot(place)).or_default().add(&others.of(place));
        }
    }

    /// The sums of the group at `slot`.
    fn of(&self, slot: usize) -> Use {
        let exact = |number: u64| Decimal::from_whole(i128::from(number));
        let held = |sums: Whole| Held {
            count: sums.count,
            cpu: exact(sums.cpu),
            memory: exact(sums.memory),
            disk: exact(sums.disk),
        };
        let [present, planned, retired] = self.whole.get(slot).copied().unwrap_or_default().map(held);
        let mut sums = Use { present, planned, retired };
        if let Some(rest) = self.rest.get(&slot) {
            sums.add(rest);
        }
        sums
    }
}

/// In which group each VM is, and at which stage, by ascending id.
#[derive(Default)]
struct Placed(Vec<(i64, u32, Stage)>);

impl Placed {
    fn push(&mut self, id: i64, slot: usize, stage: Stage) {
        self.0.push((id, u32::try_from(slot).unwrap_or(u32::MAX), stage));
    }

    /// Disks come mostly in the order of their VMs: the search begins where the last one ended, at `near`.
    fn get(&self, id: i64, near: &mut usize) -> Option<(usize, Stage)> {
        let here = [*near, *near + 1].into_iter().find(|at| self.0.get(*at).is_some_and(|vm| vm.0 == id));
        let at = here.or_else(|| self.0.binary_search_by_key(&id, |vm| vm.0).ok())?;
        *near = at;
        self.0.get(at).map(|(_, slot, stage)| (*slot as usize, *stage))
    }
}

/// Records by id. Ids are our own, so the hash need not withstand an adversary, only be quick.
pub(crate) type Ids<T> = HashMap<i64, T, Mixing>;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mixing;

impl BuildHasher for Mixing {
    type Hasher = Mixer;

    fn build_hasher(&self) -> Mixer {
        Mixer::default()
    }
}

/// FNV-like over words.
#[derive(Debug, Default)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let word = part.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.write_u64(word);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_i64(&mut self, word: i64) {
        self.write_u64(word.cast_unsigned());
    }

    fn write_u128(&mut self, words: u128) {
        let [upper, lower] = [words >> 64, words & u128::from(u64::MAX)];
        for word in [upper, lower] {
            self.write_u64(u64::try_from(word).unwrap_or_default());
        }
    }
}
