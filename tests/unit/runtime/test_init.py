"""The steps of init, in the one order that works."""

from __future__ import annotations

from jupyter_containers.oci.runtime_spec import Linux, Process, Root, Spec
from jupyter_containers.runtime import defaults, init
from jupyter_containers.runtime.handshake import Channel
from jupyter_containers.runtime.plan import plan


def test_the_steps_are_these() -> None:
    spec = Spec(Process(args=("sh",)), Root("rootfs"), linux=Linux(namespaces=defaults.default_namespaces()))
    outside, inside = Channel.pair()
    operations = plan(spec, "/b/rootfs")
    texts = [step.describe() for step in init.steps(init.Birth(spec, operations, inside, None))]
    assert init.descriptions(operations) == texts
    outside.close()
    inside.close()
    assert texts[:4] == [
        "leave the parent's session and descriptors", "enter the cgroup", "enter the namespaces of others",
        "bring lo up",
    ]  # fmt: skip
    assert texts[4 : 4 + len(operations)] == [operation.describe() for operation in operations]
    assert texts[4 + len(operations) :] == [
        "look the user up", "take the streams", "go to the working directory", "set rlimits", "leave the keyring",
        "drop privileges",
    ]  # fmt: skip
