"""What takes longer than half a second is seen meanwhile, and its result takes its place; what is quick is not."""

from __future__ import annotations

from tests.support.notebook_kernel import Kernel

STUBBORN = "%%container run -d --name web busybox\ntrap '' TERM\necho ready\nwhile :; do sleep 0.1; done\n"


def test_a_slow_stop_shows_a_bar_that_becomes_its_result(kernel: Kernel) -> None:
    kernel.run(STUBBORN)
    request = kernel.begin("%container stop -t 2 web")
    reply = kernel.finish(request, until="stop -t 2 web")
    assert "<progress></progress>" in reply.outputs[0]["text/html"]
    reply = kernel.finish(request, reply=reply)
    assert [output["text/plain"] for output in reply.outputs] == ["stopped web"]


def test_an_interrupted_one_is_settled_too(kernel: Kernel) -> None:
    kernel.run("%container run -d --name web busybox sleep 1000")
    request = kernel.begin("%container wait web")
    reply = kernel.finish(request, until="wait web")
    kernel.interrupt()
    reply = kernel.finish(request, reply=reply)
    (output,) = reply.outputs
    assert output["text/plain"].startswith("wait web · stopped after ")
    assert "KeyboardInterrupt" in reply.error_lines[0]
    assert "web" in kernel.run("%container ps").text


def test_a_quick_one_is_its_result_alone(kernel: Kernel) -> None:
    kernel.run("%container run -d --name web busybox sleep 1000")
    reply = kernel.run("%container kill web")
    assert (reply.text, reply.messages) == ("sent KILL to web", 1)


def test_one_after_the_other_is_counted(kernel: Kernel) -> None:
    for name in ("web", "web2"):
        kernel.run(STUBBORN.replace("web", name))
    request = kernel.begin("%container stop -t 2 web web2")
    reply = kernel.finish(request, until="1 of 2")
    assert 'max="2"' in reply.outputs[0]["text/html"]
    reply = kernel.finish(request, reply=reply)
    assert [output["text/plain"] for output in reply.outputs] == ["stopped web, web2"]


COMPOSED = """%%container compose -p slow up -d
services:
  web:
    image: busybox
    command: ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]
    stop_grace_period: 2s
"""


def test_what_shows_itself_stands_alone(kernel: Kernel) -> None:
    assert kernel.run(COMPOSED).error is None
    reply = kernel.run("%container compose -p slow stop")
    (output,) = reply.outputs
    assert output["text/plain"].startswith("stop container slow-web-1\n[stop of slow: 1 operation in ")
    assert kernel.run("%container compose -p slow down").error is None
