"""Tests of variables.parcel."""

from __future__ import annotations

import io
import tarfile

import pytest

from jupyter_containers.variables.choice import Packed
from jupyter_containers.variables.codec import CannotTravel
from jupyter_containers.variables.parcel import outputs, read, tar


def archive(*entries: tuple[str, bytes, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as made:
        for name, kind, content in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.size, entry.linkname = kind, len(content), "/etc/passwd"
            made.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def test_what_goes_in() -> None:
    with tarfile.open(fileobj=io.BytesIO(tar("box", [Packed("x", ".txt", b"1")], {"run.py": b"2"}))) as made:
        entries = [(entry.name, oct(entry.mode)) for entry in made]
    assert entries == [
        ("box", "0o755"), ("box/in", "0o755"), ("box/out", "0o777"), ("box/in/x.txt", "0o644"), ("box/run.py", "0o644"),
    ]  # fmt: skip


def test_only_plain_files_right_in_the_folder_come_out() -> None:
    content = archive(
        ("out", tarfile.DIRTYPE, b""), ("out/a.txt", tarfile.REGTYPE, b"1"), ("out/b.txt", tarfile.SYMTYPE, b""),
        ("out/c.txt", tarfile.LNKTYPE, b""), ("out/sub/d.txt", tarfile.REGTYPE, b"1"), ("out/e", tarfile.FIFOTYPE, b""),
    )  # fmt: skip
    assert read(iter([content[:700], content[700:]])) == {"a.txt": b"1"}


def test_more_than_the_limit_is_not_read() -> None:
    content = archive(("out/a.bin", tarfile.REGTYPE, b"1" * 5_000_000))
    with pytest.raises(CannotTravel, match="1 MiB"):
        read(iter([content]), limit=1 << 20)


def test_what_is_passed_over_counts_too() -> None:
    content = archive(("out/sub/a.bin", tarfile.REGTYPE, b"1" * (1 << 20)), ("out/b.bin", tarfile.REGTYPE, b"1"))
    assert read(iter([content[:5000], content[5000:]]), limit=2 << 20) == {"b.bin": b"1"}
    with pytest.raises(CannotTravel, match="larger than 1 MiB together"):
        read(iter([content[:5000], content[5000:]]), limit=1 << 20)


def sparse(name: str, size: int) -> bytes:
    """Return the entry of a file that is one hole: old GNU form, its real size at 483."""
    entry = tarfile.TarInfo(name)
    entry.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    header[386:410] = b"%011o\0%011o\0" % (size, 0)
    header[483:495] = b"%011o\0" % size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def test_holes_count_together() -> None:
    holes = [sparse(f"out/{name}.bin", 700_000) for name in "ab"]
    assert read(iter([holes[0]]), limit=1 << 20) == {"a.bin": bytes(700_000)}
    with pytest.raises(CannotTravel, match="larger than 1 MiB together"):
        read(iter(holes), limit=1 << 20)


def test_what_is_no_tar_is_told() -> None:
    with pytest.raises(CannotTravel, match="outputs cannot be read"):
        read(iter([b"rubbish" * 1000]))


def test_each_name_has_one_file() -> None:
    files = {"x.txt": b"1", "y.txt": b"", "y.bin": b"", "../z.txt": b""}
    assert outputs(files, ["x"]) == [Packed("x", ".txt", b"1")]
    with pytest.raises(CannotTravel, match=r"variable y: several files, y\.bin and y\.txt"):
        outputs(files, ["y"])
    with pytest.raises(CannotTravel, match="variable z did not come out"):
        outputs(files, ["z"])
