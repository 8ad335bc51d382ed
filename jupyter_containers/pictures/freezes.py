"""A freeze: the Dockerfile, what it cannot have, and the cells as they did in the image."""

from __future__ import annotations

from jupyter_containers.commands.freeze_result import FreezeResult
from jupyter_containers.commands.results import visible
from jupyter_containers.freezing.comparison import DIFFERS, FAILED, SAME
from jupyter_containers.pictures.html import Html, block, coloured, details, element, pre, table

_COLOURS = {SAME: "good", DIFFERS: "warning", FAILED: "bad"}


def draw(result: FreezeResult) -> Html:
    parts = [pre(result.dockerfile)]
    if result.left_out:
        rows = [[visible(text) for text in (one.name, one.reason, one.remedy)] for one in result.left_out]
        parts += [block(element("b", "not in it")), table(["What", "Why", "What to do"], rows)]
    if result.image:
        parts.append(block(coloured("good", f"✓ built {visible(result.image)}")))
    if result.checks:
        rows = [
            [f"cell {check.number}", coloured(_COLOURS.get(check.state, "quiet"), check.state), visible(check.note)]
            for check in result.checks
        ]
        sign = "✓" if result else "✗"
        parts.append(block(coloured("good" if result else "bad", f"{sign} {result.verdict()}")))
        parts.append(details("cells", table(["Cell", "State", "Note"], rows)))
    return block(*parts)
