"""The build context: a directory that was given to us, less what its ignore file names."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_containers.build.dockerfile.ignore import FILE_NAME, IgnoreRules
from jupyter_containers.build.tree import Tree
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux.safe_paths import open_in_root

if TYPE_CHECKING:
    from jupyter_containers.repositories.fetching import Checkout

MAX_IGNORE_BYTES = 1 << 20
# What a fetched file is called that has no name of its own: only a destination that names it will do.
UNNAMED = ".unnamed"


class Context:
    """Files a COPY may take. `root` is a directory that nobody changes while the build goes on; its owner removes it.

    Every path is resolved inside the root; symbolic links cannot lead out. `<dockerfile>.dockerignore` beside the
    Dockerfile wins over `.dockerignore`. Files that ADD fetches are kept in folders under `downloads_path`, whose owner
    removes them. Owners of the files do not count: a copy belongs to root, or to --chown.
    `is_own`: the files were made for this build and go with it, so that layers may share them.
    """

    def __init__(
        self, root: Path, *, dockerfile: str = "Dockerfile", downloads_path: Path | None = None, is_own: bool = False
    ) -> None:
        self.root = root
        self.is_own = is_own
        self.downloads_path = downloads_path or root.parent
        # What was fetched for ADD: the file for each URL.
        self.fetched: dict[str, Path] = {}
        # And repositories, by URL and by whether .git is kept.
        self.repositories: dict[tuple[str, bool | None], Checkout] = {}
        # What --build-context names, by its name; these have no Dockerfile.
        self.named: dict[str, Context] = {}
        self.dockerfile = dockerfile
        self._rules: IgnoreRules | None = None

    def of(self, name: str) -> Context:
        """Return the named context, this one for ""."""
        return self.named[name] if name else self

    def tree(self, stop: threading.Event | None = None) -> Tree:
        """Return the files, for one `with` block in one thread. Raises InvalidParameter for a bad ignore file."""
        if self._rules is None:
            self._rules = self._read_rules()
        return Tree(self.root, rules=self._rules, stop=stop, is_own=self.is_own)

    def ignores(self, path: str) -> bool:
        """Say whether the ignore file leaves a path out. Raises InvalidParameter for a bad one."""
        if self._rules is None:
            self._rules = self._read_rules()
        return self._rules.ignores(path)

    def _read_rules(self) -> IgnoreRules:
        root_fd = os.open(self.root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in (f"{self.dockerfile}{FILE_NAME}", FILE_NAME):
                text = _read_text(root_fd, name)
                if text is not None:
                    return IgnoreRules.parse(text)
        finally:
            os.close(root_fd)
        return IgnoreRules()


def _read_text(root_fd: int, name: str) -> str | None:
    try:
        fd = open_in_root(root_fd, name, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise InvalidParameter(f"{name} is a directory; a file of patterns is expected")
        with open(fd, "rb", closefd=False) as file:
            content = file.read(MAX_IGNORE_BYTES + 1)
    finally:
        os.close(fd)
    if len(content) > MAX_IGNORE_BYTES:
        raise InvalidParameter(f"{name} is larger than {MAX_IGNORE_BYTES} bytes")
    return content.decode("utf-8", "surrogateescape")
