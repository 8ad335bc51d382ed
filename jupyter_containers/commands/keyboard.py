"""run -it, exec -it and attach in a shell: this terminal's keyboard and screen are the process's."""

from __future__ import annotations

import os
import selectors
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from jupyter_containers.client.raw import RawStream
from jupyter_containers.client.run_settings import ExecSettings, RunSettings
from jupyter_containers.client.runs import Luggage, Outcome
from jupyter_containers.client.streams import STDERR
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.commands.session import Session
from jupyter_containers.commands.terminal_ways import has_ended

_READ_BYTES = 64 * 1024


def run(
    session: Session, settings: RunSettings, *, terminal: bool, stdin: bool, luggage: Luggage | None = None
) -> RunResult:
    """Run a container with this terminal (or these pipes) as its own. Raises UsageError without a terminal."""
    _check(terminal and stdin)
    client = session.client
    settings = replace(settings, terminal=terminal, stdin=stdin, console_size=_size() if terminal else None)

    def attend(stream: RawStream, id_: str) -> None:
        def resize(height: int, width: int) -> None:
            client.containers.resize(id_, height=height, width=width)

        _attend(stream, stdin=stdin, resize=resize if terminal else None)

    outcome = client.runs.run(settings, _write, attend=attend, luggage=luggage)
    return _result(RunResult(settings.image, settings.command or ()), outcome)


def run_exec(session: Session, container: str, settings: ExecSettings, *, terminal: bool, stdin: bool) -> RunResult:
    """Run one more process in a container with this terminal (or these pipes) as its own."""
    _check(terminal and stdin)
    client = session.client
    settings = replace(settings, terminal=terminal, stdin=stdin)

    def attend(stream: RawStream, id_: str) -> None:
        def resize(height: int, width: int) -> None:
            client.execs.resize(id_, height=height, width=width)

        if terminal:
            resize(*_size())
        _attend(stream, stdin=stdin, resize=resize if terminal else None)

    outcome = client.runs.run_exec(container, settings, _write, attend=attend)
    return _result(RunResult("", settings.command, where=container), outcome)


def attach(session: Session, container: str, *, terminal: bool, stdin: bool, detach_keys: str = "") -> RunResult:
    """Go to the process of a container with this terminal; its exit code is the result's, when it ends meanwhile."""
    client, result = session.client, RunResult("", (), where=container)

    def resize(height: int, width: int) -> None:
        client.containers.resize(container, height=height, width=width)

    has_screen = terminal and sys.stdin.isatty()
    with (
        client.containers.attach(container, stdin=stdin, terminal=terminal, detach_keys=detach_keys) as stream,
        closing(client.containers.wait(container)) as waiting,
    ):
        if has_screen:
            resize(*_size())
        _attend(stream, stdin=stdin, resize=resize if has_screen else None)
        ended = has_ended(client, container)
        result.exit_code = waiting.result() if ended else 0
    if not ended:
        session.front.note(f"{container} runs on; attach comes back to it")
    return result


def _result(result: RunResult, outcome: Outcome) -> RunResult:
    result.apply(outcome)
    return result


def _check(needs_terminal: bool) -> None:
    if needs_terminal and not sys.stdin.isatty():
        raise UsageError("the input is not a terminal; leave -t out")


def _write(stream: int, content: bytes) -> None:
    file = sys.stderr if stream == STDERR else sys.stdout
    file.buffer.write(content)
    file.flush()


def _size() -> tuple[int, int]:
    """Return height and width of this terminal."""
    size = os.get_terminal_size(sys.stdout.fileno() if sys.stdout.isatty() else sys.stdin.fileno())
    return size.lines, size.columns


def _attend(stream: RawStream, *, stdin: bool, resize: Callable[[int, int], None] | None) -> None:
    if resize is None:
        pump(stream, 0 if stdin else None, _write)
        return
    with _raw_keyboard(stdin), _following_size(resize):
        pump(stream, 0 if stdin else None, _write)


def pump(stream: RawStream, input_fd: int | None, write: Callable[[int, bytes], None]) -> None:
    """Carry input to the stream and output from it until the stream ends; the input's end is passed on."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        if input_fd is not None:
            try:
                selector.register(input_fd, selectors.EVENT_READ)
            except PermissionError:
                # A regular file cannot be waited for: it is always ready.
                _pour(input_fd, stream)
        while True:
            ready = [stream] if stream.has_early_bytes else [key.fileobj for key, _ in selector.select()]
            if stream in ready:
                pieces = stream.receive()
                if pieces is None:
                    return
                for kind, content in pieces:
                    write(kind, content)
            if input_fd is not None and input_fd in ready and not _pass_on(input_fd, stream):
                selector.unregister(input_fd)


def _pass_on(input_fd: int, stream: RawStream) -> bool:
    """Send what is there; return False at the end of the input, or when nobody listens any more."""
    content = os.read(input_fd, _READ_BYTES)
    try:
        stream.send(content)
    except OSError:
        return False
    if not content:
        stream.close_input()
    return bool(content)


def _pour(input_fd: int, stream: RawStream) -> None:
    while _pass_on(input_fd, stream):
        pass


@contextmanager
def _raw_keyboard(wanted: bool) -> Iterator[None]:
    """Pass keys on as they are typed, Ctrl-C among them."""
    if not (wanted and sys.stdin.isatty()):
        yield
        return
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    tty.setraw(fd)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


@contextmanager
def _following_size(resize: Callable[[int, int], None]) -> Iterator[None]:
    before = signal.signal(signal.SIGWINCH, lambda *_: resize(*_size()))
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
