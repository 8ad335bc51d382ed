"""What commands find out: for programs (attributes), for people (text), for front ends (JSON values)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any, ClassVar

from jupyter_containers.errors import Unsupported

Json = dict[str, Any]
# What changes the order in which the letters around it are read, for a class of characters in an expression.
ORDER = "\u202a-\u202e\u2066-\u2069"
# Control codes, what changes the order of letters, and halves of characters: bytes of a name that are no text.
_CONTROL = re.compile(f"[\x00-\x1f\x7f-\x9f{ORDER}\ud800-\udfff]")
_HALVES = re.compile("[\ud800-\udfff]")
# What a terminal prints while work goes on: stream 1 or 2, and the text.
Said = tuple[int, str]


class Result:
    """Base of all results. `kind` names its form in front ends. True unless what was asked for failed."""

    kind: ClassVar[str] = "result"
    # Whether a result that is false is a failure, and so in a shell the exit code 1.
    fails_when_false: ClassVar[bool] = True
    # How it came about, with --trace: see trace_result.py.
    trace: Any = None

    def text(self) -> str:
        """Return all of it, in lines for people."""
        raise NotImplementedError

    def data(self) -> Json:
        """Return all of it as JSON values."""
        raise NotImplementedError

    def gist(self) -> object:
        """Return what of it must not be old in a notebook that is saved while it is open; None: all of it."""
        return None

    def summary(self) -> str:
        """Return one line, for where the rest has been seen."""
        return self.text().partition("\n")[0]

    def __repr__(self) -> str:
        return self.summary()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Json:
        """Return all forms for whatever front end asks, with our magics loaded or not."""
        # Drawing is the floor above, and only wanted where somebody looks.
        from jupyter_containers.pictures import bundle

        return bundle(self)


class LiveResult(Result):
    """A result that grows. A front calls `apply` for each event, and `text` and `data` at any time in between."""

    def apply(self, event: object) -> Iterable[Said]:
        """Take an event in; return what a terminal prints for it."""
        raise NotImplementedError

    def closing(self) -> Iterable[Said]:
        """Return what a terminal prints at the end, beyond what `apply` said."""
        return ()


class Panel(Result):
    """A result that a person works with, where a front has widgets: it stays open until it is closed.

    Elsewhere, and once it is closed, `text`, `data` and its picture tell how things are at that moment. It holds what
    the work needs (a client); the room widgets has the widget for its kind.
    """

    kind: ClassVar[str] = "panel"


@dataclass(eq=False, repr=False)
class Message(Result):
    """A few lines, and the names of the things they are about."""

    kind: ClassVar[str] = "message"

    lines: tuple[str, ...]
    items: tuple[str, ...] = ()

    def text(self) -> str:
        return "\n".join(self.lines)

    def data(self) -> Json:
        return {"lines": list(self.lines), "items": list(self.items)}


@dataclass(eq=False, repr=False)
class Table(Result):
    """Rows under titles. `records` are the values behind the rows, for programs; iterating yields them."""

    kind: ClassVar[str] = "table"

    what: str
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    records: Sequence[Any] = field(default_factory=tuple)

    def text(self) -> str:
        return "\n".join(aligned([self.titles, *self.rows]))

    def data(self) -> Json:
        return {"what": self.what, "titles": list(self.titles), "rows": [list(row) for row in self.rows]}

    @property
    def df(self) -> Any:
        """The records as a DataFrame of pandas. Raises Unsupported where pandas is not installed."""
        return frame(self.records or [dict(zip(self.titles, row, strict=True)) for row in self.rows])

    def summary(self) -> str:
        count = len(self.rows)
        return f"{count} {self.what if count != 1 else self.what.removesuffix('s')}"

    def __iter__(self) -> Any:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.rows)

    def __bool__(self) -> bool:
        return True


def frame(records: Sequence[Any]) -> Any:
    """Return records, which may be values of dataclasses, as a DataFrame. Raises Unsupported without pandas."""
    try:
        import pandas as pd
    except ImportError:
        raise Unsupported("a DataFrame needs pandas, which is not installed here; use records, or install it") from None
    return pd.DataFrame([asdict(one) if is_dataclass(one) and not isinstance(one, type) else one for one in records])


def visible(text: str) -> str:
    """Return a name, a path or a command in one line that steers no terminal: whatever a container has called it."""
    return _CONTROL.sub("?", text)


def sendable(value: Any) -> Any:
    """Return a text, or JSON values, as messages and terminals can carry them: what is no character is marked."""
    if isinstance(value, str):
        return value if value.isascii() else _HALVES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {sendable(key): sendable(one) for key, one in value.items()}
    return [sendable(one) for one in value] if isinstance(value, (list, tuple)) else value


def visible_lines(text: str) -> str:
    """Return text of several lines that steers no terminal."""
    return "\n".join(map(visible, text.expandtabs().split("\n")))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines with columns under each other, three blanks apart as in docker's lists."""
    rows = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["   ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
