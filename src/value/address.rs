//! IP addresses in canonical form, and the blocks they lie in.
//!
//! One address has one text (RFC 5952 for IPv6), so that equal addresses are equal cells and duplicates cannot hide
//! behind another spelling.

use super::shown::quoted;
use crate::error::{Error, Result};
use ipnet::IpNet;
use std::fmt::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

/// The longest text that is looked at: more than any address and its prefix have.
const LONGEST: usize = 100;

/// Version of the Internet Protocol. IPv4 sorts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// An address as what it sorts by: its family and its number.
pub type Key = (Family, u128);

/// Reads an IPv4 address to its canonical text.
pub fn ipv4(text: &str) -> Result<String> {
    of_family(text, Family::V4)
}

/// Reads an IPv6 address to its canonical text (RFC 5952).
pub fn ipv6(text: &str) -> Result<String> {
    of_family(text, Family::V6)
}

/// Reads an address of either family to its canonical text.
pub fn either(text: &str) -> Result<(Family, String)> {
    read(text).map(|address| (family(address), address.to_string()))
}

/// Returns the sort key of a stored address; `None` if the text is no address.
#[must_use]
pub fn key(text: &str) -> Option<Key> {
    text.parse().ok().map(key_of)
}

/// The canonical text of the address that sorts by `key`; `None` beyond the family's last address.
#[must_use]
pub fn at(key: Key) -> Option<String> {
    match key {
        (Family::V4, number) => u32::try_from(number).ok().map(|number| Ipv4Addr::from_bits(number).to_string()),
        (Family::V6, number) => Some(Ipv6Addr::from_bits(number).to_string()),
    }
}

/// A block of addresses: `10.0.0.0/16`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block(IpNet);

impl Block {
    /// Reads a block in CIDR form; an address alone is a block of one.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let refused = |reason: &str| Error::failed(format!("{} {reason}", quoted(text)));
        let Some((address, prefix)) = text.split_once('/') else {
            return read(text).map(|address| Self(IpNet::from(address)));
        };
        let address = read(address)?;
        let longest = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let length = Some(prefix)
            .filter(|prefix| prefix.bytes().all(|byte| byte.is_ascii_digit()))
            .filter(|prefix| *prefix == "0" || !prefix.starts_with('0'))
            .and_then(|prefix| prefix.parse().ok());
        let block = length.and_then(|length| IpNet::new(address, length).ok()).ok_or_else(|| {
            refused(&format!("has no prefix length from 0 to {longest} after its /"))
                .help(format!("write {address}/{}", longest / 2))
        })?;
        if block.trunc() != block {
            return Err(refused("has bits set beyond its prefix").help(format!("the network is {}", block.trunc())));
        }
        Ok(Self(block))
    }

    /// Tests if a stored address is in the block.
    #[must_use]
    pub fn contains(&self, address: &str) -> bool {
        address.parse().is_ok_and(|address: IpAddr| self.0.contains(&address))
    }

    /// The family of its addresses.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self.0 {
            IpNet::V4(_) => Family::V4,
            IpNet::V6(_) => Family::V6,
        }
    }

    /// The numbers of all its addresses, as in [`Key`].
    #[must_use]
    pub fn numbers(&self) -> RangeInclusive<u128> {
        let (_, first) = key_of(self.0.network());
        let (_, last) = key_of(self.0.broadcast());
        first..=last
    }

    /// The numbers of the addresses that a machine may have: without an IPv4 block's network and broadcast addresses
    /// and without an IPv6 block's first one, which belongs to its routers (RFC 4291), where the block has room.
    #[must_use]
    pub fn hosts(&self) -> RangeInclusive<u128> {
        let numbers = self.numbers();
        let (first, last) = (*numbers.start(), *numbers.end());
        match self.family() {
            _ if last - first < 2 => numbers,
            Family::V4 => first + 1..=last - 1,
            Family::V6 => first + 1..=last,
        }
    }
}

impl Block {
    /// Returns the common prefix of the canonical texts of its addresses, for a lookup in an index over texts.
    #[must_use]
    pub fn beginning(&self) -> String {
        let mut text = String::new();
        match self.0 {
            IpNet::V4(net) => {
                let fixed = usize::from(net.prefix_len() / 8);
                for (octet, place) in net.network().octets().iter().zip(1..).take(fixed) {
                    // Writing to a `String` cannot fail.
                    let _ = write!(text, "{octet}{}", if place < 4 { "." } else { "" });
                }
            }
            IpNet::V6(net) => {
                // From the first group of zeros on, `::` may stand for it or not.
                let fixed = usize::from(net.prefix_len() / 16).min(7);
                for group in net.network().segments().iter().take(fixed).take_while(|group| **group != 0) {
                    let _ = write!(text, "{group:x}:");
                }
            }
        }
        text
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

const fn family(address: IpAddr) -> Family {
    match address {
        IpAddr::V4(_) => Family::V4,
        IpAddr::V6(_) => Family::V6,
    }
}

fn key_of(address: IpAddr) -> Key {
    match address {
        IpAddr::V4(address) => (Family::V4, u128::from(address.to_bits())),
        IpAddr::V6(address) => (Family::V6, address.to_bits()),
    }
}

fn of_family(text: &str, wanted: Family) -> Result<String> {
    let address = read(text)?;
    let is = family(address);
    if is == wanted {
        return Ok(address.to_string());
    }
    Err(Error::failed(format!("{} is an {is} address, not an {wanted} address", quoted(text.trim())))
        .help(format!("use the field {}", is.to_string().to_lowercase())))
}

fn read(text: &str) -> Result<IpAddr> {
    let text = text.trim();
    text.parse().map_err(|_| refusal(text))
}

fn refusal(text: &str) -> Error {
    let refused = |reason: &str| Error::failed(format!("{} {reason}", quoted(text)));
    if text.is_empty() {
        return refused("is empty").help("write an address, such as 10.0.0.11 or fd00::11");
    }
    if text.len() > LONGEST {
        return refused("is too long for an IP address");
    }
    let named = |address: &str| address.parse::<IpAddr>().ok().map(|address| format!("write {address}"));
    let with_help = |error: Error, help: Option<String>| match help {
        Some(help) => error.help(help),
        None => error,
    };
    if let Some((address, _)) = text.split_once('/') {
        return with_help(refused("has a prefix length, which an address cannot have"), named(address.trim()));
    }
    if text.contains(['[', ']']) {
        let inner = text.trim_start_matches('[').split(']').next().unwrap_or_default();
        return with_help(refused("has brackets around the address"), named(inner));
    }
    if let Some((address, _)) = text.split_once('%') {
        return with_help(refused("has a zone id, which is valid on one machine only"), named(address));
    }
    if let Some(digit) = text.chars().find(|c| c.is_numeric() && !c.is_ascii()) {
        return refused(&format!("has \"{digit}\" instead of a digit from 0 to 9"));
    }
    if let Some((address, port)) = text.split_once(':')
        && address.parse::<Ipv4Addr>().is_ok()
        && port.bytes().all(|byte| byte.is_ascii_digit())
    {
        return with_help(refused("has a port after the address"), named(address));
    }
    let dotted = text.rsplit(':').next().unwrap_or_default();
    if dotted.contains('.') {
        return refused_dotted(text, dotted);
    }
    if text.contains(':') {
        return refused("is not an IPv6 address");
    }
    refused("is not an IP address").help("write an address, such as 10.0.0.11 or fd00::11")
}

/// Returns the failure of `text` whose part `dotted` has points in it.
fn refused_dotted(text: &str, dotted: &str) -> Error {
    let refused = |reason: &str| Error::failed(format!("{} {reason}", quoted(text)));
    let parts: Vec<&str> = dotted.split('.').collect();
    if parts.iter().any(|part| part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit())) {
        return refused("is not an IP address").help("write an address, such as 10.0.0.11 or fd00::11");
    }
    if parts.len() != 4 {
        return refused(&format!("has {} numbers instead of 4", parts.len()));
    }
    let plain: Vec<&str> = parts.iter().map(|part| part.trim_start_matches('0')).collect();
    if let Some(part) = plain.iter().find(|part| part.len() > 3 || part.parse::<u16>().is_ok_and(|part| part > 255)) {
        return refused(&format!("has the number {part}, which is more than 255"));
    }
    if parts.iter().any(|part| part.len() > 1 && part.starts_with('0')) {
        let plain: Vec<&str> = plain.iter().map(|part| if part.is_empty() { "0" } else { part }).collect();
        return refused("has a leading zero, which some programs read as octal").help(format!(
            "write {}{}",
            text.strip_suffix(dotted).unwrap_or_default(),
            plain.join(".")
        ));
    }
    refused("is not an IPv6 address")
}

#[cfg(test)]
mod tests {
    use super::{Block, Family, at, either, ipv4, ipv6, key};
    use crate::error::Error;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn message_and_help<T: std::fmt::Debug>(result: Result<T, Error>) -> (String, Option<String>) {
        let error = result.expect_err("refused");
        (error.message().to_owned(), error.way_out().map(str::to_owned))
    }

    #[test]
    fn ipv6_is_stored_as_rfc_5952_writes_it() {
        // Sections 4.1 to 4.3 and 5.
        for (text, canonical) in [
            ("2001:0db8::0001", "2001:db8::1"),
            ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:DB8::ABCD", "2001:db8::abcd"),
            ("0:0:0:0:0:0:0:0", "::"),
            ("::ffff:c000:201", "::ffff:192.0.2.1"),
            (" fd00::11 ", "fd00::11"),
        ] {
            assert_eq!(ipv6(text).as_deref(), Ok(canonical));
        }
    }

    #[test]
    fn either_tells_the_family() {
        assert_eq!(either("10.0.0.11"), Ok((Family::V4, "10.0.0.11".to_owned())));
        assert_eq!(either("FD00::11"), Ok((Family::V6, "fd00::11".to_owned())));
        assert_eq!(
            message_and_help(ipv4("fd00::11")),
            ("\"fd00::11\" is an IPv6 address, not an IPv4 address".to_owned(), Some("use the field ipv6".to_owned()))
        );
        assert!(ipv6("10.0.0.1").is_err());
    }

    #[test]
    fn what_is_wrong_is_told_with_the_way_out() {
        for (text, reason, help) in [
            ("", "is empty", Some("write an address, such as 10.0.0.11 or fd00::11")),
            ("010.0.0.1", "has a leading zero, which some programs read as octal", Some("write 10.0.0.1")),
            ("10.00.0.1", "has a leading zero, which some programs read as octal", Some("write 10.0.0.1")),
            (
                "::ffff:010.0.0.1",
                "has a leading zero, which some programs read as octal",
                Some("write ::ffff:10.0.0.1"),
            ),
            ("fe80::1%eth0", "has a zone id, which is valid on one machine only", Some("write fe80::1")),
            ("10.0.0.1/24", "has a prefix length, which an address cannot have", Some("write 10.0.0.1")),
            ("[fd00::1]:443", "has brackets around the address", Some("write fd00::1")),
            ("10.0.0.1:443", "has a port after the address", Some("write 10.0.0.1")),
            ("10.0.0", "has 3 numbers instead of 4", None),
            ("10.0.0.256", "has the number 256, which is more than 255", None),
            ("10.0.0.99999999999999999999", "has the number 99999999999999999999, which is more than 255", None),
            ("１0.0.0.1", "has \"１\" instead of a digit from 0 to 9", None),
            ("fd00::1::2", "is not an IPv6 address", None),
            ("web01", "is not an IP address", Some("write an address, such as 10.0.0.11 or fd00::11")),
            ("0x0a.0.0.1", "is not an IP address", Some("write an address, such as 10.0.0.11 or fd00::11")),
        ] {
            assert_eq!(message_and_help(either(text)), (format!("\"{text}\" {reason}"), help.map(str::to_owned)));
        }
    }

    #[test]
    fn addresses_sort_by_number_ipv4_first() {
        let mut sorted = ["fd00::2", "10.0.0.10", "fd00::10", "9.255.255.255", "10.0.0.9", "::1"];
        sorted.sort_by_key(|text| key(text));
        assert_eq!(sorted, ["9.255.255.255", "10.0.0.9", "10.0.0.10", "::1", "fd00::2", "fd00::10"]);
        assert_eq!(key("web"), None);
        assert_eq!(at((Family::V4, 1 << 32)), None);
    }

    #[test]
    fn a_block_contains_what_its_prefix_says() {
        let block = Block::parse("10.0.0.0/16").expect("block");
        assert!(block.contains("10.0.255.255") && !block.contains("10.1.0.0") && !block.contains("fd00::1"));
        let one = Block::parse("fd00::11").expect("block");
        assert!(one.contains("fd00::11") && !one.contains("fd00::12") && !one.contains("web"));
        assert!(Block::parse("0.0.0.0/0").expect("block").contains("255.255.255.255"));
        assert!(!Block::parse("0.0.0.0/0").expect("block").contains("::1"));
    }

    #[test]
    fn a_blocks_hosts_leave_out_what_no_machine_has() {
        let hosts = |text: &str| {
            let block = Block::parse(text).expect(text);
            let hosts = block.hosts();
            [*hosts.start(), *hosts.end()].map(|number| at((block.family(), number)).unwrap_or_default())
        };
        assert_eq!(hosts("10.0.0.0/24"), ["10.0.0.1", "10.0.0.254"]);
        assert_eq!(hosts("10.0.0.0/30"), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(hosts("10.0.0.0/31"), ["10.0.0.0", "10.0.0.1"]);
        assert_eq!(hosts("10.0.0.1/32"), ["10.0.0.1", "10.0.0.1"]);
        assert_eq!(hosts("fd00::/126"), ["fd00::1", "fd00::3"]);
        assert_eq!(hosts("::/0"), ["::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]);
    }

    #[test]
    fn what_is_wrong_with_a_block_is_told() {
        assert_eq!(
            message_and_help(Block::parse("10.0.0.5/8")),
            ("\"10.0.0.5/8\" has bits set beyond its prefix".to_owned(), Some("the network is 10.0.0.0/8".to_owned()))
        );
        for text in ["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/255.0.0.0", "10.0.0.0/8/8"] {
            let reason = format!("\"{text}\" has no prefix length from 0 to 32 after its /");
            assert_eq!(message_and_help(Block::parse(text)), (reason, Some("write 10.0.0.0/16".to_owned())));
        }
        assert!(Block::parse("fd00::/129").is_err());
        assert!(Block::parse("web/24").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), like in "[0-9a-f.:/%\\[\\]]{0,20}") {
            for text in [text, like] {
                let _ = Block::parse(&text);
                if let Ok((family, canonical)) = either(&text) {
                    prop_assert_eq!(either(&canonical), Ok((family, canonical.clone())));
                }
            }
        }

        #[test]
        fn every_address_comes_back_by_its_key(small in any::<u32>(), large in any::<u128>()) {
            let small_text = Ipv4Addr::from_bits(small).to_string();
            let large_text = Ipv6Addr::from_bits(large).to_string();
            prop_assert_eq!(key(&small_text), Some((Family::V4, u128::from(small))));
            prop_assert_eq!(key(&large_text), Some((Family::V6, large)));
            prop_assert_eq!(at((Family::V4, u128::from(small))), Some(small_text));
            prop_assert_eq!(at((Family::V6, large)), Some(large_text));
        }

        #[test]
        fn an_ipv6_address_begins_as_its_blocks_do(base in any::<u128>(), holes in any::<u8>(), length in 0u8..=128) {
            let groups = (0..8).filter(|group| holes & (1 << group) != 0);
            let address = groups.fold(base, |base, group| base & !(0xffff << (16 * group)));
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            let block = Block::parse(&format!("{}/{length}", Ipv6Addr::from_bits(address & mask))).expect("block");
            let text = Ipv6Addr::from_bits(address).to_string();
            prop_assert!(block.contains(&text) && text.starts_with(&block.beginning()));
        }

        #[test]
        fn a_block_contains_exactly_its_numbers(base in any::<u32>(), length in 0u32..=32, other in any::<u32>()) {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            let block = Block::parse(&format!("{}/{length}", Ipv4Addr::from_bits(base & mask))).expect("block");
            let address = Ipv4Addr::from_bits(other).to_string();
            prop_assert_eq!(block.contains(&address), other & mask == base & mask);
            prop_assert_eq!(block.contains(&address), block.numbers().contains(&u128::from(other)));
            prop_assert!(!block.contains(&address) || address.starts_with(&block.beginning()));
        }
    }
}
