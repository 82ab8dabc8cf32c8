//! An `RVTools` export, read into the terms of the inventory.
//!
//! `RVTools` writes a vSphere estate as a workbook with a tab for each kind of thing, or as a folder of CSV files. This
//! module turns either into tables of records, with whole paths for references, that the import takes like any other
//! file. A sentence names all contents that the inventory does not take, and the order of rows decides as little as
//! possible, so that the next export of the same estate gives the same records.

mod datastores;
mod folder;
mod hosting;
mod hosts;
mod machines;
mod names;
mod network;
mod staged;
mod storage;
mod tab;
mod votes;
mod workbook;

pub use staged::Staged;

use crate::error::{Error, Result};
use crate::input::Reading;
use crate::input::notes::{Note, NoteKind, Notes, Topic, shown};
use datastores::Datastores;
use hosting::Hosting;
use machines::Machines;
use staged::Origin;
use std::path::Path;
use std::sync::Arc;
use storage::Storage;
use tab::{LAYOUTS, Tab, is_tab};

/// Records of an export.
#[derive(Debug)]
pub struct Estate {
    /// The tables, each after those that it refers to: provider, dc, pool, os, storage, vm, disk, partition, ip.
    pub tables: Vec<Staged>,
    /// Contents that the inventory does not take.
    pub notes: Vec<Note>,
}

/// Options of the command line for reading an export.
#[derive(Debug, Clone, Copy)]
pub struct Request<'line> {
    /// Provider of the estate.
    pub provider: &'line str,
    /// Options for CSV tabs.
    pub reading: Reading<'line>,
    /// Header of the column of vInfo that holds the owners (default: none).
    pub owner_column: Option<&'line str>,
}

static UNREAD_TABS: Topic = Topic::new(
    NoteKind::Unused,
    "{n} tab{s} {was} not read, because the inventory has no place for {them}",
    usize::MAX,
);
static UNUSED_COLUMNS: Topic = Topic::new(NoteKind::Unused, "{n} column{s} {was} not used", usize::MAX);
static MISSING_COLUMNS: Topic = Topic::new(NoteKind::Remark, "{n} known column{s} {is} missing", usize::MAX);

/// The tabs of an export.
struct Tabs {
    /// vInfo, without which there is nothing.
    info: Tab,
    others: Vec<Tab>,
    /// Names of the tabs in faults, by the index of each tab.
    sources: Arc<[String]>,
}

impl Tabs {
    fn get(&self, name: &str) -> Option<&Tab> {
        self.others.iter().find(|tab| tab.name == name)
    }
}

/// Reads the export at `path`, a workbook or a folder of CSV tabs.
pub fn read(path: &Path, request: &Request<'_>) -> Result<Estate> {
    let name = path.display().to_string();
    let mut notes = Notes::default();
    let metadata = std::fs::metadata(path).map_err(|error| {
        Error::io(format!("cannot open \"{name}\""), error)
            .help("name an RVTools export (.xlsx), or the folder of its CSV tabs")
    })?;
    if !metadata.is_dir() && !metadata.is_file() {
        return Err(Error::failed(format!("\"{name}\" is neither a file nor a folder")));
    }
    let (tabs, found) = if metadata.is_dir() {
        folder::read(path, &name, request, &mut notes)?
    } else {
        workbook::read(path, &name, request, &mut notes)?
    };
    let tabs = complete(tabs, &found, &name)?;
    tell_unread(&tabs, &found, &mut notes);
    Ok(stage(&tabs, request.provider, notes))
}

/// Takes vInfo out of the tabs, without which an export is none.
fn complete(mut tabs: Vec<Tab>, found: &[String], name: &str) -> Result<Tabs> {
    let Some(info) = tabs.iter().position(|tab| tab.name == "vInfo") else {
        let failure = Error::failed(format!("\"{name}\" has no tab vInfo with a header"));
        let found: Vec<String> = found.iter().take(100).map(|name| shown(name)).collect();
        return Err(failure.help(match found.as_slice() {
            [] => "an RVTools export has one; nothing was found".to_owned(),
            found => format!("an RVTools export has one; what was found is {}", found.join(", ")),
        }));
    };
    for (index, tab) in tabs.iter_mut().enumerate() {
        tab.index = index;
    }
    let sources = tabs.iter().map(|tab| tab.source.clone()).collect();
    Ok(Tabs { info: tabs.remove(info), others: tabs, sources })
}

fn tell_unread(tabs: &Tabs, found: &[String], notes: &mut Notes) {
    let unread: Vec<String> = found
        .iter()
        .filter(|name| {
            let stem = name.strip_suffix(".csv").unwrap_or(name);
            !LAYOUTS.iter().any(|layout| is_tab(stem, layout.tab))
        })
        .map(|name| shown(name))
        .collect();
    for tab in unread {
        notes.add(&UNREAD_TABS, tab);
    }
    for tab in std::iter::once(&tabs.info).chain(&tabs.others) {
        if !tab.unused().is_empty() {
            notes.add_several(
                &UNUSED_COLUMNS,
                tab.unused().len(),
                format!("{} ({})", tab.name, tab.unused().join(", ")),
            );
        }
        let missing: Vec<&str> = tab.missing().collect();
        // A tab of ports has the columns of one kind of switch.
        if !missing.is_empty() && !network::PORT_TABS.contains(&tab.name) {
            notes.add_several(&MISSING_COLUMNS, missing.len(), format!("{} ({})", tab.name, missing.join(", ")));
        }
    }
    let main = ["vHost", "vDatastore", "vDisk", "vPartition", "vNetwork"];
    let missing: Vec<&str> = main.into_iter().filter(|name| tabs.get(name).is_none()).collect();
    if !missing.is_empty() {
        notes.say(format!("not in the export: {}", missing.join(", ")));
    }
}

fn stage(tabs: &Tabs, provider: &str, mut notes: Notes) -> Estate {
    let (hosting, pools) = Hosting::read(tabs, &mut notes);
    let machines = Machines::read(tabs, &hosting, &pools, provider, &mut notes);
    let storage = Storage::read(tabs, &machines, &mut notes);
    let datastores = Datastores::read(tabs, storage.disks(), &machines, &hosting, &mut notes);
    let mut providers = Staged::new("provider", &[("name", true)], &tabs.sources);
    providers.add(Origin { tab: tabs.info.index, row: 1 }, [Some(provider.to_owned())]);
    let [datacenters, pools] = hosting.stage(tabs, provider);
    let [systems, vms] = machines.stage(tabs, &hosting, provider, &mut notes);
    let datastores_table = datastores.stage(tabs, &hosting, provider);
    let [disks, partitions] = storage.stage(tabs, &machines, &hosting, &datastores, provider);
    let addresses = network::stage(tabs, &machines, &mut notes);
    let tables = vec![providers, datacenters, pools, systems, datastores_table, vms, disks, partitions, addresses];
    Estate { tables, notes: notes.into_notes() }
}

#[cfg(test)]
mod tests;
