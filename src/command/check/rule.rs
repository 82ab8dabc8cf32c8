//! Rules of `inv check`. `docs/checks.md` explains them, and a test compares both.

use crate::error::{Error, Result};
use crate::value::{shown, similar};

/// Severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// The data contradict themselves or cannot be read: the command ends with status 1.
    Error,
    /// The data can be right, but rarely are.
    Warning,
}

impl Severity {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A rule that data can break.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Code, which never changes.
    pub code: &'static str,
    /// Name, an alternative to the code.
    pub name: &'static str,
    pub severity: Severity,
    /// True if `--fix` can fix its findings.
    pub fixable: bool,
    /// Line of help.
    pub about: &'static str,
}

const fn error(code: &'static str, name: &'static str, fixable: bool, about: &'static str) -> Rule {
    Rule { code, name, severity: Severity::Error, fixable, about }
}

const fn warning(code: &'static str, name: &'static str, about: &'static str) -> Rule {
    Rule { code, name, severity: Severity::Warning, fixable: false, about }
}

pub(super) static INTEGRITY: Rule = error("E001", "integrity", false, "the structure of the file is damaged");
pub(super) static DANGLING: Rule = error("E002", "dangling-reference", true, "a record refers to a missing record");
pub(super) static QUANTITY: Rule = error("E003", "unknown-quantity", false, "an amount or a count is not a number");
pub(super) static CANONICAL: Rule =
    error("E004", "not-canonical", true, "an address, VLAN or time is not in its stored form");
pub(super) static NAME_FORM: Rule =
    error("E005", "name-not-normalised", true, "a name is not in NFC, or begins or ends with a blank");
pub(super) static NAME_UNSEEN: Rule =
    error("E006", "name-with-control", false, "a name has control or invisible characters, or is too long");
pub(super) static INVALID: Rule = error("E007", "invalid-value", false, "a value is invalid for its field");
pub(super) static CONTRADICTION: Rule = error(
    "E008",
    "fields-contradict",
    false,
    "fields that cannot be combined are filled, or all required alternatives are empty",
);
pub(super) static DUPLICATE: Rule = error("E012", "duplicate-ip", false, "an address is used twice in one VLAN");
pub(super) static PARTITIONS: Rule =
    error("E024", "partitions-beyond-disk", false, "the partitions of a disk are larger than it");
pub(super) static MEMORY: Rule =
    warning("W020", "pool-memory", "more memory is allocated than the pool's capacity and overcommit ratio allow");
pub(super) static CPU: Rule =
    warning("W021", "pool-cpu", "more vCPUs are allocated than the pool's overcommit ratio allows (default: 8:1)");
pub(super) static DISK: Rule = warning("W022", "pool-disk", "more disk space is allocated than the pool's capacity");
pub(super) static STORAGE: Rule =
    warning("W023", "storage-capacity", "more disk space is allocated than the storage device's capacity");
pub(super) static NO_OWNER: Rule = warning("W030", "no-owner", "a VM has no owner");
pub(super) static NO_OS: Rule = warning("W031", "no-os", "a VM has neither an os nor a custom-os");
pub(super) static NO_ADDRESS: Rule = warning("W032", "no-address", "a VM has no address");
pub(super) static NAME_CASE: Rule = warning("W040", "name-case", "two names under one parent differ only in case");
pub(super) static MISSING: Rule =
    warning("W050", "missing-in-source", "a record is missing from a source for longer than its grace");
pub(super) static SILENT_SOURCE: Rule =
    warning("W051", "silent-source", "a source had no complete run for longer than its grace");

/// All rules, in the order in which they are checked.
pub(crate) static RULES: &[&Rule] = &[
    &INTEGRITY,
    &DANGLING,
    &QUANTITY,
    &CANONICAL,
    &NAME_FORM,
    &NAME_UNSEEN,
    &INVALID,
    &CONTRADICTION,
    &DUPLICATE,
    &PARTITIONS,
    &MEMORY,
    &CPU,
    &DISK,
    &STORAGE,
    &NO_OWNER,
    &NO_OS,
    &NO_ADDRESS,
    &NAME_CASE,
    &MISSING,
    &SILENT_SOURCE,
];

/// Codes of the selected rules.
pub(super) struct RuleSet(Vec<&'static str>);

impl RuleSet {
    /// Parses codes and names, separated by commas.
    pub(super) fn from(only: &[&str], ignored: &[&str]) -> Result<Self> {
        let (only, ignored) = (codes(only)?, codes(ignored)?);
        let all = RULES.iter().map(|rule| rule.code);
        let selected = all.filter(|code| (only.is_empty() || only.contains(code)) && !ignored.contains(code));
        Ok(Self(selected.collect()))
    }

    pub(super) fn has(&self, rule: &Rule) -> bool {
        self.0.contains(&rule.code)
    }

    pub(super) fn any(&self, rules: &[&Rule]) -> bool {
        rules.iter().any(|rule| self.has(rule))
    }
}

fn codes(lists: &[&str]) -> Result<Vec<&'static str>> {
    let texts = lists.iter().flat_map(|list| list.split(',')).map(str::trim).filter(|text| !text.is_empty());
    let codes = texts.map(|text| {
        let same = |rule: &&&Rule| rule.code.eq_ignore_ascii_case(text) || rule.name.eq_ignore_ascii_case(text);
        RULES.iter().find(same).map(|rule| rule.code).ok_or_else(|| {
            let near = similar::nearest(text, RULES.iter().flat_map(|rule| [rule.code, rule.name]), 3);
            Error::usage(format!("unknown rule {}", shown::quoted(text))).help(
                similar::did_you_mean(&near).unwrap_or_else(|| "run `inv check --rules` for the rules".to_owned()),
            )
        })
    });
    codes.collect()
}
