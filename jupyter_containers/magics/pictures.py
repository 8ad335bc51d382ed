"""Results as HTML. Everything that came from a container, a registry or a Dockerfile is escaped by html.py."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence

from jupyter_containers.client.streams import STDERR
from jupyter_containers.commands.bootstrap_result import BootstrapResult
from jupyter_containers.commands.build_result import TELLING_SECONDS, BuildResult, Step
from jupyter_containers.commands.containers import Logs
from jupyter_containers.commands.daemon import Checkup
from jupyter_containers.commands.image_result import ImageResult
from jupyter_containers.commands.inspecting import Inspection
from jupyter_containers.commands.output import settled
from jupyter_containers.commands.pull_result import DONE, PullResult
from jupyter_containers.commands.quantities import duration_text, size_text
from jupyter_containers.commands.results import Result, Table
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.magics import ansi
from jupyter_containers.magics.facts import facts
from jupyter_containers.magics.html import (
    Html,
    block,
    coloured,
    details,
    element,
    joined,
    pre,
    table,
)
from jupyter_containers.variables.displays import Display

# The end of the output that is seen at once; what is before it, a click opens.
OPEN_LINES = 40
_SIGNS: Mapping[str, tuple[str, str]] = {
    "running": ("busy", "● running"),
    "cached": ("quiet", "= cached"),
    "done": ("good", "✓ done"),
    "failed": ("bad", "✗ failed"),
    "cancelled": ("warning", "■ cancelled"),
}


def picture(result: Result) -> Html:
    """Return a result as HTML; what has no picture of its own is shown as its text."""
    for kind, draw in _PICTURES:
        if isinstance(result, kind):
            return draw(result)
    return pre(result.text())


def draw_run(result: RunResult) -> Html:
    colour = "busy" if result.exit_code is None and not result.error else ("good" if result else "bad")
    sign = {"busy": "●", "good": "✓", "bad": "✗"}[colour]
    footer = [coloured(colour, f"{sign} {result.state()}"), coloured("quiet", f" · {result.title()}")]
    if errors := result.stderr.count("\n"):
        footer.append(coloured("quiet", f" · {errors} line{'s' if errors != 1 else ''} on stderr (▏)"))
    if carried := result.carried():
        footer.append(coloured("quiet", f" · {carried}"))
    shown = [draw_display(display) for display in result.displays]
    if changed := result.changed():
        count = len(result.changes)
        shown.append(details(f"{count} file{'s' if count != 1 else ''} changed", pre("\n".join(changed))))
    if result.proof:
        shown.append(details("safe: what the kernel says of the process", pre("\n".join(result.proof))))
    return block(draw_output(result.output.last()), *shown, block(*footer, style="font-size:smaller;margin-top:2px"))


def draw_display(display: Display) -> Html:
    """Draw what Python in a container showed: a picture, a table, or text; never HTML of the container's."""
    if display.png is not None:
        source = f"data:image/png;base64,{base64.b64encode(display.png).decode()}"
        return block(Html(element("img", src=source, alt=display.text).removesuffix("</img>")))
    return block(table(display.titles, display.rows)) if display.rows else pre(display.text)


def draw_logs(result: Logs) -> Html:
    return block(draw_output(result.output.last()))


def draw_output(pieces: Sequence[tuple[int, str]]) -> Html:
    """Return output with its colours; standard error has a rule at its side."""
    before, after = _split(pieces, OPEN_LINES)
    if not before:
        return _output(after)
    count = sum(text.count("\n") for _, text in before)
    return joined([details(f"{count} earlier lines", _output(before)), _output(after)])


def _output(pieces: Sequence[tuple[int, str]]) -> Html:
    parts = []
    for stream, text in pieces:
        style = "border-left:2px solid var(--jp-warn-color1,#b26a00);padding-left:6px" if stream == STDERR else ""
        parts.append(pre(ansi.to_html(text.removesuffix("\n")), style=style))
    return joined(parts)


def _split(pieces: Sequence[tuple[int, str]], lines: int) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return the pieces before the last lines, and those lines."""
    before, after = list(pieces), list[tuple[int, str]]()
    while before and lines > 0:
        stream, text = before.pop()
        parts = text.splitlines(keepends=True)
        if len(parts) > lines:
            before.append((stream, "".join(parts[:-lines])))
            text = "".join(parts[-lines:])
        after.insert(0, (stream, text))
        lines -= len(parts)
    return before, after


def draw_build(result: BuildResult) -> Html:
    rows = [
        (f"{step.number}/{step.total}", joined([element("code", step.text), _step_output(step)]), _sign(step.state),
         _time(step))
        for step in result.steps.values()
    ]  # fmt: skip
    parts = [table(("Step", "Instruction", "State", "Time"), rows)] if rows else []
    if not result and not result.error and result.pulls.layers:
        parts.append(draw_pull(result.pulls))
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


def draw_pull(result: PullResult) -> Html:
    rows = [(element("code", id_), layer.status, _bar(layer.status, layer.current, layer.total))
            for id_, layer in result.layers.items()]  # fmt: skip
    parts = [table(("Layer", "Status", "Progress"), rows)] if rows else []
    return block(*parts, _outcome(result))


def _outcome(result: ImageResult) -> Html:
    colour, sign = ("bad", "✗") if result.error else (("good", "✓") if result.is_complete else ("busy", "●"))
    return block(coloured(colour, f"{sign} {result.verdict()}"))


def _bar(status: str, current: int | None, total: int | None) -> str:
    if status in DONE or not total or current is None:
        return ""
    return joined([element("progress", value=current, max=total), f" {size_text(current)} of {size_text(total)}"])


def draw_bootstrap(result: BootstrapResult) -> Html:
    counts, packages = result.counts(), len(result.packages)
    rows = [(name, element("progress", value=count, max=packages), f"{count} of {packages}")
            for name, count in counts.items()]  # fmt: skip
    parts = [table(("Packages", "", ""), rows)] if packages else []
    return block(*parts, _outcome(result))


def draw_table(result: Table) -> Html:
    if not result.rows:
        return block(coloured("quiet", f"no {result.what}"))
    return block(table([title.capitalize() for title in result.titles], result.rows))


def draw_checkup(result: Checkup) -> Html:
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


def draw_inspection(result: Inspection) -> Html:
    parts = []
    for name, kind, body in zip(result.names, result.kinds, result.objects, strict=True):
        rows = [(element("b", title), value) for title, value in facts(kind, body)]
        parts.append(table((kind.capitalize(), name), rows))
    return block(*parts, details("all of it", pre(result.text())))


_PICTURES: Sequence[tuple[type[Result], Callable[..., Html]]] = (
    (RunResult, draw_run),
    (BuildResult, draw_build),
    (PullResult, draw_pull),
    (BootstrapResult, draw_bootstrap),
    (Logs, draw_logs),
    (Checkup, draw_checkup),
    (Inspection, draw_inspection),
    (Table, draw_table),
)
