//! `inv vm clone`: a VM like another one, with its disks, partitions and systems, but not its addresses.

use super::Graft;
use crate::catalog::{Field, Kind};
use crate::error::{Error, Result};
use crate::session::Session;
use crate::store::{Change, Writer};
use crate::value::{Value, shown};
use crate::verb::arguments;
use crate::verb::batch::{Batch, Existing};
use crate::verb::intake::{Draft, Intake};
use crate::verb::report::Report;
use clap::{Arg, ArgMatches, Command};
use std::ops::ControlFlow;

pub(super) const GRAFT: Graft = Graft {
    under: Some(NOUN),
    name: "clone",
    about: "Add a VM like another one, its disks and systems included",
    hidden: false,
    arguments,
    run,
};

const NOUN: &str = "vm";
/// What comes along: a noun, and the field by which its records hang from the one that is cloned.
const PARTS: &[(&str, &str)] = &[("disk", "vm"), ("partition", "disk"), ("membership", "vm")];

fn arguments(command: Command) -> Command {
    let record = Arg::new("record")
        .value_name("NAME")
        .required(true)
        .help("The VM to take after")
        .add(arguments::names_of(NOUN));
    let command =
        command.arg(record).arg(Arg::new("new").value_name("NEW").required(true).help("What the new one is called"));
    arguments::writes(command).long_about(
        "Add a VM like another one, in the same pool: its fields, disks, partitions and systems. Addresses are not \
         taken over, for two VMs do not bear the same.",
    )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let entity = session.catalog().of(NOUN);
    let (Some(name), Some(new)) = (arguments::option(matches, "record"), arguments::option(matches, "new")) else {
        return Err(Error::usage("a name and a new name are needed"));
    };
    let (path, report) = session.write(|writer| {
        let id = writer.resolve(entity, name)?;
        let Some(record) = writer.record(entity, id)? else {
            return Err(Error::not_found(format!("no {} with id {id}", entity.labels.0)));
        };
        let mut report = Report::new(session.dry_run);
        let mut intake = Intake::default();
        let mut draft = Draft::empty(entity);
        for ((field, value), slot) in entity.fields.iter().zip(&record.values).zip(&mut draft.values) {
            *slot = match field.kind {
                Kind::Created | Kind::Updated => None,
                Kind::Name => Some(intake.value(writer, field, new)?),
                _ => Some(value.clone()),
            };
        }
        let copy = Batch::new(entity, Existing::Refuse, true).put(writer, &mut intake, draft, 1, &mut report)??;
        parts(writer, NOUN, id, copy, &mut report)?;
        Ok((writer.path(entity, copy)?, report))
    })?;
    if session.dry_run {
        return report.tell(session);
    }
    session.answer_text(&format!("{}\n", shown::shown(&path)))
}

/// Copies what hangs from the record `from` to the record `to`, and what hangs from that.
fn parts(writer: &mut Writer<'_>, noun: &str, from: i64, to: i64, report: &mut Report) -> Result<()> {
    for (part, by) in PARTS {
        let of = writer.catalog().of(part);
        let Some(place) = of.position(by).filter(|_| of.field(by).and_then(Field::refers_to) == Some(noun)) else {
            continue;
        };
        let mut found = Vec::new();
        writer.each_with(of, &[by], &[&Value::Integer(from)], |record| {
            found.push(record);
            Ok(ControlFlow::Continue(()))
        })?;
        for record in found {
            let mut values = record.values;
            if let Some(slot) = values.get_mut(place) {
                *slot = Value::Integer(to);
            }
            let effect = writer.apply(Change::Create { entity: of, values })?;
            report.add(writer, &effect)?;
            parts(writer, part, record.id, effect.id, report)?;
        }
    }
    Ok(())
}
