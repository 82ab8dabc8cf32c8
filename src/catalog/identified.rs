//! Columns of a record in JSON: its id and path first, references as whole paths, and records that are part of it as
//! objects. A key has one type, in lists as in `show`.

use super::{Catalog, Compute, Entity, Leaf, Path, Reach, Section, Sourced};

/// Returns the columns of a record of `entity` in JSON that has `columns`.
#[must_use]
pub fn identified(catalog: &Catalog, entity: &'static Entity, columns: Vec<Path>) -> Vec<Path> {
    let own = ["id", "path"].into_iter().filter(|name| *name == "id" || !entity.names.is_empty());
    let mut all: Vec<Path> = own.map(|name| Path::known(catalog, entity, name)).collect();
    let others = columns.into_iter().filter(|path| !matches!(path.name.as_str(), "id" | "path"));
    all.extend(others.map(|path| in_json(catalog, path)));
    all
}

/// Returns the columns in JSON of the records `of`, which a section lists with `columns`. Of a link these are columns of
/// the record behind it: the first column leads there.
#[must_use]
pub fn parts(catalog: &Catalog, of: &'static Entity, columns: &[&'static str]) -> Vec<Path> {
    let own_column = |column: &&str| Path::known(catalog, of, column);
    let (Reach::Link, [other, ..]) = (of.reach, columns) else {
        return identified(catalog, of, columns.iter().map(own_column).collect());
    };
    let renamed = |column: &str, name: &str| Path { name: name.to_owned(), ..Path::known(catalog, of, column) };
    let own = ["id", "path"].map(|name| renamed(&format!("{other}.{name}"), name));
    let columns = columns.iter().map(|column| match column.strip_prefix(other) {
        Some("") => renamed(column, "name"),
        Some(name) => in_json(catalog, renamed(column, name.trim_start_matches('.'))),
        None => in_json(catalog, own_column(column)),
    });
    own.into_iter().chain(columns).collect()
}

/// Returns the column in JSON.
fn in_json(catalog: &Catalog, path: Path) -> Path {
    match path.leaf {
        Leaf::Field(field) => match catalog.target(field) {
            // The path of a record that nothing holds is its name.
            Some(target) if target.parent.is_some() => {
                let hops = path.hops.into_iter().chain([field]).collect();
                Path { name: path.name, hops, entity: target, leaf: Leaf::Path }
            }
            _ => path,
        },
        Leaf::Collection(collection) => match section(path.entity, collection.name) {
            Some(section) => Path { leaf: Leaf::Parts(section), ..path },
            None => path,
        },
        // `show` has the records under the name of their count.
        Leaf::Computed(computed)
            if matches!(computed.rule, Compute::Count { .. }) && section(path.entity, computed.name).is_some() =>
        {
            Path { name: format!("{}_count", path.name), ..path }
        }
        Leaf::Sourced(Sourced::Sources) => Path { name: "source_names".to_owned(), ..path },
        _ => path,
    }
}

/// Returns the section that lists records as `name`.
fn section(entity: &'static Entity, name: &str) -> Option<&'static Section> {
    entity.sections.iter().find(|section| matches!(section, Section::List { name: listed, .. } if *listed == name))
}
