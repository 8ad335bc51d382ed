"""Builds that are given up at varied moments: what they leave can be believed, and the work can be done."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_containers.build.cache import protected
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.digest import Digest
from tests.support.build_site import BuildSite

MOMENTS = 16

pytestmark = pytest.mark.needs("root", "overlay")


def test_a_build_that_is_cancelled_at_any_moment_leaves_whole_stores(site: BuildSite) -> None:
    """After each cancellation all that the cache promises is there, nothing is half made, and the build can be done."""
    text = (
        "FROM busybox AS one\nARG N\nRUN echo $N > /one; i=0; while [ $i -lt 300 ]; do echo $i > /$i; i=$((i+1)); done"
        "\n"
        "FROM busybox\nARG N\nCOPY tree /tree\nRUN echo $N > /two; cp -r /tree /copy\nCOPY --from=one / /from\n"
    )
    tree = site.context({f"tree/{number}": "x" * 3000 for number in range(200)})

    def started(number: int) -> asyncio.Task[Image]:
        (tree / "tree" / "0").write_text(str(number))
        return asyncio.create_task(site.build_async(text, tree, build_args={"N": str(number)}))

    async def scenario() -> None:
        loop, number = asyncio.get_running_loop(), 0
        await started(-1)
        began = loop.time()
        await started(0)
        whole, given_up = loop.time() - began, list[int]()
        while len(given_up) < MOMENTS:
            number += 1
            began, task = loop.time(), started(number)
            await asyncio.wait([task], timeout=whole * (len(given_up) + 1) / (MOMENTS + 1))
            if task.done():
                # Faster than the one that was measured: the same part of its own time, once more.
                await task
                whole = loop.time() - began
            else:
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                given_up.append(number)
            _check_whole(site)
        for number in given_up[::8]:
            assert len((await started(number)).manifest.layers) == 4

    asyncio.run(scenario())


def _check_whole(site: BuildSite) -> None:
    assert site.unfinished() == []
    assert list((site.folder / "content" / "ingest").iterdir()) == []
    committed = {record.key: record for record in site.snapshots.walk()}
    for entry in site.records.all():
        needed = protected(entry.record)
        assert set(needed.snapshots) <= committed.keys()
        for digest in needed.blobs:
            assert Digest.of(site.content.path(digest).read_bytes()) == digest
