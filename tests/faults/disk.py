"""A disk that loses its power: what may stand on it after a crash, by what a program has written and synced.

The rules are those of POSIX at their strictest, not those of a kind file system. A write may be there or not until its
file is synced, whole or only some of its sectors, whatever was written later. A name that was made, removed or given to
another file may be there or not until its folder is synced; a file's own sync says nothing about its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from calls import Call

SECTOR = 512
# What a recording listens to; what could change a file in another way stands here so that `Recorder` refuses it.
UNKNOWN = {"creat", "truncate", "writev", "pwritev", "pwritev2", "sendfile", "splice", "fallocate", "copy_file_range"}
TRACED = (
    "trace=open,openat,close,write,pwrite64,lseek,read,ftruncate,fsync,fdatasync,unlink,unlinkat,"
    "rename,renameat,renameat2,link,linkat,mkdir,mkdirat,dup,dup2,dup3," + ",".join(sorted(UNKNOWN))
)
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


def decoded(text: str) -> bytes:
    """A string of `strace -xx`."""
    return bytes.fromhex(text.replace("\\x", ""))


@dataclass
class Write:
    """Bytes at an offset; without bytes, the length of the file from then on."""

    offset: int
    data: bytes | None

    def onto(self, content: bytearray, sectors: range | None = None) -> None:
        """Carries it out: all of it, or only the sectors that are named."""
        if self.data is None:
            if len(content) > self.offset:
                del content[self.offset :]
            else:
                content.extend(bytes(self.offset - len(content)))
            return
        end = self.offset + len(self.data)
        for sector in sectors if sectors is not None else (None,):
            begin, stop = (self.offset, end) if sector is None else (sector * SECTOR, (sector + 1) * SECTOR)
            begin, stop = max(begin, self.offset), min(stop, end)
            if len(content) < stop:
                content.extend(bytes(stop - len(content)))
            content[begin:stop] = self.data[begin - self.offset : stop - self.offset]


@dataclass
class File:
    """A file: what is on the disk for sure, and what was written to it since."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Write] = field(default_factory=list)
    is_folder: bool = False

    def sync(self) -> None:
        """Makes all that was written last."""
        for write in self.pending:
            write.onto(self.durable)
        self.pending.clear()

    def current(self) -> bytearray:
        """What a program that reads it sees."""
        content = bytearray(self.durable)
        for write in self.pending:
            write.onto(content)
        return content


@dataclass
class Naming:
    """A change to names, which is there whole or not at all: names and the files that they then stand for."""

    names: dict[str, File | None]


class Disk:
    """All files below a folder, by their paths."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.names: dict[str, File] = {}
        self.durable: dict[str, File] = {}
        self.pending: dict[str, list[Naming]] = {}
        for path in sorted(folder.rglob("*")):
            file = File(is_folder=True) if path.is_dir() else File(bytearray(path.read_bytes()))
            self.names[str(path)] = self.durable[str(path)] = file

    @classmethod
    def copied(cls, other: Disk) -> Disk:
        """Another disk on which the same stands for sure."""
        disk = cls.__new__(cls)
        disk.folder, disk.pending = other.folder, {}
        disk.durable = {path: File(bytearray(file.durable), [], file.is_folder) for path, file in other.durable.items()}
        disk.names = dict(disk.durable)
        return disk

    def current(self) -> dict[str, bytes]:
        """What a program that reads the files sees."""
        return {path: bytes(file.current()) for path, file in self.names.items()}

    def holds(self, path: str) -> bool:
        """Whether a path is below the folder."""
        return path.startswith(f"{self.folder}/")

    def rename(self, names: dict[str, File | None]) -> None:
        """Changes names of one folder."""
        folder = str(Path(next(iter(names))).parent)
        self.pending.setdefault(folder, []).append(Naming(names))
        apply(self.names, names)

    def sync(self, path: str) -> None:
        """Makes last what a file holds, or the names in a folder."""
        for naming in self.pending.pop(path, []):
            apply(self.durable, naming.names)
        if path in self.names:
            self.names[path].sync()

    def crash(self, chance: Random) -> dict[str, bytes | None]:
        """What may stand there when the power comes back: contents by path below the folder, `None` for a folder."""
        kept = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        torn = chance.choice((0.0, 0.0, 0.5))
        names = dict(self.durable)
        for namings in self.pending.values():
            renamed = any(len(naming.names) > 1 for naming in namings)
            lost: set[str] = set()
            for naming in namings:
                # What happened to one name happened in order; a folder that renames keeps its whole order.
                touched = {"*"} if renamed else set(naming.names)
                if touched & lost or chance.random() >= kept:
                    lost |= touched
                else:
                    apply(names, naming.names)
        contents: dict[str, bytes | None] = {}
        decided: dict[int, bytes] = {}
        for path, file in sorted(names.items()):
            above = str(Path(path).parent)
            if above != self.folder and above[len(self.folder) + 1 :] not in contents:
                continue
            if id(file) not in decided:
                decided[id(file)] = after(file, chance, kept, torn)
            contents[path[len(self.folder) + 1 :]] = None if file.is_folder else decided[id(file)]
        return contents


def apply(names: dict[str, File], changes: dict[str, File | None]) -> None:
    """Gives names to files, or takes them away."""
    for name, file in changes.items():
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file


def after(file: File, chance: Random, kept: float, torn: float) -> bytes:
    """What may stand in a file after a crash."""
    content = bytearray(file.durable)
    for write in file.pending:
        if chance.random() >= kept:
            continue
        sectors = None
        if write.data and chance.random() < torn:
            first, last = write.offset // SECTOR, (write.offset + len(write.data) - 1) // SECTOR
            sectors = range(first, chance.randint(first, last + 1))
        write.onto(content, sectors)
    return bytes(content)


class Recorder:
    """Carries the calls of a program out on a disk."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.open: dict[int, tuple[str, int]] = {}

    def see(self, call: Call) -> bool:
        """Follows one call; tells whether it changed what a crash would leave."""
        if call.failed:
            return False
        paths = [decoded(text).decode(errors="replace") for text in STRING.findall(call.arguments)]
        step = getattr(self, f"_{call.name.rstrip('0123456789').removesuffix('at')}", None)
        if call.name in UNKNOWN:
            return self._unknown(call)
        return bool(step and step(call, paths))

    def _of(self, call: Call) -> tuple[int, str, int] | None:
        number = re.match(r"\d+", call.arguments)
        if number is None or int(number[0]) not in self.open:
            return None
        return int(number[0]), *self.open[int(number[0])]

    def _open(self, call: Call, paths: list[str]) -> bool:
        path = paths[-1]
        self.open.pop(call.result, None)
        if path != self.disk.folder and not self.disk.holds(path):
            return False
        self.open[call.result] = (path, 0)
        if "O_CREAT" in call.arguments and path not in self.disk.names:
            self.disk.rename({path: File()})
            return True
        if "O_TRUNC" in call.arguments:
            self.disk.names[path].pending.append(Write(0, None))
            return True
        return False

    def _close(self, call: Call, _: list[str]) -> bool:
        if found := self._of(call):
            del self.open[found[0]]
        return False

    def _read(self, call: Call, _: list[str]) -> bool:
        if found := self._of(call):
            self.open[found[0]] = (found[1], found[2] + call.result)
        return False

    def _lseek(self, call: Call, _: list[str]) -> bool:
        if found := self._of(call):
            self.open[found[0]] = (found[1], call.result)
        return False

    def _write(self, call: Call, _: list[str]) -> bool:
        found = self._of(call)
        if not found:
            return False
        self.open[found[0]] = (found[1], found[2] + call.result)
        return self._put(found[1], found[2], call)

    def _pwrite(self, call: Call, _: list[str]) -> bool:
        found = self._of(call)
        return found is not None and self._put(found[1], int(call.arguments.rsplit(", ", 1)[1]), call)

    def _put(self, path: str, offset: int, call: Call) -> bool:
        data = STRING.search(call.arguments)
        if data is None:
            raise ValueError(f"a write without its bytes: {call}")
        self.disk.names[path].pending.append(Write(offset, decoded(data[1])[: call.result]))
        return True

    def _ftruncate(self, call: Call, _: list[str]) -> bool:
        if found := self._of(call):
            self.disk.names[found[1]].pending.append(Write(int(call.arguments.rsplit(", ", 1)[1]), None))
        return bool(found)

    def _fsync(self, call: Call, _: list[str]) -> bool:
        if found := self._of(call):
            self.disk.sync(found[1])
        return bool(found)

    _fdatasync = _fsync

    def _unlink(self, _: Call, paths: list[str]) -> bool:
        inside = self.disk.holds(paths[-1])
        if inside:
            self.disk.rename({paths[-1]: None})
        return inside

    def _mkdir(self, _: Call, paths: list[str]) -> bool:
        inside = self.disk.holds(paths[-1])
        if inside:
            self.disk.rename({paths[-1]: File(is_folder=True)})
        return inside

    def _rename(self, _: Call, paths: list[str]) -> bool:
        old, new = paths
        if not self.disk.holds(old):
            return False
        self.disk.rename({new: self.disk.names[old], old: None})
        return True

    def _link(self, _: Call, paths: list[str]) -> bool:
        old, new = paths
        if not self.disk.holds(new):
            return False
        self.disk.rename({new: self.disk.names[old]})
        return True

    def _dup(self, call: Call, _: list[str]) -> bool:
        if found := self._of(call):
            raise ValueError(f"a file under two numbers cannot be followed: {found}")
        return False

    def _unknown(self, call: Call) -> bool:
        if self.disk.folder in call.rest or self._of(call):
            raise ValueError(f"a call that cannot be followed: {call.name}")
        return False
