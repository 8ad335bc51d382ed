"""What differs between two images: packages, configuration, files."""

from __future__ import annotations

import json
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from jupyter_containers.client.layer_listings import look
from jupyter_containers.client.saved_layers import Entry, SavedImage
from jupyter_containers.commands.command import Argument, Command, Completes
from jupyter_containers.commands.layer_changes import ADDED, CHANGED, REMOVED, Layering
from jupyter_containers.commands.packages import packages
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.results import Json, Result, aligned, visible
from jupyter_containers.commands.session import Session

# What text and JSON have of the files; `files` and `df` have all.
SHOWN_FILES, SETTLED_FILES = 40, 2000
_WIDTH = 60
# What of a file can differ, in the order of Entry, and what people call it.
_ASPECTS = ("kind", "size", "mode", "owner", "group", "target", "content")


class FileChange(NamedTuple):
    """A file that differs. `letter` as in Layering, sizes in bytes, `what` differs in words."""

    letter: str
    path: str
    kind: str
    before: int
    after: int
    what: str


class Difference(NamedTuple):
    """A package or a setting that differs; "" is one that is not there."""

    letter: str
    name: str
    before: str
    after: str


class ImageDiff(Result):
    """What image `b` has otherwise than image `a`: `packages`, `settings`, `files`; `differs`: any of them."""

    kind: ClassVar[str] = "image-diff"
    fails_when_false: ClassVar[bool] = False

    def __init__(self, names: tuple[str, str], a: SavedImage, b: SavedImage) -> None:
        self.names = names
        before, after = Layering.of(a.layers), Layering.of(b.layers)
        self.sizes = before.size, after.size
        self.shared = _shared(a, b)
        self.layers = len(a.layers), len(b.layers)
        # Sentences about layers whose files are not known, so that nothing is told of them.
        self.unlisted = [
            f"layer {number} of {name} is {layer.unlisted}"
            for name, image in zip(names, (a, b), strict=True)
            for number, layer in enumerate(image.layers, 1) if layer.unlisted
        ]  # fmt: skip
        self.packages = list(_differences(_packages(before), _packages(after)))
        self.settings = list(_differences(_settings(a.config), _settings(b.config)))
        self.files = sorted(_files(before, after), key=lambda one: (-max(one.before, one.after), one.path))

    @property
    def differs(self) -> bool:
        """Whether anything is otherwise."""
        return bool(self.packages or self.settings or self.files)

    @property
    def df(self) -> Any:
        """A pandas DataFrame with a line for each file. Raises ImportError without pandas."""
        import pandas

        rows = [one._replace(path=f"/{one.path}") for one in self.files]
        return pandas.DataFrame(rows, columns=["change", "path", "kind", "before", "after", "what"])

    def counts(self) -> str:
        """Return how many files were added, changed and removed."""
        counts = Counter(one.letter for one in self.files)
        words = (("added", ADDED), ("changed", CHANGED), ("removed", REMOVED))
        told = ", ".join(f"{counts[letter]} {word}" for word, letter in words if counts[letter])
        return f"files: {told}" if told else "files: no difference"

    def summary(self) -> str:
        a, b = self.names
        change = self.sizes[1] - self.sizes[0]
        size = f"{'+' if change >= 0 else '-'}{size_text(abs(change))}"
        return (
            f"{a} → {b}: {size_text(self.sizes[0])} → {size_text(self.sizes[1])} ({size}), "
            f"{self.shared} of {max(self.layers)} layers shared{''.join(f'; {one}' for one in self.unlisted)}"
        )

    def text(self) -> str:
        lines = [visible(self.summary())]
        for title, found in (("PACKAGE", self.packages), ("SETTING", self.settings)):
            if found:
                rows = [
                    ("", title, "BEFORE", "AFTER"),
                    *((d.letter, d.name, _short(d.before), _short(d.after)) for d in found),
                ]
                lines += ["", *aligned(rows)]
        lines += ["", self.counts()]
        if self.files:
            shown = [("", "PATH", "BEFORE", "AFTER", "WHAT"), *map(file_row, self.files[:SHOWN_FILES])]
            lines += aligned(shown)
        if len(self.files) > SHOWN_FILES:
            lines.append(f"[{len(self.files) - SHOWN_FILES} more are in result.files]")
        return "\n".join(lines)

    def data(self) -> Json:
        return {
            "images": list(self.names), "sizes": list(self.sizes), "layers": list(self.layers), "shared": self.shared,
            "packages": [list(one) for one in self.packages], "settings": [list(one) for one in self.settings],
            "files": [list(one) for one in self.files[:SETTLED_FILES]], "filesInAll": len(self.files),
        }  # fmt: skip


def file_row(one: FileChange) -> tuple[str, str, str, str, str]:
    """Return a line about a file: letter, path, sizes, what differs."""
    before = size_text(one.before) if one.letter != ADDED else ""
    after = size_text(one.after) if one.letter != REMOVED else ""
    return one.letter, f"/{one.path}", before, after, one.what


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _shared(a: SavedImage, b: SavedImage) -> int:
    """Return how many layers, from the lowest, are the same."""
    ids = [(image.config.get("rootfs") or {}).get("diff_ids") or [] for image in (a, b)]
    count = 0
    for one, other in zip(*ids, strict=False):
        if one != other:
            break
        count += 1
    return count


def _files(before: Layering, after: Layering) -> Iterator[FileChange]:
    old, new = before.files.found, after.files.found
    for path in {**old, **new}:
        a, b = (found[path][1] if path in found else None for found in (old, new))
        if a is None and b is not None:
            yield FileChange(ADDED, path, b.kind, 0, b.size, "")
        elif b is None and a is not None:
            yield FileChange(REMOVED, path, a.kind, a.size, 0, "")
        elif a is not None and b is not None and a != b:
            yield FileChange(CHANGED, path, b.kind, a.size, b.size, _what(a, b))


def _what(a: Entry, b: Entry) -> str:
    names = [name for name, one, other in zip(_ASPECTS, a, b, strict=True) if one != other]
    return ", ".join(name for name in names if name != "size" or "content" not in names)


def _packages(layering: Layering) -> dict[str, str]:
    kept = {}
    for path, (number, _) in layering.files.found.items():
        if path in layering.layers[number].kept:
            kept[path] = layering.layers[number].kept[path]
    found = packages(kept, layering.files.found)
    return {f"{package.name} ({package.manager})": version for package, version in found.items()}


def _settings(config: Json) -> dict[str, str]:
    """Return what an image says of its containers, each variable and label by its own name."""
    inner: Mapping[str, Any] = config.get("config") or {}
    found = {name: str(config.get(name) or "") for name in ("architecture", "os", "variant") if config.get(name)}
    for name, value in inner.items():
        if name == "Env":
            pairs = (str(text).partition("=") for text in value or ())
            found |= {f"Env {key}": text for key, _, text in pairs}
        elif name == "Labels":
            found |= {f"Label {key}": str(text) for key, text in (value or {}).items()}
        elif value not in (None, "", [], {}, False):
            found[name] = value if isinstance(value, str) else json.dumps(value)
    return found


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new:
            letter = ADDED if old is None else REMOVED if new is None else CHANGED
            yield Difference(letter, name, old or "", new or "")


def diff_images(session: Session, names: Sequence[str]) -> ImageDiff:
    """Read two images and compare them. Raises NotFound."""
    images = session.client.images
    for name in names:
        images.inspect(name)
    before, total = 0, 0

    def tell(count: int, of: int) -> None:
        nonlocal total
        total = of
        session.carried(count, before + of if of else 0)

    a = look(images, names[0], tell, digests=True)
    before = total
    b = look(images, names[1], tell, digests=True)
    return ImageDiff((names[0], names[1]), a, b)


def diff(session: Session, options: Namespace) -> ImageDiff:
    """Compare two images."""
    return diff_images(session, (options.image, options.other))


_IMAGE = "name or id"
DIFF = Command(
    "diff",
    "tell what differs between two images: packages, configuration, files",
    diff,
    (
        Argument(("image",), _IMAGE, metavar="IMAGE", completes=Completes.IMAGE),
        Argument(("other",), _IMAGE, metavar="OTHER", completes=Completes.IMAGE),
    ),
    details="result.packages, .settings, .files and .df have all of it.",
)
