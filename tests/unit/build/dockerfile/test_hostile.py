"""Dockerfiles of a stranger: small texts that would take the memory or an hour are refused, and said so.

Without its limit each takes gigabytes or more time than the tests have.
"""

from __future__ import annotations

import pytest

from jupyter_containers.build.dockerfile.failures import MAX_SHOWN, DockerfileError
from jupyter_containers.build.dockerfile.lines import MAX_FLAGS
from tests.support.planning import planned

MEGABYTE = 1 << 20
LARGE = "x" * (MEGABYTE - 10)

REFUSED = {
    "a variable in many labels": (f"ENV A={LARGE}\n" + "LABEL a=$A\n" * 4000, "put the large ones into files"),
    "a variable in many runs": (f"ENV A={LARGE}\n" + "RUN x\n" * 4000, "put the large ones into files"),
    "many arguments in many runs": (
        "".join(f"ARG a{i}={'x' * 100}\n" for i in range(2400)) + "RUN x\n" * 2500,
        "put the large ones into files",
    ),
    "many labels one by one": ("".join(f"LABEL a{i}=b\n" for i in range(4900)), "put the large ones into files"),
    "a long shell": (f'SHELL ["{LARGE}"]\n' + "CMD x\n" * 4900, "put the large ones into files"),
    "doubling": ("ENV A=xxxxxxxxxx\n" + "ENV A=$A$A\n" * 60, "more than 1048576 characters"),
    "ten of ten of ten": (
        "ARG a0=x\n" + "".join(f"ARG a{i + 1}={f'$a{i}' * 10}\n" for i in range(20)), "more than 1048576 characters"
    ),
    "a pattern with many stars": (
        f"ENV V={'a' * 8000}\nENV W=${{V//*a*a*a*a*a*a*a*a*b/x}}\n", "too long for a pattern"
    ),
    "deep": ("ENV A=" + "${A:-" * 1000 + "}" * 1000, "nested more than 40 deep"),
    "many flags": ("RUN " + "--mount=type=tmpfs,target=/a " * 130_000 + "x", f"more than {MAX_FLAGS} flags"),
    "many exclusions": ("COPY " + "--exclude=** " * 300_000 + "a b", f"more than {MAX_FLAGS} flags"),
    "many changes of a mode": (f"COPY --chmod={'u+x,' * 300_000}u+x a b", "invalid chmod parameter"),
    "an endless heredoc": ("RUN <<E\n" + "x\n" * 1_900_000, "unterminated heredoc"),
    "triggers of a stage, many times": (
        "ONBUILD RUN <<E\n" + "x\n" * 1_000_000 + "E\n" + "FROM s\n" * 3000, "ONBUILD triggers of all bases"
    ),
    "instructions": ("RUN x\n" * 5000, "more than 5000 instructions"),
    "a number": (f"HEALTHCHECK --retries={'9' * MEGABYTE} CMD x", "--retries must be a whole number"),
}  # fmt: skip


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", REFUSED)
def test_what_would_fill_the_memory_or_take_an_hour_is_refused(name: str) -> None:
    text, complaint = REFUSED[name]
    with pytest.raises(DockerfileError, match=complaint) as caught:
        planned(f"FROM busybox AS s\n{text}\n")
    assert len(caught.value.message) < MAX_SHOWN + 100
    assert len(str(caught.value.details)) < MAX_SHOWN + 100


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (f"RUN {LARGE}\n", 2), ("RUN a \\\n" + "b \\\n" * 400_000 + "c\n", 2),
        ("RUN a \\\n" + "\n" * 1_900_000 + "c\n", 2),
        ("RUN " + "[" * MEGABYTE + "\n", 2), ("VOLUME " + "/a " * 300_000 + "\n", 2),
        ("#\n" * 1_900_000 + "RUN x\n", 2),
        ("RUN " + " ".join(f"<<E{i}" for i in range(9999)) + "\n" + "".join(f"E{i}\n" for i in range(9999)), 2),
        ("".join(f"FROM s{i or ''} AS s{i + 1}\n" for i in range(4900)), 4901),
        ("RUN a\0b\nENV A=\0\n", 3), ("RUN \udcff\nLABEL a=\udcff\nCOPY \udcff /\udcff\n", 4),
    ],
    ids=["long", "continued", "blank", "brackets", "volumes", "comments", "heredocs", "stages", "zeros", "no utf-8"],
)  # fmt: skip
def test_what_is_only_large_or_odd_is_read(text: str, steps: int) -> None:
    assert len(planned(f"FROM busybox AS s\n{text}").steps) == steps
