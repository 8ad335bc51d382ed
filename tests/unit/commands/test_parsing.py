"""Tests of commands.parsing."""

from __future__ import annotations

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import HelpWanted, UsageError, parse
from jupyter_containers.commands.quantities import size_in_bytes
from jupyter_containers.commands.settings import Settings


def run_options(*words: str, surface: str = "magic"):  # type: ignore[no-untyped-def]
    return parse(table.find("run", surface), words, surface=surface, prog="%container")


def test_what_follows_the_image_is_the_command_with_its_options() -> None:
    options = run_options("--rm", "-m", "64m", "busybox", "ls", "-l", "--rm", "--help")
    assert (options.image, options.command) == ("busybox", ["ls", "-l", "--rm", "--help"])
    assert options.memory == size_in_bytes("64m")


def test_short_options_may_be_written_together() -> None:
    options = run_options("-it", "-eA=1", "-e", "B=2", "-p8080:80", "x", surface="shell")
    assert (options.interactive, options.tty, options.env) == (True, True, ["A=1", "B=2"])
    assert options.publish[0].host_port == "8080"


def test_a_flag_may_be_told_to_be_true_or_false() -> None:
    options = run_options("--rm=true", "--init=false", "-P=1", "-e", "A=1", "x", "ls", "--rm=false", surface="shell")
    assert (options.rm, options.init, options.publish_all) == (True, False, True)
    assert (options.env, options.image, options.command) == (["A=1"], "x", ["ls", "--rm=false"])
    assert run_options("--rm", "--rm=false", "x").rm is False
    assert run_options("--rm=false", "--rm", "x").rm is True
    settings = Settings(safe=True)
    off = parse(table.find("run", "magic"), ("--safe=F", "x"), surface="magic", prog="x", settings=settings)
    assert off.safe is False
    with pytest.raises(UsageError, match="run: --rm=maybe: it is true or false"):
        run_options("--rm=maybe", "x")
    ps = parse(table.find("ps", "shell"), ("-a=0", "--no-trunc=T"), surface="shell", prog="x")
    assert (ps.all, ps.no_trunc) == (False, True)


def test_h_is_help_where_it_is_nothing_else() -> None:
    assert run_options("-h", "box", "x").hostname == "box"
    with pytest.raises(HelpWanted, match=r"usage: x ps \[-h\]"):
        parse(table.find("ps", "magic"), ("-h",), surface="magic", prog="x")


def test_a_notebook_says_what_is_its_input() -> None:
    with pytest.raises(UsageError, match="run: --interactive is not supported: the cell's body is the input, and -it"):
        run_options("--interactive", "--tty", "x")
    assert run_options("--interactive", "x", surface="shell").interactive


def test_lists_of_two_parses_are_two_lists() -> None:
    assert run_options("-e", "A=1", "x").env == ["A=1"]
    assert run_options("x").env == []


def test_help_is_a_text() -> None:
    with pytest.raises(HelpWanted, match=r"(?s)usage: %container run .*IMAGE"):
        run_options("--help")


def test_help_tells_what_the_body_of_a_cell_is() -> None:
    for surface, told in (("magic", True), ("shell", False)):
        with pytest.raises(HelpWanted) as raised:
            run_options("--help", surface=surface)
        assert ("The cell's body:" in str(raised.value)) is told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--memry", "1m", "x"), r"run: unknown option --memry; did you mean --memory"),
        (("-m", "1x", "y"), r"run: argument -m/--memory: not a size: '1x'"),
        (("-p", "x", "y"), r"invalid port to publish"),
        (("--pids-limit", "x", "y"), r"argument --pids-limit"),
        ((), r"run: the following arguments are required: IMAGE"),
        (("--pull", "often", "x"), r"invalid choice: 'often'"),
    ],
)
def test_a_mistake_is_told_in_one_line(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        run_options(*words)
    assert "\n" not in raised.value.message
    assert "%container run --help" in raised.value.message


def test_a_word_too_many_is_told() -> None:
    with pytest.raises(UsageError, match="unknown word extra"):
        parse(table.find("ps", "magic"), ["extra"], surface="magic", prog="%container")


def test_options_are_not_guessed_from_their_beginning() -> None:
    with pytest.raises(UsageError, match="unknown option --mem"):
        run_options("--mem=1m", "x")


def test_options_may_stand_anywhere_behind_a_verb() -> None:
    network = table.find("network", "magic")
    for words in (["create", "--internal", "x"], ["create", "x", "--internal"]):
        options = parse(network, words, surface="magic", prog="x")
        assert (options.chosen.name, options.name, options.internal) == ("create", "x", True)
    with pytest.raises(UsageError, match="unknown option --intrenal; did you mean --internal"):
        parse(network, ["create", "--intrenal", "x"], surface="magic", prog="x")


def test_an_option_of_docker_that_is_not_taken_is_named_with_the_reason() -> None:
    with pytest.raises(UsageError, match="ls: --format is not supported: it takes templates of Go"):
        parse(table.find("network", "magic"), ["ls", "--format=json"], surface="magic", prog="x")


def test_a_setting_is_the_default_of_what_names_it() -> None:
    run = table.find("run", "magic")
    settings = Settings(image="busybox", timeout=5.0, safe=True)
    options = parse(run, [], surface="magic", prog="x", settings=settings)
    assert (options.image, options.timeout, options.safe) == ("busybox", 5.0, True)
    options = parse(run, ["--timeout", "1", "other", "ls"], surface="magic", prog="x", settings=settings)
    assert (options.image, options.timeout, options.command) == ("other", 1.0, ["ls"])
    with pytest.raises(UsageError, match="required: IMAGE"):
        parse(run, [], surface="magic", prog="x", settings=Settings())
    assert parse(table.find("rmi", "magic"), ["a"], surface="magic", prog="x", settings=settings).image == ["a"]


def test_what_may_be_empty_is_not_said_to_be_lacking() -> None:
    with pytest.raises(UsageError, match=r"run: the following arguments are required: IMAGE \("):
        run_options()
