"""What only reads makes no write and creates no file: every call that it makes is looked at."""

from __future__ import annotations

from pathlib import Path

from calls import Call, parse, traced
from workbench import Bench, Lie, must_be_caught

READING = (
    "vm list",
    "vm list -o csv",
    "vm list --sort memory:desc --where memory>=1GiB -o json",
    "vm show web01",
    "pool show prod",
    "usage",
    "find web",
    "ip next --in 10.0.0.0/24",
    "check",
    "log",
    "log verify",
    "vm log web01",
    "blame vm web01",
    "stats",
    "export --help",
)
CHANGING = {
    *("creat", "ftruncate", "truncate", "fallocate", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link"),
    *("linkat", "symlink", "symlinkat", "mkdir", "mkdirat", "rmdir", "mknod", "mknodat", "chmod", "fchmod", "fchmodat"),
    *("chown", "fchown", "lchown", "fchownat", "utimensat", "utime", "utimes", "setxattr", "fsetxattr", "fsync"),
    *("fdatasync", "sync", "syncfs", "sync_file_range", "pwrite64", "pwritev", "pwritev2", "copy_file_range"),
}
WRITE = {"write", "writev", "sendfile", "splice"}
OPEN = {"open", "openat", "openat2"}
# Where answers go, and what the C library and the terminal have for them.
ANSWERS = ("1<", "2<", "1,", "2,")
HARMLESS = ("/dev/tty", "/dev/null")


def test(bench: Bench) -> None:
    """Looks at the calls of everything that reads, and of a command that writes as a control."""
    with bench.room() as room:
        base = bench.estate(room)
        found = changes(bench, base, "vm add web99 --pool prod")
        must_be_caught("a command that adds a VM", len(found))
        bench.note(f"control: vm add was caught {len(found)} times")
        for line in READING:
            was, beside = base.read_bytes(), [(path.name, path.stat().st_mtime_ns) for path in room.iterdir()]
            if found := changes(bench, base, line):
                raise Lie(f"inv {line} writes: {found[:5]}")
            if base.read_bytes() != was or beside != [(path.name, path.stat().st_mtime_ns) for path in room.iterdir()]:
                raise Lie(f"inv {line} changed something")
            bench.checks += 1


def changes(bench: Bench, database: Path, line: str) -> list[str]:
    """The calls of a command that change something, or could."""
    with bench.room() as room:
        answer = bench.run(database, line.split(), traced(room / "calls", "-y", "-e", "trace=%file,%desc,sync"))
        calls = list(parse(room / "calls"))
    # `check` has findings, and says so.
    if answer.status not in (0, 1) or len(calls) < 10:
        raise Lie(f"too little was seen: {len(calls)} calls\n{answer}")
    return [f"{call.name}({call.arguments[:160]}) = {call.result}" for call in calls if writes(call)]


def writes(call: Call) -> bool:
    """Whether a call changes something other than what answers go to."""
    if call.name in OPEN:
        flags = {flag for part in call.arguments.split(", ") for flag in part.split("|")}
        allowed = any(f'"{path}"' in call.arguments for path in HARMLESS)
        return bool(flags & {"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"}) and not allowed
    if call.name in WRITE:
        return not call.arguments.startswith(ANSWERS)
    return call.name in CHANGING
