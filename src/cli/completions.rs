//! `inv completions SHELL`: the script that teaches a shell to complete, names from the inventory included.

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

/// The variable by which a shell asks for candidates.
pub(crate) const ASKED_BY: &str = "COMPLETE";

fn arguments(command: Command) -> Command {
    command
        .arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .help("Which shell: bash, zsh, fish, powershell or elvish"),
        )
        .after_help(
            "bash:  inv completions bash > ~/.local/share/bash-completion/completions/inv\n\
             zsh:   inv completions zsh > a folder of $fpath, as _inv\n\
             fish:  inv completions fish > ~/.config/fish/completions/inv.fish",
        )
}

/// The failure of a completion that the variable asked for: without it, whoever has one of that name in the environment
/// for another program would find every command ending without a word.
pub(crate) fn not_completed(shell: &OsStr) -> Error {
    let shell = shell.to_string_lossy();
    let told = format!("{ASKED_BY}={} asks for completions that cannot be given", shown::quoted(&shell));
    let names: Vec<&str> = SHELLS.names().collect();
    Error::usage(told).help(format!("unset it to run commands; the shells are {}", names.join(", ")))
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let name = matches.get_one::<String>("shell").map(String::as_str).unwrap_or_default();
    let Some(shell) = SHELLS.completer(name) else {
        let names: Vec<&str> = SHELLS.names().collect();
        return Err(Error::usage(format!("no completions for the shell {}", shown::quoted(name)))
            .help(format!("the shells are {}", names.join(", "))));
    };
    let mut script = Vec::new();
    shell.write_registration(ASKED_BY, "inv", "inv", "inv", &mut script).map_err(Error::output)?;
    session.answer_text(&String::from_utf8_lossy(&script))
}
