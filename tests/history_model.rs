//! History against a model: random sequences of changes, and every moment of them told again.
//!
//! The model is a map from records to values, noted after each change while it was the present. It knows nothing of
//! history: an undo sets each record that the change touched to what the note before the change says of it.

use inv::Inventory;
use inv::catalog::{Entity, Kind, Reach};
use inv::error::Error;
use inv::output::Layout;
use inv::output::csv::CsvRecords;
use inv::output::row::Row;
use inv::store::{Change, Dependents, End, Extent, Moment, Reader, Record, Removal, Store, Writer};
use inv::value::Value;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::OnceLock;
use tempfile::TempDir;

/// How many sequences are tried.
const SEQUENCES: u32 = 1_000;

type State = BTreeMap<(&'static str, i64), Vec<Value>>;

/// What is noted of a moment: the model's state, and the bytes of an export.
#[derive(Debug, Clone, PartialEq)]
struct Note {
    state: State,
    export: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Step {
    Add { noun: u8, seed: u16 },
    Import { noun: u8, count: u8, seed: u16 },
    Set { record: u8, field: u8, seed: u16 },
    Remove { record: u8, recursive: bool },
    Attach { seed: u16 },
    Fail { seed: u16 },
    HalfFail { seed: u16 },
    UndoLast,
    Undo { change: u8, force: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (any::<u8>(), any::<u16>()).prop_map(|(noun, seed)| Step::Add { noun, seed }),
        3 => (any::<u8>(), 2..6_u8, any::<u16>()).prop_map(|(noun, count, seed)| Step::Import { noun, count, seed }),
        5 => (any::<u8>(), any::<u8>(), any::<u16>())
            .prop_map(|(record, field, seed)| Step::Set { record, field, seed }),
        3 => (any::<u8>(), any::<bool>()).prop_map(|(record, recursive)| Step::Remove { record, recursive }),
        2 => any::<u16>().prop_map(|seed| Step::Attach { seed }),
        1 => any::<u16>().prop_map(|seed| Step::Fail { seed }),
        1 => any::<u16>().prop_map(|seed| Step::HalfFail { seed }),
        2 => Just(Step::UndoLast),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(change, force)| Step::Undo { change, force }),
    ];
    prop::collection::vec(step, 3..12)
}

fn inventory() -> &'static Inventory {
    static INVENTORY: OnceLock<Inventory> = OnceLock::new();
    INVENTORY.get_or_init(Inventory::standard)
}

/// An empty inventory to copy.
fn template() -> &'static Path {
    static TEMPLATE: OnceLock<(TempDir, std::path::PathBuf)> = OnceLock::new();
    let (_, path) = TEMPLATE.get_or_init(|| {
        let folder = folder();
        let path = folder.path().join("inv.db");
        store(&path).create().expect("an inventory");
        (folder, path)
    });
    path
}

/// A folder in memory where there is one: the tests are about what is kept, not about disks.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}

fn store(path: &Path) -> Store<'static> {
    Store::new(path.to_owned(), &inventory().catalog, &inventory().schema)
}

fn note(reader: &Reader<'_>) -> Result<Note, Error> {
    let catalog = reader.catalog();
    let mut state = State::new();
    for entity in catalog.entities() {
        reader.each(entity, |record| {
            state.insert((entity.noun, record.id), record.values);
            Ok(ControlFlow::Continue(()))
        })?;
    }
    let mut export = Vec::new();
    for entity in catalog.exported() {
        let paths = inv::verb::export::columns(catalog, entity);
        let write = || {
            let mut records = CsvRecords::new(Layout::piped(), paths.len());
            move |row: &Row, bytes: &mut Vec<u8>| records.line(row, bytes)
        };
        reader.select_by_path(entity, &paths, write, |record| {
            export.extend_from_slice(record);
            Ok(())
        })?;
    }
    Ok(Note { state, export })
}

/// The nouns that the sequences are about: all but those with secrets, and the units, which all quantities share.
fn nouns() -> Vec<&'static Entity> {
    inventory().catalog.entities().filter(|entity| entity.reach != Reach::NoFiles && entity.noun != "unit").collect()
}

/// A value for a field, from a seed: few different ones, so that keys clash and values return.
fn value(writer: &Reader<'_>, kind: Kind, seed: u16) -> Result<Value, Error> {
    let text = |text: String| Ok(Value::Text(text.into()));
    match kind {
        Kind::Name => text(format!("名{}/n", seed % 7)),
        Kind::Text | Kind::Vlan => text(format!("{}, \"x\"\n", seed % 3)),
        Kind::Quantity { .. } => Ok(Value::Quantity(format!("{}.50", seed % 9 + 1).into(), i64::from(seed % 11) + 1)),
        Kind::Count | Kind::Ratio => text((seed % 5 + 1).to_string()),
        Kind::Status => text(inv::value::status::STATUSES[usize::from(seed) % 7].to_owned()),
        Kind::Role => text(inv::value::role::ROLES[usize::from(seed) % 3].to_owned()),
        Kind::Percent => text(format!("{}%", seed % 101)),
        Kind::Duration => text(format!("{}d", seed % 5 + 1)),
        Kind::Ipv4 => text(format!("10.0.0.{}", seed % 5)),
        Kind::Ipv6 => text(format!("fd00::{}", seed % 5)),
        Kind::Email => text(format!("a{}@b", seed % 4)),
        // Times differ from change to change, so that one that was not put back shows.
        Kind::Created | Kind::Updated | Kind::Time => {
            text(format!("2026-01-01T00:{:02}:{:02}Z", seed / 60 % 60, seed % 60))
        }
        Kind::Reference { to, .. } => Ok(some_id(writer, to, seed)?.map_or(Value::Null, Value::Integer)),
        Kind::Any { .. } => {
            let nouns: Vec<&str> = inventory().catalog.nouns().map(|entity| entity.noun).collect();
            let noun = nouns[usize::from(seed / 7) % nouns.len()];
            Ok(some_id(writer, noun, seed)?.map_or(Value::Null, |id| Value::Record(noun.into(), id)))
        }
        Kind::Factor | Kind::Secret => Ok(Value::Null),
    }
}

/// The id of a record of a noun, from a seed; nothing where there is none.
fn some_id(reader: &Reader<'_>, noun: &str, seed: u16) -> Result<Option<i64>, Error> {
    let mut ids = Vec::new();
    reader.each(inventory().catalog.of(noun), |record| {
        ids.push(record.id);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((!ids.is_empty()).then(|| ids[usize::from(seed) % ids.len()]))
}

fn values(reader: &Reader<'_>, entity: &'static Entity, seed: u16) -> Result<Vec<Value>, Error> {
    let fields = entity.fields.iter().zip(0_u16..);
    fields
        .map(|(field, place)| {
            let seed = seed.wrapping_mul(31).wrapping_add(place.wrapping_mul(7));
            if field.name == "custom-os" || (!field.required && seed % 4 == 0) {
                Ok(Value::Null)
            } else {
                value(reader, field.kind, seed)
            }
        })
        .collect()
}

fn create(writer: &mut Writer<'_>, entity: &'static Entity, seed: u16) -> Result<(), Error> {
    let values = values(writer, entity, seed)?;
    writer.apply(Change::Create { entity, values }).map(drop)
}

/// The records there are, of the nouns that the sequences are about.
fn records(reader: &Reader<'_>) -> Result<Vec<(&'static Entity, Record)>, Error> {
    let mut all = Vec::new();
    for entity in nouns() {
        reader.each(entity, |record| {
            all.push((entity, record));
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(all)
}

fn set(writer: &mut Writer<'_>, record: u8, field: u8, seed: u16) -> Result<(), Error> {
    let all = records(writer)?;
    let Some((entity, before)) = all.get(usize::from(record) % all.len().max(1)) else { return Ok(()) };
    let place = usize::from(field) % entity.fields.len();
    let mut values = vec![(place, value(writer, entity.fields[place].kind, seed)?)];
    if let Some(updated) = entity.fields.iter().position(|field| field.kind == Kind::Updated) {
        values.push((updated, value(writer, Kind::Updated, seed)?));
    }
    writer.apply(Change::Update { entity, before, values }).map(drop)
}

/// A file of several rows: new records one after another, and records that are there already.
fn import(writer: &mut Writer<'_>, noun: u8, count: u8, seed: u16) -> Result<(), Error> {
    let nouns = nouns();
    let entity = nouns[usize::from(noun) % nouns.len()];
    writer.reading(Some("file.csv"));
    for row in 0..u16::from(count) {
        writer.at_line(2 + u64::from(row) * (1 + u64::from(seed % 2)));
        let done = writer.whole_or_nothing(|writer| Ok(create(writer, entity, seed.wrapping_add(row * 13))))?;
        if done.is_err() {
            let changed = writer.whole_or_nothing(|writer| Ok(set(writer, noun, row as u8, seed)))?;
            drop(changed);
        }
    }
    Ok(())
}

/// What a step that was carried out leaves the model with.
fn step(writer: &mut Writer<'_>, step: &Step) -> Result<(), Error> {
    let nouns = nouns();
    match *step {
        Step::Add { noun, seed } => create(writer, nouns[usize::from(noun) % nouns.len()], seed),
        Step::Import { noun, count, seed } => import(writer, noun, count, seed),
        Step::Set { record, field, seed } => set(writer, record, field, seed),
        Step::Remove { record, recursive } => {
            let all = records(writer)?;
            let Some((entity, before)) = all.get(usize::from(record) % all.len().max(1)) else { return Ok(()) };
            let dependents = if recursive { Dependents::Delete } else { Dependents::Refuse };
            let removal = Removal::plan(writer, entity, &[before.id], dependents)?;
            writer.carry_out(&removal, |_, _| Ok(()))
        }
        Step::Attach { seed } => create(writer, inventory().catalog.of("membership"), seed),
        Step::Fail { seed } => {
            create(writer, inventory().catalog.of("user"), seed)?;
            Err(Error::failed("injected"))
        }
        Step::HalfFail { seed } => {
            let user = inventory().catalog.of("user");
            let lost = writer.whole_or_nothing(|writer| {
                create(writer, user, seed)?;
                Ok(Err::<(), Error>(Error::failed("injected")))
            })?;
            assert!(lost.is_err());
            create(writer, inventory().catalog.of("os"), seed)
        }
        Step::UndoLast => {
            let last = writer.last_change()?;
            writer.undo(last, Extent::Whole, |_, _| Ok(())).map(drop)
        }
        Step::Undo { change, force } => {
            let last = writer.last_change()?;
            let extent = if force { Extent::Unchanged } else { Extent::Whole };
            writer.undo(i64::from(change) % last.max(1) + 1, extent, |_, _| Ok(())).map(drop)
        }
    }
}

/// The model's undo: each record that the change touched is again what it was before.
fn undone(notes: &[Note], now: &State, change: usize) -> State {
    let (before, after) = (&notes[change - 1].state, &notes[change].state);
    let mut state = now.clone();
    for key in before.keys().chain(after.keys()) {
        match (before.get(key), after.get(key)) {
            (before, after) if before == after => {}
            (Some(values), _) => drop(state.insert(*key, values.clone())),
            (None, _) => drop(state.remove(key)),
        }
    }
    state
}

fn follow(steps: &[Step]) -> Result<(), TestCaseError> {
    let folder = folder();
    let path = folder.path().join("inv.db");
    std::fs::copy(template(), &path).expect("a copy of the template");
    let store = store(&path);
    let read = |store: &Store<'_>| {
        let (note, last) = store.read(|reader| Ok((note(reader)?, reader.last_change()?))).expect("a note");
        (note, usize::try_from(last).expect("a small number"))
    };
    let mut notes = vec![read(&store).0];
    // Something to begin with, one change each, so that few steps fail for want of what they refer to.
    for noun in ["provider", "dc", "pool", "vm"] {
        let entity = inventory().catalog.of(noun);
        store.write(End::Commit, |writer| create(writer, entity, 1)).expect("a record to begin with");
        notes.push(read(&store).0);
    }
    for one in steps {
        let count = notes.len();
        let before = notes[count - 1].clone();
        let done = store.write(End::Commit, |writer| step(writer, one));
        let (now, last) = read(&store);
        if done.is_err() || last < count {
            prop_assert_eq!(last, count - 1, "a change that failed or did nothing is in history: {:?}", one);
            prop_assert_eq!(&now, &before, "a change that is not in history changed something: {:?}", one);
        } else {
            prop_assert_eq!(last, count);
            notes.push(now);
        }
        let undo = match one {
            Step::UndoLast => Some(count - 1),
            Step::Undo { change, force: false } => Some(usize::from(*change) % (count - 1) + 1),
            _ => None,
        };
        if let (Some(change), Ok(())) = (undo, &done) {
            let now = &notes[notes.len() - 1].state;
            prop_assert_eq!(now, &undone(&notes, &before.state, change), "undo of {}", change);
        }
        if let (Step::UndoLast, Err(error)) = (one, &done) {
            prop_assert!(false, "the last change cannot be undone: {}", error);
        }
    }
    let last = notes.len() - 1;
    for (number, then) in notes.iter().enumerate() {
        let moment = Moment::Change(i64::try_from(number).expect("a small number"));
        let told = store.read_at(&moment, note).expect("the moment");
        prop_assert_eq!(&told, then, "as of change {} of {}", number, last);
    }
    prop_assert_eq!(&read(&store).0, &notes[last], "looking back changed something");
    let undo = |change: usize| {
        let change = i64::try_from(change).expect("a small number");
        store.write(End::Commit, |writer| writer.undo(change, Extent::Whole, |_, _| Ok(())).map(drop))
    };
    for change in (1..=last).rev() {
        if let Err(error) = undo(change) {
            prop_assert!(false, "undo of change {} of {}: {}", change, last, error);
        }
    }
    prop_assert_eq!(&read(&store).0, &notes[0], "all undone");
    for change in (last + 1..=2 * last).rev() {
        if let Err(error) = undo(change) {
            prop_assert!(false, "redo by undoing change {}: {}", change, error);
        }
    }
    prop_assert_eq!(&read(&store).0, &notes[last], "all redone");
    store.read(|reader| reader.verify()).map_err(|error| TestCaseError::fail(error.to_string()))?;
    Ok(())
}

#[test]
fn every_moment_is_told_again_and_everything_undone_and_redone() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let cases = SEQUENCES.div_ceil(u32::try_from(threads).expect("few threads"));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
                let tried = TestRunner::new(config).run(&steps(), |steps| follow(&steps));
                if let Err(failure) = tried {
                    panic!("{failure}");
                }
            });
        }
    });
}
