"""Descriptors: media type, digest and size of a blob somewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Points at exact bytes. Source: OCI image-spec, descriptor.md."""

    media_type: str
    digest: Digest
    size: int
    platform: Platform | None = None
    urls: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Return the descriptor in parsed JSON. Raises InvalidParameter naming the field that is wrong."""
        if not isinstance(data, Mapping):
            raise InvalidParameter(f"a descriptor must be a JSON object, not {type(data).__name__}")
        media_type, digest, size = data.get("mediaType"), data.get("digest"), data.get("size")
        if not isinstance(media_type, str) or not media_type:
            raise InvalidParameter(f"a descriptor without a mediaType: {digest!r}")
        if not isinstance(digest, str):
            raise InvalidParameter(f"a descriptor without a digest (media type {media_type})")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise InvalidParameter(f"descriptor of {digest} has no valid size: {size!r}")
        platform, annotations, urls = data.get("platform"), data.get("annotations"), data.get("urls")
        return cls(
            media_type=media_type,
            digest=Digest.parse(digest),
            size=size,
            platform=Platform.from_json(platform) if isinstance(platform, Mapping) else None,
            urls=tuple(url for url in urls if isinstance(url, str)) if isinstance(urls, list) else (),
            annotations={str(k): str(v) for k, v in annotations.items()} if isinstance(annotations, Mapping) else {},
        )

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = {"mediaType": self.media_type, "digest": str(self.digest), "size": self.size}
        if self.urls:
            data["urls"] = list(self.urls)
        if self.annotations:
            data["annotations"] = dict(self.annotations)
        if self.platform is not None:
            data["platform"] = self.platform.to_json()
        return data
