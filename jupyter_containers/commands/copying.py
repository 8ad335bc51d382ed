"""cp: files between this side and a container, running or not."""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
from argparse import Namespace
from pathlib import Path, PurePosixPath

from jupyter_containers.client import Client
from jupyter_containers.client.extraction import extract
from jupyter_containers.commands.command import Argument, Command, Completes
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Message, Result
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import NotFound

# Bit of a folder in the mode that the API tells: Go's fs.ModeDir.
_IS_FOLDER = 1 << 31


def copy(session: Session, options: Namespace) -> Result:
    source, target = split(options.source), split(options.target)
    if bool(source[0]) == bool(target[0]):
        raise UsageError("cp: one side is CONTAINER:PATH, the other a path here")
    if source[0]:
        place = session.folder / Path(target[1]).expanduser()
        _out(session.client, source[0], source[1], place)
    else:
        _in(session.client, session.folder / Path(source[1]).expanduser(), target[0], target[1])
    return Message((f"copied {options.source} to {options.target}",), (options.target,))


def split(text: str) -> tuple[str, str]:
    """Return container and path; the container is "" for a path here, which begins with / or . where it has a colon."""
    container, colon, path = text.partition(":")
    if not colon or text.startswith(("/", ".", "~")):
        return "", text
    return container, path or "/"


def _out(client: Client, container: str, path: str, place: Path) -> None:
    chunks = client.archives.get(container, path)
    if place.is_dir():
        extract(chunks, place)
        return
    if not place.parent.is_dir():
        raise NotFound(f"cannot copy to {place}: there is no folder {place.parent}")
    # Beside its place, so that it can be moved there; the name inside is the container's, and not wanted.
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".copy-") as folder:
        extract(chunks, Path(folder))
        (found,) = Path(folder).iterdir()
        shutil.move(found, place)


def _in(client: Client, source: Path, container: str, path: str) -> None:
    if not source.exists():
        raise NotFound(f"cannot copy {source}: it is not there")
    folder, name = path, source.resolve().name
    if not _is_folder(client, container, path):
        folder, name = str(PurePosixPath("/", path).parent), PurePosixPath(path).name
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.add(source, name)
    client.archives.put(container, folder, file.getvalue())


def _is_folder(client: Client, container: str, path: str) -> bool:
    try:
        return bool(client.archives.look(container, path)["mode"] & _IS_FOLDER)
    except NotFound:
        if path.endswith("/"):
            raise
        return False


CP = Command(
    "cp",
    "copy files into a container or out of it",
    copy,
    (
        Argument(
            ("source",), "CONTAINER:PATH, or a path here", metavar="SOURCE", completes=Completes.CONTAINER
        ),
        Argument(
            ("target",), "a path here, or CONTAINER:PATH; a folder that is there takes it in", metavar="TARGET",
            completes=Completes.CONTAINER,
        ),
    ),
)  # fmt: skip
