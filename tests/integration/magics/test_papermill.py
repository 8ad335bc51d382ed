"""papermill and nbconvert: a notebook with parameters is executed with nobody there, and what is saved is readable."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbconvert import HTMLExporter, ScriptExporter

from tests.support.daemon import Daemon

ROOT = Path(__file__).parents[3]
LOAD = "%load_ext jupyter_containers"
PARAMETERS = "words = ['nothing']"
# Each takes long enough for a Stop button to be offered, if anybody were there to press it.
RUN = "%%container run -i words -o ordered host\nsleep 1; cd $VARIABLES; sort in/words.jsonl > out/ordered.jsonl\n"
BUILD = "%%container build -t milled\nFROM busybox\nRUN sleep 1; echo '<b>built</b>' > /built\n"
SHOW = "%container run milled cat /built"
PANEL = "%container dashboard"
FAILS = "%%container run milled\nsleep 1; cat /built\nexit 3\n"
ANSI = re.compile(r"\x1b\[[0-9;]*m")

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::UserWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)


@pytest.fixture(autouse=True)
def environment(daemon: Daemon, tidy: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", daemon.host)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def mill(folder: Path, *cells: str, **parameters: Any) -> None:
    """Have papermill execute a notebook of these cells into out.ipynb. Raises its PapermillExecutionError."""
    first = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    book = nbformat.v4.new_notebook(cells=[first, *map(nbformat.v4.new_code_cell, (LOAD, *cells))])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "python3", "language": "python"}
    nbformat.write(book, folder / "in.ipynb")
    papermill.execute_notebook(folder / "in.ipynb", folder / "out.ipynb", parameters, progress_bar=False, cwd=folder)


def saved(folder: Path) -> nbformat.NotebookNode:
    """Return what papermill has saved: valid, and without a trace of a widget."""
    text = (folder / "out.ipynb").read_text()
    assert "jupyter.widget" not in text
    assert "widgets" not in json.loads(text)["metadata"]
    book = nbformat.reads(text, as_version=4)
    nbformat.validate(book)
    return book


def outputs(book: nbformat.NotebookNode, source: str) -> list[nbformat.NotebookNode]:
    (cell,) = (cell for cell in book.cells if cell.source == source)
    return list(cell.outputs)


class Balance(HTMLParser):
    """Fails at an element that is not closed in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        if tag not in ("img", "br", "hr", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check_html(html: str) -> None:
    balance = Balance()
    balance.feed(html)
    balance.close()
    assert balance.open == []
    assert "<script" not in html


def test_a_notebook_with_parameters_is_saved_settled(tmp_path: Path) -> None:
    mill(tmp_path, RUN, BUILD, SHOW, PANEL, "ordered", words=["b", "a"])
    book = saved(tmp_path)
    texts = []
    for source in (RUN, BUILD, SHOW, PANEL):
        (output,) = outputs(book, source)
        check_html(output.data["text/html"])
        texts.append(output.data["text/plain"])
    assert texts[0] == "[in: words (.jsonl, 8B) · out: ordered (.jsonl, 8B)]"
    assert "built " in texts[1]
    assert texts[2:] == ["<b>built</b>", "no containers"]
    assert outputs(book, "ordered")[0].data["text/plain"] == "['a', 'b']"
    page, _ = HTMLExporter().from_notebook_node(book)
    assert "&lt;b&gt;built&lt;/b&gt;" in page
    assert "<b>built</b>" not in page
    script, _ = ScriptExporter().from_notebook_node(book)
    compile(script, "out.py", "exec")
    assert "get_ipython().run_cell_magic('container', 'build -t milled'" in script


def test_a_command_that_fails_stops_it_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(papermill.PapermillExecutionError) as raised:
        mill(tmp_path, BUILD, FAILS, "print('too far')")
    assert (raised.value.ename, raised.value.evalue) == ("CommandFailed", "exit code 3 (sh in milled)")
    book = saved(tmp_path)
    output, error = outputs(book, FAILS)
    assert output.data["text/plain"].startswith("<b>built</b>\n[exit 3 after ")
    check_html(output.data["text/html"])
    assert [ANSI.sub("", line) for line in error.traceback] == ["CommandFailed: exit code 3 (sh in milled)"]
    assert outputs(book, "print('too far')") == []
