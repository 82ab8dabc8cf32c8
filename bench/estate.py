"""The generated estate, the inventories made of it, and the commands that bench/run measures on them."""

from __future__ import annotations

import csv
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from measuring import execute

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "target/bench"
# The settings that inv writes with: a yardstick that writes gets the same.
PRAGMAS = ("PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536; "
           "PRAGMA foreign_keys=ON; PRAGMA synchronous=EXTRA; PRAGMA secure_delete=ON;")


def sqlite(database: Path, *script: str, mode: str | None = None) -> list[str | Path]:
    """The sqlite3 shell with a script."""
    options = ["-header"] if mode in ("csv", "column") else []
    return ["sqlite3", "-batch", *([f"-{mode}"] if mode else []), *options, database, ".timeout 30000", *script]


def copy(source: Path, target: Path) -> None:
    """Copies an inventory and syncs the copy, so that no measured command waits for that."""
    shutil.copyfile(source, target)
    target.chmod(0o600)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def rows(path: Path) -> Iterator[list[str]]:
    """The rows of a CSV file below its header."""
    with path.open(newline="", encoding="utf-8") as file:
        yield from itertools.islice(csv.reader(file), 1, None)


def same_rows(one: Path, other: Path) -> bool:
    return all(row == other_row for row, other_row in itertools.zip_longest(rows(one), rows(other)))


def count(database: Path, *tables: str) -> list[int]:
    """The number of rows of each table."""
    sums = "; ".join(f"SELECT count(*) FROM {table}" for table in tables)
    answer = subprocess.run(["sqlite3", database, sums], capture_output=True, check=True, text=True)
    return [int(line) for line in answer.stdout.split()]


class Estate:
    """A generated estate of so many VMs: its CSV files, and inventories made of them when a figure asks for one."""

    def __init__(self, program: Path, vms: int) -> None:
        self.program = program
        self.vms = vms
        self.folder = WORK / f"estate-{vms}"
        self.csv = self.folder / "vms.csv"
        execute([ROOT / "bench/generate", self.folder, str(vms)])
        with self.csv.open(encoding="utf-8") as file:
            self.header = next(file)
            self.lines = list(itertools.islice(file, 100_000))
        self.names = [line.split(",", 1)[0] for line in self.lines[:20]]
        self.pool = self.lines[0].split(",")[1]

    def inv(self, database: Path, *arguments: str | Path) -> list[str | Path]:
        """The measured program with arguments."""
        return [self.program, "--db", database, *arguments]

    @cached_property
    def base(self) -> Path:
        """An inventory without VMs, disks and addresses."""
        without = WORK / f"estate-{self.vms}-without-vms"
        shutil.copytree(self.folder, without, ignore=shutil.ignore_patterns("vms.csv", "disks.csv", "ips.csv"))
        return self._inventory("base", without)

    @cached_property
    def full(self) -> Path:
        """An inventory with everything."""
        return self._inventory("full", self.folder)

    @cached_property
    def alone(self) -> Path:
        """An inventory with VMs, but without disks and addresses."""
        path = WORK / f"alone-{self.vms}.db"
        copy(self.base, path)
        execute(self.inv(path, "-q", "vm", "import", self.csv))
        return path

    def _inventory(self, name: str, folder: Path) -> Path:
        path = WORK / f"{name}-{self.vms}.db"
        execute(self.inv(path, "-q", "init"))
        execute(self.inv(path, "-q", "import", folder))
        return path

    @cached_property
    def changed(self) -> Path:
        """A file of its VMs, each with another type."""
        path = WORK / f"changed-{self.vms}.csv"
        with self.csv.open(newline="", encoding="utf-8") as source, path.open("w", newline="") as target:
            reader, writer = csv.reader(source), csv.writer(target, lineterminator="\n")
            writer.writerow(next(reader))
            writer.writerows([*row[:2], "changed.type", *row[3:]] for row in reader)
        return path

    def others(self, number: int) -> Path:
        """A file of so many VMs that are not part of it."""
        path = WORK / f"others-{number}.csv"
        path.write_text(self.header + "".join(f"new-{line}" for line in self.lines[:number]), encoding="utf-8")
        return path

    @cached_property
    def inline(self) -> Path:
        """A file of its VMs with their disks and addresses as columns."""
        def of_each_vm(name: str) -> Iterator[tuple[str, str]]:
            """The path of each VM that has some in this file, and what its cell lists."""
            key = 1 if name == "disks" else 2
            for path, group in itertools.groupby(rows(self.folder / f"{name}.csv"), key=lambda row: row[key]):
                yield path, ";".join(f"{row[3]}@{row[2]}" if name == "disks" else row[0] or row[1] for row in group)

        path = WORK / f"inline-{self.vms}.csv"
        with path.open("w", newline="", encoding="utf-8") as target:
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow([*self.header.rstrip("\n").split(","), "disks", "ips"])
            for row, (disks_of, disks), (ips_of, ips) in zip(rows(self.csv), of_each_vm("disks"), of_each_vm("ips")):
                assert disks_of == ips_of == f"{row[1]}/{row[0]}", "each VM has disks and addresses"
                writer.writerow([*row, disks, ips])
        return path

    @cached_property
    def parts(self) -> Path:
        """A folder with the files of VMs, disks and addresses alone: the same records as `inline`."""
        folder = WORK / f"parts-{self.vms}"
        folder.mkdir()
        for name in ("vms.csv", "disks.csv", "ips.csv"):
            (folder / name).symlink_to(self.folder / name)
        return folder
