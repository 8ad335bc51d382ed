"""A trace as three parts that a click opens: CLI, REST, kernel; the last one by process and step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from jupyter_containers.commands.results import visible, visible_lines
from jupyter_containers.commands.trace_result import REGISTRY, Call, Process, Trace
from jupyter_containers.pictures.html import Html, block, coloured, details, element, joined, pre, table

_MANY = 3


def draw(result: Trace) -> Html:
    """Return the picture."""
    command = pre(visible_lines(result.docker or result.no_docker))
    rest = table(("Time", "Request", "Answer", "Received"), _requests(result))
    parts = [details("CLI: the same with docker", command)]
    asked = [_process(process) for process in result.registries]
    parts.append(details(f"REST: {len(result.requests)} requests to the daemon", rest, *asked))
    calls = sum(len(process.calls) for process in result.made)
    kernel = [_process(process) for process in result.made]
    if result.note:
        kernel.append(block(coloured("quiet", visible(result.note))))
    parts.append(details(f"kernel: {calls} calls", *kernel))
    return block(block(element("b", "trace of "), element("code", visible(result.command))), *parts)


def _requests(result: Trace) -> Iterator[tuple[str, ...]]:
    for one in result.requests:
        colour = "good" if 0 < one.status < 400 else "bad"
        answer = coloured(colour, f"{'✓' if colour == 'good' else '✗'} {one.status or 'none'}")
        request = element("code", visible(f"{one.method} {one.path}"))
        yield f"{one.microseconds}\N{NO-BREAK SPACE}µs", request, answer, f"{one.received_bytes} B"


def _process(process: Process) -> Html:
    """Steps of a few calls make tables; those of many are between these, each behind its words."""
    parts, rows = [block(element("b", visible(process.title)), style="margin-top:6px")], list[tuple[str, ...]]()
    for step, grouped in groupby(process.calls, lambda call: call.step):
        calls = list(grouped)
        if len(calls) <= _MANY or process.kind == REGISTRY:
            rows += map(_row, calls)
            continue
        parts += [_table(rows), details(_many(step, calls), _table([_row(call) for call in calls]))]
        rows = []
    return block(*parts, _table(rows))


def _many(step: str, calls: list[Call]) -> Html:
    sign = coloured("bad", "✗ ") if any(call.failed for call in calls) else ""
    return joined([sign, visible(f"{step}: {len(calls)} calls, {_time(calls)}, {calls[0].side}")])


def _table(rows: list[tuple[str, ...]]) -> Html:
    return table(("Time", "Where", "Call, and what it is for"), rows) if rows else Html()


def _row(call: Call) -> tuple[str, ...]:
    if not call.name:
        return _time([call]), visible(call.side), visible(call.step)
    shown = [coloured("bad", "✗ ")] if call.failed else []
    shown += [element("code", visible(call.line)), block(coloured("quiet", visible(call.sentence)))]
    return _time([call]), visible(call.side), joined(shown)


def _time(calls: Iterable[Call]) -> str:
    return f"{sum(call.microseconds for call in calls)}\N{NO-BREAK SPACE}µs"
