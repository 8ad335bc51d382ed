"""Compose files become one tree: read, interpolated, checked, extended, merged, with what they include.

The only module of the room that opens files, with env_files.py and reading.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_containers.compose import env_files
from jupyter_containers.compose.extending import extended
from jupyter_containers.compose.interpolation import interpolated
from jupyter_containers.compose.merging import merged, without_orders
from jupyter_containers.compose.places import absolute, rooted
from jupyter_containers.compose.schema import canonical
from jupyter_containers.compose.source import MAX_BYTES, Node, Place, WrongFile, plain, read
from jupyter_containers.errors import InvalidParameter

MAX_FILES = 200
MAX_INCLUDES = 20
FILE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_SHARED = ("services", "networks", "volumes", "secrets", "configs", "models")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class FileText:
    """One Compose file: its text, the name that people know it by, and its path, if it has one."""

    text: str
    name: str
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """All files as one canonical tree, and the sentences that a person should see beside it."""

    tree: Node
    name: str
    folder: Path
    files: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()


def load(files: Sequence[FileText], folder: Path, variables: Mapping[str, str], *, project_name: str = "") -> Loaded:
    """Return what the files say together, the later ones on top. Raises WrongFile, InvalidParameter.

    `folder` is what relative paths begin at; `project_name` wins over the files' own.
    """
    reading = _Reading(folder, variables)
    trees = [read(file.text, file.name) for file in files]
    name = project_name or _own_name(trees, variables) or folder_name(folder)
    check_name(name)
    reading = _Reading(folder, {**variables, "COMPOSE_PROJECT_NAME": name})
    tree = without_orders(reading.whole(trees))
    paths = tuple(file.path for file in files if file.path is not None)
    return Loaded(tree, name, folder, paths, tuple(reading.warnings()))


def _own_name(trees: Sequence[Node], variables: Mapping[str, str]) -> str:
    names = [tree.mapping["name"] for tree in trees if "name" in tree.mapping]
    if not names or not isinstance(names[-1].value, str):
        return ""
    return str(interpolated(names[-1], variables, lambda _: None, "name").value)


def folder_name(folder: Path) -> str:
    """Return the name of a project after its folder, in the letters that a name has."""
    return re.sub(r"[^a-z0-9_-]", "", folder.name.lower()).lstrip("_-") or "default"


def check_name(name: str) -> None:
    """Raise InvalidParameter for what is no name of a project."""
    if not _NAME.fullmatch(name) or len(name) > 200:
        raise InvalidParameter(
            f"invalid project name {name[:60]!r}: it takes small letters, digits, - and _, and begins with a letter or "
            "digit"
        )


@dataclass(slots=True)
class _Reading:
    """One project on its way: its own files, or those of one include."""

    folder: Path
    variables: Mapping[str, str]
    chain: tuple[Path, ...] = ()
    missing: dict[str, None] = field(default_factory=dict)
    opened: list[Path] = field(default_factory=list)

    def whole(self, trees: Sequence[Node]) -> Node:
        found = self._file(trees[0], self.folder)
        for tree in trees[1:]:
            found = merged(found, self._file(tree, self.folder))
        return self._with_includes(found)

    def warnings(self) -> Iterator[str]:
        for name in self.missing:
            yield f"the variable {name} is not set, and is empty here"

    def _file(self, tree: Node, folder: Path) -> Node:
        checked = canonical(interpolated(tree, self.variables, self._note))
        return extended(rooted(checked, folder), self._extending)

    def _note(self, name: str) -> None:
        self.missing[name] = None

    def _extending(self, path: Path, asking: Node) -> Node:
        tree = canonical(interpolated(self._read(path, asking), self.variables, self._note))
        return rooted(tree, path.parent)

    def _read(self, path: Path, asking: Node) -> Node:
        self.opened.append(path)
        if len(self.opened) > MAX_FILES:
            raise WrongFile(asking.place, f"more than {MAX_FILES} files")
        return read(read_text(path, asking.place), str(path))

    def _with_includes(self, tree: Node) -> Node:
        includes = tree.mapping.get("include")
        if includes is None:
            return tree
        found = {key: child for key, child in tree.mapping.items() if key != "include"}
        for include in includes.items:
            found = _joined(found, self._included(include), include.place)
        return tree.with_value(found)

    def _included(self, include: Node) -> Node:
        paths = [Path(absolute(str(path.value), self.folder)) for path in include.mapping["path"].items]
        if not paths:
            raise WrongFile(include.place, "include: path is missing")
        if len(self.chain) >= MAX_INCLUDES or set(paths) & {*self.chain}:
            raise WrongFile(include.place, f"include: {paths[0]} includes itself, or is included too deeply")
        folder = paths[0].parent
        if "project_directory" in include.mapping:
            folder = Path(absolute(str(include.mapping["project_directory"].value), self.folder))
        inner = _Reading(folder, self._variables_for(include, folder), (*self.chain, *paths), self.missing, self.opened)
        return without_orders(inner.whole([self._read(path, include) for path in paths]))

    def _variables_for(self, include: Node, folder: Path) -> Mapping[str, str]:
        given = include.mapping.get("env_file")
        if given is None:
            paths = [folder / ".env"] if (folder / ".env").is_file() else []
        else:
            paths = [Path(absolute(str(path.value), self.folder)) for path in given.items]
        return with_files(paths, self.variables)


def with_files(paths: Sequence[Path], variables: Mapping[str, str]) -> dict[str, str]:
    """Return variables with those of files added, which never win over what is set already. Raises WrongFile."""
    found: dict[str, str] = {}
    for path in paths:
        known = {**found, **variables}
        found |= {name: value for name, value in env_files.read_file(path, known).items() if value is not None}
    return {**found, **variables}


def read_text(path: Path, place: Place | None = None) -> str:
    """Return the text of a Compose file. Raises WrongFile, told from where the file is named."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1).decode()
    except OSError as error:
        raise WrongFile(place or Place(str(path), 1), f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise WrongFile(place or Place(str(path), 1), f"{path} is no text: {error}") from None


def _joined(found: dict[str, Node], included: Node, place: Place) -> dict[str, Node]:
    """Return a file with what another brings; the same name for two different things is an error."""
    for kind in _SHARED:
        if kind not in included.mapping:
            continue
        theirs = included.mapping[kind]
        ours = dict(found[kind].mapping) if kind in found else {}
        for name, child in theirs.mapping.items():
            if name in ours and plain(ours[name]) != plain(child):
                raise WrongFile(place, f"include: {kind}.{name} is in {child.place}, and here, and they differ")
            ours.setdefault(name, child)
        found = {**found, kind: theirs.with_value({**ours})}
    return found
