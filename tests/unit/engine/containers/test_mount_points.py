"""Which mounts a container has."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.containers.mount_points import (
    from_request,
    inherit,
    mount_points,
    parse_bind,
    parse_volumes_from,
)
from jupyter_containers.engine.containers.record import HostSettings, MountPoint, MountRequest
from jupyter_containers.errors import InvalidParameter


def test_a_path_of_the_host_is_a_bind() -> None:
    assert parse_bind("/a/../b:/x/:ro") == MountPoint("bind", "/x", source="/b", read_only=True, mode="ro")
    assert parse_bind("/b:/x:").mode == ""
    assert parse_bind("/b:/x:z,rslave,cached,rw").propagation == "rslave"


def test_a_name_is_a_volume() -> None:
    assert parse_bind("data:/x") == MountPoint("volume", "/x", name="data", mode="z")
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
        ("/tmp:/x:nocopy", "field VolumeOptions must not be specified"),
        ("data:/x:rshared", "field BindOptions must not be specified"),
        ("/tmp:/x:RO", "invalid mode: RO"),
        ("/tmp:", "invalid volume specification: '/tmp:'"),
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
        (MountRequest("bind", "/x", source="/a", read_only_recursion="all"), "only be said with ReadOnly"),
        (
            MountRequest("bind", "/x", source="/a", read_only=True, read_only_recursion="all", propagation="shared"),
            "needs propagation rprivate, not shared",
        ),
        (MountRequest("volume", "/x", read_only=True), "must not set ReadOnly mode when using anonymous volumes"),
        (MountRequest("volume", "/x", subpath="a"), "must not set Subpath when using anonymous volumes"),
        (MountRequest("volume", "/x", source="v1", subpath="/a"), "must be a relative path within the volume"),
        (MountRequest("volume", "/x", source="v1", subpath="a/../../b"), "must be a relative path within the volume"),
        (MountRequest("tmpfs", "/x", tmpfs_options=(("bad",),)), 'invalid option: "bad"'),
        (MountRequest("tmpfs", "/x", tmpfs_options=(("uid", "1", "2"),)), 'invalid option: "uid=1=2"'),
    ],
)
def test_a_mount_that_is_none_is_refused_in_dockers_words(request_: MountRequest, sentence: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        from_request(request_)
    assert sentence in caught.value.message


def test_a_tmpfs_carries_its_options() -> None:
    point = from_request(MountRequest("tmpfs", "/t", tmpfs_size=1000, tmpfs_mode=0o1777))
    assert point == MountPoint("tmpfs", "/t", tmpfs_options="size=1000,mode=1777")


@pytest.mark.parametrize("bind", ["/a\0b:/x", "/a:/x\0y"])
def test_a_zero_byte_does_not_cut_a_path(bind: str) -> None:
    with pytest.raises(InvalidParameter, match="zero byte"):
        mount_points(HostSettings(binds=(bind,)), ())


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


def test_inherited_volumes_are_not_filled_and_may_be_made_read_only() -> None:
    [point] = inherit([MountPoint("volume", "/v", name="n", anonymous=True), MountPoint("tmpfs", "/t")], "ro,z")
    assert (point.read_only, point.anonymous, point.no_copy) == (True, True, True)
    assert not inherit([MountPoint("bind", "/v")], "rw")[0].read_only


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "volumes-from specification cannot be an empty string"),
        ("c:zz", "invalid mode: zz"),
        ("c:ro:rw", "invalid mode: ro:rw"),
        ("c:nocopy", "invalid mode: nocopy"),
        ("c:ro,rw", "invalid mode: ro,rw"),
        ("c:", "invalid mode: "),
    ],
)
def test_a_volumes_from_that_is_none_is_refused_in_dockers_words(text: str, sentence: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse_volumes_from(text)
    assert sentence in caught.value.message


def test_another_containers_mounts_are_named_with_a_mode() -> None:
    assert parse_volumes_from("c") == ("c", "")
    assert parse_volumes_from("c:ro,Z") == ("c", "ro,Z")


@pytest.mark.parametrize("name", ["a", "../x", "a b"])
def test_a_name_that_no_volume_can_have_is_refused_before_anything_is_made(name: str) -> None:
    with pytest.raises(InvalidParameter, match="create "):
        mount_points(HostSettings(binds=(f"{name}:/x",)), ())


def test_what_shows_the_daemons_data_lets_go_of_its_mounts() -> None:
    def propagation(source: str, words: str = "") -> str:
        [point] = mount_points(HostSettings(binds=(f"{source}:/x:{words}",)), (), own_root="/var/lib/jc")
        return point.propagation

    assert [propagation(source) for source in ("/", "/var", "/var/lib/jc", "/var/lib/jc/a")] == ["rslave"] * 4
    assert [propagation(source) for source in ("/va", "/var/lib/jc2", "/home")] == ["rprivate"] * 3
    assert propagation("/", "rshared") == "rshared"
    with pytest.raises(InvalidParameter, match='must use either propagation mode "rslave" or "rshared"'):
        propagation("/", "private")


def test_options_of_mounts_come_through() -> None:
    tmpfs = MountRequest("tmpfs", "/t", tmpfs_size=5, tmpfs_options=(("exec",), ("uid", "7")))
    assert from_request(tmpfs).tmpfs_options == "size=5,exec,uid=7"
    part = from_request(MountRequest("volume", "/v", source="data", subpath="a/./b"))
    assert (part.subpath, part.no_copy) == ("a/b", True)
    assert from_request(
        MountRequest("bind", "/b", source="/a", read_only=True, read_only_recursion="top")
    ).read_only_top


@pytest.mark.parametrize(
    ("tmpfs", "sentence"),
    [
        ({"x": ""}, "mount path must be absolute"),
        ({"/x": "bad=1"}, 'invalid tmpfs option ["bad" "1"]'),
        ({"/x": "bind"}, 'invalid tmpfs option ["bind" ""]'),
        ({"/x": "ro,remount"}, 'invalid tmpfs option ["remount" ""]'),
    ],
)
def test_a_tmpfs_that_is_none_is_refused(tmpfs: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        mount_points(HostSettings(tmpfs=tmpfs), ())
    assert sentence in caught.value.message
