//! Memory, CPUs and disk space of VMs, summed by pool, owner, status and the like, for `usage`, `fit`, `stats` and
//! `report`: one scan of the VMs and one of the disks.
//!
//! Planned VMs count as allocated, retired VMs do not. Both are also summed separately, so that an answer can show
//! them. Sums are exact.

mod amounts;

use crate::catalog::{Entity, Field};
use crate::error::Result;
use crate::store::{Part, Reader, Term};
use crate::value::decimal::Decimal;
use crate::value::quantity::Units;
use amounts::{Amount, Amounts};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

/// Number of VMs and the sums of their resources.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Allocation {
    /// Number of VMs; for storage devices, of disks.
    pub count: u64,
    /// Virtual CPUs.
    pub cpu: Decimal,
    /// Bytes of memory.
    pub memory: Decimal,
    /// Bytes of disk space.
    pub disk: Decimal,
}

/// Allocations of a group of VMs, by the stage of their life.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Use {
    /// VMs that are neither planned nor retired.
    pub present: Allocation,
    /// Planned VMs.
    pub planned: Allocation,
    /// Retired VMs.
    pub retired: Allocation,
}

impl Allocation {
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
    /// Returns the allocated amount: that of present and planned VMs.
    pub(crate) fn allocated(&self, resource: Resource) -> Decimal {
        self.present.get(resource) + self.planned.get(resource)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.present.add(&other.present);
        self.planned.add(&other.planned);
        self.retired.add(&other.retired);
    }

    fn at(&mut self, stage: Stage) -> &mut Allocation {
        match stage {
            Stage::Present => &mut self.present,
            Stage::Planned => &mut self.planned,
            Stage::Retired => &mut self.retired,
        }
    }
}

/// A resource that pools have and VMs use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    Cpu,
    Memory,
    Disk,
}

impl Resource {
    pub(crate) const ALL: [Self; 3] = [Self::Cpu, Self::Memory, Self::Disk];

    /// Returns the name of the field of a pool.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Disk => "disk",
        }
    }
}

/// Stage in the life of a VM, from its status.
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

/// Property that VMs are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Pool,
    Owner,
    /// Operating system: a reference or `custom-os`.
    Os,
    Status,
    /// Systems of the VM. It counts in each of them.
    System,
}

/// Key of a group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum GroupKey {
    /// VMs without a value.
    None,
    Id(i64),
    Text(String),
}

/// Returns the groups of VMs and the allocations of each, in the order in which they are found. Without `pools`, all
/// VMs count.
pub(crate) fn allocations(reader: &Reader<'_>, by: By, pools: &[i64]) -> Result<Vec<(GroupKey, Use)>> {
    let catalog = reader.catalog();
    let (vm, disk) = (catalog.of("vm"), catalog.of("disk"));
    let units = reader.units()?;
    let units: &Units = &units;
    let mut groups = Groups::default();
    let memberships = if by == By::System { memberships(reader, &mut groups)? } else { Ids::default() };
    // Without disks, the groups of the VMs are not needed afterwards.
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
                By::Status => groups.of_text(stored.text(0)?.unwrap_or_default()),
                By::Os => match (stored.reference(3)?, stored.text(4)?) {
                    (None, Some(text)) => groups.of_text(text),
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
        let slots = groups.merge(theirs);
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

/// Like [`Reader::in_parts`], but in one part if `pools` is not empty, since an index finds their VMs.
fn in_parts<T: Send>(
    reader: &Reader<'_>,
    entity: &Entity,
    pools: &[i64],
    work: impl Fn(&Reader<'_>, &Part) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    if pools.is_empty() { reader.in_parts(entity, work) } else { Ok(vec![work(reader, &Part::ALL)?]) }
}

/// Returns the sizes of the disks on each storage device.
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
        let mut by_storage: HashMap<i64, Use> = HashMap::new();
        let terms = within(disk, &["storage", "pool"], pools, reader);
        reader.each_stored_in(part, disk, &fields(disk, &["vm", "storage", "size"]), terms, |stored| {
            let (Some(vm), Some(storage)) = (stored.reference(0)?, stored.reference(1)?) else { return Ok(()) };
            let stage = apart.get(&vm).copied().unwrap_or(Stage::Present);
            let size = Allocation { count: 1, disk: amounts.quantity(stored, 2)?.exact, ..Allocation::default() };
            by_storage.entry(storage).or_default().at(stage).add(&size);
            Ok(())
        })?;
        Ok(by_storage)
    })?;
    let mut by_storage: HashMap<i64, Use> = HashMap::new();
    for (storage, theirs) in counted.into_iter().flatten() {
        by_storage.entry(storage).or_default().add(&theirs);
    }
    Ok(by_storage)
}

/// Returns the group indexes of the systems of each VM. Every system gets a group.
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

/// Returns the fields of `entity` with these names.
pub(crate) fn fields(entity: &'static Entity, names: &[&str]) -> Vec<&'static Field> {
    names.iter().filter_map(|name| entity.field(name)).collect()
}

/// Returns the condition that the references of `path` lead from a record of `entity` to one of `ids`; none if `ids` is
/// empty.
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

/// Groups found so far.
#[derive(Clone, Default)]
struct Groups {
    keys: Vec<GroupKey>,
    by_id: Ids<usize>,
    by_text: HashMap<String, usize>,
    none: Option<usize>,
}

/// Sums of groups, by group index. Nearly all amounts are whole and are summed as integers, which keeps the sums small
/// enough for the cache of the processor. Fractions and overflows are summed as decimals.
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
    /// Returns the index of the group of a record, or of the group without a record.
    fn of(&mut self, id: Option<i64>) -> usize {
        let index = match &id {
            Some(id) => self.by_id.get(id).copied(),
            None => self.none,
        };
        index.unwrap_or_else(|| {
            let place = self.keys.len();
            match id {
                Some(id) => drop(self.by_id.insert(id, place)),
                None => self.none = Some(place),
            }
            self.keys.push(id.map_or(GroupKey::None, GroupKey::Id));
            place
        })
    }

    /// Returns the index of the group with the key `text`.
    fn of_text(&mut self, text: &str) -> usize {
        if let Some(place) = self.by_text.get(text) {
            return *place;
        }
        let place = self.keys.len();
        self.by_text.insert(text.to_owned(), place);
        self.keys.push(GroupKey::Text(text.to_owned()));
        place
    }

    /// Merges the groups of another part, and returns their indexes here.
    fn merge(&mut self, others: Self) -> Vec<usize> {
        let place = |key| match key {
            GroupKey::None => self.of(None),
            GroupKey::Id(id) => self.of(Some(id)),
            GroupKey::Text(text) => self.of_text(&text),
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

    /// Adds a VM to the group at `slot`.
    fn add_vm(&mut self, slot: usize, stage: Stage, cpu: Amount, memory: Amount) {
        let sums = self.at(slot, stage);
        sums.count += 1;
        let rest = Allocation {
            cpu: cpu.add_to(&mut sums.cpu),
            memory: memory.add_to(&mut sums.memory),
            ..Allocation::default()
        };
        self.add_rest(slot, stage, &rest);
    }

    /// Adds a disk to the group at `slot`.
    fn add_disk(&mut self, slot: usize, stage: Stage, size: Amount) {
        let sums = self.at(slot, stage);
        let rest = Allocation { disk: size.add_to(&mut sums.disk), ..Allocation::default() };
        self.add_rest(slot, stage, &rest);
    }

    fn add_rest(&mut self, slot: usize, stage: Stage, rest: &Allocation) {
        if [rest.cpu, rest.memory, rest.disk].iter().any(|amount| *amount != Decimal::ZERO) {
            self.rest.entry(slot).or_default().at(stage).add(rest);
        }
    }

    /// Adds the sums of another part; `slot` maps its group indexes to those here.
    fn add(&mut self, others: &Self, slot: impl Fn(usize) -> usize) {
        for place in 0..others.whole.len() {
            self.rest.entry(slot(place)).or_default().add(&others.of(place));
        }
    }

    /// Returns the sums of the group at `slot`.
    fn of(&self, slot: usize) -> Use {
        let exact = |number: u64| Decimal::from_whole(i128::from(number));
        let exact_sums = |sums: Whole| Allocation {
            count: sums.count,
            cpu: exact(sums.cpu),
            memory: exact(sums.memory),
            disk: exact(sums.disk),
        };
        let [present, planned, retired] = self.whole.get(slot).copied().unwrap_or_default().map(exact_sums);
        let mut sums = Use { present, planned, retired };
        if let Some(rest) = self.rest.get(&slot) {
            sums.add(rest);
        }
        sums
    }
}

/// Group index and stage of each VM, in the order of ids.
#[derive(Default)]
struct Placed(Vec<(i64, u32, Stage)>);

impl Placed {
    fn push(&mut self, id: i64, slot: usize, stage: Stage) {
        self.0.push((id, u32::try_from(slot).unwrap_or(u32::MAX), stage));
    }

    /// Returns the group index and the stage of a VM. Disks mostly come in the order of their VMs, so the search begins
    /// at the last match, `near`.
    fn get(&self, id: i64, near: &mut usize) -> Option<(usize, Stage)> {
        let here = [*near, *near + 1].into_iter().find(|at| self.0.get(*at).is_some_and(|vm| vm.0 == id));
        let at = here.or_else(|| self.0.binary_search_by_key(&id, |vm| vm.0).ok())?;
        *near = at;
        self.0.get(at).map(|(_, slot, stage)| (*slot as usize, *stage))
    }
}

/// Map by id. Ids are not chosen by users, so the hash does not have to resist collision attacks.
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
