"""A course of numbers as a small picture: SVG within an <img>, which stays in notebooks that nobody trusts."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from jupyter_containers.pictures.html import Html, element

WIDTH, HEIGHT = 160, 32
# Seen on white and on black alike.
_LINE, _LIMIT, _MARK = "#2f7ed8", "#c77700", "#d32f2f"


def sparkline(
    course: Sequence[tuple[float, float]], words: str, *, limit: float = 0.0, marks: Sequence[float] = ()
) -> Html:
    """Return (time, value) pairs as a picture whose alternative text is `words`.

    `limit` is drawn as a line, and the values below it; `marks` are times, drawn as crosses at the top.
    """
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">{_content(course, limit, marks)}'
    source = f"data:image/svg+xml;base64,{base64.b64encode(f'{svg}</svg>'.encode()).decode()}"
    image = element("img", src=source, alt=words, width=WIDTH, height=HEIGHT)
    return Html(image.removesuffix("</img>"))


def _content(course: Sequence[tuple[float, float]], limit: float, marks: Sequence[float]) -> str:
    times = [at for at, _ in course] + list(marks)
    if not times:
        return ""
    first, span = min(times), (max(times) - min(times)) or 1.0
    highest = max([value for _, value in course] + [limit]) or 1.0

    def across(at: float) -> float:
        return 2 + (WIDTH - 4) * (at - first) / span

    def down(value: float) -> float:
        return HEIGHT - 2 - (HEIGHT - 8) * value / highest

    line = " ".join(f"{across(at):.1f},{down(value):.1f}" for at, value in course)
    parts = [f'<polyline points="{line}" fill="none" stroke="{_LINE}" stroke-width="1.5"/>'] if course else []
    if limit:
        parts.append(
            f'<path d="M0 {down(limit):.1f}H{WIDTH}" stroke="{_LIMIT}" stroke-width="1" stroke-dasharray="4 3"/>'
        )
    parts += [f'<path d="M{across(at) - 3:.1f} 1l6 6m0-6l-6 6" stroke="{_MARK}" stroke-width="2"/>' for at in marks]
    return "".join(parts)
