"""Tests of kernels.container_plan."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client.host_images import HostImage
from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.kernels.container_plan import ContainerPlan
from jupyter_containers.sandboxes.copies import Copied


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


def made(plan: ContainerPlan, image: HostImage | None, folder: Path) -> RunSettings:
    return plan.settings(image, ("python3",), folder=folder, sockets="/s:/i", labels=("l=1",), name="k")


def test_the_container_of_an_image_has_the_sockets_and_the_folders_that_are_mounted() -> None:
    plan = ContainerPlan("a", volumes=(".:/w",), user="5", memory_bytes=9)
    settings = made(plan, None, Path("/n"))
    assert (settings.image, settings.command, settings.entrypoint) == ("a", ("python3",), ("",))
    assert settings.volumes == ("/s:/i", "/n:/w")
    assert (settings.network, settings.user, settings.memory_bytes, settings.workdir) == ("none", "5", 9, "")


def test_of_this_machine_the_working_folder_is_seen(tmp_path: Path) -> None:
    asked: list[Any] = []

    def make(**given: Any) -> HostImage:
        asked.append(given)
        return HostImage("sha256:1", "host:1")

    client: Any = SimpleNamespace(host_images=SimpleNamespace(make=make))
    plan = ContainerPlan("host", folders=("/nowhere/at/all",), prefixes=(str(tmp_path), "/gone"))
    image = plan.host_image(client, tmp_path)
    settings = made(plan, image, tmp_path)
    assert (settings.image, settings.workdir, plan.copied(image, tmp_path)) == ("sha256:1", str(tmp_path), None)
    assert asked == [{"folders": [tmp_path], "prefixes": [tmp_path]}]
    assert ContainerPlan("a").host_image(client, tmp_path) is None


def test_what_cannot_be_seen_is_copied_or_mounted() -> None:
    plan, folder = ContainerPlan("host", prefixes=("/home/a/venv",)), Path("/home/a")
    image = HostImage("sha256:1", "host:1", (folder, Path("/home/a/venv")), ("*.key",))
    assert plan.copied(image, folder) == Copied(folder, ("*.key",), ("/home/a/venv",))
    assert made(plan, image, folder).volumes == ("/s:/i", "/home/a/venv:/home/a/venv:ro")
