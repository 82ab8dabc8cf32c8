//! `inv NOUN log`: changes of a record and its parts, the latest first; also the columns of every log.

use super::arguments::{self, option};
use crate::catalog::{Catalog, Entity, Kind};
use crate::error::{Error, Result};
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::{Answer, Session};
use crate::store::{Action, Log, Logged, Reader, Step};
use crate::value::{Value, shown, time};
use clap::{Arg, ArgMatches, Command};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

pub(crate) fn arguments(_: &Catalog, entity: &'static Entity, command: Command) -> Command {
    let record = Arg::new("record")
        .value_name("NAME")
        .required(true)
        .help("Name, end of the path, whole path or id=N; last name of a removed record")
        .add(arguments::names_of(entity.noun));
    command.arg(record).args(filters())
}

pub(crate) fn run(session: &Session, entity: &'static Entity, matches: &ArgMatches) -> Result<()> {
    answer(session, Some((entity, option(matches, "record"))), matches)
}

/// Options that select changes.
pub(crate) fn filters() -> Vec<Arg> {
    vec![
        Arg::new("since")
            .long("since")
            .value_name("TIME")
            .help("List only changes since a time, date, 7d or yesterday"),
        Arg::new("until").long("until").value_name("TIME").help("List only changes until a time"),
        Arg::new("by").long("by").value_name("USER").help("List only changes by this user"),
        Arg::new("limit").long("limit").value_name("N").help("Print only the latest N changes"),
    ]
}

/// Returns the columns of a log.
pub(crate) fn columns() -> [Column; 9] {
    [
        Column::new("change", ColumnKind::Number),
        Column::new("time", ColumnKind::Time),
        Column::whole("by"),
        Column::prose("what"),
        Column::prose("message"),
        Column::prose("command"),
        Column::new("undoes", ColumnKind::Number),
        Column::whole("source"),
        Column::path("file"),
    ]
}

/// Answers with the changes of all records, of a noun, or of a record.
pub(crate) fn answer(
    session: &Session,
    of: Option<(&'static Entity, Option<&str>)>,
    matches: &ArgMatches,
) -> Result<()> {
    let log = selection(matches)?;
    session.answer_reading(Answer::default(), &columns(), |reader, out| {
        let mut row = Row::default();
        let files = reader.files_of_changes()?;
        let mut write_change = |change: &Logged, own: Option<&OwnSteps>| {
            row.clear();
            row.integer(change.id);
            row.time(&change.at);
            text(&mut row, change.by());
            match own {
                Some(own) => row.text(&own.words),
                None => row.text(&what(reader, change)?),
            }
            text(&mut row, change.origin.message.as_deref());
            row.text(&change.origin.command);
            match change.undoes {
                Some(undoes) => row.integer(undoes),
                None => row.null(),
            }
            text(&mut row, reader.source_of(change)?.as_deref());
            match own {
                Some(own) => text(&mut row, own.file.as_deref()),
                None => text(&mut row, files.get(&change.id).map(|files| files.join(", ")).as_deref()),
            }
            out(&row).map(|()| ControlFlow::Continue(()))
        };
        match of {
            None => reader.changes(&log, |change| write_change(change, None)),
            Some((entity, None)) => reader.changes_of(entity, &log, |change| write_change(change, None)),
            Some((entity, Some(name))) => {
                let id = reader.resolve_ever(entity, name)?;
                let own = own_steps(reader, entity, id)?;
                let changes = reader.changes_about(entity, id)?;
                reader.changes_among(&changes, &log, |change| write_change(change, own.get(&change.id)))
            }
        }
    })
}

fn text(row: &mut Row, text: Option<&str>) {
    match text {
        Some(text) => row.text(text),
        None => row.null(),
    }
}

/// Returns the selection of changes from the command line.
fn selection(matches: &ArgMatches) -> Result<Log> {
    let moment = |name| option(matches, name).map(|text| time::moment(text, &time::now())).transpose();
    let limit = option(matches, "limit").map(|text| {
        text.parse().map_err(|_| Error::usage(format!("--limit must be a whole number, not {}", shown::quoted(text))))
    });
    Ok(Log {
        since: moment("since")?,
        until: moment("until")?,
        by: option(matches, "by").map(str::to_owned),
        limit: limit.transpose()?,
    })
}

/// Returns the effect of a change in counts: `+1 vm, ~2 disks`.
pub(crate) fn what(reader: &Reader<'_>, change: &Logged) -> Result<String> {
    if let Some((last, _)) = &change.purged {
        return Ok(format!("purged history up to change {last}"));
    }
    let tally = reader.tally(change.id)?;
    let counts = tally.into_iter().map(|(action, entity, count)| {
        format!("{}{}", sign(action), entity.counted(usize::try_from(count).unwrap_or(usize::MAX)))
    });
    Ok(counts.collect::<Vec<String>>().join(", "))
}

/// Returns the sign of an action: `+`, `~`, `-`.
pub(crate) const fn sign(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Update => "~",
        Action::Remove => "-",
        Action::Nothing => "",
    }
}

/// Effect of a change on one record.
struct OwnSteps {
    words: String,
    /// The file that it came from, with the line.
    file: Option<String>,
}

/// Returns the effect of each change on the record itself, by change.
fn own_steps(reader: &Reader<'_>, entity: &'static Entity, id: i64) -> Result<BTreeMap<i64, OwnSteps>> {
    let mut own: BTreeMap<i64, (Vec<String>, Option<String>)> = BTreeMap::new();
    for step in in_one(reader.story(entity, id)?) {
        let (words, file) = own.entry(step.change).or_default();
        words.extend(in_words(reader, entity, &step)?);
        *file = file_of(step.source.as_ref()).or(file.take());
    }
    Ok(own.into_iter().map(|(change, (words, file))| (change, OwnSteps { words: words.join(", "), file })).collect())
}

/// Returns the steps with updates of one change as one: a name in between is nobody's business.
fn in_one(steps: Vec<Step>) -> Vec<Step> {
    let mut whole: Vec<Step> = Vec::new();
    for step in steps {
        match whole.last_mut() {
            Some(last) if last.continues_with(&step) => last.after = step.after,
            _ => whole.push(step),
        }
    }
    whole
}

/// Returns a file and a line as `FILE:LINE`.
pub(crate) fn file_of(source: Option<&(String, Option<i64>)>) -> Option<String> {
    source.map(|(file, line)| line.map_or_else(|| file.clone(), |line| format!("{file}:{line}")))
}

fn in_words(reader: &Reader<'_>, entity: &'static Entity, step: &Step) -> Result<Vec<String>> {
    Ok(match step.action {
        Action::Create => vec![format!("+{}", entity.labels.0)],
        Action::Remove => vec![format!("-{}", entity.labels.0)],
        Action::Nothing => Vec::new(),
        Action::Update => {
            let mut words = Vec::new();
            for (place, old, new) in step.changed() {
                if let Some(field) = entity.fields.get(place).filter(|field| field.kind != Kind::Updated) {
                    words.push(arrow(reader, field, &old, &new)?);
                }
            }
            words
        }
    })
}

/// Returns the old and new value of a field: `memory 16 GiB → 32 GiB`.
pub(crate) fn arrow(reader: &Reader<'_>, field: &crate::catalog::Field, old: &Value, new: &Value) -> Result<String> {
    let value_text = |value| Ok(reader.shown(field, value)?.unwrap_or_else(|| "none".to_owned()));
    if field.kind == Kind::Secret {
        return Ok(format!("{} changed", field.name));
    }
    Ok(format!("{} {} → {}", field.name, value_text(old)?, value_text(new)?))
}
