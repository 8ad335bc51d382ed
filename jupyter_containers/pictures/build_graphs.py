"""The graph of a build as a picture: stages as lanes, steps as boxes, arrows for what is taken from other stages.

An SVG in an `img`: a notebook that nobody trusts keeps that, with its description, and no inline svg. What is written
in it is made of letters that XML can have; everything else shows as a question mark.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise

from jupyter_containers.commands.build_result import BuildResult, Step
from jupyter_containers.commands.quantities import duration_text
from jupyter_containers.commands.results import ORDER, visible
from jupyter_containers.pictures.html import Html

# More is no picture any more, but a list.
MOST_STEPS = 80
_WIDTH, _HEIGHT, _GAP, _ROW, _TOP = 214, 40, 34, 56, 34
_CHARACTERS = 29
_NOT_XML = re.compile(f"[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[{ORDER}]")
# Fill and border of a state: the picture has its own ground, because an image does not follow a theme.
_COLOURS: Mapping[str, tuple[str, str]] = {
    "waiting": ("#ffffff", "#9e9e9e"),
    "running": ("#e3f2fd", "#0d47a1"),
    "cached": ("#eceff1", "#607d8b"),
    "done": ("#e8f5e9", "#1b5e20"),
    "failed": ("#ffebee", "#b71c1c"),
    "cancelled": ("#fff8e1", "#8a4b00"),
}
SIGNS: Mapping[str, str] = {
    "waiting": "·", "running": "●", "cached": "=", "done": "✓", "failed": "✗", "cancelled": "■",
}  # fmt: skip


def is_worth_drawing(result: BuildResult) -> bool:
    """Tell whether there is more to see than a list has: several stages, and not too many steps."""
    return len(result.stages) > 1 and len(result.steps) <= MOST_STEPS


def draw_graph(result: BuildResult) -> Html:
    """Return the graph as an image with a description in words."""
    rows = places(result)
    lanes = {stage: place for place, stage in enumerate(result.stages)}
    width = len(lanes) * (_WIDTH + _GAP) + _GAP
    height = _TOP + (max(rows.values()) + 1) * _ROW + 6
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="system-ui,sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" rx="6" fill="#fafafa" stroke="#bdbdbd"/>',
        *(_lane(place, steps) for place, steps in enumerate(result.stages.values())),
        *_arrows(result, rows, lanes),
        *(_box(step, *_corner(step, rows, lanes)) for step in result.steps.values()),
        "</svg>",
    ]
    source = base64.b64encode("".join(parts).encode()).decode()
    alt = escape(_letters(description(result)))
    return Html(f'<img src="data:image/svg+xml;base64,{source}" alt="{alt}" style="max-width:100%;height:auto">')


def places(result: BuildResult) -> dict[int, int]:
    """Return the row of each step: below what it stands on, and below what it takes from."""
    rows: dict[int, int] = {}
    last: dict[int, int] = {}
    for step in sorted(result.steps.values(), key=lambda one: one.number):
        above = [rows[number] for number in step.inputs if number in rows]
        row = max([last.get(step.stage, -1), *above]) + 1
        rows[step.number] = last[step.stage] = row
    return rows


def description(result: BuildResult) -> str:
    """Return the graph in words."""
    told = []
    for steps in result.stages.values():
        parts = [f"step {step.number} {step.state}{_taken_from(step)}" for step in steps]
        told.append(f"{title(steps)}: {', '.join(parts)}")
    return f"Build graph. {'. '.join(told)}."


def title(steps: Sequence[Step]) -> str:
    """Return the name of a stage."""
    return f"stage {steps[0].stage_name}" if steps[0].stage_name else f"stage {steps[0].stage}"


def facts(step: Step) -> str:
    """Return state, time and size of a step's layer."""
    took = f" {duration_text(step.taken)}" if step.taken is not None else ""
    return f"{SIGNS.get(step.state, '·')} {step.state}{took}{step.size_note().replace(', ', ' · ')}"


def _taken_from(step: Step) -> str:
    return f" takes from {', '.join(map(str, step.inputs))}" if step.inputs else ""


def _corner(step: Step, rows: Mapping[int, int], lanes: Mapping[int, int]) -> tuple[int, int]:
    return _GAP + lanes[step.stage] * (_WIDTH + _GAP), _TOP + rows[step.number] * _ROW


def _lane(place: int, steps: Sequence[Step]) -> str:
    x = _GAP + place * (_WIDTH + _GAP)
    return f'<text x="{x}" y="21" font-weight="bold" font-size="12" fill="#212121">{_text(title(steps), 29)}</text>'


def _box(step: Step, x: int, y: int) -> str:
    fill, line = _COLOURS.get(step.state, _COLOURS["waiting"])
    dashes = ' stroke-dasharray="4 3"' if step.state == "waiting" else ""
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="4" fill="{fill}" stroke="{line}"{dashes}/>'
        f'<rect x="{x}" y="{y}" width="4" height="{_HEIGHT}" fill="{line}"/>'
        f'<text x="{x + 11}" y="{y + 16}" font-family="ui-monospace,monospace" fill="#212121">'
        f"{_text(f'{step.number} {step.text}', _CHARACTERS)}</text>"
        f'<text x="{x + 11}" y="{y + 32}" fill="{line}">{_text(facts(step), 40)}</text>'
    )


def _arrows(result: BuildResult, rows: Mapping[int, int], lanes: Mapping[int, int]) -> Iterator[str]:
    for steps in result.stages.values():
        for before, after in pairwise(steps):
            (x, top), (_, bottom) = _corner(before, rows, lanes), _corner(after, rows, lanes)
            middle = x + _WIDTH // 2
            yield f'<path d="M{middle} {top + _HEIGHT}V{bottom}" stroke="#9e9e9e" fill="none"/>'
    for step in result.steps.values():
        for number in step.inputs:
            if number in rows:
                yield _arrow(_corner(result.steps[number], rows, lanes), _corner(step, rows, lanes))


def _arrow(source: tuple[int, int], target: tuple[int, int]) -> str:
    """Draw from side to side; lanes between the two are crossed in the gap above the target's row."""
    way = 1 if target[0] >= source[0] else -1
    x1, y1 = source[0] + (_WIDTH if way > 0 else 0), source[1] + _HEIGHT // 2
    x2, y2 = target[0] + (0 if way > 0 else _WIDTH), target[1] + _HEIGHT // 2
    if abs(target[0] - source[0]) > _WIDTH + _GAP:
        between = target[1] - (_ROW - _HEIGHT) // 2
        line = f"M{x1} {y1}h{10 * way}V{between}H{x2 - 20 * way}V{y2}H{x2 - 7 * way}"
    else:
        line = f"M{x1} {y1}C{x1 + 26 * way} {y1} {x2 - 32 * way} {y2} {x2 - 7 * way} {y2}"
    return (
        f'<path d="{line}" stroke="#0d47a1" stroke-width="1.5" stroke-linejoin="round" fill="none"/>'
        f'<path d="M{x2} {y2}l{-7 * way} -4v8z" fill="#0d47a1"/>'
    )


def _text(text: str, characters: int) -> str:
    text = _letters(text)
    return escape(text if len(text) <= characters else f"{text[: characters - 1]}…")


def _letters(text: str) -> str:
    return _NOT_XML.sub("?", visible(text))
