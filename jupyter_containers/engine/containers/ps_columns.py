"""What `ps` can say of a process, read from /proc: one column for each of its words.

Source: ps(1), proc_pid_stat(5), proc_pid_status(5).
"""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
DAY_SECONDS = 86400
# Of a command line: a container may have thousands of processes with megabytes each.
_LONGEST_LINE = 16 * 1024


@dataclass(frozen=True, slots=True)
class Process:
    """One process, or one of its threads: then `thread` is not `pid`."""

    pid: int
    thread: int
    parent: int
    group: int
    session: int
    terminal: int
    foreground: int
    flags: int
    state: str
    uid: int
    gid: int
    priority: int
    nice: int
    threads: int
    processor: int
    cpu_ticks: int
    start_ticks: int
    virtual_bytes: int
    resident_bytes: int
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Host:
    """What is needed of the host to say it in words: now, and its memory."""

    uptime_seconds: float
    memory_bytes: int
    now: float

    def age(self, process: Process) -> float:
        return max(self.uptime_seconds - process.start_ticks / _TICKS, 0.0)

    def cpu_percent(self, process: Process) -> float:
        age = self.age(process)
        return 100.0 * process.cpu_ticks / _TICKS / age if age else 0.0


def this_host() -> Host:
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return Host(uptime, os.sysconf("SC_PHYS_PAGES") * _PAGE, time.time())


Column = tuple[str, Callable[[Process, Host], str]]


def _number(name: str) -> Callable[[Process, Host], str]:
    return lambda process, _host: str(getattr(process, name))


COLUMNS: dict[str, Column] = {
    "pid": ("PID", _number("pid")),
    "ppid": ("PPID", _number("parent")),
    "pgid": ("PGID", _number("group")),
    "pgrp": ("PGRP", _number("group")),
    "sid": ("SID", _number("session")),
    "sess": ("SESS", _number("session")),
    "tpgid": ("TPGID", _number("foreground")),
    "lwp": ("LWP", _number("thread")),
    "tid": ("TID", _number("thread")),
    "spid": ("SPID", _number("thread")),
    "uid": ("UID", _number("uid")),
    "gid": ("GID", _number("gid")),
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
    # What ps makes of the kernel's flags: forked without execve, used the superuser's rights.
    "f": ("F", lambda p, _h: f"{p.flags >> 6 & 7:o}"),
    "flags": ("F", lambda p, _h: f"{p.flags >> 6 & 7:o}"),
    "tty": ("TT", lambda p, _h: _terminal(p.terminal)),
    "tt": ("TT", lambda p, _h: _terminal(p.terminal)),
    "ni": ("NI", _number("nice")),
    "nice": ("NI", _number("nice")),
    "priority": ("PRI", _number("priority")),
    "pri": ("PRI", lambda p, _h: str(39 - p.priority)),
    "opri": ("PRI", lambda p, _h: str(60 + p.priority)),
    "nlwp": ("NLWP", _number("threads")),
    "thcount": ("THCNT", _number("threads")),
    "psr": ("PSR", _number("processor")),
    "addr": ("ADDR", lambda _p, _h: "-"),
    "sz": ("SZ", lambda p, _h: str(p.virtual_bytes // _PAGE)),
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
    "wchan": ("WCHAN", lambda p, _h: _attribute(p.pid, "wchan")),
    "label": ("LABEL", lambda p, _h: _attribute(p.pid, "attr/current")),
}


def read_process(pid: int, thread: int | None = None) -> Process | None:
    """Read one process, or a thread of it; None when it is gone."""
    place = Path(f"/proc/{pid}") if thread is None else Path(f"/proc/{pid}/task/{thread}")
    try:
        stat = (place / "stat").read_text(errors="replace")
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            command_line = file.read(_LONGEST_LINE)
        status = os.stat(place)
    except OSError:
        return None
    # The name stands in parentheses and may have any character in it, also parentheses.
    name, rest = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2 :].split()
    arguments = command_line.rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
    return Process(
        pid=pid,
        thread=thread or pid,
        state=rest[0],
        parent=int(rest[1]),
        group=int(rest[2]),
        session=int(rest[3]),
        terminal=int(rest[4]),
        foreground=int(rest[5]),
        flags=int(rest[6]),
        uid=status.st_uid,
        gid=status.st_gid,
        priority=int(rest[15]),
        nice=int(rest[16]),
        threads=int(rest[17]),
        processor=int(rest[36]),
        cpu_ticks=int(rest[11]) + int(rest[12]),
        start_ticks=int(rest[19]),
        virtual_bytes=int(rest[20]),
        resident_bytes=int(rest[21]) * _PAGE,
        name=name,
        arguments=arguments or f"[{name}]",
    )


def threads_of(pid: int) -> list[int]:
    """Return the numbers of a process's threads."""
    try:
        return sorted(map(int, os.listdir(f"/proc/{pid}/task")))
    except OSError:
        return []


def _attribute(pid: int, name: str) -> str:
    try:
        text = Path(f"/proc/{pid}/{name}").read_text().strip("\0\n")
    except OSError:
        return "-"
    return text if text and text != "0" else "-"


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
    days, hours, minutes = seconds // DAY_SECONDS, seconds // 3600 % 24, seconds // 60 % 60
    text = f"{minutes:02d}:{seconds % 60:02d}"
    return f"{days}-{hours:02d}:{text}" if days else f"{hours:02d}:{text}" if hours else text


def _start(process: Process, host: Host) -> str:
    moment = time.localtime(host.now - host.age(process))
    return time.strftime("%H:%M" if host.age(process) < DAY_SECONDS else "%b%d", moment)
