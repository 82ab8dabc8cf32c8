//! Records that a typed text may mean, best first, for a list that narrows at each key.

use crate::catalog::{Entity, Path};
use crate::error::Result;
use crate::input::prompt::BestItems;
use crate::session::Session;
use crate::store::Query;
use crate::value::needle::{Needle, Rank};
use std::ops::ControlFlow;

/// Number of records on the list.
const SHOWN: usize = 12;

/// Number of records between two looks at the keyboard.
const STEP: u64 = 1024;

/// Returns the paths of the records of `entity` that match `typed` best: those that contain every word of it. Returns
/// `None` if `is_stale` returned true before all were read.
///
/// # Errors
/// The inventory cannot be read.
pub(super) fn best(
    session: &Session,
    entity: &'static Entity,
    typed: &str,
    is_stale: &dyn Fn() -> bool,
) -> Result<Option<BestItems>> {
    let all = Query::all(entity, vec![Path::known(session.catalog(), entity, "path")]);
    let Some(whole) = Needle::new(typed) else { return first(session, &all).map(Some) };
    let words: Vec<Needle> = typed.split_whitespace().filter_map(Needle::new).collect();
    session.read(|reader| {
        let (mut read, mut count, mut left) = (0_u64, 0_u64, false);
        let mut ranked: Vec<(Place, String)> = Vec::new();
        reader.select(&all, |row| {
            read += 1;
            left = read.is_multiple_of(STEP) && is_stale();
            if let Some(path) = row.cell(0).plain()
                && words.iter().all(|word| word.is_in(path))
            {
                count += 1;
                let place = Place::of(path, &whole);
                if ranked.len() < SHOWN || ranked.last().is_some_and(|(last, _)| place < *last) {
                    // Of those of one place, the first that was read stays the first.
                    let at = ranked.partition_point(|(other, _)| *other <= place);
                    ranked.insert(at, (place, path.to_owned()));
                    ranked.truncate(SHOWN);
                }
            }
            Ok(if left { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        let best: Vec<String> = ranked.into_iter().map(|(_, path)| path).collect();
        let more = count - best.len() as u64;
        Ok((!left).then_some(BestItems { best, more }))
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
        Ok(BestItems { best, more })
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
