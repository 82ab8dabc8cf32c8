//! Words and signatures: one type name for one thing, no `bool` across files, doc comments that begin with what something
//! is or does, variables that are called after what they hold, and sentences for users in the verbs of the field.

use super::source::{Source, behind, sources};
use std::collections::BTreeMap;

/// First words of a doc comment that asks instead of saying.
const ASKING: &[&str] = &["What", "Whether", "Who", "Where", "How", "Which"];

/// Participles that say nothing of what a variable holds.
const PARTICIPLES: &[&str] = &["told", "given", "known", "kept", "taken", "held"];

/// Verbs that help texts and messages do not use, in all their forms: others are shorter or more exact.
///
/// `held` is allowed: it is the term for a field that a person or another source decides, a word of plans and a key in
/// JSON.
const FOREIGN_VERBS: &[&str] = &[
    "tell tells told telling",
    "say says said saying",
    "give gives gave given giving",
    "take takes took taken taking",
    "make makes made making",
    "mend mends mended mending",
    "want wants wanted wanting",
    "hang hangs hung hanging",
    "stand stands stood standing",
    "promise promises promised promising",
    "hold holds holding",
];

/// Places in which a type name may be defined.
const MOST_PLACES: usize = 2;

/// Fails with a count and the findings, one a line.
fn none(findings: &[String]) {
    assert!(findings.is_empty(), "{} findings\n{}", findings.len(), findings.join("\n"));
}

/// The types that a source defines outside of `impl` and `trait`: their names and lines.
fn types(source: &Source) -> Vec<(String, usize)> {
    let words = source.words();
    let mut found = Vec::new();
    let mut place = 0;
    while place < words.len() {
        match words[place] {
            "impl" => {
                // Its associated types have the names that a trait gives them.
                while !matches!(words.get(place), Some(&"{" | &";") | None) {
                    place += 1;
                }
                place = behind(&words, place);
            }
            "struct" | "enum" | "union" | "trait" | "type" => {
                if let Some(name) = words.get(place + 1).filter(|name| name.starts_with(char::is_uppercase)) {
                    found.push(((*name).to_owned(), source.tokens[place].line));
                }
                let is_trait = words[place] == "trait";
                while is_trait && !matches!(words.get(place), Some(&"{" | &";") | None) {
                    place += 1;
                }
                place = if is_trait { behind(&words, place) } else { place + 1 };
            }
            _ => place += 1,
        }
    }
    found
}

#[test]
fn a_type_name_stands_for_one_thing() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in &sources() {
        for (name, line) in types(source) {
            places.entry(name).or_default().push(source.at(line));
        }
    }
    let many = places.iter().filter(|(_, places)| places.len() > MOST_PLACES);
    none(&many.map(|(name, places)| format!("{name}: {}", places.join(", "))).collect::<Vec<_>>());
}

/// The parameters of type `bool` in the signatures that a source shows to others: function, parameter, line.
fn flags(source: &Source) -> Vec<(String, String, usize)> {
    let words = source.words();
    let mut found = Vec::new();
    let mut place = 0;
    while place < words.len() {
        if words[place] != "pub" {
            place += 1;
            continue;
        }
        place += 1;
        if words.get(place) == Some(&"(") {
            place = behind(&words, place);
        }
        while matches!(words.get(place), Some(&"const" | &"async")) {
            place += 1;
        }
        if words.get(place) != Some(&"fn") {
            continue;
        }
        let name = words.get(place + 1).copied().unwrap_or_default();
        // Generic parameters have no brackets of their own but those of closures' types: `F: Fn(bool)`.
        let mut angles = 0;
        place += 2;
        while let Some(word) = words.get(place) {
            angles += i32::from(*word == "<") - i32::from(*word == ">");
            if *word == "(" && angles == 0 {
                break;
            }
            place = if *word == "(" { behind(&words, place) } else { place + 1 };
        }
        let end = behind(&words, place);
        for at in place..end {
            let is_flag = words[at] == "bool" && matches!(words.get(at + 1), Some(&"," | &")"));
            let begin = words[..at].iter().rposition(|word| *word == ":" || *word == "(");
            if let Some(begin) = begin.filter(|begin| is_flag && words[*begin] == ":" && at - begin <= 3) {
                found.push((name.to_owned(), words[begin - 1].to_owned(), source.tokens[at].line));
            }
        }
        place = end;
    }
    found
}

#[test]
fn no_bool_crosses_a_file() {
    let mut wrong = Vec::new();
    for source in &sources() {
        if ["src/store", "src/verb", "src/input"].iter().any(|floor| source.name.starts_with(floor)) {
            let flags = flags(source).into_iter();
            wrong.extend(flags.map(|(name, flag, line)| format!("{}: {name}({flag}: bool)", source.at(line))));
        }
    }
    none(&wrong);
}

#[test]
fn a_doc_comment_begins_with_a_verb_or_a_noun() {
    let mut wrong = Vec::new();
    for source in &sources() {
        for doc in &source.docs {
            let first: String = doc.text.chars().take_while(|letter| letter.is_alphabetic()).collect();
            if ASKING.contains(&first.as_str()) {
                wrong.push(format!("{}: {:.80}", source.at(doc.line), doc.text));
            }
        }
    }
    none(&wrong);
}

/// The participles that a source names a variable, a parameter or a field, with their lines.
fn participles(source: &Source) -> Vec<(String, usize)> {
    let words = source.words();
    let mut found = Vec::new();
    let mut pattern_end = 0;
    for (place, word) in words.iter().enumerate() {
        match *word {
            // A pattern: `let … =`, `for … in`, closures' `|…|`.
            "let" => pattern_end = place + words[place..].iter().position(|word| *word == "=").unwrap_or(0),
            "for" => pattern_end = place + words[place..].iter().position(|word| *word == "in").unwrap_or(0).min(20),
            "|" if place >= pattern_end => {
                let end = words[place + 1..].iter().position(|word| *word == "|").filter(|length| *length < 20);
                let opens = matches!(
                    place.checked_sub(1).map(|before| words[before]),
                    Some("(" | "," | "=" | "=>" | "move" | "{" | ";")
                );
                if let Some(length) = end.filter(|_| opens) {
                    pattern_end = place + 1 + length;
                }
            }
            word if PARTICIPLES.contains(&word) => {
                let before = place.checked_sub(1).map_or("", |before| words[before]);
                let next = words.get(place + 1).copied().unwrap_or_default();
                let is_called = matches!(next, "(" | "::" | "!") || matches!(before, "." | "fn" | "::");
                let is_field = next == ":" && before != "?";
                // An arm: `Some(told) =>`.
                let is_arm = matches!(words.get(place + 1..place + 3), Some([")", "=>"]));
                if !is_called && (place < pattern_end || is_field || is_arm) {
                    found.push((word.to_owned(), source.tokens[place].line));
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn a_variable_is_called_after_what_it_holds() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for source in &sources() {
        for (word, line) in participles(source) {
            *counts.entry(word.clone()).or_default() += 1;
            wrong.push(format!("{}: {word}", source.at(line)));
        }
    }
    let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{word} {count}")).collect();
    wrong.extend((!counts.is_empty()).then(|| format!("in all: {}", counts.join(", "))));
    none(&wrong);
}

#[test]
fn types_flags_and_participles_are_found() {
    let text = "pub struct Row<'a> { held: u8, other: bool }\nimpl Iterator for Row { type Item = u8; }\ntrait T { type Y; }\n\
                pub(crate) fn f<F: Fn(bool)>(a: bool, mut told: &u8, g: impl Fn(bool) -> bool, b: &bool) -> bool {\n\
                let (known, x) = given(told.taken);\nmatch x { Some(kept) => kept, None => |taken| taken + 1 }\n}\n\
                fn private(a: bool) {}\n";
    let source = super::source::read("src/x.rs", text);
    let names: Vec<String> = types(&source).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Row", "T"]);
    let flags: Vec<String> = flags(&source).into_iter().map(|(name, flag, _)| format!("{name} {flag}")).collect();
    assert_eq!(flags, ["f a", "f b"]);
    let words: Vec<(String, usize)> = participles(&source);
    let words: Vec<(&str, usize)> = words.iter().map(|(word, line)| (word.as_str(), *line)).collect();
    assert_eq!(words, [("held", 1), ("told", 4), ("known", 5), ("kept", 6), ("taken", 6)]);
}

/// The words of a text that help texts and messages do not use. Placeholders such as `{wanted}` are not part of it.
pub fn foreign_verbs(text: &str) -> Vec<String> {
    let mut sentence = String::new();
    let mut depth = 0;
    let text = text.replace("\\n", " ");
    for letter in text.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth = (depth - 1).max(0),
            _ if depth > 0 => {}
            _ => sentence.extend(letter.to_lowercase()),
        }
    }
    let words = |text: &str| -> Vec<String> {
        text.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let is_foreign = |word: &String| FOREIGN_VERBS.iter().any(|forms| forms.split(' ').any(|form| form == word));
    let mut found: Vec<String> = words(&sentence).into_iter().filter(is_foreign).collect();
    if words(&sentence).join(" ").contains("in the way") {
        found.push("in the way".to_owned());
    }
    found
}

#[test]
fn messages_use_the_verbs_of_the_field() {
    let mut wrong = Vec::new();
    for source in &sources() {
        for literal in &source.strings {
            for word in foreign_verbs(&literal.text) {
                wrong.push(format!("{}: {word}: {}", source.at(literal.line), literal.text));
            }
        }
    }
    none(&wrong);
}

#[test]
fn foreign_verbs_are_found_in_every_form() {
    let found = |text: &str| foreign_verbs(text).join(", ");
    assert_eq!(found("inv log {id} tells once the disk can be read"), "tells");
    assert_eq!(found("which {noun} is not said\\nTake along what hangs from it"), "said, take, hangs");
    assert_eq!(found("Without it every address is in the way"), "in the way");
    assert_eq!(found("this inventory wants a login"), "wants");
    assert_eq!(found("{} is not an {wanted} address; 1 field held; standard mistakes; a hint"), "");
}
