from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.linux import bpf
from jupyter_containers.linux import constants as c
from jupyter_containers.oci.runtime_spec import DeviceRule
from tests.support.bpf_machines import run_device

BITS = {"m": 1, "r": 2, "w": 4}
KINDS = {"b": c.BPF_DEVCG_DEV_BLOCK, "c": c.BPF_DEVCG_DEV_CHAR}


def naive(rules: list[DeviceRule], kind: str, access: int, device: tuple[int, int]) -> bool:
    """Apply device rules in their order as cgroup v1 would: what was allowed of a device adds up until a refusal."""
    allowed: dict[tuple[str, int | None, int | None], int] = {}
    answer = False
    for rule in rules:
        bits = sum(BITS[letter] for letter in set(rule.access))
        matches = rule.type in ("a", kind) and rule.major in (None, device[0]) and rule.minor in (None, device[1])
        if not rule.allow:
            allowed.clear()
            answer = answer and not (matches and access & bits)
            continue
        key = (rule.type, rule.major, rule.minor)
        allowed[key] = allowed.get(key, 0) | bits
        answer = answer or (matches and access & allowed[key] == access)
    return answer


numbers = st.sampled_from([None, 0, 1, 5, 136])
rules_strategy = st.lists(
    st.builds(
        DeviceRule,
        allow=st.booleans(),
        type=st.sampled_from(["a", "b", "c"]),
        major=numbers,
        minor=numbers,
        access=st.sampled_from(["r", "w", "m", "rw", "rwm"]),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(rules=rules_strategy)
def test_the_program_decides_as_the_rules_say(rules: list[DeviceRule]) -> None:
    program = bpf.device_program(rules)
    for kind, number in KINDS.items():
        for access in range(1, 8):
            for device in ((1, 5), (0, 0), (136, 7), (300, 1)):
                expected = naive(rules, kind, access, device)
                assert run_device(program, number, access, *device) == expected, (kind, access, device)


def test_without_rules_nothing_is_allowed() -> None:
    assert not run_device(bpf.device_program(()), KINDS["c"], 2, 1, 3)


def test_nothing_follows_a_rule_that_matches_everything() -> None:
    # The verifier refuses programs with instructions that cannot be reached.
    program = bpf.device_program((DeviceRule(True, "c", 1, 3), DeviceRule(False)))
    assert len(program) // 8 == 8
    assert not run_device(program, KINDS["c"], 2, 1, 3)
