"""Entry of the zygote's process: `python -I -S <this file> <fd>`, so that only the standard library is in reach."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # -I and -S leave out the package's own folder; this file knows where it stands.
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from jupyter_containers.zygote.server import main

    main(int(sys.argv[1]))
