"""What a second build finds in the cache: seen on dockerd's BuildKit, with the machinery of the corpus.

A step after the copy writes something that is never the same twice; if the image has it again, the copy was a hit.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_client import Api
from tests.support.corpus import BASE, Case, build_with_dockerd, build_with_us
from tests.support.corpus_context import base_image, settle
from tests.support.daemon import Docker

IS_REFERENCE = bool(os.environ.get("COMPAT_HOST"))
WITNESS = "RUN cat /proc/sys/kernel/random/uuid > /witness\n"


@pytest.fixture
def api(docker: Docker) -> Api:
    return Api(docker.host.removeprefix("unix://"), "1.41")


class Twice:
    """Builds in one folder, whose `salt` no other build has."""

    def __init__(self, api: Api, root: Path) -> None:
        self.api, self.root, self.salt = api, root, uuid.uuid4().hex
        root.mkdir()
        for name in ("file", "dir/one", "other"):
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(f"{name} {self.salt}\n")
            (root / name).chmod(0o644)
        settle(root)

    def layers(self, text: str, args: Mapping[str, str] = {}) -> Any:
        (self.root / "Dockerfile").write_text(text)
        case, tag = Case("cache", args=args), f"corpus-cache:{self.salt}"
        if IS_REFERENCE:
            host = f"unix://{self.api.path}"
            build_with_dockerd(host, self.root, case, dockerfile="Dockerfile", tag=tag, web="")
        else:
            build_with_us(self.api, self.root, case, dockerfile="Dockerfile", tag=tag, web="")
        return self.api.get(f"/images/{tag}/json").json["RootFS"]["Layers"]


@pytest.fixture
def twice(docker: Docker, api: Api, tmp_path: Path) -> Iterator[Twice]:
    docker("import", "-c", "ENV PATH=/bin", "-", BASE, stdin=base_image())
    # What the client of the reference writes for itself is put beside the context.
    found = Twice(api, tmp_path / "context")
    yield found
    docker("rmi", "-f", f"corpus-cache:{found.salt}", BASE)


def touch(root: Path) -> None:
    for name in ("file", "dir/one", "dir"):
        os.utime(root / name, (1_600_000_000, 1_600_000_000))


def edit(root: Path) -> None:
    text = (root / "dir/one").read_text()
    # With another time: BuildKit's client sends no file whose size and time are those of before.
    (root / "dir/one").write_text(text.replace("one", "One"))


def change_mode(root: Path) -> None:
    (root / "dir/one").chmod(0o600)


def change_other(root: Path) -> None:
    (root / "other").write_text("changed")


def rename(root: Path) -> None:
    (root / "dir/one").rename(root / "dir/uno")


def add(root: Path) -> None:
    (root / "dir/two").write_text("")


def add_ignored(root: Path) -> None:
    (root / ".dockerignore").write_text("dir/two\n")
    add(root)


def own(root: Path) -> None:
    os.chown(root / "dir/one", 7, 8)


@pytest.mark.parametrize(
    ("change", "is_hit"),
    [
        (touch, True), (edit, False), (change_mode, False), (change_other, True), (rename, False), (add, False),
        (add_ignored, True), (own, True),
    ],
)  # fmt: skip
def test_a_copy_is_found_by_what_it_copies(twice: Twice, change: Callable[[Path], None], is_hit: bool) -> None:
    script = f"FROM {BASE}\nCOPY dir file /x/\n{WITNESS}"
    before = twice.layers(script)
    assert twice.layers(script) == before
    change(twice.root)
    assert (twice.layers(script) == before) is is_hit


# By 20.10 an owner does not count, and the copy keeps the old one.
CHANGES = ["chmod 600 /o/f", "touch -d @1500000000 /o/f", *([] if IS_REFERENCE else ["chown 7:8 /o/f"])]


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_from_a_stage_counts_owners_and_modes_but_not_times(twice: Twice, change: str) -> None:
    script = (
        f"FROM {BASE} AS a\nRUN mkdir /o && echo {twice.salt} > /o/f %s\nFROM {BASE}\nCOPY --from=a /o /o\n{WITNESS}"
    )
    before = twice.layers(script % "")
    assert (twice.layers(script % f"&& {change}") == before) is ("touch" in change)


def test_an_argument_counts_from_where_it_is_declared(twice: Twice) -> None:
    script = f"FROM {BASE}\nRUN echo {twice.salt}; cat /proc/sys/kernel/random/uuid > /a\nARG A\n{WITNESS}"
    one, two = (twice.layers(script, {"A": value}) for value in ("1", "2"))
    assert one[:2] == two[:2]
    assert one[2] != two[2]


def test_an_argument_before_from_counts_only_where_it_is_repeated(twice: Twice) -> None:
    script = f"ARG A\nFROM {BASE}\nRUN echo {twice.salt}\n{WITNESS}"
    assert twice.layers(script, {"A": "1"}) == twice.layers(script, {"A": "2"})
    script = script.replace("RUN", "ARG A\nRUN")
    assert twice.layers(script, {"A": "1"}) != twice.layers(script, {"A": "2"})


def test_a_proxy_counts_only_where_it_is_declared(twice: Twice) -> None:
    script = f"FROM {BASE}\nRUN echo {twice.salt}\n{WITNESS}"
    assert twice.layers(script, {"HTTP_PROXY": "http://a:1"}) == twice.layers(script, {"HTTP_PROXY": "http://b:1"})
    script = script.replace("RUN", "ARG HTTP_PROXY\nRUN")
    assert twice.layers(script, {"HTTP_PROXY": "http://a:1"}) != twice.layers(script, {"HTTP_PROXY": "http://b:1"})


def test_labels_and_what_else_is_only_config_do_not_count(twice: Twice) -> None:
    script = f"FROM {BASE}\nLABEL a=%s\nEXPOSE %s\nRUN echo {twice.salt}\n{WITNESS}"
    assert twice.layers(script % (1, 1)) == twice.layers(script % (2, 2))
    script = script.replace("LABEL", "ENV")
    assert twice.layers(script % (1, 1)) != twice.layers(script % (2, 2))


# Of the reference 20.10 knows no --link: what is expected is the Dockerfile reference's.
linked = pytest.mark.skipif(IS_REFERENCE, reason="the reference is too old for this")
# A copy that is done again has the times of now, one that is found those of the first time.
LINKED = "COPY --link dir /linked/dir\nCOPY --link --chown=7:8 file /base/\nADD --link --chmod=600 file /added/\n"


@linked
@pytest.mark.parametrize("below", ["RUN echo %s > /below\n", "COPY other /below%s\n", "ENV A=%s\nWORKDIR /w%s\n"])
def test_a_linked_copy_does_not_count_what_is_below(twice: Twice, below: str) -> None:
    script = f"FROM {BASE}\nRUN echo {twice.salt}\n{below}{LINKED}{WITNESS}"
    one = twice.layers(script.replace("%s", "1"))
    touch(twice.root)
    two = twice.layers(script.replace("%s", "2"))
    assert one[1] != two[1]
    assert one[2:5] == two[2:5]
    # What a process does stands on all that is below.
    assert one[5] != two[5]


@linked
@pytest.mark.parametrize(("change", "is_hit"), [(touch, True), (edit, False), (change_mode, False), (add, False)])
def test_a_linked_copy_counts_what_it_copies(twice: Twice, change: Callable[[Path], None], is_hit: bool) -> None:
    script = f"FROM {BASE}\nRUN echo {twice.salt}\nCOPY --link dir /x/dir\n{WITNESS}"
    before = twice.layers(script)
    assert twice.layers(script) == before
    change(twice.root)
    assert (twice.layers(script) == before) is is_hit


@linked
def test_a_linked_copy_from_a_stage_is_found_below_another_base(twice: Twice) -> None:
    script = (
        f"FROM {BASE} AS a\nRUN mkdir /o; cat /proc/sys/kernel/random/uuid > /o/{twice.salt}\n"
        f"FROM {BASE}\nRUN echo %s > /below\nCOPY --link --from=a /o /deep/o\n"
    )
    one, two = (twice.layers(script % number) for number in (1, 2))
    assert one[1] != two[1]
    assert one[2] == two[2]


@linked
@pytest.mark.parametrize("other", ["--chown=7", "--chmod=600", "--exclude=one"])
def test_a_linked_copy_counts_its_options(twice: Twice, other: str) -> None:
    script = f"FROM {BASE}\nRUN echo {twice.salt}\nCOPY --link {{}} dir /x/\n"
    assert twice.layers(script.format(""))[-1] != twice.layers(script.format(other))[-1]
