"""Outputs as people write them, and where their bytes go."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from jupyter_containers.client.build_outputs import Output, check, deliver, parse, replacing
from jupyter_containers.errors import ContainersError, InvalidParameter
from tests.support.tiny_image import tar_of


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("out", Output("local", {}, "out", is_folder=True)),
        ("out,put", None),
        ("-", Output("tar", {}, "-")),
        ("type=local,dest=out", Output("local", {}, "out", is_folder=True)),
        ("type=tar", Output("tar", {}, "-")),
        ("type=tar,dest=-", Output("tar", {}, "-")),
        ("type=tar,dest=a.tar", Output("tar", {}, "a.tar")),
        ('type=oci,"dest=a,b.tar",name=x', Output("oci", {"name": "x"}, "a,b.tar")),
        ("type=oci,dest=d,tar=false", Output("oci", {}, "d", is_folder=True)),
        ("type=docker,dest=x.tar", Output("docker", {}, "x.tar")),
        ("type=docker,name=x", Output("image", {"name": "x"})),
        ("type=image,NAME=x,push=true", Output("image", {"name": "x", "push": "true"})),
        ("type=registry,annotation.Key=v", Output("registry", {"annotation.Key": "v"})),
        ("type=local", None),
        ("type=local,dest=-", None),
        ("type=oci,tar=false", None),
        ("type=tar,dest=x,tar=false", None),
        ("type=image,dest=x", None),
        ("dest=x", Output("local", {}, "dest=x", is_folder=True)),
        ("dest=x,name=y", None),
        ("type=zip,dest=x", None),
        ("", None),
    ],
)
def test_outputs_are_read_as_buildx_reads_them(text: str, output: Output | None) -> None:
    if output is None:
        with pytest.raises(InvalidParameter, match="output"):
            parse(text)
        return
    found = parse(text)
    assert (found, dict(found.attributes)) == (output, dict(output.attributes))


def test_what_is_fetched_in_which_form() -> None:
    outputs = [parse(text) for text in ("out", "type=oci,dest=x", "type=docker,dest=x", "type=image", "-")]
    assert [(output.is_fetched, output.form) for output in outputs] == [
        (True, "tar"), (True, "oci"), (True, "docker"), (False, "image"), (True, "tar"),
    ]  # fmt: skip
    assert outputs[1].to_wire() == {"Type": "oci", "Attrs": {}}


def test_relative_paths_are_taken_from_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    texts = ("../out", "type=tar,dest=/abs", "type=tar,dest=~/x", "-", "type=image")
    assert [parse(text).below(Path("/work/dir")).destination for text in texts] == [
        "/work/out", "/abs", "/home/me/x", "-", "",
    ]  # fmt: skip


def test_only_one_output_may_have_standard_output() -> None:
    check([parse("-"), parse("out")])
    with pytest.raises(InvalidParameter, match="only one"):
        check([parse("-"), parse("type=oci")])


def test_bytes_go_where_they_were_wanted(tmp_path: Path) -> None:
    tar, stdout = tar_of({"f": b"1"}), io.BytesIO()
    assert deliver(parse("-"), [tar[:5], tar[5:]], stdout) == []
    deliver(Output("tar", destination=str(tmp_path / "a.tar")), [tar], stdout)
    deliver(Output("local", destination=str(tmp_path / "out"), is_folder=True), [tar], stdout)
    assert stdout.getvalue() == (tmp_path / "a.tar").read_bytes() == tar
    assert (tmp_path / "out" / "f").read_bytes() == b"1"


def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    def broken() -> object:
        yield b"part"
        raise ContainersError("lost")

    (tmp_path / "a.tar").write_text("before")
    with pytest.raises(ContainersError, match="lost"):
        deliver(Output("tar", destination=str(tmp_path / "a.tar")), broken(), io.BytesIO())  # type: ignore[arg-type]
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.tar", "before")]
    with pytest.raises(ContainersError, match=r"cannot write .*: No such file"):
        deliver(Output("tar", destination=str(tmp_path / "no" / "a.tar")), [b""], io.BytesIO())


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name, reason in (("file/x", "Not a directory"), ("none/x", "No such file or directory")):
        place = tmp_path / name
        with pytest.raises(ContainersError, match=f"cannot write {place}: {reason}"), replacing(place):
            raise AssertionError("nothing is open")
