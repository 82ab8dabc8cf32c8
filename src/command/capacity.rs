//! Memory, CPUs and disk space of VMs, summed by pool, owner, status and the like, for `usage`, `fit`, `stats` and
//! `report`: one scan of the VMs and one of the disks.
//!
//! Planned VMs count as allocated, retired VMs do not. Both are also summed separately, so that an answer can show
//! them. Sums are exact.

use crate::catalog::{Entity, Field};
use crate::error::Result;
use crate::store::{Part, Reader, Stored, Term};
use crate::value::decimal::Decimal;
use crate::value::quantity::{self, Units};
use std::collections::HashMap;

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
#[derive(Debug, Clone, PartialEq, Eq)]
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
        let (mut groups, mut placed) = (groups.clone(), Placed::default());
        let terms = within(vm, &["pool"], pools, reader);
        reader.each_stored_in(part, vm, &fields(vm, names), terms, |stored| {
            let stage = Stage::of(stored.bytes(0)?);
            let cpu = stored.text(1)?.map_or(Decimal::ZERO, |cpu| Decimal::parse(cpu).unwrap_or_default());
            let used = Allocation { count: 1, cpu, memory: bytes(stored, 2, units)?, disk: Decimal::ZERO };
            let group = match by {
                By::System => match memberships.get(&stored.id()?) {
                    Some(systems) => {
                        groups.add_to_each(systems, stage, &used);
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
            groups.add(group, stage, &used);
            if places_disks {
                placed.push(stored.id()?, group, stage);
            }
            Ok(())
        })?;
        Ok((groups, placed))
    })?;
    let mut placed = Placed::default();
    for (theirs, their_placed) in counted {
        let merged = groups.merge(theirs);
        placed.0.extend(their_placed.0.into_iter().map(|(id, group, stage)| {
            let group = merged.get(group as usize).and_then(|group| u32::try_from(*group).ok());
            (id, group.unwrap_or(u32::MAX), stage)
        }));
    }
    if places_disks {
        let groups_of_vms = &groups;
        let counted = in_parts(reader, disk, pools, |reader, part| {
            let mut groups = groups_of_vms.emptied();
            let mut near = 0;
            let terms = within(disk, &["vm", "pool"], pools, reader);
            reader.each_stored_in(part, disk, &fields(disk, &["vm", "size"]), terms, |stored| {
                let Some(vm) = stored.reference(0)? else { return Ok(()) };
                let Some((group, stage)) = placed.get(vm, &mut near) else { return Ok(()) };
                let used = Allocation { disk: bytes(stored, 1, units)?, ..Allocation::default() };
                match memberships.get(&vm) {
                    Some(systems) => groups.add_to_each(systems, stage, &used),
                    None => groups.add(group, stage, &used),
                }
                Ok(())
            })?;
            Ok(groups)
        })?;
        for theirs in counted {
            groups.merge(theirs);
        }
    }
    Ok(groups.keys.into_iter().zip(groups.sums).collect())
}

/// Returns the size of the quantity in the field asked for as number `field`, in bytes.
fn bytes(stored: &Stored<'_>, field: usize, units: &Units) -> Result<Decimal> {
    let quantity = stored.quantity(field)?.and_then(|(amount, unit)| Some((amount, units.get(unit)?)));
    Ok(quantity.map_or(Decimal::ZERO, |(amount, unit)| quantity::bytes(amount, unit.bytes)))
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
        let mut by_storage: HashMap<i64, Use> = HashMap::new();
        let terms = within(disk, &["storage", "pool"], pools, reader);
        reader.each_stored_in(part, disk, &fields(disk, &["vm", "storage", "size"]), terms, |stored| {
            let (Some(vm), Some(storage)) = (stored.reference(0)?, stored.reference(1)?) else { return Ok(()) };
            let stage = apart.get(&vm).copied().unwrap_or(Stage::Present);
            let size = Allocation { count: 1, disk: bytes(stored, 2, units)?, ..Allocation::default() };
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

/// Groups found so far, and the sums of each.
#[derive(Clone, Default)]
struct Groups {
    keys: Vec<GroupKey>,
    sums: Vec<Use>,
    by_id: Ids<usize>,
    by_text: HashMap<String, usize>,
    none: Option<usize>,
}

impl Groups {
    /// Returns the index of the group of a record, or of the group without a record.
    fn of(&mut self, id: Option<i64>) -> usize {
        let index = match id {
            Some(id) => self.by_id.get(&id).copied(),
            None => self.none,
        };
        index.unwrap_or_else(|| {
            let index = self.push(id.map_or(GroupKey::None, GroupKey::Id));
            match id {
                Some(id) => drop(self.by_id.insert(id, index)),
                None => self.none = Some(index),
            }
            index
        })
    }

    /// Returns the index of the group with the key `text`.
    fn of_text(&mut self, text: &str) -> usize {
        self.by_text.get(text).copied().unwrap_or_else(|| {
            let index = self.push(GroupKey::Text(text.to_owned()));
            self.by_text.insert(text.to_owned(), index);
            index
        })
    }

    fn push(&mut self, key: GroupKey) -> usize {
        self.keys.push(key);
        self.sums.push(Use::default());
        self.keys.len() - 1
    }

    fn add(&mut self, group: usize, stage: Stage, used: &Allocation) {
        if let Some(sums) = self.sums.get_mut(group) {
            sums.at(stage).add(used);
        }
    }

    fn add_to_each(&mut self, groups: &[usize], stage: Stage, used: &Allocation) {
        for group in groups {
            self.add(*group, stage, used);
        }
    }

    /// Returns the same groups with sums of nothing.
    fn emptied(&self) -> Self {
        Self { sums: vec![Use::default(); self.sums.len()], ..self.clone() }
    }

    /// Adds the sums of another part, and returns the indexes of its groups here.
    fn merge(&mut self, others: Self) -> Vec<usize> {
        let mut merged = Vec::with_capacity(others.keys.len());
        for (key, sums) in others.keys.into_iter().zip(&others.sums) {
            let group = match key {
                GroupKey::None => self.of(None),
                GroupKey::Id(id) => self.of(Some(id)),
                GroupKey::Text(text) => self.of_text(&text),
            };
            if let Some(ours) = self.sums.get_mut(group) {
                ours.add(sums);
            }
            merged.push(group);
        }
        merged
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

/// Map by id.
pub(crate) type Ids<T> = HashMap<i64, T>;
