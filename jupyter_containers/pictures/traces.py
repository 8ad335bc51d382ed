"""A trace as three parts that a click opens: CLI, REST, kernel; the last one by process and step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from jupyter_containers.commands.results import visible
from jupyter_containers.commands.trace_result import Call, Process, Trace
from jupyter_containers.pictures.html import Html, block, coloured, details, element, joined, pre, table

_MANY = 3


def draw(result: Trace) -> Html:
    """Return the picture."""
    command = pre(visible_lines(result.docker or result.no_docker))
    rest = table(("Time", "Request", "Answer", "Received"), _requests(result))
    parts = [details("CLI: the same with docker", command)]
    parts.append(details(f"REST: {len(result.requests)} requests to the daemon", rest))
    calls = sum(len(process.calls) for process in result.processes)
    kernel = [_process(process) for process in result.processes]
    if result.note:
        kernel.append(block(coloured("quiet", visible(result.note))))
    parts.append(details(f"kernel: {calls} calls", *kernel))
    return block(block(element("b", "trace of "), element("code", visible(result.command))), *parts)


def visible_lines(text: str) -> str:
    return "\n".join(visible(line) for line in text.splitlines())


def _requests(result: Trace) -> Iterator[tuple[str, ...]]:
    for one in result.requests:
        colour = "good" if 0 < one.status < 400 else "bad"
        answer = coloured(colour, f"{'✓' if colour == 'good' else '✗'} {one.status or 'none'}")
        request = element("code", visible(f"{one.method} {one.path}"))
        yield f"{one.microseconds} µs", request, answer, f"{one.received_bytes} B"


def _process(process: Process) -> Html:
    rows = [row for step, calls in groupby(process.calls, lambda call: call.step) for row in _rows(step, [*calls])]
    shown = table(("Time", "Where", "Call", "What it is for"), rows)
    return block(block(element("b", visible(process.title)), style="margin-top:6px"), shown)


def _rows(step: str, calls: list[Call]) -> Iterator[tuple[str, ...]]:
    """Return a row for each call; those of a step with many are behind its words."""
    if len(calls) <= _MANY:
        for call in calls:
            yield _time([call]), visible(call.side), _line(call), call.sentence if call.name else ""
        return
    inner = table(("Time", "Call", "What it is for"), [(_time([one]), _line(one), one.sentence) for one in calls])
    sign = joined([coloured("bad", "✗ ")]) if any(call.failed for call in calls) else ""
    behind = details(visible(f"{step}: {len(calls)} calls"), inner)
    yield _time(calls), visible(calls[0].side), joined([sign, behind]), ""


def _line(call: Call) -> Html:
    shown = element("code", visible(call.line))
    return joined([coloured("bad", "✗ "), shown]) if call.failed else shown


def _time(calls: Iterable[Call]) -> str:
    return f"{sum(call.microseconds for call in calls)} µs"
