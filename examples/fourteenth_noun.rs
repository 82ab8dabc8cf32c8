//! What a noun more costs: a table and an entry. This program is `inv` with clusters; the tests run the whole
//! conformance suite on it, and count the lines between the two marks.

use inv::catalog::{Catalog, Entity, Field, Kind, OnRemove};
use inv::{Inventory, SCHEMA};
use std::process::ExitCode;

// [the fourteenth noun
/// Its table, as it would stand in `schema.sql`.
pub(crate) const TABLE: &str = "
CREATE TABLE cluster (
    cluster_id        INTEGER CONSTRAINT cluster_pk PRIMARY KEY AUTOINCREMENT,
    name              TEXT    CONSTRAINT cluster_name_given NOT NULL
                              CONSTRAINT cluster_name_length CHECK (length(name) BETWEEN 1 AND 255),
    data_center_id    INTEGER CONSTRAINT cluster_data_center_given NOT NULL
                              CONSTRAINT cluster_data_center REFERENCES data_center (data_center_id),
    capacity          TEXT,
    capacity_unit_id  INTEGER CONSTRAINT cluster_capacity_unit REFERENCES unit (unit_id),
    user_id           INTEGER CONSTRAINT cluster_user REFERENCES users (user_id),
    CONSTRAINT cluster_capacity_whole CHECK ((capacity IS NULL) = (capacity_unit_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX cluster_key ON cluster (name, data_center_id);
CREATE INDEX cluster_name_with_slash ON cluster (name) WHERE name LIKE '%/%';
CREATE INDEX cluster_by_data_center ON cluster (data_center_id);
CREATE INDEX cluster_by_user ON cluster (user_id);
";

/// Its entry in the catalog.
pub(crate) static CLUSTER: Entity = Entity {
    noun: "cluster",
    plural: "clusters",
    labels: ("cluster", "clusters"),
    about: "Clusters of hosts in a datacenter",
    table: "cluster",
    id: "cluster_id",
    parent: Some("dc"),
    fields: &[
        Field::name("What the cluster is called"),
        Field::parent("dc", "data_center_id", "dc", OnRemove::Refuse, "Where it is"),
        Field::optional("capacity", "capacity", Kind::Quantity { unit: "capacity_unit_id" }, "How much it holds"),
        Field::optional("head", "user_id", Kind::Reference { to: "user", on_remove: OnRemove::Unset }, "Who runs it"),
    ],
    keys: &[&["name", "dc"]],
    columns: &["name", "dc", "capacity", "head"],
    ..Entity::BLANK
};
// the fourteenth noun]

fn main() -> ExitCode {
    let inventory =
        Inventory { catalog: Catalog::standard().with(&CLUSTER), schema: format!("{SCHEMA}{TABLE}").into() };
    inv::main(Box::leak(Box::new(inventory)))
}
