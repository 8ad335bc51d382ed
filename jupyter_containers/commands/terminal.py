"""`jupyter-containers …` in a shell: words in, exit code out."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from jupyter_containers.commands import parsing, settings_files, table, work
from jupyter_containers.commands.command import Command, chosen
from jupyter_containers.commands.front import TerminalFront
from jupyter_containers.commands.results import LiveResult, Result, visible_lines
from jupyter_containers.commands.run_result import Interrupted, RunResult
from jupyter_containers.commands.session import SHELL, Session
from jupyter_containers.errors import ContainersError
from jupyter_containers.version import __version__

PROG = "jupyter-containers"
# As docker's CLI: of `run`, 125 is a failure of the daemon or of ours; what is below comes from the container.
USAGE, FAILED, INTERRUPTED = 2, 125, 130
_DAEMON_LINE = "\n  daemon   serve the Engine API in the foreground (daemon --help)"


def main(words: Sequence[str]) -> int:
    """Run one command; return the exit code."""
    try:
        return _main(list(words))
    except parsing.HelpWanted as help_:
        print(help_)
        return 0
    except Interrupted as error:
        _complain(str(error))
        code = error.result.exit_code if isinstance(error.result, RunResult) else None
        return INTERRUPTED if code is None else code
    except KeyboardInterrupt:
        return INTERRUPTED
    except parsing.UsageError as error:
        _complain(error.message)
        return USAGE
    except ContainersError as error:
        _complain("\n".join([error.message, *getattr(error, "__notes__", ())]))
        return int(error.details.get("exit_code", 1))
    except BrokenPipeError:
        # Whoever read our output has had enough; nothing is left to be said, not even at exit.
        sys.stdout = None
        return 0


def _complain(text: str) -> None:
    # What went wrong may be told in words of a container's or a registry's.
    print(f"{PROG}: {visible_lines(text)}", file=sys.stderr)


def _main(words: list[str]) -> int:
    if words[:1] in (["--version"], ["-v"]):
        print(f"{PROG} {__version__}")
        return 0
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    if not words or words[0] in ("-h", "--help"):
        print(table.overview(PROG, SHELL) + _DAEMON_LINE)
        return 0
    if words[0] == "--generate-config":
        words = ["config", "--generate"]
    command, settings = table.find(words[0], SHELL), settings_files.load()
    options = parsing.parse(command, words[1:], surface=SHELL, prog=PROG, settings=settings)
    session = Session(TerminalFront(), surface=SHELL, settings=settings)
    try:
        return _exit_code(command, session, work.perform(session, command, options, words))
    except ContainersError as error:
        if chosen(command, options).name == "run":
            error.details.setdefault("exit_code", FAILED)
        raise
    finally:
        session.close()


def _exit_code(command: Command, session: Session, result: Result | None) -> int:
    if result is None:
        return 0
    if not isinstance(result, LiveResult):
        session.front.show(result)
    if isinstance(result, RunResult):
        return result.exit_code or 0
    return 0 if result or not result.fails_when_false else 1
