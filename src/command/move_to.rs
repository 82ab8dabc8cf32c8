//! `inv vm move`: VMs into another pool.

use super::Graft;
use crate::catalog::Entity;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::verb::arguments;
use crate::verb::intake::Target;
use crate::verb::set::{Named, Wanted, change};
use clap::{Arg, ArgMatches, Command};

pub(super) const GRAFT: Graft =
    Graft { under: Some(NOUN), name: "move", about: "Move VMs to another pool", hidden: false, arguments, run };

const NOUN: &str = "vm";
const HOLDER: &str = "pool";

fn arguments(command: Command) -> Command {
    let names = Arg::new(arguments::RECORDS)
        .value_name("NAME")
        .num_args(1..)
        .required(true)
        .help("VMs to move; - reads the names from standard input, one a line")
        .add(arguments::names_of(NOUN));
    let holder = Arg::new(HOLDER)
        .long(HOLDER)
        .value_name("POOL")
        .required(true)
        .help("Target pool")
        .add(arguments::names_of(HOLDER));
    arguments::writes(command.arg(names).arg(holder).arg(arguments::yes()))
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let entity: &'static Entity = session.catalog().of(NOUN);
    let (Some(place), Some(holder)) = (entity.position(HOLDER), arguments::option(matches, HOLDER)) else {
        return Err(Error::usage("no target pool specified").help("pass --pool POOL"));
    };
    let wanted = Wanted { texts: &[(Target::Field(place), Some(holder))], ..Wanted::default() };
    change(session, entity, &Named::from(entity, matches)?, &wanted, matches)
}
