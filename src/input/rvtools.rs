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
use crate::input::notes::{Note, NoteKind, Notes, Topic, count_of, shown};
use crate::input::workbook::{Container, container};
use datastores::Datastores;
use hosting::Hosting;
use machines::Machines;
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
    /// Contents that the inventory does not take.
    pub notes: Vec<Note>,
    /// Why what it lacks may be there all the same; `None` if it has all that there is.
    pub incomplete: Option<String>,
}

/// Options of the command line for reading an export.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'line> {
    /// Options for CSV tabs.
    pub reading: Reading<'line>,
    /// Header of the column of vInfo that holds the owners (default: none).
    pub owner_column: Option<&'line str>,
}

static UNREAD_TABS: Topic =
    Topic::new(NoteKind::Unused, "{n} tab{s} ignored: no such data in the inventory", usize::MAX);
static UNUSED_COLUMNS: Topic = Topic::new(NoteKind::Unused, "{n} column{s} ignored", usize::MAX);
static MISSING_COLUMNS: Topic = Topic::new(NoteKind::Remark, "{n} known column{s} missing", usize::MAX);

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

/// Reads the export at `path`, a workbook, or a folder or zip of CSV tabs.
///
/// # Errors
/// It cannot be read, or is no export.
pub fn open(path: &Path, request: &Request<'_>) -> Result<Export> {
    let name = path.display().to_string();
    let mut notes = Notes::default();
    let metadata = std::fs::metadata(path).map_err(|error| {
        Error::io(format!("cannot open \"{name}\""), error)
            .help("pass an RVTools export (.xlsx), or the folder of its CSV tabs")
    })?;
    if !metadata.is_dir() && !metadata.is_file() {
        return Err(Error::failed(format!("\"{name}\" is neither a file nor a folder")));
    }
    let (tabs, found) = if metadata.is_dir() {
        folder::read(path, &name, request, &mut notes)?
    } else if matches!(container(path), Ok(Container::Zip)) {
        folder::read_zip(path, &name, request, &mut notes)?
    } else {
        workbook::read(path, &name, request, &mut notes)?
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
            [] => "an RVTools export has this tab; no tab was found".to_owned(),
            found => format!("an RVTools export has this tab; tabs found: {}", found.join(", ")),
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
    let is_empty = machines.included().next().is_none();
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
    let notes = notes.into_notes();
    let left_out: usize = notes.iter().filter(|note| note.kind == NoteKind::Row).map(|note| note.count).sum();
    let incomplete = if is_empty {
        Some("the export has no VM".to_owned())
    } else {
        (left_out > 0).then(|| format!("{} could not be placed", count_of(left_out, "row")))
    };
    Estate { tables, notes, incomplete }
}
