//! `inv vm clone`: a VM like another one, with its disks, partitions and systems, but not its addresses.

use super::Graft;
use crate::catalog::{Entity, Kind, OnRemove};
use crate::error::{Error, Result};
use crate::session::Session;
use crate::store::{Change, Writer};
use crate::value::{Cell, shown};
use crate::verb::arguments;
use crate::verb::batch::{Batch, Duplicates, Existing};
use crate::verb::intake::{Draft, Intake, Rejected};
use crate::verb::report::Report;
use clap::{Arg, ArgMatches, Command};
use std::ops::ControlFlow;

pub(super) const GRAFT: Graft = Graft {
    under: Some(NOUN),
    name: "clone",
    about: "Add a VM with the fields, disks and systems of another VM",
    hidden: false,
    arguments,
    run,
};

const NOUN: &str = "vm";

fn arguments(command: Command) -> Command {
    let record = Arg::new("record").value_name("NAME").required(true).help("VM to copy").add(arguments::names_of(NOUN));
    let command = command.arg(record).arg(Arg::new("new").value_name("NEW").required(true).help("Name of the new VM"));
    arguments::writes(command).long_about(
        "Add a VM to the pool of another VM, with the same fields, disks, partitions and systems. Addresses are not \
         copied, because two VMs cannot share an address.",
    )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let entity = session.catalog().of(NOUN);
    let (Some(name), Some(new)) = (arguments::option(matches, "record"), arguments::option(matches, "new")) else {
        return Err(Error::usage("missing arguments: NAME NEW"));
    };
    let (path, report) = session.write(|writer| {
        let id = writer.resolve(entity, name)?;
        let Some(record) = writer.record(entity, id)? else {
            return Err(Error::not_found(format!("no {} with id {id}", entity.labels.0)));
        };
        let mut report = Report::new(session)?;
        let mut intake = Intake::default();
        let mut draft = Draft::empty(entity);
        for ((place, field), value) in entity.fields.iter().enumerate().zip(&record.values) {
            match field.kind {
                Kind::Created | Kind::Updated => {}
                Kind::Name => draft.set(place, intake.cell(writer, field, new)?),
                _ => draft.set(place, value.to_borrowed()),
            }
        }
        let mut batch = Batch::new(entity, Existing::Refuse, Duplicates::Count);
        let copy = batch.put(writer, &mut intake, draft, &mut report).map_err(Rejected::into_error)?;
        parts(writer, entity, id, copy, &mut report)?;
        Ok((writer.path(entity, copy)?, report))
    })?;
    if session.dry_run || session.has_keys() {
        return report.tell(session);
    }
    session.answer_text(&format!("{}\n", shown::shown(&path)))
}

/// Copies what is part of the record `from` to the record `to`, and what is part of that: what would go along if it
/// were removed.
fn parts(writer: &mut Writer<'_>, entity: &'static Entity, from: i64, to: i64, report: &mut Report) -> Result<()> {
    let follows = writer.catalog().back_references(entity).filter(|part| part.on_remove == OnRemove::Follow);
    // What a source knows of the record it does not know of its copy.
    let follows = follows.filter(|part| part.noun.is_none());
    for part in follows.collect::<Vec<_>>() {
        let mut found = Vec::new();
        writer.each_with(part.entity, &[part.field.name], &[&Cell::Integer(from)], |record| {
            found.push(record);
            Ok(ControlFlow::Continue(()))
        })?;
        for record in found {
            let mut values = record.values;
            if let Some(slot) = part.entity.position(part.field.name).and_then(|place| values.get_mut(place)) {
                *slot = Cell::Integer(to);
            }
            let effect = writer.apply(Change::Create { entity: part.entity, values })?;
            report.add(writer, &effect)?;
            parts(writer, part.entity, record.id, effect.id, report)?;
        }
    }
    Ok(())
}
