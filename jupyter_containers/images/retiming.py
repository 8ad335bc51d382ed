"""A layer in which nothing is younger than a moment: what makes two builds of the same files the same layer.

Source: BuildKit, docs/build-repro.md, SOURCE_DATE_EPOCH and rewrite-timestamp.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

from jupyter_containers.content.store import ContentStore
from jupyter_containers.layers.compression import decompress
from jupyter_containers.layers.tar_reader import ByteSource, TarReader
from jupyter_containers.layers.tar_writer import TarWriter
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import moment_ns

MAX_MOMENT = 253402300799  # the last second of the year 9999: image configs have years of four digits


def retimed(
    content: ContentStore, layer: Descriptor, moment: int, *, check: Callable[[], None] = lambda: None
) -> tuple[Descriptor, Digest]:
    """Write the layer again, uncompressed, with every later time set to `moment` (seconds); return it and its diff id.

    `check` is called for each member; what it raises stops the work, and nothing is left. Raises BlobNotFound,
    InvalidLayer.
    """
    with content.ingest(f"retimed:{secrets.token_hex(8)}") as ingest, content.open(layer.digest) as blob:
        writer, reader = TarWriter(ingest.write), TarReader(ByteSource(decompress(blob)))
        for member in reader:
            check()
            earlier = replace(member, mtime_ns=min(member.mtime_ns, moment * 10**9))
            writer.add(earlier, map(bytes, reader.data()))
        writer.finish()
        size = ingest.offset
        digest = ingest.commit(sync=False)
    return Descriptor(media_types.OCI_LAYER, digest, size), digest


def clamped(created: str, moment: int, text: str) -> str:
    """Return a time of an image config, or `text` (which is `moment`) if it is later."""
    return text if moment_ns(created) > moment * 10**9 else created
