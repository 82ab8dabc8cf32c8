//! Storage devices, and the units of all quantities.

use super::entity::{Compute, Computed, Entity, Field, Kind, Limit, OnRemove, Section};

/// `storage`
pub(super) static STORAGE_DEVICE: Entity = Entity {
    noun: "storage",
    plural: "storages",
    labels: ("storage device", "storage devices"),
    about: "Storage devices of pools: datastores, volumes, arrays",
    table: "storage_device",
    id: "storage_device_id",
    parent: Some("pool"),
    fields: &[
        Field::name("Name of the storage device"),
        Field::parent("pool", "cloud_pool_id", "pool", OnRemove::Refuse, "Pool of the storage device"),
        Field::optional(
            "capacity",
            "total_capacity",
            Kind::Quantity { unit: "total_capacity_unit_id" },
            "Capacity of the storage device",
        ),
    ],
    keys: &[&["name", "pool"]],
    computed: &[
        Computed { name: "disks", rule: Compute::Count { of: "disk", by: "storage" }, help: "number of its disks" },
        Computed {
            name: "capacity.allocated",
            rule: Compute::Sum {
                of: "disk",
                by: "storage",
                field: "size",
                unless: Some(("vm.status", "retired")),
                from_zero: true,
            },
            help: "disk space allocated to disks, without those of retired VMs",
        },
        Computed {
            name: "capacity.free",
            rule: Compute::Remaining(Limit { of: "capacity", times: None, used: "capacity.allocated" }),
            help: "disk space that is not allocated",
        },
    ],
    columns: &["name", "pool", "capacity", "capacity.allocated", "capacity.free", "disks"],
    sections: &[Section::List { name: "disks", of: "disk", by: "storage", columns: &["vm", "name", "size"] }],
    ..Entity::BLANK
};

/// `unit`
pub(super) static UNIT: Entity = Entity {
    noun: "unit",
    plural: "units",
    labels: ("unit", "units"),
    about: "Units of quantities",
    table: "unit",
    id: "unit_id",
    fields: &[
        Field::name("Symbol after the number, such as GiB"),
        Field { name: "bytes", column: "bytes", kind: Kind::Factor, required: true, help: "Size in bytes" },
    ],
    keys: &[&["name"]],
    columns: &["name", "bytes"],
    seeded: true,
    ..Entity::BLANK
};

/// Kind of a quantity's unit column: a unit is not deleted while a quantity refers to it.
pub const UNIT_REFERENCE: Kind = Kind::Reference { to: "unit", on_remove: OnRemove::Keep };
