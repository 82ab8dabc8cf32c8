//! Waiting for a file lock: timeout, notice to the user, and the process that has the lock.

use crate::interrupt;
use crate::system::processes;
use crate::value::shown::shown;
use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Time after which a wait is reported.
const ANNOUNCED: Duration = Duration::from_secs(1);
/// Approximate pause between two tries: the first one, the longest before the notice, and after the notice.
const FIRST: Duration = Duration::from_micros(50);
const OFTEN: Duration = Duration::from_millis(3);
const SELDOM: Duration = Duration::from_millis(20);

/// Start and length of the byte ranges that `SQLite` locks (`os.h`, `PENDING_BYTE`): reserved, pending and shared lock.
const LOCKS: [(u64, u64); 3] = [(0x4000_0001, 1), (0x4000_0000, 1), (0x4000_0002, 510)];

/// Timeout for a locked inventory, and the functions that report the wait.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Longest wait for one lock.
    pub time: Duration,
    /// Prints a notice, such as the process that a command waits for.
    pub say: fn(&str),
    /// Returns the noun and verb of a command line of `inv`, never a value.
    pub doing: fn(Vec<OsString>) -> Option<String>,
}

impl Default for Patience {
    fn default() -> Self {
        Self { time: Duration::from_secs(30), say: |_| {}, doing: |_| None }
    }
}

thread_local! {
    static GIVEN_UP: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Takes the reason why the last wait of this thread failed, as a sentence.
pub(in crate::store) fn given_up() -> String {
    GIVEN_UP.take().unwrap_or_else(|| "the inventory is locked by another program".to_owned())
}

/// Pause before the next try. Short at first: a commit waits for readers too, and a pending commit blocks everyone
/// else. Other commands commit within some milliseconds, or run for longer than a second.
///
/// Jittered by the clock, so that commands which started together do not stay in step.
fn pause(tries: i32, waited: Duration) -> Duration {
    let longest = if waited < ANNOUNCED { OFTEN } else { SELDOM };
    let doubled = FIRST * (1 << tries.clamp(0, 16));
    doubled.min(longest) * (50 + waited.subsec_nanos() % 101) / 100
}

/// One connection's waiting.
#[derive(Debug)]
pub(in crate::store) struct Waiter {
    path: PathBuf,
    patience: Patience,
    since: Instant,
    announced: bool,
    /// Queries locks. Never closed: that would release the locks of this process on the file (POSIX).
    asking: Option<ManuallyDrop<File>>,
}

impl Waiter {
    pub(in crate::store) fn new(path: &Path, patience: Patience) -> Self {
        Self { path: path.to_owned(), patience, since: Instant::now(), announced: false, asking: None }
    }

    /// Sleeps before the next try. Returns false if the wait has timed out or was interrupted.
    pub(in crate::store) fn goes_on(&mut self, tries: i32) -> bool {
        if tries == 0 {
            self.since = Instant::now();
            self.announced = false;
        }
        if interrupt::check().is_err() {
            return false;
        }
        let waited = self.since.elapsed();
        let Some(left) = self.patience.time.checked_sub(waited).filter(|left| !left.is_zero()) else {
            let who = self.holder();
            let after = match self.patience.time.as_secs() {
                0 => "the inventory is".to_owned(),
                1 => "after 1 second the inventory is still".to_owned(),
                seconds => format!("after {seconds} seconds the inventory is still"),
            };
            GIVEN_UP.set(Some(format!("{after} locked by {who}")));
            return false;
        };
        if waited >= ANNOUNCED && !self.announced {
            self.announced = true;
            (self.patience.say)(&format!("waiting for {} …", self.holder()));
        }
        std::thread::sleep(pause(tries, waited).min(left));
        true
    }

    /// Describes the process that has the file locked.
    fn holder(&mut self) -> String {
        let unknown = || "another program that has the inventory open".to_owned();
        let Some(pid) = self.holder_pid() else { return unknown() };
        let Some(arguments) = processes::command_line(pid) else {
            return format!("another program (pid {pid})");
        };
        let name = arguments.first().and_then(|program| Path::new(program).file_name()).unwrap_or_default().to_owned();
        if name == "inv" || processes::runs_this_program(pid) {
            match (self.patience.doing)(arguments) {
                Some(doing) => format!("another inv (pid {pid}, {doing})"),
                None => format!("another inv (pid {pid})"),
            }
        } else {
            format!("another program (pid {pid}, {})", shown(&name.to_string_lossy()))
        }
    }

    fn holder_pid(&mut self) -> Option<i32> {
        if self.asking.is_none() {
            self.asking = File::open(&self.path).ok().map(ManuallyDrop::new);
        }
        processes::lock_holder(self.asking.as_deref()?, &LOCKS)
    }
}
