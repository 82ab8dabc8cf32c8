//! Several texts in one cell: `10.0.0.11@101;fd00::11`.
//!
//! Spreadsheets and CSV have one cell where an inventory has a list. Both directions stand here side by side, so that
//! what one writes the other reads: any list of any texts comes back as it was.

use crate::error::{Error, Result};
use crate::value::shown::quoted;

const SEPARATOR: char = ';';
const QUOTE: char = '"';

/// The texts in one, separated by `;`. An empty one, and one that holds `;`, `"` or a line break or has a blank at an
/// end, stands in quotes, as in CSV.
#[must_use]
pub fn join_list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    push_list(&mut joined, items);
    joined
}

/// Appends the texts to `joined`, as [`join_list`] joins them, without a buffer of its own.
pub fn push_list<'a>(joined: &mut String, items: impl IntoIterator<Item = &'a str>) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            joined.push(SEPARATOR);
        }
        if needs_quotes(item) {
            joined.push(QUOTE);
            for (part, text) in item.split(QUOTE).enumerate() {
                if part > 0 {
                    joined.push_str("\"\"");
                }
                joined.push_str(text);
            }
            joined.push(QUOTE);
        } else {
            joined.push_str(item);
        }
    }
}

/// The texts that stand in `text`, separated by `;`. Blanks around them do not count, and neither do empty places
/// (`a;;b;`), unless quotes keep them.
///
/// # Errors
/// A quote that is never closed, and text between a closing quote and the next `;`.
pub fn split_list(text: &str) -> Result<Vec<String>> {
    let mut items = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix(QUOTE) {
            let (item, after) = unquote(quoted).ok_or_else(|| never_closed(text))?;
            items.push(item);
            let after = after.trim_start();
            rest = match after.strip_prefix(SEPARATOR) {
                Some(next) => next.trim_start(),
                None if after.is_empty() => after,
                None => return Err(behind_a_quote(text)),
            };
        } else {
            let (item, after) = rest.split_once(SEPARATOR).unwrap_or((rest, ""));
            let item = item.trim_end();
            if !item.is_empty() {
                items.push(item.to_owned());
            }
            rest = after.trim_start();
        }
    }
    Ok(items)
}

fn needs_quotes(item: &str) -> bool {
    item.is_empty()
        || item.contains([SEPARATOR, QUOTE, '\n', '\r'])
        || item.starts_with(char::is_whitespace)
        || item.ends_with(char::is_whitespace)
}

/// Returns the text before the closing quote, with doubled quotes made single, and the text after it.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut item = String::new();
    let mut rest = quoted;
    loop {
        let (before, after) = rest.split_once(QUOTE)?;
        item.push_str(before);
        match after.strip_prefix(QUOTE) {
            Some(next) => {
                item.push(QUOTE);
                rest = next;
            }
            None => return Some((item, after)),
        }
    }
}

fn never_closed(text: &str) -> Error {
    Error::failed(format!("the list {} has a quote that is never closed", quoted(text)))
        .help("quote the text, and double a quote inside it")
}

fn behind_a_quote(text: &str) -> Error {
    Error::failed(format!("the list {} has text after a closing quote", quoted(text)))
        .help("separate texts with \";\"; a quote inside a text is written twice")
}

#[cfg(test)]
mod tests {
    use super::{join_list, split_list};
    use proptest::prelude::{any, prop, prop_assert_eq, prop_oneof, proptest};

    #[test]
    fn plain_texts_are_joined_by_a_semicolon() {
        assert_eq!(join_list(["10.0.0.11@101", "fd00::11"]), "10.0.0.11@101;fd00::11");
        assert_eq!(join_list([]), "");
        assert_eq!(join_list(["100 GiB@san1"]), "100 GiB@san1");
    }

    #[test]
    fn a_text_that_could_be_misread_stands_in_quotes() {
        assert_eq!(join_list(["a;b", "c"]), "\"a;b\";c");
        assert_eq!(join_list(["say \"hi\""]), "\"say \"\"hi\"\"\"");
        assert_eq!(join_list([" a", "b ", "c\nd", "e\rf"]), "\" a\";\"b \";\"c\nd\";\"e\rf\"");
        assert_eq!(join_list([""]), "\"\"");
    }

    #[test]
    fn blanks_around_texts_and_empty_places_do_not_count() {
        assert_eq!(split_list(" a ; b;;c; ").expect("a list"), ["a", "b", "c"]);
        assert_eq!(split_list(" \" a\" ; b").expect("a list"), [" a", "b"]);
        assert_eq!(split_list("").expect("a list"), [""; 0]);
        assert_eq!(split_list("  ").expect("a list"), [""; 0]);
        assert_eq!(split_list("\"\"").expect("a list"), [""]);
    }

    #[test]
    fn a_quote_inside_a_bare_text_is_itself() {
        assert_eq!(split_list("5\" bay;x").expect("a list"), ["5\" bay", "x"]);
    }

    #[test]
    fn faults_are_told() {
        let open = split_list("a;\"b").expect_err("an open quote");
        assert_eq!(open.message(), "the list \"a;\"b\" has a quote that is never closed");
        let behind = split_list("\"a\"b").expect_err("text behind a quote");
        assert_eq!(behind.message(), "the list \"\"a\"b\" has text after a closing quote");
    }

    proptest! {
        #[test]
        fn any_list_comes_back_as_it_was(
            items in prop::collection::vec(prop_oneof![any::<String>(), "[a;\" \n\r\u{3000}]{0,6}"], 0..6)
        ) {
            let joined = join_list(items.iter().map(String::as_str));
            prop_assert_eq!(split_list(&joined).expect("what was joined is a list"), items);
        }

        #[test]
        fn no_text_makes_splitting_panic(text in "[a;\" \n]{0,20}") {
            let _ = split_list(&text);
        }
    }
}
