"""The result of a pull or a push: how far each layer is, and what the registry said at the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from jupyter_containers.client.images import Pushed
from jupyter_containers.client.values import Progress
from jupyter_containers.commands.image_result import ImageResult
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.results import Json, Said

DONE = ("Pull complete", "Already exists", "Download complete", "Pushed", "Layer already exists")


class PullResult(ImageResult):
    """An image on its way from a registry."""

    kind: ClassVar[str] = "pull"

    def __init__(self, image: str) -> None:
        super().__init__(image)
        self.layers: dict[str, Progress] = {}

    def apply_to_part(self, step: Progress) -> Iterable[Said]:
        before = self.layers.get(step.id)
        self.layers[step.id] = step
        # A terminal is told words, not bars: each step once.
        return () if before and before.status == step.status else ((1, f"{step.id}: {step.status}\n"),)

    def text(self) -> str:
        lines = [f"{layer.id}: {layer.status}{_amount(layer)}" for layer in self.layers.values()]
        return "\n".join([*lines, self.verdict()])

    def verdict(self) -> str:
        if self.error:
            return f"could not pull {self.image}"
        return self.status.removeprefix("Status: ") or f"Pulling {self.image}"

    def data(self) -> Json:
        layers = [
            {"id": layer.id, "status": layer.status, "current": layer.current, "total": layer.total}
            for layer in self.layers.values()
        ]
        return super().data() | {"layers": layers}


class PushResult(PullResult):
    """An image on its way to a registry. `pushed` are the names that are there now."""

    kind: ClassVar[str] = "push"

    def __init__(self, image: str) -> None:
        super().__init__(image)
        self.pushed: list[Pushed] = []

    @property
    def is_complete(self) -> bool:
        return bool(self.pushed)

    def apply(self, event: object) -> Iterable[Said]:
        if not isinstance(event, Pushed):
            return super().apply(event)
        self.pushed.append(event)
        self.digest = event.digest
        return ()

    def verdict(self) -> str:
        if self.error:
            return f"could not push {self.image}"
        return "\n".join(f"pushed {each.name}, {each.digest}" for each in self.pushed) or f"Pushing {self.image}"

    def data(self) -> Json:
        names = [{"name": each.name, "digest": each.digest, "size": each.size_bytes} for each in self.pushed]
        return super().data() | {"pushed": names}


def _amount(layer: Progress) -> str:
    if layer.current is None or not layer.total or layer.status in DONE:
        return ""
    return f" {size_text(layer.current)} of {size_text(layer.total)}"
