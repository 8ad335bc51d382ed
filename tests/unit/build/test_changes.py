from __future__ import annotations

import pytest

from jupyter_containers.build.changes import apply_changes
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.image_config import Healthcheck, ProcessDefaults


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ('CMD ["a", "b"]', "cmd", ("a", "b")),
        ("cmd echo hi", "cmd", ("/bin/sh", "-c", "echo hi")),
        ("CMD [not json]", "cmd", ("/bin/sh", "-c", "[not json]")),
        ('ENTRYPOINT ["x"]', "entrypoint", ("x",)),
        ('ENV A=1 B="2 3"', "env", ("A=1", "B=2 3")),
        ("ENV A the rest", "env", ("A=the rest",)),
        ("LABEL k=v", "labels", {"k": "v"}),
        ("EXPOSE 80 53/udp", "exposed_ports", ("53/udp", "80/tcp")),
        ('VOLUME ["/data"]', "volumes", ("/data",)),
        ("VOLUME /a /b", "volumes", ("/a", "/b")),
        ("USER nobody:nogroup", "user", "nobody:nogroup"),
        ("WORKDIR app", "working_dir", "/app"),
        ("EXPOSE 80-81", "exposed_ports", ("80/tcp", "81/tcp")),
        ("HEALTHCHECK --retries=3 CMD true", "healthcheck", Healthcheck(("CMD-SHELL", "true"), retries=3)),
        ("STOPSIGNAL SIGINT", "stop_signal", "SIGINT"),
        ("ONBUILD RUN make", "on_build", ("RUN make",)),
    ],
)
def test_a_change_sets_its_field(change: str, field: str, value: object) -> None:
    assert getattr(apply_changes(ProcessDefaults(), [change]), field) == value


def test_changes_add_up() -> None:
    process = apply_changes(
        ProcessDefaults(env=("A=0", "B=1")), ["ENV A=2", "WORKDIR /a", "WORKDIR b", "EXPOSE 80", "EXPOSE 80"]
    )
    assert process.env == ("A=2", "B=1")
    assert process.working_dir == "/a/b"
    assert process.exposed_ports == ("80/tcp",)


@pytest.mark.parametrize("change", ["RUN x", "FROM x", "ENV A=1 B", "EXPOSE x", "ONBUILD FROM x"])
def test_what_is_no_change_is_refused(change: str) -> None:
    with pytest.raises(InvalidParameter):
        apply_changes(ProcessDefaults(), [change])


def test_nothing_changes_without_changes() -> None:
    process = ProcessDefaults(cmd=("a",))
    assert apply_changes(process, ["", " "]) is process


def test_an_entrypoint_takes_the_command_away_unless_one_comes_with_it() -> None:
    process = ProcessDefaults(cmd=("a",), entrypoint=("b",))
    assert apply_changes(process, ['ENTRYPOINT ["c"]']).cmd is None
    assert apply_changes(process, ['CMD ["d"]', 'ENTRYPOINT ["c"]']).cmd == ("d",)


def test_the_message_counts_no_lines() -> None:
    with pytest.raises(InvalidParameter, match=r"^Invalid containerPort: x$"):
        apply_changes(ProcessDefaults(), ["EXPOSE x"])
