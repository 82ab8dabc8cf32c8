//! Context of every verb and command: the inventory, the options that all commands have, and the output.

mod answer;
mod command_line;
mod shared;

pub use answer::Answer;
pub(crate) use shared::SharedTransaction;

use crate::catalog::{Catalog, Entity};
use crate::error::{Error, Result};
use crate::output::amount::Amounts;
use crate::output::left_out::LeftOut;
use crate::output::row::{Column, Row};
use crate::output::template::Template;
use crate::output::{self, Cards, Layout, Style, pager, spool::Spool};
use crate::store::{Each, End, FileState, Moment, Origin, Patience, Query, Question, Reader, Store, Writer};
use crate::system::processes;
use crate::value::role::Role;
use crate::value::{shown, time};
use answer::List;
use clap::ArgMatches;
use command_line::{command_line, option};
use std::borrow::Cow;
use std::cell::Cell;
use std::env;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Make of an inventory: a catalog and the schema for it.
#[derive(Debug)]
pub struct Inventory {
    /// Description of its contents.
    pub catalog: Catalog,
    /// SQL that creates it.
    pub schema: Cow<'static, str>,
}

/// Schema of the data model.
pub const SCHEMA: &str = include_str!("../schema.sql");

impl Inventory {
    /// Returns the inventory of the data model.
    #[must_use]
    pub fn standard() -> Self {
        Self { catalog: Catalog::standard(), schema: SCHEMA.into() }
    }
}

/// The inventory that this process works on: clap builds subcommands by plain functions, which ask for it here.
static INVENTORY: OnceLock<&'static Inventory> = OnceLock::new();

/// Sets the inventory that this process works on; a second call has no effect.
pub(crate) fn work_on(inventory: &'static Inventory) {
    INVENTORY.get_or_init(|| inventory);
}

/// Returns the inventory that this process works on.
pub(crate) fn inventory() -> &'static Inventory {
    INVENTORY.get_or_init(|| Box::leak(Box::new(Inventory::standard())))
}

/// Use of colours in the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Color {
    Auto,
    Always,
    Never,
}

/// One run of a command.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub struct Session<'s> {
    /// Make of the inventory.
    pub inventory: &'static Inventory,
    /// Style from the command line or `INV_OUTPUT`, if any.
    pub style: Option<Style>,
    /// Template of [`Style::Template`].
    template: Option<Template>,
    /// True if only answers and failures are printed (`--quiet`).
    pub quiet: bool,
    /// True if a failure is printed with its chain of causes (`--verbose`).
    pub verbose: bool,
    /// True if questions may be asked: on a terminal, without `--no-input`.
    pub interactive: bool,
    /// True if a change is only previewed (`--dry-run`).
    pub dry_run: bool,
    /// Moment that answers show (default: the present).
    pub at: Option<Moment>,
    message: Option<String>,
    /// Command for the history (default: the command line of this process).
    command: Option<String>,
    database: PathBuf,
    color: Color,
    pager: bool,
    /// True if tables have exact quantities and times (`--exact`).
    exact: bool,
    /// Unit of the quantities in tables (`--unit`).
    unit: Option<String>,
    patience: Patience,
    warned: Cell<bool>,
    /// Open transaction that this command shares with others.
    shared: Option<SharedTransaction<'s>>,
    /// Number of the change that this run has made.
    change: Cell<Option<i64>>,
}

impl Session<'_> {
    /// Reads the options that all commands take, and those that many do, from a command line and the commands in it.
    /// `doing` returns the noun and verb, or the command, of a command line.
    ///
    /// # Errors
    /// An unknown style in `INV_OUTPUT`, a `--wait` that is no time, or no place for the inventory.
    pub fn new(
        inventory: &'static Inventory,
        matches: &ArgMatches,
        doing: fn(Vec<OsString>) -> Option<String>,
    ) -> Result<Self> {
        let flag = |name: &str| option::<bool>(matches, name).unwrap_or(false);
        let text = |name: &str| option::<String>(matches, name);
        let (style, template) = answer::style(
            text("output").or_else(|| set("INV_OUTPUT").map(|style| style.to_string_lossy().into_owned())),
        )?;
        let color = match text("color").as_deref() {
            Some("always") => Color::Always,
            Some("never") => Color::Never,
            _ => Color::Auto,
        };
        if color == Color::Never {
            // Questions are coloured by console, which knows of NO_COLOR alone.
            console::set_colors_enabled_stderr(false);
        }
        let quiet = flag("quiet");
        let usual = Patience::default();
        let time = text("wait").map_or(Ok(usual.time), |text| time::length(&text))?;
        Ok(Self {
            inventory,
            style,
            template,
            quiet,
            verbose: flag("verbose"),
            interactive: !flag("no-input") && std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
            // A plan is what a dry run prints.
            dry_run: flag("dry-run") || text("plan").is_some(),
            at: text("at").map(|text| Moment::parse(&text)).transpose()?,
            message: text("message").filter(|message| !message.trim().is_empty()),
            command: None,
            database: database(option::<OsString>(matches, "db"))?,
            color,
            pager: !flag("no-pager"),
            exact: flag("exact"),
            unit: text("unit"),
            patience: Patience { time, say: if quiet { usual.say } else { write_message }, doing },
            warned: Cell::new(false),
            shared: None,
            change: Cell::new(None),
        })
    }

    /// Returns the same run as a dry run.
    #[must_use]
    pub fn previewing(&self) -> Self {
        Self {
            dry_run: true,
            at: self.at.clone(),
            message: self.message.clone(),
            command: self.command.clone(),
            database: self.database.clone(),
            unit: self.unit.clone(),
            template: self.template.clone(),
            warned: Cell::new(true),
            change: Cell::new(None),
            ..*self
        }
    }

    /// Returns the inventory of this run.
    #[must_use]
    pub fn store(&self) -> Store<'static> {
        let Inventory { catalog, schema } = self.inventory;
        Store::new(self.database.clone(), catalog, schema).with(self.patience).ending_soon()
    }

    /// Returns the inventory of this run, for changes by the user of this run.
    #[must_use]
    pub fn store_to_change(&self) -> Store<'static> {
        self.store().by(self.origin())
    }

    /// Returns the catalog of the inventory.
    #[must_use]
    pub const fn catalog(&self) -> &'static Catalog {
        &self.inventory.catalog
    }

    /// Refuses to write to `path` where that is the inventory itself.
    ///
    /// # Errors
    /// It is.
    pub fn spare_inventory(&self, path: &Path) -> Result<()> {
        match (path.canonicalize(), self.database.canonicalize()) {
            (Ok(whole), Ok(inventory)) if whole == inventory => {
                let path = shown::quoted(&path.to_string_lossy());
                Err(Error::usage(format!("{path} is the inventory itself")).help("pass another output file"))
            }
            _ => Ok(()),
        }
    }

    /// Returns the path of the inventory file.
    #[must_use]
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// Prints a message that is not data, unless `--quiet`.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// Prints a message that is not data, also with `--quiet`.
    pub fn warn(&self, text: &str) {
        write_message(text);
    }

    /// Returns the layout of answers in `style`.
    fn layout(&self, style: Style, headers: bool, for_spreadsheet: bool) -> Layout {
        let terminal = std::io::stdout().is_terminal();
        let table = style == Style::Table;
        let (height, width) = if terminal { console::Term::stdout().size() } else { (0, 0) };
        // Other formats are not cut to the width; to them it only means that the output is a terminal.
        let width = terminal.then_some(usize::from(width)).filter(|width| *width > 0 || !table);
        let is_paged = table && headers && pager::is_used(self.pager);
        // A pager's own line is at the bottom of the screen.
        let page = usize::from(height).checked_sub(1).filter(|page| is_paged && *page > 2);
        Layout {
            width,
            color: table && self.colored(terminal),
            headers,
            for_spreadsheet,
            local_time: terminal && table,
            amounts: if self.exact { Amounts::Exact } else { Amounts::Rounded },
            page,
            template: self.template.clone(),
        }
    }

    /// Returns the layout of answers in `style`, with the unit of `--unit`.
    ///
    /// # Errors
    /// There is no such unit, or `style` is no table: other formats have exact quantities. Or it is a workbook, on a
    /// terminal.
    fn layout_in_unit(&self, style: Style, headers: bool, for_spreadsheet: bool) -> Result<Layout> {
        if style == Style::Xlsx && std::io::stdout().is_terminal() {
            return Err(Error::usage("a workbook cannot be shown on a terminal")
                .help("write it to a file: pass > FILE.xlsx, or use inv NOUN export FILE.xlsx"));
        }
        let layout = self.layout(style, headers, for_spreadsheet);
        let Some(unit) = &self.unit else { return Ok(layout) };
        if style != Style::Table {
            return Err(Error::usage(format!("--unit requires a table, not {}", style.name()))
                .help("omit --unit: other formats have exact quantities, and -c memory.bytes shows bytes"));
        }
        let amounts = self.read(|reader| {
            let units = reader.units()?;
            let unit = units.find(unit)?;
            Ok(Amounts::In { unit: unit.name.clone(), bytes: unit.bytes })
        })?;
        Ok(Layout { amounts, ..layout })
    }

    /// Returns the width of the terminal in columns; `None` if answers go elsewhere or are in another style.
    #[must_use]
    pub fn terminal_width(&self) -> Option<usize> {
        self.layout(self.style.unwrap_or(Style::Table), true, false).width
    }

    /// Tests if tables are coloured.
    #[must_use]
    pub fn colors(&self) -> bool {
        self.layout(Style::Table, true, false).color
    }

    fn colored(&self, terminal: bool) -> bool {
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
            Color::Auto if set("FORCE_COLOR") => true,
            Color::Auto => terminal && env::var_os("TERM").is_none_or(|term| term != "dumb"),
        }
    }

    /// Answers with columns and rows. `produce` gets a function that writes a row.
    ///
    /// # Errors
    /// Those of `produce`; the output cannot be written.
    pub fn answer(
        &self,
        options: Answer,
        columns: &[Column],
        produce: impl FnOnce(&mut dyn FnMut(&Row) -> Result<()>) -> Result<()>,
    ) -> Result<()> {
        self.to_list(options, columns, |list| produce(&mut |row| list.write(|sheet| sheet.row(row))))
    }

    /// Writes a list with `write`, and ends it.
    fn to_list(
        &self,
        options: Answer,
        columns: &[Column],
        write: impl FnOnce(&mut List<'_>) -> Result<()>,
    ) -> Result<()> {
        let style = self.style.unwrap_or(options.otherwise);
        let layout = self.layout_in_unit(style, options.headers, options.for_spreadsheet)?;
        let mut left_out = LeftOut::default();
        let answered = self.to_output(style, |out| {
            let mut list = List::new(output::sheet(style, layout, out), columns);
            let written = write(&mut list).and_then(|()| list.write(|sheet| sheet.end()));
            left_out = list.left_out();
            written
        });
        self.say_left_out(&left_out);
        answered
    }

    /// Names the columns that a table left out.
    fn say_left_out(&self, left_out: &LeftOut) {
        left_out.sentences(self.verbose).iter().for_each(|sentence| self.say(sentence));
    }

    /// Answers with the list of `query`. The lock on the inventory is released as in [`Self::answer_reading`].
    ///
    /// # Errors
    /// Those of `query` and of the file; the output cannot be written.
    pub fn answer_list(
        &self,
        options: Answer,
        columns: &[Column],
        query: impl FnOnce(&Reader<'_>) -> Result<Query>,
    ) -> Result<()> {
        self.to_list(options, columns, |list| {
            self.read(|reader| {
                reader.select(&query(reader)?, |row| list.write(|sheet| sheet.row(row)).map(ControlFlow::Continue))
            })
        })
    }

    /// Answers with columns and rows that `produce` reads from the inventory. The lock on the inventory is released
    /// before the last row is written, so that a slow reader of the output does not block writers.
    ///
    /// # Errors
    /// Those of `produce`; the output cannot be written.
    pub fn answer_reading(
        &self,
        options: Answer,
        columns: &[Column],
        produce: impl FnOnce(&Reader<'_>, &mut dyn FnMut(&Row) -> Result<()>) -> Result<()>,
    ) -> Result<()> {
        self.answer(options, columns, |row| self.read(|reader| produce(reader, row)))
    }

    /// Answers with records in full.
    ///
    /// # Errors
    /// Those of `produce`; the output cannot be written.
    pub fn answer_cards(&self, many: bool, produce: impl FnOnce(&mut dyn Cards) -> Result<()>) -> Result<()> {
        let style = self.style.unwrap_or(Style::Table);
        let layout = self.layout_in_unit(style, true, false)?;
        let mut left_out = LeftOut::default();
        let answered = self.to_output(style, |out| {
            let mut cards = output::cards(style, layout, many, out);
            let written = produce(cards.as_mut()).and_then(|()| cards.end().map_err(Error::output));
            left_out = cards.left_out();
            written
        });
        self.say_left_out(&left_out);
        answered
    }

    /// Returns records in full as JSON, for an answer after the commit.
    ///
    /// # Errors
    /// Those of `produce`.
    pub fn cards(&self, style: Style, produce: impl FnOnce(&mut dyn Cards) -> Result<()>) -> Result<String> {
        let mut text = Vec::new();
        let mut cards = output::cards(style, self.layout(style, true, false), false, &mut text);
        produce(cards.as_mut())?;
        cards.end().map_err(Error::output)?;
        drop(cards);
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Runs `write` on standard output, through the pager for tables on a terminal. A spool buffers the rest for a
    /// slow reader, so that the lock is released.
    fn to_output(&self, style: Style, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        if let Some(shared) = &self.shared {
            return shared.print(write);
        }
        style.check_destination()?;
        let paged = self.pager && style == Style::Table;
        let mut spool = Spool::new(pager::open(paged));
        let written = write(&mut spool);
        let finished = spool.finish().map_err(Error::output);
        written.and(finished)
    }

    /// Opens the inventory for reading, and warns if others can read it.
    ///
    /// # Errors
    /// Those of `read` and of the file.
    pub fn read<T>(&self, read: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        if let Some(shared) = &self.shared {
            return shared.read(read);
        }
        self.warn_of_the_file();
        match &self.at {
            Some(moment) => self.store().read_at(moment, read),
            None => self.store().read(read),
        }
    }

    /// Asks the inventory a question in SQL, and warns if others can read it.
    ///
    /// # Errors
    /// As [`Store::ask`].
    pub fn ask<T>(
        &self,
        question: &Question<'_>,
        answer: impl FnOnce(&[Column], &mut dyn FnMut(&mut Each<'_>) -> Result<()>) -> Result<T>,
    ) -> Result<T> {
        self.warn_of_the_file();
        self.store().ask(question, answer)
    }

    /// Runs `write` in one transaction, which is rolled back in a dry run.
    ///
    /// # Errors
    /// Those of `write` and of the file.
    pub fn write<T>(&self, mut write: impl FnMut(&mut Writer<'_>) -> Result<T>) -> Result<T> {
        if let Some(shared) = &self.shared {
            return shared.write(write);
        }
        self.warn_of_the_file();
        let (value, change) =
            self.store_to_change().write(self.end(), |writer| Ok((write(writer)?, writer.change_id())))?;
        self.change.set(change.filter(|_| !self.dry_run));
        Ok(value)
    }

    /// Returns the number of the change that [`Self::write`] has made; `None` if nothing changed, or in a dry run.
    #[must_use]
    pub fn change(&self) -> Option<i64> {
        self.change.get()
    }

    /// Sets the password hash of the login user who is signed in.
    ///
    /// # Errors
    /// Nobody is signed in, or the file cannot be written.
    pub fn change_own_password(&self, hash: &str) -> Result<()> {
        self.store_to_change().change_own_password(self.end(), hash)
    }

    /// Returns the end of this run's transaction: a dry run rolls back.
    const fn end(&self) -> End {
        if self.dry_run { End::RollBack } else { End::Commit }
    }

    /// Verifies that the user has `role`, before any prompt or input.
    ///
    /// # Errors
    /// The user does not have the role, or the file cannot be read.
    pub fn require(&self, role: Role) -> Result<()> {
        self.store().signed_in(role).map(drop)
    }

    /// Returns the author of this run's changes for the history.
    fn origin(&self) -> Origin {
        Origin {
            // The store knows it, once it has let somebody in.
            login_user: None,
            os_user: Some(self.store().os_user().name),
            host: processes::host_name(),
            command: self.command.clone().unwrap_or_else(|| command_line(env::args_os())),
            message: self.message.clone(),
        }
    }

    /// Warns once about the mode and the links of the inventory's file.
    fn warn_of_the_file(&self) {
        let FileState { open_to_others, many_names } = FileState::of(&self.database);
        if (open_to_others || many_names) && !self.warned.replace(true) {
            let path = shown::shown(&self.database.to_string_lossy()).into_owned();
            if open_to_others {
                self.say(&format!("warning: other users can read {path}; run `chmod 600` to restrict access"));
            }
            if many_names {
                self.say(&format!(
                    "warning: {path} has other hard links; writes are refused until the links are removed"
                ));
            }
        }
    }

    /// Returns the noun that `text` names.
    ///
    /// # Errors
    /// There is none.
    pub fn noun(&self, text: &str) -> Result<&'static Entity> {
        self.catalog().named(text)
    }
}

/// Writes a message to standard error.
fn write_message(text: &str) {
    for line in text.split('\n') {
        // If standard error is closed, nobody can see the failure.
        let _ = writeln!(std::io::stderr(), "{}", shown::shown(line));
    }
}

/// Tests if this process acts for another user through `sudo`, with the rights of a service account.
pub(crate) fn serves_another() -> bool {
    let own = processes::user_id();
    let behind = env::var("SUDO_UID").ok().and_then(|uid| uid.parse::<u32>().ok());
    own != 0 && behind.is_some_and(|uid| uid != own)
}

/// Returns the path of the inventory: `--db`, else `INV_DB`, else `$XDG_DATA_HOME/inv/inv.db`.
pub(crate) fn database(option: Option<OsString>) -> Result<PathBuf> {
    if option.as_ref().is_some_and(|path| path.is_empty()) {
        return Err(Error::usage("--db requires a file name").help("omit --db, or pass the inventory file"));
    }
    if let Some(path) = option.or_else(|| set("INV_DB")) {
        return Ok(path.into());
    }
    // The XDG base directory specification ignores relative paths, so that the inventory does not depend on the current
    // folder. The same applies to HOME.
    let folder = |name: &str| set(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = folder("XDG_DATA_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/share")));
    data.map(|data| data.join("inv/inv.db")).ok_or_else(|| {
        Error::usage("cannot find the inventory: neither HOME nor XDG_DATA_HOME is an absolute path")
            .help("pass --db FILE or set INV_DB")
    })
}

/// Returns a variable of the environment, unless it is empty.
fn set(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
