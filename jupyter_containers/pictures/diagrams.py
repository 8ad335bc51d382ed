"""The settled diagram: an image of the parts, and below it what each of them did last.

An image has no share in the page's colours, so it brings a light card of its own, which reads well on any page.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape

from jupyter_containers.commands.diagram import Diagram
from jupyter_containers.commands.diagram_parts import EDGES, HEIGHT, PART_HEIGHT, PART_WIDTH, PARTS, WIDTH, Part
from jupyter_containers.commands.results import visible
from jupyter_containers.pictures.html import Html, block, details, element, table

_FONT = "font-family='system-ui,sans-serif'"
_PLACES = {part.name: part for part in PARTS}
_LONGEST = 22


def draw(result: Diagram) -> Html:
    """Return the picture."""
    source = base64.b64encode(svg(result).encode()).decode()
    image = Html(
        element("img", src=f"data:image/svg+xml;base64,{source}", alt=description(result), style="max-width:100%")
        .removesuffix("</img>")
    )  # fmt: skip
    rows = [
        (part.name, str(result.counts[part.name]), element("code", visible(last.line)), visible(last.sentence))
        for part in PARTS
        if (last := result.last.get(part.name)) is not None
    ]
    return block(image, details("the last call of each part", table(("Part", "Calls", "Last", "What it is for"), rows)))


def description(result: Diagram) -> str:
    """Return the picture in words, for those who do not see it."""
    told = [f"{name} {result.counts[name]}" for name in dict.fromkeys(light.part for light in result.lights)]
    used = ", ".join(told) if told else "nothing yet"
    return f"From the client over the daemon to the kernel; calls in the order in which the parts were lit: {used}"


def svg(result: Diagram) -> str:
    """Return the drawing: parts that were at work are coloured, and numbered in the order of their first call."""
    order = {name: number for number, name in enumerate(dict.fromkeys(light.part for light in result.lights), 1)}
    drawn = [_edge(*edge, order) for edge in EDGES]
    drawn += [piece for part in PARTS for piece in _part(part, result, order)]
    height = HEIGHT + 6
    head = f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height}' viewBox='0 0 {WIDTH} {height}'>"
    return f"{head}<rect width='{WIDTH}' height='{height}' rx='6' fill='#ffffff'/>{''.join(drawn)}</svg>"


def ends(first: str, second: str) -> tuple[int, int, int, int]:
    """Return where the line between two parts begins and ends."""
    one, other = _PLACES[first], _PLACES[second]
    return one.x + PART_WIDTH, one.y + PART_HEIGHT // 2, other.x, other.y + PART_HEIGHT // 2


def _edge(first: str, second: str, order: dict[str, int]) -> str:
    x1, y1, x2, y2 = ends(first, second)
    style = "stroke='#0d47a1' stroke-width='2.5'" if second in order else "stroke='#8a8a8a' stroke-dasharray='4 3'"
    return f"<line x1='{x1}' y1='{y1}' x2='{x2}' y2='{y2}' {style}/>"


def _part(part: Part, result: Diagram, order: dict[str, int]) -> Iterator[str]:
    is_used = part.name in order
    fill, stroke, colour = ("#e3edfb", "#0d47a1", "#0d2f6b") if is_used else ("#f4f4f4", "#8a8a8a", "#555555")
    yield (
        f"<rect x='{part.x}' y='{part.y}' width='{PART_WIDTH}' height='{PART_HEIGHT}' rx='5' fill='{fill}' "
        f"stroke='{stroke}' stroke-width='{2 if is_used else 1}'/>"
    )
    yield _text(part.x + 10, part.y + 19, part.name, f"font-size='14' font-weight='600' fill='{colour}'")
    if is_used:
        last = result.last[part.name].line
        shown = last if len(last) <= _LONGEST else f"{last[: _LONGEST - 1]}…"
        yield _text(part.x + 10, part.y + 36, shown, "font-size='10' fill='#333333'")
        yield f"<circle cx='{part.x + PART_WIDTH - 14}' cy='{part.y + 14}' r='9' fill='#0d47a1'/>"
        number = "font-size='10' fill='#ffffff' text-anchor='middle'"
        yield _text(part.x + PART_WIDTH - 14, part.y + 18, str(order[part.name]), number)


def _text(x: int, y: int, text: str, style: str) -> str:
    return f"<text x='{x}' y='{y}' {_FONT} {style}>{escape(visible(text))}</text>"
