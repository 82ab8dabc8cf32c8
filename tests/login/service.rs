//! The mode in which roles bind: the inventory of a service account, and operators who come through `sudo`.
//!
//! The service account is a user without a name here, and `setpriv` runs `inv` as it with what `sudo` sets. Only root
//! can do that.

use super::PASSWORD;
use crate::support::{Answer, Sandbox, answer};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The service account, and two operators.
const SERVICE: u32 = 64_201;
const ALICE: u32 = 64_202;
const BOB: u32 = 64_203;

struct Service {
    sandbox: Sandbox,
    program: PathBuf,
}

impl Service {
    /// A folder of the service account, with the program in it; nothing where this is not run by root.
    fn new() -> Option<Self> {
        if !nix::unistd::getuid().is_root() {
            let _ = writeln!(std::io::stderr(), "not run: only root can run inv as a second user of the system");
            return None;
        }
        let sandbox = Sandbox::bare();
        let program = sandbox.program_for_others();
        chown(sandbox.path(), SERVICE);
        Some(Self { sandbox, program })
    }

    /// What `sudo -u SERVICE inv …` runs for an operator; `None` is the account itself, without `sudo`.
    fn run(&self, uid: u32, behind: Option<u32>, arguments: &[&str], input: &str) -> Answer {
        let like = self.sandbox.command();
        let mut command = Command::new("setpriv");
        command.env_clear().envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.args([format!("--reuid={uid}"), format!("--regid={uid}")]).arg("--clear-groups").arg(&self.program);
        command.args(arguments).current_dir("/");
        if let Some(behind) = behind {
            command.env("SUDO_UID", behind.to_string()).env("SUDO_USER", "anything");
        }
        let given = self.sandbox.file("input", input);
        command.stdin(std::fs::File::open(given).expect("the input"));
        answer(&mut command)
    }

    fn ok(&self, behind: u32, arguments: &[&str], input: &str) -> String {
        let answer = self.run(SERVICE, Some(behind), arguments, input);
        assert_eq!(answer.status, 0, "{arguments:?}: {answer}");
        answer.stdout
    }
}

fn chown(path: &Path, uid: u32) {
    std::os::unix::fs::chown(path, Some(uid), Some(uid)).expect("another owner");
}

#[test]
fn operators_who_share_a_service_account_have_sessions_of_their_own() {
    let Some(service) = Service::new() else { return };
    service.ok(ALICE, &["init"], "");
    service.ok(ALICE, &["login-user", "add", "alice", "--password-stdin"], PASSWORD);
    service.ok(ALICE, &["login", "alice", "--password-stdin"], PASSWORD);
    service.ok(ALICE, &["login-user", "add", "bob", "--role", "viewer", "--password-stdin"], PASSWORD);
    service.ok(ALICE, &["provider", "add", "AWS"], "");
    let refused = |answer: &Answer, line: &str| {
        assert_eq!(answer.status, 5, "{answer}");
        assert!(answer.stderr.starts_with(line), "{answer}");
    };
    let nobody = "error: login required: run `inv login`";
    refused(&service.run(SERVICE, Some(BOB), &["provider", "list"], ""), nobody);
    refused(&service.run(SERVICE, None, &["provider", "list"], ""), nobody);
    service.ok(BOB, &["login", "bob", "--password-stdin"], PASSWORD);
    let told: serde_json::Value = serde_json::from_str(&service.ok(BOB, &["whoami", "-o", "json"], "")).expect("JSON");
    assert_eq!((told["username"].as_str(), told["os_user"].as_str()), (Some("bob"), Some("uid 64203")));
    refused(
        &service.run(SERVICE, Some(BOB), &["provider", "add", "Azure"], ""),
        "error: bob is a viewer and may not change the inventory",
    );
    // Even who gets hold of another operator's file cannot use it: the session is bound to the user of the system.
    let folder = service.sandbox.path().join(".local/state/inv");
    let file = |uid: u32| {
        let mut files = std::fs::read_dir(&folder).expect("the sessions").map(|file| file.expect("a file").path());
        let begin = format!("session-{uid}-");
        files.find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&begin)))
    };
    let (of_alice, of_bob) = (file(ALICE).expect("of alice"), file(BOB).expect("of bob"));
    let secret = std::fs::read(of_alice).expect("a secret");
    std::fs::write(of_bob, secret).expect("the file");
    refused(&service.run(SERVICE, Some(BOB), &["provider", "list"], ""), "error: the session has ended");
    // History knows both names of who did it.
    let change = service.ok(ALICE, &["log", "--limit", "1", "-o", "json"], "");
    assert!(change.contains("alice"), "{change}");
    let kept: String = rusqlite::Connection::open(service.sandbox.database())
        .and_then(|inventory| {
            let sql = "SELECT login_user || ', ' || os_user FROM change ORDER BY change_id DESC LIMIT 1";
            inventory.query_row(sql, [], |row| row.get(0))
        })
        .expect("a change");
    assert_eq!(kept, "alice, uid 64202");
}

#[test]
fn an_operator_cannot_open_the_inventory_of_a_service_account_otherwise() {
    let Some(service) = Service::new() else { return };
    service.ok(ALICE, &["init"], "");
    std::fs::set_permissions(service.sandbox.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("its mode");
    let answer = service.run(ALICE, None, &["provider", "list"], "");
    assert_eq!((answer.status, answer.stdout.as_str()), (6, ""), "{answer}");
    assert!(answer.stderr.starts_with("error: cannot open "), "{answer}");
}

#[test]
fn sudo_is_not_believed_of_somebody_who_does_not_own_the_inventory() {
    let Some(service) = Service::new() else { return };
    service.ok(ALICE, &["init"], "");
    // A file that a group may write, of another owner.
    let database = service.sandbox.database();
    std::fs::set_permissions(service.sandbox.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .expect("its mode");
    std::fs::set_permissions(&database, std::os::unix::fs::PermissionsExt::from_mode(0o666)).expect("its mode");
    let added = service.run(BOB, Some(ALICE), &["provider", "add", "AWS"], "");
    assert_eq!(added.status, 0, "{added}");
    let inventory = rusqlite::Connection::open(database).expect("the inventory");
    let sql = "SELECT os_user FROM change ORDER BY change_id DESC LIMIT 1";
    let by: String = inventory.query_row(sql, [], |row| row.get(0)).expect("a change");
    assert_eq!(by, "uid 64203");
}

#[test]
fn what_a_service_account_writes_for_an_operator_replaces_nothing() {
    let Some(service) = Service::new() else { return };
    service.ok(ALICE, &["init"], "");
    service.ok(ALICE, &["provider", "add", "AWS"], "");
    let database = service.sandbox.database();
    let path = database.to_str().expect("UTF-8");
    let before = std::fs::read(&database).expect("the inventory");
    let bad = service.sandbox.file("bad.csv", "name\n\u{7}\n");
    let answer = service.run(SERVICE, Some(BOB), &["provider", "import", &bad, "--rejects", path], "");
    assert_eq!(answer.status, 2, "{answer}");
    assert_eq!(std::fs::read(&database).expect("the inventory"), before);
    let kept = service.sandbox.file("kept.csv", "of the account\n");
    chown(Path::new(&kept), SERVICE);
    let answer = service.run(SERVICE, Some(BOB), &["provider", "import", &bad, "--rejects", &kept], "");
    assert_eq!(answer.status, 1, "{answer}");
    assert_eq!(std::fs::read_to_string(&kept).expect("the file"), "of the account\n");
    let page = service.sandbox.path().join("page.html");
    let page = page.to_str().expect("UTF-8");
    service.ok(BOB, &["report", page], "");
    assert_eq!(service.run(SERVICE, Some(BOB), &["report", page], "").status, 1);
    assert_eq!(service.run(SERVICE, None, &["report", page], "").status, 0, "the account itself may");
}

#[test]
fn a_session_file_of_another_user_is_not_believed() {
    let Some(service) = Service::new() else { return };
    service.ok(ALICE, &["init"], "");
    service.ok(ALICE, &["login-user", "add", "alice", "--password-stdin"], PASSWORD);
    service.ok(ALICE, &["login", "alice", "--password-stdin"], PASSWORD);
    let folder = service.sandbox.path().join(".local/state/inv");
    let file = std::fs::read_dir(folder).expect("the sessions").next().expect("one").expect("a file").path();
    chown(&file, BOB);
    // Root reads what is of others; that does not make it believe it.
    for uid in [SERVICE, 0] {
        let answer = service.run(uid, Some(ALICE), &["provider", "list"], "");
        assert_eq!((answer.status, answer.stdout.as_str()), (5, ""), "{answer}");
        assert!(answer.stderr.contains("is not trusted: "), "{answer}");
        if uid == 0 {
            assert!(answer.stderr.contains("it belongs to another user"), "{answer}");
        }
    }
}
