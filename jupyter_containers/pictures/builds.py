"""A build: its steps, what they said, warnings, and the lines that are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jupyter_containers.commands.build_result import BuildResult, Step
from jupyter_containers.commands.output import settled
from jupyter_containers.commands.quantities import duration_text, size_text
from jupyter_containers.pictures import ansi, build_graphs, pulls
from jupyter_containers.pictures.html import Html, block, coloured, details, element, joined, pre, table

_COLOURS: Mapping[str, str] = {
    "waiting": "quiet", "running": "busy", "cached": "quiet", "done": "good", "failed": "bad", "cancelled": "warning",
}  # fmt: skip
_TITLES = ("Step", "Instruction", "State", "Time", "Layer")
# Steps that a picture holds while the build goes on: it is sent again and again.
LIVE_STEPS = 12
_LIVE_LINES = 8
_CELL = "vertical-align:top;text-align:left;padding:2px 16px 2px 0;white-space:pre-wrap"


def draw(result: BuildResult) -> Html:
    """Draw a build that has ended: its graph if it has several stages, its steps, warnings and wrong lines."""
    parts = [block(build_graphs.draw_graph(result))] if build_graphs.is_worth_drawing(result) else []
    rows = [_row(step, _step_output(step)) for step in result.begun]
    parts += [table(_TITLES, rows)] if rows else []
    return block(*parts, *_pulls(result), *_warnings(result), *_excerpt(result), _verdict(result))


def draw_live(result: BuildResult) -> Html:
    """Draw a build that goes on: not more of it than can be sent many times a second."""
    parts = [_progress(result)]
    if len(result.stages) > 1:
        parts.append(_lanes(result))
    else:
        shown = result.begun[-LIVE_STEPS:]
        if left_out := len(result.begun) - len(shown):
            parts.append(block(coloured("quiet", f"{left_out} steps before these are over")))
        parts += [table(_TITLES, [_row(step) for step in shown])] if shown else []
    parts += [_now(step) for step in result.begun if step.state == "running"][-3:]
    return block(*parts, *_pulls(result), *_warnings(result)[-3:], _verdict(result))


def _row(step: Step, output: Html | str = "") -> tuple[str, ...]:
    took = duration_text(step.taken) if step.taken is not None else ""
    size = size_text(step.size) if step.size is not None else ""
    instruction = joined([element("code", step.text), _taken_from(step), output])
    return f"{step.number}/{step.total}", instruction, _sign(step.state), took, size


def _taken_from(step: Step) -> Html:
    return coloured("quiet", f" ⇠ step {', '.join(map(str, step.inputs))}") if step.inputs else Html()


def _progress(result: BuildResult) -> Html:
    """Draw how many of the steps are over; a build whose steps nobody has counted yet has nothing to draw."""
    over = sum(step.state in ("done", "cached") for step in result.steps.values())
    count = max((step.total for step in result.steps.values()), default=0)
    if not count:
        return Html()
    cached = sum(step.state == "cached" for step in result.steps.values())
    words = f" {over} of {count} steps{f', {cached} cached' if cached else ''}"
    return block(element("progress", value=over, max=count), coloured("quiet", words))


def _lanes(result: BuildResult) -> Html:
    """Draw the stages side by side, each with the end of what it has done."""
    lanes = list(result.stages.values())
    head = element("tr", *(element("th", build_graphs.title(steps), style=_CELL) for steps in lanes))
    room = max(2, LIVE_STEPS // len(lanes))
    body = element("tr", *(element("td", *_lane(steps, room), style=_CELL) for steps in lanes))
    return element("table", element("thead", head), element("tbody", body), style="border-collapse:collapse;margin:0")


def _lane(steps: Sequence[Step], room: int) -> list[Html]:
    begun = [step for step in steps if step.state != "waiting"]
    shown = begun[-room:]
    more, waiting = len(begun) - len(shown), len(steps) - len(begun)
    nodes = [coloured("quiet", f"{more} more above")] if more else []
    for step in shown:
        text = step.text if len(step.text) <= 40 else f"{step.text[:39]}…"
        facts = coloured(_COLOURS.get(step.state, "quiet"), build_graphs.facts(step))
        nodes.append(joined([f"{step.number} ", element("code", text), _taken_from(step), "\n  ", facts]))
    nodes += [coloured("quiet", f"{waiting} to come")] if waiting else []
    return [block(node) for node in nodes]


def _now(step: Step) -> Html:
    """Draw the end of what a step says that runs."""
    lines = settled(step.shown_output()).splitlines()[-_LIVE_LINES:]
    if not lines:
        return Html()
    text = "\n".join(line[-400:] for line in lines)
    return block(coloured("quiet", f"step {step.number}:"), pre(ansi.to_html(text), style="font-size:smaller"))


def _pulls(result: BuildResult) -> list[Html]:
    return [pulls.draw(result.pulls)] if not result and not result.error and result.pulls.layers else []


def _warnings(result: BuildResult) -> list[Html]:
    return [block(coloured("warning", f"! {warning.sentence}")) for warning in result.warnings]


def _excerpt(result: BuildResult) -> list[Html]:
    excerpt = result.excerpt()
    if not excerpt:
        return []
    first, last = result.wrong_lines or (0, 0)
    place = f"line {first}" if first == last else f"lines {first} to {last}"
    return [
        block(element("b", f"Dockerfile, {place}"), style="margin-top:6px"),
        pre(*(_source_line(line.number, line.text, line.is_wrong) for line in excerpt)),
    ]


def _verdict(result: BuildResult) -> Html:
    colour = "bad" if result.error else ("good" if result else "busy")
    sign = {"bad": "✗", "good": "✓", "busy": "●"}[colour]
    return block(coloured(colour, f"{sign} {result.verdict()}"), style="margin-top:6px")


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
    return coloured(_COLOURS.get(state, "quiet"), f"{build_graphs.SIGNS.get(state, '·')} {state}")


def _source_line(number: int, text: str, is_wrong: bool) -> Html:
    if not is_wrong:
        return joined([coloured("quiet", f"  {number:>4}  "), text, "\n"])
    stripped = text.strip()
    indent = text[: len(text) - len(text.lstrip())]
    return joined([coloured("bad", f"▸ {number:>4}  "), indent, element("u", coloured("bad", stripped)), "\n"])
