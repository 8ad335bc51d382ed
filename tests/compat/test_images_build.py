"""/build with the parameters and instructions of the classic builder; seen to pass on dockerd.

The reference must see the same loopback: run the tests in its network namespace.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_client import Api
from tests.support.busybox_image import rootfs_tar
from tests.support.daemon import Docker
from tests.support.web_files import MODIFIED_SECONDS, web_files


@pytest.fixture
def api(docker: Docker) -> Api:
    return Api(docker.host.removeprefix("unix://"), "1.41")


@pytest.fixture
def name(docker: Docker) -> Iterator[str]:
    name = f"built{uuid.uuid4().hex[:12]}"
    yield name
    for each in docker("images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split():
        if name in each:
            docker("rmi", "-f", each)


def context(dockerfile: str, **files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, content in {"Dockerfile": dockerfile.encode(), **files}.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def build(api: Api, dockerfile: str, files: dict[str, bytes] | None = None, **query: Any) -> list[Any]:
    """Build without a network and return the lines. What should be built is marked, so nothing of before is used."""
    answer = api.request(
        "POST", "/build", context(dockerfile, **(files or {})), headers={"Content-Type": "application/x-tar"},
        **{"networkmode": "none", "rm": 1, **query},
    )  # fmt: skip
    assert answer.status == 200, answer.content
    return [json.loads(line) for line in answer.content.splitlines()]


def texts(lines: list[Any]) -> str:
    return "".join(line.get("stream", "") for line in lines)


def inspect(docker: Docker, name: str) -> Any:
    return json.loads(docker("image", "inspect", name).stdout)[0]


def config(docker: Docker, name: str) -> Any:
    return inspect(docker, name)["Config"]


def run(docker: Docker, name: str, *command: str) -> str:
    return docker("run", "--rm", "--network", "none", name, *command).stdout


def test_the_text_is_what_the_command_line_expects(docker: Docker, api: Api, name: str) -> None:
    lines = build(api, f'FROM busybox\nRUN echo {name}\nCMD ["true"]\n', t=name)
    out = texts(lines).splitlines()
    image_id = inspect(docker, name)["Id"]
    base = inspect(docker, "busybox")["Id"]
    assert out[:2] == ["Step 1/3 : FROM busybox", f" ---> {base[7:19]}"]
    assert out[2] == f"Step 2/3 : RUN echo {name}"
    container = out[3].removeprefix(" ---> Running in ")
    assert len(container) == 12
    assert out[4:6] == [name, f"Removing intermediate container {container}"]
    assert out[-2:] == [f"Successfully built {image_id[7:19]}", f"Successfully tagged {name}:latest"]
    assert {"aux": {"ID": image_id}} in lines


@pytest.mark.parametrize(("query", "is_told"), [({}, True), ({"rm": 0}, False), ({"rm": 0, "forcerm": 1}, True)])
def test_the_end_of_a_steps_container_is_told_unless_it_is_to_stay(
    docker: Docker, api: Api, name: str, query: dict[str, int], is_told: bool
) -> None:
    answer = api.request(
        "POST", "/build", context(f"FROM busybox\nRUN echo {name}\n"), headers={"Content-Type": "application/x-tar"},
        networkmode="none", **query,
    )  # fmt: skip
    out = texts([json.loads(line) for line in answer.content.splitlines()])
    assert ("Removing intermediate container" in out) is is_told
    docker("rm", "-f", out.partition(" ---> Running in ")[2][:12], code=None)


def test_error_output_is_red(api: Api, name: str) -> None:
    lines = build(api, f"FROM busybox\nRUN echo {name} >&2\n")
    assert {"stream": f"\x1b[91m{name}\n\x1b[0m"} in [{"stream": line.get("stream")} for line in lines]


def test_quiet_is_the_id_alone(docker: Docker, api: Api, name: str) -> None:
    lines = build(api, f"FROM busybox\nLABEL of={name}\n", t=name, q=1)
    assert texts(lines) == f"{inspect(docker, name)['Id']}\n"


def test_several_names_labels_and_arguments(docker: Docker, api: Api, name: str) -> None:
    script = context("ARG V\nFROM busybox\nARG W=x\nLABEL w=$W\n")
    path = f"/build?t={name}:one&t={name}:two&networkmode=none"
    answer = api.request("POST", path, script, headers={"Content-Type": "application/x-tar"})
    assert answer.status == 200
    assert inspect(docker, f"{name}:one")["Id"] == inspect(docker, f"{name}:two")["Id"]
    build(api, "FROM busybox\nARG W=x\nLABEL w=$W\n", t=name, buildargs={"W": "given"}, labels={"a": "b c"})
    assert config(docker, name)["Labels"] == {"w": "given", "a": "b c"}


def test_limits_hold_in_every_step(api: Api, name: str) -> None:
    script = (
        f"FROM busybox\nLABEL of={name}\nRUN df -k /dev/shm | tail -1\nRUN ulimit -n; ulimit -Hn\nRUN cat /etc/hosts\n"
        "RUN cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; true\n"
    )
    out = texts(
        build(
            api, script, shmsize=8 << 20, memory=64 << 20, extrahosts="friend:10.1.2.3",
            ulimits=json.dumps([{"Name": "nofile", "Soft": 100, "Hard": 200}]),
        )
    )  # fmt: skip
    assert " 8192 " in out
    assert "100\n" in out
    assert "200\n" in out
    assert "10.1.2.3\tfriend" in out
    assert str(64 << 20) in out


def test_an_impossible_limit_is_refused(api: Api) -> None:
    answer = api.request(
        "POST", "/build", context("FROM busybox\nRUN true\n"), headers={"Content-Type": "application/x-tar"},
        memory=1000, networkmode="none", nocache=1,
    )  # fmt: skip
    assert "Minimum memory limit allowed is" in answer.content.decode()


def test_only_the_images_named_count_as_cache(docker: Docker, api: Api, name: str) -> None:
    script = f"FROM busybox\nENV of={name}\nRUN touch /a\nRUN touch /b\n"
    build(api, script, t=f"{name}:one")
    named = texts(build(api, script, t=f"{name}:two", cachefrom=json.dumps([f"{name}:one"])))
    assert named.count("Using cache") == 3
    unknown = texts(build(api, script, t=f"{name}:three", cachefrom=json.dumps(["nobody/knows:this"])))
    assert "Using cache" not in unknown
    assert texts(build(api, script, t=f"{name}:four")).count("Using cache") == 3
    assert "Using cache" not in texts(build(api, script, t=f"{name}:five", nocache=1))


def test_the_history_of_an_image_from_elsewhere_counts_as_cache(
    docker: Docker, api: Api, name: str, tmp_path: Path
) -> None:
    """What was built here goes, and comes again as an image only: its history says which steps it has."""
    script = (
        f"FROM busybox\nENV of={name}\nCOPY file /into/\nRUN cat /proc/sys/kernel/random/uuid > /id\n"
        "RUN true\nWORKDIR /new\n"
        'CMD ["cat", "/id"]\n'
    )
    build(api, script, t=f"{name}:one", files={"file": b"content"})
    made = run(docker, f"{name}:one")
    docker("save", "-o", str(tmp_path / "image"), f"{name}:one")
    docker("rmi", f"{name}:one")
    docker("builder", "prune", "-af")
    docker("load", "-i", str(tmp_path / "image"))
    query = {"cachefrom": json.dumps([f"{name}:one"])}
    files = {"file": b"content"}
    out = texts(build(api, f"{script}LABEL a=b\n", files, t=f"{name}:two", **query))
    assert out.count("Using cache") == 6
    assert run(docker, f"{name}:two") == made
    out = texts(build(api, script, {"file": b"another"}, **query))
    assert out.count("Using cache") == 1


@pytest.mark.parametrize("packed", [False, True])
def test_a_context_may_be_at_an_address(docker: Docker, api: Api, name: str, packed: bool) -> None:
    content = context(f"FROM busybox\nCOPY file /file\nLABEL of={name}\n", file=name.encode())
    with web_files({"/context.tar": gzip.compress(content) if packed else content}) as address:
        answer = api.post("/build", remote=f"{address}/context.tar", t=name, networkmode="none")
    assert f"Successfully tagged {name}:latest" in answer.content.decode()
    assert run(docker, name, "cat", "/file") == name


def test_a_dockerfile_may_be_at_an_address(docker: Docker, api: Api, name: str) -> None:
    with web_files({"/some.txt": f"FROM busybox\nLABEL of={name}\n".encode()}) as address:
        answer = api.post("/build", remote=f"{address}/some.txt", t=name, networkmode="none")
        assert f"Successfully tagged {name}:latest" in answer.content.decode()
        missing = api.post("/build", remote=f"{address}/ghost", t=name)
    assert "404 Not Found" in missing.content.decode()
    assert config(docker, name)["Labels"] == {"of": name}


def test_add_fetches_unpacks_what_is_local_and_names_what_has_a_name(docker: Docker, api: Api, name: str) -> None:
    inner = context("inside", deep=b"deep\n")
    packed = gzip.compress(inner, mtime=0)
    files = {"/x/fetched.tar": inner, "/named": b"named\n"}
    with web_files(files) as address:
        script = (
            f"FROM busybox\nLABEL of={name}\nADD {address}/x/fetched.tar /dir/\nADD {address}/named /renamed\n"
            "ADD local.tar.gz /unpacked/\nRUN stat -c '%n %a %u %Y' /dir/fetched.tar /renamed\n"
        )
        out = texts(build(api, script, {"local.tar.gz": packed}, t=name))
        assert f"/dir/fetched.tar 600 0 {MODIFIED_SECONDS}\n/renamed 600 0 {MODIFIED_SECONDS}\n" in out
        assert run(docker, name, "cat", "/renamed", "/unpacked/deep") == "named\ndeep\n"
        again = texts(build(api, script, {"local.tar.gz": packed}, t=name))
        assert again.count("Using cache") == 5
        files["/named"] = b"changed\n"
        changed = texts(build(api, script, {"local.tar.gz": packed}, t=name))
        assert changed.count("Using cache") == 2
        failed = docker("build", "-", stdin=f"FROM busybox\nADD {address}/ghost /x\n", code=1).stderr
        assert "ADD failed: failed to GET" in failed
        assert "404 Not Found" in failed


def test_an_import_may_be_at_an_address(docker: Docker, api: Api, name: str) -> None:
    with web_files({"/root.tar": rootfs_tar()}) as address:
        answer = api.post("/images/create", fromSrc=f"{address}/root.tar", repo=name, changes="ENV PATH=/bin")
        lines = [json.loads(line) for line in answer.content.splitlines()]
    assert lines[0]["status"] == f"Downloading from {address}/root.tar"
    assert lines[-1]["status"] == inspect(docker, name)["Id"]
    assert inspect(docker, name)["Comment"] == f"Imported from {address}/root.tar"
    assert run(docker, name, "echo", "hi") == "hi\n"


def test_instructions_that_only_set_something(docker: Docker, api: Api, name: str) -> None:
    script = (
        'FROM busybox\nMAINTAINER someone\nVOLUME ["/data", "/more"]\nSHELL ["/bin/sh", "-ec"]\nSTOPSIGNAL SIGINT\n'
        "HEALTHCHECK --interval=7s --retries=2 CMD true\nONBUILD RUN echo triggered > /triggered\nUSER 7:8\n"
        "WORKDIR /a\nWORKDIR b\nEXPOSE 80 53/udp\nENV A=1 B=2\nENTRYPOINT echo entry\n"
    )
    build(api, script, t=name)
    image = inspect(docker, name)
    found = image["Config"]
    assert image["Author"] == "someone"
    assert found["Volumes"] == {"/data": {}, "/more": {}}
    assert (found["Shell"], found["StopSignal"]) == (["/bin/sh", "-ec"], "SIGINT")
    assert found["Healthcheck"] == {"Test": ["CMD-SHELL", "true"], "Interval": 7 * 10**9, "Retries": 2}
    assert found["OnBuild"] == ["RUN echo triggered > /triggered"]
    assert (found["User"], found["WorkingDir"]) == ("7:8", "/a/b")
    assert set(found["ExposedPorts"]) == {"80/tcp", "53/udp"}
    assert found["Entrypoint"] == ["/bin/sh", "-ec", "echo entry"]
    assert run(docker, name) == "entry\n"


def test_triggers_run_in_the_child_and_only_there(docker: Docker, api: Api, name: str) -> None:
    build(api, f"FROM busybox\nLABEL of={name}\nONBUILD RUN echo triggered > /triggered\n", t=f"{name}:parent")
    out = texts(build(api, f"FROM {name}:parent\nRUN cat /triggered\n", t=f"{name}:child"))
    assert "triggered\n" in out
    assert not config(docker, f"{name}:child").get("OnBuild")


def test_stages_and_a_target(docker: Docker, api: Api, name: str) -> None:
    script = (
        f"FROM busybox AS first\nRUN echo {name} > /one\nFROM busybox AS second\nCOPY --from=first /one /two\n"
        "FROM busybox\nCOPY --from=1 /two /three\nCOPY --from=busybox /bin/busybox /four\n"
    )
    build(api, script, t=f"{name}:all")
    assert run(docker, f"{name}:all", "cat", "/three") == f"{name}\n"
    assert "Step 4/" in texts(build(api, script, t=f"{name}:second", target="second"))
    assert run(docker, f"{name}:second", "cat", "/two") == f"{name}\n"
    answer = api.request(
        "POST", "/build", context(script), headers={"Content-Type": "application/x-tar"}, target="ghost"
    )
    assert "failed to reach build target ghost in Dockerfile" in answer.content.decode()


def test_a_failing_step_tells_its_code_and_leaves_no_name(docker: Docker, api: Api, name: str) -> None:
    lines = build(api, f"FROM busybox\nRUN echo {name} && exit 7\n", t=name)
    message = f"The command '/bin/sh -c echo {name} && exit 7' returned a non-zero code: 7"
    assert lines[-1]["error"] == message
    assert lines[-1]["errorDetail"]["message"] == message
    assert lines[-1]["errorDetail"]["code"] == 7
    docker("image", "inspect", name, code=1)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"squash": 1}, "squash is only supported with experimental mode"),
        ({"t": "Upper"}, "must be lowercase"),
        ({"dockerfile": "ghost"}, "Cannot locate specified Dockerfile: ghost"),
    ],
)
def test_what_cannot_be_is_refused(api: Api, query: dict[str, Any], said: str) -> None:
    answer = api.request(
        "POST", "/build", context("FROM busybox\n"), headers={"Content-Type": "application/x-tar"}, **query
    )
    assert said in answer.content.decode()


def test_a_step_finds_its_neighbours_on_a_network_of_ones_own(docker: Docker, api: Api, name: str) -> None:
    docker("network", "create", name)
    try:
        docker("run", "-d", "--name", name, "--network", name, "--network-alias", "target", "busybox", "sleep", "600")
        script = f"FROM busybox\nLABEL of={name}\nRUN ping -c1 -W5 target >/dev/null && echo we met\n"
        assert "\nwe met\n" in texts(build(api, script, networkmode=name))
        assert "bad address" in texts(build(api, script, networkmode="none", nocache=1))
    finally:
        docker("rm", "-f", name)
        docker("network", "rm", name)
    answer = api.request(
        "POST", "/build", context("FROM busybox\nRUN true\n"), headers={"Content-Type": "application/x-tar"},
        networkmode=name, nocache=1,
    )  # fmt: skip
    assert f"network {name} not found" in answer.content.decode()
