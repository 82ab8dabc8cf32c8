//! Waiting for who has the file locked: for how long, what is said meanwhile, and who that is.

use crate::interrupt;
use crate::value::shown::shown;
use rustix::process::{Flock, FlockType, Pid, fcntl_getlk};
use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::{self, File};
use std::mem::ManuallyDrop;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// After how long a wait is announced.
const ANNOUNCED: Duration = Duration::from_secs(1);
/// How long a command waits between two tries, about: at first, at most before it announces the wait, and after that.
const FIRST: Duration = Duration::from_micros(50);
const OFTEN: Duration = Duration::from_millis(3);
const SELDOM: Duration = Duration::from_millis(20);

/// The bytes that `SQLite` locks (`os.h`, `PENDING_BYTE`), by what they tell: who is writing, who is about to commit,
/// who is reading.
const LOCKS: [(u64, u64); 3] = [(0x4000_0001, 1), (0x4000_0000, 1), (0x4000_0002, 510)];

/// How long a command waits for the inventory, and how it tells what is no data.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long it waits in one go.
    pub time: Duration,
    /// Says a line that is no data, such as for whom it waits.
    pub say: fn(&str),
    /// What a command line of `inv` does: its noun and verb, never a value.
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

/// What made the last wait of this thread end in vain, as a sentence.
pub(in crate::store) fn given_up() -> String {
    GIVEN_UP.take().unwrap_or_else(|| "the inventory is locked by another program".to_owned())
}

/// How long to wait before the next try: briefly at first, for a commit waits for readers too, and who is about to commit
/// keeps all others waiting. Others commit within some milliseconds, or are at work for longer than a second.
///
/// Jittered by the clock, so that commands which began together do not ask together for ever.
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
    /// Asks for locks. Never closed: that would let go of those which this process holds on the file (POSIX).
    asking: Option<ManuallyDrop<File>>,
}

impl Waiter {
    pub(in crate::store) fn new(path: &Path, patience: Patience) -> Self {
        Self { path: path.to_owned(), patience, since: Instant::now(), announced: false, asking: None }
    }

    /// Sleeps for a moment before the try after so many; not if it is time to give up.
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

    /// Who has the file locked against this process, as far as that can be known.
    fn holder(&mut self) -> String {
        let unknown = || "another program that has the inventory open".to_owned();
        let Some(pid) = self.holder_pid() else { return unknown() };
        let Ok(line) = fs::read(format!("/proc/{pid}/cmdline")) else { return unknown() };
        let line = line.strip_suffix(b"\0").unwrap_or(&line);
        let arguments: Vec<OsString> =
            line.split(|byte| *byte == 0).map(|part| OsString::from_vec(part.into())).collect();
        let name = arguments.first().and_then(|program| Path::new(program).file_name()).unwrap_or_default().to_owned();
        let executable = |process: &str| fs::read_link(format!("/proc/{process}/exe")).ok();
        let ours = executable("self");
        if name == "inv" || (ours.is_some() && ours == executable(&pid.to_string())) {
            match (self.patience.doing)(arguments) {
                Some(doing) => format!("another inv (pid {pid}, {doing})"),
                None => format!("another inv (pid {pid})"),
            }
        } else {
            format!("another program (pid {pid}, {})", shown(&name.to_string_lossy()))
        }
    }

    fn holder_pid(&mut self) -> Option<Pid> {
        if self.asking.is_none() {
            self.asking = File::open(&self.path).ok().map(ManuallyDrop::new);
        }
        let file = self.asking.as_deref()?;
        LOCKS.into_iter().find_map(|(start, length)| {
            let lock = Flock { start, length, ..Flock::from(FlockType::WriteLock) };
            // A holder that this process cannot see (in another container, on another machine) has no number here.
            fcntl_getlk(file, &lock).ok().flatten()?.pid
        })
    }
}
