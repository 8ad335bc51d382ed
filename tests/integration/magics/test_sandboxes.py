"""Cells in a copy of the notebook's own environment, in a real kernel: nothing changes here before somebody says so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.notebook_kernel import Kernel

MIME = "application/vnd.jupyter-containers.sandbox+json"


@pytest.fixture
def folder(kernel: Kernel, kernel_folder: Path) -> Iterator[Path]:
    """The notebook's folder, with a few files that are the same for each test."""
    folder = kernel_folder / "work"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("one\ntwo\n")
    (folder / "sub/b.txt").write_text("b\n")
    (folder / ".env").write_text("TOKEN=very secret\n")
    (folder / "local_module.py").write_text("value = 42\n")
    assert kernel.run(f"import os; os.chdir({str(folder)!r})").error is None
    yield folder
    kernel.run(f"os.chdir({str(kernel_folder)!r})")
    shutil.rmtree(folder)


def letters(kernel: Kernel, name: str = "r") -> list[str]:
    """Return the changes in the folder, as letter and name."""
    text = f"[f'{{f.letter}} {{os.path.relpath(f.path)}}' for f in {name}.files if f.path.startswith(os.getcwd())]"
    reply = kernel.run(text)
    assert reply.error is None, reply.error_lines
    return list(eval(reply.text))


def listed(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_what_a_cell_deletes_and_writes_stays_inside(kernel: Kernel, folder: Path) -> None:
    before = listed(folder)
    cell = "import shutil, pathlib\nfor p in ('/usr/share', 'sub'):\n    shutil.rmtree(p)\n"
    cell += "pathlib.Path('a.txt').write_text('one\\nthree\\n')\npathlib.Path('new.bin').write_bytes(bytes(10))\n"
    reply = kernel.run(f"r = get_ipython().run_cell_magic('container', 'sandbox', {cell!r})")
    assert reply.error is None, (reply.text, reply.error_lines)
    assert listed(folder) == before
    assert (folder / "a.txt").read_text() == "one\ntwo\n"
    assert Path("/usr/share").is_dir()
    assert letters(kernel) == ["C a.txt", "A new.bin", "D sub"]
    output = reply.outputs[0]
    assert "D /usr/share   folder" in output["text/plain"]
    assert "A new.bin   10B" in output["text/plain"]
    assert [line for line in output[MIME]["sandbox"]["diffs"][f"{folder}/a.txt"] if line[0] in "+-"] == [
        "-two",
        "+three",
    ]
    assert "%container sandbox keep" in output["text/html"]


def test_it_is_the_python_of_the_notebook_with_its_modules_but_not_its_secrets(kernel: Kernel, folder: Path) -> None:
    kernel.run("os.environ.update(MY_API_TOKEN='t', COLOUR='green', DB='postgres://me:word@db/x'); x = 5")
    cell = "%%container sandbox -i x -o y\nimport sys, os, local_module, numpy\n"
    cell += "y = [sys.executable, os.getcwd(), local_module.value + x, sorted(os.listdir('.')), os.getenv('COLOUR'),\n"
    cell += "     [n for n in ('MY_API_TOKEN', 'DB') if n in os.environ]]\n"
    reply = kernel.run(cell)
    assert reply.error is None, (reply.text, reply.error_lines)
    told = eval(kernel.run("y").text)
    assert told[1:] == [str(folder), 47, ["a.txt", "local_module.py", "sub"], "green", []]
    assert told[0] == eval(kernel.run("import sys; sys.executable").text)
    assert reply.outputs[0][MIME]["withheld"] == ["DB", "MY_API_TOKEN"]
    # Nothing changed, so nothing is left.
    assert kernel.run("%container ps -aq").text == ""


def test_keep_makes_the_changes_real_with_modes_and_owners(kernel: Kernel, folder: Path) -> None:
    (folder / "a.txt").chmod(0o640)
    os.chown(folder / "a.txt", 1234, 1234)
    script = "echo four >> a.txt; mkdir -p deep/er; echo x > deep/er/x.sh; chmod 4755 deep/er/x.sh; rm sub/b.txt\n"
    assert kernel.run(f"%%container sandbox --shell\n{script}").error is None
    reply = kernel.run("r = %container sandbox show last\nr.keep(yes=True)")
    assert reply.error is None, reply.error_lines
    assert "changed a.txt\nadded deep/er/x.sh\ndeleted sub/b.txt" in reply.text
    assert (folder / "a.txt").read_text() == "one\ntwo\nfour\n"
    status = (folder / "a.txt").stat()
    assert (status.st_mode & 0o7777, status.st_uid) == (0o640, 1234)
    assert (folder / "deep/er/x.sh").stat().st_mode & 0o7777 == 0o755
    assert not (folder / "sub/b.txt").exists()
    assert not list(folder.rglob("*.kept"))


def test_only_what_is_named_is_kept_and_somebody_is_asked(kernel: Kernel, folder: Path) -> None:
    assert kernel.run("%%container sandbox --shell\necho 1 > one; echo 2 > two\n").error is None
    for answer, said in (("", "nothing has been changed here"), ("y", "added one")):
        request = kernel.begin("%container sandbox keep last one")
        assert kernel.answer(answer)["prompt"] == "make 1 change here: A one? [y/N] "
        assert kernel.finish(request).text == said
        assert (folder / "one").exists() == (answer == "y")
    assert (folder / "one").read_text() == "1\n"
    assert not (folder / "two").exists()
    missing = kernel.run("%container sandbox keep last three --yes")
    assert "nothing has changed at three" in missing.error_lines[0]


def test_links_lead_nowhere(kernel: Kernel, folder: Path, tmp_path: Path) -> None:
    """Neither those that the cell has made, nor those that are put here afterwards."""
    script = "ln -s /etc/passwd link; mkdir way; echo evil > way/x; echo evil > plain; echo evil > sub/y\n"
    assert kernel.run(f"%%container sandbox --shell\n{script}").error is None
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "victim").write_text("mine\n")
    (folder / "way").symlink_to(outside)
    (folder / "plain").symlink_to(outside / "victim")
    reply = kernel.run("%container sandbox keep last --yes --force")
    assert reply.error is None, reply.error_lines
    assert "left out link: it is a link" in reply.text
    assert "left out way/x: 'way' on the way to it is no folder here; a link could lead out" in reply.text
    assert "left out plain: there is a link of its name here" in reply.text
    assert "added sub/y" in reply.text
    assert [path.name for path in outside.iterdir()] == ["victim"]
    assert (outside / "victim").read_text() == "mine\n"


def test_what_is_the_systems_or_has_changed_here_is_not_touched(kernel: Kernel, folder: Path) -> None:
    script = "echo evil >> /etc/hosts.allow.x; echo in > a.txt; echo in > .env; rm -r sub; mkdir -p /root/x\n"
    assert kernel.run(f"%%container sandbox --shell\n{script}").error is None
    (folder / "a.txt").write_text("out\n")
    os.utime(folder / "a.txt", (4e9, 4e9))
    reply = kernel.run("%container sandbox keep last . /etc/hosts.allow.x --yes")
    assert "left out a.txt: it has changed here since" in reply.text
    assert "left out .env: there is one here, which the sandbox did not see" in reply.text
    assert "left out sub: it is a folder here" in reply.text
    assert "left out /etc/hosts.allow.x: it belongs to the system" in reply.text
    assert (folder / ".env").read_text() == "TOKEN=very secret\n"
    assert not Path("/etc/hosts.allow.x").exists()
    assert (folder / "sub/b.txt").exists()
    forced = kernel.run("%container sandbox keep last a.txt sub --yes --force")
    assert forced.text == "changed a.txt\ndeleted sub"
    assert not (folder / "sub").exists()


def test_names_are_text_and_nothing_else(kernel: Kernel, folder: Path) -> None:
    cell = "%%container sandbox\nopen('<img src=x onerror=alert(1)>', 'w').write('<script>')\n"
    cell += "open('red\\x1b[31m\\nline', 'w').write('x')\n"
    reply = kernel.run(cell)
    assert reply.error is None, reply.error_lines
    output = reply.outputs[0]
    assert "<img" not in output["text/html"]
    assert "<script" not in output["text/html"]
    assert "\x1b" not in output["text/plain"]
    assert "A red?[31m?line   1B" in output["text/plain"]
    kept = kernel.run("%container sandbox keep last --yes")
    assert "added red?[31m?line" in kept.text
    assert (folder / "red\x1b[31m\nline").read_text() == "x"


def test_a_sandbox_is_found_listed_saved_and_discarded(kernel: Kernel, folder: Path) -> None:
    assert kernel.run("%%container sandbox --name first\nopen('made', 'w').write('here')\n").error is None
    assert kernel.run("%%container sandbox\nopen('other', 'w')\n").error is None
    table = kernel.run("%container sandbox list").text
    assert [line.split()[0] for line in table.splitlines()] == ["NAME", "sandbox-1", "first"]
    assert "open('made', 'w')" in table
    assert kernel.run("%container sandbox save first kept-as-image").text == "made kept-as-image of first"
    assert kernel.run(f"%container run --name mine kept-as-image cat {folder}/made").text == "here"
    # A container of that image is no sandbox, which would go when there are too many.
    assert len(kernel.run("%container sandbox list").text.splitlines()) == 3
    assert kernel.run("%container rm mine").error is None
    assert kernel.run("%container sandbox discard 1").text == "discarded sandbox-1"
    assert kernel.run("%container sandbox discard --all").text == "discarded first"
    assert "there is no sandbox" in kernel.run("%container sandbox discard --all").text
    assert "no sandbox is called first; there is none" in kernel.run("%container sandbox show first").error_lines[0]


def test_a_cell_that_fails_leaves_its_sandbox_to_be_looked_at(kernel: Kernel, folder: Path) -> None:
    reply = kernel.run("%%container sandbox\nopen('half', 'w').write('x')\n1 / 0\n")
    assert "exit code 1: ZeroDivisionError" in reply.error_lines[0]
    assert "A half   1B" in reply.text
    assert "A half   1B" in kernel.run("%container sandbox show last").text


def test_only_the_newest_are_left(kernel: Kernel, folder: Path) -> None:
    magic = "get_ipython().run_cell_magic('container', 'sandbox --shell --net none', 'echo > x')"
    reply = kernel.run(f"for _ in range(11):\n    r = {magic}")
    assert reply.error is None, reply.error_lines
    assert "discarded sandbox-1: only the newest 10 sandboxes are kept" in reply.text
    assert kernel.run("len(get_ipython().run_line_magic('container', 'sandbox ls'))").text.endswith("10")


def test_an_interrupted_cell_leaves_its_sandbox_to_be_looked_at(kernel: Kernel, folder: Path) -> None:
    request = kernel.begin(
        "%%container sandbox\nimport time\nopen('half', 'w').write('x')\nprint('begun', flush=True)\ntime.sleep(100)\n"
    )
    reply = kernel.finish(request, until="begun")
    kernel.interrupt()
    reply = kernel.finish(request, reply=reply)
    assert reply.error is not None
    assert reply.error["ename"] == "Interrupted"
    assert "A half   1B" in reply.text
    assert kernel.run("%container ps -q").text == ""
