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
        Field::name("What the source is called; rvtools:vSphere unless the first import says --source"),
        Field::optional("kind", "kind", Kind::Text, "Whose export it is, such as rvtools"),
        Field::optional("scope", "scope", Kind::Text, "What it speaks for: its provider, and the vCenters of that"),
        Field::optional(
            "priority",
            "priority",
            Kind::Count,
            "Which of several sources decides a field: the one with the smallest number (default: 100)",
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
            "How long a record may be missing, such as 12h (default: 14d)",
        ),
        Field::optional("last-run", "last_run_at", Kind::Time, "When it was last imported"),
        Field::optional("last-complete-run", "last_complete_run_at", Kind::Time, "When it last told of all it has"),
    ],
    keys: &[&["name"]],
    computed: &[Computed {
        name: "records",
        rule: Compute::Count { of: "source-record", by: "source" },
        help: "how many records it knows",
    }],
    columns: &["name", "kind", "scope", "priority", "records", "last-run", "last-complete-run"],
    ..Entity::BLANK
};

/// `source-record`, a link: a record that a source made or adopted.
pub static SOURCE_RECORD: Entity = Entity {
    noun: "source-record",
    plural: "source-records",
    labels: ("source record", "source records"),
    about: "Records that sources made or adopted",
    table: "source_record",
    id: "source_record_id",
    names: &[],
    parent: Some("source"),
    fields: &[
        Field::parent("source", "source_id", "source", OnRemove::Follow, "The source that knows the record"),
        Field {
            name: "record",
            column: "noun",
            kind: Kind::Any { id: "record_id" },
            required: true,
            help: "The record: its noun and its path",
        },
        Field::optional("external-id", "external_id", Kind::Text, "What the source calls it, whatever its name"),
        Field::optional(
            "second-fact",
            "second_fact",
            Kind::Text,
            "Another fact about it; with another one, it is another record",
        ),
        Field::optional("first-seen", "first_seen_at", Kind::Created, "When the source first had it"),
        Field::optional("missing-since", "missing_since", Kind::Time, "When a complete run first lacked it"),
        Field::optional(
            "last-confirmed",
            "last_confirmed",
            Kind::Time,
            "When the source last had it, if it is missing",
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
            help: "The record: its noun and its path",
        },
        Field { name: "field", column: "field", kind: Kind::Text, required: true, help: "The field" },
        Field::optional(
            "source",
            "source_id",
            Kind::Reference { to: "source", on_remove: OnRemove::Follow },
            "The source that decides it; a person, if there is none",
        ),
        Field::optional("offered", "offered", Kind::Text, "The value that another source had for it last"),
        Field::optional(
            "offered-by",
            "offered_by_id",
            Kind::Reference { to: "source", on_remove: OnRemove::Release },
            "The source that had it",
        ),
    ],
    keys: &[&["record", "field"]],
    columns: &["record", "field", "source"],
    reach: Reach::FileOnly,
    ..Entity::BLANK
};
