"""`kill -9` at random moments of an import and of small writes: the data are before or after, never between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from calls import Place, places, traced
from workbench import SMALL_WRITES, Bench, Lie, contents, copy, must_be_caught, vms

KILLED = -signal.SIGKILL
# A writer that makes each row last by itself: what an import must not be.
ROW_BY_ROW = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA synchronous = OFF")
for row in range(2000):
    connection.execute("INSERT INTO operating_system (name) VALUES (?)", (f"os{row}",))
"""


def test(bench: Bench) -> None:
    """Kills an import, small writes, `init`, and as a control a writer that commits row by row."""
    with bench.room() as room:
        (room / "base").mkdir()
        base = bench.estate(room / "base")
        rows = bench.amount(100_000, 3_000)
        file = vms(room / "vms.csv", rows)
        control(bench, base)
        imports = Killing(bench, base, ["vm", "import", str(file)])
        killed = sum(bench.each(range(bench.amount(200, 20)), imports.once))
        bench.note(f"an import of {rows} rows killed {killed} times")
        first, second = (export(room / day, bench.amount(20_000, 1_000), day) for day in ("first", "second"))
        known = copy(base, room)
        bench.ok(known, "import", "--from", "rvtools", str(first))
        # Times are kept in whole seconds, and history keeps a time only where it changed: within the second of the first
        # import it would differ from later.
        time.sleep(1)
        again = Killing(bench, known, ["import", "--from", "rvtools", str(second), "--update", "--prune"])
        killed = sum(bench.each(range(bench.amount(100, 10)), again.once))
        bench.note(f"a second import of a source killed {killed} times")
        bench.ok(base, "backup", str(room / "backup.db"))
        lines = (*SMALL_WRITES, f"restore {room / 'backup.db'} --yes")
        small = [Killing(bench, base, line.split()) for line in lines]
        turns = range(bench.amount(200, 40))
        killed = sum(bench.each(turns, lambda turn: small[turn % len(small)].once(turn)))
        bench.note(f"small writes killed {killed} times")
        turns = range(bench.amount(60, 15))
        killed = sum(bench.each(turns, lambda turn: init_once(bench, turn)))
        bench.note(f"init killed {killed} times")


def export(folder: Path, rows: int, day: str) -> Path:
    """Writes an RVTools export; on the second day one VM in seven has moved, one was renamed, one is gone, one is new."""
    folder.mkdir()
    header = "VM,Powerstate,Template,CPUs,Memory,Datacenter,Cluster,Host,VM ID,VM UUID,VI SDK Server"
    later = day == "second"
    lines = [header]
    for row in range(rows + later):
        if later and row == 1:
            continue
        name = f"renamed{row}" if later and row == 2 else f"vm{row}"
        cluster = "beta" if later and row % 7 == 0 else "alpha"
        lines.append(f"{name},poweredOn,False,2,4096,north,{cluster},host,vm-{row},{row:08},vc")
    (folder / "RVTools_tabvInfo.csv").write_text("\n".join(lines) + "\n")
    return folder


class Killing:
    """A command that is killed again and again, each time on a copy of the same inventory."""

    def __init__(self, bench: Bench, base: Path, command: list[str]) -> None:
        self.bench, self.base, self.command = bench, base, command
        with bench.room() as room:
            database = copy(base, room)
            begun = time.monotonic()
            bench.ok(database, *command)
            self.lasts = time.monotonic() - begun
            self.sides = (contents(base), contents(database))
        with bench.room() as room:
            self.places = places(bench, copy(base, room), command)[0]
        if self.sides[0] == self.sides[1]:
            raise Lie(f"inv {' '.join(command)} changes nothing")

    def once(self, turn: int) -> bool:
        """Kills it once; tells whether it was killed before it was done."""
        chance = self.bench.random(*self.command, turn)
        with self.bench.room() as room:
            database = copy(self.base, room)
            # Half of the moments are a time, half a call: the commit is short, and has most of the calls.
            if turn % 2:
                when = chance.random() * self.lasts
                done = kill_after(self.bench, database, self.command, when)
                moment = f"after {when:.4f} s"
            else:
                place = chance.choice(self.places)
                done = kill_at(self.bench, database, self.command, place)
                moment = f"at {place.name} number {place.number}"
            found = survives(self.bench, database, turn // 2, f"{' '.join(self.command)} killed {moment}")
        if found not in self.sides:
            raise Lie(f"between before and after: {' '.join(self.command)} killed {moment}")
        if done and found != self.sides[1]:
            raise Lie(f"done, and lost: {' '.join(self.command)}, to be killed {moment}")
        return not done


def survives(bench: Bench, database: Path, turn: int, what: str) -> str:
    """What the inventory holds once the next command has worked."""
    try:
        bench.works(database, turn)
        bench.ok(database, "log", "verify")
        return contents(database)
    except Lie as lie:
        raise Lie(f"{what}: {lie}") from None


def kill_after(bench: Bench, database: Path, command: list[str], when: float) -> bool:
    """Kills a command after a time; tells whether it was done by then."""
    arguments = [str(bench.program), *command]
    with subprocess.Popen(
        arguments, env=bench.environment(database), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        time.sleep(when)
        os.kill(process.pid, signal.SIGKILL)
        status = process.wait()
    if status not in (0, KILLED):
        raise Lie(f"inv {' '.join(command)} ended with {status}")
    return status == 0


def kill_at(bench: Bench, database: Path, command: list[str], place: Place) -> bool:
    """Kills a command as it makes a call; tells whether it was done by then."""
    answer = bench.run(database, command, traced(Path(os.devnull), *place.inject("signal=KILL")))
    if answer.status not in (0, KILLED):
        raise Lie(str(answer))
    return answer.status == 0


def init_once(bench: Bench, turn: int) -> bool:
    """Kills `init`: an inventory is there or can be made."""
    with bench.room() as room:
        (room / "first").mkdir()
        found = places(bench, room / "first" / "inv.db", ["init"])[0]
        database = room / "second" / "inv.db"
        database.parent.mkdir()
        place = bench.random("init", turn).choice(found)
        done = kill_at(bench, database, ["init"], place)
        answer = bench.inv(database, "init")
        if answer.status not in (0, 4) or (done and answer.status == 0):
            raise Lie(f"init killed at {place.name} number {place.number}, and again:\n{answer}")
        bench.works(database, turn)
        if contents(database, exact=True) != contents(room / "first" / "inv.db", exact=True):
            raise Lie(f"init killed at {place.name} number {place.number} left half a schema")
    return not done


def control(bench: Bench, base: Path) -> None:
    """A writer that commits row by row is caught in between."""
    between = 0
    for turn in range(10):
        with bench.room() as room:
            database = copy(base, room)
            with subprocess.Popen([sys.executable, "-c", ROW_BY_ROW, str(database)]) as process:
                while process.poll() is None and not Path(f"{database}-journal").exists():
                    time.sleep(0.001)
                time.sleep(bench.random("control", turn).random() * 0.1)
                process.kill()
            found = survives(bench, database, turn, "the control")
            between += found != contents(base)
    must_be_caught("a writer that commits row by row", between)
    bench.note(f"control: a writer that commits row by row was caught {between} of 10 times")
