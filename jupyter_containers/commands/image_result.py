"""The result of work on one image that takes a while: a pull, a push, a bootstrap."""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_containers.client.values import Progress
from jupyter_containers.commands.results import Json, LiveResult, Said
from jupyter_containers.errors import ContainersError


class ImageResult(LiveResult):
    """An image on its way. True unless that failed; `status` is the daemon's last word, `digest` the image's."""

    def __init__(self, image: str) -> None:
        self.image = image
        self.digest = ""
        self.status = ""
        self.error = ""

    def __bool__(self) -> bool:
        return not self.error

    @property
    def is_complete(self) -> bool:
        """True when the image is there; daemons say so in their last words."""
        return self.status.startswith("Status: ")

    def apply(self, event: object) -> Iterable[Said]:
        """Take in a step, or the error that ended it."""
        if isinstance(event, ContainersError):
            self.error = event.message
        elif isinstance(event, KeyboardInterrupt):
            self.error = "stopped"
        if not isinstance(event, Progress) or not event.status:
            return ()
        if event.status.startswith("Digest: "):
            self.digest = event.status.removeprefix("Digest: ")
        # The first words of a pull come with the tag as their id, and are about the whole all the same.
        if event.id and not event.status.startswith("Pulling from "):
            return self.apply_to_part(event)
        self.status = event.status
        return ((1, f"{event.status}\n"),)

    def apply_to_part(self, step: Progress) -> Iterable[Said]:
        """Take in a step of one layer or package, which `step.id` names; return what a terminal prints for it."""
        raise NotImplementedError

    def verdict(self) -> str:
        """Return what has become of it, or what is being done."""
        raise NotImplementedError

    def summary(self) -> str:
        return self.verdict()

    def data(self) -> Json:
        return {"image": self.image, "digest": self.digest, "status": self.status, "error": self.error}
