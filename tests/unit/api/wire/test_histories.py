"""Tests of api.wire.histories."""

from __future__ import annotations

from jupyter_containers.api.wire.histories import courses_json
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.history import Course, Courses
from jupyter_containers.engine.containers.record import HostSettings, Limits, Record


def test_an_answer_has_columns_by_name_and_limits() -> None:
    record = Record("ab", "web", 1, "sha256:x", host=HostSettings(limits=Limits(memory=9, cpu_quota=50_000)))
    course = Course(Container(record), [[number] for number in range(8)], (1234,))
    assert courses_json(Courses(1500, 4, 1 << 30, (course,))) == {
        "Now": 1.5, "Cpus": 4, "Memory": 1 << 30, "Containers": [{
            "Id": "ab", "Name": "web", "State": "created", "MemoryLimit": 9, "CpuLimit": 0.5, "PidsLimit": 0,
            "OutOfMemory": [1234], "Samples": {
                "At": [0], "CpuNs": [1], "Memory": [2], "Pids": [3], "Received": [4], "Sent": [5], "Read": [6],
                "Written": [7],
            },
        }],
    }  # fmt: skip
