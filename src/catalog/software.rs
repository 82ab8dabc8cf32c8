//! Operating systems of machines, and the systems that machines are part of.

use super::entity::{Compute, Computed, Entity, Field, Kind, OnRemove, Reach, Section};

/// `os`
pub(super) static OPERATING_SYSTEM: Entity = Entity {
    noun: "os",
    plural: "oses",
    labels: ("OS", "OSes"),
    about: "Operating systems that VMs run",
    table: "operating_system",
    id: "os_id",
    fields: &[Field::name("Name of the operating system")],
    keys: &[&["name"]],
    computed: &[Computed { name: "vms", rule: Compute::Count { of: "vm", by: "os" }, help: "number of its VMs" }],
    columns: &["name", "vms"],
    sections: &[Section::Tally { name: "vms_by_status", of: "vm", by: "os", field: "status" }],
    has_long_names: true,
    ..Entity::BLANK
};

/// `system`
pub(super) static SYSTEM: Entity = Entity {
    noun: "system",
    plural: "systems",
    labels: ("system", "systems"),
    about: "Systems that VMs form together, such as billing",
    table: "system",
    id: "system_id",
    fields: &[
        Field::name("Name of the system"),
        Field::optional("description", "description", Kind::Text, "Purpose of the system"),
        Field::optional("created", "created_at", Kind::Created, "Time of creation"),
        Field::optional("updated", "updated_at", Kind::Updated, "Time of the last change"),
    ],
    keys: &[&["name"]],
    computed: &[
        Computed { name: "vms", rule: Compute::Count { of: "membership", by: "system" }, help: "number of its VMs" },
        Computed {
            name: "memory.allocated",
            rule: Compute::Sum {
                of: "membership",
                by: "system",
                field: "vm.memory",
                unless: VM_RETIRED,
                from_zero: true,
            },
            help: "memory of its VMs, without retired VMs",
        },
        Computed {
            name: "cpu.allocated",
            rule: Compute::Sum { of: "membership", by: "system", field: "vm.cpu", unless: VM_RETIRED, from_zero: true },
            help: "virtual CPUs of its VMs, without retired VMs",
        },
        Computed {
            name: "disk.allocated",
            rule: Compute::Sum {
                of: "membership",
                by: "system",
                field: "vm.disk",
                unless: VM_RETIRED,
                from_zero: true,
            },
            help: "disk space of its VMs, without retired VMs",
        },
    ],
    people: &["description"],
    columns: &["name", "description", "vms", "cpu.allocated", "memory.allocated", "disk.allocated"],
    sections: &[Section::List {
        name: "vms",
        of: "membership",
        by: "system",
        columns: &["vm", "vm.pool", "vm.status", "vm.cpu", "vm.memory", "vm.owner"],
    }],
    ..Entity::BLANK
};

/// A VM's membership in a system: a link, not a noun of its own.
pub(super) static MEMBERSHIP: Entity = Entity {
    noun: "membership",
    plural: "memberships",
    labels: ("membership", "memberships"),
    about: "VMs of systems",
    table: "system_virtual_machine",
    id: "system_virtual_machine_id",
    names: &[],
    fields: &[
        Field::parent("system", "system_id", "system", OnRemove::Follow, "System"),
        Field::parent("vm", "vm_id", "vm", OnRemove::Follow, "VM of the system"),
    ],
    keys: &[&["system", "vm"]],
    columns: &["system", "vm"],
    reach: Reach::Link,
    ..Entity::BLANK
};

/// Value that marks dependents of retired machines.
const VM_RETIRED: Option<(&str, &str)> = Some(("vm.status", "retired"));
