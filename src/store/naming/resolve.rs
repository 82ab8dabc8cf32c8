//! Naming a record: by its name, the end of its path, its whole path, or its id.
//!
//! One resolver serves arguments, flags, filters, prompts and imports. Names may contain `/`, so a path is matched and
//! not split: a record is meant when its whole path ends in the text at a `/`.

use crate::catalog::Entity;
use crate::error::{Error, Result};
use crate::store::engine::Bind;
use crate::store::reading::reader::{Reader, name_sql};
use crate::store::reading::selection::Selection;
use crate::value::{address, name, shown, similar};
use std::ops::ControlFlow;

/// Most candidates of an ambiguous name in a message.
const LISTED: usize = 10;
impl Reader<'_> {
    /// The id of the one record of `entity` that `text` names.
    ///
    /// # Errors
    /// Nothing matches: not found, with the nearest names. Several match: a conflict that lists their paths.
    pub fn resolve(&self, entity: &'static Entity, text: &str) -> Result<i64> {
        let matches = self.matches(entity, text)?;
        match matches.as_slice() {
            [id] => Ok(*id),
            [] => Err(self.not_found(entity, text)?),
            several => Err(self.ambiguous(entity, text, several)?),
        }
    }

    /// The id of the record that `text` names, or nothing where none does.
    ///
    /// # Errors
    /// Several match.
    pub fn resolve_optional(&self, entity: &'static Entity, text: &str) -> Result<Option<i64>> {
        let matches = self.matches(entity, text)?;
        match matches.as_slice() {
            [] => Ok(None),
            [id] => Ok(Some(*id)),
            several => Err(self.ambiguous(entity, text, several)?),
        }
    }

    /// Returns the ids of the records of `entity` that `text` may mean, ascending; one alone where `text` is its whole
    /// path.
    fn matches(&self, entity: &'static Entity, text: &str) -> Result<Vec<i64>> {
        if let Some(id) = name::id(text) {
            // A record of an older inventory may be called id=42: it is meant where no record has that id.
            let ids = self.ids(&Selection::ids(entity).one().sql(), &[Bind::Integer(id)])?;
            if !ids.is_empty() {
                return Ok(ids);
            }
        }
        let matches = self.ending_in(entity, &canonical(entity, text))?;
        let ids: Vec<i64> = matches.iter().map(|found| found.id).collect();
        let mut whole = matches.iter().filter(|found| found.is_whole);
        // Names may contain a '/', so that two records can bear one path: then only an id tells them apart.
        Ok(match (whole.next(), whole.next()) {
            (Some(only), None) => vec![only.id],
            _ => ids,
        })
    }

    pub(super) fn not_found(&self, entity: &'static Entity, text: &str) -> Result<Error> {
        let error = missing(entity, text);
        let near = self.nearest(entity, text)?;
        let near: Vec<&str> = near.iter().map(String::as_str).collect();
        Ok(match similar::did_you_mean(&near) {
            Some(suggestion) => error.help(suggestion),
            None => error,
        })
    }

    /// The names of records of `entity` that `text` may have been meant for, best first.
    fn nearest(&self, entity: &'static Entity, text: &str) -> Result<Vec<String>> {
        let holder = self.catalog().parent(entity);
        if let (Some((head, name)), Some((field, holder))) = (text.rsplit_once('/'), holder) {
            let parents = if head.is_empty() { Vec::new() } else { self.ending_in(holder, head)? };
            if let [parent] = parents.as_slice() {
                let condition = format!("WHERE {} = {}", field.column, parent.id);
                let names = self.names(entity, &condition)?;
                let near = similar::nearest(name, names.iter().map(String::as_str), 3);
                return Ok(near.into_iter().map(|name| format!("{head}/{name}")).collect());
            }
        }
        let last = text.rsplit('/').next().unwrap_or(text);
        let names = self.names(entity, "")?;
        Ok(similar::nearest(last, names.iter().map(String::as_str), 3).into_iter().map(str::to_owned).collect())
    }

    fn names(&self, entity: &Entity, condition: &str) -> Result<Vec<String>> {
        let sql = format!("SELECT DISTINCT {0} FROM {1} t {condition} ORDER BY 1", name_sql(entity, "t"), entity.table);
        let mut names = Vec::new();
        self.connection.rows(&sql, &[], |row| {
            names.extend(row.text(0)?.map(str::to_owned));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(names)
    }

    fn ambiguous(&self, entity: &'static Entity, text: &str, ids: &[i64]) -> Result<Error> {
        let listed = ids.iter().take(LISTED).map(|id| Ok((*id, shown::shown(&self.path(entity, *id)?).into_owned())));
        let listed = listed.collect::<Result<Vec<(i64, String)>>>()?;
        let mut lines = Vec::new();
        for (id, path) in &listed {
            // Where two bear one path, only the id tells them apart: an address in two VLANs, a name with a '/'.
            let alike = listed.iter().filter(|(_, other)| other == path).count() > 1;
            lines.push(if alike { format!("{path} (id={id})") } else { path.clone() });
        }
        let rest = ids.len().saturating_sub(LISTED);
        if rest > 0 {
            lines.push(format!("and {rest} more"));
        }
        let message = format!("{} names {}", shown::quoted(text), entity.counted(ids.len()));
        Ok(Error::ambiguous(message).details(lines).help("pass more of the path, or id=N"))
    }

    /// The names of `entity`'s records that begin with `start`, at most `most`, for completion.
    pub fn names_beginning_with(&self, entity: &Entity, start: &str, most: usize) -> Result<Vec<String>> {
        let start = name::composed(start);
        let mut names = Vec::new();
        for field in entity.naming() {
            let sql = format!(
                "SELECT DISTINCT {0} FROM {1} WHERE {0} >= $1 ORDER BY {0} LIMIT {most}",
                field.column, entity.table
            );
            self.connection.rows(&sql, &[Bind::Text(&start)], |row| {
                let Some(name) = row.text(0)?.filter(|name| name.starts_with(&*start)) else {
                    return Ok(ControlFlow::Break(()));
                };
                names.push(name.to_owned());
                Ok(ControlFlow::Continue(()))
            })?;
        }
        Ok(names)
    }
}

/// The failure of a text that names nothing.
pub(super) fn missing(entity: &Entity, text: &str) -> Error {
    Error::not_found(format!("no {} named {}", entity.labels.0, shown::quoted(text)))
}

/// A text as names are stored: composed (NFC), an address in its canonical form.
pub(in crate::store) fn canonical(entity: &Entity, text: &str) -> String {
    if entity.is_addressed()
        && let Ok((_, address)) = address::either(text)
    {
        return address;
    }
    name::composed(text).into_owned()
}
