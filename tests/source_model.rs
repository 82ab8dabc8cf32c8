//! A source against a model: an estate changes at random, people edit, and its exports are imported again.
//!
//! The model follows the rules of decisions 46 to 48 on a plain list of records. It knows nothing of bindings, of rows
//! that wait, or of the order of writes.

use crate::support::Sandbox;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use std::collections::{BTreeMap, BTreeSet};

/// Number of sequences, unless `PROPTEST_CASES` gives another.
const SEQUENCES: u32 = 24;

const HEADER: &str = "VM,Powerstate,Template,CPUs,Memory,Datacenter,Cluster,Host,Folder,VM ID,VM UUID,VI SDK Server,Primary IP Address\n";

/// A VM of the vCenter. Its name is unique in its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Machine {
    /// VM ID, which a machine may have after another one.
    id: u32,
    /// VM UUID, which a clone shares.
    uuid: u32,
    key: (u8, u8),
    cpus: u8,
    is_on: bool,
}

impl Machine {
    fn external_id(&self) -> (u32, u32) {
        (self.id, self.uuid)
    }

    /// An address that no other machine has.
    fn address(&self) -> String {
        format!("10.{}.{}.{}", self.uuid, self.id / 200, self.id % 200 + 1)
    }
}

/// A VM of the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    key: (u8, u8),
    cpus: u8,
    owner: bool,
    /// True if a person decides the number of CPUs.
    is_held: bool,
    bound: Option<(u32, u32)>,
    /// True if the last complete run lacked it.
    is_missing: bool,
}

/// Records by id.
type Entries = BTreeMap<i64, Entry>;

#[derive(Debug, Clone)]
enum Step {
    Create {
        key: (u8, u8),
        cpus: u8,
    },
    Delete {
        machine: u8,
    },
    Move {
        machine: u8,
        key: (u8, u8),
    },
    Swap {
        one: u8,
        other: u8,
    },
    Clone {
        machine: u8,
        key: (u8, u8),
    },
    /// Deletes a machine, and creates one with its VM ID and another UUID.
    Reuse {
        machine: u8,
        key: (u8, u8),
    },
    /// Deletes a machine, and creates another one under its name.
    Replace {
        machine: u8,
    },
    Resize {
        machine: u8,
        cpus: u8,
    },
    Power {
        machine: u8,
    },
    AddByHand {
        key: (u8, u8),
    },
    SetOwner {
        record: u8,
    },
    SetCpus {
        record: u8,
        cpus: u8,
    },
    Release {
        record: u8,
    },
    RemoveByHand {
        record: u8,
    },
    Undo,
    Run {
        prunes: bool,
    },
    /// Imports an export that lacks some machines and has a row that cannot be read.
    RunHalf {
        mask: u8,
        prunes: bool,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || (0..3_u8, 0..5_u8);
    let step = prop_oneof![
        6 => (key(), 1..9_u8).prop_map(|(key, cpus)| Step::Create { key, cpus }),
        2 => any::<u8>().prop_map(|machine| Step::Delete { machine }),
        5 => (any::<u8>(), key()).prop_map(|(machine, key)| Step::Move { machine, key }),
        3 => any::<(u8, u8)>().prop_map(|(one, other)| Step::Swap { one, other }),
        2 => (any::<u8>(), key()).prop_map(|(machine, key)| Step::Clone { machine, key }),
        2 => (any::<u8>(), key()).prop_map(|(machine, key)| Step::Reuse { machine, key }),
        2 => any::<u8>().prop_map(|machine| Step::Replace { machine }),
        3 => (any::<u8>(), 1..9_u8).prop_map(|(machine, cpus)| Step::Resize { machine, cpus }),
        2 => any::<u8>().prop_map(|machine| Step::Power { machine }),
        2 => key().prop_map(|key| Step::AddByHand { key }),
        3 => any::<u8>().prop_map(|record| Step::SetOwner { record }),
        3 => (any::<u8>(), 1..9_u8).prop_map(|(record, cpus)| Step::SetCpus { record, cpus }),
        2 => any::<u8>().prop_map(|record| Step::Release { record }),
        1 => any::<u8>().prop_map(|record| Step::RemoveByHand { record }),
        2 => Just(Step::Undo),
        7 => any::<bool>().prop_map(|prunes| Step::Run { prunes }),
        1 => any::<(u8, bool)>().prop_map(|(mask, prunes)| Step::RunHalf { mask, prunes }),
    ];
    prop::collection::vec(step, 4..16)
}

/// The inventory, and what it should hold.
struct World {
    sandbox: Sandbox,
    machines: Vec<Machine>,
    entries: Entries,
    /// The records before the last change, which undo returns to.
    before: Option<Entries>,
    last_machine: u32,
}

fn pool(key: (u8, u8)) -> String {
    format!("cluster{}", key.0)
}

fn name(key: (u8, u8)) -> String {
    format!("vm{}", key.1)
}

fn place<T>(list: &[T], number: u8) -> Option<usize> {
    if list.is_empty() { None } else { Some(usize::from(number) % list.len()) }
}

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::empty();
        for line in [
            "provider add vSphere",
            "dc add north --provider vSphere",
            "pool add cluster0 --dc north",
            "pool add cluster1 --dc north",
            "pool add cluster2 --dc north",
            // Keeps each pool, which a source that lacks it would remove.
            "vm add vm9 --pool cluster0 --cpu 1",
            "vm add vm9 --pool cluster1 --cpu 1",
            "vm add vm9 --pool cluster2 --cpu 1",
            "user add alice",
            // Of another provider, and under a name that the source has too.
            "provider add AWS",
            "dc add tokyo --provider AWS",
            "pool add cluster9 --dc tokyo",
            "vm add vm1 --pool cluster9 --cpu 3",
        ] {
            sandbox.ok(&line.split(' ').collect::<Vec<_>>());
        }
        let mut world = Self { sandbox, machines: Vec::new(), entries: Entries::new(), before: None, last_machine: 0 };
        for (id, cluster) in world.listed().into_keys().zip(0..) {
            let key = (cluster, 9);
            let entry = Entry { key, cpus: 1, owner: false, is_held: false, bound: None, is_missing: false };
            world.entries.insert(id, entry);
        }
        world
    }

    fn is_free(&self, key: (u8, u8)) -> bool {
        self.machines.iter().all(|machine| machine.key != key)
    }

    /// Tests if a record that no source knows has that key.
    fn is_by_hand(&self, key: (u8, u8)) -> bool {
        self.entries.values().any(|entry| entry.bound.is_none() && entry.key == key)
    }

    fn create(&mut self, key: (u8, u8), cpus: u8, id: Option<u32>, uuid: Option<u32>) {
        self.last_machine += 1;
        let (id, uuid) = (id.unwrap_or(self.last_machine), uuid.unwrap_or(self.last_machine));
        self.machines.push(Machine { id, uuid, key, cpus, is_on: true });
    }

    fn record(&self, number: u8) -> Option<i64> {
        let ids: Vec<i64> = self.entries.keys().copied().collect();
        place(&ids, number).map(|place| ids[place])
    }

    fn by_person(&mut self, arguments: &[&str], change: impl FnOnce(&mut Entries)) {
        let changes = self.changes();
        let answer = self.sandbox.run(&[arguments, &["--no-input"]].concat());
        assert_eq!(answer.status, 0, "{answer}");
        let before = self.entries.clone();
        change(&mut self.entries);
        if self.changes() != changes {
            self.before = Some(before);
        }
    }

    /// The number of the last change.
    fn changes(&self) -> String {
        let log = self.sandbox.ok(&["log", "-o", "csv", "--limit", "1"]);
        log.lines().nth(1).and_then(|line| line.split(',').next()).expect("a change").to_owned()
    }

    /// The records of the source's provider: id, pool, name, CPUs, owner and addresses.
    fn listed(&self) -> BTreeMap<i64, [String; 5]> {
        let columns = "id,pool,name,cpu,owner,ips";
        let list =
            self.sandbox.ok(&["vm", "list", "--provider", "vSphere", "-o", "tsv", "--no-headers", "-c", columns]);
        let row = |line: &str| {
            let mut cells = line.split('\t').map(str::to_owned);
            let id = cells.next().expect("an id").parse().expect("a number");
            (id, std::array::from_fn(|_| cells.next().expect("six cells")))
        };
        list.lines().map(row).collect()
    }

    fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let machine = |number: u8| place(&self.machines, number);
        match *step {
            Step::Create { key, cpus } if self.is_free(key) => self.create(key, cpus, None, None),
            Step::Delete { machine: number } => {
                if let Some(at) = machine(number) {
                    self.machines.remove(at);
                }
            }
            Step::Move { machine: number, key } if self.is_free(key) && !self.is_by_hand(key) => {
                if let Some(at) = machine(number) {
                    self.machines[at].key = key;
                }
            }
            Step::Swap { one, other } => {
                if let (Some(one), Some(other)) = (machine(one), machine(other)) {
                    let key = self.machines[one].key;
                    self.machines[one].key = self.machines[other].key;
                    self.machines[other].key = key;
                }
            }
            Step::Clone { machine: number, key } if self.is_free(key) => {
                if let Some(at) = machine(number) {
                    let Machine { uuid, cpus, .. } = self.machines[at];
                    self.create(key, cpus, None, Some(uuid));
                }
            }
            Step::Reuse { machine: number, key } if self.is_free(key) => {
                if let Some(at) = machine(number) {
                    let Machine { id, cpus, .. } = self.machines.remove(at);
                    self.create(key, cpus, Some(id), None);
                }
            }
            Step::Replace { machine: number } => {
                if let Some(at) = machine(number) {
                    let Machine { key, cpus, .. } = self.machines.remove(at);
                    self.create(key, cpus, None, None);
                }
            }
            Step::Resize { machine: number, cpus } => {
                if let Some(at) = machine(number) {
                    self.machines[at].cpus = cpus;
                }
            }
            Step::Power { machine: number } => {
                if let Some(at) = machine(number) {
                    self.machines[at].is_on ^= true;
                }
            }
            Step::AddByHand { key } if self.is_free(key) && self.entries.values().all(|entry| entry.key != key) => {
                let line = ["vm", "add", &name(key), "--pool", &pool(key), "--cpu", "1"];
                let before: BTreeSet<i64> = self.listed().into_keys().collect();
                self.by_person(&line, |_| ());
                let id = self.listed().into_keys().find(|id| !before.contains(id)).expect("a new record");
                let entry = Entry { key, cpus: 1, owner: false, is_held: false, bound: None, is_missing: false };
                self.entries.insert(id, entry);
            }
            Step::SetOwner { record } => {
                if let Some(id) = self.record(record) {
                    let named = format!("id={id}");
                    self.by_person(&["vm", "set", &named, "--owner", "alice"], |entries| {
                        entries.get_mut(&id).expect("an entry").owner = true;
                    });
                }
            }
            Step::SetCpus { record, cpus } => {
                if let Some(id) = self.record(record) {
                    let (named, count) = (format!("id={id}"), cpus.to_string());
                    self.by_person(&["vm", "set", &named, "--cpu", &count], |entries| {
                        let entry = entries.get_mut(&id).expect("an entry");
                        // Equal values claim nothing.
                        entry.is_held |= entry.bound.is_some() && entry.cpus != cpus;
                        entry.cpus = cpus;
                    });
                }
            }
            Step::Release { record } => {
                if let Some(id) = self.record(record) {
                    let named = format!("id={id}");
                    self.by_person(&["vm", "set", &named, "--release", "cpu"], |entries| {
                        entries.get_mut(&id).expect("an entry").is_held = false;
                    });
                }
            }
            Step::RemoveByHand { record } => {
                if let Some(id) = self.record(record) {
                    let named = format!("id={id}");
                    self.by_person(&["vm", "rm", &named, "--yes", "--recursive"], |entries| {
                        entries.remove(&id);
                    });
                }
            }
            Step::Undo => {
                if let Some(before) = self.before.take() {
                    // The last change by its number: an undo is undone again.
                    let log = self.sandbox.ok(&["log", "--limit", "1", "-o", "csv"]);
                    let last = log.lines().nth(1).and_then(|row| row.split(',').next()).expect("a change");
                    self.sandbox.ok(&["undo", last]);
                    self.before = Some(std::mem::replace(&mut self.entries, before));
                }
            }
            Step::Run { prunes } => self.run(|_| true, prunes)?,
            Step::RunHalf { mask, prunes } => self.run(|place| mask >> (place % 8) & 1 == 0, prunes)?,
            _ => {}
        }
        self.compare()
    }

    /// Writes an export, and imports it twice: the second time changes nothing.
    fn run(&mut self, has: impl Fn(usize) -> bool, prunes: bool) -> Result<(), TestCaseError> {
        let exported: Vec<Machine> =
            self.machines.iter().enumerate().filter(|(at, _)| has(*at)).map(|(_, machine)| machine.clone()).collect();
        let is_half = exported.len() < self.machines.len();
        let mut text = HEADER.to_owned();
        for machine in &exported {
            let Machine { id, uuid, key, cpus, is_on } = machine;
            let (state, address) =
                if *is_on { ("poweredOn", machine.address()) } else { ("poweredOff", String::new()) };
            let (cluster, name) = (pool(*key), name(*key));
            text += &format!(
                "{name},{state},False,{cpus},4096,north,{cluster},node1,/north/vm,vm-{id},{uuid:04},vc-a,{address}\n"
            );
        }
        if is_half {
            text += "broken,\n";
        }
        let folder = self.sandbox.path().join("export");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("RVTools_tabvInfo.csv"), text).expect("a file");
        let folder = folder.to_str().expect("UTF-8");
        let mut arguments = vec!["import", "--from", "rvtools", folder, "--update", "--no-input"];
        arguments.extend(prunes.then_some("--prune"));
        let (changes, before) = (self.changes(), self.entries.clone());
        let answer = self.sandbox.run(&arguments);
        if exported.is_empty() {
            // An export without a VM says nothing of those that there were.
            prop_assert_eq!(answer.status, 0, "{}", answer);
            if self.changes() != changes {
                self.before = Some(before);
            }
            return Ok(());
        }
        prop_assert_eq!(answer.status, 0, "{}", answer);
        let listed = self.listed();
        self.expect(&exported, &listed, is_half, prunes)?;
        if self.changes() != changes {
            self.before = Some(before);
        }
        let changes = self.changes();
        let again = self.sandbox.run(&arguments);
        prop_assert_eq!(again.status, 0, "{}", again);
        prop_assert_eq!(self.changes(), changes, "a second run changed something: {}", again);
        prop_assert_eq!(self.listed(), listed);
        Ok(())
    }

    /// Applies a run to the model. Ids of new records are read from the list.
    fn expect(
        &mut self,
        exported: &[Machine],
        listed: &BTreeMap<i64, [String; 5]>,
        is_half: bool,
        prunes: bool,
    ) -> Result<(), TestCaseError> {
        let in_file: BTreeSet<(u32, u32)> = exported.iter().map(Machine::external_id).collect();
        let old = self.entries.clone();
        let mut seen = BTreeSet::new();
        let mut created = Vec::new();
        for machine in exported {
            let own = old.iter().find(|(_, entry)| entry.bound == Some(machine.external_id()));
            let keyed = || {
                old.iter().find(|(_, entry)| {
                    entry.key == machine.key && entry.bound.is_none_or(|bound| !in_file.contains(&bound))
                })
            };
            let Some((id, _)) = own.or_else(keyed) else {
                created.push(machine);
                continue;
            };
            let entry = self.entries.get_mut(id).expect("an entry");
            let is_adopted = entry.bound.is_none();
            entry.bound = Some(machine.external_id());
            entry.key = machine.key;
            entry.is_missing = false;
            // What a person typed before the source came is theirs, if it differs.
            entry.is_held |= is_adopted && entry.cpus != machine.cpus;
            if !entry.is_held {
                entry.cpus = machine.cpus;
            }
            seen.insert(*id);
        }
        for machine in created {
            let found = listed.iter().find(|(id, cells)| {
                !old.contains_key(id) && (&cells[0], &cells[1]) == (&path(machine.key), &name(machine.key))
            });
            let Some((id, _)) = found else {
                return Err(TestCaseError::fail(format!("{machine:?} has no record in {listed:?}")));
            };
            let Machine { key, cpus, .. } = *machine;
            let bound = Some(machine.external_id());
            self.entries.insert(*id, Entry { key, cpus, owner: false, is_held: false, bound, is_missing: false });
            seen.insert(*id);
        }
        if is_half {
            return Ok(());
        }
        let lacking: Vec<i64> = self
            .entries
            .iter()
            .filter(|(id, entry)| entry.bound.is_some() && !seen.contains(id))
            .map(|(id, _)| *id)
            .collect();
        for id in lacking {
            if prunes {
                self.entries.remove(&id);
            } else if let Some(entry) = self.entries.get_mut(&id) {
                entry.is_missing = true;
            }
        }
        Ok(())
    }

    /// Compares the inventory with the model.
    fn compare(&mut self) -> Result<(), TestCaseError> {
        let listed = self.listed();
        let ids: Vec<i64> = listed.keys().copied().collect();
        prop_assert_eq!(&ids, &self.entries.keys().copied().collect::<Vec<_>>(), "{:?}", listed);
        let present: BTreeMap<(u32, u32), &Machine> =
            self.machines.iter().map(|machine| (machine.external_id(), machine)).collect();
        for (id, [pool, label, cpu, owner, _]) in &listed {
            let entry = self.entries.get_mut(id).expect("an entry");
            prop_assert_eq!(cpu, &entry.cpus.to_string(), "{} {:?}", id, entry);
            prop_assert_eq!(owner.as_str(), if entry.owner { "alice" } else { "" }, "{} {:?}", id, entry);
            let is_there = entry.bound.is_none_or(|bound| present.contains_key(&bound));
            if is_there && !entry.is_missing {
                prop_assert_eq!((pool, label), (&path(entry.key), &name(entry.key)), "{} {:?}", id, entry);
            }
        }
        let other =
            self.sandbox.ok(&["vm", "list", "--provider", "AWS", "-o", "tsv", "--no-headers", "-c", "name,cpu"]);
        prop_assert_eq!(other, "vm1\t3\n");
        Ok(())
    }
}

/// The pool of a key as a list names it.
fn path(key: (u8, u8)) -> String {
    pool(key)
}

#[test]
fn nothing_that_people_entered_is_lost_and_a_second_run_changes_nothing() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(SEQUENCES);
    let config =
        ProptestConfig { cases, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() };
    let tried = TestRunner::new(config).run(&steps(), |steps| {
        let mut world = World::new();
        for step in &steps {
            world.step(step)?;
        }
        world.step(&Step::Run { prunes: false })
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}
