"""The result of a bootstrap: how many packages have come how far, and what was made of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from jupyter_containers.client.values import Progress
from jupyter_containers.commands.image_result import ImageResult
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.results import Json, Said

# What a package goes through, as the daemon says it: counted where its last word was one of these, or a later one.
_STEPS = (
    ("downloaded", ("Download complete", "Extracting")),
    ("unpacked", ("Unpacked", "Configuring")),
    ("configured", ("Configured",)),
)
_SAID = ("Unpacked", "Configured")


class BootstrapResult(ImageResult):
    """An image that is made from packages."""

    kind: ClassVar[str] = "bootstrap"

    def __init__(self, image: str) -> None:
        super().__init__(image)
        self.packages: dict[str, Progress] = {}

    def apply_to_part(self, step: Progress) -> Iterable[Said]:
        self.packages[step.id] = step
        # Each package says seven things; two of them are enough for a terminal.
        return ((1, f"{step.id}: {step.status}\n"),) if step.status in _SAID else ()

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
        return "\n".join(lines) if lines and not self.error else "\n".join([*lines, self.verdict()])

    def _coming(self) -> str:
        coming = [package for package in self.packages.values() if package.status == "Downloading" and package.total]
        names = [f"{one.id} {size_text(one.current or 0)} of {size_text(one.total or 0)}" for one in coming[:3]]
        return f"; coming: {', '.join(names)}" if names else ""

    def verdict(self) -> str:
        if self.error:
            return f"could not make {self.image}"
        return self.status.removeprefix("Status: ") or f"Making {self.image}"

    def data(self) -> Json:
        return super().data() | {"packages": len(self.packages), **self.counts()}
