"""Tests of compose.labels."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.compose import labels
from jupyter_containers.compose.model import Network, Project, Volume
from tests.support.compose_files import FOLDER, project


def test_containers_are_labelled_as_docker_compose_labels_them() -> None:
    found = project("services: {web: {image: x, labels: {mine: 1}, depends_on: [db]}, db: {image: x}}")
    web = found.services["web"]
    of_web = dict(labels.of_container(found, web, 2, image_id="sha256:1"))
    assert of_web.pop("com.docker.compose.version")
    assert of_web == {
        "mine": "1",
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": "web",
        "com.docker.compose.container-number": "2",
        "com.docker.compose.config-hash": web.hash(),
        "com.docker.compose.oneoff": "False",
        "com.docker.compose.project.working_dir": "/srv/shop",
        "com.docker.compose.project.config_files": "",
        "com.docker.compose.depends_on": "db:service_started:false",
        "com.docker.compose.image": "sha256:1",
    }
    assert labels.of_container(found, web, 1, is_oneoff=True)["com.docker.compose.oneoff"] == "True"


def test_networks_and_volumes_are_too() -> None:
    shop = Project("shop", FOLDER, (Path("/srv/shop/compose.yaml"),))
    front = labels.of_network(shop, Network("front", "shop_front", definition={"labels": {"a": None}}))
    assert (front["com.docker.compose.network"], front["com.docker.compose.project"], front["a"]) == (
        "front",
        "shop",
        "",
    )
    kept = labels.of_volume(shop, Volume("kept", "shop_kept"))
    assert (kept["com.docker.compose.volume"], kept["com.docker.compose.project"]) == ("kept", "shop")
