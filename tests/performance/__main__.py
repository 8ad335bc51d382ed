"""`python -m tests.performance [rounds]`."""

from __future__ import annotations

import os
import sys

from tests.performance.benchmarks import measure
from tests.performance.disk import own_disk
from tests.performance.table import table

ROUNDS = 20


def main(arguments: list[str]) -> None:
    rounds = int(arguments[0]) if arguments else ROUNDS
    busy = os.getloadavg()[0]
    with own_disk():
        rows = measure(rounds)
    print(table(rows))
    print(f"\nMedians of {rounds}, in turn; {os.cpu_count()} processors, load {busy:.2f} before the first.")


if __name__ == "__main__":
    main(sys.argv[1:])
