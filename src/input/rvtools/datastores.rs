//! Datastores, each put into one pool.
//!
//! A datastore of vSphere may be seen by hosts of several clusters; the inventory has it in the pool of most of its
//! hosts. Where the export does not say which hosts see it, the machines whose disks are on it do.

use crate::input::notes::{NoteKind, Notes, Topic, shown};
use crate::input::rvtools::Tabs;
use crate::input::rvtools::hosting::Hosting;
use crate::input::rvtools::machines::Machines;
use crate::input::rvtools::names::Names;
use crate::input::rvtools::staged::{Origin, Staged};
use crate::input::rvtools::tab::{Tab, TabRow};
use crate::input::rvtools::votes::Votes;
use std::collections::HashMap;

/// A disk of a machine.
pub(super) struct Disk {
    /// The machine's index.
    pub(super) machine: usize,
    /// The datastore that its path names.
    pub(super) datastore: Option<String>,
    /// Its row in the export.
    pub(super) origin: Origin,
    /// Its name in the export.
    pub(super) name: String,
    /// Its size as a quantity; `None` if the export has none.
    pub(super) size: Option<String>,
    /// Number of its partitions.
    pub(super) partitions: usize,
}

static SHARED: Topic = Topic::new(
    NoteKind::Remark,
    "{n} datastore{s} shared by several pools, assigned to the pool with the most hosts",
    20,
);
static UNPLACED: Topic = Topic::new(NoteKind::Row, "skipped {n} datastore{s}: no pool found", 20);
static BY_DISKS: Topic = Topic::new(NoteKind::Remark, "{n} datastore{s} assigned to pools by VMs, not by hosts", 20);
static UNLISTED: Topic =
    Topic::new(NoteKind::Remark, "{n} datastore{s} referenced only by disks; capacity not set", 20);
static NAMELESS: Topic = Topic::new(NoteKind::Row, "skipped {n} row{s} of vDatastore: no name", 20);
static NUMBERED: Topic =
    Topic::new(NoteKind::Remark, "added a number to {n} datastore{s} with the same name in one pool", 20);

struct Datastore {
    /// Its name in the inventory.
    called: String,
    pool: usize,
    capacity: Option<String>,
    origin: Origin,
}

/// The datastores of an export.
#[derive(Default)]
pub(super) struct Datastores {
    list: Vec<Datastore>,
    /// By the name in the export: the datacenter of each, and its index.
    by_name: HashMap<String, Vec<(usize, usize)>>,
    names: Names,
}

/// The disks on a datastore, by the pools of their machines.
struct Use {
    name: String,
    datacenter: usize,
    votes: Votes<usize>,
    origin: Origin,
}

fn gather_uses(disks: &[Disk], machines: &Machines, hosting: &Hosting) -> Vec<Use> {
    let mut uses: Vec<Use> = Vec::new();
    let mut indices: HashMap<(usize, &str), usize> = HashMap::new();
    for disk in disks {
        let (Some(name), Some(machine)) = (&disk.datastore, machines.list.get(disk.machine)) else { continue };
        let Some(datacenter) = hosting.datacenter_of(machine.pool) else { continue };
        let index = *indices.entry((datacenter, name)).or_insert(uses.len());
        if index == uses.len() {
            uses.push(Use { name: name.clone(), datacenter, votes: Votes::default(), origin: disk.origin });
        }
        if let Some(used) = uses.get_mut(index) {
            used.votes.add(machine.pool, 1);
        }
    }
    uses
}

impl Datastores {
    /// Reads vDatastore and what the paths of disks name.
    pub(super) fn read(tabs: &Tabs, disks: &[Disk], machines: &Machines, hosting: &Hosting, notes: &mut Notes) -> Self {
        let mut datastores = Self::default();
        let uses = gather_uses(disks, machines, hosting);
        let mut uses_by_name: HashMap<&str, Vec<&Use>> = HashMap::new();
        for used in &uses {
            uses_by_name.entry(&used.name).or_default().push(used);
        }
        if let Some(tab) = tabs.get("vDatastore") {
            for row in &tab.rows {
                let Some(name) = tab.text(row, "Name") else {
                    notes.add(&NAMELESS, format!("row {}", row.number));
                    continue;
                };
                let capacity = tab.mebibytes(row, "Capacity MB", notes).map(|mebibytes| format!("{mebibytes} MiB"));
                match place(tab, row, name, &uses_by_name, hosting, notes) {
                    Some(pool) => datastores.add(name, pool, capacity, tab.origin(row), hosting, notes),
                    None => notes.add(&UNPLACED, shown(name)),
                }
            }
        }
        for used in &uses {
            let winner = used.votes.winner(|pool| hosting.path("", *pool));
            if let (None, Some(pool)) = (datastores.find(used.datacenter, &used.name), winner) {
                notes.add(&UNLISTED, shown(&used.name));
                datastores.add(&used.name, *pool, None, used.origin, hosting, notes);
            }
        }
        datastores
    }

    fn add(
        &mut self,
        name: &str,
        pool: usize,
        capacity: Option<String>,
        origin: Origin,
        hosting: &Hosting,
        notes: &mut Notes,
    ) {
        let called = self.names.give(pool, name);
        if called != name {
            notes.add(&NUMBERED, shown(&called));
        }
        let place = (hosting.datacenter_of(pool).unwrap_or_default(), self.list.len());
        self.by_name.entry(name.to_owned()).or_default().push(place);
        self.list.push(Datastore { called, pool, capacity, origin });
    }

    /// The datastore that a path of this datacenter names: its own, or the only one of that name anywhere.
    fn find(&self, datacenter: usize, name: &str) -> Option<&Datastore> {
        let named = self.by_name.get(name)?;
        let own = named.iter().find(|(place, _)| *place == datacenter);
        let only = match named.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        self.list.get(own.or(only)?.1)
    }

    /// The path of a datastore in the inventory.
    pub(super) fn path(&self, datacenter: usize, name: &str, hosting: &Hosting, provider: &str) -> Option<String> {
        let datastore = self.find(datacenter, name)?;
        Some(format!("{}/{}", hosting.path(provider, datastore.pool), datastore.called))
    }

    /// The table of storage.
    pub(super) fn stage(&self, tabs: &Tabs, hosting: &Hosting, provider: &str) -> Staged {
        let has_capacity = tabs.get("vDatastore").is_some_and(|tab| tab.has("Capacity MB"));
        let columns = [("name", true), ("pool", true), ("capacity", has_capacity)];
        let mut staged = Staged::new("storage", &columns, &tabs.sources);
        for datastore in &self.list {
            let pool = Some(hosting.path(provider, datastore.pool));
            staged.add(datastore.origin, [Some(datastore.called.clone()), pool, datastore.capacity.clone()]);
        }
        staged
    }
}

/// The pool of a datastore: that of most of its hosts, else the one that it names, else that of most disks on it, else
/// the only one that there is.
fn place(
    tab: &Tab,
    row: &TabRow,
    name: &str,
    uses: &HashMap<&str, Vec<&Use>>,
    hosting: &Hosting,
    notes: &mut Notes,
) -> Option<usize> {
    let datacenter = tab.text(row, "Datacenter").and_then(|name| hosting.datacenter_named(name));
    let is_there = |pool: &usize| datacenter.is_none_or(|wanted| hosting.datacenter_of(*pool) == Some(wanted));
    let mut votes: Votes<usize> = Votes::default();
    let by_name = |pool: &usize| hosting.path("", *pool);
    let hosts = tab.text(row, "Hosts").unwrap_or_default().split([',', ';', '\n']).map(str::trim);
    for pool in hosts.flat_map(|host| hosting.pools_of_host(host)).filter(is_there) {
        votes.add(pool, 1);
    }
    if let Some(pool) = votes.winner(by_name).copied() {
        if votes.len() > 1 {
            notes.add(&SHARED, format!("{} in {}", shown(name), shown(hosting.name(pool))));
        }
        return Some(pool);
    }
    let named = tab.text(row, "Cluster name").and_then(|cluster| hosting.only_pool_named(cluster));
    if let Some(pool) = named.filter(is_there) {
        return Some(pool);
    }
    for used in uses.get(name).into_iter().flatten() {
        for (pool, count) in used.votes.iter().filter(|(pool, _)| is_there(pool)) {
            votes.add(*pool, count);
        }
    }
    if let Some(pool) = votes.winner(by_name).copied() {
        notes.add(&BY_DISKS, format!("{} in {}", shown(name), shown(hosting.name(pool))));
        return Some(pool);
    }
    hosting.only_pool()
}
