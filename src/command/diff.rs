//! `inv diff`: differences of the inventory between two moments, by record.

use super::Graft;
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

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "diff",
    about: "Tell how the inventory differs between two moments",
    hidden: false,
    arguments,
    run,
};

fn arguments(command: Command) -> Command {
    let moment = |name: &'static str, help: &'static str| Arg::new(name).long(name).value_name("TIME").help(help);
    command
        .arg(moment(
            "since",
            "From here on: a time, a date, 7d, yesterday, or the number of a change; else the last change",
        ))
        .arg(moment("until", "Up to here; else now"))
        .args(arguments::noun_and_record("Only records of this noun", "Only this record, be it removed by now"))
        .long_about(
            "Tell how the inventory differs between two moments: + what is there now, - what is gone, ~ what changed, \
             and who changed it last. Without --since, what the last change did.",
        )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let entity = option(matches, "noun").map(|noun| session.noun(noun)).transpose()?;
    let lines = matches!(session.style, None | Some(Style::Table));
    let columns = if lines {
        vec![Column::whole("difference")]
    } else {
        let text = |name: &'static str| Column::new(name, ColumnKind::Text);
        let mut columns = vec![text("action"), text("noun"), text("record"), text("field"), text("old"), text("new")];
        columns.extend([text("by"), text("message"), Column::new("change", ColumnKind::Number)]);
        columns
    };
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
            return Err(Error::usage("--since is behind --until").help("exchange the two"));
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
                rows(reader, difference, &mut row, out)?;
            }
            Ok(ControlFlow::Continue(()))
        })
    })
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
    row: &mut Row,
    out: &mut dyn FnMut(&Row) -> Result<()>,
) -> Result<()> {
    let entity = difference.entity;
    let title = reader.title(entity, difference.id)?;
    for (place, old, new, number) in &difference.changed {
        let Some(field) = entity.fields.get(*place) else { continue };
        let change = reader.change(*number)?;
        row.clear();
        for text in [difference.action.word(), entity.noun, title.as_str(), field.name] {
            row.text(text);
        }
        let (old, new) = (reader.shown(field, old)?, reader.shown(field, new)?);
        for text in [old.as_deref(), new.as_deref(), change.by(), change.origin.message.as_deref()] {
            match text {
                Some(text) => row.text(text),
                None => row.null(),
            }
        }
        row.integer(change.id);
        out(row)?;
    }
    Ok(())
}
