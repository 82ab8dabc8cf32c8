"""Eight at once: nothing is lost, none fails, and what is done once is done once."""

from __future__ import annotations

import concurrent.futures
import contextlib
import csv
import io
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from workbench import Answer, Bench, Lie, contents, must_be_caught, vms

EIGHT = 8


def test(bench: Bench) -> None:
    """Races writers, importers, reservations, `init` and upgrades; a careless counter as a control."""
    for race in (control, adds, mixed, reservations, inits, upgrades):
        # On a disk, not in memory: a commit that takes its time is what the others run into.
        with tempfile.TemporaryDirectory(prefix="inv-racing-") as folder:
            race(bench, Path(folder))


def race(do: Callable[[int], list[Answer]]) -> list[list[Answer]]:
    """Does something eight times at once, all beginning together."""
    start = threading.Barrier(EIGHT)

    def one(number: int) -> list[Answer]:
        start.wait()
        return do(number)

    with concurrent.futures.ThreadPoolExecutor(EIGHT) as pool:
        return list(pool.map(one, range(EIGHT)))


def table(bench: Bench, database: Path, *command: str) -> list[dict[str, str]]:
    """What a command lists."""
    return list(csv.DictReader(io.StringIO(bench.ok(database, *command, "-o", "csv"))))


def same(what: str, found: object, wanted: object) -> None:
    """Holds what is there against what was said to be done."""
    if found != wanted:
        raise Lie(f"{what}: {wanted} were done, and there are {found}")


def adds(bench: Bench, folder: Path) -> None:
    """Eight writers add, each one VM after the other."""
    database, each = bench.estate(folder), bench.amount(250, 12)
    before = len(table(bench, database, "log"))
    names = [[f"w{writer}-{number}" for number in range(each)] for writer in range(EIGHT)]
    race(lambda writer: [bench.inv(database, "vm", "add", name, "--pool", "test").expect(0) for name in names[writer]])
    listed = {row["name"] for row in table(bench, database, "vm", "list", "--pool", "test")}
    same("added", len(listed & {name for some in names for name in some}), EIGHT * each)
    same("changes", len(table(bench, database, "log")) - before, EIGHT * each)
    bench.ok(database, "log", "verify")
    contents(database)
    bench.checks += EIGHT * each
    bench.note(f"{EIGHT} writers made {each} additions each")


def mixed(bench: Bench, folder: Path) -> None:
    """Four import, four set fields of one VM; each change is there, and the last one stands."""
    database, each, rows = bench.estate(folder), bench.amount(25, 3), 200
    before = len(table(bench, database, "log"))

    def one(writer: int) -> list[Answer]:
        answers = []
        for number in range(each):
            if writer % 2:
                file = vms(folder / f"{writer}-{number}.csv", rows)
                text = file.read_text(encoding="utf-8")
                file.write_text(text.replace("\nvm", f"\nw{writer}-{number}-"), encoding="utf-8")
                command = ["vm", "import", str(file)]
            else:
                command = ["vm", "set", "web01", "--cpu", str(1 + writer * each + number)]
            answers.append(bench.inv(database, *command).expect(0))
        return answers

    race(one)
    same("imported", int(bench.ok(database, "vm", "list", "--where", "name~w", "--count")), 3 + 4 * each * rows)
    same("changes", len(table(bench, database, "log")) - before, EIGHT * each)
    cpu = int(table(bench, database, "vm", "list", "--where", "name=web01")[0]["cpu"])
    if cpu not in [1 + writer * each + each - 1 for writer in range(0, EIGHT, 2)]:
        raise Lie(f"web01 has {cpu} CPUs, which none of the writers set last")
    bench.ok(database, "log", "verify")
    contents(database)
    bench.checks += EIGHT * each
    bench.note(f"4 importers and 4 setters made {each} changes each")


def reservations(bench: Bench, folder: Path) -> None:
    """Eight take the next free addresses; no two get one."""
    database = bench.estate(folder)
    command = ["ip", "next", "--in", "10.9.0.0/24", "--reserve", "--count", "4", "-o", "csv", "--no-headers"]
    answers = race(lambda _: [bench.inv(database, *command).expect(0)])
    taken = [line for some in answers for answer in some for line in answer.stdout.splitlines()]
    same("reserved", len(set(taken)), EIGHT * 4)
    bench.checks += EIGHT


def inits(bench: Bench, folder: Path) -> None:
    """Eight create: one does, seven find it there."""
    (folder / "alone").mkdir()
    bench.ok(folder / "alone/inv.db", "init")
    fresh = contents(folder / "alone/inv.db", exact=True)

    def once(database: Path) -> None:
        answers = race(lambda _: [bench.inv(database, "init")])
        same("init", sorted(answer.status for some in answers for answer in some), [0] + [4] * 7)
        if contents(database, exact=True) != fresh or len(list(database.parent.iterdir())) != 1:
            raise Lie(f"eight inits left {sorted(database.parent.iterdir())}")

    rounds = bench.amount(30, 3)
    for number in range(rounds):
        once(folder / f"{number}/folder/inv.db")
    bench.checks += rounds
    bench.note(f"{EIGHT} at once created an inventory, {rounds} times")


def upgrades(bench: Bench, folder: Path) -> None:
    """Eight find a file of an earlier schema: one brings it up, and one backup of it is kept."""

    def once(database: Path) -> None:
        was, before = contents(database), users(database)
        race(lambda writer: [bench.inv(database, "user", "add", f"racer{writer}").expect(0)])
        same("users", users(database), before + EIGHT)
        contents(database)
        kept = [path for path in database.parent.iterdir() if path != database]
        same("backups", len(kept), 1)
        same("what the backup holds", contents(kept[0]), was)
        same("the mode of the backup", oct(kept[0].stat().st_mode & 0o777), "0o600")

    rounds = bench.amount(30, 3)
    for number in range(rounds):
        (inner := folder / str(number)).mkdir()
        once(bench.version_1(inner))
    bench.checks += rounds
    bench.note(f"{EIGHT} at once brought a file of schema version 1 up, {rounds} times")


def users(database: Path) -> int:
    """How many users there are, without a look through the program, which would bring the file up."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return len(connection.execute("SELECT name FROM users").fetchall())


def control(bench: Bench, folder: Path) -> None:
    """A counter that is read, and written in a transaction of its own, loses: the eight do meet."""
    database, each = folder / "counter.db", 40
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.executescript("CREATE TABLE counter (value INTEGER); INSERT INTO counter VALUES (0);")

    def count(_: int) -> list[Answer]:
        with contextlib.closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as connection:
            for _ in range(each):
                (value,) = connection.execute("SELECT value FROM counter").fetchone()
                time.sleep(0.001)
                connection.execute("UPDATE counter SET value = ?", (value + 1,))
        return []

    race(count)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        (value,) = connection.execute("SELECT value FROM counter").fetchone()
    must_be_caught("a counter that reads before it locks", EIGHT * each - value)
    bench.note(f"control: a counter that reads before it locks lost {EIGHT * each - value} of {EIGHT * each}")
