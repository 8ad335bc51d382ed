"""Tests of registry.server.metrics, over real connections to an application in this process."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp

from jupyter_containers.registry.server.application import application
from jupyter_containers.registry.server.metrics import Metrics
from jupyter_containers.registry.server.serving import Serving
from jupyter_containers.registry.server.settings import Settings
from jupyter_containers.registry.server.site import open_site
from tests.support.tiny_image import image

ONE = image()


def asked(folder: Path, *requests: tuple[str, str, dict[str, str]], metrics: Metrics | None) -> list[tuple[int, str]]:
    """Return status and body of each."""

    async def main() -> list[tuple[int, str]]:
        site, storage = open_site(folder)
        storage.content.write(ONE.config)
        storage.link_blob("app", ONE.image_id)
        serving = Serving(application(site, metrics=metrics))
        found = []
        try:
            url = await serving.begin(Settings.checked(folder, listen="127.0.0.1:0"))
            async with aiohttp.ClientSession() as session:
                for method, path, headers in requests:
                    async with session.request(method, f"{url}{path}", headers=headers) as answer:
                        found.append((answer.status, await answer.text()))
        finally:
            await serving.end()
            site.uploads.close()
        return found

    return asyncio.run(main())


def test_answers_are_counted_as_they_went_out_and_what_is_there_is_measured(tmp_path: Path) -> None:
    blob = f"/v2/app/blobs/{ONE.image_id}"
    measured = {"registry_repositories": 1, "registry_stored_bytes": 20, "registry_unfinished_bytes": 3}
    *_, (status, text) = asked(
        tmp_path, ("GET", "/v2/", {}), ("GET", "/v2/", {}), ("HEAD", "/v2/app/manifests/1", {}), ("GET", blob, {}),
        ("GET", blob, {"Range": "bytes=1-2"}), ("OPTIONS", "/v2/", {}), ("GET", "/metrics", {}),
        metrics=Metrics(lambda: measured),
    )  # fmt: skip
    assert status == 200
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        'registry_answers_total{method="GET",code="200"} 3',
        'registry_answers_total{method="GET",code="206"} 1',
        'registry_answers_total{method="HEAD",code="404"} 1',
        'registry_answers_total{method="other",code="405"} 1',
        "registry_repositories 1",
        "registry_stored_bytes 20",
        "registry_unfinished_bytes 3",
    ]
    assert text.count("# TYPE registry_answers_total counter\n") == 1
    assert text.endswith("\n")


def test_nothing_is_told_unless_that_is_asked_for(tmp_path: Path) -> None:
    ((status, text),) = asked(tmp_path, ("GET", "/metrics", {}), metrics=None)
    assert (status, "UNSUPPORTED" in text) == (404, True)


def test_they_are_only_read(tmp_path: Path) -> None:
    ((status, _),) = asked(tmp_path, ("POST", "/metrics", {}), metrics=Metrics(dict))
    assert status == 405
