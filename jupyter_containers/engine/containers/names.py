"""Names for containers that nobody named: two words that are easy to say and to tell apart."""

from __future__ import annotations

import secrets
from collections.abc import Callable

_FIRST = (
    "amber", "brave", "brisk", "calm", "clear", "clever", "crisp", "curious", "deep", "eager", "early", "fair",
    "fresh", "gentle", "glad", "golden", "happy", "honest", "jolly", "keen", "kind", "late", "light", "lively",
    "loud", "lucky", "mellow", "merry", "mild", "neat", "nimble", "noble", "patient", "plain", "polite", "proud",
    "quick", "quiet", "rapid", "ready", "round", "sharp", "silent", "silver", "simple", "smart", "smooth", "solid",
    "still", "sunny", "swift", "tender", "tidy", "vivid", "warm", "wild", "wise", "young",
)  # fmt: skip
_SECOND = (
    "acorn", "anchor", "badger", "beacon", "beetle", "birch", "bison", "brook", "cedar", "cloud", "comet", "coral",
    "crane", "dune", "eagle", "ember", "falcon", "fern", "finch", "fjord", "forest", "fox", "garden", "glacier",
    "harbor", "hare", "hawk", "heron", "hill", "island", "ivy", "lake", "lantern", "lark", "maple", "meadow", "moon",
    "moss", "oak", "ocean", "orchard", "otter", "owl", "pebble", "pine", "planet", "prairie", "raven", "reef",
    "river", "robin", "seal", "sparrow", "spruce", "stone", "summit", "swan", "thistle", "tiger", "valley", "willow",
    "wolf", "wren",
)  # fmt: skip


def random_name(is_taken: Callable[[str], bool]) -> str:
    """Return a free name; after a few tries with a number behind it."""
    for attempt in range(8):
        name = f"{secrets.choice(_FIRST)}_{secrets.choice(_SECOND)}"
        if attempt > 4:
            name += str(secrets.randbelow(1000))
        if not is_taken(name):
            return name
    return f"{name}_{secrets.token_hex(4)}"


def new_id() -> str:
    """Return 64 hex digits whose short form is not a number: some tools would take it for one."""
    while True:
        text = secrets.token_hex(32)
        if not text[:12].isdigit():
            return text
