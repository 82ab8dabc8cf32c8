//! What may import what: no circle between the files of `src`, and the rooms of the store in their order.

use super::source::{Source, sources};
use std::collections::{BTreeMap, BTreeSet};

/// The rooms of `src/store`, ground first: each imports only those before it.
const ROOMS: &[&str] = &["engine", "reading", "schema", "naming", "listing", "login", "history", "writing", "undoing"];

/// Files of the store that use its rooms and stand beside them.
const BESIDE_THE_ROOMS: &[&str] =
    &["src/store/access.rs", "src/store/access/attempt.rs", "src/store/backup.rs", "src/store/question.rs"];

/// A module: its path from the crate on, such as `["store", "plan"]`.
type Module = Vec<String>;

/// The modules of the crate, each a file, and what each brings into scope.
struct Tree<'sources> {
    files: BTreeMap<Module, &'sources Source>,
    /// For each module the names that `use` brings in, and the paths behind them.
    names: BTreeMap<Module, BTreeMap<String, Vec<String>>>,
}

impl<'sources> Tree<'sources> {
    fn of(sources: &'sources [Source]) -> Self {
        let files: BTreeMap<Module, &Source> = sources
            .iter()
            .filter(|source| source.name != "src/main.rs")
            .map(|source| (module(source), source))
            .collect();
        let mut tree = Self { files, names: BTreeMap::new() };
        for (module, source) in &tree.files {
            let names = uses(&source.words()).into_iter().collect();
            tree.names.insert(module.clone(), names);
        }
        tree
    }

    /// Finds the file that defines the item that `path` names in the module `from`; `None` for a whole module, another
    /// crate's and a local name. An item that a module re-exports belongs to the file it comes from.
    fn file(&self, from: &[String], path: &[String], depth: usize) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let (mut here, mut rest) = match first.as_str() {
            "crate" => (Vec::new(), rest),
            "self" => (from.to_vec(), rest),
            "super" => (from.split_last()?.1.to_vec(), rest),
            name => {
                if let Some(behind) = self.names.get(from).and_then(|names| names.get(name))
                    && depth > 0
                    && behind != path
                {
                    let whole: Vec<String> = behind.iter().chain(rest).cloned().collect();
                    return self.file(from, &whole, depth - 1);
                }
                let child: Module = from.iter().cloned().chain([name.to_owned()]).collect();
                if !self.files.contains_key(&child) {
                    return None;
                }
                (child, rest)
            }
        };
        while let Some((next, behind)) = rest.split_first() {
            if next == "super" {
                here.pop();
            } else {
                let child: Module = here.iter().cloned().chain([next.clone()]).collect();
                if self.files.contains_key(&child) {
                    here = child;
                } else if let Some(target) = self.names.get(&here).and_then(|names| names.get(next))
                    && depth > 0
                {
                    let whole: Vec<String> = target.iter().chain(behind).cloned().collect();
                    return self.file(&here, &whole, depth - 1).or(Some(here));
                } else {
                    break;
                }
            }
            rest = behind;
        }
        // A module brought into scope is used through the items that are named behind it.
        (!rest.is_empty() && self.files.contains_key(&here)).then_some(here)
    }

    /// For each file the files that it imports from, each with what is imported.
    fn edges(&self) -> BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>> {
        let mut edges: BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
        for (module, source) in &self.files {
            let targets = edges.entry(&source.name).or_default();
            let inline = paths(&source.words());
            for path in self.names[module].values().chain(&inline) {
                if let Some(target) = self.file(module, path, 8).filter(|target| target != module) {
                    targets.entry(&self.files[&target].name).or_default().insert(path.join("::"));
                }
            }
        }
        edges
    }
}

fn module(source: &Source) -> Module {
    let inner = source.name.trim_start_matches("src/").trim_end_matches(".rs");
    if inner == "lib" { Vec::new() } else { inner.split('/').map(str::to_owned).collect() }
}

/// The names that the `use` declarations of a file bring in, and the paths behind them.
fn uses(words: &[&str]) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (place, _) in words.iter().enumerate().filter(|(_, word)| **word == "use") {
        let end = words[place..].iter().position(|word| *word == ";").map_or(words.len(), |length| place + length);
        branch(&words[place + 1..end], &[], &mut found);
    }
    found
}

/// Takes a tree of `use` apart: `a::{b, c as d, self}`.
fn branch(words: &[&str], above: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let mut path = above.to_vec();
    let mut name = None;
    let mut place = 0;
    while let Some(word) = words.get(place) {
        match *word {
            "::" => {}
            "{" => {
                let inner = &words[place + 1..super::source::behind(words, place) - 1];
                let mut depth = 0;
                for part in inner.split(|word| {
                    depth += i32::from(*word == "{") - i32::from(*word == "}");
                    *word == "," && depth == 0
                }) {
                    branch(part, &path, found);
                }
                return;
            }
            "as" => name = words.get(place + 1).map(|word| (*word).to_owned()),
            "self" if !above.is_empty() => {}
            word if name.is_none() => path.push(word.to_owned()),
            _ => {}
        }
        place += 1;
    }
    if let Some(last) = path.last() {
        found.push((name.unwrap_or_else(|| last.clone()), path));
    }
}

/// The paths of at least two parts that stand in a file outside of `use`.
fn paths(words: &[&str]) -> Vec<Vec<String>> {
    let is_name = |word: &str| word.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
    let mut found = Vec::new();
    let mut place = 0;
    while place < words.len() {
        if words[place] == "use" {
            place += words[place..].iter().position(|word| *word == ";").unwrap_or(1);
        } else if is_name(words[place]) && words.get(place + 1) == Some(&"::") {
            let mut path = vec![words[place].to_owned()];
            while words.get(place + 1) == Some(&"::") && words.get(place + 2).is_some_and(|word| is_name(word)) {
                path.push(words[place + 2].to_owned());
                place += 2;
            }
            found.push(path);
        }
        place += 1;
    }
    found
}

/// Groups of files that import each other, directly or through others.
fn circles<'name>(edges: &BTreeMap<&'name str, BTreeMap<&'name str, BTreeSet<String>>>) -> Vec<Vec<&'name str>> {
    let reached = |from: &'name str| {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut waiting = vec![from];
        while let Some(file) = waiting.pop() {
            let next = edges.get(file).into_iter().flat_map(BTreeMap::keys).copied();
            waiting.extend(next.filter(|next| reached.insert(next)));
        }
        reached
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> = edges.keys().map(|file| (*file, reached(file))).collect();
    let mut groups: BTreeSet<Vec<&str>> = BTreeSet::new();
    for (file, others) in &reached {
        let group: Vec<&str> =
            others.iter().copied().filter(|other| reached.get(other).is_some_and(|back| back.contains(file))).collect();
        if group.len() > 1 {
            groups.insert(group);
        }
    }
    groups.into_iter().collect()
}

/// Fails with the circles and the imports that make them.
fn no_circle(edges: &BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>>) {
    let circles = circles(edges);
    let mut lines = Vec::new();
    for circle in &circles {
        lines.push(format!("{} files import each other:", circle.len()));
        for file in circle {
            for (target, names) in edges[file].iter().filter(|(target, _)| circle.contains(target)) {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                lines.push(format!("  {file} imports {target}: {}", names.join(", ")));
            }
        }
    }
    assert!(circles.is_empty(), "{} circles\n{}", circles.len(), lines.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let sources = sources();
    let tree = Tree::of(&sources);
    let mut edges = tree.edges();
    // A module that calls its own submodules is no circle by itself, though they use its types.
    for (file, targets) in &mut edges {
        let folder = format!("{}/", file.trim_end_matches(".rs"));
        targets.retain(|target, _| !target.starts_with(&folder));
    }
    no_circle(&edges);
}

/// The room of the store that a file belongs to.
fn room(name: &str) -> Option<&'static str> {
    let inner = name.strip_prefix("src/store/")?;
    let first = inner.split(['/', '.']).next()?;
    ROOMS.iter().find(|room| **room == first).copied()
}

#[test]
fn a_room_of_the_store_imports_only_those_below_it() {
    let sources = sources();
    let tree = Tree::of(&sources);
    let place = |room| ROOMS.iter().position(|other| *other == room);
    let mut wrong = Vec::new();
    for room in ROOMS {
        if !sources.iter().any(|source| source.name.starts_with(&format!("src/store/{room}"))) {
            wrong.push(format!("there is no room src/store/{room}"));
        }
    }
    for (file, targets) in tree.edges() {
        if file.starts_with("src/store/") && !BESIDE_THE_ROOMS.contains(&file) && room(file).is_none() {
            wrong.push(format!("{file} is in no room"));
        }
        for (target, names) in targets {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let names = names.join(", ");
            match (room(file), room(target)) {
                (Some(here), Some(there)) if place(there) > place(here) => {
                    wrong.push(format!("{file} imports {target} of a room above: {names}"));
                }
                (Some(_), None) if target.starts_with("src/store") => {
                    wrong.push(format!("{file} imports {target}, which is in no room: {names}"));
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{} findings\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn circles_are_found_through_re_exports_and_inline_paths() {
    let source = |name: &str, text: &str| super::source::read(name, text);
    let sources = [
        source("src/lib.rs", "mod a; mod b; pub use a::Thing;"),
        source("src/a.rs", "mod inner; mod other; pub use inner::Thing; pub struct Own;"),
        // Through the parent that re-exports it: not the parent itself.
        source("src/a/other.rs", "use super::Thing;"),
        source("src/a/inner.rs", "pub struct Thing; fn f() { crate::b::g(); }"),
        source("src/b.rs", "use crate::{a::{inner::Thing as T, Own}}; fn g() {}"),
    ];
    let tree = Tree::of(&sources);
    let edges = tree.edges();
    assert_eq!(edges["src/a/other.rs"].keys().copied().collect::<Vec<_>>(), ["src/a/inner.rs"]);
    assert_eq!(edges["src/b.rs"].keys().copied().collect::<Vec<_>>(), ["src/a.rs", "src/a/inner.rs"]);
    assert_eq!(circles(&edges), [["src/a.rs", "src/a/inner.rs", "src/b.rs"]]);
}
