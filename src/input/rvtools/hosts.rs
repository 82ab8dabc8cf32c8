//! The hosts of an export, each told from its namesakes by its datacenter and vCenter.
//!
//! vSphere keeps the names of hosts apart within a vCenter at most, and an export may join several. A row that leaves
//! the datacenter or the vCenter out means the only host of its name that it could mean.

use crate::input::notes::{NoteKind, Notes, Topic, shown};
use crate::input::rvtools::Tabs;
use crate::input::rvtools::tab::{Tab, TabRow};
use crate::input::rvtools::votes::Votes;
use std::collections::HashMap;

static AMBIGUOUS: Topic =
    Topic::new(NoteKind::Cell, "{n} VM{s} with an ambiguous host name, added without the host", 20);

/// The datacenter and the vCenter of a host, as far as a row says.
type Place = [Option<String>; 2];

fn place_of(tab: &Tab, row: &TabRow) -> Place {
    ["Datacenter", "VI SDK Server"].map(|column| tab.text(row, column).map(str::to_owned))
}

/// A host, before its pool is determined.
#[derive(Default)]
pub(super) struct Host {
    /// True if vHost has it.
    pub(super) is_listed: bool,
    /// True if vInfo has a machine that runs on it.
    pub(super) runs_machines: bool,
    place: Place,
    datacenter: Votes<String>,
    cluster: Votes<String>,
}

impl Host {
    /// Returns the datacenter that most rows give it.
    pub(super) fn datacenter(&self) -> Option<&str> {
        self.datacenter.winner(String::clone).map(String::as_str)
    }

    /// Returns the cluster that most rows give it.
    pub(super) fn cluster(&self) -> Option<&str> {
        self.cluster.winner(String::clone).map(String::as_str)
    }

    fn learn(&mut self, tab: &Tab, row: &TabRow) {
        for (column, votes) in [("Datacenter", &mut self.datacenter), ("Cluster", &mut self.cluster)] {
            tab.text(row, column).into_iter().for_each(|name| votes.add(name.to_owned(), 1));
        }
    }

    /// Tests if nothing that is known of both places differs.
    fn can_be_at(&self, place: &Place) -> bool {
        self.place.iter().zip(place).all(|(own, other)| own.is_none() || other.is_none() || own == other)
    }
}

/// Hosts by their names.
#[derive(Default)]
pub(super) struct Hosts {
    list: Vec<Host>,
    /// The hosts of each name in lower case.
    by_name: HashMap<String, Vec<usize>>,
}

impl Hosts {
    /// Reads vHost, and of hosts that it does not place vInfo's rows of their machines. The other parts are the host of
    /// each row of vHost and of vInfo.
    pub(super) fn read(tabs: &Tabs, notes: &mut Notes) -> (Self, Vec<Option<usize>>, Vec<Option<usize>>) {
        let mut hosts = Self::default();
        let listed: Vec<Option<usize>> = tabs
            .get("vHost")
            .map_or_else(Vec::new, |tab| tab.rows.iter().map(|row| hosts.find(tab, row).ok()?).collect());
        for host in &mut hosts.list {
            host.is_listed = true;
        }
        if let Some(tab) = tabs.get("vHost") {
            for (row, host) in tab.rows.iter().zip(&listed) {
                if let Some(host) = host.and_then(|host| hosts.list.get_mut(host)) {
                    host.learn(tab, row);
                }
            }
        }
        let is_placed: Vec<bool> = hosts.list.iter().map(|host| host.cluster().is_some()).collect();
        let mut running = Vec::with_capacity(tabs.info.rows.len());
        for row in &tabs.info.rows {
            let host = hosts.find(&tabs.info, row).unwrap_or_else(|Ambiguous| {
                notes.add(&AMBIGUOUS, shown(tabs.info.text(row, "VM").unwrap_or_default()));
                None
            });
            running.push(host);
            if let Some((index, host)) = host.and_then(|index| Some((index, hosts.list.get_mut(index)?))) {
                host.runs_machines = true;
                if !is_placed.get(index).copied().unwrap_or_default() {
                    host.learn(&tabs.info, row);
                }
            }
        }
        (hosts, listed, running)
    }

    /// Returns the host that a row names, a new one if there is none.
    fn find(&mut self, tab: &Tab, row: &TabRow) -> Result<Option<usize>, Ambiguous> {
        let Some(name) = tab.text(row, "Host") else { return Ok(None) };
        let place = place_of(tab, row);
        let namesakes = self.by_name.entry(name.to_lowercase()).or_default();
        let at = |index: &usize| self.list.get(*index);
        let same = namesakes.iter().find(|index| at(index).is_some_and(|host| host.place == place));
        let mut possible = namesakes.iter().filter(|index| at(index).is_some_and(|host| host.can_be_at(&place)));
        match (same, possible.next(), possible.next()) {
            (Some(index), ..) | (None, Some(index), None) => Ok(Some(*index)),
            (None, Some(_), Some(_)) => Err(Ambiguous),
            (None, None, _) => {
                namesakes.push(self.list.len());
                self.list.push(Host { place, ..Host::default() });
                Ok(Some(self.list.len() - 1))
            }
        }
    }

    /// Returns the host with this index.
    pub(super) fn get(&self, host: usize) -> Option<&Host> {
        self.list.get(host)
    }

    /// Returns the hosts with this name.
    pub(super) fn named(&self, name: &str) -> &[usize] {
        self.by_name.get(&name.to_lowercase()).map_or(&[], Vec::as_slice)
    }
}

/// Several hosts could be meant.
struct Ambiguous;
