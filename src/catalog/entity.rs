//! The shape of a catalog entry: what a noun is, which fields it has, and what hangs together. Pure data.
//!
//! Everything that `inv` does with a noun is derived from its [`Entity`]: the command tree, the prompts, the SQL, the
//! CSV, the completion, the reference pages. Nouns name each other by their noun, fields by their name, and a
//! [`super::Catalog`] resolves those names, so that an entry can be written down without any code.

use crate::value::name::column_key;
use crate::value::role::ROLES;
use crate::value::status::STATUSES;

/// A noun of the inventory.
#[derive(Debug)]
pub struct Entity {
    /// Name on the command line: `vm`.
    pub noun: &'static str,
    /// Other names that commands take: `datacenter`.
    pub aliases: &'static [&'static str],
    /// Its plural: the file of its records (`vms.csv`), the list of them in JSON.
    pub plural: &'static str,
    /// Singular and plural in messages: `storage device`, `storage devices`.
    pub labels: (&'static str, &'static str),
    /// Line of help: a noun phrase without a full stop (the imperative mood is for verbs).
    pub about: &'static str,
    /// Its table in `schema.sql`.
    pub table: &'static str,
    /// The primary key of its table.
    pub id: &'static str,
    /// The fields that name a record: the first that is not empty is its name.
    pub names: &'static [&'static str],
    /// Naming of a record that is added without a name.
    pub numbered: Option<Numbered>,
    /// The reference field that leads to what holds it; its path goes on from there.
    pub parent: Option<&'static str>,
    /// Its fields, in the order in which they are asked for, listed and exported.
    pub fields: &'static [Field],
    /// The sets of fields that no two records share; the first is the natural key. Empty values are equal here.
    pub keys: &'static [&'static [&'static str]],
    /// The sets of fields that two records share only if the operator insists (`--allow-duplicate`) or a file says so.
    pub soft_keys: &'static [&'static [&'static str]],
    /// Rules between the fields of one record.
    pub rules: &'static [Rule],
    /// Other nouns' records that may be created along with one of these (`vm add --disk …`, the column `disks`).
    pub collections: &'static [Collection],
    /// Columns that are computed from other records.
    pub computed: &'static [Computed],
    /// The columns of a list that was asked for none.
    pub columns: &'static [&'static str],
    /// Sections of `show` below the record itself.
    pub sections: &'static [Section],
    /// Command lines that help shows: each under the verb that it is for.
    pub examples: &'static [&'static str],
    /// True if the schema comes with records of it, which a file may name again.
    pub seeded: bool,
    /// The fields and collections that belong to people: a source fills them only while they are empty.
    pub people: &'static [&'static str],
    /// True if its records are login users, which only an admin changes.
    pub operates: bool,
    /// True if names are long descriptions, which tables of other nouns cut where a terminal has no room.
    pub has_long_names: bool,
    /// Commands that offer it.
    pub reach: Reach,
}

/// Commands that offer a noun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Every verb.
    Everywhere,
    /// Every verb but import and export: it does not leave the file.
    NoFiles,
    /// No verb: it only links two others, which show it as theirs.
    Link,
    /// No verb, but a file of its own in an export of the whole inventory: it links records of any noun.
    FileOnly,
}

/// Numbering of records that are added without a name: `disk0`, `disk1`, …
#[derive(Debug, Clone, Copy)]
pub struct Numbered {
    /// Text before the number.
    pub prefix: &'static str,
    /// The number of the first one.
    pub first: u32,
}

/// A field of a noun.
#[derive(Debug)]
pub struct Field {
    /// Name in flags, CSV headers, JSON keys and messages: `custom-os`.
    pub name: &'static str,
    /// Its column in the table.
    pub column: &'static str,
    /// Kind of its values.
    pub kind: Kind,
    /// True if a record must have it.
    pub required: bool,
    /// Line of help.
    pub help: &'static str,
}

/// Kind of a field's values: decides how its text is read, stored, compared and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name: 1 to 255 characters, in NFC.
    Name,
    /// Free text.
    Text,
    /// An amount and a unit; `unit` is the column that refers to the unit.
    Quantity {
        /// The column that refers to the unit.
        unit: &'static str,
    },
    /// A positive decimal count.
    Count,
    /// Size of a unit in bytes: a positive whole number.
    Factor,
    /// A ratio `N:1`, stored as the decimal `N`.
    Ratio,
    /// A share from 0% to 100%.
    Percent,
    /// A length of time, such as 14d.
    Duration,
    /// One of [`crate::value::status::STATUSES`].
    Status,
    /// One of [`crate::value::role::ROLES`].
    Role,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address (RFC 5952).
    Ipv6,
    /// A VLAN: a number from 1 to 4094, or a name.
    Vlan,
    /// An e-mail address.
    Email,
    /// Time at which the record was created; set once.
    Created,
    /// Time of the last change; set at every change.
    Updated,
    /// A time, such as that of a run.
    Time,
    /// A record of whichever noun; this one is deleted with it. The column of the field has the noun.
    Any {
        /// The column that has the id.
        id: &'static str,
    },
    /// Another record.
    Reference {
        /// The noun referred to.
        to: &'static str,
        /// Effect on this record when that one is deleted.
        on_remove: OnRemove,
    },
    /// Password, stored as a hash and never shown.
    Secret,
}

/// Effect on a record when the one it refers to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRemove {
    /// Removal is refused; `--recursive` removes this one along.
    Refuse,
    /// It goes along, always: it is a part of that one.
    Follow,
    /// It stays and refers to nothing; `--recursive` removes it along.
    Release,
    /// Removal is refused; with `--recursive` it stays and refers to nothing.
    Unset,
    /// Deleting is refused, whatever the options.
    Keep,
}

/// Rules between the fields of one record.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// Not both of the two.
    NotBoth(&'static str, &'static str),
    /// At least one of them.
    AnyOf(&'static [&'static str]),
}

/// Records of another noun that may be created along with a record: each as `MAIN`, or `MAIN@AT`.
#[derive(Debug, PartialEq, Eq)]
pub struct Collection {
    /// Its column in files and lists: `ips`.
    pub name: &'static str,
    /// The flag that gives one of it: `ip`.
    pub flag: &'static str,
    /// The noun of its records.
    pub of: &'static str,
    /// The reference field of that noun which leads back.
    pub by: &'static str,
    /// The field that the text before `@` gives: the first of them that takes it.
    pub main: &'static [&'static str],
    /// The field that the text behind `@` gives.
    pub at: Option<&'static str>,
    /// True if exports have it as a column, because it has no file of its own.
    pub exported: bool,
    /// Line of help of the flag.
    pub help: &'static str,
}

/// A column that is computed from other records.
#[derive(Debug)]
pub struct Computed {
    /// Name in `-c`, `--where` and `--sort`.
    pub name: &'static str,
    /// Rule that computes it.
    pub rule: Compute,
    /// Line of help.
    pub help: &'static str,
}

/// Rule that computes a column for one record.
#[derive(Debug, Clone, Copy)]
pub enum Compute {
    /// Number of records of `of` that refer to it by `by`.
    Count {
        /// The noun that is counted.
        of: &'static str,
        /// The path of references that leads from it to the record.
        by: &'static str,
    },
    /// The sum of `field` over the records of `of` that lead to it by `by`.
    Sum {
        /// The noun that is summed.
        of: &'static str,
        /// The path of references that leads from it to the record.
        by: &'static str,
        /// Summed column, as a path from that noun.
        field: &'static str,
        /// Records whose column has this value do not count.
        unless: Option<(&'static str, &'static str)>,
        /// True if the sum of no records is zero, false if it is null.
        from_zero: bool,
    },
    /// Difference of a field, times a ratio, and another computed column.
    Remaining(Limit),
    /// Part that another computed column is of a field, times a ratio.
    Part(Limit),
    /// The first of these columns that is not empty; all are ratios.
    First(&'static [&'static str]),
}

/// Capacity of a record, the ratio that it may be used beyond, and the used amount.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// The field that says how much there is.
    pub of: &'static str,
    /// The column of the ratio that it is multiplied by, if that is not empty.
    pub times: Option<&'static str>,
    /// The computed column that says how much is used.
    pub used: &'static str,
}

/// Section of `show` below a record.
#[derive(Debug)]
pub enum Section {
    /// The records of `of` that lead to it by `by`.
    List {
        /// Heading of the list.
        name: &'static str,
        /// Their noun.
        of: &'static str,
        /// The path of references that leads from them to the record.
        by: &'static str,
        /// Columns of each.
        columns: &'static [&'static str],
    },
    /// Number of records of `of` that refer to it by `by`, for each value of `field`.
    Tally {
        /// Heading of the counts.
        name: &'static str,
        /// Their noun.
        of: &'static str,
        /// The path of references that leads from them to the record.
        by: &'static str,
        /// Field by which they are counted.
        field: &'static str,
    },
}

impl Entity {
    /// An entry that says nothing yet, for `..Entity::BLANK`.
    pub const BLANK: Self = Self {
        noun: "",
        aliases: &[],
        plural: "",
        labels: ("", ""),
        about: "",
        table: "",
        id: "",
        names: &["name"],
        numbered: None,
        parent: None,
        fields: &[],
        keys: &[],
        soft_keys: &[],
        rules: &[],
        collections: &[],
        computed: &[],
        columns: &[],
        sections: &[],
        examples: &[],
        seeded: false,
        people: &[],
        operates: false,
        has_long_names: false,
        reach: Reach::Everywhere,
    };

    /// The field called `name`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Returns the index of the field `name`.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// The fields that name a record.
    pub fn naming(&self) -> impl Iterator<Item = &'static Field> {
        self.names.iter().filter_map(|name| self.field(name))
    }

    /// Tests if the field `name` names a record.
    #[must_use]
    pub fn is_naming(&self, name: &str) -> bool {
        self.names.contains(&name)
    }

    /// The reference field that leads to what holds it.
    #[must_use]
    pub fn parent_field(&self) -> Option<&'static Field> {
        self.field(self.parent?)
    }

    /// The field that tells records with the same path apart: it is part of the key, and neither name nor parent.
    #[must_use]
    pub fn qualifier(&self) -> Option<&'static Field> {
        let is_in_path = |name: &str| self.is_naming(name) || self.parent == Some(name);
        let mut names = self.keys.iter().flat_map(|key| key.iter()).filter(|name| !is_in_path(name));
        names.find_map(|name| self.field(name))
    }

    /// The collection called `name`.
    #[must_use]
    pub fn collection(&self, name: &str) -> Option<&'static Collection> {
        self.collections.iter().find(|collection| collection.name == name)
    }

    /// The computed column called `name`.
    #[must_use]
    pub fn computed(&self, name: &str) -> Option<&'static Computed> {
        self.computed.iter().find(|computed| computed.name == name)
    }

    /// Returns the fields that an operator sets: all but those that the store sets.
    pub fn settable(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().filter(|field| !matches!(field.kind, Kind::Created | Kind::Updated))
    }

    /// The singular with its article: `a VM`, `an address`.
    #[must_use]
    pub fn with_article(&self) -> String {
        let label = self.labels.0;
        let is_vowel = label.starts_with(['a', 'e', 'i', 'o', 'u', 'O']);
        // A unit and a user begin with the sound of y.
        let is_vowel = is_vowel && !label.starts_with("un") && !label.starts_with("us");
        format!("{} {label}", if is_vowel { "an" } else { "a" })
    }

    /// Returns true if its records are named by IP addresses.
    #[must_use]
    pub fn is_addressed(&self) -> bool {
        self.naming().any(|field| matches!(field.kind, Kind::Ipv4 | Kind::Ipv6))
    }

    /// Tests if a sheet or a file called `text` is of this noun: by the noun, its plural, labels, aliases or table,
    /// whatever the case.
    #[must_use]
    pub fn is_called(&self, text: &str) -> bool {
        let names = [self.noun, self.plural, self.labels.0, self.labels.1, self.table];
        let key = column_key(text);
        names.iter().chain(self.aliases).any(|name| column_key(name) == key)
    }

    /// A count of it in words: `1 VM`, `12 VMs`.
    #[must_use]
    pub fn counted(&self, count: usize) -> String {
        let label = if count == 1 { self.labels.0 } else { self.labels.1 };
        format!("{count} {label}")
    }
}

impl Kind {
    /// The words that it can hold, where those are few.
    #[must_use]
    pub const fn words(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Status => Some(STATUSES),
            Self::Role => Some(ROLES),
            _ => None,
        }
    }

    /// The column of an integer that completes the text in the field's own column.
    #[must_use]
    pub const fn second_column(self) -> Option<&'static str> {
        match self {
            Self::Quantity { unit } => Some(unit),
            Self::Any { id } => Some(id),
            _ => None,
        }
    }
}

impl Field {
    /// A required name.
    #[must_use]
    pub const fn name(help: &'static str) -> Self {
        Self { name: "name", column: "name", kind: Kind::Name, required: true, help }
    }

    /// A required reference to what holds the record; it follows by `on_remove`.
    #[must_use]
    pub const fn parent(
        name: &'static str,
        column: &'static str,
        to: &'static str,
        on_remove: OnRemove,
        help: &'static str,
    ) -> Self {
        Self { name, column, kind: Kind::Reference { to, on_remove }, required: true, help }
    }

    /// An optional field.
    #[must_use]
    pub const fn optional(name: &'static str, column: &'static str, kind: Kind, help: &'static str) -> Self {
        Self { name, column, kind, required: false, help }
    }

    /// The noun it refers to, if it is a reference.
    #[must_use]
    pub const fn refers_to(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Reference { to, .. } => Some(to),
            _ => None,
        }
    }

    /// The columns that hold it: one; for a quantity the amount's and the unit's, for any record the noun's and the id's.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.column).chain(self.kind.second_column())
    }
}
