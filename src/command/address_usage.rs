//! `inv ip usage`: used, reserved and free addresses of a block, with a picture of it on a terminal.

use super::address_next::NOUN;
use super::{Graft, sheet};
use crate::error::Result;
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::Session;
use crate::store::{Reader, StoredAddress};
use crate::value::address::{self, Block};
use crate::verb::arguments::option;
use clap::{Arg, ArgMatches, Command};
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) const GRAFT: Graft = Graft {
    under: Some(NOUN),
    name: "usage",
    about: "Count used, reserved and free addresses of a block",
    hidden: false,
    arguments,
    run,
};

/// Signs in a line of the picture, on a wide terminal, and its largest number of lines.
const ACROSS: u128 = 64;
const DOWN: u128 = 16;

fn arguments(command: Command) -> Command {
    sheet::arguments(command, columns)
        .arg(Arg::new("block").value_name("CIDR").required(true).help("Block, such as 10.0.0.0/24"))
        .after_help(
            "Used addresses belong to a VM, reserved addresses do not; an address of several VMs counts once. Free \
             addresses are those that inv ip next would return.",
        )
}

pub(super) fn columns() -> Vec<Column> {
    let number = |name| Column::new(name, ColumnKind::Number);
    let [assignable, used, reserved, free] = ["assignable", "used", "reserved", "free"].map(number);
    let [name, first, last] = ["block", "first", "last"].map(Column::whole);
    vec![name, assignable, used, reserved, free, first, last]
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let block = Block::parse(option(matches, "block").unwrap_or_default())?;
    let usual = ["block", "assignable", "used", "reserved", "free"];
    let mut picture = None;
    sheet::answer(session, matches, &columns(), &usual, |reader, take| {
        let addresses = recorded(reader, session, &block)?;
        let hosts = block.hosts();
        let (first, last) = (*hosts.start(), *hosts.end());
        // All 2^128 numbers are never assignable: the first address of ::/0 is not.
        let assignable = (last - first).saturating_add(1);
        let used = addresses.values().filter(|is_used| **is_used).count();
        let inside = addresses.range(hosts).count();
        let mut row = Row::default();
        row.text(&block.to_string());
        row.number(&assignable.to_string());
        row.number(&used.to_string());
        row.number(&(addresses.len() - used).to_string());
        row.number(&assignable.saturating_sub(u128::try_from(inside).unwrap_or(u128::MAX)).to_string());
        for number in [first, last] {
            match address::at((block.family(), number)) {
                Some(address) => row.text(&address),
                None => row.null(),
            }
        }
        let _more = take(&row)?;
        picture = session.terminal_width().map(|width| draw(&block, &addresses, width));
        Ok(())
    })?;
    picture.map_or(Ok(()), |picture| session.answer_text(&picture))
}

/// Returns the recorded addresses of the block, each with true if a VM uses it.
fn recorded(reader: &Reader<'_>, session: &Session, block: &Block) -> Result<BTreeMap<u128, bool>> {
    let mut addresses = BTreeMap::new();
    reader.each_address(session.catalog().of(NOUN), block, |address: StoredAddress<'_>| {
        *addresses.entry(address.number).or_insert(false) |= address.bearer.is_some();
        Ok(())
    })?;
    Ok(addresses)
}

/// Draws the block as lines of signs. Each sign is for as many addresses as are needed to fit `width` columns.
fn draw(block: &Block, addresses: &BTreeMap<u128, bool>, width: usize) -> String {
    let numbers = block.numbers();
    let (first, last) = (*numbers.start(), *numbers.end());
    let name = |number| address::at((block.family(), number)).unwrap_or_default();
    // Sizes of blocks, lines and signs are powers of two, so every sign has the same number of addresses.
    let laid_out = |across: u128| {
        let each = (last - first) / (across * DOWN) + 1;
        let signs = (last - first) / each + 1;
        let starts = (0..signs.div_ceil(across)).map(|line| name(first + line * across * each).len() + 2);
        (across, each, signs, starts.max().unwrap_or_default())
    };
    let fits = |(across, .., label): &(u128, u128, u128, usize)| {
        u128::try_from(width.saturating_sub(*label)).is_ok_and(|room| room >= *across)
    };
    let layouts = [ACROSS, ACROSS / 2].map(laid_out);
    let (across, each, signs, label) = layouts.into_iter().find(fits).unwrap_or_else(|| laid_out(ACROSS / 4));
    let mut picture = String::new();
    for place in 0..signs {
        let from = first + place * each;
        if place % across == 0 {
            // Writing to a `String` cannot fail.
            let _ = write!(picture, "\n{:<label$}", name(from));
        }
        let inside = addresses.range(from..=from + (each - 1));
        let count = inside.clone().count();
        picture.push(match (count, each) {
            (0, _) => '·',
            (_, 1) if inside.clone().any(|(_, is_used)| *is_used) => '█',
            (_, 1) => 'r',
            _ => match u128::try_from(count).unwrap_or(each).saturating_mul(4) / each {
                0 => '░',
                1 => '▒',
                2 | 3 => '▓',
                _ => '█',
            },
        });
    }
    let legend = match each {
        1 => "· free  █ used  r reserved".to_owned(),
        _ => format!("one sign is {each} addresses: · all free  ░ ▒ ▓ some used  █ all used"),
    };
    let _ = write!(picture, "\n{legend}\n");
    picture
}

#[cfg(test)]
mod tests {
    use super::{Block, draw};
    use crate::value::address;
    use std::collections::BTreeMap;

    fn picture(block: &str, addresses: &[(&str, bool)], width: usize) -> Vec<String> {
        let block = Block::parse(block).expect("a block");
        let number = |text: &str| address::key(text).expect("an address").1;
        let addresses: BTreeMap<u128, bool> =
            addresses.iter().map(|(text, is_used)| (number(text), *is_used)).collect();
        draw(&block, &addresses, width).lines().skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn a_small_block_has_a_sign_an_address() {
        let lines = picture("10.0.0.0/25", &[("10.0.0.0", true), ("10.0.0.2", false), ("10.0.0.127", true)], 80);
        assert_eq!(lines[0], format!("10.0.0.0   █·r{}", "·".repeat(61)));
        assert_eq!(lines[1], format!("10.0.0.64  {}█", "·".repeat(63)));
        assert_eq!(lines.len(), 3);
        assert_eq!(picture("10.0.0.9/32", &[("10.0.0.9", true)], 80)[0], "10.0.0.9  █");
    }

    #[test]
    fn a_large_block_has_a_sign_for_several_and_fits_the_terminal() {
        let full: Vec<String> = (0..64).map(|last| format!("255.255.0.{last}")).collect();
        let full: Vec<(&str, bool)> = full.iter().map(|text| (text.as_str(), true)).collect();
        let lines = picture("255.255.0.0/16", &full, 80);
        assert!(lines[0].starts_with("255.255.0.0    █··") && lines[16].starts_with("one sign is 64 addresses"));
        for (block, width) in
            [("255.255.0.0/16", 80), ("255.255.0.0/16", 60), ("2001:db8:ffff:ffff::/64", 80), ("::/0", 80)]
        {
            let widest = picture(block, &[], width).iter().take(16).map(|line| line.chars().count()).max();
            assert!(widest <= Some(width), "{block}: {widest:?}");
        }
    }
}
