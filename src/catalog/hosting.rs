//! Providers, their datacenters, the pools in them, and the machines.

use super::entity::{Collection, Compute, Computed, Entity, Field, Kind, Limit, Numbered, OnRemove, Rule, Section};

/// Machines that are gone promise nothing any more.
const RETIRED: Option<(&str, &str)> = Some(("status", "retired"));
/// The same for what hangs from a machine.
const VM_RETIRED: Option<(&str, &str)> = Some(("vm.status", "retired"));

/// `provider`
pub(super) static PROVIDER: Entity = Entity {
    noun: "provider",
    plural: "providers",
    labels: ("provider", "providers"),
    about: "Providers that run datacenters: clouds, hosters, your own company",
    table: "cloud_provider",
    id: "provider_id",
    fields: &[
        Field::name("Name of the provider"),
        Field::optional(
            "cpu-overcommit",
            "cpu_overcommit",
            Kind::Ratio,
            "Virtual CPUs for each CPU of its pools, for example 4:1 (default: not set)",
        ),
        Field::optional(
            "memory-overcommit",
            "memory_overcommit",
            Kind::Ratio,
            "Allocated memory for each unit of memory of its pools, for example 1.5:1 (default: 1:1)",
        ),
    ],
    keys: &[&["name"]],
    computed: &[
        Computed { name: "dcs", rule: Compute::Count { of: "dc", by: "provider" }, help: "number of its datacenters" },
        Computed { name: "vms", rule: Compute::Count { of: "vm", by: "pool.dc.provider" }, help: "number of its VMs" },
    ],
    columns: &["name", "dcs", "vms"],
    sections: &[Section::List {
        name: "dcs",
        of: "dc",
        by: "provider",
        columns: &["name", "location", "pools", "vms"],
    }],
    ..Entity::BLANK
};

/// `dc`
pub(super) static DATA_CENTER: Entity = Entity {
    noun: "dc",
    aliases: &["datacenter"],
    plural: "dcs",
    labels: ("datacenter", "datacenters"),
    about: "Datacenters, regions or sites of a provider",
    table: "data_center",
    id: "data_center_id",
    parent: Some("provider"),
    fields: &[
        Field::name("Name of the datacenter"),
        Field::parent("provider", "provider_id", "provider", OnRemove::Refuse, "Provider of the datacenter"),
        Field::optional("location", "location", Kind::Text, "Location of the datacenter"),
        Field::optional(
            "cpu-overcommit",
            "cpu_overcommit",
            Kind::Ratio,
            "Virtual CPUs for each CPU of its pools, for example 4:1 (default: that of its provider)",
        ),
        Field::optional(
            "memory-overcommit",
            "memory_overcommit",
            Kind::Ratio,
            "Allocated memory for each unit of memory of its pools, for example 1.5:1 (default: that of its provider)",
        ),
    ],
    keys: &[&["name", "provider"]],
    computed: &[
        Computed { name: "pools", rule: Compute::Count { of: "pool", by: "dc" }, help: "number of its pools" },
        Computed { name: "vms", rule: Compute::Count { of: "vm", by: "pool.dc" }, help: "number of its VMs" },
    ],
    columns: &["name", "provider", "location", "pools", "vms"],
    sections: &[Section::List {
        name: "pools",
        of: "pool",
        by: "dc",
        columns: &["name", "vms", "cpu", "cpu.ratio", "memory", "memory.free"],
    }],
    ..Entity::BLANK
};

/// CPUs of a pool.
const CPU: Limit = Limit { of: "cpu", times: Some("cpu.policy"), used: "cpu.allocated" };
/// Memory of a pool.
const MEMORY: Limit = Limit { of: "memory", times: Some("memory.policy"), used: "memory.allocated" };

/// `pool`
pub(super) static POOL: Entity = Entity {
    noun: "pool",
    plural: "pools",
    labels: ("pool", "pools"),
    about: "Pools of capacity for VMs: clusters, projects, hosts",
    table: "cloud_pool",
    id: "cloud_pool_id",
    parent: Some("dc"),
    fields: &[
        Field::name("Name of the pool"),
        Field::parent("dc", "data_center_id", "dc", OnRemove::Refuse, "Datacenter of the pool"),
        Field::optional("memory", "total_memory", Kind::Quantity { unit: "total_memory_unit_id" }, "Memory capacity"),
        Field::optional("cpu", "total_cpu", Kind::Count, "CPU capacity"),
        Field::optional("disk", "total_disk_capacity", Kind::Quantity { unit: "total_disk_unit_id" }, "Disk capacity"),
        Field::optional(
            "cpu-overcommit",
            "cpu_overcommit",
            Kind::Ratio,
            "Virtual CPUs for each CPU, for example 4:1 (default: that of its datacenter)",
        ),
        Field::optional(
            "memory-overcommit",
            "memory_overcommit",
            Kind::Ratio,
            "Allocated memory for each unit of memory, for example 1.5:1 (default: that of its datacenter)",
        ),
    ],
    keys: &[&["name", "dc"]],
    computed: &[
        Computed { name: "vms", rule: Compute::Count { of: "vm", by: "pool" }, help: "number of its VMs" },
        Computed {
            name: "memory.allocated",
            rule: Compute::Sum { of: "vm", by: "pool", field: "memory", unless: RETIRED, from_zero: true },
            help: "memory allocated to its VMs, without retired VMs",
        },
        Computed {
            name: "memory.free",
            rule: Compute::Remaining(MEMORY),
            help: "memory that may still be allocated: capacity times memory.policy, minus memory.allocated",
        },
        Computed {
            name: "memory.ratio",
            rule: Compute::Part(MEMORY),
            help: "memory.allocated divided by the memory that may be allocated",
        },
        Computed {
            name: "memory.policy",
            rule: Compute::First(&["memory-overcommit", "dc.memory-overcommit", "dc.provider.memory-overcommit"]),
            help: "overcommit ratio that applies: that of the pool, its datacenter or its provider",
        },
        Computed {
            name: "cpu.allocated",
            rule: Compute::Sum { of: "vm", by: "pool", field: "cpu", unless: RETIRED, from_zero: true },
            help: "virtual CPUs allocated to its VMs, without retired VMs",
        },
        Computed {
            name: "cpu.free",
            rule: Compute::Remaining(CPU),
            help: "virtual CPUs that may still be allocated: capacity times cpu.policy, minus cpu.allocated",
        },
        Computed {
            name: "cpu.ratio",
            rule: Compute::Part(CPU),
            help: "cpu.allocated divided by the virtual CPUs that may be allocated",
        },
        Computed {
            name: "cpu.policy",
            rule: Compute::First(&["cpu-overcommit", "dc.cpu-overcommit", "dc.provider.cpu-overcommit"]),
            help: "overcommit ratio that applies: that of the pool, its datacenter or its provider",
        },
        Computed {
            name: "disk.allocated",
            rule: Compute::Sum { of: "disk", by: "vm.pool", field: "size", unless: VM_RETIRED, from_zero: true },
            help: "disk space allocated to its VMs, without retired VMs",
        },
        Computed {
            name: "disk.free",
            rule: Compute::Remaining(Limit { of: "disk", times: None, used: "disk.allocated" }),
            help: "disk space that is not allocated",
        },
    ],
    columns: &["name", "dc", "vms", "cpu", "cpu.ratio", "memory", "memory.free", "disk", "disk.free"],
    sections: &[
        Section::Tally { name: "vms_by_status", of: "vm", by: "pool", field: "status" },
        Section::List {
            name: "storages",
            of: "storage",
            by: "pool",
            columns: &["name", "capacity", "capacity.allocated", "capacity.free"],
        },
    ],
    ..Entity::BLANK
};

/// `vm`
pub(super) static VIRTUAL_MACHINE: Entity = Entity {
    noun: "vm",
    plural: "vms",
    labels: ("VM", "VMs"),
    about: "Virtual machines",
    table: "virtual_machine",
    id: "vm_id",
    parent: Some("pool"),
    fields: &[
        Field::name("Name of the VM"),
        Field::parent("pool", "cloud_pool_id", "pool", OnRemove::Refuse, "Pool of the VM"),
        Field::optional("type", "instance_type", Kind::Text, "Instance type or flavour, such as m5.large"),
        Field::optional("status", "status", Kind::Status, "Status of the VM"),
        Field::optional("memory", "memory", Kind::Quantity { unit: "memory_unit_id" }, "Memory of the VM"),
        Field::optional("cpu", "cpu", Kind::Count, "Number of virtual CPUs"),
        Field::optional(
            "os",
            "os_id",
            Kind::Reference { to: "os", on_remove: OnRemove::Unset },
            "Operating system of the VM",
        ),
        Field::optional("custom-os", "custom_os", Kind::Text, "Operating system that is not in the list"),
        Field::optional(
            "owner",
            "user_id",
            Kind::Reference { to: "user", on_remove: OnRemove::Unset },
            "Owner of the VM",
        ),
        Field::optional("created", "created_at", Kind::Created, "Time of creation"),
        Field::optional("updated", "updated_at", Kind::Updated, "Time of the last change"),
    ],
    keys: &[&["name", "pool"]],
    rules: &[Rule::NotBoth("os", "custom-os")],
    people: &["owner", "systems"],
    collections: &[
        Collection {
            name: "ips",
            flag: "ip",
            of: "ip",
            by: "vm",
            main: &["ipv4", "ipv6"],
            at: Some("vlan"),
            exported: false,
            help: "Add an address and its VLAN (repeatable)",
        },
        Collection {
            name: "disks",
            flag: "disk",
            of: "disk",
            by: "vm",
            main: &["size"],
            at: Some("storage"),
            exported: false,
            help: "Add a disk and its storage device (repeatable)",
        },
        Collection {
            name: "systems",
            flag: "system",
            of: "membership",
            by: "vm",
            main: &["system"],
            at: None,
            exported: true,
            help: "Add the VM to a system (repeatable)",
        },
    ],
    computed: &[Computed {
        name: "disk",
        rule: Compute::Sum { of: "disk", by: "vm", field: "size", unless: None, from_zero: false },
        help: "total size of its disks",
    }],
    columns: &["name", "pool", "status", "cpu", "memory", "disk", "os", "ips", "owner"],
    sections: &[
        Section::List { name: "disks", of: "disk", by: "vm", columns: &["name", "size", "storage"] },
        Section::List {
            name: "partitions",
            of: "partition",
            by: "disk.vm",
            columns: &["name", "disk", "size", "filesystem"],
        },
        Section::List { name: "ips", of: "ip", by: "vm", columns: &["ipv4", "ipv6", "vlan"] },
        Section::List { name: "systems", of: "membership", by: "vm", columns: &["system", "system.description"] },
    ],
    examples: &[
        "inv vm list --pool prod --status running --sort memory:desc",
        "inv vm list --where 'memory>=8GiB' --where 'os~debian' -c +owner.email",
        "inv vm list --owner alice -o csv > alices-vms.csv",
        "inv vm show web01 prod/web02",
        "inv vm add web03 --pool prod --memory 16GiB --cpu 4 --owner alice",
        "inv vm add web04 --pool prod --disk 100GiB@san1 --ip 10.0.0.14@101",
        "inv vm set web01 --memory 32GiB --status stopped",
        "inv vm set --where 'pool=test' --clear owner --yes",
        "inv vm rename web02 web05",
        "inv vm rm web10 --dry-run",
        "inv vm import vms.csv --dry-run",
        "inv vm import vms.csv --update --create os,owner",
        "inv vm export -o jsonl",
    ],
    ..Entity::BLANK
};

/// `disk`
pub(super) static DISK: Entity = Entity {
    noun: "disk",
    plural: "disks",
    labels: ("disk", "disks"),
    about: "Disks of VMs",
    table: "disk",
    id: "disk_id",
    numbered: Some(Numbered { prefix: "disk", first: 0 }),
    parent: Some("vm"),
    fields: &[
        Field::name("Name of the disk (default: disk0, disk1, …)"),
        Field::parent("vm", "vm_id", "vm", OnRemove::Follow, "VM of the disk"),
        Field::optional(
            "storage",
            "storage_device_id",
            Kind::Reference { to: "storage", on_remove: OnRemove::Unset },
            "Storage device of the disk",
        ),
        Field::optional("size", "size", Kind::Quantity { unit: "unit_id" }, "Size of the disk"),
    ],
    keys: &[&["name", "vm"]],
    computed: &[
        Computed {
            name: "partitions",
            rule: Compute::Count { of: "partition", by: "disk" },
            help: "number of its partitions",
        },
        Computed {
            name: "size.allocated",
            rule: Compute::Sum { of: "partition", by: "disk", field: "size", unless: None, from_zero: false },
            help: "total size of its partitions",
        },
        Computed {
            name: "size.free",
            rule: Compute::Remaining(Limit { of: "size", times: None, used: "size.allocated" }),
            help: "size without its partitions",
        },
    ],
    columns: &["name", "vm", "size", "storage", "partitions"],
    sections: &[Section::List {
        name: "partitions",
        of: "partition",
        by: "disk",
        columns: &["name", "size", "filesystem"],
    }],
    ..Entity::BLANK
};

/// `partition`
pub(super) static PARTITION: Entity = Entity {
    noun: "partition",
    aliases: &["part"],
    plural: "partitions",
    labels: ("partition", "partitions"),
    about: "Partitions of disks",
    table: "partition",
    id: "partition_id",
    numbered: Some(Numbered { prefix: "part", first: 1 }),
    parent: Some("disk"),
    fields: &[
        Field::name("Name of the partition (default: part1, part2, …)"),
        Field::parent("disk", "disk_id", "disk", OnRemove::Follow, "Disk of the partition"),
        Field::optional("size", "size", Kind::Quantity { unit: "unit_id" }, "Size of the disk"),
        Field::optional("filesystem", "filesystem", Kind::Text, "File system, such as ext4"),
    ],
    keys: &[&["name", "disk"]],
    columns: &["name", "vm", "disk", "size", "filesystem"],
    ..Entity::BLANK
};
