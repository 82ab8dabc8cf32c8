//! `--where` on times, and the places that its errors mark.

use crate::support::{Answer, Sandbox};

/// VMs that were created, by the clock of the inventory, long ago, at the end of May, on 1 June 2026, and today.
fn dated() -> Sandbox {
    let sandbox = Sandbox::estate();
    sandbox.ok(&["vm", "rm", "web01", "web02", "web10", "--yes"]);
    sandbox.file(
        "vms.csv",
        "name,pool,created\nold,prod,2020-02-29T12:00:00Z\nmay,prod,2026-05-31T23:59:59Z\n\
         morning,prod,2026-06-01T00:00:00Z\nevening,prod,2026-06-01T23:59:59Z\n",
    );
    sandbox.ok(&["vm", "import", "vms.csv"]);
    sandbox.ok(&["vm", "add", "new", "--pool", "prod"]);
    sandbox
}

/// The names that a condition matches, in the zone `zone`.
fn matching(sandbox: &Sandbox, zone: &str, term: &str) -> String {
    let output = sandbox
        .command()
        .env("TZ", zone)
        .args(["vm", "list", "-o", "value", "-c", "name", "--where", term])
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{term}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_date_is_its_whole_day_and_a_time_its_second() {
    let sandbox = dated();
    for (term, wanted) in [
        ("created=2026-06-01", "morning evening"),
        ("created!=2026-06-01", "old may new"),
        ("created>=2026-06-01", "morning evening new"),
        ("created>2026-06-01", "new"),
        ("created<2026-06-01", "old may"),
        ("created<=2026-06-01", "old may morning evening"),
        ("created in (2026-05-31, 2020-02-29)", "old may"),
        ("created not in (2026-05-31, 2020-02-29)", "morning evening new"),
        ("not created=2026-06-01 and created>2026-01-01", "may new"),
        ("created=today", "new"),
        ("created=yesterday", ""),
        ("created<today and created>=2026-06-01", "morning evening"),
        ("created=2026-06-01T00:00:00Z", "morning"),
        ("created='2026-06-01 23:59:59'", "evening"),
        // The same moment, by other clocks.
        ("created=2026-06-01T09:00:00+09:00", "morning"),
        ("created>2026-05-31T23:59:59-00:00 and created<2026-06-01T12:00+02:00", "morning"),
        ("created=", ""),
        ("created!=", "old may morning evening new"),
    ] {
        assert_eq!(matching(&sandbox, "UTC", term), wanted, "{term}");
    }
    // Days begin where the clocks of the machine show midnight: in Tokyo nine hours earlier.
    assert_eq!(matching(&sandbox, "Asia/Tokyo", "created=2026-06-01"), "may morning");
    assert_eq!(matching(&sandbox, "Asia/Tokyo", "created=2026-06-02"), "evening");
    assert_eq!(matching(&sandbox, "Asia/Tokyo", "created=2026-06-01T00:00:00Z"), "morning");
}

#[test]
fn an_age_is_the_moment_so_long_ago() {
    let sandbox = dated();
    for (term, wanted) in [
        ("created<30d", "old may morning evening"),
        ("created>=30d", "new"),
        ("created>=30d ago", "new"),
        ("created>=12h", "new"),
        ("created>=90m and created<=now", "new"),
        ("created<1w or name=new", "old may morning evening new"),
        ("created<9999w", ""),
    ] {
        assert_eq!(matching(&sandbox, "UTC", term), wanted, "{term}");
    }
}

#[test]
fn what_is_wrong_in_a_condition_is_marked() {
    let sandbox = dated();
    let times = "(write it as 2026-11-23, 2026-11-23T07:13:00Z, 7d, 12h, yesterday, today or now)";
    for (term, mark, message) in [
        ("created<30x", 8, format!("created: \"30x\" is not a time {times}")),
        ("created>=2026-02-30", 9, format!("created: \"2026-02-30\" is not a time {times}")),
        ("name=old and created in (today, soon)", 32, "created: \"soon\" is not a time (write".to_owned()),
        ("created in (30d, 2026-13-01)", 17, format!("created: \"2026-13-01\" is not a time {times}")),
        ("memory >= 16gx", 10, "memory: \"16gx\" has no known unit".to_owned()),
        ("cpu in (1, two)", 11, "cpu: \"two\" is not a number".to_owned()),
        ("cpus>1", 0, "vm has no column \"cpus\"".to_owned()),
        ("name=old or (cpus>1)", 13, "vm has no column \"cpus\"".to_owned()),
        ("status=runnin", 7, "status: \"runnin\" is not a status".to_owned()),
        ("owner='nobody here'", 6, "no user named \"nobody here\"".to_owned()),
        ("name=~^a(b", 8, "\"^a(b\" is not a regular expression: unclosed group".to_owned()),
        ("name=~'^it''s [z-a]$'", 15, "\"^it's [z-a]$\" is not a regular expression: ".to_owned()),
        ("name=>a", 5, "the value begins with an operator sign".to_owned()),
    ] {
        let answer = sandbox.run(&["vm", "list", "--where", term]);
        assert!([1, 2, 3].contains(&answer.status) && answer.stdout.is_empty(), "{answer}");
        assert!(answer.stderr.starts_with(&format!("error: {message}")), "{answer}");
        assert!(answer.stderr.contains(&format!("\n  {term}\n  {}^\n", " ".repeat(mark))), "{term}\n{answer}");
    }
    // Columns that a command computes have the same grammar.
    assert_eq!(
        sandbox.run(&["usage", "--where", "vms>=1 and memory.free<1gx"]),
        Answer {
            status: 1,
            stdout: String::new(),
            stderr: "error: memory.free: \"1gx\" has no known unit (did you mean \"1 GB\"?)\n  vms>=1 and \
                     memory.free<1gx\n                         ^\n"
                .to_owned(),
        }
    );
}
