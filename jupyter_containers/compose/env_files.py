"""Files of variables: `.env` beside a Compose file, and the `env_file` of a service.

Source: Compose Specification, services.env_file, "Env_file format".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from jupyter_containers.compose.interpolation import BadTemplate, Budget, substitute
from jupyter_containers.compose.source import Place, WrongFile

MAX_BYTES = 1 << 20

_ASSIGNMENT = re.compile(r"(?:export[ \t]+)?([^\s=#'\"$][^\s=]*)[ \t]*(=?)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "b": "\b", "a": "\a", "v": "\v"}


def parse(text: str, file: str, variables: Mapping[str, str], *, is_raw: bool = False) -> dict[str, str | None]:
    """Return the variables of a file; a name without a value is None. Raises WrongFile.

    Values are interpolated with `variables` and with what stands above them. `is_raw` takes each line as it is.
    """
    found: dict[str, str | None] = {}
    budget = Budget()
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    at = 0
    while at < len(lines):
        line, place = lines[at].strip(), Place(file, at + 1)
        at += 1
        if not line or line.startswith("#"):
            continue
        match = _ASSIGNMENT.match(line)
        if match is None or (not match[2] and match.end() != len(line) and not line[match.end() :].startswith("#")):
            raise WrongFile(place, f"not a variable: {line[:60]!r}; write NAME=VALUE")
        name, rest = match[1], line[match.end() :]
        if not match[2]:
            found[name] = None
            continue
        if is_raw:
            found[name] = rest
            continue
        parts = [rest.lstrip()]
        if (quote := parts[0][:1]) in ("'", '"') and quote:
            start = 1
            while _closing(parts[-1], quote, start) < 0 and at < len(lines):
                parts.append(lines[at])
                at, start = at + 1, 0
        known = _Known(found, variables)
        found[name] = _value("\n".join(parts), place, known, budget)
    return found


class _Known(Mapping[str, str]):
    """What a value can refer to: the variables given, and what the file has set above, where they have nothing."""

    def __init__(self, above: Mapping[str, str | None], given: Mapping[str, str]) -> None:
        self._above = above
        self._given = given

    def __getitem__(self, name: str) -> str:
        return self._given[name] if name in self._given else self._above[name] or ""

    def __iter__(self) -> Iterator[str]:
        return iter({*self._above, *self._given})

    def __len__(self) -> int:
        return len({*self._above, *self._given})


def _closing(text: str, quote: str, start: int) -> int:
    """Return the place of the next quote that closes, -1 if there is none."""
    at = start
    while at < len(text):
        if text[at] == "\\" and quote == '"':
            at += 1
        elif text[at] == quote:
            return at
        at += 1
    return -1


def _value(text: str, place: Place, variables: Mapping[str, str], budget: Budget) -> str:
    try:
        if text[:1] == "'":
            return _inside(text, place)
        if text[:1] == '"':
            return budget.spend(substitute(_unescaped(_inside(text, place)), variables))
        return budget.spend(substitute(re.split(r"(?:^|\s)#", text, maxsplit=1)[0].rstrip(), variables))
    except BadTemplate as error:
        raise WrongFile(place, error.message) from None


def _inside(text: str, place: Place) -> str:
    end = _closing(text, text[0], 1)
    if end < 0:
        raise WrongFile(place, f"a {text[0]} that is not closed")
    rest = text[end + 1 :].strip()
    if rest and not rest.startswith("#"):
        raise WrongFile(place, f"something follows the closing quote: {rest[:40]!r}")
    return text[1:end]


def _unescaped(text: str) -> str:
    return re.sub(
        r"\\(.)", lambda match: _ESCAPES.get(match[1], "$$" if match[1] == "$" else match[1]), text, flags=re.S
    )


def read_file(path: Path, variables: Mapping[str, str], *, is_raw: bool = False) -> dict[str, str | None]:
    """Return the variables of a file here. Raises WrongFile for one that cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise WrongFile(Place(str(path), 1), f"a file of variables has at most {MAX_BYTES} bytes")
        return parse(content.decode(), str(path), variables, is_raw=is_raw)
    except OSError as error:
        raise WrongFile(Place(str(path), 1), f"cannot read it: {error.strerror}") from None
    except (UnicodeDecodeError, ValueError) as error:
        raise WrongFile(Place(str(path), 1), f"this is no text: {error}") from None
