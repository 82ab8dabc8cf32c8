//! The pages of the project: what they link to is there, and they name nothing that a reader does not have.

use crate::support::Sandbox;
use std::path::{Path, PathBuf};

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the project: what stands in the repository, built things and git's own apart.
fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![repository().to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the project") {
            let path = entry.expect("a file").path();
            let name = path.strip_prefix(repository()).expect("a path below the repository");
            let is_ours = !["target", ".git", "fuzz/target"].iter().any(|other| name == Path::new(other));
            match path.is_dir() {
                true if is_ours => waiting.push(path),
                false if is_ours => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.strip_prefix(repository()).expect("a path below the repository").display().to_string()
}

/// The text of a page without what it shows as code.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let prose = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    prose.collect::<Vec<&str>>().join("\n")
}

/// The pages in Markdown, without what they show as code.
pub fn pages() -> Vec<(PathBuf, String)> {
    let pages: Vec<(PathBuf, String)> = files()
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a page in UTF-8");
            (path, prose(&text))
        })
        .collect();
    assert!(pages.len() > 5, "only {} pages were found", pages.len());
    pages
}

/// What a page links to.
pub fn links(text: &str) -> Vec<&str> {
    text.match_indices("](").filter_map(|(at, mark)| text[at + mark.len()..].split(')').next()).collect()
}

/// The anchor that a heading gets where pages are read.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

fn anchors(text: &str) -> Vec<String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#'))).collect()
}

#[test]
fn every_link_of_the_pages_leads_somewhere() {
    let mut wrong = Vec::new();
    let mut followed = 0;
    for (path, text) in pages() {
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            followed += 1;
            let (file, part) = link.split_once('#').map_or((link, None), |(file, part)| (file, Some(part)));
            let target = if file.is_empty() { path.clone() } else { path.with_file_name("").join(file) };
            if !target.exists() {
                wrong.push(format!("{}: {link} is not there", name(&path)));
            } else if let Some(part) = part {
                let text = std::fs::read_to_string(&target).expect("a page in UTF-8");
                if !anchors(&prose(&text)).iter().any(|known| known == part) {
                    wrong.push(format!("{}: {link} has no such heading", name(&path)));
                }
            }
        }
    }
    assert!(followed > 10, "only {followed} links were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The hosts that the project's files may name: public ones that a reader can open.
const HOSTS: &[&str] = &[
    "github.com",
    "keepachangelog.com",
    "json-schema.org",
    "semver.org",
    "www.apache.org",
    "www.rfc-editor.org",
    "www.sqlite.org",
    "docs.rs",
    "example.com",
    "example.org",
    "schemas.openxmlformats.org",
    "schemas.microsoft.com",
    "www.w3.org",
];

#[test]
fn no_file_names_a_host_or_a_folder_that_only_one_machine_has() {
    // Put together here, so that this file does not hold them itself.
    let folders: Vec<String> = ["work", "root"].iter().map(|folder| format!("/{folder}/")).collect();
    let mut wrong = Vec::new();
    for path in files() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for (number, line) in (1..).zip(text.lines()) {
            for (at, mark) in line.match_indices("://") {
                let before = line[..at].rsplit(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
                let host = line[at + mark.len()..].split(|l: char| !(l.is_ascii_alphanumeric() || "-.".contains(l)));
                let host = host.into_iter().next().unwrap_or_default().trim_end_matches('.');
                if matches!(before, "http" | "https" | "ftp" | "git") && host.contains('.') && !HOSTS.contains(&host) {
                    wrong.push(format!("{}:{number}: names the host {host}", name(&path)));
                }
            }
            for folder in &folders {
                let is_own = |at: usize| {
                    let before = line[..at].chars().next_back();
                    before.is_none_or(|letter| !letter.is_alphanumeric() && !"./~_-*}])$".contains(letter))
                };
                if line.match_indices(folder.as_str()).any(|(at, _)| is_own(at)) {
                    wrong.push(format!("{}:{number}: names the folder {folder}", name(&path)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the page on CSV says of one file: its header as it is exported, and the columns that it may have.
fn described(page: &str, file: &str) -> (String, Vec<String>) {
    let (_, part) = page.split_once(&format!("\n### `{file}`\n")).unwrap_or_else(|| panic!("the page lacks {file}"));
    let part = part.split("\n### ").next().expect("a part");
    let (_, header) = part.split_once("```csv\n").expect("a header");
    let columns = part.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).map(str::to_owned);
    (header.lines().next().expect("a line").to_owned(), columns.collect())
}

#[test]
fn the_page_on_csv_has_the_columns_of_every_file() {
    let page = std::fs::read_to_string(repository().join("docs/csv-format.md")).expect("the page on CSV");
    let sandbox = Sandbox::empty();
    let folder = sandbox.path().join("export");
    sandbox.ok(&["export", folder.to_str().expect("UTF-8")]);
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).expect("the export") {
        let path = entry.expect("a file").path();
        let file = path.file_name().and_then(|name| name.to_str()).expect("UTF-8").to_owned();
        let exported = std::fs::read_to_string(&path).expect("CSV");
        let (header, columns) = described(&page, &file);
        assert_eq!(Some(header.as_str()), exported.lines().next(), "{file}");
        let empty = sandbox.file("empty.csv", "");
        let noun = file.strip_suffix("es.csv").filter(|noun| *noun == "os").unwrap_or(file.trim_end_matches("s.csv"));
        let refused = sandbox.run(&[noun, "import", &empty]);
        let wanted = refused.stderr.lines().find_map(|line| line.strip_prefix("help: the expected header is "));
        let of_links = ["source-records.csv", "field-owners.csv"];
        let wanted = if of_links.contains(&file.as_str()) { exported.lines().next() } else { wanted };
        assert_eq!(Some(columns.join(",").as_str()), wanted, "{file}");
        files += 1;
    }
    assert_eq!(files, page.matches("\n### `").count(), "the page has files that are not exported");
}

#[test]
fn a_header_is_looked_at_even_where_no_row_follows_it() {
    let sandbox = Sandbox::empty();
    let file = sandbox.file("vms.csv", "name,pool,colour\n");
    let refused = sandbox.run(&["vm", "import", &file]);
    assert_eq!(refused.status, 1, "{refused}");
    assert!(refused.stderr.contains("vms.csv:1: \"colour\" is not a column of VMs"), "{refused}");
    let file = sandbox.file("vms.csv", "name,pool\n");
    assert_eq!(sandbox.run(&["vm", "import", &file]).status, 0);
}
