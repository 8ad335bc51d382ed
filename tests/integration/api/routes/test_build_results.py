"""Results of builds over the API: fetched, and forgotten."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from tests.support.api_client import Api
from tests.support.tiny_image import tar_of

pytestmark = pytest.mark.needs("root", "overlay")

OUTPUTS = json.dumps([{"Type": "local", "Attrs": {}}])


def test_a_result_is_fetched_in_its_forms_and_deleted(api: Api) -> None:
    before = api.get("/images/json", all=1).json
    content = tar_of({"Dockerfile": b"FROM scratch\nCOPY f /in/\n", "f": b"content"})
    answer = api.request("POST", "/build", content, outputs=OUTPUTS, t="never-named")
    [built] = [line["built"] for line in map(json.loads, answer.content.splitlines()) if "built" in line]
    assert built["Names"] == []
    path = f"/build/results/{built['Result']}"
    for kind, name in (("tar", "in/f"), ("", "in/f"), ("oci", "index.json"), ("docker", "manifest.json")):
        fetched = api.get(path, **({"type": kind} if kind else {}))
        assert fetched.status == 200
        with tarfile.open(fileobj=io.BytesIO(fetched.content)) as tar:
            assert name in tar.getnames()
    assert api.get(path, type="zip").status == 400
    assert api.get("/images/json", all=1).json == before
    assert api.delete(path).status == 204
    assert [api.get(path).status, api.delete(path).status] == [404, 404]
    api.post("/build/prune", all=1)


def test_a_refusal_is_told_before_the_warnings(api: Api) -> None:
    """The status is the refusal's: a line before it would have made it 200."""
    content = tar_of({"Dockerfile": b"FROM host as one\nRUN exit 3\n"})
    warned = api.request("POST", "/build", content)
    assert (warned.status, b"FromAsCasing" in warned.content) == (200, True)
    exports = json.dumps([{"Type": "local"}])
    for parameters in ({"outputs": OUTPUTS}, {"cacheexports": exports}):
        assert api.request("POST", "/build", content, **parameters).status == 501


def test_outputs_that_are_none_are_refused(api: Api) -> None:
    content = tar_of({"Dockerfile": b"FROM scratch\n"})
    for outputs, status in (('[{"Type":"zip"}]', 400), ('[{"Type":"tar","Attrs":{"dest":"/x"}}]', 501), ('["x"]', 400)):
        assert api.request("POST", "/build", content, outputs=outputs).status == status
