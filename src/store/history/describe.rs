//! Effects of changes by record and field: of one change, or between two moments.

use super::action::Action;
use super::entries::{Entry, Span};
use super::story::{Step, differences};
use super::{Logged, Moment};
use crate::catalog::Entity;
use crate::catalog::source::SOURCE;
use crate::error::Result;
use crate::store::reading::reader::Reader;
use crate::value::Value;
use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

/// Difference of a record between two moments.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Its noun.
    pub entity: &'static Entity,
    /// Its id.
    pub id: i64,
    /// Made, removed, or changed.
    pub action: Action,
    /// The fields that differ, by their place in the catalog, with both values, and the change that set each last.
    pub changed: Vec<(usize, Value, Value, i64)>,
    /// The last change of it in between.
    pub last: i64,
}

impl Reader<'_> {
    /// Hands each step of a change to `each`: which record, and what became of it.
    pub fn steps_of(
        &self,
        change: i64,
        mut each: impl FnMut(&'static Entity, i64, &Step) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.entries_in(self.span(change, change)?, |entry: Entry| {
            for id in entry.first..=entry.last {
                let story = self.story(entry.entity, id)?;
                let Some(place) = story.iter().position(|step| step.entry == entry.id) else { continue };
                let (before, rest) = story.split_at(place);
                let Some((step, later)) = rest.split_first() else { continue };
                // Several updates of a record are told as one, where the first of them stands.
                if before.last().is_some_and(|before| before.continues_with(step)) {
                    continue;
                }
                let last = later.iter().take_while(|later| step.continues_with(later)).last();
                let after = last.map_or(&step.after, |last| &last.after).clone();
                if each(entry.entity, id, &Step { after, ..step.clone() })?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Returns the name of the source that a change was imported from; of one that is gone, its id.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn source_of(&self, change: &Logged) -> Result<Option<String>> {
        change.source.map(|id| self.title(&SOURCE, id)).transpose()
    }

    /// Returns the names of the files that changes were imported from, by change.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn files_of_changes(&self) -> Result<HashMap<i64, Vec<String>>> {
        let mut files: HashMap<i64, Vec<String>> = HashMap::new();
        let sql = "SELECT change_id, name FROM change_file ORDER BY change_file_id";
        self.connection.rows(sql, &[], |row| {
            files.entry(row.id(0)?).or_default().extend(row.text(1)?.map(str::to_owned));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(files)
    }

    /// Hands each record that differs between two moments to `each`, by noun and id; of one noun, or of one record.
    ///
    /// # Errors
    /// History does not reach back so far.
    pub fn differences(
        &self,
        since: &Moment,
        until: &Moment,
        of: Option<(&'static Entity, Option<i64>)>,
        mut each: impl FnMut(&Difference) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let (since, until) = (self.change_at(since)?, self.change_at(until)?);
        if let Some((entity, Some(id))) = of {
            return match self.difference(entity, id, since, until)? {
                Some(difference) => each(&difference).map(drop),
                None => Ok(()),
            };
        }
        let span = Span { from: self.span_behind(since)?.from, to: self.span_behind(until)?.from };
        for entity in self.catalog().entities() {
            if of.is_some_and(|(other, _)| other.noun != entity.noun) {
                continue;
            }
            let mut ids: BTreeSet<i64> = BTreeSet::new();
            self.entries_in_of(span, entity, |entry| {
                ids.extend(entry.first..=entry.last);
                Ok(ControlFlow::Continue(()))
            })?;
            for id in ids {
                if let Some(difference) = self.difference(entity, id, since, until)?
                    && each(&difference)?.is_break()
                {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn difference(&self, entity: &'static Entity, id: i64, since: i64, until: i64) -> Result<Option<Difference>> {
        let mut story = self.story(entity, id)?;
        story.retain(|step| step.change > since && step.change <= until);
        let (Some(first), Some(last)) = (story.first(), story.last()) else { return Ok(None) };
        let (before, after) = (first.before.as_deref(), last.after.as_deref());
        let action = match (before, after) {
            (None, Some(_)) => Action::Create,
            (Some(_), None) => Action::Remove,
            (Some(_), Some(_)) => Action::Update,
            (None, None) => return Ok(None),
        };
        let changed: Vec<(usize, Value, Value, i64)> = differences(before, after)
            .into_iter()
            .map(|(place, old, new)| {
                let set = |step: &&Step| step.changed().iter().any(|(changed, ..)| *changed == place);
                let by = story.iter().rev().find(set).map_or(last.change, |step| step.change);
                (place, old, new, by)
            })
            .collect();
        let same = action == Action::Update && changed.is_empty();
        Ok((!same).then_some(Difference { entity, id, action, changed, last: last.change }))
    }
}
