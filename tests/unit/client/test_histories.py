"""Tests of client.histories: rates, growing, tables."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jupyter_containers.client.addresses import Address
from jupyter_containers.client.histories import RECORD, Histories, History, sampled
from jupyter_containers.client.transport import Transport
from jupyter_containers.client.values import ContainerSummary, moment
from jupyter_containers.errors import NotFound, Unsupported
from tests.support.canned_server import answer, canned_server

NOW = 1_767_323_045.0
WIRE = {
    "Id": "ab", "Name": "web", "State": "running", "MemoryLimit": 100, "CpuLimit": 0.5, "PidsLimit": 9,
    "OutOfMemory": [1500], "Samples": {
        "At": [1000, 3000, 4000], "CpuNs": [0, 10**9, 5 * 10**8], "Memory": [1, 2, 3], "Pids": [1, 1, 1],
        "Received": [0, 10, 20], "Sent": [0, 0, 0], "Read": [0, 0, 0], "Written": [0, 0, 0],
    },
}  # fmt: skip


def history(*times: float, **fields: object) -> History:
    columns = ("memory_bytes", "pids", "cpu_ns", "received_bytes", "sent_bytes", "read_bytes", "written_bytes")
    values = {name: list(range(len(times))) for name in columns}
    return History("ab", "web", **{"state": "running", "times": list(times), **values, **fields})  # type: ignore[arg-type]


def histories(*found: History, now: float = NOW) -> Histories:
    return Histories(now, 4, 1000, True, list(found))


def test_columns_are_read_and_a_new_run_counts_from_zero() -> None:
    found = History.from_wire(WIRE)
    assert (found.times, found.memory_bytes, found.out_of_memory_at) == ([1.0, 3.0, 4.0], [1, 2, 3], (1.5,))
    assert found.cpu_percent == [50.0, 50.0]
    assert found.per_second("received_bytes") == [5.0, 10.0]
    assert History("ab", "web", "created").cpu_percent == []


def test_it_grows_by_what_is_newer_and_loses_what_is_an_hour_old() -> None:
    ours = histories(history(NOW - 3700, NOW - 10, out_of_memory_at=(NOW - 10,)), history(NOW))
    ours.containers[1].id = "gone"
    newer = history(NOW - 10, NOW, state="exited", out_of_memory_at=(NOW,))
    ours.extend(histories(newer, History("cd", "db", "created"), now=NOW + 1))
    assert [one.name for one in ours.containers] == ["web", "db"]
    web = ours.find("web")
    assert (web.times, web.state, ours.now) == ([NOW - 10, NOW], "exited", NOW + 1)
    assert web.memory_bytes == [1, 1]
    assert web.out_of_memory_at == (NOW - 10, NOW)
    ours.extend(histories(history(), now=NOW + 2))
    assert ours.find("ab").times == [NOW - 10, NOW]
    with pytest.raises(NotFound, match="'x'"):
        ours.find("x")


def test_a_table_has_a_row_for_each_sample() -> None:
    frame = histories(History.from_wire(WIRE)).frame()
    assert tuple(frame.columns) == RECORD
    assert frame["time"].iloc[0].isoformat() == "1970-01-01T00:00:01+00:00"
    assert frame["cpu_percent"].tolist()[1:] == [50.0, 50.0]
    assert frame["memory_limit_bytes"].tolist() == [100, 100, 100]
    assert tuple(histories().frame().columns) == RECORD


def test_a_container_that_goes_while_it_is_looked_at_has_no_sample(tmp_path: Path) -> None:
    here = ContainerSummary("ab", "web", "busybox", "sh", moment(0), "running", "Up")
    with canned_server(tmp_path, answer(b""), answer(b'{"MemTotal": 9, "NCPU": 2}')) as server:
        transport = Transport(Address(server.path))
        found = sampled(transport, [here])
        transport.close()
    assert (found.find("web").times, found.cpus, found.memory_bytes, found.is_kept) == ([], 2, 9, False)


def test_without_pandas_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(Unsupported, match="pip install pandas"):
        histories().frame()
