"""The processes of a container, as `ps` shows them, read from /proc: there need not be a ps on the host.

Understood are the options that choose columns (-f -F -j -l -y -L -Z -o, and j l u f of the BSD kind), their order
(--sort) and their form (-w, --forest), and those that choose all processes (-e -A -a -d x): others are refused.
Source: ps(1).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.ps_columns import (
    COLUMNS,
    Column,
    Host,
    Process,
    read_process,
    this_host,
    threads_of,
)
from jupyter_containers.errors import InvalidParameter, Unsupported

# Letters that say which processes or how wide, of which docker top shows the container's, whole, in any case.
_UNIX_ALL, _BSD_ALL = frozenset("eAadTw"), frozenset("axTwe")
_UNIX_FORMS, _BSD_FORMS = frozenset("fFjlyLZ"), frozenset("julf")
_FULL = ("user=UID", "pid", "ppid", "c", "stime", "tty=TTY", "time", "cmd")
_EXTRA_FULL = ("user=UID", "pid", "ppid", "c", "sz", "rss", "psr", "stime", "tty=TTY", "time", "cmd")
_LONG = ("f", "s", "uid", "pid", "ppid", "c", "opri", "ni", "addr", "sz", "wchan", "tty=TTY", "time", "ucmd")
_JOBS = ("pid", "pgid", "sid", "tty=TTY", "time", "ucmd")
_PLAIN = ("pid", "tty=TTY", "time", "ucmd")
_BSD_USER = ("user", "pid", "%cpu", "%mem", "vsz", "rss", "tty=TTY", "stat", "start", "bsdtime", "command")
_BSD_JOBS = ("ppid", "pid", "pgid", "sid", "tty=TTY", "tpgid", "stat", "uid", "bsdtime", "command")
_BSD_LONG = (
    "f",
    "uid",
    "pid",
    "ppid",
    "priority",
    "ni",
    "vsz",
    "rss",
    "wchan",
    "stat",
    "tty=TTY",
    "bsdtime",
    "command",
)
_BSD_PLAIN = ("pid", "tty=TTY", "stat", "bsdtime", "command")
# There are fewer kinds of them.
_MOST_COLUMNS = 100
_COMMANDS = frozenset({"args", "cmd", "command", "comm", "ucmd"})


@dataclass(frozen=True, slots=True)
class Table:
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class Wish:
    """What the options of a `ps` ask for. `names` are columns, with a title behind `=`."""

    chosen: list[str] = field(default_factory=list)
    unix: set[str] = field(default_factory=set)
    bsd: set[str] = field(default_factory=set)
    order: list[str] = field(default_factory=list)
    is_bsd: bool = False
    is_forest: bool = False

    @property
    def has_threads(self) -> bool:
        return "L" in self.unix

    @property
    def names(self) -> list[str]:
        names = self.chosen or list(self._bsd_form() if self.is_bsd and not self.unix else self._unix_form())
        if self.has_threads and not self.chosen:
            place = names.index("ppid" if "ppid" in names else "pid") + 1
            names.insert(place, "lwp")
            if "c" in names:
                names.insert(names.index("c") + 1, "nlwp")
        return ["label", *names] if "Z" in self.unix and not self.chosen else names

    def _bsd_form(self) -> tuple[str, ...]:
        forms = {"u": _BSD_USER, "j": _BSD_JOBS, "l": _BSD_LONG}
        return next((forms[letter] for letter in "ujl" if letter in self.bsd), _BSD_PLAIN)

    def _unix_form(self) -> tuple[str, ...]:
        if "l" in self.unix:
            names = [name for name in _LONG if "y" not in self.unix or name != "f"]
            if "y" in self.unix:
                names[names.index("addr")] = "rss"
            if "f" in self.unix:
                names[-3:-3] = ["stime"]
                names[-1] = "cmd"
            return tuple(names)
        forms = {"F": _EXTRA_FULL, "f": _FULL, "j": _JOBS}
        return next((forms[letter] for letter in "Ffj" if letter in self.unix), _PLAIN)


async def top(container: Container, arguments: str) -> Table:
    """Return the table that `ps <arguments>` prints, of the container's processes only.

    Raises Conflict when it does not run, Unsupported for an option that is not understood.
    """
    wish = parse_arguments(arguments or "-ef")
    columns = columns_of(wish)
    pids = await container.running_shim().processes()
    if wish.has_threads:
        read = [read_process(pid, thread) for pid in sorted(pids) for thread in threads_of(pid)]
    else:
        read = [read_process(pid) for pid in sorted(pids)]
    return table([process for process in read if process is not None], columns, wish, this_host())


def table(processes: list[Process], columns: list[Column], wish: Wish, host: Host) -> Table:
    """Return the processes in their order. Pure."""
    for key in reversed(wish.order):
        _, value = _column(key.lstrip("+-"))
        processes = sorted(processes, key=lambda process: _sortable(value(process, host)), reverse=key.startswith("-"))
    titles = tuple(title for title, _ in columns)
    commands = {place for place, name in enumerate(wish.names) if name.partition("=")[0] in _COMMANDS}
    rows = []
    for process in processes:
        row = [value(process, host) for _, value in columns]
        if wish.is_forest:
            # Every process here has a parent, be it outside; dockerd shows no more of the tree either.
            row = [f"\\_ {text}" if place in commands else text for place, text in enumerate(row)]
        rows.append(tuple(row))
    return Table(titles, tuple(rows))


def _sortable(text: str) -> tuple[float, str]:
    try:
        return float(text), ""
    except ValueError:
        return float("inf"), text


def columns_of(wish: Wish) -> list[Column]:
    """Return the columns asked for. Raises InvalidParameter without a PID column: dockerd needs it; or for too many."""
    if len(wish.names) + len(wish.order) > _MOST_COLUMNS:
        raise InvalidParameter(f"{len(wish.names) + len(wish.order)} columns are more than {_MOST_COLUMNS}")
    columns = [_column(name) for name in wish.names]
    if not any(title == "PID" for title, _ in columns):
        raise InvalidParameter("Couldn't find PID field in ps output", status=500)
    return columns


def _column(text: str) -> Column:
    name, equals, title = text.strip().partition("=")
    if name.lower() not in COLUMNS:
        raise Unsupported(f"ps column {name!r} is not supported; known are {', '.join(sorted(COLUMNS))}")
    usual, value = COLUMNS[name.lower()]
    return (title if equals else usual), value


def parse_arguments(arguments: str) -> Wish:
    """Read the options. Raises Unsupported naming the one that is not understood. Pure."""
    wish, words = Wish(), arguments.split()
    while words:
        word = words.pop(0)
        if word.startswith("--"):
            _long_option(wish, word, words)
        elif word.startswith("-"):
            _letters(wish, word, word[1:], words)
        else:
            wish.is_bsd = True
            _letters(wish, word, word, words)
    return wish


def _long_option(wish: Wish, word: str, words: list[str]) -> None:
    name, equals, value = word.partition("=")
    if name in ("--format", "--sort"):
        value = value if equals else (words.pop(0) if words else "")
        (wish.chosen if name == "--format" else wish.order).extend(value.split(","))
    elif name == "--forest":
        wish.is_forest = True
    elif name not in ("--cols", "--columns", "--width"):
        raise _refusal(word)


def _letters(wish: Wish, word: str, letters: str, words: list[str]) -> None:
    known_all, known_forms, found = _UNIX_ALL, _UNIX_FORMS, wish.unix
    if not word.startswith("-"):
        known_all, known_forms, found = _BSD_ALL, _BSD_FORMS, wish.bsd
    for place, letter in enumerate(letters):
        if letter == "o":
            # The rest of the word, or the next one, names columns.
            names = letters[place + 1 :] or (words.pop(0) if words else "")
            wish.chosen.extend(names.split(","))
            return
        if letter in known_forms:
            found.add(letter)
        elif letter == "H" and word.startswith("-"):
            continue  # a tree by indentation, which dockerd cuts off
        elif letter not in known_all:
            raise _refusal(word)
    wish.is_forest = wish.is_forest or "f" in wish.bsd


def _refusal(word: str) -> Unsupported:
    return Unsupported(
        f"ps option {word!r} is not supported; use -e, -f, -F, -j, -l, -L, aux, axj, --sort or -o with columns"
    )
