"""Images of this machine that show more of it than `host` does: a folder to work in, another Python.

Each set of folders has an image of its own, named `host:` and a digest of the set, which is made anew when it is asked
for; the one before goes, unless a container stands on it. The decisions are those of images.host_folders.
"""

from __future__ import annotations

import hashlib

from jupyter_containers.engine.images import Images, ImageView
from jupyter_containers.errors import Conflict
from jupyter_containers.images.host_folders import Shown
from jupyter_containers.oci.reference import Reference

_DIGITS = 12


async def show(images: Images, shown: Shown) -> ImageView:
    """Return the image of this machine, as it is now, in which these folders are seen."""
    name = name_of(shown)
    before = images.target(name)
    record = images.add(images.make_host(shown), name)
    if before is not None and before != record.id:
        try:
            await images.remove(str(before))
        except Conflict:
            pass  # a container stands on it; it goes with the next prune
    return images.view(record)


def name_of(shown: Shown) -> Reference:
    """Return the name of the image that shows these folders."""
    text = "\n".join(["folders", *map(str, shown.folders), "prefixes", *map(str, shown.prefixes)])
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
    return Reference.parse(f"host:{digest[:_DIGITS]}")
