"""Tests of magics.completion."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from IPython.core.completer import CompletionContext

from jupyter_containers.commands.command import Completes
from jupyter_containers.magics.completion import matcher

NAMES = {
    Completes.IMAGE: ["127.0.0.1:5000/busybox", "busybox", "debian:12", "host"],
    Completes.CONTAINER: ["db", "web"],
    Completes.RUNNING: ["web"],
    Completes.VOLUME: ["data"],
}


def completed(cell: str) -> list[str]:
    """Return what is proposed at the end of the cell."""
    asked: list[Completes] = []

    def names(kind: Completes) -> Sequence[str]:
        asked.append(kind)
        return NAMES.get(kind, [])

    lines = cell.split("\n")
    context = CompletionContext(
        token=lines[-1].split(" ")[-1],
        full_text=cell,
        cursor_position=len(lines[-1]),
        cursor_line=len(lines) - 1,
        limit=None,
    )
    answer = matcher(names)(context)
    assert answer["matched_fragment"] == lines[-1].split(" ")[-1]
    assert answer["suppress"] is bool(answer["completions"])
    return [completion.text for completion in answer["completions"]]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("%container im", ["images", "import", "image"]),
        ("x = %container im", ["images", "import", "image"]),
        ("%%container bu", ["build", "builder"]),
        ("%container run deb", ["debian:12"]),
        ("%container run 127.0.0.1:5000/b", ["127.0.0.1:5000/busybox"]),
        ("%%container run -m 64m bu", ["busybox"]),
        ("%container rm ", ["db", "web"]),
        ("%container exec ", ["web"]),
        ("%container run --memory-s", ["--memory-swap", "--memory-swappiness"]),
        ("%container image boo", ["bootstrap"]),
        ("%container volume rm d", ["data"]),
        ("%container run --pull=al", ["--pull=always"]),
        ("%container run --network=", []),
        ("%%container build -t x\nFR", ["FROM"]),
        ("%container compose -p x lo", ["logs"]),
        ("%container compose up --det", ["--detach"]),
        ("%%container compose up\nserv", ["services"]),
        ("%%container compose up\nservices:\n  web:\n    health", ["healthcheck"]),
        ("%%container compose up\nservices:\n  web:\n    restart: alw", ["always"]),
        ("%%container compose exec web\nserv", []),
        ("%%container build -t x\nfr", ["FROM"]),
        ("%%container build -t x\nFROM bu", ["busybox"]),
        ("%%container build -t x\nFROM busybox\nWO", ["WORKDIR"]),
        ("%%container build -t x\nFROM busybox AS one\nCOPY --from=o", ["--from=one"]),
        ("%%container build -t x\nFROM busybox AS one\nFROM o", ["one"]),
        ("%%container image build -t x\nFROM busybox\nRUN --mo", ["--mount="]),
        ("%docker im", []),
        ("%%container run x\nFR", []),
        ("x = 1\nprint(fr", []),
        ("import containers\nbu", []),
        ("%containers im", []),
        ("1\n%container im", ["images", "import", "image"]),
    ],
)
def test_what_fits_is_proposed(cell: str, found: list[str]) -> None:
    assert completed(cell) == found


def test_another_name_of_the_magic_is_completed_as_well() -> None:
    context = CompletionContext(token="im", full_text="%docker im", cursor_position=10, cursor_line=0, limit=None)
    answer = matcher(lambda _: (), lambda: ("container", "docker"))(context)
    assert [completion.text for completion in answer["completions"]] == ["images", "import", "image"]
