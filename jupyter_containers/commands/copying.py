"""cp: files between this side and a container, running or not."""

from __future__ import annotations

import os
import tarfile
import tempfile
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from jupyter_containers.client import Client
from jupyter_containers.client.extraction import extract
from jupyter_containers.commands.command import Argument, Command, Completes
from jupyter_containers.commands.committing import file_name
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Message, visible
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import ContainersError, NotFound

# Bit of a folder in the mode that the API tells: Go's fs.ModeDir.
_IS_FOLDER = 1 << 31
_PIECE_BYTES = 256 << 10


def copy(session: Session, options: Namespace) -> Message:
    source, target = split(options.source), split(options.target)
    if bool(source[0]) == bool(target[0]):
        raise UsageError("cp: one side is CONTAINER:PATH, the other a path here")
    left_out: list[str] = []
    here = session.folder / Path(target[1] if source[0] else source[1]).expanduser()
    try:
        if source[0]:
            left_out = _out(session, source[0], source[1], here)
        else:
            _in(session, here, target[0], target[1], only_contents=_means_contents(source[1]))
    except OSError as error:
        raise ContainersError(f"cannot copy {options.source} to {options.target}: {error.strerror}") from error
    lines = [f"copied {options.source} to {options.target}"]
    if left_out:
        lines.append(f"left out, as they are devices: {', '.join(map(visible, left_out))}")
    return Message(tuple(lines), (options.target,))


def split(text: str) -> tuple[str, str]:
    """Return container and path; the container is "" for a path here, which begins with / or . where it has a colon."""
    container, colon, path = text.partition(":")
    if not colon or text.startswith(("/", ".", "~")):
        return "", text
    return container, path or "/"


def _means_contents(path: str) -> bool:
    """Tell `folder/.`, which is what is in the folder and not the folder, as in docker's cp."""
    return path == "." or path.endswith("/.")


def _out(session: Session, container: str, path: str, place: Path) -> list[str]:
    """Copy out of a container; return the names of what was left out."""
    if not place.is_dir() and not place.parent.is_dir():
        raise NotFound(f"cannot copy to {place}: there is no folder {place.parent}")
    chunks = _counted(session, session.client.archives.get(container, path))
    if place.is_dir() or _means_contents(path):
        return extract(chunks, place)
    # Beside its place, so that it can be moved there; the name inside is the container's, and not wanted.
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".copy-") as folder:
        left_out = extract(chunks, Path(folder))
        for found in Path(folder).iterdir():
            os.replace(found, place)
    return left_out


def _counted(session: Session, chunks: Iterable[bytes], total: int = 0) -> Iterator[bytes]:
    for chunk in chunks:
        session.carried(len(chunk), total)
        yield chunk


def _in(session: Session, source: Path, container: str, path: str, *, only_contents: bool) -> None:
    if not os.path.lexists(source):
        raise NotFound(f"cannot copy {source}: it is not there")
    # A link is copied as a link, under its own name.
    name = Path(os.path.abspath(source)).name
    client = session.client
    folder, is_folder = _target(client, container, path)
    if not is_folder:
        folder, name = str(PurePosixPath("/", folder).parent), PurePosixPath(folder).name
        client.archives.look(container, folder)
    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            if only_contents and is_folder:
                for child in sorted(source.iterdir()):
                    archive.add(child, child.name)
            else:
                archive.add(source, name)
        total = file.tell()
        file.seek(0)
        client.archives.put(container, folder, _counted(session, iter(lambda: file.read(_PIECE_BYTES), b""), total))


def _target(client: Client, container: str, path: str) -> tuple[str, bool]:
    """Return where a path of a container leads, through a link too, and whether a folder is there."""
    try:
        status = client.archives.look(container, path)
        if status["linkTarget"]:
            path = str(PurePosixPath(path).parent / status["linkTarget"])
            status = client.archives.look(container, path)
        return path, bool(status["mode"] & _IS_FOLDER)
    except NotFound:
        if path.endswith("/"):
            raise
        return path, False


CP = Command(
    "cp",
    "copy files into a container or out of it",
    copy,
    (
        Argument(
            ("source",), "CONTAINER:PATH, or a path here; folder/. is what is in it", metavar="SOURCE",
            parse=file_name, completes=Completes.CONTAINER
        ),
        Argument(
            ("target",), "a path here, or CONTAINER:PATH; a folder that is there takes it in", metavar="TARGET",
            parse=file_name, completes=Completes.CONTAINER,
        ),
    ),
    refused={
        **dict.fromkeys(("-a", "--archive"), "what is copied in belongs to the container's user, out to you"),
        **dict.fromkeys(("-L", "--follow-link"), "a link is copied as a link; name what it leads to"),
        **dict.fromkeys(("-q", "--quiet"), "nothing is told while files are copied"),
    },
)  # fmt: skip
