"""A pull in a real browser: bars of layers that move, and settle; one that is stopped leaves nothing running."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.support import tiny_image
from tests.support.api_client import Api
from tests.support.lab import Lab
from tests.support.registry_server import Fault, RegistryServer

LOAD = "%load_ext jupyter_containers"
OUTPUT = ".jp-OutputArea-output"
SLOW_BYTES, BYTES_PER_SECOND = 3_000_000, 300_000
# The bar has been seen in three places, each further on than the one before.
WATCH = """() => { window.places = []; new MutationObserver(() => {
    const bar = document.querySelector('.jc-view progress');
    if (bar && bar.value > (window.places.at(-1) ?? 0)) window.places.push(bar.value); })
    .observe(document.body, {childList: true, subtree: true}); }"""
HAS_MOVED = "() => window.places.length >= 3"


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    """A registry with an image of two layers, one of which comes slowly."""
    slow = random.Random(1).randbytes(SLOW_BYTES)
    image = tiny_image.image(tiny_image.layer({"quick": b"x"}), tiny_image.layer({"slow": slow}))
    with RegistryServer() as registry:
        registry.add_image("layered", "latest", image)
        blob = max(image.blobs, key=lambda digest: len(image.blobs[digest]))
        registry.faults.append(Fault(f"GET .*{blob.hex}", bytes_per_second=BYTES_PER_SECOND))
        yield registry


def test_bars_of_layers_move_and_settle(lab: Lab, api: Api, registry: RegistryServer) -> None:
    name = f"{registry.address}/layered"
    with lab.open(LOAD, f"%container pull {name}") as notebook:
        notebook.page.evaluate(WATCH)
        notebook.begin()
        notebook.page.wait_for_function(HAS_MOVED)
        assert notebook.axe(".jc-view") == []
        notebook.wait_idle()
        assert notebook.errors == []
        notebook.page.wait_for_selector(f"{OUTPUT}:has-text('✓')")
        assert notebook.page.locator(".jc-view").count() == 0
        assert notebook.page.locator(f"{OUTPUT} tr:has-text('Pull complete')").count() == 2
        with lab.reopen(notebook) as again:
            assert again.page.locator(f"{OUTPUT} tr:has-text('Pull complete')").count() == 2
    api.delete(f"/images/{name}")


def test_one_that_is_stopped_is_settled_where_it_was(lab: Lab, api: Api, registry: RegistryServer) -> None:
    name = f"{registry.address}/layered"
    with lab.open(LOAD, f"%container pull {name}") as notebook:
        notebook.page.evaluate(WATCH)
        notebook.begin()
        notebook.page.wait_for_function(HAS_MOVED)
        notebook.page.click(".jc-stop")
        notebook.wait_idle()
        assert notebook.errors[0].startswith(("Interrupted", "KeyboardInterrupt"))
        assert notebook.page.locator(".jc-view").count() == 0
    assert api.get("/images/layered/json").status == 404
