//! Records as they lie in a page: a header of types, then the values (file format, 2.1 and 2.3).

use std::cmp::Ordering;

/// A number of one to nine bytes, and where what follows it begins.
#[inline]
pub(super) fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let first = *bytes.get(at)?;
    if first < 0x80 { Some((u64::from(first), at + 1)) } else { long_varint(bytes, at, first) }
}

fn long_varint(bytes: &[u8], at: usize, first: u8) -> Option<(u64, usize)> {
    let mut number = u64::from(first & 0x7f);
    for place in at + 1..at + 8 {
        let byte = *bytes.get(place)?;
        number = number << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            return Some((number, place + 1));
        }
    }
    let last = *bytes.get(at + 8)?;
    Some((number << 8 | u64::from(last), at + 9))
}

/// Two bytes as a number, the upper one first.
pub(super) fn two(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..at + 2).map(|pair| usize::from(pair[0]) << 8 | usize::from(pair[1]))
}

/// Four bytes as a number, the uppermost first.
pub(super) fn four(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// What a record holds in one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Held<'page> {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A text, as bytes that nobody has looked at yet.
    Text(&'page [u8]),
    /// What no column of an inventory holds.
    Other,
}

/// Where one value of a record lies: its type, its first byte, and the end of its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::store) struct Span {
    kind: u64,
    start: usize,
    end: usize,
}

/// How many bytes the values of the first types take (2.1); of the two that are not used, none.
const WIDTHS: [u8; 12] = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0];

/// How many bytes a value of a type takes.
#[inline]
fn width(kind: u64) -> usize {
    match usize::try_from(kind) {
        Ok(small) if small < WIDTHS.len() => usize::from(WIDTHS[small]),
        // A value is no longer than its record, which is tested where it is read.
        Ok(large) => (large - 12) / 2,
        Err(_) => usize::MAX / 2,
    }
}

impl Span {
    /// The value, of the record that it was found in.
    #[inline]
    pub(in crate::store) fn of(self, record: &[u8]) -> Held<'_> {
        let Self { kind, start, end } = self;
        let Some(bytes) = record.get(start..end) else { return Held::Other };
        match kind {
            kind if kind >= 13 && kind % 2 == 1 => Held::Text(bytes),
            0 => Held::Null,
            8 => Held::Integer(0),
            9 => Held::Integer(1),
            1..=6 => Held::Integer(signed(bytes)),
            _ => Held::Other,
        }
    }
}

/// A number below or above zero, the uppermost byte first.
#[inline]
fn signed(bytes: &[u8]) -> i64 {
    match *bytes {
        [one] => i64::from(one.cast_signed()),
        [one, two] => i64::from(i16::from_be_bytes([one, two])),
        [one, two, three] => i64::from(i32::from_be_bytes([one, two, three, 0]) >> 8),
        [one, two, three, four] => i64::from(i32::from_be_bytes([one, two, three, four])),
        _ => {
            let sign = if bytes.first().is_some_and(|byte| *byte >= 0x80) { -1 } else { 0 };
            bytes.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte))
        }
    }
}

/// The types of a record's values, and where each value begins.
struct Header<'r> {
    record: &'r [u8],
    at: usize,
    end: usize,
    start: usize,
}

impl<'r> Header<'r> {
    #[inline]
    fn new(record: &'r [u8]) -> Option<Self> {
        let (length, at) = varint(record, 0)?;
        let end = usize::try_from(length).ok().filter(|end| *end <= record.len())?;
        Some(Self { record, at, end, start: end })
    }

    /// The next value; behind the last one, an empty one.
    #[inline]
    fn next(&mut self) -> Option<Span> {
        if self.is_done() {
            return Some(Span { kind: 0, start: self.start, end: self.start });
        }
        let (kind, next) = varint(self.record, self.at)?;
        let (start, end) = (self.start, self.start.checked_add(width(kind))?);
        (self.at, self.start) = (next, end);
        Some(Span { kind, start, end })
    }

    const fn is_done(&self) -> bool {
        self.at >= self.end
    }
}

/// Finds the values of the columns `wanted`, which ascend. A record may have fewer columns than its table: what was
/// added to that since is empty in it.
#[inline]
pub(in crate::store) fn locate(record: &[u8], wanted: &[usize], spans: &mut Vec<Span>) -> Option<()> {
    spans.clear();
    let mut header = Header::new(record)?;
    let mut column = 0;
    for place in wanted {
        while column < *place {
            header.next()?;
            column += 1;
        }
        spans.push(header.next()?);
        column += 1;
    }
    // Where the last value ends within the record, so do those before it.
    (header.start <= record.len()).then_some(())
}

/// The last value of a record: in an index, the id of the row.
pub(super) fn last_integer(record: &[u8]) -> Option<i64> {
    let mut header = Header::new(record)?;
    let mut last = Span::default();
    while !header.is_done() {
        last = header.next()?;
    }
    match last.of(record) {
        Held::Integer(id) => Some(id),
        _ => None,
    }
}

/// How the first values of an index's record compare to `wanted`: nothing before numbers before texts, texts byte by byte.
pub(super) fn compare(record: &[u8], wanted: &[Held<'_>]) -> Option<Ordering> {
    let mut header = Header::new(record)?;
    for value in wanted {
        if header.is_done() {
            return None;
        }
        let held = header.next()?.of(record);
        let order = match (held, *value) {
            (Held::Null, Held::Null) => Ordering::Equal,
            (Held::Integer(one), Held::Integer(other)) => one.cmp(&other),
            (Held::Text(one), Held::Text(other)) => one.cmp(other),
            (one, other) => rank(one)?.cmp(&rank(other)?),
        };
        if order != Ordering::Equal {
            return Some(order);
        }
    }
    Some(Ordering::Equal)
}

const fn rank(value: Held<'_>) -> Option<u8> {
    match value {
        Held::Null => Some(0),
        Held::Integer(_) => Some(1),
        Held::Text(_) => Some(2),
        Held::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Held, compare, last_integer, locate, signed, varint};
    use std::cmp::Ordering;

    #[test]
    fn numbers_of_one_to_nine_bytes_are_read() {
        assert_eq!(varint(&[0x7f], 0), Some((127, 1)));
        assert_eq!(varint(&[0x81, 0x00], 0), Some((128, 2)));
        assert_eq!(varint(&[9, 0xff, 0x7f], 1), Some((0x3fff, 3)));
        assert_eq!(varint(&[0xff; 9], 0), Some((u64::MAX, 9)));
        assert_eq!(varint(&[0xff; 8], 0), None);
        assert_eq!(varint(&[], 0), None);
    }

    /// A record of a number below zero, a text, nothing, one, and a number of six bytes.
    const RECORD: &[u8] = &[6, 1, 19, 0, 9, 5, 0xfe, b'a', b'b', b'c', 0, 0, 0, 1, 0, 0];

    #[test]
    fn values_are_found_by_their_columns() {
        let mut spans = Vec::new();
        let wanted: Vec<usize> = (0..6).collect();
        locate(RECORD, &wanted, &mut spans).expect("a record");
        let held: Vec<Held<'_>> = spans.iter().map(|span| span.of(RECORD)).collect();
        let integer = Held::Integer;
        assert_eq!(held, [integer(-2), Held::Text(b"abc"), Held::Null, integer(1), integer(1 << 16), Held::Null]);
        locate(RECORD, &[1, 4], &mut spans).expect("a record");
        assert_eq!(
            spans.iter().map(|span| span.of(RECORD)).collect::<Vec<_>>(),
            [Held::Text(b"abc"), integer(1 << 16)]
        );
        assert_eq!(last_integer(RECORD), Some(1 << 16));
    }

    #[test]
    fn numbers_of_every_width_keep_their_sign() {
        for width in [1, 2, 3, 4, 6, 8] {
            let most = i64::MAX >> (64 - 8 * width);
            for number in [-most - 1, -most, -1, 0, 1, most - 1, most] {
                let bytes = number.to_be_bytes();
                assert_eq!(signed(&bytes[8 - width..]), number, "{width} bytes");
            }
        }
    }

    #[test]
    fn a_record_that_ends_too_early_is_none() {
        let mut spans = Vec::new();
        for end in 0..RECORD.len() {
            assert_eq!(locate(&RECORD[..end], &[4], &mut spans), None, "{end}");
            assert_eq!(last_integer(&RECORD[..end]), None, "{end}");
        }
    }

    #[test]
    fn nothing_comes_before_numbers_and_these_before_texts() {
        let order = |wanted: &[Held<'_>]| compare(RECORD, wanted);
        assert_eq!(order(&[Held::Null]), Some(Ordering::Greater));
        assert_eq!(order(&[Held::Integer(-2)]), Some(Ordering::Equal));
        assert_eq!(order(&[Held::Integer(-1)]), Some(Ordering::Less));
        assert_eq!(order(&[Held::Text(b"")]), Some(Ordering::Less));
        assert_eq!(order(&[Held::Integer(-2), Held::Text(b"abd")]), Some(Ordering::Less));
        assert_eq!(order(&[Held::Integer(-2), Held::Text(b"abc"), Held::Null]), Some(Ordering::Equal));
    }
}
