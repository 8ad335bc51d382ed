"""Removal of folders that hold files and little else: a tenth of the calls that a walk with all its care makes."""

from __future__ import annotations

import os


def remove_flat(path: str, *, folders: tuple[str, ...] = ()) -> None:
    """Remove a folder of files, and of `folders` that are empty; what is more than that is a matter for shutil.rmtree.

    One that is not there is no error, and nothing is: what cannot be removed stays. Never follows a symbolic link.
    """
    if os.path.islink(path):
        return
    try:
        names = os.listdir(path)
    except FileNotFoundError:
        return
    except OSError:
        names = []
    try:
        for name in names:
            if name in folders:
                os.rmdir(f"{path}/{name}")
            else:
                os.unlink(f"{path}/{name}")
        os.rmdir(path)
    except OSError:
        # Not flat, or somebody else is at it, too.
        import shutil

        shutil.rmtree(path, ignore_errors=True)
