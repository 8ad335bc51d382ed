"""Names that mean images for several platforms: what their indexes lead to, as far as it is here.

A name points at one image, this machine's or the first; its target may be an index, which has this image and others in
it. Those are blobs only: they are not unpacked, no list of images tells them, and they go with the name.

A pull brings one image of an index and no more, as dockerd's does (without its containerd store): such a name means the
image, which is what `save` writes and `push` sends under it; RepoDigests has the digest of the index. To push the index
would be to name images that are nowhere, which registries refuse. Its document stays with the image all the same, so
that the registry that shares the daemon's images answers by the digest that people have pinned. When all that an index
lists is here after a pull, the name means the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jupyter_containers.content.store import ContentStore
from jupyter_containers.engine.garbage import Garbage, Needed
from jupyter_containers.errors import ContainersError
from jupyter_containers.images import walk
from jupyter_containers.images.walk import Image, Indexed, Part
from jupyter_containers.metadata.images import ImageName
from jupyter_containers.metadata.images import Images as ImageNames
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference

# As many digits as people are shown.
_SHORT = 12


class Indexes:
    """The indexes of one data root."""

    def __init__(self, names: ImageNames, content: ContentStore, garbage: Garbage) -> None:
        self._names = names
        self._content = content
        self._garbage = garbage

    def of(self, name: Reference) -> Descriptor | None:
        """Return the index that a name points at, None for one image or none."""
        found = self._names.get(f"{name.repository}:{name.tag}") if name.tag and not name.digest else None
        return found.target if found is not None and found.target.media_type in media_types.INDEXES else None

    def set(self, name: Reference, index: Descriptor, image_id: Digest) -> None:
        """Let a name that points at an image of an index point at the whole index."""
        self._names.set(f"{name.repository}:{name.tag}", index, image_id)

    def meant(self, text: str, image_id: Digest) -> Descriptor | None:
        """Return the index that an image was found by: by a name of it, by its digest or the beginning of that.

        None for the image's own id, and for a name of one image.
        """
        by_digest = [found.target for found in self._by_digest(text) if found.image_id == image_id]
        if by_digest:
            return by_digest[0]
        try:
            name = Reference.parse(text).with_default_tag()
        except ContainersError:
            return None
        found = self._names.get(f"{name.repository}:{name.tag}")
        return self.of(name) if found is not None and found.image_id == image_id else None

    def let_go(self, name: Reference) -> None:
        """The name will mean something else, or nothing: what only its index needed goes, as no list tells it."""
        if self.of(name) is not None:
            self._garbage.begin()

    def is_whole(self, index: Descriptor) -> bool:
        """Say whether all that an index lists is here."""
        return not walk.load_index(self._content, index).missing

    def load(self, name: Reference) -> Indexed | None:
        """Return what the index of a name leads to. Raises BlobNotFound, InvalidParameter for a damaged one."""
        index = self.of(name)
        return walk.load_index(self._content, index) if index is not None else None

    def image(self, name: Reference, platform: Platform) -> Image | None:
        """Return the image of a name's index for another platform, packed; None when it is not here."""
        index = self.of(name)
        return self.best(index, platform) if index is not None else None

    def best(self, index: Descriptor, platform: Platform) -> Image | None:
        """Return what suits a platform best in an index; None when that is not here."""
        try:
            found = walk.load(self._content, index, platform)
        except ContainersError:
            return None
        return found if all(self._content.contains(layer.digest) for layer in found.manifest.layers) else None

    def beside(self, names: Iterable[Reference], own: Digest) -> list[tuple[Part, Image | None]]:
        """Return what the indexes of an image's names have here beside `own`, its manifest; None: no image."""
        found: dict[Digest, tuple[Part, Image | None]] = {}
        for name in names:
            try:
                index = self.load(name)
            except ContainersError:
                continue
            for part in index.parts if index is not None else ():
                if part.entry.digest != own:
                    found[part.entry.digest] = part, self._image_of(part)
        return list(found.values())

    def _image_of(self, part: Part) -> Image | None:
        try:
            return walk.load(self._content, part.entry, part.entry.platform)
        except ContainersError:
            return None

    def image_id(self, text: str) -> Digest | None:
        """Return the image that a name with an index has here, by the digest of the index or the beginning of it."""
        found = {name.image_id for name in self._by_digest(text)}
        return found.pop() if len(found) == 1 else None

    def _by_digest(self, text: str) -> list[ImageName]:
        """Return the names that point at an index with a digest that begins so."""
        hex_prefix = text.removeprefix("sha256:")
        if len(hex_prefix) < _SHORT:
            return []
        targets = (name for name in self._names.all() if name.target.media_type in media_types.INDEXES)
        return [name for name in targets if name.target.digest.hex.startswith(hex_prefix)]

    def needed(self) -> Iterator[Needed]:
        """Yield what the indexes need, for the garbage collector."""
        for digest in {name.target for name in self._names.all() if name.target.media_type in media_types.INDEXES}:
            try:
                yield Needed(walk.load_index(self._content, digest).blobs)
            except ContainersError:
                continue  # a damaged one protects nothing; its name still has an image
