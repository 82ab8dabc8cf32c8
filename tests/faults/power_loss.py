"""Power lost at any moment: no change is lost whose command said that it was done, and none is there by half.

What commands write and sync is recorded, and from it are made the states in which a disk may be found afterwards (see
`disk.py`). Writers that sync less than `inv` does, put to the same test, must fail it.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from calls import Call, parse, traced
from disk import TRACED, Disk, Recorder
from workbench import SMALL_WRITES, Bench, Lie, contents, must_be_caught, vms

# Adds a record to the inventory as a program would that has SQLite sync less.
CARELESS = """
import os, sqlite3, sys
connection = sqlite3.connect(os.environ["INV_DB"], isolation_level=None)
connection.execute(f"PRAGMA synchronous = {sys.argv[1]}")
connection.execute("INSERT INTO operating_system (name) VALUES (?)", (sys.argv[2],))
"""
# Where the inventory is below the folder that stands for the disk: `init` has to make a folder too.
PLACE = Path("folder/inv.db")
ESTATE = (
    "init",
    "provider add AWS",
    "dc add tokyo --provider AWS",
    "pool add prod --dc tokyo",
    "pool add test --dc tokyo",
    "storage add san1 --pool prod --capacity 5TiB",
    "user add alice",
    "system add billing",
    "vm add web01 --pool prod --memory 16GiB --disk 100GiB@san1 --ip 10.0.0.11@101",
    "vm add web02 --pool prod --system billing",
    "vm add web10 --pool test",
)


def test(bench: Bench) -> None:
    """Replays the crashes of careless writers as a control, and of inv."""
    for setting in ("OFF", "FULL"):
        control(bench, setting)
    small = [step for line in SMALL_WRITES for step in ([line] if line == "undo" else [line, "undo"])]
    replay(bench, "small writes", [*ESTATE, *small], bench.amount(12_000, 400))
    with bench.room() as room:
        file = vms(room / "vms.csv", bench.amount(10_000, 300))
        replay(bench, "an import and its undoing", [*ESTATE[:4], f"vm import {file}", "undo"], bench.amount(3_000, 100))
    upgrade(bench)


def replay(bench: Bench, what: str, lines: list[str], most: int) -> None:
    """Holds crashes of some commands against what the commands said."""
    run = Run(bench, [[str(bench.program), *line.split()] for line in lines], lambda database: None)
    count = len(bench.each(run.crashes(most), run.survives))
    bench.note(f"{what}: {len(lines)} commands, {run.moments} moments, {count} different states of the disk")


def upgrade(bench: Bench) -> None:
    """The first command on a file of an earlier schema brings it up: before that or after it, and never between."""

    def prepare(database: Path) -> None:
        database.parent.mkdir()
        bench.version_1(database.parent)

    run = Run(bench, [[str(bench.program), "user", "add", name] for name in ("yan", "zoe")], prepare)
    with bench.room() as room:
        database = bench.version_1(room)
        bench.ok(database, "user", "list")
        # Whoever looks what a crash left brings the file up.
        run.states[0] = contents(database, exact=True)
    count = len(bench.each(run.crashes(bench.amount(3_000, 100)), run.survives))
    bench.note(f"an upgrade: {run.moments} moments, {count} different states of the disk")


def control(bench: Bench, setting: str) -> None:
    """A writer that has SQLite sync less loses what it said was done."""

    def prepare(database: Path) -> None:
        database.parent.mkdir()
        bench.estate(database.parent)

    run = Run(bench, [[sys.executable, "-c", CARELESS, setting, f"os{number}"] for number in range(5)], prepare)

    def lost(crash: Crash) -> bool:
        try:
            run.survives(crash)
        except Lie:
            return True
        return False

    found = bench.each(run.crashes(200), lost)
    must_be_caught(f"a writer with synchronous={setting}", sum(found))
    bench.note(f"control: synchronous={setting} was caught in {sum(found)} of {len(found)} states of the disk")


@dataclass(frozen=True)
class Crash:
    """A state in which the disk may be found, and how many commands were done when the power went."""

    files: dict[str, bytes | None]
    done: int
    moment: int


class Run:
    """Commands that were run one after the other on one disk, what they asked of it, and what was there after each."""

    def __init__(self, bench: Bench, commands: list[list[str]], prepare: Callable[[Path], None]) -> None:
        self.bench, self.commands = bench, commands
        self.calls: list[list[Call]] = []
        with bench.room() as room:
            out, self.folder = room / "calls", room / "disk"
            database = self.folder / PLACE
            self.folder.mkdir()
            prepare(database)
            self.disk = Disk(self.folder)
            self.states = [contents(database, exact=True) if database.exists() else ""]
            for command in commands:
                strace = traced(out, "-xx", "-s", "100000000", "-e", TRACED)
                environment = bench.environment(database)
                done = subprocess.run([*strace, *command], env=environment, capture_output=True, text=True, check=False)
                if done.returncode:
                    raise Lie(f"{' '.join(command)} failed: {done.stderr}")
                self.calls.append(list(parse(out)))
                self.states.append(contents(database, exact=True))
            self.left = Disk(self.folder)
        self.moments = sum(1 for _ in self.walk(Disk.copied(self.disk)))

    def walk(self, disk: Disk) -> Iterator[int]:
        """Carries the calls out on `disk`; stops at each moment that differs, with the number of commands done."""
        for done, calls in enumerate(self.calls):
            recorder = Recorder(disk)
            for call in calls:
                if recorder.see(call):
                    yield done
            yield done + 1
        if disk.current() != self.left.current():
            raise ValueError("what was recorded is not what happened")

    def crashes(self, most: int) -> Iterator[Crash]:
        """About `most` states in which the disk may be found, each once."""
        chance = self.bench.random(*self.commands[0], self.moments)
        seen: set[bytes] = set()
        disk = Disk.copied(self.disk)
        for moment, done in enumerate(self.walk(disk)):
            # As many at each moment as there is room for; what is left over by chance.
            share = most / self.moments
            for _ in range(int(share) + (chance.random() < share % 1)):
                files = disk.crash(chance)
                digest = hashlib.sha256(repr((done, sorted(files.items()))).encode()).digest()
                if digest not in seen:
                    seen.add(digest)
                    yield Crash(files, done, moment)

    def survives(self, crash: Crash) -> None:
        """The next command works, and what was done is there."""
        what = f"power lost at moment {crash.moment} of {self.moments}, {crash.done} commands done"
        with self.bench.room() as room:
            for name, content in crash.files.items():
                path = room / name
                if content is None:
                    path.mkdir(mode=0o700)
                else:
                    path.touch(mode=0o600)
                    path.write_bytes(content)
            database = room / PLACE
            try:
                if not self.states[crash.done]:
                    # Nothing was done yet: that there is no inventory is right, and then one can be made.
                    self.bench.inv(database, "init")
                self.bench.works(database, crash.moment)
                found = contents(database, exact=True)
            except Lie as lie:
                raise Lie(f"{what}: {lie}\n{told(crash.files)}") from None
        if found not in self.states[crash.done : crash.done + 2]:
            when = self.states.index(found) if found in self.states else "none"
            raise Lie(f"{what}: what is there is that of {when}\n{told(crash.files)}")


def told(files: dict[str, bytes | None]) -> str:
    """What stood on the disk."""
    return ", ".join(f"{name} ({'folder' if data is None else len(data)})" for name, data in files.items())
