"""Which mounts a container has."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.containers.mount_points import from_request, inherit, mount_points, parse_bind
from jupyter_containers.engine.containers.record import HostSettings, MountPoint, MountRequest
from jupyter_containers.errors import InvalidParameter


def test_a_path_of_the_host_is_a_bind() -> None:
    assert parse_bind("/a/../b:/x/:ro") == MountPoint(
        "bind", "/x", source="/b", read_only=True, mode="ro", propagation="rprivate"
    )


def test_a_name_is_a_volume() -> None:
    assert parse_bind("data:/x") == MountPoint("volume", "/x", name="data")
    assert parse_bind("data:/x:nocopy").no_copy


def test_a_place_alone_is_an_anonymous_volume() -> None:
    point = parse_bind("/x")
    assert (point.type, point.destination, point.anonymous, len(point.name)) == ("volume", "/x", True, 64)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a", "invalid volume specification: 'a': invalid mount config for type \"volume\": invalid mount path: 'a' "
              "mount path must be absolute"),
        ("/tmp:x", "invalid mount path: 'x' mount path must be absolute"),
        ("/tmp:/x:bad", "invalid mode: bad"),
        ("/tmp:/x:ro,rw", "invalid mode: ro,rw"),
        ("/tmp:/x:nocopy", "invalid mode: nocopy"),
        ("data:/x:rshared", "invalid mode: rshared"),
        ("/tmp:/", "invalid specification: destination can't be '/'"),
        ("/tmp:/a/..", "invalid specification: destination can't be '/'"),
        ("a:b:c:d", "invalid volume specification: 'a:b:c:d'"),
        ("", "invalid volume specification: ''"),
    ],
)  # fmt: skip
def test_a_bind_that_is_none_is_refused_in_dockers_words(text: str, sentence: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse_bind(text)
    assert sentence in caught.value.message


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (MountRequest("zz", "/x"), 'type "zz": mount type unknown'),
        (MountRequest("bind", "/x"), 'type "bind": field Source must not be empty'),
        (MountRequest("bind", "/x", source="rel"), "mount path must be absolute"),
        (MountRequest("volume", "", source="v"), 'type "volume": field Target must not be empty'),
        (MountRequest("volume", "x"), "mount path must be absolute"),
        (MountRequest("volume", "/"), "destination can't be '/'"),
        (MountRequest("tmpfs", "/x", source="v"), 'type "tmpfs": field Source must not be specified'),
        (MountRequest("bind", "/x", source="/a", propagation="zz"), "invalid propagation mode: zz"),
    ],
)
def test_a_mount_that_is_none_is_refused_in_dockers_words(request_: MountRequest, sentence: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        from_request(request_)
    assert sentence in caught.value.message


def test_a_tmpfs_carries_its_options() -> None:
    point = from_request(MountRequest("tmpfs", "/t", tmpfs_size=1000, tmpfs_mode=0o1777))
    assert point == MountPoint("tmpfs", "/t", tmpfs_options="size=1000,mode=1777")


def test_two_mounts_at_one_place_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="Duplicate mount point: /x"):
        mount_points(HostSettings(binds=("/a:/x", "/b:/x/")), ())
    with pytest.raises(InvalidParameter, match="Duplicate mount point: /x"):
        mount_points(HostSettings(binds=("/a:/x",), tmpfs={"/x": ""}), ())


def test_a_volume_of_the_image_gives_way_to_a_mount() -> None:
    points = mount_points(HostSettings(binds=("/a:/data",), tmpfs={"/tmp": ""}), ("/data", "/tmp", "/more"))
    assert [(point.type, point.destination) for point in points] == [("bind", "/data"), ("volume", "/more")]


def test_a_mount_beats_an_inherited_one() -> None:
    inherited = [MountPoint("volume", "/data", name="old"), MountPoint("volume", "/other", name="o")]
    points = mount_points(HostSettings(binds=("new:/data",)), (), inherited)
    assert [point.name for point in points] == ["new", "o"]


def test_inherited_volumes_are_nobodys_to_remove_and_may_be_made_read_only() -> None:
    [point] = inherit([MountPoint("volume", "/v", name="n", anonymous=True), MountPoint("tmpfs", "/t")], "ro")
    assert (point.read_only, point.anonymous) == (True, False)
    with pytest.raises(InvalidParameter, match="volumes-from: zz"):
        inherit([], "zz")


@pytest.mark.parametrize(
    ("tmpfs", "sentence"),
    [({"x": ""}, "mount path must be absolute"), ({"/x": "bad=1"}, 'invalid tmpfs option ["bad" "1"]')],
)
def test_a_tmpfs_that_is_none_is_refused(tmpfs: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        mount_points(HostSettings(tmpfs=tmpfs), ())
    assert sentence in caught.value.message
