"""What a build is given beside its folder: secrets, agents, named contexts, limits; end to end through the daemon."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.build_layouts import Layout
from jupyter_containers.client.build_outputs import parse
from jupyter_containers.client.build_reader import BuildEvent, ImageBuilt, StepCached, StepOutput
from jupyter_containers.client.builds import BuildFailed, BuildLimits, Builds, BuildSettings
from jupyter_containers.client.context import gather
from jupyter_containers.client.other_contexts import AnyContext, TarContext
from jupyter_containers.errors import ContainersError
from tests.support.daemon import Daemon
from tests.support.tiny_image import tar_of

VALUE = b"n0body-must-see-this\n"


def build(client: Client, dockerfile: str, folder: Path, **options: object) -> tuple[str, list[BuildEvent]]:
    """Return what the steps wrote, and all events."""
    events: list[BuildEvent] = []
    client.builds.build(gather(dockerfile, folder), BuildSettings(**options), events.append)  # type: ignore[arg-type]
    return "".join(event.text for event in events if isinstance(event, StepOutput)), events


def test_a_secret_is_there_in_its_step_and_nowhere_else(client: Client, daemon: Daemon, tmp_path: Path) -> None:
    text = (
        "FROM busybox\nRUN --mount=type=secret,id=a,uid=7,gid=8,mode=0440 --mount=type=secret,id=b,env=B "
        "--mount=type=secret,id=c,target=/deep/c "
        "stat -c '%u %g %a' /run/secrets/a; wc -c < /run/secrets/a; echo ${#B}; cat /deep/c; ls /run/secrets\n"
        "RUN ls /run/secrets /deep 2>&1 | wc -l\n"
    )
    secrets = {"a": VALUE, "b": VALUE, "c": b"shown\n"}
    output, _ = build(client, text, tmp_path, tags=("secretive",), secrets=secrets)
    assert output.startswith(f"7 8 440\n{len(VALUE)}\n{len(VALUE)}\nshown\na\n")
    assert str(client.images.inspect("secretive")).count("n0body") == 0
    assert str(client.images.history("secretive")).count("n0body") == 0
    _, events = build(client, text, tmp_path, secrets={"a": b"other", "b": b"other", "c": b"other"})
    assert [event.number for event in events if isinstance(event, StepCached)] == [2, 3]
    kept = [path for path in daemon.data.parent.rglob("*") if path.is_file() and b"n0body" in path.read_bytes()]
    assert kept == []


def test_a_secret_that_is_missing_or_too_large_is_told(client: Client, tmp_path: Path) -> None:
    text = "FROM busybox\nRUN --mount=type=secret,id=a,required=true cat /run/secrets/a\n"
    with pytest.raises(BuildFailed, match="secret a: not found") as caught:
        build(client, text, tmp_path)
    assert caught.value.details["line"] == 2
    with pytest.raises(BuildFailed, match="secret a is larger than 512000 bytes") as caught:
        build(client, text, tmp_path, secrets={"a": VALUE * 40_000})
    assert "n0body" not in str(caught.value)


def test_an_agent_is_there_in_its_step(client: Client, tmp_path: Path) -> None:
    """What goes through the socket is in unit/build/operations/test_agents.py: this busybox speaks to no socket."""
    text = "FROM busybox\nRUN --mount=type=ssh,mode=0606 echo $SSH_AUTH_SOCK; stat -c '%a %F' $SSH_AUTH_SOCK\n"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "agent"))
        listener.listen()
        output, _ = build(client, text, tmp_path, agents={"default": str(tmp_path / "agent")})
        assert output == "/run/buildkit/ssh_agent.0\n606 socket\n"
    with pytest.raises(BuildFailed, match="no ssh agent answers at"):
        build(client, text, tmp_path, agents={"default": str(tmp_path / "agent")}, no_cache=True)
    with pytest.raises(BuildFailed, match="ssh agent x: not found"):
        build(client, "FROM busybox\nRUN --mount=type=ssh,id=x,required true\n", tmp_path)
    assert build(client, "FROM busybox\nRUN --mount=type=ssh echo [$SSH_AUTH_SOCK]\n", tmp_path)[0] == "[]\n"


def test_a_named_folder_is_a_stage_and_an_image(client: Client, tmp_path: Path) -> None:
    main, other = tmp_path / "main", tmp_path / "other"
    for folder in (main, other):
        (folder / "d").mkdir(parents=True)
    (other / "d" / "f").write_text("from the other\n")
    (other / "secret").write_text("x")
    (other / ".dockerignore").write_text("secret\n")
    text = (
        "FROM busybox AS one\nRUN mkdir /d && echo from the stage > /d/f\n"
        "FROM busybox\nCOPY --from=one d/f /f\nRUN --mount=from=one,target=/in cat /f /in/d/f && ls -A /in\n"
    )
    output, _ = build(client, text, main, folders={"one": other})
    assert output == "from the other\nfrom the other\n.dockerignore\nd\n"
    assert build(client, text, main)[0].startswith("from the stage\n")
    (other / "d" / "f").write_text("changed\n")
    assert build(client, text, main, folders={"one": other})[0].startswith("changed\n")
    build(client, "FROM base\nLABEL a=b\n", main, folders={"base": other}, tags=("based",))
    view = client.images.inspect("based")
    assert (view["Config"]["Labels"], len(view["RootFS"]["Layers"])) == ({"a": "b"}, 1)


def test_a_named_tar_and_a_named_image_are_contexts(client: Client, tmp_path: Path) -> None:
    (tmp_path / "c.tar").write_bytes(tar_of({"f": b"in the tar\n"}))
    build(client, "FROM busybox\nRUN echo in the image > /f\n", tmp_path, tags=("pinned",))
    text = "FROM ghost:1\nRUN cat /f\nCOPY --from=tar f /f\nRUN cat /f\n"
    contexts = {"docker.io/library/ghost:1": "docker-image://pinned"}
    output, _ = build(client, text, tmp_path, folders={"tar": tmp_path / "c.tar"}, contexts=contexts)
    assert output == "in the image\nin the tar\n"


def test_an_image_in_a_folder_is_a_context(client: Client, tmp_path: Path) -> None:
    folder, main = tmp_path / "layout", tmp_path / "main"
    main.mkdir()
    outputs = (parse(f"type=oci,tar=false,dest={folder}"),)
    build(client, "FROM busybox\nRUN echo in the folder > /f\n", main, outputs=outputs, tags=("made:1",))
    entry = json.loads((folder / "index.json").read_bytes())["manifests"][0]
    named = client.images.list()
    text = "FROM base\nRUN cat /f\nCOPY --from=base /f /g\nRUN cat /g\n"
    for layout in (Layout(folder, "1"), Layout(folder, digest=entry["digest"])):
        output, _ = build(client, text, main, layouts={"base": layout}, no_cache=True)
        assert output == "in the folder\nin the folder\n"
    # No registry is asked for what is here only.
    pulled = build(client, "FROM base\nRUN cat /f; echo\n", main, layouts={"base": Layout(folder, "1")}, pull=True)
    assert pulled[0] == "in the folder\n\n"
    assert {image.names for image in client.images.list() if image.names} == {one.names for one in named if one.names}
    assert client.builds.check(gather("FROM base\n", main), BuildSettings(layouts={"base": Layout(folder, "1")})) == ()


def test_no_prune_takes_an_image_between_its_folder_and_its_build(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, main = tmp_path / "layout", tmp_path / "main"
    main.mkdir()
    outputs = (parse(f"type=oci,tar=false,dest={folder}"),)
    build(client, "FROM busybox\nENV LEASED=1\n", main, outputs=outputs, tags=("leased:1",))
    ask, told = Builds._build, list[BuildEvent]()
    pruned: list[Any] = []

    def prune_before(self: Builds, context: AnyContext, settings: BuildSettings, progress: Any) -> ImageBuilt:
        pruned.append(client.images.prune())
        return ask(self, context, settings, progress)

    monkeypatch.setattr(Builds, "_build", prune_before)
    settings = BuildSettings(layouts={"base": Layout(folder, "1")}, tags=("lessee",))
    client.builds.build(gather("FROM base\nENV A=1\n", main), settings, told.append)
    assert "LEASED=1" in client.images.inspect("lessee")["Config"]["Env"]
    # When the build is over, it is like any other image without a name.
    last = client.images.prune()
    assert (len(pruned), len(last["ImagesDeleted"])) == (1, 1)


def test_an_index_in_a_folder_is_one_of_its_images(client: Client, tmp_path: Path) -> None:
    folder, main = tmp_path / "layout", tmp_path / "main"
    main.mkdir()
    (main / "f").write_text("x\n")
    outputs = (parse(f"type=oci,tar=false,dest={folder}"),)
    text = "FROM scratch\nARG TARGETARCH\nENV FOR=$TARGETARCH\nCOPY f /\n"
    build(client, text, main, outputs=outputs, tags=("many:1",), platform="linux/amd64,linux/arm64")
    text = "FROM many\nENV SEEN=$FOR\n"
    layouts = {"many": Layout(folder, "1")}
    for platform in ("linux/amd64", "linux/arm64"):
        build(client, text, main, layouts=layouts, platform=platform, tags=("seen",))
        assert f"SEEN={platform.partition('/')[2]}" in client.images.inspect("seen")["Config"]["Env"]
    with pytest.raises(ContainersError, match="and not for linux/arm64"):
        build(client, text, main, layouts=layouts, platform="linux/amd64,linux/arm64", outputs=outputs)


def test_a_context_may_be_a_tar(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "c.tar"
    path.write_bytes(tar_of({"sub/D": b"FROM busybox\nCOPY f /\nRUN cat /f\n", "f": b"f\n"}))
    events: list[BuildEvent] = []
    with path.open("rb") as stream:
        client.builds.build(TarContext(stream, "sub/D"), BuildSettings(), events.append)
    assert "".join(event.text for event in events if isinstance(event, StepOutput)) == "f\n"


def test_the_steps_of_a_stage_are_done_again(client: Client, tmp_path: Path) -> None:
    text = "FROM busybox AS one\nRUN echo 1\nFROM busybox AS two\nCOPY --from=one /bin/busybox /b\nRUN echo 2\n"
    build(client, text, tmp_path)
    assert build(client, text, tmp_path)[0] == ""
    assert build(client, text, tmp_path, no_cache_filter=("one",))[0] == "1\n"
    assert build(client, text, tmp_path, no_cache_filter=("two", "ghost"))[0] == "2\n"


def test_hosts_and_limits_reach_the_steps(client: Client, tmp_path: Path) -> None:
    text = "FROM busybox\nRUN grep named /etc/hosts; ulimit -n; df -k /dev/shm | tail -1 | awk '{print $2}'\n"
    limits = BuildLimits(shm_size=8 << 20, ulimits=(("nofile", 77, 78),))
    output, _ = build(client, text, tmp_path, hosts=("named:192.0.2.7",), limits=limits)
    assert output == "192.0.2.7\tnamed\n77\n8192\n"


def test_a_check_finds_and_builds_nothing(client: Client, tmp_path: Path) -> None:
    before = {image.id for image in client.images.list()}
    text = "FROM busybox AS Two\nCMD echo $HOME $MISSING\n\nENV A $UNKNOWN\n"
    found = client.builds.check(gather(text, tmp_path), BuildSettings())
    assert {finding.rule for finding in found} == {
        "StageNameCasing", "JSONArgsRecommended", "LegacyKeyValueFormat", "UndefinedVar",
    }  # fmt: skip
    assert {finding.rule: finding.line for finding in found}["LegacyKeyValueFormat"] == 4
    assert client.builds.check(gather("FROM ghost.invalid/x\nRUN true\n", tmp_path), BuildSettings()) == ()
    assert {image.id for image in client.images.list()} == before
    with pytest.raises(BuildFailed, match="unknown instruction") as caught:
        client.builds.check(gather("FROM x\nRUNN y\n", tmp_path), BuildSettings())
    assert caught.value.details["line"] == 2
