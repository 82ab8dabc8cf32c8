"""Every call that a command makes on the inventory made to fail in turn: never a false "done", never a half.

Each fails once, as a cable that is loose, and from then on, as a disk that has died.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from calls import Place, places, traced
from workbench import NOTHING_CHANGED, SMALL_WRITES, Answer, Bench, Lie, contents, copy, judge, must_be_caught, vms

# How each call may fail; the others with an error of the disk.
FAULTS = {
    "openat": ("EIO", "ENOSPC", "EACCES", "EMFILE"),
    "pwrite64": ("EIO", "ENOSPC"),
    "write": ("EIO", "ENOSPC"),
    "fdatasync": ("EIO", "ENOSPC"),
    "fsync": ("EIO", "ENOSPC"),
    "ftruncate": ("EIO", "ENOSPC"),
    "mkdir": ("ENOSPC", "EACCES"),
    "unlink": ("EIO", "EACCES"),
}
SMALL = ("vm add web03 --pool prod --disk 10GiB@san1 --ip 10.0.0.12@101", "pool rm prod --recursive --yes", "undo")
NONE = "no inventory"


@dataclasses.dataclass(frozen=True)
class Case:
    """One call of a command, and how it fails."""

    place: Place
    error: str
    lasting: bool

    def __str__(self) -> str:
        reach = "and all later ones" if self.lasting else "alone"
        return f"{self.place.name} number {self.place.number} {reach} with {self.error} ({self.place.arguments[:120]})"


def test(bench: Bench) -> None:
    """Has calls of small writes, an import, `init`, an upgrade, a restore and a list fail."""
    with bench.room() as room:
        for folder in ("base", "old"):
            (room / folder).mkdir()
        base, old = bench.estate(room / "base"), bench.version_1(room / "old")
        file = vms(room / "vms.csv", 300)
        control(bench, base, room)
        lines = SMALL if bench.short else sorted({*SMALL, *SMALL_WRITES})
        for line in lines:
            Failing(bench, base, line.split()).all(bench.amount(10_000, 60))
        Failing(bench, base, ["vm", "import", str(file)], file).all(bench.amount(10_000, 80))
        Failing(bench, None, ["init"]).all(bench.amount(10_000, 60))
        Failing(bench, old, ["user", "add", "zoe"]).all(bench.amount(10_000, 80))
        bench.ok(base, "backup", str(room / "backup.db"))
        restore = ["restore", str(room / "backup.db"), "--yes"]
        Failing(bench, base, restore, room / "backup.db").all(bench.amount(10_000, 60))
        listing(bench, base)


class Failing:
    """A command whose calls fail, each time on a copy of the same inventory."""

    def __init__(self, bench: Bench, base: Path | None, command: list[str], *others: Path) -> None:
        self.bench, self.base, self.command = bench, base, command
        with bench.room() as room:
            database = self.begin(room)
            self.places = places(bench, database, command, *others)[0]
            self.after = contents(database)
        with bench.room() as room:
            # A look at a file of an earlier schema brings it up.
            database = self.begin(room)
            if base:
                bench.works(database, 0)
            self.before = self.found(database)
        if self.before == self.after:
            raise Lie(f"inv {' '.join(command)} changes nothing")

    def begin(self, room: Path) -> Path:
        """The inventory as it is before the command."""
        return copy(self.base, room) if self.base else room / "inv.db"

    def found(self, database: Path) -> str:
        """What is there."""
        return contents(database) if database.exists() else NONE

    def cases(self, most: int) -> list[Case]:
        """Every way in which each call fails, or as many of them as are wanted."""
        every = [
            Case(place, error, lasting)
            for place in self.places
            for error in FAULTS.get(place.name, ("EIO",))
            for lasting in (False, True)
        ]
        chance = self.bench.random(*self.command)
        return every if len(every) <= most else chance.sample(every, most)

    def all(self, most: int) -> None:
        """Has the calls fail, each on its own."""
        cases = self.cases(most)
        failed = sum(self.bench.each(enumerate(cases), lambda numbered: self.once(*numbered)))
        told = " ".join(self.command[:2])
        self.bench.note(f"{told}: {len(self.places)} calls failed in {len(cases)} ways, and {failed} times the command")

    def once(self, turn: int, case: Case) -> bool:
        """Has one call fail; tells whether the command did."""
        with self.bench.room() as room:
            database = self.begin(room)
            answer = failing(self.bench, database, self.command, case)
            try:
                if not self.base:
                    # What was not done can be done now.
                    self.bench.inv(database, "init")
                self.bench.works(database, turn)
                found = self.found(database)
            except Lie as lie:
                raise Lie(f"{case}\n{answer}then: {lie}") from None
        if found not in (self.before, self.after):
            raise Lie(f"{case}: neither before nor after\n{answer}")
        if answer.status == 0 and found != self.after:
            raise Lie(f"{case}: done, it said, and it is not\n{answer}")
        if self.base and NOTHING_CHANGED in answer.stderr and found != self.before:
            raise Lie(f"{case}: nothing was changed, it said, and it was\n{answer}")
        return answer.status != 0


def failing(bench: Bench, database: Path, command: list[str], case: Case) -> Answer:
    """Runs a command of which one call fails."""
    with bench.room() as room:
        options = case.place.inject(f"error={case.error}", case.lasting)
        answer = bench.run(database, command, traced(room / "calls", *options))
        if "(INJECTED)" not in (room / "calls").read_text(encoding="utf-8", errors="replace"):
            raise Lie(f"the test itself lies: there was no {case}")
    try:
        return judge(answer)
    except Lie as lie:
        raise Lie(f"{case}: {lie}") from None


def listing(bench: Bench, base: Path) -> None:
    """A list whose reading fails is whole or not done, and changes nothing."""
    command = ["vm", "list", "-o", "csv"]
    found, whole = places(bench, base, command)
    was = base.read_bytes()
    cases = [Case(place, "EIO", lasting) for place in found for lasting in (False, True)]

    def once(case: Case) -> None:
        answer = failing(bench, base, command, case)
        if answer.status == 0 and answer.stdout != whole.stdout:
            raise Lie(f"{case}: done, it said, with half of the list\n{answer}")

    bench.each(cases, once)
    if base.read_bytes() != was or len(list(base.parent.iterdir())) != 1:
        raise Lie("a list changed the inventory or left something beside it")
    bench.note(f"vm list: {len(found)} calls failed in {len(cases)} ways")


def control(bench: Bench, base: Path, room: Path) -> None:
    """A program that says "done" in any case is caught."""
    liar = room / "liar"
    liar.write_text(f'#!/bin/sh\n"{bench.program}" "$@" 2>/dev/null\nexit 0\n', encoding="utf-8")
    liar.chmod(0o755)
    lying = Failing(dataclasses.replace(bench, program=liar, notes=[]), base, SMALL[0].split())
    caught = 0
    cases = [case for case in lying.cases(10_000) if case.place.name == "pwrite64" and not case.lasting][:10]
    for turn, case in enumerate(cases):
        try:
            lying.once(turn, case)
        except Lie:
            caught += 1
    must_be_caught("a program that always says it is done", caught)
    bench.note(f"control: a program that always says it is done was caught {caught} of {len(cases)} times")
