"""build: a Dockerfile, from a cell or a file, becomes an image."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from jupyter_containers.client.builds import BuildSettings
from jupyter_containers.client.context import Context, gather
from jupyter_containers.client.ignore import FILE_NAME
from jupyter_containers.commands.build_result import BuildResult
from jupyter_containers.commands.command import Argument, Command, Takes
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.run_arguments import with_values
from jupyter_containers.commands.run_result import Interrupted
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import ContainersError

LARGE_BYTES = 100_000_000


def build(session: Session, options: Namespace) -> BuildResult:
    folder = _folder(session, options.path)
    dockerfile = _dockerfile(session, options.file, folder)
    context = gather(dockerfile, folder)
    if context.size_bytes > LARGE_BYTES:
        session.front.note(_size_note(context))
    client, result = session.client, BuildResult(dockerfile, options.tag)
    with session.front.live(result) as tell:
        try:
            client.builds.build(context, _settings(options), tell)
        except ContainersError as error:
            tell(error)
            raise
        except KeyboardInterrupt as error:
            tell(error)
            raise Interrupted("the build was stopped; finished steps are in the cache", result) from None
    return result


def _folder(session: Session, path: str | None) -> Path:
    folder = session.folder / (path or ".")
    if path == "-" or not folder.is_dir():
        raise UsageError(f"build: no folder {path}; the context is a folder, by default the current one")
    return folder


def _dockerfile(session: Session, file: str | None, folder: Path) -> str:
    """Return the text of the cell, else of the file."""
    if session.body.strip():
        if file is not None:
            raise UsageError("build: both a Dockerfile in the cell and -f; leave one of them out")
        return session.body
    path = session.folder / file if file is not None else folder / "Dockerfile"
    if session.is_magic and file is None and not path.exists():
        raise UsageError(
            "build: no Dockerfile; write it below a line `%%container build -t NAME`, or name a file with -f"
        )
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"build: cannot read {path}: {reason}") from error


def _settings(options: Namespace) -> BuildSettings:
    return BuildSettings(
        tags=tuple(options.tag),
        target=options.target,
        build_args={name: value for name, _, value in (text.partition("=") for text in with_values(options.build_arg))},
        labels={name: value for name, _, value in (text.partition("=") for text in options.label)},
        no_cache=options.no_cache,
        pull=options.pull,
        network=options.network,
    )


def _size_note(context: Context) -> str:
    """Say what goes to the daemon, with the largest parts of it."""
    largest = ", ".join(f"{name} {size_text(size)}" for name, size in _largest(context))
    size = size_text(context.size_bytes)
    return f"sending {size} from {context.root} to the build ({largest}); name in {FILE_NAME} what is not needed"


def _largest(context: Context, count: int = 3) -> Sequence[tuple[str, int]]:
    sizes: dict[str, int] = {}
    for path in context.paths:
        status = (context.root / path).lstat()
        top = path.partition("/")[0]
        sizes[top] = sizes.get(top, 0) + status.st_size
    return sorted(sizes.items(), key=lambda entry: -entry[1])[:count]


BUILD = Command(
    "build",
    "build an image from a Dockerfile",
    build,
    (
        Argument(("-t", "--tag"), "name the image (repeatable)", Takes.EACH, "NAME[:TAG]"),
        Argument(("-f", "--file"), "the Dockerfile, if it is not the cell's body", metavar="PATH"),
        Argument(("--target",), "build this stage", metavar="STAGE", default=""),
        Argument(("--build-arg",), "set an ARG; NAME alone takes this process's value", Takes.EACH, "NAME=VALUE"),
        Argument(("--label",), "label the image", Takes.EACH, "NAME=VALUE"),
        Argument(("--no-cache",), "do every step again", Takes.NOTHING),
        Argument(("--pull",), "ask the registry for newer base images", Takes.NOTHING),
        Argument(("--network",), "for RUN: default, none or host", metavar="NETWORK", default=""),
        Argument(("path",), "folder that COPY takes from; default is the notebook's", Takes.OPTIONAL, "PATH"),
    ),
    details=(
        "FROM host takes this machine's own system as the base: nothing to download. Only what COPY and ADD name is\n"
        f"sent to the daemon, less what {FILE_NAME} leaves out."
    ),
    body="the Dockerfile",
)
