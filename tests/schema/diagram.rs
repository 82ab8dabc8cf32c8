//! The ER diagram, read from its Mermaid text.

use std::collections::{BTreeMap, BTreeSet};

/// What the diagram draws.
pub struct Diagram {
    pub tables: BTreeMap<String, BTreeMap<String, Drawn>>,
    /// Pairs of tables with a line between them.
    pub relations: BTreeSet<(String, String)>,
}

/// A column of the diagram.
pub struct Drawn {
    pub stored: &'static str,
    pub primary: bool,
    pub foreign: bool,
}

/// Two tables that are related, whichever refers to the other.
pub fn relation(one: &str, other: &str) -> (String, String) {
    (one.min(other).to_owned(), one.max(other).to_owned())
}

impl Diagram {
    pub fn handed_over() -> Self {
        Self::read(include_str!("../data/er.md"))
    }

    fn read(text: &str) -> Self {
        let (_, rest) = text.split_once("erDiagram\n").expect("a diagram");
        let (body, _) = rest.split_once("```").expect("its end");
        let mut diagram = Self { tables: BTreeMap::new(), relations: BTreeSet::new() };
        let mut table = String::new();
        for line in body.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [] | ["}"] => {}
                [name, "{"] => {
                    (*name).clone_into(&mut table);
                    diagram.tables.insert(table.clone(), BTreeMap::new());
                }
                [one, line, other, _] if line.contains("--") => {
                    diagram.relations.insert(relation(one, other.trim_end_matches(':')));
                }
                [kind, name, marks @ ..] => {
                    let stored = match *kind {
                        "int" => "INTEGER",
                        "string" | "datetime" => "TEXT",
                        other => panic!("{other} is no type of the diagram"),
                    };
                    let drawn = Drawn { stored, primary: marks.contains(&"PK"), foreign: marks.contains(&"FK") };
                    diagram.tables.get_mut(&table).expect("a table").insert((*name).to_owned(), drawn);
                }
                other => panic!("{other:?} is no line of a diagram"),
            }
        }
        diagram
    }
}
