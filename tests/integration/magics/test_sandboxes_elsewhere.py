"""Sandboxes of a notebook whose folder is on another file system than /, as homes often are."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.linux import mounts
from tests.support.notebook_kernel import Kernel


@pytest.fixture(scope="module", autouse=True)
def mounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system that is there before the daemon is."""
    folder = tmp_path_factory.mktemp("elsewhere")
    mounts.mount(Path("tmpfs"), folder, "tmpfs")
    try:
        yield folder
    finally:
        mounts.unmount(folder)


@pytest.fixture
def elsewhere(kernel: Kernel, kernel_folder: Path, mounted: Path) -> Iterator[Path]:
    work = mounted / "work"
    (work / "sub/deep").mkdir(parents=True)
    (work / "sub/deep/x").write_text("x")
    for name in ("same", "changed", "gone", ".env", "mode"):
        (work / name).write_text("one\n")
    (work / "link").symlink_to("same")
    assert kernel.run(f"import os; os.chdir({str(work)!r})").error is None
    yield work
    kernel.run(f"os.chdir({str(kernel_folder)!r})")
    shutil.rmtree(work)


def test_a_folder_on_another_file_system_is_copied(kernel: Kernel, elsewhere: Path) -> None:
    script = "test ! -e .env && printf 'two\\n' > changed && rm gone && rm -r sub && mkdir new && echo x > new/file\n"
    reply = kernel.run(f"%%container sandbox --shell\n{script}chmod 700 mode; ln -sf gone link; echo > /root/away\n")
    assert reply.error is None, (reply.text, reply.error_lines)
    assert [line for line in reply.outputs[0]["text/plain"].splitlines() if line[0] in "ACD"] == [
        "C changed   4B", "D gone   4B", "C link   link", "C mode   4B", "A new/file   2B", "D sub   folder",
        "A /root/away   1B",
    ]  # fmt: skip
    assert (elsewhere / "changed").read_text() == "one\n"
    kept = kernel.run("%container sandbox keep last --yes")
    assert kept.text.splitlines() == [
        "changed changed", "deleted gone", "changed mode", "added new/file", "left out link: it is a link",
        "left out sub: it is a folder here, with files that the sandbox may not have seen; force removes it",
    ]  # fmt: skip
    assert ((elsewhere / "changed").read_text(), (elsewhere / "mode").stat().st_mode & 0o777) == ("two\n", 0o700)
    assert (elsewhere / ".env").exists()


def test_python_works_in_a_copied_folder(kernel: Kernel, elsewhere: Path) -> None:
    reply = kernel.run("%%container sandbox\nimport os\nprint(os.getcwd(), sorted(os.listdir()))\n")
    assert reply.text == f"{elsewhere} ['changed', 'gone', 'link', 'mode', 'same', 'sub']"
    assert kernel.run("%container ps -aq").text == ""


def test_a_secret_that_was_not_copied_is_neither_shown_nor_written_over(kernel: Kernel, elsewhere: Path) -> None:
    reply = kernel.run("%%container sandbox --shell\nprintf 'two\\n' > .env\n")
    assert "A .env   4B" in reply.outputs[0]["text/plain"].splitlines()
    assert "one" not in kernel.run("%container sandbox show last").text
    assert "the sandbox did not see" in kernel.run("%container sandbox keep last --yes").text
    assert (elsewhere / ".env").read_text() == "one\n"
