from __future__ import annotations

from jupyter_containers.zygote.protocol import Launch, Launched


def test_values_survive_the_wire() -> None:
    launch = Launch("a" * 64, "/run/bundles/a", "/run")
    assert Launch.from_json(launch.to_json()) == launch
    for launched in (Launched("a" * 64, 17), Launched("a" * 64, error="no")):
        assert Launched.from_json(launched.to_json()) == launched
