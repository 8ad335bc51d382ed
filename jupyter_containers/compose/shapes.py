"""What a value of a Compose file may look like: readers that check it, and write its short forms out.

A reader takes a node and the path of its key, and returns the node in its one long form. It raises WrongFile with
file, line and key; a key that does not exist is told with the nearest that does.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping

from jupyter_containers.compose.source import RESET, Node, Value, WrongFile, text_of

Read = Callable[[Node, str], Node]

_NAME = re.compile(r"[A-Za-z0-9._-]{1,255}")
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([bkmgtp]?)i?b?", re.I)
_SIZES = {"": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_DURATION = re.compile(r"(?:(\d{1,12}(?:\.\d{1,9})?)(ns|us|µs|ms|s|m|h|d|w))")
_NANOSECONDS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
    "d": 86400 * 10**9, "w": 7 * 86400 * 10**9,
}  # fmt: skip
_YES = {"1", "t", "true", "y", "yes", "on"}
_NO = {"0", "f", "false", "n", "no", "off"}


def wrong(node: Node, path: str, expected: str) -> WrongFile:
    return WrongFile(node.place, f"{path}: {_shown(node.value)} is not {expected}")


def _shown(value: Value) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, tuple):
        return "a list"
    if value is None:
        return "nothing"
    return repr(value) if isinstance(value, str) and len(value) <= 60 else text_of(value)[:60]


def near(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" with the names most like `word`; else those that there are, if they are few."""
    names = sorted(set(known))
    found = difflib.get_close_matches(word[:80], names, n=2, cutoff=0.6)
    if found:
        return f"; did you mean {' or '.join(found)}?"
    return f"; there are {', '.join(names)}" if 0 < len(names) <= 10 else ""


def text(node: Node, path: str) -> Node:
    """A word. A whole number is one, too; what YAML reads as something else must be written in quotes."""
    if isinstance(node.value, str):
        return node
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        return node.with_value(str(node.value))
    hint = "; write it in quotes" if isinstance(node.value, (bool, float)) else ""
    raise WrongFile(node.place, f"{path}: {_shown(node.value)} is not a text{hint}")


def scalar(node: Node, path: str) -> Node:
    """A value of a variable, a label or an option: as text, None if nothing is given."""
    if isinstance(node.value, (dict, tuple)):
        raise wrong(node, path, "a text or a number")
    return node if node.value is None else node.with_value(text_of(node.value))


def flag(node: Node, path: str) -> Node:
    if isinstance(node.value, bool):
        return node
    word = str(node.value).lower() if isinstance(node.value, (str, int)) else ""
    if word in _YES or word in _NO:
        return node.with_value(word in _YES)
    raise wrong(node, path, "true or false")


def integer(node: Node, path: str) -> Node:
    value = node.value
    if isinstance(value, int) and not isinstance(value, bool):
        return node
    if isinstance(value, float) and value == int(value):
        return node.with_value(int(value))
    if isinstance(value, str) and re.fullmatch(r"[-+]?[0-9]{1,18}", value.strip()):
        return node.with_value(int(value))
    raise wrong(node, path, "a whole number")


def number(node: Node, path: str) -> Node:
    value = node.value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return node.with_value(float(value))
    if isinstance(value, str) and re.fullmatch(r"[-+]?(\d{1,15}(\.\d{0,9})?|\.\d{1,9})", value.strip()):
        return node.with_value(float(value))
    raise wrong(node, path, "a number")


def mode(node: Node, path: str) -> Node:
    """The permissions of a file, as a number: 0440 is octal to YAML already, and in quotes it is to us."""
    if isinstance(node.value, str):
        if re.fullmatch(r"(0o?)?[0-7]{1,6}", node.value):
            return node.with_value(int(node.value.lower().replace("o", ""), 8))
        raise wrong(node, path, "permissions such as 0440")
    return integer(node, path)


def size(node: Node, path: str) -> Node:
    """An amount in bytes: a number, or a text such as 64m, in powers of 1024. -1, where it is for no limit."""
    if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return node.with_value(int(node.value))
    if isinstance(node.value, str):
        if node.value.strip() == "-1":
            return node.with_value(-1)
        if match := _SIZE.fullmatch(node.value.strip()):
            return node.with_value(int(float(match[1]) * 1024 ** _SIZES[match[2].lower()]))
    raise wrong(node, path, "a size such as 64m")


def duration(node: Node, path: str) -> Node:
    """A time such as 1m30s; the text stays, see nanoseconds. A bare number is refused, as it has no unit."""
    if isinstance(node.value, str) and _nanoseconds(node.value) is not None:
        return node.with_value(node.value.strip())
    if node.value == 0 and not isinstance(node.value, bool):
        return node.with_value("0s")
    raise wrong(node, path, "a time with its unit, such as 90s or 1m30s")


def _nanoseconds(text_: str) -> int | None:
    word = text_.strip()
    if word == "0":
        return 0
    parts = _DURATION.findall(word)
    if not parts or "".join(map("".join, parts)) != word:
        return None
    return sum(round(float(count) * _NANOSECONDS[unit]) for count, unit in parts)


def nanoseconds(text_: str) -> int:
    """Return a time that `duration` has accepted."""
    return _nanoseconds(text_) or 0


def microseconds(node: Node, path: str) -> Node:
    """A time as a number of microseconds, or as a text with its unit: 950000, 950ms."""
    if isinstance(node.value, str) and (found := _nanoseconds(node.value)) is not None:
        return node.with_value(found // 1000)
    try:
        return integer(node, path)
    except WrongFile:
        raise wrong(node, path, "a number of microseconds, or a time such as 950ms") from None


def anything(node: Node, path: str) -> Node:
    return node


def choice(*words: str) -> Read:
    def read(node: Node, path: str) -> Node:
        found = text(node, path)
        if found.value not in words:
            raise wrong(node, path, f"one of {', '.join(words)}")
        return found

    return read


def listing(read_item: Read) -> Read:
    """A list of what another reader takes."""

    def read(node: Node, path: str) -> Node:
        if not isinstance(node.value, tuple):
            raise wrong(node, path, "a list")
        return node.with_value(tuple(read_item(item, f"{path}[{at}]") for at, item in enumerate(node.value)))

    return read


def expanding(read_item: Callable[[Node, str], tuple[Node, ...]]) -> Read:
    """A list each of whose items may stand for several."""

    def read(node: Node, path: str) -> Node:
        if not isinstance(node.value, tuple):
            raise wrong(node, path, "a list")
        items = (read_item(item, f"{path}[{at}]") for at, item in enumerate(node.value))
        return node.with_value(tuple(part for parts in items for part in parts))

    return read


def one_or_more(read_item: Read) -> Read:
    """A list, or one item that stands for a list of it alone."""
    read_all = listing(read_item)

    def read(node: Node, path: str) -> Node:
        return read_all(node if isinstance(node.value, tuple) else node.with_value((node,)), path)

    return read


def command(node: Node, path: str) -> Node:
    """A command: a list of words, or a text, which stays one until it is needed."""
    if isinstance(node.value, tuple):
        return listing(_word)(node, path)
    return text(node, path)


def _word(node: Node, path: str) -> Node:
    found = scalar(node, path)
    if found.value is None:
        raise wrong(node, path, "a text")
    return found


def pairs(node: Node, path: str) -> Node:
    """A mapping of names to texts, or a list of NAME=VALUE. A name alone has None."""
    if isinstance(node.value, dict):
        return node.with_value({key: _paired(value, f"{path}.{key}") for key, value in node.value.items()})
    if not isinstance(node.value, tuple):
        raise wrong(node, path, "a mapping, or a list of NAME=VALUE")
    found: dict[str, Node] = {}
    for at, item in enumerate(node.value):
        name, separator, value = str(text(item, f"{path}[{at}]").value).partition("=")
        if not name:
            raise wrong(item, f"{path}[{at}]", "NAME=VALUE")
        found[name] = item.with_value(value if separator else None)
    return node.with_value({**found})


def _paired(node: Node, path: str) -> Node:
    return node if node.order == RESET else scalar(node, path)


def section(keys: Mapping[str, Read], *, required: tuple[str, ...] = ()) -> Read:
    """A mapping with known keys. `x-…` is anybody's and left out; a key without a value is as if it were not there."""

    def read(node: Node, path: str) -> Node:
        node = node.with_value({}) if node.value is None else node
        if not isinstance(node.value, dict):
            raise wrong(node, path or "the file", "a mapping")
        found: dict[str, Node] = {}
        for key, child in node.value.items():
            if key.startswith("x-"):
                continue
            place = f"{path}.{key}" if path else key
            if key not in keys:
                raise WrongFile(child.place, f"{place}: there is no key {key[:60]!r}{near(key, keys)}")
            if child.order == RESET:
                found[key] = child
            elif child.value is not None:
                found[key] = keys[key](child, place)
        for key in required:
            if key not in found:
                raise WrongFile(node.place, f"{path}: {key} is missing")
        return node.with_value(found)

    return read


def named(read_value: Read) -> Read:
    """A mapping from names that people choose; a name without a value has an empty mapping."""

    def read(node: Node, path: str) -> Node:
        if node.value is None:
            return node.with_value({})
        if not isinstance(node.value, dict):
            raise wrong(node, path, "a mapping of names")
        found: dict[str, Node] = {}
        for key, child in node.value.items():
            if not _NAME.fullmatch(key):
                raise WrongFile(child.place, f"{path}: {key[:60]!r} is no name; it takes letters, digits, . _ and -")
            if child.order == RESET:
                found[key] = child
                continue
            found[key] = read_value(child, f"{path}.{key}")
        return node.with_value(found)

    return read


def names_or(read_value: Read) -> Read:
    """A list of names, or a mapping from them to what another reader takes."""
    read_named = named(read_value)

    def read(node: Node, path: str) -> Node:
        if not isinstance(node.value, tuple):
            return read_named(node, path)
        names = {str(text(item, f"{path}[{at}]").value): item.with_value({}) for at, item in enumerate(node.value)}
        return read_named(node.with_value({**names}), path)

    return read


def short(key: str, read_long: Read) -> Read:
    """A mapping, or a text that stands for `{key: text}`."""

    def read(node: Node, path: str) -> Node:
        if isinstance(node.value, (dict, type(None))):
            return read_long(node, path)
        return read_long(node.with_value({key: text(node, path)}), path)

    return read
