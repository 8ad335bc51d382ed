"""What a container uses, counted as docker's CLI counts, as numbers and as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from jupyter_containers.commands.quantities import size_text
from jupyter_containers.commands.results import Json, Table

_TITLES = ("NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS")


class Usages(Table):
    """What containers use; `samples` are the daemon's own words, `records` and `df` have numbers, sizes in bytes."""

    kind: ClassVar[str] = "stats"
    samples: Sequence[Json] = ()


def usages(samples: Mapping[str, Json]) -> Usages:
    """Return samples, by the containers' names, as a table."""
    records = [usage(name, sample) for name, sample in samples.items()]
    found = Usages("containers", _TITLES, tuple(map(usage_row, records)), records)
    found.samples = list(samples.values())
    return found


def usage(name: str, sample: Json) -> Json:
    """Return a sample as numbers, counted as docker's CLI counts; memory without the cache that can be given back."""
    memory = sample.get("memory_stats") or {}
    details = memory.get("stats") or {}
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    used, limit = max(memory.get("usage", 0) - cache, 0), memory.get("limit", 0)
    networks = (sample.get("networks") or {}).values()
    disk = (sample.get("blkio_stats") or {}).get("io_service_bytes_recursive") or ()
    read, written = (sum(e["value"] for e in disk if e["op"].lower() == way) for way in ("read", "write"))
    return {
        "name": name, "cpu_percent": _cpu_percent(sample), "memory_bytes": used, "memory_limit_bytes": limit,
        "memory_percent": 100 * used / limit if limit else 0.0,
        "received_bytes": sum(n["rx_bytes"] for n in networks), "sent_bytes": sum(n["tx_bytes"] for n in networks),
        "read_bytes": read, "written_bytes": written, "pids": (sample.get("pids_stats") or {}).get("current", 0),
    }  # fmt: skip


def usage_row(record: Json) -> tuple[str, ...]:
    """Return a line of statistics."""
    memory, limit = size_text(record["memory_bytes"]), size_text(record["memory_limit_bytes"])
    return (
        record["name"],
        f"{record['cpu_percent']:.2f}%",
        f"{memory} / {limit}",
        f"{record['memory_percent']:.2f}%",
        f"{size_text(record['received_bytes'])} / {size_text(record['sent_bytes'])}",
        f"{size_text(record['read_bytes'])} / {size_text(record['written_bytes'])}",
        str(record["pids"]),
    )


def _cpu_percent(sample: Json) -> float:
    now, before = sample.get("cpu_stats") or {}, sample.get("precpu_stats") or {}
    used = now.get("cpu_usage", {}).get("total_usage", 0) - before.get("cpu_usage", {}).get("total_usage", 0)
    passed = now.get("system_cpu_usage", 0) - before.get("system_cpu_usage", 0)
    return 100 * used / passed * now.get("online_cpus", 1) if used > 0 and passed > 0 else 0.0
