"""dpkg's database, as it is when packages are unpacked and wait to be configured.

Source: dpkg's own documentation of its files, doc/triggers.txt; deb-triggers(5); the files that dpkg 1.21 leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from jupyter_containers.bootstrap.own_files import OwnFile, file
from jupyter_containers.bootstrap.unpacking import Unpacked
from jupyter_containers.errors import InvalidParameter

ADMIN = "var/lib/dpkg"
_TRIGGER = re.compile(r"[!-.0-~]+")
# What the words of a triggers file add to the name of the package that is interested.
_INTERESTS = {"interest": "", "interest-await": "", "interest-noawait": "/noawait"}


def files(packages: Sequence[Unpacked], mtime_ns: int) -> Iterator[OwnFile]:
    """Yield the files of the database. Raises InvalidParameter for what a package says that has no form in it."""
    for path, content, mode in _files(packages):
        yield file(f"{ADMIN}/{path}", content, mode, mtime_ns=mtime_ns)


def _files(packages: Sequence[Unpacked]) -> Iterator[tuple[str, bytes, int]]:
    yield "status", "".join(map(_status, packages)).encode("utf-8", "surrogateescape"), 0o644
    yield "available", b"", 0o644
    yield "info/format", b"1\n", 0o644
    for one in packages:
        yield f"info/{one.key}.list", b"".join(path + b"\n" for path in one.paths), 0o644
        for name, control_file in one.deb.control.items():
            if name != "control":
                yield f"info/{one.key}.{_plain(name, one)}", control_file.content, control_file.mode
        if "md5sums" not in one.deb.control:
            lines = (f"{digest}  ".encode() + path + b"\n" for path, digest in one.md5sums.items())
            yield f"info/{one.key}.md5sums", b"".join(lines), 0o644
    for name, keys in _triggers(packages).items():
        yield f"triggers/{name}", "".join(f"{key}\n" for key in keys).encode(), 0o644


def _plain(name: str, one: Unpacked) -> str:
    if not re.fullmatch(r"[a-z0-9-]+", name) or name == "list":
        raise InvalidParameter(f"package {one.package.name} has a control file with an impossible name: {name!r:.80}")
    return name


def _status(one: Unpacked) -> str:
    lines = [line for line in one.control.replace("\r\n", "\n").strip("\n").split("\n") if not line.startswith("#")]
    conffiles = [f" {path} {digest}" for path, digest in one.conffiles.items()]
    conffiles = ["Conffiles:", *conffiles] if conffiles else []
    return "\n".join([lines[0], "Status: install ok unpacked", *lines[1:], *conffiles]) + "\n\n"


def _triggers(packages: Iterable[Unpacked]) -> dict[str, list[str]]:
    """Return who is interested in what: triggers with names have a file each, those of paths have one together."""
    found: dict[str, list[str]] = {"File": [], "Unincorp": []}
    for one in packages:
        for line in one.deb.lines("triggers"):
            word, _, name = line.partition(" ")
            if (options := _INTERESTS.get(word)) is None:
                continue
            name = name.strip()
            if name.startswith("/"):
                found["File"].append(f"{name} {one.key}{options}")
            elif _TRIGGER.fullmatch(name) and name[0] != "." and name not in ("File", "Unincorp", "Lock"):
                found.setdefault(name, []).append(f"{one.key}{options}")
            else:
                raise InvalidParameter(
                    f"package {one.package.name} has a trigger with an impossible name: {name!r:.80}"
                )
    return found
