//! Templates in the syntax of Jinja: each record is rendered with the keys of its JSON object, on a line of its own.
//!
//! A template sees the record and nothing else: it cannot load others, and there are no functions that read the
//! environment or files. Fuel limits the work for one record, so that a loop ends.

use crate::error::{Error, Result};
use crate::output::converted::{Form, Native};
use crate::value::condition::pointed;
use crate::value::shown::{quoted, shown};
use crate::value::similar;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, ErrorKind, UndefinedBehavior, escape_formatter};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

/// Name of the only template, which is not shown.
const NAME: &str = "template";

/// Work for one record, in units of minijinja: about one for an instruction or 64 bytes of text. A million ends within
/// a second, and is enough for a system of 100,000 VMs.
const FUEL: u64 = 1_000_000;

/// Template of a command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    text: Arc<str>,
    names: BTreeSet<String>,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// Its syntax is wrong; the place is marked.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |error| failure(&error, text, "the template is wrong");
        let environment = environment(text, false).map_err(wrong)?;
        let names = environment.get_template(NAME).map_err(wrong)?.undeclared_variables(false).into_iter();
        let is_function = |name: &String| environment.globals().any(|(function, _)| function == name);
        Ok(Self { text: text.into(), names: names.filter(|name| !is_function(name)).collect() })
    }

    /// Verifies that the template reads no other keys than these.
    ///
    /// # Errors
    /// It does; the error lists the keys.
    pub fn expect(&self, keys: &[&str]) -> Result<()> {
        let Some(unknown) = self.names.iter().find(|name| !keys.contains(&name.as_str())) else { return Ok(()) };
        let near = similar::did_you_mean(&similar::nearest(unknown, keys.iter().copied(), 3));
        let all = format!("the keys are {}", keys.join(", "));
        let help = near.map_or_else(|| all.clone(), |near| format!("{near} {all}"));
        Err(Error::usage(format!("the template has an unknown key {}", quoted(unknown))).help(help))
    }

    /// Returns the keys that the template reads.
    #[must_use]
    pub const fn names(&self) -> &BTreeSet<String> {
        &self.names
    }
}

/// Records as lines of a template.
pub struct Rendered {
    environment: Environment<'static>,
    template: Template,
    is_first: bool,
}

impl Rendered {
    /// Creates the form. `is_shown` is true if the output is a terminal, which control characters in data must not reach.
    #[must_use]
    pub fn new(template: Template, is_shown: bool) -> Self {
        // The text was parsed before, so that this does not fail; without a template every record would.
        let environment = environment(&template.text, is_shown).unwrap_or_default();
        Self { environment, template, is_first: true }
    }

    fn render(&mut self, object: &Json) -> Result<String> {
        if std::mem::take(&mut self.is_first) {
            let keys: Vec<&str> =
                object.as_object().into_iter().flat_map(|object| object.keys()).map(String::as_str).collect();
            self.template.expect(&keys)?;
        }
        let record = Value::from(Serde(Native(object)));
        let rendered = self.environment.get_template(NAME).and_then(|template| template.render(record));
        rendered.map_err(|error| {
            let path = object.get("path").and_then(Json::as_str);
            let record = path.map_or_else(|| "a record".to_owned(), quoted);
            failure(&error, &self.template.text, &format!("the template fails for {record}"))
        })
    }
}

impl Form for Rendered {
    fn object(&mut self, object: &Json, out: &mut dyn Write) -> io::Result<()> {
        let text = self.render(object).map_err(io::Error::other)?;
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")
    }
}

/// Returns an environment with the template and nothing to load others from.
fn environment(text: &str, is_shown: bool) -> std::result::Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    // It prints the whole state of the engine, whose form changes from version to version.
    environment.remove_global("debug");
    environment.set_debug(true);
    environment.set_fuel(Some(FUEL));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(move |out, state, value| match value.as_str() {
        // An empty cell is empty in other formats, too.
        _ if value.is_none() => Ok(()),
        Some(text) if is_shown => Ok(out.write_str(&shown(text))?),
        None if is_shown => Ok(out.write_str(&shown(&value.to_string()))?),
        _ => escape_formatter(out, state, value),
    });
    environment.add_template_owned(NAME, text.to_owned())?;
    Ok(environment)
}

/// Returns an error of minijinja as one of the command line, with a mark under the place.
fn failure(error: &minijinja::Error, text: &str, what: &str) -> Error {
    let reason = match error.kind() {
        ErrorKind::OutOfFuel => "its loops exceed the limit".to_owned(),
        kind => error.detail().map_or_else(|| kind.to_string(), str::to_owned),
    };
    let failure = Error::usage(format!("{what}: {reason}"))
        .help("a template is text with keys of the JSON record, such as '{{name}} {{memory_bytes}}'");
    match error.range() {
        Some(range) if error.kind() != ErrorKind::OutOfFuel => pointed(failure, text, range.start),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::{Rendered, Template};
    use crate::output::converted::Form;
    use serde_json::json;

    fn rendered(text: &str, is_shown: bool) -> String {
        let mut written = Vec::new();
        let record = json!({ "name": "a\u{1b}[2J\n", "size": 0.5, "none": null, "list": ["\u{202e}"] });
        let template = Template::parse(text).expect("a template");
        Rendered::new(template, is_shown).object(&record, &mut written).expect("it is written");
        String::from_utf8(written).expect("UTF-8")
    }

    #[test]
    fn control_characters_in_data_reach_no_terminal() {
        assert_eq!(rendered("{{name}}|\t{{size}}", false), "a\u{1b}[2J\n|\t0.5\n");
        assert_eq!(rendered("{{name}}|\t{{size}}", true), "a\\x1b[2J\\n|\t0.5\n");
        assert_eq!(
            rendered("{% set x %}{{name|upper}}{% endset %}{{x|safe}}{{list}}", true),
            "A\\x1b[2J\\n['\\u{202e}']\n"
        );
    }

    #[test]
    fn an_empty_value_is_empty_text() {
        assert_eq!(rendered("<{{none}}>{{none or '-'}}", false), "<>-\n");
        assert_eq!(rendered("<{{none}}>", true), "<>\n");
    }
}
