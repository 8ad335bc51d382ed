"""The build context: a directory that was given to us, less what its ignore file names."""

from __future__ import annotations

from pathlib import Path


class Context:
    """Files a COPY may take. `root` is a directory that nobody changes while the build goes on; its owner removes it.

    Every path is resolved inside the root; symbolic links cannot lead out.
    """

    def __init__(self, root: Path, *, dockerfile: str = "Dockerfile") -> None:
        self.root = root
        self.dockerfile = dockerfile
