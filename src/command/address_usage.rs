//! `inv ip usage`: how full a block of addresses is, and on a terminal a picture of it.

use super::address_next::NOUN;
use super::{Graft, sheet};
use crate::error::Result;
use crate::output::row::{Column, ColumnKind, Row};
use crate::session::Session;
use crate::store::{Held, Reader};
use crate::value::address::{self, Block};
use crate::verb::arguments::option;
use clap::{Arg, ArgMatches, Command};
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) const GRAFT: Graft = Graft {
    under: Some(NOUN),
    name: "usage",
    about: "Tell how many addresses of a block are used, reserved and free",
    hidden: false,
    arguments,
    run,
};

/// How many signs of a picture stand in a line, and how many lines it has at most.
const ACROSS: u128 = 64;
const DOWN: u128 = 16;

fn arguments(command: Command) -> Command {
    sheet::arguments(command)
        .arg(Arg::new("block").value_name("CIDR").required(true).help("The block, such as 10.0.0.0/24"))
        .after_help(
            "Used are the addresses that a VM bears, reserved those without a VM; one that several bear counts once. \
             Free are those that inv ip next would give out.",
        )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let block = Block::parse(option(matches, "block").unwrap_or_default())?;
    let columns = [
        ("block", ColumnKind::Text),
        ("assignable", ColumnKind::Number),
        ("used", ColumnKind::Number),
        ("reserved", ColumnKind::Number),
        ("free", ColumnKind::Number),
        ("first", ColumnKind::Text),
        ("last", ColumnKind::Text),
    ];
    let columns = columns.map(|(name, kind)| Column::new(name, kind));
    let usual = ["block", "assignable", "used", "reserved", "free"];
    let mut picture = None;
    sheet::answer(session, matches, &columns, &usual, |reader, take| {
        let taken = taken(reader, session, &block)?;
        let hosts = block.hosts();
        let (first, last) = (*hosts.start(), *hosts.end());
        // All 2^128 numbers are never assignable: the first address of ::/0 is not.
        let assignable = (last - first).saturating_add(1);
        let used = taken.values().filter(|borne| **borne).count();
        let inside = taken.range(hosts).count();
        let mut row = Row::default();
        row.text(&block.to_string());
        row.number(&assignable.to_string());
        row.number(&used.to_string());
        row.number(&(taken.len() - used).to_string());
        row.number(&assignable.saturating_sub(u128::try_from(inside).unwrap_or(u128::MAX)).to_string());
        for number in [first, last] {
            match address::at((block.family(), number)) {
                Some(address) => row.text(&address),
                None => row.null(),
            }
        }
        let _more = take(&row)?;
        picture = session.terminal_width().map(|_| drawn(&block, &taken));
        Ok(())
    })?;
    picture.map_or(Ok(()), |picture| session.answer_text(&picture))
}

/// The numbers of the block that are taken, and whether a machine bears them.
fn taken(reader: &Reader<'_>, session: &Session, block: &Block) -> Result<BTreeMap<u128, bool>> {
    let mut taken = BTreeMap::new();
    reader.each_address(session.catalog().of(NOUN), block, |held: Held<'_>| {
        *taken.entry(held.number).or_insert(false) |= held.bearer.is_some();
        Ok(())
    })?;
    Ok(taken)
}

/// The block as signs in lines, each sign for as many addresses as it takes to fit.
fn drawn(block: &Block, taken: &BTreeMap<u128, bool>) -> String {
    let numbers = block.numbers();
    let (first, last) = (*numbers.start(), *numbers.end());
    // Blocks are powers of two, and so are the signs: each stands for as many addresses.
    let each = (last - first) / (ACROSS * DOWN) + 1;
    let signs = (last - first) / each + 1;
    let mut picture = String::from("\n");
    for place in 0..signs {
        if place % ACROSS == 0 {
            let start = address::at((block.family(), first + place * each)).unwrap_or_default();
            // Writing to a `String` cannot fail.
            let _ = write!(picture, "{}{start:<18} ", if place == 0 { "" } else { "\n" });
        }
        let from = first + place * each;
        let mut inside = taken.range(from..=from + (each - 1)).peekable();
        picture.push(match (inside.peek().is_some(), each) {
            (false, _) => '·',
            (true, 1) => {
                if inside.any(|(_, borne)| *borne) {
                    '█'
                } else {
                    'r'
                }
            }
            (true, _) => match u128::try_from(inside.count()).unwrap_or(each) * 4 / each {
                0 => '░',
                1 => '▒',
                2 | 3 => '▓',
                _ => '█',
            },
        });
    }
    let legend = match each {
        1 => "· free  █ used  r reserved".to_owned(),
        _ => format!("a sign is {each} addresses: · all free  ░ ▒ ▓ some taken  █ all taken"),
    };
    let _ = write!(picture, "\n{legend}\n");
    picture
}
