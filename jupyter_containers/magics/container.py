"""`%container` and `%%container`: a line and a cell of a notebook become a command of the table."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Bool

from jupyter_containers.client import autostart, contexts
from jupyter_containers.client.images import split_name
from jupyter_containers.client.values import short_id
from jupyter_containers.commands import parsing, table, tracing
from jupyter_containers.commands.command import Completes, chosen
from jupyter_containers.commands.results import LiveResult, Result
from jupyter_containers.commands.session import MAGIC, Session
from jupyter_containers.errors import ContainersError
from jupyter_containers.magics.completion import matcher
from jupyter_containers.magics.display import front_for
from jupyter_containers.magics.empty_body import keep_empty_body

PROG = "%container"
HOST_IMAGE = "host"
# Red and bold, as IPython writes the name of an exception.
_EMPHASIS, _PLAIN = "\x1b[1;31m", "\x1b[0m"


@magics_class
class ContainerMagics(Magics):  # type: ignore[misc, unused-ignore]
    """Containers in a notebook. `%config ContainerMagics` shows and sets what can be set."""

    short_errors = Bool(True, help="Show errors in a line or two, without the calls that led to them.").tag(config=True)

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._front = front_for(shell)
        self.session = Session(self._front, surface=MAGIC)
        self.session.namespace = shell.user_ns
        self._matcher = matcher(self._names)
        self._transformer = keep_empty_body()

    @no_var_expand  # type: ignore[untyped-decorator, unused-ignore]
    @line_cell_magic  # type: ignore[untyped-decorator, unused-ignore]
    def container(self, line: str, cell: str | None = None) -> Result | None:
        """Replaced below by the overview of all commands, which is what `%container?` shows."""
        try:
            return self._command(line, cell)
        except parsing.HelpWanted as help_:
            print(help_)
            return None
        except (ContainersError, KeyboardInterrupt) as error:
            if self.short_errors:
                shorten(error)
            raise

    container.__doc__ = f"""Build images and run containers.

{table.overview(PROG, MAGIC)}

As %%container the cell below the line is the Dockerfile of `build`, or a script for `run` and `exec`.
Results are values: `result = %container run IMAGE` gives result.exit_code, .stdout, .stderr, .duration.
"""

    def _command(self, line: str, cell: str | None) -> Result | None:
        words = _words(line)
        if not words or words[0] in ("-h", "--help", "help"):
            raise parsing.HelpWanted(table.overview(PROG, MAGIC))
        command = table.find(words[0], MAGIC)
        options = parsing.parse(command, words[1:], surface=MAGIC, prog=PROG)
        if cell is not None and cell.strip() and not chosen(command, options).body:
            raise parsing.UsageError(f"{command.name} takes nothing below its line; write {PROG} {line.strip()}")
        self.session.body = cell or ""
        result = tracing.perform(self.session, command, options, words)
        if result is not None and not isinstance(result, LiveResult):
            self._front.show(result)
        return result

    def attach(self) -> None:
        """Add to the shell what is not a magic: completion, formatters, the empty body."""
        self._front.attach()
        self.shell.input_transformers_cleanup.append(self._transformer)
        if getattr(self.shell, "Completer", None) is not None:
            self.shell.Completer.custom_matchers.append(self._matcher)

    def detach(self) -> None:
        """Take out of the shell what is there, and close connections."""
        self._front.detach()
        for magics in self.shell.magics_manager.magics.values():
            magics.pop("container", None)
        matchers = getattr(getattr(self.shell, "Completer", None), "custom_matchers", [])
        if self._matcher in matchers:
            matchers.remove(self._matcher)
        if self._transformer in self.shell.input_transformers_cleanup:
            self.shell.input_transformers_cleanup.remove(self._transformer)
        if self in self.shell.configurables:
            self.shell.configurables.remove(self)
        self.session.close()

    def _names(self, kind: Completes) -> Sequence[str]:
        """Return the names that the daemon knows; a Tab starts no daemon, and fails in silence."""
        if self.session.uses_own_daemon and not autostart.is_running():
            return ()
        try:
            return _names_of(self.session, kind)
        except ContainersError:
            return ()


def _names_of(session: Session, kind: Completes) -> list[str]:
    names: list[str] = []
    if kind in (Completes.CONTAINER, Completes.RUNNING, Completes.ANYTHING):
        names += [c.name for c in session.client.containers.list(every=kind is not Completes.RUNNING)]
    if kind in (Completes.IMAGE, Completes.ANYTHING):
        found = [name for image in session.client.images.list() for name in image.names]
        names += [_short(name) for name in found] + [HOST_IMAGE]
    if kind is Completes.NETWORK:
        names += [network["Name"] for network in session.client.networks.list()]
    if kind is Completes.VOLUME:
        names += [volume["Name"] for volume in session.client.volumes.list()]
    if kind is Completes.STEP:
        names += [name for step in session.client.failed_steps.list() for name in (short_id(step.id), *step.names)]
    if kind is Completes.HOST:
        names += ["default", "unix://", "tcp://", "ssh://", *contexts.names()]
    return sorted(set(names))


def _short(name: str) -> str:
    repository, tag = split_name(name)
    return repository if tag == "latest" else name


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise parsing.UsageError(f"cannot read the line: {error}") from None


def shorten(error: BaseException) -> None:
    """Have a shell show an exception in one line instead of with its stack, which is ours and helps nobody."""
    kind = "KeyboardInterrupt" if isinstance(error, KeyboardInterrupt) else type(error).__name__
    message = f": {error}" if str(error) else ""
    lines = [f"{_EMPHASIS}{kind}{_PLAIN}{message}", *getattr(error, "__notes__", ())]
    # IPython asks the exception itself how it wants to be shown.
    error._render_traceback_ = lambda: lines  # type: ignore[attr-defined]
