"""What a command asks of the kernel, by strace: counted, recorded, made to fail, or a moment to be killed at."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench import Answer, Bench

# 4711 pwrite64(3</tmp/inv.db>, "…", 4096, 0) = 4096
LINE = re.compile(r"^(?P<process>\d+) +(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+|\?)(?P<rest>.*)$")
RESUMED = re.compile(r"^(?P<process>\d+) +<\.\.\. \w+ resumed>")


@dataclass(frozen=True)
class Call:
    """One call, as strace shows it."""

    process: int
    name: str
    arguments: str
    result: int
    rest: str

    @property
    def failed(self) -> bool:
        """Whether it came to nothing."""
        return self.result < 0


def parse(path: Path) -> Iterator[Call]:
    """The calls in a file of strace, those put together that another thread's calls cut in two."""
    begun: dict[str, str] = {}
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            line = line.rstrip("\n")
            process = line.split(" ", 1)[0]
            if line.endswith("<unfinished ...>"):
                begun[process] = line.removesuffix("<unfinished ...>").rstrip()
                continue
            if RESUMED.match(line):
                line = begun.pop(process, "") + RESUMED.sub("", line)
            if found := LINE.match(line):
                result = -1 if found["result"] == "?" else int(found["result"])
                yield Call(int(found["process"]), found["name"], found["arguments"], result, found["rest"])


def traced(out: Path, *options: str) -> list[str]:
    """The start of a command line that has strace write what happens to `out`."""
    return ["strace", "-f", "-qq", "-o", str(out), *options]


@dataclass(frozen=True)
class Place:
    """One call of a run: the which-th of its name in its thread."""

    name: str
    number: int
    arguments: str

    def inject(self, fault: str, lasting: bool = False) -> list[str]:
        """The options that bring `fault` about at this call, and at all later ones of its name where it is lasting."""
        return ["-e", f"trace={self.name}", "-e", f"inject={self.name}:{fault}:when={self.number}{'+' * lasting}"]


def places(bench: Bench, database: Path, command: list[str], *others: Path) -> tuple[list[Place], Answer]:
    """The calls that a command makes on what is in the inventory's folder, and on other files, in their order."""
    ours = [str(database.parent), *map(str, others)]
    with bench.room() as room:
        out = room / "calls"
        answer = bench.run(database, command, traced(out, "-y", "-e", "trace=%file,%desc"))
        counted: Counter[tuple[int, str]] = Counter()
        found = []
        for call in parse(out):
            counted[call.process, call.name] += 1
            if call.name != "execve" and any(path in call.arguments + call.rest for path in ours):
                found.append(Place(call.name, counted[call.process, call.name], call.arguments))
    return found, answer.expect(0)
