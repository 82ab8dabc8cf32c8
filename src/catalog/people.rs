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
    fields: &[Field::name("Name of the owner"), Field::optional("email", "email", Kind::Email, "E-mail address")],
    keys: &[&["name"]],
    computed: &[Computed {
        name: "vms",
        rule: Compute::Count { of: "vm", by: "owner" },
        help: "number of VMs of the owner",
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
        Field { name: "username", column: "username", kind: Kind::Name, required: true, help: "Name to sign in with" },
        Field {
            name: "password",
            column: "password_hash",
            kind: Kind::Secret,
            required: true,
            help: "Password, prompted without echo; stored as an Argon2id hash",
        },
        Field::optional(
            "role",
            "role",
            Kind::Role,
            "Role: viewer (read), editor (change the inventory), admin (also login users)",
        ),
        Field::optional("email", "email", Kind::Email, "E-mail address"),
        Field::optional("created", "created_at", Kind::Created, "Time of creation"),
    ],
    keys: &[&["username"]],
    columns: &["username", "role", "email", "created"],
    operates: true,
    reach: Reach::NoFiles,
    ..Entity::BLANK
};
