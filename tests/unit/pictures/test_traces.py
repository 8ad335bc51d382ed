"""Tests of pictures.traces."""

from __future__ import annotations

from jupyter_containers.commands.trace_result import Call, Process, Request, Trace
from jupyter_containers.pictures import picture
from tests.support.pictures import EVIL, check, words

CALLS = tuple(Call("inside", "mount proc on /proc", name, ("x",), "0", 10) for name in ("fsopen", "fsmount"))
REFUSED = Call("inside", "drop privileges", "seccomp", ("SECCOMP_SET_MODE_FILTER",), "EACCES", 7)


def trace(*calls: Call, note: str = "") -> Trace:
    requests = tuple(Request("GET", path, status, 5, 0, 9) for path, status in (("/info", 200), ("/x", 404), ("/y", 0)))
    return Trace("run x", "docker run x", requests, (Process("container", "1", "web", calls),) if calls else (), note)


def test_a_trace_has_three_parts() -> None:
    shown = words(trace(*CALLS, REFUSED))
    assert "CLI: the same with dockerdocker run x" in shown
    assert "REST: 3 requests to the daemon" in shown
    assert "kernel: 3 calls" in shown
    assert picture(trace(*CALLS)).count("<details>") == 3


def test_answers_are_told_by_sign_and_number() -> None:
    shown = words(trace(*CALLS))
    assert "GET /info✓ 200" in shown
    assert "GET /x✗ 404" in shown
    assert "GET /y✗ none" in shown


def test_many_calls_of_a_step_are_behind_its_words() -> None:
    many = trace(*CALLS, *CALLS)
    assert "mount proc on /proc: 4 calls, 40 µs, inside" in words(many).replace("\N{NO-BREAK SPACE}", " ")
    assert picture(many).count("<details>") == 4


def test_a_refused_call_is_marked() -> None:
    assert "✗ seccomp(SECCOMP_SET_MODE_FILTER) = EACCES" in words(trace(REFUSED))


def test_what_a_registry_was_asked_is_among_the_requests() -> None:
    call = Call("registry", "registry", "GET", ("https://host/v2/x/manifests/latest",), "200", 9)
    asked = Trace("pull x", processes=(Process("registry", "", "host", (call,) * 5),))
    shown = words(asked)
    assert "REST: 0 requests to the daemon" in shown
    assert "registry host: 5 calls" in shown.partition("kernel: 0 calls")[0]
    assert "the image's table of contents" in shown


def test_a_note_tells_why_there_is_nothing() -> None:
    assert "kernel: 0 callsno process was started" in words(trace(note="no process was started"))


def test_hostile_words_are_text() -> None:
    call = Call(EVIL, EVIL, EVIL, (EVIL,), EVIL, 1)
    evil = Trace(EVIL, EVIL, (Request(EVIL, EVIL, 1, 1, 1, 1),), (Process(EVIL, EVIL, EVIL, (call,) * 5),), EVIL)
    html = picture(evil)
    check(html)
    assert "\x1b" not in html
