"""The forms are covered by the cases; here is what lies between lines."""

from __future__ import annotations

import pytest

from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.oci.image_config import ProcessDefaults
from tests.support.planning import planned


def process(text: str) -> ProcessDefaults:
    return planned(text).steps[-1].process


def test_a_variable_set_again_keeps_its_place() -> None:
    assert process("FROM scratch\nENV PATH=/x\nENV a=1 b=2\nENV a=3\n").env == ("PATH=/x", "a=3", "b=2")


def test_labels_and_volumes_and_ports_add_up() -> None:
    found = process("FROM busybox\nLABEL a=1\nLABEL a=2 b=3\nVOLUME /a\nVOLUME /b /a\nEXPOSE 80\nEXPOSE 22 80\n")
    assert found.labels == {"a": "2", "b": "3"}
    assert found.volumes == ("/a", "/b")
    assert found.exposed_ports == ("22/tcp", "80/tcp")


def test_a_maintainer_is_the_author_of_what_follows() -> None:
    steps = planned("FROM busybox\nRUN a\nMAINTAINER me\nRUN b\n").steps
    assert [step.author for step in steps] == ["", "", "me", "me"]


@pytest.mark.parametrize("port", ["99999999999999", "-1", "1-", "3-1", "80-/", "80:", "٣"])
def test_strange_ports_are_refused(port: str) -> None:
    with pytest.raises(DockerfileError):
        process(f"FROM busybox\nEXPOSE {port}\n")


@pytest.mark.parametrize("signal", ["0", "65", "SIGRTMIN+99", "RTMIN+", "KILL9", "9" * 5000])
def test_strange_signals_are_refused(signal: str) -> None:
    with pytest.raises(DockerfileError, match="Invalid signal"):
        process(f"FROM busybox\nSTOPSIGNAL {signal}\n")
