"""Runs two commands alternately and compares their time and memory. Used by bench/run."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
# The user's own settings must not change what is measured.
ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
ENVIRONMENT["LC_ALL"] = "C.UTF-8"
HEADER = ("| work | against | inv | yardstick | ratio | at most | of processor time | peak memory | |\n"
          "|---|---|---|---|---|---|---|---|---|")
# Command prefix while memory is measured: GNU time and its options.
_prefix: list[str] = []

Command = Sequence[str | Path]


class Failed(Exception):
    """A measured command failed."""


@dataclass
class Run:
    """Seconds of wall time and of processor time (user and system) of one command or several."""

    wall: float
    cpu: float


@dataclass
class Figure:
    """One row of the table: our command, its yardstick, the highest ratio allowed, and the peak memory in MiB."""

    name: str
    against: str
    limit: float
    ours: Callable[[], Run]
    theirs: Callable[[], Run]
    memory: float | None = None
    # Runs a turn; many where one run takes milliseconds.
    often: int = 1
    # Runs before each pair, outside of the measured time.
    before: Callable[[], None] = lambda: None
    # Compares the two answers of the last pair.
    same: Callable[[], bool] | None = None


@dataclass
class Result:
    """Medians of both sides of a figure."""

    ours: Run
    theirs: Run

    @property
    def wall_ratio(self) -> float:
        return self.ours.wall / self.theirs.wall

    @property
    def cpu_ratio(self) -> float:
        return self.ours.cpu / max(self.theirs.cpu, 1e-6)

    def exceeds(self, limit: float) -> bool:
        """Compares wall time and processor time: on a busy machine the wall time alone says little."""
        return self.wall_ratio > limit and self.cpu_ratio > limit


def execute(command: Command, output: Path | None = None) -> Run:
    """Runs a command to its end, without a shell."""
    arguments = [*_prefix, *(os.fspath(part) for part in command)]
    program = shutil.which(arguments[0])
    if program is None:
        raise Failed(f"{arguments[0]} is not installed")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    reading, writing = os.pipe()
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.fspath(output or "/dev/null"), flags, 0o600),
        (os.POSIX_SPAWN_DUP2, writing, 2),
    ]
    start = time.perf_counter()
    process = os.posix_spawn(program, arguments, ENVIRONMENT, file_actions=actions)
    os.close(writing)
    with os.fdopen(reading, errors="replace") as pipe:
        errors = pipe.read()
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        raise Failed(f"{' '.join(arguments)[:200]}: {errors[:500]}")
    return Run(wall, usage.ru_utime + usage.ru_stime)


def several(commands: Sequence[Command]) -> Run:
    """Runs commands one after another."""
    runs = [execute(command) for command in commands]
    return Run(sum(run.wall for run in runs), sum(run.cpu for run in runs))


def at_once(lists: Sequence[Sequence[Command]]) -> Run:
    """Runs lists of commands in parallel, each list in a shell of its own."""
    def script(commands: Sequence[Command]) -> bytes:
        lines = (" ".join(_quoted(os.fspath(word)) for word in line) + " </dev/null\n" for line in commands)
        return ("set -e\n" + "".join(lines)).encode()

    scripts = [script(commands) for commands in lists]

    before, start = os.times(), time.perf_counter()
    # Standard input, because a script of hundreds of commands is longer than an argument may be.
    shells = [subprocess.Popen(["sh", "-s"], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE) for _ in scripts]
    with ThreadPoolExecutor(len(shells)) as threads:
        errors = [stderr for _, stderr in threads.map(subprocess.Popen.communicate, shells, scripts)]
    wall, after = time.perf_counter() - start, os.times()
    for shell, stderr in zip(shells, errors):
        if shell.returncode != 0:
            raise Failed(stderr.decode(errors="replace")[:500])
    return Run(wall, after.children_user + after.children_system - before.children_user - before.children_system)


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


def measure(figure: Figure, turns: int, table: Callable[[str], None]) -> bool:
    """Measures a figure and passes its row to `table`; returns whether it is within its limits.

    A figure over its limit is measured once more: it misses if it is over the limit both times.
    """
    result = _medians(figure, turns)
    again = result.exceeds(figure.limit)
    if again:
        result = _medians(figure, turns)
    faults = ["MISSED"] if result.exceeds(figure.limit) else []
    if figure.same and not figure.same():
        faults.append("OTHER ANSWER")
    peak = _peak(figure) if figure.memory else None
    if figure.memory and peak and peak > figure.memory:
        faults.append("TOO MUCH MEMORY")
    memory = f"{peak:.0f} of {figure.memory:.0f} MiB" if peak else ""
    verdict = ", ".join(faults) or ("held, second try" if again else "held")
    table(f"| {figure.name} | {figure.against} | {_duration(result.ours.wall)} | {_duration(result.theirs.wall)} | "
          f"{result.wall_ratio:.2f} | {figure.limit:g} | {result.cpu_ratio:.2f} | {memory} | {verdict} |")
    return not faults


def _medians(figure: Figure, turns: int) -> Result:
    """Runs both sides alternately (A B A B), so that both meet the same moments of the machine."""
    ours, theirs = [], []
    for _ in range(turns * figure.often):
        figure.before()
        ours.append(figure.ours())
        theirs.append(figure.theirs())
    return Result(_median(ours), _median(theirs))


def _median(runs: Sequence[Run]) -> Run:
    return Run(statistics.median(run.wall for run in runs), statistics.median(run.cpu for run in runs))


def _duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def _peak(figure: Figure) -> float | None:
    """Returns the peak memory of one run of our side in MiB, or None without GNU time.

    `wait4` would report the memory of this Python process, of which the child is a copy at first.
    """
    program = shutil.which("time")
    if not program:
        return None
    figure.before()
    report = Path(os.environ.get("TMPDIR", "/tmp")) / f"inv-bench-{os.getpid()}"
    _prefix[:] = [program, "--format=%M", f"--output={report}"]
    try:
        figure.ours()
        return int(report.read_text()) / 1024
    finally:
        _prefix.clear()
        report.unlink(missing_ok=True)
