from __future__ import annotations

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.images.changes import apply_changes
from jupyter_containers.oci.image_config import ProcessDefaults


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
        ("EXPOSE 80 53/udp", "exposed_ports", ("80/tcp", "53/udp")),
        ('VOLUME ["/data"]', "volumes", ("/data",)),
        ("VOLUME /a /b", "volumes", ("/a", "/b")),
        ("USER nobody:nogroup", "user", "nobody:nogroup"),
        ("WORKDIR app", "working_dir", "/app"),
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


@pytest.mark.parametrize("change", ["RUN x", "", "CMD", "FROM x", "ENV A=1 B", "LABEL 'open"])
def test_what_is_no_change_is_refused(change: str) -> None:
    with pytest.raises(InvalidParameter):
        apply_changes(ProcessDefaults(), [change])
