"""Failed steps on the wire."""

from __future__ import annotations

import pytest

from jupyter_containers.api.wire.failed_steps import failure_json, is_failure_prunable, usage_json
from jupyter_containers.build.failed_step import FailedStep
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.operations.definitions import Execute
from jupyter_containers.engine.failed_steps import Failure

OPERATION = Execute(("sh", "-c", "x"), ("A=1",), "/w", "me", "none", shell=("sh", "-c"), hidden_env=("http_proxy=p",))
FAILURE = Failure(
    FailedStep("ab" * 32, OPERATION, Filesystem(), 7, ("o",), (3, 4), "RUN x"), 2.0, ("a:1",), "Dockerfile"
)


def test_a_failure_says_where_it_is_and_what_it_had() -> None:
    written = failure_json(FAILURE, size=9, in_use=True, missing=["m"])
    assert written == {
        "Id": "ab" * 32, "Image": "failed-step:abababababab", "Names": ["a:1"], "Created": "1970-01-01T00:00:02Z",
        "File": "Dockerfile", "Line": 3, "EndLine": 4, "Instruction": "RUN x", "ExitCode": 7, "Output": ["o"],
        "Shell": ["sh", "-c"], "Env": ["A=1"], "WorkingDir": "/w", "User": "me", "NetworkMode": "none", "Size": 9,
        "InUse": True, "Missing": ["m"],
    }  # fmt: skip


def test_it_is_a_part_of_the_build_cache() -> None:
    written = usage_json(FAILURE, size=9, in_use=True, version=(1, 51))
    assert (written["Description"], written["Size"], written["InUse"]) == ("failed step RUN x", 9, True)
    assert "Parents" in written
    assert usage_json(FAILURE, size=9, in_use=True, version=(1, 41))["Parent"] == ""


@pytest.mark.parametrize(
    ("wanted", "until", "goes"),
    [
        ({}, [], True),
        ({}, [3.0], True),
        ({}, [1.0], False),
        ({"label": ["a"]}, [], False),
        ({"type": ["regular"]}, [], True),
        ({"type": ["internal"]}, [], False),
        ({"id": ["ab"]}, [], True),
        ({"id": ["ba"]}, [], False),
        ({"inuse": ["true"]}, [], False),
        ({"private": ["true"]}, [], True),
    ],
)
def test_a_prune_takes_it_by_its_filters(wanted: dict[str, list[str]], until: list[float], goes: bool) -> None:
    assert is_failure_prunable(FAILURE, wanted, until) is goes
