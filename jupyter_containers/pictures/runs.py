"""A run or an exec: output, displays, changes, and how it ended."""

from __future__ import annotations

import base64

from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.pictures.html import Html, block, coloured, details, element, pre, table
from jupyter_containers.pictures.output import LIVE_CHARACTERS, draw_output
from jupyter_containers.variables.displays import Display

# What of displays is drawn again and again while it goes on; all are when it has ended.
_LIVE_DISPLAYS, _LIVE_PNG_BYTES = 10, 1 << 19


def draw_live(result: RunResult) -> Html:
    """Draw a run that goes on: the end of its output, and the last of what it has shown."""
    output = draw_output(result.output.last(result.output.open_lines, LIVE_CHARACTERS))
    return block(output, *_last_displays(result.displays), _footer(result))


def _last_displays(displays: list[Display]) -> list[Html]:
    drawn: list[Html] = []
    left = _LIVE_PNG_BYTES
    for display in reversed(displays[-_LIVE_DISPLAYS:]):
        left -= len(display.png or b"")
        if drawn and left < 0:
            break
        later = f"{display.text}\n[a large picture, shown at the end]"
        drawn.insert(0, draw_display(display) if left >= 0 else pre(later))
    if before := len(displays) - len(drawn):
        drawn.insert(0, block(coloured("quiet", f"{before} more before, shown at the end")))
    return drawn


def draw(result: RunResult) -> Html:
    changed = []
    if lines := result.changed():
        count = len(result.changes)
        changed.append(details(f"{count} file{'s' if count != 1 else ''} changed", pre("\n".join(lines))))
    return draw_plainly(result, *changed)


def draw_plainly(result: RunResult, *changed: Html) -> Html:
    """Draw a run; `changed` is the picture of its files, if there is one."""
    shown = [*(draw_display(display) for display in result.displays), *changed]
    if result.proof:
        shown.append(details("safe: what the kernel says of the process", pre("\n".join(result.proof))))
    return block(draw_output(result.output.last(), result.output.open_lines), *shown, _footer(result))


def _footer(result: RunResult) -> Html:
    colour = "busy" if result.exit_code is None and not result.error else ("good" if result else "bad")
    sign = {"busy": "●", "good": "✓", "bad": "✗"}[colour]
    footer = [coloured(colour, f"{sign} {result.state()}"), coloured("quiet", f" · {result.title()}")]
    if errors := result.stderr.count("\n"):
        footer.append(coloured("quiet", f" · {errors} line{'s' if errors != 1 else ''} on stderr (▏)"))
    if used := result.used():
        footer.append(coloured("quiet", f" · {used}"))
    if carried := result.carried():
        footer.append(coloured("quiet", f" · {carried}"))
    return block(*footer, style="font-size:smaller;margin-top:2px")


def draw_display(display: Display) -> Html:
    """Draw what Python in a container showed: a picture, a table, or text; never HTML of the container's."""
    if display.png is not None:
        source = f"data:image/png;base64,{base64.b64encode(display.png).decode()}"
        return block(Html(element("img", src=source, alt=display.text).removesuffix("</img>")))
    return block(table(display.titles, display.rows)) if display.rows else pre(display.text)
