//! Addresses of machines.

use super::entity::{Entity, Field, Kind, OnRemove, Rule};

/// `ip`
pub(super) static IP_ADDRESS: Entity = Entity {
    noun: "ip",
    plural: "ips",
    labels: ("address", "addresses"),
    about: "IP addresses: of VMs, and reserved",
    table: "ip_address",
    id: "ip_address_id",
    names: &["ipv4", "ipv6"],
    parent: Some("vm"),
    fields: &[
        Field::optional("ipv4", "ipv4", Kind::Ipv4, "IPv4 address"),
        Field::optional("ipv6", "ipv6", Kind::Ipv6, "IPv6 address"),
        Field::optional(
            "vm",
            "vm_id",
            Kind::Reference { to: "vm", on_remove: OnRemove::Release },
            "VM of the address (default: none, the address is reserved)",
        ),
        Field::optional("vlan", "vlan", Kind::Vlan, "VLAN of the address: 1 to 4094, or a name"),
    ],
    keys: &[&["ipv4", "vlan", "vm"], &["ipv6", "vlan", "vm"]],
    soft_keys: &[&["ipv4", "vlan"], &["ipv6", "vlan"]],
    rules: &[Rule::AnyOf(&["ipv4", "ipv6"])],
    columns: &["ipv4", "ipv6", "vlan", "vm"],
    ..Entity::BLANK
};
