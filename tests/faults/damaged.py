"""Files that are damaged in every way: a sentence, and never a panic, a hang or a silent write."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from random import Random

from workbench import Bench, Lie, judge, must_be_caught, vms

PAGE = 4096
# More memory than any command has a use for on such a file.
BOUNDED = ("prlimit", f"--as={2 << 30}", "timeout", "--signal=ABRT", "20")
READING = (
    "vm list -o csv",
    "vm list --sort memory:desc -o json",
    "vm list -c name,ips,disks,systems,pool.dc.provider,owner.email",
    "vm show web01",
    "pool show prod",
    "usage",
    "find web",
    "ip list --in 10.0.0.0/8",
    "check",
    "log",
    "log verify",
    "vm log web01",
    "stats",
    "export EXPORT",
)
WRITING = (
    "vm add new --pool prod",
    "vm set web01 --memory 32GiB",
    "vm rm web02 --yes",
    "pool rm prod --recursive --yes",
    "ip next --in 10.0.0.0/24 --reserve",
    "undo",
)


def test(bench: Bench) -> None:
    """Reads and writes files of which each is damaged in a way of its own."""
    with bench.room() as room:
        (room / "base").mkdir()
        base = bench.estate(room / "base")
        bench.ok(base, "vm", "import", str(vms(room / "vms.csv", 300)))
        bench.ok(base, "vm", "set", "web01", "--memory", "64GiB")
        sound = base.read_bytes()
        control(bench, sound, room)
        told = Counter[int]()
        for statuses in bench.each(range(bench.amount(600, 60)), lambda turn: once(bench, sound, turn)):
            told += statuses
        if told[6] < told.total() // 5:
            raise Lie(f"the test itself lies: of {told.total()} commands only {told[6]} noticed a damage")
        bench.note(f"{told.total()} commands, of which {told[6]} told of the damage")


def once(bench: Bench, sound: bytes, turn: int) -> Counter[int]:
    """Damages one file, and has some commands read it and one write to it; their exit statuses."""
    chance = bench.random(turn)
    statuses = Counter[int]()
    with bench.room() as room, bench.room() as export:
        database = room / "inv.db"
        database.touch(mode=0o600)
        how = damage(database, sound, chance)
        was = database.read_bytes()
        beside = sorted(room.iterdir())
        for line in (*chance.sample(READING, 4), chance.choice(WRITING)):
            writes = line in WRITING
            try:
                answer = judge(bench.run(database, line.replace("EXPORT", str(export)).split(), BOUNDED))
            except Lie as lie:
                raise Lie(f"file {turn}, {how}: {lie}") from None
            statuses[answer.status] += 1
            changed = database.read_bytes() != was or sorted(room.iterdir()) != beside
            if changed and (not writes or answer.status != 0):
                raise Lie(f"file {turn}, {how}: a silent write\n{answer}")
            if line.startswith("vm add") and answer.status == 0:
                shown = judge(bench.run(database, ["vm", "show", "new"], BOUNDED))
                if shown.status == 3:
                    raise Lie(f"file {turn}, {how}: added, it said, and it is not there")
    return statuses


def damage(path: Path, sound: bytes, chance: Random) -> str:
    """Writes a damaged file; tells how."""
    content = bytearray(sound)
    pages = len(content) // PAGE
    how = chance.choice(
        ("bits", "bits", "many bits", "header", "schema", "cut", "cut at a page", "zeroed", "garbage in a page",
         "pages swapped", "pages doubled", "more behind it", "all garbage", "garbage behind a header")
    )  # fmt: skip
    if how in ("bits", "many bits", "header", "schema"):
        within = {"header": 100, "schema": PAGE * 4}.get(how, len(content))
        for _ in range(chance.randint(1, 4) if how != "many bits" else 500):
            content[chance.randrange(within)] ^= 1 << chance.randrange(8)
    elif how == "cut":
        del content[chance.randrange(len(content)) :]
    elif how == "cut at a page":
        del content[PAGE * chance.randrange(pages) :]
    elif how in ("zeroed", "garbage in a page"):
        for _ in range(chance.randint(1, 6)):
            begin = PAGE * chance.randrange(pages)
            content[begin : begin + PAGE] = bytes(PAGE) if how == "zeroed" else chance.randbytes(PAGE)
    elif how in ("pages swapped", "pages doubled"):
        one, other = (PAGE * page for page in chance.sample(range(pages), 2))
        kept = content[one : one + PAGE]
        content[one : one + PAGE] = content[other : other + PAGE]
        if how == "pages swapped":
            content[other : other + PAGE] = kept
    elif how == "more behind it":
        content += chance.randbytes(chance.randint(1, 3 * PAGE))
    else:
        begin = 0 if how == "all garbage" else 100
        content[begin:] = chance.randbytes(len(content) - begin)
    path.write_bytes(content)
    return how


def control(bench: Bench, sound: bytes, room: Path) -> None:
    """A program that writes a byte as it reads is caught."""
    writer = room / "writer"
    writer.write_text(f'#!/bin/sh\n"{bench.program}" "$@"\ns=$?\nprintf x >>"$INV_DB"\nexit "$s"\n', encoding="utf-8")
    writer.chmod(0o755)
    caught = 0
    for turn in range(5):
        try:
            once(dataclasses.replace(bench, program=writer), sound, turn)
        except Lie as lie:
            caught += "a silent write" in str(lie)
    must_be_caught("a program that writes as it reads", caught)
    bench.note(f"control: a program that writes as it reads was caught {caught} of 5 times")
