from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.lines import read, read_line

PIECES = st.sampled_from(
    ["RUN", "COPY", "FROM x", "ENV a=b", " ", "\n", "\\\n", "\\", "#", "# escape=`\n", "<<EOF", "EOF\n", "<<-'E'",
     "--x=y", '"', "'", "$a", "${a", "}", "[", "]", "\t", "\r\n", "é", "\x00", "\x85", "ONBUILD "]
)  # fmt: skip


def test_words_flags_and_rest_are_told_apart() -> None:
    (line,) = read('copy  --from="a b" --chown=1 -- --x  y\n').lines
    assert (line.word, line.flags, line.rest) == ("COPY", ("--from=a b", "--chown=1"), "--x  y")


def test_a_line_knows_where_it_is() -> None:
    first, second = read("# c\n\nFROM x\nRUN a \\\n# c\n  b\n").lines
    assert first.lines == (3, 3)
    assert second.lines == (4, 6)
    assert second.text == "RUN a   b"


def test_heredocs_belong_to_the_line_that_opens_them() -> None:
    line, following = read("RUN cat <<a <<-'b'\n\t1\na\n\t2\n\tb\nRUN c\n").lines
    assert [(h.name, h.content, h.expand) for h in line.heredocs] == [("a", "\t1\n", True), ("b", "2\n", False)]
    assert line.lines == (1, 5)
    assert following.lines == (6, 6)


def test_the_name_of_a_heredoc_ends_where_the_shell_says() -> None:
    (line,) = read("RUN cat <<a; cat <<'b c'|x <<\"d\">f && cat <<<here\n1\na\n2\nb c\n3\nd\n").lines
    assert [(h.name, h.expand) for h in line.heredocs] == [("a", True), ("d", False)]


def test_a_shift_in_an_instruction_without_heredocs_is_text() -> None:
    (line,) = read("ENV a=1<<EOF\n").lines
    assert line.heredocs == ()


def test_an_empty_line_in_a_continuation_is_warned_of_but_not_the_end_of_the_file() -> None:
    assert read("RUN a \\\n\n b\n").warnings == ((1, "Empty continuation line found in: RUN a  b"),)
    assert read("RUN a \\\n").warnings == ()


def test_a_directive_given_twice_is_refused() -> None:
    with pytest.raises(DockerfileError, match="only one escape") as failure:
        read("# escape=`\n# escape=`\nFROM x\n")
    assert failure.value.lines == (2, 2)


def test_a_line_alone_is_read_like_one_in_a_file() -> None:
    line = read_line(" run --network=none a ", "\\", (7, 8))
    assert (line.word, line.flags, line.rest, line.lines) == ("RUN", ("--network=none",), "a", (7, 8))


def test_a_file_beyond_the_limit_is_refused() -> None:
    with pytest.raises(DockerfileError, match="more than"):
        read("#" * ((4 << 20) + 1))


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_any_text_becomes_lines_in_order_or_a_located_error(text: str) -> None:
    count = text.count("\n") + 1
    try:
        lines = read(text).lines
    except DockerfileError as error:
        assert 0 <= error.lines[0] <= error.lines[1] <= count
        return
    assert lines
    previous = 0
    for line in lines:
        assert previous < line.start <= line.end <= count
        assert line.word
        previous = line.end
