//! Datacenters, and clusters as pools with their totals from the hosts.
//!
//! vHost says which cluster a host is in, vInfo on which host a machine runs and in which cluster. Either may leave
//! the cluster out, so each completes the other: a host without one is in the cluster of its machines, a machine
//! without one in the cluster of its host. A host that stands alone is a pool of its own, under its own name.

use crate::input::notes::{NoteKind, Notes, Topic, shown};
use crate::input::rvtools::Tabs;
use crate::input::rvtools::staged::{Origin, Staged};
use crate::input::rvtools::tab::{Tab, TabRow};
use crate::input::rvtools::votes::Votes;
use crate::value::decimal::Decimal;
use std::collections::{HashMap, HashSet};

/// The datacenter of what has none.
const NO_DATACENTER: &str = "(no datacenter)";
/// The pool of machines that have neither cluster nor host.
const NO_CLUSTER: &str = "(no cluster)";

static ALONE: Topic = Topic::new(NoteKind::Remark, "{n} host{s} {is} in no cluster and became pools of their own", 20);
static NOWHERE: Topic = Topic::new(NoteKind::Row, "{n} host{s} could be placed in no pool and {is} in no total", 20);
static REPEATED: Topic = Topic::new(NoteKind::Row, "{n} row{s} of vHost named a host again and {was} left out", 20);
static EMPTY_CLUSTER: Topic =
    Topic::new(NoteKind::Row, "{n} cluster{s} could be placed in no datacenter and {was} left out", 20);
static NO_CORES: Topic =
    Topic::new(NoteKind::Remark, "{n} host{s} had no cores, which the cpu of their pools lacks", 20);
static NO_MEMORY: Topic =
    Topic::new(NoteKind::Remark, "{n} host{s} had no memory, which the memory of their pools lacks", 20);
static NOT_LISTED: Topic =
    Topic::new(NoteKind::Remark, "{n} host{s} of vms {is} not in vHost under that name, and add to no total", 10);
static NO_CLUSTER_KNOWN: Topic =
    Topic::new(NoteKind::Remark, "{n} vm{s} had neither cluster nor host and {was} put into the pool (no cluster)", 20);
static NO_DATACENTER_KNOWN: Topic =
    Topic::new(NoteKind::Remark, "{n} vm{s} had no datacenter and {was} put into (no datacenter)", 20);
static NO_HOST_NAME: Topic = Topic::new(NoteKind::Row, "{n} row{s} of vHost had no host and {was} left out", 20);
static NO_TOTALS: Topic = Topic::new(NoteKind::Remark, "vHost is not in the export, so pools have no totals", 0);
static NO_COLUMN: Topic = Topic::new(NoteKind::Remark, "{n} column{s} {is} not in vHost, so pools lack that total", 2);

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
    pools_by_host: HashMap<String, usize>,
    /// Number of pools of each name, and the first of them.
    pools_of_name: HashMap<String, (usize, usize)>,
}

/// Cells of a host, before its pool is determined.
#[derive(Default)]
struct Host {
    is_listed: bool,
    runs_machines: bool,
    datacenter: Votes<String>,
    cluster: Votes<String>,
}

impl Host {
    fn datacenter(&self) -> Option<&str> {
        self.datacenter.winner(String::clone).map(String::as_str)
    }

    fn cluster(&self) -> Option<&str> {
        self.cluster.winner(String::clone).map(String::as_str)
    }
}

fn host_key(host: &str) -> String {
    host.to_lowercase()
}

/// Reads each host from vHost, or else from vInfo's rows of its machines.
fn gather_hosts(tabs: &Tabs) -> HashMap<String, Host> {
    let mut hosts: HashMap<String, Host> = HashMap::new();
    if let Some(tab) = tabs.get("vHost") {
        for row in &tab.rows {
            let Some(name) = tab.text(row, "Host") else { continue };
            let host = hosts.entry(host_key(name)).or_default();
            host.is_listed = true;
            tab.text(row, "Datacenter").into_iter().for_each(|name| host.datacenter.add(name.to_owned(), 1));
            tab.text(row, "Cluster").into_iter().for_each(|name| host.cluster.add(name.to_owned(), 1));
        }
    }
    let info = &tabs.info;
    let listed: HashSet<String> =
        hosts.iter().filter(|(_, host)| host.cluster().is_some()).map(|(name, _)| name.clone()).collect();
    for row in &info.rows {
        let Some(name) = info.text(row, "Host") else { continue };
        let key = host_key(name);
        let is_listed = listed.contains(&key);
        let host = hosts.entry(key).or_default();
        host.runs_machines = true;
        if !is_listed {
            info.text(row, "Datacenter").into_iter().for_each(|name| host.datacenter.add(name.to_owned(), 1));
            info.text(row, "Cluster").into_iter().for_each(|name| host.cluster.add(name.to_owned(), 1));
        }
    }
    hosts
}

impl Hosting {
    /// Gathers what vHost, vInfo and vCluster say. The second part is the pool of each row of vInfo.
    pub(super) fn read(tabs: &Tabs, notes: &mut Notes) -> (Self, Vec<usize>) {
        let mut hosting = Self::default();
        let hosts = gather_hosts(tabs);
        let info = &tabs.info;
        let pools: Vec<usize> = info.rows.iter().map(|row| hosting.place_machine(info, row, &hosts, notes)).collect();
        match tabs.get("vHost") {
            Some(tab) => hosting.add_totals(tab, &hosts, notes),
            None => notes.count(&NO_TOTALS, 1),
        }
        hosting.know_hosts_of_machines(tabs, &hosts, &pools, notes);
        hosting.add_empty_clusters(tabs, notes);
        (hosting, pools)
    }

    fn place_machine(&mut self, tab: &Tab, row: &TabRow, hosts: &HashMap<String, Host>, notes: &mut Notes) -> usize {
        let name = || shown(tab.text(row, "VM").unwrap_or_default());
        let host_name = tab.text(row, "Host");
        let host = host_name.and_then(|name| hosts.get(&host_key(name)));
        let datacenter = tab.text(row, "Datacenter").or_else(|| host?.datacenter());
        let cluster = tab.text(row, "Cluster").or_else(|| host?.cluster());
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

    fn add_totals(&mut self, tab: &Tab, hosts: &HashMap<String, Host>, notes: &mut Notes) {
        for column in ["# Cores", "# Memory"] {
            if !tab.has(column) {
                notes.add(&NO_COLUMN, format!("\"{column}\""));
            }
        }
        for row in &tab.rows {
            let Some(name) = tab.text(row, "Host") else {
                notes.add(&NO_HOST_NAME, format!("row {}", row.number));
                continue;
            };
            if self.pools_by_host.contains_key(&host_key(name)) {
                notes.add(&REPEATED, format!("{} (row {})", shown(name), row.number));
                continue;
            }
            let host = hosts.get(&host_key(name));
            let Some(pool) = self.place_host(tab, row, name, host, notes) else {
                notes.add(&NOWHERE, shown(name));
                continue;
            };
            self.pools_by_host.insert(host_key(name), pool);
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

    fn place_host(
        &mut self,
        tab: &Tab,
        row: &TabRow,
        name: &str,
        host: Option<&Host>,
        notes: &mut Notes,
    ) -> Option<usize> {
        let datacenter = host.and_then(|host| host.datacenter());
        let only = match self.datacenters.as_slice() {
            [only] => Some(only.name.clone()),
            _ => None,
        };
        let datacenter = datacenter.map(str::to_owned).or(only).unwrap_or_else(|| NO_DATACENTER.to_owned());
        match host.and_then(|host| host.cluster()) {
            Some(cluster) => {
                let datacenter = self.datacenter(&datacenter, tab.origin(row));
                Some(self.pool(datacenter, cluster, tab.origin(row)))
            }
            None if tab.has("Cluster") || host.is_some_and(|host| host.runs_machines) => {
                let datacenter = self.datacenter(&datacenter, tab.origin(row));
                Some(self.stand_alone(datacenter, name, tab.origin(row), notes))
            }
            None => None,
        }
    }

    /// A host that vHost does not have is still the host of its machines, for the datastores that it sees.
    fn know_hosts_of_machines(
        &mut self,
        tabs: &Tabs,
        hosts: &HashMap<String, Host>,
        pools: &[usize],
        notes: &mut Notes,
    ) {
        for (row, pool) in tabs.info.rows.iter().zip(pools) {
            let Some(name) = tabs.info.text(row, "Host") else { continue };
            let key = host_key(name);
            if self.pools_by_host.contains_key(&key) {
                continue;
            }
            if tabs.get("vHost").is_some() && hosts.get(&key).is_some_and(|host| !host.is_listed) {
                notes.add(&NOT_LISTED, shown(name));
            }
            self.pools_by_host.insert(key, *pool);
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

    /// The pool of a host.
    pub(super) fn pool_of_host(&self, host: &str) -> Option<usize> {
        self.pools_by_host.get(&host_key(host)).copied()
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
