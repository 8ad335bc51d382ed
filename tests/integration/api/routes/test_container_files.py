"""docker cp, export and diff on the wire."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.api.routes.container_files import go_mode
from tests.support.api_client import Answer, Api
from tests.support.eventually import eventually


def tar(**files: bytes) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return content.getvalue()


def untar(answer: Answer) -> dict[str, bytes | None]:
    assert answer.status == 200, answer.content
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        found = {}
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            found[member.name] = file.read() if file else None
        return found


def put(api: Api, container: str, path: str, content: bytes, **query: Any) -> Answer:
    kind = {"Content-Type": "application/x-tar"}
    return api.request("PUT", f"/containers/{container}/archive", content, headers=kind, path=path, **query)


def status(api: Api, container: str, path: str) -> Any:
    answer = api.request("HEAD", f"/containers/{container}/archive", path=path)
    assert answer.status == 200
    return json.loads(base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"]))


@pytest.fixture(params=["created", "running"])
def container(request: pytest.FixtureRequest, api: Api) -> str:
    host = {"Binds": ["files:/vol", "files:/ro:ro"], "Tmpfs": {"/tmpfs": ""}}
    container = api.create("sleep", "60", host=host)
    if request.param == "running":
        api.post(f"/containers/{container}/start")
    request.addfinalizer(lambda: (api.remove(container), api.delete("/volumes/files")))
    return container


def test_what_goes_in_comes_out(api: Api, container: str) -> None:
    assert put(api, container, "/", tar(dir__a=b"1", dir__sub__b=b"2")).status == 200
    found = untar(api.get(f"/containers/{container}/archive", path="/dir"))
    assert found == {"dir": None, "dir/a": b"1", "dir/sub": None, "dir/sub/b": b"2"}
    assert put(api, container, "/vol", tar(v=b"volume")).status == 200
    assert untar(api.get(f"/containers/{container}/archive", path="/ro/v")) == {"v": b"volume"}


def test_a_path_is_told_without_following_its_last_link(api: Api, container: str) -> None:
    link = status(api, container, "/bin/sh")
    assert (link["name"], link["linkTarget"], link["mode"] & 1 << 27) == ("sh", "/bin/busybox", 1 << 27)
    folder = status(api, container, "/etc")
    assert (folder["name"], folder["mode"] >> 31, folder["linkTarget"]) == ("etc", 1, "")
    assert status(api, container, "/etc/.")["name"] == "."
    assert status(api, container, "/")["name"] == "/"


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("/nope", 404, "Could not find the file /nope in container"),
        ("/etc/passwd", 400, "extraction point is not a directory"),
        ("/ro", 403, "mounted volume is marked read-only"),
        ("", 400, "path cannot be empty"),
    ],
)
def test_where_nothing_can_be_put_it_is_told(api: Api, container: str, path: str, code: int, words: str) -> None:
    answer = put(api, container, path, tar(a=b""))
    assert answer.status == code
    assert words in answer.message


def test_what_is_not_there_cannot_be_taken(api: Api, container: str) -> None:
    answer = api.get(f"/containers/{container}/archive", path="/nope")
    assert answer.status == 404
    assert "Could not find the file /nope in container" in answer.message


def test_the_root_comes_without_what_the_kernel_mounts(api: Api, container: str) -> None:
    names = untar(api.get(f"/containers/{container}/archive", path="/"))
    assert "etc/passwd" in names
    assert not [name for name in names if name.startswith(("proc/", "sys/", "dev/null"))]


def test_a_link_in_the_container_leads_nowhere_outside(api: Api, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    container = api.run("sh", "-c", f"ln -s {tmp_path} /trap; ln -s /proc/1/root /root-link; sleep 60")
    assert api.get(f"/containers/{container}/archive", path="/trap/secret").status in (400, 404)
    answer = put(api, container, "/trap", tar(evil=b"x"))
    assert answer.status >= 400
    assert not (tmp_path / "evil").exists()
    put(api, container, "/", tar(trap__evil=b"x"))
    assert not (tmp_path / "evil").exists()


def test_a_file_does_not_take_the_place_of_a_directory_when_asked(api: Api, container: str) -> None:
    answer = put(api, container, "/", tar(etc=b""), noOverwriteDirNonDir=1)
    assert answer.status == 400
    assert "cannot overwrite directory" in answer.message
    assert put(api, container, "/", b"not a tar" * 100).status == 400


def test_a_read_only_root_stays_as_it_is(api: Api) -> None:
    container = api.create("true", host={"ReadonlyRootfs": True})
    answer = put(api, container, "/tmp", tar(a=b""))
    assert (answer.status, answer.message) == (403, "container rootfs is marked read-only")


def test_an_export_is_the_whole_root_without_mounts(api: Api) -> None:
    container = api.run("sh", "-c", "echo mine > /file; sleep 60", host={"Binds": ["files:/vol"]})
    put(api, container, "/vol", tar(inside=b""))
    for _ in ("running", "stopped"):
        names = untar(api.get(f"/containers/{container}/export"))
        assert {"etc/passwd", "bin/busybox", "vol"} <= names.keys()
        assert "vol/inside" not in names
        assert not any(name.startswith("proc/") for name in names)
        api.post(f"/containers/{container}/kill")
    api.remove(container)
    api.delete("/volumes/files")


def test_changes_are_what_the_container_did(api: Api) -> None:
    container = api.run("sh", "-c", "touch /new; rm /etc/group; echo x >> /etc/passwd; mkdir /dir; touch /dir/a")
    api.wait(container)
    found = {change["Path"]: change["Kind"] for change in api.get(f"/containers/{container}/changes").json}
    assert found == {"/new": 1, "/etc": 0, "/etc/group": 2, "/etc/passwd": 0, "/dir": 1, "/dir/a": 1}
    untouched = api.run("true")
    api.wait(untouched)
    assert api.get(f"/containers/{untouched}/changes").json is None


def test_modes_are_written_as_go_does() -> None:
    assert go_mode(0o040755) == 1 << 31 | 0o755
    assert go_mode(0o120777) == 1 << 27 | 0o777
    assert go_mode(0o104755) == 1 << 23 | 0o755
    assert go_mode(0o041777) == 1 << 31 | 1 << 20 | 0o777
    assert go_mode(0o020666) == 1 << 26 | 1 << 21 | 0o666
    assert go_mode(0o060660) == 1 << 26 | 0o660


def test_a_folder_is_listed_of_containers_that_run_and_that_do_not(api: Api) -> None:
    script = "mkdir /d && echo hello > /d/a && ln -s /etc/passwd /d/b && mkdir /d/c && sleep 60"
    container = api.run("sh", "-c", script)

    def names() -> list[str]:
        answer = api.get(f"/containers/{container}/folder", path="/d")
        return [one["name"] for one in answer.json["Entries"]] if answer.status == 200 else []

    assert eventually(lambda: names() == ["a", "b", "c"])
    found = {one["name"]: one for one in api.get(f"/containers/{container}/folder", path="/d").json["Entries"]}
    assert (found["a"]["size"], found["b"]["linkTarget"], found["c"]["mode"] >> 31) == (6, "/etc/passwd", 1)
    api.post(f"/containers/{container}/kill")
    api.wait(container)
    assert names() == ["a", "b", "c"]
    assert "bin" in [one["name"] for one in api.get(f"/containers/{container}/folder").json["Entries"]]
    assert api.get(f"/containers/{container}/folder", path="/d/a").status == 400
    assert api.get(f"/containers/{container}/folder", path="/nothing").status == 404
