from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from jupyter_containers.build.context import Context
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.graph import vertex
from jupyter_containers.build.operations.definitions import CopyFiles, Execute, ImageRoot, MakeDirectory
from jupyter_containers.build.operations.layering import Stores
from jupyter_containers.build.operations.performer import OperationPerformer, rfc_3339
from tests.support.build_site import BuildSite

pytestmark = pytest.mark.needs("root", "overlay")

MOMENT = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)


def performer(site: BuildSite, files: dict[str, str]) -> OperationPerformer:
    return OperationPerformer(
        Stores(site.content, site.snapshots),
        site.executor,
        Context(site.context(files)),
        slots=asyncio.Semaphore(2),
        clock=lambda: MOMENT,
    )


def test_a_source_is_known_before_it_is_unpacked(site: BuildSite) -> None:
    found, root = performer(site, {}), vertex(ImageRoot(site.images["busybox"]))
    source = found.source(root)
    assert source is not None
    assert source.chain == site.images["busybox"].top
    assert not found.is_ready(root)
    asyncio.run(found.perform(root, [], lambda _: None))
    assert found.is_ready(root)
    assert found.is_ready(vertex(ImageRoot(None)))
    assert found.source(vertex(MakeDirectory("/a"), [root])) is None


def test_files_of_the_context_are_in_the_definition_of_their_copy(site: BuildSite) -> None:
    scratch = vertex(ImageRoot(None))
    copy = vertex(CopyFiles(("a",), "/a"), [scratch])

    async def keys(content: str) -> tuple[str, str | None]:
        found = performer(site, {"a": content})
        return await found.definition_key(copy, ["k"]), await found.content_key(copy, [Filesystem()])

    first, again, other = (asyncio.run(keys(content)) for content in "112")
    assert first == again
    assert first[0] != other[0]
    assert first[1] != other[1]


def test_the_definition_knows_the_inputs_and_the_content_key_what_they_are(site: BuildSite) -> None:
    run = vertex(Execute(("x",)), [vertex(ImageRoot(None))])

    async def scenario() -> None:
        found = performer(site, {})
        assert await found.definition_key(run, ["a"]) != await found.definition_key(run, ["b"])
        assert await found.content_key(run, [Filesystem((), "a")]) != await found.content_key(
            run, [Filesystem((), "b")]
        )

    asyncio.run(scenario())


def test_an_outcome_has_the_time_and_the_new_filesystem(site: BuildSite) -> None:
    scratch = vertex(ImageRoot(None))
    outcome = asyncio.run(
        performer(site, {}).perform(vertex(MakeDirectory("/a"), [scratch]), [Filesystem()], lambda _: None)
    )
    assert outcome.created == rfc_3339(MOMENT) == "2024-05-06T07:08:09.123456Z"
    assert outcome.filesystem.layers == (outcome.layer,)
