//! `inv reference`: the command reference in `docs/reference/` as Markdown, from the same tree as help.

use super::pages::{self, Page};
use crate::command::Graft;
use crate::error::Result;
use crate::session::Session;
use clap::{ArgMatches, Command};
use std::fmt::Write;

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "reference",
    about: "Print the command reference as Markdown, or write it to a folder as pages",
    hidden: true,
    arguments,
    run,
};

/// File of the commands that belong to no noun.
const COMMANDS: &str = "commands.md";
/// Width of help, in columns.
const WIDTH: usize = 100;

fn arguments(command: Command) -> Command {
    command.arg(pages::argument().help("Folder for a page of each noun (default: print all on standard output)"))
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let mut tree = super::tree().term_width(WIDTH);
    tree.build();
    let Some(folder) = pages::folder(matches) else {
        let mut text = String::from("# Command reference\n\nThis page is printed by `inv reference`.\n");
        section(&tree, "##", &mut text);
        return session.answer_text(&text);
    };
    let written = pages(&tree);
    pages::write(&written, folder, "the command reference")?;
    session.say(&format!("wrote {} pages; begin with {}/README.md", written.len(), folder.display()));
    Ok(())
}

/// Returns a page for each noun, one for the other commands, and `README.md` with links to all of them.
fn pages(tree: &Command) -> Vec<Page> {
    let (nouns, others): (Vec<&Command>, Vec<&Command>) =
        below(tree).partition(|command| super::entity_of(command).is_some());
    let mut index = format!(
        "# Command reference\n\n\
         These pages show `inv COMMAND --help` for every command. `inv reference DIR` writes them.\n\n\
         ## Nouns\n\n{}\n## Commands\n\n{}\n## Global options\n\n",
        nouns.iter().map(|noun| entry(noun, &format!("{}.md", noun.get_name()))).collect::<String>(),
        others.iter().map(|other| entry(other, &format!("{COMMANDS}#inv-{}", other.get_name()))).collect::<String>(),
    );
    let options = tree.clone().help_template("{options}").mut_args(|arg| arg.help_heading(None));
    block(&options, &mut index);
    let mut commands = String::from("# Commands without a noun\n");
    for other in others {
        section(other, "##", &mut commands);
    }
    let of_nouns = nouns.into_iter().map(|noun| (format!("{}.md", noun.get_name()), page(noun)));
    let pages = [("README.md".to_owned(), index), (COMMANDS.to_owned(), commands)].into_iter().chain(of_nouns);
    pages.map(|(file, text)| Page { file, text: text.into_bytes() }).collect()
}

/// Returns the line of a command in the index.
fn entry(command: &Command, link: &str) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    format!("- [`{}`]({link}): {about}\n", command.get_name())
}

/// Returns the page of a noun.
fn page(noun: &Command) -> String {
    let mut text = format!("# `{}`\n\n", name(noun));
    block(noun, &mut text);
    for verb in below(noun) {
        section(verb, "##", &mut text);
    }
    text
}

/// Adds the help of a command and its subcommands, each under a heading that begins with `mark`.
fn section(command: &Command, mark: &str, text: &mut String) {
    // Writing to a String cannot fail.
    let _ = write!(text, "\n{mark} `{}`\n\n", name(command));
    block(command, text);
    for below in below(command) {
        section(below, mark, text);
    }
}

/// Adds the help of a command as a block.
fn block(command: &Command, text: &mut String) {
    let help = command.clone().term_width(WIDTH).render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(text, "```text\n{}\n```\n", help.join("\n").trim_end());
}

/// Returns the subcommands that help lists.
fn below(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|command| !command.is_hide_set())
}

fn name(command: &Command) -> &str {
    command.get_bin_name().unwrap_or(command.get_name())
}
