"""The text of a Compose file as a tree of values that know where they stand.

YAML is read from its events, not by recursion: what is nested too deeply, or grows too large by its aliases, is
refused before it takes time or memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import yaml

from jupyter_containers.errors import InvalidParameter

MAX_BYTES = 1 << 20
MAX_NODES = 100_000
MAX_DEPTH = 40
RESET, OVERRIDE = "reset", "override"

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE, _FALSE = {"true", "True", "TRUE"}, {"false", "False", "FALSE"}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_BASED = re.compile(r"0o[0-7]{1,20}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,18}|[0-9]{1,18}(\.[0-9]{0,18})?)([eE][-+]?[0-9]{1,3})?")
_STANDARD = "tag:yaml.org,2002:"
_TAGS = {"", "!"} | {_STANDARD + name for name in ("str", "int", "float", "bool", "null", "seq", "map", "merge")}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the name of a file as people know it, and a line from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"


@dataclass(frozen=True, slots=True)
class Node:
    """A value, its place, and what the tags !reset and !override ask for when files are merged."""

    value: Value
    place: Place
    order: str = ""
    size: int = field(default=1, compare=False)

    @property
    def mapping(self) -> Mapping[str, Node]:
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> tuple[Node, ...]:
        return self.value if isinstance(self.value, tuple) else ()

    def with_value(self, value: Value) -> Node:
        return replace(self, value=value)


Scalar: TypeAlias = bool | int | float | str | None
Value: TypeAlias = Scalar | tuple[Node, ...] | dict[str, Node]


class WrongFile(InvalidParameter):
    """Something in a Compose file is wrong. Details: file and line."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(f"{place}: {message}", file=place.file, line=place.line)


def plain(node: Node) -> Any:
    """Return a tree as plain lists, mappings and scalars."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, tuple):
        return [plain(child) for child in node.value]
    return node.value


def planted(value: Any, place: Place) -> Node:
    """Return plain values as a tree that stands at one place."""
    if isinstance(value, dict):
        return Node({str(key): planted(child, place) for key, child in value.items()}, place)
    if isinstance(value, (list, tuple)):
        return Node(tuple(planted(child, place) for child in value), place)
    return Node(value, place)


def read(text: str, file: str) -> Node:
    """Read one document; an empty one is an empty mapping. Raises WrongFile."""
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise WrongFile(Place(file, 1), f"a Compose file has at most {MAX_BYTES} bytes")
    try:
        return _Builder(file).build(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise WrongFile(Place(file, line), f"this is no YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise WrongFile(Place(file, 1), f"this is no YAML: {str(error).splitlines()[0]}") from None


@dataclass(slots=True)
class _Open:
    """A mapping or a sequence that is not complete yet: children in their order, keys among them."""

    event: Any
    children: list[Node] = field(default_factory=list)
    size: int = 1


class _Builder:
    def __init__(self, file: str) -> None:
        self._file = file
        self._anchors: dict[str, Node] = {}
        self._open: list[_Open] = []
        self._root: Node | None = None

    def build(self, events: Iterator[Any]) -> Node:
        for event in events:
            if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                self._begin(event)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self._end()
            elif isinstance(event, yaml.ScalarEvent):
                self._add(self._scalar(event), event.anchor)
            elif isinstance(event, yaml.AliasEvent):
                self._add(self._aliased(event), None)
        return self._root or Node({}, Place(self._file, 1))

    def _place(self, event: Any) -> Place:
        return Place(self._file, event.start_mark.line + 1)

    def _begin(self, event: Any) -> None:
        self._open.append(_Open(event))
        if len(self._open) > MAX_DEPTH:
            raise WrongFile(self._place(event), f"nested more than {MAX_DEPTH} levels deep")

    def _end(self) -> None:
        done = self._open.pop()
        place, is_list = self._place(done.event), isinstance(done.event, yaml.SequenceStartEvent)
        value: Value = tuple(done.children) if is_list else _mapping(done.children)
        self._add(Node(value, place, _order(done.event, place), done.size), done.event.anchor)

    def _aliased(self, event: Any) -> Node:
        if event.anchor not in self._anchors:
            raise WrongFile(self._place(event), f"*{event.anchor} stands before the end of what it names")
        return replace(self._anchors[event.anchor], place=self._place(event))

    def _add(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        if not self._open:
            if self._root is not None:
                raise WrongFile(node.place, "a second document; write one, or put it in a file of its own")
            self._root = node
            return
        self._open[-1].children.append(node)
        self._open[-1].size += node.size
        if sum(level.size for level in self._open) > MAX_NODES:
            raise WrongFile(node.place, f"more than {MAX_NODES} values, with those that aliases repeat")

    def _scalar(self, event: Any) -> Node:
        place = self._place(event)
        order = _order(event, place)
        is_plain = not event.style and (event.implicit[0] or order)
        tag = (event.tag or "").removeprefix(_STANDARD)
        if tag in ("int", "float", "bool", "null"):
            is_plain = True
        return Node(_resolved(event.value) if is_plain and tag != "str" else event.value, place, order)


def _order(event: Any, place: Place) -> str:
    tag = event.tag or ""
    if tag in ("!reset", "!override"):
        return str(tag[1:])
    if tag in _TAGS:
        return ""
    raise WrongFile(place, f"unknown tag {tag}; there are !reset and !override")


def _mapping(children: list[Node]) -> dict[str, Node]:
    """Return pairs as a mapping. What `<<` brings has not been written, and does not win over what has."""
    found: dict[str, Node] = {}
    merged: dict[str, Node] = {}
    pairs = iter(children)
    for key, value in zip(pairs, pairs, strict=True):
        if key.value == "<<":
            for source in value.items or (value,):
                if not isinstance(source.value, dict):
                    raise WrongFile(value.place, "<< takes a mapping, or a list of them")
                for name, inherited in source.value.items():
                    merged.setdefault(name, inherited)
            continue
        name = _key(key)
        if name in found:
            raise WrongFile(key.place, f"{name} is there twice, in line {found[name].place.line}, too")
        found[name] = replace(value, place=key.place)
    return found | {name: value for name, value in merged.items() if name not in found}


def _key(key: Node) -> str:
    if isinstance(key.value, str):
        return key.value
    if isinstance(key.value, (bool, int, float)):
        return text_of(key.value)
    raise WrongFile(key.place, "a key is a word")


def _resolved(text: str) -> Scalar:
    """Return what a plain word means, as YAML 1.2 has it: `on` and `22:22` are words."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        # As in Docker Compose: modes of files are written so.
        is_octal = len(text) > 1 and text[0] == "0" and not set(text) & set("89")
        return int(text, 8 if is_octal else 10)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if abs(number) != float("inf") else text
    return text


def text_of(value: Scalar) -> str:
    """Write a scalar as Docker Compose hands it on: true, 1.5, 3."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
