"""Cells in a real kernel: build, run, and what stays in the notebook."""

from __future__ import annotations

from pathlib import Path

from tests.support.notebook_kernel import Kernel

RUN_MIME = "application/vnd.jupyter-containers.run+json"
BUILD_MIME = "application/vnd.jupyter-containers.build+json"


def test_an_image_is_built_and_run(kernel: Kernel) -> None:
    cell = '%%container build -t hello\nFROM host\nRUN echo "made in a cell" > /greeting\nCMD ["cat", "/greeting"]\n'
    built = kernel.run(cell)
    assert built.error is None
    (output,) = built.outputs
    assert [step["state"] for step in output[BUILD_MIME]["steps"]] == ["done", "done", "done"]
    assert "built " in output["text/plain"]
    assert "<table" in output["text/html"]
    run = kernel.run("%%container run hello")
    assert run.text == "made in a cell"
    assert run.outputs[0][RUN_MIME]["exitCode"] == 0
    assert [step["state"] for step in kernel.run(cell).outputs[0][BUILD_MIME]["steps"]] == ["done", "cached", "cached"]


def test_a_dockerfile_in_a_cell_is_checked(kernel: Kernel) -> None:
    reply = kernel.run("%%container build --check\nFROM busybox\nCMD echo $MISSING\n")
    assert reply.text.startswith("Check complete, 1 warning has been found!")
    assert "   2 | >>> CMD echo $MISSING" in reply.text
    found = kernel.run("found = %container build --check sub\n(bool(found), [f.rule for f in found.findings])")
    assert found.error is not None
    assert "no folder sub" in found.error["evalue"]


def test_a_body_is_a_script(kernel: Kernel) -> None:
    reply = kernel.run("%%container run busybox\nname=world\necho \"hello $name\" '{braces}'\nexit 0\n")
    assert reply.text == "hello world {braces}"


def test_a_body_is_the_input_of_a_command(kernel: Kernel) -> None:
    assert kernel.run("%%container run busybox wc -l\none\ntwo\n").text == "2"


def test_a_result_is_a_value_and_shown_once(kernel: Kernel) -> None:
    reply = kernel.run("result = %container run busybox sh -c 'echo out; echo err >&2'")
    assert len(reply.outputs) == 1
    assert kernel.run("%container run busybox echo once").text == "once"
    values = kernel.run(
        "(result.exit_code, result.stdout, result.stderr, bool(result), result.duration.total_seconds() > 0)"
    )
    assert values.text == "(0, 'out\\n', 'err\\n', True, True)"
    assert kernel.run("result").outputs[0][RUN_MIME]["exitCode"] == 0


def test_several_commands_of_a_cell_are_all_shown(kernel: Kernel) -> None:
    reply = kernel.run("%container ps -a\n%container images\n1")
    assert [next(iter(o["text/plain"].split())) for o in reply.outputs] == ["CONTAINER", "REPOSITORY", "1"]


def test_a_failing_command_raises_without_a_stack(kernel: Kernel) -> None:
    reply = kernel.run("%%container run busybox\necho before\nexit 7\n")
    assert reply.text == "before\n[exit 7 after " + reply.text.partition("after ")[2]
    assert reply.error is not None
    assert reply.error["ename"] == "CommandFailed"
    assert reply.error_lines == ["\x1b[1;31mCommandFailed\x1b[0m: exit code 7 (sh in busybox)"]
    assert kernel.run("%container ps -aq").text == ""


def test_a_failing_build_underlines_its_line(kernel: Kernel) -> None:
    reply = kernel.run("%%container build -t bad\nFROM busybox\nRUN echo fine\nRUN echo going; exit 3\n")
    (output,) = reply.outputs
    assert "     3 | RUN echo going; exit 3\n       | ^^^^^^^^^^^^^^^^^^^^^^" in output["text/plain"]
    assert "<u>" in output["text/html"]
    assert output[BUILD_MIME]["wrongLines"] == [3, 3]
    assert len(reply.error_lines) == 2


def test_copy_takes_files_of_the_notebooks_folder(kernel: Kernel, kernel_folder: Path) -> None:
    (kernel_folder / "data.txt").write_text("from the folder\n")
    (kernel_folder / "secret.txt").write_text("secret\n")
    (kernel_folder / ".dockerignore").write_text("secret.txt\n")
    assert kernel.run("%%container build -t copied\nFROM busybox\nCOPY *.txt /here/\n").error is None
    assert kernel.run("%container run copied ls /here").text == "data.txt"


def test_much_output_is_few_messages_and_a_bounded_picture(kernel: Kernel) -> None:
    reply = kernel.run("r = %container run busybox seq 50000")
    (output,) = reply.outputs
    assert reply.messages <= reply.seconds * 20 + 3
    assert output["text/plain"].startswith("[49000 lines before this are not shown;")
    assert len(output["text/html"]) < 100_000
    assert kernel.run("r.stdout.count('\\n')").text == "50000"


def test_output_is_seen_while_the_command_runs(kernel: Kernel) -> None:
    request = kernel.begin("%container run busybox sh -c 'echo first; sleep 1; echo second'")
    reply = kernel.finish(request, until="first")
    assert "second" not in reply.text
    assert "running" in reply.outputs[0]["text/html"]
    assert RUN_MIME not in reply.outputs[0]
    assert kernel.finish(request, reply=reply).text == "first\nsecond"


def test_containers_stay_when_asked_to(kernel: Kernel) -> None:
    assert "started web" in kernel.run("%container run -d --name web busybox sh -c 'echo up; sleep 100'").text
    assert kernel.run("%%container exec web\necho inside\n").text == "inside"
    assert kernel.run("%container logs web").text == "up"
    assert "State" in kernel.run("%container inspect web").outputs[0]["text/html"]
    assert kernel.run("%container stop -t 0 web\n%container rm web").text == "stopped web\nremoved web"
    assert kernel.run("%container run --keep busybox true").error is None
    assert len(kernel.run("%container ps -aq").text.split()) == 1


def test_an_unknown_image_is_told_in_a_line(kernel: Kernel) -> None:
    reply = kernel.run("%container run 127.0.0.1:9/nope")
    assert len(reply.error_lines) == 1
    assert "no image 127.0.0.1:9/nope here, and it cannot be pulled" in reply.error_lines[0]


def test_tab_completes_names_and_keywords(kernel: Kernel) -> None:
    assert kernel.complete("%container run busy") == ["%container run busybox"]
    assert kernel.complete("%%container build -t x\nFR") == ["%%container build -t x\nFROM"]
    assert kernel.complete("%%container build -t x\nFROM busy") == ["%%container build -t x\nFROM busybox"]
    assert kernel.complete("%container rm") == ["%container rm", "%container rmi"]
    assert "%container run --memory" in kernel.complete("%container run --mem")


def test_the_doctor_is_a_table(kernel: Kernel) -> None:
    assert "<table" in kernel.run("%container doctor").outputs[0]["text/html"]


def test_a_failed_step_is_a_place_to_go_on(kernel: Kernel) -> None:
    cell = "%%container build -t unmade\nFROM busybox\nENV PLACE=here\nWORKDIR /work\nRUN echo left > file; exit 7\n"
    failed = kernel.run(cell)
    assert failed.error is not None
    said = failed.error_lines
    assert len(said) == 2
    assert "returned a non-zero code: 7" in said[0]
    assert said[1].startswith("the step is kept: %container debug shows it")
    shown = kernel.run("place = %container debug\nplace").text
    assert "exit code 7" in shown
    assert "Dockerfile of unmade:latest, line 4: RUN echo left > file; exit 7" in shown
    script = "%%container debug unmade\npwd\ncat file\necho $PLACE\necho more >> file\n"
    assert kernel.run(script).text == "/work\nleft\nhere"
    # Each script finds the place as the step has left it.
    assert kernel.run(script).text == "/work\nleft\nhere"
    assert kernel.run("%container debug last cat file").text == "left"
    assert kernel.run("%container ps -aq").text.strip() == ""
    kernel.run("%container debug --forget unmade")
    gone = kernel.run("%container debug unmade")
    assert gone.error is not None
    assert "no failed step unmade is kept" in gone.error["evalue"]


def test_warnings_of_a_build_are_shown_in_its_cell(kernel: Kernel) -> None:
    reply = kernel.run("%%container build\nFROM busybox\nWORKDIR sub\nCMD echo \\\n  hello\n")
    (output,) = reply.outputs
    told = [(warning["line"], warning["endLine"]) for warning in output[BUILD_MIME]["warnings"]]
    assert told == [(2, 2), (3, 4)]
    assert "warning: lines 3 to 4: JSONArgsRecommended: JSON arguments recommended for CMD" in output["text/plain"]
    assert "! line 2: WorkdirRelativePath: Relative workdir" in output["text/html"]
