"""Base images of builds: here already, or else in their registry, each with the credentials of its own build."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from jupyter_containers.build.progress import PullProgress
from jupyter_containers.engine.images import Images
from jupyter_containers.engine.transfers import Transfers
from jupyter_containers.errors import NotFound, Unsupported
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.platform import Platform, suitability
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Credentials, Progress

_ID = re.compile(r"sha256:[0-9a-f]{64}")


def told_as_pull(report: Callable[[PullProgress], None]) -> Callable[[Progress], None]:
    """Return what tells the listener of a build how something goes to or comes from a registry."""
    return lambda step: report(PullProgress(step.id, step.status, step.current, step.total))


class BaseImages:
    """Finds the images that FROM names: here, or else in their registry. Implements build's BaseImages."""

    def __init__(self, images: Images, transfers: Transfers) -> None:
        self._images = images
        self._transfers = transfers
        # The builder is one for all builds, so that they can share work; whose build a base is for, its task knows.
        self._credentials: ContextVar[Mapping[str, Credentials]] = ContextVar(
            "credentials", default=MappingProxyType({})
        )

    @contextmanager
    def using(self, credentials: Mapping[str, Credentials]) -> Iterator[None]:
        """Use these, by domain, for what the block and the tasks begun in it resolve."""
        token = self._credentials.set(credentials)
        try:
            yield
        finally:
            self._credentials.reset(token)

    async def local(self, reference: str) -> Image | None:
        try:
            return (await self._images.find(reference)).image
        except NotFound:
            return None

    async def resolve(
        self, reference: str, pull: bool, report: Callable[[PullProgress], None], *, platform: Platform | None = None
    ) -> Image:
        name = Reference.parse(reference).with_default_tag()
        is_host = name.repository == "docker.io/library/host"
        # No registry can be asked for the id of an image, which would be read as a tag there.
        is_id = _ID.fullmatch(reference) is not None
        if not pull or is_host or is_id:
            try:
                found = (await self._images.find(reference)).image
                # An image that does not say what it is for is for everything.
                here = found.config.platform
                if platform is None or not here.architecture or suitability(here, platform) is not None:
                    return found
                if is_host:
                    raise Unsupported(f"host is for {here} only, and not for {platform}")
                if is_id:
                    raise NotFound(f"the image {reference} is for {here}, and not for {platform}")
                if (other := await self._transfers.from_index(name, platform, told_as_pull(report))) is not None:
                    return other
            except NotFound:
                if is_host or is_id:
                    raise

        credentials = self._credentials.get().get(name.domain)
        pulled = await self._transfers.pull(
            name, platform=platform, credentials=credentials, progress=told_as_pull(report)
        )
        return pulled.image
