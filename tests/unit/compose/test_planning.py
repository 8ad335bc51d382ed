"""Tests of compose.planning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jupyter_containers.compose import labels
from jupyter_containers.compose.model import Project, digest
from jupyter_containers.compose.observing import Found
from jupyter_containers.compose.operations import RecreateContainer
from jupyter_containers.compose.planning import Wishes, orphans, plan_images, plan_up
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from jupyter_containers.version import __version__
from tests.support.compose_containers import container
from tests.support.compose_files import project

SHOP = project("""
services:
  web: {image: x, depends_on: {db: {condition: service_healthy, restart: true}}}
  db: {image: y, volumes: [d:/d]}
volumes: {d: }
""")
PLACES = {
    "networks": {"shop_default": {labels.PROJECT: "shop"}}, "volumes": {"shop_d": {labels.PROJECT: "shop"}},
}  # fmt: skip


def told(shop: Project, found: Found, **wishes: Any) -> list[str]:
    return [operation.describe() for operation in plan_up(shop, found, Wishes(**wishes))]


def found(*containers: Any, **more: Any) -> Found:
    return Found(containers, **{**PLACES, **more})


def test_all_is_made_in_the_order_of_needs() -> None:
    assert told(SHOP, Found()) == [
        "create network shop_default", "create volume shop_d", "create container shop-db-1",
        "create container shop-web-1", "start container shop-db-1",
        "start container shop-web-1 when db is healthy",
    ]  # fmt: skip
    assert told(SHOP, Found(), no_start=True)[-1] == "create container shop-web-1"


def test_what_is_as_it_should_be_stays() -> None:
    assert told(SHOP, found(container(SHOP, "web"), container(SHOP, "db"))) == []


def test_what_has_ended_is_started() -> None:
    there = found(container(SHOP, "web"), container(SHOP, "db", state="exited"))
    assert told(SHOP, there) == ["start container shop-db-1"]


def test_what_has_changed_is_made_anew_and_who_asked_for_it_is_restarted() -> None:
    there = found(container(SHOP, "web"), container(SHOP, "db", config_hash="other"))
    assert told(SHOP, there) == [
        "recreate container shop-db-1: the file says something else now", "stop container shop-web-1",
        "start container shop-db-1", "start container shop-web-1 when db is healthy",
    ]  # fmt: skip
    assert told(SHOP, there, no_recreate=True) == []


def test_another_image_makes_another_container() -> None:
    there = (container(SHOP, "web", image_id="sha256:1"), container(SHOP, "db"))
    assert told(SHOP, found(*there, images={"x": "sha256:1"})) == []
    assert told(SHOP, found(*there, images={"x": "sha256:2"}))[0] == (
        "recreate container shop-web-1: its image is another one now"
    )


def test_made_anew_because_it_is_asked_for() -> None:
    there = found(container(SHOP, "web"), container(SHOP, "db"))
    assert told(SHOP, there, force_recreate=True, services=("web",)) == [
        "recreate container shop-web-1: it is asked for", "start container shop-web-1 when db is healthy",
    ]  # fmt: skip
    assert len([line for line in told(SHOP, there, force_recreate=True) if line.startswith("recreate")]) == 2


def test_volumes_go_over_to_the_container_that_comes_unless_asked_otherwise() -> None:
    there = found(container(SHOP, "web"), container(SHOP, "db", config_hash="other"))
    for wishes, keeps in ((Wishes(), True), (Wishes(renew_volumes=True), False)):
        (made,) = [one for one in plan_up(SHOP, there, wishes) if isinstance(one, RecreateContainer)]
        assert (made.name, made.keeps_volumes) == ("shop-db-1", keeps)


@pytest.mark.parametrize("state", ["dead", "removing"])
def test_what_can_never_start_again_is_made_anew(state: str) -> None:
    there = found(container(SHOP, "web"), container(SHOP, "db", state=state))
    assert told(SHOP, there)[0] == f"recreate container shop-db-1: it is {state}"
    assert told(SHOP, there, no_recreate=True) == ["start container shop-db-1"]


def test_services_grow_and_shrink() -> None:
    there = found(container(SHOP, "db"), container(SHOP, "web", 1), container(SHOP, "web", 3))
    assert told(SHOP, there, scale={"web": 3}) == [
        "create container shop-web-2", "start container shop-web-2 when db is healthy",
    ]  # fmt: skip
    assert told(SHOP, there, scale={"web": 1}) == [
        "stop container shop-web-3", "remove container shop-web-3: 1 of web are wanted",
    ]  # fmt: skip
    with pytest.raises(NotFound, match="no service 'wep' to scale"):
        told(SHOP, there, scale={"wep": 1})
    named = project("services: {web: {image: x, container_name: mine}}")
    assert told(named, Found())[1] == "create container mine"
    with pytest.raises(InvalidParameter, match="has a container_name, and cannot have 2 containers"):
        told(named, Found(), scale={"web": 2})


def test_a_container_has_the_files_name_from_when_it_is_made_anew() -> None:
    named = project("services: {web: {image: x, container_name: mine}}")
    there = found(container(named, "web", config_hash="other", state="exited"))
    assert told(named, there, no_recreate=True) == ["start container shop-web-1"]
    assert told(named, there)[0].startswith("recreate container mine: ")
    unnamed = project("services: {web: {image: x}}")
    before = replace(container(unnamed, "web", config_hash="other"), name="mine")
    assert told(unnamed, found(before))[0].startswith("recreate container shop-web-1: ")


def test_what_is_stopped_beside_each_other_and_how_long_it_may_take() -> None:
    there = found(container(SHOP, "db"), *(container(SHOP, "web", number, config_hash="x") for number in (1, 2, 3)))
    plan = plan_up(SHOP, there, Wishes(scale={"web": 1}, stop_seconds=3))
    assert [(type(one).__name__, getattr(one, "timeout_seconds", None)) for one in plan] == [
        ("StopContainer", 3), ("StopContainer", 3), ("RemoveContainer", None), ("RemoveContainer", None),
        ("RecreateContainer", 3), ("StartContainer", None),
    ]  # fmt: skip


def test_only_what_is_asked_for_and_what_it_needs() -> None:
    assert "create container shop-web-1" not in told(SHOP, found(), services=("db",))
    assert told(SHOP, found(), services=("web",), no_deps=True) == [
        "create container shop-web-1", "start container shop-web-1",
    ]  # fmt: skip
    assert told(SHOP, Found(), services=("web",), places_only=True) == [
        "create network shop_default", "create volume shop_d",
    ]  # fmt: skip


def test_who_lives_in_anothers_namespace_is_made_anew_with_it() -> None:
    shop = project("services: {a: {image: x}, b: {image: x, network_mode: 'service:a'}}")
    there = found(container(shop, "a", config_hash="other"), container(shop, "b"))
    assert [line for line in told(shop, there) if line.startswith("recreate")] == [
        "recreate container shop-a-1: the file says something else now",
        "recreate container shop-b-1: it shares what a has",
    ]


@pytest.mark.parametrize(
    ("body", "shares"),
    [
        ("ipc: 'service:a'", True), ("pid: 'service:a'", True), ("volumes_from: [a]", True),
        ("volumes_from: ['a:ro']", True), ("volumes_from: ['container:a']", False), ("ipc: host", False),
        ("network_mode: 'container:a'", False),
    ],
)  # fmt: skip
def test_what_is_shared_with_a_service(body: str, shares: bool) -> None:
    shop = project(f"services: {{a: {{image: x}}, b: {{image: x, {body}}}}}")
    there = found(container(shop, "a", config_hash="other"), container(shop, "b"))
    assert ("recreate container shop-b-1: it shares what a has" in told(shop, there)) is shares


def test_orphans() -> None:
    inactive = project("services: {web: {image: x}, tool: {image: x, profiles: [p]}}")
    there = found(
        container(inactive, "web"),
        container(None, "old"),
        container(None, "tool"),
        container(None, "x", is_oneoff=True),
    )
    ended = found(container(inactive, "web"), container(None, "old", state="exited"))
    assert told(inactive, ended, remove_orphans=True) == [
        "remove container shop-old-1: its service is not in the file",
    ]  # fmt: skip
    assert [one.name for one in orphans(inactive, there)] == ["shop-old-1"]
    assert told(inactive, there) == []
    assert told(inactive, there, remove_orphans=True) == [
        "stop container shop-old-1", "remove container shop-old-1: its service is not in the file",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("there", "message"),
    [
        ({"networks": {"shop_default": {}}}, "network shop_default was made by somebody else"),
        ({"networks": {"shop_default": {labels.PROJECT: "other"}}}, "network shop_default was made by project other"),
        ({"volumes": {"shop_d": {labels.PROJECT: "other"}}}, "volume shop_d was made by project other"),
        ({"volumes": {"shop_d": {labels.PROJECT: "shop", labels.HASH: "x", labels.VERSION: __version__}}},
         "volume shop_d is there with other settings; `compose down -v` removes it first"),
        ({"networks": {"shop_default": {labels.PROJECT: "shop", labels.HASH: "x", labels.VERSION: __version__}}},
         "network shop_default is there with other settings; `compose down` removes it first"),
    ],
)  # fmt: skip
def test_places_of_others_and_places_that_have_changed(there: dict[str, Any], message: str) -> None:
    with pytest.raises(Conflict) as caught:
        told(SHOP, found(**there))
    assert message in caught.value.message


def test_another_composes_fingerprints_are_not_compared() -> None:
    theirs = {labels.PROJECT: "shop", labels.HASH: "x", labels.VERSION: "2.30.0"}
    assert "create network shop_default" not in told(SHOP, found(networks={"shop_default": theirs}))


def test_places_that_are_as_the_file_says_stay() -> None:
    def made(definition: Any) -> dict[str, str]:
        return {labels.PROJECT: "shop", labels.HASH: digest(definition), labels.VERSION: __version__}

    shop = project(
        "services: {web: {image: x, networks: [n], volumes: ['v:/v']}}\n"
        "networks: {n: {internal: true}}\nvolumes: {v: {labels: {a: b}}}"
    )
    there = Found(
        (),
        networks={"shop_n": made(shop.networks["n"].definition)},
        volumes={"shop_v": made(shop.volumes["v"].definition)},
    )
    assert told(shop, there) == ["create container shop-web-1", "start container shop-web-1"]


@pytest.mark.parametrize("name", ["host", "none", "bridge"])
def test_the_engines_own_networks_are_always_there(name: str) -> None:
    shop = project(f"services: {{web: {{image: x, networks: [n]}}}}\nnetworks: {{n: {{external: true, name: {name}}}}}")
    assert told(shop, Found())[0] == "create container shop-web-1"


def test_external_places_must_be_there() -> None:
    shop = project("""
services: {web: {image: x, networks: [n], volumes: [v:/v]}}
networks: {n: {external: true}}
volumes: {v: {external: true}}
""")
    with pytest.raises(NotFound, match="no network n, which the file calls external"):
        told(shop, Found())
    with pytest.raises(NotFound, match="no volume v, which the file calls external"):
        told(shop, Found(networks={"n": {}}))
    assert told(shop, Found(networks={"n": {}}, volumes={"v": {}}))[0] == "create container shop-web-1"


BUILT = project("""
services:
  built: {build: .}
  named: {build: ., image: mine}
  pulled: {image: x}
  always: {image: y, pull_policy: always}
""")


@pytest.mark.parametrize(
    ("wishes", "here", "plan"),
    [
        ({}, (), ["build image shop-built for built", "build image mine for named", "pull image x for pulled",
                  "pull image y for always"]),
        ({}, ("shop-built", "mine", "x", "y"), ["pull image y for always"]),
        ({"build": True}, ("shop-built", "mine", "x", "y"),
         ["build image shop-built for built", "build image mine for named", "pull image y for always"]),
        # What has no name of its own is in no registry.
        ({"pull": "always"}, ("shop-built", "mine", "x", "y"),
         ["pull image mine for named", "pull image x for pulled", "pull image y for always"]),
        ({"pull": "missing"}, ("shop-built", "mine", "y"), ["pull image x for pulled"]),
        ({"pull": "never", "services": ("built",)}, (), ["build image shop-built for built"]),
        ({"no_build": True, "build": True, "services": ("built",)}, ("shop-built",), []),
        ({"pull": "build", "services": ("named", "pulled")}, ("mine", "x"), ["build image mine for named"]),
    ],
)  # fmt: skip
def test_images(wishes: dict[str, Any], here: tuple[str, ...], plan: list[str]) -> None:
    operations = plan_images(BUILT, Wishes(**wishes), dict.fromkeys(here, "sha256:1"))
    assert [operation.describe() for operation in operations] == plan


def test_an_image_that_another_service_builds_is_not_pulled() -> None:
    shop = project("services: {worker: {image: app}, web: {build: ., image: app}}")
    assert [one.describe() for one in plan_images(shop, Wishes(), {})] == ["build image app for web"]


def test_an_image_of_several_services_is_fetched_once() -> None:
    shop = project("services: {a: {image: x}, b: {image: x}, c: {image: y}}")
    assert [one.describe() for one in plan_images(shop, Wishes(), {})] == [
        "pull image x for a", "pull image y for c",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "wishes", "stale", "plan"),
    [
        ("daily", {}, {"x"}, ["pull image x for web"]),
        ("daily", {}, set(), []),
        ("every_12h", {}, {"x"}, ["pull image x for web"]),
        ("daily", {"pull": "missing"}, {"x"}, []),
        # Another service wants it newer.
        ("missing", {}, {"x"}, []),
    ],
)
def test_images_that_are_too_old(policy: str, wishes: dict[str, Any], stale: set[str], plan: list[str]) -> None:
    shop = project(f"services: {{web: {{image: x, pull_policy: {policy}}}}}")
    operations = plan_images(shop, Wishes(**wishes), {"x": "sha256:1"}, stale)
    assert [operation.describe() for operation in operations] == plan


def test_an_image_that_may_not_be_fetched_must_be_there() -> None:
    with pytest.raises(NotFound, match="no image x here for pulled, and it is not to be built or pulled"):
        plan_images(BUILT, Wishes(("pulled",), pull="never"), {})
    with pytest.raises(NotFound, match="no image shop-built here for built"):
        plan_images(BUILT, Wishes(("built",), no_build=True), {})
