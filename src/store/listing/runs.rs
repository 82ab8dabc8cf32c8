//! External merge sort: items are collected, sorted and written to a temporary file as runs, and the runs are merged.
//!
//! An item is a key, compared bytewise, an id, and an opaque payload.

use crate::error::{Error, Result, io_reason};
use crate::system::files::read_at;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::ops::Range;
use std::rc::Rc;

/// Bytes of keys and payloads that one thread collects before it writes a run.
const GATHERED: usize = 8 << 20;
/// Read buffer of a run, in bytes.
const READ_AT_ONCE: usize = 64 << 10;

/// Items that gather in one thread.
#[derive(Default)]
pub(in crate::store) struct Gathering {
    /// The keys and the payloads, one behind the other.
    bytes: Vec<u8>,
    items: Vec<Item>,
    aside: Option<Aside>,
}

/// An item that gathers: the first bytes of its key as a number, which mostly decide, where its key begins, where its
/// payload does, and where that ends.
struct Item {
    first: u64,
    id: i64,
    key: usize,
    payload: usize,
    end: usize,
}

/// Runs in a file without a name, and where they lie in it.
struct Aside {
    file: BufWriter<File>,
    runs: Vec<Range<u64>>,
}

/// Sorted runs of one thread, the last of them in memory.
pub(in crate::store) struct Gathered {
    bytes: Vec<u8>,
    items: Vec<Item>,
    aside: Option<(File, Vec<Range<u64>>)>,
}

impl Gathering {
    /// Adds an item.
    pub(in crate::store) fn add(&mut self, id: i64, key: &[u8], payload: &[u8]) -> Result<()> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(payload);
        let (payload, end) = (start + key.len(), self.bytes.len());
        self.items.push(Item { first: first(key), id, key: start, payload, end });
        if end >= GATHERED { self.put_aside() } else { Ok(()) }
    }

    fn sort(&mut self) {
        let bytes = &self.bytes;
        let whole = |item: &Item| (bytes.get(item.key..item.payload), item.id);
        self.items
            .sort_unstable_by(|one, other| one.first.cmp(&other.first).then_with(|| whole(one).cmp(&whole(other))));
    }

    fn put_aside(&mut self) -> Result<()> {
        self.sort();
        if self.aside.is_none() {
            let file = BufWriter::new(tempfile::tempfile().map_err(|error| unwritten(&error))?);
            self.aside = Some(Aside { file, runs: Vec::new() });
        }
        let Some(Aside { file, runs }) = &mut self.aside else { return Ok(()) };
        let start = runs.last().map_or(0, |run| run.end);
        let mut end = start;
        for Item { id, key, payload, end: behind, .. } in &self.items {
            let bytes = self.bytes.get(*key..*behind).unwrap_or_default();
            let lengths = [payload - key, behind - payload].map(|length| length as u64);
            let mut write = || {
                file.write_all(&id.to_le_bytes())?;
                lengths.iter().try_for_each(|length| file.write_all(&length.to_le_bytes()))?;
                file.write_all(bytes)
            };
            write().map_err(|error| unwritten(&error))?;
            end += (HEAD + bytes.len()) as u64;
        }
        runs.push(start..end);
        self.bytes.clear();
        self.items.clear();
        Ok(())
    }

    /// Ends the gathering.
    pub(in crate::store) fn end(mut self) -> Result<Gathered> {
        self.sort();
        let aside = match self.aside {
            Some(Aside { file, runs }) => Some((file.into_inner().map_err(|error| unwritten(error.error()))?, runs)),
            None => None,
        };
        Ok(Gathered { bytes: self.bytes, items: self.items, aside })
    }
}

/// Bytes of the header of an item in a file: id, length of the key, length of the payload.
const HEAD: usize = 24;

/// The first bytes of a key, as a number that sorts as they do.
fn first(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(key).for_each(|(byte, of_key)| *byte = *of_key);
    u64::from_be_bytes(bytes)
}

/// Hands each item of all that was gathered to `each`, by their keys: its id, and its payload.
pub(in crate::store) fn merge(gathered: Vec<Gathered>, mut each: impl FnMut(i64, &[u8]) -> Result<()>) -> Result<()> {
    let mut sources: Vec<RunReader> = Vec::new();
    for Gathered { bytes, items, aside } in gathered {
        sources.push(RunReader::Kept { bytes, items: items.into_iter() });
        if let Some((file, runs)) = aside {
            let file = Rc::new(file);
            sources.extend(runs.into_iter().map(|place| {
                let run = Run { file: Rc::clone(&file), place };
                RunReader::Aside(BufReader::with_capacity(READ_AT_ONCE, run))
            }));
        }
    }
    let mut heads = BinaryHeap::new();
    for (number, source) in sources.iter_mut().enumerate() {
        let mut head = Head { first: 0, key: Vec::new(), id: 0, source: number, payload: Vec::new() };
        if source.next(&mut head)? {
            heads.push(Reverse(head));
        }
    }
    while let Some(mut least) = heads.peek_mut() {
        each(least.0.id, &least.0.payload)?;
        let source = sources.get_mut(least.0.source);
        if !source.map_or(Ok(false), |source| source.next(&mut least.0))? {
            PeekMut::pop(least);
        }
    }
    Ok(())
}

/// Least remaining item of a run. Ids make items distinct.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    first: u64,
    key: Vec<u8>,
    id: i64,
    source: usize,
    payload: Vec<u8>,
}

/// A run that is merged with others.
enum RunReader {
    Kept { bytes: Vec<u8>, items: std::vec::IntoIter<Item> },
    Aside(BufReader<Run>),
}

impl RunReader {
    /// Reads the next item into `head`. Returns false at the end of the run.
    fn next(&mut self, head: &mut Head) -> Result<bool> {
        head.key.clear();
        head.payload.clear();
        match self {
            Self::Kept { bytes, items } => {
                let Some(Item { id, key, payload, end, .. }) = items.next() else { return Ok(false) };
                head.id = id;
                head.key.extend_from_slice(bytes.get(key..payload).unwrap_or_default());
                head.payload.extend_from_slice(bytes.get(payload..end).unwrap_or_default());
            }
            Self::Aside(run) => {
                if run.get_ref().place.is_empty() && run.buffer().is_empty() {
                    return Ok(false);
                }
                let mut read = || {
                    head.id = i64::from_le_bytes(eight(run)?);
                    let (key, payload) = (u64::from_le_bytes(eight(run)?), u64::from_le_bytes(eight(run)?));
                    run.by_ref().take(key).read_to_end(&mut head.key)?;
                    run.by_ref().take(payload).read_to_end(&mut head.payload)
                };
                read().map_err(|error| unwritten(&error))?;
            }
        }
        head.first = first(&head.key);
        Ok(true)
    }
}

fn eight(run: &mut impl Read) -> std::io::Result<[u8; 8]> {
    let mut bytes = [0; 8];
    run.read_exact(&mut bytes).map(|()| bytes)
}

/// A run in a file.
struct Run {
    file: Rc<File>,
    /// Unread bytes of the file.
    place: Range<u64>,
}

impl Read for Run {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.place.end - self.place.start).unwrap_or(usize::MAX).min(bytes.len());
        let read = read_at(&self.file, bytes.get_mut(..left).unwrap_or_default(), self.place.start)?;
        self.place.start += read as u64;
        Ok(read)
    }
}

fn unwritten(error: &std::io::Error) -> Error {
    Error::failed(format!("cannot sort with a temporary file: {}", io_reason(error)))
        .help("check the free space of the folder for temporary files")
}

#[cfg(test)]
mod tests {
    use super::{GATHERED, Gathering, merge};

    /// Sorts `keys`, with payloads of `length` more bytes, from three threads' parts.
    fn sorted(keys: &[String], length: usize) -> Vec<(i64, String)> {
        let gathered = keys.chunks(keys.len().div_ceil(3)).enumerate().map(|(part, keys)| {
            let mut gathering = Gathering::default();
            for (place, key) in keys.iter().enumerate() {
                let payload = format!("{key}{}", "x".repeat(length));
                let id = i64::try_from(part * 1_000_000 + place).expect("a small number");
                gathering.add(id, key.as_bytes(), payload.as_bytes()).expect("room");
            }
            gathering.end().expect("room")
        });
        let mut items = Vec::new();
        merge(gathered.collect(), |id, payload| {
            items.push((id, String::from_utf8(payload.to_vec()).expect("text").trim_end_matches('x').to_owned()));
            Ok(())
        })
        .expect("room");
        items
    }

    #[test]
    fn what_is_put_aside_comes_in_the_order_of_its_keys_and_then_of_its_ids() {
        let keys: Vec<String> = (0_u64..9_000).map(|n| format!("key {}", n * 7_919 % 997)).collect();
        for length in [0, 10, 3 * GATHERED / keys.len() * 3] {
            let items = sorted(&keys, length);
            assert_eq!(items.len(), keys.len());
            assert!(items.windows(2).all(|pair| (&pair[0].1, pair[0].0) < (&pair[1].1, pair[1].0)), "{length}");
        }
    }

    #[test]
    fn of_nothing_comes_nothing() {
        assert_eq!(sorted(&[String::new()], 0), [(0, String::new())]);
        merge(vec![Gathering::default().end().expect("room")], |_, _| panic!("an item")).expect("nothing");
    }
}
