//! One tab of an export: its columns by name, its rows by number.
//!
//! `RVTools` 3 and 4 name their columns differently in small ways (`MB`, `MiB`, a trailing blank, a `#`), and other
//! programs write the same tabs with names of their own. A static table per tab says which columns are read and what
//! else each is called; the cells of all others are never stored.

use crate::error::{Error, Result};
use crate::input::notes::{NoteKind, Notes, Topic, shown};
use crate::input::rvtools::staged::Origin;
use crate::value::decimal::{Decimal, Fault};
use std::collections::BTreeSet;

/// Largest text of one export in memory, in bytes. A workbook can name one long text in millions of cells.
const TEXT_LIMIT: usize = 512 << 20;

/// The most characters that a cell may have; it is Excel's own limit.
pub(super) const CELL_LIMIT: usize = 32_767;

static NUMBERS: Topic = Topic::new(NoteKind::Cell, "skipped {n} invalid value{s}", 20);
static ERRORS: Topic = Topic::new(NoteKind::Cell, "skipped {n} cell{s} with a spreadsheet error", 20);
static TRIMMED: Topic = Topic::new(NoteKind::Remark, "removed blanks around {n} name{s}", 20);
static TWICE: Topic = Topic::new(NoteKind::Remark, "{n} column{s} repeated; the first is used", 20);

/// The columns whose cells become names, which have no blanks around them.
const NAMES: [&str; 7] = [
    "VM",
    "Datacenter",
    "Cluster",
    "Name",
    "Disk",
    "OS according to the configuration file",
    "OS according to the VMware Tools",
];

/// The columns that tell VMs of one name apart in the tabs of their parts.
const NAMESAKES: [&str; 6] = ["Datacenter", "Cluster", "Host", "Folder", "VM UUID", "VM ID"];

/// The column of vInfo with the owners, which has the header that the operator names.
pub(super) const OWNER: &str = "the owner column";

/// Columns of a tab that are read.
pub(super) struct TabLayout {
    /// The tab's name.
    pub(super) tab: &'static str,
    /// The columns that are read: how the code calls each, and what else it is called in exports.
    pub(super) columns: &'static [(&'static str, &'static [&'static str])],
    /// The column without which the tab cannot be read.
    pub(super) needed: Option<&'static str>,
}

/// Every tab that is read.
pub(super) const LAYOUTS: [TabLayout; 11] = [
    TabLayout {
        tab: "vInfo",
        columns: &[
            ("VM", &["VM Name", "Name"]),
            ("Powerstate", &["Power state", "State"]),
            ("Template", &[]),
            ("SRM Placeholder", &[]),
            ("CPUs", &["# CPUs", "Num CPU", "Num CPUs", "vCPU", "vCPUs", "CPU"]),
            ("Memory", &["Memory MB", "Memory size MB", "Size MB"]),
            ("Datacenter", &[]),
            ("Cluster", &[]),
            ("Host", &[]),
            ("Folder", &[]),
            ("VM UUID", &["UUID", "Instance UUID"]),
            ("VM ID", &["Object ID"]),
            ("SMBIOS UUID", &["BIOS UUID"]),
            ("OS according to the configuration file", &["OS", "Guest OS"]),
            ("OS according to the VMware Tools", &[]),
            ("Creation date", &["Created"]),
            ("Primary IP Address", &["IP Address"]),
            ("Network #1", &[]),
            ("Network #2", &[]),
            ("VI SDK Server", &[]),
            (OWNER, &[]),
        ],
        needed: Some("VM"),
    },
    TabLayout {
        tab: "vHost",
        columns: &[
            ("Host", &["Name"]),
            ("Datacenter", &[]),
            ("Cluster", &[]),
            ("# Cores", &["Num Cores", "CPU Cores"]),
            ("# Memory", &["Memory MB", "Memory size MB", "Memory size"]),
            ("VI SDK Server", &[]),
        ],
        needed: Some("Host"),
    },
    TabLayout { tab: "vCluster", columns: &[("Name", &["Cluster"]), ("Datacenter", &[])], needed: None },
    TabLayout {
        tab: "vDatastore",
        columns: &[
            ("Name", &["Datastore"]),
            ("Capacity MB", &["Capacity", "Total MB"]),
            ("Hosts", &["Host"]),
            ("Cluster name", &["Cluster"]),
            ("Datacenter", &[]),
        ],
        needed: Some("Name"),
    },
    TabLayout {
        tab: "vDisk",
        columns: &[
            ("VM", &[]),
            ("Disk", &["Disk Name"]),
            ("Disk Key", &["Key"]),
            ("Capacity MB", &["Capacity", "Size MB"]),
            ("Path", &["Disk Path"]),
            ("Datacenter", &[]),
            ("Cluster", &[]),
            ("Host", &[]),
            ("Folder", &[]),
            ("VM UUID", &["UUID", "Instance UUID"]),
            ("VM ID", &[]),
        ],
        needed: Some("VM"),
    },
    TabLayout {
        tab: "vPartition",
        columns: &[
            ("VM", &[]),
            ("Disk", &["Partition"]),
            ("Disk Key", &["Key"]),
            ("Capacity MB", &["Capacity", "Size MB"]),
            ("Datacenter", &[]),
            ("Cluster", &[]),
            ("Host", &[]),
            ("Folder", &[]),
            ("VM UUID", &["UUID", "Instance UUID"]),
            ("VM ID", &[]),
        ],
        needed: Some("VM"),
    },
    TabLayout {
        tab: "vNetwork",
        columns: &[
            ("VM", &[]),
            ("Network", &["Port Group"]),
            ("IPv4 Address", &["IP Address"]),
            ("IPv6 Address", &[]),
            ("Datacenter", &[]),
            ("Cluster", &[]),
            ("Host", &[]),
            ("Folder", &[]),
            ("VM UUID", &["UUID", "Instance UUID"]),
            ("VM ID", &[]),
        ],
        needed: Some("VM"),
    },
    TabLayout { tab: "vPort", columns: PORT_COLUMNS, needed: None },
    TabLayout { tab: "dvPort", columns: PORT_COLUMNS, needed: None },
    TabLayout { tab: "vSwitch", columns: PORT_COLUMNS, needed: None },
    TabLayout { tab: "dvSwitch", columns: PORT_COLUMNS, needed: None },
];

const PORT_COLUMNS: &[(&str, &[&str])] = &[
    ("VM", &[]),
    ("Network", &[]),
    ("Port Group", &["Portgroup", "Port"]),
    ("VLAN", &["VLAN ID"]),
    ("Datacenter", &[]),
    ("Host", &[]),
];

/// One row of a tab.
pub(super) struct TabRow {
    /// Its number in the sheet, or its line in the file.
    pub(super) number: u64,
    cells: Vec<Option<Box<str>>>,
}

/// One tab of an export.
pub(super) struct Tab {
    /// Its name: `vInfo`.
    pub(super) name: &'static str,
    /// Name of the tab in faults: `export.xlsx (vInfo)`.
    pub(super) source: String,
    /// The rows that are not empty.
    pub(super) rows: Vec<TabRow>,
    /// Its place among the tabs that were read.
    pub(super) index: usize,
    layout: &'static TabLayout,
    /// For each column of the layout, where in the source it stands.
    places: Vec<Option<usize>>,
    /// The headers that no column of the layout has.
    unused: Vec<String>,
    text_bytes: usize,
}

impl Tab {
    /// A tab with the `headers` that were found, from which the columns of `layout` are looked up; `owner` is the header
    /// of the column with owners in vInfo.
    pub(super) fn new(
        layout: &'static TabLayout,
        source: String,
        headers: &[String],
        owner: Option<&str>,
        notes: &mut Notes,
    ) -> Result<Self> {
        let keys: Vec<String> = headers.iter().map(|header| header_key(header)).collect();
        let mut places = Vec::with_capacity(layout.columns.len());
        for (column, aliases) in layout.columns {
            let own = if *column == OWNER { owner } else { Some(*column) };
            let mut names = own.into_iter().chain(aliases.iter().copied());
            let place = names.find_map(|name| keys.iter().position(|key| *key == header_key(name)));
            if let Some(place) = place
                && let Some(second) = keys.iter().skip(place + 1).position(|key| Some(key) == keys.get(place))
            {
                notes.add(
                    &TWICE,
                    format!("{} in {} (columns {} and {})", column, layout.tab, place + 1, place + second + 2),
                );
            }
            places.push(place);
        }
        let is_unused =
            |(place, header): &(usize, &String)| !header.trim().is_empty() && !places.contains(&Some(*place));
        let unused = headers.iter().enumerate().filter(is_unused).map(|(_, header)| shown(header.trim())).collect();
        let rows = Vec::new();
        let tab = Self { name: layout.tab, source, rows, index: 0, layout, places, unused, text_bytes: 0 };
        if let Some(needed) = layout.needed.filter(|needed| !tab.has(needed)) {
            return Err(tab.lacks(needed, headers));
        }
        let has_owner = |(column, _): &(&str, _)| *column == OWNER && !tab.has(OWNER);
        match owner.filter(|_| layout.columns.iter().any(has_owner)) {
            Some(owner) => Err(tab.lacks(owner, headers)),
            None => Ok(tab),
        }
    }

    fn lacks(&self, needed: &str, headers: &[String]) -> Error {
        let found: BTreeSet<String> = headers.iter().take(200).map(|header| shown(header.trim())).collect();
        let found: Vec<String> = found.into_iter().filter(|header| !header.is_empty()).collect();
        Error::failed(format!("{} has no column \"{needed}\"", self.source))
            .help(format!("columns found: {}", found.join(", ")))
    }

    /// Adds a row; `cell` gives the text of the source's column with an index. Names lose the blanks around them.
    pub(super) fn push<'cell>(
        &mut self,
        number: u64,
        cell: impl Fn(usize) -> Option<&'cell str>,
        notes: &mut Notes,
    ) -> Result<()> {
        for (place, (column, _)) in self.places.iter().zip(self.layout.columns) {
            let text = place.and_then(&cell).unwrap_or_default();
            if NAMES.contains(column) && text.trim().len() != text.len() && !text.trim().is_empty() {
                notes.add(&TRIMMED, format!("{} row {number}: {column} \"{}\"", self.name, shown(text)));
            }
        }
        let cells: Vec<Option<Box<str>>> =
            self.places.iter().map(|place| place.and_then(&cell).map(Box::from)).collect();
        self.text_bytes += cells.iter().flatten().map(|text| text.len()).sum::<usize>();
        if self.text_bytes > TEXT_LIMIT {
            let limit = TEXT_LIMIT >> 20;
            return Err(Error::failed(format!("{} contains more than {limit} MiB of text", self.source)));
        }
        self.rows.push(TabRow { number, cells });
        Ok(())
    }

    /// Tests if the export has this column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.place(column).is_some()
    }

    /// The headers that were found and are not read.
    pub(super) fn unused(&self) -> &[String] {
        &self.unused
    }

    /// The columns of the layout that the source does not have and that a field or a record of the inventory lacks then.
    pub(super) fn missing(&self) -> impl Iterator<Item = &'static str> {
        let is_detail = self.name != "vInfo" && self.layout.needed == Some("VM");
        let columns = self.layout.columns.iter().zip(&self.places);
        let missing = columns.filter(|(_, place)| place.is_none()).map(|((column, _), _)| *column);
        missing.filter(move |column| *column != OWNER && !(is_detail && NAMESAKES.contains(column)))
    }

    /// The places of the columns that are read, in the source.
    pub(super) fn wanted(&self) -> impl Iterator<Item = (usize, &'static str)> {
        let columns = self.layout.columns;
        self.places.iter().zip(columns).filter_map(|(place, (column, _))| place.map(|place| (place, *column)))
    }

    fn place(&self, column: &str) -> Option<usize> {
        let index = self.layout.columns.iter().position(|(name, _)| *name == column);
        debug_assert!(index.is_some(), "{column} is not in the layout of {}", self.name);
        index.filter(|index| self.places.get(*index).copied().flatten().is_some())
    }

    /// The text of a cell without blanks around it, unless it is blank.
    pub(super) fn text<'tab>(&self, row: &'tab TabRow, column: &str) -> Option<&'tab str> {
        let text = row.cells.get(self.place(column)?)?.as_deref()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// Returns the origin of a row.
    pub(super) const fn origin(&self, row: &TabRow) -> Origin {
        Origin { tab: self.index, row: row.number }
    }

    /// Tests if a cell is true.
    pub(super) fn is_true(&self, row: &TabRow, column: &str) -> bool {
        self.text(row, column).is_some_and(|text| {
            matches!(text.to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "wahr" | "vrai" | "verdadero")
        })
    }

    /// Returns the number in a cell, if there is one, and notes one that is no number.
    pub(super) fn number(&self, row: &TabRow, column: &str, notes: &mut Notes) -> Option<Decimal> {
        let text = self.text(row, column)?;
        let number = parse_number(text);
        if number.is_none() {
            self.tell_senseless(row, column, text, notes);
        }
        number
    }

    /// The mebibytes in a cell, if there are any. `RVTools` writes whole ones: a fraction is a number of another locale,
    /// where a point groups thousands.
    pub(super) fn mebibytes(&self, row: &TabRow, column: &str, notes: &mut Notes) -> Option<Decimal> {
        // 2^63-1 bytes are the most that a quantity is.
        const MOST: i128 = i64::MAX as i128 >> 20;
        let text = self.text(row, column)?;
        let number = parse_number(text).filter(|number| number.is_whole() && number.floor() <= MOST);
        if number.is_none() || may_be_grouped_by_points(text) {
            self.tell_senseless(row, column, text, notes);
            return None;
        }
        number
    }

    /// Tells a value that makes no sense.
    pub(super) fn tell_senseless(&self, row: &TabRow, column: &str, text: &str, notes: &mut Notes) {
        notes.add(&NUMBERS, format!("{} row {}: {column} \"{}\"", self.name, row.number, shown(text)));
    }

    /// Tells a cell that holds an error of the spreadsheet, `#REF!`.
    pub(super) fn tell_error(&self, number: u64, place: usize, error: &str, notes: &mut Notes) {
        let column = self.wanted().find(|(wanted, _)| *wanted == place).map_or("", |(_, column)| column);
        notes.add(&ERRORS, format!("{} row {number}: {column} {error}", self.name));
    }
}

/// A header as headers are compared: letters and digits only, in lower case, with `MiB` as `MB`.
fn header_key(header: &str) -> String {
    let key: String = header.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    key.replace("mib", "mb")
}

/// Tests if a sheet or the stem of a file has the name of a tab: `vInfo`, `tabvInfo`, `RVTools_tabvInfo`, `vInfo (2)`.
pub(super) fn is_tab(name: &str, tab: &str) -> bool {
    let (name, tab) = (name.trim().to_ascii_lowercase(), tab.to_ascii_lowercase());
    name.match_indices(&tab).any(|(start, _)| {
        let before = name.get(..start).unwrap_or_default();
        let after = name.get(start + tab.len()..).unwrap_or_default();
        // The `vPort` in `dvPort` is another tab, and so would be a `vInfoExtra`.
        let is_of_another = tab.starts_with('v') && before.ends_with('d');
        let goes_on = after.starts_with(|letter: char| letter.is_alphanumeric());
        !is_of_another && !goes_on
    })
}

/// A number as sheets hold it: with a point, or with thousands grouped by commas, blanks or apostrophes.
pub(super) fn parse_number(text: &str) -> Option<Decimal> {
    match Decimal::parse(text) {
        Ok(number) => return Some(number),
        Err(Fault::Negative | Fault::TooPrecise | Fault::TooLarge) => return None,
        Err(Fault::NotANumber) => {}
    }
    let separator = text.chars().find(|letter| matches!(letter, ',' | ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’'))?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut groups = whole.split(separator);
    let is_grouped = (1..=3).contains(&groups.next()?.len()) && groups.all(|group| group.len() == 3);
    let digits: String = whole.chars().filter(|letter| *letter != separator).collect();
    is_grouped.then(|| Decimal::parse(&format!("{digits}.{fraction}")).ok()).flatten()
}

/// Tests if a number such as `4.000` could be four thousand as well as four.
fn may_be_grouped_by_points(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, fraction)| {
        fraction.len() == 3 && whole.len() <= 3 && whole.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::{LAYOUTS, Tab, header_key, is_tab, parse_number};
    use crate::input::notes::Notes;

    #[test]
    fn headers_of_both_generations_are_one() {
        assert_eq!(header_key("Capacity MiB"), header_key("Capacity MB"));
        assert_eq!(header_key("Free % "), header_key("Free %"));
        assert_eq!(header_key("# Memory"), header_key("memory"));
        assert_eq!(header_key("VM_Name"), header_key("VM Name"));
        assert_ne!(header_key("VM UUID"), header_key("VM ID"));
    }

    #[test]
    fn tabs_are_found_by_their_name_in_a_name() {
        for name in ["vInfo", "tabvInfo", "RVTools_tabvInfo", "vinfo", "export-vInfo-2024", " vInfo "] {
            assert!(is_tab(name, "vInfo"), "{name}");
        }
        assert!(!is_tab("vInfos", "vInfo"));
        assert!(!is_tab("RVTools_tabdvPort", "vPort"));
        assert!(is_tab("RVTools_tabdvPort", "dvPort"));
        assert!(is_tab("RVTools_tabvPort", "vPort"));
        assert!(!is_tab("vFileInfo", "vInfo"));
    }

    #[test]
    fn numbers_are_read_as_sheets_write_them() {
        let read = |text: &str| parse_number(text).map(|number| number.to_string());
        for (text, number) in [
            ("4096", "4096"),
            ("4096.0", "4096"),
            ("81,916", "81916"),
            ("1,234,567.5", "1234567.5"),
            ("16 384", "16384"),
            ("16\u{a0}384", "16384"),
            ("0.5", "0.5"),
        ] {
            assert_eq!(read(text).as_deref(), Some(number), "{text}");
        }
        for text in ["", "-1", "x", "1,2", "12,34,567", "1e5", "NaN", "0x10", "1 234,5", ",123", "1.2.3"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_of_its_own_is_preferred_to_another() {
        let layout = LAYOUTS.iter().find(|layout| layout.tab == "vDisk").expect("it is there");
        let headers = ["Disk Path", "VM", "Path"].map(str::to_owned);
        let mut tab = Tab::new(layout, "x".to_owned(), &headers, None, &mut Notes::default()).expect("VM is there");
        let cells = ["wrong", "web01", "[san] right"];
        tab.push(2, |place| cells.get(place).copied(), &mut Notes::default()).expect("it is small");
        assert_eq!(tab.text(&tab.rows[0], "Path"), Some("[san] right"));
    }

    #[test]
    fn a_missing_column_is_an_error_that_lists_what_was_found() {
        let headers = ["Machine", "Memory"].map(str::to_owned);
        let error = Tab::new(&LAYOUTS[0], "x.xlsx (vInfo)".to_owned(), &headers, None, &mut Notes::default())
            .err()
            .expect("there is no VM");
        assert_eq!(error.message(), "x.xlsx (vInfo) has no column \"VM\"");
        assert_eq!(error.way_out(), Some("columns found: Machine, Memory"));
    }
}
