//! A moment of the past, and the last change before it.

use crate::error::{Error, Result};
use crate::store::engine::Bind;
use crate::store::reading::reader::Reader;
use crate::value::{shown, time};

/// A moment of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// Right after the change with this number; zero is before the first.
    Change(i64),
    /// The end of the second that this stored time names.
    Time(String),
}

impl Moment {
    /// Reads `17` (a change), or a time as filters take them: RFC 3339, a date, `7d`, `yesterday`.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = text.parse().map_err(|_| Error::not_found(format!("no change {}", shown::quoted(text))))?;
            return Ok(Self::Change(number));
        }
        time::moment(text, &time::now()).map(Self::Time)
    }
}

impl Reader<'_> {
    /// The last change up to `moment`; zero where it is before the first.
    ///
    /// # Errors
    /// There is no such change; history does not reach back so far.
    pub fn change_at(&self, moment: &Moment) -> Result<i64> {
        let change = match moment {
            Moment::Change(0) => 0,
            Moment::Change(id) => match self.purge()? {
                // The state after the last change that was dropped can still be told.
                Some((last, _)) if *id == last => *id,
                _ => self.change(*id)?.id,
            },
            Moment::Time(time) => {
                let sql = "SELECT change_id FROM change WHERE at <= $1 ORDER BY change_id DESC LIMIT 1";
                self.connection.first(sql, &[Bind::Text(time)], |row| row.id(0))?.unwrap_or_default()
            }
        };
        match self.purge()? {
            Some((last, _)) if change < last => Err(Error::failed("history before this time was purged")
                .help(format!("the earliest available change is {last}"))),
            _ => Ok(change),
        }
    }
}
