"""Tests of commands.compose_process that need no daemon: what a run adds to its service."""

from __future__ import annotations

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.compose_process import with_options
from jupyter_containers.commands.parsing import parse
from jupyter_containers.compose.model import Service
from jupyter_containers.compose.source import WrongFile
from tests.support.compose_files import service
from tests.support.front_double import SessionOn

WEB = service("image: x\nports: ['1:80']\ncap_add: [A]\nlabels: {a: b}\ncontainer_name: own")


def run(*words: str) -> Service:
    options = parse(table.find("compose", "magic"), ("run", *words, "web"), surface="magic", prog="x")
    return with_options(SessionOn(), WEB, options)


def test_a_run_has_no_ports_of_its_service_but_those_that_are_asked_for() -> None:
    assert run().definition["ports"] == []
    assert [port["target"] for port in run("--service-ports").definition["ports"]] == [80]
    (port,) = run("--publish", "127.0.0.1:5:81/udp").definition["ports"]
    assert (port["host_ip"], port["published"], port["target"], port["protocol"]) == ("127.0.0.1", "5", 81, "udp")
    assert run("-p", "8080:80").definition["ports"][0]["published"] == "8080"
    with pytest.raises(WrongFile, match="--publish, line 1: port: 'x' is not a port"):
        run("--publish", "x")


def test_what_is_the_rule_may_be_said() -> None:
    assert run("--rm").definition["ports"] == []


def test_labels_and_capabilities_are_more_of_them() -> None:
    found = run("-l", "c=d", "-l", "a=z", "--cap-add", "B", "--cap-drop", "ALL")
    assert found.labels == {"a": "z", "c": "d"}
    assert (found.definition["cap_add"], found.definition["cap_drop"]) == (["A", "B"], ["ALL"])
    assert "container_name" not in found.definition
