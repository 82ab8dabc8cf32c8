//! What VMs hold of memory, CPUs and disk space, added up by pool, owner, status and the like: one run through the VMs
//! and one through the disks, whatever the question. `usage`, `fit`, `stats` and `report` ask it.
//!
//! What is planned is promised already and counts as allocated; what retired VMs still have does not. Both are kept
//! apart as well, so that an answer can show them. Sums are exact.

use crate::catalog::{Entity, Field};
use crate::error::Result;
use crate::store::{Reader, Stored, Term};
use crate::value::decimal::Decimal;
use crate::value::quantity::{Quantity, Units};
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
    fn of(status: Option<&str>) -> Self {
        match status {
            Some("planned") => Self::Planned,
            Some("retired") => Self::Retired,
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
    let mut amounts = Amounts::new(&units);
    let mut groups = Groups::default();
    let memberships = if by == By::System { memberships(reader, &mut groups)? } else { Ids::default() };
    // Where no disk is to be placed, no VM needs to be remembered for it.
    let places_disks = reader.count(disk)? > 0;
    let mut placed = Placed::default();
    let names: &[&str] = match by {
        By::Pool => &["status", "cpu", "memory", "pool"],
        By::Owner => &["status", "cpu", "memory", "owner"],
        By::Os => &["status", "cpu", "memory", "os", "custom-os"],
        By::Status | By::System => &["status", "cpu", "memory"],
    };
    reader.each_stored(vm, &fields(vm, names), within(vm, &["pool"], pools, reader), |id, stored| {
        let status = stored.text(0)?;
        let stage = Stage::of(status);
        let cpu = stored.text(1)?.map_or(Amount::default(), |text| amounts.count(text));
        let memory = amounts.quantity(stored, 2)?;
        if by == By::System {
            if let Some(slots) = memberships.get(&id) {
                for slot in slots {
                    groups.add_vm(*slot, stage, cpu, memory);
                }
            } else {
                let slot = groups.of(None);
                groups.add_vm(slot, stage, cpu, memory);
            }
            if places_disks {
                placed.push(id, 0, stage);
            }
            return Ok(());
        }
        let slot = match by {
            By::Status => groups.called(status.unwrap_or_default()),
            By::Os => match (stored.reference(3)?, stored.text(4)?) {
                (None, Some(text)) => groups.called(text),
                (os, _) => groups.of(os),
            },
            _ => groups.of(stored.reference(3)?),
        };
        groups.add_vm(slot, stage, cpu, memory);
        if places_disks {
            placed.push(id, slot, stage);
        }
        Ok(())
    })?;
    if places_disks {
        let terms = within(disk, &["vm", "pool"], pools, reader);
        reader.each_stored(disk, &fields(disk, &["vm", "size"]), terms, |_, stored| {
            let Some(vm) = stored.reference(0)? else { return Ok(()) };
            let size = amounts.quantity(stored, 1)?;
            let Some((slot, stage)) = placed.get(vm) else { return Ok(()) };
            match (by, memberships.get(&vm)) {
                (By::System, Some(slots)) => slots.iter().for_each(|slot| groups.add_disk(*slot, stage, size)),
                (By::System, None) => {
                    let slot = groups.of(None);
                    groups.add_disk(slot, stage, size);
                }
                _ => groups.add_disk(slot, stage, size),
            }
            Ok(())
        })?;
    }
    Ok(groups.sums())
}

/// What disks take of the storage devices that they are on.
pub(crate) fn stored_on(reader: &Reader<'_>, pools: &[i64]) -> Result<HashMap<i64, Use>> {
    let catalog = reader.catalog();
    let (vm, disk) = (catalog.of("vm"), catalog.of("disk"));
    let mut apart: Ids<Stage> = Ids::default();
    reader.each_stored(vm, &fields(vm, &["status"]), Vec::new(), |id, stored| {
        let stage = Stage::of(stored.text(0)?);
        if stage != Stage::Present {
            apart.insert(id, stage);
        }
        Ok(())
    })?;
    let units = reader.units()?;
    let mut amounts = Amounts::new(&units);
    let mut found: HashMap<i64, Use> = HashMap::new();
    let terms = within(disk, &["storage", "pool"], pools, reader);
    reader.each_stored(disk, &fields(disk, &["vm", "storage", "size"]), terms, |_, stored| {
        let (Some(vm), Some(storage)) = (stored.reference(0)?, stored.reference(1)?) else { return Ok(()) };
        let stage = apart.get(&vm).copied().unwrap_or(Stage::Present);
        let size = Held { count: 1, disk: amounts.quantity(stored, 2)?.exact, ..Held::default() };
        found.entry(storage).or_default().at(stage).add(&size);
        Ok(())
    })?;
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

/// The groups while they are added up. Nearly all amounts are whole, so those are added up in plain numbers, which keeps
/// the groups small enough for the processor's cache; the rest are added exactly beside them.
#[derive(Default)]
struct Groups {
    keys: Vec<Key>,
    whole: Vec<[Whole; 3]>,
    rest: Ids<Use>,
    by_id: Ids<usize>,
    by_text: HashMap<String, usize>,
    none: Option<usize>,
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
            self.open(id.map_or(Key::None, Key::Id));
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
        self.open(Key::Text(text.to_owned()));
        place
    }

    fn open(&mut self, key: Key) {
        self.keys.push(key);
        self.whole.push([Whole::default(); 3]);
    }

    /// Adds a VM that is in group `place`.
    fn add_vm(&mut self, place: usize, stage: Stage, cpu: Amount, memory: Amount) {
        let Some(sums) = self.whole.get_mut(place).and_then(|stages| stages.get_mut(stage as usize)) else { return };
        sums.count += 1;
        let rest = Held { cpu: cpu.add_to(&mut sums.cpu), memory: memory.add_to(&mut sums.memory), ..Held::default() };
        self.add_rest(place, stage, &rest);
    }

    /// Adds a disk of a VM that is in group `place`.
    fn add_disk(&mut self, place: usize, stage: Stage, size: Amount) {
        let Some(sums) = self.whole.get_mut(place).and_then(|stages| stages.get_mut(stage as usize)) else { return };
        let rest = Held { disk: size.add_to(&mut sums.disk), ..Held::default() };
        self.add_rest(place, stage, &rest);
    }

    fn add_rest(&mut self, place: usize, stage: Stage, rest: &Held) {
        if [rest.cpu, rest.memory, rest.disk].iter().any(|amount| *amount != Decimal::ZERO) {
            self.rest.entry(i64::try_from(place).unwrap_or_default()).or_default().at(stage).add(rest);
        }
    }

    /// The sums of every group.
    fn sums(mut self) -> Vec<(Key, Use)> {
        let exact = |number: u64| Decimal::from_whole(i128::from(number));
        let held = |sums: Whole| Held {
            count: sums.count,
            cpu: exact(sums.cpu),
            memory: exact(sums.memory),
            disk: exact(sums.disk),
        };
        let groups = self.keys.into_iter().zip(self.whole).zip(0..);
        groups
            .map(|((key, [present, planned, retired]), place)| {
                let mut sums = Use { present: held(present), planned: held(planned), retired: held(retired) };
                if let Some(rest) = self.rest.remove(&place) {
                    sums.add(&rest);
                }
                (key, sums)
            })
            .collect()
    }
}

/// An amount as it is added up.
#[derive(Debug, Clone, Copy, Default)]
struct Amount {
    exact: Decimal,
    /// The same, where it is whole.
    whole: Option<u64>,
}

impl Amount {
    fn new(exact: Decimal) -> Self {
        let whole = u64::try_from(exact.floor()).ok().filter(|_| exact.is_whole());
        Self { exact, whole }
    }

    /// Adds it to `sum`, and returns what of it does not go in there.
    fn add_to(self, sum: &mut u64) -> Decimal {
        match self.whole.and_then(|whole| sum.checked_add(whole)) {
            Some(more) => {
                *sum = more;
                Decimal::ZERO
            }
            None => self.exact,
        }
    }
}

/// In which group each VM is, and at which stage, by ascending id.
#[derive(Default)]
struct Placed {
    all: Vec<(i64, u32, Stage)>,
    next: usize,
}

impl Placed {
    fn push(&mut self, id: i64, slot: usize, stage: Stage) {
        self.all.push((id, u32::try_from(slot).unwrap_or(u32::MAX), stage));
    }

    /// Disks come mostly in the order of their VMs, so the next one is looked at before the search.
    fn get(&mut self, id: i64) -> Option<(usize, Stage)> {
        let near = [self.next, self.next + 1].into_iter().find(|at| self.all.get(*at).is_some_and(|vm| vm.0 == id));
        let at = near.or_else(|| self.all.binary_search_by_key(&id, |vm| vm.0).ok())?;
        self.next = at;
        self.all.get(at).map(|(_, slot, stage)| (*slot as usize, *stage))
    }
}

/// How many amounts are remembered.
const REMEMBERED: usize = 512;

/// Amounts, read once each: an estate has few different ones.
struct Amounts<'u> {
    units: &'u Units,
    known: Vec<(String, i64, Amount)>,
}

impl<'u> Amounts<'u> {
    fn new(units: &'u Units) -> Self {
        Self { units, known: vec![(String::new(), 0, Amount::default()); REMEMBERED] }
    }

    fn count(&mut self, text: &str) -> Amount {
        self.read(text, 0, |text, _| Decimal::parse(text).unwrap_or_default())
    }

    fn quantity(&mut self, stored: &Stored<'_>, field: usize) -> Result<Amount> {
        let Some((amount, unit)) = stored.quantity(field)? else { return Ok(Amount::default()) };
        let units = self.units;
        Ok(self.read(amount, unit, |text, unit| units.bytes(&Quantity { amount: text.to_owned(), unit })))
    }

    fn read(&mut self, text: &str, unit: i64, read: impl FnOnce(&str, i64) -> Decimal) -> Amount {
        let mut hasher = Mixer::default();
        hasher.write(text.as_bytes());
        hasher.write_i64(unit);
        let place = usize::try_from(hasher.finish() % REMEMBERED as u64).unwrap_or_default();
        let Some(known) = self.known.get_mut(place) else { return Amount::new(read(text, unit)) };
        if known.1 != unit || known.0 != text {
            *known = (text.to_owned(), unit, Amount::new(read(text, unit)));
        }
        known.2
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
}
