"""A build: its steps, what they said, warnings, and the lines that are wrong."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_containers.commands.build_result import TELLING_SECONDS, BuildResult, Step
from jupyter_containers.commands.output import settled
from jupyter_containers.commands.quantities import duration_text
from jupyter_containers.pictures import ansi, pulls
from jupyter_containers.pictures.html import Html, block, coloured, details, element, joined, pre, table

_SIGNS: Mapping[str, tuple[str, str]] = {
    "running": ("busy", "● running"),
    "cached": ("quiet", "= cached"),
    "done": ("good", "✓ done"),
    "failed": ("bad", "✗ failed"),
    "cancelled": ("warning", "■ cancelled"),
}


def draw(result: BuildResult) -> Html:
    rows = [
        (f"{step.number}/{step.total}", joined([element("code", step.text), _step_output(step)]), _sign(step.state),
         _time(step))
        for step in result.steps.values()
    ]  # fmt: skip
    parts = [table(("Step", "Instruction", "State", "Time"), rows)] if rows else []
    if not result and not result.error and result.pulls.layers:
        parts.append(pulls.draw(result.pulls))
    parts += [block(coloured("warning", f"! {warning.sentence}")) for warning in result.warnings]
    if excerpt := result.excerpt():
        first, last = result.wrong_lines or (0, 0)
        place = f"line {first}" if first == last else f"lines {first} to {last}"
        parts.append(block(element("b", f"Dockerfile, {place}"), style="margin-top:6px"))
        parts.append(pre(*(_source_line(line.number, line.text, line.is_wrong) for line in excerpt)))
    colour = "bad" if result.error else ("good" if result else "busy")
    sign = {"bad": "✗", "good": "✓", "busy": "●"}[colour]
    parts.append(block(coloured(colour, f"{sign} {result.verdict()}"), style="margin-top:6px"))
    return block(*parts)


def _time(step: Step) -> str:
    is_worth_telling = step.state != "cached" and step.seconds is not None and step.seconds >= TELLING_SECONDS
    return duration_text(step.seconds) if is_worth_telling and step.seconds is not None else ""


def _step_output(step: Step) -> Html:
    text = step.shown_output()
    if not text:
        return Html()
    shown = pre(ansi.to_html(settled(text)), style="font-size:smaller")
    if step.state in ("failed", "running"):
        return shown
    count = text.count("\n") + 1
    return details(f"{count} line{'s' if count != 1 else ''} of output", shown)


def _sign(state: str) -> Html:
    colour, text = _SIGNS.get(state, ("quiet", state))
    return coloured(colour, text)


def _source_line(number: int, text: str, is_wrong: bool) -> Html:
    if not is_wrong:
        return joined([coloured("quiet", f"  {number:>4}  "), text, "\n"])
    stripped = text.strip()
    indent = text[: len(text) - len(text.lstrip())]
    return joined([coloured("bad", f"▸ {number:>4}  "), indent, element("u", coloured("bad", stripped)), "\n"])
