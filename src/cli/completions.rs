//! `inv completions SHELL`: the script with which a shell completes commands, options and names of the inventory.

use super::shells::SHELLS;
use crate::command::Graft;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::value::shown;
use clap::{Arg, ArgMatches, Command};
use std::ffi::OsStr;

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "completions",
    about: "Print the completion script of a shell",
    hidden: false,
    arguments,
    run,
};

/// Environment variable that asks for completions.
pub(crate) const ASKED_BY: &str = "COMPLETE";

fn arguments(command: Command) -> Command {
    command
        .arg(Arg::new("shell").value_name("SHELL").required(true).help("Shell: bash, zsh, fish, powershell, elvish"))
        .after_help(
            "bash:  inv completions bash > ~/.local/share/bash-completion/completions/inv\n\
             zsh:   inv completions zsh > a folder of $fpath, as _inv\n\
             fish:  inv completions fish > ~/.config/fish/completions/inv.fish",
        )
}

/// Returns the error for a completion that failed. A variable of that name may be set for another program, and without
/// an error every command would end silently.
pub(crate) fn not_completed(shell: &OsStr) -> Error {
    let shell = shell.to_string_lossy();
    let message = format!("no completions for {ASKED_BY}={}", shown::quoted(&shell));
    let names: Vec<&str> = SHELLS.names().collect();
    Error::usage(message).help(format!("unset it to run commands; shells: {}", names.join(", ")))
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let name = matches.get_one::<String>("shell").map(String::as_str).unwrap_or_default();
    let Some(shell) = SHELLS.completer(name) else {
        let names: Vec<&str> = SHELLS.names().collect();
        return Err(Error::usage(format!("no completions for shell {}", shown::quoted(name)))
            .help(format!("shells: {}", names.join(", "))));
    };
    let mut script = Vec::new();
    shell.write_registration(ASKED_BY, "inv", "inv", "inv", &mut script).map_err(Error::output)?;
    session.answer_text(&String::from_utf8_lossy(&script))
}
