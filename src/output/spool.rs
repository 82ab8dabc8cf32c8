//! Output that releases the lock on the inventory even if its consumer is slow.
//!
//! A list is read under a lock that blocks writers, and its output may go to a pager that nobody scrolls or to a pipe
//! that nobody reads. A thread writes the output from a megabyte of memory. Once the producer has waited for it for a
//! second in all, output goes to a temporary file whenever that memory is full, so that the producer can finish and
//! release the lock; `finish` writes the rest later. The second is the sum of all waits, so that a consumer that reads
//! a little now and then cannot hold the lock for hours. Without a temporary file (full or read-only disk) output waits.
//!
//! An answer that fits into a pipe stays in memory, and `finish` writes it without a thread.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Total time that the producer waits for the consumer before output is spooled.
const PATIENCE: Duration = Duration::from_secs(1);
/// Size of a piece of output, in bytes: the capacity of a pipe.
const PIECE: usize = 64 * 1024;
/// Largest number of pieces in memory that the thread has not written yet.
const MOST_PIECES: usize = 16;

/// A writer that passes bytes to its own thread.
///
/// If it is dropped without `finish`, it still writes everything, but does not report failures.
pub struct Spool {
    worker: Worker,
    /// The last bytes.
    piece: Vec<u8>,
    /// The bytes before those, if they are not with the thread.
    spill: Option<File>,
    /// Time that the producer still waits; `None` without end.
    patience: Option<Duration>,
    open_spill: fn() -> io::Result<File>,
}

/// The writer behind a spool.
enum Worker {
    /// Not started: the destination.
    Waiting(Box<dyn Write + Send>),
    Started(OutputThread),
    /// Everything is written, or the failure that ended the writing.
    Done(io::Result<()>),
}

/// Consecutive bytes of the output.
enum Piece {
    Memory(Vec<u8>),
    Spill(File),
}

/// The thread that writes pieces, and says so after each.
struct OutputThread {
    pieces: Sender<Piece>,
    written: Receiver<()>,
    unwritten: usize,
    handle: JoinHandle<io::Result<()>>,
}

impl OutputThread {
    fn start(mut writer: Box<dyn Write + Send>) -> io::Result<Self> {
        let (pieces, received) = channel();
        let (tell, written) = channel();
        let write = move || {
            for piece in received {
                match piece {
                    Piece::Memory(bytes) => writer.write_all(&bytes)?,
                    Piece::Spill(mut file) => {
                        file.rewind()?;
                        io::copy(&mut file, &mut writer)?;
                    }
                }
                // At the end the producer no longer listens.
                let _ = tell.send(());
            }
            writer.flush()
        };
        let handle = std::thread::Builder::new().name("output".to_owned()).spawn(write)?;
        Ok(Self { pieces, written, unwritten: 0, handle })
    }

    fn send(&mut self, piece: Piece) {
        self.unwritten += 1;
        // A thread that has ended says why when it is joined.
        let _ = self.pieces.send(piece);
    }

    /// Returns the number of pieces that are not written yet; `None` if the thread has ended.
    fn unwritten(&mut self) -> Option<usize> {
        loop {
            match self.written.try_recv() {
                Ok(()) => self.unwritten -= 1,
                Err(TryRecvError::Empty) => return Some(self.unwritten),
                Err(TryRecvError::Disconnected) => return None,
            }
        }
    }

    /// Waits until a piece is written, the thread has ended, or the time is over.
    fn wait(&mut self, time: Option<Duration>) {
        let is_written = match time {
            Some(time) => self.written.recv_timeout(time).is_ok(),
            None => self.written.recv().is_ok(),
        };
        self.unwritten -= usize::from(is_written);
    }

    fn join(self) -> io::Result<()> {
        drop(self.pieces);
        self.handle.join().unwrap_or_else(|_| Err(io::Error::other("the thread that writes the output failed")))
    }
}

impl Spool {
    /// Creates a spool that writes to `writer`.
    #[must_use]
    pub fn new<W: Write + Send + 'static>(writer: W) -> Self {
        Self::with(writer, PATIENCE, tempfile::tempfile)
    }

    fn with<W: Write + Send + 'static>(writer: W, patience: Duration, open_spill: fn() -> io::Result<File>) -> Self {
        let worker = Worker::Waiting(Box::new(writer));
        Self { worker, piece: Vec::new(), spill: None, patience: Some(patience), open_spill }
    }

    /// Writes the rest and waits for the consumer. Must be called without a lock on the inventory.
    ///
    /// # Errors
    /// The first failure to write, which a `write` may have returned already.
    pub fn finish(mut self) -> io::Result<()> {
        self.close()
    }

    fn close(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.piece);
        match std::mem::replace(&mut self.worker, Worker::Done(Ok(()))) {
            Worker::Waiting(mut writer) => writer.write_all(&rest).and_then(|()| writer.flush()),
            Worker::Started(mut thread) => {
                self.spill.take().into_iter().for_each(|file| thread.send(Piece::Spill(file)));
                thread.send(Piece::Memory(rest));
                thread.join()
            }
            Worker::Done(result) => result,
        }
    }

    /// Passes the last bytes on: to the thread, or to the temporary file while the thread has too much to write.
    fn pass_on(&mut self) -> io::Result<()> {
        if let Worker::Waiting(_) = self.worker
            && let Worker::Waiting(writer) = std::mem::replace(&mut self.worker, Worker::Done(Ok(())))
        {
            self.worker = Worker::Started(OutputThread::start(writer)?);
        }
        loop {
            let Worker::Started(thread) = &mut self.worker else { return self.failed() };
            let Some(unwritten) = thread.unwritten() else { return self.failed() };
            if let Some(mut spill) = self.spill.take() {
                let length = spill.stream_position()?;
                if unwritten > 0 && spill.write_all(&self.piece).is_ok() {
                    self.piece.clear();
                    self.spill = Some(spill);
                    return Ok(());
                }
                if unwritten > 0 {
                    // The disk is full; a part of the piece may be in the file.
                    spill.set_len(length)?;
                    self.patience = None;
                }
                thread.send(Piece::Spill(spill));
            } else if unwritten < MOST_PIECES {
                thread.send(Piece::Memory(std::mem::take(&mut self.piece)));
                return Ok(());
            } else if self.patience.is_some_and(|time| time.is_zero()) {
                match (self.open_spill)() {
                    Ok(file) => self.spill = Some(file),
                    Err(_) => self.patience = None,
                }
            } else {
                let begun = Instant::now();
                thread.wait(self.patience);
                self.patience = self.patience.map(|time| time.saturating_sub(begun.elapsed()));
            }
        }
    }

    /// Returns the failure that ended the writing.
    fn failed(&mut self) -> io::Result<()> {
        if let Worker::Started(_) = self.worker
            && let Worker::Started(thread) = std::mem::replace(&mut self.worker, Worker::Done(Ok(())))
        {
            self.worker = Worker::Done(thread.join());
        }
        match &self.worker {
            Worker::Done(Err(error)) => Err(again(error)),
            _ => Ok(()),
        }
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
        if self.piece.len() + bytes.len() > PIECE && !self.piece.is_empty() {
            self.pass_on()?;
        }
        let fitting = bytes.get(..PIECE).unwrap_or(bytes);
        self.piece.extend_from_slice(fitting);
        Ok(fitting.len())
    }

    /// Returns the first failure so far. Only `finish` waits for the bytes to be written.
    fn flush(&mut self) -> io::Result<()> {
        match &self.worker {
            Worker::Done(Err(error)) => Err(again(error)),
            _ => Ok(()),
        }
    }
}

/// Returns a copy of the failure, since `io::Error` cannot be cloned.
fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| io::Error::new(error.kind(), error.to_string()), io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::Spool;
    use std::fs::File;
    use std::io::{self, ErrorKind, Read, Write};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    /// Bytes that wait in memory for the consumer.
    const MEMORY: usize = 1 << 20;

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
        static IS_ASKED: AtomicBool = AtomicBool::new(false);
        let open = || {
            IS_ASKED.store(true, Ordering::SeqCst);
            Err(io::Error::from(ErrorKind::StorageFull))
        };
        assert_nothing_is_lost(open, &IS_ASKED);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn with_a_full_disk_the_producer_waits_and_loses_nothing() {
        use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
        static IS_ASKED: AtomicBool = AtomicBool::new(false);
        // A file that may not grow, as on a full disk; `/dev/full` cannot be truncated, as a file can.
        let open = || {
            IS_ASKED.store(true, Ordering::SeqCst);
            let file = memfd_create("full", MemfdFlags::ALLOW_SEALING)?;
            fcntl_add_seals(&file, SealFlags::GROW)?;
            Ok(File::from(file))
        };
        assert_nothing_is_lost(open, &IS_ASKED);
    }

    /// Reads only once `open_spill` was called, which `is_asked` says.
    fn assert_nothing_is_lost(open_spill: fn() -> io::Result<File>, is_asked: &'static AtomicBool) {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let reading = std::thread::spawn(move || {
            while !is_asked.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            let mut all = Vec::new();
            reader.read_to_end(&mut all).map(|_| all)
        });
        let data = data(5 * MEMORY);
        let mut spool = Spool::with(writer, Duration::ZERO, open_spill);
        write_in_pieces(&mut spool, &data).expect("written");
        assert!(is_asked.load(Ordering::SeqCst), "no temporary file was asked for");
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
