"""Exports: images that leave as a file. Which ones a list of names means, and that nothing of them goes meanwhile."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from jupyter_containers.content.store import ContentStore
from jupyter_containers.engine import platforms
from jupyter_containers.engine.garbage import Needed
from jupyter_containers.engine.image_removal import is_id_of
from jupyter_containers.engine.images import ImageNotFound, Images, ImageView
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.images import layout
from jupyter_containers.images.layout import Named
from jupyter_containers.images.walk import Indexed
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference

Write = Callable[[bytes], object]


class Exports:
    """Images of one data root, written as files."""

    def __init__(self, images: Images, content: ContentStore) -> None:
        self._images = images
        self._content = content

    @asynccontextmanager
    async def saving(
        self, names: Sequence[str], platform: Platform | None = None
    ) -> AsyncIterator[Callable[[Write], None]]:
        """Give what writes the images that `names` mean, blocking; nothing of them is collected inside the block.

        A repository without a tag means all its tags, as in dockerd; of a name that means several images `platform`
        picks one. Raises ImageNotFound, InvalidParameter; NotFound for a platform that an image is not for.
        """
        if not names:
            raise InvalidParameter("no images to save: parameter names is empty")
        chosen: list[tuple[str, ImageView, Reference | None]] = []
        indexes: dict[Reference, Indexed] = {}

        def choose() -> Needed:
            found = (entry for text in names for entry in self._chosen(text))
            chosen.extend((text, self._picked(view, str(name or text), platform), name) for text, view, name in found)
            blobs = [self._images.needs(view.record).blobs | view.image.blobs for _, view, _ in chosen]
            if platform is None:
                indexes.update(self._indexes(name for _, _, name in chosen))
            return Needed(frozenset[Digest]().union(*blobs, *(index.blobs for index in indexes.values())))

        async with self._images.garbage.keeping(choose):
            for text, view, _ in chosen:
                if platform is not None and not platforms.serves(view.config.platform, platform):
                    raise platforms.NotForPlatform(text, platform)
            named = _joined([(view, reference) for _, view, reference in chosen], indexes)
            for view in (view for _, view, _ in chosen):
                self._images.tell("save", view.id, str(view.id))
            yield lambda write: layout.save(named, self._content, write)

    def _picked(self, view: ImageView, text: str, platform: Platform | None) -> ImageView:
        """Return the view with the image that the index it was found by has for the platform, where there is one."""
        found = platforms.beside(self._images, text, view, platform) if platform is not None else None
        return replace(view, image=found) if found is not None else view

    def _indexes(self, names: Iterable[Reference | None]) -> Iterator[tuple[Reference, Indexed]]:
        for name in names:
            index = self._images.indexes.load(name) if name is not None else None
            if name is not None and index is not None:
                yield name, index

    def _chosen(self, text: str) -> list[tuple[str, ImageView, Reference | None]]:
        """Return the images that one name means, each with the name to save it under."""
        repository = _repository(text)
        if repository is not None:
            tags = self._images.tags_of(repository)
            if tags:
                return [(text, self._images.view(self._images.record(str(tag))), tag) for tag in tags]
        try:
            view = self._images.view(self._images.record(text))
        except ImageNotFound:
            raise ImageNotFound(text) from None  # without the tag that was not asked for
        if is_id_of(self._images, view.record, text):
            return [(text, view, None)]
        reference = Reference.parse(text).with_default_tag()
        return [(text, view, reference if reference.digest is None else None)]


def _repository(text: str) -> Reference | None:
    """Return the repository in a text that names no tag and no digest."""
    if re.fullmatch(r"sha256:[0-9a-f]+|[0-9a-f]{64}", text):
        return None
    reference = Reference.parse(text)
    return None if reference.tag or reference.digest else reference


def _joined(chosen: Sequence[tuple[ImageView, Reference | None]], indexes: Mapping[Reference, Indexed]) -> list[Named]:
    """Bring the names of one image together, in the order in which they were asked for."""
    views: dict[Digest, ImageView] = {}
    names: dict[Digest, list[Reference]] = {}
    for view, reference in chosen:
        views[view.image.config_digest] = view
        own = names.setdefault(view.image.config_digest, [])
        if reference is not None and reference not in own:
            own.append(reference)
    return [Named(view.image, tuple(names[image_id]), indexes) for image_id, view in views.items()]
