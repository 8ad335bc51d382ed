"""Caches that travel: what one daemon has built is no work for another that has an empty cache."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.client import Client, connect
from jupyter_containers.client.build_caches import parse
from jupyter_containers.client.build_outputs import Output
from jupyter_containers.client.build_outputs import parse as output
from jupyter_containers.client.build_reader import BuildEvent, StepDone, Warned
from jupyter_containers.client.builds import BuildFailed, BuildSettings
from jupyter_containers.client.context import gather
from tests.support.api_client import Api
from tests.support.daemon import Daemon, running_daemon
from tests.support.own_registry import OwnRegistry, own_registry
from tests.support.tiny_image import tar_of

# What it makes is never the same twice: only a cache can give it again.
DOCKERFILE = """\
FROM busybox AS tools
ENV A=b
RUN cat /proc/sys/kernel/random/uuid > /tool
ENV B=c
FROM busybox
COPY file /file
RUN cat /proc/sys/kernel/random/uuid > /id
RUN true
COPY --from=tools /tool /tool
WORKDIR /new
ENV C=d
CMD ["cat", "/id"]
"""


@pytest.fixture(scope="module")
def second_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("second")
    with running_daemon(folder) as started:
        yield started
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def second_api(second_daemon: Daemon) -> Api:
    return Api(os.fspath(second_daemon.socket))


@pytest.fixture(scope="module")
def second(daemon: Daemon, second_daemon: Daemon, second_api: Api) -> Iterator[Client]:
    """Another daemon, with the same base image and nothing else."""
    with connect(daemon.host) as first, connect(second_daemon.host) as client:
        client.images.load(first.images.save(["busybox"]))
        # The bridge is made for the first container on it, and kept: no test shall be blamed for it.
        second_api.output("true", host={"NetworkMode": "bridge"})
        yield client


@pytest.fixture
def other(second: Client) -> Iterator[Client]:
    yield second
    second.builds.prune()
    for image in second.images.list():
        if "busybox:latest" not in image.names:
            second.images.remove(image.id, force=True)
    second.builds.prune()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRegistry]:
    with own_registry(tmp_path_factory.mktemp("registry")) as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "file").write_text("content\n")
    return folder


def build(
    client: Client, folder: Path, *, dockerfile: str = DOCKERFILE, cache_from: str = "", cache_to: str = "",
    outputs: tuple[Output, ...] = (), tag: str = "cached",
) -> tuple[str, list[BuildEvent]]:  # fmt: skip
    events: list[BuildEvent] = []
    settings = BuildSettings(
        tags=(tag,), outputs=outputs,
        cache_from=(parse(cache_from, place="src"),) if cache_from else (),
        cache_to=(parse(cache_to, place="dest"),) if cache_to else (),
    )  # fmt: skip
    return client.builds.build(gather(dockerfile, folder), settings, events.append).image_id, events


def done_again(events: list[BuildEvent]) -> list[int]:
    """Return the numbers of the steps that were no hits; a FROM is neither."""
    return [event.number for event in events if isinstance(event, StepDone) and not event.cached]


FROMS = [1, 5]


@pytest.mark.parametrize("mode", ["min", "max"])
def test_a_folder_brings_every_step(client: Client, other: Client, folder: Path, tmp_path: Path, mode: str) -> None:
    place = tmp_path / "cache"
    made, _ = build(client, folder, cache_to=f"type=local,dest={place},mode={mode}")
    found, events = build(other, folder, cache_from=f"type=local,src={place}")
    assert done_again(events) == FROMS
    assert found == made
    # It is the daemon's own now.
    assert done_again(build(other, folder)[1]) == FROMS


@pytest.mark.parametrize("mode", ["min", "max"])
def test_a_registry_brings_every_step(
    client: Client, other: Client, registry: OwnRegistry, folder: Path, mode: str
) -> None:
    name = f"{registry.address}/caches:{mode}"
    made, _ = build(client, folder, cache_to=f"type=registry,ref={name},mode={mode}")
    found, events = build(other, folder, cache_from=name)
    assert (done_again(events), found) == (FROMS, made)


def test_an_image_brings_what_made_it(client: Client, other: Client, registry: OwnRegistry, folder: Path) -> None:
    name = f"{registry.address}/inline"
    build(client, folder, tag=name, outputs=(Output("registry"),), cache_to="type=inline")
    found, events = build(other, folder, cache_from=name)
    assert done_again(events) == FROMS
    layers = [one.images.inspect(image)["RootFS"] for one, image in ((client, name), (other, found))]
    assert layers[0] == layers[1]


def test_only_what_is_needed_is_fetched(client: Client, other: Client, folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "cache"
    build(client, folder, cache_to=f"type=local,dest={place},mode=max")
    _, events = build(
        other, folder, cache_from=f"type=local,src={place}", dockerfile=f"{DOCKERFILE}RUN cat /id /tool\n"
    )
    assert done_again(events) == [*FROMS, 13]
    (folder / "file").write_text("other\n")
    # All behind it is another; the other stage is not, and comes.
    _, events = build(other, folder, cache_from=f"type=local,src={place}")
    assert done_again(events) == [*FROMS, *range(6, 13)]


def test_min_has_no_other_stages(client: Client, other: Client, folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "cache"
    build(client, folder, cache_to=f"type=local,dest={place}")
    (folder / "file").write_text("other\n")
    _, events = build(other, folder, cache_from=f"type=local,src={place}")
    assert 3 in done_again(events)


# What is below the copy is another on each daemon; what it copies is made of by a stage that only one has built.
LINKED = """\
FROM busybox AS tools
RUN cat /proc/sys/kernel/random/uuid > /tool
FROM busybox
RUN echo {} > /below
COPY --link --from=tools /tool /opt/tool
COPY --link file /srv/file
"""


@pytest.mark.parametrize("kind", ["local", "registry", "inline"])
def test_linked_layers_are_brought_for_another_base(
    client: Client, other: Client, registry: OwnRegistry, folder: Path, tmp_path: Path, *, kind: str
) -> None:
    name = f"{registry.address}/linked/{kind}"
    place, outputs = f"dest={tmp_path / 'cache'}" if kind == "local" else f"ref={name}", (Output("registry"),)
    made, _ = build(
        client, folder, dockerfile=LINKED.format(1), cache_to=f"type={kind}{'' if kind == 'inline' else f',{place}'}",
        outputs=outputs if kind == "inline" else (), tag=name,
    )  # fmt: skip
    source = f"type=local,src={tmp_path / 'cache'}" if kind == "local" else name
    found, events = build(other, folder, dockerfile=LINKED.format(2), cache_from=source)
    # The stage is not made: nobody needs it.
    assert done_again(events) == [1, 3, 4]
    one, two = (at.images.inspect(image)["RootFS"]["Layers"] for at, image in ((client, made or name), (other, found)))
    assert one[1] != two[1]
    assert one[2:] == two[2:]


def test_caches_in_a_folder_are_told_apart_by_tags(client: Client, other: Client, folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "cache"
    for tag in ("one", "two"):
        build(
            client,
            folder,
            cache_to=f"type=local,dest={place},tag={tag}",
            dockerfile=f"FROM busybox\nRUN echo {tag}>/f\n",
        )
    for tag in ("one", "two"):
        _, events = build(
            other,
            folder,
            cache_from=f"type=local,src={place},tag={tag}",
            dockerfile=f"FROM busybox\nRUN echo {tag}>/f\n",
        )
        assert done_again(events) == [1]


def test_a_cache_that_is_not_there_is_told_of(client: Client, registry: OwnRegistry, folder: Path) -> None:
    _, events = build(client, folder, cache_from=f"{registry.address}/nothing")
    [warning] = [event.text for event in events if isinstance(event, Warned)]
    assert "failed to import the cache" in warning
    assert "nothing" in warning


@pytest.mark.parametrize("kind", ["gha", "s3", "azblob"])
def test_the_caches_of_others_are_refused(client: Client, folder: Path, kind: str) -> None:
    for option in ("cache_from", "cache_to"):
        with pytest.raises(BuildFailed, match=f"type={kind} is not supported; use"):
            build(client, folder, **{option: f"type={kind},name=x"})  # type: ignore[arg-type]


def test_with_a_moment_two_daemons_make_the_same_bytes(
    client: Client, other: Client, folder: Path, tmp_path: Path
) -> None:
    """Nothing of when, where and in which order it was made is in the archive."""
    dockerfile = (
        "FROM busybox AS made\nRUN mkdir -p /a/b; echo 1 > /a/b/c; ln -s c /a/b/d; ln /a/b/c /a/e\n"
        "FROM busybox\nENV A=b\nWORKDIR /new\nCOPY file .\nRUN rm /etc/group; chmod 700 /home\n"
        "COPY --from=made /a /a\nRUN cat /a/b/c > /f; chown 5:6 /f\nCMD x\n"
    )
    archives = []
    for number, daemon in enumerate((client, other)):
        target = tmp_path / f"{number}.tar"
        settings = BuildSettings(
            tags=("moment",),
            build_args={"SOURCE_DATE_EPOCH": "1000000000"},
            outputs=(output(f"type=oci,dest={target}"),),
            cache_to=(parse("type=inline", place="dest"),),
        )
        daemon.builds.build(gather(dockerfile, folder), settings, lambda _: None)
        archives.append(target.read_bytes())
    assert archives[0] == archives[1]


def test_docker_finds_the_cache_inside_an_image_that_is_here(
    daemon: Daemon, client: Client, other: Client, second_api: Api
) -> None:
    """By the parameters that its clients send: the build argument that asks for a cache, and the images to look in."""
    files = {"Dockerfile": DOCKERFILE.encode(), "file": b"content"}
    first = Api(os.fspath(daemon.socket))
    made = first.request("POST", "/build", tar_of(dict(files)), t="inside", buildargs='{"BUILDKIT_INLINE_CACHE": "1"}')
    assert b"Successfully built" in made.content
    other.images.load(client.images.save(["inside"]))
    found = second_api.request("POST", "/build", tar_of(dict(files)), t="again", cachefrom='["inside"]')
    assert found.content.count(b"Using cache") == len(DOCKERFILE.splitlines()) - len(FROMS)
    assert other.images.inspect("again")["RootFS"] == client.images.inspect("inside")["RootFS"]
    unknown = second_api.request("POST", "/build", tar_of(dict(files)), cachefrom='["busybox"]')
    assert b"Using cache" not in unknown.content
