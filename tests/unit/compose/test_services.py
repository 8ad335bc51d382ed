"""Tests of compose.services."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.compose.model import Dependency
from jupyter_containers.compose.source import WrongFile
from tests.support.compose_files import project, service


def test_an_image_that_is_built_is_called_after_project_and_service() -> None:
    assert service("build: .").image == "shop-web"
    assert service("build: .\nimage: mine").image == "mine"


def test_variables_come_from_files_then_from_the_service_and_bare_names_from_here(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text("A=file\nB=$HERE\nC\n")
    found = service(
        "image: x\nenv_file: [a.env, {path: no.env, required: false}]\nenvironment: [A=own, HERE, NOWHERE]",
        folder=tmp_path, variables={"HERE": "here", "C": "c"},
    )  # fmt: skip
    assert found.environment == {"A": "own", "B": "here", "C": "c", "HERE": "here"}


def test_a_raw_file_of_variables(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text("A='$X'\n")
    assert service("image: x\nenv_file: [{path: a.env, format: raw}]", folder=tmp_path).environment == {"A": "'$X'"}


def test_labels_come_from_files_as_well(tmp_path: Path) -> None:
    (tmp_path / "l").write_text("a=1\nb=2\n")
    assert service("image: x\nlabel_file: l\nlabels: {b: 3, c: }", folder=tmp_path).labels == {
        "a": "1", "b": "3", "c": "",
    }  # fmt: skip


def test_who_is_needed() -> None:
    found = project("""
services:
  web:
    image: x
    depends_on: {a: {condition: service_healthy, restart: true}, gone: {condition: service_started, required: false}}
    links: ['b:bee']
    volumes_from: ['c:ro', 'container:other']
    network_mode: service:d
  a: {image: x}
  b: {image: x}
  c: {image: x}
  d: {image: x}
  gone: {image: x, profiles: [p]}
""").services["web"]
    assert found.depends_on == (
        Dependency("a", "service_healthy", restart=True), Dependency("d"), Dependency("b"), Dependency("c"),
    )  # fmt: skip
    assert found.networks == ()


def test_networks_in_the_order_of_their_priority() -> None:
    found = project(
        "services: {web: {image: x, networks: {a: , b: {priority: 10}, c: {priority: 5}}}}\nnetworks: {a: , b: , c: }"
    )
    assert found.services["web"].networks == ("b", "c", "a")
    assert service("image: x").networks == ("default",)


@pytest.mark.parametrize(
    ("body", "scale"),
    [("image: x", 1), ("image: x\nscale: 3", 3), ("image: x\ndeploy: {replicas: 2}", 2), ("image: x\nscale: 0", 0)],
)
def test_how_many_there_are(body: str, scale: int) -> None:
    assert service(body).scale == scale


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("user: x", "the cell, line 2: services.web: it has neither image nor build"),
        ("image: x\nnetworks: [nte]", "the cell, line 4: services.web.networks: there is no network 'nte'; there are"),
        ("image: x\nnetworks: [default]\nnetwork_mode: host", "services.web.network_mode: it has networks, too"),
        ("image: x\nvolumes: ['data:/d']", "there is no volume 'data'; write it under volumes: at the top, or ./data"),
        ("image: x\ndepends_on: [db]", "services.web: it depends on 'db', which is not there"),
        ("image: x\nnetwork_mode: service:db", "it depends on 'db', which is not there"),
        ("image: x\nsecrets: [s]", "services.web.secrets: there is no secret 's'"),
        ("image: x\nconfigs: [c]", "services.web.configs: there is no config 'c'"),
        ("image: x\nscale: 2\ndeploy: {replicas: 3}", "it is 2, but deploy.replicas is 3"),
        ("image: x\nscale: 2\ncontainer_name: c", "one name is not enough for several containers"),
        ("image: x\nscale: -1", "-1 is not from 0 to 1000"),
        ("image: x\nenv_file: no.env", "/srv/shop/no.env, line 1: cannot read it: No such file"),
        ("image: x\nlabels: {com.docker.compose.project: y}", "is Compose's own; choose another name"),
    ],
)
def test_what_refers_to_nothing_is_told(body: str, message: str) -> None:
    with pytest.raises(WrongFile) as caught:
        service(body)
    assert message in caught.value.message


def test_a_service_behind_a_profile_cannot_be_needed_without_it() -> None:
    text = "services: {web: {image: x, depends_on: [db]}, db: {image: x, profiles: [p]}}"
    with pytest.raises(WrongFile, match="it needs db, which its profile leaves out; ask for the profile"):
        project(text)
    assert list(project(text, profiles=["p"]).services) == ["web", "db"]


def test_secrets_and_configs(tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text("hidden")
    found = project("""
services:
  web:
    image: x
    secrets: [s, v, {source: s, target: other, uid: '7', mode: 0400}]
    configs: [c, {source: c, target: /etc/c}]
secrets: {s: {file: s.txt}, v: {environment: V}}
configs: {c: {content: "hello $V"}}
""", folder=tmp_path, variables={"V": "value"}).services["web"]  # fmt: skip
    grants = [(grant.target, grant.path, grant.content, grant.uid, grant.mode) for grant in found.grants]
    assert grants == [
        ("/run/secrets/s", f"{tmp_path}/s.txt", None, 0, 0o444),
        ("/run/secrets/v", "", b"value", 0, 0o444),
        ("/run/secrets/other", "", b"hidden", 7, 0o400),
        ("/c", "", b"hello value", 0, 0o444),
        ("/etc/c", "", b"hello value", 0, 0o444),
    ]
    assert "hidden" not in repr(found) and "hello" not in repr(found)


def test_a_secret_that_is_not_there_is_told(tmp_path: Path) -> None:
    text = "services: {web: {image: x, secrets: [{source: s, mode: 0400}]}}\nsecrets: {s: {file: s.txt}}"
    with pytest.raises(WrongFile, match=r"the cell, line 2: secrets\.s: cannot read .*s\.txt: No such file"):
        project(text, folder=tmp_path)
    with pytest.raises(WrongFile, match=r"secrets\.s: the variable V is not set"):
        project("services: {web: {image: x, secrets: [s]}}\nsecrets: {s: {environment: V}}")
