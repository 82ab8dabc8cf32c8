//! A program under test: `inv` itself, or `inv` with a noun more; and an inventory full of samples to run it on.

use super::fourteenth_noun;
use super::sample::{self, RECORDS};
use crate::support::{Answer, Sandbox};
use inv::catalog::{Catalog, Entity, Field, Kind, Reach};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The password of every login user of the tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// Which of the login users runs the tests: an admin.
const OPERATOR: usize = 2;

/// A program, and what its inventories hold.
pub struct Program {
    pub binary: PathBuf,
    pub catalog: Catalog,
    samples: OnceLock<Vec<u8>>,
}

impl Program {
    /// `inv` itself.
    pub fn standard() -> &'static Self {
        static PROGRAM: OnceLock<Program> = OnceLock::new();
        PROGRAM.get_or_init(|| Self::new(env!("CARGO_BIN_EXE_inv").into(), Catalog::standard()))
    }

    /// The example that adds a noun.
    pub fn with_a_noun_more() -> &'static Self {
        static PROGRAM: OnceLock<Program> = OnceLock::new();
        PROGRAM
            .get_or_init(|| Self::new(example("fourteenth_noun"), Catalog::standard().with(&fourteenth_noun::CLUSTER)))
    }

    fn new(binary: PathBuf, catalog: Catalog) -> Self {
        Self { binary, catalog, samples: OnceLock::new() }
    }

    /// An inventory that holds nothing but what it begins with.
    pub fn empty(&'static self) -> Sandbox {
        let sandbox = Sandbox::of(&self.binary);
        sandbox.done("init", &[]);
        sandbox
    }

    /// An inventory with the samples of every noun.
    pub fn filled(&'static self) -> Sandbox {
        let samples = self.samples.get_or_init(|| {
            let sandbox = self.empty();
            self.fill(&sandbox);
            std::fs::read(sandbox.database()).expect("the inventory")
        });
        let sandbox = Sandbox::with_inventory(&self.binary, samples);
        let operators = self.catalog.nouns().find(|entity| entity.operates).expect("a noun of those who operate");
        sandbox.sign_in(&sample::name(operators, OPERATOR));
        sandbox
    }

    fn fill(&'static self, sandbox: &Sandbox) {
        for entity in self.catalog.in_order_of_need() {
            match entity.reach {
                Reach::Everywhere => {
                    let file = sandbox.file("samples.csv", self.csv(entity, 0..RECORDS));
                    sandbox.ok(&[entity.noun, "import", &file]);
                }
                Reach::NoFiles => (0..RECORDS).for_each(|index| assert_eq!(self.add(sandbox, entity, index).status, 0)),
                Reach::Link | Reach::FileOnly => {}
            }
        }
    }

    /// The nouns that leave the file.
    pub fn nouns_of_files(&'static self) -> impl Iterator<Item = &'static Entity> {
        self.catalog.nouns().filter(|entity| entity.reach == Reach::Everywhere)
    }

    /// Records as a CSV file, every column given. A record that must be there brings its memberships along.
    pub fn csv(&'static self, entity: &'static Entity, indexes: impl IntoIterator<Item = usize>) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = shown_fields(entity).map(|field| field.name);
        let links = entity.collections.iter().filter(|collection| collection.exported);
        writer.write_record(header.chain(links.clone().map(|link| link.name))).expect("a header");
        for index in indexes {
            let cells = shown_fields(entity)
                .map(|field| sample::exported(&self.catalog, entity, field, index).unwrap_or_default());
            let linked = links.clone().map(|link| {
                let of = self.catalog.of(link.of);
                let field = of.field(link.main[0]).expect("a field");
                let target = self.catalog.target(field).expect("a noun");
                if index < sample::BARE { sample::path(&self.catalog, target, index) } else { String::new() }
            });
            writer.write_record(cells.chain(linked)).expect("a row");
        }
        String::from_utf8(writer.into_inner().expect("all rows")).expect("UTF-8")
    }

    /// What `add` is told for a record, behind `inv NOUN add`.
    pub fn add_arguments(&'static self, entity: &'static Entity, index: usize) -> Vec<String> {
        let mut arguments = vec![sample::name(entity, index)];
        for field in flagged(entity).filter(|field| entity.names.first() != Some(&field.name)) {
            if let Some(text) = sample::exported(&self.catalog, entity, field, index) {
                arguments.extend([format!("--{}", field.name), text]);
            }
        }
        if has_secret(entity) {
            arguments.push("--password-stdin".to_owned());
        }
        arguments
    }

    /// Adds a record.
    pub fn add(&'static self, sandbox: &Sandbox, entity: &'static Entity, index: usize) -> Answer {
        self.run(sandbox, entity, "add", &self.add_arguments(entity, index))
    }

    /// Runs `inv NOUN VERB …`, with a password at hand.
    pub fn run(&'static self, sandbox: &Sandbox, entity: &Entity, verb: &str, arguments: &[String]) -> Answer {
        let all: Vec<&str> = [entity.noun, verb].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        let answer = sandbox.run_with_input(&all, format!("{PASSWORD}\n"));
        if entity.operates && verb == "add" && answer.status == 0 && !sandbox.session_file().exists() {
            // From the first one on, the inventory wants a login.
            sandbox.sign_in(arguments[0].as_str());
        }
        answer
    }

    /// The whole path of a sample.
    pub fn path(&'static self, entity: &Entity, index: usize) -> String {
        sample::path(&self.catalog, entity, index)
    }

    /// What a sample is called whatever happens to its path: `id=7`.
    pub fn id(&'static self, sandbox: &Sandbox, entity: &Entity, index: usize) -> String {
        let wanted = self.path(entity, index);
        let ids = column(sandbox, &[entity.noun, "list", "-c", "path,id"]);
        let found = ids.iter().find(|row| row[0] == wanted);
        format!("id={}", found.unwrap_or_else(|| panic!("{wanted} is not among {ids:?}"))[1])
    }

    /// Everything that an inventory holds: its files, and the login users that no file has.
    pub fn holds(&'static self, sandbox: &Sandbox) -> String {
        let mut all = sandbox.exported();
        for entity in self.catalog.nouns().filter(|entity| entity.reach == Reach::NoFiles) {
            all.push_str(&sandbox.ok(&[entity.noun, "list", "-o", "jsonl"]));
        }
        all
    }

    /// A record as `show` tells it, its keys called as the fields are.
    pub fn shown(&'static self, sandbox: &Sandbox, entity: &Entity, name: &str) -> serde_json::Value {
        let mut shown: serde_json::Value =
            serde_json::from_str(&sandbox.ok(&[entity.noun, "show", name, "-o", "json"])).expect("JSON");
        call_as_fields(entity, &mut shown);
        shown
    }
}

/// The rows of a list, without its header.
pub fn column(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Vec<String>> {
    let all: Vec<&str> = arguments.iter().copied().chain(["-o", "csv"]).collect();
    let text = sandbox.ok(&all);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

/// The fields that are shown: all but passwords.
pub fn shown_fields(entity: &'static Entity) -> impl Iterator<Item = &'static Field> {
    entity.fields.iter().filter(|field| field.kind != Kind::Secret)
}

/// The fields that `add` and `set` take as flags, by the contract: all but passwords, times and the one name.
pub fn flagged(entity: &'static Entity) -> impl Iterator<Item = &'static Field> {
    shown_fields(entity).filter(|field| {
        !matches!(field.kind, Kind::Created | Kind::Updated)
            && (entity.names.len() > 1 || !entity.is_naming(field.name))
    })
}

/// Whether a record wants a password.
pub fn has_secret(entity: &Entity) -> bool {
    entity.fields.iter().any(|field| field.kind == Kind::Secret)
}

/// An example of this package, built as the tests are.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of the test");
    let folder = test.ancestors().nth(2).expect("the folder of the build").to_owned();
    // `cargo test --test main` alone builds no examples, and one from an earlier build proves nothing.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--offline", "--example", name]).current_dir(env!("CARGO_MANIFEST_DIR"));
    if folder.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().expect("cargo starts").success(), "the example {name} is built");
    folder.join("examples").join(name)
}

/// Calls the keys of a record in JSON as the fields are called: `custom-os`.
pub fn call_as_fields(entity: &Entity, record: &mut serde_json::Value) {
    let record = record.as_object_mut().expect("an object");
    for field in entity.fields.iter().filter(|field| field.name.contains('-')) {
        if let Some(value) = record.shift_remove(&field.name.replace('-', "_")) {
            record.insert(field.name.to_owned(), value);
        }
    }
}
