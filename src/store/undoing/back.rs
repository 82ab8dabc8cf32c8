//! Goes back to an earlier state, in a transaction that is rolled back.

use crate::error::Result;
use crate::store::history::action::Action;
use crate::store::history::entries::Entry;
use crate::store::history::is_secret;
use crate::store::reading::record::Record;
use crate::store::writing::change::Change;
use crate::store::writing::writer::Writer;
use crate::value::Value;

impl Writer<'_> {
    /// Undoes every change behind the change `change`, without a trace in history.
    pub(in crate::store) fn go_back_to(&mut self, change: i64) -> Result<()> {
        let mut left = self.span_behind(change)?;
        loop {
            let (page, rest) = self.page(left)?;
            if page.is_empty() {
                return Ok(());
            }
            left = rest;
            for entry in &page {
                self.put_back(entry)?;
            }
        }
    }

    fn put_back(&mut self, entry: &Entry) -> Result<()> {
        let entity = entry.entity;
        match entry.action {
            Action::Create => {
                for id in (entry.first..=entry.last).rev() {
                    if let Some(record) = self.record(entity, id)? {
                        self.apply(Change::Remove { entity, before: &record })?;
                    }
                }
            }
            Action::Update => {
                if let Some(record) = self.record(entity, entry.first)? {
                    let values = entry.old_values();
                    // A secret is not kept: the record has the one it has.
                    let values = values.into_iter().filter(|(place, _)| !is_secret(entity, *place)).collect();
                    self.apply(Change::Revert { entity, before: &record, values })?;
                }
            }
            Action::Remove => {
                let mut values = entry.old_record();
                for (place, value) in values.iter_mut().enumerate() {
                    if is_secret(entity, place) {
                        // Something must stand there; it is never told, and never lasts.
                        *value = Value::Text("".into());
                    }
                }
                self.apply(Change::Restore { entity, record: Record { id: entry.first, values } })?;
            }
            Action::Nothing => {}
        }
        Ok(())
    }
}
