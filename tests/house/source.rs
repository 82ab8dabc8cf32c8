//! A source of `src` cut into tokens, string literals and doc comments: what the tests of the house look at.

use std::collections::BTreeSet;
use std::path::Path;

/// An identifier, `::`, `->`, `=>`, or a single other character of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub line: usize,
    pub text: String,
}

/// A string literal or the first line of a doc comment.
#[derive(Debug, Clone)]
pub struct Text {
    pub line: usize,
    pub text: String,
}

/// A source without its tests.
#[derive(Debug)]
pub struct Source {
    /// Its path from the repository on, such as `src/store/plan.rs`.
    pub name: String,
    pub tokens: Vec<Token>,
    pub strings: Vec<Text>,
    pub docs: Vec<Text>,
}

impl Source {
    /// The tokens' texts.
    pub fn words(&self) -> Vec<&str> {
        self.tokens.iter().map(|token| token.text.as_str()).collect()
    }

    /// `FILE:LINE`, for a list of failures.
    pub fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.name)
    }
}

/// Reads all sources of `src`, without test modules and items that only tests are compiled with.
pub fn sources() -> Vec<Source> {
    let mut test_files = BTreeSet::new();
    let mut sources: Vec<Source> = super::sources("src")
        .into_iter()
        .map(|(name, text)| {
            let mut source = read(&name, &text);
            remove_tests(&mut source, &mut test_files);
            source
        })
        .collect();
    sources.retain(|source| {
        let path = Path::new(&source.name).with_extension("");
        !path.ancestors().any(|ancestor| test_files.contains(&ancestor.display().to_string()))
    });
    sources
}

/// Cuts a text into tokens, string literals and doc comments.
pub fn read(name: &str, text: &str) -> Source {
    let mut source = Source { name: name.to_owned(), tokens: Vec::new(), strings: Vec::new(), docs: Vec::new() };
    let letters: Vec<char> = text.chars().collect();
    let (mut at, mut line) = (0, 1);
    // The marker and the line of the last doc comment: the next line with that marker goes on with it.
    let mut last_doc = (String::new(), 0);
    let rest = |at: usize, word: &str| word.chars().enumerate().all(|(i, letter)| letters.get(at + i) == Some(&letter));
    while let Some(letter) = letters.get(at).copied() {
        if rest(at, "//") {
            let end = (at..letters.len()).find(|end| letters[*end] == '\n').unwrap_or(letters.len());
            let comment: String = letters[at..end].iter().collect();
            let is_doc = comment.starts_with("//!") || comment.starts_with("///") && !comment.starts_with("////");
            if is_doc {
                let doc = (comment[..3].to_owned(), line);
                if last_doc != (doc.0.clone(), line - 1) {
                    source.docs.push(Text { line, text: comment[3..].trim().to_owned() });
                }
                last_doc = doc;
            }
            at = end;
        } else if rest(at, "/*") {
            let mut depth = 0;
            while at < letters.len() {
                if rest(at, "/*") {
                    (depth, at) = (depth + 1, at + 2);
                } else if rest(at, "*/") {
                    (depth, at) = (depth - 1, at + 2);
                } else {
                    line += usize::from(letters[at] == '\n');
                    at += 1;
                }
                if depth == 0 {
                    break;
                }
            }
        } else if let Some((hashes, begin)) = raw_string(&letters, at) {
            let close: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
            let end = (begin..letters.len()).find(|end| rest(*end, &close)).expect("the end of a raw string");
            source.strings.push(Text { line, text: letters[begin..end].iter().collect() });
            line += letters[begin..end].iter().filter(|letter| **letter == '\n').count();
            at = end + close.len();
        } else if letter == '"' {
            let begin = line;
            let mut literal = String::new();
            at += 1;
            while letters[at] != '"' {
                if rest(at, "\\\n") {
                    // A line that goes on: the blanks at the beginning of the next are no part of the literal.
                    line += 1;
                    at = (at + 2..letters.len()).find(|at| !letters[*at].is_whitespace()).unwrap_or(letters.len());
                    continue;
                }
                if letters[at] == '\\' {
                    literal.push(letters[at]);
                    at += 1;
                }
                line += usize::from(letters[at] == '\n');
                literal.push(letters[at]);
                at += 1;
            }
            at += 1;
            source.strings.push(Text { line: begin, text: literal });
        } else if letter == '\'' && (rest(at + 1, "\\") || letters.get(at + 2) == Some(&'\'')) {
            at += if rest(at + 1, "\\") { 3 } else { 2 };
            while letters[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else if letter.is_alphanumeric() || letter == '_' {
            let is_part = |letter: &char| letter.is_alphanumeric() || *letter == '_';
            let word: String = letters[at..].iter().take_while(|letter| is_part(letter)).collect();
            at += word.chars().count();
            source.tokens.push(Token { line, text: word });
        } else {
            let pair = ["::", "->", "=>", "=="].into_iter().find(|pair| rest(at, pair));
            let word = pair.map_or_else(|| letter.to_string(), str::to_owned);
            at += word.len().max(1).min(if pair.is_some() { 2 } else { 1 });
            line += usize::from(letter == '\n');
            if !letter.is_whitespace() {
                source.tokens.push(Token { line, text: word });
            }
        }
    }
    source
}

/// The number of `#` and the beginning of the content, where a raw string begins.
fn raw_string(letters: &[char], at: usize) -> Option<(usize, usize)> {
    let is_part = |letter: &char| letter.is_alphanumeric() || *letter == '_';
    if at > 0 && letters.get(at - 1).is_some_and(is_part) {
        return None;
    }
    let begin = at + usize::from(letters.get(at) == Some(&'b'));
    if letters.get(begin) != Some(&'r') {
        return None;
    }
    let hashes = letters[begin + 1..].iter().take_while(|letter| **letter == '#').count();
    (letters.get(begin + 1 + hashes) == Some(&'"')).then_some((hashes, begin + hashes + 2))
}

/// The place behind the bracket that closes the one at `open`.
pub fn behind(words: &[&str], open: usize) -> usize {
    let mut depth = 0;
    for (place, word) in words.iter().enumerate().skip(open) {
        match *word {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place + 1;
        }
    }
    words.len()
}

/// Removes each item behind `#[cfg(test)]`; files of such modules go to `test_files`, without their extension.
fn remove_tests(source: &mut Source, test_files: &mut BTreeSet<String>) {
    let mut removed: Vec<(usize, usize)> = Vec::new();
    let words = source.words();
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut place = 0;
    while place < words.len() {
        if !words[place..].starts_with(&mark) {
            place += 1;
            continue;
        }
        let begin = place;
        place += mark.len();
        while words.get(place) == Some(&"#") {
            place = behind(&words, place + 1);
        }
        let name = words[place..].iter().position(|word| *word == "mod").filter(|distance| *distance < 5);
        if let Some(distance) = name
            && words.get(place + distance + 2) == Some(&";")
        {
            let folder = Path::new(&source.name).with_extension("");
            test_files.insert(folder.join(words[place + distance + 1]).display().to_string());
        }
        while !matches!(words.get(place), Some(&";" | &"{") | None) {
            place = if matches!(words[place], "(" | "[") { behind(&words, place) } else { place + 1 };
        }
        place = if words.get(place) == Some(&"{") { behind(&words, place) } else { place + 1 };
        removed.push((begin, place.min(words.len())));
    }
    for (begin, end) in removed.into_iter().rev() {
        let (first, last) = (source.tokens[begin].line, source.tokens[end - 1].line);
        source.tokens.drain(begin..end);
        source.strings.retain(|text| !(first..=last).contains(&text.line));
        source.docs.retain(|text| !(first..=last).contains(&text.line));
    }
}

#[test]
fn a_source_is_cut_into_tokens_strings_and_doc_comments() {
    let text = "//! Why.\n/// What it\n/// is.\nfn f<'a>(c: char) -> &'a str {\n    let x = '\"'; /* \"no\" */ \
                r#\"a \"b\" c\"#; \"d \\\n   e\\\"\"\n}\n#[cfg(test)]\nmod tests {\n    /// No.\n    fn g() { \"h\" }\n}\n";
    let mut source = read("src/x.rs", text);
    remove_tests(&mut source, &mut BTreeSet::new());
    let strings: Vec<&str> = source.strings.iter().map(|text| text.text.as_str()).collect();
    assert_eq!(strings, ["a \"b\" c", "d e\\\""]);
    let docs: Vec<&str> = source.docs.iter().map(|text| text.text.as_str()).collect();
    assert_eq!(docs, ["Why.", "What it"]);
    assert_eq!(source.words().join(" "), "fn f < ' a > ( c : char ) -> & ' a str { let x = ; ; }");
    assert_eq!(source.tokens.last().map(|token| token.line), Some(7));
}
