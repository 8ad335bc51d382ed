"""Tests of compose.up: real containers."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.values import Event
from jupyter_containers.commands.compose_result import ProjectResult
from jupyter_containers.errors import Conflict, ContainersError, DeadlineExceeded, NotFound
from tests.integration.compose.conftest import PROJECT, Compose
from tests.support.eventually import eventually

SHOP = """
services:
  web:
    image: busybox
    command: ["sh", "-c", "wget -qO- http://db/; exec sleep 600"]
    depends_on: {db: {condition: service_healthy}}
    stop_grace_period: 0s
  db:
    image: busybox
    command: sh -c "mkdir /w; echo stored >/w/index.html; usleep 300000; httpd -h /w; touch /ready; exec sleep 900"
    stop_grace_period: 0s
    healthcheck: {test: test -e /ready, interval: 1s, start_interval: 100ms, start_period: 20s}
    volumes: [kept:/kept, /nameless]
volumes: {kept: }
"""
SLEEP = "{image: busybox, command: sleep 600, stop_grace_period: 0s}"


def ids(client: Client, project: str = "shop") -> dict[str, str]:
    found = client.containers.list(every=True, filters={"label": [f"{PROJECT}={project}"]})
    return {one.name: one.id for one in found}


def test_a_service_starts_when_what_it_needs_is_healthy(compose: Compose, client: Client) -> None:
    since = client.following.now()
    result = compose("up", "-d", body=SHOP)
    assert {one.name: one.words for one in result.containers.values()} == {
        "shop-web-1": "running", "shop-db-1": "running (healthy)",
    }  # fmt: skip
    events = client.system.events(since=since, until=client.following.now(), filters={"type": ["container"]})
    told = [(event.action, event.attributes["name"]) for event in events if isinstance(event, Event)]
    assert told.index(("health_status: healthy", "shop-db-1")) < told.index(("start", "shop-web-1"))
    eventually(lambda: "stored" in compose("logs", "web").stdout)


def test_up_again_changes_nothing(compose: Compose, client: Client) -> None:
    compose("up", "-d", body=SHOP)
    before = ids(client)
    result = compose("up", "-d", body=SHOP)
    assert ids(client) == before
    assert result.done == []


def test_only_what_has_changed_is_made_anew(compose: Compose, client: Client) -> None:
    compose("up", "-d", body=SHOP)
    before = ids(client)
    result = compose("up", "-d", body=SHOP.replace("exec sleep 600", "exec sleep 601"))
    after = ids(client)
    assert after["shop-db-1"] == before["shop-db-1"]
    assert after["shop-web-1"] != before["shop-web-1"]
    assert set(after) == set(before)
    assert "recreate container shop-web-1: the file says something else now" in result.done


def test_a_container_made_anew_keeps_its_volumes(compose: Compose, client: Client) -> None:
    compose("up", "-d", "db", body=SHOP)
    compose("exec", "db", "sh", "-c", "echo one >/kept/x; echo two >/nameless/x")
    compose("up", "-d", "--force-recreate", "db", body=SHOP)
    assert compose("exec", "db", "cat", "/kept/x", "/nameless/x").stdout == "one\ntwo\n"
    compose("up", "-d", "--force-recreate", "-V", "db", body=SHOP)
    assert compose("exec", "db", "ls", "/kept", "/nameless").stdout == "/kept:\nx\n\n/nameless:\n"


def test_services_grow_and_shrink(compose: Compose, client: Client) -> None:
    body = f"services: {{a: {SLEEP}}}"
    compose("up", "-d", "--scale", "a=3", body=body)
    first = ids(client)
    assert set(first) == {"shop-a-1", "shop-a-2", "shop-a-3"}
    compose("up", "-d", "--scale", "a=1", body=body)
    assert ids(client) == {"shop-a-1": first["shop-a-1"]}


def test_up_follows_all_to_their_end(compose: Compose) -> None:
    body = """
services:
  one: {image: busybox, command: sh -c 'echo out; echo err >&2; exit 3'}
  two: {image: busybox, command: "printf unfinished", depends_on: {one: {condition: service_started}}}
"""
    result = compose("up", body=body)
    assert isinstance(result, ProjectResult)
    assert sorted(result.stdout.splitlines()) == ["one-1 | out", "two-1 | unfinished"]
    assert result.stderr == "one-1 | err\n"
    assert {one.service: one.exit_code for one in result.containers.values()} == {"one": 3, "two": 0}
    assert result


def test_started_again_only_the_new_output_is_shown(compose: Compose) -> None:
    body = "services: {one: {image: busybox, command: cat /proc/sys/kernel/random/uuid}}"
    first = compose("up", body=body).stdout
    second = compose("up", body=body).stdout
    assert second.count("\n") == 1
    assert second != first


def test_a_job_that_must_complete_first(compose: Compose) -> None:
    body = """
services:
  job: {image: busybox, command: sh -c 'usleep 200000; echo made >/d/x', volumes: [d:/d]}
  web: {image: busybox, command: cat /d/x, volumes: [d:/d],
        depends_on: {job: {condition: service_completed_successfully}}}
volumes: {d: }
"""
    assert compose("up", body=body).stdout == "web-1 | made\n"


@pytest.mark.parametrize(
    ("job", "condition", "message"),
    [
        ("command: 'false'", "service_completed_successfully",
         "shop-web-1 does not start: shop-job-1, which must complete first, ended with exit code 1"),
        ("command: sleep 600, healthcheck: {test: 'false', interval: 100ms, retries: 1}", "service_healthy",
         "shop-web-1 does not start: shop-job-1 is unhealthy; its logs may tell why"),
        ("command: sh -c 'exit 4', healthcheck: {test: 'true', interval: 10s}", "service_healthy",
         "shop-web-1 does not start: shop-job-1, which must be healthy first, ended with exit code 4"),
        ("command: sleep 600", "service_healthy", "must be healthy first, and has no health check"),
    ],
)  # fmt: skip
def test_what_waits_in_vain_is_told(compose: Compose, client: Client, job: str, condition: str, message: str) -> None:
    body = f"""
services:
  job: {{image: busybox, stop_grace_period: 0s, {job}}}
  web: {{image: busybox, command: echo never, depends_on: {{job: {{condition: {condition}}}}}}}
"""
    with pytest.raises(ContainersError) as caught:
        compose("up", "-d", body=body)
    assert message in caught.value.message
    # What has never been started is not left behind.
    assert set(ids(client)) == {"shop-job-1"}
    with pytest.raises(ContainersError) as caught:
        compose("up", body=body)
    assert message in caught.value.message
    assert not [one for one in client.containers.list() if one.name.startswith("shop-")]


def test_a_dependency_that_may_be_missing_keeps_nobody_waiting(compose: Compose) -> None:
    body = """
services:
  job: {image: busybox, command: 'false'}
  web: {image: busybox, command: echo here,
        depends_on: {job: {condition: service_completed_successfully, required: false}}}
"""
    assert compose("up", body=body).stdout == "web-1 | here\n"


def test_waiting_until_all_are_there(compose: Compose) -> None:
    result = compose("up", "--wait", body=SHOP)
    assert {one.health for one in result.containers.values()} == {"healthy", ""}
    never = f"services: {{a: {SLEEP[:-1]}, healthcheck: {{test: 'false', interval: 60s}}}}}}"
    with pytest.raises(DeadlineExceeded, match=r"not all services were there within 0\.5 s"):
        compose("up", "--wait", "--wait-timeout", "0.5", "-p", "never", body=never)
    ends = """
services:
  a: {image: busybox, command: sh -c 'usleep 50000; exit 1'}
  b: {image: busybox, command: sleep 600, stop_grace_period: 0s,
      healthcheck: {test: test -e /ready, interval: 1s, start_interval: 100ms, start_period: 20s},
      post_start: [{command: sh -c 'usleep 300000; touch /ready'}]}
"""
    with pytest.raises(ContainersError, match="shop-a-1 ended with exit code 1"):
        compose("up", "--wait", body=ends)


def test_the_end_of_one_can_be_the_end_of_all(compose: Compose, client: Client) -> None:
    body = f"services: {{a: {SLEEP}, b: {{image: busybox, command: sh -c 'usleep 100000; exit 5'}}}}"
    with pytest.raises(ContainersError, match="exit code 5 of b"):
        compose("up", "--exit-code-from", "b", body=body)
    assert {one.state for one in client.containers.list(every=True) if one.name.startswith("shop-")} == {"exited"}


def test_of_several_containers_the_first_that_ended_gives_the_exit_code(compose: Compose) -> None:
    body = """
services:
  a:
    image: busybox
    scale: 2
    volumes: [d:/d]
    stop_grace_period: 0s
    # The second finds the folder there.
    command: sh -c 'mkdir /d/x && exec sleep 600; exit 5'
volumes: {d: }
"""
    for words in (("--abort-on-container-exit",), ("--exit-code-from", "a")):
        with pytest.raises(ContainersError, match="exit code 5 of a"):
            compose("up", *words, body=body)
        compose("down", "-v")


def test_a_container_that_restarts_is_followed_on(compose: Compose) -> None:
    body = """
services:
  a:
    image: busybox
    command: sh -c 'n=$$(cat /d/n 2>/dev/null); echo run $$n; echo "$${n}x" >/d/n; test "$$n" = xx'
    restart: on-failure
    volumes: [d:/d]
volumes: {d: }
"""
    assert compose("up", body=body).stdout == "a-1 | run\na-1 | run x\na-1 | run xx\n"


def test_namespaces_and_files_of_other_services(compose: Compose, tmp_path: Path) -> None:
    (tmp_path / "shop" / "s.txt").write_text("from a file\n")
    body = """
services:
  a: {image: busybox, command: sleep 600, stop_grace_period: 0s, hostname: inner}
  b:
    image: busybox
    command: sh -c 'hostname; cat /run/secrets/s /run/secrets/owned /etc/c; stat -c "%a %u" /run/secrets/owned'
    network_mode: service:a
    secrets: [s, {source: s, target: owned, uid: "1000", mode: 0400}]
    configs: [{source: c, target: /etc/c}]
secrets: {s: {file: s.txt}}
configs: {c: {content: "from the cell\\n"}}
"""
    compose("up", "-d", "a", body=body)
    result = compose("up", "--exit-code-from", "b", body=body)
    assert [line.partition("| ")[2] for line in result.stdout.splitlines()] == [
        "inner", "from a file", "from a file", "from the cell", "400 1000",
    ]  # fmt: skip


def test_what_is_planned_is_only_told(compose: Compose, client: Client) -> None:
    assert compose("up", "--dry-run", body=SHOP).lines == (
        "create network shop_default", "create volume shop_kept", "create container shop-db-1",
        "create container shop-web-1", "start container shop-db-1",
        "start container shop-web-1 when db is healthy",
    )  # fmt: skip
    assert ids(client) == {}


def test_networks_of_somebody_else_are_not_touched(compose: Compose, client: Client) -> None:
    client.networks.create("shop_default")
    try:
        with pytest.raises(Conflict, match="network shop_default was made by somebody else; call it external"):
            compose("up", "-d", body=f"services: {{a: {SLEEP}}}")
        compose(
            "up", "-d", body=f"services: {{a: {SLEEP}}}\nnetworks: {{default: {{external: true, name: shop_default}}}}"
        )
        compose("down")
        assert client.networks.inspect("shop_default")
    finally:
        client.networks.remove("shop_default")
    with pytest.raises(NotFound, match="no network shop_default, which the file calls external"):
        compose(
            "up", "-d", body=f"services: {{a: {SLEEP}}}\nnetworks: {{default: {{external: true, name: shop_default}}}}"
        )


def test_a_network_whose_settings_change_is_told(compose: Compose) -> None:
    compose("up", "-d", body=f"services: {{a: {SLEEP}}}")
    with pytest.raises(Conflict, match="network shop_default is there with other settings; `compose down` removes it"):
        compose("up", "-d", body=f"services: {{a: {SLEEP}}}\nnetworks: {{default: {{internal: true}}}}")


def test_orphans_are_told_and_removed_when_asked(compose: Compose, client: Client) -> None:
    compose("up", "-d", body=f"services: {{a: {SLEEP}, b: {SLEEP}}}")
    assert compose("up", "-d", body=f"services: {{a: {SLEEP}}}").orphans == ("shop-b-1",)
    assert compose("up", "-d", "--remove-orphans", body=f"services: {{a: {SLEEP}}}").orphans == ()
    assert set(ids(client)) == {"shop-a-1"}


def test_no_thread_is_left(compose: Compose) -> None:
    compose("up", body="services: {a: {image: busybox, command: echo hi}}")
    compose("up", "-d", "--wait", body=f"services: {{a: {SLEEP}}}")
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("compose")] == []


def test_the_result_is_json(compose: Compose) -> None:
    found = json.loads(json.dumps(compose("up", "-d", body=SHOP).data()))
    assert found["services"] == [
        {"name": "web", "needs": [{"service": "db", "condition": "service_healthy"}]}, {"name": "db", "needs": []},
    ]  # fmt: skip
    assert {one["service"]: one["health"] for one in found["containers"]} == {"web": "", "db": "healthy"}
