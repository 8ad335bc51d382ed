"""Tests of magics.container in a plain InteractiveShell, against canned answers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets import TraitError

import jupyter_containers
from jupyter_containers.commands.settings import NAMES, Settings, help_of
from jupyter_containers.errors import NotFound
from jupyter_containers.magics.container import ContainerMagics
from tests.support.canned_server import answer, canned_server
from tests.support.shells import interactive_shell

IMAGES = b'[{"Id": "sha256:1111", "RepoTags": ["busybox:latest", "debian:12"], "Created": 0, "Size": 10}]'


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[InteractiveShell]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "jupyter"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/s")
    with interactive_shell() as shell:
        jupyter_containers.load_ipython_extension(shell)
        yield shell
        jupyter_containers.unload_ipython_extension(shell)


def failure(shell: InteractiveShell, cell: str, capsys: pytest.CaptureFixture[str]) -> tuple[BaseException, str]:
    result = shell.run_cell(cell)
    error = result.error_in_exec
    assert error is not None
    return error, capsys.readouterr().out


def test_a_table_is_printed_and_returned(
    shell: InteractiveShell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with canned_server(tmp_path, answer(IMAGES)):
        shell.run_cell("found = %container images", store_history=True)
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["REPOSITORY", "busybox", "debian"]
    assert [image.names for image in shell.user_ns["found"]] == [("busybox:latest", "debian:12")]


def test_nothing_is_printed_twice(shell: InteractiveShell, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with canned_server(tmp_path, answer(IMAGES)):
        shell.run_cell("%container images", store_history=True)
    out = capsys.readouterr().out
    assert out.count("busybox") == 1
    assert out.rstrip().endswith("2 images")
    shell.run_cell("_", store_history=True)
    assert "busybox" in capsys.readouterr().out


def test_an_error_is_one_line_without_a_stack(
    shell: InteractiveShell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = answer(b'{"message": "No such container: x"}', "404 Not Found")
    with canned_server(tmp_path, gone):
        error, out = failure(shell, "%container rm x", capsys)
    assert isinstance(error, NotFound)
    assert out.strip() == "\x1b[1;31mNotFound\x1b[0m: No such container: x"


def test_the_stack_can_be_asked_for(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_cell("%config ContainerMagics.short_errors = False")
    _, out = failure(shell, "%container ps", capsys)
    assert "Traceback" in out


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%container imagse", "no command is called 'imagse'; did you mean image or images?"),
        ("%container run 'open", "cannot read the line: No closing quotation"),
        ("%%container ps\nbody", "ps takes nothing below its line; write %container ps"),
        ("%container ps", "cannot connect to the daemon at unix://"),
        ("%container stop", "stop: which container?"),
    ],
)
def test_mistakes_are_told_in_one_line(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], cell: str, message: str
) -> None:
    _, out = failure(shell, cell, capsys)
    assert message in out
    assert len(out.strip().splitlines()) == 1


def test_help_is_printed(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    for cell, text in (
        ("%container", "usage: %container COMMAND"),
        ("%container help", "usage: %container COMMAND"),
        ("%container run --help", "usage: %container run"),
        ("%container help run", "usage: %container run"),
        ("%container help network", "usage: %container network COMMAND"),
        ("%container help network create", "usage: %container network create"),
    ):
        assert shell.run_cell(cell).success
        assert text in capsys.readouterr().out


def test_a_question_mark_shows_the_overview(shell: InteractiveShell) -> None:
    text = shell.inspector.info(shell.find_magic("container"))["docstring"]
    assert "Build images and run containers." in text
    assert "build an image from a Dockerfile" in text


def test_dockerfiles_and_scripts_keep_their_braces_and_dollars(shell: InteractiveShell, tmp_path: Path) -> None:
    shell.user_ns["name"] = "expanded"
    with canned_server(tmp_path, answer(b'{"message": "stop here"}', "400 Bad Request")) as server:
        shell.run_cell("%%container build -t x\nFROM {name}\nRUN echo $name ${name}\n")
    assert "FROM {name}\nRUN echo $name ${name}\n" in server.requests[0]


def names(shell: Any, text: str) -> list[str]:
    return [c.text for c in shell.Completer.completions(text, len(text))]


def test_names_of_the_daemon_are_completed(shell: InteractiveShell, tmp_path: Path) -> None:
    with provisionalcompleter(), canned_server(tmp_path, answer(IMAGES)):
        assert names(shell, "%container run de") == ["debian:12"]
    with provisionalcompleter():
        assert names(shell, "%container imag") == ["image", "images"]


def test_a_daemon_that_is_not_there_completes_nothing(shell: InteractiveShell) -> None:
    with provisionalcompleter():
        assert names(shell, "%container rm zzz") == []


def test_unloading_takes_all_of_it_out(shell: InteractiveShell) -> None:
    jupyter_containers.unload_ipython_extension(shell)
    assert shell.find_magic("container") is None
    assert not [m for m in shell.Completer.custom_matchers if "container" in getattr(m, "__module__", "")]
    assert len(shell.input_transformers_cleanup) == len(TransformerManager().cleanup_transforms)


def test_loading_twice_changes_nothing(shell: InteractiveShell) -> None:
    count = len(shell.Completer.custom_matchers), len(shell.configurables)
    jupyter_containers.load_ipython_extension(shell)
    assert (len(shell.Completer.custom_matchers), len(shell.configurables)) == count


def test_an_unloaded_extension_may_be_unloaded(shell: InteractiveShell) -> None:
    jupyter_containers.unload_ipython_extension(shell)
    jupyter_containers.unload_ipython_extension(shell)


def test_another_name_is_the_same_magic(
    shell: InteractiveShell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("%config ContainerMagics.aliases = ['docker']")
    with canned_server(tmp_path, answer(IMAGES)):
        assert shell.run_cell("%docker images").success
    assert "busybox" in capsys.readouterr().out
    with provisionalcompleter():
        assert names(shell, "%docker imag") == ["image", "images"]
    assert shell.find_cell_magic("docker") is not None
    shell.run_cell("%config ContainerMagics.aliases = []")
    assert shell.find_magic("docker") is None


@pytest.mark.parametrize("name", ["ls", "container", "a-b"])
def test_a_name_that_is_taken_or_none_is_no_other_name(shell: InteractiveShell, name: str) -> None:
    magics = shell.magics_manager.registry["ContainerMagics"]
    with pytest.raises(TraitError, match=f"'{name}' is"):
        magics.aliases = [name]


def test_settings_of_a_file_hold_unless_ipython_is_told_otherwise(
    shell: InteractiveShell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "jupyter").mkdir()
    file = tmp_path / "jupyter" / "jupyter_containers_config.json"
    file.write_text('{"ContainerMagics": {"image": "busybox", "open_lines": 3, "aliases": ["docker"]}}')
    shell.config.ContainerMagics.open_lines = 5
    jupyter_containers.load_ipython_extension(shell)
    magics = shell.magics_manager.registry["ContainerMagics"]
    assert (magics.image, magics.open_lines, magics.aliases) == ("busybox", 5, ["docker"])
    assert shell.find_magic("docker") is not None
    file.write_text("{")
    jupyter_containers.load_ipython_extension(shell)
    assert "cannot read" in capsys.readouterr().out
    assert shell.magics_manager.registry["ContainerMagics"].image == ""
    del shell.config.ContainerMagics


def test_what_config_sets_the_magic_shows(shell: InteractiveShell) -> None:
    shell.run_cell("%container config image debian")
    assert shell.magics_manager.registry["ContainerMagics"].image == "debian"


def test_each_setting_is_a_trait_with_the_same_default() -> None:
    traits = ContainerMagics.class_traits(config=True)
    assert set(traits) == set(NAMES)
    for name, trait in traits.items():
        default = getattr(Settings(), name)
        assert (list(default) if isinstance(default, tuple) else default) == trait.default()
        assert trait.help == help_of(name)


def test_loading_it_loads_neither_http_nor_widgets(tmp_path: Path) -> None:
    code = (
        "from IPython.core.interactiveshell import InteractiveShell; import sys\n"
        "shell = InteractiveShell.instance()\nbefore = {*sys.modules}\n"
        "shell.extension_manager.load_extension('jupyter_containers')\n"
        "heavy = {'requests', 'urllib3', 'ssl', 'ipywidgets', 'yaml', 'pandas', 'asyncio'}\n"
        "print(sorted(heavy & {*sys.modules} - before))"
    )
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
