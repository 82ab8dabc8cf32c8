//! The command tree: catalog × verbs, and the bespoke commands grafted onto it, built only as deep as a command line
//! needs.
//!
//! The global options are added to each command as it is built. Were they global to clap, it would copy them into all
//! commands of a level, most of which a command line never names.

mod batch;
mod completions;
mod fault;
mod layout;
mod leading;
mod man;
mod pages;
mod reference;
pub(crate) mod shells;
mod version;

pub(crate) use completions::{ASKED_BY, not_completed};
pub(crate) use fault::{ErrorFormat, error_format};

use crate::catalog::Entity;
use crate::command::{self, Graft};
use crate::error::{Error, Result};
use crate::output::Style;
use crate::session::{Session, inventory};
use crate::verb::{VERBS, Verb, complete};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use layout::laid_out;
use std::ffi::OsString;

/// The commands about the command tree itself, and the one that runs others.
static PAGES: &[Graft] = &[batch::GRAFT, completions::GRAFT, man::GRAFT, reference::GRAFT];

/// The first commands of a new user.
const BEGINNING: &str = "Begin with: inv init, then inv import --from rvtools FILE.xlsx; see inv vm -h";

/// Every command that is grafted onto the tree.
fn grafts() -> impl Iterator<Item = &'static Graft> {
    command::GRAFTS.iter().chain(PAGES)
}

/// Returns the whole tree. Subcommands are added when clap needs them.
pub(crate) fn tree() -> Command {
    tree_of(|_| true)
}

/// Returns the tree with the nouns and commands for which `is_named` is true of a name or an alias.
fn tree_of(is_named: impl Fn(&str) -> bool) -> Command {
    let root = Command::new("inv")
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(true)
        .about("The inventory of record for virtual-machine estates, kept in one file")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand_value_name("NOUN|COMMAND")
        .subcommand_help_heading("Nouns and commands")
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        // Without a blank line before the usage, the short help fits two screens of 24 lines.
        .help_template("{about-with-newline}{usage-heading} {usage}\n\n{all-args}{after-help}")
        .after_help(format!("{}\n\n{BEGINNING}", layout::paragraph(&globals())))
        .after_long_help(BEGINNING)
        .args(globals());
    let is_wanted = |entity: &&Entity| is_named(entity.noun) || entity.aliases.iter().any(|alias| is_named(alias));
    let nouns = inventory().catalog.nouns().filter(is_wanted).map(|entity| {
        Command::new(entity.noun)
            .about(entity.about)
            .visible_aliases(entity.aliases.iter().copied())
            .display_name(format!("inv-{}", entity.noun))
            .defer(noun)
    });
    laid_out(root.subcommands(nouns).subcommands(stubs(None).filter(|command| is_named(command.get_name()))))
}

/// Returns the bespoke commands of a noun, or those without a noun. Their arguments are added when clap needs them.
fn stubs(under: Option<&str>) -> impl Iterator<Item = Command> {
    grafts().filter(move |graft| graft.under == under).map(|graft| graft.stub().defer(self::graft))
}

/// Options of every command. If several commands of a command line have the same option, the deepest decides.
fn globals() -> Vec<Arg> {
    let switch =
        |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let args = vec![
        Arg::new("db")
            .long("db")
            .value_name("FILE")
            .value_parser(value_parser!(OsString))
            .value_hint(ValueHint::FilePath)
            .help("Inventory file (default: INV_DB, else inv/inv.db in the user's data folder)"),
        Arg::new("output")
            .short('o')
            .long("output")
            .value_name("FORMAT")
            .help(format!("Output format: {} (default: INV_OUTPUT, else table)", Style::NAMES.join(", ")))
            .add(complete::words(&Style::NAMES)),
        Arg::new("color")
            .long("color")
            .value_name("WHEN")
            .value_parser(["auto", "always", "never"])
            .hide_possible_values(true)
            .help("Use colour: auto, always, never (default: auto)"),
        switch("quiet", "Print only results and errors").short('q'),
        switch("verbose", "Print more details").short('v'),
        switch("no-input", "Never prompt"),
        switch("no-pager", "Disable the pager for long tables"),
        Arg::new("wait")
            .long("wait")
            .value_name("TIME")
            .help("Wait for an inventory locked by another program, such as 0, 5m (default: 30s)"),
        Arg::new("version")
            .short('V')
            .long("version")
            .action(ArgAction::Version)
            .help("Print version; with -v, details of the build"),
        Arg::new("help")
            .short('h')
            .long("help")
            .action(ArgAction::Help)
            .help("Print help: -h one line for each option, --help in full"),
    ];
    args.into_iter().map(|arg| arg.help_heading(layout::GLOBAL).hide_short_help(true)).collect()
}

/// Adds the global options to a command below the root, whose help has them in one paragraph.
fn with_globals(command: Command) -> Command {
    let globals = globals();
    let paragraph = layout::paragraph(&globals);
    command
        .help_template(format!(
            "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{{all-args}}{{after-help}}\n\n{paragraph}"
        ))
        .args(globals.into_iter().map(|arg| arg.hide_long_help(true)))
}

/// Adds the verbs of a noun.
fn noun(command: Command) -> Command {
    let Some(entity) = entity_of(&command) else { return command };
    let name = command.get_name().to_owned();
    let verbs = VERBS.iter().filter(|verb| verb.suits(entity)).map(|verb| {
        let about = verb.about(&inventory().catalog, entity);
        let stub = Command::new(verb.name).about(about).display_name(format!("inv-{name}-{}", verb.name));
        verb.alias.into_iter().fold(stub, Command::visible_alias).defer(self::verb)
    });
    let command = with_globals(command)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand_value_name("VERB")
        .subcommand_help_heading("Verbs")
        .disable_help_subcommand(true)
        .subcommands(verbs)
        .subcommands(stubs(Some(entity.noun)));
    laid_out(command)
}

/// Adds the arguments of a verb of a noun.
fn verb(command: Command) -> Command {
    let Some(entity) = entity_of(&command) else { return command };
    match VERBS.iter().find(|verb| verb.name == command.get_name()) {
        Some(verb) => {
            let command =
                (verb.arguments)(&inventory().catalog, entity, command.about(verb.about(&inventory().catalog, entity)));
            laid_out(with_globals(with_examples(entity, verb, command)))
        }
        None => command,
    }
}

/// Adds the arguments of a bespoke command.
fn graft(command: Command) -> Command {
    let graft = command.get_display_name().and_then(|name| grafts().find(|graft| graft.display_name() == name));
    match graft {
        Some(graft) => {
            let command = (graft.arguments)(command.about(graft.about));
            laid_out(with_globals(command).mut_subcommands(|below| laid_out(with_globals(below))))
        }
        None => command,
    }
}

/// Adds the examples of a verb to its help.
fn with_examples(entity: &Entity, verb: &Verb, command: Command) -> Command {
    let begin = format!("inv {} {} ", entity.noun, verb.name);
    let lines: Vec<String> =
        entity.examples.iter().filter(|line| line.starts_with(&begin)).map(|line| format!("\n  {line}")).collect();
    if lines.is_empty() {
        return command;
    }
    let before = command.get_after_help().map(|text| format!("{text}\n\n")).unwrap_or_default();
    command.after_help(format!("{before}Examples:{}", lines.concat()))
}

/// Returns the noun of a command, from its display name (`inv-vm-list`).
fn entity_of(command: &Command) -> Option<&'static Entity> {
    let display = command.get_display_name()?.strip_prefix("inv-")?;
    let noun = match VERBS.iter().find(|verb| verb.name == command.get_name()) {
        Some(verb) => display.strip_suffix(verb.name)?.strip_suffix('-').unwrap_or(display),
        None => display,
    };
    inventory().catalog.get(noun)
}

/// Parses a command line and runs it.
pub(crate) fn run(arguments: Vec<OsString>) -> Result<()> {
    let arguments = with_help(arguments);
    let matches = match parsed(arguments.clone()) {
        Ok(matches) => matches,
        Err(error) => return fault::report(&error, &arguments),
    };
    let session = Session::new(inventory(), &matches, doing)?;
    let outcome = dispatch(&session, &matches);
    if session.verbose { outcome } else { outcome.map_err(Error::without_causes) }
}

/// Returns `inv vm add --help` for `inv help vm add` and `inv vm help add`.
fn with_help(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if !arguments.iter().any(|word| word == "help") {
        return arguments;
    }
    let names_noun = |word: &OsString| word.to_str().is_some_and(|word| inventory().catalog.named(word).is_ok());
    let place = if arguments.get(1).is_some_and(names_noun) { 2 } else { 1 };
    if arguments.get(place).is_some_and(|word| word == "help") {
        arguments.remove(place);
        arguments.push("--help".into());
    }
    arguments
}

/// Runs the command or the verb that a command line names.
fn dispatch(session: &Session<'_>, matches: &ArgMatches) -> Result<()> {
    let Some((name, below)) = matches.subcommand() else { return Err(Error::usage("no command specified")) };
    if let Some(graft) = grafts().find(|graft| graft.under.is_none() && graft.name == name) {
        return (graft.run)(session, below);
    }
    let entity = inventory().catalog.named(name)?;
    let Some((name, below)) = below.subcommand() else { return Err(Error::usage("no verb specified")) };
    if let Some(graft) = grafts().find(|graft| graft.under == Some(entity.noun) && graft.name == name) {
        return (graft.run)(session, below);
    }
    match VERBS.iter().find(|verb| verb.name == name) {
        Some(Verb { run, .. }) => run(session, entity, below),
        None => Err(Error::usage(format!("unknown verb {name} for {}", entity.noun))),
    }
}

/// Parses a command line with the nouns and commands that an argument names. Help and errors list all commands, so they
/// need the whole tree.
fn parsed(arguments: Vec<OsString>) -> Result<ArgMatches, clap::Error> {
    let arguments = leading::moved_behind(arguments);
    let is_argument = |name: &str| arguments.iter().any(|argument| argument == name);
    if !["-h", "--help", "-V", "--version"].into_iter().any(is_argument) {
        let mut partial = tree_of(is_argument);
        if let Ok(matches) = partial.try_get_matches_from_mut(&arguments) {
            return Ok(matches);
        }
    }
    tree().try_get_matches_from(arguments)
}

/// Returns the noun and verb, or the command, of a command line of `inv`, without arguments.
fn doing(arguments: Vec<OsString>) -> Option<String> {
    let matches = parsed(arguments).ok()?;
    let mut words = Vec::new();
    let mut at = &matches;
    while let Some((name, below)) = at.subcommand() {
        words.push(name);
        at = below;
    }
    (!words.is_empty()).then(|| words.join(" "))
}
