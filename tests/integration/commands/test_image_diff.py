"""Two tags of an image that differ by one package and one variable, compared on a daemon; and its layers read."""

from __future__ import annotations

from jupyter_containers.commands.image_diff import ImageDiff
from jupyter_containers.commands.layers import ImageLayers
from jupyter_containers.verbs import connect
from tests.support.api_client import IMAGE
from tests.support.daemon import Daemon

STATUS = "Package: {}\\nStatus: install ok installed\\nVersion: {}\\n\\n"


def test_two_tags_that_differ_by_a_package(daemon: Daemon) -> None:
    base = f"FROM {IMAGE}\nRUN mkdir -p /var/lib/dpkg && printf '{STATUS.format('bash', 1)}' > /var/lib/dpkg/status\n"
    more = f"RUN printf '{STATUS.format('curl', 8)}' >> /var/lib/dpkg/status\nENV MODE=two\n"
    with connect(daemon.host) as containers:
        containers.build(body=base, tag="pair:1")
        containers.build(body=base + more, tag="pair:2")
        found = containers.diff("pair:1", "pair:2")
        assert isinstance(found, ImageDiff)
        assert [tuple(one) for one in found.packages] == [("A", "curl (deb)", "", "8")]
        assert [tuple(one) for one in found.settings] == [("A", "Env MODE", "", "two")]
        assert [one.path for one in found.files if one.kind == "file"] == ["var/lib/dpkg/status"]
        assert found.shared == 2
        layers = containers.layers("pair:2")
        assert isinstance(layers, ImageLayers)
        assert layers.counts(2) == {"A": 0, "C": 1, "D": 0}
        assert b"curl" in layers.file("/var/lib/dpkg/status") and b"curl" not in layers.file("/var/lib/dpkg/status", 1)
        assert "+Package: curl" in layers.compare("/var/lib/dpkg/status", 2)
