"""The history of statistics in JSON. Docker has no such thing: the names are ours, in its style.

Times are milliseconds since the epoch, but for `Now`, which is seconds, as `since` takes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_containers.engine.containers.history import Course, Courses

_NAMES = ("At", "CpuNs", "Memory", "Pids", "Received", "Sent", "Read", "Written")


def courses_json(found: Courses) -> dict[str, Any]:
    """Write an answer."""
    return {
        "Now": found.at / 1000,
        "Cpus": found.cpus,
        "Memory": found.memory_bytes,
        "Containers": [_course_json(course) for course in found.courses],
    }


def _course_json(course: Course) -> dict[str, Any]:
    record = course.container.record
    return {
        "Id": record.id,
        "Name": record.name,
        "State": record.state.status.value,
        "MemoryLimit": course.memory_limit_bytes,
        "CpuLimit": course.cpu_limit,
        "PidsLimit": course.pids_limit,
        "OutOfMemory": list(course.out_of_memory_at),
        "Samples": dict(zip(_NAMES, course.columns, strict=True)),
    }
