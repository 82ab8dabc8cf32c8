//! Checks of what sources know: records that they miss, and sources that are silent.

use super::rule::{self, RuleSet};
use super::scan::{OnFinding, finding};
use crate::catalog::Entity;
use crate::catalog::source::{GRACE, SOURCE, SOURCE_RECORD};
use crate::error::Result;
use crate::store::{Reader, Record};
use crate::value::{Cell, time};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Reports records that a source misses for longer than its grace, and sources without a complete run for as long.
pub(super) fn check(reader: &Reader<'_>, rules: &RuleSet, report: &mut OnFinding<'_>) -> Result<()> {
    let now = time::now();
    let mut earliest: HashMap<i64, (String, String)> = HashMap::new();
    let mut silent = Vec::new();
    reader.each(&SOURCE, |source| {
        let grace = text(&SOURCE, &source, "grace").unwrap_or(GRACE);
        let name = text(&SOURCE, &source, "name").unwrap_or_default().to_owned();
        // A grace that is no time is another rule's.
        let since = time::moment(grace, &now).unwrap_or_default();
        if let Some(run) = text(&SOURCE, &source, "last-complete-run").filter(|run| *run < since.as_str()) {
            silent.push((source.id, format!("had its last complete run on {run}, more than {grace} ago")));
        }
        earliest.insert(source.id, (since, name));
        Ok(ControlFlow::Continue(()))
    })?;
    if rules.has(&rule::SILENT_SOURCE) {
        for (id, text) in silent {
            report(finding(reader, &rule::SILENT_SOURCE, &SOURCE, id, text))?;
        }
    }
    if !rules.has(&rule::MISSING) || earliest.is_empty() {
        return Ok(());
    }
    let mut overdue = Vec::new();
    reader.each(&SOURCE_RECORD, |bound| {
        let (Cell::Integer(source), Cell::Record(noun, id)) =
            (bound.value(&SOURCE_RECORD, "source"), bound.value(&SOURCE_RECORD, "record"))
        else {
            return Ok(ControlFlow::Continue(()));
        };
        let missing = text(&SOURCE_RECORD, &bound, "missing-since");
        if let (Some((limit, name)), Some(since)) = (earliest.get(source), missing)
            && since < limit.as_str()
        {
            overdue.push((noun.to_string(), *id, format!("is missing in source {name} since {since}")));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for (noun, id, text) in overdue {
        let Some(entity) = reader.catalog().get(&noun) else { continue };
        report(finding(reader, &rule::MISSING, entity, id, text))?;
    }
    Ok(())
}

fn text<'r>(entity: &Entity, record: &'r Record, field: &str) -> Option<&'r str> {
    match record.value(entity, field) {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}
