//! The schema against the catalog and against the ER diagram: none of the three can drift from the others.
//!
//! What differs is told as sentences, so that the tests can be seen to fail: each kind of drift is tried on a copy of
//! the schema.

#[path = "schema/diagram.rs"]
mod diagram;
#[path = "schema/engine.rs"]
mod engine;
#[path = "schema/upgrade.rs"]
mod upgrade;

use crate::support::Sandbox;
use diagram::Diagram;
use engine::{Column, Foreign, Schema, Table};
use inv::SCHEMA;
use inv::catalog::{Catalog, Entity, Field, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// What the contract lets the schema have beyond the diagram.
const ADDED: [(&str, &str); 11] = [
    ("cloud_pool", "cpu_overcommit"),
    ("cloud_pool", "memory_overcommit"),
    ("cloud_provider", "cpu_overcommit"),
    ("cloud_provider", "memory_overcommit"),
    ("data_center", "cpu_overcommit"),
    ("data_center", "memory_overcommit"),
    ("disk", "name"),
    ("login_users", "role"),
    ("partition", "name"),
    ("system_virtual_machine", "system_virtual_machine_id"),
    ("unit", "bytes"),
];

/// The tables of nouns that the contract lets the schema have beyond the diagram.
const ADDED_TABLES: [&str; 3] = ["field_owner", "source", "source_record"];

/// The tables that the store keeps for itself: they hold no noun.
const OWN: [&str; 5] = ["change", "change_entry", "change_file", "login_failure", "login_session"];

/// What the catalog wants of the table of an entity.
fn wanted(catalog: &Catalog, entity: &Entity) -> Table {
    let mut columns = BTreeMap::from([(entity.id.to_owned(), Column::new("INTEGER", false, true))]);
    let mut foreign = BTreeSet::new();
    let mut refers = |column: &str, target: &Entity| {
        foreign.insert(Foreign { column: column.to_owned(), table: target.table.to_owned(), id: target.id.to_owned() });
    };
    for field in entity.fields {
        let stored = if matches!(field.kind, Kind::Reference { .. } | Kind::Factor) { "INTEGER" } else { "TEXT" };
        columns.insert(field.column.to_owned(), Column::new(stored, always(field), false));
        if let Kind::Quantity { unit } = field.kind {
            columns.insert(unit.to_owned(), Column::new("INTEGER", false, false));
            refers(unit, catalog.of("unit"));
        }
        if let Kind::Any { id } = field.kind {
            columns.insert(id.to_owned(), Column::new("INTEGER", field.required, false));
        }
        if let Some(target) = catalog.target(field) {
            refers(field.column, target);
        }
    }
    // Empty values are equal in a key: behind the first column, an index takes them as '' or 0.
    let key = |names: &&[&str]| -> Vec<String> {
        let fields = names.iter().map(|name| entity.field(name).expect("a field"));
        let columns = |(place, field): (usize, &'static Field)| match (place, always(field), field.refers_to()) {
            (0, ..) | (_, true, _) => field.columns().map(str::to_owned).collect(),
            (_, _, Some(_)) => vec![format!("coalesce({}, 0)", field.column)],
            _ => vec![format!("coalesce({}, '')", field.column)],
        };
        fields.enumerate().flat_map(columns).collect()
    };
    Table { columns, foreign, keys: entity.keys.iter().map(key).collect(), strict: true, counts_up: true }
}

/// Whether every record has the field: because it must, or because the store sees to it.
fn always(field: &Field) -> bool {
    field.required || matches!(field.kind, Kind::Status | Kind::Role | Kind::Created | Kind::Updated)
}

/// Where the schema is not what the catalog says.
fn against_catalog(schema: &Schema, catalog: &Catalog) -> Vec<String> {
    let mut told = schema.nameless.clone();
    let known: BTreeSet<&str> = catalog.entities().map(|entity| entity.table).chain(OWN).collect();
    told.extend(schema.tables.keys().filter(|t| !known.contains(t.as_str())).map(|t| format!("no noun has table {t}")));
    for entity in catalog.entities() {
        let Some(table) = schema.tables.get(entity.table) else {
            told.push(format!("{} has no table {}", entity.noun, entity.table));
            continue;
        };
        let wanted = wanted(catalog, entity);
        let mut names: BTreeSet<&String> = wanted.columns.keys().collect();
        names.extend(table.columns.keys());
        for name in names {
            let (wanted, found) = (wanted.columns.get(name), table.columns.get(name));
            if wanted != found {
                told.push(format!("{}.{name} is {found:?}, the catalog says {wanted:?}", entity.table));
            }
        }
        for foreign in wanted.foreign.symmetric_difference(&table.foreign) {
            let side = if table.foreign.contains(foreign) { "schema" } else { "catalog" };
            told.push(format!("{}.{} refers to {} in the {side} only", entity.table, foreign.column, foreign.table));
        }
        for key in wanted.keys.symmetric_difference(&table.keys) {
            let side = if table.keys.contains(key) { "schema" } else { "catalog" };
            told.push(format!("{} is unique in ({}) in the {side} only", entity.table, key.join(", ")));
        }
        if !table.strict {
            told.push(format!("{} is not STRICT", entity.table));
        }
        if !table.counts_up {
            told.push(format!("{} may use an id again", entity.table));
        }
    }
    told
}

/// Where the schema is not what the diagram says.
fn against_diagram(schema: &Schema, diagram: &Diagram) -> Vec<String> {
    let mut told = Vec::new();
    let own = |table: &str| OWN.contains(&table) || ADDED_TABLES.contains(&table);
    for table in schema.tables.keys().filter(|table| !diagram.tables.contains_key(*table) && !own(table)) {
        told.push(format!("the diagram has no {table}"));
    }
    let mut relations = BTreeSet::new();
    for (name, drawn) in &diagram.tables {
        let Some(table) = schema.tables.get(name) else {
            told.push(format!("there is no table {name}"));
            continue;
        };
        for (column, found) in &table.columns {
            let added = ADDED.contains(&(name.as_str(), column.as_str()));
            match drawn.get(column) {
                None if !added => told.push(format!("the diagram has no {name}.{column}")),
                Some(_) if added => told.push(format!("{name}.{column} is no addition: the diagram has it")),
                Some(drawn) if drawn.stored != found.stored => {
                    told.push(format!("{name}.{column} is {}, the diagram says {}", found.stored, drawn.stored));
                }
                Some(drawn) if drawn.primary != found.primary => {
                    told.push(format!("whether {name}.{column} is the primary key differs"));
                }
                Some(drawn) if drawn.foreign != table.foreign.iter().any(|foreign| foreign.column == *column) => {
                    told.push(format!("whether {name}.{column} is a foreign key differs"));
                }
                _ => {}
            }
        }
        for column in drawn.keys().filter(|column| !table.columns.contains_key(*column)) {
            told.push(format!("there is no {name}.{column}"));
        }
        relations.extend(table.foreign.iter().map(|foreign| diagram::relation(name, &foreign.table)));
    }
    for (one, other) in relations.symmetric_difference(&diagram.relations) {
        told.push(format!("{one} and {other} are related on one side only"));
    }
    told
}

/// The schema, with one passage of it replaced.
fn altered(passage: &str, by: &str) -> Schema {
    assert_eq!(SCHEMA.matches(passage).count(), 1, "{passage} stands in the schema once");
    Schema::of_text(&SCHEMA.replace(passage, by))
}

#[test]
fn the_schema_is_what_the_catalog_says() {
    assert_eq!(against_catalog(&Schema::of_text(SCHEMA), &Catalog::standard()), Vec::<String>::new());
}

#[test]
fn the_schema_is_what_the_diagram_says_and_eleven_columns_and_three_tables_more() {
    assert_eq!(against_diagram(&Schema::of_text(SCHEMA), &Diagram::handed_over()), Vec::<String>::new());
}

#[test]
fn the_diagram_is_read_to_its_end() {
    let diagram = Diagram::handed_over();
    assert_eq!((diagram.tables.len(), diagram.relations.len()), (14, 17));
    assert_eq!(diagram.tables.values().map(BTreeMap::len).sum::<usize>(), 66);
}

#[test]
fn init_creates_exactly_this_schema() {
    let created = Schema::of_file(&Sandbox::empty().database());
    assert_eq!(created, Schema::of_text(SCHEMA));
}

#[test]
fn every_kind_of_drift_from_the_catalog_is_told() {
    let drifts = [
        ("    location           TEXT,\n", "", "data_center.location is None"),
        ("    filesystem    TEXT,\n", "    file_system TEXT,\n", "partition.filesystem is None"),
        ("    filesystem    TEXT,\n", "    filesystem INTEGER,\n", "partition.filesystem is Some"),
        (
            "    location           TEXT,\n",
            "    location TEXT CONSTRAINT here NOT NULL,\n",
            "data_center.location is Some",
        ),
        ("CONSTRAINT virtual_machine_status_given NOT NULL", "", "virtual_machine.status is Some"),
        (
            "CONSTRAINT disk_vm REFERENCES virtual_machine (vm_id)",
            "",
            "disk.vm_id refers to virtual_machine in the catalog only",
        ),
        (
            "CONSTRAINT virtual_machine_user REFERENCES users (user_id)",
            "CONSTRAINT virtual_machine_user REFERENCES unit (unit_id)",
            "virtual_machine.user_id refers to unit in the schema only",
        ),
        ("CONSTRAINT disk_unit REFERENCES", "REFERENCES", "disk has a REFERENCES without a name"),
        ("CONSTRAINT ip_address_given CHECK", "CHECK", "ip_address has a CHECK without a name"),
        (
            "CREATE UNIQUE INDEX disk_key ON disk (name, vm_id);",
            "",
            "disk is unique in (name, vm_id) in the catalog only",
        ),
        (
            "CREATE UNIQUE INDEX disk_key ON disk (name, vm_id);",
            "CREATE INDEX disk_key ON disk (name, vm_id);",
            "disk is unique in (name, vm_id) in the catalog only",
        ),
        (
            "ON ip_address (ipv4, coalesce(vlan, ''), coalesce(vm_id, 0))",
            "ON ip_address (ipv4, vlan, vm_id)",
            "ip_address is unique in (ipv4, vlan, vm_id) in the schema only",
        ),
        ("CONSTRAINT unit_pk PRIMARY KEY AUTOINCREMENT", "CONSTRAINT unit_pk PRIMARY KEY", "unit may use an id again"),
        (
            "    CONSTRAINT ip_address_given CHECK (ipv4 IS NOT NULL OR ipv6 IS NOT NULL)\n) STRICT;",
            "    CONSTRAINT ip_address_given CHECK (ipv4 IS NOT NULL OR ipv6 IS NOT NULL)\n);",
            "ip_address is not STRICT",
        ),
        ("-- Who runs datacenters.\n", "CREATE TABLE stray (stray_id INTEGER);\n", "no noun has table stray"),
    ];
    for (passage, by, wanted) in drifts {
        let told = against_catalog(&altered(passage, by), &Catalog::standard());
        assert!(told.iter().any(|sentence| sentence.starts_with(wanted)), "{passage}: {told:?}");
    }
    let schema = Schema::of_text(SCHEMA);
    let more = Catalog::standard().with(&crate::conformance::fourteenth_noun::CLUSTER);
    assert_eq!(against_catalog(&schema, &more), ["cluster has no table cluster"]);
    let both = format!("{SCHEMA}{}", crate::conformance::fourteenth_noun::TABLE);
    assert_eq!(against_catalog(&Schema::of_text(&both), &more), Vec::<String>::new());
}

#[test]
fn every_kind_of_drift_from_the_diagram_is_told() {
    let drifts = [
        ("    location           TEXT,\n", "", "there is no data_center.location"),
        ("    filesystem    TEXT,\n", "    file_system TEXT,\n", "the diagram has no partition.file_system"),
        (
            "    total_cpu             TEXT,\n",
            "    total_cpu INTEGER,\n",
            "cloud_pool.total_cpu is INTEGER, the diagram says TEXT",
        ),
        ("CONSTRAINT disk_vm REFERENCES virtual_machine (vm_id)", "", "whether disk.vm_id is a foreign key differs"),
        (
            "CONSTRAINT virtual_machine_user REFERENCES users (user_id)",
            "CONSTRAINT virtual_machine_user REFERENCES unit (unit_id)",
            "users and virtual_machine are related on one side only",
        ),
        ("-- Who runs datacenters.\n", "CREATE TABLE stray (stray_id INTEGER);\n", "the diagram has no stray"),
    ];
    for (passage, by, wanted) in drifts {
        let told = against_diagram(&altered(passage, by), &Diagram::handed_over());
        assert!(told.iter().any(|sentence| sentence == wanted), "{passage}: {told:?}");
    }
    let mut diagram = Diagram::handed_over();
    diagram.tables.remove("login_users");
    assert_eq!(against_diagram(&Schema::of_text(SCHEMA), &diagram), ["the diagram has no login_users"]);
}

#[test]
fn the_units_of_the_contract_are_there_from_the_start() {
    let sandbox = Sandbox::empty();
    let listed = sandbox.ok(&["unit", "list", "--no-headers", "-o", "csv"]);
    let expected: String =
        crate::conformance::sample::seeded_units().iter().map(|(name, bytes)| format!("{name},{bytes}\n")).collect();
    assert_eq!(listed, expected);
}
