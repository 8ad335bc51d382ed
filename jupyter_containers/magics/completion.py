"""Completion of `%container` lines and of the Dockerfile below a `%%container build`, in any Jupyter front end."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from jupyter_containers.commands.command import Completes
from jupyter_containers.commands.proposals import Proposals, propose, propose_in_dockerfile
from jupyter_containers.commands.session import MAGIC

NAME = "jupyter_containers.completion"
_LINE = re.compile(r"\s*(?:[\w, ]+=\s*)?%container\s(.*)", re.S)
_CELL = re.compile(r"%%container\s(.*)", re.S)
_BUILD = re.compile(r"%%container\s+build\b")

Names = Callable[[Completes], Sequence[str]]


def matcher(names: Names) -> Any:
    """Return the matcher for IPython's completer; `names` asks the daemon."""

    @context_matcher(identifier=NAME)  # type: ignore[untyped-decorator, unused-ignore]
    def match(context: CompletionContext) -> dict[str, Any]:
        line = context.line_with_cursor[: context.cursor_position]
        fragment, proposals = proposals_for(context.full_text, context.cursor_line, line)
        words = [*proposals.words, *(names(proposals.kind) if proposals.kind is not Completes.NOTHING else ())]
        words = [f"{proposals.prefix}{word}" for word in words]
        found = [word for word in dict.fromkeys(words) if _begins(word, fragment, context.cursor_line)]
        return {
            "completions": [SimpleCompletion(text=word, type=proposals.kind.value or "keyword") for word in found],
            "suppress": bool(found),
            "matched_fragment": fragment,
        }

    return match


def proposals_for(cell: str, line_number: int, line: str) -> tuple[str, Proposals]:
    """Return the word that is being typed at the end of `line`, and what may stand there."""
    fragment = re.split(r"\s", line)[-1]
    in_cell_magic = cell.startswith("%%container")
    if line_number > 0 and in_cell_magic:
        return fragment, propose_in_dockerfile(line) if _BUILD.match(cell) else Proposals()
    match = _CELL.match(line) if line_number == 0 and in_cell_magic else _LINE.match(line)
    if match is None:
        return fragment, Proposals()
    before = match[1][: len(match[1]) - len(fragment)].split()
    return fragment, propose(before, fragment, MAGIC)


def _begins(word: str, fragment: str, line_number: int) -> bool:
    # Instructions of a Dockerfile may be typed in small letters.
    return word.startswith(fragment) or (line_number > 0 and word.startswith(fragment.upper()))
