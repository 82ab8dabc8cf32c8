//! Output that releases the lock on the inventory even if its consumer is slow.
//!
//! A list is read under a lock that blocks writers, and its output may go to a pager that nobody scrolls or to a pipe
//! that nobody reads. A spool writes on its own thread through a bounded buffer in memory. When the producer has waited
//! for the consumer for one second in total, the rest goes to an unnamed temporary file, so that the producer can
//! finish and release the lock; `finish` writes the rest later. The second is the sum of all waits, so that a consumer
//! that reads a little now and then cannot hold the lock for hours. Without a temporary file (full or read-only disk)
//! output waits.
//!
//! An answer that fits into a pipe stays in memory, and `finish` writes it without a thread.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Total time that the producer waits for the consumer before the rest is spooled.
const PATIENCE: Duration = Duration::from_secs(1);
/// Size of the buffer in memory, in bytes.
const MEMORY: usize = 1 << 20;
/// Length of an answer above which a thread is started, in bytes: the capacity of a pipe.
const SHORT: usize = 64 * 1024;
/// Bytes in one read from the temporary file.
const PIECE: usize = 256 * 1024;

/// A writer that passes bytes to its own thread.
///
/// If it is dropped without `finish`, it still writes everything, but does not report failures.
pub struct Spool {
    shared: Arc<Shared>,
    worker: Worker,
    patience: Duration,
    open_spill: fn() -> io::Result<File>,
}

/// The writer behind a spool.
enum Worker {
    /// Not started: the destination.
    Waiting(Box<dyn Write + Send>),
    /// A thread.
    Started(JoinHandle<()>),
    /// Everything is written.
    Done,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// Bytes to be written. Those in memory are older than those in the file.
#[derive(Default)]
struct State {
    memory: Vec<u8>,
    spill: Option<Spill>,
    spill_failed: bool,
    closed: bool,
    error: Option<io::Error>,
}

struct Spill {
    file: File,
    written: u64,
    read: u64,
}

impl Spool {
    /// Creates a spool that writes to `writer`.
    #[must_use]
    pub fn new<W: Write + Send + 'static>(writer: W) -> Self {
        Self::with(writer, PATIENCE, tempfile::tempfile)
    }

    fn with<W: Write + Send + 'static>(writer: W, patience: Duration, open_spill: fn() -> io::Result<File>) -> Self {
        let shared = Arc::new(Shared { state: Mutex::new(State::default()), changed: Condvar::new() });
        Self { shared, worker: Worker::Waiting(Box::new(writer)), patience, open_spill }
    }

    /// Starts the thread, if it is not started yet.
    fn start(&mut self) -> io::Result<()> {
        self.worker = match std::mem::replace(&mut self.worker, Worker::Done) {
            Worker::Waiting(writer) => {
                let shared = Arc::clone(&self.shared);
                let thread = std::thread::Builder::new().name("output".to_owned());
                Worker::Started(thread.spawn(move || shared.drain(writer))?)
            }
            other => other,
        };
        Ok(())
    }

    /// Writes the rest and waits for the consumer. Must be called without a lock on the inventory.
    ///
    /// # Errors
    /// The first failure to write, which a `write` may have returned already.
    pub fn finish(mut self) -> io::Result<()> {
        self.close()
    }

    fn close(&mut self) -> io::Result<()> {
        self.shared.lock().closed = true;
        match std::mem::replace(&mut self.worker, Worker::Done) {
            Worker::Waiting(writer) => self.shared.drain(writer),
            Worker::Started(thread) => {
                self.shared.changed.notify_all();
                if thread.join().is_err() {
                    return Err(io::Error::other("the thread that writes the output failed"));
                }
            }
            Worker::Done => {}
        }
        self.shared.lock().error.take().map_or(Ok(()), Err)
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // A failure cannot be reported in `drop`.
        let _ = self.close();
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if matches!(self.worker, Worker::Waiting(_)) && self.shared.lock().memory.len() + bytes.len() > SHORT {
            self.start()?;
        }
        let mut state = self.shared.lock();
        loop {
            if let Some(error) = &state.error {
                return Err(again(error));
            }
            if state.spill_failed && state.spill.is_some() {
                state = self.shared.wait(state);
            } else if let Some(spill) = &mut state.spill {
                if spill.append(bytes).is_ok() {
                    self.shared.changed.notify_all();
                    return Ok(bytes.len());
                }
                state.spill_failed = true;
            } else if state.memory.len() < MEMORY {
                let room = MEMORY - state.memory.len();
                let fitting = bytes.get(..room).unwrap_or(bytes);
                state.memory.extend_from_slice(fitting);
                self.shared.changed.notify_all();
                return Ok(fitting.len());
            } else if state.spill_failed {
                state = self.shared.wait(state);
            } else if self.patience.is_zero() {
                match (self.open_spill)() {
                    Ok(file) => state.spill = Some(Spill { file, written: 0, read: 0 }),
                    Err(_) => state.spill_failed = true,
                }
            } else {
                let begun = Instant::now();
                state = self.shared.wait_at_most(state, self.patience);
                self.patience = self.patience.saturating_sub(begun.elapsed());
            }
        }
    }

    /// Returns the first failure so far. Only `finish` waits for the bytes to be written.
    fn flush(&mut self) -> io::Result<()> {
        self.shared.lock().error.as_ref().map_or(Ok(()), |error| Err(again(error)))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'state>(&self, state: MutexGuard<'state, State>) -> MutexGuard<'state, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_at_most<'state>(&self, state: MutexGuard<'state, State>, time: Duration) -> MutexGuard<'state, State> {
        self.changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Writes bytes until the spool is closed and empty, or until a write fails.
    fn drain(&self, mut writer: impl Write) {
        let mut piece = Vec::new();
        let result = loop {
            piece.clear();
            match self.take(&mut piece) {
                Ok(true) => {}
                Ok(false) => break writer.flush(),
                Err(error) => break Err(error),
            }
            if let Err(error) = writer.write_all(&piece) {
                break Err(error);
            }
        };
        if let Err(error) = result {
            self.lock().error = Some(error);
            self.changed.notify_all();
        }
    }

    /// Waits for bytes and moves the oldest to `piece`; returns false at the end.
    fn take(&self, piece: &mut Vec<u8>) -> io::Result<bool> {
        let mut state = self.lock();
        loop {
            if !state.memory.is_empty() {
                std::mem::swap(&mut state.memory, piece);
            } else if let Some(spill) = state.spill.as_mut().filter(|spill| spill.read < spill.written) {
                spill.take(piece)?;
            } else if state.closed {
                return Ok(false);
            } else if state.spill.is_some() && state.spill_failed {
                // The file is written completely, so memory is used again.
                state.spill = None;
                self.changed.notify_all();
                continue;
            } else {
                state = self.wait(state);
                continue;
            }
            self.changed.notify_all();
            return Ok(true);
        }
    }
}

impl Spill {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.read == self.written {
            (self.read, self.written) = (0, 0);
        }
        self.file.seek(SeekFrom::Start(self.written))?;
        self.file.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn take(&mut self, piece: &mut Vec<u8>) -> io::Result<()> {
        let length = (self.written - self.read).min(PIECE as u64);
        self.file.seek(SeekFrom::Start(self.read))?;
        (&self.file).take(length).read_to_end(piece)?;
        if piece.len() as u64 != length {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the temporary file of the output was cut short"));
        }
        self.read += length;
        Ok(())
    }
}

/// Returns a copy of the failure, since `io::Error` cannot be cloned.
fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| io::Error::new(error.kind(), error.to_string()), io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::{MEMORY, Spool};
    use std::fs::File;
    use std::io::{self, ErrorKind, Read, Write};
    use std::time::{Duration, Instant};

    /// Bytes that never repeat at a buffer's length, so that a piece lost or doubled shows.
    fn data(length: usize) -> Vec<u8> {
        (0_u32..).flat_map(u32::to_le_bytes).take(length).collect()
    }

    fn write_in_pieces(spool: &mut Spool, data: &[u8]) -> io::Result<()> {
        data.chunks(30_000).try_for_each(|piece| spool.write_all(piece))
    }

    #[test]
    fn a_reader_that_keeps_up_gets_everything() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let reading = std::thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).map(|_| all)
        });
        let data = data(9 * MEMORY + 17);
        let mut spool = Spool::new(writer);
        write_in_pieces(&mut spool, &data).expect("written");
        spool.finish().expect("finished");
        assert!(reading.join().expect("a reader").expect("read") == data);
    }

    #[test]
    fn a_pipe_that_nobody_reads_holds_the_producer_up_for_about_a_second() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let data = data(20 * MEMORY);
        let mut spool = Spool::new(writer);
        let begun = Instant::now();
        write_in_pieces(&mut spool, &data).expect("spooled");
        let waited = begun.elapsed();
        assert!(waited >= Duration::from_millis(900) && waited < Duration::from_secs(2), "{waited:?}");
        let reading = std::thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).map(|_| all)
        });
        spool.finish().expect("finished");
        assert!(reading.join().expect("a reader").expect("read") == data);
    }

    #[test]
    fn a_reader_that_takes_a_little_now_and_then_does_not_hold_the_producer_up_for_longer() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let data = data(6 * MEMORY);
        let reading = std::thread::spawn(move || {
            let (mut all, mut piece) = (Vec::new(), vec![0; 8192]);
            loop {
                match reader.read(&mut piece)? {
                    0 => return Ok::<_, io::Error>(all),
                    count => all.extend_from_slice(&piece[..count]),
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let mut spool = Spool::new(writer);
        let begun = Instant::now();
        write_in_pieces(&mut spool, &data).expect("spooled");
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        spool.finish().expect("finished");
        assert!(reading.join().expect("a reader").expect("read") == data);
    }

    #[test]
    fn a_reader_that_goes_away_ends_the_writing_soon() {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let mut spool = Spool::new(writer);
        let piece = data(30_000);
        let error = (0..10_000).find_map(|_| spool.write_all(&piece).err()).expect("a closed pipe");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert_eq!(spool.flush().expect_err("still closed").kind(), ErrorKind::BrokenPipe);
        assert_eq!(spool.finish().expect_err("still closed").kind(), ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_reader_that_goes_away_while_the_producer_waits_wakes_it() {
        let (reader, writer) = io::pipe().expect("a pipe");
        let closing = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            drop(reader);
        });
        let mut spool = Spool::with(writer, Duration::from_secs(3600), tempfile::tempfile);
        let error = write_in_pieces(&mut spool, &data(4 * MEMORY)).expect_err("a closed pipe");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        closing.join().expect("closed");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_device_is_told_at_the_latest_at_the_end() {
        let full = File::options().write(true).open("/dev/full").expect("the full device");
        let mut spool = Spool::new(full);
        spool.write_all(b"one line\n").expect("written");
        assert_eq!(spool.finish().expect_err("no space").kind(), ErrorKind::StorageFull);
    }

    #[test]
    fn without_a_temporary_file_the_producer_waits_and_loses_nothing() {
        let none = || Err(io::Error::from(ErrorKind::StorageFull));
        assert_nothing_is_lost(none);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn with_a_full_disk_the_producer_waits_and_loses_nothing() {
        assert_nothing_is_lost(|| File::options().read(true).write(true).open("/dev/full"));
    }

    fn assert_nothing_is_lost(open_spill: fn() -> io::Result<File>) {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let reading = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            let mut all = Vec::new();
            reader.read_to_end(&mut all).map(|_| all)
        });
        let data = data(5 * MEMORY);
        let mut spool = Spool::with(writer, Duration::from_millis(10), open_spill);
        write_in_pieces(&mut spool, &data).expect("written");
        spool.finish().expect("finished");
        assert!(reading.join().expect("a reader").expect("read") == data);
    }

    #[test]
    fn dropped_it_still_writes_everything_out() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let mut spool = Spool::new(writer);
        spool.write_all(b"web01\n").expect("written");
        drop(spool);
        let mut all = String::new();
        reader.read_to_string(&mut all).expect("read");
        assert_eq!(all, "web01\n");
    }
}
