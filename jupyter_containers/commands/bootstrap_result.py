"""The result of a bootstrap: how many packages have come how far, and what was made of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from jupyter_containers.client.values import Progress
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.results import Json, LiveResult, Said
from jupyter_containers.errors import ContainersError

# What a package goes through, as the daemon says it: counted where its last word was one of these, or a later one.
_STEPS = (
    ("downloaded", ("Download complete", "Extracting")),
    ("unpacked", ("Unpacked", "Configuring")),
    ("configured", ("Configured",)),
)
_SAID = ("Unpacked", "Configured")


class BootstrapResult(LiveResult):
    """An image that is made from packages. True unless that failed; `digest` is the image's."""

    kind: ClassVar[str] = "bootstrap"

    def __init__(self, image: str) -> None:
        self.image = image
        self.packages: dict[str, Progress] = {}
        self.digest = ""
        self.status = ""
        self.error = ""

    def __bool__(self) -> bool:
        return not self.error

    @property
    def is_complete(self) -> bool:
        """True when the image is there; the daemon says so in its last words."""
        return self.status.startswith("Status: ")

    def apply(self, event: object) -> Iterable[Said]:
        """Take in a step, or the error that ended it."""
        if isinstance(event, ContainersError):
            self.error = event.message
        if not isinstance(event, Progress) or not event.status:
            return ()
        if event.status.startswith("Digest: "):
            self.digest = event.status.removeprefix("Digest: ")
        if not event.id:
            self.status = event.status
            return ((1, f"{event.status}\n"),)
        self.packages[event.id] = event
        # Each package says seven things; two of them are enough for a terminal.
        return ((1, f"{event.id}: {event.status}\n"),) if event.status in _SAID else ()

    def counts(self) -> dict[str, int]:
        """Return how many packages have been through each step."""
        statuses = [package.status for package in self.packages.values()]
        found, later = {}, 0
        for name, words in reversed(_STEPS):
            later += sum(status in words for status in statuses)
            found[name] = later
        return dict(reversed(found.items()))

    def text(self) -> str:
        lines = [self.status.removeprefix("Status: ")] if self.status else []
        if self.packages:
            counts = ", ".join(f"{count} {name}" for name, count in self.counts().items())
            lines.append(f"{len(self.packages)} packages: {counts}{self._coming()}")
        return "\n".join(lines) if lines and not self.error else "\n".join([*lines, self.summary()])

    def _coming(self) -> str:
        coming = [package for package in self.packages.values() if package.status == "Downloading" and package.total]
        names = [f"{one.id} {size_text(one.current or 0)} of {size_text(one.total or 0)}" for one in coming[:3]]
        return f"; coming: {', '.join(names)}" if names else ""

    def summary(self) -> str:
        if self.error:
            return f"could not make {self.image}"
        return self.status.removeprefix("Status: ") or f"Making {self.image}"

    def data(self) -> Json:
        return {
            "image": self.image,
            "digest": self.digest,
            "status": self.status,
            "error": self.error,
            "packages": len(self.packages),
            **self.counts(),
        }
