"""What a sandbox has to show: the run of its cell, the files that changed, and the three things to do with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.results import Json, Message, Panel, visible
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.sandboxes.changes import FileChange, Kind, is_below
from jupyter_containers.sandboxes.choice import Choice, Refusal
from jupyter_containers.sandboxes.sandbox import Sandbox

_SHOWN_FILES = 50
_SHOWN_IN_QUESTION = 10


class Actions:
    """What can be done with the files of a sandbox."""

    sandbox: Sandbox | None

    @property
    def files(self) -> list[FileChange]:
        """The files that changed: letter (A, C, D), path, kind, size in bytes."""
        return self.sandbox.files if self.sandbox is not None else []

    @property
    def diffs(self) -> dict[str, list[str]]:
        """The changed lines of small text files, by path."""
        return self.sandbox.diffs if self.sandbox is not None else {}

    def keep(self, *paths: str, yes: bool = False, force: bool = False) -> Message:
        """Make changes of the sandbox here: at these paths, or all in the notebook's folder.

        Asks before, unless `yes`. `force` takes over what belongs to the system or has changed here meanwhile, too.
        Raises NotFound for a path at which nothing changed.
        """
        return keep(self._there(), paths, yes=yes, force=force)

    def discard(self) -> Message:
        """Throw the sandbox away, with all that changed in it."""
        sandbox = self._there()
        sandbox.discard()
        return Message((f"discarded {sandbox.name}",), (sandbox.name,))

    def save(self, name: str) -> Message:
        """Make an image of the sandbox."""
        sandbox = self._there()
        sandbox.save(name)
        return Message((f"made {name} of {sandbox.name}",), (name,))

    def _there(self) -> Sandbox:
        if self.sandbox is None:
            raise UsageError("nothing has changed in the sandbox, so nothing is left of it")
        return self.sandbox


def keep(sandbox: Sandbox, paths: Iterable[str], *, yes: bool, force: bool) -> Message:
    """Make changes here, after asking. Raises NotFound, and UsageError when nobody can answer."""
    choice = sandbox.choose(tuple(map(str, paths)), force=force)
    if choice.taken and not yes and not asked(question(choice, sandbox.folder)):
        return Message(("nothing has been changed here",))
    kept = sandbox.keep(choice)
    lines = outcome_lines(kept.made, kept.refused, sandbox.folder)
    return Message(tuple(lines or ["nothing has changed in the folder"]), tuple(change.path for change in kept.made))


def outcome_lines(made: Iterable[FileChange], refused: Iterable[Refusal], folder: Path) -> list[str]:
    """Return what was made here and what was not, a line each."""
    words = {"A": "added", "C": "changed", "D": "deleted"}
    lines = [f"{words[change.letter]} {shown_path(change.path, folder)}" for change in made]
    return lines + [f"left out {shown_path(one.path, folder)}: {visible(one.reason)}" for one in refused]


def question(choice: Choice, folder: Path) -> str:
    count = len(choice.taken)
    named = [f"{change.letter} {shown_path(change.path, folder)}" for change in choice.taken[:_SHOWN_IN_QUESTION]]
    more = f" and {count - len(named)} more" if count > len(named) else ""
    return f"make {count} change{'s' if count != 1 else ''} here: {', '.join(named)}{more}? [y/N] "


def asked(text: str, ask: Callable[[str], str] = input) -> bool:
    """Ask the person, and tell whether the answer is yes. Raises UsageError where nobody can answer."""
    try:
        return ask(text).strip().lower() in ("y", "yes")
    except (EOFError, NotImplementedError):
        raise UsageError("nobody can be asked here; say yes beforehand: --yes, or keep(…, yes=True)") from None


def shown_path(path: str, folder: Path) -> str:
    """Return a path as people read it: relative where it is in the folder."""
    inside = is_below(path, [str(folder)]) and path != str(folder)
    return visible(os.path.relpath(path, folder) if inside else path)


def file_line(change: FileChange, folder: Path) -> str:
    size = f"   {size_text(change.size)}" if change.size is not None else ""
    kind = f"   {change.kind.value}" if change.kind not in (Kind.FILE, Kind.UNKNOWN) else ""
    return f"{change.letter} {shown_path(change.path, folder)}{size}{kind}"


def file_lines(sandbox: Sandbox) -> list[str]:
    """Return the changed files, a line each, how many more there are, and what can be done with them."""
    lines = [file_line(change, sandbox.folder) for change in sandbox.files[:_SHOWN_FILES]]
    more = len(sandbox.files) - len(lines)
    return [*lines, *([f"[{more} more are in .files]"] if more > 0 else []), hint(sandbox)]


def hint(sandbox: Sandbox) -> str:
    name = visible(sandbox.name)
    if sandbox.is_gone:
        return f"[{name} is gone]"
    return f"[{name} is kept: %container sandbox keep {name}, discard {name}, or save {name} IMAGE]"


def sandbox_json(sandbox: Sandbox | None) -> Json | None:
    if sandbox is None:
        return None
    return {
        "name": sandbox.name,
        "container": sandbox.container,
        "folder": str(sandbox.folder),
        "files": [[c.letter, c.path, c.kind.value, c.size] for c in sandbox.files],
        "diffs": sandbox.diffs,
    }


class SandboxResult(Actions, RunResult):
    """The run of a cell in a sandbox. `keep`, `discard` and `save` say what becomes of the `files` that changed.

    `withheld` are names of environment variables that were not passed, because they may hold secrets.
    """

    kind: ClassVar[str] = "sandbox"

    def __init__(self, command: Iterable[str], *, withheld: Iterable[str] = ()) -> None:
        super().__init__("host", command, where="a sandbox")
        self.sandbox: Sandbox | None = None
        self.withheld = tuple(withheld)

    def changed(self) -> list[str]:
        return file_lines(self.sandbox) if self.sandbox is not None else []

    def data(self) -> Json:
        return {**super().data(), "sandbox": sandbox_json(self.sandbox), "withheld": list(self.withheld)}


class SandboxFiles(Actions, Panel):
    """A sandbox that has ended. `keep`, `discard` and `save` say what becomes of it; buttons do the same.

    `said` is what was done by the buttons.
    """

    kind: ClassVar[str] = "sandbox-files"

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox: Sandbox = sandbox
        self.said: tuple[str, ...] = ()

    def text(self) -> str:
        lines = [*file_lines(self.sandbox), *self.said]
        for path, diff in self.sandbox.diffs.items():
            lines += ["", f"{shown_path(path, self.sandbox.folder)}:", *map(visible, diff)]
        return "\n".join(lines)

    def summary(self) -> str:
        count = len(self.files)
        return f"{self.sandbox.name}: {count} file{'s' if count != 1 else ''} changed"

    def data(self) -> Json:
        return {**(sandbox_json(self.sandbox) or {}), "said": list(self.said)}
