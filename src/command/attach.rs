//! `inv system attach` and `detach`: the VMs of a system.

use super::Graft;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::store::{Action, Change};
use crate::value::Value;
use crate::verb::arguments;
use crate::verb::report::Report;
use clap::{Arg, ArgMatches, Command};

pub(super) const ATTACH: Graft =
    Graft { under: Some(WHOLE), name: "attach", about: "Add VMs to a system", hidden: false, arguments, run: attach };
pub(super) const DETACH: Graft = Graft {
    under: Some(WHOLE),
    name: "detach",
    about: "Remove VMs from a system",
    hidden: false,
    arguments,
    run: detach,
};

const WHOLE: &str = "system";
const PART: &str = "vm";
const LINK: &str = "membership";

fn arguments(command: Command) -> Command {
    let whole = Arg::new("whole").value_name("SYSTEM").required(true).help("System").add(arguments::names_of(WHOLE));
    let parts = Arg::new(arguments::RECORDS)
        .value_name("VM")
        .num_args(1..)
        .required(true)
        .help("VMs; - reads the names from standard input, one a line")
        .add(arguments::names_of(PART));
    arguments::writes(command.arg(whole).arg(parts))
}

fn attach(session: &Session, matches: &ArgMatches) -> Result<()> {
    link(session, matches, true)
}

fn detach(session: &Session, matches: &ArgMatches) -> Result<()> {
    link(session, matches, false)
}

fn link(session: &Session, matches: &ArgMatches, is_member: bool) -> Result<()> {
    let (whole, part, link) = {
        let catalog = session.catalog();
        (catalog.of(WHOLE), catalog.of(PART), catalog.of(LINK))
    };
    let Some(name) = arguments::option(matches, "whole") else { return Err(Error::usage("no system specified")) };
    let names = arguments::names(matches)?;
    let (count, report) = session.write(|writer| {
        let mut report = Report::new(session)?;
        let owner = Value::Integer(writer.resolve(whole, name)?);
        let mut count = 0;
        for name in &names {
            let member = Value::Integer(writer.resolve(part, name)?);
            let existing = writer.find(link, &[WHOLE, PART], &[&owner, &member])?;
            let effect = match (existing, is_member) {
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
                    count += 1;
                    continue;
                }
                (existing, _) => {
                    if let Some(record) = existing {
                        report.add_unchanged(writer, link, record.id)?;
                    }
                    continue;
                }
            };
            count += 1;
            report.add(writer, &effect)?;
        }
        Ok((count, report))
    })?;
    if !session.dry_run {
        let what = if is_member { "attached" } else { "detached" };
        session.say(&match count {
            0 => "no changes needed".to_owned(),
            _ => format!("{what} {}", part.counted(count)),
        });
    }
    report.tell(session)
}
