//! Source of an estate, and its scope: the provider, and the servers that the export names.

use crate::catalog::Entity;
use crate::catalog::source::SOURCE;
use crate::error::{Error, Result};
use crate::store::{Reader, Record};
use crate::value::{Cell, shown};
use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::ops::ControlFlow;

/// Marks of the parts of a scope in its text.
const PROVIDER: &str = "provider=";
const SERVERS: &str = "; vcenter=";

/// Part of the world that a source speaks for, as the source keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) provider: String,
    /// The servers that its exports named so far.
    servers: BTreeSet<String>,
}

impl Display for Scope {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{PROVIDER}{}", self.provider)?;
        if self.servers.is_empty() { Ok(()) } else { write!(out, "{SERVERS}{}", self.listed()) }
    }
}

impl Scope {
    /// Reads the text of a scope.
    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix(PROVIDER)?;
        let (provider, servers) = text.rsplit_once(SERVERS).unwrap_or((text, ""));
        let servers = servers.split(", ").filter(|server| !server.is_empty()).map(str::to_owned).collect();
        Some(Self { provider: provider.to_owned(), servers })
    }

    fn of(record: &Record) -> Option<Self> {
        Self::parse(text(record, &SOURCE, "scope")?)
    }

    fn listed(&self) -> String {
        self.servers.iter().map(String::as_str).collect::<Vec<&str>>().join(", ")
    }

    /// Returns whether the two name servers, and none in common.
    fn is_apart_from(&self, servers: &BTreeSet<String>) -> bool {
        !self.servers.is_empty() && !servers.is_empty() && self.servers.is_disjoint(servers)
    }
}

/// The source and the provider that a command line names, and the provider that is meant without one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'m> {
    pub(super) source: Option<&'m str>,
    pub(super) provider: Option<&'m str>,
    pub(super) otherwise: &'static str,
}

/// The source of an export.
#[derive(Debug)]
pub(super) struct Identified {
    pub(super) name: String,
    pub(super) scope: Scope,
    /// Why the export does not speak for all that the source has, if so.
    pub(super) partial: Option<String>,
}

impl Asked<'_> {
    /// Finds the source of an export of `kind` that names `servers`.
    ///
    /// # Errors
    /// The export is of other servers than the source, or another source has the provider.
    pub(super) fn identify(self, reader: &Reader<'_>, kind: &str, servers: Vec<String>) -> Result<Identified> {
        let servers: BTreeSet<String> = servers.into_iter().collect();
        let mut others: Vec<(String, Scope)> = Vec::new();
        reader.each(&SOURCE, |record| {
            if text(&record, &SOURCE, "kind") == Some(kind)
                && let (Some(name), Some(scope)) = (text(&record, &SOURCE, "name"), Scope::of(&record))
            {
                others.push((name.to_owned(), scope));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let scope_of = |name: &str| others.iter().find(|(other, _)| other == name).map(|(_, scope)| scope);
        let name = match self.source {
            Some(name) => crate::value::name::parse(name)?,
            None => format!("{kind}:{}", self.provider.unwrap_or(self.otherwise)),
        };
        let old = scope_of(&name);
        if let Some(old) = old.filter(|old| old.is_apart_from(&servers)) {
            return Err(refused(&name, old, &servers).help(format!(
                "pass --source NAME to import it as another source, or --provider NAME; if {} is another name of \
                 the same vCenter, change the scope with inv source set",
                joined(&servers)
            )));
        }
        let owner_of = |provider: &str| {
            let is_it = |(other, scope): &&(String, Scope)| {
                *other != name && scope.provider == provider && scope.is_apart_from(&servers)
            };
            others.iter().find(is_it)
        };
        let provider = match (self.provider, old) {
            (Some(provider), _) => provider.to_owned(),
            (None, Some(old)) => old.provider.clone(),
            // Two vCenters may have VMs of the same names, so that the second one needs a provider of its own.
            (None, None) if owner_of(self.otherwise).is_some() => name.clone(),
            (None, None) => self.otherwise.to_owned(),
        };
        if let Some((other, scope)) = owner_of(&provider) {
            return Err(refused(other, scope, &servers).help("pass another provider with --provider NAME"));
        }
        let missing: Vec<&str> = match old {
            Some(old) => old.servers.difference(&servers).map(String::as_str).collect(),
            None => Vec::new(),
        };
        let partial =
            (!missing.is_empty()).then(|| format!("the export does not cover vCenter {}", missing.join(", ")));
        let all = old.map_or_else(BTreeSet::new, |old| old.servers.clone());
        let scope = Scope { provider, servers: all.into_iter().chain(servers).collect() };
        Ok(Identified { name, scope, partial })
    }
}

/// The conflict of an export that is of other servers than a source.
fn refused(source: &str, scope: &Scope, servers: &BTreeSet<String>) -> Error {
    Error::conflict(format!(
        "source {} belongs to vCenter {}, the export to vCenter {}; nothing was imported",
        shown::quoted(source),
        scope.listed(),
        joined(servers)
    ))
}

fn joined(servers: &BTreeSet<String>) -> String {
    servers.iter().map(String::as_str).collect::<Vec<&str>>().join(", ")
}

/// The text of a field of a record.
fn text<'r>(record: &'r Record, entity: &Entity, name: &str) -> Option<&'r str> {
    match record.value(entity, name) {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn a_scope_is_read_as_it_is_written() {
        for text in ["provider=vSphere", "provider=a; vcenter=b; vcenter=vc-a.example, vc-b.example", "provider="] {
            assert_eq!(Scope::parse(text).expect("a scope").to_string(), text);
        }
        assert_eq!(Scope::parse("all of it"), None);
    }
}
