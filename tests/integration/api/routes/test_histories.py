"""The history of statistics over the API: kept without being asked for, limits and ends by lack of memory in it."""

from __future__ import annotations

import time
from typing import Any

from tests.support.api_client import Api
from tests.support.eventually import eventually

HOG = "x=$(head -c 3000000 /dev/zero | tr '\\0' x); while true; do x=$x$x; done"


def history(api: Api, container: str, **query: Any) -> dict[str, Any]:
    [found] = api.get("/containers/stats/history", container=container, **query).json["Containers"]
    return dict(found)


def test_who_asks_gets_all_that_run_with_their_limits(api: Api) -> None:
    busy = api.run("sh", "-c", "while true; do :; done", host={"Memory": 64 << 20, "NanoCpus": 300_000_000})
    still = api.create("true", name="still")
    body = api.get("/containers/stats/history").json
    assert body["Cpus"] >= 1
    by_id = {one["Id"]: one for one in body["Containers"]}
    assert (by_id[still]["Name"], by_id[still]["State"], by_id[still]["Samples"]["At"]) == ("still", "created", [])
    found = by_id[busy]
    assert (found["MemoryLimit"], found["CpuLimit"], found["PidsLimit"]) == (64 << 20, 0.3, 0)

    def three() -> dict[str, Any] | None:
        samples: dict[str, Any] = history(api, busy)["Samples"]
        return samples if len(samples["At"]) >= 3 else None

    samples = eventually(three)
    begun = {name: column[0] for name, column in samples.items() if name != "At"}
    assert set(begun.values()) == {0}, "a run begins with nothing"
    assert samples["CpuNs"][2] > samples["CpuNs"][1] > 0
    assert samples["Pids"][1:3] == [1, 1]
    assert 0 < samples["Memory"][2] < 64 << 20
    assert abs(samples["At"][2] / 1000 - time.time()) < 60


def test_only_what_is_newer_is_sent_again(api: Api) -> None:
    container = api.run("sleep", "60")
    eventually(lambda: history(api, container)["Samples"]["At"])
    first = api.get("/containers/stats/history").json
    newer = eventually(lambda: history(api, container, since=f"{first['Now']:.3f}")["Samples"]["At"])
    assert newer[0] / 1000 > first["Now"]
    assert history(api, container, since="2100-01-01T00:00:00Z")["Samples"]["At"] == []


def test_traffic_is_counted_in_both_directions(api: Api) -> None:
    script = "ping -c 3 $(ip route | sed -n 's/default via \\([0-9.]*\\).*/\\1/p') >/dev/null; sleep 60"
    container = api.run("sh", "-c", script, host={"NetworkMode": "bridge"})

    def sent() -> bool:
        samples = history(api, container)["Samples"]
        return min(samples["Received"][-1:] + samples["Sent"][-1:], default=0) > 200

    eventually(sent)


def test_a_hog_has_its_mark_whether_all_of_it_was_killed_or_a_part(api: Api) -> None:
    limits = {"Memory": 16 << 20, "MemorySwap": 16 << 20}
    whole = api.run("sh", "-c", HOG, host=limits)
    assert api.wait(whole) == 137
    ended = history(api, whole)
    assert ended["State"] == "exited"
    assert [abs(at / 1000 - time.time()) < 60 for at in ended["OutOfMemory"]] == [True]
    assert max(ended["Samples"]["Memory"]) == 16 << 20, "its line comes to the limit"
    part = api.run("sh", "-c", f"sh -c '{HOG.replace(chr(39), chr(34))}'; sleep 60", host=limits)
    marks = eventually(lambda: history(api, part)["OutOfMemory"])
    assert (len(marks), history(api, part)["State"]) == (1, "running")
    assert max(history(api, part)["Samples"]["Memory"]) == 16 << 20


def test_a_name_that_is_not_there_and_a_time_that_is_none_are_refused(api: Api) -> None:
    assert api.get("/containers/stats/history", container="nosuch").status == 404
    assert api.get("/containers/stats/history", since="yesterday").status == 400
