"""Failed steps as the client has them."""

from __future__ import annotations

from datetime import UTC, datetime

from jupyter_containers.client.failed_steps import FailedStep, failed_step_path

WIRE = {
    "Id": "ab" * 32, "Image": "failed-step:abababababab", "Names": ["a:1"], "Created": "2026-01-02T03:04:05.5Z",
    "File": "Dockerfile", "Line": 3, "EndLine": 4, "Instruction": "RUN x", "ExitCode": 7, "Output": ["o"],
    "Shell": ["sh", "-c"], "Env": ["A=1"], "WorkingDir": "/w", "User": "me", "NetworkMode": "none", "Size": 9,
    "InUse": True, "Missing": ["m"],
}  # fmt: skip


def test_a_step_is_read_whole() -> None:
    assert FailedStep.from_wire(WIRE) == FailedStep(
        "ab" * 32, ("a:1",), datetime(2026, 1, 2, 3, 4, 5, 500000, tzinfo=UTC), "Dockerfile", 3, 4, "RUN x", 7, ("o",),
        ("sh", "-c"), ("A=1",), "/w", "me", "none", 9, True, ("m",),
    )  # fmt: skip


def test_the_name_of_an_image_is_one_part_of_a_path() -> None:
    assert failed_step_path("host:5000/a/b") == "/build/failures/host%3A5000%2Fa%2Fb"
