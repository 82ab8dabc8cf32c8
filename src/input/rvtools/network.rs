//! The addresses of machines, with the VLANs of the networks they are in.
//!
//! A network's VLAN stands in the tabs of ports and switches, by machine and network in some exports and by port group
//! in most. One port group may have another VLAN on another host, so the machine's own host is asked first. A port
//! that carries no tag, or all of them, gives its addresses no VLAN.

use crate::input::notes::{NoteKind, Notes, Topic, shown};
use crate::input::rvtools::Tabs;
use crate::input::rvtools::machines::{Machines, Owner};
use crate::input::rvtools::staged::{Origin, Staged};
use crate::input::rvtools::tab::{Tab, TabRow, parse_number};
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) const PORT_TABS: [&str; 4] = ["vPort", "dvPort", "vSwitch", "dvSwitch"];

static INVALID: Topic = Topic::new(NoteKind::Cell, "skipped {n} unreadable address{es}", 20);
static LINK_LOCAL: Topic = Topic::new(NoteKind::Remark, "skipped {n} link-local address{es}", 0);
static NOT_OWN: Topic = Topic::new(NoteKind::Remark, "skipped {n} loopback, multicast or unspecified address{es}", 20);
static REPEATED: Topic = Topic::new(NoteKind::Remark, "{n} address{es} repeated for one VM, imported once", 20);
static LEFT_OUT: Topic = Topic::new(NoteKind::Remark, "skipped {n} address{es} of templates and vCLS machines", 0);
static PRIMARY: Topic =
    Topic::new(NoteKind::Remark, "imported {n} address{es} from \"Primary IP Address\" of vInfo", 20);
static UNTAGGED: Topic = Topic::new(NoteKind::Remark, "{n} network{s} with VLAN 0, imported without a VLAN", 20);
static TRUNK: Topic =
    Topic::new(NoteKind::Remark, "{n} network{s} with a trunk of VLANs; addresses imported without a VLAN", 20);
static SENSELESS: Topic = Topic::new(
    NoteKind::Cell,
    "{n} network{s} with a VLAN that is not a number; addresses imported without a VLAN",
    20,
);
static DISAGREEING: Topic =
    Topic::new(NoteKind::Cell, "{n} network{s} with several VLANs; addresses imported without a VLAN", 20);
static UNKNOWN: Topic = Topic::new(NoteKind::Remark, "{n} network{s} without a VLAN", 20);

/// VLAN of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Vlan {
    Tagged(u16),
    Untagged,
    Trunk,
    Senseless,
}

impl Vlan {
    fn parse(text: &str) -> Self {
        if let Some(number) = parse_number(text).filter(|number| number.is_whole()) {
            return match number.floor() {
                0 => Self::Untagged,
                4095 => Self::Trunk,
                tag @ 1..=4094 => u16::try_from(tag).map_or(Self::Senseless, Self::Tagged),
                _ => Self::Senseless,
            };
        }
        let is_range = text.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '-' | ',' | ' ' | ';'))
            && text.contains(|letter: char| letter.is_ascii_digit());
        if is_range || text.to_ascii_lowercase().contains("trunk") { Self::Trunk } else { Self::Senseless }
    }
}

/// VLANs that the export names for a network, each once.
#[derive(Default)]
struct VlanSet(Vec<Vlan>);

impl VlanSet {
    fn add(&mut self, vlan: Vlan) {
        if !self.0.contains(&vlan) {
            self.0.push(vlan);
        }
    }
}

/// VLANs of a network by machine, by host, by datacenter, and anywhere.
#[derive(Default)]
struct Vlans {
    by_machine: HashMap<(String, String), VlanSet>,
    by_host: HashMap<(String, String), VlanSet>,
    by_datacenter: HashMap<(String, String), VlanSet>,
    anywhere: HashMap<String, VlanSet>,
}

impl Vlans {
    fn read(tabs: &Tabs) -> Self {
        let mut vlans = Self::default();
        for tab in PORT_TABS.iter().filter_map(|name| tabs.get(name)) {
            for row in &tab.rows {
                vlans.add(tab, row);
            }
        }
        vlans
    }

    fn add(&mut self, tab: &Tab, row: &TabRow) {
        let Some(vlan) = tab.text(row, "VLAN").map(Vlan::parse) else { return };
        let group = tab.text(row, "Port Group").or(tab.text(row, "Network"));
        let network = tab.text(row, "Network").or(group);
        if let (Some(machine), Some(network)) = (tab.text(row, "VM"), network) {
            self.by_machine.entry((network.to_owned(), machine.to_owned())).or_default().add(vlan);
        }
        let Some(group) = group else { return };
        if let Some(host) = tab.text(row, "Host") {
            for datacenter in [None, tab.text(row, "Datacenter")] {
                self.by_host.entry((group.to_owned(), host_of(host, datacenter))).or_default().add(vlan);
            }
        }
        if let Some(datacenter) = tab.text(row, "Datacenter") {
            self.by_datacenter.entry((group.to_owned(), datacenter.to_owned())).or_default().add(vlan);
        }
        self.anywhere.entry(group.to_owned()).or_default().add(vlan);
    }

    fn is_empty(&self) -> bool {
        self.anywhere.is_empty() && self.by_machine.is_empty()
    }

    /// The VLAN of a network for a machine; several where the export disagrees.
    fn find(&self, machine: &str, network: &str, host: &str, datacenter: &str) -> &[Vlan] {
        let key = |owner: &str| (network.to_owned(), owner.to_owned());
        let vlans = self.by_machine.get(&key(machine));
        let vlans = vlans.or_else(|| self.by_host.get(&key(&host_of(host, Some(datacenter)))));
        let vlans = vlans.or_else(|| self.by_host.get(&key(&host_of(host, None))));
        let vlans = vlans.or_else(|| self.by_datacenter.get(&key(datacenter)));
        vlans.or_else(|| self.anywhere.get(network)).map_or(&[], |vlans| &vlans.0)
    }
}

/// A host as a key: two datacenters may each have one of a name.
fn host_of(host: &str, datacenter: Option<&str>) -> String {
    format!("{}\0{}", datacenter.unwrap_or_default(), host.to_lowercase())
}

/// Gathers addresses, telling each network's trouble once.
struct Gathering<'read> {
    vlans: Vlans,
    noted: HashSet<String>,
    machines: &'read Machines,
    tabs: &'read Tabs,
    seen: HashSet<(usize, IpAddr, Option<u16>)>,
    has_address: HashSet<(usize, IpAddr)>,
    networks: HashMap<usize, Vec<String>>,
    staged: Staged,
}

/// The table of addresses.
pub(super) fn stage(tabs: &Tabs, machines: &Machines, notes: &mut Notes) -> Staged {
    let vlans = Vlans::read(tabs);
    let columns = [("ipv4", true), ("ipv6", true), ("vm", true), ("vlan", !vlans.is_empty())];
    let mut gathering = Gathering {
        vlans,
        noted: HashSet::new(),
        machines,
        tabs,
        seen: HashSet::new(),
        has_address: HashSet::new(),
        networks: HashMap::new(),
        staged: Staged::new("ip", &columns, &tabs.sources),
    };
    if let Some(tab) = tabs.get("vNetwork") {
        for row in &tab.rows {
            gathering.add_adapter(tab, row, notes);
        }
    }
    gathering.add_primaries(notes);
    gathering.staged
}

impl Gathering<'_> {
    fn add_adapter(&mut self, tab: &Tab, row: &TabRow, notes: &mut Notes) {
        let cells = [tab.text(row, "IPv4 Address"), tab.text(row, "IPv6 Address")];
        let texts = || cells.iter().flatten().flat_map(|text| addresses_in(text));
        let machine = match self.machines.owner(tab, row, notes) {
            Owner::Machine(machine) => machine,
            Owner::LeftOut => return notes.count(&LEFT_OUT, texts().count()),
            Owner::Nobody => return,
        };
        let network = tab.text(row, "Network");
        self.networks.entry(machine).or_default().push(network.unwrap_or_default().to_owned());
        let mut addresses = Vec::new();
        for text in texts() {
            match parse_address(text) {
                Some(address) if is_own(address, notes) => addresses.push(address),
                Some(_) => {}
                None => notes.add(&INVALID, format!("{} row {} \"{}\"", tab.name, row.number, shown(text))),
            }
        }
        if addresses.is_empty() {
            return;
        }
        let vlan = network.and_then(|network| self.vlan(machine, network, notes));
        for address in addresses {
            if !self.add(machine, address, vlan, tab.origin(row)) {
                notes.add(&REPEATED, format!("{address} (row {})", row.number));
            }
        }
    }

    fn add(&mut self, machine: usize, address: IpAddr, vlan: Option<u16>, origin: Origin) -> bool {
        let is_new = self.seen.insert((machine, address, vlan));
        self.has_address.insert((machine, address));
        if is_new {
            let path = self.machines.list.get(machine).map(|machine| machine.path.clone());
            let (ipv4, ipv6) = match address {
                IpAddr::V4(address) => (Some(address.to_string()), None),
                IpAddr::V6(address) => (None, Some(address.to_string())),
            };
            self.staged.add(origin, [ipv4, ipv6, path, vlan.map(|vlan| vlan.to_string())]);
        }
        is_new
    }

    /// Adds the primary addresses of vInfo that vNetwork does not have.
    fn add_primaries(&mut self, notes: &mut Notes) {
        let info = &self.tabs.info;
        for (machine, _) in self.machines.included() {
            let Some(row) = self.machines.row(self.tabs, machine) else { continue };
            let Some(cell) = info.text(row, "Primary IP Address") else { continue };
            for text in addresses_in(cell) {
                let Some(address) = parse_address(text) else {
                    notes.add(&INVALID, format!("{} row {} \"{}\"", info.name, row.number, shown(text)));
                    continue;
                };
                if self.has_address.contains(&(machine, address)) || !is_own(address, notes) {
                    continue;
                }
                let network = self.only_network(machine, info, row);
                let vlan = network.and_then(|network| self.vlan(machine, &network, notes));
                notes.add(&PRIMARY, address.to_string());
                self.add(machine, address, vlan, info.origin(row));
            }
        }
    }

    /// The network of a machine's only adapter.
    fn only_network(&self, machine: usize, info: &Tab, row: &TabRow) -> Option<String> {
        match self.networks.get(&machine).map(Vec::as_slice) {
            Some([only]) => Some(only.clone()).filter(|network| !network.is_empty()),
            Some(_) => None,
            None if info.text(row, "Network #2").is_some() => None,
            None => info.text(row, "Network #1").map(str::to_owned),
        }
    }

    fn vlan(&mut self, machine: usize, network: &str, notes: &mut Notes) -> Option<u16> {
        let row = self.machines.row(self.tabs, machine)?;
        let name = self.tabs.info.text(row, "VM").unwrap_or_default();
        let host = self.machines.list.get(machine).map_or("", |machine| &machine.host);
        let datacenter = self.tabs.info.text(row, "Datacenter").unwrap_or_default();
        let found = self.vlans.find(name, network, host, datacenter);
        let topic = match found {
            [Vlan::Tagged(vlan)] => return Some(*vlan),
            [Vlan::Untagged] => &UNTAGGED,
            [Vlan::Trunk] => &TRUNK,
            [Vlan::Senseless] => &SENSELESS,
            [] if self.vlans.is_empty() => return None,
            [] => &UNKNOWN,
            _ => &DISAGREEING,
        };
        if self.noted.insert(format!("{}\0{network}", topic.text)) {
            notes.add(topic, shown(network));
        }
        None
    }
}

fn addresses_in(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ';' | '|'))
        .filter(|text| !text.is_empty())
}

/// An address, without the length of its prefix if it has one.
fn parse_address(text: &str) -> Option<IpAddr> {
    let (address, prefix) = text.split_once('/').unwrap_or((text, "0"));
    if prefix.is_empty() || prefix.len() > 3 || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A zone belongs to link-local addresses, which are left out whatever it is.
    let address = match address.split_once('%') {
        Some((address, _)) if address.to_ascii_lowercase().starts_with("fe80:") => address,
        _ => address,
    };
    let ipv4 = address.parse::<Ipv4Addr>().map(IpAddr::V4);
    ipv4.or_else(|_| address.parse::<Ipv6Addr>().map(IpAddr::V6)).ok()
}

/// Tests if an address belongs to one machine alone, and notes it if not.
fn is_own(address: IpAddr, notes: &mut Notes) -> bool {
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    if is_link_local {
        notes.count(&LINK_LOCAL, 1);
        return false;
    }
    if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
        notes.add(&NOT_OWN, address.to_string());
        return false;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{Vlan, addresses_in, parse_address};

    #[test]
    fn vlans_are_numbers_and_trunks_are_not() {
        assert_eq!(Vlan::parse("101"), Vlan::Tagged(101));
        assert_eq!(Vlan::parse("4094.0"), Vlan::Tagged(4094));
        assert_eq!(Vlan::parse("0"), Vlan::Untagged);
        for trunk in ["4095", "0-4094", "1,7-9", "10, 20", "VLAN trunking"] {
            assert_eq!(Vlan::parse(trunk), Vlan::Trunk, "{trunk}");
        }
        for senseless in ["4096", "prod", "-", "1.5", "-5x"] {
            assert_eq!(Vlan::parse(senseless), Vlan::Senseless, "{senseless}");
        }
    }

    #[test]
    fn a_cell_holds_several_addresses() {
        assert_eq!(addresses_in("10.0.0.1, fd00::1;10.0.0.2").collect::<Vec<_>>(), ["10.0.0.1", "fd00::1", "10.0.0.2"]);
    }

    #[test]
    fn addresses_are_read_canonically_or_not_at_all() {
        let read = |text: &str| parse_address(text).map(|address| address.to_string());
        assert_eq!(read("FD00:0:0::1").as_deref(), Some("fd00::1"));
        assert_eq!(read("10.0.0.1/24").as_deref(), Some("10.0.0.1"));
        assert_eq!(read("fe80::1%eth0").as_deref(), Some("fe80::1"));
        for wrong in ["010.0.0.1", "10.0.0", "10.0.0.1/", "10.0.0.1/x", "fd00::1%eth0", "unknown"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
