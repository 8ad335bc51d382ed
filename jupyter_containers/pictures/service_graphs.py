"""The services of a project as a picture: who needs whom, from left to right, with states and health.

An SVG in an `img`: a notebook that nobody trusts keeps that, with its description in words.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from html import escape

from jupyter_containers.commands.compose_result import ProjectResult
from jupyter_containers.compose.members import Status
from jupyter_containers.compose.model import COMPLETED, HEALTHY, Dependency
from jupyter_containers.pictures.html import Html

# More is no picture any more, but a list.
MOST_SERVICES = 40
_WIDTH, _HEIGHT, _ACROSS, _DOWN, _EDGE, _APART = 170, 42, 110, 24, 14, 16
_CHARACTERS = 22
# Fill and border: the picture has its own ground, because an image does not follow a theme.
_COLOURS: Mapping[str, tuple[str, str]] = {
    "waiting": ("#ffffff", "#757575"), "running": ("#e3f2fd", "#0d47a1"), "healthy": ("#e8f5e9", "#1b5e20"),
    "completed": ("#eceff1", "#455a64"), "failed": ("#ffebee", "#b71c1c"),
}  # fmt: skip
SIGNS: Mapping[str, str] = {"waiting": "·", "running": "●", "healthy": "✓", "completed": "■", "failed": "✗"}
_CONDITIONS: Mapping[str, str] = {HEALTHY: "healthy", COMPLETED: "completed"}


def is_worth_drawing(result: ProjectResult) -> bool:
    """Tell whether there is more to see than a list has: services that need others, and not too many."""
    return any(result.needs.values()) and len(result.needs) <= MOST_SERVICES


def mood(status: Status) -> str:
    """Return which of the few ways to be a container is in."""
    if status.health == "unhealthy" or (status.state in ("exited", "dead") and status.exit_code):
        return "failed"
    if status.state in ("exited", "removed"):
        return "completed"
    if status.state in ("created", ""):
        return "waiting"
    return "healthy" if status.health == "healthy" else "running"


def draw_graph(result: ProjectResult) -> Html:
    """Return the graph as an image with a description in words."""
    places = _places(result)
    width = 2 * _EDGE + (max(x for x, _ in places.values()) + 1) * (_WIDTH + _ACROSS) - _ACROSS
    height = 2 * _EDGE + (max(y for _, y in places.values()) + 1) * (_HEIGHT + _DOWN) - _DOWN // 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="system-ui,sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" rx="6" fill="#fafafa" stroke="#bdbdbd"/>',
        *_arrows(result, places),
        *(_box(result, name, *_corner(place)) for name, place in places.items()),
        "</svg>",
    ]
    source = base64.b64encode("".join(parts).encode()).decode()
    alt = escape(_letters(description(result)))
    return Html(f'<img src="data:image/svg+xml;base64,{source}" alt="{alt}" style="max-width:100%;height:auto">')


def description(result: ProjectResult) -> str:
    """Return the graph in words."""
    told = []
    for name, needs in result.needs.items():
        words = [f"{need.service}{_condition(need, ' ')}" for need in needs]
        told.append(f"{name} is {state_of(result, name)}{f', needs {chr(44).join(words)}' if words else ''}")
    return f"Services of {result.name}. {'. '.join(told)}."


def _condition(need: Dependency, before: str) -> str:
    word = _CONDITIONS.get(need.condition, "")
    return f"{before}{word}" if word else ""


def state_of(result: ProjectResult, service: str) -> str:
    """Return how the containers of a service are, in a few words."""
    counts: dict[str, int] = {}
    for one in result.containers.values():
        if one.service == service:
            counts[one.words] = counts.get(one.words, 0) + 1
    if not counts:
        return "not there"
    is_one = sum(counts.values()) == 1
    return ", ".join(words if is_one else f"{count} {words}" for words, count in counts.items())


def _mood_of(result: ProjectResult, service: str) -> str:
    order = ("failed", "waiting", "running", "healthy", "completed")
    moods = [mood(one) for one in result.containers.values() if one.service == service]
    return min(moods, key=order.index, default="waiting")


def _places(result: ProjectResult) -> dict[str, tuple[int, int]]:
    """Return column and row of each service: right of all that it needs."""
    columns: dict[str, int] = {}
    left = dict(result.needs)
    while left:
        ready = [name for name, needs in left.items() if not {need.service for need in needs} & (left.keys() - {name})]
        ready = ready or list(left)
        for name in ready:
            columns[name] = max((columns.get(need.service, -1) for need in left[name]), default=-1) + 1
        left = {name: needs for name, needs in left.items() if name not in ready}
    rows: dict[int, int] = {}
    places = {}
    for name in result.needs:
        row = rows.get(columns[name], 0)
        rows[columns[name]] = row + 1
        places[name] = (columns[name], row)
    return places


def _corner(place: tuple[int, int]) -> tuple[int, int]:
    return _EDGE + place[0] * (_WIDTH + _ACROSS), _EDGE + place[1] * (_HEIGHT + _DOWN)


def _box(result: ProjectResult, name: str, x: int, y: int) -> str:
    state = _mood_of(result, name)
    fill, line = _COLOURS[state]
    dashes = ' stroke-dasharray="4 3"' if state == "waiting" else ""
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="4" fill="{fill}" stroke="{line}"{dashes}/>'
        f'<rect x="{x}" y="{y}" width="4" height="{_HEIGHT}" fill="{line}"/>'
        f'<text x="{x + 12}" y="{y + 17}" font-weight="bold" font-size="12" fill="#212121">{_text(name)}</text>'
        f'<text x="{x + 12}" y="{y + 33}" fill="{line}">{_text(f"{SIGNS[state]} {state_of(result, name)}")}</text>'
    )


def _arrows(result: ProjectResult, places: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    for name, needs in result.needs.items():
        # Those from further away come from below.
        known = sorted((one for one in needs if one.service in places), key=lambda one: -places[one.service][0])
        for number, need in enumerate(known):
            # Arrows arrive one below the other, so that the words on them can be read.
            apart = min(_APART, (_HEIGHT - 6) // len(known))
            shift = round((number - (len(known) - 1) / 2) * apart)
            yield _arrow(places[need.service], places[name], shift, _condition(need, ""))


def _arrow(source: tuple[int, int], target: tuple[int, int], shift: int, word: str) -> str:
    """Draw from what is needed to who needs it, with the condition on the way; columns between are passed below."""
    (left, top), (right, bottom) = _corner(source), _corner(target)
    x1, y1, x2, y2 = left + _WIDTH, top + _HEIGHT // 2, right, bottom + _HEIGHT // 2 + shift
    if target[0] - source[0] > 1:
        below = top + _HEIGHT + _DOWN // 2
        line = f"M{x1} {y1}C{x1 + 30} {y1} {x1 + 10} {below} {x1 + 40} {below}H{x2 - 50}"
        line += f"C{x2 - 20} {below} {x2 - 50} {y2} {x2 - 7} {y2}"
    else:
        line = f"M{x1} {y1}C{x1 + 50} {y1} {x2 - 60} {y2} {x2 - 7} {y2}"
    label = f'<text x="{x2 - 12}" y="{y2 - 4}" text-anchor="end" fill="#424242">{_text(word)}</text>' if word else ""
    return (
        f'<path d="{line}" stroke="#455a64" stroke-width="1.5" fill="none"/>'
        f'<path d="M{x2} {y2}l-7 -4v8z" fill="#455a64"/>{label}'
    )


def _text(text: str) -> str:
    text = _letters(text)
    return escape(text if len(text) <= _CHARACTERS else f"{text[: _CHARACTERS - 1]}…")


def _letters(text: str) -> str:
    """Return text in letters that XML can have, and that change no direction."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
