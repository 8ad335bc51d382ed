"""Options of the driver local: which there are, and the mounts that they become."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.engine import local_driver
from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.linux import constants as c

PATH = Path("/data/volumes/v/_data")


class Host:
    def __init__(self, refusal: OSError | None = None) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self._refusal = refusal

    def mount(self, device: str, path: Path, fs_type: str, *, flags: int, propagation: int, data: str) -> None:
        self.asked.append((device, path, fs_type, flags, propagation, data))
        if self._refusal is not None:
            raise self._refusal


def mounted(**options: str) -> tuple[Any, ...]:
    host = Host()
    local_driver.mount(cast(Any, host), options, PATH)
    return host.asked[0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"foo": "bar"}, 'invalid option: "foo"'),
        ({"type": "tmpfs"}, 'missing required option: "device"'),
        ({"o": "size=1m"}, 'missing required option: "device"'),
        ({"device": "/tmp"}, 'missing required option: "type"'),
        ({"type": "none", "device": "/a\0b"}, "invalid option: \"device\": '/a\\x00b' has a zero byte in it"),
        ({"size": "1g"}, "quota size requested but no quota support"),
    ],
)
def test_options_are_checked_in_dockers_words(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        local_driver.check_options(options)
    assert caught.value.message == sentence


@given(st.dictionaries(st.sampled_from([*local_driver.OPTIONS, "x"]), st.sampled_from(["", "y"])))
def test_what_passes_the_check_can_be_mounted_or_needs_no_mount(options: dict[str, str]) -> None:
    try:
        local_driver.check_options(options)
    except InvalidParameter:
        return
    if not local_driver.needs_mount(options):
        return
    if options.get("device"):
        assert mounted(**options)[0] == options["device"]
    else:
        with pytest.raises(ContainersError, match="missing device in volume options"):
            mounted(**options)


def test_words_become_flags_and_the_rest_is_the_file_systems() -> None:
    assert mounted(type="tmpfs", device="tmpfs", o="size=1m,nodev,uid=7") == (
        "tmpfs", PATH, "tmpfs", c.MS_NODEV, 0, "size=1m,uid=7"
    )  # fmt: skip
    assert mounted(type="none", device="/srv", o="bind,ro,rslave")[3:] == (
        c.MS_BIND | c.MS_RDONLY, c.MS_SLAVE | c.MS_REC, ""
    )  # fmt: skip


def test_a_servers_name_becomes_an_address_because_the_kernel_knows_none() -> None:
    assert mounted(type="nfs", device=":/x", o="addr=localhost,rw")[5] in ("addr=127.0.0.1", "addr=::1")
    assert mounted(type="nfs", device=":/x", o="addr=127.0.0.9")[5] == "addr=127.0.0.9"
    assert mounted(type="ext4", device="/dev/x", o="addr=nobody.invalid")[5] == "addr=nobody.invalid"


def test_a_server_that_nobody_knows_is_told() -> None:
    with pytest.raises(ContainersError, match="error resolving passed in network volume address"):
        mounted(type="nfs", device=":/x", o="addr=nobody.invalid")


def test_a_failure_is_told_without_passwords() -> None:
    host = Host(OSError(13, "Permission denied"))
    options = {"type": "cifs", "device": "//h/x", "o": "username=me,password=secret,ro"}
    with pytest.raises(ContainersError) as caught:
        local_driver.mount(cast(Any, host), options, PATH)
    assert caught.value.message == (
        "error while mounting volume '/data/volumes/v/_data': failed to mount local volume: mount "
        "//h/x:/data/volumes/v/_data, flags: 0x1, data: username=me,password=********: permission denied"
    )
    assert "secret" in host.asked[0][5]
