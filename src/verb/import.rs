//! `inv NOUN import`: rows of one noun from a file, all or none.

use super::arguments::{self, option, options, switch};
use super::aside;
use super::ask_columns;
use super::batch::{Existing, Tally};
use super::complete;
use super::dump::Tables;
use super::header::{self, ExternalIds};
use super::hints::Pairing;
use super::ledger::SourceRun;
use super::list::number;
use super::load::{self, Loaded, Options, Prune, Tolerance};
use super::map_file::LayoutOptions;
use super::mapping::UNIT_OF;
use super::rows::Source;
use crate::catalog::{Catalog, Entity};
use crate::error::{Error, Result};
use crate::input::csv::HeaderRule;
use crate::input::notes::{Note, NoteKind};
use crate::input::workbook::{self, Container, SheetText};
use crate::input::zipped::{self, ZippedFile};
use crate::input::{self, Heading, Opened, Reading, Records, file};
use crate::session::Session;
use crate::value::name::column_key;
use crate::value::spelling::Notation;
use crate::value::{self, shown};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use serde_json::Value as Json;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Option that names the source of a file.
const SOURCE: &str = "source";
/// Kind of the sources whose files people keep.
const KIND: &str = "csv";
/// Number of missing records that are named.
const NAMED: usize = 20;

pub(crate) fn arguments(_: &Catalog, entity: &'static Entity, command: Command) -> Command {
    let command = command.arg(
        Arg::new("file")
            .value_name("FILE")
            .required(true)
            .value_hint(ValueHint::FilePath)
            .help("File of CSV or JSON lines, a workbook, or a zip of CSV files; - is standard input"),
    );
    let command = command.arg(
        Arg::new(SOURCE)
            .long(SOURCE)
            .value_name("NAME")
            .help("Source of the file, with its ids in the column external-id")
            .add(arguments::names_of("source")),
    );
    layout(how(command)).after_help(format!(
        "Columns: {}. With --update, a column id identifies records that have another name or parent in the file.",
        header::columns(entity).join(", ")
    ))
}

/// The options of every import.
pub(crate) fn how(command: Command) -> Command {
    let flag = |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let command = command
        .arg(flag("update", "Update existing records; an empty cell clears the field"))
        .arg(flag("skip-existing", "Skip existing records").conflicts_with("update"))
        .arg(flag("prune", "Remove records that are not in the file; requires --update").requires("update"))
        .arg(
            Arg::new("allow-removals")
                .long("allow-removals")
                .value_name("N")
                .requires("update")
                .help("Allow the import to remove, retire or mark as missing up to N records"),
        )
        .arg(
            Arg::new("create")
                .long("create")
                .value_name("NOUN,…")
                .action(ArgAction::Append)
                .help("Create missing referenced records, for example os,owner")
                .add(complete::listed(complete::nouns)),
        )
        .arg(
            Arg::new("rejects")
                .long("rejects")
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .help("Write bad rows to FILE, with their faults in the last column"),
        )
        .arg(flag("skip-bad", "Skip bad rows and import the others"))
        .arg(
            Arg::new("delimiter")
                .long("delimiter")
                .value_name("CHAR")
                .help("Separator of cells (default: , ; or tab, detected)"),
        )
        .arg(
            Arg::new("encoding")
                .long("encoding")
                .value_name("NAME")
                .help("Encoding of the file, such as shift_jis or windows-1252"),
        );
    arguments::writes(command)
}

/// Reads the options of an import.
pub(crate) fn chosen(catalog: &Catalog, matches: &ArgMatches, layout: &LayoutOptions) -> Result<Options> {
    let create: Vec<String> = options(matches, "create")
        .iter()
        .flat_map(|list| list.split(','))
        .map(|noun| noun.trim().to_owned())
        .filter(|noun| !noun.is_empty())
        .collect();
    for noun in &create {
        let is_field = catalog.entities().any(|entity| entity.field(noun).is_some_and(|f| f.refers_to().is_some()));
        if !is_field {
            catalog.named(noun)?;
        }
    }
    Ok(Options {
        existing: match (switch(matches, "update"), switch(matches, "skip-existing")) {
            (true, _) => Existing::Update,
            (_, true) => Existing::Skip,
            _ => Existing::Refuse,
        },
        prune: match (switch(matches, "prune"), switch(matches, "retire")) {
            (true, _) => Prune::All,
            (_, true) => Prune::Retire,
            _ => Prune::Nothing,
        },
        allowed_removals: number(matches, "allow-removals")?
            .map(|number| usize::try_from(number).unwrap_or(usize::MAX)),
        run: None,
        planned_after: None,
        create,
        pairings: options(matches, "match").into_iter().map(Pairing::parse).collect::<Result<Vec<Pairing>>>()?,
        rejects: option(matches, "rejects").map(PathBuf::from),
        skip_bad: switch(matches, "skip-bad"),
        tolerance: Tolerance::Refuse,
        notation: notation(matches, layout)?,
    })
}

pub(crate) fn run(session: &Session, entity: &'static Entity, matches: &ArgMatches) -> Result<()> {
    // What a file holds is told in messages: not to somebody who may not import it.
    session.require(arguments::role(entity))?;
    let path = PathBuf::from(option(matches, "file").unwrap_or_default());
    let layout = LayoutOptions::of(entity, matches)?;
    let how = HowToRead { matches, layout, tables: Tables::One };
    let mut source = source(entity, &path, &how)?;
    let what = name(&path);
    let mut options = chosen(session.catalog(), matches, &how.layout)?;
    let selects = !source.mapping.conditions.is_empty();
    if selects && options.prune != Prune::Nothing {
        return Err(Error::usage(
            "--where cannot be combined with --prune, which removes records of the other rows too",
        )
        .help("omit one of them"));
    }
    if let Some(source) = option(matches, SOURCE) {
        let name = value::name::parse(source)?;
        // Rows that are left out may be of records that the source has.
        let incomplete = selects.then(|| "--where leaves rows out".to_owned());
        options.run = Some(SourceRun { name, kind: KIND, scope: String::new(), incomplete });
    }
    // Only a source marks as missing what it does not remove.
    if options.allowed_removals.is_some() && options.prune == Prune::Nothing && options.run.is_none() {
        return Err(Error::usage("--allow-removals requires --prune"));
    }
    let asked = if session.interactive { ask_columns::ask(session.catalog(), &mut source)? } else { 0 };
    let save = option(matches, "save-map").map(Path::new);
    save.map(|path| session.spare_inventory(path)).transpose()?;
    let mapping = source.mapping.clone();
    let loaded = load::load(session, &what, &[source], &options)?;
    let meanings = loaded.meanings.clone();
    tell(session, loaded)?;
    if asked > 0 && save.is_none() {
        session.say("pass --save-map FILE to keep the answers in a mapping file");
    }
    if let Some(path) = save {
        let written = how.layout.write(path, entity, &mapping, &meanings);
        written.map_err(|error| error.help("the rows are imported; pass --save-map again with --update --dry-run"))?;
        session.say(&format!("wrote the mapping to {}", shown::shown(&path.to_string_lossy())));
    }
    Ok(())
}

/// Options of the command line for the rows of a file.
pub(crate) struct HowToRead<'m> {
    pub matches: &'m ArgMatches,
    pub layout: LayoutOptions,
    pub tables: Tables,
}

impl HowToRead<'_> {
    fn reading(&self) -> Result<Reading<'_>> {
        reading(self.matches, &self.layout)
    }
}

/// Returns the name of a file in messages.
pub(crate) fn name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// Reads the options for files of text.
///
/// # Errors
/// An option is wrong.
pub(crate) fn reading<'l>(matches: &ArgMatches, layout: &'l LayoutOptions) -> Result<Reading<'l>> {
    let delimiter = layout.delimiter.as_deref().map(input::parse_delimiter).transpose()?;
    let rule = if layout.strict || switch(matches, "strict") { HeaderRule::Strict } else { HeaderRule::Spreadsheet };
    let line = match layout.header_row {
        Some(0) => {
            return Err(
                Error::usage("\"0\" is not the number of a row").help("pass --no-header for a file without a header")
            );
        }
        None if layout.no_header => Some(0),
        line => line,
    };
    Ok(Reading { delimiter, encoding: layout.encoding.as_deref(), header: Heading { line, rule } })
}

/// Reads the options for the notation of files.
fn notation(matches: &ArgMatches, layout: &LayoutOptions) -> Result<Option<Notation>> {
    let notation = Notation {
        decimal: layout.decimal.as_deref().map(Notation::decimal_mark).transpose()?,
        date_format: layout.date_format.clone(),
        empty_words: layout.null.clone(),
        is_foreign: false,
        counts_days: false,
    };
    Ok((!layout.strict && !switch(matches, "strict")).then_some(notation))
}

/// Options for files that another program or person laid out.
fn layout(command: Command) -> Command {
    let flag = |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let list = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).action(ArgAction::Append).help(help)
    };
    // Seldom needed: in the long help.
    let seldom = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).hide_short_help(true)
    };
    command
        .arg(list("map", "HEADING=FIELD,…", "Map columns, for example 'Nom=name,RAM=memory:MB,Notes=-' (repeatable)"))
        .arg(
            // The unit of lists, which a dry run prints, has the id "unit".
            list(UNIT_OF, "FIELD=UNIT", "Unit of numbers without one, for example memory=MiB (repeatable)")
                .long("unit"),
        )
        .arg(list("set", "FIELD=VALUE", "Set a field of all rows, for example pool=prod (repeatable)"))
        .arg(list("where", "TERM", "Import only rows with HEADING OP TEXT, for example 'Category=VM' (repeatable)"))
        .arg(
            Arg::new("sheet")
                .long("sheet")
                .value_name("NAME")
                .help("Sheet of a workbook or file of a zip (default: the one with rows)"),
        )
        .arg(
            seldom("map-file", "FILE", "Read the mapping of columns from a file of --save-map")
                .value_hint(ValueHint::FilePath),
        )
        .arg(
            seldom("save-map", "FILE", "Write the mapping that was used, with the other options, as TOML")
                .value_hint(ValueHint::FilePath),
        )
        .arg(flag("ignore-unknown", "Skip columns that are not fields"))
        .arg(
            seldom("header-row", "N", "Line of the header (default: first line that is not empty)")
                .conflicts_with("no-header"),
        )
        .arg(flag("no-header", "Read a file without header; columns are named 1, 2, …").hide_short_help(true))
        .arg(seldom("decimal", "MARK", "Decimal mark of numbers, . or ,"))
        .arg(seldom("date-format", "FORMAT", "Format of dates, for example %d/%m/%Y"))
        .arg(list("null", "WORD,…", "Words for empty cells (default: N/A, -, none, null, …)"))
        .arg(flag("strict", "Refuse cells that are not in the format of inv").conflicts_with_all([
            "decimal",
            "date-format",
            "null",
        ]))
}

/// Prints what a source has that the inventory does not take. What is lost is told even with `--quiet`.
pub(crate) fn tell_notes(session: &Session, notes: &[Note]) {
    for note in notes {
        let text = shown::shown(if session.verbose { &note.named } else { &note.text });
        if note.is_urgent() {
            session.warn(&text);
        } else {
            session.say(&text);
        }
    }
}

/// The rows of a file. What can be read but once, standard input or a pipe, is put aside first: nobody waits for its
/// end while the inventory is locked.
pub(crate) fn source(entity: &'static Entity, path: &Path, how: &HowToRead<'_>) -> Result<Source> {
    let sheet = how.layout.sheet.as_deref();
    match if path == Path::new("-") { Container::Text } else { workbook::container(path)? } {
        Container::Workbook => {
            refuse_options_of_text(path, how)?;
            sheet_source(entity, workbook::put_aside(path, sheet, |name| entity.is_called(name))?, how)
        }
        Container::Zip => zipped_source(entity, chosen_file(entity, path, sheet)?, how),
        Container::Text => {
            if sheet.is_some() {
                let message = format!("--sheet does not apply to \"{}\", which is not a workbook", path.display());
                return Err(Error::usage(message));
            }
            let name = name(path);
            let aside = once(path)?.map(|once| aside::put(once, &name, how.reading()?)).transpose()?;
            text_source(entity, path, name, aside, how)
        }
    }
}

/// Refuses options that a workbook has no use for.
pub(crate) fn refuse_options_of_text(path: &Path, how: &HowToRead<'_>) -> Result<()> {
    let of_text = [("delimiter", how.layout.delimiter.is_some()), ("encoding", how.layout.encoding.is_some())];
    match of_text.iter().find(|(_, is_passed)| *is_passed) {
        Some((name, _)) => {
            let path = path.display();
            let message = format!("--{name} does not apply to \"{path}\", which is a workbook");
            Err(Error::usage(message).help(format!("omit --{name}")))
        }
        None => Ok(()),
    }
}

/// The rows of a sheet.
pub(crate) fn sheet_source(entity: &'static Entity, text: SheetText, how: &HowToRead<'_>) -> Result<Source> {
    let header = how.reading()?.header;
    let open = Box::new(move || records(text.open(header)?, entity));
    new_source(entity, open, None, how)
}

/// The rows of a CSV file in an archive.
pub(crate) fn zipped_source(entity: &'static Entity, zipped: ZippedFile, how: &HowToRead<'_>) -> Result<Source> {
    let ZippedFile { name, file, .. } = zipped;
    text_source(entity, Path::new(&name), name.clone(), Some(file), how)
}

/// Chooses the file of an archive that is called `wanted`, or as the noun, or that is the only one.
fn chosen_file(entity: &'static Entity, path: &Path, wanted: Option<&str>) -> Result<ZippedFile> {
    let mut files = zipped::unpack(path)?;
    let is_wanted = |file: &ZippedFile| match wanted {
        Some(wanted) => column_key(&file.stem) == column_key(wanted.strip_suffix(".csv").unwrap_or(wanted)),
        None => entity.is_called(&file.stem),
    };
    let place = files.iter().position(is_wanted).or_else(|| (wanted.is_none() && files.len() == 1).then_some(0));
    if let Some(place) = place {
        return Ok(files.swap_remove(place));
    }
    let listed: Vec<String> = files.iter().map(|file| shown::quoted(&file.stem)).collect();
    let message = match wanted {
        Some(wanted) => format!("\"{}\" has no file {}", path.display(), shown::quoted(wanted)),
        None => format!("\"{}\" has several CSV files", path.display()),
    };
    Err(Error::usage(message).help(format!("pass --sheet with one of {}", listed.join(", "))))
}

/// The rows of a file of text, called `name` in messages, or of its copy.
fn text_source(
    entity: &'static Entity,
    path: &Path,
    name: String,
    copy: Option<NamedTempFile>,
    how: &HowToRead<'_>,
) -> Result<Source> {
    let Reading { delimiter, encoding, header } = how.reading()?;
    let encoding = encoding.map(str::to_owned);
    let path = path.to_owned();
    let size = copy.as_ref().map_or_else(|| std::fs::metadata(&path), |copy| copy.as_file().metadata());
    let bytes = size.ok().map(|data| data.len());
    let open = move || -> Result<Box<dyn Records>> {
        let reading = Reading { delimiter, encoding: encoding.as_deref(), header };
        let opened = match &copy {
            Some(copy) => aside::open(copy, &name, reading)?,
            None => input::open(&path, reading)?,
        };
        records(opened, entity)
    };
    new_source(entity, Box::new(open), bytes, how)
}

fn records(opened: Opened, entity: &'static Entity) -> Result<Box<dyn Records>> {
    match opened {
        Opened::Records(records) => Ok(records),
        Opened::Empty { name } => Err(input::nothing_in(&name, &header::columns(entity))),
    }
}

fn new_source(
    entity: &'static Entity,
    open: Box<dyn Fn() -> Result<Box<dyn Records>>>,
    bytes: Option<u64>,
    how: &HowToRead<'_>,
) -> Result<Source> {
    let (mapping, external_ids) = (how.layout.mapping(how.matches)?, external_ids(how.matches));
    // A file that cannot be read at all is told before the inventory is locked.
    open()?;
    Ok(Source { entity, open, existing: None, bytes, replaces: false, external_ids, mapping, tables: how.tables })
}

/// Returns where the ids of a source are, if the rows are of one.
fn external_ids(matches: &ArgMatches) -> ExternalIds {
    if option(matches, SOURCE).is_some() { ExternalIds::InColumn } else { ExternalIds::None }
}

/// Opens what stands at `path`, if it can only be read once.
fn once(path: &Path) -> Result<Option<Box<dyn Read + Send>>> {
    if path == Path::new("-") {
        return Ok(Some(Box::new(std::io::stdin())));
    }
    if std::fs::metadata(path).is_ok_and(|data| !data.is_file() && !data.is_dir()) {
        let opened = File::open(path).map_err(|error| file::cannot_open(&name(path), error))?;
        return Ok(Some(Box::new(opened)));
    }
    Ok(None)
}

/// Says what an import did.
pub(crate) fn tell(session: &Session, loaded: Loaded) -> Result<()> {
    let (losses, others): (Vec<Note>, Vec<Note>) = loaded.notes.into_iter().partition(Note::is_loss);
    tell_notes(session, &losses);
    for line in &loaded.bad {
        session.warn(line);
    }
    if loaded.bad_rows > 0 {
        session.warn(&format!("skipped {} with faults", rows(loaded.bad_rows)));
    }
    if let Some(path) = &loaded.rejects
        && (loaded.bad_rows > 0 || losses.iter().any(|note| note.kind == NoteKind::Row))
    {
        session.say(&format!("wrote the bad rows to {}", shown::shown(&path.to_string_lossy())));
    }
    let counted: Json = loaded.tallies.iter().map(|(entity, tally)| (key(entity), tally.json())).collect();
    let would = if session.dry_run { "would import " } else { "" };
    let nothing = |tally: &Tally| *tally == Tally::default();
    let all_empty = loaded.tallies.iter().all(|(_, tally)| nothing(tally));
    for (entity, tally) in loaded.tallies.iter().filter(|(_, tally)| all_empty || !nothing(tally)) {
        session.say(&format!("{would}{}", counts(entity, *tally)));
    }
    let duplicates: usize = loaded.tallies.iter().map(|(_, tally)| tally.duplicates).sum();
    if duplicates > 0 {
        session.say(&format!("{duplicates} of the addresses also belong to other VMs in the same VLAN"));
    }
    for (entity, gone) in &loaded.gone {
        if let [first, ..] = gone.as_slice() {
            let named: Vec<&str> = gone.iter().take(NAMED).map(String::as_str).collect();
            let rest = if gone.len() > NAMED { format!(" and {} more", gone.len() - NAMED) } else { String::new() };
            let named = if gone.len() == 1 { first.clone() } else { named.join(", ") };
            session.say(&format!(
                "no longer in the file: {}: {}{rest} (--prune removes them)",
                entity.counted(gone.len()),
                shown::shown(&named)
            ));
        }
    }
    tell_notes(session, &others);
    loaded.report.tell_with(session, &counted)?;
    loaded.refusal.map_or(Ok(()), Err)
}

/// Returns the key of a noun in JSON.
fn key(entity: &Entity) -> String {
    entity.noun.replace('-', "_")
}

/// Prints what an import would do, a line a noun.
pub(crate) fn summarize(session: &Session, loaded: &Loaded) {
    for (entity, tally) in loaded.tallies.iter().filter(|(_, tally)| tally.has_changes() || tally.conflicts > 0) {
        let missing = if tally.missing > 0 { format!(", {} missing", tally.missing) } else { String::new() };
        session.warn(&format!("would import {}{missing}", counts(entity, *tally)));
    }
}

fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

/// `795 vms: 12 new, 3 changed, 780 unchanged`
fn counts(entity: &Entity, tally: Tally) -> String {
    let parts = [
        (tally.created, "new"),
        (tally.changed, "changed"),
        (tally.moved, "moved"),
        (tally.renamed, "renamed"),
        (tally.unchanged, "unchanged"),
        (tally.skipped, "skipped"),
        (tally.removed, "removed"),
        (tally.adopted, "adopted"),
        (tally.replaced, "replaced"),
        (tally.conflicts, if tally.conflicts == 1 { "field held" } else { "fields held" }),
    ];
    let counts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let changed = tally.changed + tally.moved + tally.renamed;
    let all = tally.created + changed + tally.unchanged + tally.skipped;
    let counts = if counts.is_empty() { "no changes needed".to_owned() } else { counts.join(", ") };
    format!("{}: {counts}", entity.counted(all))
}
