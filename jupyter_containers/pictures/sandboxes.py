"""A sandbox: the run of its cell, the files that changed, and what in them."""

from __future__ import annotations

from jupyter_containers.commands.results import visible
from jupyter_containers.commands.sandbox_result import SandboxFiles, SandboxResult, file_line, hint
from jupyter_containers.pictures import runs
from jupyter_containers.pictures.html import Html, block, coloured, details, element, joined, pre
from jupyter_containers.sandboxes.changes import FileChange
from jupyter_containers.sandboxes.sandbox import Sandbox

_COLOURS = {"A": "good", "C": "busy", "D": "bad"}
_OPEN_FILES = 20


def draw(result: SandboxResult | SandboxFiles) -> Html:
    run = [runs.draw_plainly(result)] if isinstance(result, SandboxResult) else []
    withheld = getattr(result, "withheld", ())
    if withheld:
        names = ", ".join(map(visible, withheld))
        run.append(details(f"{len(withheld)} environment variables were not passed: they may hold secrets", pre(names)))
    said = [pre("\n".join(result.said))] if isinstance(result, SandboxFiles) and result.said else []
    return block(*run, *([draw_files(result.sandbox)] if result.sandbox is not None else []), *said)


def draw_files(sandbox: Sandbox) -> Html:
    """Draw the files that changed, each with what changed in it a click away."""
    count = len(sandbox.files)
    title = element("b", f"{count} file{'s' if count != 1 else ''} changed in {visible(sandbox.name)}")
    drawn = [_file(sandbox, change) for change in sandbox.files]
    shown = joined(drawn[:_OPEN_FILES])
    rest = [details(f"{count - _OPEN_FILES} more", *drawn[_OPEN_FILES:])] if count > _OPEN_FILES else []
    return block(block(title), shown, *rest, block(coloured("quiet", hint(sandbox)), style="font-size:smaller"))


def _file(sandbox: Sandbox, change: FileChange) -> Html:
    line = file_line(change, sandbox.folder)
    diff = sandbox.diffs.get(change.path)
    if diff is None:
        return pre(coloured(_COLOURS[change.letter], line[:1]), line[1:])
    opened = element("summary", coloured(_COLOURS[change.letter], line[:1]), line[1:], style="cursor:pointer")
    return element("details", opened, pre(*(_diff_line(text) for text in diff), style="padding-left:1.5em"))


def _diff_line(text: str) -> Html:
    colour = {"+": "good", "-": "bad", "@": "quiet"}.get(text[:1])
    line = f"{visible(text)}\n"
    return coloured(colour, line) if colour else joined([line])
