"""COPY --link and ADD --link: the layer is made as onto nothing, so it is the same on whatever base."""

from __future__ import annotations

import io
import stat
import tarfile
from pathlib import Path

import pytest

from jupyter_containers.build.operations import files as copying
from jupyter_containers.build.progress import Event
from jupyter_containers.images.walk import Image
from tests.support.build_site import BuildSite, told

pytestmark = pytest.mark.needs("root", "overlay")

FILES = {"app/one": "1", "app/sub/two": "2"}


def rebased(site: BuildSite, number: int) -> None:
    """Give `base` another content."""
    site.images["base"] = site.build(f"FROM busybox\nRUN echo {number} > /version\n")


def members(site: BuildSite, image: Image) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(site.content.path(image.manifest.layers[-1].digest)) as tar:
        return {member.name: member for member in tar}


def test_on_a_changed_base_a_linked_copy_is_a_hit_and_has_the_same_layer(site: BuildSite) -> None:
    context = site.context(FILES)
    rebased(site, 1)
    first = site.build("FROM base\nCOPY --link app /srv/app\nCOPY app /plain\n", context)
    rebased(site, 2)
    events: list[Event] = []
    second = site.build("FROM base\nCOPY --link app /srv/app\nCOPY app /plain\n", context, events)
    assert told(events) == ["FROM base", "COPY --link app /srv/app *", "COPY app /plain"]
    assert first.manifest.layers[-2] == second.manifest.layers[-2]
    with site.root_of(second) as root:
        assert (root / "version").read_text() == "2\n"
        assert (root / "srv/app/sub/two").read_text() == "2"
    again: list[Event] = []
    assert site.build("FROM base\nCOPY --link app /srv/app\nCOPY app /plain\n", context, again) == second
    assert told(again)[-1] == "COPY app /plain *"


def test_it_is_not_copied_again_behind_a_step_that_is_done_again(
    site: BuildSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = site.context({f"app/{number}": str(number) for number in range(200)})
    text = "FROM busybox\nARG N\nRUN echo $N > /n\nCOPY --link app /srv/app\nRUN ls /srv/app > /list\n"
    first = site.build(text, context, build_args={"N": "1"})

    def never(*_: object) -> None:
        raise AssertionError("copied again")

    monkeypatch.setattr(copying, "_copy", never)
    events: list[Event] = []
    second = site.build(text, context, events, build_args={"N": "2"})
    assert [line.endswith(" *") for line in told(events)] == [False, False, False, True, False]
    assert first.manifest.layers[2] == second.manifest.layers[2]
    with site.root_of(second) as root:
        assert len((root / "list").read_text().split()) == 200


def test_other_content_is_another_layer(site: BuildSite) -> None:
    context = site.context(FILES)
    text = "FROM busybox\nCOPY --link app /srv/app\n"
    first = site.build(text, context)
    (context / "app/one").write_text("other")
    events: list[Event] = []
    assert site.build(text, context, events).manifest.layers[-1] != first.manifest.layers[-1]
    assert told(events)[-1] == "COPY --link app /srv/app"


def test_without_the_cache_it_is_copied_again(site: BuildSite) -> None:
    context = site.context(FILES)
    text = "FROM busybox\nCOPY --link app /srv/app\n"
    site.build(text, context)
    for options in ({"no_cache": True}, {"no_cache_filter": ("0",)}):
        events: list[Event] = []
        site.build(text, context, events, **options)
        assert told(events)[-1] == "COPY --link app /srv/app"


def test_a_stage_that_only_a_known_linked_copy_reads_is_not_made(site: BuildSite) -> None:
    text = "FROM busybox AS tools\nRUN date +%N > /tool\nFROM base\n" + ("COPY --link --from=tools /tool /opt/tool\n")
    rebased(site, 1)
    first = site.build(text)
    # As after a prune of what nobody stands on: the layer is there still.
    for entry in site.records.all():
        if entry.record.get("chain") and not entry.key.startswith("loose:"):
            site.records.remove(entry.key)
    rebased(site, 2)
    ran = len(site.commands)
    second = site.build(text)
    assert len(site.commands) == ran
    assert second.manifest.layers[-1] == first.manifest.layers[-1]


def test_a_stage_that_came_to_the_same_files_gives_the_same_linked_layer(site: BuildSite) -> None:
    text = "FROM busybox AS tools\nRUN mkdir /t; echo 1 > /t/tool; touch -d @1500000000 /t/tool /t{}\nFROM busybox\n"
    copied = "COPY --link --from=tools /t /opt/t\n"
    first = site.build(text.format("") + copied)
    events: list[Event] = []
    second = site.build(text.format("; true") + copied, events=events)
    assert told(events)[-1] == f"{copied.strip()} *"
    assert first.manifest.layers[-1] == second.manifest.layers[-1]


def test_an_owner_by_name_counts_by_the_number_that_it_has_below(site: BuildSite) -> None:
    context = site.context(FILES)

    def copied(passwd: str) -> tuple[bool, Image]:
        site.images["base"] = site.build(f"FROM busybox\nRUN echo '{passwd}' >> /etc/passwd\n")
        events: list[Event] = []
        image = site.build("FROM base\nCOPY --link --chown=ann app /srv/app\n", context, events)
        return told(events)[-1].endswith(" *"), image

    first = copied("ann:x:700:800::/:/bin/sh")
    same, other = copied("ann:x:700:800:Ann:/:/bin/sh"), copied("ann:x:701:800::/:/bin/sh")
    assert (first[0], same[0], other[0]) == (False, True, False)
    assert first[1].manifest.layers[-1] == same[1].manifest.layers[-1]
    assert {(one.uid, one.gid) for one in members(site, other[1]).values()} == {(701, 800)}


def test_root_is_known_where_nobody_is(site: BuildSite) -> None:
    image = site.build("FROM scratch\nCOPY --link --chown=root:root app /app\n", FILES)
    assert {(one.uid, one.gid) for one in members(site, image).values()} == {(0, 0)}


def test_what_is_below_is_neither_followed_nor_kept_where_a_file_goes(site: BuildSite) -> None:
    image = site.build(
        "FROM busybox\nRUN mkdir -p /real /folder/below /kept/below && ln -s real /link && echo old > /file\n"
        "COPY --link app/one /link/one\nCOPY --link app/one /folder\nCOPY --link app /file\nCOPY --link app /kept\n",
        FILES,
    )
    with site.root_of(image) as root:
        assert not (root / "link").is_symlink()
        assert list((root / "real").iterdir()) == []
        assert (root / "folder").read_text() == "1"
        assert (root / "file/sub/two").read_text() == "2"
        assert sorted(path.name for path in (root / "kept").iterdir()) == ["below", "one", "sub"]


def test_folders_on_the_way_are_those_of_the_copy(site: BuildSite) -> None:
    """As of a copy onto scratch, which the reference of Dockerfiles says."""
    image = site.build(
        "FROM busybox\nRUN mkdir -p -m 1777 /shared\n"
        "COPY --link app/one /shared/a/one\nCOPY --link --chown=7:8 --chmod=600 app/one /owned/one\n",
        FILES,
    )
    with site.root_of(image) as root:
        shown = {name: (root / name).stat() for name in ("shared", "shared/a", "owned", "owned/one")}
    assert {name: (stat.S_IMODE(one.st_mode), one.st_uid, one.st_gid) for name, one in shown.items()} == {
        "shared": (0o755, 0, 0), "shared/a": (0o755, 0, 0), "owned": (0o755, 7, 8), "owned/one": (0o600, 7, 8),
    }  # fmt: skip


def test_the_layer_hides_nothing_but_what_it_brings(site: BuildSite) -> None:
    image = site.build(
        "FROM busybox\nRUN mkdir -p /srv/app/old && ln -s x /srv/app/one\nCOPY --link app /srv/app\n", FILES
    )
    assert list(members(site, image)) == ["srv", "srv/app", "srv/app/one", "srv/app/sub", "srv/app/sub/two"]
    with site.root_of(image) as root:
        assert (root / "srv/app/old").is_dir()


def device(name: str) -> bytes:
    """Return a tar with a device 0:0, which overlayfs reads as "gone"."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.type = tarfile.CHRTYPE
        tar.addfile(member)
        tar.addfile(tarfile.TarInfo("beside"))
    return out.getvalue()


def test_an_archive_cannot_hide_what_is_below(site: BuildSite) -> None:
    context = site.context({})
    (context / "x.tar").write_bytes(device("passwd"))
    image = site.build("FROM busybox\nADD --link x.tar /etc/\n", context)
    with site.root_of(image) as root:
        assert (root / "etc/passwd").read_text().startswith("root:")
        assert (root / "etc/beside").exists()


@pytest.mark.parametrize(
    "line", ["COPY --link none* /x/", "COPY --link <<file /x/", "COPY --link --parents app/./sub/two /x/"]
)
def test_every_form_of_copy_can_be_linked(site: BuildSite, line: str) -> None:
    text = f"FROM base\n{line}\n" + ("text\nfile\n" if "<<" in line else "")
    context, found = site.context(FILES), []
    for number in range(2):
        rebased(site, number)
        image = site.build(text, context)
        with site.root_of(image) as root:
            found.append(sorted(path.relative_to(root / "x").as_posix() for path in (root / "x").rglob("*")))
    assert found[0] == found[1] == {"none": [], "<<fi": ["file"], "--pa": ["sub", "sub/two"]}[line[12:16]]


def test_with_a_moment_the_layer_is_one_on_all_bases(site: BuildSite) -> None:
    context = site.context(FILES)
    found = []
    for number in range(2):
        rebased(site, number)
        image = site.build(
            "FROM base\nCOPY --link app /srv/app\n", context, build_args={"SOURCE_DATE_EPOCH": "1500000000"}
        )
        found.append(image.manifest.layers[-1])
        assert {int(one.mtime) for one in members(site, image).values()} == {1_500_000_000}
    assert found[0] == found[1]


def test_a_layer_without_its_blob_is_made_again(site: BuildSite) -> None:
    context = site.context(FILES)
    rebased(site, 1)
    first = site.build("FROM base\nCOPY --link app /srv/app\n", context)
    Path(site.content.path(first.manifest.layers[-1].digest)).unlink()
    rebased(site, 2)
    events: list[Event] = []
    site.build("FROM base\nCOPY --link app /srv/app\n", context, events)
    assert told(events)[-1] == "COPY --link app /srv/app"
