//! The estate as one page.

use crate::support::Sandbox;
use crate::usage::estate;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

fn page(sandbox: &Sandbox) -> String {
    let path = sandbox.path().join("estate.html");
    sandbox.ok(&["report", path.to_str().expect("UTF-8")]);
    std::fs::read_to_string(path).expect("the page")
}

#[test]
fn the_page_is_written_for_its_owner_alone_and_as_a_whole() {
    let sandbox = estate();
    let path = sandbox.file("estate.html", "what was there before");
    let answer = sandbox.run(&["report", &path]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, ""), "{answer}");
    assert_eq!(answer.stderr, format!("wrote {path}\n"));
    let written = std::fs::read_to_string(&path).expect("the page");
    assert!(written.starts_with("<!DOCTYPE html>") && written.ends_with("</html>\n"));
    assert_eq!(std::fs::metadata(&path).expect("the page").permissions().mode() & 0o777, 0o600);
    let names = std::fs::read_dir(sandbox.path()).expect("the folder").count();
    assert_eq!(names, 2, "the inventory and the page, and nothing left behind");
    assert_eq!(sandbox.ok(&["report", "-"]).len(), written.len());
}

#[test]
fn every_vm_stands_in_the_table_and_no_text_of_the_data_is_markup() {
    let sandbox = estate();
    let hostile = "<script>alert('1')</script>\"&x";
    sandbox.ok(&["user", "add", hostile]);
    sandbox.ok(&[
        "vm",
        "add",
        "<img src=x onerror=alert(1)>",
        "--pool",
        "prod",
        "--owner",
        hostile,
        "--custom-os",
        hostile,
    ]);
    sandbox.ok(&["pool", "add", "</svg><b>bold", "--dc", "tokyo", "--memory", "1GiB", "--cpu", "1"]);
    let page = page(&sandbox);
    assert_eq!(page.matches("<tr>").count(), 1 + 8, "a header and eight VMs");
    assert_eq!(page.matches("<script").count(), 1, "the page's own");
    for markup in ["<img", "</svg><b", "<b>bold"] {
        assert!(!page.contains(markup), "{markup}");
    }
    let owner = "<td>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;x</td>";
    assert_eq!(page.matches(owner).count(), 2, "as the owner and as the operating system");
    assert!(page.contains("&lt;/svg&gt;&lt;b&gt;bold"), "in the plot");
}

#[test]
fn the_page_loads_nothing_and_runs_its_own_script_alone() {
    let sandbox = estate();
    let page = page(&sandbox);
    for word in ["src=", "href=", "url(", "@import", "fetch(", "XMLHttpRequest", "https:"] {
        assert!(!page.contains(word), "{word}");
    }
    assert_eq!(page.matches("http:").count(), page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count());
    let script = page.split_once("<script>").and_then(|(_, rest)| rest.split_once("</script>")).expect("a script").0;
    let allowed = page.split_once("script-src 'sha256-").and_then(|(_, rest)| rest.split_once('\'')).expect("a hash").0;
    assert_eq!(allowed, base64(&sha256(script)));
}

/// The digest as `sha256sum` computes it.
fn sha256(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut child =
        Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("sha256sum is installed");
    child.stdin.take().expect("its input").write_all(text.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("its answer");
    let digits = String::from_utf8(output.stdout).expect("hexadecimal");
    (0..64).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("two digits")).collect()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let number = (0..3).fold(0_usize, |sum, at| sum << 8 | usize::from(part.get(at).copied().unwrap_or(0)));
        for place in 0..4 {
            let letter = char::from(LETTERS[number >> (18 - 6 * place) & 63]);
            text.push(if place <= part.len() { letter } else { '=' });
        }
    }
    text
}

#[test]
fn the_title_is_set_by_an_option_and_escaped() {
    let sandbox = estate();
    assert!(sandbox.ok(&["report", "-"]).contains("<title>VM estate</title>"));
    let page = sandbox.ok(&["report", "-", "--title", "Tokyo & <Osaka>"]);
    for element in ["title", "h1"] {
        assert!(page.contains(&format!("<{element}>Tokyo &amp; &lt;Osaka&gt;</{element}>")), "{element}");
    }
    assert!(!page.contains("<Osaka>"));
}

#[test]
fn storage_and_growth_are_plotted() {
    let sandbox = estate();
    let page = page(&sandbox);
    let plot = |title: &str| {
        let (_, behind) = page.split_once(&format!("<h2>{title}</h2>")).unwrap_or_else(|| panic!("no {title}"));
        behind.split_once("</svg>").expect("a plot").0.to_owned()
    };
    let storage = plot("Fullest storage devices");
    // san1: 100 GiB and 0.5 TB (465.66 GiB) of 5 TiB; tape has no capacity.
    assert!(storage.contains("AWS/tokyo/prod/san1") && storage.contains("566 GiB of 5 TiB, 11.0%"), "{storage}");
    assert!(!storage.contains("tape"));
    // All seven were created in one month: the line begins in the month before.
    assert!(plot("VMs at the end of each month").contains("<polyline"));
}

/// What the page's script makes of its table: `node` runs it on rows of names and amounts.
#[test]
fn a_click_on_a_header_sorts_by_meaning_and_a_second_one_the_other_way() {
    let sandbox = Sandbox::empty();
    for line in [
        "provider add p",
        "dc add d --provider p",
        "pool add x --dc d",
        "vm add web10 --pool x --memory 512MiB",
        "vm add web2 --pool x --memory 2GiB",
        "vm add web1 --pool x",
    ] {
        sandbox.ok(&line.split_whitespace().collect::<Vec<_>>());
    }
    let page = page(&sandbox);
    for header in ["VM", "Pool", "Status", "CPUs", "Memory", "Disk", "Operating system", "Addresses", "Owner"] {
        assert!(page.contains(&format!("<button type=\"button\">{header}</button></th>")), "{header}");
    }
    assert!(page.contains("data-n=\"536870912\">512 MiB</td>"), "bytes to sort by");
    let harness = sandbox.file("harness.js", include_str!("data/page_harness.js"));
    let file = sandbox.file("page.html", &page);
    let output = Command::new("node").args([&harness, &file]).output().expect("node is installed");
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        told,
        "none web10 web2 web1\n\
         VM ascending web1 web2 web10\n\
         VM descending web10 web2 web1\n\
         Memory ascending web10 web2 web1\n\
         Memory descending web2 web10 web1\n"
    );
}

#[test]
fn a_phone_scrolls_to_every_column_and_print_keeps_the_bars() {
    let page = page(&estate());
    let (screen, print) = page.split_once("@media print").expect("rules for print");
    assert!(
        !screen.contains("display: none") && screen.contains(".scroll { overflow-x: auto; }"),
        "no column is hidden"
    );
    assert!(print.contains(".meter i, svg { -webkit-print-color-adjust: exact; print-color-adjust: exact; }"));
}

#[test]
fn a_limit_says_how_many_vms_are_left_out() {
    let sandbox = estate();
    let path = sandbox.path().join("some.html");
    let answer = sandbox.run(&["report", path.to_str().expect("UTF-8"), "--limit", "3"]);
    assert!(answer.stderr.ends_with("skipped 4 VMs in the table: raise the limit with --limit N\n"), "{answer}");
    let page = std::fs::read_to_string(path).expect("the page");
    assert_eq!(page.matches("<tr>").count(), 1 + 3);
    assert!(page.contains("<p>The first 3 of 7 VMs.</p>"));
}

#[test]
fn refuses_to_write_over_the_inventory_or_where_there_is_no_folder() {
    let sandbox = estate();
    let before = sandbox.exported();
    let answer = sandbox.run(&["report", "inv.db"]);
    assert_eq!((answer.status, answer.stdout.as_str()), (2, ""));
    assert_eq!(
        answer.stderr,
        "error: \"inv.db\" is the inventory itself\nhelp: pass another file, such as report.html\n"
    );
    assert_eq!(sandbox.exported(), before);
    let answer = sandbox.run(&["report", "nowhere/x.html"]);
    assert_eq!(answer.status, 1);
    assert_eq!(answer.stderr, "error: cannot write nowhere/x.html: no such file or directory\n");
}

#[test]
fn an_empty_inventory_has_a_page_too() {
    let page = page(&Sandbox::empty());
    assert!(page.contains("<b>0</b> VMs"));
    assert_eq!(page.matches("<tr>").count(), 1);
}
