//! Datacenters, and clusters as pools with their totals from the hosts.
//!
//! vHost says which cluster a host is in, vInfo on which host a machine runs and in which cluster. Either may leave
//! the cluster out, so each completes the other: a host without one is in the cluster of its machines, a machine
//! without one in the cluster of its host. A host that stands alone is a pool of its own, under its own name.

use crate::input::notes::{NoteKind, Notes, Topic, shown};
use crate::input::rvtools::Tabs;
use crate::input::rvtools::hosts::{Host, Hosts};
use crate::input::rvtools::staged::{Origin, Staged};
use crate::input::rvtools::tab::{Tab, TabRow};
use crate::value::decimal::Decimal;
use std::collections::HashMap;

/// The datacenter of what has none.
const NO_DATACENTER: &str = "(no datacenter)";
/// The pool of machines that have neither cluster nor host.
const NO_CLUSTER: &str = "(no cluster)";

static ALONE: Topic = Topic::new(NoteKind::Remark, "created {n} pool{s} for host{s} without a cluster", 20);
static NOWHERE: Topic =
    Topic::new(NoteKind::Row, "skipped {n} host{s}: no pool found; {their} capacity is not counted", 20);
static REPEATED: Topic = Topic::new(NoteKind::Row, "skipped {n} row{s} of vHost: host repeated", 20);
static EMPTY_CLUSTER: Topic = Topic::new(NoteKind::Row, "skipped {n} cluster{s}: no datacenter found", 20);
static NO_CORES: Topic =
    Topic::new(NoteKind::Remark, "{n} host{s} without cores; not counted in the CPU capacity of {their} pool{s}", 20);
static NO_MEMORY: Topic = Topic::new(
    NoteKind::Remark,
    "{n} host{s} without memory; not counted in the memory capacity of {their} pool{s}",
    20,
);
static NOT_LISTED: Topic = Topic::new(
    NoteKind::Remark,
    "warning: {n} host{s} referenced by VMs {is} missing from vHost; {their} capacity is not counted",
    10,
);
static NO_CLUSTER_KNOWN: Topic =
    Topic::new(NoteKind::Remark, "{n} VM{s} without cluster and host, added to the pool (no cluster)", 20);
static NO_DATACENTER_KNOWN: Topic =
    Topic::new(NoteKind::Remark, "{n} VM{s} without datacenter, added to (no datacenter)", 20);
static NO_HOST_NAME: Topic = Topic::new(NoteKind::Row, "skipped {n} row{s} of vHost: no host", 20);
static NO_TOTALS: Topic =
    Topic::new(NoteKind::Remark, "vHost is missing from the export; capacities of pools are not set", 0);
static NO_COLUMN: Topic =
    Topic::new(NoteKind::Remark, "{n} column{s} missing from vHost; these capacities of pools are not set", 2);

/// A datacenter.
struct Datacenter {
    name: String,
    origin: Origin,
}

/// A pool and what its hosts add up to.
struct Pool {
    datacenter: usize,
    name: String,
    cores: Option<Decimal>,
    mebibytes: Option<Decimal>,
    origin: Origin,
}

/// The datacenters and pools of an export.
#[derive(Default)]
pub(super) struct Hosting {
    datacenters: Vec<Datacenter>,
    pools: Vec<Pool>,
    datacenters_by_name: HashMap<String, usize>,
    pools_by_name: HashMap<(usize, String), usize>,
    hosts: Hosts,
    /// The pool of each host that has one.
    pools_by_host: HashMap<usize, usize>,
    /// Number of pools of each name, and the first of them.
    pools_of_name: HashMap<String, (usize, usize)>,
}

impl Hosting {
    /// Gathers what vHost, vInfo and vCluster say. The second part is the pool of each row of vInfo.
    pub(super) fn read(tabs: &Tabs, notes: &mut Notes) -> (Self, Vec<usize>) {
        let (hosts, listed, running) = Hosts::read(tabs, notes);
        let mut hosting = Self { hosts, ..Self::default() };
        let info = &tabs.info;
        let rows = info.rows.iter().zip(&running);
        let pools: Vec<usize> = rows.map(|(row, host)| hosting.place_machine(info, row, *host, notes)).collect();
        match tabs.get("vHost") {
            Some(tab) => hosting.add_totals(tab, &listed, notes),
            None => notes.count(&NO_TOTALS, 1),
        }
        hosting.know_hosts_of_machines(tabs, &running, &pools, notes);
        hosting.add_empty_clusters(tabs, notes);
        (hosting, pools)
    }

    fn place_machine(&mut self, tab: &Tab, row: &TabRow, host: Option<usize>, notes: &mut Notes) -> usize {
        let name = || shown(tab.text(row, "VM").unwrap_or_default());
        let host_name = tab.text(row, "Host");
        let host = host.and_then(|host| self.hosts.get(host));
        let own = |column: &str, of_host: Option<&str>| tab.text(row, column).or(of_host).map(str::to_owned);
        let datacenter = own("Datacenter", host.and_then(Host::datacenter));
        let cluster = own("Cluster", host.and_then(Host::cluster));
        let (datacenter, cluster) = (datacenter.as_deref(), cluster.as_deref());
        if datacenter.is_none() {
            notes.add(&NO_DATACENTER_KNOWN, name());
        }
        if cluster.or(host_name).is_none() {
            notes.add(&NO_CLUSTER_KNOWN, name());
        }
        let datacenter = self.datacenter(datacenter.unwrap_or(NO_DATACENTER), tab.origin(row));
        match (cluster, host_name) {
            (None, Some(host_name)) => self.stand_alone(datacenter, host_name, tab.origin(row), notes),
            (cluster, _) => self.pool(datacenter, cluster.unwrap_or(NO_CLUSTER), tab.origin(row)),
        }
    }

    fn stand_alone(&mut self, datacenter: usize, host: &str, origin: Origin, notes: &mut Notes) -> usize {
        if !self.pools_by_name.contains_key(&(datacenter, host.to_owned())) {
            notes.add(&ALONE, shown(host));
        }
        self.pool(datacenter, host, origin)
    }

    fn add_totals(&mut self, tab: &Tab, hosts: &[Option<usize>], notes: &mut Notes) {
        for column in ["# Cores", "# Memory"] {
            if !tab.has(column) {
                notes.add(&NO_COLUMN, format!("\"{column}\""));
            }
        }
        for (row, host) in tab.rows.iter().zip(hosts) {
            let (Some(name), Some(host)) = (tab.text(row, "Host"), *host) else {
                notes.add(&NO_HOST_NAME, format!("row {}", row.number));
                continue;
            };
            if self.pools_by_host.contains_key(&host) {
                notes.add(&REPEATED, format!("{} (row {})", shown(name), row.number));
                continue;
            }
            let Some(pool) = self.place_host(tab, row, name, host, notes) else {
                notes.add(&NOWHERE, shown(name));
                continue;
            };
            self.pools_by_host.insert(host, pool);
            let cores = tab.number(row, "# Cores", notes);
            let mebibytes = tab.mebibytes(row, "# Memory", notes);
            if tab.has("# Cores") && cores.is_none() {
                notes.add(&NO_CORES, shown(name));
            }
            if tab.has("# Memory") && mebibytes.is_none() {
                notes.add(&NO_MEMORY, shown(name));
            }
            if let Some(pool) = self.pools.get_mut(pool) {
                pool.cores = sum(pool.cores, cores);
                pool.mebibytes = sum(pool.mebibytes, mebibytes);
            }
        }
    }

    fn place_host(&mut self, tab: &Tab, row: &TabRow, name: &str, host: usize, notes: &mut Notes) -> Option<usize> {
        let host = self.hosts.get(host)?;
        let only = match self.datacenters.as_slice() {
            [only] => Some(only.name.as_str()),
            _ => None,
        };
        let datacenter = host.datacenter().or(only).unwrap_or(NO_DATACENTER).to_owned();
        let cluster = host.cluster().map(str::to_owned);
        if cluster.is_none() && !tab.has("Cluster") && !host.runs_machines {
            return None;
        }
        let datacenter = self.datacenter(&datacenter, tab.origin(row));
        Some(match cluster {
            Some(cluster) => self.pool(datacenter, &cluster, tab.origin(row)),
            None => self.stand_alone(datacenter, name, tab.origin(row), notes),
        })
    }

    /// A host that vHost does not have is still the host of its machines, for the datastores that it sees.
    fn know_hosts_of_machines(&mut self, tabs: &Tabs, running: &[Option<usize>], pools: &[usize], notes: &mut Notes) {
        for ((row, host), pool) in tabs.info.rows.iter().zip(running).zip(pools) {
            let (Some(name), Some(host)) = (tabs.info.text(row, "Host"), *host) else { continue };
            if self.pools_by_host.contains_key(&host) {
                continue;
            }
            if tabs.get("vHost").is_some() && self.hosts.get(host).is_some_and(|host| !host.is_listed) {
                notes.add(&NOT_LISTED, shown(name));
            }
            self.pools_by_host.insert(host, *pool);
        }
    }

    fn add_empty_clusters(&mut self, tabs: &Tabs, notes: &mut Notes) {
        let Some(tab) = tabs.get("vCluster") else { return };
        for row in &tab.rows {
            let Some(name) = tab.text(row, "Name") else { continue };
            let is_known = self.pools_of_name.contains_key(name);
            let datacenter = match (tab.text(row, "Datacenter"), self.datacenters.as_slice()) {
                (Some(datacenter), _) => Some(datacenter.to_owned()),
                (None, _) if is_known => continue,
                (None, [only]) => Some(only.name.clone()),
                (None, _) => None,
            };
            match datacenter {
                Some(datacenter) => {
                    let datacenter = self.datacenter(&datacenter, tab.origin(row));
                    self.pool(datacenter, name, tab.origin(row));
                }
                None => notes.add(&EMPTY_CLUSTER, shown(name)),
            }
        }
    }

    fn datacenter(&mut self, name: &str, origin: Origin) -> usize {
        if let Some(index) = self.datacenters_by_name.get(name) {
            return *index;
        }
        self.datacenters.push(Datacenter { name: name.to_owned(), origin });
        self.datacenters_by_name.insert(name.to_owned(), self.datacenters.len() - 1);
        self.datacenters.len() - 1
    }

    fn pool(&mut self, datacenter: usize, name: &str, origin: Origin) -> usize {
        let key = (datacenter, name.to_owned());
        if let Some(index) = self.pools_by_name.get(&key) {
            return *index;
        }
        self.pools_of_name.entry(name.to_owned()).or_insert((0, self.pools.len())).0 += 1;
        self.pools.push(Pool { datacenter, name: name.to_owned(), cores: None, mebibytes: None, origin });
        self.pools_by_name.insert(key, self.pools.len() - 1);
        self.pools.len() - 1
    }

    /// The pools of the hosts with this name; two datacenters may each have one.
    pub(super) fn pools_of_host(&self, name: &str) -> impl Iterator<Item = usize> {
        self.hosts.named(name).iter().filter_map(|host| self.pools_by_host.get(host).copied())
    }

    /// The pool with this name, if there is exactly one.
    pub(super) fn only_pool_named(&self, name: &str) -> Option<usize> {
        self.pools_of_name.get(name).filter(|(count, _)| *count == 1).map(|(_, pool)| *pool)
    }

    /// The only pool of the export, if it has no other.
    pub(super) fn only_pool(&self) -> Option<usize> {
        (self.pools.len() == 1).then_some(0)
    }

    /// The datacenter of a pool.
    pub(super) fn datacenter_of(&self, pool: usize) -> Option<usize> {
        self.pools.get(pool).map(|pool| pool.datacenter)
    }

    /// The datacenter with this name.
    pub(super) fn datacenter_named(&self, name: &str) -> Option<usize> {
        self.datacenters_by_name.get(name).copied()
    }

    /// A pool as a record of the inventory is named: `provider/datacenter/pool`.
    pub(super) fn path(&self, provider: &str, pool: usize) -> String {
        let Some(pool) = self.pools.get(pool) else { return provider.to_owned() };
        let datacenter = self.datacenters.get(pool.datacenter).map_or("", |datacenter| &datacenter.name);
        format!("{provider}/{datacenter}/{}", pool.name)
    }

    /// A pool's own name.
    pub(super) fn name(&self, pool: usize) -> &str {
        self.pools.get(pool).map_or("", |pool| &pool.name)
    }

    /// The tables of datacenters and pools.
    pub(super) fn stage(&self, tabs: &Tabs, provider: &str) -> [Staged; 2] {
        let mut datacenters = Staged::new("dc", &[("name", true), ("provider", true)], &tabs.sources);
        for datacenter in &self.datacenters {
            datacenters.add(datacenter.origin, [Some(datacenter.name.clone()), Some(provider.to_owned())]);
        }
        let hosts = tabs.get("vHost");
        let has = |column: &str| hosts.is_some_and(|tab| tab.has(column));
        let columns = [("name", true), ("dc", true), ("memory", has("# Memory")), ("cpu", has("# Cores"))];
        let mut pools = Staged::new("pool", &columns, &tabs.sources);
        for pool in &self.pools {
            let datacenter = self.datacenters.get(pool.datacenter).map_or("", |datacenter| &datacenter.name);
            let memory = pool.mebibytes.map(|mebibytes| format!("{mebibytes} MiB"));
            // No cpu at all is not a count of cpus.
            let cores = pool.cores.filter(|cores| *cores > Decimal::ZERO).map(|cores| cores.to_string());
            let cells = [Some(pool.name.clone()), Some(format!("{provider}/{datacenter}")), memory, cores];
            pools.add(pool.origin, cells);
        }
        [datacenters, pools]
    }
}

fn sum(total: Option<Decimal>, more: Option<Decimal>) -> Option<Decimal> {
    match (total, more) {
        (Some(total), Some(more)) => Some(total + more),
        (total, more) => total.or(more),
    }
}
