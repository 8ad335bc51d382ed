"""The `host` image: this machine's own root as a read-only base, at no bytes and no download, secrets masked.

It is an image like others (manifest, config, one layer), except that the layer's blob is not a tar but the list of
decisions in host_masks.py; its snapshot stands on the adopted "/" and holds the masks as overlayfs writes them:
whiteouts, opaque folders, and redirects for what is shown inside an opaque folder. So children, diffs and caches work
as for any image; but it cannot leave this machine (Image.is_host), and has a new id whenever the decisions, the
packages or the kernel change. Submounts of the host are not seen through an overlay at all.

On a host whose root is an overlay itself, the folder of the snapshots must be on another file system.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.images.assemble import assemble
from jupyter_containers.images.host_folders import Shown
from jupyter_containers.images.host_masks import Treatment, decide
from jupyter_containers.images.walk import Image
from jupyter_containers.layers.whiteouts import OPAQUE_XATTR
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.image_config import History, ImageConfig, ProcessDefaults
from jupyter_containers.oci.media_types import HOST_LAYER
from jupyter_containers.oci.platform import host_platform
from jupyter_containers.oci.snapshot_record import LABEL_DISPOSABLE, LABEL_HOST
from jupyter_containers.snapshots.snapshotter import OVERLAY_FORMAT, Snapshotter

ROOT_SNAPSHOT = "host:/"
REDIRECT_XATTR = "trusted.overlay.redirect"
NOTHING_MORE = Shown()
_VERSION = 1
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PACKAGE_LISTS = ("var/lib/dpkg/status", "var/lib/rpm", "var/lib/pacman/local", "lib/apk/db/installed")


def host_image(
    content: ContentStore,
    snapshotter: Snapshotter,
    *,
    hidden: Sequence[Path] = (),
    prefixes: Sequence[Path] | None = None,
    shown: Shown = NOTHING_MORE,
    root: Path = Path("/"),
) -> Image:
    """Return the image of this machine as it is now, its snapshot made.

    `hidden` are the daemon's own folders (data and run root); `prefixes` are folders of Python to be shown even in a
    home, by default those of this process; `shown` is what somebody wants to see beyond that. Cheap when nothing has
    changed. Raises Unsupported without overlayfs.
    """
    if prefixes is None:
        prefixes = tuple(Path(prefix) for prefix in dict.fromkeys((sys.prefix, sys.base_prefix)))
    blob = _describe(root, hidden, prefixes, shown)
    digest = content.write(blob)
    changed = _changed_at(root)
    config = ImageConfig(
        platform=host_platform(),
        diff_ids=(digest,),
        process=_process(root, prefixes),
        history=(History(created=changed, created_by="this machine's own root, secrets masked"),),
        created=changed,
    )
    image = assemble(content, config, (Descriptor(HOST_LAYER, digest, len(blob)),))
    with snapshotter.exclusive(image.top):
        if not snapshotter.exists(image.top):
            make_snapshot(blob, image.top, snapshotter)
    return image


def make_snapshot(blob: bytes, name: str, snapshotter: Snapshotter) -> None:
    """Commit the snapshot that the layer `blob` describes, under `name`. Raises InvalidParameter, Unsupported."""
    root, decisions = _parse(blob)
    if snapshotter.layer_format != OVERLAY_FORMAT or snapshotter.user_xattr:
        raise Unsupported("the host image needs overlayfs with trusted attributes; use another base image")
    snapshotter.adopt(ROOT_SNAPSHOT if root == Path("/") else f"host:{root}", root)
    key = f"host:{name}"
    if snapshotter.exists(key):
        snapshotter.remove(key)
    parent = ROOT_SNAPSHOT if root == Path("/") else f"host:{root}"
    snapshotter.prepare(key, parent, labels={LABEL_DISPOSABLE: "true"})
    try:
        upper = snapshotter.upper(key)
        assert upper is not None, "an active snapshot has a directory of its own"
        _Masks(root, upper).write(decisions)
        snapshotter.commit(name, key, labels={LABEL_HOST: "true"})
    except BaseException:
        snapshotter.remove(key)
        raise


def write_masks(blob: bytes, target: Path) -> None:
    """Write what the layer `blob` describes into an empty directory. Raises InvalidParameter."""
    root, decisions = _parse(blob)
    _Masks(root, target).write(decisions)


class _Masks:
    """Writes decisions into a layer. Parents in it look as on the host: the topmost folder's mode counts."""

    def __init__(self, root: Path, upper: Path) -> None:
        self._root = root
        self._upper = upper

    def write(self, decisions: dict[str, str]) -> None:
        for path, treatment in sorted(decisions.items()):
            host, place = self._root / path.lstrip("/"), self._upper / path.lstrip("/")
            if not self._make_parents(path):
                continue
            if treatment == Treatment.ABSENT.value:
                os.mknod(place, stat.S_IFCHR | 0o600, 0)
            elif treatment == Treatment.LINK.value:
                place.symlink_to(host.readlink())
            elif treatment == Treatment.ACCOUNTS.value:
                self._write_accounts(host, place)
            elif host.is_dir() and not host.is_symlink():
                self._make_like(host, place)
                if treatment == Treatment.KEPT.value:
                    os.setxattr(place, REDIRECT_XATTR, os.fsencode(path))
                else:
                    os.setxattr(place, OPAQUE_XATTR, b"y")

    def _make_parents(self, path: str) -> bool:
        """Make the folders above `path` as they are on the host; say no if the host has none there."""
        relative = Path(path.lstrip("/")).parent
        for parent in (*reversed(relative.parents), relative):
            host, place = self._root / parent, self._upper / parent
            if parent == Path():
                continue
            if os.path.lexists(place):
                if not place.is_dir() or place.is_symlink():
                    return False  # something above is hidden already
            elif host.is_dir() and not host.is_symlink():
                self._make_like(host, place)
            else:
                return False
        return True

    def _make_like(self, host: Path, place: Path) -> None:
        place.mkdir(exist_ok=True)
        status = host.stat()
        os.chown(place, status.st_uid, status.st_gid)
        place.chmod(stat.S_IMODE(status.st_mode))

    def _write_accounts(self, host: Path, place: Path) -> None:
        """Write a shadow file in which nobody has a password: tools that read it still find every name."""
        try:
            lines, status = host.read_bytes().splitlines(), host.stat()
        except OSError:
            return
        names = [line.split(b":")[0] for line in lines if b":" in line]
        fields = b":*:::::::\n" if host.name == "shadow" else b":!::\n"
        place.write_bytes(b"".join(name + fields for name in names))
        os.chown(place, status.st_uid, status.st_gid)
        place.chmod(stat.S_IMODE(status.st_mode))


def _describe(root: Path, hidden: Iterable[Path], prefixes: Iterable[Path], shown: Shown) -> bytes:
    """Return the layer's blob. Equal hosts with equal decisions give equal bytes, and so the same image id."""
    data = {
        "version": _VERSION,
        "root": str(root),
        "kernel": os.uname().release,
        "os_release": _text(root / "etc/os-release"),
        "packages_changed_at": _changed_at(root),
        "decisions": decide(root, hidden=hidden, kept=(*prefixes, *shown.prefixes), shown=shown.folders),
    }
    return json.dumps(data, sort_keys=True, indent=1).encode("utf-8", "surrogateescape")


def _parse(blob: bytes) -> tuple[Path, dict[str, str]]:
    try:
        data = json.loads(blob.decode("utf-8", "surrogateescape"))
        version, root, decisions = data["version"], Path(data["root"]), dict(data["decisions"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidParameter(f"this is no layer of a host image: {error}") from error
    if version != _VERSION:
        raise Unsupported(f"layer of a host image in version {version}; this program knows {_VERSION}")
    for path, treatment in decisions.items():
        if not path.startswith("/") or ".." in path.split("/") or treatment not in {t.value for t in Treatment}:
            raise InvalidParameter(f"layer of a host image has a decision that makes no sense: {path!r} {treatment!r}")
    return root, decisions


def _changed_at(root: Path) -> str:
    times = [0.0]
    for name in (*_PACKAGE_LISTS, "etc/os-release"):
        try:
            times.append((root / name).stat().st_mtime)
        except OSError:
            continue
    return datetime.fromtimestamp(int(max(times)), UTC).isoformat().replace("+00:00", "Z")


def _process(root: Path, prefixes: Sequence[Path]) -> ProcessDefaults:
    """Return what a container runs: a shell. Of the environment only where programs are: the rest holds tokens."""
    environment = [f"PATH={_search_path(prefixes)}", "LANG=C.UTF-8"]
    conda = next((prefix for prefix in prefixes if (prefix / "conda-meta").is_dir()), None)
    if conda is not None:
        environment.append(f"CONDA_PREFIX={conda}")
    shell = "/bin/bash" if (root / "bin/bash").exists() else "/bin/sh"
    return ProcessDefaults(env=tuple(environment), cmd=(shell,))


def _search_path(prefixes: Sequence[Path]) -> str:
    own = [f"{prefix}/bin" for prefix in prefixes if str(prefix) not in ("/", "/usr", "/usr/local")]
    return ":".join((*own, _SYSTEM_PATH))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
