"""Statistics that go on in a real kernel until they are stopped, and leave no connection behind."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.notebook_kernel import Kernel

# What the table says of the processor.
PERCENT = re.compile(r"^web +([0-9.]+) ?%", re.MULTILINE)

THREADS = "import threading\n[t.name for t in threading.enumerate() if t.name.startswith('jupyter-containers')]"


def test_they_go_on_until_they_are_stopped(kernel: Kernel) -> None:
    kernel.run("%container run -d --name web busybox sleep 1000")
    request = kernel.begin("%container stats")
    reply = kernel.finish(request, until="web")
    kernel.interrupt()
    reply = kernel.finish(request, reply=reply)
    assert "the statistics were stopped" in reply.error_lines[0]
    (output,) = reply.outputs
    assert "web" in output["text/plain"]
    assert "memory: at most" in output["text/html"]
    assert kernel.run(THREADS).text == "[]"


def test_of_one_that_ends_they_end_too(kernel: Kernel, tmp_path: Path) -> None:
    body = "while [ ! -e /told/end ]; do :; done\n"
    kernel.run(f"%%container run -d --name web -v {tmp_path}:/told busybox\n{body}")
    request = kernel.begin("%container stats web")
    reply = kernel.finish(request, until=lambda text: any(float(found) > 5 for found in PERCENT.findall(text)))
    (tmp_path / "end").touch()
    reply = kernel.finish(request, reply=reply)
    assert reply.error is None
    (output,) = reply.outputs
    assert output["text/plain"].splitlines()[1].startswith("web ")
    course = output["application/vnd.jupyter-containers.stats-stream+json"]["courses"]["web"]
    assert max(processor for _, processor, _ in course) > 5


def test_one_sample_is_had_at_once_and_an_unknown_name_is_told(kernel: Kernel) -> None:
    kernel.run("%container run -d --name web busybox sleep 1000")
    assert "web" in kernel.run("%container stats --no-stream").text
    assert "nobody" in kernel.run("%container stats nobody").error_lines[0]
