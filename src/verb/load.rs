//! Reading files of rows into the inventory: one noun's file, a folder of them, or what an importer staged.
//!
//! One transaction; every row is checked; if any is wrong nothing goes in, unless the good rows were asked for.

use super::batch::{Batch, Duplicates, Existing, Tally};
use super::faults::Faults;
use super::guard::{self, Removals};
use super::intake::{Intake, Rejected};
use super::report::Report;
use super::rows::{Rows, Source};
use crate::catalog::{Entity, Field};
use crate::error::{Error, Kind, Result};
use crate::input::notes::{Note, NoteKind, Notes, Topic};
use crate::session::Session;
use crate::store::{Filled, Writer};
use crate::value::Cell;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Options of an import.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub existing: Existing,
    pub prune: Prune,
    /// Number of records that may be removed, if that was given.
    pub allowed_removals: Option<usize>,
    pub create: Vec<String>,
    pub rejects: Option<PathBuf>,
    pub skip_bad: bool,
    pub tolerance: Tolerance,
    /// Number of rows that the reader of the source could not place.
    pub left_out: usize,
}

/// Treatment of cells that cannot be read and of rows that cannot be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tolerance {
    /// They are faults.
    Refuse,
    /// They are left out and reported: an estate is imported without them.
    LeaveOut,
}

static NOTHING_GONE: Topic =
    Topic::new(NoteKind::Warning, "no record counts as gone, because {n} row{s} could not be placed", 0);
static CELLS: Topic = Topic::new(NoteKind::Cell, "{n} cell{s} could not be read and {was} left alone", 20);
static ROWS: Topic = Topic::new(NoteKind::Row, "{n} row{s} could not be placed and {was} left out", 20);

/// Records that are removed because no row described them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prune {
    /// Nothing.
    Nothing,
    /// Every other record of the noun.
    All,
}

/// Result of an import.
pub(crate) struct Loaded {
    pub tallies: Vec<(&'static Entity, Tally)>,
    /// The records that are in the inventory and not in the files, where those speak for all that a holder has.
    pub gone: Vec<(&'static Entity, Vec<String>)>,
    /// The failure that the import would end with if it were not a dry run.
    pub refusal: Option<Error>,
    pub notes: Vec<Note>,
    pub report: Report,
    pub bad: Vec<String>,
    pub bad_rows: usize,
    pub rejects: Option<PathBuf>,
}

/// Number of new records from which on tables are filled.
const MANY: usize = 1_000;

/// Imports all sources in one transaction; `what` names them in messages.
///
/// # Errors
/// A row is wrong and `skip_bad` was not asked for; the inventory or a file cannot be used.
pub(crate) fn load(session: &Session, what: &str, sources: &[Source], options: &Options) -> Result<Loaded> {
    if let Some(path) = &options.rejects {
        session.spare_inventory(path)?;
    }
    // A bad row is taken back by itself, which takes a look at what was written.
    let speed = if options.skip_bad { Speed::RowByRow } else { Speed::Fill };
    match attempt(session, what, sources, options, speed)? {
        Some(loaded) => Ok(loaded),
        // The row that was refused is found where each is tested as it is written.
        None => attempt(session, what, sources, options, Speed::RowByRow)?
            .ok_or_else(|| Error::failed("rows were refused that were not filled")),
    }
}

/// The way in which rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speed {
    /// Each is tested as it is written.
    RowByRow,
    /// Tables are filled where many rows come.
    Fill,
}

/// Imports all sources; nothing where a table that was filled refused a record.
fn attempt(
    session: &Session,
    what: &str,
    sources: &[Source],
    options: &Options,
    speed: Speed,
) -> Result<Option<Loaded>> {
    let mut found = None;
    let mut refused = false;
    let result = session.write(|writer| {
        refused = false;
        let mut load = Load {
            session,
            options,
            speed,
            intake: Intake {
                platform_words: true,
                create: options.create.clone(),
                spared: (options.tolerance == Tolerance::LeaveOut).then(Vec::new),
                ..Intake::default()
            },
            faults: Faults::new(options.rejects.as_deref())?,
            report: Report::new(session),
            refused: false,
            refusal: None,
            notes: Notes::default(),
            left_out: options.left_out,
        };
        let outcome = load.all(writer, sources);
        let failed = !load.faults.is_empty() && !options.skip_bad;
        let error = failed.then(|| load.faults.as_error(what));
        refused = load.refused;
        found = Some(load.faults);
        let (tallies, gone) = outcome?;
        match error {
            Some(error) => Err(error),
            None => Ok((tallies, gone, load.refusal, load.notes.into_notes(), load.report)),
        }
    });
    if refused {
        return Ok(None);
    }
    let (mut rejects, mut bad, mut bad_rows) = (None, Vec::new(), 0);
    if let Some(faults) = &mut found {
        bad = faults.lines();
        bad_rows = faults.rows();
        rejects = faults.keep_rejects()?;
    }
    let (tallies, gone, refusal, notes, report) = result?;
    Ok(Some(Loaded { tallies, gone, refusal, notes, report, bad, bad_rows, rejects }))
}

type Outcome = (Vec<(&'static Entity, Tally)>, Vec<(&'static Entity, Vec<String>)>);

fn tallies(batches: Vec<(Batch<'_>, &Source)>) -> Vec<(&'static Entity, Tally)> {
    batches.into_iter().map(|(batch, _)| (batch.entity, batch.tally)).collect()
}

/// The batch of the records that hold the batch's, where rows were about those too.
fn holders<'b, 's>(
    writer: &Writer<'_>,
    batch: &Batch<'s>,
    batches: &'b [(Batch<'s>, &Source)],
) -> Option<&'b Batch<'s>> {
    let (_, holder) = writer.catalog().parent(batch.entity)?;
    batches.iter().map(|(other, _)| other).find(|other| other.entity.noun == holder.noun)
}

/// An import on its way.
struct Load<'l> {
    session: &'l Session,
    options: &'l Options,
    speed: Speed,
    intake: Intake,
    faults: Faults,
    report: Report,
    /// True if a table refused a record while it was filled.
    refused: bool,
    /// The failure that a dry run shows after its report.
    refusal: Option<Error>,
    notes: Notes,
    /// Number of rows of the source that could not be placed.
    left_out: usize,
}

impl Load<'_> {
    fn all<'s>(&mut self, writer: &mut Writer<'s>, sources: &[Source]) -> Result<Outcome> {
        let mut batches: Vec<(Batch<'s>, &Source)> = Vec::new();
        for source in sources {
            batches.push((self.source(writer, source)?, source));
        }
        writer.reading(None);
        let is_whole = self.faults.is_empty() || self.options.skip_bad;
        if self.left_out > 0 {
            // A record whose row could not be placed would seem to be gone.
            if self.options.existing == Existing::Update {
                self.notes.count(&NOTHING_GONE, self.left_out);
            }
            return Ok((tallies(batches), Vec::new()));
        }
        let gone = if is_whole { self.what_is_gone(writer, &mut batches)? } else { Vec::new() };
        Ok((tallies(batches), gone))
    }

    /// Puts the rows of one source in.
    fn source<'s>(&mut self, writer: &mut Writer<'s>, source: &Source) -> Result<Batch<'s>> {
        let existing = source.existing.unwrap_or(self.options.existing);
        let mut batch = Batch::new(source.entity, existing, Duplicates::Count);
        let mut rows = Rows::open(self.session, source)?;
        writer.reading(Some(rows.name()));
        while rows.next(&mut self.faults)? {
            if self.speed == Speed::Fill && batch.tally.created >= MANY && is_new(writer, &rows, &batch)? {
                self.fill(writer, &mut rows, &mut batch)?;
                break;
            }
            writer.at_line(rows.line());
            let put = self.row(writer, &rows, &mut batch);
            self.note_cells(&rows);
            match put {
                Ok(_) => {}
                Err(Rejected::Row(faults)) => self.reject(&rows, &batch, &faults)?,
                Err(Rejected::Command(error)) => return Err(error),
            }
        }
        Ok(batch)
    }

    /// Reports the cells of the row that was read last that were left alone.
    fn note_cells(&mut self, rows: &Rows) {
        for fault in self.intake.spared.iter_mut().flat_map(std::mem::take) {
            self.notes.add(&CELLS, format!("{}:{}: {}", rows.name(), rows.line(), fault.in_one_line()));
        }
    }

    /// Reports what is wrong with the row that was read last: a fault, or a row that is left out. That a record exists
    /// is never the file's fault alone, so it is always one.
    fn reject(&mut self, rows: &Rows, batch: &Batch<'_>, errors: &[Error]) -> Result<()> {
        let exists = batch.existing == Existing::Refuse && errors.iter().any(|error| error.kind() == Kind::Conflict);
        if self.options.tolerance == Tolerance::Refuse || exists {
            return rows.reject(&mut self.faults, errors);
        }
        self.left_out += 1;
        let fault = rows.leave_out(&mut self.faults, errors)?;
        self.notes.add(&ROWS, fault);
        Ok(())
    }

    /// Puts the row that was read last in. Where the good rows go in without the bad, a bad one leaves nothing behind.
    fn row<'s>(
        &mut self,
        writer: &mut Writer<'s>,
        rows: &Rows,
        batch: &mut Batch<'s>,
    ) -> std::result::Result<i64, Rejected> {
        let Self { intake, report, .. } = self;
        let (tally, mark) = (batch.tally, if self.options.skip_bad { report.mark()? } else { 0 });
        let mut put = |writer: &mut Writer<'s>| {
            let draft = rows.draft(intake, writer)?;
            batch.put(writer, intake, draft, report)
        };
        if !self.options.skip_bad {
            return put(writer);
        }
        let done = writer.whole_or_nothing(put);
        if done.is_err() {
            intake.forget_everything();
            batch.tally = tally;
            report.back_to(mark)?;
        }
        done
    }

    /// Fills tables with the row that was read last and all that follow.
    fn fill<'s>(&mut self, writer: &mut Writer<'s>, rows: &mut Rows, batch: &mut Batch<'s>) -> Result<()> {
        let mut has_row = true;
        while has_row {
            // An index is alive where a table has many records; where as many come in, it is made anew.
            let count = usize::try_from(writer.count(batch.entity)?).unwrap_or(usize::MAX);
            let mut filling = writer.fill(rows.nouns(), batch.tally.created)?;
            let most = if filling.rebuilds() { usize::MAX } else { count };
            while has_row && !filling.is_refused() && batch.tally.created < most {
                filling.at_line(rows.line());
                let draft = rows.draft(&mut self.intake, &mut filling);
                let put =
                    draft.and_then(|draft| batch.put_new(&mut filling, &mut self.intake, draft, &mut self.report));
                self.note_cells(rows);
                match put {
                    Ok(()) => {}
                    Err(Rejected::Row(faults)) => self.reject(rows, batch, &faults)?,
                    Err(Rejected::Command(error)) => return Err(error),
                }
                has_row = rows.next(&mut self.faults)?;
            }
            let end = filling.finish()?;
            if end == Filled::Refused {
                self.refused = true;
                return Err(Error::conflict(format!("two of the {} are the same", batch.entity.labels.1)));
            }
            batch.filled(end);
        }
        for entity in rows.nouns() {
            self.intake.resolver.forget(entity);
        }
        Ok(())
    }

    /// Removes the records that no row was about, where that was asked for; else tells which they are, where the
    /// sources speak for all that a holder has.
    fn what_is_gone<'s>(
        &mut self,
        writer: &mut Writer<'s>,
        batches: &mut [(Batch<'s>, &Source)],
    ) -> Result<Vec<(&'static Entity, Vec<String>)>> {
        let mut gone = Vec::new();
        let (mut unseen_of, mut removals) = (Vec::new(), Vec::new());
        for (place, (batch, source)) in batches.iter().enumerate().rev() {
            let prunes = self.options.prune == Prune::All || source.replaces;
            let holders = if source.within { holders(writer, batch, batches) } else { None };
            if source.within && holders.is_none() || !prunes && !source.within {
                continue;
            }
            let unseen = batch.unseen(writer, holders)?;
            if !prunes {
                let paths = unseen.iter().map(|id| Ok(writer.path(batch.entity, *id)?.to_string()));
                gone.push((batch.entity, paths.collect::<Result<Vec<String>>>()?));
                continue;
            }
            if !source.replaces {
                let Tally { changed, unchanged, skipped, .. } = batch.tally;
                let (entity, removed) = (batch.entity, unseen.len());
                removals.push(Removals { entity, removed, scope: removed + changed + unchanged + skipped });
            }
            unseen_of.push((place, unseen));
        }
        match guard::check(&removals, self.options.allowed_removals) {
            Err(refusal) if self.session.dry_run => self.refusal = Some(refusal),
            checked => checked?,
        }
        for (place, unseen) in unseen_of {
            if let Some((batch, _)) = batches.get_mut(place) {
                batch.prune(writer, &unseen, &mut self.report)?;
            }
        }
        Ok(gone)
    }
}

/// Returns whether the batch's further records can be expected to be new, and no row to need another one's record.
fn is_new(writer: &Writer<'_>, rows: &Rows, batch: &Batch<'_>) -> Result<bool> {
    let (entity, nouns) = (batch.entity, rows.nouns());
    let needs = |of: &&Entity| {
        let mut fields = of.fields.iter().filter_map(Field::refers_to);
        // What comes along refers to the record that it comes along with.
        fields
            .any(|noun| nouns.iter().any(|other| other.noun == noun && (of.noun == entity.noun || noun != entity.noun)))
    };
    if entity.operates || nouns.iter().any(needs) {
        return Ok(false);
    }
    // A record that exists is to be found, unless it is a conflict in any case.
    let count = usize::try_from(writer.count(entity)?).unwrap_or(usize::MAX);
    Ok(batch.existing == Existing::Refuse || count <= batch.tally.created)
}

impl Batch<'_> {
    /// The records that no row was about, of all, or of those which one of `holders` holds.
    fn unseen(&self, writer: &Writer<'_>, holders: Option<&Self>) -> Result<Vec<i64>> {
        let parent = self.entity.parent.unwrap_or_default();
        let mut unseen = Vec::new();
        writer.each(self.entity, |record| {
            let is_within = holders.is_none_or(
                |holders| matches!(record.value(self.entity, parent), Cell::Integer(id) if holders.has_seen(*id)),
            );
            if is_within && !self.has_seen(record.id) {
                unseen.push(record.id);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(unseen)
    }
}
