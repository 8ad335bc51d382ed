"""Tests of compose.mounts."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.compose.mounts import mounts
from jupyter_containers.errors import InvalidParameter
from tests.support.compose_files import project


def found(*entries: str, kept: dict[str, str] | None = None, more: str = "") -> Any:
    text = f"services: {{web: {{image: x, volumes: [{', '.join(entries)}], {more}}}}}\nvolumes: {{data: }}"
    shop = project(text)
    return mounts(shop, shop.services["web"], kept or {})


@pytest.mark.parametrize(
    ("entry", "bind"),
    [
        ("'./a:/b'", "/srv/shop/a:/b:rw"),
        ("'/a:/b:ro,z'", "/a:/b:ro,z"),
        ("'/a:/b:rslave'", "/a:/b:rw,rslave"),
        ("{type: bind, source: /a, target: /b}", "/a:/b:rw"),
        ("'/a:/b:cached'", "/a:/b:rw,cached"),
        ("{type: bind, source: /a, target: /b, consistency: default}", "/a:/b:rw"),
    ],
)
def test_folders(entry: str, bind: str) -> None:
    assert found(entry)["Binds"] == [bind]


@pytest.mark.parametrize(
    ("entry", "mount"),
    [
        ("'data:/d:ro'", {"Type": "volume", "Source": "shop_data", "Target": "/d", "ReadOnly": True}),
        ("/d", {"Type": "volume", "Source": "", "Target": "/d", "ReadOnly": False}),
        ("{type: volume, source: data, target: /d, volume: {nocopy: true, subpath: s}}",
         {"Type": "volume", "Source": "shop_data", "Target": "/d", "ReadOnly": False,
          "VolumeOptions": {"NoCopy": True, "Subpath": "s"}}),
        ("{type: tmpfs, target: /t, tmpfs: {size: 1m, mode: 0700}}",
         {"Type": "tmpfs", "Target": "/t", "ReadOnly": False, "TmpfsOptions": {"SizeBytes": 1 << 20, "Mode": 0o700}}),
        ("{type: image, source: i, target: /i, image: {subpath: s}}",
         {"Type": "image", "Source": "i", "Target": "/i", "ReadOnly": False, "ImageOptions": {"Subpath": "s"}}),
        ("{type: bind, source: /a, target: /b, bind: {create_host_path: false, propagation: shared}}",
         {"Type": "bind", "Source": "/a", "Target": "/b", "ReadOnly": False, "BindOptions": {"Propagation": "shared"}}),
        ("{type: bind, source: /a, target: /b, bind: {recursive: readonly}}",
         {"Type": "bind", "Source": "/a", "Target": "/b", "ReadOnly": False,
          "BindOptions": {"ReadOnlyForceRecursive": True, "CreateMountpoint": True}}),
    ],
)  # fmt: skip
def test_other_mounts(entry: str, mount: object) -> None:
    assert found(entry)["Mounts"] == [mount]


def test_nameless_volumes_of_the_container_before_are_taken_over() -> None:
    kept = found("/d", "'data:/e'", kept={"/d": "n1", "/image": "n2", "/e": "n3"})["Mounts"]
    assert [(mount["Source"], mount["Target"]) for mount in kept] == [
        ("n1", "/d"),
        ("shop_data", "/e"),
        ("n2", "/image"),
    ]


def test_memory_and_secrets() -> None:
    shop = project(
        "services: {web: {image: x, tmpfs: ['/run:size=1m', /t], secrets: [s]}}\nsecrets: {s: {file: ./s.txt}}"
    )
    assert mounts(shop, shop.services["web"], {}) == {
        "Binds": [],
        "Mounts": [{"Type": "bind", "Source": "/srv/shop/s.txt", "Target": "/run/secrets/s", "ReadOnly": True}],
        "Tmpfs": {"/run": "size=1m", "/t": ""},
    }


@pytest.mark.parametrize(
    ("entry", "message"),
    [("{type: bind, target: /b}", "the bind at /b has no source"),
     ("{type: bind, source: '/a:b', target: /b}", "needs create_host_path: false")],
)  # fmt: skip
def test_what_cannot_be_mounted(entry: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        found(entry)
