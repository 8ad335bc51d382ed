"""`%container` and `%%container`: a line and a cell of a notebook become a command of the table."""

from __future__ import annotations

import shlex
from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Bool, Float, Int, List, TraitError, Unicode, observe, validate

from jupyter_containers.commands import parsing, settings_files, table, work
from jupyter_containers.commands.command import chosen
from jupyter_containers.commands.names import names
from jupyter_containers.commands.results import LiveResult, Table, visible
from jupyter_containers.commands.session import MAGIC, Session
from jupyter_containers.commands.settings import NAMES, SECTION, Settings, help_of
from jupyter_containers.errors import ContainersError
from jupyter_containers.magics import notebooks
from jupyter_containers.magics.completion import matcher
from jupyter_containers.magics.display import front_for
from jupyter_containers.magics.empty_body import keep_empty_body

PROG = "%container"
# Red and bold, as IPython writes the name of an exception.
_EMPHASIS, _PLAIN = "\x1b[1;31m", "\x1b[0m"


@magics_class
class ContainerMagics(Magics):  # type: ignore[misc, unused-ignore]
    """Containers in a notebook. `%config ContainerMagics` shows and sets what can be set."""

    host = Unicode("", help=help_of("host")).tag(config=True)
    image = Unicode("", help=help_of("image")).tag(config=True)
    timeout = Float(0.0, min=0.0, help=help_of("timeout")).tag(config=True)
    safe = Bool(False, help=help_of("safe")).tag(config=True)
    open_lines = Int(40, min=0, help=help_of("open_lines")).tag(config=True)
    short_errors = Bool(True, help=help_of("short_errors")).tag(config=True)
    aliases = List(Unicode(), help=help_of("aliases")).tag(config=True)

    def __init__(self, shell: Any) -> None:
        # Configuration of IPython sets the names while it is made.
        self._registered: list[str] = []
        super().__init__(shell)
        self._front = front_for(shell)
        self.session = Session(self._front, surface=MAGIC)
        self.session.namespace = shell.user_ns
        self.session.notebook = notebooks.notebook_of(shell)
        self.session.propose = shell.set_next_input
        self._matcher = matcher(lambda kind: names(self.session, kind), self._called)
        self._transformer = keep_empty_body(self._called)
        self._read_files()

    def _read_files(self) -> None:
        """Take the settings of files, where IPython's own configuration does not say otherwise."""
        try:
            kept = settings_files.load()
        except ContainersError as error:
            # A mistake in a file keeps nobody from working.
            self._front.note(error.message)
            return
        given = self.shell.config.get(SECTION, {})
        for name in set(NAMES) - set(given):
            if (value := getattr(kept, name)) != getattr(Settings(), name):
                setattr(self, name, list(value) if isinstance(value, tuple) else value)

    @property
    def settings(self) -> Settings:
        """What is set now."""
        values = {name: getattr(self, name) for name in NAMES}
        return Settings(**{**values, "aliases": tuple(self.aliases)})

    def _take_settings(self, changed: Settings) -> None:
        for name in NAMES:
            value = getattr(changed, name)
            if value != getattr(self.settings, name):
                setattr(self, name, list(value) if isinstance(value, tuple) else value)

    def _called(self) -> tuple[str, ...]:
        return ("container", *self._registered)

    @no_var_expand  # type: ignore[untyped-decorator, unused-ignore]
    @line_cell_magic  # type: ignore[untyped-decorator, unused-ignore]
    def container(self, line: str, cell: str | None = None) -> Any:
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

    def _command(self, line: str, cell: str | None) -> Any:
        words = _words(line)
        if not words or words in (["-h"], ["--help"], ["help"]):
            raise parsing.HelpWanted(table.overview(PROG, MAGIC))
        if words[0] == "help":
            words = [*words[1:], "--help"]
        command, settings = table.find(words[0], MAGIC), self.settings
        options = parsing.parse(command, words[1:], surface=MAGIC, prog=PROG, settings=settings)
        if cell is not None and cell.strip() and not chosen(command, options).body:
            raise parsing.UsageError(f"{command.name} takes nothing below its line; write {PROG} {line.strip()}")
        self.session.body, self.session.settings, self.session.line = cell or "", settings, line.strip()
        result = work.perform(self.session, command, options, words)
        self._take_settings(self.session.settings)
        if getattr(options, "df", False) and isinstance(result, Table):
            self._front.settle_slow()
            # It is the cell's value, and shows itself.
            return result.df
        if result is not None and not isinstance(result, LiveResult):
            self._front.show(result)
        self._front.settle_slow()
        return result

    def attach(self) -> None:
        """Add to the shell what is not a magic: completion, formatters, the empty body."""
        self._front.attach()
        self.shell.input_transformers_cleanup.append(self._transformer)
        if getattr(self.shell, "Completer", None) is not None:
            self.shell.Completer.custom_matchers.append(self._matcher)
        self._register_aliases()

    @validate("aliases")  # type: ignore[untyped-decorator, unused-ignore]
    def _check_aliases(self, proposal: Any) -> Any:
        for name in proposal["value"]:
            is_free = name in self._registered or self.shell.find_magic(name) is None
            if not name.isidentifier() or name == "container" or not is_free:
                why = "is no name" if not name.isidentifier() else "is the name of another magic"
                raise TraitError(f"{name!r} {why}, so it can be none of ours")
        return proposal["value"]

    @observe("aliases")  # type: ignore[untyped-decorator, unused-ignore]
    def _register_aliases(self, _: Any = None) -> None:
        """Have the magic go by its other names, too: %docker and %%docker."""
        self._forget_aliases()
        for name in self.aliases:
            self.shell.register_magic_function(self.container, "line_cell", name)
        self._registered = list(self.aliases)

    def _forget_aliases(self) -> None:
        for magics in self.shell.magics_manager.magics.values():
            for name in self._registered:
                magics.pop(name, None)
        self._registered = []

    def detach(self) -> None:
        """Take out of the shell what is there, and close connections."""
        self._front.detach()
        self._forget_aliases()
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


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise parsing.UsageError(f"cannot read the line: {error}") from None


def shorten(error: BaseException) -> None:
    """Have a shell show an exception in one line instead of with its stack, which is ours and helps nobody."""
    kind = "KeyboardInterrupt" if isinstance(error, KeyboardInterrupt) else type(error).__name__
    message = f": {error}" if str(error) else ""
    # What went wrong may be told in words of a container's or a registry's.
    words, *more = "\n".join([message, *getattr(error, "__notes__", ())]).expandtabs().split("\n")
    lines = [f"{_EMPHASIS}{kind}{_PLAIN}{visible(words)}", *map(visible, more)]
    # IPython asks the exception itself how it wants to be shown.
    error._render_traceback_ = lambda: lines  # type: ignore[attr-defined]
