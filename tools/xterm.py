"""Put xterm.js beside the widget that shows a terminal in a cell: `python tools/xterm.py`, and at each build.

It is not in git. npm fetches it, from wherever this machine's npm fetches; what it brings is checked, so that the
same bytes are in every wheel. Without npm the package is built without it: all but terminals in cells is there.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path

FOLDER = Path("jupyter_containers/widgets/static/vendor")
# Package, version, and for each file that is wanted: its place there, its name here, its SHA-256.
WANTED = (
    ("@xterm/xterm", "6.0.0", (
        ("package/lib/xterm.mjs", "xterm.mjs", "b336ec65a086c056d4804b3d4c2347da5663d3f23c3f25be866467bd8857ad59"),
        ("package/css/xterm.css", "xterm.css", "854a7c0fb70e8b1a083c16797ab827299fb18744f5ad34f227b48337e33293c6"),
        ("package/LICENSE", "LICENSE", "b569f629d00f2626a8100df2a1798210535621e42164dfd426a6fe5aac7b0ccd"),
    )),
    ("@xterm/addon-fit", "0.11.0", (
        ("package/lib/addon-fit.mjs", "addon-fit.mjs",
         "2d87e1bddc73be9111de8beee5370c3bb7aac9c94e18e6f245f02ca741ef1769"),
    )),
)  # fmt: skip


def fetch(root: Path) -> str:
    """Have the files in the folder; return "" when they are there, and otherwise a sentence that tells why not."""
    folder = root / FOLDER
    if all(_is_right(folder / name, digest) for _, _, files in WANTED for _, name, digest in files):
        return ""
    npm = shutil.which("npm")
    if npm is None:
        return "built without terminals in cells: they need xterm.js, which npm fetches, and there is no npm here"
    with tempfile.TemporaryDirectory() as scratch:
        for package, version, files in WANTED:
            call = [npm, "pack", "--silent", "--pack-destination", scratch, f"{package}@{version}"]
            run = subprocess.run(call, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
            if run.returncode:
                return f"built without terminals in cells: npm cannot fetch {package}: {run.stderr.strip()[-300:]}"
            # npm has a folder of its own here: what it has put there is what it was asked for.
            archives = list(Path(scratch).glob("*.tgz"))
            problem = _take(archives[0], folder, files) if archives else "is not what npm has fetched: there is nothing"
            if problem:
                return f"built without terminals in cells: {package} {version} {problem}"
            archives[0].unlink()
    return ""


def _take(archive: Path, folder: Path, files: tuple[tuple[str, str, str], ...]) -> str:
    """Copy files out of a package; return what is wrong with it, "" if nothing is."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, name, digest in files:
        try:
            with tarfile.open(archive) as tar:
                source = tar.extractfile(place)
                content = source.read() if source is not None else b""
        except KeyError:
            return f"has no {place}"
        except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
            return f"cannot be read: {error}"
        if hashlib.sha256(content).hexdigest() != digest:
            return f"has another {place} than the one that is known"
        part = folder / f"{name}.part"
        part.write_bytes(content)
        part.replace(folder / name)
    return ""


def _is_right(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


if __name__ == "__main__":
    sys.exit(fetch(Path(__file__).parents[1]) or None)
