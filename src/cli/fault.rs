//! A command line that is wrong, told as every other failure is; help and version, printed as asked for.

use crate::error::{Error, Result};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::io::Write;

/// What clap found: help and version are printed, anything else is a wrong usage.
pub(super) fn told(error: &clap::Error) -> Result<()> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => error.print().map_err(|error| Error::output(&error)),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let text = error.render().to_string();
            write!(std::io::stderr(), "{text}").map_err(|error| Error::output(&error))?;
            Err(Error::usage(""))
        }
        _ => Err(usage(error)),
    }
}

fn usage(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n");
    let sentence = paragraphs.next().unwrap_or_default();
    let sentence = sentence.strip_prefix("error: ").unwrap_or(sentence);
    let sentence: Vec<&str> = sentence.lines().map(str::trim).collect();
    let told = Error::usage(sentence.join(" ").replace('\'', "\""));
    let suggested = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    let suggestion = suggested.iter().find_map(|kind| match error.get(*kind) {
        Some(ContextValue::String(word)) => Some(word.clone()),
        Some(ContextValue::Strings(words)) if !words.is_empty() => Some(words.join(" or ")),
        _ => None,
    });
    let usage = text.lines().find_map(|line| line.strip_prefix("Usage: "));
    match (suggestion, usage) {
        (Some(word), _) => told.help(format!("did you mean {word}?")),
        (None, Some(usage)) => told.help(format!("usage is {usage}; --help tells more")),
        (None, None) => told.help("--help tells more"),
    }
}
