"""Everything that a daemon has made and keeps: files, rows, processes, links and firewall rules, as a set of words.

before = traces(daemon)
… something that fails, or is cut off …
leaves_nothing(daemon, before)
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_containers.engine.environment import CGROUP_PARENT
from jupyter_containers.linux import mountinfo
from tests.support import interfaces
from tests.support.daemon import Daemon
from tests.support.eventually import eventually
from tests.support.leftovers import cgroups

# Folders whose entries belong to one container, image, build or transfer each.
_DATA = ("tmp", "containers", "content/ingest", "content/blobs/sha256", "content/blobs/sha512", "snapshots", "volumes")
_RUN = ("bundles", "s")
_TABLES = {
    "image_names": "name", "images": "id", "containers": "id", "volumes": "name", "build_cache": "key",
}  # fmt: skip
_PLACES = "places:"
_SETTLING_SECONDS = 20.0


def traces(daemon: Daemon) -> set[str]:
    """Return what is there now; the daemon may run or not."""
    # The parent of all groups is made once, by whichever daemon comes first, and is nobody's leftover.
    groups = (group for group in cgroups() if not group.endswith(f"/{CGROUP_PARENT}"))
    return {*_files(daemon), *_rows(daemon), *_processes(daemon), *groups, *_links(daemon), *_rules(daemon)}


def leaves_nothing(daemon: Daemon, before: set[str], *, but: tuple[str, ...] = ()) -> None:
    """Wait until there is nothing that was not there before; `but` are beginnings of what may stay."""

    seen: list[set[str]] = []

    def settled() -> bool:
        seen.append({trace for trace in traces(daemon) - before if not trace.startswith(but)})
        # What comes and goes meanwhile belongs to another daemon: groups have the same parent.
        return not set.intersection(*seen)

    try:
        eventually(settled, within_seconds=_SETTLING_SECONDS)
    except AssertionError:
        left = sorted(set.intersection(*seen))
        raise AssertionError("left over:\n" + "\n".join(left) + f"\n{daemon.log[-6000:]}") from None


def container_processes(daemon: Daemon) -> dict[int, str]:
    """Return the processes that run in the daemon's containers and build steps, with their command lines."""
    found = {}
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            if _is_inside(daemon, pid):
                found[int(pid)] = (
                    Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
        except (OSError, ValueError):
            continue
    return found


def shims(daemon: Daemon) -> dict[int, str]:
    """Return the shims of the daemon, with their titles."""
    found = {}
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            title = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            # A removed folder has " (deleted)" behind its name.
            if title.startswith("jc: shim") and os.readlink(f"/proc/{pid}/cwd").startswith(f"{daemon.run}/"):
                found[int(pid)] = title
        except OSError:
            continue
    return found


def has_spare_shim(daemon: Daemon) -> bool:
    """Tell whether the next container's shim stands by: the daemon holds its socket, sooner or later after a start."""
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"jc: spare shim"):
                zygote = _parent(pid)
                if _parent(zygote) == str(daemon.pid):
                    return True
        except OSError:
            continue
    return False


def _parent(pid: str) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]


def _is_inside(daemon: Daemon, pid: str) -> bool:
    """Tell by the root file system: its writable layer lies in the daemon's data root."""
    root = next((entry for entry in mountinfo.read(pid) if entry.mount_point == "/"), None)
    uppers = () if root is None else root.super_options
    return any(word.startswith(f"upperdir={daemon.data}/") for word in uppers)


def _processes(daemon: Daemon) -> Iterator[str]:
    yield from (f"process {pid} in a container: {line}" for pid, line in container_processes(daemon).items())
    yield from (f"process {pid}: {title}" for pid, title in shims(daemon).items())


def _files(daemon: Daemon) -> Iterator[str]:
    of_images = {f"snapshots/{number}" for key, number in _snapshots(daemon) if key.startswith(_PLACES)}
    for root, names in ((daemon.data, _DATA), (daemon.run, _RUN)):
        for name in names:
            if (root / name).is_dir():
                yield from {f"{name}/{entry}" for entry in os.listdir(root / name)} - of_images
    if (daemon.data / "snapshots").is_dir():
        mounted = [entry.mount_point for entry in mountinfo.read(daemon.pid if daemon.process else "self")]
        yield from (f"mount {place}" for place in mounted if str(place).startswith(f"{daemon.data}/"))


def _rows(daemon: Daemon) -> Iterator[str]:
    for table, key in _TABLES.items():
        yield from (f"row {table} {name}" for (name,) in _selected(daemon, f"SELECT {key} FROM {table}"))
    # The mount places of an image are made with its first container and stay as long as the image does.
    yield from (f"row snapshots {key}" for key, _ in _snapshots(daemon) if not key.startswith(_PLACES))


def _snapshots(daemon: Daemon) -> Iterator[tuple[str, int]]:
    return _selected(daemon, "SELECT key, number FROM snapshots")


def _selected(daemon: Daemon, query: str) -> Iterator[Any]:
    path = daemon.data / "metadata.db"
    if not path.exists():
        return
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        yield from database.execute(query)
    finally:
        database.close()


def _scope(daemon: Daemon) -> str:
    return hashlib.sha256(str(daemon.data).encode()).hexdigest()[:8]


def bridge(daemon: Daemon) -> str:
    """Return the name of the daemon's bridge, which is there while it is needed."""
    return f"jc-{_scope(daemon)}"


def _links(daemon: Daemon) -> Iterator[str]:
    with contextlib.suppress(OSError):
        yield from (f"link {name}" for name in interfaces.ports(bridge(daemon)))


def _rules(daemon: Daemon) -> Iterator[str]:
    nft = shutil.which("nft")
    if nft is None:
        return
    command = [nft, "-j", "list", "table", "ip", f"jupyter-containers-{_scope(daemon)}"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        return
    for item in json.loads(answer.stdout)["nftables"]:
        for element in item.get("map", {}).get("elem", ()):
            yield f"rule {item['map']['name']} {json.dumps(element)}"
