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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dst=/x,src=a", RunMount("bind", "/x", "a")), ("destination=/x", RunMount("bind", "/x")),
        ("target=/x,readwrite", RunMount("bind", "/x", writable=True)),
        ("target=/x,rw=false", RunMount("bind", "/x")), ("target=/x,ro=0", RunMount("bind", "/x", writable=True)),
        ("target=/x,ro=T", RunMount("bind", "/x")), ("target=/x,ro=f", RunMount("bind", "/x", writable=True)),
        ("type=bind, target=/x ,from=a", RunMount("bind", "/x", origin="a")),
        (
            "type=cache,target=/x,id=i,from=a,source=s,uid=4294967294,gid=1,mode=0700,sharing=PRIVATE",
            RunMount("cache", "/x", "s", "a", "i", True, "private", 0, 0o700, 4294967294, 1),
        ),
        ("type=tmpfs,target=/x,size=5", RunMount("tmpfs", "/x", writable=True, size_bytes=5)),
        ("type=tmpfs,target=/x,size=3KiB", RunMount("tmpfs", "/x", writable=True, size_bytes=3 << 10)),
        (
            "type=secret,id=a,env=E,required,uid=1,gid=2,mode=400",
            RunMount("secret", identity="a", mode=0o400, uid=1, gid=2, required=True, variable="E"),
        ),
        ("type=ssh,required=false", RunMount("ssh")),
    ],
)  # fmt: skip
def test_each_key_is_read(text: str, found: RunMount) -> None:
    assert read_mount(text, LINE) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type=secret", "a secret mount needs one of id, source and target"), ("type=ssh,size=1", "unexpected key"),
        ('"target=/x', "failed to parse mount"),
        ("type=cache,target=/x,uid=4294967295", "invalid value for uid"), ("target=/x,dst=/y", "given twice"),
        ("type=cache,target=/x,gid=-1", "invalid value for gid"), ("target=/x,ro=maybe", "invalid value for ro: maybe"),
        ("type=cache,target=/x,mode=07777777", "invalid value 07777777 for mode"),
        ("type=tmpfs,target=/x,size=-1", "invalid value for size"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told(text: str, message: str) -> None:
    with pytest.raises(DockerfileError, match=message):
        read_mount(text, LINE)


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


def test_variables_may_stand_everywhere_but_in_the_origin() -> None:
    text = "type=$k,target=/x,from=a,uid=$u,gid=$u,mode=0$u,sharing=$s,ro=$yes"
    found = read_mount(text, LINE)
    assert found == RunMount("", origin="a", deferred=text)
    values = {"$k": "CACHE", "$u": "7", "0$u": "07", "$s": "locked", "$yes": "true"}
    assert read_mount(text, LINE, lambda value: values.get(value, value)) == RunMount(
        "cache", "/x", origin="a", sharing="locked", mode=7, uid=7, gid=7
    )
    with pytest.raises(DockerfileError, match="invalid value for uid: ; it should be a whole number"):
        read_mount("type=cache,target=/x,uid=$u", LINE, lambda value: value.replace("$u", ""))


def test_texts_with_variables_wait_for_the_stage() -> None:
    found = read_mount("target=$t,source=${s}", LINE)
    assert (found.deferred, found.expanded(str.upper).target) == ("", "$T")
    found = read_mount("type=secret,target=$a,source=$b,env=$c", LINE)
    assert found.expanded(str.upper) == RunMount("secret", "$A", "$B", variable="$C")
    assert read_mount("type=ssh,id=$d", LINE).expanded(str.upper) == RunMount("ssh", identity="$D")


@given(st.one_of(st.text(max_size=100), st.lists(PIECES, max_size=20).map("".join)))
def test_any_text_is_a_mount_or_a_located_refusal(text: str) -> None:
    try:
        found = read_mount(text, LINE)
        if found.deferred:
            found = read_mount(text, LINE, lambda value: value.replace("$x", "1"))
        found = found.settled("/w")
    except DockerfileError as error:
        assert error.lines == (3, 4)
    except Unsupported as error:
        assert error.details["line"] == 3
    else:
        assert found.target.startswith("/") or (found.kind == "secret" and found.identity)
