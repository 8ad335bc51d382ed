"""The corpus of Dockerfiles, one folder for each: how a case is built on a daemon, and what is compared.

tests/compat/corpus/NAME/
    Dockerfile      what is built, with the files of corpus_context.py as context
    options.json    optional: "args", "labels", "target" of the build; "bases": Dockerfiles of this folder that are
                    built before, by the names they get; "secrets"; "contexts": other contexts, folders of the
                    context or docker-image://…; "reference": "documentation" where the reference is too
                    old to build it; "fails": where nothing must be built, what the error says
                    (a regular expression)
    expected.json   what comes out, written by `python -m tests.compat.corpus_record`
    anything else   goes into the context as well

`{web}` in the arguments stands for a web server on the loopback that has the archives of the context.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.api_client import Api
from tests.support.corpus_context import OLD_SECONDS, YOUNG_SECONDS, make_context, pack, settle
from tests.support.saved_image import SavedImage

CORPUS = Path(__file__).parents[1] / "compat" / "corpus"
BASE = "corpus-base"
# The docker CLI of the reference: the last one that speaks to BuildKit in dockerd without a plugin.
REFERENCE_CLI = os.environ.get("COMPAT_CLI", "/usr/bin/docker")

_NOT_CONTEXT = {"options.json", "expected.json"}
# Of the reference's own machinery: ids of the container that the last step ran in, and what the daemon calls itself.
_NOT_COMPARED = {"Hostname", "Image"}


class NotBuilt(Exception):
    """A build failed; the text is the last line of what the builder said."""


@dataclass(frozen=True, slots=True)
class Case:
    """One folder."""

    name: str
    args: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    bases: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    contexts: Mapping[str, str] = field(default_factory=dict)
    reference: str = "dockerd"
    fails: str = ""
    # Why the reference is not what is compared with, in words; nobody reads it but people.
    why: str = ""

    @classmethod
    def read(cls, name: str) -> Case:
        path = CORPUS / name / "options.json"
        return cls(name, **(json.loads(path.read_text()) if path.exists() else {}))

    @property
    def folder(self) -> Path:
        return CORPUS / self.name

    @property
    def expected_path(self) -> Path:
        return self.folder / "expected.json"


def names() -> list[str]:
    return sorted(path.parent.name for path in CORPUS.glob("*/Dockerfile"))


@contextmanager
def context_of(case: Case, folder: Path) -> Iterator[Path]:
    """Make the case's context for the time of the block."""
    root = folder / "context"
    root.mkdir()
    try:
        make_context(root)
        for path in case.folder.rglob("*"):
            if path.is_file() and path.name not in _NOT_CONTEXT:
                target = root / path.relative_to(case.folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
                target.chmod(0o644)
        settle(root)
        yield root
    finally:
        shutil.rmtree(root)


def build_with_dockerd(host: str, root: Path, case: Case, *, dockerfile: str, tag: str, web: str) -> None:
    """Build by the BuildKit that is in the reference. Raises NotBuilt."""
    command = [REFERENCE_CLI, "-H", host, "build", "--network", "none", "--progress", "plain", "-t", tag]
    command += ["-f", os.fspath(root / dockerfile), *(["--target", case.target] if case.target else [])]
    for name, value in case.args.items():
        command += ["--build-arg", f"{name}={value.format(web=web)}"]
    for name, value in case.labels.items():
        command += ["--label", f"{name}={value}"]
    for name, value in case.secrets.items():
        path = root.parent / f"secret-{name}"
        path.write_text(value)
        command += ["--secret", f"id={name},src={path}"]
    # BuildKit's client writes down who it is.
    environment = {**os.environ, "DOCKER_BUILDKIT": "1", "DOCKER_CONFIG": os.fspath(root.parent / "docker")}
    done = subprocess.run([*command, os.fspath(root)], capture_output=True, env=environment, check=False, timeout=60)
    if done.returncode != 0:
        raise NotBuilt(done.stderr.decode(errors="replace").strip().splitlines()[-1])


def build_with_us(api: Api, root: Path, case: Case, *, dockerfile: str, tag: str, web: str) -> None:
    """Build by our daemon. Raises NotBuilt."""
    args = {name: value.format(web=web) for name, value in case.args.items()}
    query: dict[str, Any] = {"t": tag, "dockerfile": dockerfile, "networkmode": "none", "buildargs": args}
    query |= {"labels": dict(case.labels), "target": case.target}
    images = {name: place for name, place in case.contexts.items() if "://" in place}
    hidden = {name: value.encode() for name, value in case.secrets.items()}
    folders = {name: root / place for name, place in case.contexts.items() if name not in images}
    kind, body = parts_of(pack(root), hidden, folders)
    answer = api.request("POST", "/build", body, headers={"Content-Type": kind}, **query, contexts=images)
    lines = [json.loads(line) for line in answer.content.splitlines()]
    if answer.status != 200 or "error" in lines[-1]:
        raise NotBuilt(lines[-1].get("error") or lines[-1].get("message"))


def parts_of(context: bytes, hidden: Mapping[str, bytes], folders: Mapping[str, Path]) -> tuple[str, bytes]:
    """Return the type and the bytes of a body: our own form where Docker's API has no words."""
    if not hidden and not folders:
        return "application/x-tar", context
    parts = {f"secret.{name}": value for name, value in hidden.items()}
    parts |= {f"context.{name}": pack(folder) for name, folder in folders.items()}
    body = b"".join(
        f'--corpus\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + content + b"\r\n"
        for name, content in (*parts.items(), ("context", context))
    )
    return "multipart/form-data; boundary=corpus", body + b"--corpus--\r\n"


def seen(api: Api, tag: str, web: str, base: Mapping[str, str]) -> dict[str, Any]:
    """Return what is compared of an image: `base` is what its base image looks like, which is left out."""
    inspected = api.get(f"/images/{tag}/json").json
    image = SavedImage(api.get(f"/images/{tag}/get").content)
    looks = {path: _shown(look, mtime) for path, (look, mtime) in _looks(image).items()}
    result = {
        **{key: inspected[key] for key in ("Architecture", "Os", "Author", "Comment", "DockerVersion")},
        "Config": {key: value for key, value in inspected["Config"].items() if key not in _NOT_COMPARED},
        "history": _history(image),
        "files": {path: look for path, look in sorted(looks.items()) if base.get(path) != look},
        "gone": sorted(set(base) - set(looks)),
    }
    text = json.dumps(result, ensure_ascii=True, indent=1)
    return dict(json.loads(text.replace(web, "{web}")))


def _history(image: SavedImage) -> list[dict[str, Any]]:
    """Return each entry with the names in its layer. An empty layer is none: newer builders do not keep it."""
    layers, found = iter(image.layers), []
    for entry in image.config["history"]:
        names = [] if entry.get("empty_layer") else next(layers)
        texts = {key: value for key, value in entry.items() if key not in ("created", "empty_layer")}
        if "created_by" in texts:
            texts["created_by"] = _without_news(texts["created_by"])
        found.append({**texts, **({"layer": names} if names and found else {})})
    return found


def _without_news(created_by: str) -> str:
    """Leave out what BuildKit began to write after 20.10: flags of COPY, values of ARG, and --start-interval."""
    text = re.sub(r"^(COPY|ADD)( --(chown|chmod|link|parents|exclude)(=\S+)?)+", r"\1", created_by)
    text = re.sub(r"^(ARG \w+)[ =].*", r"\1", text, flags=re.DOTALL)
    return re.sub(r"""\] ((?:"[^"\s]+" ){3})"0s" '""", r"] \1'", text)


def _looks(image: SavedImage) -> dict[str, tuple[str, int]]:
    return {
        path: (f"{file.look} = {file.first}" if file.first and file.first != path else file.look, file.mtime)
        for path, file in image.files.items()
    }


def _shown(look: str, mtime: int) -> str:
    """Times of folders are left out: 20.10 does not keep them."""
    is_old = mtime < YOUNG_SECONDS and not look.startswith("dir")
    return f"{look} @{mtime - OLD_SECONDS}" if is_old else look


def looks_of_base(api: Api) -> dict[str, str]:
    """Return what the base image has, for seen()."""
    image = SavedImage(api.get(f"/images/{BASE}/get").content)
    return {path: _shown(look, mtime) for path, (look, mtime) in _looks(image).items()}


def build_case(case: Case, api: Api, folder: Path, web: str, base: Mapping[str, str], *, is_reference: bool) -> Any:
    """Build a case with its bases and return what is compared; the images stay. Raises NotBuilt."""
    with context_of(case, folder) as root:
        tag = f"corpus-case:{case.name}"
        for name, dockerfile in case.bases.items():
            options = {"dockerfile": dockerfile, "tag": name, "web": web}
            _build(Case(f"{case.name}-base"), api, root, is_reference=is_reference, **options)
        _build(case, api, root, is_reference=is_reference, dockerfile="Dockerfile", tag=tag, web=web)
    return seen(api, tag, web, base)


def _build(case: Case, api: Api, root: Path, *, is_reference: bool, **options: str) -> None:
    if is_reference:
        build_with_dockerd(f"unix://{api.path}", root, case, **options)
    else:
        build_with_us(api, root, case, **options)


def remove_images(api: Api, case: Case) -> None:
    for tag in (f"corpus-case:{case.name}", *case.bases):
        api.delete(f"/images/{tag}", force=1)
