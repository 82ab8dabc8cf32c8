//! The machines of vInfo, and which of them a row of another tab means.
//!
//! Names are not unique in an estate: two folders may each have a `web01`, in one cluster even, while the inventory
//! keeps names apart within a pool. Such machines get a suffix that depends on nothing but themselves, so that the
//! next export names them the same.

use crate::input::notes::{NoteKind, Notes, Topic, shown};
use crate::input::rvtools::Tabs;
use crate::input::rvtools::hosting::Hosting;
use crate::input::rvtools::names::Names;
use crate::input::rvtools::staged::Staged;
use crate::input::rvtools::tab::{OWNER, Tab, TabRow};
use crate::value::decimal::Decimal;
use crate::value::status::Words;
use std::collections::{HashMap, HashSet};

static TEMPLATES: Topic = Topic::new(NoteKind::Remark, "skipped {n} template{s}", 10_000);
static CLUSTER_SERVICES: Topic = Topic::new(NoteKind::Remark, "skipped {n} vCLS machine{s}", 10_000);
static PLACEHOLDERS: Topic = Topic::new(NoteKind::Remark, "{n} VM{s} {is} a placeholder of Site Recovery Manager", 20);
static NAMELESS: Topic = Topic::new(NoteKind::Row, "skipped {n} row{s}: no VM", 20);
static REPEATED: Topic = Topic::new(NoteKind::Remark, "skipped {n} row{s} of vInfo: VM repeated", 20);
static RENAMED: Topic =
    Topic::new(NoteKind::Remark, "renamed {n} VM{s} with the same name in one pool by folder, UUID or a number", 20);
static UNKNOWN: Topic = Topic::new(NoteKind::Row, "skipped {n} row{s}: VM not in vInfo", 20);
static AMBIGUOUS: Topic = Topic::new(NoteKind::Row, "skipped {n} row{s}: several VMs with the same name", 20);
static TIMES: Topic = Topic::new(NoteKind::Cell, "skipped {n} unreadable creation date{s}", 20);
static SERVERS: Topic = Topic::new(
    NoteKind::Remark,
    "the export joins {n} vCenter server{s}; datacenters with the same name are merged",
    20,
);

/// The power states of vSphere.
const POWER_STATES: Words =
    Words(&[("running", "poweredon on running"), ("stopped", "poweredoff off stopped"), ("suspended", "suspended")]);

/// A row of vInfo.
pub(super) struct Machine {
    /// The pool that it runs in.
    pub(super) pool: usize,
    /// Its whole path in the inventory.
    pub(super) path: String,
    /// The host that it runs on.
    pub(super) host: String,
    is_left_out: bool,
    row: usize,
    /// Its name in the export.
    name: String,
    /// Its name in the inventory.
    called: String,
    identity: Identity,
}

/// Cells that distinguish machines of one name, in the order in which they are compared.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Identity([String; 6]);

impl Identity {
    const COLUMNS: [&str; 6] = ["VM UUID", "VM ID", "Datacenter", "Cluster", "Host", "Folder"];
    const UUID: usize = 0;
    const FOLDER: usize = 5;

    fn of(tab: &Tab, row: &TabRow) -> Self {
        Self(Self::COLUMNS.map(|column| tab.text(row, column).unwrap_or_default().to_owned()))
    }
}

impl Machine {
    /// The id that vSphere has for it: its UUID together with its id, because clones may share either. Without both, its
    /// folder and its name.
    fn external_id(&self, tab: &Tab, row: &TabRow) -> String {
        match (tab.text(row, "VM UUID"), tab.text(row, "VM ID")) {
            (Some(uuid), Some(id)) => format!("{uuid} {id}"),
            (Some(id), None) | (None, Some(id)) => id.to_owned(),
            (None, None) => {
                let folder = tab.text(row, "Folder").or(tab.text(row, "Datacenter")).unwrap_or_default();
                format!("vm {}/{}", folder.trim_matches('/'), self.called)
            }
        }
    }

    /// The time of its creation, where the external id is a UUID or an id alone: either may be given again to another VM.
    fn second_fact(tab: &Tab, row: &TabRow) -> Option<String> {
        let is_one = tab.text(row, "VM UUID").is_some() != tab.text(row, "VM ID").is_some();
        let time = if is_one { tab.text(row, "Creation date").and_then(parse_time) } else { None };
        time.map(|time| format!("created {time}"))
    }
}

/// Owner of a row of another tab.
pub(super) enum Owner {
    /// This machine.
    Machine(usize),
    /// A machine that was left out; the row goes with it.
    LeftOut,
    /// No machine; a note says so.
    Nobody,
}

/// The machines of an export.
#[derive(Default)]
pub(super) struct Machines {
    /// In the order of vInfo.
    pub(super) list: Vec<Machine>,
    by_name: HashMap<String, Vec<usize>>,
    /// The first of each name and UUID.
    by_uuid: HashMap<(String, String), usize>,
    identities: HashSet<(String, Identity)>,
    /// Number of rows of vInfo without a name.
    pub(super) nameless: usize,
}

/// Largest number of machines of one name that are distinguished by more than their UUID.
const NAMESAKES_LIMIT: usize = 200;

impl Machines {
    /// Reads vInfo; `pools` has the pool of each of its rows.
    pub(super) fn read(tabs: &Tabs, hosting: &Hosting, pools: &[usize], provider: &str, notes: &mut Notes) -> Self {
        let tab = &tabs.info;
        let mut machines = Self::default();
        let mut servers: HashSet<&str> = HashSet::new();
        for (index, (row, pool)) in tab.rows.iter().zip(pools).enumerate() {
            servers.extend(tab.text(row, "VI SDK Server"));
            let Some(name) = tab.text(row, "VM") else {
                notes.add(&NAMELESS, format!("{} row {}", tab.name, row.number));
                machines.nameless += 1;
                continue;
            };
            let is_template = tab.is_true(row, "Template");
            let is_cluster_service = is_cluster_service(name);
            let machine = Machine {
                pool: *pool,
                path: String::new(),
                host: tab.text(row, "Host").unwrap_or_default().to_owned(),
                is_left_out: is_template || is_cluster_service,
                row: index,
                name: name.to_owned(),
                called: name.to_owned(),
                identity: Identity::of(tab, row),
            };
            if !machines.is_new(&machine) {
                notes.add(&REPEATED, format!("{} (row {})", shown(name), row.number));
                continue;
            }
            if is_template {
                notes.add(&TEMPLATES, shown(name));
            } else if is_cluster_service {
                notes.add(&CLUSTER_SERVICES, shown(name));
            } else if tab.is_true(row, "SRM Placeholder") {
                notes.add(&PLACEHOLDERS, shown(name));
            }
            machines.by_name.entry(machine.name.clone()).or_default().push(machines.list.len());
            machines.list.push(machine);
        }
        if servers.len() > 1 {
            let mut servers: Vec<&str> = servers.into_iter().collect();
            servers.sort_unstable();
            for server in servers {
                notes.add(&SERVERS, shown(server));
            }
        }
        machines.tell_apart(tab, notes);
        for machine in &mut machines.list {
            machine.path = format!("{}/{}", hosting.path(provider, machine.pool), machine.called);
        }
        machines
    }

    /// Tests if no machine before has the same identity, UUID included.
    fn is_new(&mut self, machine: &Machine) -> bool {
        let [uuid, ..] = &machine.identity.0;
        if uuid.is_empty() {
            return true;
        }
        self.by_uuid.entry((machine.name.clone(), uuid.clone())).or_insert(self.list.len());
        self.identities.insert((machine.name.clone(), machine.identity.clone()))
    }

    /// Gives machines of one name in one pool names of their own.
    fn tell_apart(&mut self, tab: &Tab, notes: &mut Notes) {
        let mut groups: HashMap<(usize, &str), Vec<usize>> = HashMap::new();
        for (index, machine) in self.list.iter().enumerate().filter(|(_, machine)| !machine.is_left_out) {
            groups.entry((machine.pool, &machine.name)).or_default().push(index);
        }
        let mut names = Names::default();
        for (pool, name) in groups.iter().filter(|(_, group)| group.len() == 1).map(|(key, _)| key) {
            names.give(*pool, name);
        }
        let mut groups: Vec<Vec<usize>> = groups.into_values().filter(|group| group.len() > 1).collect();
        groups.sort();
        for group in groups {
            let suffixes = self.suffixes(&group, tab);
            for (index, suffix) in group.into_iter().zip(suffixes) {
                let Some(machine) = self.list.get_mut(index) else { continue };
                let wished = suffix.map_or(machine.name.clone(), |suffix| format!("{} ({suffix})", machine.name));
                machine.called = names.give(machine.pool, &wished);
                notes.add(&RENAMED, shown(&machine.called));
            }
        }
    }

    /// A suffix for each of a group: the folder if all have their own, else the UUID or the id if all have, else none,
    /// which leaves it to a number.
    fn suffixes(&self, group: &[usize], tab: &Tab) -> Vec<Option<String>> {
        let identity = |place: usize| {
            group
                .iter()
                .map(move |index| Some(self.list.get(*index)?.identity.0.get(place)?.trim_matches('/').to_owned()))
        };
        let hardware = group.iter().map(|index| {
            let row = tab.rows.get(self.list.get(*index)?.row)?;
            tab.text(row, "SMBIOS UUID").map(str::to_owned)
        });
        let choices: [Vec<Option<String>>; 4] = [
            identity(Identity::FOLDER).collect(),
            identity(Identity::UUID).collect(),
            hardware.collect(),
            identity(Identity::UUID + 1).collect(),
        ];
        let is_distinct = |choice: &Vec<Option<String>>| {
            let values: HashSet<&String> = choice.iter().flatten().filter(|text| !text.is_empty()).collect();
            values.len() == group.len()
        };
        choices.into_iter().find(is_distinct).unwrap_or_else(|| vec![None; group.len()])
    }

    /// Returns the machine that a row of another tab belongs to, and notes a row with none or with several.
    pub(super) fn owner(&self, tab: &Tab, row: &TabRow, notes: &mut Notes) -> Owner {
        let Some(name) = tab.text(row, "VM") else {
            notes.add(&NAMELESS, format!("{} row {}", tab.name, row.number));
            return Owner::Nobody;
        };
        let item = || format!("{} row {} \"{}\"", tab.name, row.number, shown(name));
        let namesakes = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let by_uuid = || self.by_uuid.get(&(name.to_owned(), tab.text(row, "VM UUID")?.to_owned())).copied();
        let mut candidates: Vec<usize> = match namesakes.len() {
            0..=NAMESAKES_LIMIT => namesakes.to_vec(),
            _ => by_uuid().map_or_else(|| namesakes.iter().copied().take(2).collect(), |index| vec![index]),
        };
        for (place, column) in Identity::COLUMNS.iter().enumerate() {
            if candidates.len() < 2 {
                break;
            }
            let Some(value) = tab.text(row, column) else { continue };
            let is_it = |index: &usize| {
                self.list.get(*index).and_then(|machine| machine.identity.0.get(place)).is_some_and(|id| id == value)
            };
            if candidates.iter().any(is_it) {
                candidates.retain(is_it);
            }
        }
        match candidates.as_slice() {
            [] => {
                notes.add(&UNKNOWN, item());
                Owner::Nobody
            }
            [only] if self.list.get(*only).is_some_and(|machine| machine.is_left_out) => Owner::LeftOut,
            [only] => Owner::Machine(*only),
            several if several.iter().all(|index| self.list.get(*index).is_some_and(|machine| machine.is_left_out)) => {
                Owner::LeftOut
            }
            _ => {
                notes.add(&AMBIGUOUS, item());
                Owner::Nobody
            }
        }
    }

    /// The machines that are not left out.
    pub(super) fn included(&self) -> impl Iterator<Item = (usize, &Machine)> {
        self.list.iter().enumerate().filter(|(_, machine)| !machine.is_left_out)
    }

    /// The tables of operating systems and machines.
    pub(super) fn stage(&self, tabs: &Tabs, hosting: &Hosting, provider: &str, notes: &mut Notes) -> [Staged; 2] {
        let tab = &tabs.info;
        let mut systems = Staged::new("os", &[("name", true)], &tabs.sources);
        let has_os = tab.has("OS according to the VMware Tools") || tab.has("OS according to the configuration file");
        let columns = [
            ("name", true),
            ("pool", true),
            ("status", tab.has("Powerstate")),
            ("memory", tab.has("Memory")),
            ("cpu", tab.has("CPUs")),
            ("os", has_os),
            ("created", tab.has("Creation date")),
            ("owner", tab.has(OWNER)),
        ];
        let mut machines = Staged::new("vm", &columns, &tabs.sources);
        let mut known_systems: HashSet<&str> = HashSet::new();
        for (_, machine) in self.included() {
            let Some(row) = tab.rows.get(machine.row) else { continue };
            let origin = tab.origin(row);
            let os = operating_system(tab, row);
            if let Some(name) = os.filter(|name| known_systems.insert(name)) {
                systems.add(origin, [Some(name.to_owned())]);
            }
            machines.add(
                origin,
                [
                    Some(machine.called.clone()),
                    Some(hosting.path(provider, machine.pool)),
                    status(tab, row, notes),
                    tab.mebibytes(row, "Memory", notes).map(|mebibytes| format!("{mebibytes} MiB")),
                    cpus(tab, row, notes),
                    os.map(str::to_owned),
                    created(tab, row, notes),
                    tab.text(row, OWNER).map(str::to_owned),
                ],
            );
            machines.identify(Some(machine.external_id(tab, row)));
            machines.certify(Machine::second_fact(tab, row));
        }
        [systems, machines]
    }

    /// A machine's row in vInfo.
    pub(super) fn row<'tabs>(&self, tabs: &'tabs Tabs, machine: usize) -> Option<&'tabs TabRow> {
        tabs.info.rows.get(self.list.get(machine)?.row)
    }
}

/// Tests if a machine belongs to vSphere Cluster Services: `vCLS (1)`, `vCLS-4221…`.
fn is_cluster_service(name: &str) -> bool {
    name.strip_prefix("vCLS").is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
}

fn operating_system<'tab>(tab: &'tab Tab, row: &'tab TabRow) -> Option<&'tab str> {
    let os = tab.text(row, "OS according to the VMware Tools");
    os.or_else(|| tab.text(row, "OS according to the configuration file"))
}

/// The status that a power state means. One that is not known leaves the status alone; that of a new VM is `unknown`.
fn status(tab: &Tab, row: &TabRow, notes: &mut Notes) -> Option<String> {
    let text = tab.text(row, "Powerstate")?;
    let status = POWER_STATES.status(text);
    if status.is_none() {
        tab.tell_senseless(row, "Powerstate", text, notes);
    }
    status.map(str::to_owned)
}

fn cpus(tab: &Tab, row: &TabRow, notes: &mut Notes) -> Option<String> {
    let count = tab.number(row, "CPUs", notes)?;
    if count == Decimal::ZERO {
        tab.tell_senseless(row, "CPUs", "0", notes);
        return None;
    }
    Some(count.to_string())
}

/// The creation date, which vSphere keeps in UTC and `RVTools` writes without saying so.
fn created(tab: &Tab, row: &TabRow, notes: &mut Notes) -> Option<String> {
    let text = tab.text(row, "Creation date")?;
    let time = parse_time(text);
    if time.is_none() {
        notes.add(&TIMES, format!("row {} \"{}\"", row.number, shown(text)));
    }
    time
}

fn parse_time(text: &str) -> Option<String> {
    let text = text.replace('/', "-");
    let time = match text.parse::<jiff::Timestamp>() {
        Ok(time) => jiff::tz::TimeZone::UTC.to_datetime(time),
        Err(_) => text.parse::<jiff::civil::DateTime>().ok()?,
    };
    if !(1970..=9999).contains(&time.year()) {
        return None;
    }
    Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::{is_cluster_service, parse_time};

    #[test]
    fn machines_that_vsphere_keeps_for_itself_are_known() {
        for name in ["vCLS", "vCLS (3)", "vCLS-4c4c4544-0031"] {
            assert!(is_cluster_service(name), "{name}");
        }
        for name in ["vCLSomething", "web-vCLS", "vcenter"] {
            assert!(!is_cluster_service(name), "{name}");
        }
    }

    #[test]
    fn creation_dates_are_read_as_utc() {
        for (text, time) in [
            ("2021/03/15 10:22:33", Some("2021-03-15T10:22:33Z")),
            ("2021-03-15 10:22:33.123", Some("2021-03-15T10:22:33Z")),
            ("2021-03-15T10:22:33+09:00", Some("2021-03-15T01:22:33Z")),
            ("2021-02-30 10:22:33", None),
            ("03-15-2021 10:22", None),
            ("44270.5", None),
        ] {
            assert_eq!(parse_time(text).as_deref(), time, "{text}");
        }
    }
}
