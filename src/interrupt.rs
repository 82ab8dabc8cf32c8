//! Signals that end a command: noticed between two steps of the work, so that a change is whole or not at all.

use crate::error::{Error, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

static ASKED_TO_END: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Makes [`check`] notice the signals that would end the process.
pub(crate) fn watch() {
    ASKED_TO_END.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            // A signal that cannot be watched keeps its effect: the process ends, and the journal undoes what it began.
            let _ = signal_hook::flag::register(signal, Arc::clone(&flag));
        }
        flag
    });
}

/// Makes a file that grows beyond the limit on its size (`ulimit -f`) an error of the write, instead of the end of the
/// process, so that the change can be rolled back and the failure printed.
pub(crate) fn outlive_limits() {
    // Without it the process ends, and the journal undoes what it began.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

/// Fails if a signal has asked the process to end.
pub(crate) fn check() -> Result<()> {
    match ASKED_TO_END.get() {
        Some(flag) if flag.load(Ordering::Relaxed) => Err(Error::interrupted()),
        _ => Ok(()),
    }
}
