//! `inv import DIR`, `inv import FILE.xlsx` and `inv import --from SOURCE FILE`: a whole estate in one transaction.

use super::Graft;
use super::plan_file::PlanFile;
use super::scope::Asked;
use crate::catalog::{Catalog, Entity};
use crate::error::{Error, Kind, Result};
use crate::input::Records;
use crate::input::notes::Note;
use crate::input::rvtools::{self, Staged};
use crate::input::workbook::{self, Container, Sheets};
use crate::input::zipped;
use crate::session::Session;
use crate::store::Reader;
use crate::value::role::Role;
use crate::value::{Cell, shown, text};
use crate::verb::arguments::{self, option, switch};
use crate::verb::batch::Existing;
use crate::verb::header::ExternalIds;
use crate::verb::ledger::SourceRun;
use crate::verb::load::{self, Options, Tolerance};
use crate::verb::mapping::Mapping;
use crate::verb::rows::Source;
use crate::verb::{import, preview, set};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
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
/// Noun of the owners of VMs.
const USER: &str = "user";

/// Options that a plan has in it, so that they are not for `--plan-file`.
const NOT_WITH_A_PLAN: [&str; 11] = [
    "plan",
    "file",
    "from",
    "update",
    "skip-existing",
    "create",
    "rejects",
    "skip-bad",
    "delimiter",
    "encoding",
    "yes",
];

/// The programs whose exports are understood.
const SOURCES: &[&str] = &[RVTOOLS];

fn arguments(command: Command) -> Command {
    let command = command
        .arg(
            Arg::new("file")
                .value_name("DIR|FILE")
                .required_unless_present("plan-file")
                .value_hint(ValueHint::AnyPath)
                .help("Folder, workbook or zip of inv export; with --from, file or folder of the other program"),
        )
        .arg(Arg::new("from").long("from").value_name("PROGRAM").help("Program of the export: rvtools"))
        .arg(
            Arg::new("provider")
                .long("provider")
                .value_name("NAME")
                .requires("from")
                .help(format!("Provider of the datacenters (default: {PROVIDER})")),
        )
        .arg(
            Arg::new("source")
                .long("source")
                .value_name("NAME")
                .requires("from")
                .help("Name of the source (default: rvtools:PROVIDER)")
                .add(arguments::names_of("source")),
        )
        .arg(
            Arg::new("retire")
                .long("retire")
                .action(ArgAction::SetTrue)
                .requires("update")
                .requires("from")
                .conflicts_with("prune")
                .help("Retire VMs that the source lacks"),
        )
        .arg(
            Arg::new("match")
                .long("match")
                .value_name("ID=RECORD")
                .action(ArgAction::Append)
                .requires("from")
                .requires("update")
                .help("Match RECORD to the external id ID (repeatable)"),
        )
        .arg(
            Arg::new("owner-column")
                .long("owner-column")
                .value_name("NAME")
                .requires("from")
                .help("Column of vInfo with the owners of VMs"),
        )
        .arg(
            Arg::new("strict")
                .long("strict")
                .action(ArgAction::SetTrue)
                .requires("from")
                .conflicts_with("skip-bad")
                .help("Refuse the import if a cell or row cannot be used"),
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
                .help("Show all changes, held fields and missing records; write the plan to FILE"),
        )
        .arg(
            Arg::new("plan-file")
                .long("plan-file")
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .conflicts_with_all(NOT_WITH_A_PLAN)
                .help("Apply the plan of --plan=FILE if nothing has changed since"),
        )
        .arg(
            Arg::new("exit-code")
                .long("exit-code")
                .action(ArgAction::SetTrue)
                .help("Exit with status 2 if there are changes, else 0"),
        )
        .arg(arguments::yes().requires("from"));
    let command = import::how(command).after_help(
        "Examples:\n  inv import --from rvtools RVTools_export.xlsx\n  \
         inv import --from rvtools RVTools_export.xlsx --update --dry-run\n  inv import backup --update --prune",
    );
    command.long_about(
        "Import a whole inventory in one transaction: a folder or zip of CSV files as inv export writes it, a workbook \
         with one sheet for each noun, or with --from rvtools an RVTools export (an .xlsx, or a folder or zip of its \
         CSV tabs). Templates, vCLS machines, unreadable cells and rows without a place are skipped and reported; \
         --strict refuses such cells and rows. Unused tabs and columns are counted; -v lists them. With --update a \
         second run updates the inventory.",
    )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    session.require(Role::Editor)?;
    let end = if switch(matches, "exit-code") { ExitCode::Changes } else { ExitCode::Failures };
    let Some(file) = option(matches, "plan-file") else { return import(session, matches, None, end) };
    let plan = PlanFile::read(Path::new(file))?;
    let words = ["import"].into_iter().chain(plan.words.iter().map(String::as_str));
    let planned = arguments(Command::new("import")).try_get_matches_from(words);
    let planned = planned.map_err(|_| {
        Error::failed("the plan was written by another version of inv").help("write the plan again with --plan=FILE")
    })?;
    import(session, &planned, Some(plan.change), end)
}

/// Meaning of the exit status of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExitCode {
    /// That it failed.
    Failures,
    /// That, or whether there were changes.
    Changes,
}

/// Imports what a command line names, after the change that its plan was made for.
fn import(session: &Session, matches: &ArgMatches, planned_after: Option<i64>, end: ExitCode) -> Result<()> {
    let path = PathBuf::from(option(matches, "file").unwrap_or_default());
    let mut options = import::chosen(session.catalog(), matches)?;
    let sources = match option(matches, "from") {
        None => whole(session, &path, matches)?,
        Some(RVTOOLS) => estate(session, &path, matches, &mut options)?,
        Some(other) => {
            return Err(Error::usage(format!("unsupported program {}", shown::quoted(other)))
                .help(format!("programs: {}", SOURCES.join(", "))));
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
    options.planned_after = planned_after.or(plan.as_ref().map(|(_, plan)| plan.change));
    let what = import::name(&path);
    if session.interactive && !session.dry_run && options.run.is_some() && planned_after.is_none() {
        confirm(session, &what, &sources, &mut options, matches)?;
    }
    let loaded = load::load(session, &what, &sources, &options)?;
    let has_changes = loaded.has_changes();
    import::tell(session, loaded)?;
    if let Some((file, plan)) = plan {
        plan.write(file)?;
    }
    // The changes are printed; only the exit status is missing.
    if has_changes && end == ExitCode::Changes { Err(Error::new(Kind::Usage, "")) } else { Ok(()) }
}

/// Shows what a run of a source would change, and asks whether to go on. An inventory that is empty loses nothing.
fn confirm(
    session: &Session,
    what: &str,
    sources: &[Source],
    options: &mut Options,
    matches: &ArgMatches,
) -> Result<()> {
    let catalog = session.catalog();
    let (is_new, last) = session.read(|reader| Ok((is_empty(reader, catalog.exported())?, reader.last_change()?)))?;
    if is_new || switch(matches, "yes") {
        return Ok(());
    }
    let preview = Options { rejects: None, planned_after: Some(last), ..options.clone() };
    let mut loaded = load::load(&session.previewing(), what, sources, &preview)?;
    let has_changes = loaded.has_changes();
    if has_changes && loaded.refusal.is_none() {
        preview::print_first(session, &mut loaded.report)?;
    }
    import::summarize(session, &loaded);
    if let Some(refusal) = loaded.refusal {
        return Err(refusal);
    }
    if has_changes {
        set::confirmed(session, "import these changes", matches)?;
        options.planned_after = Some(last);
    }
    Ok(())
}

/// Returns whether the inventory has no record of `nouns` but those that it begins with.
fn is_empty(reader: &Reader<'_>, nouns: impl IntoIterator<Item = &'static Entity>) -> Result<bool> {
    for entity in nouns.into_iter().filter(|entity| !entity.seeded) {
        if reader.count(entity)? > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The files of a folder or zip archive, or the sheets of a workbook, as `inv export` writes them.
fn whole(session: &Session, path: &Path, matches: &ArgMatches) -> Result<Vec<Source>> {
    let shown = shown::shown(&path.to_string_lossy()).into_owned();
    let container = if path.is_dir() || !path.exists() { None } else { Some(workbook::container(path)?) };
    match container {
        None => folder(session, path, matches),
        Some(Container::Workbook) => {
            import::refuse_options_of_text(path, matches)?;
            let mut sheets = Sheets::open(path)?;
            let parts = Parts { of: &shown, what: "sheet", names: sheets.names().to_vec() };
            by_noun(session, &parts, |entity, name| import::sheet_source(entity, sheets.put_aside(name)?, matches))
        }
        Some(Container::Zip) => {
            let mut files = zipped::unpack(path)?;
            let names = files.iter().map(|file| file.stem.clone()).collect();
            by_noun(session, &Parts { of: &shown, what: "file", names }, |entity, name| {
                let place = files.iter().position(|file| file.stem == name).unwrap_or_default();
                import::zipped_source(entity, files.swap_remove(place), matches)
            })
        }
        Some(Container::Text) => Err(Error::failed(format!("{shown} is a file, not a folder"))
            .help("pass a folder or workbook of inv export; for a single file, use inv NOUN import")),
    }
}

/// The files of a folder that `inv export` wrote.
fn folder(session: &Session, path: &Path, matches: &ArgMatches) -> Result<Vec<Source>> {
    let shown = shown::shown(&path.to_string_lossy()).into_owned();
    let entries = std::fs::read_dir(path).map_err(|error| {
        Error::io(format!("cannot read the folder {shown}"), error)
            .help("pass a folder of inv export; for a single file, use inv NOUN import")
    })?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".csv").filter(|stem| !stem.is_empty()).map(str::to_owned))
        .collect();
    names.sort_unstable();
    by_noun(session, &Parts { of: &shown, what: "file", names }, |entity, stem| {
        let path = path.join(format!("{stem}.csv"));
        if !path.is_file() {
            let shown = shown::quoted(&path.to_string_lossy());
            return Err(Error::failed(format!("{shown} is not a file")).help("remove it from the folder"));
        }
        import::source(entity, &path, matches)
    })
}

/// Parts of what is imported as a whole.
struct Parts<'p> {
    /// Name of the whole in messages.
    of: &'p str,
    /// Kind of a part in messages: a sheet, or a CSV file.
    what: &'static str,
    /// Names of the parts; those of files are without `.csv`.
    names: Vec<String>,
}

/// Opens the part of each noun by `open`. The part that is called as in an export goes before one with another name of
/// the noun.
fn by_noun(
    session: &Session,
    parts: &Parts<'_>,
    mut open: impl FnMut(&'static Entity, &str) -> Result<Source>,
) -> Result<Vec<Source>> {
    let catalog = session.catalog();
    let pristine = session.read(|reader| is_empty(reader, catalog.entities()))?;
    let mut chosen: Vec<(&'static Entity, &String)> = Vec::new();
    for entity in catalog.exported() {
        let called: Vec<&String> = parts.names.iter().filter(|name| entity.is_called(name)).collect();
        match (called.iter().find(|name| **name == entity.plural), called.as_slice()) {
            (Some(name), _) | (None, [name]) => chosen.push((entity, name)),
            (None, []) => {}
            (None, several) => {
                let listed: Vec<String> = several.iter().map(|name| shown::quoted(name)).collect();
                let message = format!("{} has several {}s of {}", parts.of, parts.what, entity.labels.1);
                return Err(Error::failed(message).help(format!("keep one of {}", listed.join(", "))));
            }
        }
    }
    let is_chosen = |name: &String| chosen.iter().any(|(_, other)| *other == name);
    if chosen.is_empty() {
        let nouns: Vec<&str> = catalog.exported().iter().map(|entity| entity.plural).collect();
        let names: Vec<String> = parts.names.iter().map(|name| shown::quoted(name)).collect();
        let found = if names.is_empty() { String::new() } else { format!("; found: {}", names.join(", ")) };
        return Err(Error::failed(format!("{} has no {} of a noun", parts.of, parts.what))
            .help(format!("names: {}{found}", nouns.join(", "))));
    }
    for name in parts.names.iter().filter(|name| !is_chosen(name)) {
        let name = if parts.what == "sheet" { format!("sheet {}", shown::quoted(name)) } else { format!("{name}.csv") };
        session.warn(&format!("skipped {}: unknown noun", shown::shown(&name)));
    }
    let mut sources = Vec::new();
    for (entity, name) in chosen {
        let mut source = open(entity, name)?;
        if entity.seeded && pristine {
            // What every inventory begins with gives way to what the files say.
            source.existing = Some(Existing::Update);
            source.replaces = true;
        }
        sources.push(source);
    }
    Ok(sources)
}

/// Reads an `RVTools` export, as a run of its source.
fn estate(session: &Session, path: &Path, matches: &ArgMatches, options: &mut Options) -> Result<Vec<Source>> {
    let owner_column = option(matches, "owner-column");
    let request = rvtools::Request { reading: import::reading(matches)?, owner_column };
    let export = rvtools::open(path, &request)?;
    let asked = Asked { source: option(matches, "source"), provider: option(matches, "provider"), otherwise: PROVIDER };
    let identified = session.read(|reader| asked.identify(reader, RVTOOLS, export.servers()))?;
    let mut estate = export.into_estate(&identified.scope.provider);
    if switch(matches, "strict") {
        refuse_losses(path, &estate.notes)?;
    } else {
        options.tolerance = Tolerance::LeaveOut;
    }
    import::tell_notes(session, &estate.notes);
    if owner_column.is_some() {
        name_owners(session, &mut estate.tables)?;
    }
    options.run = Some(SourceRun {
        name: identified.name,
        kind: RVTOOLS,
        scope: identified.scope.to_string(),
        incomplete: estate.incomplete.or(identified.partial),
    });
    let catalog: &Catalog = session.catalog();
    let update = switch(matches, "update");
    let source = |table: Staged| {
        let entity = catalog.of(table.noun);
        let only_names = table.columns().iter().all(|column| is_key(entity, column));
        Source {
            entity,
            // Providers, datacenters and operating systems may be there from another export of the same estate.
            existing: (only_names && !update).then_some(Existing::Skip),
            bytes: None,
            replaces: false,
            mapping: Mapping::default(),
            // Users belong to people: an export that has one no more does not say that it is gone.
            external_ids: if entity.noun == USER { ExternalIds::None } else { ExternalIds::OfReader },
            open: Box::new(move || Ok(Box::new(table.clone()))),
        }
    };
    Ok(estate.tables.into_iter().map(source).collect())
}

/// Refuses an export with cells that could not be read or rows that could not be placed.
fn refuse_losses(path: &Path, notes: &[Note]) -> Result<()> {
    let losses: Vec<&Note> = notes.iter().filter(|note| note.is_loss()).collect();
    if losses.is_empty() {
        return Ok(());
    }
    let count: usize = losses.iter().map(|note| note.count).sum();
    let what = if count == 1 { "a cell or row".to_owned() } else { format!("{count} cells or rows") };
    let path = shown::quoted(&path.to_string_lossy());
    Err(Error::failed(format!("{path} has {what} that cannot be used; nothing was imported"))
        .details(losses.into_iter().map(|note| note.text.clone()))
        .help("fix the export, or omit --strict to import the rest"))
}

/// Names the owners of VMs as the inventory does. An e-mail address is that of the user who has it, or of a new user;
/// every other text is the name of a user.
fn name_owners(session: &Session, tables: &mut Vec<Staged>) -> Result<()> {
    let user = session.catalog().of(USER);
    let mut names: HashSet<String> = HashSet::new();
    let mut by_email: HashMap<String, Vec<String>> = HashMap::new();
    session.read(|reader| {
        reader.each(user, |record| {
            if let Cell::Text(name) = record.value(user, "name") {
                names.insert(name.to_string());
                if let Cell::Text(email) = record.value(user, "email") {
                    by_email.entry(email.to_lowercase()).or_default().push(name.to_string());
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    })?;
    let Some(place) = tables.iter().position(|table| table.noun == "vm") else { return Ok(()) };
    let Some(vms) = tables.get_mut(place) else { return Ok(()) };
    vms.replace("owner", |owner| match by_email.get(&owner.to_lowercase()).map(Vec::as_slice) {
        Some([name]) if !names.contains(owner) => name.clone(),
        _ => owner.to_owned(),
    });
    let users = vms.derived("owner", USER, &["name", "email"], |owner| {
        let is_new = !names.contains(owner) && !by_email.contains_key(&owner.to_lowercase());
        (is_new && text::email(owner).is_ok()).then(|| vec![Some(owner.to_owned()); 2])
    });
    tables.insert(place, users);
    Ok(())
}

fn is_key(entity: &Entity, column: &str) -> bool {
    entity.keys.iter().any(|key| key.contains(&column))
}
