"""What this machine can do, and what each lack costs."""

from __future__ import annotations

from jupyter_containers.commands.daemon import Checkup
from jupyter_containers.pictures.html import Html, block, coloured, element, table


def draw(result: Checkup) -> Html:
    rows = []
    for finding in result.findings:
        sign = coloured("good", "✓ yes") if finding.available else coloured("bad", "✗ no")
        facts = [finding.reason, f"cost: {finding.cost}", f"mend: {finding.remedy}"]
        rows.append((sign, element("code", finding.name), "" if finding.available else "\n".join(filter(None, facts))))
    colour, sign_ = ("good", "✓") if result else ("bad", "✗")
    return block(
        table(("Here", "Feature", "What is missing"), rows),
        block(element("b", coloured(colour, f"{sign_} {result.verdict()}")), style="margin-top:6px"),
    )
