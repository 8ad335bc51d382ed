"""Tests of compose.triggers."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.compose.source import WrongFile
from jupyter_containers.compose.triggers import Trigger, triggers_of
from tests.support.compose_files import service


def triggers(folder: Path, *rules: str, build: str = "build: {context: .}") -> tuple[Trigger, ...]:
    items = "".join(f"\n  - {rule}" for rule in rules)
    return triggers_of(service(f"image: x\n{build}\ndevelop:\n  watch:{items}", folder=folder))


@pytest.mark.parametrize(
    ("rule", "path", "taken"),
    [
        ("{path: src, action: rebuild}", "src/a.py", True),
        ("{path: src, action: rebuild}", "src", True),
        ("{path: src, action: rebuild}", "other/a.py", False),
        ("{path: src, action: rebuild}", "srcs/a.py", False),
        ("{path: src/a.py, action: rebuild}", "src/a.py", True),
        ("{path: src/a.py, action: rebuild}", "src/b.py", False),
        ("{path: src, action: rebuild, ignore: [node_modules/]}", "src/node_modules/x/y", False),
        ("{path: src, action: rebuild, ignore: node_modules}", "src/deep/node_modules/x", True),
        ("{path: src, action: rebuild, ignore: ['**/*.tmp', '!keep.tmp']}", "src/deep/a.tmp", False),
        ("{path: src, action: rebuild, ignore: ['**/*.tmp', '!keep.tmp']}", "src/keep.tmp", True),
        ("{path: src, action: rebuild, include: '*.py'}", "src/a.py", True),
        ("{path: src, action: rebuild, include: '*.py'}", "src/a.txt", False),
        ("{path: src, action: rebuild, include: ['**/*.py'], ignore: ['**/test_*']}", "src/x/test_a.py", False),
        # What the build does not see: .dockerignore of the context.
        ("{path: src, action: rebuild}", "src/made.log", False),
        ("{path: src, action: rebuild}", "src/.git/index", False),
        ("{path: src, action: rebuild}", "src/.a.py.swp", False),
        *(
            ("{path: src, action: rebuild}", f"src/deep/{name}", False)
            for name in ("a.py~", ".#a.py", "#a.py#", "4913", "a.py___jb_tmp___", ".DS_Store")
        ),
    ],
)
def test_which_changes_are_meant(tmp_path: Path, rule: str, path: str, taken: bool) -> None:
    (tmp_path / ".dockerignore").write_bytes(b"# a comment, \xff\n**/*.log\n")
    (trigger,) = triggers(tmp_path, rule)
    assert trigger.takes(tmp_path / path) is taken


def test_a_dockerfile_with_an_ignore_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("a")
    (tmp_path / "Other.dockerignore").write_text("b")
    (trigger,) = triggers(tmp_path, "{path: ., action: rebuild}", build="build: {context: ., dockerfile: Other}")
    assert [trigger.takes(tmp_path / name) for name in "ab"] == [True, False]


def test_what_lies_outside_of_the_context_is_not_ignored_by_it(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/.dockerignore").write_text("*")
    (trigger,) = triggers(tmp_path, "{path: shared, action: rebuild}", build="build: {context: app}")
    assert trigger.takes(tmp_path / "shared/x")


def test_where_it_goes_and_what_there_is(tmp_path: Path) -> None:
    for name in ("src/a/b.py", "src/node_modules/big/x", "src/c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    whole, one, missing = triggers(
        tmp_path,
        "{path: src, action: sync, target: /app, ignore: node_modules, initial_sync: true}",
        "{path: src/c.txt, action: sync+exec, target: /etc/c, exec: {command: reload}}",
        "{path: none, action: restart}",
    )
    assert [whole.inside(path) for path in whole.files()] == ["/app/c.txt", "/app/a", "/app/a/b.py"]
    assert [one.inside(path) for path in one.files()] == ["/etc/c"]
    assert list(missing.files()) == []
    assert (whole.syncs, one.syncs, missing.syncs) == (True, True, False)
    assert [rule.initial_sync for rule in (whole, one, missing)] == [True, False, False]
    assert [rule.command for rule in (whole, one, missing)] == [{}, {"command": "reload"}, {}]


@pytest.mark.parametrize("build", ["hostname: h", "build: https://h.example/x.git"])
def test_without_a_context_here_only_the_rule_ignores(tmp_path: Path, build: str) -> None:
    (tmp_path / ".dockerignore").write_text("src")
    (trigger,) = triggers(tmp_path, "{path: src, action: sync, target: /app, ignore: b}", build=build)
    assert [trigger.takes(tmp_path / "src" / name) for name in "ab"] == [True, False]


def test_what_says_nothing_wants_nothing() -> None:
    assert triggers_of(service("image: x\ndevelop:")) == triggers_of(service("image: x\ndevelop: {}")) == ()


def test_what_is_ignored_is_not_among_the_files(tmp_path: Path) -> None:
    for name in ("src/a.tmp", "src/deep/b.tmp", "src/made/x", "src/made/kept", "src/c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (trigger,) = triggers(tmp_path, "{path: src, action: rebuild, ignore: ['**/*.tmp', made, '!made/kept']}")
    names = [path.relative_to(tmp_path).as_posix() for path in trigger.files()]
    assert names == ["src/c", "src/deep", "src/made/kept"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "{path: a, action: sync}",
            "sync needs a target, a path in the container that begins with /",
        ),
        ("{path: a, action: sync, target: b}", "sync needs a target"),
        ("{path: a, action: rebuild, target: /b}", "a target is for sync; rebuild copies nothing, so leave it out"),
        ("{path: a, action: sync+exec, target: /b}", "exec with its command goes with action: sync+exec"),
        ("{path: a, action: restart, exec: {command: x}}", "exec with its command goes with action: sync+exec"),
        ("{path: a, action: restart, initial_sync: true}", "initial_sync is for sync; restart copies nothing"),
    ],
)
def test_rules_that_cannot_be_followed(tmp_path: Path, rule: str, message: str) -> None:
    with pytest.raises(WrongFile) as caught:
        triggers(tmp_path, rule)
    assert caught.value.message.startswith("the cell, line 7: services.web.develop.watch[0]: ")
    assert message in caught.value.message


def test_there_is_nothing_to_rebuild(tmp_path: Path) -> None:
    with pytest.raises(WrongFile, match="there is nothing to rebuild, as web has no build"):
        triggers(tmp_path, "{path: a, action: rebuild}", build="hostname: h")
