"""Images of this machine that show more of it than `host` does: a folder to work in, another Python.

Each set of folders has an image of its own, named `host:` and a digest of the set, which is made anew when it is asked
for; the one before goes, unless it has another name or a container stands on it, and so do those that nobody has asked
for for an hour: each folder that somebody worked in would leave one. The decisions are those of images.host_folders.
"""

from __future__ import annotations

import asyncio
import hashlib
import re

from jupyter_containers.engine.images import Images, ImageView
from jupyter_containers.errors import Conflict
from jupyter_containers.images.host_folders import Shown
from jupyter_containers.oci.image_config import moment_ns
from jupyter_containers.oci.reference import Reference

_DIGITS = 12
_TAG = re.compile(rf"[0-9a-f]{{{_DIGITS}}}")
# Who asks for one makes a container of it at once.
_KEPT_NS = 3600 * 10**9


async def show(images: Images, shown: Shown) -> ImageView:
    """Return the image of this machine, as it is now, in which these folders are seen."""
    name = name_of(shown)
    async with images.garbage.working():
        # It looks at every file that might be secret, tens of thousands: the loop goes on meanwhile.
        image = await asyncio.to_thread(images.make_host, shown)
        before = images.target(name)
        record = images.add(image, name)
    if before is not None and before != record.id and not images.references(images.record(str(before))):
        try:
            await images.remove(str(before))
        except Conflict:
            pass  # a container stands on it; it goes with the next prune
    await _remove_old(images, name, moment_ns(record.last_tagged_at or ""))
    return images.view(record)


async def _remove_old(images: Images, name: Reference, now_ns: int) -> None:
    """Remove the images of other folders that are old; one that a container stands on stays."""
    for other in images.tags_of(name):
        if other == name or not _TAG.fullmatch(other.tag or ""):
            continue
        asked_for_ns = moment_ns(images.record(str(other)).last_tagged_at or "")
        if now_ns - asked_for_ns > _KEPT_NS:
            try:
                await images.remove(str(other))
            except Conflict:
                pass  # it goes when the container has gone


def name_of(shown: Shown) -> Reference:
    """Return the name of the image that shows these folders."""
    text = "\n".join(["folders", *map(str, shown.folders), "prefixes", *map(str, shown.prefixes)])
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
    return Reference.parse(f"host:{digest[:_DIGITS]}")
