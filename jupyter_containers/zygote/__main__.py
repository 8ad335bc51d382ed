"""Entry of the zygote: `python -I -S <this file> <fd>`, so that only the standard library is in reach."""

import os
import sys

if __name__ == "__main__":
    # -I and -S leave out the package's own folder; this file knows where it stands.
    sys.path.insert(0, os.path.abspath(f"{__file__}/../../.."))
    from jupyter_containers.zygote.server import main

    main(int(sys.argv[1]))
