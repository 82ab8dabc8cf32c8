//! Reading files of rows into the inventory: one noun's file, a folder of them, or what an importer staged.
//!
//! One transaction; every row is checked; if any is wrong nothing goes in, unless the good rows were asked for.

use super::batch::{Batch, Duplicates, Existing, Faulty, Tally};
use super::computed::{self, ComputedTexts};
use super::faults::Faults;
use super::guard::{self, Limits, Removals};
use super::header::ExternalIds;
use super::hints::{self, Pairing};
use super::intake::{Intake, Rejected, RowId};
use super::ledger::{Ledger, SourceRun};
use super::report::Report;
use super::rows::{Rows, Source};
use crate::catalog::source::{SOURCE, SOURCE_RECORD};
use crate::catalog::{Entity, Field};
use crate::error::{Error, Result};
use crate::input::notes::{Note, NoteKind, Notes, Topic, count_of};
use crate::session::Session;
use crate::store::{Completeness, Filled, Writer};
use crate::value::spelling::Notation;
use crate::value::{Cell, shown};
use std::collections::{HashMap, HashSet};
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
    /// External ids that are matched to records.
    pub pairings: Vec<Pairing>,
    pub rejects: Option<PathBuf>,
    pub skip_bad: bool,
    /// The run of a source that the import is, if it is one.
    pub run: Option<SourceRun>,
    pub tolerance: Tolerance,
    /// Notation of the files; `None` if only `inv`'s own is accepted.
    pub notation: Option<Notation>,
    /// Number of the last change of the inventory that a plan was made for.
    pub planned_after: Option<i64>,
}

/// Treatment of cells that cannot be read and of rows that cannot be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tolerance {
    /// They are faults.
    Refuse,
    /// They are left out and reported: an estate is imported without them.
    LeaveOut,
}

static NOT_COMPLETE: Topic = Topic::new(NoteKind::Warning, "no records marked as missing", usize::MAX);
static CELLS: Topic = Topic::new(NoteKind::Cell, "skipped {n} unreadable cell{s}", 20);
static EMPTIED: Topic = Topic::new(NoteKind::Remark, "read {n} cell{s} such as N/A or - as empty", 0);
static ROWS: Topic = Topic::new(NoteKind::Row, "skipped {n} row{s} without a place", 20);

/// Treatment of records that no row described: those of a source, or of a plain file every other record of the noun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prune {
    /// They stay; those of a source are marked as missing.
    Nothing,
    /// They are removed.
    All,
    /// They get the status `retired`, if they have one.
    Retire,
}

/// Result of an import.
pub(crate) struct Loaded {
    pub tallies: Vec<(&'static Entity, Tally)>,
    /// The records that the source made or adopted and that it has no more.
    pub gone: Vec<(&'static Entity, Vec<String>)>,
    /// True if nothing changed but which source decides fields.
    pub has_new_rights: bool,
    /// The failure that the import would end with if it were not a dry run.
    pub refusal: Option<Error>,
    pub notes: Vec<Note>,
    pub report: Report,
    pub bad: Vec<String>,
    pub bad_rows: usize,
    pub rejects: Option<PathBuf>,
    pub meanings: Vec<(String, String)>,
}

impl Loaded {
    /// Returns whether the import changed anything.
    pub(crate) fn has_changes(&self) -> bool {
        self.has_new_rights || self.tallies.iter().any(|(_, tally)| tally.has_changes())
    }
}

/// Number of records that may have moved of which there is a warning each.
const WARNED: usize = 5;
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
                notation: options.notation.clone(),
                spared: (options.tolerance == Tolerance::LeaveOut).then(Vec::new),
                ..Intake::default()
            },
            faults: Faults::new(options.rejects.as_deref())?,
            report: if options.run.is_some() {
                Report::new(session)?.in_words_of_a_plan()
            } else {
                Report::new(session)?
            },
            refused: false,
            refusal: None,
            notes: Notes::default(),
            left_out: 0,
            unused: options.pairings.clone(),
            meanings: Vec::new(),
        };
        let mut outcome = load.all(writer, sources);
        if let Ok(outcome) = &mut outcome {
            load.tell_rights(writer, outcome)?;
        }
        let failed = load.faults.has_columns() || !load.faults.is_empty() && !options.skip_bad;
        let error = failed.then(|| load.faults.as_error(what));
        refused = load.refused;
        found = Some(load.faults);
        let outcome = outcome?;
        match error {
            Some(error) => Err(error),
            None => Ok((outcome, load.refusal, load.notes.into_notes(), load.report, load.meanings)),
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
    let (Outcome { tallies, gone, has_new_rights }, refusal, notes, report, meanings) = result?;
    Ok(Some(Loaded { tallies, gone, has_new_rights, refusal, notes, report, bad, bad_rows, rejects, meanings }))
}

/// Effects of an import.
#[derive(Debug, Default)]
struct Outcome {
    tallies: Vec<(&'static Entity, Tally)>,
    gone: Vec<(&'static Entity, Vec<String>)>,
    has_new_rights: bool,
}

/// An import on its way.
struct Load<'l> {
    session: &'l Session<'l>,
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
    /// Number of rows that could not be placed.
    left_out: usize,
    /// Pairings that no row was about so far.
    unused: Vec<Pairing>,
    meanings: Vec<(String, String)>,
}

impl Load<'_> {
    fn all<'s>(&mut self, writer: &mut Writer<'s>, sources: &[Source]) -> Result<Outcome> {
        let (options, last) = (self.options, writer.last_change()?);
        if options.planned_after.is_some_and(|planned| planned != last) {
            return Err(Error::conflict("the inventory has changed since the plan; nothing was imported")
                .help("write the plan again with --plan=FILE"));
        }
        let run = options.run.as_ref();
        let run = run.map(|run| Ok((run, writer.begin_run(&run.name, run.kind, &run.scope)?))).transpose()?;
        let mut batches: Vec<(Batch<'s>, &Source)> = Vec::new();
        for source in sources {
            let run = run.map(|(_, id)| id).filter(|_| source.external_ids != ExternalIds::None);
            batches.push((self.source(writer, source, run)?, source));
        }
        writer.reading(None);
        if let Some(pairing) = self.unused.first() {
            return Err(pairing.unused());
        }
        if let Some((_, id)) = run {
            self.tell_hints(writer, id, &batches)?;
        }
        let mut outcome = Outcome::default();
        if self.faults.is_empty() || options.skip_bad {
            match run {
                Some((run, id)) => self.end_run(writer, run, id, &mut batches, &mut outcome)?,
                None => self.prune(writer, &mut batches)?,
            }
        }
        for (batch, _) in &batches {
            let more = batch.tally.conflicts - batch.conflicts.len();
            let more = (more > 0).then(|| format!("and {more} more"));
            let sentences = batch.conflicts.iter().map(|sentence| format!("held: {sentence}"));
            sentences.chain(more).for_each(|sentence| self.notes.say(sentence));
        }
        outcome.tallies = batches.into_iter().map(|(batch, _)| (batch.entity, batch.tally)).collect();
        Ok(outcome)
    }

    /// Reports what history has of a run that changed no record: which source decides fields.
    fn tell_rights(&mut self, writer: &mut Writer<'_>, outcome: &mut Outcome) -> Result<()> {
        let Some(change) = writer.change_id() else { return Ok(()) };
        if !self.faults.is_empty() || outcome.tallies.iter().any(|(_, tally)| tally.has_changes()) {
            return Ok(());
        }
        writer.settle_history()?;
        self.report.add_steps(writer, change)?;
        self.notes.say("no record changes, only which source decides fields".to_owned());
        outcome.has_new_rights = true;
        Ok(())
    }

    /// Puts the rows of one source in; `run` is the id of the source whose run it is.
    fn source<'s>(&mut self, writer: &mut Writer<'s>, source: &Source, run: Option<i64>) -> Result<Batch<'s>> {
        let existing = source.existing.unwrap_or(self.options.existing);
        let mut batch = Batch::new(source.entity, existing, Duplicates::Count);
        if let Some(run) = run {
            let paired = self.pair(writer, source, run, &mut batch)?;
            let mut ledger = Ledger::read(writer, run, source.entity)?;
            ledger.adopted = paired;
            batch.ledger = Some(ledger);
        }
        let mut rows = Rows::open(self.session, source)?;
        let mut computed = ComputedTexts::default();
        writer.reading(Some(rows.name()));
        while rows.next(&mut self.faults)? {
            if let Some(notation) = &mut self.intake.notation {
                (notation.is_foreign, notation.counts_days) = (rows.are_foreign(), rows.count_days());
            }
            let can_fill = self.speed == Speed::Fill && rows.computed().is_empty() && rows.key().is_none();
            if can_fill && batch.tally.created >= MANY && is_new(writer, &rows, &batch)? {
                self.fill(writer, &mut rows, &mut batch)?;
                break;
            }
            writer.reading(Some(rows.name()));
            writer.at_line(rows.line());
            if !rows.computed().is_empty() {
                computed.add(rows.line(), rows.computed_texts());
            }
            let put = self.row(writer, &rows, &mut batch);
            self.note_cells(&rows);
            match put {
                Ok(()) => {}
                Err(Rejected::Row(faults)) => self.reject(&rows, &batch, rows.line(), &faults)?,
                Err(Rejected::Command(error)) => return Err(error),
            }
        }
        self.notes.join(rows.take_notes());
        self.meanings.extend(rows.take_meanings());
        self.notes.count(&EMPTIED, std::mem::take(&mut self.intake.emptied));
        let faulty = batch.put_deferred(writer, &mut self.intake, &mut self.report)?;
        self.reject_deferred(source, &batch, faulty)?;
        computed.compare(writer, &batch, rows.computed(), &mut self.notes)?;
        self.intake.keys.add(batch.entity, rows.take_keys(), batch.records());
        self.warn_of_moves(writer, rows.name(), &batch)?;
        Ok(batch)
    }

    /// Adopts the records that the command line matches to rows of a source. Returns their ids.
    fn pair(
        &mut self,
        writer: &mut Writer<'_>,
        source: &Source,
        run: i64,
        batch: &mut Batch<'_>,
    ) -> Result<HashSet<i64>> {
        let mut paired = HashSet::new();
        for pairing in hints::pairings_in(source, &self.options.pairings)? {
            let (id, is_new) = hints::bind(writer, run, source.entity, pairing)?;
            if is_new {
                batch.tally.adopted += 1;
                self.report.add_word(writer, "adopt", source.entity, id)?;
                paired.insert(id);
            }
            self.unused.retain(|unused| unused != pairing);
        }
        Ok(paired)
    }

    /// Tells which new records may be others that the source does not know.
    fn tell_hints(&mut self, writer: &Writer<'_>, run: i64, batches: &[(Batch<'_>, &Source)]) -> Result<()> {
        let batches: Vec<&Batch<'_>> = batches.iter().map(|(batch, _)| batch).collect();
        for hint in hints::hints(writer, run, &batches)? {
            let (own, other) = (writer.title(hint.entity, hint.id)?, writer.title(hint.entity, hint.other)?);
            self.report.add_hint((hint.entity, hint.id), &own, &hint.external_id, &other)?;
            let option = format!("--match {}", shown::quoted(&format!("{}={other}", hint.external_id)));
            let way_out = if self.session.dry_run { "pass" } else { "undo this import, and pass" };
            self.notes.say(format!(
                "{} {own}: possibly the same as {}; if so, {way_out} {option}",
                hint.entity.labels.0,
                shown::quoted(&other)
            ));
        }
        Ok(())
    }

    /// Warns of new records that may be others that have moved.
    fn warn_of_moves(&mut self, writer: &Writer<'_>, file: &str, batch: &Batch<'_>) -> Result<()> {
        let sentences = batch.perhaps_moved(writer)?;
        for (line, sentence) in sentences.iter().take(WARNED) {
            self.notes.warn(format!("warning: {file}:{line}: {sentence}"));
        }
        if sentences.len() > WARNED {
            self.notes.warn(format!("warning: and {} more", sentences.len() - WARNED));
        }
        if !sentences.is_empty() {
            batch.way_to_move(writer).into_iter().for_each(|help| self.notes.warn(format!("help: {help}")));
        }
        Ok(())
    }

    /// Reports what is wrong with rows that had to wait. They are read again, because rejected rows are kept as they are.
    fn reject_deferred(&mut self, source: &Source, batch: &Batch<'_>, faulty: Faulty) -> Result<()> {
        if faulty.is_empty() {
            return Ok(());
        }
        let mut faulty: HashMap<u64, Vec<Error>> = faulty.into_iter().collect();
        let (mut rows, mut ignored) = (Rows::open(self.session, source)?, Faults::new(None)?);
        while rows.next(&mut ignored)? {
            if let Some(errors) = faulty.remove(&rows.line()) {
                self.reject(&rows, batch, rows.line(), &errors)?;
            }
        }
        Ok(())
    }

    /// Reports the cells of the row that was read last that were left alone.
    fn note_cells(&mut self, rows: &Rows) {
        for sentence in self.intake.other_bytes.drain(..) {
            self.notes.add(&computed::OTHER, format!("{}:{}: {sentence}", rows.name(), rows.line()));
        }
        for fault in self.intake.spared.iter_mut().flat_map(std::mem::take) {
            self.notes.add(&CELLS, format!("{}:{}: {}", rows.name(), rows.line(), fault.in_one_line()));
        }
    }

    /// Reports what is wrong with a row: a fault, or a row that is left out. That a record exists is never the file's
    /// fault alone, so it is always one.
    fn reject(&mut self, rows: &Rows, batch: &Batch<'_>, line: u64, errors: &[Error]) -> Result<()> {
        let exists = batch.existing == Existing::Refuse && errors.iter().any(|error| error.kind().is_conflict());
        if self.options.tolerance == Tolerance::Refuse || exists {
            return rows.reject(&mut self.faults, line, errors);
        }
        self.left_out += 1;
        let fault = rows.leave_out(&mut self.faults, line, errors)?;
        self.notes.add(&ROWS, fault);
        Ok(())
    }

    /// Puts the row that was read last in. Where the good rows go in without the bad, a bad one leaves nothing behind.
    fn row<'s>(
        &mut self,
        writer: &mut Writer<'s>,
        rows: &Rows,
        batch: &mut Batch<'s>,
    ) -> std::result::Result<(), Rejected> {
        let Self { intake, report, .. } = self;
        let (tally, mark) = (batch.tally, if self.options.skip_bad { report.mark()? } else { 0 });
        let mut put = |writer: &mut Writer<'s>| {
            let draft = rows.draft(intake, writer)?;
            let draft = if rows.key().is_some() { batch.named_in_order(draft) } else { draft };
            match batch.ledger {
                Some(_) => batch.put_sourced(writer, intake, draft, report),
                None if draft.id != RowId::Absent => batch.put_identified(writer, intake, draft, report),
                None => batch.put(writer, intake, draft, report).map(drop),
            }
        };
        if !self.options.skip_bad {
            return put(writer);
        }
        let done = writer.whole_or_nothing(put);
        if done.is_err() {
            intake.forget_everything();
            batch.take_back(tally);
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
            let bindings = batch.ledger.as_ref().map(|_| &SOURCE_RECORD);
            let mut filling = writer.fill(rows.nouns().into_iter().chain(bindings), batch.tally.created)?;
            let most = if filling.rebuilds() { usize::MAX } else { count };
            while has_row && !filling.is_refused() && batch.tally.created < most {
                filling.at_line(rows.line());
                let draft = rows.draft(&mut self.intake, &mut filling);
                let put =
                    draft.and_then(|draft| batch.put_new(&mut filling, &mut self.intake, draft, &mut self.report));
                self.note_cells(rows);
                match put {
                    Ok(()) => {}
                    Err(Rejected::Row(faults)) => self.reject(rows, batch, rows.line(), &faults)?,
                    Err(Rejected::Command(error)) => return Err(error),
                }
                has_row = rows.next(&mut self.faults)?;
            }
            let end = filling.finish()?;
            if end == Filled::Refused {
                self.refused = true;
                return Err(Error::conflict(format!("two of the {} are identical", batch.entity.labels.1)));
            }
            batch.filled(end);
        }
        for entity in rows.nouns() {
            self.intake.resolver.forget(entity);
        }
        Ok(())
    }

    /// Removes the records that no row was about, where that was asked for.
    fn prune<'s>(&mut self, writer: &mut Writer<'s>, batches: &mut [(Batch<'s>, &Source)]) -> Result<()> {
        let (mut unseen_of, mut removals) = (Vec::new(), Vec::new());
        for (place, (batch, source)) in batches.iter().enumerate().rev() {
            if self.options.prune != Prune::All && !source.replaces {
                continue;
            }
            let unseen = batch.unseen(writer)?;
            if !source.replaces {
                let Tally { changed, unchanged, skipped, .. } = batch.tally;
                let (entity, removed) = (batch.entity, unseen.len());
                removals.push(Removals { entity, removed, scope: removed + changed + unchanged + skipped });
            }
            unseen_of.push((place, unseen));
        }
        self.check(&removals, None)?;
        for (place, unseen) in unseen_of {
            if let Some((batch, _)) = batches.get_mut(place) {
                batch.prune(writer, &unseen, &mut self.report)?;
            }
        }
        Ok(())
    }

    /// Refuses too many removals; a dry run goes on, and ends with the refusal.
    fn check(&mut self, removals: &[Removals], guard: Option<&str>) -> Result<()> {
        match guard::check(removals, Limits { guard, allowed: self.options.allowed_removals }) {
            Err(refusal) if self.session.dry_run => self.refusal = Some(refusal),
            checked => checked?,
        }
        Ok(())
    }

    /// Finds what the source has no more, if its run was complete, and marks, removes or retires it.
    fn end_run<'s>(
        &mut self,
        writer: &mut Writer<'s>,
        run: &SourceRun,
        source: i64,
        batches: &mut [(Batch<'s>, &Source)],
        outcome: &mut Outcome,
    ) -> Result<()> {
        let left_out = self.left_out + self.faults.rows();
        let left_out = (left_out > 0).then(|| format!("{} could not be placed", count_of(left_out, "row")));
        let has_rows = batches.iter().any(|(batch, _)| batch.ledger.as_ref().is_some_and(Ledger::has_rows));
        let empty = (!has_rows).then(|| "the file has no rows".to_owned());
        if let Some(reason) = run.incomplete.clone().or(left_out).or(empty) {
            if self.options.existing == Existing::Update {
                self.notes.add(&NOT_COMPLETE, reason);
            }
            return writer.end_run(source, Completeness::Partial);
        }
        let mut gone: HashMap<&'static str, HashSet<i64>> = HashMap::new();
        let mut lacking = Vec::with_capacity(batches.len());
        for (batch, _) in batches.iter() {
            let holder = writer.catalog().parent(batch.entity).and_then(|(_, holder)| gone.get(holder.noun));
            let places = batch.lacking(writer, holder.unwrap_or(&HashSet::new()))?;
            gone.insert(batch.entity.noun, batch.records_of(&places).into_iter().collect());
            lacking.push(places);
        }
        let removals = batches.iter().zip(&lacking).filter_map(|((batch, _), places)| {
            let scope = batch.ledger.as_ref()?.bindings.len();
            Some(Removals { entity: batch.entity, removed: places.len(), scope })
        });
        let removals: Vec<Removals> = removals.collect();
        let own = writer.record(&SOURCE, source)?;
        let guard = own.as_ref().and_then(|own| match own.value(&SOURCE, "guard") {
            Cell::Text(guard) => Some(&**guard),
            _ => None,
        });
        if self.options.prune != Prune::Nothing {
            self.check(&removals, guard)?;
        } else if let Some(doubt) = guard::doubt(&removals, Limits { guard, allowed: self.options.allowed_removals }) {
            self.notes.add(&NOT_COMPLETE, doubt);
            return writer.end_run(source, Completeness::Partial);
        }
        for ((batch, _), places) in batches.iter_mut().zip(&lacking).rev().filter(|(_, places)| !places.is_empty()) {
            let records = batch.records_of(places);
            let paths = records.iter().map(|id| Ok(writer.path(batch.entity, *id)?.to_string()));
            let paths = paths.collect::<Result<Vec<String>>>()?;
            if self.options.prune == Prune::All {
                for sentence in batch.remove_lacking(writer, places, &mut self.report)? {
                    self.notes.say(sentence);
                }
                continue;
            }
            batch.mark_missing(writer, places, &mut self.report)?;
            if self.options.prune == Prune::Retire {
                batch.retire(writer, &records, &mut self.report)?;
            }
            outcome.gone.push((batch.entity, paths));
        }
        writer.end_run(source, Completeness::Complete)
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
    if entity.operates || rows.has_ids() || nouns.iter().any(needs) {
        return Ok(false);
    }
    // A record that exists is to be found, unless it is a conflict in any case.
    let count = usize::try_from(writer.count(entity)?).unwrap_or(usize::MAX);
    // A part that others have too may be a hint that what it is a part of is there already.
    let hints = batch.ledger.is_some() && !entity.soft_keys.is_empty();
    Ok((batch.existing == Existing::Refuse && !hints) || count <= batch.tally.created)
}

impl Batch<'_> {
    /// The records that no row was about.
    fn unseen(&self, writer: &Writer<'_>) -> Result<Vec<i64>> {
        let mut unseen = Vec::new();
        writer.each(self.entity, |record| {
            if !self.has_seen(record.id) {
                unseen.push(record.id);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(unseen)
    }
}
