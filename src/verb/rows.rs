//! The rows of a file that is imported: read one after another, with the destination of each column.

use super::batch::Existing;
use super::dump::Tables;
use super::faults::Faults;
use super::header::{self, ExternalIds, Header};
use super::intake::{self, Creates, Draft, Intake, Rejected, RowId, Target};
use super::mapping::Mapping;
use super::progress::Progress;
use super::row_tests::RowTests;
use crate::catalog::column::Path;
use crate::catalog::{Catalog, Entity, Kind};
use crate::error::{Error, Kind as Failure, Result};
use crate::input::notes::{NoteKind, Notes, Topic};
use crate::input::{Record, Records, Step};
use crate::output::row::Cell;
use crate::session::Session;
use crate::value::shown;
use std::borrow::Cow;
use std::collections::HashMap;

/// Rows of one noun that can be opened more than once.
pub(crate) struct Source {
    pub entity: &'static Entity,
    pub open: Box<dyn Fn() -> Result<Box<dyn Records>>>,
    /// Overrides what happens to rows whose record exists already.
    pub existing: Option<Existing>,
    /// Number of bytes to read, where it can be told.
    pub bytes: Option<u64>,
    /// True if every other record of the noun gives way.
    pub replaces: bool,
    pub external_ids: ExternalIds,
    /// Columns as the command line describes them.
    pub mapping: Mapping,
    /// Tables that are imported together with it.
    pub tables: Tables,
}

/// Number of rows between two looks at the progress bar.
const STEP: u64 = 256;

/// The rows of one file.
pub(super) struct Rows {
    catalog: &'static Catalog,
    entity: &'static Entity,
    records: Box<dyn Records>,
    header: Header,
    external_ids: ExternalIds,
    record: Record,
    progress: Progress,
    count: u64,
    has_ended: bool,
    selection: Selection,
    /// Keys of the rows in the dump of a table, by line.
    keys: HashMap<u64, String>,
}

/// Rows of a file that are imported.
#[derive(Default)]
struct Selection {
    conditions: Vec<String>,
    /// The same for the columns that are known; their number.
    tests: Option<(usize, RowTests)>,
    /// Number of rows that were left out.
    skipped: usize,
}

static SKIPPED: Topic = Topic::new(NoteKind::Remark, "skipped {n} row{s} by --where", 0);

impl Selection {
    /// Tests if a row meets all conditions; without one, every row does.
    fn has(&mut self, columns: &[String], record: &Record) -> Result<bool> {
        if self.conditions.is_empty() {
            return Ok(true);
        }
        if self.tests.as_ref().is_none_or(|(count, _)| *count != columns.len()) {
            self.tests = Some((columns.len(), RowTests::of_texts(columns, &self.conditions)?));
        }
        let text = |place: usize| record.cells().find(|(column, _)| *column == place).and_then(|(_, text)| text);
        let cell =
            |place: usize| text(place).map(str::trim).filter(|text| !text.is_empty()).map_or(Cell::Null, Cell::Text);
        let has = self.tests.as_ref().is_none_or(|(_, tests)| tests.hold(&cell));
        self.skipped += usize::from(!has);
        Ok(has)
    }
}

impl Rows {
    pub(super) fn open(session: &Session, source: &Source) -> Result<Self> {
        let catalog = session.catalog();
        let records = (source.open)()?;
        let progress = Progress::new(records.name(), source.bytes, session);
        let (mapping, tables) = (source.mapping.clone(), source.tables);
        let mut header = Header::new(catalog, source.entity, source.external_ids, mapping, tables)?;
        header.is_below_others = records.has_header();
        let record = Record::new();
        let (entity, external_ids) = (source.entity, source.external_ids);
        let selection = Selection { conditions: source.mapping.conditions.clone(), ..Selection::default() };
        let (count, has_ended, keys) = (0, false, HashMap::new());
        Ok(Self { catalog, entity, records, header, external_ids, record, progress, count, has_ended, selection, keys })
    }

    /// The name of the file in messages.
    pub(super) fn name(&self) -> &str {
        self.records.name()
    }

    /// The line on which the row begins that was read last.
    pub(super) const fn line(&self) -> u64 {
        self.record.line
    }

    /// Reads the next row. Rows that cannot be read go to `faults`. Returns whether there is a row.
    pub(super) fn next(&mut self, faults: &mut Faults) -> Result<bool> {
        while !self.has_ended {
            // A fault of the header is one of every row, and reported once. JSON has new columns as it goes on.
            if let Err(wrong) = self.header.learn(self.catalog, self.records.columns()) {
                self.record.clear();
                self.has_ended |= !wrong.can_go_on;
                let at = (self.records.name(), self.records.header_line());
                faults.add_columns(at, &wrong.errors(), self.records.columns(), None::<std::iter::Empty<_>>)?;
                continue;
            }
            self.count += 1;
            if self.count.is_multiple_of(STEP) {
                self.progress.at(self.records.bytes_read());
            }
            let step = self.records.read(&mut self.record);
            if step == Step::Record && !self.selection.has(self.records.columns(), &self.record)? {
                continue;
            }
            match step {
                Step::Last => self.has_ended = true,
                Step::Fault(fault) => {
                    self.has_ended = fault.fatal;
                    self.add(faults, fault.line, &[fault.text])?;
                }
                Step::Record => match self.header.learn(self.catalog, self.records.columns()) {
                    Ok(()) => {
                        self.header.complete(&mut self.record);
                        let key = self.key().map(|key| (self.record.line, key.trim().to_owned()));
                        self.keys.extend(key);
                        return Ok(true);
                    }
                    Err(wrong) => {
                        self.has_ended |= !wrong.can_go_on;
                        let at = (self.records.name(), self.record.line);
                        faults.add_columns(at, &wrong.errors(), self.records.columns(), Some(self.record.cells()))?;
                        if !self.has_ended {
                            self.header.complete(&mut self.record);
                            return Ok(true);
                        }
                    }
                },
            }
        }
        Ok(false)
    }

    /// Returns whether the file has ids of records in the inventory.
    pub(super) fn has_ids(&self) -> bool {
        self.header.has_ids()
    }

    /// Returns true if numbers in a column of times are days, as spreadsheets count them.
    pub(super) fn count_days(&self) -> bool {
        self.records.counts_days()
    }

    /// Returns true if the columns are those of another program.
    pub(super) fn are_foreign(&self) -> bool {
        self.header.is_foreign() || self.records.is_of_another_locale()
    }

    /// Returns the key of the row that was read last in the dump of a table.
    pub(super) fn key(&self) -> Option<&str> {
        let place = self.header.targets().iter().position(|target| matches!(target, Target::Key))?;
        self.record.cells().find(|(column, _)| *column == place).and_then(|(_, text)| text)
    }

    /// Takes the keys of all rows that were read, by line.
    pub(super) fn take_keys(&mut self) -> HashMap<u64, String> {
        std::mem::take(&mut self.keys)
    }

    /// Returns the computed columns of lists that the file has.
    pub(super) fn computed(&self) -> Vec<Path> {
        self.header.computed().iter().map(|(_, path)| path.clone()).collect()
    }

    /// Returns the texts of the computed columns in the row that was read last.
    pub(super) fn computed_texts(&self) -> Vec<String> {
        let text = |column: usize| self.record.cells().find(|(other, _)| *other == column).and_then(|(_, text)| text);
        self.header.computed().iter().map(|(column, _)| text(*column).unwrap_or_default().trim().to_owned()).collect()
    }

    /// Takes the headings that are not of `inv`, with what each was read as.
    pub(super) fn take_meanings(&mut self) -> Vec<(String, String)> {
        self.header.take_meanings()
    }

    /// Takes the notes on the columns.
    pub(super) fn take_notes(&mut self) -> Notes {
        let mut notes = self.header.take_notes();
        notes.count(&SKIPPED, std::mem::take(&mut self.selection.skipped));
        self.records.note(&mut notes);
        notes
    }

    /// The nouns of the rows' records, and of those that come along with them.
    pub(super) fn nouns(&self) -> Vec<&'static Entity> {
        let mut nouns = vec![self.entity];
        for target in self.header.targets() {
            if let Target::Collection(collection) = target {
                let of = self.catalog.of(collection.of);
                if nouns.iter().all(|noun| noun.noun != of.noun) {
                    nouns.push(of);
                }
            }
        }
        nouns
    }

    /// Reads the cells of the row that was read last.
    pub(super) fn draft<'s>(
        &self,
        intake: &mut Intake,
        to: &mut impl Creates<'s>,
    ) -> std::result::Result<Draft<'_>, Rejected> {
        let targets = self.header.targets();
        let texts = self.record.cells().filter_map(|(column, text)| Some((*targets.get(column)?, text)));
        let constants = self.header.constants().iter().map(|(target, text)| (*target, Some(text.as_str())));
        let texts = texts.chain(constants);
        let text_of = |wanted: fn(Target) -> bool| {
            let text = texts.clone().find(|(target, _)| wanted(*target)).and_then(|(_, text)| text);
            text.filter(|text| !text.is_empty())
        };
        let mut faults = Vec::new();
        let id = match text_of(|target| matches!(target, Target::Id)) {
            Some(text) => text.parse().map_or_else(
                |_| {
                    let fault = format!("id: {} is not an id", shown::quoted(text));
                    faults.push(Error::failed(fault).help("an id is a whole number; a new record has none"));
                    RowId::Absent
                },
                RowId::Of,
            ),
            None if self.header.has_ids() => {
                let path = text_of(|target| matches!(target, Target::Path));
                match path.map(|path| intake.resolver.resolve(to, self.entity, path)).transpose() {
                    Ok(id) => id.map_or(RowId::Empty, RowId::Of),
                    Err(error) if error.kind() == Failure::NotFound && self.header.has_name() => RowId::Empty,
                    Err(error) => match Rejected::from(intake::about(header::PATH, &error)) {
                        Rejected::Row(more) => {
                            faults.extend(more);
                            RowId::Absent
                        }
                        ends @ Rejected::Command(_) => return Err(ends),
                    },
                }
            }
            None => RowId::Absent,
        };
        if id == RowId::Empty && !self.header.has_name() {
            faults.push(Error::failed("id: must not be empty in a file without names"));
        }
        let external_id = match self.external_ids {
            ExternalIds::InColumn => text_of(|target| matches!(target, Target::ExternalId)),
            ExternalIds::OfReader | ExternalIds::None => self.records.external_id(),
        };
        if self.external_ids == ExternalIds::InColumn {
            let wanted = external_id.ok_or_else(|| Error::failed("must not be empty"));
            let read = wanted.and_then(|text| intake::plain(Kind::Text, text));
            faults.extend(read.err().map(|error| intake::about(header::EXTERNAL_ID, &error)));
        }
        match intake.read(to, self.entity, &texts) {
            Ok(draft) if faults.is_empty() => {
                let second_fact = self.records.second_fact().map(Cow::from);
                Ok(Draft { line: self.record.line, id, external_id: external_id.map(Cow::from), second_fact, ..draft })
            }
            Ok(_) => Err(Rejected::Row(faults)),
            Err(Rejected::Row(more)) => Err(Rejected::Row(faults.into_iter().chain(more).collect())),
            Err(ends) => Err(ends),
        }
    }

    /// Adds what is wrong with a row.
    pub(super) fn reject(&self, faults: &mut Faults, line: u64, errors: &[Error]) -> Result<()> {
        faults.add(self.records.name(), line, errors, self.records.columns(), self.cells(line))
    }

    /// Keeps a row with the rejected ones; it is no fault.
    pub(super) fn leave_out(&self, faults: &mut Faults, line: u64, errors: &[Error]) -> Result<String> {
        let wrong: Vec<String> = errors.iter().map(Error::in_one_line).collect();
        let fault = format!("{}:{line}: {}", self.records.name(), wrong.join("; "));
        faults.keep(&fault, self.records.columns(), self.cells(line))?;
        Ok(fault)
    }

    fn add(&self, faults: &mut Faults, line: u64, wrong: &[String]) -> Result<()> {
        let errors: Vec<Error> = wrong.iter().map(Error::failed).collect();
        self.reject(faults, line, &errors)
    }

    /// The cells of a row; none of one that was read before the last.
    fn cells(&self, line: u64) -> impl Iterator<Item = (usize, Option<&str>)> {
        self.record.cells().filter(move |_| line == self.record.line)
    }
}
