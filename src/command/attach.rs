//! `inv system attach` and `detach`: which VMs are part of a system.

use super::Graft;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::store::{Action, Change};
use crate::value::Value;
use crate::verb::arguments;
use crate::verb::report::Report;
use clap::{Arg, ArgMatches, Command};

pub(super) const ATTACH: Graft = Graft {
    under: Some(WHOLE),
    name: "attach",
    about: "Make VMs part of a system",
    hidden: false,
    arguments,
    run: attach,
};
pub(super) const DETACH: Graft = Graft {
    under: Some(WHOLE),
    name: "detach",
    about: "Take VMs out of a system",
    hidden: false,
    arguments,
    run: detach,
};

const WHOLE: &str = "system";
const PART: &str = "vm";
const LINK: &str = "membership";

fn arguments(command: Command) -> Command {
    let whole =
        Arg::new("whole").value_name("SYSTEM").required(true).help("The system").add(arguments::names_of(WHOLE));
    let parts = Arg::new("records")
        .value_name("VM")
        .num_args(1..)
        .required(true)
        .help("The VMs")
        .add(arguments::names_of(PART));
    arguments::writes(command.arg(whole).arg(parts))
}

fn attach(session: &Session, matches: &ArgMatches) -> Result<()> {
    link(session, matches, true)
}

fn detach(session: &Session, matches: &ArgMatches) -> Result<()> {
    link(session, matches, false)
}

fn link(session: &Session, matches: &ArgMatches, wanted: bool) -> Result<()> {
    let (whole, part, link) = {
        let catalog = session.catalog();
        (catalog.of(WHOLE), catalog.of(PART), catalog.of(LINK))
    };
    let Some(name) = arguments::option(matches, "whole") else { return Err(Error::usage("which system is not said")) };
    let names = arguments::options(matches, "records");
    let (done, report) = session.write(|writer| {
        let mut report = Report::new(session);
        let owner = Value::Integer(writer.resolve(whole, name)?);
        let mut done = 0;
        for name in &names {
            let member = Value::Integer(writer.resolve(part, name)?);
            let known = writer.find(link, &[WHOLE, PART], &[&owner, &member])?;
            let effect = match (known, wanted) {
                (None, true) => writer.apply(Change::Create { entity: link, values: vec![owner.clone(), member] })?,
                (Some(record), false) => {
                    let effect = crate::store::Effect {
                        action: Action::Remove,
                        entity: link,
                        id: record.id,
                        changed: Vec::new(),
                    };
                    report.add(writer, &effect)?;
                    writer.apply(Change::Remove { entity: link, before: &record })?;
                    done += 1;
                    continue;
                }
                _ => continue,
            };
            done += 1;
            report.add(writer, &effect)?;
        }
        Ok((done, report))
    })?;
    if !session.dry_run {
        let what = if wanted { "attached" } else { "detached" };
        session.say(&match done {
            0 => "nothing to change: it is so already".to_owned(),
            _ => format!("{what} {}", part.counted(done)),
        });
    }
    report.tell(session)
}
