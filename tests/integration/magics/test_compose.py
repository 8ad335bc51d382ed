"""Compose files in cells of a real kernel: brought up, followed, interrupted, completed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jupyter_containers.client import connect
from tests.integration.magics.test_interrupts import interrupted
from tests.support.daemon import Daemon
from tests.support.notebook_kernel import Kernel
from tests.support.pictures import check

MIME = "application/vnd.jupyter-containers.compose+json"
FILE = """%%container compose -p shop up {options}
services:
  web:
    image: busybox
    command: [sh, -c, "wget -qO- http://db/; echo ready; exec sleep 600"]
    depends_on: {{db: {{condition: service_healthy}}}}
    init: true
    stop_grace_period: 2s
  db:
    image: busybox
    command: sh -c 'mkdir /w; echo page >/w/index.html; exec httpd -f -p 80 -h /w'
    init: true
    stop_grace_period: 2s
    healthcheck: {{test: wget -qO- http://127.0.0.1/, interval: 1s, start_interval: 100ms, start_period: 20s}}
"""


@pytest.fixture
def cells(kernel: Kernel, daemon: Daemon) -> Iterator[Kernel]:
    yield kernel
    kernel.run("%container compose -p shop down")
    with connect(daemon.host) as client:
        assert [one["Name"] for one in client.networks.list() if one["Name"].startswith("shop")] == []


def test_a_project_comes_up_is_looked_at_and_goes(cells: Kernel) -> None:
    reply = cells.run(FILE.format(options="-d"))
    assert reply.error is None, reply.error_lines
    settled = reply.outputs[-1]
    states = {one["service"]: (one["state"], one["health"]) for one in settled[MIME]["containers"]}
    assert states == {"web": ("running", ""), "db": ("running", "healthy")}
    check(settled["text/html"])
    assert "<img " in settled["text/html"]
    # Lines below the cell speak of its project.
    assert "shop-web-1" in cells.run("%container compose ps").text
    assert cells.run("%container compose exec web hostname").error is None
    assert cells.run("result = %container compose logs db\nresult.summary()").text.endswith("lines of shop'")
    reply = cells.run("%container compose down")
    assert reply.error is None
    assert "remove network shop_default" in reply.outputs[-1][MIME]["done"]


def test_what_is_followed_is_live_and_an_interrupt_stops_all(cells: Kernel) -> None:
    reply = interrupted(cells, FILE.format(options=""), when="web-1 | ready")
    assert "the services of shop were stopped; compose down removes them" in reply.error_lines[0]
    assert len(reply.error_lines) == 1
    settled = reply.outputs[-1]
    assert "web-1 | page" in settled["text/plain"]
    assert {one["state"] for one in settled[MIME]["containers"]} == {"exited"}
    assert "was interrupted after" in settled["text/plain"]


def test_files_go_in_and_out_and_an_end_is_waited_for(cells: Kernel) -> None:
    assert cells.run(FILE.format(options="-d")).error is None
    reply = cells.run("open('note', 'w').write('hello')\n%container compose cp note web:/tmp/note")
    assert "copied note to shop-web-1:/tmp/note" in reply.text
    assert "hello" in cells.run("%container compose exec web cat /tmp/note").text
    assert "shop-web-1" in cells.run("%container compose stats --no-stream web").text
    reply = cells.run("%container compose events --since 1h --until 0s --json web")
    assert '"action": "start"' in reply.text
    # web has no end of its own; kill is one that is waited for, whenever it comes.
    reply = cells.run(
        "import threading\nthreading.Thread(target=lambda: get_ipython().run_line_magic('container', "
        "'compose -p shop kill web')).start()\n%container compose -p shop wait --down-project web"
    )
    assert reply.error is None, reply.error_lines
    assert "shop-web-1 exited with code 137" in reply.text
    assert "took shop down" in reply.text


def test_what_is_watched_is_told_and_an_interrupt_leaves_the_services(cells: Kernel) -> None:
    assert cells.run("import os\nos.makedirs('src', exist_ok=True)").error is None
    watch = FILE.format(options="").replace(" up ", " watch ") + (
        "    develop: {watch: [{path: src, action: sync, target: /src}]}\n"
    )
    reply = interrupted(cells, watch, when="watching ")
    assert "the watch of shop was stopped; its services run on" in reply.error_lines[0]
    settled = reply.outputs[-1]
    assert MIME in settled, reply.outputs
    assert {one["state"] for one in settled[MIME]["containers"]} == {"running"}
    assert settled[MIME]["verb"] == "watch"
    check(settled["text/html"])


def test_a_wrong_file_is_told_in_one_line_with_its_place(cells: Kernel) -> None:
    reply = cells.run("%%container compose up\nservices:\n  web:\n    imgae: busybox\n")
    assert len(reply.error_lines) == 1
    assert "the cell, line 3: services.web.imgae: there is no key 'imgae'; did you mean image?" in reply.error_lines[0]


def test_keys_are_completed_in_the_cell(cells: Kernel) -> None:
    cell = "%%container compose up\nservices:\n  web:\n    hea"
    assert cells.complete(cell) == [f"{cell}lthcheck"]
    assert "%container compose restart" in cells.complete("%container compose rest")
