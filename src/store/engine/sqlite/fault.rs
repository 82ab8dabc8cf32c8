//! Failures of the engine in words of our own, with the engine's words as their cause.

use super::Failure;
use crate::error::{Error, Kind};
use crate::interrupt;
use crate::store::engine::waiting;
use crate::system::processes::has_file_size_limit;
use crate::value::shown::shown;
use rusqlite::{ErrorCode, ffi};

/// The way out of damage.
const RESTORE: &str = "restore it from a backup with inv restore FILE; run `inv check` for the faults";

/// The result code of `SQLite` with what it is refined by, and the engine's own words.
pub(super) fn code(error: &rusqlite::Error) -> Option<(ffi::Error, &str)> {
    match error {
        rusqlite::Error::SqliteFailure(code, text) => Some((*code, text.as_deref().unwrap_or("unknown reason"))),
        rusqlite::Error::SqlInputError { error, msg, .. } => Some((*error, msg)),
        _ => None,
    }
}

pub(super) fn failure(error: &rusqlite::Error) -> Failure {
    let Some((code, text)) = code(error) else { return Failure::Engine(explained(error)) };
    match code.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => Failure::Taken,
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY | ffi::SQLITE_CONSTRAINT_TRIGGER => Failure::Dangling,
        _ if code.code == ErrorCode::ConstraintViolation => {
            Failure::Refused(text.rsplit(": ").next().unwrap_or(text).to_owned())
        }
        _ => Failure::Engine(explained(error)),
    }
}

pub(in crate::store::engine) fn damaged(what: &str) -> Error {
    Error::inventory(format!("the inventory is damaged: it contains {what}")).help(RESTORE)
}

/// Returns the error for a failure of the engine. The engine's own message, which names columns and files and never a
/// value, becomes its cause.
pub(super) fn explained(error: &rusqlite::Error) -> Error {
    let Some((code, text)) = code(error) else {
        return damaged("a value of the wrong type").caused_by(anyhow::Error::msg(error.to_string()));
    };
    let failure = sentence(code, text);
    match failure.kind() {
        Kind::Interrupted => failure,
        _ if code.to_string().ends_with(text) => failure.caused_by(code),
        _ => failure.caused_by(anyhow::Error::new(code).context(text.to_owned())),
    }
}

fn sentence(code: ffi::Error, text: &str) -> Error {
    match code.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => interrupt::check().err().unwrap_or_else(|| {
            Error::inventory(waiting::given_up()).help("try again later, or wait longer with --wait SECONDS")
        }),
        ErrorCode::ReadOnly => read_only(code.extended_code),
        ErrorCode::DiskFull => {
            Error::inventory("the disk is full; nothing was changed").help("free disk space and try again")
        }
        ErrorCode::SystemIoFailure => failed(code.extended_code),
        ErrorCode::DatabaseCorrupt => damaged("pages that contradict each other"),
        ErrorCode::NotADatabase => {
            Error::inventory("the inventory is damaged: its first page is invalid").help(RESTORE)
        }
        ErrorCode::CannotOpen => Error::inventory("the inventory or its journal cannot be opened")
            .help("check the permissions of the file and of its folder, which contains the journal"),
        ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => {
            Error::new(Kind::Denied, "no permission to read or write the inventory")
        }
        ErrorCode::OperationInterrupted => Error::interrupted(),
        ErrorCode::OutOfMemory => Error::failed("not enough memory"),
        ErrorCode::Unknown => {
            Error::inventory(format!("the inventory does not match the schema: {}", shown(text))).help(RESTORE)
        }
        _ => Error::inventory(format!("the inventory cannot be read or written: {}", shown(text))),
    }
}

fn read_only(code: i32) -> Error {
    match code {
        ffi::SQLITE_READONLY_ROLLBACK | ffi::SQLITE_READONLY_CANTLOCK | ffi::SQLITE_READONLY_RECOVERY => {
            Error::inventory(
                "a crash interrupted a change, which cannot be rolled back: the inventory or its folder is read-only",
            )
            .help("copy it with its journal to a writable folder, and open it there once")
        }
        ffi::SQLITE_READONLY_DBMOVED => {
            Error::inventory("the inventory was moved or replaced while it was in use; nothing was changed")
                .help("try again")
        }
        _ => Error::inventory("the inventory cannot be written to: its file or folder is read-only"),
    }
}

fn failed(code: i32) -> Error {
    let (words, help) = match code {
        // The engine tells the limit on the size of files and a disk that fails by the same code.
        ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_TRUNCATE if has_file_size_limit() => (
            "the inventory cannot be written: a file would become larger than ulimit -f allows; nothing was changed",
            "raise the limit and try again",
        ),
        ffi::SQLITE_IOERR_LOCK
        | ffi::SQLITE_IOERR_UNLOCK
        | ffi::SQLITE_IOERR_RDLOCK
        | ffi::SQLITE_IOERR_CHECKRESERVEDLOCK => {
            ("the inventory cannot be locked: its file system does not support locks", "move it to a local disk")
        }
        ffi::SQLITE_IOERR_DELETE => (
            "the journal of the inventory cannot be removed: its folder is read-only, or the disk failed",
            "check the permissions of the folder",
        ),
        ffi::SQLITE_IOERR_WRITE
        | ffi::SQLITE_IOERR_FSYNC
        | ffi::SQLITE_IOERR_DIR_FSYNC
        | ffi::SQLITE_IOERR_TRUNCATE => (
            "the disk failed while the inventory was written; nothing was changed",
            "check the disk and the system log, then run inv check",
        ),
        _ => ("the disk failed while the inventory was read", "check the disk and the system log, then run inv check"),
    };
    Error::inventory(words).help(help)
}
