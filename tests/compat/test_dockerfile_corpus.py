"""Each Dockerfile of the corpus becomes the image that the reference makes of it: config, history, layers, every file.

What is expected was recorded from dockerd's BuildKit, and where that is too old, written from the Dockerfile reference
(see tests/support/corpus.py). The reference must see the same loopback: run the tests in its network namespace.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api_client import Api
from tests.support.corpus import BASE, Case, NotBuilt, build_case, looks_of_base, names, remove_images
from tests.support.corpus_context import archive, base_image
from tests.support.daemon import Docker
from tests.support.web_files import web_files

IS_REFERENCE = bool(os.environ.get("COMPAT_HOST"))


@pytest.fixture(scope="module")
def api(docker: Docker) -> Api:
    return Api(docker.host.removeprefix("unix://"), "1.41")


@pytest.fixture(scope="module")
def base(docker: Docker, api: Api) -> Iterator[dict[str, str]]:
    docker("import", "-c", "ENV PATH=/bin", "-c", 'CMD ["sh"]', "-", BASE, stdin=base_image())
    yield looks_of_base(api)
    docker("rmi", "-f", BASE)


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    with web_files({"/archive.tar": archive(), "/text": b"from the web\n"}) as address:
        yield address


@pytest.mark.parametrize("name", names())
def test_a_dockerfile(name: str, api: Api, base: dict[str, str], web: str, tmp_path: Path) -> None:
    case = Case.read(name)
    if IS_REFERENCE and case.reference != "dockerd":
        pytest.skip("the reference is too old for this")
    try:
        if case.fails:
            with pytest.raises(NotBuilt, match=case.fails):
                build_case(case, api, tmp_path, web, base, is_reference=IS_REFERENCE)
            return
        found = build_case(case, api, tmp_path, web, base, is_reference=IS_REFERENCE)
        assert found == json.loads(case.expected_path.read_text())
    finally:
        remove_images(api, case)
