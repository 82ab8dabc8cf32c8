//! `inv NOUN rename`: changes the name of a record.

use super::arguments::{self, option};
use super::batch::{Batch, Existing};
use super::intake::{self, Draft, Intake};
use super::report::Report;
use crate::catalog::{Catalog, Entity};
use crate::error::{Error, Result};
use crate::session::Session;
use clap::{Arg, ArgMatches, Command};

pub(crate) fn arguments(catalog: &Catalog, entity: &'static Entity, command: Command) -> Command {
    let command = command
        .arg(
            Arg::new("record")
                .value_name("NAME")
                .required(true)
                .help("Name, end of the path, whole path or id=N")
                .add(arguments::names_of(entity.noun)),
        )
        .arg(Arg::new("new").value_name("NEW").required(true).help("New name"));
    arguments::writes(arguments::allow_duplicate(catalog, entity, command))
}

pub(crate) fn run(session: &Session, entity: &'static Entity, matches: &ArgMatches) -> Result<()> {
    let (Some(name), Some(new)) = (option(matches, "record"), option(matches, "new")) else {
        return Err(Error::usage("missing arguments: NAME NEW"));
    };
    let (path, report) = session.write(|writer| {
        let id = writer.resolve(entity, name)?;
        let Some(record) = writer.record(entity, id)? else {
            return Err(Error::not_found(format!("no {} with id {id}", entity.labels.0)));
        };
        let field = intake::naming_field(entity, new).and_then(|field| Some((entity.position(field.name)?, field)));
        let Some((place, field)) = field else { return Err(Error::usage("it has no name to change")) };
        let cell = Intake::default().cell(writer, field, new).map_err(|error| intake::about(field.name, &error))?;
        let mut report = Report::new(session)?;
        let mut batch = Batch::new(entity, Existing::Update, arguments::duplicates(matches));
        let mut draft = Draft::empty(entity);
        draft.set(place, cell);
        batch.change(writer, &record, draft.cells, &mut report)?;
        Ok((writer.path(entity, id)?, report))
    })?;
    if session.dry_run || session.has_keys() {
        return report.tell(session);
    }
    session.answer_text(&format!("{}\n", crate::value::shown::shown(&path)))
}
