"""What every test that breaks things begins with: the program, a folder that goes away, and what a lie is.

A test hands the program a moment in which something goes wrong, then holds what it said against what is in the file.
What is in the file is read by Python's own SQLite, never by the program under test.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

REPOSITORY = Path(__file__).resolve().parent.parent.parent
# How long a command may take before it counts as one that hangs: longer than it waits for another that writes.
PATIENCE = 120
# Exit statuses that the contract knows.
STATUSES = {0, 1, 2, 3, 4, 5, 6, 130}
NOTHING_CHANGED = "nothing was changed"

Item = TypeVar("Item")
Made = TypeVar("Made")


class Lie(Exception):
    """The program broke a promise."""


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    command: str
    status: int
    stdout: str
    stderr: str

    def __str__(self) -> str:
        return f"{self.command}\nstatus {self.status}\n{self.stdout[:2000]}{self.stderr[:2000]}"

    def expect(self, status: int, *words: str) -> Answer:
        """Holds the answer against a promised status and promised words."""
        if self.status != status:
            raise Lie(f"status {status} was promised:\n{self}")
        for word in words:
            if word not in self.stderr + self.stdout:
                raise Lie(f"{word!r} was promised:\n{self}")
        return self


def judge(answer: Answer) -> Answer:
    """Refuses what no answer may be: a panic, an unknown status, a failure without one sentence in the house's form."""
    if answer.status not in STATUSES or "panicked" in answer.stderr:
        raise Lie(f"no such end is promised:\n{answer}")
    errors = [sentence for line in answer.stderr.splitlines() if (sentence := failure(line, answer))]
    # `check` answers with its findings and 1.
    found = answer.status == 1 and answer.stdout and not errors
    if answer.status != 0 and not found and len(errors) != 1:
        raise Lie(f"a failure is one sentence:\n{answer}")
    if answer.status == 0 and errors:
        raise Lie(f"done and failed at once:\n{answer}")
    for line in errors:
        told = re.sub(r'"[^"]*"|/\S*', "", line)
        if re.search(r"sqlite|os error|disk I/O|malformed|rusqlite|thread '", told, re.IGNORECASE):
            raise Lie(f"the engine's words reached the user:\n{answer}")
    return answer


def failure(line: str, answer: Answer) -> str | None:
    """Returns the sentence of a line that reports a failure: `error: …`, or one JSON object where JSON was asked for."""
    if line.startswith("error: "):
        return line
    if not line.startswith("{"):
        return None
    fault = json.loads(line)
    if fault["exit_status"] != answer.status:
        raise Lie(f"the failure names another exit status than the command's:\n{answer}")
    return fault["message"]


@dataclass
class Bench:
    """One run of one test."""

    name: str
    program: Path
    short: bool
    seed: int
    folder: Path
    checks: int = 0
    notes: list[str] = field(default_factory=list)

    def amount(self, full: int, short: int) -> int:
        """How many of something, in the full form and in the bounded one."""
        return short if self.short else full

    def random(self, *what: object) -> random.Random:
        """Chances that are the same in each run with the same seed."""
        return random.Random("/".join(map(str, (self.seed, self.name, *what))))

    def note(self, text: str) -> None:
        """Something for the summary."""
        self.notes.append(text)

    @contextlib.contextmanager
    def room(self) -> Iterator[Path]:
        """A folder that goes away."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            yield Path(folder)

    def environment(self, database: Path) -> dict[str, str]:
        """Nothing of the tester's own that could change what a command does."""
        home = str(self.folder)
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": home,
            "XDG_RUNTIME_DIR": home,
            # A command that is killed leaves its temporary files.
            "TMPDIR": home,
            "INV_DB": str(database),
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
        }

    def run(self, database: Path, command: list[str], before: Iterable[str] = ()) -> Answer:
        """Runs a command to its end, whatever that is; `before` stands before the program, as strace does."""
        arguments = [*before, str(self.program), *command]
        try:
            done = subprocess.run(
                arguments,
                env=self.environment(database),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Lie(f"hangs for {PATIENCE} seconds: {' '.join(arguments)}") from None
        told = [text.decode("utf-8", "replace") for text in (done.stdout, done.stderr)]
        return Answer(f"inv {' '.join(command)}", done.returncode, told[0], told[1])

    def inv(self, database: Path, *command: str) -> Answer:
        """Runs a command that may fail, in a way that is promised."""
        return judge(self.run(database, list(command)))

    def ok(self, database: Path, *command: str) -> str:
        """Runs a command that must go well."""
        return self.inv(database, *command).expect(0).stdout

    def each(self, items: Iterable[Item], do: Callable[[Item], Made]) -> list[Made]:
        """Does something for each item, as many at a time as there are processors; the first lie ends it."""
        workers = os.cpu_count() or 2
        made: list[Made] = []
        waiting: set[concurrent.futures.Future[Made]] = set()
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            for item in items:
                waiting.add(pool.submit(do, item))
                # Items are made as they are wanted: all crashes of a disk at once do not fit into memory.
                if len(waiting) > 2 * workers:
                    done, waiting = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
                    made += [future.result() for future in done]
            made += [future.result() for future in concurrent.futures.as_completed(waiting)]
        self.checks += len(made)
        return made

    def estate(self, folder: Path) -> Path:
        """A small estate in `folder`, with what each of the small writes needs."""
        database = folder / "inv.db"
        self.ok(database, "init")
        for line in (
            "provider add AWS",
            "dc add tokyo --provider AWS",
            "pool add prod --dc tokyo --memory 512GiB --cpu 128 --disk 10TiB",
            "pool add test --dc tokyo",
            "storage add san1 --pool prod --capacity 5TiB",
            "user add alice --email alice@example.com",
            "os add Debian-12",
            "system add billing",
            "vm add web01 --pool prod --memory 16GiB --os Debian-12 --owner alice --disk 9GiB@san1 --ip 10.0.0.11@101",
            "vm add web02 --pool prod --memory 8GiB --system billing",
            "vm add web10 --pool test --memory 4096MiB",
        ):
            self.ok(database, *line.split())
        return database

    def version_1(self, folder: Path) -> Path:
        """A file of the first schema, with nobody who would have to sign in."""
        database = folder / "inv.db"
        database.touch(mode=0o600)
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.executescript((REPOSITORY / "tests/data/schema-1.sql").read_text(encoding="utf-8"))
            connection.execute("DELETE FROM login_users")
            connection.commit()
        return database

    def works(self, database: Path, turn: int) -> None:
        """The next command works, be it one that reads or one that writes."""
        if turn % 2:
            self.ok(database, "os", "add", "next", "--dry-run")
        else:
            self.ok(database, "vm", "list", "-o", "csv")


# Fifty small writes are made of these, each on the estate as it was.
SMALL_WRITES = (
    "vm add web03 --pool prod --memory 4GiB --disk 10GiB@san1 --ip 10.0.0.12@101 --system billing",
    "vm set web01 --memory 32GiB --owner alice",
    "vm rename web02 web20",
    "vm rm web01 --yes",
    "pool rm prod --recursive --yes",
    "vm clone web01 web04",
    "vm move web10 --pool prod",
    "system attach billing web01",
    "ip next --in 10.0.0.0/24 --reserve --count 5",
    "undo",
)


def vms(path: Path, rows: int) -> Path:
    """A file of that many VMs."""
    with path.open("w", encoding="utf-8") as file:
        file.write("name,pool,memory,cpu,ips,disks\n")
        for row in range(rows):
            address = f"10.{row >> 16}.{row >> 8 & 255}.{row & 255}"
            file.write(f"vm{row:06},prod,{1 + row % 64} GiB,{1 + row % 8},{address}@102,100 GiB\n")
    return path


def copy(database: Path, folder: Path) -> Path:
    """A copy of an inventory in another folder."""
    return Path(shutil.copy(database, folder / "inv.db"))


TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def contents(database: Path, exact: bool = False) -> str:
    """A digest of all rows of all tables, once the file is sound.

    Unless it is `exact`, times and what is computed from them are left out: two runs of one command are alike.
    """
    digest = hashlib.sha256()
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        found = connection.execute("PRAGMA integrity_check").fetchall()
        if found != [("ok",)]:
            raise Lie(f"{database} is damaged: {found[:3]}")
        if dangling := connection.execute("PRAGMA foreign_key_check").fetchall():
            raise Lie(f"{database} has references that lead nowhere: {dangling[:3]}")
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
        for (table,) in tables:
            rows = connection.execute(f'SELECT * FROM "{table}" ORDER BY rowid')
            columns = [column[0] for column in rows.description]
            digest.update(f"\n{table}".encode())
            for row in rows:
                text = repr(
                    [value for column, value in zip(columns, row, strict=True) if exact or "hash" not in column]
                )
                digest.update((text if exact else TIME.sub("TIME", text)).encode())
    except sqlite3.Error as error:
        raise Lie(f"{database} cannot be read: {error}") from None
    finally:
        connection.close()
    return digest.hexdigest()


def must_be_caught(what: str, lies: int) -> None:
    """A control that a test does not catch shows that it would catch nothing."""
    if not lies:
        raise Lie(f"the test itself lies: {what} passed it")
