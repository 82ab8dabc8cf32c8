//! Reading files of rows into the inventory: one noun's file, a folder of them, or what an importer staged.
//!
//! One transaction; every row is checked; if any is wrong nothing goes in, unless the good rows were asked for.

use super::batch::{Batch, Existing, Tally};
use super::faults::Faults;
use super::intake::Intake;
use super::portion::{Cutter, Order, Portion, Row};
use super::progress::Progress;
use super::report::Report;
use super::rows::Rows;
use crate::catalog::{Catalog, Entity, Field};
use crate::error::{Error, Result};
use crate::input::Records;
use crate::session::Session;
use crate::store::Writer;
use crate::value::Lent;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// How an import is done.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub existing: Existing,
    pub prune: Prune,
    pub create: Vec<String>,
    pub rejects: Option<PathBuf>,
    pub skip_bad: bool,
}

/// What is removed because no row was about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prune {
    /// Nothing.
    Nothing,
    /// Every other record of the noun.
    All,
}

/// Rows of one noun, ready to be read, again and again if need be.
pub(crate) struct Source {
    pub entity: &'static Entity,
    pub open: Box<dyn Fn() -> Result<Box<dyn Records>>>,
    /// Overrules how rows are taken whose record exists already.
    pub existing: Option<Existing>,
    /// How many bytes there are to read, if that is known.
    pub bytes: Option<u64>,
    /// Whether only records are pruned, or told as gone, whose holder some row was about.
    pub within: bool,
    /// Whether every other record of the noun gives way.
    pub replaces: bool,
}

/// What an import did.
pub(crate) struct Loaded {
    pub tallies: Vec<(&'static Entity, Tally)>,
    /// The records that are in the inventory and not in the files, where those speak for all that a holder has.
    pub gone: Vec<(&'static Entity, Vec<String>)>,
    pub report: Report,
    pub bad: Vec<String>,
    pub bad_rows: usize,
    pub rejects: Option<PathBuf>,
}

/// Imports all sources in one transaction; `what` names them in messages.
///
/// # Errors
/// A row is wrong and `skip_bad` was not asked for; the inventory or a file cannot be used.
pub(crate) fn load(session: &Session, what: &str, sources: &[Source], options: &Options) -> Result<Loaded> {
    if let Some(path) = &options.rejects {
        session.spare_inventory(path)?;
    }
    // What would be done is told record by record, and a bad row is taken back by itself: both look at what was written.
    let mut filling = Filling { allowed: !session.dry_run && !options.skip_bad, refused: false };
    let mut loaded = attempt(session, what, sources, options, &mut filling);
    if filling.refused {
        // Which row it was is found where each is tested as it is written.
        filling = Filling { allowed: false, refused: false };
        loaded = attempt(session, what, sources, options, &mut filling);
    }
    loaded
}

/// Whether a table may be filled before its keys are tested, and whether they turned out to be shared.
struct Filling {
    allowed: bool,
    refused: bool,
}

fn attempt(
    session: &Session,
    what: &str,
    sources: &[Source],
    options: &Options,
    filling: &mut Filling,
) -> Result<Loaded> {
    let mut kept: Option<Faults> = None;
    let result = session.write(|writer| {
        let mut faults = Faults::new(options.rejects.as_deref())?;
        let mut report = Report::new(session.dry_run);
        let outcome = all(session, writer, sources, options, filling, &mut faults, &mut report);
        let failed = !faults.is_empty() && !options.skip_bad;
        let error = failed.then(|| faults.as_error(what));
        kept = Some(faults);
        let (tallies, gone) = outcome?;
        match error {
            Some(error) => Err(error),
            None => Ok((tallies, gone, report)),
        }
    });
    let (mut rejects, mut bad, mut bad_rows) = (None, Vec::new(), 0);
    if let Some(faults) = &mut kept {
        bad = faults.lines();
        bad_rows = faults.rows();
        rejects = faults.keep_rejects()?;
    }
    let (tallies, gone, report) = result?;
    Ok(Loaded { tallies, gone, report, bad, bad_rows, rejects })
}

type Outcome = (Vec<(&'static Entity, Tally)>, Vec<(&'static Entity, Vec<String>)>);

fn all<'s>(
    session: &Session,
    writer: &mut Writer<'s>,
    sources: &[Source],
    options: &Options,
    filling: &mut Filling,
    faults: &mut Faults,
    report: &mut Report,
) -> Result<Outcome> {
    let intake = Intake { platform_words: true, create: options.create.clone(), ..Intake::default() };
    writer.tells_values(session.dry_run);
    let mut load = Load { catalog: session.catalog(), writer, options, intake, filling, faults, report };
    let mut batches: Vec<(Batch<'s>, &Source)> = Vec::new();
    for (place, source) in sources.iter().enumerate() {
        let later = sources.iter().skip(place + 1).flat_map(|later| later.entity.fields);
        let is_needed = later.filter_map(Field::refers_to).any(|noun| noun == source.entity.noun);
        if is_needed && !load.writer.has_any(source.entity)? {
            load.intake.resolver.knows_none_of(source.entity);
        }
        batches.push((load.source(source, !session.quiet)?, source));
    }
    load.writer.reading(None);
    let gone = if load.faults.is_empty() || options.skip_bad { load.what_is_gone(&mut batches)? } else { Vec::new() };
    Ok((batches.into_iter().map(|(batch, _)| (batch.entity, batch.tally)).collect(), gone))
}

/// The batch of the records that hold the batch's, where rows were about those too.
fn holders<'b, 's>(
    writer: &Writer<'_>,
    batch: &Batch<'s>,
    batches: &'b [(Batch<'s>, &Source)],
) -> Option<&'b Batch<'s>> {
    let (_, holder) = writer.catalog().parent(batch.entity)?;
    batches.iter().map(|(known, _)| known).find(|known| known.entity.noun == holder.noun)
}

/// An import on its way.
struct Load<'l, 's> {
    catalog: &'static Catalog,
    writer: &'l mut Writer<'s>,
    options: &'l Options,
    intake: Intake,
    filling: &'l mut Filling,
    faults: &'l mut Faults,
    report: &'l mut Report,
}

impl<'s> Load<'_, 's> {
    /// Puts the rows of one source in.
    fn source(&mut self, source: &Source, shows_progress: bool) -> Result<Batch<'s>> {
        let mut batch = Batch::new(source.entity, source.existing.unwrap_or(self.options.existing), true);
        self.rows(source, &mut batch, shows_progress)?;
        if batch.made_whole(self.writer)? {
            return Ok(batch);
        }
        self.filling.refused = true;
        Err(Error::conflict(format!("two of the {} are the same", batch.entity.labels.1)))
    }

    fn rows(&mut self, source: &Source, batch: &mut Batch<'s>, shows_progress: bool) -> Result<()> {
        let records = (source.open)()?;
        let mut progress = Progress::new(records.name(), source.bytes, shows_progress);
        self.writer.reading(Some(records.name()));
        // A row may make a unit that the next one is given in, if it may make what the inventory begins with.
        let catalog = self.catalog;
        let seeds = batch.entity.fields.iter().filter_map(|field| catalog.target(field)).any(|target| target.seeded);
        self.intake.resolver.forget_numbers();
        let mut rows = Rows::new(Cutter::new(catalog, batch.entity, records), seeds);
        let mut portion = Portion::default();
        while !portion.has_ended {
            portion = rows.next(portion, || self.writer.units().map(|units| (*units).clone()))?;
            progress.at(portion.bytes_read);
            let (mut values, mut bad) = (Vec::new(), Vec::new());
            for row in portion.rows() {
                let wrong = if row.wrong.is_empty() { self.row(&row, &mut values, batch)? } else { row.wrong.to_vec() };
                if !wrong.is_empty() {
                    bad.push((row, wrong));
                }
            }
            bad.sort_by_key(|(row, _)| row.number);
            for (row, wrong) in bad {
                self.faults.add(&row.head.name, row.line, &wrong, &row.head.columns, row.cells())?;
            }
            rows.sort(if batch.waits() { Order::Key } else { Order::File });
        }
        Ok(())
    }

    /// Puts one row in, and tells what is wrong with it. Where the good rows go in without the bad, a bad one leaves
    /// nothing behind.
    fn row<'p>(
        &mut self,
        row: &Row<'p>,
        values: &mut Vec<Option<Lent<'p>>>,
        batch: &mut Batch<'s>,
    ) -> Result<Vec<String>> {
        if self.filling.allowed {
            batch.fill_if_many(self.writer, row.head.brings_others())?;
        }
        let Self { writer, intake, report, .. } = self;
        writer.at_line(row.line);
        let (tally, mark) = (batch.tally, report.mark()?);
        let mut attempt = |writer: &mut Writer<'s>| -> Result<Result<(), Vec<Error>>> {
            let items = match intake.take(writer, batch.entity, row, values)? {
                Ok(items) => items,
                Err(errors) => return Ok(Err(errors)),
            };
            let put = batch.put(writer, intake, values, items, row.line, report)?;
            Ok(put.map(drop).map_err(|error| vec![error]))
        };
        let done = if self.options.skip_bad { writer.whole_or_nothing(attempt)? } else { attempt(writer)? };
        let Err(errors) = done else { return Ok(Vec::new()) };
        if self.options.skip_bad {
            intake.forget_everything();
            batch.tally = tally;
            report.back_to(mark)?;
        }
        Ok(errors.iter().map(Error::in_one_line).collect())
    }

    /// Removes the records that no row was about, where that was asked for; else tells which they are, where the
    /// sources speak for all that a holder has.
    fn what_is_gone(&mut self, batches: &mut [(Batch<'s>, &Source)]) -> Result<Vec<(&'static Entity, Vec<String>)>> {
        let mut gone = Vec::new();
        for place in (0..batches.len()).rev() {
            let Some((batch, source)) = batches.get(place) else { continue };
            let prunes = self.options.prune == Prune::All || source.replaces;
            let holders = if source.within { holders(self.writer, batch, batches) } else { None };
            if source.within && holders.is_none() || !prunes && !source.within {
                continue;
            }
            let unseen = batch.unseen(self.writer, holders)?;
            let Some((batch, _)) = batches.get_mut(place) else { continue };
            if prunes {
                batch.prune(self.writer, &unseen, self.report)?;
            } else {
                let paths = unseen.iter().map(|id| Ok(self.writer.path(batch.entity, *id)?.to_string()));
                gone.push((batch.entity, paths.collect::<Result<Vec<String>>>()?));
            }
        }
        Ok(gone)
    }
}

impl Batch<'_> {
    /// The records that no row was about, of all, or of those which one of `holders` holds.
    fn unseen(&self, writer: &Writer<'_>, holders: Option<&Self>) -> Result<Vec<i64>> {
        let parent = self.entity.parent.unwrap_or_default();
        let mut unseen = Vec::new();
        writer.each(self.entity, |record| {
            let held = holders.is_none_or(|holders| {
                matches!(record.value(self.entity, parent), crate::value::Value::Integer(id) if holders.has_seen(*id))
            });
            if held && !self.has_seen(record.id) {
                unseen.push(record.id);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(unseen)
    }
}
