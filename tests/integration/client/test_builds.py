"""Tests of client.builds."""

from __future__ import annotations

import json
import tarfile
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.build_caches import parse as parse_cache
from jupyter_containers.client.build_outputs import parse
from jupyter_containers.client.build_reader import BuildEvent, ImageBuilt, StepCached, StepOutput, StepStarted
from jupyter_containers.client.builds import BuildFailed, BuildSettings
from jupyter_containers.client.context import gather
from tests.support.real_registry import real_registry


def build(client: Client, dockerfile: str, folder: Path, *tags: str, **options: object) -> list[BuildEvent]:
    events: list[BuildEvent] = []
    settings = BuildSettings(tags=tags, **options)  # type: ignore[arg-type]
    client.builds.build(gather(dockerfile, folder), settings, events.append)
    return events


def test_an_image_is_built_from_a_text_and_a_folder(client: Client, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content\n")
    dockerfile = "FROM busybox\nARG WHO\nCOPY file /file\nRUN echo hello $WHO; cat /file\n"
    events = build(client, dockerfile, tmp_path, "built", build_args={"WHO": "you"})
    output = "".join(event.text for event in events if isinstance(event, StepOutput))
    assert output == "hello you\ncontent\n"
    *_, made = [event for event in events if isinstance(event, ImageBuilt)]
    assert (made.image_id, made.names) == (client.images.inspect("built")["Id"], ("docker.io/library/built:latest",))


def test_the_second_time_all_is_cached(client: Client, tmp_path: Path) -> None:
    dockerfile = "FROM busybox\nRUN echo once > /once\nRUN echo twice > /twice\n"
    build(client, dockerfile, tmp_path)
    events = build(client, dockerfile, tmp_path)
    assert [event.number for event in events if isinstance(event, StepCached)] == [2, 3]
    assert not [event for event in build(client, dockerfile, tmp_path, no_cache=True) if isinstance(event, StepCached)]


@pytest.mark.parametrize(
    ("dockerfile", "message", "lines"),
    [
        ("FROM busybox\nRUN true\nRUN exit 3\n", "non-zero code: 3", (3, 3)),
        ("FROM busybox\nRUN false && \\\n  true\n", "non-zero code: 1", (2, 3)),
        ("FROM busybox\nRUNN true\n", "unknown instruction: RUNN", (2, 2)),
        ("FROM busybox\n\nCOPY nothing /\n", "nothing", (3, 3)),
    ],
)
def test_a_failure_names_its_lines(
    client: Client, tmp_path: Path, dockerfile: str, message: str, lines: tuple[int, int]
) -> None:
    with pytest.raises(BuildFailed, match=message) as raised:
        build(client, dockerfile, tmp_path)
    assert (raised.value.details["line"], raised.value.details["end_line"]) == lines


def test_leaving_a_build_ends_it(client: Client, tmp_path: Path) -> None:
    def leave(event: BuildEvent) -> None:
        if isinstance(event, StepOutput):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.builds.build(gather("FROM busybox\nRUN echo begun; sleep 100\n", tmp_path), BuildSettings(), leave)


def test_results_come_to_this_side_and_nothing_stays_with_the_daemon(client: Client, tmp_path: Path) -> None:
    context, out = tmp_path / "context", tmp_path / "out"
    context.mkdir()
    (context / "f").write_text("content\n")
    dockerfile = "FROM busybox AS made\nRUN mkdir /d && echo made > /d/f && ln -s f /d/l\n"
    dockerfile += "FROM scratch\nCOPY --from=made /d /d\nCOPY f /\n"
    before = client.images.list(every=True)
    texts = (str(out), f"type=tar,dest={tmp_path / 'a.tar'}", f"type=oci,tar=false,dest={tmp_path / 'layout'}")
    build(client, dockerfile, context, "named", outputs=tuple(map(parse, texts)))
    assert [path.relative_to(out).as_posix() for path in sorted(out.rglob("*"))] == ["d", "d/f", "d/l", "f"]
    assert ((out / "d/l").read_text(), (out / "f").read_text()) == ("made\n", "content\n")
    with tarfile.open(tmp_path / "a.tar") as tar:
        assert sorted(tar.getnames()) == ["d", "d/f", "d/l", "f"]
    assert {path.name for path in (tmp_path / "layout").iterdir()} == {"blobs", "index.json", "oci-layout"}
    assert client.images.list(every=True) == before


def test_the_root_of_this_machine_does_not_leave_it(client: Client, tmp_path: Path) -> None:
    """It is refused before a step is done, as an image and as a cache."""
    events: list[BuildEvent] = []
    context = gather("FROM host\nRUN exit 3\n", tmp_path)
    for message, wishes in (
        ("does not leave it", {"outputs": (parse(str(tmp_path / "out")),)}),
        ("cannot leave the machine", {"cache_to": (parse_cache(f"type=local,dest={tmp_path / 'out'}", place="dest"),)}),
    ):
        with pytest.raises(BuildFailed, match=message) as raised:
            client.builds.build(context, BuildSettings(**wishes), events.append)  # type: ignore[arg-type]
        assert (raised.value.status, events) == (501, [])
    assert not (tmp_path / "out").exists()


def test_an_image_for_several_platforms_is_an_index(client: Client, tmp_path: Path) -> None:
    """Only files are for the others here: no program of theirs runs."""
    dockerfile = (
        "FROM --platform=$BUILDPLATFORM busybox AS made\nARG TARGETARCH\nRUN echo for $TARGETARCH > /out\n"
        "FROM scratch\nCOPY --from=made /out /out\n"
    )
    events = build(
        client, dockerfile, tmp_path, "several", platform="linux/s390x,linux/arm64,linux/amd64",
        outputs=(parse(f"type=oci,tar=false,dest={tmp_path / 'oci'}"),),
    )  # fmt: skip
    blobs = tmp_path / "oci" / "blobs" / "sha256"

    def read(descriptor: dict[str, Any]) -> Any:
        return json.loads((blobs / descriptor["digest"].partition(":")[2]).read_bytes())

    [entry] = json.loads((tmp_path / "oci" / "index.json").read_bytes())["manifests"]
    found = {}
    for described in read(entry)["manifests"]:
        manifest = read(described)
        [layer] = manifest["layers"]
        with tarfile.open(blobs / layer["digest"].partition(":")[2]) as tar:
            content = tar.extractfile("out").read()  # type: ignore[union-attr]
        found[described["platform"]["architecture"]] = (read(manifest["config"])["architecture"], content)
    assert found == {name: (name, f"for {name}\n".encode()) for name in ("s390x", "arm64", "amd64")}
    *_, made = [event for event in events if isinstance(event, ImageBuilt)]
    assert (made.image_id, made.names) == (entry["digest"], ())


def test_an_index_is_built_into_the_store_and_pushed(client: Client, tmp_path: Path) -> None:
    with real_registry(tmp_path / "registry") as registry:
        name = f"{registry.address}/team/several:1"
        (tmp_path / "context").mkdir()
        events = build(
            client, "FROM scratch\nARG TARGETARCH\nLABEL of=$TARGETARCH\n", tmp_path / "context", name,
            platform="linux/arm64,linux/amd64", outputs=(parse("type=registry"),),
        )  # fmt: skip
        *_, made = [event for event in events if isinstance(event, ImageBuilt)]
        request = urllib.request.Request(f"http://{registry.address}/v2/team/several/manifests/1")
        request.add_header("Accept", made.descriptor["mediaType"])
        with urllib.request.urlopen(request, timeout=10) as answer:
            index = json.load(answer)
            assert answer.headers["Docker-Content-Digest"] == made.descriptor["digest"]
        labels = []
        for entry in index["manifests"]:
            manifest = registry.manifest("team/several", entry["digest"])
            labels.append(json.loads(registry.blob("team/several", manifest["config"]["digest"]))["config"]["Labels"])
        assert labels == [{"of": "arm64"}, {"of": "amd64"}]
        here = client.images.inspect(name)
        assert here["Config"]["Labels"] == {"of": "amd64"}
        assert here["RepoDigests"] == [f"{registry.address}/team/several@{made.descriptor['digest']}"]
        client.images.remove(name)


def test_an_insecure_step_is_as_root_where_that_is_allowed_and_others_never(client: Client, tmp_path: Path) -> None:
    show = "grep -E '^(CapEff|Seccomp):' /proc/self/status"
    dockerfile = f"FROM busybox\nRUN {show}\nRUN --security=insecure {show}\n"
    with pytest.raises(BuildFailed, match=r"security\.insecure is not allowed") as raised:
        build(client, dockerfile, tmp_path)
    assert raised.value.details["line"] == 3
    events = build(client, dockerfile, tmp_path, no_cache=True, allowed=("security.insecure",))
    first, filtered, second, unfiltered = "".join(e.text for e in events if isinstance(e, StepOutput)).splitlines()
    assert (first, filtered) == ("CapEff:\t00000000a80425fb", "Seccomp:\t2")
    assert int(second.partition(":")[2], 16) & (1 << 21), "CAP_SYS_ADMIN"
    assert unfiltered == "Seccomp:\t0"


def test_a_program_for_a_machine_that_is_not_here_is_refused(client: Client, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match="cannot run programs for linux/mips64le") as raised:
        build(client, "FROM scratch\nCOPY . /\nRUN x\n", tmp_path, platform="linux/mips64le")
    assert raised.value.details["line"] == 3


# Waits for a file that another stage makes, but not for ever.
_MEET = "i=0; until [ -e /c/{other} ]; do i=$((i+1)); [ $i -lt 2000 ] || exit 9; sleep 0.01; done; touch /{own}"


def test_stages_that_do_not_need_one_another_run_at_the_same_time(client: Client, tmp_path: Path) -> None:
    """Each of two waits for the other; a third, which nobody asks for, would fail."""
    meeting = "RUN --mount=type=cache,id=meeting,target=/c touch /c/{own}; " + _MEET
    dockerfile = (
        f"FROM busybox AS one\n{meeting.format(own='one', other='two')}\n"
        f"FROM busybox AS two\n{meeting.format(own='two', other='one')}\n"
        "FROM two AS unused\nRUN exit 3\n"
        "FROM busybox\nCOPY --from=one /one /\nCOPY --from=two /two /\nRUN ls /one /two\n"
    )
    events = build(client, dockerfile, tmp_path)
    assert "".join(event.text for event in events if isinstance(event, StepOutput)) == "/one\n/two\n"
    assert "RUN exit 3" not in [event.text for event in events if isinstance(event, StepStarted)]
