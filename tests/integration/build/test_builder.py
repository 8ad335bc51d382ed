"""Whole builds on real snapshots; processes run in a chroot (tests/support/build_site.py)."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.failures import CopyFailed, StepFailed
from jupyter_containers.build.progress import Event, StepDone, Warned
from jupyter_containers.errors import InvalidParameter, NotFound, Unsupported
from tests.support.build_site import BuildSite, output_of, told

pytestmark = pytest.mark.needs("root", "overlay")


def test_a_run_sees_the_base_and_its_changes_are_in_the_image(site: BuildSite) -> None:
    events: list[Event] = []
    image = site.build(
        "FROM busybox\nRUN cat /etc/passwd | head -1; echo made > /greeting; rm /etc/group\n", events=events
    )
    assert output_of(events) == "root:x:0:0:root:/root:/bin/sh\n"
    with site.root_of(image) as root:
        assert (root / "greeting").read_text() == "made\n"
        assert not (root / "etc/group").exists()
    assert len(image.manifest.layers) == 2


def test_the_layer_has_only_what_the_process_changed(site: BuildSite) -> None:
    image = site.build("FROM busybox\nRUN echo made > /greeting\n")
    with tarfile.open(site.content.path(image.manifest.layers[-1].digest)) as tar:
        assert tar.getnames() == ["greeting"]


def test_a_run_that_changes_nothing_makes_no_layer(site: BuildSite) -> None:
    image = site.build("FROM busybox\nRUN true\n")
    assert len(image.manifest.layers) == 1
    assert image.config.history[-1].empty_layer


def test_a_root_from_scratch_has_only_what_was_copied(site: BuildSite) -> None:
    image = site.build('FROM scratch\nCOPY a /dir/\nCMD ["/a"]\n', {"a": "text"})
    with site.root_of(image) as root:
        assert sorted(p.relative_to(root).as_posix() for p in root.rglob("*")) == ["dir", "dir/a"]
    assert image.config.process.cmd == ("/a",)


def test_environment_folder_user_and_shell_reach_the_process(site: BuildSite) -> None:
    events: list[Event] = []
    site.build(
        "FROM busybox\nENV A=1\nARG B\nWORKDIR /w\nUSER 1000\nRUN echo $A $B $PWD $(id -u)\n"
        'SHELL ["/bin/sh","-xc"]\nRUN true\n',
        events=events,
        build_args={"B": "2"},
    )
    assert output_of(events) == "1 2 /w 1000\n+ true\n"


def test_the_same_build_again_is_the_same_image_and_runs_nothing(site: BuildSite) -> None:
    text = "FROM busybox\nENV A=1\nRUN date +%N > /x\nCOPY a /a\nCMD cat /x\n"
    first = site.build(text, {"a": "1"})
    events: list[Event] = []
    second = site.build(text, {"a": "1"}, events)
    assert second.config_digest == first.config_digest
    assert told(events) == ["FROM busybox", "ENV A=1 *", "RUN date +%N > /x *", "COPY a /a *", "CMD cat /x *"]
    assert len(site.commands) == 1


def test_another_builder_on_the_same_stores_finds_the_same_cache(site: BuildSite) -> None:
    first = site.build("FROM busybox\nRUN echo 1 > /x\n")
    site.builder = site.new_builder()
    assert site.build("FROM busybox\nRUN echo 1 > /x\n").config_digest == first.config_digest
    assert len(site.commands) == 1


def test_without_the_cache_everything_is_done_again(site: BuildSite) -> None:
    text = "FROM busybox\nRUN echo 1 > /x\n"
    first = site.build(text)
    second = site.build(text, no_cache=True)
    assert len(site.commands) == 2
    assert second.config_digest != first.config_digest


def test_a_file_that_changes_changes_all_that_follows(site: BuildSite) -> None:
    text = "FROM busybox\nRUN true\nCOPY a /a\nRUN cat /a\n"
    site.build(text, {"a": "1"})
    events: list[Event] = []
    site.build(text, {"a": "2"}, events)
    assert told(events) == ["FROM busybox", "RUN true *", "COPY a /a", "RUN cat /a"]
    assert output_of(events) == "2"


def test_a_file_that_only_got_older_changes_nothing(site: BuildSite) -> None:
    text = "FROM busybox\nCOPY a /a\n"
    context = site.context({"a": "1"})
    first = site.build(text, context)
    os.utime(context / "a", (1, 1))
    assert site.build(text, context).config_digest == first.config_digest


def test_a_stage_that_came_to_the_same_files_in_another_way_is_as_good(site: BuildSite) -> None:
    text = (
        "FROM busybox AS made\nRUN {} printf x > /x; touch -d @0 /x\nFROM busybox\nCOPY --from=made /x /x\nRUN cat /x\n"
    )
    site.build(text.format(""))
    events: list[Event] = []
    site.build(text.format("true;"), events=events)
    assert [line.endswith("*") for line in told(events)] == [False, False, False, True, True]


def test_stages_share_work_and_unused_ones_are_skipped(site: BuildSite) -> None:
    site.build(
        "FROM busybox AS a\nRUN echo same > /x\nFROM nothing AS unused\nRUN never\n"
        "FROM busybox AS b\nRUN echo same > /x\nFROM a\nCOPY --from=b /x /y\n"
    )
    assert site.commands == ["echo same > /x"]
    assert site.asked == [("busybox", False)]


def test_the_target_is_built_and_nothing_after_it(site: BuildSite) -> None:
    image = site.build("FROM busybox AS a\nENV A=1\nFROM a AS b\nENV B=1\nRUN false\n", target="a")
    assert image.config.process.env == ("PATH=/bin", "A=1")


def test_a_copy_from_another_stage_keeps_owner_mode_and_time(site: BuildSite) -> None:
    image = site.build(
        "FROM busybox AS a\nRUN echo x > /x && chown 7:8 /x && chmod 4711 /x && touch -d @1000000000 /x\n"
        "FROM busybox\nCOPY --from=a /x /x\n"
    )
    with site.root_of(image) as root:
        status = (root / "x").stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (7, 8, 0o4711)
    assert status.st_mtime == 1_000_000_000


def test_a_copy_from_the_context_belongs_to_root_or_to_whom_it_is_given(site: BuildSite) -> None:
    context = site.context({"a": "x"})
    os.chown(context / "a", 77, 88)
    image = site.build("FROM busybox\nCOPY a /a\nCOPY --chown=alice:staff --chmod=600 a /new/b\n", context)
    with site.root_of(image) as root:
        assert ((root / "a").stat().st_uid, (root / "a").stat().st_gid) == (0, 0)
        given = (root / "new/b").stat()
        assert (given.st_uid, given.st_gid, stat.S_IMODE(given.st_mode)) == (1000, 50, 0o600)
        assert (root / "new").stat().st_uid == 1000


def test_a_copy_from_an_image_takes_from_its_root(site: BuildSite) -> None:
    site.images["other"] = site.build("FROM scratch\nCOPY a /dir/a\n", {"a": "other"})
    image = site.build("FROM busybox\nCOPY --from=other dir /got\n")
    with site.root_of(image) as root:
        assert (root / "got/a").read_text() == "other"


def test_heredocs_become_scripts_and_files(site: BuildSite) -> None:
    events: list[Event] = []
    image = site.build(
        'FROM busybox\nENV A=1\nRUN <<E\necho one\necho "$A"\nE\nRUN <<S\n#!/bin/awk -f\nBEGIN { print "awk" }\nS\n'
        "RUN cat <<X; echo end\nheredoc $A\nX\nCOPY <<F /f\nvalue $A\nF\n",
        events=events,
    )
    assert output_of(events) == "one\n1\nawk\nheredoc 1\nend\n"
    with site.root_of(image) as root:
        assert (root / "f").read_text() == "value 1\n"
        assert not (root / "dev/pipes").exists()


def test_what_is_ignored_cannot_be_copied(site: BuildSite) -> None:
    files = {"keep": "1", "secret": "2", ".dockerignore": "secret"}
    image = site.build("FROM busybox\nCOPY . /d/\n", files)
    with site.root_of(image) as root:
        assert sorted(os.listdir(root / "d")) == [".dockerignore", "keep"]
    with pytest.raises(CopyFailed, match=r"excluded by \.dockerignore: stat secret"):
        site.build("FROM busybox\nCOPY secret /\n", files)


def test_add_unpacks_an_archive_known_by_its_content(site: BuildSite) -> None:
    context = site.context({"plain.tar": "no archive at all"})
    with tarfile.open(context / "archive", "w:gz") as tar:
        tar.add(context / "plain.tar", "inner/file")
    image = site.build("FROM busybox\nADD archive plain.tar /d/\nCOPY archive /c/\n", context)
    with site.root_of(image) as root:
        assert (root / "d/inner/file").read_text() == "no archive at all"
        assert (root / "d/plain.tar").is_file()
        assert (root / "c/archive").is_file()


def test_a_failing_command_says_code_and_lines_and_shows_its_output(site: BuildSite) -> None:
    events: list[Event] = []
    with pytest.raises(StepFailed) as failure:
        site.build("FROM busybox\nRUN echo before; \\\n  exit 3\nRUN never\n", events=events)
    assert failure.value.message == "The command '/bin/sh -c echo before;   exit 3' returned a non-zero code: 3"
    assert failure.value.details == {
        "code": 3, "line": 2, "end_line": 3, "source": "RUN echo before;   exit 3", "output": ["before"],
    }  # fmt: skip
    assert output_of(events) == "before\n"


def test_steps_before_a_failure_stay_in_the_cache(site: BuildSite) -> None:
    with pytest.raises(StepFailed):
        site.build("FROM busybox\nRUN echo 1 > /x\nRUN false\n")
    site.build("FROM busybox\nRUN echo 1 > /x\nRUN true\n")
    assert site.commands == ["echo 1 > /x", "false", "true"]


def test_a_missing_source_fails_before_anything_runs(site: BuildSite) -> None:
    events: list[Event] = []
    with pytest.raises(CopyFailed) as failure:
        site.build("FROM busybox\nRUN false\nCOPY nope /\n", events=events)
    assert failure.value.details["line"] == 3
    assert site.commands == []
    assert told(events) == ["COPY nope /"]


def test_a_missing_file_of_another_stage_fails_with_its_line(site: BuildSite) -> None:
    with pytest.raises(CopyFailed) as failure:
        site.build("FROM busybox AS a\nFROM busybox\nCOPY --from=a /nope /\n")
    assert failure.value.details["line"] == 3


def test_an_unknown_base_image_fails_with_its_line(site: BuildSite) -> None:
    with pytest.raises(NotFound) as failure:
        site.build("FROM busybox AS a\nFROM nope\nCOPY --from=a / /\n")
    assert failure.value.details["line"] == 2
    with pytest.raises(NotFound, match="invalid from flag value nope: pull access denied"):
        site.build("FROM busybox\nCOPY --from=nope / /\n")


def test_a_syntax_error_asks_for_no_image(site: BuildSite) -> None:
    with pytest.raises(DockerfileError):
        site.build("FROM busybox\nRUNN x\n")
    assert site.asked == []


def test_pulling_anew_is_passed_on(site: BuildSite) -> None:
    site.build("FROM busybox\n", pull=True)
    assert site.asked == [("busybox", True)]


def test_a_from_alone_is_the_base_image_itself(site: BuildSite) -> None:
    assert site.build("FROM busybox\n") == site.images["busybox"]
    with pytest.raises(InvalidParameter, match="No image was generated"):
        site.build("FROM scratch\n")


def test_labels_given_to_the_build_are_the_last_steps(site: BuildSite) -> None:
    image = site.build("FROM busybox\nLABEL a=1\n", labels={"a": "2", "b": "$x"})
    assert image.config.process.labels == {"a": "2", "b": "$x"}
    assert [entry.created_by for entry in image.config.history] == ["LABEL a=1"]


def test_build_arguments_that_nobody_takes_are_warned_of(site: BuildSite) -> None:
    events: list[Event] = []
    site.build("FROM busybox\nENV A=1\n", events=events, build_args={"TYPO": "1"})
    assert [event for event in events if isinstance(event, Warned)] == [
        Warned(0, "One or more build-args [TYPO] were not consumed")
    ]


def test_triggers_of_the_base_run_once(site: BuildSite) -> None:
    site.images["base"] = site.build("FROM busybox\nONBUILD RUN echo triggered > /t\nONBUILD ENV A=3\n")
    child = site.images["child"] = site.build("FROM base\nRUN cat /t > /u\n")
    grandchild = site.build("FROM child\nRUN true\n")
    assert child.config.process.env == ("PATH=/bin", "A=3")
    assert child.config.process.on_build == ()
    assert site.commands == ["echo triggered > /t", "cat /t > /u", "true"]
    assert grandchild.config.process.on_build == ()


@contextmanager
def held(site: BuildSite) -> Iterator[Callable[[], None]]:
    """Let steps that read wait for what is given, which may be called inside the block."""
    reading, writing = os.pipe()
    site.executor.stdin = reading
    with ExitStack() as stack:
        stack.callback(os.close, writing)
        try:
            yield stack.close
        finally:
            site.executor.stdin = subprocess.DEVNULL
            os.close(reading)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


def test_cancelling_ends_the_process_and_leaves_nothing(site: BuildSite) -> None:
    async def scenario() -> None:
        events: list[Event] = []
        with held(site):
            task = asyncio.create_task(site.build_async("FROM busybox\nRUN echo up; exec cat\n", events=events))
            await until(lambda: "up" in output_of(events))
            assert len(site.unfinished()) == 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert site.unfinished() == []

    asyncio.run(scenario())


def test_two_builds_of_the_same_run_it_once_and_both_hear_it(site: BuildSite) -> None:
    async def scenario() -> None:
        text = "FROM busybox\nRUN echo up; cat; echo once > /x; echo heard\n"
        heard: list[list[Event]] = [[], []]
        with held(site) as release:
            tasks = [asyncio.create_task(site.build_async(text, events=events)) for events in heard]
            await until(lambda: all("up" in output_of(events) for events in heard))
            release()
            first, second = await asyncio.gather(*tasks)
        assert first.config_digest == second.config_digest
        assert [output_of(events) for events in heard] == ["up\nheard\n", "up\nheard\n"]
        assert len(site.commands) == 1

    asyncio.run(scenario())


def test_a_build_goes_on_when_the_one_it_shares_with_is_cancelled(site: BuildSite) -> None:
    async def scenario() -> None:
        text = "FROM busybox\nRUN echo up; cat; echo done > /x\n"
        heard: list[list[Event]] = [[], []]
        with held(site) as release:
            first, second = [asyncio.create_task(site.build_async(text, events=events)) for events in heard]
            await until(lambda: all("up" in output_of(events) for events in heard))
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            release()
            assert len((await second).manifest.layers) == 2
        assert len(site.commands) == 1

    asyncio.run(scenario())


def test_stages_that_do_not_need_one_another_run_at_the_same_time(site: BuildSite) -> None:
    text = "FROM busybox AS a\nRUN cat; touch /a\nFROM busybox\nRUN cat\nCOPY --from=a /a /a\n"

    async def scenario() -> None:
        with held(site) as release:
            task = asyncio.create_task(site.build_async(text))
            await until(lambda: site.executor.most_at_once == 2)
            release()
            await task

    asyncio.run(scenario())


def test_every_done_step_has_the_id_of_the_image_so_far(site: BuildSite) -> None:
    events: list[Event] = []
    image = site.build("FROM busybox\nENV A=1\nRUN true\n", events=events)
    ids = [event.image_id for event in events if isinstance(event, StepDone)]
    assert ids[0] == str(site.images["busybox"].config_digest)
    assert ids[-1] == str(image.config_digest)
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    "text",
    [
        "FROM busybox\nCOPY a /etc/passwd/x\n",
        "FROM busybox\nWORKDIR /etc/passwd\n",
        "FROM busybox\nCOPY --chown=x a /\n",
    ],
)
def test_what_the_root_does_not_allow_fails_with_the_line_and_leaves_nothing(site: BuildSite, text: str) -> None:
    with pytest.raises(CopyFailed) as failure:
        site.build(text, {"a": "x"})
    assert failure.value.details["line"] == 2


def test_a_dockerfile_may_ask_to_fail_by_its_checks(site: BuildSite) -> None:
    text = "FROM busybox\nENV a=$PATH\nWORKDIR w\n"
    site.build(f"# check=skip=all\n{text}")
    site.build(f"# check=skip=WorkdirRelativePath;error=true\n{text}")
    site.build(text, events=(events := []))
    assert [event for event in events if isinstance(event, Warned)] == [
        Warned(3, 'WorkdirRelativePath: Relative workdir "w" can have unexpected results if the base image changes')
    ]
    with pytest.raises(DockerfileError, match="lint violation found for rules: WorkdirRelativePath") as failure:
        site.build(f"# check=error=true\n{text}")
    assert failure.value.lines == (4, 4)
    with pytest.raises(DockerfileError, match="CopyIgnoredFile"):
        site.build(
            "# check=error=true;experimental=all\nFROM busybox AS one\nFROM one\nCOPY a b /\n",
            {"a": "", "b": "", ".dockerignore": "a\n"},
        )


def test_arguments_for_the_builder_are_heard_and_not_missed_by_the_dockerfile(site: BuildSite) -> None:
    text, events = "# check=skip=all\nFROM busybox\nWORKDIR a\n", []
    site.build(text, events=events, build_args={"BUILDKIT_SYNTAX": "docker/dockerfile:1", "BUILDKIT_GIT_ADVICE": "1"})
    assert not [event for event in events if isinstance(event, Warned)]
    # What nobody acts on is said.
    site.build(text, events=events, build_args={"BUILDKIT_MULTI_PLATFORM": "1"})
    [warning] = [event.text for event in events if isinstance(event, Warned)]
    assert "[BUILDKIT_MULTI_PLATFORM]" in warning
    with pytest.raises(DockerfileError, match="lint violation found for rules: WorkdirRelativePath"):
        site.build(text, build_args={"BUILDKIT_DOCKERFILE_CHECK": "error=true"})
    with pytest.raises(Unsupported, match=r"syntax=other/language \(line 1\) names another language"):
        site.build(text, build_args={"BUILDKIT_SYNTAX": "other/language"})


def test_with_a_moment_two_builds_elsewhere_are_one_image(tmp_path: Path) -> None:
    dockerfile = "FROM busybox\nRUN echo made > /made; rm /etc/group; chmod 700 /home\nENV A=b\nWORKDIR /w\nCOPY f /\n"
    digests, moment = set(), {"SOURCE_DATE_EPOCH": "1000000000"}
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        site = BuildSite(tmp_path / name)
        context = site.context({"f": name})
        (context / "f").write_text("same")
        image = site.build(dockerfile, context, build_args=moment)
        digests.add(image.descriptor.digest)
        for layer in image.manifest.layers[1:]:
            with tarfile.open(site.content.path(layer.digest)) as tar:
                assert {member.mtime for member in tar} == {1_000_000_000}
        assert {entry.created for entry in image.config.history} == {"2001-09-09T01:46:40Z"}
        # What comes of it can be used, and the cache knows nothing of the moment.
        events: list[Event] = []
        site.build(dockerfile, context, events, build_args={"SOURCE_DATE_EPOCH": "1"})
        assert told(events)[1:] == [
            "RUN echo made > /made; rm /etc/group; chmod 700 /home *", "ENV A=b *", "WORKDIR /w *", "COPY f / *",
        ]  # fmt: skip
        assert not [event for event in events if isinstance(event, Warned)]
        site.close()
    assert len(digests) == 1
