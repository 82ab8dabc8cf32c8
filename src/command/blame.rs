//! `inv blame`: the change that set each field of a record, with its user, time and message.

use super::Graft;
use crate::catalog::Kind;
use crate::error::{Error, Result};
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::{Answer, Session};
use crate::value::Value;
use crate::verb::arguments::{self, option};
use crate::verb::log;
use clap::{ArgMatches, Command};

pub(super) const GRAFT: Graft =
    Graft { under: None, name: "blame", about: "Show the change that set each field", hidden: false, arguments, run };

fn arguments(command: Command) -> Command {
    let both = arguments::noun_and_record("Noun: vm, pool, …", "Name of the record");
    command.args(both.map(|argument| argument.required(true)))
}

pub(super) fn columns() -> [Column; 8] {
    [
        Column::whole("field"),
        Column::new("value", ColumnKind::Text),
        Column::whole("by"),
        Column::new("time", ColumnKind::Time),
        Column::new("change", ColumnKind::Number),
        Column::prose("message"),
        Column::path("file"),
        Column::whole("source"),
    ]
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let (Some(noun), Some(name)) = (option(matches, "noun"), option(matches, "record")) else {
        return Err(Error::usage("missing arguments: NOUN NAME"));
    };
    let entity = session.noun(noun)?;
    session.answer_reading(Answer::default(), &columns(), |reader, out| {
        let id = reader.resolve(entity, name)?;
        let mut row = Row::default();
        for blame in reader.blame(entity, id)? {
            if blame.value == Value::Null || matches!(blame.field.kind, Kind::Created | Kind::Updated) {
                continue;
            }
            row.clear();
            row.text(blame.field.name);
            row.text(&reader.shown(blame.field, &blame.value)?.unwrap_or_default());
            // The change may be older than the history or purged.
            let change = reader.change(blame.change).ok();
            let text = |row: &mut Row, text: Option<&str>| match text {
                Some(text) => row.text(text),
                None => row.null(),
            };
            text(&mut row, change.as_ref().and_then(|change| change.by()));
            if let Some(change) = &change {
                row.time(&change.at);
                row.integer(change.id);
            } else {
                row.null();
                row.null();
            }
            text(&mut row, change.as_ref().and_then(|change| change.origin.message.as_deref()));
            text(&mut row, log::file_of(blame.source.as_ref()).as_deref());
            let source = change.as_ref().map(|change| reader.source_of(change)).transpose()?.flatten();
            text(&mut row, source.as_deref());
            out(&row)?;
        }
        Ok(())
    })
}
