//! Sources that estates are imported from, the records that each of them knows, and the fields that are not theirs.

use super::entity::{Compute, Computed, Entity, Field, Kind, OnRemove, Reach};

/// Priority of a source that has none of its own.
pub const PRIORITY: &str = "100";
/// Share of its records that a run of a new source may remove.
pub const GUARD: &str = "10%";
/// Time after which a missing record of a new source is overdue.
pub const GRACE: &str = "14d";

/// `source`
pub static SOURCE: Entity = Entity {
    noun: "source",
    plural: "sources",
    labels: ("source", "sources"),
    about: "Sources that estates are imported from",
    table: "source",
    id: "source_id",
    fields: &[
        Field::name("Name of the source (default: --source of the first import, else rvtools:vSphere)"),
        Field::optional("kind", "kind", Kind::Text, "Program of the exports, such as rvtools"),
        Field::optional("scope", "scope", Kind::Text, "Scope of the source: its provider and vCenters"),
        Field::optional(
            "priority",
            "priority",
            Kind::Count,
            "Priority among sources: the smallest number decides a field (default: 100)",
        ),
        Field::optional(
            "guard",
            "guard",
            Kind::Percent,
            "Share of its records that one run may remove, 0% to 100% (default: 10%)",
        ),
        Field::optional(
            "grace",
            "grace",
            Kind::Duration,
            "Time that a record may be missing, such as 12h (default: 14d)",
        ),
        Field::optional("last-run", "last_run_at", Kind::Time, "Time of the last import"),
        Field::optional("last-complete-run", "last_complete_run_at", Kind::Time, "Time of the last complete import"),
    ],
    keys: &[&["name"]],
    computed: &[Computed {
        name: "records",
        rule: Compute::Count { of: "source-record", by: "source" },
        help: "number of its records",
    }],
    columns: &["name", "kind", "scope", "priority", "records", "last-run", "last-complete-run"],
    ..Entity::BLANK
};

/// `source-record`, a link: a record that a source made or adopted.
pub static SOURCE_RECORD: Entity = Entity {
    noun: "source-record",
    plural: "source-records",
    labels: ("source record", "source records"),
    about: "Records that sources created or adopted",
    table: "source_record",
    id: "source_record_id",
    names: &[],
    parent: Some("source"),
    fields: &[
        Field::parent("source", "source_id", "source", OnRemove::Follow, "Source of the record"),
        Field {
            name: "record",
            column: "noun",
            kind: Kind::Any { id: "record_id" },
            required: true,
            help: "Noun and path of the record",
        },
        Field::optional("external-id", "external_id", Kind::Text, "Id of the record in the source"),
        Field::optional(
            "second-fact",
            "second_fact",
            Kind::Text,
            "Second fact; a row with another fact is another record",
        ),
        Field::optional("first-seen", "first_seen_at", Kind::Created, "Time of the first run with the record"),
        Field::optional(
            "missing-since",
            "missing_since",
            Kind::Time,
            "Time of the first complete run without the record",
        ),
        Field::optional(
            "last-confirmed",
            "last_confirmed",
            Kind::Time,
            "Time of the last run with the record, if missing",
        ),
    ],
    keys: &[&["external-id", "source"], &["record", "source"]],
    columns: &["source", "record", "external-id", "missing-since"],
    reach: Reach::FileOnly,
    ..Entity::BLANK
};

/// `field-owner`, a link: a field of a record that a person decides, or one of several sources.
pub static FIELD_OWNER: Entity = Entity {
    noun: "field-owner",
    plural: "field-owners",
    labels: ("field owner", "field owners"),
    about: "Fields that people or certain sources decide",
    table: "field_owner",
    id: "field_owner_id",
    names: &[],
    fields: &[
        Field {
            name: "record",
            column: "noun",
            kind: Kind::Any { id: "record_id" },
            required: true,
            help: "Noun and path of the record",
        },
        Field { name: "field", column: "field", kind: Kind::Text, required: true, help: "Field" },
        Field::optional(
            "source",
            "source_id",
            Kind::Reference { to: "source", on_remove: OnRemove::Follow },
            "Source that decides the field (empty: a person)",
        ),
        Field::optional("offered", "offered", Kind::Text, "Latest value of another source"),
        Field::optional(
            "offered-by",
            "offered_by_id",
            Kind::Reference { to: "source", on_remove: OnRemove::Release },
            "Source of that value",
        ),
    ],
    keys: &[&["record", "field"]],
    columns: &["record", "field", "source"],
    reach: Reach::FileOnly,
    ..Entity::BLANK
};
