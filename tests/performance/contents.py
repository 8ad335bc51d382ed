"""What goes in and out of containers: lists, logs, echoes of an attached terminal, files."""

from __future__ import annotations

import io
import itertools
import tarfile
import weakref
from collections.abc import Callable

from tests.performance.boxes import made, started
from tests.performance.daemons import Side, Timed
from tests.support.api_client import Api

LISTED = 500
MEGABYTES = 50
ECHOES = 50
LINE = "0123456789" * 8
FILES, FILE_BYTES = 400, 100_000
MAX_ROUNDS = 200


def list_containers(side: Side) -> Callable[[], None]:
    for _ in range(LISTED):
        made(side, "true")
    return lambda: side.api.fetch("/containers/json?all=1")


def talk(side: Side, driver: str) -> str:
    config = {"HostConfig": {"NetworkMode": "none", "LogConfig": {"Type": driver}}}
    return made(side, "sh", "-c", f"yes {LINE} | head -c {MEGABYTES}000000", **config)


def write_log(side: Side, driver: str = "json-file") -> Callable[[], None]:
    def write() -> None:
        container_id = talk(side, driver)
        side.api.call("POST", f"/containers/{container_id}/start")
        side.api.call("POST", f"/containers/{container_id}/wait")
        side.api.call("DELETE", f"/containers/{container_id}")

    return write


def read_log(side: Side, driver: str = "json-file") -> Callable[[], None]:
    container_id = talk(side, driver)
    side.api.call("POST", f"/containers/{container_id}/start")
    side.api.call("POST", f"/containers/{container_id}/wait")

    def read() -> None:
        assert side.api.fetch(f"/containers/{container_id}/logs?stdout=1&stderr=1") > MEGABYTES * 10**6

    return read


def write_local_log(side: Side) -> Callable[[], None]:
    return write_log(side, "local")


def echo(side: Side) -> Callable[[], None]:
    container_id = started(side, "cat", OpenStdin=True)
    stream = Api(side.host.removeprefix("unix://"), "1.41").hijack(
        f"/containers/{container_id}/attach", stream=1, stdin=1, stdout=1
    )

    def echoes() -> None:
        for _ in range(ECHOES):
            stream.send(b"x\n")
            assert stream.read(b"x\n")

    weakref.finalize(echoes, stream.end.close)
    return echoes


def files(side: Side) -> str:
    container_id = made(side, "true")
    side.api.send(f"/containers/{container_id}/archive?path=/", archive())
    return container_id


def archive() -> bytes:
    """Return a tar of many files in a folder."""
    buffer, content = io.BytesIO(), bytes(range(250)) * (FILE_BYTES // 250)
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.addfile(_folder("many"))
        for number in range(FILES):
            member = tarfile.TarInfo(f"many/{number}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _folder(name: str) -> tarfile.TarInfo:
    folder = tarfile.TarInfo(name)
    folder.type, folder.mode = tarfile.DIRTYPE, 0o755
    return folder


def copy_in(side: Side) -> Callable[[], None]:
    container_id, content, folders = made(side, "true"), archive(), io.BytesIO()
    with tarfile.open(fileobj=folders, mode="w") as tar:
        for number in range(MAX_ROUNDS):
            tar.addfile(_folder(f"round{number}"))
    side.api.send(f"/containers/{container_id}/archive?path=/", folders.getvalue())
    # Each time into another folder: to overwrite what is being written to the disk measures the disk.
    places = itertools.count()
    return lambda: side.api.send(f"/containers/{container_id}/archive?path=/round{next(places)}", content)


def copy_out(side: Side) -> Callable[[], None]:
    container_id = files(side)
    return lambda: _all(side, f"/containers/{container_id}/archive?path=/many")


def export(side: Side) -> Callable[[], None]:
    container_id = files(side)
    return lambda: _all(side, f"/containers/{container_id}/export")


def _all(side: Side, path: str) -> None:
    assert side.api.fetch(path) > FILES * FILE_BYTES


TIMED: tuple[Timed, ...] = (
    (f"list of {LISTED} containers", list_containers),
    (f"{MEGABYTES} MB of output, json-file: create + start + wait + remove", write_log),
    (f"{MEGABYTES} MB of output, local: create + start + wait + remove", write_local_log),
    (f"read {MEGABYTES} MB of a json-file log", read_log),
    (f"{ECHOES} echoes of an attached cat", echo),
    (f"cp of {FILES} files of 0.1 MB into a container", copy_in),
    (f"cp of {FILES} files of 0.1 MB out of a container", copy_out),
    (f"export of a container with {FILES} files of 0.1 MB", export),
)
