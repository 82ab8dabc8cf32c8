//! Completion in bash, zsh, fish, PowerShell and elvish: reading the typed words and quoting the candidates.
//!
//! A shell passes words as they were typed, with quotes and backslashes, so `we\ b` is unquoted before names are looked
//! up. The scripts of zsh and fish quote candidates themselves. Bash inserts them unchanged and replaces only the text
//! after its last word break (`host:por` is two words in bash), so for bash the whole line is parsed here, and
//! candidates are quoted and shortened here.

use super::{complete, leading};
use clap::Command;
use clap_complete::engine;
use clap_complete::env::{Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};
use std::ffi::OsString;
use std::io::{Result, Write};
use std::path::Path;

/// Shells with completion.
pub(crate) const SHELLS: Shells<'static> = Shells(&[
    &Bash,
    &AsTyped { shell: &Zsh },
    &AsTyped { shell: &Fish },
    &AsTyped { shell: &Powershell },
    &AsTyped { shell: &Elvish },
]);

/// Script for bash. It passes the line up to the cursor.
const BASH: &str = r#"_inv() {
    local IFS=$'\n'
    COMPREPLY=($(COMPLETE=bash _INV_BREAKS="$COMP_WORDBREAKS" inv -- "${COMP_LINE:0:COMP_POINT}" 2>/dev/null))
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]]; then
        compopt -o nospace
    fi
}
if [[ ${BASH_VERSINFO[0]} -gt 4 || (${BASH_VERSINFO[0]} -eq 4 && ${BASH_VERSINFO[1]} -ge 4) ]]; then
    complete -o nosort -F _inv inv
else
    complete -F _inv inv
fi
"#;

/// Last line of the zsh script of clap. It only registers the function, so the first Tab after zsh has autoloaded the
/// script would complete nothing.
const ZSH_REGISTERS: &str = "compdef _clap_dynamic_completer_inv inv";
/// Replacement for that line.
const ZSH_COMPLETES: &str = r#"if [[ $funcstack[1] == _inv ]]; then
    _clap_dynamic_completer_inv "$@"
else
    compdef _clap_dynamic_completer_inv inv
fi"#;

/// Word breaks of bash if it does not pass them.
const BREAKS: &str = ":=@><;|&(";

struct Bash;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(&self, _: &str, _: &str, _: &str, _: &str, out: &mut dyn Write) -> Result<()> {
        out.write_all(BASH.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        arguments: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn Write,
    ) -> Result<()> {
        let breaks = std::env::var("_INV_BREAKS").unwrap_or_else(|_| BREAKS.to_owned());
        let Some(typed) = arguments.first().and_then(|line| line.to_str()).map(|line| Typed::read(line, &breaks))
        else {
            return Ok(());
        };
        let words: Vec<OsString> = typed.words.iter().map(OsString::from).collect();
        let last = words.len().saturating_sub(1);
        complete::is_for(&words);
        for offer in engine::complete(command, leading::moved_before_cursor(words), last, folder)? {
            let offer = offer.get_value().to_string_lossy();
            let rest = offer.strip_prefix(typed.prefix.as_str()).unwrap_or(&offer);
            writeln!(out, "{}", quoted(rest, typed.quote))?;
        }
        Ok(())
    }
}

/// Shell with the script of clap, whose words still have their quotes.
struct AsTyped {
    shell: &'static dyn EnvCompleter,
}

impl EnvCompleter for AsTyped {
    fn name(&self) -> &'static str {
        self.shell.name()
    }

    fn is(&self, name: &str) -> bool {
        self.shell.is(name)
    }

    fn write_registration(
        &self,
        variable: &str,
        name: &str,
        bin: &str,
        completer: &str,
        out: &mut dyn Write,
    ) -> Result<()> {
        let mut script = Vec::new();
        self.shell.write_registration(variable, name, bin, completer, &mut script)?;
        let script = String::from_utf8_lossy(&script);
        out.write_all(script.replace(ZSH_REGISTERS, ZSH_COMPLETES).as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        arguments: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn Write,
    ) -> Result<()> {
        let read = |word: OsString| match word.to_str() {
            Some(text) => Typed::read(text, "").words.pop().unwrap_or_default().into(),
            None => word,
        };
        let words: Vec<OsString> = arguments.into_iter().map(read).collect();
        complete::is_for(&words);
        self.shell.write_complete(command, leading::moved_before_cursor(words), folder, out)
    }
}

/// Line up to the cursor, parsed like a shell does.
#[derive(Debug, Default, PartialEq, Eq)]
struct Typed {
    /// Unquoted words. The last one is at the cursor and may be empty.
    words: Vec<String>,
    /// Part of the last word that the shell does not replace.
    prefix: String,
    /// Quote that is open at the cursor.
    quote: Option<char>,
}

impl Typed {
    fn read(line: &str, breaks: &str) -> Self {
        let mut words = Vec::new();
        let mut word = String::new();
        let mut prefix_end = 0;
        let mut quote = None;
        let mut letters = line.chars();
        while let Some(letter) = letters.next() {
            match (quote, letter) {
                (None, '\'' | '"') => {
                    quote = Some(letter);
                    prefix_end = word.len();
                }
                (Some(open), _) if open == letter => {
                    quote = None;
                    prefix_end = 0;
                }
                (None, '\\') => word.extend(letters.next()),
                (Some('"'), '\\') => match letters.next() {
                    Some(next @ ('"' | '\\' | '$' | '`')) => word.push(next),
                    next => {
                        word.push('\\');
                        word.extend(next);
                    }
                },
                (None, blank) if blank.is_ascii_whitespace() => {
                    if !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                    }
                    prefix_end = 0;
                }
                (None, letter) if breaks.contains(letter) => {
                    word.push(letter);
                    prefix_end = word.len();
                }
                (_, letter) => word.push(letter),
            }
        }
        let prefix = word.get(..prefix_end).unwrap_or_default().to_owned();
        words.push(word);
        Self { words, prefix, quote }
    }
}

/// Returns `text` quoted for bash, inside `quote` if one is open.
fn quoted(text: &str, quote: Option<char>) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match (quote, letter) {
            (Some('\''), '\'') => safe.push_str(r"'\''"),
            (Some('"'), '"' | '\\' | '$' | '`')
            | (
                None,
                ' ' | '\'' | '"' | '\\' | '$' | '`' | '&' | '|' | ';' | '<' | '>' | '(' | ')' | '*' | '?' | '[' | ']'
                | '{' | '}' | '!' | '#' | '~' | '^',
            ) => safe.extend(['\\', letter]),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::{BREAKS, Typed, quoted};

    fn read(line: &str) -> (Vec<String>, String, Option<char>) {
        let typed = Typed::read(line, BREAKS);
        (typed.words, typed.prefix, typed.quote)
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn words_are_read_as_the_shell_reads_them() {
        assert_eq!(read("inv vm show "), (words(&["inv", "vm", "show", ""]), String::new(), None));
        assert_eq!(read(r"inv we\ b"), (words(&["inv", "we b"]), String::new(), None));
        assert_eq!(read("inv 'we b"), (words(&["inv", "we b"]), String::new(), Some('\'')));
        assert_eq!(read(r#"inv "we \"b"#), (words(&["inv", "we \"b"]), String::new(), Some('"')));
    }

    #[test]
    fn what_stands_before_a_word_break_is_kept() {
        assert_eq!(read("inv host:por"), (words(&["inv", "host:por"]), "host:".to_owned(), None));
        assert_eq!(read("inv --db=fi"), (words(&["inv", "--db=fi"]), "--db=".to_owned(), None));
        assert_eq!(read(r"inv host\:por"), (words(&["inv", "host:por"]), String::new(), None));
    }

    #[test]
    fn offers_are_quoted_as_the_open_quote_wants() {
        assert_eq!(quoted("it's $5", None), r"it\'s\ \$5");
        assert_eq!(quoted("it's $5", Some('\'')), r"it'\''s $5");
        assert_eq!(quoted("it's $5", Some('"')), r"it's \$5");
    }
}
