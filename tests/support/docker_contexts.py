"""Docker contexts for tests, written as `docker context create` writes them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


def write_context(folder: Path, name: str, host: str, *, with_tls: bool = False, **endpoint: object) -> Path:
    """Write a context into a configuration folder; return the folder of its certificates, which is there `with_tls`."""
    key = hashlib.sha256(name.encode()).hexdigest()
    meta, tls = folder / "contexts" / "meta" / key, folder / "contexts" / "tls" / key / "docker"
    meta.mkdir(parents=True)
    content = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, **endpoint}}}
    (meta / "meta.json").write_text(json.dumps(content))
    if with_tls:
        tls.mkdir(parents=True)
    return tls
