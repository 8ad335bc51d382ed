"""Tests of commands.compose_looking."""

from __future__ import annotations

import json

import pytest

from jupyter_containers.client import Client
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.errors import NotFound
from tests.integration.compose.conftest import Compose, client, compose, session
from tests.support.eventually import eventually
from tests.support.front_double import SessionOn

__all__ = ["client", "compose", "session"]

FILE = """
services:
  web: {image: busybox, command: sh -c 'echo hello; exec sleep 600', stop_grace_period: 0s}
  job: {image: busybox, command: sh -c 'echo one; echo two >&2; printf three', profiles: [jobs]}
"""


def test_the_containers_of_a_project(compose: Compose, client: Client) -> None:
    compose("up", "-d", "--profile", "*", body=FILE)
    client.containers.wait("shop-job-1").result()
    table = compose("ps")
    assert table.titles == ("NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS")
    assert [(row[0], row[3]) for row in table.rows] == [("shop-web-1", "web")]
    assert [row[0] for row in compose("ps", "-a").rows] == ["shop-job-1", "shop-web-1"]
    assert compose("ps", "-q").items == (client.containers.inspect("shop-web-1")["Id"],)
    assert compose("ps", "--services").items == ("web",)
    assert [row[0] for row in compose("ls").rows] == ["shop"]
    assert compose("ls").rows[0][1] == "exited(1), running(1)"
    assert [row[:2] for row in compose("top").rows] == [("web", "shop-web-1")]


def test_only_those_in_a_state(compose: Compose, client: Client) -> None:
    compose("up", "-d", "--profile", "*", body=FILE)
    client.containers.wait("shop-job-1").result()
    assert [row[0] for row in compose("ps", "--status", "exited").rows] == ["shop-job-1"]
    assert [row[0] for row in compose("ps", "--filter", "status=running").rows] == ["shop-web-1"]
    assert "echo hello; exec sleep 600" in compose("ps", "--no-trunc").rows[0][2]
    with pytest.raises(UsageError, match="ps: --filter 'name=x': it is status= with one of created, dead, exited"):
        compose("ps", "--filter", "name=x")
    assert [row[0] for row in compose("ls", "--filter", "name=ho").rows] == ["shop"]
    assert compose("ls", "--filter", "name=other").rows == ()
    with pytest.raises(UsageError, match="ls: --filter 'status=x': it is name=, and a part of a name"):
        compose("ls", "--filter", "status=x")


def test_the_file_in_a_file_and_as_fingerprints(compose: Compose, session: SessionOn, client: Client) -> None:
    assert compose("config", "-o", "whole.yaml", body=FILE).lines == ("wrote whole.yaml",)
    assert (session.folder / "whole.yaml").read_text().startswith("name: shop\nservices:\n")
    compose("up", "-d", "--file", "whole.yaml")
    label = client.containers.inspect("shop-web-1")["Config"]["Labels"]["com.docker.compose.config-hash"]
    assert compose("config", "--hash", "*", body=FILE).lines == (f"web {label}",)
    assert compose("config", "--hash", "web", body=FILE).items == (label,)
    with pytest.raises(NotFound, match="no service 'wbe' in the file"):
        compose("config", "--hash", "wbe", body=FILE)


def test_logs_with_names_and_without(compose: Compose, client: Client) -> None:
    compose("up", "-d", "--profile", "jobs", body=FILE)
    client.containers.wait("shop-job-1").result()
    eventually(lambda: "hello" in compose("logs", "web").stdout)
    logs = compose("logs")
    assert (sorted(logs.stdout.splitlines()), logs.stderr) == (
        ["job-1 | one", "job-1 | three", "web-1 | hello"], "job-1 | two\n",
    )  # fmt: skip
    assert compose("logs", "--no-log-prefix", "job").stdout == "one\nthree\n"
    assert compose("logs", "-n", "1", "job").text() == "job-1 | three"
    assert sorted(compose("logs", "-f", "job").stdout.splitlines()) == ["job-1 | one", "job-1 | three"]


def test_logs_of_a_time(compose: Compose, client: Client) -> None:
    compose("up", "-d", "web", body=FILE)
    eventually(lambda: compose("logs", "--since", "10m").stdout.startswith("web-1 | hello\n"))
    assert compose("logs", "--until", "10m").stdout == ""
    assert compose("logs", "-f", "--since", "now", "--until", "0s").stdout == ""
    # web runs on, and an end that has been is not waited for.
    assert compose("logs", "-f", "--until", "10m").stdout == ""


def test_the_file_written_out(compose: Compose) -> None:
    written = "\n".join(compose("config", body=FILE).lines)
    assert written.startswith("name: shop\nservices:\n  web:\n    command: sh -c 'echo hello; exec sleep 600'")
    assert compose("config", "--services", "--profile", "jobs", body=FILE).items == ("web", "job")
    assert compose("config", "--images", body=FILE).items == ("busybox",)
    assert compose("config", "--services", "job", body=FILE).items == ("job",)
    more = FILE + "  top: {image: busybox, depends_on: [web], networks: [n]}\nnetworks: {n: }\n"
    assert compose("config", "--services", "top", body=more).items == ("web", "top")
    assert compose("config", "--networks", "web", body=more).items == ("default",)
    assert compose("config", "-q", body=FILE).lines == ()
    found = json.loads("\n".join(compose("config", "--format", "json", body=FILE).lines))
    assert found["services"]["web"]["image"] == "busybox"
