"""Builds: the context, the Dockerfile in it, names, and the credentials of one build."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from jupyter_containers.build.builder import Builder, BuildOptions
from jupyter_containers.build.executor import StepLimits
from jupyter_containers.build.progress import Event, StepCached, StepStarted
from jupyter_containers.engine.base_images import BaseImages
from jupyter_containers.engine.build_caches import BuildCaches
from jupyter_containers.engine.build_outputs import Output, names_in
from jupyter_containers.engine.build_results import BuildResults
from jupyter_containers.engine.builds import BuildRequest, Builds, Built
from jupyter_containers.engine.cache_room import Room
from jupyter_containers.engine.contexts import Contexts
from jupyter_containers.engine.failed_mounts import FailedMounts
from jupyter_containers.engine.failed_steps import FailedSteps
from jupyter_containers.engine.pushes import Pushes
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound
from jupyter_containers.metadata.build_cache import BuildCache
from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.failed_steps import FailedSteps as FailedStepRecords
from jupyter_containers.registry import Credentials
from tests.support.registry_server import RegistryServer
from tests.support.stores import Rooms, tars, with_rooms
from tests.support.tiny_image import Symlink, image, layer, tar_of

ONE = image(layer({"one": b"1"}))


class NoProcesses:
    """Stands for the executor: these builds run nothing."""

    async def run(self, step: object, *, output: object) -> int:
        raise AssertionError("a process was to be started")


def failed_steps(rooms: Rooms, folder: Path) -> FailedSteps:
    return FailedSteps(
        FailedStepRecords(Database(folder / "failures.db")), containers=cast(Any, None), images=rooms.images,
        content=rooms.content, mounts=FailedMounts(rooms.snapshots, folder / "failed"),
    )  # fmt: skip


def builds(rooms: Rooms, folder: Path, **options: Any) -> Builds:
    bases = BaseImages(rooms.images, rooms.transfers)
    cache = BuildCache(Database(folder / "cache.db"))
    builder = Builder(
        content=rooms.content, snapshotter=rooms.snapshots, cache_records=cache,
        executor=cast(Any, NoProcesses()), images=bases,
    )  # fmt: skip
    made = Builds(
        builder, rooms.images, bases=bases, cache=cache, events=rooms.events, garbage=rooms.garbage,
        contexts=Contexts(rooms.registry, folder),
        results=BuildResults(rooms.content, rooms.snapshots, rooms.garbage),
        pushes=Pushes(rooms.images, rooms.registry, rooms.content), failed_steps=failed_steps(rooms, folder),
        caches=BuildCaches(rooms.registry, rooms.images, rooms.content, rooms.garbage), **options,
    )  # fmt: skip
    rooms.garbage.protect(made.needed)
    return made


def context(**files: bytes) -> Any:
    return tars(tar_of(dict(files)))


def test_an_image_is_built_named_and_told_and_its_context_is_gone(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"one": ONE})
        events: list[Event] = []
        request = BuildRequest(names=names_in(["made:1", "made:2"]))
        made = await builds(rooms, tmp_path).build(context(Dockerfile=b"FROM one\nLABEL a=b\n"), request, events.append)
        assert (await rooms.images.find("made:1")).tags == ["made:1", "made:2"]
        assert (await rooms.images.find("made:2")).id == made.image.config_digest
        assert [event.text for event in events if isinstance(event, StepStarted)] == ["FROM one", "LABEL a=b"]
        assert [event.attributes["name"] for event in rooms.told("tag")] == ["made:1", "made:2"]
        assert not list(tmp_path.glob("context-*"))

    with_rooms(tmp_path, use)


def test_a_build_that_fails_gives_no_name_and_leaves_no_context(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"one": ONE})
        with pytest.raises(ContainersError, match="missing"):
            await builds(rooms, tmp_path).build(
                context(Dockerfile=b"FROM one\nCOPY missing /\n"), BuildRequest(names=names_in(["made"])), print
            )
        with pytest.raises(NotFound):
            await rooms.images.find("made")
        assert not list(tmp_path.glob("context-*"))

    with_rooms(tmp_path, use)


@pytest.mark.parametrize("name", ["absent", "../Dockerfile", "link"])
def test_a_dockerfile_is_looked_for_inside_the_context_only(tmp_path: Path, name: str) -> None:
    (tmp_path / "Dockerfile").write_text("FROM one\n")

    async def use(rooms: Rooms) -> None:
        content = tars(tar_of({"x": b"x", "link": Symlink("../Dockerfile")}))
        with pytest.raises(InvalidParameter, match=f"Cannot locate specified Dockerfile: {name}"):
            await builds(rooms, tmp_path).build(content, BuildRequest(name), print)

    with_rooms(tmp_path, use)


def test_a_dockerfile_that_is_no_text_is_refused(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        for content, wrong in ((b"\xff\xfe", "not UTF-8"), (b"#" * (1 << 20) + b"#", "larger than 1048576")):
            with pytest.raises(InvalidParameter, match=wrong):
                await builds(rooms, tmp_path).build(context(Dockerfile=content), BuildRequest(), print)

    with_rooms(tmp_path, use)


def test_a_base_is_pulled_with_the_credentials_of_its_own_build(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        with RegistryServer(authentication="basic", users={"ada": "secret"}) as server:
            server.add_image("private", "1", ONE)
            made, text = builds(rooms, tmp_path), f"FROM {server.address}/private:1\n".encode()
            domain = server.address
            right = BuildRequest(names=names_in(["right"]), credentials={domain: Credentials("ada", "secret")})
            wrong = BuildRequest(names=names_in(["wrong"]), credentials={"elsewhere": Credentials("ada", "secret")})
            results = await asyncio.gather(
                made.build(context(Dockerfile=text), wrong, print),
                made.build(context(Dockerfile=text), right, print),
                return_exceptions=True,
            )
            assert isinstance(results[0], ContainersError)
            assert "secret" not in repr(right)
            assert [view.tags for view in rooms.images.all() if "right:latest" in view.tags]

    with_rooms(tmp_path, use)


def test_cached_steps_protect_their_layers_until_they_are_pruned(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"one": ONE})
        made = builds(rooms, tmp_path)
        await made.build(
            context(Dockerfile=b"FROM one\nCOPY f /f\n", f=b"x"), BuildRequest(names=names_in(["made"])), print
        )
        await rooms.images.remove("made")
        assert len(rooms.committed()) == 2
        [copied] = made.cached_steps()
        assert await made.prune(lambda step: step.chain != copied.chain) == ([], 0)
        assert await made.prune(room=Room(most=1 << 20)) == ([], 0)
        assert (made.cached_steps(), len(rooms.committed())) == ([copied], 2)
        steps, freed = await made.prune()
        assert copied.key in steps
        assert freed > 0
        assert len(rooms.committed()) == 1

    with_rooms(tmp_path, use)


def test_a_linked_layer_counts_when_nothing_else_has_it_and_goes_with_a_prune(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"one": ONE})
        made = builds(rooms, tmp_path)
        dockerfile = b"FROM one\nCOPY --link f /f\n"
        built = await made.build(context(Dockerfile=dockerfile, f=b"x"), BuildRequest(names=names_in(["made"])), print)
        blob = built.image.manifest.layers[-1]
        [copied] = made.cached_steps()
        assert copied.parent
        for name in ("made", "one"):
            await rooms.images.remove(name)
        assert [step.chain for step in made.unreachable_steps()] == [copied.chain]
        await made.prune(lambda step: step.chain == copied.chain)
        # Neither the base nor the snapshot is kept for it, only the blob.
        assert (rooms.committed(), rooms.content.contains(blob.digest)) == (set(), True)
        [alone] = made.cached_steps()
        assert (alone.parent, alone.size(rooms.images.layer_size), made.unreachable_steps()) == ("", blob.size, [])
        gone, freed = await made.prune()
        assert (freed, alone.key in gone) == (blob.size, True)
        assert (made.cached_steps(), rooms.content.contains(blob.digest)) == ([], False)

    with_rooms(tmp_path, use)


def test_only_the_steps_of_the_images_named_count_as_done_before(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"one": ONE})
        made = builds(rooms, tmp_path)

        async def cached(*names: str) -> int:
            events: list[Event] = []
            request = BuildRequest(names=names_in(["made"]), cache_from=names or None)
            text = b"FROM one\nCOPY f /f\nENV a=b\n"
            await made.build(context(Dockerfile=text, f=b"x"), request, events.append)
            return len([event for event in events if isinstance(event, StepCached)])

        assert [await cached(), await cached(), await cached("made", "ghost"), await cached("one")] == [0, 2, 2, 0]

    with_rooms(tmp_path, use)


def test_limits_that_the_host_cannot_give_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    def refuse(limits: StepLimits, network: str) -> None:
        raise InvalidParameter(f"{limits.memory} on {network}")

    async def use(rooms: Rooms) -> None:
        made = builds(rooms, tmp_path, check=refuse)
        options = BuildOptions(limits=StepLimits(memory=5), network="mine")
        with pytest.raises(InvalidParameter, match="5 on mine"):
            await made.build(context(), BuildRequest(options=options), print)

    with_rooms(tmp_path, use)


def test_a_result_that_goes_out_is_kept_and_comes_into_the_store_only_when_asked_for(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"one": ONE})
        made = builds(rooms, tmp_path)
        oci, stored = Output("oci"), Output("image", names_in(["also"]), annotations={"a": "b"})

        async def built(*outputs: Output) -> Built:
            request = BuildRequest(names=names_in(["named"]), outputs=outputs)
            return await made.build(context(Dockerfile=b"FROM one\nLABEL a=b\n"), request, print)

        only_out = await built(oci)
        assert (bool(only_out.result), only_out.names) == (True, ())
        assert "named:latest" not in [tag for view in rooms.images.all() for tag in view.tags]
        both = await built(oci, stored)
        assert [name.familiar for name in both.names] == ["named:latest", "also:latest"]
        assert both.image.manifest.annotations == {"a": "b"}
        assert (await rooms.images.find("also")).id == both.image.config_digest
        assert (await built(stored)).result == ""

    with_rooms(tmp_path, use)


def test_an_image_is_pushed_by_its_names(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"one": ONE})
        with RegistryServer() as server:
            request = BuildRequest(
                names=names_in([f"{server.address}/made:1"]), outputs=(Output("image", pushes=True),)
            )
            made = builds(rooms, tmp_path)
            built = await made.build(context(Dockerfile=b"FROM one\nLABEL a=b\n"), request, print)
            await rooms.images.remove(str(built.names[0]))
            pulled = await rooms.transfers.pull(built.names[0], progress=lambda _: None)
            assert pulled.image.config_digest == built.image.config_digest
            with pytest.raises(InvalidParameter, match="tag is needed when pushing"):
                await made.build(context(Dockerfile=b"FROM one\n"), BuildRequest(outputs=request.outputs), print)

    with_rooms(tmp_path, use)
