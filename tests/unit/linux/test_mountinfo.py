from __future__ import annotations

from jupyter_containers.linux.mountinfo import MountEntry, parse, read

TEXT = (
    "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n"
    "40 36 0:45 / /a\\040b\\134c\\011d rw - overlay overlay rw,lowerdir=/x\\0541:/y,upperdir=/u\n"
)


def test_all_fields_are_read() -> None:
    assert parse(TEXT)[0] == MountEntry(
        id=36,
        parent=35,
        major_minor=(98, 0),
        root="/mnt1",
        mount_point="/mnt2",
        options=("rw", "noatime"),
        optional=("master:1", "shared:7"),
        fs_type="ext3",
        source="/dev/root",
        super_options=("rw", "errors=continue"),
    )


def test_escapes_are_undone_after_splitting() -> None:
    entry = parse(TEXT)[1]
    assert entry.mount_point == "/a b\\c\td"
    assert entry.super_options == ("rw", "lowerdir=/x,1:/y", "upperdir=/u")
    assert entry.optional == ()


def test_an_empty_source_is_read() -> None:
    assert parse("41 36 0:46 / /empty rw - tmpfs  rw\n")[0].source == ""


def test_a_mount_point_that_is_not_unicode_is_kept() -> None:
    (entry,) = parse("1 2 0:3 / /\udcff\\040x rw - tmpfs none rw\n")
    assert entry.mount_point == "/\udcff x"


def test_this_process_has_a_root_and_a_proc() -> None:
    points = {entry.mount_point: entry.fs_type for entry in read()}
    assert "/" in points
    assert points["/proc"] == "proc"
