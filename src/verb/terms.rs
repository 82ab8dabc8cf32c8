//! Filters of the command line as conditions: `--pool prod`, `--where 'memory>=16GiB'`, `--in 10.0.0.0/8`.

use super::arguments::{names_of, option, options, valued};
use crate::catalog::{Catalog, Entity, Field, Kind, Leaf, Path};
use crate::error::{Error, Result};
use crate::output::row::ColumnKind;
use crate::store::{Operand, Reader, Term, Test};
use crate::value::address::{self, Block};
use crate::value::decimal::Decimal;
use crate::value::needle::Needle;
use crate::value::role::Role;
use crate::value::{shown, status, time};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::cmp::Ordering;
use unicode_normalization::UnicodeNormalization;

/// Comparison operators as they are typed, longer ones before their prefixes, and what each means.
const OPERATORS: &[(&str, &str)] = &[
    ("==", "="),
    ("<>", "!="),
    ("!=", "!="),
    ("!~", "!~"),
    ("<=", "<="),
    (">=", ">="),
    ("=", "="),
    ("~", "~"),
    ("<", "<"),
    (">", ">"),
];

/// Adds the filters of a list.
pub(crate) fn arguments(catalog: &Catalog, entity: &'static Entity, command: Command) -> Command {
    let filtered = entity.fields.iter().filter(|field| field.kind != Kind::Secret);
    let command = command.next_help_heading("Filters (exact; given twice, either holds)");
    let command = filtered.fold(command, |command, field| {
        let arg = Arg::new(field.name).long(field.name).action(ArgAction::Append);
        command.arg(valued(field, arg).help(format!("Only with this {}", field.name)))
    });
    let ancestors = catalog.ancestors(entity).into_iter().skip(1);
    let command = ancestors.fold(command, |command, (_, holder)| {
        command.arg(
            Arg::new(holder.noun)
                .long(holder.noun)
                .value_name(holder.noun.to_uppercase())
                .action(ArgAction::Append)
                .help(format!("Only in this {}", holder.labels.0))
                .add(names_of(holder.noun)),
        )
    });
    let command = if addressed(entity) {
        command.arg(Arg::new("in").long("in").value_name("CIDR").help("Only addresses in this block"))
    } else {
        command
    };
    command.arg(where_argument())
}

/// Returns `--where TERM`.
pub(crate) fn where_argument() -> Arg {
    Arg::new("where")
        .long("where")
        .value_name("TERM")
        .action(ArgAction::Append)
        .help("Only where FIELD OP VALUE holds; OP is = != ~ !~ < <= > >=; several: all of them")
        .long_help(
            "Only where FIELD OP VALUE holds. OP is one of = != ~ !~ < <= > >=, where ~ means: contains, in any case. \
             FIELD is a column as -c takes them; FIELD= means that it is empty. Several terms must all hold.",
        )
}

/// Returns true if the records of `entity` are addresses.
fn addressed(entity: &Entity) -> bool {
    entity.naming().any(|field| matches!(field.kind, Kind::Ipv4 | Kind::Ipv6))
}

/// Returns the conditions of the filters of a list.
pub(crate) fn from_matches(reader: &Reader<'_>, entity: &'static Entity, matches: &ArgMatches) -> Result<Vec<Term>> {
    let catalog = reader.catalog();
    let mut terms = Vec::new();
    let fields = entity.fields.iter().filter(|field| field.kind != Kind::Secret).map(|field| field.name);
    let ancestors = catalog.ancestors(entity).into_iter().skip(1).map(|(_, holder)| holder.noun);
    for name in fields.chain(ancestors) {
        let values = options(matches, name);
        if !values.is_empty() {
            terms.push(equal(reader, &Path::parse(catalog, entity, name)?, &values, false)?);
        }
    }
    if let Some(block) = option(matches, "in") {
        let block = Block::parse(block)?;
        let name = entity.naming().filter(|field| match block.family() {
            address::Family::V4 => field.kind == Kind::Ipv4,
            address::Family::V6 => field.kind == Kind::Ipv6,
        });
        for field in name {
            let path = Path::parse(catalog, entity, field.name)?;
            terms.push(Term::Column { path, test: Test::Within(block) });
        }
    }
    for term in options(matches, "where") {
        terms.push(from_text(reader, entity, term)?);
    }
    Ok(terms)
}

/// Parses one `FIELD OP VALUE`.
pub fn from_text(reader: &Reader<'_>, entity: &'static Entity, text: &str) -> Result<Term> {
    let (field, operator, value) = split(text)?;
    let path = Path::parse(reader.catalog(), entity, field)?;
    match operator {
        "=" => equal(reader, &path, &[value], false),
        "!=" => equal(reader, &path, &[value], true),
        _ => {
            let comparison = other_than_equal(operator, value, |value| operand(reader, &path, value))?;
            Ok(Term::Column { path, test: comparison })
        }
    }
}

/// Returns the field, the operator and the value of `FIELD OP VALUE`. A value in quotes is what stands between them.
///
/// # Errors
/// There is no operator; the value begins with an operator sign, which may be a slip, and is not quoted.
pub fn split(text: &str) -> Result<(&str, &'static str, &str)> {
    let operator_at = text.char_indices().find_map(|(at, _)| {
        OPERATORS.iter().find(|(typed, _)| text[at..].starts_with(typed)).map(|operator| (at, *operator))
    });
    let Some((at, (typed, operator))) = operator_at else {
        return Err(Error::usage(format!("{} is no condition", shown::quoted(text)))
            .help("a condition is FIELD OP VALUE, such as memory>=16GiB, with OP one of = != ~ !~ < <= > >="));
    };
    let (field, value) = (text[..at].trim(), text[at + typed.len()..].trim());
    if let Some(inner) = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote)) {
        return Ok((field, operator, inner));
    }
    if value.starts_with(['=', '!', '~', '<', '>']) {
        return Err(Error::usage(format!("{}: the value begins with an operator sign", shown::quoted(text)))
            .help(format!("quote the value if that is meant: {field}{operator}\"{}\"", shown::shown(value))));
    }
    Ok((field, operator, value))
}

/// Returns the test of `OP VALUE` for a column that a command computes, with values of `kind`.
pub(crate) fn test(
    reader: &Reader<'_>,
    name: &str,
    kind: ColumnKind,
    operator: &'static str,
    value: &str,
) -> Result<Test> {
    let operand = |value: &str| match kind {
        ColumnKind::Text => Ok(Operand::Text(value.nfc().collect())),
        _ => measured(reader, name, kind, value),
    };
    match operator {
        "=" if value.is_empty() => Ok(Test::Empty),
        "!=" if value.is_empty() => Ok(Test::Filled),
        "=" => Ok(Test::Equal(vec![operand(value)?])),
        "!=" => Ok(Test::Unequal(vec![operand(value)?])),
        _ => other_than_equal(operator, value, operand),
    }
}

/// Returns the test of an operator other than `=` and `!=`.
fn other_than_equal(operator: &str, value: &str, operand: impl FnOnce(&str) -> Result<Operand>) -> Result<Test> {
    let orders: &[Ordering] = match operator {
        // Every text contains the empty text.
        "~" => return Ok(Needle::new(value).map_or(Test::Filled, Test::Contains)),
        "!~" => return Ok(Needle::new(value).map_or(Test::Empty, Test::Lacks)),
        "<" => &[Ordering::Less],
        "<=" => &[Ordering::Less, Ordering::Equal],
        ">" => &[Ordering::Greater],
        _ => &[Ordering::Greater, Ordering::Equal],
    };
    Ok(Test::Compares(orders.to_vec(), operand(value)?))
}

/// Returns the condition that a column is one of `values` or, negated, none of them. An empty value matches empty
/// cells.
fn equal(reader: &Reader<'_>, path: &Path, values: &[&str], negated: bool) -> Result<Term> {
    if values == [""] {
        let test = if negated { Test::Filled } else { Test::Empty };
        return Ok(Term::Column { path: path.clone(), test });
    }
    if let [value] = values
        && value.contains('/')
        && holds_addresses(reader.catalog(), path)
    {
        let block = Block::parse(value)?;
        let test = if negated { Test::Outside(block) } else { Test::Within(block) };
        return Ok(Term::Column { path: path.clone(), test });
    }
    let filled = || values.iter().filter(|value| !value.is_empty());
    if let Leaf::Field(field) = path.leaf
        && let Some(target) = reader.catalog().target(field)
    {
        let ids = filled().map(|value| reader.resolve(target, value)).collect::<Result<Vec<i64>>>()?;
        let hops = path.hops.iter().copied().chain([field]).collect();
        return Ok(Term::Refers { hops, ids, or_empty: filled().count() < values.len(), negated });
    }
    if let (Leaf::Id, []) = (path.leaf, path.hops.as_slice()) {
        let ids = filled().filter_map(|value| value.parse().ok()).collect();
        return Ok(Term::Refers { hops: Vec::new(), ids, or_empty: false, negated });
    }
    let operands = filled().map(|value| operand(reader, path, value)).collect::<Result<Vec<Operand>>>()?;
    if let (Leaf::Field(field), [], false) = (path.leaf, path.hops.as_slice(), negated)
        && matches!(field.kind, Kind::Name | Kind::Ipv4 | Kind::Ipv6)
        && filled().count() == values.len()
    {
        let texts = operands.into_iter().filter_map(|operand| match operand {
            Operand::Text(text) => Some(text),
            Operand::Number(_) => None,
        });
        return Ok(Term::Is { field, texts: texts.collect() });
    }
    let test = if negated { Test::Unequal(operands) } else { Test::Equal(operands) };
    Ok(Term::Column { path: path.clone(), test })
}

/// Returns true if the cells of a column are addresses.
fn holds_addresses(catalog: &Catalog, path: &Path) -> bool {
    let is_address = |field: &Field| matches!(field.kind, Kind::Ipv4 | Kind::Ipv6);
    match path.leaf {
        Leaf::Field(field) => is_address(field),
        Leaf::Collection(collection) => {
            let of = catalog.of(collection.of);
            collection.main.iter().filter_map(|name| of.field(name)).any(is_address)
        }
        _ => false,
    }
}

/// Returns a value in the form in which the cells of the column are compared.
fn operand(reader: &Reader<'_>, path: &Path, text: &str) -> Result<Operand> {
    let about = |error: Error| Error::failed(format!("{}: {}", path.name, error.in_one_line()));
    let kind = path.kind(reader.catalog());
    if kind != ColumnKind::Text {
        return measured(reader, &path.name, kind, text);
    }
    Ok(Operand::Text(match path.leaf {
        Leaf::Field(field) => match field.kind {
            Kind::Status => status::parse(text).map_err(about)?.to_owned(),
            Kind::Role => Role::parse(text).map_err(about)?.word().to_owned(),
            Kind::Ipv4 | Kind::Ipv6 => address::either(text).map_err(about)?.1,
            Kind::Vlan => crate::value::text::vlan(text).map_err(about)?,
            Kind::Percent => crate::value::text::percent(text).map_err(about)?,
            Kind::Duration => time::span(text).map_err(about)?,
            Kind::Name => text.nfc().collect(),
            _ => text.to_owned(),
        },
        _ => text.nfc().collect(),
    }))
}

/// Returns a value in the form in which cells of `kind` are compared; `name` is the column in errors.
fn measured(reader: &Reader<'_>, name: &str, kind: ColumnKind, text: &str) -> Result<Operand> {
    let about = |error: Error| Error::failed(format!("{name}: {}", error.in_one_line()));
    let number = |text: &str| {
        Decimal::parse(text).map_err(|_| Error::failed(format!("{name}: {} is not a number", shown::quoted(text))))
    };
    Ok(match kind {
        ColumnKind::Quantity => {
            let units = reader.units()?;
            Operand::Number(units.bytes(&units.parse(text).map_err(about)?))
        }
        ColumnKind::Number => Operand::Number(number(text)?),
        ColumnKind::Share { .. } => Operand::Number(match text.strip_suffix('%') {
            Some(percent) => number(percent.trim_end())?.exactly_over(100, 18).unwrap_or_default(),
            None => number(text)?,
        }),
        ColumnKind::Time => Operand::Text(time::moment(text, &time::now()).map_err(about)?),
        ColumnKind::List => {
            Operand::Text(address::either(text).map_or_else(|_| text.nfc().collect(), |(_, text)| text))
        }
        ColumnKind::Text => Operand::Text(text.to_owned()),
    })
}
