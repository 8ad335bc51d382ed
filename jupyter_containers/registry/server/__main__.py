"""`python -m jupyter_containers.registry.server`: what `jupyter-containers registry serve` becomes."""

from __future__ import annotations

import sys

from jupyter_containers.registry.server.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
