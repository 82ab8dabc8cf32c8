//! Filters of the command line as conditions: `--pool prod`, `--where 'memory>=16GiB'`, `--in 10.0.0.0/8`.

use super::arguments::{explained, names_of, option, options, valued};
use super::complete::{self, ColumnSet};
use crate::catalog::{Catalog, Entity, Field, Kind, Leaf, Path};
use crate::error::{Error, Result};
use crate::output::row::{Column, ColumnKind};
use crate::store::{Operand, Reader, Term, Test};
use crate::value::address::{self, Block};
use crate::value::condition::{self, Comparison, Criteria, Word};
use crate::value::decimal::Decimal;
use crate::value::needle::Needle;
use crate::value::ratio::Ratio;
use crate::value::role::Role;
use crate::value::{shown, status, time};
use clap::{Arg, ArgAction, ArgMatches, Command};
use regex::Regex;
use std::cmp::Ordering;
use unicode_normalization::UnicodeNormalization;

/// Adds the filters of a list.
pub(crate) fn arguments(catalog: &Catalog, entity: &'static Entity, command: Command) -> Command {
    let many = entity.labels.1;
    let filtered = entity.fields.iter().filter(|field| field.kind != Kind::Secret);
    let command = command.next_help_heading("Filters (exact; repeatable, matching any)");
    let command = filtered.fold(command, |command, field| {
        let arg = Arg::new(field.name).long(field.name).action(ArgAction::Append);
        command.arg(explained(field, &format!("List only {many} with this {}", field.name), valued(field, arg)))
    });
    let ancestors = catalog.ancestors(entity).into_iter().skip(1);
    let command = ancestors.fold(command, |command, (_, holder)| {
        command.arg(
            Arg::new(holder.noun)
                .long(holder.noun)
                .value_name(holder.noun.to_uppercase())
                .action(ArgAction::Append)
                .help(format!("List only {many} in this {}", holder.labels.0))
                .add(names_of(holder.noun)),
        )
    });
    let command = if entity.is_addressed() {
        command.arg(Arg::new("in").long("in").value_name("CIDR").help("List only addresses in this block"))
    } else {
        command
    };
    command.arg(where_argument(ColumnSet::Of(entity)))
}

/// Returns `--where TERM`.
pub(crate) fn where_argument(set: ColumnSet) -> Arg {
    Arg::new("where")
        .long("where")
        .value_name("TERM")
        .action(ArgAction::Append)
        .add(complete::condition(set))
        .help("List only matches of FIELD OP VALUE; OP: = != ~ !~ =~ < <= > >=, in (…); and, or, not, ( )")
        .long_help(
            "List only matches of FIELD OP VALUE. FIELD is a column of -c. OP is one of = != ~ !~ =~ < <= > >=, \
             where ~ means contains, in any case, and =~ matches a regular expression. FIELD= matches an empty \
             field; = accepts * and ? in a value without quotes. FIELD in (VALUE, …) matches one of several values. \
             A time is compared with a date (its whole day), a time or an age: created<30d is older than 30 days. \
             Join conditions with and, or, not and parentheses; quote a value that contains these words \
             (repeatable, all must match).",
        )
}

/// Conditions that select records to write to, and how many there must be.
pub(crate) fn which_arguments(entity: &'static Entity) -> [Arg; 2] {
    let expect = Arg::new("expect")
        .long("expect")
        .value_name("N")
        .requires("where")
        .help("Fail unless --where matches N records");
    [where_argument(ColumnSet::Of(entity)), expect]
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
    for text in options(matches, "where") {
        terms.extend(from_text(reader, entity, text)?);
    }
    Ok(terms)
}

/// Parses a condition of `--where`.
pub fn from_text(reader: &Reader<'_>, entity: &'static Entity, text: &str) -> Result<Vec<Term>> {
    let joined = |criteria: &Criteria<Comparison<'_>>| {
        let tests = criteria.try_map(&mut |comparison| {
            let term = compared(reader, entity, text, comparison)?;
            Ok::<_, Error>(tests_of(reader.catalog(), entity, term))
        });
        tests.map(Term::Meets)
    };
    let term = |criteria: &Criteria<Comparison<'_>>| match criteria {
        // The engine answers what stands alone.
        Criteria::One(comparison) => compared(reader, entity, text, comparison),
        criteria => joined(criteria),
    };
    match condition::parse(text)? {
        Criteria::All(all) => all.iter().map(term).collect(),
        criteria => Ok(vec![term(&criteria)?]),
    }
}

/// Marks the value of a comparison that is wrong: of several, the first that `is_wrong`; in a regular expression, the
/// character.
fn at_value(error: Error, text: &str, comparison: &Comparison<'_>, is_wrong: impl Fn(&str) -> bool) -> Error {
    let wrong = comparison.values.iter().find(|value| is_wrong(&value.text())).or(comparison.values.first());
    let Some(value) = wrong else { return error };
    let place = if comparison.operator == "=~" { value.byte_of(fault_of_expression(&value.text())) } else { value.at };
    condition::pointed(error, text, place)
}

/// Returns the byte at which a regular expression is wrong.
fn fault_of_expression(text: &str) -> usize {
    match regex_syntax::Parser::new().parse(text) {
        Err(regex_syntax::Error::Parse(error)) => error.span().start.offset,
        Err(regex_syntax::Error::Translate(error)) => error.span().start.offset,
        _ => 0,
    }
}

/// Returns the condition of a comparison in `text`.
fn compared(reader: &Reader<'_>, entity: &'static Entity, text: &str, comparison: &Comparison<'_>) -> Result<Term> {
    let path = Path::parse(reader.catalog(), entity, &comparison.field.text())
        .map_err(|error| condition::pointed(error, text, comparison.field.at))?;
    compared_with(reader, entity, &path, comparison)
        .map_err(|error| at_value(error, text, comparison, |value| equal(reader, &path, &[value], false).is_err()))
}

/// Returns the condition of a comparison with the column `path`.
fn compared_with(
    reader: &Reader<'_>,
    entity: &'static Entity,
    path: &Path,
    comparison: &Comparison<'_>,
) -> Result<Term> {
    let is_text = matches!(path.kind(reader.catalog()), ColumnKind::Text | ColumnKind::List);
    let values: Vec<String> = comparison.values.iter().map(Word::text).collect();
    if path.kind(reader.catalog()) == ColumnKind::Time
        && let Some(term) = by_days(reader, path, comparison.operator, &values)?
    {
        return Ok(term);
    }
    let negated = match comparison.operator {
        "=" => false,
        "!=" => true,
        operator => {
            let value = values.first().map_or("", String::as_str);
            let test = other_than_equal(operator, value, |value| operand(reader, path, value))?;
            return Ok(Term::Column { path: path.clone(), test });
        }
    };
    if is_text && let Some(pattern) = glob(&comparison.values)? {
        let test = Test::Matches(pattern);
        let one = Criteria::One((path.clone(), test.clone()));
        return Ok(if negated {
            Term::Meets(Criteria::Not(Box::new(one)))
        } else {
            Term::Column { path: path.clone(), test }
        });
    }
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    if values.len() > 1 && values.iter().any(|value| value.contains('/')) && holds_addresses(reader.catalog(), path) {
        let each =
            values.iter().map(|value| Ok(tests_of(reader.catalog(), entity, equal(reader, path, &[value], false)?)));
        let any = Criteria::Any(each.collect::<Result<_>>()?);
        return Ok(Term::Meets(if negated { Criteria::Not(Box::new(any)) } else { any }));
    }
    equal(reader, path, &values, negated)
}

/// Returns the condition that a time is compared with days, if one of `values` is a date without a time of day: equal is
/// what is in the day, less what is before it, and greater what is after it.
fn by_days(reader: &Reader<'_>, path: &Path, operator: &str, values: &[String]) -> Result<Option<Term>> {
    let now = time::now();
    let compares = |orders: &[Ordering], time: String| {
        Criteria::One((path.clone(), Test::Compares(orders.to_vec(), Operand::Text(time))))
    };
    let from = |time| compares(&[Ordering::Greater, Ordering::Equal], time);
    let before = |time| compares(&[Ordering::Less], time);
    let days: Vec<Option<(String, String)>> = values.iter().map(|value| time::day(value, &now)).collect();
    if days.iter().all(Option::is_none) {
        return Ok(None);
    }
    if let ("<=" | ">", [Some((_, next))]) = (operator, days.as_slice()) {
        let next = next.clone();
        return Ok(Some(Term::Meets(if operator == ">" { from(next) } else { before(next) })));
    }
    let is_negated = match operator {
        "=" => false,
        "!=" => true,
        _ => return Ok(None),
    };
    let each = values.iter().zip(days).map(|(value, day)| match day {
        Some((first, next)) => Ok(Criteria::All(vec![from(first), before(next)])),
        None if value.is_empty() => Ok(Criteria::One((path.clone(), Test::Empty))),
        None => Ok(Criteria::One((path.clone(), Test::Equal(vec![operand(reader, path, value)?])))),
    });
    let any = Criteria::Any(each.collect::<Result<_>>()?);
    Ok(Some(Term::Meets(if is_negated { Criteria::Not(Box::new(any)) } else { any })))
}

/// Returns the tests of a term that is joined with others by `or`, or is negated.
fn tests_of(catalog: &Catalog, entity: &'static Entity, term: Term) -> Criteria<(Path, Test)> {
    let one = |path, test| Criteria::One((path, test));
    match term {
        Term::Column { path, test } => one(path, test),
        Term::Meets(criteria) => criteria,
        Term::Is { field, texts } => {
            let path = Path { name: field.name.to_owned(), hops: Vec::new(), entity, leaf: Leaf::Field(field) };
            one(path, Test::Equal(texts.into_iter().map(Operand::Text).collect()))
        }
        Term::Refers { hops, ids, or_empty, negated } => {
            let holder = hops.last().and_then(|field| catalog.target(field)).unwrap_or(entity);
            let path = Path { name: "id".to_owned(), hops, entity: holder, leaf: Leaf::Id };
            let number = |id: i64| Operand::Number(Decimal::from_whole(id.into()));
            let is_one = one(path.clone(), Test::Equal(ids.into_iter().map(number).collect()));
            let refers = if or_empty { Criteria::Any(vec![is_one, one(path, Test::Empty)]) } else { is_one };
            if negated { Criteria::Not(Box::new(refers)) } else { refers }
        }
    }
}

/// Returns the test of a comparison in `text` for `column`, which a command computes.
pub(crate) fn test(
    reader: &Reader<'_>,
    column: &Column,
    text: &str,
    comparison: &Comparison<'_>,
) -> Result<Criteria<Test>> {
    let operand = |value: &str| match column.kind {
        ColumnKind::Text => Ok(Operand::Text(value.nfc().collect())),
        kind => measured(reader, &column.name, kind, value),
    };
    computed_test(column.kind, comparison, &operand)
        .map_err(|error| at_value(error, text, comparison, |value| operand(value).is_err()))
}

/// Returns the test of a comparison in `text` for a text of a file.
pub(crate) fn text_test(text: &str, comparison: &Comparison<'_>) -> Result<Criteria<Test>> {
    computed_test(ColumnKind::Text, comparison, &|value| Ok(Operand::Text(value.nfc().collect())))
        .map_err(|error| at_value(error, text, comparison, |_| false))
}

fn computed_test(
    kind: ColumnKind,
    comparison: &Comparison<'_>,
    operand: &dyn Fn(&str) -> Result<Operand>,
) -> Result<Criteria<Test>> {
    let values: Vec<String> = comparison.values.iter().map(Word::text).collect();
    let test = match (comparison.operator, values.as_slice()) {
        ("=" | "!=", [value]) if value.is_empty() => Test::Empty,
        ("=" | "!=", values) => match glob(&comparison.values)?.filter(|_| kind == ColumnKind::Text) {
            Some(pattern) => Test::Matches(pattern),
            None => Test::Equal(values.iter().map(|value| operand(value)).collect::<Result<_>>()?),
        },
        (operator, values) => other_than_equal(operator, values.first().map_or("", String::as_str), operand)?,
    };
    let one = Criteria::One(test);
    Ok(if comparison.operator == "!=" { Criteria::Not(Box::new(one)) } else { one })
}

/// Returns the pattern of values of which one has a `*` or `?` without quotes; the others stand for themselves.
fn glob(values: &[Word<'_>]) -> Result<Option<Regex>> {
    let is_glob = |value: &Word<'_>| !value.is_quoted() && value.text().contains(['*', '?']);
    if !values.iter().any(is_glob) {
        return Ok(None);
    }
    let pattern = |value: &Word<'_>| {
        let text: String = value.text().nfc().collect();
        let literal = regex::escape(&text);
        if is_glob(value) { literal.replace(r"\*", ".*").replace(r"\?", ".") } else { literal }
    };
    let all: Vec<String> = values.iter().map(pattern).collect();
    expression(&format!("^(?s:{})$", all.join("|"))).map(Some)
}

/// Compiles a regular expression.
fn expression(text: &str) -> Result<Regex> {
    Regex::new(text).map_err(|error| {
        let error = error.to_string();
        let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
        Error::failed(format!("{} is not a regular expression: {reason}", shown::quoted(text)))
            .help("syntax: https://docs.rs/regex/latest/regex/#syntax; use ~ for plain text")
    })
}

/// Returns the test of an operator other than `=` and `!=`.
fn other_than_equal(operator: &str, value: &str, operand: impl FnOnce(&str) -> Result<Operand>) -> Result<Test> {
    let orders: &[Ordering] = match operator {
        // Every text contains the empty text.
        "~" => return Ok(Needle::new(value).map_or(Test::Filled, Test::Contains)),
        "!~" => return Ok(Needle::new(value).map_or(Test::Empty, Test::Lacks)),
        "=~" => return expression(value).map(Test::Matches),
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
        let ratio = || Ratio::parse(text).ok().and_then(|ratio| Decimal::parse(&ratio.number()).ok());
        let number = Decimal::parse(text).ok().or_else(ratio);
        number.ok_or_else(|| Error::failed(format!("{name}: {} is not a number", shown::quoted(text))))
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
        ColumnKind::List | ColumnKind::Records => {
            Operand::Text(address::either(text).map_or_else(|_| text.nfc().collect(), |(_, text)| text))
        }
        ColumnKind::Text => Operand::Text(text.to_owned()),
    })
}
