"""The stream of events: what is kept, what is told while one listens, and when it ends."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.api_client import Api
from tests.support.eventually import eventually

pytestmark = pytest.mark.needs("root", "overlay")


def events(api: Api, **query: object) -> list[tuple[str, str]]:
    content = api.get("/events", **{"since": "1", "until": f"{time.time():.6f}", **query}).content
    return [(line["Type"], line["Action"]) for line in map(json.loads, content.splitlines())]


@pytest.fixture
def told(api: Api) -> Iterator[float]:
    """A volume that has come and gone; the moment before it did."""
    before = time.time()
    api.post("/volumes/create", {"Name": "told"})
    api.delete("/volumes/told")
    yield before


def test_events_are_kept_and_filtered(api: Api, told: float) -> None:
    since = f"{told:.6f}"
    assert events(api, filters={"volume": ["told"]}, since=since) == [("volume", "create"), ("volume", "destroy")]
    assert events(api, filters={"volume": ["told"], "event": ["destroy"]}, since=since) == [("volume", "destroy")]
    assert events(api, filters={"type": ["network"]}, since=since) == []
    assert ("image", "import") in events(api, filters={"type": ["image"]})


def test_an_end_alone_asks_for_all_that_is_kept_before_it(api: Api, told: float) -> None:
    content = api.get("/events", until=str(time.time()), filters={"volume": ["told"]}).content
    actions = [json.loads(line)["Action"] for line in content.splitlines()]
    assert actions[-2:] == ["create", "destroy"]
    assert api.get("/events", until=f"{told:.6f}", filters={"volume": ["told"], "event": ["zz"]}).content == b""


def test_moments_are_read_in_each_form(api: Api, told: float) -> None:
    until = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 1)) + ".5Z"
    since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(told - 60)) + ".25+00:00"
    assert ("volume", "destroy") in events(api, since=since, until=until, filters={"volume": ["told"]})
    assert ("volume", "destroy") in events(api, since="5m", filters={"volume": ["told"]})


def test_who_listens_hears_each_event_once_until_the_end(api: Api) -> None:
    until = time.time() + 1.5
    with ThreadPoolExecutor() as pool:
        listening = pool.submit(api.get, "/events", since="1", until=str(until), filters={"volume": ["heard"]})
        eventually(lambda: api.get("/info").json["NEventsListener"] == 1)
        api.post("/volumes/create", {"Name": "heard"})
        api.delete("/volumes/heard")
        content = listening.result().content
    assert [json.loads(line)["Action"] for line in content.splitlines()] == ["create", "destroy"]
    assert time.time() >= until
    eventually(lambda: api.get("/info").json["NEventsListener"] == 0)


def test_a_listener_that_vanishes_is_forgotten(api: Api) -> None:
    client = socket.socket(socket.AF_UNIX)
    client.connect(api.path)
    client.sendall(b"GET /v1.51/events HTTP/1.1\r\nHost: d\r\n\r\n")
    assert b" 200 " in client.recv(4096)
    assert api.get("/info").json["NEventsListener"] == 1
    client.close()
    eventually(lambda: api.get("/info").json["NEventsListener"] == 0)


def test_a_listener_that_comes_in_the_middle_of_a_storm_misses_nothing(api: Api) -> None:
    done = threading.Event()

    def storm() -> None:
        while not done.is_set():
            api.post("/volumes/create", {"Name": "storm"})
            api.delete("/volumes/storm")

    thread = threading.Thread(target=storm)
    thread.start()
    try:
        since = f"{time.time():.6f}"
        query = {"since": since, "until": f"{time.time() + 1:.6f}", "filters": {"volume": ["storm"]}}
        heard = [json.loads(line) for line in api.get("/events", **query).content.splitlines()]
    finally:
        done.set()
        thread.join()
    moments = [event["timeNano"] for event in heard]
    assert moments == sorted(set(moments))
    again = [json.loads(line) for line in api.get("/events", **query).content.splitlines()]
    assert heard == again


@pytest.mark.parametrize(
    "query", [{"since": "yesterday"}, {"filters": {"colour": ["red"]}}, {"filters": "[]"}, {"since": "5", "until": "1"}]
)
def test_a_question_that_makes_no_sense_is_refused_at_once(api: Api, query: dict[str, object]) -> None:
    assert api.get("/events", **query).status == 400
