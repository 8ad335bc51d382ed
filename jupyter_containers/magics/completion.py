"""Completion of `%container` lines, and of Dockerfiles and Compose files in cells, in any Jupyter front end."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from jupyter_containers.commands.command import Completes
from jupyter_containers.commands.dockerfile_words import propose_in_dockerfile
from jupyter_containers.commands.proposals import Proposals, propose
from jupyter_containers.commands.session import MAGIC

NAME = "jupyter_containers.completion"

Names = Callable[[Completes], Sequence[str]]


def matcher(names: Names, magics: Callable[[], Sequence[str]] = lambda: ("container",)) -> Any:
    """Return the matcher for IPython's completer; `names` asks the daemon, `magics` tells what our magic is called."""

    @context_matcher(identifier=NAME)  # type: ignore[untyped-decorator, unused-ignore]
    def match(context: CompletionContext) -> dict[str, Any]:
        line = context.line_with_cursor[: context.cursor_position]
        fragment, proposals = proposals_for(context.full_text, context.cursor_line, line, magics())
        words = [*proposals.words, *(names(proposals.kind) if proposals.kind is not Completes.NOTHING else ())]
        words = [f"{proposals.prefix}{word}" for word in words]
        found = [word for word in dict.fromkeys(words) if _begins(word, fragment, context.cursor_line)]
        return {
            "completions": [SimpleCompletion(text=word, type=proposals.kind.value or "keyword") for word in found],
            "suppress": bool(found),
            "matched_fragment": fragment,
        }

    return match


def proposals_for(
    cell: str, line_number: int, line: str, magics: Sequence[str] = ("container",)
) -> tuple[str, Proposals]:
    """Return the word that is being typed at the end of `line`, and what may stand there."""
    fragment = re.split(r"\s", line)[-1]
    magic = "|".join(map(re.escape, magics))
    in_cell_magic = re.match(rf"%%(?:{magic})\b", cell)
    if line_number > 0 and in_cell_magic:
        lines = cell.split("\n")
        if re.match(rf"%%(?:{magic})\s+compose\b(?!.*\s(?:exec|run)\b)", cell):
            return fragment, _in_compose_file(cell, line_number)
        if not re.match(rf"%%(?:{magic})\s+(?:(?:image|builder)\s+)?build\b", cell):
            return fragment, Proposals()
        return fragment, propose_in_dockerfile(line, lines[1:line_number])
    form = rf"%%(?:{magic})\s(.*)" if line_number == 0 and in_cell_magic else rf"\s*(?:[\w, ]+=\s*)?%(?:{magic})\s(.*)"
    match = re.match(form, line, re.S)
    if match is None:
        return fragment, Proposals()
    before = match[1][: len(match[1]) - len(fragment)].split()
    return fragment, propose(before, fragment, MAGIC)


def _in_compose_file(cell: str, line_number: int) -> Proposals:
    # Loaded when the first key is completed: loading the extension stays quick.
    from jupyter_containers.compose.keys import keys_at

    return Proposals(keys_at("\n".join(cell.split("\n")[1:]), line_number - 1))


def _begins(word: str, fragment: str, line_number: int) -> bool:
    # Instructions of a Dockerfile may be typed in small letters.
    return word.startswith(fragment) or (line_number > 0 and word.startswith(fragment.upper()))
