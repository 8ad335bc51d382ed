"""The processes of a container, as `ps` shows them, read from /proc: there need not be a ps on the host.

Understood: the option groups -e -f -A a u x, -o with columns, and --pid-less forms of these; others are refused.
"""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.errors import InvalidParameter, Unsupported

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Table:
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Process:
    """What /proc says of one process. Source: proc_pid_stat(5), proc_pid_status(5)."""

    pid: int
    parent: int
    group: int
    session: int
    terminal: int
    state: str
    uid: int
    gid: int
    nice: int
    threads: int
    cpu_ticks: int
    start_ticks: int
    virtual_bytes: int
    resident_bytes: int
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class _Host:
    """What is needed of the host to say it in words: now, and its memory."""

    uptime_seconds: float
    memory_bytes: int
    now: float

    def age(self, process: Process) -> float:
        return max(self.uptime_seconds - process.start_ticks / _TICKS, 0.0)

    def cpu_percent(self, process: Process) -> float:
        age = self.age(process)
        return 100.0 * process.cpu_ticks / _TICKS / age if age else 0.0


_Column = tuple[str, Callable[[Process, _Host], str]]
_COLUMNS: dict[str, _Column] = {
    "pid": ("PID", lambda p, _h: str(p.pid)),
    "ppid": ("PPID", lambda p, _h: str(p.parent)),
    "pgid": ("PGID", lambda p, _h: str(p.group)),
    "pgrp": ("PGRP", lambda p, _h: str(p.group)),
    "sid": ("SID", lambda p, _h: str(p.session)),
    "uid": ("UID", lambda p, _h: str(p.uid)),
    "gid": ("GID", lambda p, _h: str(p.gid)),
    "user": ("USER", lambda p, _h: _user(p.uid)),
    "euser": ("EUSER", lambda p, _h: _user(p.uid)),
    "uname": ("USER", lambda p, _h: _user(p.uid)),
    "comm": ("COMMAND", lambda p, _h: p.name),
    "ucmd": ("CMD", lambda p, _h: p.name),
    "args": ("COMMAND", lambda p, _h: p.arguments),
    "cmd": ("CMD", lambda p, _h: p.arguments),
    "command": ("COMMAND", lambda p, _h: p.arguments),
    "stat": ("STAT", lambda p, _h: _status(p)),
    "s": ("S", lambda p, _h: p.state),
    "state": ("S", lambda p, _h: p.state),
    "tty": ("TT", lambda p, _h: _terminal(p.terminal)),
    "tt": ("TT", lambda p, _h: _terminal(p.terminal)),
    "ni": ("NI", lambda p, _h: str(p.nice)),
    "nice": ("NI", lambda p, _h: str(p.nice)),
    "nlwp": ("NLWP", lambda p, _h: str(p.threads)),
    "thcount": ("THCNT", lambda p, _h: str(p.threads)),
    "vsz": ("VSZ", lambda p, _h: str(p.virtual_bytes // 1024)),
    "rss": ("RSS", lambda p, _h: str(p.resident_bytes // 1024)),
    "%mem": ("%MEM", lambda p, h: f"{100 * p.resident_bytes / h.memory_bytes:.1f}"),
    "pmem": ("%MEM", lambda p, h: f"{100 * p.resident_bytes / h.memory_bytes:.1f}"),
    "%cpu": ("%CPU", lambda p, h: f"{h.cpu_percent(p):.1f}"),
    "pcpu": ("%CPU", lambda p, h: f"{h.cpu_percent(p):.1f}"),
    "c": ("C", lambda p, h: str(min(int(h.cpu_percent(p)), 99))),
    "time": ("TIME", lambda p, _h: _long_time(p)),
    "cputime": ("TIME", lambda p, _h: _long_time(p)),
    "bsdtime": ("TIME", lambda p, _h: _short_time(p)),
    "etime": ("ELAPSED", lambda p, h: _elapsed(h.age(p))),
    "etimes": ("ELAPSED", lambda p, h: str(int(h.age(p)))),
    "stime": ("STIME", lambda p, h: _start(p, h)),  # noqa: PLW0108 - it is defined below
    "start": ("START", lambda p, h: _start(p, h)),  # noqa: PLW0108
}  # fmt: skip
_FULL = ("user=UID", "pid", "ppid", "c", "stime", "tty=TTY", "time", "cmd")
_PLAIN = ("pid", "tty=TTY", "time", "ucmd")
_USER = ("user", "pid", "%cpu", "%mem", "vsz", "rss", "tty=TTY", "stat", "start", "bsdtime", "command")
_BSD = ("pid", "tty=TTY", "stat", "bsdtime", "command")


async def top(container: Container, arguments: str) -> Table:
    """Return the table that `ps <arguments>` prints, of the container's processes only.

    Raises Conflict when it does not run, Unsupported for an option that is not understood.
    """
    columns = parse_arguments(arguments or "-ef")
    pids = await container.running_shim().processes()
    host = _Host(_uptime(), os.sysconf("SC_PHYS_PAGES") * _PAGE, time.time())
    found = [process for pid in sorted(pids) if (process := read_process(pid)) is not None]
    rows = tuple(tuple(value(process, host) for _, value in columns) for process in found)
    return Table(tuple(title for title, _ in columns), rows)


def parse_arguments(arguments: str) -> list[_Column]:
    """Return the columns asked for. Raises Unsupported naming the option, InvalidParameter without a PID column."""
    words, chosen = arguments.split(), list[str]()
    names: Sequence[str] = _PLAIN
    while words:
        word = words.pop(0)
        letters = word.lstrip("-")
        if letters.startswith("o") or word in ("--format",):
            chosen += (letters[1:] or (words.pop(0) if words else "")).split(",")
        elif word.startswith("--format="):
            chosen += word.partition("=")[2].split(",")
        elif letters and set(letters) <= set("eAdTaxufwjl") and "l" not in letters and "j" not in letters:
            if "f" in letters and word.startswith("-"):
                names = _FULL
            elif "u" in letters:
                names = _USER
            elif not word.startswith("-"):
                names = _BSD
        else:
            raise Unsupported(f"ps option {word!r} is not supported; use -ef, aux or -o with columns")
    columns = [_column(name) for name in chosen or names]
    if not any(title == "PID" for title, _ in columns):
        raise InvalidParameter("Couldn't find PID field in ps output")
    return columns


def _column(text: str) -> _Column:
    name, equals, title = text.strip().partition("=")
    if name.lower() not in _COLUMNS:
        raise Unsupported(f"ps column {name!r} is not supported; known are {', '.join(sorted(_COLUMNS))}")
    usual, value = _COLUMNS[name.lower()]
    return (title if equals else usual), value


def read_process(pid: int) -> Process | None:
    """Read one process; None when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        command_line = Path(f"/proc/{pid}/cmdline").read_bytes()
        status = os.stat(f"/proc/{pid}")
    except OSError:
        return None
    # The name stands in parentheses and may have any character in it, also parentheses.
    name, rest = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2 :].split()
    arguments = command_line.rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
    return Process(
        pid=pid,
        parent=int(rest[1]),
        group=int(rest[2]),
        session=int(rest[3]),
        terminal=int(rest[4]),
        state=rest[0],
        uid=status.st_uid,
        gid=status.st_gid,
        nice=int(rest[16]),
        threads=int(rest[17]),
        cpu_ticks=int(rest[11]) + int(rest[12]),
        start_ticks=int(rest[19]),
        virtual_bytes=int(rest[20]),
        resident_bytes=int(rest[21]) * _PAGE,
        name=name,
        arguments=arguments or f"[{name}]",
    )


def _uptime() -> float:
    return float(Path("/proc/uptime").read_text().split()[0])


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _terminal(number: int) -> str:
    # Major numbers 136 to 143 are pseudo terminals. Source: kernel documentation, devices.txt.
    major, minor = number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xFFF00
    return f"pts/{(major - 136) * 256 + minor}" if 136 <= major <= 143 else "?"


def _status(process: Process) -> str:
    flags = "<" if process.nice < 0 else "N" if process.nice > 0 else ""
    return f"{process.state}{flags}{'s' if process.session == process.pid else ''}{'l' if process.threads > 1 else ''}"


def _long_time(process: Process) -> str:
    seconds = process.cpu_ticks // _TICKS
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _short_time(process: Process) -> str:
    seconds = process.cpu_ticks // _TICKS
    return f"{seconds // 60}:{seconds % 60:02d}"


def _elapsed(age: float) -> str:
    seconds = int(age)
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    text = f"{minutes:02d}:{seconds % 60:02d}"
    return f"{days}-{hours:02d}:{text}" if days else f"{hours:02d}:{text}" if hours else text


def _start(process: Process, host: _Host) -> str:
    moment = time.localtime(host.now - host.age(process))
    return time.strftime("%H:%M" if host.age(process) < 86400 else "%b%d", moment)
