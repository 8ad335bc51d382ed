"""Which files of the folder a Dockerfile can take, so that a notebook's folder is not sent whole for one small file.

This is no parser of Dockerfiles: where it is not sure, everything is wanted.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Sequence

from jupyter_containers.client.ignore import path_pattern

_ESCAPE = re.compile(r"\s*#\s*escape\s*=\s*`", re.IGNORECASE)
_WORD = re.compile(r"\s*(\w+)\s+(.*)", re.S)
_FLAG = re.compile(r"--([a-z-]+)(?:=(\S+))?\s+")
_ADDRESS = re.compile(r"(https?|git|ssh|ftp)://|git@|[\w.-]+@[\w.-]+:(?!//)\S", re.ASCII)
_OTHER_MOUNT = re.compile(r"type=(cache|tmpfs|secret|ssh)\b", re.IGNORECASE)
EVERYTHING = (".",)


def copy_sources(dockerfile: str) -> tuple[str, ...]:
    """Return the paths and patterns that COPY and ADD take from the context; EVERYTHING when that is not clear."""
    found: set[str] = set()
    try:
        for word, rest in _instructions(dockerfile):
            found.update(_sources(word, rest))
    except ValueError:
        return EVERYTHING
    return EVERYTHING if "." in found else tuple(sorted(found))


def _instructions(dockerfile: str) -> Iterator[tuple[str, str]]:
    escape = "`" if _ESCAPE.match(dockerfile) else "\\"
    lines, pending = [], ""
    for line in dockerfile.splitlines():
        if line.lstrip().startswith("#"):
            continue
        stripped = line.rstrip()
        if stripped.endswith(escape):
            pending += stripped[:-1] + " "
            continue
        lines.append(pending + line)
        pending = ""
    for line in [*lines, pending]:
        if match := _WORD.match(line):
            yield match[1].upper(), match[2]


def _sources(word: str, rest: str) -> Iterator[str]:
    flags: list[tuple[str, str]] = []
    while match := _FLAG.match(rest):
        flags.append((match[1], match[2] or ""))
        rest = rest[match.end() :]
    if word == "ONBUILD" or (word == "RUN" and any(_shows_context(value) for name, value in flags if name == "mount")):
        yield "."
    if word not in ("COPY", "ADD") or any(name == "from" for name, _ in flags):
        return
    words: Sequence[str] = json.loads(rest) if rest.startswith("[") else rest.split()
    for source in words[:-1]:
        if "$" in source:
            yield "."
        elif not source.startswith("<<") and not _ADDRESS.match(source):
            # `..` cannot lead out of a context: at its top it stays there.
            yield posixpath.normpath(posixpath.join("/", source)).lstrip("/") or "."


def _shows_context(mount: str) -> bool:
    """Say whether a mount of RUN may show files of the context: a bind, which is what a mount is by default."""
    return "from=" not in mount and not _OTHER_MOUNT.search(mount)


class Wanted:
    """Tells which paths lie on the way to a source, and which belong to one."""

    def __init__(self, sources: Sequence[str]) -> None:
        self._patterns = [] if "." in sources else [[path_pattern(part) for part in s.split("/")] for s in sources]
        self._everything = "." in sources

    def leads_to(self, path: str) -> bool:
        """Say whether `path` is above, at or below a source."""
        return self._everything or any(self._depth(path, pattern) for pattern in self._patterns)

    def holds(self, path: str) -> bool:
        """Say whether `path` is a source or lies inside one."""
        return self._everything or any(self._depth(path, p) == len(p) for p in self._patterns)

    @staticmethod
    def _depth(path: str, pattern: list[re.Pattern[str]]) -> int:
        parts = path.split("/")
        matched = [bool(wanted.fullmatch(part)) for wanted, part in zip(pattern, parts, strict=False)]
        return len(matched) if all(matched) else 0
