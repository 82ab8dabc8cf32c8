//! This process and others: users, limits, and the program that has a file locked.

use rustix::process::{Flock, FlockType, Resource, Rlimit, fcntl_getlk, getrlimit, setrlimit};
use std::ffi::OsString;
use std::fs::File;

/// Returns the user id of this process.
pub(crate) fn user_id() -> u32 {
    nix::unistd::getuid().as_raw()
}

/// Returns the user id whose rights this process has.
pub(crate) fn effective_user_id() -> u32 {
    nix::unistd::geteuid().as_raw()
}

/// Returns the name of a user; `None` if the system has no user of this id.
pub(crate) fn user_name(user_id: u32) -> Option<String> {
    nix::unistd::User::from_uid(user_id.into()).ok().flatten().map(|user| user.name)
}

/// Returns the name of this machine.
pub(crate) fn host_name() -> Option<String> {
    nix::unistd::gethostname().ok().map(|host| host.to_string_lossy().into_owned())
}

/// Keeps the memory of this process from core files and, on Linux, from debuggers.
pub(crate) fn hide_memory() {
    // A limit of zero can always be set; there would be nothing else to do.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // The limit does not hold for cores that are piped to a program.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Returns true if the size of files is limited (`ulimit -f`).
pub(crate) fn has_file_size_limit() -> bool {
    getrlimit(Resource::Fsize).current.is_some()
}

/// Limits the address space of this process to its present size plus `further` bytes.
#[cfg(target_os = "linux")]
pub(crate) fn limit_memory(further: u64) {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.as_deref().and_then(|pages| pages.split(' ').next()?.parse::<u64>().ok());
    let Some(used) = pages.map(|pages| pages.saturating_mul(rustix::param::page_size() as u64)) else { return };
    let limit = getrlimit(Resource::As);
    let most = used.saturating_add(further);
    if limit.current.is_none_or(|current| current > most) {
        // Memory stays unlimited if this fails.
        let _ = setrlimit(Resource::As, Rlimit { current: Some(most), ..limit });
    }
}

/// Limits nothing: Darwin accepts a limit on the address space (`RLIMIT_AS`) and does not apply it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn limit_memory(_further: u64) {}

/// Returns the id of the process that has a lock on one of these byte ranges (start and length) of a file. `None` if
/// there is none, or one that this process cannot see: in another container, or on another machine.
pub(crate) fn lock_holder(file: &File, ranges: &[(u64, u64)]) -> Option<i32> {
    let holder = ranges.iter().find_map(|&(start, length)| {
        let lock = Flock { start, length, ..Flock::from(FlockType::WriteLock) };
        fcntl_getlk(file, &lock).ok().flatten()?.pid
    })?;
    Some(holder.as_raw_nonzero().get())
}

/// Returns the command line of a process.
#[cfg(target_os = "linux")]
pub(crate) fn command_line(process_id: i32) -> Option<Vec<OsString>> {
    use std::os::unix::ffi::OsStringExt;
    let line = std::fs::read(format!("/proc/{process_id}/cmdline")).ok()?;
    let line = line.strip_suffix(b"\0").unwrap_or(&line);
    Some(line.split(|byte| *byte == 0).map(|part| OsString::from_vec(part.into())).collect())
}

/// Returns the command line of a process.
#[cfg(not(target_os = "linux"))]
pub(crate) fn command_line(process_id: i32) -> Option<Vec<OsString>> {
    listed_command_line(process_id)
}

/// Returns the command line of a process as `ps` prints it, split at blanks: arguments that contain blanks become
/// several.
#[cfg(any(not(target_os = "linux"), test))]
fn listed_command_line(process_id: i32) -> Option<Vec<OsString>> {
    use std::process::{Command, Stdio};
    let mut ps = Command::new("/bin/ps");
    ps.args(["-ww", "-o", "args=", "-p", &process_id.to_string()]).stdin(Stdio::null()).stderr(Stdio::null());
    let printed = ps.output().ok().filter(|printed| printed.status.success())?;
    let line = String::from_utf8_lossy(&printed.stdout);
    let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
    (!words.is_empty()).then_some(words)
}

/// Tests if a process runs the executable of this process.
#[cfg(target_os = "linux")]
pub(crate) fn runs_this_program(process_id: i32) -> bool {
    let executable = |process: &str| std::fs::read_link(format!("/proc/{process}/exe")).ok();
    let own = executable("self");
    own.is_some() && own == executable(&process_id.to_string())
}

/// Returns false: only unsafe interfaces of other systems have the executable of a process. Callers recognise `inv` by
/// the name in its command line.
#[cfg(not(target_os = "linux"))]
pub(crate) fn runs_this_program(_process_id: i32) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::{command_line, listed_command_line};
    use std::path::Path;

    #[test]
    fn ps_lists_the_command_line_that_the_system_reports() {
        if !Path::new("/bin/ps").exists() {
            return;
        }
        let mut sleeping = std::process::Command::new("sleep").args(["60", "1"]).spawn().expect("sleep starts");
        let process_id = i32::try_from(sleeping.id()).expect("a process id");
        let found = (listed_command_line(process_id), command_line(process_id));
        sleeping.kill().and_then(|()| sleeping.wait()).expect("sleep ends");
        let expected = Some(["sleep", "60", "1"].map(Into::into).to_vec());
        assert_eq!(found, (expected.clone(), expected));
        assert_eq!(listed_command_line(i32::MAX), None);
    }
}
