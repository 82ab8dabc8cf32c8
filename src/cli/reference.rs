//! `inv reference`: the command reference in `docs/` as Markdown, from the same tree as help.

use crate::command::Graft;
use crate::error::Result;
use crate::session::Session;
use clap::{ArgMatches, Command};
use std::fmt::Write;

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "reference",
    about: "Print the command reference as Markdown",
    hidden: true,
    arguments: std::convert::identity,
    run,
};

fn run(session: &Session, _: &ArgMatches) -> Result<()> {
    let mut tree = super::tree().term_width(100);
    tree.build();
    let mut text = String::from(
        "# Command reference\n\nThis page is printed by `inv reference`, and a test compares it with the binary.\n",
    );
    section(&tree, &mut text);
    session.answer_text(&text)
}

fn section(command: &Command, text: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let help = command.clone().term_width(100).render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    // Writing to a String cannot fail.
    let _ = write!(text, "\n## `{name}`\n\n```text\n{}\n```\n", help.join("\n").trim_end());
    for below in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        section(below, text);
    }
}
