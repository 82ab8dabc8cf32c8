//! Formats that are made of the objects of JSON, one by one: YAML and templates have the same keys and values.

use crate::output::json::{Fields, JsonCards, Shape, is_hidden};
use crate::output::row::{Column, Row};
use crate::output::{Cards, Sheet};
use serde::ser::{Serialize, Serializer};
use serde_json::{Number, Value as Json};
use serde_saphyr::DoubleQuoted;
use std::io::{self, BufWriter, Write};

/// Form of objects other than JSON.
pub trait Form {
    /// Writes an object.
    ///
    /// # Errors
    /// The output cannot be written, or the form cannot have this object.
    fn object(&mut self, object: &Json, out: &mut dyn Write) -> io::Result<()>;

    /// Writes the rest. Called once, last.
    ///
    /// # Errors
    /// The output cannot be written.
    fn end(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// A list, or records, in another form.
pub struct Converted<'w, F> {
    form: F,
    fields: Fields,
    records: JsonCards<Vec<u8>>,
    out: BufWriter<&'w mut dyn Write>,
}

impl<'w, F: Form> Converted<'w, F> {
    /// Creates a list or records that are written to `out` in `form`.
    pub fn new(form: F, out: &'w mut dyn Write) -> Self {
        let records = JsonCards::new(Shape::Lines, Vec::new());
        Self { form, fields: Fields::default(), records, out: BufWriter::new(out) }
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        self.form.object(&serde_json::from_slice(text)?, &mut self.out)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.form.end(&mut self.out)?;
        self.out.flush()
    }
}

impl<F: Form> Sheet for Converted<'_, F> {
    fn begin(&mut self, columns: &[Column]) -> io::Result<()> {
        self.fields = Fields::of(columns)?;
        Ok(())
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        let text = self.fields.object(row)?;
        self.write(text.as_bytes())
    }

    fn end(&mut self) -> io::Result<()> {
        self.finish()
    }
}

impl<F: Form> Cards for Converted<'_, F> {
    fn begin_record(&mut self, columns: &[Column], row: &Row) -> io::Result<()> {
        self.records.begin_record(columns, row)
    }

    fn begin_section(&mut self, name: &str, columns: &[Column]) -> io::Result<()> {
        self.records.begin_section(name, columns)
    }

    fn section_row(&mut self, row: &Row) -> io::Result<()> {
        self.records.section_row(row)
    }

    fn end_section(&mut self) -> io::Result<()> {
        self.records.end_section()
    }

    fn end_record(&mut self) -> io::Result<()> {
        self.records.end_record()?;
        let text = self.records.take();
        self.write(&text)
    }

    fn end(&mut self) -> io::Result<()> {
        self.finish()
    }
}

/// A value of JSON for other serializers, to which `serde_json` gives its numbers as objects.
#[derive(Debug, Clone, Copy)]
pub struct Native<'v>(pub &'v Json);

impl Serialize for Native<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Number(number) => serialize_number(number, serializer),
            // Only YAML has a second form of texts; its escapes are in double quotes.
            Json::String(text) if text.contains(is_hidden) => DoubleQuoted(text).serialize(serializer),
            Json::String(text) => serializer.serialize_str(text),
            Json::Array(items) => serializer.collect_seq(items.iter().map(Native)),
            Json::Object(members) => serializer.collect_map(members.iter().map(|(key, value)| (key, Native(value)))),
        }
    }
}

/// Serializes a whole number as one, and others as floating-point numbers, as programs read them from JSON.
fn serialize_number<S: Serializer>(number: &Number, serializer: S) -> Result<S::Ok, S::Error> {
    match (number.as_i128(), number.as_f64()) {
        (Some(whole), _) => match i64::try_from(whole) {
            Ok(whole) => serializer.serialize_i64(whole),
            Err(_) => serializer.serialize_i128(whole),
        },
        (None, Some(decimal)) if decimal.is_finite() => serializer.serialize_f64(decimal),
        _ => serializer.serialize_str(&number.to_string()),
    }
}
