"""The line of docker's command line that does the same as one of ours: what the tab CLI of a trace shows. Pure."""

from __future__ import annotations

import re
import shlex
from argparse import Namespace
from collections.abc import Iterator, Mapping

from jupyter_containers.commands import compose_arguments
from jupyter_containers.commands.command import Argument, Command, Takes
from jupyter_containers.commands.quantities import nanoseconds, size_in_bytes, size_or_all
from jupyter_containers.commands.session import MAGIC, SHELL

# Words that are called otherwise there; "" has nothing like it. Alone, `config` is our settings.
_VERBS: Mapping[str, str] = {
    "python": "run", "debug": "", "doctor": "", "status": "", "use": "", "registry": "", "bootstrap": "", "trace": "",
    "diagram": "", "sandbox": "", "kernel": "", "freeze": "", "dashboard": "", "layers": "",
    "-config": "",
}  # fmt: skip
# Options of ours that docker has not, beside those that only a notebook has.
_OURS = frozenset({"trace", "safe", "changes"})
# What --safe comes to.
_HARDENED = (
    "--network none --memory 512m --pids-limit 128 --cap-drop ALL --read-only --tmpfs /tmp "
    "--security-opt no-new-privileges"
)
_SECRETS = frozenset({"password"})
_LONGEST_BODY = 2000
_HEREDOC = "EOF"
_HOST = "host"
_MEBIBYTE = 1 << 20


def docker_line(command: Command, options: Namespace, body: str, *, surface: str, group: str = "") -> str:
    """Return the line, with its input below it where it has one; "" when docker has no such command.

    `group` is the word before the command's, such as `network`.
    """
    verb = _VERBS.get(command.name if group else f"-{command.name}", _VERBS.get(command.name, command.name))
    compares_images = command.name == "diff" and bool(getattr(options, "other", ""))
    if not verb or not _VERBS.get(group, group or "-") or compares_images:
        return ""
    if group == "compose":
        return _compose(command, options, body, surface)
    if command.name == "build":
        return _with_remark(_build(options, [*_options(command, options, surface)], body), _is_from_host(body))
    return _with_remark(
        _usual(command, options, body, surface, [*filter(None, [group]), verb]),
        command.name in ("run", "python") and options.image == _HOST,
    )


def _usual(command: Command, options: Namespace, body: str, surface: str, verb: list[str]) -> str:
    words = ["docker", *verb]
    words += [*_own(command.name, options, surface), *_options(command, options, surface)]
    names, command_words = _names(command, options, surface)
    script = body.strip() and not command_words
    if command.name in ("run", "exec") and script:
        command_words = ["sh", "-c", _cut(body)]
    elif command.name == "python":
        command_words = ["python3", "-c", _cut(body)]
    elif command.name in ("run", "exec") and body.strip():
        words.append("-i")
    line = " ".join([*words, *map(shlex.quote, [*names, *command_words])])
    if command.name in ("run", "exec") and body.strip() and not script:
        return f"{line} <<'{_HEREDOC}'\n{_cut(body).rstrip()}\n{_HEREDOC}"
    return line


def _own(name: str, options: Namespace, surface: str) -> list[str]:
    """Return what options of ours that docker does not have come to there, and what a notebook adds."""
    words = []
    if getattr(options, "bg", ""):
        words += ["-d", "--name", shlex.quote(options.bg)]
    if getattr(options, "safe", False):
        words.append(_HARDENED)
    is_kept = any(getattr(options, word, None) for word in ("name", "bg", "detach", "keep", "rm"))
    if name in ("run", "python") and surface != SHELL:
        is_attached = not (getattr(options, "detach", False) or getattr(options, "bg", ""))
        words += [] if is_kept else ["--rm"]
        words += ["--init"] if is_attached and not options.no_init and not options.init else []
    return words


def _is_from_host(body: str) -> bool:
    return bool(re.search(rf"^\s*FROM\s+{_HOST}\s*$", body, re.IGNORECASE | re.MULTILINE))


def _with_remark(line: str, is_host: bool) -> str:
    return f"{line}\n# {_HOST} is this machine's own root file system: docker has no image like it" if is_host else line


def _options(command: Command, options: Namespace, surface: str) -> Iterator[str]:
    for argument in command.arguments_in(surface):
        if argument.is_option:
            value = getattr(options, argument.destination, None)
            yield from _option(argument, value)


def _option(argument: Argument, value: object) -> Iterator[str]:
    """Return an option as docker takes it."""
    if argument.only_in == MAGIC or argument.destination in _OURS or not value or value == argument.default:
        return
    name = argument.names[0]
    if argument.destination in _SECRETS:
        yield "--password-stdin"
    elif argument.takes is Takes.NOTHING:
        yield name
    elif isinstance(value, (list, tuple)):
        yield from (f"{name} {shlex.quote(str(one))}" for one in value)
    elif argument.parse in (size_in_bytes, size_or_all) and isinstance(value, int) and value % _MEBIBYTE == 0:
        yield f"{name} {value // _MEBIBYTE}m"
    elif argument.parse is nanoseconds:
        yield f"{name} {value}ns"
    else:
        yield f"{name} {shlex.quote(str(value))}"


def _names(command: Command, options: Namespace, surface: str) -> tuple[list[str], list[str]]:
    """Return the positional words: names, and the words of a command that is to run."""
    names, rest = [], []
    for argument in command.arguments_in(surface):
        if not argument.is_option:
            value = getattr(options, argument.names[0], None)
            found = [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)] if value else []
            if argument.takes is Takes.REST:
                rest = found[1:] if found[:1] == ["--"] else found
            else:
                names += found
    return names, rest


def _build(options: Namespace, words: list[str], body: str) -> str:
    """The text of a cell is the Dockerfile, its context the notebook's folder."""
    context = getattr(options, "path", "") or "."
    if not body.strip():
        return " ".join(["docker", "build", *words, shlex.quote(context)])
    line = " ".join(["docker", "build", *words, "-f", "-", shlex.quote(context)])
    return f"{line} <<'{_HEREDOC}'\n{_cut(body).rstrip()}\n{_HEREDOC}"


def _compose(command: Command, options: Namespace, body: str, surface: str) -> str:
    """What is said of the project stands before the verb there; the text of a cell is the file, or a script."""
    words: dict[bool, list[str]] = {True: [], False: []}
    named = {argument.destination for argument in compose_arguments.NAMED}
    for argument in command.arguments_in(surface):
        if argument.is_option:
            value = getattr(options, argument.destination, None)
            words[argument.destination in named] += _option(argument, value)
    # Where results are values, what a run leaves is removed.
    words[False][:0] = ["--rm"] if command.name == "run" and surface != SHELL and not options.rm else []
    names, rest = _names(command, options, surface)
    is_file = bool(body.strip()) and command.body == compose_arguments.BODY
    if body.strip() and not is_file and not rest:
        rest = ["sh", "-c", _cut(body)]
    line = ["docker", "compose", *(["-f -"] if is_file else []), *words[True], command.name, *words[False]]
    line += map(shlex.quote, [*names, *rest])
    return " ".join(line) + (f" <<'{_HEREDOC}'\n{_cut(body).rstrip()}\n{_HEREDOC}" if is_file else "")


def _cut(body: str) -> str:
    return body if len(body) <= _LONGEST_BODY else f"{body[:_LONGEST_BODY]}…"
