//! Signals that end a command: noticed between two steps of the work, so that a change is whole or not at all, or at
//! once in work that has no steps and changes nothing.

use crate::error::{Error, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::{Handle, Signals};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Signals that end a command.
const ENDING: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

static ASKED_TO_END: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Makes [`check`] notice the signals that would end the process.
pub(crate) fn watch() {
    ASKED_TO_END.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in ENDING {
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

/// Makes Ctrl-C end the process as it would unwatched, once `over` is true; before, it has no effect.
pub(crate) fn end_on_ctrl_c_once(over: Arc<AtomicBool>) {
    // Without it Ctrl-C ends the process at once.
    let _ = signal_hook::flag::register_conditional_default(SIGINT, over);
}

/// Fails if a signal has asked the process to end.
pub(crate) fn check() -> Result<()> {
    match ASKED_TO_END.get() {
        Some(flag) if flag.load(Ordering::Relaxed) => Err(Error::interrupted()),
        _ => Ok(()),
    }
}

/// A stretch of work that a signal ends at once.
#[derive(Debug)]
pub(crate) struct AtOnce(Option<Handle>);

/// Makes a signal end the process at once, with the message and the status of [`Error::interrupted`], until the result
/// is dropped. For work that no step interrupts, such as one function of the engine or a hash, and that leaves nothing
/// to clean up. While `spares_interrupts` returns true, SIGINT is for another program on the terminal.
pub(crate) fn end_at_once(spares_interrupts: fn() -> bool) -> AtOnce {
    let started = Signals::new(ENDING).and_then(|mut signals| {
        let handle = signals.handle();
        let wait = move || {
            if signals.forever().any(|signal| signal != SIGINT || !spares_interrupts()) {
                let error = Error::interrupted();
                // If standard error is closed, nobody can see the message.
                let _ = writeln!(std::io::stderr(), "{error}");
                signal_hook::low_level::exit(error.kind().status().into());
            }
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map(|_| handle)
    });
    if started.is_err() {
        // Without the thread, signals are noticed between two steps.
        watch();
    }
    AtOnce(started.ok())
}

impl Drop for AtOnce {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            handle.close();
        }
    }
}
