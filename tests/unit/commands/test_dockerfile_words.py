"""Tests of commands.dockerfile_words."""

from __future__ import annotations

import pytest

from jupyter_containers.commands.command import Completes
from jupyter_containers.commands.dockerfile_words import FLAGS, KEYWORDS, propose_in_dockerfile, stages

ABOVE = ("FROM busybox AS first", "RUN true", "from --platform=linux/amd64 debian as second")


@pytest.mark.parametrize("line", ["", "FR", "  R", "ONBUILD ", "ONBUILD RU"])
def test_a_line_begins_with_a_keyword(line: str) -> None:
    assert propose_in_dockerfile(line).words == KEYWORDS


@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        ("FROM ", Completes.IMAGE, ("first", "second", "scratch")),
        ("from bus", Completes.IMAGE, ("first", "second", "scratch")),
        ("FROM --platform=linux/arm64 ", Completes.IMAGE, ("first", "second", "scratch")),
        ("FROM x ", Completes.NOTHING, ("AS",)),
        ("FROM x AS ", Completes.NOTHING, ()),
        ("RUN ", Completes.NOTHING, ()),
        ("RUN --", Completes.NOTHING, FLAGS["RUN"]),
        ("RUN --mount=type=cache,target=/x --", Completes.NOTHING, FLAGS["RUN"]),
        ("RUN ls --", Completes.NOTHING, ()),
        ("COPY --l", Completes.NOTHING, FLAGS["COPY"]),
        ("ONBUILD COPY --l", Completes.NOTHING, FLAGS["COPY"]),
        ("COPY --from=fi", Completes.IMAGE, ("first", "second")),
        ("RUN --network=", Completes.NOTHING, ("default", "host", "none")),
        ("RUN --from=", Completes.NOTHING, ()),
        ("HEALTHCHECK ", Completes.NOTHING, ("NONE", "CMD")),
        ("WORKDIR ", Completes.NOTHING, ()),
    ],
)
def test_what_fits_behind_an_instruction(line: str, kind: Completes, words: tuple[str, ...]) -> None:
    found = propose_in_dockerfile(line, ABOVE)
    assert (found.kind, found.words) == (kind, words)


def test_a_value_stands_behind_its_flag() -> None:
    assert propose_in_dockerfile("COPY --from=", ABOVE).prefix == "--from="
    mount = propose_in_dockerfile("RUN --mount=type=bind,from=s", ABOVE)
    assert (mount.prefix, mount.words) == ("--mount=type=bind,from=", ("first", "second"))
    assert "type=cache," in propose_in_dockerfile("RUN --mount=ty").words


def test_a_line_that_is_continued_is_one() -> None:
    assert propose_in_dockerfile("  --", ["RUN \\"]).words == FLAGS["RUN"]
    assert propose_in_dockerfile("  apt-get ins", ["RUN true && \\"]).words == ()


def test_stages_without_a_name_are_numbers() -> None:
    assert stages(["FROM a", "FROM b"]) == ("0", "1")
    assert stages([]) == ()
