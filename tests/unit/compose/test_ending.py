"""Tests of compose.ending."""

from __future__ import annotations

from typing import Any

from jupyter_containers.compose import labels
from jupyter_containers.compose.ending import DownWishes, ending_groups, plan_down, plan_remove, plan_stop
from jupyter_containers.compose.observing import Found
from tests.support.compose_containers import container
from tests.support.compose_files import project

NEEDS = {"web": "api:service_started:false,cache:service_started:false", "api": "db:service_healthy:true"}
ALL = [container(None, name, needs=NEEDS.get(name, "")) for name in ("db", "web", "cache", "api")]
SHOP = project("services: {web: {image: x}, db: {build: .}}\nvolumes: {d: , far: {external: true, name: far}}")


def told(project_: Any, found: Found, **wishes: Any) -> list[str]:
    return [operation.describe() for operation in plan_down("shop", project_, found, DownWishes(**wishes))]


def test_who_needs_others_ends_before_them() -> None:
    assert ending_groups(ALL) == {"web": 0, "cache": 1, "api": 1, "db": 2}
    assert [(one.container.service, one.group) for one in plan_stop(ALL)] == [  # type: ignore[union-attr]
        ("web", 0), ("cache", 1), ("api", 1), ("db", 2),
    ]  # fmt: skip
    assert [one.container.service for one in plan_remove(ALL)] == ["web", "cache", "api", "db"]  # type: ignore[union-attr]


def test_labels_that_wait_for_each_other_end_at_once() -> None:
    circle = [
        container(None, "a", needs="b:x:y"),
        container(None, "b", needs="a:x:y"),
        container(None, "c", needs="c::"),
    ]
    assert set(ending_groups(circle)) == {"a", "b", "c"}


def test_only_what_runs_is_stopped() -> None:
    assert plan_stop([container(None, "a", state="exited"), container(None, "b", state="created")]) == ()
    assert len(plan_stop([container(None, "a", state="paused"), container(None, "b", state="restarting")])) == 2


NETWORKS = {
    "shop_default": {labels.PROJECT: "shop", labels.NETWORK: "default"},
    "other_default": {labels.PROJECT: "other", labels.NETWORK: "default"}, "bridge": {},
}  # fmt: skip
VOLUMES = {
    "shop_d": {labels.PROJECT: "shop", labels.VOLUME: "d"}, "far": {labels.PROJECT: "shop", labels.VOLUME: "far"},
    "theirs": {},
}  # fmt: skip


def test_down_takes_away_what_is_the_projects() -> None:
    there = Found((container(SHOP, "web"), container(SHOP, "db", state="exited")), NETWORKS, VOLUMES)
    assert told(SHOP, there) == [
        "stop container shop-web-1", "remove container shop-web-1", "remove container shop-db-1",
        "remove network shop_default",
    ]  # fmt: skip
    assert told(SHOP, there, volumes=True)[-1] == "remove volume shop_d"
    assert told(SHOP, there, images="local")[-1:] == ["remove image shop-db"]
    assert told(SHOP, there, images="all")[-2:] == ["remove image x", "remove image shop-db"]
    assert told(None, there) == told(SHOP, there)


def test_orphans_keep_the_network_unless_asked_for() -> None:
    there = Found((container(SHOP, "web", state="exited"), container(None, "old", state="exited")), NETWORKS)
    assert told(SHOP, there) == ["remove container shop-web-1"]
    assert told(SHOP, there, remove_orphans=True) == [
        "remove container shop-web-1", "remove container shop-old-1", "remove network shop_default",
    ]  # fmt: skip


def test_containers_of_run_go_with_the_project() -> None:
    there = Found((container(None, "gone", is_oneoff=True, state="exited"),), NETWORKS)
    assert told(SHOP, there) == ["remove container shop-gone-1", "remove network shop_default"]


def test_down_of_some_services() -> None:
    there = Found((container(SHOP, "web"), container(SHOP, "db")), NETWORKS, VOLUMES)
    assert told(SHOP, there, services=("db",), volumes=True) == [
        "stop container shop-db-1", "remove container shop-db-1",
    ]  # fmt: skip
