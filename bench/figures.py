"""The figures of bench/run: what is measured, against which yardstick, and the highest ratio allowed.

The short form runs on 10,000 VMs and on any machine: its limits catch a slowdown to about twice the time.
"""

from __future__ import annotations

import importlib.util
import itertools
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path

import yardsticks
from estate import PRAGMAS, WORK, Estate, copy, count, rows, same_rows, sqlite
from measuring import Command, Figure, Run, at_once, execute, several
from yardsticks import COLUMNS, JOINED, LISTED

OURS, THEIRS, OUT = WORK / "ours", WORK / "theirs", WORK / "out"


def small_commands(estate: Estate, short: bool) -> Iterator[Figure]:
    """Commands that take milliseconds."""
    inv, work = estate.inv, WORK / "small.db"
    shown = f"SELECT {LISTED}, v.custom_os, v.updated_at {JOINED} WHERE v.name = '{{}}'"
    listed = f"SELECT {LISTED} {JOINED} WHERE {yardsticks.of_pool(estate.pool)} ORDER BY v.vm_id LIMIT 50"
    yield Figure("vm show NAME", "sqlite3, joined query", 2 if short else 1.0,
                 lambda: several([inv(estate.full, "vm", "show", name) for name in estate.names]),
                 lambda: several([sqlite(estate.full, shown.format(name)) for name in estate.names]), often=5)
    yield Figure("vm list --pool P --limit 50", "sqlite3 -csv, joined query", 2 if short else 1.0,
                 lambda: execute(inv(estate.full, "vm", "list", "--pool", estate.pool, "--limit", "50", "-o", "csv",
                                     "-c", COLUMNS), OURS),
                 lambda: execute(sqlite(estate.full, listed, mode="csv"), THEIRS), often=20,
                 same=lambda: same_rows(OURS, THEIRS))
    for words in (["--version"], ["vm", "add", "--help"]):
        yield Figure(" ".join(words), "sqlite3 --version", 2.5 if short else 1.2,
                     partial(execute, [estate.program, *words]), partial(execute, ["sqlite3", "--version"]), often=50)

    serial = itertools.count()

    @cache
    def target() -> Path:
        copy(estate.full, work)
        return work

    def adding(number: int) -> list[Command]:
        return [inv(target(), "vm", "add", f"bench-{next(serial)}", "--pool", estate.pool, "--cpu", "2")
                for _ in range(number)]

    def inserting(number: int) -> list[Command]:
        return [sqlite(target(), PRAGMAS, yardsticks.inserted(f"bench-{next(serial)}", estate.pool))
                for _ in range(number)]

    yield Figure("vm add", "sqlite3 INSERT", 2 if short else 1.0, lambda: several(adding(20)),
                 lambda: several(inserting(20)), often=10)
    adds = 25 if short else 200
    yield Figure(f"8 processes, {adds} vm add each", "sqlite3 INSERT", 2 if short else 1.0,
                 lambda: at_once([adding(adds) for _ in range(8)]),
                 lambda: at_once([inserting(adds) for _ in range(8)]), often=2)


def imports(estate: Estate, hundred: Estate, short: bool) -> Iterator[Figure]:
    """Files into inventories."""
    inv, work, theirs = estate.inv, WORK / "import.db", WORK / "theirs.db"

    def fresh(base: Estate = estate) -> None:
        copy(base.base, work)
        theirs.unlink(missing_ok=True)

    def first() -> Run:
        return execute(inv(work, "-q", "vm", "import", estate.csv))

    def untyped() -> Run:
        return execute(sqlite(theirs, ".mode csv", f".import '{estate.csv}' vms"))

    def staged() -> Run:
        copy(estate.base, theirs)
        return execute(sqlite(theirs, PRAGMAS, "BEGIN IMMEDIATE", yardsticks.STAGING, ".mode csv",
                              f".import --skip 1 '{estate.csv}' staging", yardsticks.STAGED, "COMMIT"))

    def utils() -> Run:
        return execute([sys.executable, "-m", "sqlite_utils", "insert", theirs, "vms", estate.csv, "--csv"])

    yield Figure("vm import", "sqlite3 .import, untyped table", 4 if short else 1.8, first, untyped, memory=160,
                 before=fresh)
    yield Figure("vm import", "sqlite3 staging with joins", 1.5 if short else 0.55, first, staged, before=fresh,
                 same=lambda: count(work, "virtual_machine") == count(theirs, "virtual_machine") == [estate.vms])
    if importlib.util.find_spec("sqlite_utils"):
        yield Figure("vm import", "sqlite-utils insert --csv", 0.3 if short else 0.15, first, utils, before=fresh)
    share = min(100_000, estate.vms // 10)

    def into(base: Path, target: Path) -> Run:
        copy(base, target)
        return execute(inv(target, "-q", "vm", "import", estate.others(share)))

    yield Figure(f"vm import of {share} into {estate.vms}", "the same into an empty one", 3 if short else 2,
                 lambda: into(estate.alone, work), lambda: into(estate.base, theirs), often=3)

    def update(file: Path) -> Run:
        copy(estate.alone, theirs)
        return execute(inv(theirs, "-q", "vm", "import", "--update", file))

    yield Figure("vm import --update, nothing changed", "the first import", 1.2 if short else 0.6,
                 lambda: update(estate.csv), first, memory=160, before=fresh)
    yield Figure("vm import --update, one field changed", "the first import", 3 if short else 1.5,
                 lambda: update(estate.changed), first, memory=160, before=fresh)

    def into_base(*arguments: str | Path) -> Run:
        copy(hundred.base, theirs)
        return execute(inv(theirs, "-q", *arguments))

    tables = ("virtual_machine", "disk", "ip_address")
    yield Figure(f"vm import of {hundred.vms} with disks and ips", "the same records by import DIR",
                 3 if short else 1.5, lambda: execute(inv(work, "-q", "vm", "import", hundred.inline)),
                 lambda: into_base("import", hundred.parts), before=partial(fresh, hundred),
                 same=lambda: count(work, *tables) == count(theirs, *tables))
    yield Figure("vm import of 10000 --dry-run", "the import itself", 2.5 if short else 1.3,
                 lambda: execute(inv(work, "vm", "import", hundred.others(10_000), "--dry-run"), OURS),
                 lambda: into_base("vm", "import", hundred.others(10_000)), before=partial(fresh, hundred), often=3)

    def folder() -> Run:
        work.unlink(missing_ok=True)
        execute(inv(work, "-q", "init"))
        return execute(inv(work, "-q", "import", estate.folder))

    def untyped_folder() -> Run:
        files = sorted(estate.folder.glob("*.csv"))
        return execute(sqlite(theirs, ".mode csv", *(f".import '{file}' {file.stem}" for file in files)))

    yield Figure("import DIR, with disks and addresses", "sqlite3 .import of its files", 5 if short else 2, folder,
                 untyped_folder, memory=160, before=fresh)


def lists(estate: Estate, hundred: Estate, short: bool) -> Iterator[Figure]:
    """Long answers, and questions that read whole tables."""
    inv = estate.inv

    def asks(name: str, limit: float, arguments: Sequence[str], sql: str, mode: str = "csv", of: Estate = estate,
             memory: float | None = None, same: Callable[[], bool] | None = None, often: int = 1) -> Figure:
        return Figure(name, f"sqlite3 -{mode}", limit, lambda: execute(inv(of.full, *arguments), OURS),
                      lambda: execute(sqlite(of.full, sql, mode=mode), THEIRS), memory=memory, same=same, often=often)

    same = partial(same_rows, OURS, THEIRS)
    flat = ["vm", "list", "-c", COLUMNS]
    yield asks("vm list -o csv", 2 if short else 0.5, ["vm", "list", "-o", "csv"], yardsticks.DEFAULT_LIST,
               memory=16, same=same)
    yield asks("vm list -o csv, flat columns", 1.2 if short else 0.45, [*flat, "-o", "csv"], yardsticks.FLAT_LIST,
               memory=16, same=same)
    yield asks("vm list -o jsonl, flat columns", 1.2 if short else 0.45, [*flat, "-o", "jsonl"],
               yardsticks.FLAT_LIST_JSON, "json", memory=16)
    yield asks(f"vm list of {hundred.vms}, as a table", 5 if short else 2.5, [*flat, "-o", "table"],
               yardsticks.FLAT_LIST, "column", of=hundred, memory=32)
    yield asks("vm list --sort memory:desc --limit 50", 1.2 if short else 0.2,
               [*flat, "--sort", "memory:desc", "--limit", "50", "-o", "csv"], yardsticks.SORTED_LIST, often=3,
               same=same)
    yield asks("vm list --where name~web --count", 2 if short else 1.0,
               ["vm", "list", "--where", "name~web", "--count"],
               "SELECT count(*) FROM virtual_machine WHERE name LIKE '%web%'", often=5,
               same=lambda: OURS.read_text().split()[-1] == THEIRS.read_text().split()[-1])
    yield asks("pool list -o csv", 2 if short else 1.0, ["pool", "list", "-o", "csv"], yardsticks.POOL_LIST, same=same)
    yield asks("user list -o csv", 2 if short else 1.0, ["user", "list", "-o", "csv"], yardsticks.USER_LIST, often=3,
               same=same)

    def export() -> Run:
        shutil.rmtree(OUT, ignore_errors=True)
        return execute(inv(estate.full, "-q", "export", OUT))

    yield Figure("export DIR", "sqlite3 -csv, joined and ordered", 1.5 if short else 0.5, export,
                 lambda: execute(sqlite(estate.full, *yardsticks.EXPORTED, mode="csv"), THEIRS))
    for name, with_disks in (("usage, without disks", False), ("usage", True)):
        sums = [yardsticks.SUMS, yardsticks.DISK_SUMS] if with_disks else [yardsticks.SUMS]
        database = partial(getattr, estate, "full" if with_disks else "alone")
        yield Figure(name, "sqlite3 GROUP BY", 2 if short else 0.2,
                     lambda database=database: execute(inv(database(), "usage", "-o", "csv"), OURS),
                     lambda database=database, sums=sums: execute(sqlite(database(), *sums, mode="csv"), THEIRS),
                     often=3)
    for text in ("web-fra1-0", "m5"):
        sql = [query.format(text) for query in yardsticks.FOUND]
        yield Figure(f"find {text}", "sqlite3 LIKE, same columns", 3 if short else 1.0,
                     lambda text=text: execute(inv(estate.full, "find", text), OURS),
                     lambda sql=sql: execute(sqlite(estate.full, *sql, mode="csv"), THEIRS), often=2)


def growth(program: Path, large: Estate) -> Iterator[Figure]:
    """Commands that take as long in a large estate as in one of 10,000 VMs."""
    serial = itertools.count()

    @cache
    def small() -> Estate:
        return Estate(program, 10_000)

    def show(estate: Estate) -> list[Command]:
        return [estate.inv(estate.full, "vm", "show", name) for name in estate.names]

    @cache
    def frequencies() -> dict[str, Counter[str]]:
        """How many VMs of the small estate have each value. By pool and by owner it has no fifty VMs."""
        counters: dict[str, Counter[str]] = {flag: Counter() for flag in flags}
        for _, path, _, status, _, _, system, *_ in rows(small().csv):
            provider, center, _ = path.split("/")
            for flag, value in zip(flags, (system, f"{provider}/{center}", provider, status)):
                counters[flag][value] += 1
        return counters

    def filtered(flag: str, estate: Estate) -> list[Command]:
        common = [value for value, number in frequencies()[flag].most_common() if value and number >= 50]
        # The most frequent values and the rarest.
        values = dict.fromkeys([*common[:5], *common[-5:]])
        return [estate.inv(estate.full, "vm", "list", flag, value, "--limit", "50", "-o", "csv") for value in values]

    def add(estate: Estate) -> list[Command]:
        return [estate.inv(estate.full, "vm", "add", f"grown-{next(serial)}", "--pool", estate.pool)
                for _ in range(20)]

    flags = ("--os", "--dc", "--provider", "--status")
    filters = [(f"vm list {flag} X --limit 50", partial(filtered, flag)) for flag in flags]
    for name, commands in (("vm show", show), *filters, ("vm add", add)):
        yield Figure(f"{name}, of {large.vms}", "of 10000", 1.2,
                     lambda commands=commands: several(commands(large)),
                     lambda commands=commands: several(commands(small())), often=5)
