"""Where a build takes its Dockerfile and its files from: a cell, a folder, a tar, standard input, a URL."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from jupyter_containers.client.context import Context, gather
from jupyter_containers.client.ignore import FILE_NAME
from jupyter_containers.client.other_contexts import (
    DOCKERFILE,
    AnyContext,
    RemoteContext,
    TarContext,
    is_remote,
    is_tar,
    read_start,
)
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.session import Session

STDIN = "-"


def source_of(session: Session, options: Namespace) -> tuple[AnyContext, str]:
    """Return the context, and the text of the Dockerfile where it is known here. Raises UsageError."""
    path, file = options.path, options.file
    if session.is_magic and STDIN in (path, file):
        raise UsageError("build: a notebook has no standard input; write the Dockerfile below the line, or name a file")
    if path == STDIN:
        return _from_stdin(session, file)
    if path is not None and is_remote(path):
        _refuse_text(session, file, "a URL")
        return RemoteContext(path, file or DOCKERFILE), ""
    if path is not None and (session.folder / path).is_file():
        _refuse_text(session, file, "a tar")
        return _from_tar(session.folder / path, file), ""
    return _from_folder(session, file, path)


def _from_stdin(session: Session, file: str | None) -> tuple[AnyContext, str]:
    if file == STDIN:
        raise UsageError("build: invalid argument: can't use stdin for both build context and dockerfile")
    stream = sys.stdin.buffer
    start = read_start(stream)
    if is_tar(start):
        return TarContext(stream, file or DOCKERFILE, start), ""
    if file is not None:
        raise UsageError(f"build: no tar comes on standard input, so there is no {file} in it; leave -f out")
    text = _decoded(start + stream.read(), "standard input")
    return Context(session.folder, text), text


def _from_tar(path: Path, file: str | None) -> TarContext:
    # Closed when the process or the garbage collector is done with it: a context is read once, from its beginning.
    stream = path.open("rb")
    start = read_start(stream)
    if not is_tar(start):
        stream.close()
        raise UsageError(f"build: {path} is neither a folder nor a tar; name a Dockerfile with -f")
    return TarContext(stream, file or DOCKERFILE, start)


def _from_folder(session: Session, file: str | None, path: str | None) -> tuple[Context, str]:
    folder = session.folder / (path or ".")
    if not folder.is_dir():
        raise UsageError(
            f"build: no folder {path}; the context is a folder, by default the current one, a tar or a URL"
        )
    if session.body.strip():
        if file is not None:
            raise UsageError("build: both a Dockerfile in the cell and -f; leave one of them out")
        return gather(session.body, folder), session.body
    if file == STDIN:
        text = _decoded(sys.stdin.buffer.read(), "standard input")
        return gather(text, folder), text
    place = _dockerfile(session, file, folder)
    try:
        text = _decoded(place.read_bytes(), str(place))
    except OSError as error:
        raise UsageError(f"build: cannot read {place}: {error.strerror}") from error
    return gather(text, folder, place.with_name(place.name + FILE_NAME)), text


def _dockerfile(session: Session, file: str | None, folder: Path) -> Path:
    place = session.folder / file if file is not None else folder / DOCKERFILE
    if session.is_magic and file is None and not place.exists():
        raise UsageError(
            "build: no Dockerfile; write it below a line `%%container build -t NAME`, or name a file with -f"
        )
    return place


def _refuse_text(session: Session, file: str | None, what: str) -> None:
    if session.body.strip() or file == STDIN:
        raise UsageError(f"build: the context is {what}, and its Dockerfile is in it; name it with -f PATH")


def _decoded(content: bytes, place: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"build: cannot read {place}: {error}") from error
