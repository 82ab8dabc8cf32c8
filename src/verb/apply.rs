//! `inv NOUN apply`: creates a record, or gives the one with its natural key the fields that are named.

use super::add;
use super::batch::Existing;
use crate::catalog::{Catalog, Entity};
use crate::error::Result;
use crate::session::Session;
use clap::{ArgMatches, Command};

pub(crate) fn arguments(catalog: &Catalog, entity: &'static Entity, command: Command) -> Command {
    add::described(catalog, entity, command)
}

pub(crate) fn run(session: &Session, entity: &'static Entity, matches: &ArgMatches) -> Result<()> {
    add::put(session, entity, matches, Existing::Update)
}
