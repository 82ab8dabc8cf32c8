//! `inv import DIR` and `inv import --from SOURCE FILE`: a whole estate in one transaction.

use super::Graft;
use super::plan_file::PlanFile;
use super::scope::Asked;
use crate::catalog::{Catalog, Entity};
use crate::error::{Error, Kind, Result};
use crate::input::{Records, rvtools};
use crate::session::Session;
use crate::value::role::Role;
use crate::value::shown;
use crate::verb::arguments::{self, option, switch};
use crate::verb::batch::Existing;
use crate::verb::import;
use crate::verb::ledger::SourceRun;
use crate::verb::load::{self, Options};
use crate::verb::rows::Source;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use std::path::{Path, PathBuf};

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "import",
    about: "Import a whole inventory, or an estate from another program",
    hidden: false,
    arguments,
    run,
};

/// Provider of an estate where none is named.
const PROVIDER: &str = "vSphere";

/// Kind of the sources whose exports `RVTools` wrote.
const RVTOOLS: &str = "rvtools";

/// The programs whose exports are understood.
const SOURCES: &[&str] = &[RVTOOLS];

fn arguments(command: Command) -> Command {
    let command = command
        .arg(
            Arg::new("file")
                .value_name("DIR|FILE")
                .required_unless_present("plan-file")
                .value_hint(ValueHint::AnyPath)
                .help("A folder that inv export wrote; with --from, the other program's file or folder"),
        )
        .arg(Arg::new("from").long("from").value_name("PROGRAM").help("Whose export it is: rvtools"))
        .arg(
            Arg::new("provider")
                .long("provider")
                .value_name("NAME")
                .help(format!("Whose datacenters they are, with --from; else {PROVIDER}")),
        )
        .arg(
            Arg::new("source")
                .long("source")
                .value_name("NAME")
                .requires("from")
                .help("Name of the source, with --from (default: rvtools:PROVIDER)")
                .add(arguments::names_of("source")),
        )
        .arg(
            Arg::new("retire")
                .long("retire")
                .action(ArgAction::SetTrue)
                .requires("update")
                .requires("from")
                .conflicts_with("prune")
                .help("Set the status of VMs that the source has no more to retired; with --from and --update"),
        );
    let command = command
        .arg(
            Arg::new("plan")
                .long("plan")
                .value_name("FILE")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("")
                .value_hint(ValueHint::FilePath)
                .help("Show what would be created, changed, moved, renamed, adopted, held, missing and removed; FILE keeps it"),
        )
        .arg(
            Arg::new("plan-file")
                .long("plan-file")
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .conflicts_with_all(["plan", "file", "from"])
                .help("Apply a plan that --plan=FILE wrote, if nothing has changed since"),
        )
        .arg(
            Arg::new("exit-code")
                .long("exit-code")
                .action(ArgAction::SetTrue)
                .help("Exit with status 2 if there are changes, 0 if there are none"),
        );
    let command = import::how(command).after_help(
        "Examples:\n  inv import --from rvtools RVTools_export.xlsx\n  \
         inv import --from rvtools RVTools_export.xlsx --update --dry-run\n  inv import backup --update --prune",
    );
    command.long_about(
        "Import a whole inventory in one transaction: a folder of CSV files as inv export writes it, or with --from \
         rvtools an RVTools export (an .xlsx, or the folder of its CSV tabs). Templates and vCLS machines are left out \
         and named; what has no place is told. With --update a second run brings the inventory up to date.",
    )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    session.require(Role::Editor)?;
    let Some(file) = option(matches, "plan-file") else { return import(session, matches, None) };
    let plan = PlanFile::read(Path::new(file))?;
    let words = ["import"].into_iter().chain(plan.words.iter().map(String::as_str));
    let planned = arguments(Command::new("import")).try_get_matches_from(words);
    let planned = planned.map_err(|_| Error::failed("the plan is of another inv").help("make the plan again"))?;
    import(session, &planned, Some(plan.change))
}

/// Imports what a command line names, after the change that its plan was made for.
fn import(session: &Session, matches: &ArgMatches, planned_after: Option<i64>) -> Result<()> {
    let path = PathBuf::from(option(matches, "file").unwrap_or_default());
    let (sources, run) = match option(matches, "from") {
        None => (folder(session, &path, matches)?, None),
        Some(RVTOOLS) => {
            let (sources, run) = estate(session, &path, matches)?;
            (sources, Some(run))
        }
        Some(other) => {
            return Err(Error::usage(format!("exports of {} are not understood", shown::quoted(other)))
                .help(format!("the programs are {}", SOURCES.join(", "))));
        }
    };
    let plan_file = option(matches, "plan").filter(|file| !file.is_empty()).map(Path::new);
    let plan = match plan_file {
        Some(file) => {
            session.spare_inventory(file)?;
            let own = arguments(Command::new("import"));
            let is_own = |id: &str| own.get_arguments().any(|arg| arg.get_id() == id);
            let plan = session.read(|reader| PlanFile::new(&path, matches, is_own, reader.last_change()?))?;
            Some((file, plan))
        }
        None => None,
    };
    let planned_after = planned_after.or(plan.as_ref().map(|(_, plan)| plan.change));
    let options = Options { run, planned_after, ..import::chosen(session.catalog(), matches)? };
    let loaded = load::load(session, &import::name(&path), &sources, &options)?;
    let has_changes = loaded.has_changes();
    import::tell(session, loaded)?;
    if let Some((file, plan)) = plan {
        plan.write(file)?;
    }
    // The changes are printed; only the exit status is missing.
    if has_changes && switch(matches, "exit-code") { Err(Error::new(Kind::Usage, "")) } else { Ok(()) }
}

/// The files of a folder that `inv export` wrote.
fn folder(session: &Session, path: &Path, matches: &ArgMatches) -> Result<Vec<Source>> {
    let shown = shown::shown(&path.to_string_lossy()).into_owned();
    let entries = std::fs::read_dir(path).map_err(|error| {
        let error = match error.kind() {
            std::io::ErrorKind::NotADirectory => Error::failed(format!("{shown} is a file, not a folder")),
            _ => Error::io(format!("cannot read the folder {shown}"), error),
        };
        error.help("name a folder that inv export wrote; for one noun's file there is inv NOUN import")
    })?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "csv"))
        .collect();
    names.sort_unstable();
    let catalog = session.catalog();
    let pristine = session.read(|reader| {
        for entity in catalog.entities().filter(|entity| !entity.seeded) {
            if reader.count(entity)? > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    })?;
    let mut sources = Vec::new();
    for entity in catalog.exported() {
        let name = format!("{}.csv", entity.plural);
        if let Some(place) = names.iter().position(|other| *other == name) {
            names.remove(place);
            let path = path.join(name);
            if !path.is_file() {
                let shown = shown::quoted(&path.to_string_lossy());
                return Err(Error::failed(format!("{shown} is not a file")).help("leave it out of the folder"));
            }
            let mut source = import::source(entity, &path, matches)?;
            if entity.seeded && pristine {
                // What every inventory begins with gives way to what the files say.
                source.existing = Some(Existing::Update);
                source.replaces = true;
            }
            sources.push(source);
        }
    }
    for name in names {
        session.warn(&format!("{} was left out: no noun is called so", shown::shown(&name)));
    }
    if sources.is_empty() {
        let files: Vec<String> = catalog.exported().iter().map(|entity| format!("{}.csv", entity.plural)).collect();
        return Err(Error::failed(format!("{shown} has no file to import"))
            .help(format!("the files are called {}", files.join(", "))));
    }
    Ok(sources)
}

/// Reads an `RVTools` export, as a run of its source.
fn estate(session: &Session, path: &Path, matches: &ArgMatches) -> Result<(Vec<Source>, SourceRun)> {
    let asked = Asked { source: option(matches, "source"), provider: option(matches, "provider"), otherwise: PROVIDER };
    let export = rvtools::open(path)?;
    let identified = session.read(|reader| asked.identify(reader, RVTOOLS, export.servers()))?;
    let estate = export.into_estate(&identified.scope.provider);
    for note in &estate.notes {
        session.say(&shown::shown(note));
    }
    let catalog: &Catalog = session.catalog();
    let update = switch(matches, "update");
    let source = |table: rvtools::Staged| {
        let entity = catalog.of(table.noun);
        let only_names = table.columns().iter().all(|column| is_key(entity, column));
        Source {
            entity,
            // Providers, datacenters and operating systems may be there from another export of the same estate.
            existing: (only_names && !update).then_some(Existing::Skip),
            bytes: None,
            replaces: false,
            open: Box::new(move || Ok(Box::new(table.clone()))),
        }
    };
    let run = SourceRun {
        name: identified.name,
        kind: RVTOOLS,
        scope: identified.scope.to_string(),
        incomplete: estate.incomplete.or(identified.partial),
    };
    Ok((estate.tables.into_iter().map(source).collect(), run))
}

fn is_key(entity: &Entity, column: &str) -> bool {
    entity.keys.iter().any(|key| key.contains(&column))
}
