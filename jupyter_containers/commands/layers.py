"""layers: what is in each layer of an image, what each changes, and what nobody can see any more."""

from __future__ import annotations

import difflib
from argparse import Namespace
from collections.abc import Callable, MutableMapping
from contextlib import closing
from typing import Any, ClassVar, NamedTuple

from jupyter_containers.client import Client
from jupyter_containers.client.layer_listings import look, read_file
from jupyter_containers.client.saved_layers import SavedImage
from jupyter_containers.commands.command import Argument, Command, Completes
from jupyter_containers.commands.layer_changes import SAME, Change, Layering
from jupyter_containers.commands.layer_tree import Tree
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.results import Json, Panel, aligned, visible
from jupyter_containers.commands.session import Session
from jupyter_containers.commands.terminals import connector
from jupyter_containers.errors import InvalidParameter, NotFound

# What is read of a file at most: for a person to look at, and for a variable.
SHOWN_BYTES, FILE_BYTES = 64 * 1024, 256 * 1024 * 1024
# Files that were opened last: to read one, the image is read up to it.
KEPT_PREVIEWS = 64
# What a saved picture and its JSON have.
SETTLED_FILES = 2000
_WASTED = 15
_WIDTH = 70
_HEX_COLUMNS = 16
# In UTF-8.
_LONGEST_CHARACTER = 4


class Preview(NamedTuple):
    """The beginning of a file as text or in hexadecimal; `more`: there is more of it."""

    text: str
    is_text: bool
    more: bool


class ImageLayers(Panel):
    """The layers of an image. `layering` has all of them, `df` is a line for each change, `file` reads one file."""

    kind: ClassVar[str] = "layers"

    def __init__(
        self,
        image: str,
        saved: SavedImage,
        connect: Callable[[], Client],
        namespace: MutableMapping[str, Any],
        name: str = "",
    ) -> None:
        self.image = image
        self._saved = saved
        # By its id it stays the same image when its name goes to another.
        self._name = name or image
        self.layering = Layering.of(saved.layers)
        self.namespace = namespace
        self._connect = connect
        self._trees: dict[int | None, Tree] = {}
        self._previews: dict[tuple[str, int | None], Preview] = {}

    def file(self, path: str, layer: int | None = None) -> bytes:
        """Return a file of the image, or as it is in one layer (0 is the lowest). Raises NotFound, InvalidParameter."""
        content = self._read(path, layer, FILE_BYTES + 1)
        if len(content) > FILE_BYTES:
            raise InvalidParameter(f"{path} is larger than {size_text(FILE_BYTES)}; use %container cp")
        return content

    def preview(self, path: str, layer: int | None = None) -> Preview:
        """Return the beginning of a file for a person. Raises NotFound."""
        if (known := self._previews.get((path, layer))) is not None:
            return known
        found = self._previewed(path, layer)
        while len(self._previews) >= KEPT_PREVIEWS:
            self._previews.pop(next(iter(self._previews)), None)
        self._previews[path, layer] = found
        return found

    def _previewed(self, path: str, layer: int | None) -> Preview:
        content = self._read(path, layer, SHOWN_BYTES + 1)
        more, content = len(content) > SHOWN_BYTES, content[:SHOWN_BYTES]
        text = _as_text(content, is_cut=more)
        return Preview(_hexadecimal(content[: SHOWN_BYTES // 8]) if text is None else text, text is not None, more)

    def compare(self, path: str, layer: int) -> str:
        """Return what a layer changes in a file, as a unified diff. Raises NotFound, InvalidParameter for no text."""
        clean = path.strip("/")
        lower = self.layering.below(layer, clean)
        before = self.preview(path, lower) if lower is not None else Preview("", True, False)
        is_there = clean in self.layering.layers[layer].entries
        after = self.preview(path, layer) if is_there else Preview("", True, False)
        if not before.is_text or not after.is_text:
            raise InvalidParameter(f"{path} is no text; its size tells what there is to tell")
        names = (f"layer {lower + 1}" if lower is not None else "nothing", f"layer {layer + 1}")
        lines = difflib.unified_diff(before.text.splitlines(), after.text.splitlines(), *names, lineterm="")
        told = "\n".join(lines) or "no line differs"
        if before.more or after.more:
            told += f"\n[of each only the first {size_text(SHOWN_BYTES)} were compared]"
        return told

    def into_variable(self, name: str, path: str, layer: int | None = None) -> str:
        """Put a file into a variable of the notebook: text as str, other content as bytes. Return which it was."""
        if not name.isidentifier():
            raise InvalidParameter(f"{name!r} is no name of a variable")
        content = self.file(path, layer)
        text = _as_text(content)
        self.namespace[name] = content if text is None else text
        return f"{name} is {'bytes' if text is None else 'str'}, {size_text(len(content))}"

    def _read(self, path: str, layer: int | None, limit: int) -> bytes:
        clean = path.strip("/")
        if layer is None:
            clean = self.layering.resolve(path)
            number, entry = self.layering.files.found.get(clean, (-1, None))
        else:
            number = self._checked(layer)
            entry = self.layering.layers[number].entries.get(clean)
            if entry is not None and entry.kind == "same":
                clean, entry = entry.target, self.layering.layers[number].entries.get(entry.target)
        if entry is None or entry.kind != "file":
            where = f"layer {layer + 1} of {self.image}" if layer is not None else self.image
            raise NotFound("; ".join([f"no file {visible(path)} in {where}", *self.unlisted()]))
        with closing(self._connect()) as client:
            return read_file(client.images, self._saved, self._name, (number, clean), limit)

    def _checked(self, layer: int) -> int:
        if not 0 <= layer < len(self.layering.layers):
            raise InvalidParameter(f"{self.image} has layers 0 to {len(self.layering.layers) - 1}, not {layer}")
        return layer

    @property
    def df(self) -> Any:
        """A pandas DataFrame with a line for each change. Raises ImportError without pandas."""
        import pandas

        rows = [
            (number, change.letter, f"/{change.path}", change.kind, change.size)
            for number, changes in enumerate(self.layering.changes) for change in changes if change.letter != SAME
        ]  # fmt: skip
        return pandas.DataFrame(rows, columns=["layer", "change", "path", "kind", "size"])

    def tree(self, number: int | None) -> Tree:
        """Return what a layer changes as a tree; None: all files of the image."""
        if number not in self._trees:
            self._trees[number] = Tree(
                self.layering.changes[self._checked(number)] if number is not None
                else [Change(SAME, path, e.kind, e.size) for path, (_, e) in self.layering.files.found.items()]
            )  # fmt: skip
        return self._trees[number]

    def counts(self, number: int) -> dict[str, int]:
        """Return how many files a layer adds, changes and removes, folders not counted, by letter."""
        counts = dict.fromkeys("ACD", 0)
        for change in self.layering.changes[number]:
            if change.letter != SAME and change.kind != "folder":
                counts[change.letter] += 1
        return counts

    def wasted(self) -> list[tuple[str, int, int]]:
        """Return path, bytes and number of copies that are hidden, the largest first."""
        times = self.layering.times
        return [(f"/{path}", size, times[path]) for path, size in self.layering.wasted.most_common()]

    def unlisted(self) -> list[str]:
        """Return a sentence for each layer whose files are not known: the host's own root."""
        layers = enumerate(self.layering.layers, 1)
        return [f"layer {number} is {layer.unlisted}" for number, layer in layers if layer.unlisted]

    def summary(self) -> str:
        """Return the image in a sentence, with what is not known of it."""
        return "; ".join([self._counted(), *self.unlisted()])

    def _counted(self) -> str:
        layering = self.layering
        count, files = len(layering.layers), sum(e.kind != "folder" for _, e in layering.files.found.values())
        told = f"{self.image}: {count} layer{'s' if count != 1 else ''}, {files} files, {size_text(layering.size)}"
        if not layering.wasted_bytes:
            return f"{told}, nothing of it wasted"
        return f"{told}, {size_text(layering.wasted_bytes)} of it wasted (efficiency {layering.efficiency:.0%})"

    def text(self) -> str:
        rows: list[tuple[str, ...]] = [("LAYER", "SIZE", "ADDED", "CHANGED", "REMOVED", "INSTRUCTION")]
        for number, layer in enumerate(self.layering.layers):
            counts = map(str, self.counts(number).values())
            rows.append((str(number + 1), size_text(layer.size), *counts, layer.instruction[:_WIDTH]))
        lines = [visible(self.summary()), "", *aligned(rows)]
        if wasted := self.wasted()[:_WASTED]:
            shown = [("WASTED", "COPIES", "PATH"), *((size_text(size), str(n), path) for path, size, n in wasted)]
            lines += ["", *aligned(shown)]
        return "\n".join(lines)

    def data(self) -> Json:
        left, layers = SETTLED_FILES, []
        for number, layer in enumerate(self.layering.layers):
            changes = [c for c in self.layering.changes[number] if c.letter != SAME]
            largest = sorted(changes, key=lambda change: -change.size)[:left]
            left -= len(largest)
            layers.append({
                "instruction": layer.instruction, "created": layer.created, "size": layer.size,
                "counts": self.counts(number), "changes": [list(change) for change in largest],
                "left out": len(changes) - len(largest),
            })  # fmt: skip
        return {
            "image": self.image, "size": self.layering.size, "wasted": self.layering.wasted_bytes,
            "efficiency": self.layering.efficiency, "layers": layers,
            "wastedFiles": [list(one) for one in self.wasted()[:100]],
        }  # fmt: skip


def _as_text(content: bytes, *, is_cut: bool = False) -> str | None:
    """Return text that can be shown, None for what is none; of what is cut, the character at the end is left out."""
    if b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        is_at_end = is_cut and error.end == len(content) and len(content) - error.start < _LONGEST_CHARACTER
        return content[: error.start].decode() if is_at_end else None


def _hexadecimal(content: bytes) -> str:
    lines = []
    for place in range(0, len(content), _HEX_COLUMNS):
        piece = content[place : place + _HEX_COLUMNS]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        lines.append(f"{place:08x}  {piece.hex(' '):<{3 * _HEX_COLUMNS}} {shown}")
    return "\n".join(lines)


def layers(session: Session, options: Namespace) -> ImageLayers:
    """Read an image out of its daemon. Raises NotFound."""
    client = session.client
    found = client.images.inspect(options.image)
    saved = look(client.images, options.image, session.carried)
    name = str(found["Id"]) if saved.is_listed else ""
    return ImageLayers(options.image, saved, connector(session), session.namespace, name)


LAYERS = Command(
    "layers",
    "explore the layers of an image: files added, changed and removed, and wasted bytes",
    layers,
    (Argument(("image",), "name or id", metavar="IMAGE", completes=Completes.IMAGE),),
    details=(
        "Our own daemon lists the layers, also of an image on host. From another one the image is read, and once more\n"
        "up to there for a file that is opened. In a notebook, buttons open files, compare them with the layer below\n"
        "and put them into variables; result.file(PATH), .compare(PATH, LAYER) and .df do it in code."
    ),
)
