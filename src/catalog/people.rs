//! Owners of machines, and login users of `inv`.

use super::entity::{Compute, Computed, Entity, Field, Kind, Reach, Section};

/// `user`
pub(super) static USER: Entity = Entity {
    noun: "user",
    plural: "users",
    labels: ("user", "users"),
    about: "People and teams who own VMs",
    table: "users",
    id: "user_id",
    fields: &[
        Field::name("What the owner is called"),
        Field::optional("email", "email", Kind::Email, "Where to write to"),
    ],
    keys: &[&["name"]],
    computed: &[Computed {
        name: "vms",
        rule: Compute::Count { of: "vm", by: "owner" },
        help: "how many VMs they own",
    }],
    columns: &["name", "email", "vms"],
    sections: &[Section::Tally { name: "vms_by_status", of: "vm", by: "owner", field: "status" }],
    ..Entity::BLANK
};

/// `login-user`
pub(super) static LOGIN_USER: Entity = Entity {
    noun: "login-user",
    plural: "login-users",
    labels: ("login user", "login users"),
    about: "People who operate inv",
    table: "login_users",
    id: "login_user_id",
    names: &["username"],
    fields: &[
        Field { name: "username", column: "username", kind: Kind::Name, required: true, help: "What they sign in as" },
        Field {
            name: "password",
            column: "password_hash",
            kind: Kind::Secret,
            required: true,
            help: "Asked for without echo; kept as an Argon2id hash",
        },
        Field::optional(
            "role",
            "role",
            Kind::Role,
            "What they may do: viewer reads, editor changes the inventory, admin login users too",
        ),
        Field::optional("email", "email", Kind::Email, "Where to write to"),
        Field::optional("created", "created_at", Kind::Created, "When they were entered"),
    ],
    keys: &[&["username"]],
    columns: &["username", "role", "email", "created"],
    operates: true,
    reach: Reach::NoFiles,
    ..Entity::BLANK
};
