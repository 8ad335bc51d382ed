from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.errors import ContainersError
from tests.support.planning import planned

INSTRUCTIONS = st.sampled_from(
    ["FROM busybox", "FROM scratch AS a", "FROM a", "RUN echo $x", "COPY a b", "COPY --from=a x y/", "ENV x=${y:-1}",
     "ARG x=1", "WORKDIR $x/a", "USER 1", "LABEL a=$x", "CMD x", 'ENTRYPOINT ["x"]', "EXPOSE $x", "VOLUME /v",
     "STOPSIGNAL 9", 'SHELL ["/x"]', "HEALTHCHECK NONE", "ONBUILD RUN x", "MAINTAINER m", "ADD x y", "RUN <<E\nx\nE"]
)  # fmt: skip


def test_labels_given_to_the_build_are_steps_at_the_end_and_not_expanded() -> None:
    found = planned("FROM busybox\nRUN x\n", labels={"b": '$x "q"', "a": "1"})
    assert [step.text for step in found.steps[2:]] == ["LABEL a=1", 'LABEL b=$x "q"']
    assert found.steps[-1].process.labels == {"a": "1", "b": '$x "q"'}
    assert found.steps[-1].lines == (2, 2)


def test_equal_work_in_two_stages_has_one_digest() -> None:
    found = planned("FROM busybox AS a\nRUN x\nFROM busybox\nRUN x\nCOPY --from=a /x /y\n")
    first, second = found.steps[1].vertex, found.steps[3].vertex
    assert first is not None
    assert second is not None
    assert first.digest == second.digest


def test_what_is_only_for_people_does_not_change_the_digest() -> None:
    one = planned("FROM busybox\nLABEL a=1\nRUN x\n").target
    other = planned("FROM busybox\n\n\nCMD z\nRUN   x\n").target
    assert one.digest == other.digest


def test_environment_user_and_folder_change_the_digest() -> None:
    digests = {
        planned(f"FROM busybox\n{line}\nRUN x\n").target.digest
        for line in ("", "ENV a=1", "USER 1", "WORKDIR /w", 'SHELL ["/bin/bash"]', "ARG b=1")
    }
    assert len(digests) == 6


def test_a_proxy_that_no_argument_names_does_not_change_the_digest() -> None:
    assert planned("FROM busybox\nRUN x\n", build_args={"http_proxy": "p"}).target.digest == (
        planned("FROM busybox\nRUN x\n").target.digest
    )


@given(st.lists(INSTRUCTIONS, max_size=12).map("\n".join))
def test_any_instructions_make_a_plan_or_a_located_error(text: str) -> None:
    try:
        found = planned(text)
    except ContainersError as error:
        assert error.details.get("line", 1) <= text.count("\n") + 1
        return
    assert found.steps
    assert all(step.vertex is not None for step in found.steps if step.text.startswith(("RUN", "COPY", "FROM")))
