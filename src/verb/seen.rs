//! Records of the rows of a file, with their lines. Takes four bytes a record if ids are dense.

use std::collections::HashMap;

/// Number of ids in a block.
const BLOCK: usize = 256;

/// Lines of records, by id.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    blocks: HashMap<i64, Box<[u32; BLOCK]>>,
}

impl Seen {
    /// Sets the line of the record `id`, which is at least 1.
    pub(crate) fn insert(&mut self, id: i64, line: u64) {
        let (block, place) = place(id);
        let lines = self.blocks.entry(block).or_insert_with(|| Box::new([0; BLOCK]));
        if let Some(slot) = lines.get_mut(place) {
            // Lines beyond `u32::MAX` are reported as `u32::MAX`.
            *slot = u32::try_from(line.max(1)).unwrap_or(u32::MAX);
        }
    }

    /// Returns the records with their lines.
    pub(crate) fn all(&self) -> impl Iterator<Item = (i64, u32)> {
        let size = i64::try_from(BLOCK).unwrap_or(i64::MAX);
        self.blocks.iter().flat_map(move |(block, lines)| {
            let first = block.saturating_mul(size);
            let places = lines.iter().zip(0_i64..).map(move |(line, place)| (first.saturating_add(place), *line));
            places.filter(|(_, line)| *line > 0)
        })
    }

    /// Returns the line of the record `id`, if the file has it.
    pub(crate) fn line(&self, id: i64) -> Option<u32> {
        let (block, place) = place(id);
        self.blocks.get(&block).and_then(|lines| lines.get(place).copied()).filter(|line| *line > 0)
    }
}

/// Returns the block of an id and its index there.
fn place(id: i64) -> (i64, usize) {
    let size = i64::try_from(BLOCK).unwrap_or(i64::MAX);
    (id.div_euclid(size), usize::try_from(id.rem_euclid(size)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn a_record_is_known_by_its_line_and_its_neighbours_are_not() {
        let mut seen = Seen::default();
        for (id, line) in [(1, 2), (255, 3), (256, 4), (-1, 5), (i64::MAX, u64::MAX), (i64::MIN, 0)] {
            seen.insert(id, line);
        }
        let lines = [1, 255, 256, -1, i64::MAX, i64::MIN].map(|id| seen.line(id));
        assert_eq!(lines, [Some(2), Some(3), Some(4), Some(5), Some(u32::MAX), Some(1)]);
        let mut all: Vec<(i64, u32)> = seen.all().collect();
        all.sort_unstable();
        let first_and_last = [(i64::MIN, 1), (-1, 5), (1, 2), (255, 3), (256, 4), (i64::MAX, u32::MAX)];
        assert_eq!(all, first_and_last);
        for id in [0, 2, 254, 257, -2, -256, i64::MAX - 1] {
            assert_eq!(seen.line(id), None, "{id}");
        }
    }
}
