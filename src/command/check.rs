//! `inv check`: errors and contradictions in the data, one finding a row.
//!
//! Data that `inv` refuses can still be in the file: another program wrote it, an option allowed it, or a pool became
//! smaller. Only selected rules are checked, and findings are streamed.

mod rule;
mod scan;
mod sources;
mod values;

use super::Graft;
use super::sheet;
use crate::catalog::Reach;
use crate::error::{Error, Kind, Result};
use crate::output::Style;
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::Session;
use crate::store::{Change, Reader, Writer};
use crate::value::Cell;
use crate::verb::arguments::{self, options, switch};
use crate::verb::complete;
use crate::verb::row_tests::RowTests;
use clap::{Arg, ArgAction, ArgMatches, Command};
use rule::{RULES, Rule, RuleSet, Severity};
use scan::{Finding, OnFinding};
use std::collections::HashMap;

pub(super) const GRAFT: Graft = Graft {
    under: None,
    name: "check",
    about: "Find errors and contradictions in the data",
    hidden: false,
    arguments,
    run,
};

fn arguments(command: Command) -> Command {
    let chosen = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("RULE,…").action(ArgAction::Append).help(help).add(complete::listed(rules))
    };
    let switch =
        |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    arguments::writes(sheet::arguments(command, columns))
        .arg(chosen("only", "Check only these rules and list their findings: E012, duplicate-ip (repeatable)"))
        .arg(chosen("ignore", "Skip these rules (repeatable)"))
        .arg(switch("details", "List the findings of all rules (default: their number by rule)"))
        .arg(switch("count", "Print only the number of findings"))
        .arg(switch("fix", "Fix first what has one correct value: E002 (of memberships), E004, E005"))
        .arg(switch("rules", "List the rules"))
        .after_help(
            "Prints the number of findings by rule. The findings themselves are listed with --details, with --only, with \
             any option of a list such as --where, and in every output format but the table.\n\n\
             Exits with status 1 if there is a finding of severity error. With --quiet, prints nothing if there is no \
             finding. docs/checks.md explains each rule and how to fix its findings.",
        )
}

/// Returns the codes and names of rules that begin with `start`.
fn rules(start: &str) -> Vec<String> {
    let words = RULES.iter().flat_map(|rule| [rule.code, rule.name]);
    words.filter(|word| word.starts_with(start)).map(str::to_owned).collect()
}

/// Columns of a finding in JSON, which identifies the record.
pub(super) const IDENTIFIED: [&str; 6] = ["code", "severity", "noun", "id", "path", "text"];

pub(super) fn columns() -> Vec<Column> {
    let columns = ["code", "rule", "severity", "noun", "record", "text", "id", "path"].map(|name| match name {
        "record" | "path" => Column::path(name),
        "text" => Column::prose(name),
        "id" => Column::new(name, ColumnKind::Number),
        _ => Column::whole(name),
    });
    columns.into()
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    if switch(matches, "rules") {
        return list_rules(session, matches);
    }
    let rules = RuleSet::from(&options(matches, "only"), &options(matches, "ignore"))?;
    if switch(matches, "fix") {
        let fixed = session.write(|writer| apply_fixes(writer, &rules))?;
        let what = if session.dry_run { "would fix" } else { "fixed" };
        session.say(&format!("{what} {}", counted(fixed, "finding")));
    }
    if session.quiet && !switch(matches, "count") && !session.read(|reader| any(reader, &rules))? {
        return Ok(());
    }
    if switch(matches, "count") || !lists_findings(session, matches) {
        return summarize(session, matches, &rules);
    }
    let usual: &[&str] = if session.has_keys() { &IDENTIFIED } else { &["code", "severity", "noun", "record", "text"] };
    let (mut errors, mut warnings) = (0, 0);
    sheet::answer(session, matches, &columns(), usual, |reader, take| {
        let mut row = Row::default();
        let mut has_room = true;
        scanned(reader, &rules, &mut |finding| {
            match finding.rule.severity {
                Severity::Error => errors += 1,
                Severity::Warning => warnings += 1,
            }
            if has_room {
                fill(&mut row, &finding);
                has_room = take(&row)?.is_continue();
            }
            Ok(())
        })
    })?;
    conclude(session, errors, warnings)
}

/// Returns true if the command line asks for the findings, not for their number by rule.
fn lists_findings(session: &Session, matches: &ArgMatches) -> bool {
    let asks =
        ["only", "where", "columns", "sort", "limit", "offset"].iter().any(|name| !options(matches, name).is_empty());
    asks || switch(matches, "details") || session.style.unwrap_or(Style::Table) != Style::Table
}

/// Prints the number of findings of each rule that has any, or with `--count` the number of all.
fn summarize(session: &Session, matches: &ArgMatches, rules: &RuleSet) -> Result<()> {
    let columns = columns();
    let (counts, matching) = session.read(|reader| {
        let (mut counts, mut matching) = (HashMap::<&'static str, usize>::new(), 0_usize);
        let mut row = Row::default();
        let tests = RowTests::new(reader, &columns, &options(matches, "where"))?;
        scanned(reader, rules, &mut |finding| {
            *counts.entry(finding.rule.code).or_default() += 1;
            fill(&mut row, &finding);
            matching += usize::from(tests.are_met_by(&row));
            Ok(())
        })?;
        Ok((counts, matching))
    })?;
    let count = |rule: &Rule| counts.get(rule.code).copied().unwrap_or_default();
    let sum = |severity| RULES.iter().filter(|rule| rule.severity == severity).map(|rule| count(rule)).sum::<usize>();
    let (errors, warnings) = (sum(Severity::Error), sum(Severity::Warning));
    if switch(matches, "count") {
        session.answer_text(&format!("{matching}\n"))?;
    } else {
        let found = RULES.iter().filter(|rule| count(rule) > 0);
        let lines = found.map(|rule| format!("{} {}: {}\n", rule.code, rule.name.replace('-', " "), count(rule)));
        session.answer_text(&lines.collect::<String>())?;
    }
    conclude(session, errors, warnings)
}

/// Prints the number of errors and warnings, and fails if there are errors.
fn conclude(session: &Session, errors: usize, warnings: usize) -> Result<()> {
    session.say(&format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")));
    // The findings are printed; only the exit status is missing.
    if errors > 0 { Err(Error::new(Kind::Failed, "")) } else { Ok(()) }
}

fn fill(row: &mut Row, finding: &Finding) {
    row.clear();
    for text in [finding.rule.code, finding.rule.name, finding.rule.severity.name()] {
        row.text(text);
    }
    for text in [&finding.noun, &finding.record] {
        if text.is_empty() { row.null() } else { row.text(text) }
    }
    row.text(&finding.text);
    match finding.id {
        Some(id) => row.integer(id),
        None => row.null(),
    }
    if finding.record.is_empty() { row.null() } else { row.text(&finding.record) }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

pub(super) fn rule_columns() -> [Column; 5] {
    let columns = ["code", "rule", "severity", "fix", "finds"];
    columns.map(|name| if name == "finds" { Column::prose(name) } else { Column::whole(name) })
}

fn list_rules(session: &Session, matches: &ArgMatches) -> Result<()> {
    session.answer(crate::verb::list::answer(matches, Style::Table), &rule_columns(), |take| {
        let mut row = Row::default();
        for rule in RULES {
            row.clear();
            let fixed = if rule.fixable { "yes" } else { "no" };
            for text in [rule.code, rule.name, rule.severity.name(), fixed, rule.about] {
                row.text(text);
            }
            take(&row)?;
        }
        Ok(())
    })
}

/// Passes every finding of the selected rules to `report`.
fn scanned(reader: &Reader<'_>, rules: &RuleSet, report: &mut OnFinding<'_>) -> Result<()> {
    scan::scan(reader, rules, report)?;
    if rules.any(&[&rule::MISSING, &rule::SILENT_SOURCE]) { sources::check(reader, rules, report) } else { Ok(()) }
}

/// Returns true if there is a finding.
fn any(reader: &Reader<'_>, rules: &RuleSet) -> Result<bool> {
    let stop = Error::new(Kind::OutputClosed, "found");
    match scanned(reader, rules, &mut |_| Err(stop.clone())) {
        Err(error) if error == stop => Ok(true),
        other => other.map(|()| false),
    }
}

/// Applies the fixes that are without doubt, and returns their number.
fn apply_fixes(writer: &mut Writer<'_>, rules: &RuleSet) -> Result<usize> {
    let mut fixed = 0;
    for fix in scan::fixes(writer, rules)? {
        // A record that cannot be read cannot be fixed.
        let Ok(Some(record)) = writer.record(fix.entity, fix.id) else { continue };
        let outcome = writer.whole_or_nothing(|writer| {
            writer.apply(match &fix.value {
                Some((place, text)) => Change::Update {
                    entity: fix.entity,
                    before: &record,
                    values: vec![(*place, Cell::Text(text.into()))],
                },
                None if fix.entity.reach == Reach::Link => Change::Remove { entity: fix.entity, before: &record },
                None => return Err(Error::conflict("nothing to fix")),
            })
        });
        match outcome {
            Ok(_) => fixed += 1,
            // Another record has that name or address; only a person can decide between them.
            Err(error) if error.kind().is_conflict() || error.kind() == Kind::Failed => {}
            Err(error) => return Err(error),
        }
    }
    Ok(fixed)
}
