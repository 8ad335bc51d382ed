from __future__ import annotations

import subprocess
from io import BytesIO
from pathlib import Path
from shutil import which

import pytest

from jupyter_containers.layers.apply import apply
from jupyter_containers.layers.member import InvalidLayer
from jupyter_containers.layers.sparse import checked, read_1_0
from jupyter_containers.layers.tar_reader import ByteSource
from tests.support.trees import MINE


def test_pieces_in_order_are_kept_and_empty_ones_dropped() -> None:
    assert checked([0, 512, 1024, 100, 4096, 0], 4096, 612) == ((0, 512), (1024, 100))


@pytest.mark.parametrize(
    ("entries", "real_size", "stored"),
    [([0], 10, 0), ([5, 5, 0, 5], 10, 10), ([0, 6, 5, 5], 10, 11), ([0, 11], 10, 11), ([0, 5], 10, 6)],
)
def test_a_map_that_makes_no_sense_is_refused(entries: list[int], real_size: int, stored: int) -> None:
    with pytest.raises(InvalidLayer):
        checked(entries, real_size, stored)


def test_the_map_of_1_0_precedes_the_data() -> None:
    text = b"2\n0\n10\n600\n5\n".ljust(512, b"\0")
    assert read_1_0(ByteSource([text]), 1024) == ([0, 10, 600, 5], 512)


@pytest.mark.parametrize("text", [b"x\n", b"99999999999\n", b"1\n", b"", b"1" * 600])
def test_a_map_of_1_0_that_is_wrong_or_has_no_end_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidLayer):
        read_1_0(ByteSource([text.ljust(512, b"\0")]), 512)


@pytest.mark.skipif(which("tar") is None, reason="compares with GNU tar")
@pytest.mark.parametrize(
    "form", ["gnu", "pax --sparse-version=0.0", "pax --sparse-version=0.1", "pax --sparse-version=1.0"]
)
def test_sparse_files_of_gnu_tar_come_out_as_they_went_in(tmp_path: Path, form: str) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    with (source / "f").open("wb") as file:
        for number in range(40):
            file.seek(number * (1 << 20))
            file.write(b"piece %d" % number)
        file.truncate(50 << 20)
    options = f"--create --sparse --format={form}".split()
    command = ["tar", *options, "-C", str(source), "f"]
    layer = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    assert len(layer) < 1 << 20
    apply(BytesIO(layer), target, ownership=MINE)
    assert (target / "f").read_bytes() == (source / "f").read_bytes()
    assert (target / "f").stat().st_blocks == (source / "f").stat().st_blocks
