"""Files in and out of containers through the API: what HEAD says, what GET packs, what PUT unpacks and refuses."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.api_client import Answer, Api, frames
from tests.support.daemon import Docker

FILE, FOLDER, LINK = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE
IS_FOLDER, IS_LINK, IS_FIFO = 1 << 31, 1 << 27, 1 << 25
SETUID, STICKY = 1 << 23, 1 << 20


@pytest.fixture(scope="module")
def api(docker: Docker) -> Api:
    return Api(docker.host.removeprefix("unix://"), "1.41")


@pytest.fixture
def name(api: Api) -> Iterator[str]:
    name = f"f{uuid.uuid4().hex[:12]}"
    yield name
    api.remove(name)


@pytest.fixture
def box(api: Api, name: str) -> str:
    """A running container with a folder of all kinds."""
    api.run("sleep", "600", name=name)
    script = (
        "mkdir -p /d/sub && echo hi > /d/f && chmod 4755 /d/f && ln -s f /d/link && ln -s /d/sub /d/to-sub &&"
        "ln -s nowhere /d/dangling && mkfifo /d/fifo && chmod 1777 /d/sub && ln -s ../../../../etc /d/out"
    )
    run(api, name, script)
    return name


def run(api: Api, name: str, script: str) -> str:
    """Run a script in a container as root; return what it says."""
    body = {"Cmd": ["sh", "-c", script], "AttachStdout": True, "AttachStderr": True, "User": "0"}
    exec_ = api.post(f"/containers/{name}/exec", body).json["Id"]
    stream = api.hijack(f"/exec/{exec_}/start", {})
    content = stream.read()
    stream.close()
    return b"".join(payload for _, payload in frames(content)).decode()


def look(api: Api, name: str, path: str) -> dict[str, Any]:
    answer = api.request("HEAD", f"/containers/{name}/archive", path=path)
    assert answer.status == 200
    found: dict[str, Any] = json.loads(base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"]))
    return found


def get(api: Api, name: str, path: str) -> dict[str, tarfile.TarInfo]:
    answer = api.get(f"/containers/{name}/archive", path=path)
    assert answer.status == 200, answer.content
    assert answer.headers["Content-Type"] == "application/x-tar"
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as tar:
        return {member.name: member for member in tar}


def put(api: Api, name: str, path: str, *members: tuple[str, bytes, bytes], **query: int) -> Answer:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for place, kind, content in members:
            member = tarfile.TarInfo(place)
            member.type, member.uid, member.gid, member.mode = kind, 1234, 1235, 0o755 if kind == FOLDER else 0o644
            if kind == LINK:
                member.linkname = content.decode()
                content = b""
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return api.request("PUT", f"/containers/{name}/archive", buffer.getvalue(), path=path, **query)


PLACES = {
    "/d": ("d", IS_FOLDER | 0o755, ""),
    "d": ("d", IS_FOLDER | 0o755, ""),
    "/d/": ("d", IS_FOLDER | 0o755, ""),
    "/d/.": (".", IS_FOLDER | 0o755, ""),
    "/d/f": ("f", SETUID | 0o755, ""),
    "/d/../d/f": ("f", SETUID | 0o755, ""),
    "/d/sub": ("sub", STICKY | IS_FOLDER | 0o777, ""),
    "/d/fifo": ("fifo", IS_FIFO | 0o644, ""),
    "/d/link": ("link", IS_LINK | 0o777, "/d/f"),
    "/d/to-sub": ("to-sub", IS_LINK | 0o777, "/d/sub"),
    "/d/to-sub/": ("to-sub", STICKY | IS_FOLDER | 0o777, ""),
    "/d/dangling": ("dangling", IS_LINK | 0o777, "/d/nowhere"),
    "/d/out": ("out", IS_LINK | 0o777, "/etc"),
    "/d/out/passwd": ("passwd", 0o644, ""),
    "/": ("/", IS_FOLDER | 0o755, ""),
    "/.": (".", IS_FOLDER | 0o755, ""),
}


@pytest.mark.parametrize("path", PLACES)
def test_what_is_said_of_a_path(api: Api, box: str, path: str) -> None:
    found = look(api, box, path)
    assert (found["name"], found["mode"], found["linkTarget"]) == PLACES[path]
    assert found["mtime"].endswith("Z")
    if found["name"] == "f":
        assert found["size"] == 3


def test_what_is_not_there(api: Api, box: str) -> None:
    for path in ("/nosuch", "/d/nosuch/x", "/d/dangling/"):
        assert api.request("HEAD", f"/containers/{box}/archive", path=path).status == 404
    answer = api.get(f"/containers/{box}/archive", path="/nosuch")
    assert (answer.status, answer.message) == (404, f"Could not find the file /nosuch in container {box}")
    assert api.get(f"/containers/{box}/archive").status == 400
    assert api.get(f"/containers/{box}/archive", path="/d/f/").status >= 400


def test_what_is_packed(api: Api, box: str) -> None:
    found = get(api, box, "/d")
    assert set(found) == {"d", "d/sub", "d/f", "d/link", "d/to-sub", "d/dangling", "d/fifo", "d/out"}
    assert (found["d/f"].mode & 0o7777, found["d/f"].size, found["d/f"].type) == (0o4755, 3, FILE)
    assert (found["d/link"].linkname, found["d/out"].linkname) == ("f", "../../../../etc")
    assert found["d/fifo"].type == tarfile.FIFOTYPE
    assert set(get(api, box, "/d/.")) == {f"./{one.removeprefix('d/')}" for one in found if one != "d"} | {"."}
    names = {"/d/f": "f", "/d/link": "link", "/d/to-sub": "to-sub", "/d/to-sub/": "to-sub", "/d/to-sub/.": "."}
    assert {path: list(get(api, box, path)) for path in names} == {path: [name] for path, name in names.items()}
    assert get(api, box, "/d/to-sub")["to-sub"].type == LINK
    assert get(api, box, "/d/to-sub/")["to-sub"].type == FOLDER
    assert {"./bin", "./etc"} <= set(get(api, box, "/etc/../."))


def test_owners_and_kinds_of_what_is_put(api: Api, box: str) -> None:
    assert put(api, box, "/d", ("new", FILE, b"x"), ("made", FOLDER, b""), ("made/link", LINK, b"../f")).status == 200
    assert run(api, box, "cat /d/new; stat -c '%u %g %a %F' /d/new /d/made; readlink /d/made/link").splitlines() == [
        "x1234 1235 644 regular file", "1234 1235 755 directory", "../f"
    ]  # fmt: skip
    assert put(api, box, "/d/to-sub", ("through", FILE, b"")).status == 200
    assert put(api, box, "/d/out", ("inside", FILE, b"")).status == 200
    assert run(api, box, "ls /d/sub/through /etc/inside").split() == ["/d/sub/through", "/etc/inside"]


def test_everything_may_go_to_the_user(api: Api, name: str) -> None:
    api.run("sleep", "600", name=name, User="1000")
    assert put(api, name, "/tmp", ("kept", FILE, b"")).status == 200
    assert put(api, name, "/tmp", ("given", FILE, b""), copyUIDGID=1).status == 200
    assert run(api, name, "stat -c '%u' /tmp/kept /tmp/given").split() == ["1234", "1000"]


def test_what_replaces_what(api: Api, box: str) -> None:
    for members, words in (
        (("sub", FILE, b"x"), "cannot overwrite directory"),
        (("f", FOLDER, b""), "cannot overwrite non-directory"),
    ):
        answer = put(api, box, "/d", members, noOverwriteDirNonDir=1)
        assert answer.status >= 400
        assert words in answer.message
    assert put(api, box, "/d", ("sub", FOLDER, b""), ("f", FILE, b"new"), noOverwriteDirNonDir=1).status == 200
    assert run(api, box, "cat /d/f; test -d /d/sub && echo folder") == "newfolder\n"
    assert put(api, box, "/d", ("f", FOLDER, b"")).status == 200
    assert run(api, box, "test -d /d/f && echo folder") == "folder\n"


def test_where_nothing_can_be_put(api: Api, box: str) -> None:
    answer = put(api, box, "/d/f", ("x", FILE, b""))
    assert answer.status >= 400
    assert answer.message == "extraction point is not a directory"
    answer = put(api, box, "/d/nosuch", ("x", FILE, b""))
    assert answer.status == 404
    assert answer.message.startswith("Could not find the file /d/nosuch in container ")
    assert put(api, box, "/d", ("../../up", FILE, b"x")).status >= 400
    assert api.request("PUT", f"/containers/{box}/archive", b"this is no tar", path="/d").status >= 400
    assert run(api, box, "ls /up; ls /d/up").count("No such file") == 2


def test_volumes_are_seen_running_or_not(api: Api, name: str) -> None:
    volume = f"{name}v"
    api.create("true", name=name, host={"Binds": [f"{volume}:/v", f"{volume}:/read:ro"], "ReadonlyRootfs": True})
    try:
        assert put(api, name, "/v", ("x", FILE, b"in the volume")).status == 200
        for path, words in (
            ("/read", "mounted volume is marked read-only"),
            ("/etc", "container rootfs is marked read"),
        ):
            answer = put(api, name, path, ("y", FILE, b""))
            assert answer.status >= 400
            assert words in answer.message
        assert set(get(api, name, "/v")) == {"v", "v/x"}
        assert look(api, name, "/read/x")["size"] == 13
        other = api.run("cat", "/w/x", host={"Binds": [f"{volume}:/w"]})
        assert (api.wait(other), api.logs(other)) == (0, "in the volume")
        assert set(get(api, other, "/w/.")) == {".", "./x"}
        api.remove(other)
    finally:
        api.remove(name)
        api.delete(f"/volumes/{volume}")


def test_changes_and_export(api: Api, name: str) -> None:
    api.run("sh", "-c", "mkdir /new && echo x > /new/file; rm /etc/group; chmod 600 /etc/passwd", name=name)
    api.wait(name)
    changes = {(one["Path"], one["Kind"]) for one in api.get(f"/containers/{name}/changes").json}
    assert changes == {("/new", 1), ("/new/file", 1), ("/etc", 0), ("/etc/group", 2), ("/etc/passwd", 0)}
    content = api.get(f"/containers/{name}/export").content
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        members = {member.name: member for member in tar}
    assert members["new/file"].size == 2
    assert members["etc/passwd"].mode & 0o777 == 0o600
    assert "etc/group" not in members
    assert api.get("/containers/nobody/export").status == 404
