//! Datastores, disks and partitions.
//!
//! A partition belongs to a disk, which only `RVTools` 4 names; without it, the partition belongs to the
//! machine's only disk, or to a disk `disk0` that stands for those it could be on.

use crate::input::notes::{NoteKind, Notes, Topic, count_of, shown};
use crate::input::rvtools::Tabs;
use crate::input::rvtools::datastores::{Datastores, Disk};
use crate::input::rvtools::hosting::Hosting;
use crate::input::rvtools::machines::{Machines, Owner};
use crate::input::rvtools::names::Names;
use crate::input::rvtools::staged::{Origin, Staged};
use crate::input::rvtools::tab::{Tab, TabRow};
use std::collections::HashMap;

static NUMBERED: Topic = Topic::new(NoteKind::Remark, "added a number to {n} repeated name{s}", 20);
static NO_DATASTORE: Topic = Topic::new(NoteKind::Cell, "{n} disk{s} with a path without a datastore", 20);
static LEFT_OUT_DISKS: Topic = Topic::new(NoteKind::Remark, "skipped {n} disk{s} of templates and vCLS machines", 0);
static LEFT_OUT_PARTITIONS: Topic =
    Topic::new(NoteKind::Remark, "skipped {n} partition{s} of templates and vCLS machines", 0);

/// The disks that vDisk has of a machine.
#[derive(Default)]
struct MachineDisks {
    count: usize,
    first: usize,
    by_key: HashMap<String, usize>,
}

struct Partition {
    disk: usize,
    name: String,
    size: Option<String>,
    origin: Origin,
}

/// The disks and partitions of an export.
#[derive(Default)]
pub(super) struct Storage {
    disks: Vec<Disk>,
    partitions: Vec<Partition>,
    by_machine: HashMap<usize, MachineDisks>,
    disk_names: Names,
    partition_names: Names,
    /// Index of the disk of each machine that stands for unknown disks.
    stand_ins: HashMap<usize, usize>,
}

impl Storage {
    /// Reads vDisk and vPartition.
    pub(super) fn read(tabs: &Tabs, machines: &Machines, notes: &mut Notes) -> Self {
        let mut storage = Self::default();
        if let Some(tab) = tabs.get("vDisk") {
            for row in &tab.rows {
                storage.add_disk(tab, row, machines, notes);
            }
        }
        if let Some(tab) = tabs.get("vPartition") {
            let mut stood_in = 0;
            for row in &tab.rows {
                stood_in += usize::from(storage.add_partition(tab, row, machines, notes));
            }
            if stood_in > 0 {
                let reason = if tabs.get("vDisk").is_some() {
                    "the export does not name their disks"
                } else {
                    "vDisk is missing from the export"
                };
                notes.say(format!(
                    "added {} of {} to disk0: {reason}",
                    count_of(stood_in, "partition"),
                    count_of(storage.stand_ins.len(), "VM")
                ));
            }
        }
        storage
    }

    /// The disks.
    pub(super) fn disks(&self) -> &[Disk] {
        &self.disks
    }

    fn add_disk(&mut self, tab: &Tab, row: &TabRow, machines: &Machines, notes: &mut Notes) {
        let machine = match machines.owner(tab, row, notes) {
            Owner::Machine(machine) => machine,
            Owner::LeftOut => return notes.count(&LEFT_OUT_DISKS, 1),
            Owner::Nobody => return,
        };
        let path = tab.text(row, "Path");
        let datastore = path.and_then(datastore_of);
        if let (Some(path), None) = (path, datastore) {
            notes.add(&NO_DATASTORE, format!("{} row {} \"{}\"", tab.name, row.number, shown(path)));
        }
        let index = self.disks.len();
        let disks =
            self.by_machine.entry(machine).or_insert_with(|| MachineDisks { first: index, ..MachineDisks::default() });
        let wished = tab.text(row, "Disk").map_or_else(|| format!("disk{}", disks.count), str::to_owned);
        disks.count += 1;
        if let Some(key) = tab.text(row, "Disk Key") {
            disks.by_key.entry(key.to_owned()).or_insert(index);
        }
        let size = tab.mebibytes(row, "Capacity MB", notes).map(|mebibytes| format!("{mebibytes} MiB"));
        let disk = Disk {
            machine,
            datastore: datastore.map(str::to_owned),
            origin: tab.origin(row),
            name: self.disk_name(machine, &wished, machines, notes),
            size,
            partitions: 0,
        };
        self.disks.push(disk);
    }

    fn disk_name(&mut self, machine: usize, wished: &str, machines: &Machines, notes: &mut Notes) -> String {
        let name = self.disk_names.give(machine, wished);
        if name != wished {
            let path = machines.list.get(machine).map_or("", |machine| &machine.path);
            notes.add(&NUMBERED, shown(&format!("{path}/{name}")));
        }
        name
    }

    /// Adds a partition; whether a disk had to stand in for the one that it is on.
    fn add_partition(&mut self, tab: &Tab, row: &TabRow, machines: &Machines, notes: &mut Notes) -> bool {
        let machine = match machines.owner(tab, row, notes) {
            Owner::Machine(machine) => machine,
            Owner::LeftOut => {
                notes.count(&LEFT_OUT_PARTITIONS, 1);
                return false;
            }
            Owner::Nobody => return false,
        };
        let only = self.by_machine.get(&machine).and_then(|disks| {
            let by_key = tab.text(row, "Disk Key").and_then(|key| disks.by_key.get(key)).copied();
            by_key.or_else(|| (disks.count == 1).then_some(disks.first))
        });
        let origin = tab.origin(row);
        let disk = match only {
            Some(disk) => disk,
            None => self.stand_in(machine, origin, machines, notes),
        };
        let Some(holder) = self.disks.get_mut(disk) else { return false };
        holder.partitions += 1;
        let wished = tab.text(row, "Disk").map_or_else(|| format!("part{}", holder.partitions), str::to_owned);
        let name = self.partition_names.give(disk, &wished);
        if name != wished {
            notes.add(&NUMBERED, shown(&format!("{}/{name}", self.path(disk, machines))));
        }
        let size = tab.mebibytes(row, "Capacity MB", notes).map(|mebibytes| format!("{mebibytes} MiB"));
        self.partitions.push(Partition { disk, name, size, origin });
        only.is_none()
    }

    fn stand_in(&mut self, machine: usize, origin: Origin, machines: &Machines, notes: &mut Notes) -> usize {
        if let Some(disk) = self.stand_ins.get(&machine) {
            return *disk;
        }
        let name = self.disk_name(machine, "disk0", machines, notes);
        let disk = self.disks.len();
        self.disks.push(Disk { machine, datastore: None, origin, name, size: None, partitions: 0 });
        self.stand_ins.insert(machine, disk);
        disk
    }

    fn path(&self, disk: usize, machines: &Machines) -> String {
        let Some(disk) = self.disks.get(disk) else { return String::new() };
        let machine = machines.list.get(disk.machine).map_or("", |machine| &machine.path);
        format!("{machine}/{}", disk.name)
    }

    /// The tables of disks and partitions.
    pub(super) fn stage(
        &self,
        tabs: &Tabs,
        machines: &Machines,
        hosting: &Hosting,
        datastores: &Datastores,
        provider: &str,
    ) -> [Staged; 2] {
        let has = |tab: &str, column: &str| tabs.get(tab).is_some_and(|tab| tab.has(column));
        let columns =
            [("name", true), ("vm", true), ("storage", has("vDisk", "Path")), ("size", has("vDisk", "Capacity MB"))];
        let mut disks = Staged::new("disk", &columns, &tabs.sources);
        for disk in &self.disks {
            let machine = machines.list.get(disk.machine);
            let datastore = disk.datastore.as_deref().and_then(|name| {
                let datacenter = hosting.datacenter_of(machine?.pool)?;
                datastores.path(datacenter, name, hosting, provider)
            });
            let path = machine.map(|machine| machine.path.clone());
            disks.add(disk.origin, [Some(disk.name.clone()), path, datastore, disk.size.clone()]);
        }
        let columns = [("name", true), ("disk", true), ("size", has("vPartition", "Capacity MB"))];
        let mut partitions = Staged::new("partition", &columns, &tabs.sources);
        for partition in &self.partitions {
            let disk = Some(self.path(partition.disk, machines));
            partitions.add(partition.origin, [Some(partition.name.clone()), disk, partition.size.clone()]);
        }
        [disks, partitions]
    }
}

/// The datastore in `[datastore] folder/file.vmdk`.
fn datastore_of(path: &str) -> Option<&str> {
    let (name, _) = path.strip_prefix('[')?.split_once(']')?;
    Some(name.trim()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::datastore_of;

    #[test]
    fn a_path_names_its_datastore_in_brackets() {
        assert_eq!(datastore_of("[san 1] web01/web01.vmdk"), Some("san 1"));
        assert_eq!(datastore_of("[] web01.vmdk"), None);
        assert_eq!(datastore_of("web01/web01.vmdk"), None);
        assert_eq!(datastore_of("[san1"), None);
    }
}
