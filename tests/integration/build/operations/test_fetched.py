"""ADD of what was fetched, through whole builds; over a network in integration/client/test_build_repositories.py."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jupyter_containers.build.builder import BuildOptions
from jupyter_containers.build.context import UNNAMED, Context
from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.images.walk import Image
from jupyter_containers.repositories.addresses import Source
from jupyter_containers.repositories.fetching import Checkout
from jupyter_containers.repositories.logins import Logins
from tests.support.build_site import BuildSite
from tests.support.tiny_image import tar_of

pytestmark = pytest.mark.needs("root", "overlay")


class Elsewhere:
    """Gives files and commits without a network."""

    def __init__(self, content: bytes = b"content", name: str = "f", commit: str = "1" * 40) -> None:
        self.content, self.name, self.commit = content, name, commit

    async def fetch(self, url: str, folder: Path) -> Path:
        path = folder / self.name
        path.write_bytes(self.content)
        return path

    async def fetch_repository(self, source: Source, folder: Path, logins: Logins) -> Checkout:
        (folder / "tree").mkdir()
        (folder / "tree" / "a").write_bytes(self.content)
        return Checkout(folder / "tree", self.commit)


def build(site: BuildSite, line: str, found: Elsewhere) -> Image:
    builder = site.new_builder()
    builder._downloads = found
    context = Context(site.context({}))
    return asyncio.run(builder.build(f"FROM busybox\n{line}\n", context, BuildOptions(), lambda _event: None))


def test_a_commit_counts_by_its_id_and_a_file_by_its_bytes(site: BuildSite) -> None:
    git, web = "ADD https://h/x.git /x", "ADD https://h/f /x"
    one = build(site, git, Elsewhere(b"1"))
    assert build(site, git, Elsewhere(b"2")).config_digest == one.config_digest
    assert build(site, git, Elsewhere(b"2", commit="2" * 40)).config_digest != one.config_digest
    one = build(site, web, Elsewhere(b"1"))
    assert build(site, web, Elsewhere(b"2")).config_digest != one.config_digest


def test_a_file_without_a_name_needs_one(site: BuildSite) -> None:
    with pytest.raises(CopyFailed, match="cannot determine filename for source https://h/"):
        build(site, "ADD https://h/ /x/", Elsewhere(name=UNNAMED))
    build(site, "ADD --unpack https://h/ /x/", Elsewhere(tar_of({"a": b"a"}), name=UNNAMED))
