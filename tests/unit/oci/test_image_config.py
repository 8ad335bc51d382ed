from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import (
    MAX_CONFIG_BYTES,
    ZERO_TIME,
    Healthcheck,
    History,
    ImageConfig,
    ProcessDefaults,
    as_moment,
    chain_ids,
    moment_ns,
    process_from_json,
    process_to_json,
)
from jupyter_containers.oci.platform import Platform
from tests.support import tiny_image

A, B, C = (Digest.of(text) for text in (b"a", b"b", b"c"))
FULL: dict[str, Any] = {
    "User": "1000:100",
    "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
    "Env": ["PATH=/bin", "EMPTY=", "A=b=c"],
    "Entrypoint": ["/entry"],
    "Cmd": ["-c", "x"],
    "Volumes": {"/data": {}},
    "WorkingDir": "/srv",
    "Labels": {"k": "v"},
    "StopSignal": "SIGINT",
    "Shell": ["/bin/bash", "-c"],
    "OnBuild": ["RUN x"],
    "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1, "Timeout": 2, "StartPeriod": 3, "StartInterval": 4,
                    "Retries": 5},
    "ArgsEscaped": True,
}  # fmt: skip


def test_process_goes_both_ways_with_every_field() -> None:
    assert process_to_json(process_from_json(FULL)) == FULL
    assert process_from_json(FULL).healthcheck == Healthcheck(("CMD", "true"), 1, 2, 3, 4, 5)


def test_nothing_set_writes_nothing() -> None:
    assert process_to_json(ProcessDefaults()) == {}
    assert process_from_json({}) == ProcessDefaults()


def test_a_cleared_entrypoint_differs_from_none() -> None:
    """`ENTRYPOINT []` takes away the base's; no ENTRYPOINT keeps it."""
    cleared = process_from_json({"Entrypoint": [], "Cmd": None})
    assert (cleared.entrypoint, cleared.cmd) == ((), None)
    assert process_to_json(cleared) == {"Entrypoint": []}


def test_one_string_stands_for_a_list_of_one() -> None:
    assert process_from_json({"Cmd": "top"}).cmd == ("top",)


@pytest.mark.parametrize("value", [1, [1], {"a": "b"}, [None]])
def test_other_commands_are_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidParameter, match="Cmd must be a list of strings"):
        process_from_json({"Cmd": value})


def test_a_config_is_read_as_builders_write_it() -> None:
    layer = tiny_image.layer({"a": b"1"})
    image = tiny_image.image(layer, platform=Platform("linux", "arm64", "v8"), process=FULL)
    config = ImageConfig.parse(image.config)
    assert config.platform == Platform("linux", "arm64", "v8")
    assert config.diff_ids == (layer.diff_id,)
    assert config.history == (History("2024-01-01T00:00:00Z", "layer 0"),)
    assert process_to_json(config.process) == FULL
    assert json.loads(config.to_bytes()) == json.loads(image.config)


def test_missing_times_are_dockers_zero() -> None:
    assert ImageConfig.parse(b'{"rootfs": {"diff_ids": []}}').created == ZERO_TIME


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"x", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a container image"),
        (b"{}", "not a container image"),
        (b'{"rootfs": []}', "not a container image"),
        (b'{"rootfs": {"diff_ids": "x"}}', "not a container image"),
        (b'{"rootfs": {"diff_ids": ["../x"]}}', "not a sha256"),
        (b" " * (MAX_CONFIG_BYTES + 1), "over the limit"),
    ],
    ids=range(8),
)
def test_what_is_no_config_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        ImageConfig.parse(content)


def test_a_layer_on_top_adds_to_diff_ids_and_history() -> None:
    base = ImageConfig(Platform("linux", "amd64"), diff_ids=(A,), history=(History(created_by="base"),))
    more = base.with_layer(B, History(created_by="RUN x", author="me", comment="c"))
    assert more.diff_ids == (A, B)
    assert [entry.created_by for entry in more.history] == ["base", "RUN x"]
    assert more.history[1].to_json() == {"created": ZERO_TIME, "created_by": "RUN x", "author": "me", "comment": "c"}
    assert base.diff_ids == (A,)


def test_chain_ids_follow_the_specifications_formula() -> None:
    first, second, third = chain_ids((A, B, C))
    assert first == A
    assert second == Digest.of(f"{A} {B}".encode())
    assert third == Digest.of(f"{second} {C}".encode())
    assert chain_ids(()) == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FULL, "x"]), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.fixed_dictionaries({"rootfs": st.just({"diff_ids": []}), "config": json_values, "history": json_values}))
def test_no_config_raises_anything_but_a_refusal(data: dict[str, Any]) -> None:
    try:
        ImageConfig.parse(json.dumps(data).encode())
    except InvalidParameter:
        pass


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:01Z", 10**9),
        ("1970-01-01T00:00:01.000000001Z", 10**9 + 1),
        ("1970-01-01T01:00:01.5+01:00", 15 * 10**8),
        ("1970-01-01T00:00:01.1234567891234Z", 10**9 + 123_456_789),
        ("1969-12-31T23:59:59Z", -(10**9)),
        ("0001-01-01T00:00:00Z", 0),
        ("", 0),
        ("yesterday", 0),
        ("2024-13-45T99:99:99Z", 0),
        ("2024-01-01", 0),
    ],
)
def test_the_time_of_an_image_sorts_whatever_it_says(text: str, nanoseconds: int) -> None:
    assert moment_ns(text) == nanoseconds


@given(st.text(max_size=40))
def test_no_time_breaks_a_list(text: str) -> None:
    moment_ns(text)


def test_a_time_that_is_none_is_written_as_the_zero_time() -> None:
    for text in ("1970-01-01T00:00:00Z", "2024-01-01T00:00:00.5+01:00", ZERO_TIME):
        assert as_moment(text) == text
    for text in ("", "yesterday", "2024-01-01"):
        assert as_moment(text) == ZERO_TIME
