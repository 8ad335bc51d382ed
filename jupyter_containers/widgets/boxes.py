"""Boxes of ipywidgets (VBox, Tab, AppLayout, …) that have our parts in them: what is to be seen in their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jupyter_containers.commands.page import Page
from jupyter_containers.commands.results import Message, Result
from jupyter_containers.errors import ContainersError
from jupyter_containers.widgets.mounts import Mount
from jupyter_containers.widgets.parts import Part


def parts_in(box: Any) -> list[Part]:
    """Return the parts in a box, and in boxes in it, in their order; each once."""
    found: dict[Part, None] = {}
    for child in getattr(box, "children", ()):
        found.update(dict.fromkeys([child] if isinstance(child, Part) else parts_in(child)))
    return list(found)


def page_of(box: Any) -> Page:
    """Return what the parts in a box show now. Raises NotImplementedError for a box without any: it is not ours."""
    parts = parts_in(box)
    if not parts:
        raise NotImplementedError
    return Page(tuple(map(_shown, parts)))


class ShownBox:
    """A box that is displayed. It ends with the last of its parts, or when it is told to; `on_settle` is called then.

    A box has no thread and no picture of its own: its picture is made of those of its parts.
    """

    def __init__(self, box: Any, parts: list[Part]) -> None:
        self.box = box
        self.on_settle: Callable[[], None] = lambda: None
        self._parts = parts
        self._has_ended = False
        self.mount: Mount | None = None
        for part in parts:
            part.on_settle = self._after(part.on_settle)

    @property
    def has_news(self) -> bool:
        return any(part.has_news for part in self._parts)

    def result(self) -> Page:
        """Return what its parts show now, as far as the daemon tells."""
        return Page(tuple(map(_shown, self._parts)))

    def settle(self) -> None:
        """End, and its parts, too. A second time does nothing."""
        if self._has_ended:
            return
        self._has_ended = True
        self.on_settle()
        for part in self._parts:
            part.settle()
        if self.mount is not None:
            self.mount.close()
        self.box.close()

    def _after(self, before: Callable[[], None]) -> Callable[[], None]:
        """Return what a part does when it ends: what it did, and the box's end if it was the last."""

        def end() -> None:
            before()
            if all(part.ended.is_set() for part in self._parts):
                self.settle()

        return end


def _shown(part: Part) -> Result:
    try:
        return part.result()
    except ContainersError as error:
        return Message((error.message,))
