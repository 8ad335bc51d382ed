"""--trace on any command, and trace: how a command looks to docker, to the daemon and to the kernel."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jupyter_containers.commands.command import Argument, Command, Completes, Takes, chosen
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Message, Result
from jupyter_containers.commands.session import SHELL, Session
from jupyter_containers.errors import ContainersError

# What is needed for a trace is loaded when somebody wants one: every cell that loads the extension comes by here.
if TYPE_CHECKING:
    from jupyter_containers.client.rest_log import RestCall, RestLog
    from jupyter_containers.commands.trace_result import Request, Trace

_SAVE, _REPLAY = "save", "replay"
_LONGEST_WORDS = 500


def perform(session: Session, command: Command, options: Namespace, words: Sequence[str]) -> Result | None:
    """Run a command; with --trace show how it was done, too, and leave that as its result's `trace`.

    Raises what the command raises; what was done until then is shown all the same.
    """
    is_wanted = getattr(options, "trace", False)
    if not is_wanted and not (session.watchers and chosen(command, options).is_traced):
        return command.action(session, options)
    from jupyter_containers.commands.docker_line import docker_line
    from jupyter_containers.commands.trace_result import Trace

    verb, group = chosen(command, options), command.name if command.verbs else ""
    trace = Trace(_shown(words), docker_line(verb, options, session.body, surface=session.surface, group=group))
    with session.recording() as log:
        log.on_call = lambda call: _tell(session, call)
        try:
            result = command.action(session, options)
        finally:
            log.on_call = lambda _: None
            _fill(session, trace, log)
            for watcher in session.watchers:
                watcher.saw_processes(trace.processes)
            if is_wanted:
                session.last_trace = trace
                _show(session, trace)
    if result is not None and is_wanted:
        result.trace = trace
    return result


def _tell(session: Session, call: RestCall) -> None:
    for watcher in session.watchers:
        watcher.saw_request(_request(call))


def _request(c: RestCall) -> Request:
    from jupyter_containers.commands.trace_result import Request

    return Request(c.method, c.path, c.status, c.duration_us, c.sent_bytes, c.received_bytes)


def _show(session: Session, trace: Trace) -> None:
    """Show a trace beside what was asked for, which in a shell has standard output to itself."""
    if session.surface == SHELL:
        session.front.note(trace.text())
    else:
        session.front.show(trace)


def _shown(words: Sequence[str]) -> str:
    text = shlex.join([word for word in words if word != "--trace"])
    return text if len(text) <= _LONGEST_WORDS else f"{text[:_LONGEST_WORDS]}…"


def _fill(session: Session, trace: Trace, log: RestLog) -> None:
    from jupyter_containers.commands.trace_result import process_of

    trace.requests = tuple(map(_request, log.calls))
    try:
        trace.processes = tuple(process_of(record) for record in session.client.traces.of_log(log))
        trace.note = "" if trace.made else "no process was started"
    except ContainersError as error:
        trace.note = error.message


def trace(session: Session, options: Namespace) -> Result:
    words = list(options.words)
    if words[0] == _REPLAY:
        _check(words, 2, "FILE")
        return _diagram_of(session, words[1]) if options.diagram else _loaded(session, words[1])
    if options.diagram:
        raise UsageError("trace: --diagram goes with replay FILE; %container diagram shows what is at work now")
    if words[0] != _SAVE:
        _check(words, 1, "NAME")
        return of_container(session, words[0])
    if len(words) not in (2, 3):
        raise UsageError("trace: write trace save FILE for the last trace, or trace save FILE NAME for a container's")
    found = of_container(session, words[2]) if len(words) == 3 else session.last_trace
    if found is None:
        raise UsageError("trace: nothing was traced here yet; run a command with --trace, or name a container")
    return _save(session, found, words[1])


def _save(session: Session, found: Trace, name: str) -> Message:
    path = session.folder / name
    try:
        found.save(path)
    except OSError as error:
        raise UsageError(f"trace: cannot write {path}: {error.strerror}") from None
    return Message((f"saved {found.summary()} as {name}",), (str(path),))


def _loaded(session: Session, name: str) -> Trace:
    from jupyter_containers.commands.trace_result import Trace

    return Trace.load(session.folder / name)


def _diagram_of(session: Session, name: str) -> Result:
    from jupyter_containers.commands.diagram import Diagram

    return Diagram(replayed=_loaded(session, name))


def diagram(session: Session, options: Namespace) -> Result:
    from jupyter_containers.commands.diagram import Diagram

    return _diagram_of(session, options.file) if options.file else Diagram(session)


def _check(words: Sequence[str], count: int, what: str) -> None:
    if len(words) != count:
        raise UsageError(f"trace: {words[0]} takes one {what}" if count == 2 else f"trace: one {what} at a time")


def of_container(session: Session, name: str) -> Trace:
    """Return how a container was started last. Raises NotFound, Unsupported for another daemon than ours."""
    from jupyter_containers.commands.trace_result import Trace, process_of

    record = session.client.traces.of_container(name)
    process = process_of(record)
    note = "" if record.get("recorded") else "only the steps: start it with --trace for each call"
    found = session.last_trace = Trace(f"start {name}", f"docker start {shlex.quote(name)}", (), (process,), note)
    return found


TRACE = Command(
    "trace",
    "show how a container was started, call by call; save it, and show it anywhere",
    trace,
    (
        Argument(("--diagram",), "with replay: go through it in the diagram, step by step", Takes.NOTHING),
        Argument(
            ("words",), "a container; or save FILE [NAME]; or replay FILE", Takes.MANY, "NAME",
            completes=Completes.CONTAINER,
        ),
    ),
    details=(
        "  trace NAME              how the container was started last\n"
        "  trace save FILE [NAME]  keep the last trace, or a container's, in a file\n"
        "  trace replay FILE       show a saved trace: it needs no daemon and no privileges\n"
        "                          (with --diagram: step by step, as `diagram FILE` does)\n\n"
        "Any command takes --trace: it shows docker's line, the requests to the daemon, and each call to the kernel\n"
        "with its arguments, its result and how long it took. The result has it as .trace, with .records and .df."
    ),
)  # fmt: skip
DIAGRAM = Command(
    "diagram",
    "show the parts from client to kernel, and light those that are at work",
    diagram,
    (Argument(("file",), "a saved trace to go through, step by step", Takes.OPTIONAL, "FILE"),),
    details=(
        "It lights for what this notebook asks, for each call to the kernel behind it, and for what the daemon tells\n"
        "of others. Choose a part to see its last call. Close leaves a picture. With FILE, from `trace save FILE`, it\n"
        "goes through what was recorded, without a daemon."
    ),
)  # fmt: skip
