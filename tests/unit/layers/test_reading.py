from __future__ import annotations

import os
import threading
from pathlib import Path

from jupyter_containers.layers.reading import Recorder
from jupyter_containers.layers.tar_reader import ByteSource, TarReader
from jupyter_containers.layers.tar_writer import TarWriter
from jupyter_containers.linux.trees import walk
from tests.support.trees import MINE


def recorded(top: Path, before_record: object = None) -> list[tuple[bytes, bytes, bytes]]:
    pieces: list[bytes] = []
    writer = TarWriter(pieces.append)
    recorder = Recorder(writer, MINE)
    fd = os.open(top, os.O_RDONLY)
    try:
        for entry in walk(fd):
            if callable(before_record):
                before_record(entry)
            recorder.record(entry, entry.path)
    finally:
        os.close(fd)
    writer.finish()
    reader = TarReader(ByteSource([b"".join(pieces)]))
    return [(member.name, member.kind.value, b"".join(reader.data())) for member in reader]


def test_the_second_name_of_a_file_is_a_hard_link_and_symlinks_have_no_other_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    os.link(tmp_path / "a", tmp_path / "b")
    (tmp_path / "c").symlink_to("a")
    assert recorded(tmp_path) == [(b"a", b"0", b"x"), (b"b", b"1", b""), (b"c", b"2", b"")]


def test_a_file_that_becomes_a_link_while_we_look_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("secret")
    top = tmp_path / "top"
    top.mkdir()
    (top / "f").write_text("mine")

    def exchange(entry: object) -> None:
        (top / "f").unlink()
        (top / "f").symlink_to(victim)

    try:
        content = recorded(top, exchange)
    except OSError:
        return
    assert b"secret" not in b"".join(piece for _, _, piece in content)


def test_a_file_that_becomes_a_fifo_while_we_look_does_not_stop_us(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("mine")

    def exchange(entry: object) -> None:
        (tmp_path / "f").unlink()
        os.mkfifo(tmp_path / "f")

    worker = threading.Thread(target=recorded, args=(tmp_path, exchange), daemon=True)
    worker.start()
    worker.join(10)
    assert not worker.is_alive()


def test_what_vanishes_while_we_look_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()

    def remove(entry: object) -> None:
        (tmp_path / "a").unlink(missing_ok=True)

    assert [name for name, _, _ in recorded(tmp_path, remove)] == [b"b"]
