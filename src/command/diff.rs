//! `inv diff`: differences of the inventory between two moments, by record.

use super::Graft;
use super::log::identified_rows;
use crate::catalog::Kind;
use crate::error::{Error, Result};
use crate::output::Style;
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::{Answer, Session};
use crate::store::{Action, Difference, Moment, Reader};
use crate::verb::arguments::{self, option};
use crate::verb::log::{arrow, sign};
use clap::{Arg, ArgMatches, Command};
use std::ops::ControlFlow;

pub(super) const GRAFT: Graft =
    Graft { under: None, name: "diff", about: "Compare the inventory at two times", hidden: false, arguments, run };

fn arguments(command: Command) -> Command {
    let moment = |name: &'static str, help: &'static str| Arg::new(name).long(name).value_name("TIME").help(help);
    command
        .arg(moment(
            "since",
            "Compare from this time: a time, date, 7d, yesterday or change number (default: the last change)",
        ))
        .arg(moment("until", "Compare up to this time (default: now)"))
        .args(arguments::noun_and_record(
            "Compare only records of this noun",
            "Compare only this record, even if removed",
        ))
        .long_about(
            "Compare the inventory at two times: + created, - removed, ~ changed, with the user of the last change. \
             Without --since, show what the last change did.",
        )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let entity = option(matches, "noun").map(|noun| session.noun(noun)).transpose()?;
    let lines = matches!(session.style, None | Some(Style::Table));
    let columns = if lines { vec![Column::whole("difference")] } else { row_columns(session.has_keys()) };
    let options = Answer { headers: !lines, ..Answer::default() };
    session.answer_reading(options, &columns, |reader, out| {
        let until = match option(matches, "until") {
            Some(text) => Moment::parse(text)?,
            None => Moment::Change(reader.last_change()?),
        };
        let since = match option(matches, "since") {
            Some(text) => Moment::parse(text)?,
            None => Moment::Change((reader.change_at(&until)? - 1).max(0)),
        };
        if reader.change_at(&since)? > reader.change_at(&until)? {
            return Err(Error::usage("--since is after --until").help("swap the two times"));
        }
        let of = match (entity, option(matches, "record")) {
            (Some(entity), Some(name)) => Some((entity, Some(reader.resolve_ever(entity, name)?))),
            (entity, _) => entity.map(|entity| (entity, None)),
        };
        let mut row = Row::default();
        reader.differences(&since, &until, of, |difference| {
            if lines {
                row.clear();
                row.text(&line(reader, difference)?);
                out(&row)?;
            } else {
                rows(reader, difference, session.has_keys(), &mut row, out)?;
            }
            Ok(ControlFlow::Continue(()))
        })
    })
}

/// Returns the columns of rows, in which JSON identifies records.
pub(super) fn row_columns(has_keys: bool) -> Vec<Column> {
    let text = |name: &'static str| Column::new(name, ColumnKind::Text);
    let columns = ["action", "noun", "record", "field", "old", "new", "by", "message"].map(text).into_iter();
    let columns = columns.chain([Column::new("change", ColumnKind::Number)]);
    if has_keys { identified_rows(columns) } else { columns.collect() }
}

/// Returns the line of a difference: `~ vm AWS/tokyo/prod/web01 memory 16 GiB → 32 GiB (alice, CHG-4411)`.
fn line(reader: &Reader<'_>, difference: &Difference) -> Result<String> {
    let entity = difference.entity;
    let mut line = format!("{} {} {}", sign(difference.action), entity.noun, reader.title(entity, difference.id)?);
    let who = |number: i64| -> Result<String> {
        let change = reader.change(number)?;
        let parts: Vec<&str> = change.by().into_iter().chain(change.origin.message.as_deref()).collect();
        Ok(if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) })
    };
    if difference.action != Action::Update {
        return Ok(line + &who(difference.last)?);
    }
    let mut fields = Vec::new();
    for (place, old, new, number) in &difference.changed {
        if let Some(field) = entity.fields.get(*place).filter(|field| field.kind != Kind::Updated) {
            fields.push(arrow(reader, field, old, new)? + &who(*number)?);
        }
    }
    line.push(' ');
    Ok(line + &fields.join(", "))
}

/// Writes one row for each changed field.
fn rows(
    reader: &Reader<'_>,
    difference: &Difference,
    has_keys: bool,
    row: &mut Row,
    out: &mut dyn FnMut(&Row) -> Result<()>,
) -> Result<()> {
    let entity = difference.entity;
    let title = reader.title(entity, difference.id)?;
    for (place, old, new, number) in &difference.changed {
        let Some(field) = entity.fields.get(*place) else { continue };
        let change = reader.change(*number)?;
        row.clear();
        row.texts([Some(difference.action.word()), Some(entity.noun)]);
        if has_keys {
            row.integer(difference.id);
        }
        row.texts([Some(title.as_str()), Some(field.name)]);
        let (old, new) = (reader.shown(field, old)?, reader.shown(field, new)?);
        row.texts([old.as_deref(), new.as_deref(), change.by(), change.origin.message.as_deref()]);
        row.integer(change.id);
        out(row)?;
    }
    Ok(())
}
