"""Which project a compose command is about: its files from the cell, options, variables or the folder; or its name."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.session import Session
from jupyter_containers.compose.loading import (
    FILE_NAMES,
    FileText,
    check_name,
    folder_name,
    load,
    read_text,
    with_files,
)
from jupyter_containers.compose.model import Project
from jupyter_containers.compose.reading import project_of
from jupyter_containers.errors import NotFound

CELL = "the cell"
STDIN = "-"


@dataclass(frozen=True, slots=True)
class FilesNamed:
    """The files of a project, where it lies, and what was said beside them."""

    files: tuple[FileText, ...]
    folder: Path
    name: str = ""
    profiles: tuple[str, ...] = ()
    env_files: tuple[Path, ...] | None = None

    def variables(self, environment: Mapping[str, str]) -> Mapping[str, str]:
        """Return what `$NAME` stands for: this process's variables, then those of files."""
        paths = self.env_files
        if paths is None:
            paths = (self.folder / ".env",) if (self.folder / ".env").is_file() else ()
        return with_files(paths, environment)

    def project(self, environment: Mapping[str, str], wanted: Sequence[str]) -> Project:
        """Return the project. Raises WrongFile, InvalidParameter, UnsupportedKey, NotFound."""
        variables = self.variables(environment)
        name = self.name or variables.get("COMPOSE_PROJECT_NAME", "")
        profiles = [*self.profiles, *variables.get("COMPOSE_PROFILES", "").split(",")]
        loaded = load(self.files, self.folder, variables, project_name=name)
        return project_of(loaded, variables, profiles=[one for one in profiles if one], wanted=wanted)


def the_project(
    session: Session, options: Namespace, wanted: Sequence[str] = (), *, body_is_file: bool = True
) -> Project:
    """Return the project that is meant, and tell what of its file is left aside. Raises UsageError without a file."""
    files = _files(session, options, session.body if body_is_file else "")
    if files is None:
        names = ", ".join(FILE_NAMES[:2])
        place = "write it below a line `%%container compose up`, or" if session.is_magic else ""
        raise UsageError(
            f"compose: there is no Compose file ({names}) here; {place} name one with -f".replace("  ", " ")
        )
    project = _read(session, files, wanted)
    for warning in project.warnings:
        session.front.note(f"note: {warning}")
    return project


def name_and_project(session: Session, options: Namespace, *, body_is_file: bool = True) -> tuple[str, Project | None]:
    """Return the name of the project that is meant, and the project if there is a file; a name alone will do."""
    body, last = session.body if body_is_file else "", session.last_compose
    if options.project_name:
        check_name(options.project_name)
    is_named_alone = options.project_name and not options.file and not body.strip()
    # The cell before may be about another project, whose services are not those of this one.
    if is_named_alone and last is not None and last.project(os.environ, ()).name != options.project_name:
        return options.project_name, None
    files = _files(session, options, body)
    if files is None:
        return options.project_name or os.environ.get("COMPOSE_PROJECT_NAME") or folder_name(session.folder), None
    project = _read(session, files, ())
    return project.name, project


def _read(session: Session, files: FilesNamed, wanted: Sequence[str]) -> Project:
    """Return the project, and keep its files in mind for lines below; those that are wrong are not kept."""
    try:
        project = files.project(os.environ, wanted)
    except NotFound:
        # The files are as they should be: it is a service of these words that they do not have.
        _keep(session, files)
        raise
    _keep(session, files)
    return project


def _keep(session: Session, files: FilesNamed) -> None:
    last = session.last_compose
    # Lines below say a profile or another name for themselves.
    if session.is_magic and (last is None or files.files is not last.files):
        session.last_compose = files


def _files(session: Session, options: Namespace, body: str) -> FilesNamed | None:
    """Return the files that are meant: those said, or those of the cell before."""
    texts = _texts(session, options, body)
    if not texts and session.last_compose is not None:
        last = session.last_compose
        return replace(
            last, name=options.project_name or last.name, profiles=(*last.profiles, *options.profile),
            env_files=_env_files(session, options) or last.env_files,
        )  # fmt: skip
    if not texts:
        return None
    first = texts[0].path
    folder = first.parent if first is not None else session.folder
    if options.project_directory:
        folder = session.folder / options.project_directory
    return FilesNamed(
        tuple(texts), folder.resolve(), options.project_name, tuple(options.profile), _env_files(session, options)
    )


def _env_files(session: Session, options: Namespace) -> tuple[Path, ...] | None:
    return tuple(session.folder / path for path in options.env_file) if options.env_file else None


def _texts(session: Session, options: Namespace, body: str) -> list[FileText]:
    if body.strip():
        if options.file:
            raise UsageError("compose: both a Compose file in the cell and -f; leave one of them out")
        return [FileText(body, CELL)]
    given = options.file or _from_variable()
    if given:
        return [_text(session, path) for path in given]
    if session.last_compose is not None and session.last_compose.files[0].name == CELL:
        return []
    return [FileText(read_text(path), path.name, path) for path in _found(session.folder.resolve())]


def _from_variable() -> list[str]:
    text = os.environ.get("COMPOSE_FILE", "")
    return [path for path in text.split(os.environ.get("COMPOSE_PATH_SEPARATOR", os.pathsep)) if path]


def _text(session: Session, path: str) -> FileText:
    if path == STDIN:
        if session.is_magic:
            raise UsageError("compose: a notebook has no standard input; write the file below the line")
        return FileText(sys.stdin.read(), "standard input")
    place = (session.folder / path).resolve()
    return FileText(read_text(place), path, place)


def _found(folder: Path) -> list[Path]:
    """Return the Compose file of a folder, or of the nearest above it, with its override."""
    for place in (folder, *folder.parents):
        for name in FILE_NAMES:
            if (place / name).is_file():
                stem = name.partition(".")[0]
                overrides = (place / f"{stem}.override.{ending}" for ending in ("yaml", "yml"))
                return [place / name, *(path for path in overrides if path.is_file())][:2]
    return []
