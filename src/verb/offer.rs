//! Records that a typed text may mean, best first, for a list that narrows at each key.

use crate::catalog::{Entity, Path};
use crate::error::Result;
use crate::input::prompt::BestItems;
use crate::session::Session;
use crate::store::{Query, Term};
use crate::value::needle::{Needle, Rank};
use std::ops::ControlFlow;

/// Number of records on the list.
const SHOWN: usize = 12;

/// Number of records between two looks at the keyboard.
const STEP: u64 = 1024;

/// Returns the paths of the records of `entity` that match `typed` best: those that contain every word of it, of those
/// that match equally well in the order of their names. Returns
/// `None` if `is_stale` returned true before all were read. `early` is called with records whose names begin with
/// `typed`, which an index finds.
///
/// # Errors
/// The inventory cannot be read, or `early` fails.
pub(super) fn best(
    session: &Session,
    entity: &'static Entity,
    typed: &str,
    is_stale: &dyn Fn() -> bool,
    early: &dyn Fn(BestItems) -> Result<()>,
) -> Result<Option<BestItems>> {
    let catalog = session.catalog();
    let Some(whole) = Needle::new(typed) else {
        return first(session, &Query::all(entity, vec![Path::known(catalog, entity, "path")])).map(Some);
    };
    let beginning = beginning_with(session, entity, typed)?;
    if !beginning.is_empty() {
        early(BestItems { best: beginning, more: None })?;
    }
    let words: Vec<Needle> = typed.split_whitespace().filter_map(Needle::new).collect();
    // The path of its holder is read once for all its records; a path of its own is put together for each.
    let columns = match (entity.names, entity.parent) {
        ([name], Some(parent)) => {
            [name, &*format!("{parent}.path")].map(|name| Path::known(catalog, entity, name)).into()
        }
        _ => vec![Path::known(catalog, entity, "path")],
    };
    session.read(|reader| {
        let (mut read, mut count, mut left) = (0_u64, 0_u64, false);
        let mut ranked: Vec<(Place, String, String)> = Vec::new();
        let mut path = String::new();
        reader.select(&Query::all(entity, columns), |row| {
            read += 1;
            left = read.is_multiple_of(STEP) && is_stale();
            let name = row.cell(0).plain().unwrap_or_default();
            path.clear();
            if let Some(holder) = row.cell(1).plain() {
                path.push_str(holder);
                path.push('/');
            }
            path.push_str(name);
            if words.iter().all(|word| word.is_in(&path)) {
                count += 1;
                let place = Place::of(&path, &whole);
                let key = (place, name);
                if ranked.len() < SHOWN || ranked.last().is_some_and(|(last, name, _)| key < (*last, name)) {
                    // Of those of one place and name, the first that was read stays the first.
                    let at = ranked.partition_point(|(other, name, _)| (*other, name.as_str()) <= key);
                    ranked.insert(at, (place, name.to_owned(), path.clone()));
                    ranked.truncate(SHOWN);
                }
            }
            Ok(if left { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        let best: Vec<String> = ranked.into_iter().map(|(.., path)| path).collect();
        let more = count - best.len() as u64;
        Ok((!left).then_some(BestItems { best, more: Some(more) }))
    })
}

/// Returns the paths of records whose names begin with `typed`, in the order of their names.
fn beginning_with(session: &Session, entity: &'static Entity, typed: &str) -> Result<Vec<String>> {
    let Some(field) = entity.naming().next().filter(|_| entity.names.len() == 1) else { return Ok(Vec::new()) };
    session.read(|reader| {
        let texts = reader.names_beginning_with(entity, typed, SHOWN)?;
        if texts.is_empty() {
            return Ok(texts);
        }
        let query = Query {
            terms: vec![Term::Is { field, texts }],
            limit: Some(SHOWN as u64),
            ..Query::all(entity, [field.name, "path"].map(|name| Path::known(session.catalog(), entity, name)).into())
        };
        let mut found = Vec::new();
        reader.select(&query, |row| {
            let texts = row.cell(0).plain().zip(row.cell(1).plain());
            found.extend(texts.map(|(name, path)| (name.to_owned(), path.to_owned())));
            Ok(ControlFlow::Continue(()))
        })?;
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found.into_iter().map(|(_, path)| path).collect())
    })
}

/// Returns the first records of a list, and the number of the others.
fn first(session: &Session, all: &Query) -> Result<BestItems> {
    session.read(|reader| {
        let count = reader.select_count(all)?;
        let mut best = Vec::new();
        reader.select(&Query { limit: Some(SHOWN as u64), ..all.clone() }, |row| {
            best.extend(row.cell(0).plain().map(str::to_owned));
            Ok(ControlFlow::Continue(()))
        })?;
        let more = count.saturating_sub(best.len() as u64);
        Ok(BestItems { best, more: Some(more) })
    })
}

/// Place of a match among the others, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// The text is its name or its path.
    Name,
    /// Its name begins with the text.
    BeginningOfName,
    /// A word of its path begins with the text.
    Word,
    /// The text, or each of its words, is somewhere in the path.
    Elsewhere,
}

impl Place {
    fn of(path: &str, typed: &Needle) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        match (typed.rank(name), typed.rank(path)) {
            (Some(Rank::Exact), _) | (_, Some(Rank::Exact)) => Self::Name,
            (Some(Rank::Prefix), _) => Self::BeginningOfName,
            (_, Some(Rank::Prefix | Rank::Word)) => Self::Word,
            _ => Self::Elsewhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;
    use crate::value::needle::Needle;

    #[test]
    fn a_name_goes_before_its_beginning_and_that_before_any_other_part() {
        let place = |path: &str, typed: &str| Needle::new(typed).map(|typed| Place::of(path, &typed));
        for (path, typed, wanted) in [
            ("aws/tokyo/prod", "prod", Place::Name),
            ("AWS/Tokyo/Prod", "aws/tokyo/prod", Place::Name),
            ("aws/tokyo/prod2", "prod", Place::BeginningOfName),
            ("prod/x", "prod", Place::Word),
            ("aws/tokyo/non-prod", "prod", Place::Word),
            ("aws/tokyo/nonprod", "prod", Place::Elsewhere),
            ("aws/tokyo/prod", "tok pro", Place::Elsewhere),
        ] {
            assert_eq!(place(path, typed), Some(wanted), "{path} {typed}");
        }
    }
}
