from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.lines import read_line
from jupyter_containers.build.dockerfile.mounts import RunMount, read_mount
from jupyter_containers.errors import Unsupported

LINE = read_line("RUN x", "\\", (3, 4))
PIECES = st.sampled_from(
    ["type", "=", ",", "bind", "cache", "secret", "tmpfs", "ssh", "target", "/x", "id", "ro", "rw", "size", "1k", '"',
     "mode", "0777", "uid", "-1", "required", "true", "from", "$x", "env", " ", "sharing", "locked"]
)  # fmt: skip


def test_a_bind_is_read_only_and_a_cache_is_not() -> None:
    assert not read_mount("target=/x", LINE).writable
    assert read_mount("target=/x,rw", LINE).writable
    assert read_mount("type=cache,target=/x", LINE).writable
    assert not read_mount("type=cache,target=/x,readonly=true", LINE).writable
    assert read_mount("type=cache,target=/x,ro=false", LINE).writable


def test_a_field_with_a_comma_is_quoted() -> None:
    assert read_mount('"target=/a,b",type=tmpfs,size=2g', LINE) == RunMount(
        "tmpfs", "/a,b", writable=True, size_bytes=2 << 30
    )


@pytest.mark.parametrize(
    ("text", "target", "identity"),
    [
        ("id=a/b", "/run/secrets/b", "a/b"), ("target=/t/n", "/t/n", "n"), ("src=s", "/run/secrets/s", "s"),
        ("id=a,env=A", "", "a"), ("id=a,env=A,dst=t", "/w/t", "a"),
    ],
)  # fmt: skip
def test_a_secret_has_a_name_and_a_place(text: str, target: str, identity: str) -> None:
    found = read_mount(f"type=secret,{text}", LINE).settled("/w")
    assert (found.target, found.identity) == (target, identity)


def test_a_cache_is_called_like_its_target() -> None:
    assert read_mount("type=cache,target=../c/", LINE).settled("/w/x").identity == "/w/c"


@given(st.one_of(st.text(max_size=100), st.lists(PIECES, max_size=20).map("".join)))
def test_any_text_is_a_mount_or_a_located_refusal(text: str) -> None:
    try:
        found = read_mount(text, LINE).settled("/w")
    except DockerfileError as error:
        assert error.lines == (3, 4)
    except Unsupported as error:
        assert error.details["line"] == 3
    else:
        assert found.target.startswith("/") or (found.kind == "secret" and found.identity)
