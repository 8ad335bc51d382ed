"""completion: Tab in a shell. A script for bash or zsh asks `completion words` for what may stand there."""

from __future__ import annotations

import shlex
from argparse import Namespace

from jupyter_containers.commands.command import Argument, Command, Takes
from jupyter_containers.commands.names import names
from jupyter_containers.commands.results import Message
from jupyter_containers.commands.session import SHELL, Session

# bash breaks words at = and :, too, and replaces only what is behind them: the answer is cut there.
_BASH = """\
_jupyter_containers() {
    local line=${COMP_LINE:0:COMP_POINT} IFS=$'\\n'
    COMPREPLY=($(jupyter-containers completion --breaks "$COMP_WORDBREAKS" words -- "$line" 2>/dev/null))
    [[ ${COMPREPLY[0]} == *[=:,/] ]] && compopt -o nospace
}
complete -o default -F _jupyter_containers jupyter-containers"""
_ZSH = """\
_jupyter_containers() {
    local -a found
    found=("${(@f)$(jupyter-containers completion words -- "${(j: :)words[1,CURRENT]}" 2>/dev/null)}")
    compadd -- "${(@)found:#}"
}
compdef _jupyter_containers jupyter-containers"""
_SCRIPTS = {"bash": _BASH, "zsh": _ZSH}


def complete(session: Session, options: Namespace) -> Message:
    if options.what in _SCRIPTS:
        return Message((_SCRIPTS[options.what],))
    found = candidates(session, " ".join(word for word in options.line if word != "--"))
    breaks = set(options.breaks) & set("=:")
    fragment = _split("".join(options.line[-1:]))[1]
    cut = max((fragment.rfind(sign) for sign in breaks), default=-1) + 1
    return Message(tuple(word[cut:] for word in found))


def candidates(session: Session, line: str) -> list[str]:
    """Return what may stand at the end of a line, the program's own name at its beginning."""
    # It reads the table, in which this command is.
    from jupyter_containers.commands.proposals import propose

    before, fragment = _split(line)
    proposals = propose(before[1:], fragment, SHELL) if before else propose([], fragment, SHELL)
    words = [*proposals.words, *names(session, proposals.kind)]
    return sorted({word for one in words if (word := f"{proposals.prefix}{one}").startswith(fragment)})


def _split(line: str) -> tuple[list[str], str]:
    """Return the words before the last, and the last, which is empty behind a blank."""
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    if not words or line[-1:].isspace():
        return words, ""
    return words[:-1], words[-1]


COMPLETION = Command(
    "completion",
    "print a script with which bash or zsh completes these commands",
    complete,
    (
        Argument(("--breaks",), "for the scripts: where the shell breaks words", metavar="SIGNS", default=""),
        Argument(("what",), "bash, zsh; words: for the scripts", metavar="bash|zsh",
                 choices=("bash", "zsh", "words")),
        Argument(("line",), "for the scripts: the line so far", Takes.REST, "LINE"),
    ),
    details='For this shell: source <(jupyter-containers completion bash)',
    only_in=SHELL,
)  # fmt: skip
