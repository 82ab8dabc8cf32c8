"""Runs commands by turns and tells what they took: what bench/run measures with."""

import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

MIB = 1 << 20
# Nothing of the user's settings reaches what is measured.
ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
ENVIRONMENT["LC_ALL"] = "C.UTF-8"
# What commands are put behind while their memory is measured.
_weighed: list[str] = []

Command = Sequence[str | Path]


class Failed(Exception):
    """A measured command did not do what it was to do."""


@dataclass
class Run:
    """What one run, or several together, took: seconds, and seconds of the processor."""

    wall: float
    cpu: float


@dataclass
class Figure:
    """One line of the table: what is measured against what, and at most which ratio; MiB at the peak."""

    name: str
    against: str
    limit: float
    ours: Callable[[], Run]
    theirs: Callable[[], Run]
    memory: float | None = None
    # Runs a turn: many where one takes milliseconds.
    often: int = 1
    before: Callable[[], None] = lambda: None
    same: Callable[[], bool] | None = None
    runs: list[tuple[Run, Run]] = field(default_factory=list)


def execute(command: Command, output: Path | None = None) -> Run:
    """Runs a command to its end, without a shell."""
    arguments = [*_weighed, *(os.fspath(part) for part in command)]
    program = shutil.which(arguments[0])
    if program is None:
        raise Failed(f"there is no {arguments[0]}")
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
    """Runs one command after another."""
    runs = [execute(command) for command in commands]
    return Run(sum(run.wall for run in runs), sum(run.cpu for run in runs))


def at_once(lists: Sequence[Sequence[Command]]) -> Run:
    """Runs lists of commands side by side, each list by a shell of its own."""
    def script(commands: Sequence[Command]) -> bytes:
        lines = (" ".join(_quoted(os.fspath(word)) for word in line) + " </dev/null\n" for line in commands)
        return ("set -e\n" + "".join(lines)).encode()

    scripts = [script(commands) for commands in lists]

    before, start = os.times(), time.perf_counter()
    # A script of hundreds of commands is longer than an argument may be.
    shells = [subprocess.Popen(["sh", "-s"], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE) for _ in scripts]
    with ThreadPoolExecutor(len(shells)) as side_by_side:
        told = [errors for _, errors in side_by_side.map(subprocess.Popen.communicate, shells, scripts)]
    wall, after = time.perf_counter() - start, os.times()
    for shell, errors in zip(shells, told):
        if shell.returncode != 0:
            raise Failed(errors.decode(errors="replace")[:500])
    return Run(wall, after.children_user + after.children_system - before.children_user - before.children_system)


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


def measure(figure: Figure, turns: int, table: Callable[[str], None]) -> bool:
    """Runs both by turns, hands the line to `table`, and tells whether everything is within its limit."""
    for _ in range(turns * figure.often):
        figure.before()
        mine = figure.ours()
        figure.runs.append((mine, figure.theirs()))
    mine, yard = _medians(figure.runs, 0), _medians(figure.runs, 1)
    ratio = mine.wall / yard.wall
    peak = _peak(figure) if figure.memory else None
    faults = []
    if ratio > figure.limit:
        faults.append("MISSED")
    if figure.memory and peak and peak > figure.memory:
        faults.append("TOO MUCH MEMORY")
    if figure.same and not figure.same():
        faults.append("OTHER ANSWER")
    memory = f"{peak:.0f} of {figure.memory:.0f} MiB" if peak else ""
    table(f"| {figure.name} | {figure.against} | {_shown(mine.wall)} | {_shown(yard.wall)} | {ratio:.2f} | "
          f"{figure.limit:g} | {mine.cpu / max(yard.cpu, 1e-6):.2f} | {memory} | {', '.join(faults) or 'held'} |")
    return not faults


def _medians(runs: Sequence[tuple[Run, Run]], side: int) -> Run:
    return Run(statistics.median(pair[side].wall for pair in runs), statistics.median(pair[side].cpu for pair in runs))


def _shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def _peak(figure: Figure) -> float | None:
    """The peak memory of a run, in MiB, if GNU time is there: what waits for a process here sees its own in it."""
    program = shutil.which("time")
    if not program:
        return None
    figure.before()
    told = Path(os.environ.get("TMPDIR", "/tmp")) / f"inv-bench-{os.getpid()}"
    _weighed[:] = [program, "--format=%M", f"--output={told}"]
    try:
        figure.ours()
        return int(told.read_text()) / 1024
    finally:
        _weighed.clear()
        told.unlink(missing_ok=True)
