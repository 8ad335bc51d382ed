"""What runs: the request over the image, by Docker's rules (checked against dockerd)."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.containers.merge import merge, replace_env
from jupyter_containers.engine.containers.record import Settings
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.image_config import Healthcheck, ProcessDefaults

IMAGE = ProcessDefaults(
    user="app", exposed_ports=("80/tcp",), env=("PATH=/bin", "A=image"), entrypoint=("/entry",), cmd=("serve",),
    volumes=("/data",), working_dir="/srv", labels={"a": "image", "b": "image"}, stop_signal="SIGINT",
    healthcheck=Healthcheck(test=("CMD", "ok"), retries=3),
)  # fmt: skip


def test_what_is_not_said_comes_from_the_image() -> None:
    merged = merge(Settings(), IMAGE)
    assert merged.args == ("/entry", "serve")
    assert (merged.user, merged.working_dir, merged.stop_signal) == ("app", "/srv", "SIGINT")
    assert merged.volumes == ("/data",)


def test_a_command_of_ones_own_keeps_the_entrypoint() -> None:
    assert merge(Settings(cmd=("help",)), IMAGE).args == ("/entry", "help")


def test_an_entrypoint_of_ones_own_drops_the_images_command() -> None:
    assert merge(Settings(entrypoint=("sh",)), IMAGE).args == ("sh",)


def test_an_empty_entrypoint_takes_it_away() -> None:
    assert merge(Settings(entrypoint=("",), cmd=("ls",)), IMAGE).args == ("ls",)


def test_nothing_to_run_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="No command specified"):
        merge(Settings(), ProcessDefaults())
    with pytest.raises(InvalidParameter, match="No command specified"):
        merge(Settings(entrypoint=("",)), IMAGE)


def test_variables_asked_for_come_first_and_win() -> None:
    assert merge(Settings(env=("A=mine", "B=1")), IMAGE).env == ("A=mine", "B=1", "PATH=/bin")


def test_ports_of_images_are_written_as_those_asked_for() -> None:
    """Whoever lists containers takes the numbers from them: what an image has for a port must be one."""
    image = ProcessDefaults(exposed_ports=("8080", "80-81/tcp", "web", "$PORT/tcp"), cmd=("serve",))
    assert merge(Settings(exposed_ports=("80/tcp",)), image).exposed_ports == ("80/tcp", "8080/tcp", "81/tcp")


def test_labels_ports_and_volumes_are_joined() -> None:
    merged = merge(Settings(labels={"a": "mine"}, exposed_ports=("53/udp",), volumes=("/more",)), IMAGE)
    assert merged.labels == {"a": "mine", "b": "image"}
    assert merged.exposed_ports == ("53/udp", "80/tcp")
    assert merged.volumes == ("/data", "/more")


def test_a_healthcheck_fills_up_field_by_field() -> None:
    merged = merge(Settings(healthcheck=Healthcheck(test=("NONE",))), IMAGE)
    assert merged.healthcheck == Healthcheck(test=("NONE",), retries=3)


def test_a_variable_without_a_value_is_taken_away() -> None:
    assert replace_env(("A=1", "B=2"), ("A", "C=3", "D", "B=4")) == ("B=4", "C=3")
