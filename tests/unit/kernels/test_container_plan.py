"""Tests of kernels.container_plan."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.kernels.container_plan import ContainerPlan


def test_a_plan_survives_its_file() -> None:
    plan = ContainerPlan("a", memory_bytes=5, cpus=0.5, volumes=(".:/w",), prefixes=("/p",), network="bridge")
    body = plan.to_json()
    assert body == {
        "image": "a", "memory_bytes": 5, "cpus": 0.5, "volumes": (".:/w",), "prefixes": ("/p",), "network": "bridge",
    }  # fmt: skip
    assert ContainerPlan.from_json(json.loads(json.dumps(body))) == plan


def test_a_kernel_has_no_network_unless_it_is_given_one() -> None:
    assert ContainerPlan("a").to_json() == {"image": "a", "network": "none"}
    assert ContainerPlan.from_json({"image": "a"}).network == "none"


@pytest.mark.parametrize("body", [{}, {"image": 1}, {"image": "a", "colour": "red"}])
def test_a_file_that_is_not_known_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter, match=r"kernel\.json"):
        ContainerPlan.from_json(body)


def test_the_container_of_an_image_has_the_sockets_and_the_folders_that_are_mounted() -> None:
    plan = ContainerPlan("a", volumes=(".:/w",), user="5", memory_bytes=9)
    client: Any = None
    made = plan.settings(client, ("python3",), folder=Path("/n"), sockets="/s:/i", labels=("l=1",), name="k")
    assert (made.image, made.command, made.entrypoint, made.volumes) == ("a", ("python3",), ("",), ("/s:/i", "/n:/w"))
    assert (made.network, made.user, made.memory_bytes, made.workdir, made.labels) == ("none", "5", 9, "", ("l=1",))


def test_of_this_machine_the_working_folder_is_seen(tmp_path: Path) -> None:
    asked: list[Any] = []

    def make(**given: Any) -> Any:
        asked.append(given)
        return SimpleNamespace(id="sha256:1")

    client: Any = SimpleNamespace(host_images=SimpleNamespace(make=make))
    plan = ContainerPlan("host", folders=("/nowhere/at/all",), prefixes=(str(tmp_path), "/gone"))
    made = plan.settings(client, (), folder=tmp_path, sockets="/s:/i", labels=(), name="k")
    assert (made.image, made.workdir) == ("sha256:1", str(tmp_path))
    assert asked == [{"folders": [tmp_path], "prefixes": [tmp_path]}]
