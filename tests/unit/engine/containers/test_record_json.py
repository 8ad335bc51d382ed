"""Records to JSON and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.engine.containers.record import (
    AddressWish,
    DeviceRequest,
    EndpointSettings,
    HostSettings,
    Limits,
    MountPoint,
    MountRequest,
    PortBinding,
    Record,
    RestartPolicy,
    Settings,
    State,
    Status,
    Ulimit,
)
from jupyter_containers.engine.containers.record_json import from_json, to_json
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.image_config import Healthcheck

FULL = Record(
    id="a" * 64,
    name="web",
    created_at=5,
    image_id="sha256:x",
    snapshot="sha256:y",
    settings=Settings(
        env=("A=b", "C="), cmd=(), entrypoint=("sh",), labels={"a": "b"}, healthcheck=Healthcheck(test=("CMD", "x")),
        stop_timeout_seconds=0,
    ),
    host=HostSettings(
        binds=("/a:/b",), mounts=(MountRequest("bind", "/x", volume_labels={"l": "1"}),), tmpfs={"/t": ""}, cap_add=(),
        port_bindings={"80/tcp": (PortBinding("", "80"), PortBinding())}, init=False, console_size=(3, 4),
        restart_policy=RestartPolicy("on-failure", 3), ulimits=(Ulimit("nofile", 1, 2),),
        devices=(DeviceRequest("/dev/a", "/dev/b"),), limits=Limits(memory=5, oom_kill_disable=False),
    ),
    mount_points=(MountPoint("volume", "/v", name="n", anonymous=True),),
    state=State(Status.PAUSED, 7, 3, "why", True, 1, 2, True),
    endpoints={"mine": EndpointSettings(AddressWish("10.0.0.2", link_local=()), aliases=(), driver_options={"a": "b"})},
    attachments={"mine": {"ip_address": "10.0.0.2", "published": []}},
)  # fmt: skip


def test_a_record_survives_the_way_through_the_database() -> None:
    assert from_json(Record, json.loads(json.dumps(to_json(FULL)))) == FULL


def test_defaults_are_left_out() -> None:
    written = to_json(Record("i", "n", 1, "sha256:x"))
    assert written == {"id": "i", "name": "n", "created_at": 1, "image_id": "sha256:x"}


def test_an_empty_list_is_not_the_same_as_none() -> None:
    assert from_json(HostSettings, to_json(HostSettings(cap_add=()))).cap_add == ()
    assert from_json(HostSettings, to_json(HostSettings())).cap_add is None


def test_fields_of_a_newer_program_are_passed_over() -> None:
    assert from_json(State, {"status": "exited", "mood": "good"}) == State(Status.EXITED)


def test_a_missing_field_is_an_error_that_names_the_kind() -> None:
    with pytest.raises(InvalidParameter, match="not the record of a record"):
        from_json(Record, {"id": "x"})


@given(st.dictionaries(st.text(), st.text()), st.lists(st.text()), st.sampled_from(Status))
def test_any_text_comes_back_as_it_was(labels: dict[str, str], env: list[str], status: Status) -> None:
    record = Record("i", "n", 1, "x", settings=Settings(labels=labels, env=tuple(env)), state=State(status))
    assert from_json(Record, json.loads(json.dumps(to_json(record)))) == record
