"""A disk that is full or may not be written to: the promised sentences, and reading goes on."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from calls import places, traced
from workbench import NOTHING_CHANGED, Answer, Bench, Lie, contents, copy, judge, vms

ADD = ["vm", "add", "web03", "--pool", "prod"]
NOBODY = 65534


def test(bench: Bench) -> None:
    """Fills a small disk, mounts one read-only, and takes rights away."""
    if os.geteuid() != 0:
        bench.note("SKIPPED: a full disk and one that may not be written to need root")
        return
    with bench.room() as room:
        (room / "base").mkdir()
        base = bench.estate(room / "base")
        for case in (full, read_only, immutable, of_another):
            (folder := room / case.__name__).mkdir()
            try:
                case(bench, base, folder)
            except Lie as lie:
                raise Lie(f"{case.__name__}: {lie}") from None
            bench.checks += 1


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """Something mounted on a folder, for as long as it is looked at."""
    folder.mkdir()
    subprocess.run(["mount", *options, str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def reads(bench: Bench, database: Path, listed: str) -> None:
    """Reading works, and finds what was there."""
    if bench.ok(database, "vm", "list", "-o", "csv") != listed:
        raise Lie("another list than before")
    bench.ok(database, "vm", "show", "web01")
    bench.ok(database, "usage")
    bench.ok(database, "log")
    bench.ok(database, "check", "--only", "E001")


def refuses(bench: Bench, database: Path, *words: str) -> None:
    """A change is refused in these words, and nothing of it is there."""
    was = database.read_bytes()
    bench.inv(database, *ADD).expect(6, *words)
    if database.read_bytes() != was:
        raise Lie("a change that was refused changed the file")


def full(bench: Bench, base: Path, folder: Path) -> None:
    """A disk of 4 MiB that an import fills; one of 64 MiB, as a control, takes the same import."""
    file = vms(folder / "vms.csv", 15_000)
    with mounted(folder / "large", "-t", "tmpfs", "-o", "size=64m", "none") as large:
        bench.ok(copy(base, large), "vm", "import", str(file))
    with mounted(folder / "small", "-t", "tmpfs", "-o", "size=4m", "none") as small:
        database = copy(base, small)
        listed, was = bench.ok(database, "vm", "list", "-o", "csv"), contents(database, exact=True)
        bench.inv(database, "vm", "import", str(file)).expect(6, "the disk is full", NOTHING_CHANGED)
        if contents(database, exact=True) != was:
            raise Lie("a full disk left half of an import")
        filler = small / "filler"
        fill(filler)
        reads(bench, database, listed)
        refuses(bench, database, "the disk is full", NOTHING_CHANGED)
        reads(bench, database, listed)
        left = bench.inv(small / "second.db", "init").expect(6, "the disk is full")
        if sorted(path.name for path in small.iterdir()) != ["filler", "inv.db"]:
            raise Lie(f"init left something behind:\n{left}")
        filler.unlink()
        bench.ok(database, *ADD)
    bench.note("a disk of 4 MiB was filled by an import, and with not a byte left")


def fill(path: Path) -> None:
    """Takes all the room that a disk has left."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def read_only(bench: Bench, base: Path, folder: Path) -> None:
    """A disk that is mounted read-only, and one on which a crash has left something to undo."""
    listed = bench.ok(base, "vm", "list", "-o", "csv")
    (folder / "sound").mkdir()
    copy(base, folder / "sound")
    with mounted(folder / "a", "--bind", str(folder / "sound")) as there:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(there)], check=True)
        reads(bench, there / "inv.db", listed)
        refuses(bench, there / "inv.db", "read-only")
    (folder / "crashed").mkdir()
    crash(bench, copy(base, folder / "crashed"))
    with mounted(folder / "b", "--bind", str(folder / "crashed")) as there:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(there)], check=True)
        bench.inv(there / "inv.db", "vm", "list").expect(6, "a crash interrupted a change")
        refuses(bench, there / "inv.db")
    reads(bench, folder / "crashed/inv.db", listed)
    bench.note("a read-only disk, and one with a change that a crash had cut in two")


def crash(bench: Bench, database: Path) -> None:
    """Kills a command once it has written to the file, so that its journal is needed."""
    with bench.room() as room:
        found = places(bench, copy(database, room), ADD)[0]
    writes = [place for place in found if place.name == "pwrite64" and "-journal" not in place.arguments]
    answer = bench.run(database, ADD, traced(Path(os.devnull), *writes[-1].inject("signal=KILL")))
    journal = Path(f"{database}-journal")
    if answer.status == 0 or not journal.exists() or not journal.stat().st_size:
        raise Lie(f"the test itself lies: nothing was cut in two\n{answer}")


def immutable(bench: Bench, base: Path, folder: Path) -> None:
    """A file, and a folder, that not even root may change."""
    database = copy(base, folder)
    listed = bench.ok(database, "vm", "list", "-o", "csv")
    for attribute, path in (("i", database), ("a", database), ("i", folder)):
        if subprocess.run(["chattr", f"+{attribute}", str(path)], capture_output=True, check=False).returncode:
            bench.note(f"SKIPPED: chattr +{attribute} is not to be had on this file system")
            return
        try:
            reads(bench, database, listed)
            refuses(bench, database)
        finally:
            subprocess.run(["chattr", f"-{attribute}", str(path)], check=True)
    bench.ok(database, *ADD)
    bench.note("chattr +i and +a on the file, +i on the folder")


def of_another(bench: Bench, base: Path, folder: Path) -> None:
    """A file of another user: to be read at 0444, not at all at 0600, and never to be written to."""
    database = copy(base, folder)
    listed = bench.ok(database, "vm", "list", "-o", "csv")
    for path in (bench.folder, folder.parent, folder):
        path.chmod(0o711)
    # Where the program stands may be closed to others.
    program = Path(subprocess.check_output(["mktemp", "-p", str(bench.folder)], text=True).strip())
    program.write_bytes(bench.program.read_bytes())
    program.chmod(0o755)
    was = contents(database)

    def nobody(*command: str) -> Answer:
        other = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        done = subprocess.run(
            ["setpriv", *other, str(program), *command],
            env=bench.environment(database),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        return judge(Answer(f"inv {' '.join(command)}", done.returncode, done.stdout, done.stderr))

    database.chmod(0o444)
    if nobody("vm", "list", "-o", "csv").expect(0, "warning: other users can read").stdout != listed:
        raise Lie("another user reads another list")
    nobody(*ADD).expect(6, "cannot be changed", "no write permission")
    database.chmod(0o600)
    nobody("vm", "list").expect(6, "permission denied")
    nobody(*ADD).expect(6, "permission denied")
    if contents(database) != was:
        raise Lie("another user changed the file")
    bench.note("another user reads a file at 0444 and not at 0600")
