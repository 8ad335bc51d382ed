"""An image's layers: as our own daemon lists them, or, from another one, out of what `docker save` sends.

The list is a line for each name and nothing of the files, so it is there sooner, also of an image on `host`, which
cannot be saved. It is as hostile as a saved image is, and is counted and cleaned alike.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from jupyter_containers.client import saved_layers
from jupyter_containers.client.saved_layers import Entry, SavedImage, SavedLayer, clean, instructed, read_image
from jupyter_containers.client.values import Json
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound

if TYPE_CHECKING:
    from jupyter_containers.client.images import Images

# What tells which packages are installed; of a folder all files.
CONTENTS = ("var/lib/dpkg/status", "var/lib/dpkg/status.d/", "lib/apk/db/installed", "usr/lib/apk/db/installed")
_KINDS = frozenset({"file", "folder", "link", "same"})

# Told how many more bytes have been read, and of how many in all (0: nobody knows).
Tell = Callable[[int, int], object]


def look(images: Images, name: str, tell: Tell, *, digests: bool = False) -> SavedImage:
    """Return the layers of an image; `digests` are needed to compare files with those of another image.

    Raises NotFound, InvalidParameter for an image of too many files, ContainersError for what cannot be read.
    """
    if images.lists_layers:
        try:
            return listed(images.layers(name, digests=digests, contents=CONTENTS if digests else ()), tell)
        except NotFound:
            # The image is missing, or this daemon is older than lists are: saving tells which.
            pass
    chunks = images.save([name])
    try:
        return read_image(_counted(chunks, tell))
    finally:
        getattr(chunks, "close", lambda: None)()


def read_file(images: Images, image: SavedImage, name: str, place: tuple[int, str], limit: int) -> bytes:
    """Read a file, at most `limit` bytes of it; `place` is a layer (0 is the lowest) and a path. Raises NotFound."""
    number, path = place
    if image.is_listed:
        return images.layer_file(name, number, path, limit)
    chunks = images.save([name])
    try:
        return saved_layers.read_file(chunks, image.layers[number].name, path, limit)
    finally:
        # The rest of the image is not wanted.
        getattr(chunks, "close", lambda: None)()


def _counted(chunks: Iterable[bytes], tell: Tell) -> Iterator[bytes]:
    for chunk in chunks:
        tell(len(chunk), 0)
        yield chunk


def listed(lines: Iterator[Json], tell: Tell) -> SavedImage:
    """Make an image of the lines that tell of it. Raises ContainersError for what makes no sense."""
    try:
        with closing(lines):  # type: ignore[type-var]
            return _listed(lines, tell)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ContainersError(f"the list of layers that the daemon sent cannot be read: {error!r}") from error


def _listed(lines: Iterable[Json], tell: Tell) -> SavedImage:
    config: Json = {}
    layers: list[SavedLayer] = []
    room, seen, total, promised = saved_layers.MOST_FILES, 0, 0, None
    for line in lines:
        if "Read" in line:
            tell(int(line["Read"]) - seen, total)
            seen = int(line["Read"])
        elif "Layers" in line:
            config, total, promised = dict(line["Config"]), int(line["Bytes"]), int(line["Layers"])
        elif "Layer" in line:
            layers.append(SavedLayer(str(line["Digest"]), unlisted=str(line.get("Unlisted", ""))))
        else:
            room -= 1
            if room < 0:
                raise InvalidParameter(saved_layers.too_many())
            _take(layers[-1], line)
    if promised is None or len(layers) != promised:
        raise ContainersError(f"the daemon sent {len(layers)} of {promised or 0} layers: its list was cut")
    return instructed(SavedImage(config, layers, is_listed=True))


def _take(layer: SavedLayer, line: Json) -> None:
    if "Removed" in line:
        layer.removed.append(clean(str(line["Removed"])))
    elif "Opaque" in line:
        layer.opaque.append(clean(str(line["Opaque"])))
    elif path := clean(str(line["Path"])):
        kind = line["Kind"] if line["Kind"] in _KINDS else "other"
        target = clean(str(line["Target"])) if kind == "same" else str(line["Target"])
        size, digest = int(line["Size"]) if kind == "file" else 0, bytes.fromhex(line.get("Digest", ""))
        layer.entries[path] = Entry(
            kind, size, int(line["Mode"]), int(line["User"]), int(line["Group"]), target, digest
        )
        layer.kept.pop(path, None)
        if "Content" in line:
            layer.kept[path] = base64.b64decode(line["Content"])
