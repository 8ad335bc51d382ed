"""Something that goes on: a bar, with bytes or things where somebody counts them."""

from __future__ import annotations

from jupyter_containers.commands.work import Work
from jupyter_containers.pictures.html import Html, block, coloured, element


def draw(result: Work) -> Html:
    colour = "busy" if not result.ended else ("good" if result else "bad")
    done, total = result.share()
    if result.ended:
        bar = Html()
    elif total:
        bar = element("progress", value=done, max=total)
    else:
        # Without a value it tells that nobody knows how long it takes.
        bar = element("progress")
    sign = {"busy": "●", "good": "✓", "bad": "✗"}[colour]
    return block(bar, coloured(colour, f" {sign} {result.text()}"))
