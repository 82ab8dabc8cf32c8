//! Reading files of rows into the inventory: one noun's file, a folder of them, or what an importer staged.
//!
//! One transaction; every row is checked; if any is wrong nothing goes in, unless the good rows were asked for.

use super::batch::{Batch, Existing, Tally};
use super::faults::{self, Faults};
use super::intake::{self, Intake, Target};
use super::progress::Progress;
use super::report::Report;
use crate::catalog::Entity;
use crate::error::{Error, Result};
use crate::input::{Record, Records, Step};
use crate::session::Session;
use crate::store::Writer;
use crate::value::{shown, similar};
use std::collections::HashMap;
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

fn all(
    session: &Session,
    writer: &mut Writer<'_>,
    sources: &[Source],
    options: &Options,
    filling: &mut Filling,
    faults: &mut Faults,
    report: &mut Report,
) -> Result<Outcome> {
    let intake = Intake { platform_words: true, create: options.create.clone(), ..Intake::default() };
    let mut load = Load { writer, options, intake, filling, faults, report };
    let mut batches: Vec<(Batch, &Source)> = Vec::new();
    for source in sources {
        batches.push((load.source(source, !session.quiet)?, source));
    }
    load.writer.reading(None);
    let gone = if load.faults.is_empty() || options.skip_bad { load.what_is_gone(&mut batches)? } else { Vec::new() };
    Ok((batches.into_iter().map(|(batch, _)| (batch.entity, batch.tally)).collect(), gone))
}

/// The batch of the records that hold the batch's, where rows were about those too.
fn holders<'b>(writer: &Writer<'_>, batch: &Batch, batches: &'b [(Batch, &Source)]) -> Option<&'b Batch> {
    let (_, holder) = writer.catalog().parent(batch.entity)?;
    batches.iter().map(|(known, _)| known).find(|known| known.entity.noun == holder.noun)
}

/// An import on its way.
struct Load<'l, 's> {
    writer: &'l mut Writer<'s>,
    options: &'l Options,
    intake: Intake,
    filling: &'l mut Filling,
    faults: &'l mut Faults,
    report: &'l mut Report,
}

impl Load<'_, '_> {
    /// Puts the rows of one source in.
    fn source(&mut self, source: &Source, shows_progress: bool) -> Result<Batch> {
        let mut batch = Batch::new(source.entity, source.existing.unwrap_or(self.options.existing), true);
        self.rows(source, &mut batch, shows_progress)?;
        if batch.made_whole(self.writer)? {
            return Ok(batch);
        }
        self.filling.refused = true;
        Err(Error::conflict(format!("two of the {} are the same", batch.entity.labels.1)))
    }

    fn rows(&mut self, source: &Source, batch: &mut Batch, shows_progress: bool) -> Result<()> {
        let mut records = (source.open)()?;
        let mut progress = Progress::new(records.name(), source.bytes, shows_progress);
        self.writer.reading(Some(records.name()));
        let mut header = Header::new(batch.entity);
        let mut record = Record::default();
        loop {
            // What is wrong with the header is wrong with every row, and told once. JSON learns its columns as it goes.
            if let Err(wrong) = header.learn(self.writer, records.columns()) {
                self.faults.add(
                    records.name(),
                    records.header_line(),
                    &wrong,
                    records.columns(),
                    std::iter::empty(),
                )?;
                return Ok(());
            }
            let step = records.read(&mut record);
            progress.at(records.bytes_read());
            match step {
                Step::Last => return Ok(()),
                Step::Fault(fault) => {
                    self.faults.add(records.name(), fault.line, &[fault.text], records.columns(), record.cells())?;
                    if fault.fatal {
                        return Ok(());
                    }
                }
                Step::Record => {
                    if let Err(wrong) = header.learn(self.writer, records.columns()) {
                        self.faults.add(records.name(), record.line, &wrong, records.columns(), record.cells())?;
                        return Ok(());
                    }
                    if self.filling.allowed && !header.brings_others() {
                        batch.fill_if_many(self.writer)?;
                    }
                    let wrong = self.row(&record, &header, batch)?;
                    if !wrong.is_empty() {
                        self.faults.add(records.name(), record.line, &wrong, records.columns(), record.cells())?;
                    }
                }
            }
        }
    }

    /// Puts one row in, and tells what is wrong with it. Where the good rows go in without the bad, a bad one leaves
    /// nothing behind.
    fn row(&mut self, record: &Record, header: &Header, batch: &mut Batch) -> Result<Vec<String>> {
        let given: Vec<(Target, Option<&str>)> =
            record.cells().filter_map(|(column, text)| Some((*header.targets.get(column)?, text))).collect();
        let Self { writer, intake, report, .. } = self;
        writer.at_line(record.line);
        let (tally, mark) = (batch.tally, report.mark()?);
        let attempt = |writer: &mut Writer<'_>| -> Result<Result<(), Vec<Error>>> {
            let draft = match intake.read(writer, batch.entity, &given)? {
                Ok(draft) => draft,
                Err(errors) => return Ok(Err(errors)),
            };
            let put = batch.put(writer, intake, draft, record.line, report)?;
            Ok(put.map(drop).map_err(|error| vec![error]))
        };
        let done = if self.options.skip_bad {
            writer.whole_or_nothing(attempt)?
        } else {
            let mut attempt = attempt;
            attempt(writer)?
        };
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
    fn what_is_gone(&mut self, batches: &mut [(Batch, &Source)]) -> Result<Vec<(&'static Entity, Vec<String>)>> {
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

/// The columns of a file, and what each is for.
struct Header {
    entity: &'static Entity,
    targets: Vec<Target>,
}

impl Header {
    const fn new(entity: &'static Entity) -> Self {
        Self { entity, targets: Vec::new() }
    }

    /// Whether rows may bring records of other nouns along.
    fn brings_others(&self) -> bool {
        self.targets.iter().any(|target| matches!(target, Target::Collection(_)))
    }

    /// Takes in columns that are not known yet.
    fn learn(&mut self, writer: &Writer<'_>, columns: &[String]) -> Result<(), Vec<String>> {
        if self.targets.len() == columns.len() {
            return Ok(());
        }
        let first = self.targets.is_empty();
        let mut wrong = Vec::new();
        for column in columns.iter().skip(self.targets.len()) {
            match intake::target(writer.catalog(), self.entity, column) {
                Some(target) => self.targets.push(target),
                None if column == faults::COLUMN => self.targets.push(Target::Derived),
                None => wrong.push(unknown(self.entity, column)),
            }
        }
        let mut known: HashMap<String, &String> = HashMap::new();
        for (target, column) in self.targets.iter().zip(columns) {
            if matches!(target, Target::Derived) {
                continue;
            }
            if let Some(other) = known.insert(format!("{target:?}"), column) {
                wrong.push(format!("the columns {} and {} mean the same", shown::quoted(other), shown::quoted(column)));
            }
        }
        let names = self.entity.names.iter().filter_map(|name| self.entity.position(name));
        let mut names =
            names.map(|name| self.targets.iter().any(|t| matches!(t, Target::Field(place) if *place == name)));
        if first && wrong.is_empty() && self.entity.numbered.is_none() && !names.any(|named| named) {
            wrong.push(format!("the column {} is missing", self.entity.names.join(" or ")));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

/// The columns that a file of `entity` may have.
pub(crate) fn columns(entity: &Entity) -> Vec<&'static str> {
    let secret = crate::catalog::Kind::Secret;
    let fields = entity.fields.iter().filter(|field| field.kind != secret).map(|field| field.name);
    fields.chain(entity.collections.iter().map(|collection| collection.name)).collect()
}

fn unknown(entity: &Entity, column: &str) -> String {
    let columns = columns(entity);
    if entity.computed(column).is_some() || matches!(column, "id" | "path") {
        return format!("{} is computed and cannot be imported (leave the column out)", shown::quoted(column));
    }
    let near = similar::nearest(column, columns.iter().copied(), 3);
    let help = similar::did_you_mean(&near).unwrap_or_else(|| format!("the columns are {}", columns.join(", ")));
    format!("{} is no column of {} ({help})", shown::quoted(column), entity.labels.1)
}

impl Batch {
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
