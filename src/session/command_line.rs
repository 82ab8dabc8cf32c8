//! The command line as the history has it.

use std::ffi::OsString;

/// Largest length of a command line in the history, in bytes.
const LONGEST_COMMAND: usize = 2000;

/// Returns the command line quoted for a shell, without its message, which the history has in a column of its own.
///
/// No option takes a secret; should one look as if it did, its value is left out all the same.
pub(super) fn command_line(arguments: impl Iterator<Item = OsString>) -> String {
    let mut line = String::from("inv");
    let mut hidden = false;
    for argument in arguments.skip(1) {
        let argument = argument.to_string_lossy();
        let secret = ["--password", "--secret", "--token"].iter().any(|name| argument.starts_with(name));
        line.push(' ');
        if hidden {
            line.push('…');
        } else if let Some((name, _)) = argument.split_once('=').filter(|_| secret) {
            line.push_str(name);
            line.push_str("=…");
        } else {
            line.push_str(&quoted_for_shell(&argument));
        }
        hidden = secret && argument != "--password-stdin" && argument != "--password" && !argument.contains('=');
        if line.len() > LONGEST_COMMAND {
            let end = (0..=LONGEST_COMMAND).rev().find(|end| line.is_char_boundary(*end)).unwrap_or_default();
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
}

/// Returns an argument quoted for a shell.
fn quoted_for_shell(argument: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=+./:@%,~".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}
