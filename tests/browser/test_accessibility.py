"""What keeps people out: axe on a result of each kind, as a widget and as a picture, in both themes; and odd names."""

from __future__ import annotations

import re

from jupyter_containers.pictures.choice import PICTURES
from jupyter_containers.widgets.choice import VIEWS
from tests.support.api_client import IMAGE
from tests.support.lab import Lab, NotebookPage

LOAD = "%load_ext jupyter_containers\nfront = get_ipython().magics_manager.registry['ContainerMagics']._front"
COLOURS = "; ".join(f"printf '\\033[3{n}mcolour {n} \\033[9{n}mbright {n}\\033[0m\\n'" for n in range(8))
COMPOSE = f"services:\n  one:\n    image: {IMAGE}\n    command: sleep 1000\n    network_mode: none\n"
# A cell for each kind of result that a machine without a registry has.
CELLS = (
    f"%%container build -t kinds\nFROM {IMAGE}\nRUN echo built && mkdir /made && echo x > /made/x\nRUN rm -r /made",
    f"try:\n    get_ipython().run_cell_magic('container', 'build', 'FROM {IMAGE}\\nRUN echo oh; false')\n"
    "except Exception as error:\n    print(error)",
    f"%%container run --network none {IMAGE}\n{COLOURS}; echo wrong >&2",
    f"%container run -d --name kept --network none {IMAGE} sh -c 'echo said; sleep 1000'",
    "%container ps -a",
    "%container images",
    f"%container inspect {IMAGE}",
    "%container logs kept",
    "%container top kept",
    "%container system df",
    f"%container history {IMAGE}",
    f"%container diff {IMAGE} kinds",
    "%container doctor",
    f"%container run --trace --network none {IMAGE} true",
    f"%%container compose -p kinds up -d\n{COMPOSE}",
    "%%container sandbox --network none\nopen('/made-here', 'w').close()",
    "%container layers kinds",
    "%container debug",
    "%container diagram",
    "%container dashboard",
)
NOT_HERE = {"pull", "bootstrap", "freeze", "sandbox-files"}
SETTLE = "front._panels.settle_all()"
KINDS = re.compile(r"application/vnd\.jupyter-containers\.(.+)\+json")


def check(notebook: NotebookPage) -> None:
    for theme in ("Light", "Dark"):
        notebook.theme(theme)
        assert notebook.axe(".jp-OutputArea-output") == []


def test_no_kind_of_result_keeps_people_out(lab: Lab) -> None:
    with lab.open(LOAD, *CELLS) as notebook:
        notebook.run_all()
        assert notebook.errors == []
        notebook.page.wait_for_selector(".jc-tree [role=treeitem]")
        check(notebook)
