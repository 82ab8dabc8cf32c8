//! `docs/` as a book: its contents are complete, its pages link to nothing outside it, and decisions are dated.

use crate::documents::{links, pages, repository};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

const SUMMARY: &str = "SUMMARY.md";

/// Returns the pages below `docs/`, each by its path there, without what they show as code.
fn book() -> BTreeMap<PathBuf, String> {
    let docs = repository().join("docs");
    let below = |(path, text): (PathBuf, String)| Some((path.strip_prefix(&docs).ok()?.to_owned(), text));
    pages().into_iter().filter_map(below).collect()
}

/// Returns the title of a page as plain text.
fn title(page: &str) -> String {
    let heading = page.lines().next().and_then(|line| line.strip_prefix("# "));
    heading.expect("a page that begins with its title").replace('`', "")
}

/// Returns the target of a link of `page`, without `.` and `..`; `None` if it is outside the book.
fn target(page: &Path, link: &str) -> Option<PathBuf> {
    let mut target = PathBuf::new();
    for part in page.with_file_name(link).components() {
        match part {
            Component::ParentDir if !target.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            part => target.push(part),
        }
    }
    Some(target)
}

#[test]
fn the_contents_of_the_book_have_every_page_once_under_its_title() {
    let mut book = book();
    let summary = book.remove(Path::new(SUMMARY)).expect("the contents of the book");
    let mut listed: Vec<(PathBuf, String)> = summary
        .lines()
        .filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix('[')?.strip_suffix(')')?.split_once("]("))
        .map(|(title, link)| (PathBuf::from(link), title.to_owned()))
        .collect();
    listed.sort();
    let written: Vec<(PathBuf, String)> = book.iter().map(|(path, page)| (path.clone(), title(page))).collect();
    assert!(written.len() > 40, "only {} pages were found", written.len());
    assert_eq!(listed, written, "docs/{SUMMARY} and the pages of docs/ differ");
}

#[test]
fn the_pages_of_the_book_link_to_files_of_the_book_only() {
    let book = book();
    let mut wrong = Vec::new();
    let mut followed = 0;
    for (path, page) in &book {
        for link in links(page).into_iter().filter(|link| !link.contains("://") && !link.starts_with('#')) {
            followed += 1;
            let file = link.split('#').next().unwrap_or_default();
            let is_there = target(path, file).is_some_and(|target| match target.extension() {
                Some(extension) if extension == "md" => book.contains_key(&target),
                _ => repository().join("docs").join(target).is_file(),
            });
            if !is_there {
                wrong.push(format!("docs/{}: {link} is not a file of the book", path.display()));
            }
        }
    }
    assert!(followed > 100, "only {followed} links were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_guide_introduces_every_noun_and_every_verb() {
    let book = book();
    let guide = &book[Path::new("guide.md")];
    let (_, chapter) = guide.split_once("## Nouns and verbs").expect("the chapter on nouns and verbs");
    let rows: Vec<&str> = chapter.lines().filter(|line| line.starts_with("| `")).collect();
    let words: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.split(" | ").next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    let nouns = book.keys().filter_map(|path| path.strip_prefix("reference").ok()?.file_stem()?.to_str());
    for noun in nouns.filter(|name| !["README", "commands"].contains(name)) {
        assert!(words.contains(&noun), "the guide does not introduce the noun {noun}");
    }
    for verb in
        book[Path::new("reference/provider.md")].lines().filter_map(|line| line.strip_prefix("## `inv provider "))
    {
        assert!(words.contains(&verb.trim_end_matches('`')), "the guide does not introduce the verb {verb}");
    }
}

/// Returns true if a status begins with its word and the date of the decision: `Accepted, 2026-11-23`.
fn is_dated(status: &str) -> bool {
    let date = status.split(';').next().and_then(|first| first.strip_prefix("Accepted, ")).unwrap_or_default();
    date.len() == "2026-11-23".len() && date.parse::<jiff::civil::Date>().is_ok()
}

#[test]
fn decisions_are_listed_under_their_numbers_with_title_status_and_date() {
    let book = book();
    let mut written = Vec::new();
    for (path, page) in &book {
        let Ok(file) = path.strip_prefix("decisions") else { continue };
        let file = file.to_str().expect("UTF-8");
        if file == "README.md" {
            continue;
        }
        let (heading, rest) = page.split_once("\n\n").expect("a title");
        let (number, title) = heading.trim_start_matches("# ").split_once(". ").expect("a number and a title");
        assert_eq!(file.split('-').next(), Some(format!("{number:0>4}").as_str()), "{file} has another number");
        let status = rest.lines().next().and_then(|line| line.strip_suffix('.')).unwrap_or_default();
        assert!(is_dated(status), "{file} begins with no status and date: Accepted, 2026-11-23.");
        written.push((number.to_owned(), file.to_owned(), title.to_owned(), status.to_owned()));
    }
    assert!(written.len() > 30, "only {} decisions were found", written.len());
    let table = &book[Path::new("decisions/README.md")];
    let mut listed: Vec<(String, String, String, String)> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| [")?.strip_suffix(" |")?.split_once("]("))
        .map(|(number, rest)| {
            let (file, rest) = rest.split_once(") | ").expect("a link");
            let (title, status) = rest.rsplit_once(" | ").expect("a title and a status");
            (number.to_owned(), file.to_owned(), title.to_owned(), status.to_owned())
        })
        .collect();
    listed.sort();
    written.sort();
    let mut numbers: Vec<&String> = written.iter().map(|(number, ..)| number).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), written.len(), "two decisions have one number");
    assert_eq!(listed, written, "docs/decisions/README.md and the decisions differ");
}
