//! `inv ip next`: lists free addresses of a block, and reserves them with `--reserve`.
//!
//! The used addresses are read in numeric order, and the gaps between them are free, so the time does not depend on the
//! size of the block. Assignable are: in an IPv4 block all addresses except the network and the broadcast address, both
//! of a /31 (RFC 3021) and the one of a /32; in an IPv6 block all except the first, the subnet-router anycast address
//! (RFC 4291, section 2.6.1), both of a /127 (RFC 6164) and the one of a /128.

use super::Graft;
use crate::catalog::{Entity, Kind};
use crate::error::{Error, Result};
use crate::output::Style;
use crate::output::row::{Column, Row};
use crate::session::Session;
use crate::store::{Change, Reader};
use crate::value::Value;
use crate::value::address::{self, Block, Family};
use crate::value::{shown, text};
use crate::verb::arguments::{self, option, switch};
use crate::verb::list;
use crate::verb::report::Report;
use clap::{Arg, ArgAction, ArgMatches, Command};

pub(super) const GRAFT: Graft = Graft {
    under: Some(NOUN),
    name: "next",
    about: "Show or reserve the next free addresses of a block",
    hidden: false,
    arguments,
    run,
};

/// The noun whose records are addresses.
pub(super) const NOUN: &str = "ip";
/// Largest value of `--count`.
const MOST: usize = 1_000_000;

fn arguments(command: Command) -> Command {
    let command = command
        .arg(Arg::new("in").long("in").value_name("CIDR").required(true).help("Block, such as 10.0.0.0/24"))
        .arg(
            Arg::new("vlan")
                .long("vlan")
                .value_name("VLAN")
                .help("Consider only addresses in this VLAN (default: all VLANs)"),
        )
        .arg(Arg::new("count").long("count").value_name("N").help("Number of addresses (default: 1)"))
        .arg(
            Arg::new("reserve")
                .long("reserve")
                .action(ArgAction::SetTrue)
                .help("Reserve the addresses: add them without a VM, in one transaction"),
        )
        .arg(Arg::new("no-headers").long("no-headers").action(ArgAction::SetTrue).help("Omit the header"));
    arguments::writes(command).after_help(
        "The network and broadcast addresses of an IPv4 block and the first address of an IPv6 block are skipped, \
         except in a /31, /32, /127 or /128. An address without a VLAN counts as used in every VLAN.",
    )
}

fn run(session: &Session, matches: &ArgMatches) -> Result<()> {
    let block = Block::parse(option(matches, "in").unwrap_or_default())?;
    let vlan = option(matches, "vlan").map(text::vlan).transpose()?;
    let count = list::number(matches, "count")?.unwrap_or(1);
    let count = usize::try_from(count).ok().filter(|count| (1..=MOST).contains(count)).ok_or_else(|| {
        Error::usage(format!("--count must be a number from 1 to {MOST}, not {}", shown::quoted(&count.to_string())))
    })?;
    let entity = session.catalog().of(NOUN);
    let free = if switch(matches, "reserve") {
        let (free, report) = session.write(|writer| {
            let mut report = Report::new(session)?;
            let free = next(writer, entity, &block, vlan.as_deref(), count)?;
            for address in &free {
                let values = reserved(entity, block.family(), address, vlan.as_deref());
                let effect = writer.apply(Change::Create { entity, values })?;
                report.add(writer, &effect)?;
            }
            Ok((free, report))
        })?;
        if session.dry_run || session.has_keys() {
            return report.tell(session);
        }
        free
    } else {
        session.read(|reader| next(reader, entity, &block, vlan.as_deref(), count))?
    };
    if let (None, [address]) = (session.style, free.as_slice()) {
        return session.answer_text(&format!("{address}\n"));
    }
    session.answer(list::answer(matches, Style::Table), &columns(), |take| {
        let mut row = Row::default();
        for address in &free {
            row.clear();
            row.text(address);
            match &vlan {
                Some(vlan) => row.text(vlan),
                None => row.null(),
            }
            take(&row)?;
        }
        Ok(())
    })
}

pub(super) fn columns() -> [Column; 2] {
    [Column::whole("address"), Column::whole("vlan")]
}

/// Returns the values of a reserved address, in the order of the fields.
fn reserved(entity: &Entity, family: Family, address: &str, vlan: Option<&str>) -> Vec<Value> {
    let value = |kind| match (kind, family) {
        (Kind::Ipv4, Family::V4) | (Kind::Ipv6, Family::V6) => Value::Text(address.to_owned().into()),
        (Kind::Vlan, _) => vlan.map_or(Value::Null, |vlan| Value::Text(vlan.to_owned().into())),
        _ => Value::Null,
    };
    entity.fields.iter().map(|field| value(field.kind)).collect()
}

/// Returns the first `count` free addresses of the block.
fn next(
    reader: &Reader<'_>,
    entity: &'static Entity,
    block: &Block,
    vlan: Option<&str>,
    count: usize,
) -> Result<Vec<String>> {
    let hosts = block.hosts();
    let mut used = Vec::new();
    reader.each_address(entity, block, |address| {
        let conflicts = vlan.is_none() || address.vlan.is_none() || address.vlan == vlan;
        if conflicts && hosts.contains(&address.number) {
            used.push(address.number);
        }
        Ok(())
    })?;
    used.sort_unstable();
    used.dedup();
    let mut free = Vec::new();
    let mut number = Some(*hosts.start());
    for used_number in used {
        while let Some(candidate) = number.filter(|candidate| *candidate < used_number && free.len() < count) {
            free.push(candidate);
            number = candidate.checked_add(1);
        }
        if free.len() == count {
            break;
        }
        number = used_number.checked_add(1);
    }
    while let Some(candidate) = number.filter(|candidate| hosts.contains(candidate) && free.len() < count) {
        free.push(candidate);
        number = candidate.checked_add(1);
    }
    if free.len() < count {
        let shortage = match free.len() {
            0 => "no free address".to_owned(),
            1 => format!("1 free address, not {count}"),
            several => format!("{several} free addresses, not {count}"),
        };
        let place = vlan.map_or_else(String::new, |vlan| format!(" in VLAN {}", shown::quoted(vlan)));
        return Err(Error::conflict(format!("{block}{place} has {shortage}"))
            .help(format!("list the addresses with inv ip list --in {block}, or use another block")));
    }
    Ok(free.into_iter().filter_map(|number| address::at((block.family(), number))).collect())
}
