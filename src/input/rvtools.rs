//! An `RVTools` export, read into the terms of the inventory.
//!
//! `RVTools` writes a vSphere estate as a workbook with a tab for each kind of thing, or as a folder of CSV files. This
//! module turns either into tables of records, with whole paths for references, that the import takes like any other
//! file. A sentence names all contents that the inventory does not take, and the order of rows decides as little as
//! possible, so that the next export of the same estate gives the same records.

mod datastores;
mod folder;
mod hosting;
mod machines;
mod names;
mod network;
mod notes;
mod staged;
mod storage;
mod tab;
mod votes;
mod workbook;

pub use staged::Staged;

use crate::error::{Error, Result};
use datastores::Datastores;
use hosting::Hosting;
use machines::Machines;
use notes::{Notes, shown};
use staged::Origin;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use storage::Storage;
use tab::{LAYOUTS, Tab, is_tab};

/// Records of an export.
#[derive(Debug)]
pub struct Estate {
    /// The tables, each after those that it refers to: provider, dc, pool, os, storage, vm, disk, partition, ip.
    pub tables: Vec<Staged>,
    /// Contents that the inventory does not take, in sentences.
    pub notes: Vec<String>,
    /// Why what it lacks may be there all the same; `None` if it has all that there is.
    pub incomplete: Option<String>,
}

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

/// An export that was read, and is in nobody's terms yet.
pub struct Export {
    tabs: Tabs,
    notes: Notes,
}

impl Export {
    /// The vCenter servers that it speaks for, in order; none if it does not say.
    #[must_use]
    pub fn servers(&self) -> Vec<String> {
        let info = &self.tabs.info;
        let servers: BTreeSet<&str> = info.rows.iter().filter_map(|row| info.text(row, "VI SDK Server")).collect();
        servers.into_iter().map(str::to_owned).collect()
    }

    /// Returns it as an estate of `provider`.
    #[must_use]
    pub fn into_estate(self, provider: &str) -> Estate {
        stage(&self.tabs, provider, self.notes)
    }
}

/// Reads the export at `path` as an estate of `provider`.
///
/// # Errors
/// As [`open`].
pub fn read(path: &Path, provider: &str) -> Result<Estate> {
    Ok(open(path)?.into_estate(provider))
}

/// Reads the export at `path`, a workbook or a folder of CSV tabs.
///
/// # Errors
/// It cannot be read, or is no export.
pub fn open(path: &Path) -> Result<Export> {
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
        folder::read(path, &name, &mut notes)?
    } else {
        workbook::read(path, &name, &mut notes)?
    };
    let tabs = complete(tabs, &found, &name)?;
    tell_unread(&tabs, &found, &mut notes);
    Ok(Export { tabs, notes })
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
    if !unread.is_empty() {
        notes.say(format!("not read, because the inventory has no place for it: {}", unread.join(", ")));
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
    let incomplete = if machines.included().next().is_none() {
        Some("the export has no VM".to_owned())
    } else if machines.nameless > 0 {
        Some(format!("{} of vInfo had no name", notes::count_of(machines.nameless, "row")))
    } else {
        let unread = Some(notes.unread_lines).filter(|lines| *lines > 0);
        unread.map(|lines| format!("{} could not be read", notes::count_of(lines, "line")))
    };
    let mut providers = Staged::new("provider", &[("name", true)], &tabs.sources);
    providers.add(Origin { tab: tabs.info.index, row: 1 }, [Some(provider.to_owned())]);
    let [datacenters, pools] = hosting.stage(tabs, provider);
    let [systems, vms] = machines.stage(tabs, &hosting, provider, &mut notes);
    let datastores_table = datastores.stage(tabs, &hosting, provider);
    let [disks, partitions] = storage.stage(tabs, &machines, &hosting, &datastores, provider);
    let addresses = network::stage(tabs, &machines, &mut notes);
    let mut tables = vec![providers, datacenters, pools, systems, datastores_table, vms, disks, partitions, addresses];
    for (noun, holder) in [("provider", None), ("dc", Some("provider")), ("pool", Some("dc")), ("os", None)] {
        let named = tables.iter_mut().filter(|table| table.noun == noun);
        named.for_each(|table| table.identify_by_path(holder, provider));
    }
    let stored = tables.iter_mut().filter(|table| table.noun == "storage");
    stored.for_each(|table| table.identify_by_path(Some("pool"), provider));
    Estate { tables, notes: notes.into_sentences(), incomplete }
}
