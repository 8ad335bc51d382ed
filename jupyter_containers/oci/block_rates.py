"""The part of the runtime spec's `blockIO` that names single disks.

Source: OCI runtime-spec, config-linux.md, Block IO.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class BlockRate:
    """A disk, and its weight, or what it may move in a second: bytes or operations, 0 for no limit."""

    major: int
    minor: int
    rate: int


@dataclass(frozen=True, slots=True)
class BlockRates:
    """The limits of single disks."""

    weights: tuple[BlockRate, ...] = ()
    read_bps: tuple[BlockRate, ...] = ()
    write_bps: tuple[BlockRate, ...] = ()
    read_iops: tuple[BlockRate, ...] = ()
    write_iops: tuple[BlockRate, ...] = ()


NO_RATES = BlockRates()


# Where a field of BlockRates stands in `blockIO`, and what it calls the number.
_RATE_PLACES = {
    "weights": ("weightDevice", "weight"), "read_bps": ("throttleReadBpsDevice", "rate"),
    "write_bps": ("throttleWriteBpsDevice", "rate"), "read_iops": ("throttleReadIOPSDevice", "rate"),
    "write_iops": ("throttleWriteIOPSDevice", "rate"),
}  # fmt: skip


def block_rates_to_json(rates: BlockRates) -> dict[str, Any]:
    """Write what `blockIO` says of single disks; empty when there is nothing."""
    return {
        key: [{"major": rate.major, "minor": rate.minor, number: rate.rate} for rate in getattr(rates, name)]
        for name, (key, number) in _RATE_PLACES.items()
        if getattr(rates, name)
    }


def block_rates_from_json(block: Mapping[str, Any]) -> BlockRates:
    """Read it."""
    return BlockRates(
        **{
            name: tuple(BlockRate(entry["major"], entry["minor"], entry[number]) for entry in block.get(key) or ())
            for name, (key, number) in _RATE_PLACES.items()
        }
    )
