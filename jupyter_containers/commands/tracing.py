"""--trace on any command, and trace: how a command looks to docker, to the daemon and to the kernel."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Sequence

from jupyter_containers.client.rest_log import RestCall, RestLog
from jupyter_containers.commands.command import Argument, Command, Completes, Takes, chosen
from jupyter_containers.commands.docker_line import docker_line
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Message, Result
from jupyter_containers.commands.session import SHELL, Session
from jupyter_containers.commands.trace_result import Process, Request, Trace, process_of
from jupyter_containers.errors import ContainersError

_SAVE, _REPLAY = "save", "replay"
_LONGEST_WORDS = 500


def perform(session: Session, command: Command, options: Namespace, words: Sequence[str]) -> Result | None:
    """Run a command; with --trace show how it was done, too, and leave that as its result's `trace`.

    Raises what the command raises; what was done until then is shown all the same.
    """
    is_wanted = getattr(options, "trace", False)
    if not is_wanted and not (session.watchers and chosen(command, options).is_traced):
        return command.action(session, options)
    verb, group = chosen(command, options), command.name if command.verbs else ""
    trace = Trace(_shown(words), docker_line(verb, options, session.body, surface=session.surface, group=group))
    client = session.client
    with client.traces.recording() as log:
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
    trace.requests = tuple(map(_request, log.calls))
    try:
        trace.processes = tuple(process_of(record) for record in session.client.traces.of_log(log))
        trace.note = "" if trace.processes else "no process was started"
    except ContainersError as error:
        trace.note = error.message


def trace(session: Session, options: Namespace) -> Result:
    words = list(options.words)
    if words[0] == _REPLAY:
        _check(words, 2, "FILE")
        return Trace.load(session.folder / words[1])
    if words[0] != _SAVE:
        _check(words, 1, "NAME")
        return of_container(session, words[0])
    if len(words) not in (2, 3):
        raise UsageError("trace: write trace save FILE for the last trace, or trace save FILE NAME for a container's")
    found = of_container(session, words[2]) if len(words) == 3 else session.last_trace
    if found is None:
        raise UsageError("trace: nothing was traced here yet; run a command with --trace, or name a container")
    path = session.folder / words[1]
    try:
        found.save(path)
    except OSError as error:
        raise UsageError(f"trace: cannot write {path}: {error.strerror}") from None
    session.last_trace = found
    return Message((f"saved {found.summary()} as {words[1]}",), (str(path),))


def _check(words: Sequence[str], count: int, what: str) -> None:
    if len(words) != count:
        raise UsageError(f"trace: {words[0]} takes one {what}" if count == 2 else f"trace: one {what} at a time")


def of_container(session: Session, name: str) -> Trace:
    """Return how a container was started last. Raises NotFound, Unsupported for another daemon than ours."""
    record = session.client.traces.of_container(name)
    process: Process = process_of(record)
    note = "" if record.get("recorded") else "only the steps: start it with --trace for each call"
    found = session.last_trace = Trace(f"start {name}", f"docker start {shlex.quote(name)}", (), (process,), note)
    return found


TRACE = Command(
    "trace",
    "show how a container was started, call by call; save it, and show it anywhere",
    trace,
    (
        Argument(
            ("words",), "a container; or save FILE [NAME]; or replay FILE", Takes.MANY, "NAME",
            completes=Completes.CONTAINER,
        ),
    ),
    details=(
        "  trace NAME              how the container was started last\n"
        "  trace save FILE [NAME]  keep the last trace, or a container's, in a file\n"
        "  trace replay FILE       show a saved trace: it needs no daemon and no privileges\n\n"
        "Any command takes --trace: it shows docker's line, the requests to the daemon, and each call to the kernel\n"
        "with its arguments, its result and how long it took. The result has it as .trace, with .records and .df."
    ),
)  # fmt: skip
