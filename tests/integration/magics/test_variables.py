"""Variables, figures and tables between a real kernel and containers."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.eventually import eventually
from tests.support.notebook_kernel import Kernel

LEFT_NOTHING = "ls: /variables*: No such file or directory"


def value(kernel: Kernel, expression: str) -> str:
    reply = kernel.run(expression)
    assert reply.error is None, reply.error_lines
    return reply.text


def test_a_list_is_sorted_by_a_script(kernel: Kernel) -> None:
    kernel.run("x = [3, 1, 2]\nname = 'a b'")
    cell = "%%container run -i x -i name -o y -o said busybox\nsort -n $VARIABLES/in/x.jsonl >$VARIABLES/out/y.jsonl\n"
    reply = kernel.run(cell + 'printf %s "$name" >$VARIABLES/out/said.txt\n')
    assert reply.error is None, reply.error_lines
    assert reply.text == "[in: x (.jsonl, 6B), name (.txt, 3B) · out: y (.jsonl, 6B), said (.txt, 3B)]"
    assert value(kernel, "(y, said)") == "([1, 2, 3], 'a b')"
    assert value(kernel, "%container ps -aq") == ""


def test_the_folder_of_the_variables_is_no_change_of_the_run(kernel: Kernel) -> None:
    reply = kernel.run("%%container run --changes -o y busybox\ntouch /x\necho 1 >$VARIABLES/out/y.json\n")
    assert reply.error is None, reply.error_lines
    assert reply.text == "A /x\n[out: y (.json, 2B)]"


def test_variables_of_an_exec(kernel: Kernel) -> None:
    assert kernel.run("%container run -d --name box busybox sleep 100").error is None
    kernel.run("n = 7")
    reply = kernel.run("%%container exec -i n -o m box\necho $((n + 1)) >$VARIABLES/out/m.json\n")
    assert reply.error is None, reply.error_lines
    assert value(kernel, "m") == "8"
    assert eventually(lambda: kernel.run("%container exec box sh -c 'ls -d /variables* || true'").text == LEFT_NOTHING)


def test_a_folder_that_cannot_be_removed_is_told(kernel: Kernel) -> None:
    assert kernel.run("%container run -d --name box busybox sleep 100").error is None
    reply = kernel.run("n = 7\n%container exec -i n box rm /bin/rm")
    assert reply.error is None, reply.error_lines
    assert re.search(
        r'/variables-[0-9a-f]{8} is left behind in box: .*exec: "rm": executable file not found', reply.text
    )


def test_python_with_arrays_and_tables_of_the_same_system(kernel: Kernel) -> None:
    kernel.run("import numpy, pandas\na = numpy.arange(6).reshape(2, 3)\nt = pandas.DataFrame({'k': [1, 2]})")
    cell = "%%container python -i a -i t -o b -o u\nb = a.T * 2\nu = t.assign(v=t.k * 10)\nu\n"
    reply = kernel.run(cell)
    assert reply.error is None, (reply.text, reply.error_lines)
    assert value(kernel, "(b.tolist(), u.v.tolist(), type(u).__name__)") == (
        "([[0, 6], [2, 8], [4, 10]], [10, 20], 'DataFrame')"
    )
    assert "<table" in reply.outputs[0]["text/html"]


def test_an_error_of_python_is_told_with_its_line(kernel: Kernel) -> None:
    reply = kernel.run("%%container python\ndef f():\n    return 1 / 0\nf()\n")
    assert "    return 1 / 0" in reply.text
    assert "run.py" not in reply.text
    assert reply.error is not None
    assert reply.error["evalue"] == "exit code 1: ZeroDivisionError: division by zero (python in host)"


PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_pictures_come_back_and_html_does_not(kernel: Kernel) -> None:
    cell = f"""%%container python
import base64
class Figure:
    def savefig(self, file, **_): file.write(base64.b64decode("{PNG}"))
    def __repr__(self): return "<script>alert(1)</script>"
    def _repr_html_(self): return "<b>bold</b>"
display(Figure())
class Html:
    def __repr__(self): return "<i>x</i>"
    def _repr_html_(self): return "<b>bold</b>"
Html()
"""
    reply = kernel.run(cell)
    assert reply.error is None, (reply.text, reply.error_lines)
    html = reply.outputs[0]["text/html"]
    assert f'<img src="data:image/png;base64,{PNG}"' in html
    assert "&lt;i&gt;x&lt;/i&gt;" in html
    assert "<script" not in html
    assert "bold" not in html


def test_pictures_come_while_it_runs_and_settle_as_they_were(kernel: Kernel, tmp_path: Path) -> None:
    cell = f"""%%container python -v {tmp_path}:/go
import base64, os, time
class Figure:
    def savefig(self, file, **_): file.write(base64.b64decode("{PNG}"))
    def __repr__(self): return "figure %d" % (40 + 2)
display(Figure())
while not os.path.exists("/go/on"): time.sleep(0.05)
display("behind")
"""
    request = kernel.begin(cell)
    reply = kernel.finish(request, until="figure 42")
    (output,) = reply.outputs
    assert f'<img src="data:image/png;base64,{PNG}"' in output["text/html"]
    assert "● running" in output["text/html"]
    (tmp_path / "on").touch()
    reply = kernel.finish(request, reply=reply)
    assert reply.error is None, (reply.text, reply.error_lines)
    (output,) = reply.outputs
    assert output["text/plain"] == "figure 42\n'behind'"
    assert output["text/html"].count("<img") == 1


def test_a_pickle_of_a_container_is_not_read(kernel: Kernel) -> None:
    reply = kernel.run("%%container run -o y busybox\nprintf 'cos\\nsystem\\n.' >$VARIABLES/out/y.pkl\n")
    assert reply.error is not None
    assert reply.error["evalue"] == "variable y: y.pkl is a pickle, and a container's pickle is never read"


def test_hostile_outputs_are_errors(kernel: Kernel) -> None:
    giant = "%%container run -o y busybox\ndd if=/dev/zero of=$VARIABLES/out/y.bin bs=1 count=0 seek=2000000000000\n"
    reply = kernel.run(giant)
    assert reply.error is not None
    assert "MiB" in reply.error["evalue"], reply.error_lines
    reply = kernel.run("%%container run -o y busybox\nln -s /etc/shadow $VARIABLES/out/y.txt\n")
    assert reply.error is not None
    assert "y did not come out" in reply.error["evalue"]
    assert value(kernel, "%container ps -aq") == ""


def test_a_value_without_a_format_is_told(kernel: Kernel) -> None:
    reply = kernel.run("o = object()\n%container run -i o busybox true")
    assert reply.error is not None
    assert reply.error["evalue"].startswith("variable o cannot travel: builtins.object has no format; str, bytes")


def test_a_safe_run_can_do_little_and_the_kernel_proves_it(kernel: Kernel) -> None:
    kernel.run("n = 1")
    cell = "%%container run --safe -i n -o m busybox\ntouch /x || touch /tmp/x\n"
    reply = kernel.run(cell + "sleep 0.5\ngrep -c . /proc/net/dev >$VARIABLES/out/m.json\n")
    assert reply.error is None, (reply.text, reply.error_lines)
    lines = reply.text.splitlines()
    assert [line for line in lines if line.startswith("no ")] == []
    told = [line[4:].split(" (")[0] for line in lines if line.startswith("ok  ")]
    assert told == [
        "network: none but lo", "memory limit: 537MB", "process limit: 128",
        "capabilities: CapEff 0000000000000000, CapBnd 0000000000000000", "no new privileges: NoNewPrivs 1",
        "system calls filtered: Seccomp 2", "root: read-only",
    ]  # fmt: skip
    assert "Read-only file system" in reply.text


def test_a_safe_run_in_the_background_is_proven_as_well(kernel: Kernel) -> None:
    lines = kernel.run("%container run --safe --bg web busybox sleep 100").text.splitlines()
    assert [line[:2] for line in lines] == ["st", *["ok"] * 7], lines


def test_a_background_run_has_its_name(kernel: Kernel) -> None:
    assert "started web" in kernel.run("%container run --bg web busybox sleep 100").text
    assert "web" in kernel.run("%container ps").text


def test_a_time_limit_ends_a_run(kernel: Kernel) -> None:
    reply = kernel.run("%container run --timeout 0.5 busybox sleep 100")
    assert reply.error is not None
    assert reply.error["evalue"] == "exit code 137: killed at its time limit (sleep 100 in busybox)"
    assert value(kernel, "%container ps -aq") == ""


def test_a_time_limit_ends_an_exec_and_not_its_container(kernel: Kernel) -> None:
    kernel.run("%container run --bg box busybox sleep 100")
    reply = kernel.run("%container exec --timeout 0.5 box sleep 50")
    assert reply.error is not None
    assert reply.error["evalue"] == "exit code 137: killed at its time limit (sleep 50 in box)"
    assert "box" in value(kernel, "%container ps")
