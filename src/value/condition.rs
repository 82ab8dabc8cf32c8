//! Conditions as they are typed: `memory>=16GiB and (pool=prod or name in (web01, 'db 02'))`.
//!
//! ```text
//! condition  = all { "or" all }
//! all        = part { "and" part }
//! part       = "not" part | "(" condition ")" | comparison
//! comparison = FIELD OPERATOR [ value ] | FIELD [ "not" ] "in" "(" value { "," value } ")"
//! value      = "'" … "'" | '"' … '"' | text up to "and", "or", a closing ")", or the end
//! ```
//!
//! A quote inside quotes is doubled. A text without quotes may have blanks, and parentheses that are closed again.

use super::shown::{quoted, shown};
use crate::error::{Error, Result};
use unicode_width::UnicodeWidthStr;

/// Comparison operators as they are typed, longer ones before their prefixes, and what each means.
const TYPED_OPERATORS: &[(&str, &str)] = &[
    ("==", "="),
    ("=~", "=~"),
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

/// Most parentheses and `not` inside each other.
const DEEPEST: usize = 64;

/// Characters to show on either side of a fault.
const AROUND: usize = 60;

/// Conditions on a record, joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Criteria<L> {
    /// One condition.
    One(L),
    /// All of them.
    All(Vec<Self>),
    /// Any of them.
    Any(Vec<Self>),
    /// Not this one.
    Not(Box<Self>),
}

/// A field, an operator and the values on its right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison<'t> {
    /// Name of the field, and the byte where it begins.
    pub field: Word<'t>,
    /// `=`, `!=`, `~`, `!~`, `=~`, `<`, `<=`, `>` or `>=`.
    pub operator: &'static str,
    /// Values; several for `=` and `!=` only.
    pub values: Vec<Word<'t>>,
}

/// A part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'t> {
    /// Text between the quotes, where quotes inside are still doubled.
    text: &'t str,
    /// Byte where it begins.
    pub at: usize,
    /// Quote around it, if any.
    quote: Option<char>,
}

impl<L> Criteria<L> {
    /// Returns whether the conditions hold, where `meets` tells whether one does.
    pub fn holds(&self, meets: &mut dyn FnMut(&L) -> bool) -> bool {
        match self {
            Self::One(one) => meets(one),
            Self::All(all) => all.iter().all(|each| each.holds(meets)),
            Self::Any(any) => any.iter().any(|each| each.holds(meets)),
            Self::Not(not) => !not.holds(meets),
        }
    }

    /// Returns the criteria with others in place of each one.
    ///
    /// # Errors
    /// Those of `with`.
    pub fn try_map<'c, M, E>(
        &'c self,
        with: &mut dyn FnMut(&'c L) -> Result<Criteria<M>, E>,
    ) -> Result<Criteria<M>, E> {
        let mut all = |several: &'c [Self]| several.iter().map(|each| each.try_map(with)).collect::<Result<_, E>>();
        Ok(match self {
            Self::One(one) => with(one)?,
            Self::All(several) => Criteria::All(all(several)?),
            Self::Any(several) => Criteria::Any(all(several)?),
            Self::Not(not) => Criteria::Not(Box::new(not.try_map(with)?)),
        })
    }
}

impl Word<'_> {
    /// Returns the text that is meant.
    #[must_use]
    pub fn text(&self) -> String {
        match self.quote {
            Some(quote) => self.text.replace(&format!("{quote}{quote}"), &quote.to_string()),
            None => self.text.to_owned(),
        }
    }

    /// Returns the byte of the condition at which the byte `offset` of the text is.
    #[must_use]
    pub fn byte_of(&self, offset: usize) -> usize {
        let Some(quote) = self.quote else { return self.at + offset };
        let doubled = self.text().get(..offset).map_or(0, |before| before.matches(quote).count());
        self.at + quote.len_utf8() + offset + doubled
    }

    /// Returns whether it is in quotes, and so taken letter by letter.
    #[must_use]
    pub const fn is_quoted(&self) -> bool {
        self.quote.is_some()
    }
}

/// Adds to a fault the part of the condition around the byte `at`, with a mark under it.
#[must_use]
pub fn pointed(error: Error, text: &str, at: usize) -> Error {
    if text.trim().is_empty() {
        return error;
    }
    let (before, behind) = text.split_at_checked(at).unwrap_or((text, ""));
    let from = before.char_indices().rev().take(AROUND).last().map_or(0, |(start, _)| start);
    let before = shown(before.get(from..).unwrap_or_default());
    let behind: String = behind.chars().take(AROUND).collect();
    let mark = format!("{}^", " ".repeat(before.width()));
    error.details([format!("{before}{}", shown(&behind)).trim_end().to_owned(), mark])
}

/// Parses a condition.
///
/// # Errors
/// It does not follow the grammar; the place is marked.
pub fn parse(text: &str) -> Result<Criteria<Comparison<'_>>> {
    let mut parser = Parser { text, at: 0, open: 0, depth: 0 };
    let condition = parser.any()?;
    parser.skip_blanks();
    match parser.rest().chars().next() {
        None => Ok(condition),
        Some(')') => Err(parser.fault(parser.at, "the parenthesis is not opened")),
        Some(_) => Err(parser.fault(parser.at, "unexpected text after the condition")),
    }
}

/// Returns the comparison at the end of an unfinished condition, from its field on.
#[must_use]
pub fn last_part(text: &str) -> &str {
    let mut parser = Parser { text, at: 0, open: 0, depth: 0 };
    loop {
        parser.skip_blanks();
        let part = parser.rest();
        if parser.takes("(") {
            parser.open += 1;
            continue;
        }
        // A word that the text ends with may be the beginning of a field.
        if parser.takes_word("not") && !parser.rest().is_empty() {
            continue;
        }
        parser.at = text.len() - part.len();
        if parser.comparison().is_err() {
            return part;
        }
        parser.skip_blanks();
        while parser.takes(")") {
            parser.open = parser.open.saturating_sub(1);
            parser.skip_blanks();
        }
        let is_joined = parser.takes_word("and") || parser.takes_word("or");
        if !is_joined || parser.rest().is_empty() {
            return part;
        }
    }
}

/// Returns the operators, each in one form.
pub fn operators() -> impl Iterator<Item = &'static str> {
    TYPED_OPERATORS.iter().filter(|(typed, operator)| typed == operator).map(|(typed, _)| *typed)
}

/// Returns the field of an unfinished comparison, its operator and its value; `None` without an operator.
#[must_use]
pub fn halves(part: &str) -> Option<(&str, &'static str, &str)> {
    part.char_indices().find_map(|(at, _)| {
        let (field, rest) = part.split_at(at);
        let (typed, operator) = TYPED_OPERATORS.iter().find(|(typed, _)| rest.starts_with(typed))?;
        Some((field.trim(), *operator, rest.get(typed.len()..)?.trim_start()))
    })
}

/// Reads a condition from left to right.
struct Parser<'t> {
    text: &'t str,
    at: usize,
    /// Number of parentheses that are open.
    open: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn any(&mut self) -> Result<Criteria<Comparison<'t>>> {
        let mut any = vec![self.all()?];
        while self.takes_word("or") {
            any.push(self.all()?);
        }
        Ok(one_or(any, Criteria::Any))
    }

    fn all(&mut self) -> Result<Criteria<Comparison<'t>>> {
        let mut all = vec![self.part()?];
        while self.takes_word("and") {
            all.push(self.part()?);
        }
        Ok(one_or(all, Criteria::All))
    }

    fn part(&mut self) -> Result<Criteria<Comparison<'t>>> {
        self.skip_blanks();
        let begin = self.at;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.fault(begin, "the condition is nested too deeply"));
        }
        let part = if self.takes("(") {
            self.open += 1;
            let inner = self.any()?;
            self.skip_blanks();
            if !self.takes(")") {
                return Err(self.fault(begin, "the parenthesis is not closed"));
            }
            self.open -= 1;
            inner
        } else if self.takes_word("not") {
            Criteria::Not(Box::new(self.part()?))
        } else {
            Criteria::One(self.comparison()?)
        };
        self.depth -= 1;
        Ok(part)
    }

    fn comparison(&mut self) -> Result<Comparison<'t>> {
        let begin = self.at;
        while let Some(next) = self.rest().chars().next() {
            if matches!(next, '(' | ')') || TYPED_OPERATORS.iter().any(|(typed, _)| self.rest().starts_with(typed)) {
                break;
            }
            if next.is_whitespace() {
                let end = self.at;
                let operator = if self.takes_word("not") { "!=" } else { "=" };
                if self.takes_list() {
                    let field = self.word(begin, end);
                    return self.list(field, operator);
                }
                self.at = end;
            }
            self.at += next.len_utf8();
        }
        let field = self.word(begin, self.at);
        let found = TYPED_OPERATORS.iter().find(|(typed, _)| self.rest().starts_with(typed));
        let Some((typed, operator)) = found else {
            let what = self.text.get(begin..).unwrap_or_default().trim();
            let message = if what.is_empty() && begin > 0 {
                "a condition is missing".into()
            } else {
                format!("{} is not a condition", quoted(what))
            };
            return Err(self.fault(begin, message).help(
                "write FIELD OP VALUE, such as memory>=16GiB, with OP one of = != ~ !~ =~ < <= > >=; quote a value \
                 that contains and, or or a parenthesis",
            ));
        };
        self.at += typed.len();
        self.skip_blanks();
        let value = self.value(|_| false)?;
        if !value.is_quoted() && value.text.starts_with(['=', '!', '~', '<', '>']) {
            return Err(self.fault(value.at, "the value begins with an operator sign").help(format!(
                "quote the value to include the sign: {}{operator}\"{}\"",
                field.text,
                shown(value.text)
            )));
        }
        Ok(Comparison { field, operator, values: vec![value] })
    }

    /// Reads the values of a list, after its parenthesis.
    fn list(&mut self, field: Word<'t>, operator: &'static str) -> Result<Comparison<'t>> {
        let begin = self.at;
        self.open += 1;
        let mut values = Vec::new();
        loop {
            self.skip_blanks();
            values.push(self.value(|next| next == ',')?);
            self.skip_blanks();
            if self.takes(")") {
                self.open -= 1;
                return Ok(Comparison { field, operator, values });
            }
            if !self.takes(",") {
                return Err(self.fault(begin, "the list of values is not closed").help("end it with a parenthesis"));
            }
        }
    }

    /// Reads a value, up to a character that `ends` it.
    fn value(&mut self, ends: impl Fn(char) -> bool) -> Result<Word<'t>> {
        let begin = self.at;
        if let Some(quote) = self.rest().chars().next().filter(|next| matches!(next, '\'' | '"')) {
            self.at += quote.len_utf8();
            let inner = self.at;
            while let Some(length) = self.rest().find(quote) {
                self.at += length + quote.len_utf8();
                if !self.takes(&quote.to_string()) {
                    let end = self.at - quote.len_utf8();
                    let word =
                        Word { text: self.text.get(inner..end).unwrap_or_default(), at: begin, quote: Some(quote) };
                    self.skip_blanks();
                    let is_end = self.rest().is_empty() || self.rest().starts_with([')', ',']) || self.is_at_joint();
                    return if is_end {
                        Ok(word)
                    } else {
                        Err(self.fault(self.at, "unexpected text after a quoted value"))
                    };
                }
            }
            return Err(self.fault(begin, "the quote is not closed").help("double a quote inside quotes"));
        }
        let mut inside = 0_usize;
        while let Some(next) = self.rest().chars().next() {
            match next {
                '(' => inside += 1,
                ')' if inside > 0 => inside -= 1,
                ')' if self.open > 0 => break,
                _ if inside == 0 && ends(next) => break,
                _ if inside == 0 && next.is_whitespace() && self.is_at_joint() => break,
                _ => {}
            }
            self.at += next.len_utf8();
        }
        Ok(self.word(begin, self.at))
    }

    /// Returns the text between two bytes, without blanks at its end.
    fn word(&self, begin: usize, end: usize) -> Word<'t> {
        Word { text: self.text.get(begin..end).unwrap_or_default().trim_end(), at: begin, quote: None }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn takes(&mut self, text: &str) -> bool {
        let takes = self.rest().starts_with(text);
        if takes {
            self.at += text.len();
        }
        takes
    }

    /// Takes a word that stands alone, with the blanks before it.
    fn takes_word(&mut self, word: &str) -> bool {
        let length = leading(self.rest(), word);
        self.at += length.unwrap_or_default();
        length.is_some()
    }

    /// Takes `in (`.
    fn takes_list(&mut self) -> bool {
        let begin = self.at;
        if self.takes_word("in") {
            self.skip_blanks();
            if self.takes("(") {
                return true;
            }
        }
        self.at = begin;
        false
    }

    /// Returns whether the rest begins with `and` or `or`.
    fn is_at_joint(&self) -> bool {
        ["and", "or"].iter().any(|word| leading(self.rest(), word).is_some())
    }

    fn fault(&self, at: usize, message: impl Into<String>) -> Error {
        pointed(Error::usage(message.into()), self.text, at)
    }
}

/// Returns the length of `word` and the blanks before it, if `text` begins with them and the word ends there.
fn leading(text: &str, word: &str) -> Option<usize> {
    let inner = text.trim_start();
    let (head, behind) = inner.split_at_checked(word.len())?;
    let ends = behind.is_empty() || behind.starts_with(|next: char| next.is_whitespace() || next == '(');
    (head.eq_ignore_ascii_case(word) && ends).then_some(text.len() - behind.len())
}

fn one_or<L>(mut several: Vec<Criteria<L>>, join: fn(Vec<Criteria<L>>) -> Criteria<L>) -> Criteria<L> {
    match (several.len(), several.pop()) {
        (1, Some(one)) => one,
        (_, last) => join(several.into_iter().chain(last).collect()),
    }
}
