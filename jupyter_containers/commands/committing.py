"""commit, save, load, export, import: images out of containers and files, and files out of both."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path

from jupyter_containers.client.build_layouts import whole
from jupyter_containers.client.build_outputs import replacing
from jupyter_containers.client.values import short_id
from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.containers import ONE, ONE_PLATFORM
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.results import Message
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import NotFound

_PIECE = 1 << 20


def commit(session: Session, options: Namespace) -> Message:
    id_ = session.client.images.commit(
        options.container, options.name, changes=options.change, message=options.message, author=options.author,
        pause=not options.no_pause,
    )  # fmt: skip
    return Message((f"made {options.name or short_id(id_)} of {options.container}",), (options.name or id_,))


def save(session: Session, options: Namespace) -> Message:
    return _written(session, options.output, session.client.images.save(options.image))


def export(session: Session, options: Namespace) -> Message:
    return _written(session, options.output, session.client.archives.export(options.container))


def load(session: Session, options: Namespace) -> Message:
    folder = session.folder / Path(options.input).expanduser()
    content = whole(folder) if folder.is_dir() else _read(session, options.input)
    lines = tuple(session.client.images.load(content))
    return Message(lines, tuple(line.rpartition(" ")[2] for line in lines))


def import_(session: Session, options: Namespace) -> Message:
    id_ = session.client.images.import_(
        _read(session, options.file), options.name, changes=options.change, message=options.message
    )
    return Message((f"made {options.name or short_id(id_)} of {options.file}",), (options.name or id_,))


def _written(session: Session, name: str, chunks: Iterable[bytes]) -> Message:
    place, size = session.folder / Path(name).expanduser(), 0
    with replacing(place) as file:
        for chunk in chunks:
            size += file.write(chunk)
            session.carried(len(chunk), 0)
    return Message((f"wrote {name} ({size_text(size)})",), (str(place),))


def _read(session: Session, name: str) -> Iterator[bytes]:
    place = session.folder / Path(name).expanduser()
    if not place.is_file():
        raise NotFound(f"there is no file {place}")
    return _pieces(session, place)


def file_name(text: str) -> str:
    """Read the name of a file here. Raises UsageError for -, which is a stream elsewhere."""
    if text == "-":
        raise UsageError("- as standard input or output is not supported here; give a file")
    return text


def _pieces(session: Session, place: Path) -> Iterator[bytes]:
    total = place.stat().st_size
    with place.open("rb") as file:
        while piece := file.read(_PIECE):
            session.carried(len(piece), total)
            yield piece


_CHANGE = Argument(
    ("-c", "--change"), "an instruction for the image, such as 'CMD [\"sh\"]'", Takes.EACH, "INSTRUCTION"
)
_MESSAGE = Argument(("-m", "--message"), "a comment", metavar="TEXT", default="")
_NAME = Argument(("name",), "name of the image", Takes.OPTIONAL, "NAME[:TAG]", default="")

COMMIT = Command(
    "commit",
    "make an image of what a container has changed",
    commit,
    (
        Argument(("-a", "--author"), "who made it", metavar="TEXT", default=""),
        _MESSAGE,
        _CHANGE,
        Argument(("--no-pause",), "do not freeze the container meanwhile", Takes.NOTHING),
        ONE,
        _NAME,
    ),
    refused=dict.fromkeys(("-p", "--pause"), "the container is frozen meanwhile anyway, and --no-pause leaves it"),
)
SAVE = Command(
    "save",
    "write images into a tar",
    save,
    (
        Argument(
            ("-o", "--output"),
            "the tar to be written (default image.tar)",
            metavar="FILE",
            parse=file_name,
            default="image.tar",
        ),
        Argument(("image",), "names or ids", Takes.MANY, "IMAGE", completes=Completes.IMAGE),
    ),
    refused=ONE_PLATFORM,
)
LOAD = Command(
    "load",
    "read images from a tar, or from a folder in the OCI layout",
    load,
    (
        Argument(
            ("-i", "--input"),
            "the tar or the folder to be read (default image.tar)",
            metavar="PATH",
            parse=file_name,
            default="image.tar",
        ),
        Argument(("-q", "--quiet"), "as docker has it; only names are told here anyway", Takes.NOTHING),
    ),
    refused=ONE_PLATFORM,
)
EXPORT = Command(
    "export",
    "write the files of a container into a tar",
    export,
    (
        Argument(
            ("-o", "--output"),
            "the tar to be written (default container.tar)",
            metavar="FILE",
            parse=file_name,
            default="container.tar",
        ),
        ONE,
    ),
)
IMPORT = Command(
    "import",
    "make an image of a tar of files",
    import_,
    (_CHANGE, _MESSAGE, Argument(("file",), "the tar", metavar="FILE", parse=file_name), _NAME),
    refused=ONE_PLATFORM,
)
