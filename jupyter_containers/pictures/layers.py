"""The layers of an image: a table, what each changes as a tree that clicks open, and what is wasted."""

from __future__ import annotations

from jupyter_containers.commands.layer_changes import SAME
from jupyter_containers.commands.layer_tree import Node
from jupyter_containers.commands.layers import SETTLED_FILES, ImageLayers
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.pictures.html import Html, block, coloured, details, element, joined, pre, table

_COLOURS = {"A": "good", "C": "warning", "D": "bad"}
_WORDS = {"A": "added", "C": "changed", "D": "removed"}
_WASTED = 20
_WIDTH = 100


def draw(result: ImageLayers) -> Html:
    layering = result.layering
    largest = max((layer.size for layer in layering.layers), default=0)
    rows = []
    for number, layer in enumerate(layering.layers):
        counts = result.counts(number)
        changed = [coloured(_COLOURS[letter], f"{letter} {count}  ") for letter, count in counts.items() if count]
        rows.append(
            (str(number + 1), _bar(layer.size, largest), joined(changed), element("code", _short(layer.instruction)))
        )
    parts = [block(element("b", result.summary())), table(("Layer", "Size", "Files", "Instruction"), rows)]
    parts.append(block(coloured("quiet", "A added · C changed · D removed")))
    room = [SETTLED_FILES]
    parts += [_layer(result, number, room) for number in range(len(layering.layers))]
    if wasted := result.wasted():
        shown = [(size_text(size), str(copies), element("code", path)) for path, size, copies in wasted[:_WASTED]]
        more = [block(coloured("quiet", f"and {len(wasted) - _WASTED} more"))] if len(wasted) > _WASTED else []
        title = f"{size_text(layering.wasted_bytes)} wasted by files that later layers change or remove"
        parts.append(details(title, table(("Size", "Copies", "File"), shown), *more))
    return block(*parts)


def _layer(result: ImageLayers, number: int, room: list[int]) -> Html:
    layer = result.layering.layers[number]
    title = f"Layer {number + 1} · {size_text(layer.size)} · {_short(layer.instruction)}"
    root = result.tree(number).root
    return details(title, _inside(root, room) if root.children else pre("no file changes"))


def _inside(node: Node, room: list[int]) -> Html:
    """Draw what is in a folder; `room` is how many lines there may still be, and what does not fit is counted."""
    parts: list[Html] = []
    nodes = node.sorted()
    for place, child in enumerate(nodes):
        if room[0] <= 0:
            left = sum(max(one.files, 1) for one in nodes[place:])
            size = sum(one.size for one in nodes[place:])
            parts.append(block(coloured("quiet", f"… {left} more, {size_text(size)}")))
            break
        room[0] -= 1
        label = _label(child)
        if child.children:
            parts.append(details(label, _inside(child, room)))
        elif child.letter != SAME or child.kind != "folder":
            parts.append(block(label, style="padding-left:1em"))
    return block(*parts, style="padding-left:1.2em")


def _label(node: Node) -> Html:
    sign = coloured(_COLOURS[node.letter], f"{node.letter} ") if node.letter else Html("")
    name = element("code", f"{node.name}/" if node.kind == "folder" else node.name)
    inside = f", {node.files} files" if node.kind == "folder" and node.files else ""
    return joined([sign, name, coloured("quiet", f" {size_text(node.size)}{inside}")])


def _bar(size: int, largest: int) -> Html:
    text = size_text(size)
    return joined([element("meter", value=size, max=max(largest, 1), title=text), f" {text}"])


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
