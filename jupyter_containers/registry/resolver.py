"""From a reference to a descriptor and its manifest.

A tag is asked for by HEAD and then fetched by digest: a HEAD does not count against a rate limit, and a manifest that
is here already is not fetched at all.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.manifest import MAX_MANIFEST_BYTES, Index, Manifest, parse_manifest
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry.failures import Answer, RegistryRefused, for_manifest
from jupyter_containers.registry.repository import Repository

MAX_PAGES, MAX_TAGS = 1000, 100_000
# RFC 8288: <where>; rel="next"
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')


@dataclass(frozen=True, slots=True)
class Fetched:
    """A manifest or index, its exact bytes, and where it stands."""

    descriptor: Descriptor
    content: bytes
    document: Manifest | Index


async def resolve(repository: Repository, reference: Reference) -> Descriptor:
    """Return the descriptor that a tag or digest has now. Raises ManifestNotFound, PullDenied and others.

    The digest is what the registry says; whoever fetches the manifest must check it.
    """
    described = await _describe(repository, str(reference.digest or reference.tag))
    if described is not None:
        return described
    return (await _fetch_by_key(repository, reference)).descriptor


async def fetch(repository: Repository, reference: Reference, store: ContentStore) -> Fetched:
    """Return the manifest or index of a reference, from the store if its digest is there."""
    if reference.digest is not None:
        return await fetch_digest(repository, reference, reference.digest, store)
    described = await _describe(repository, str(reference.tag))
    if described is None or described.digest.algorithm != "sha256":
        return await _fetch_by_key(repository, reference)
    return await fetch_digest(repository, reference, described.digest, store)


async def fetch_digest(repository: Repository, reference: Reference, digest: Digest, store: ContentStore) -> Fetched:
    """Return the manifest or index of a digest, checked against it. `reference` is what messages name."""
    if (content := store.read_if_whole(digest, MAX_MANIFEST_BYTES)) is not None:
        return _fetched(content, digest, None, reference)
    answer = await repository.manifest(str(digest))
    if not answer.is_ok:
        raise for_manifest(answer, reference)
    if Digest.of(answer.body, digest.algorithm) != digest:
        raise RegistryRefused(f"manifest verification failed for digest {digest}")
    return _fetched(answer.body, digest, _media_type(answer), reference)


async def tags(repository: Repository, reference: Reference) -> list[str]:
    """Return all tags of a repository, page by page. Raises RepositoryNotFound, PullDenied, RegistryRefused."""
    found: list[str] = []
    link = ""
    for _ in range(MAX_PAGES):
        answer = await repository.tags(link)
        if not answer.is_ok:
            raise for_manifest(answer, reference)
        found += _tag_names(answer.body)
        if len(found) > MAX_TAGS:
            raise RegistryRefused(f"{reference.familiar_repository} has more than {MAX_TAGS} tags; name the wanted one")
        match = _NEXT.search(answer.headers.get("link", ""))
        if match is None:
            return found
        link = match[1]
    raise RegistryRefused(f"the list of tags of {reference.familiar_repository} has more than {MAX_PAGES} pages")


def _tag_names(body: bytes) -> list[str]:
    try:
        listed = json.loads(body)["tags"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise RegistryRefused("the registry answered with something that is no list of tags") from None
    return [name for name in listed or () if isinstance(name, str)] if isinstance(listed, list | None) else []


async def _fetch_by_key(repository: Repository, reference: Reference) -> Fetched:
    answer = await repository.manifest(str(reference.digest or reference.tag))
    if not answer.is_ok:
        raise for_manifest(answer, reference)
    # The header Docker-Content-Digest is advice: the bytes that came are the identity.
    return _fetched(answer.body, Digest.of(answer.body), _media_type(answer), reference)


async def _describe(repository: Repository, key: str) -> Descriptor | None:
    """Return what HEAD says about a tag or digest, None if that is not enough (old registries, and every refusal)."""
    answer = await repository.manifest(key, method="HEAD")
    media_type = _media_type(answer)
    if not answer.is_ok or media_type not in media_types.ACCEPTED:
        return None
    try:
        digest = Digest.parse(answer.headers.get("docker-content-digest", ""))
        return Descriptor(media_type, digest, int(answer.headers.get("content-length", "")[:10]))
    except (InvalidParameter, ValueError):
        return None


def _fetched(content: bytes, digest: Digest, media_type: str | None, reference: Reference) -> Fetched:
    try:
        document = parse_manifest(content, media_type)
    except InvalidParameter as error:
        raise RegistryRefused(f"cannot use the manifest of {reference.familiar}: {error.message}") from error
    return Fetched(Descriptor(document.media_type, digest, len(content)), content, document)


def _media_type(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()
