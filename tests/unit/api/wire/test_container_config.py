"""Docker's Config and ours."""

from __future__ import annotations

from jupyter_containers.api.wire.container_config import settings_from_wire, settings_to_wire
from jupyter_containers.engine.containers.record import Settings
from jupyter_containers.oci.image_config import Healthcheck

FULL = {
    "Hostname": "h", "Domainname": "d", "User": "u", "AttachStdin": True, "AttachStdout": True, "AttachStderr": False,
    "ExposedPorts": {"53/udp": {}, "80/tcp": {}}, "Tty": True, "OpenStdin": True, "StdinOnce": True, "Env": ["A=b"],
    "Cmd": ["sh"], "Healthcheck": {"Test": ["CMD", "x"], "Interval": 10**9, "Retries": 3}, "Image": "busybox",
    "Volumes": {"/v": {}}, "WorkingDir": "/w", "Entrypoint": ["/e"], "NetworkDisabled": True, "MacAddress": "m",
    "OnBuild": None, "Labels": {"a": "b"}, "StopSignal": "SIGINT", "StopTimeout": 3, "Shell": ["/bin/sh"],
}  # fmt: skip


def test_every_field_comes_back_as_it_was() -> None:
    assert settings_to_wire(settings_from_wire(FULL)) == FULL


def test_nothing_said_is_answered_as_dockerd_does() -> None:
    assert settings_to_wire(settings_from_wire({})) == {
        "Hostname": "", "Domainname": "", "User": "", "AttachStdin": False, "AttachStdout": False,
        "AttachStderr": False, "Tty": False, "OpenStdin": False, "StdinOnce": False, "Env": [], "Cmd": None,
        "Image": "", "Volumes": None, "WorkingDir": "", "Entrypoint": None, "OnBuild": None, "Labels": {},
    }  # fmt: skip


def test_one_string_is_a_list_of_one() -> None:
    assert settings_from_wire({"Entrypoint": "", "Cmd": "ls"}).entrypoint == ("",)


def test_a_timeout_of_zero_is_said() -> None:
    assert settings_to_wire(Settings(stop_timeout_seconds=0))["StopTimeout"] == 0
    assert settings_from_wire({"Healthcheck": {}}).healthcheck == Healthcheck()
