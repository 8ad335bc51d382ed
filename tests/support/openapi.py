"""Compare answers with an OpenAPI (Swagger 2) description: required fields are there, values have their JSON types."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

_REFERENCE = "engine-api-v1.51.yaml"
_THIS = Path(__file__).resolve().parents[2]

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


class Description:
    """A parsed description. `problems` walks a value beside the schema of an answer."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def answer(self, path: str, method: str = "get", status: int = 200) -> Mapping[str, Any]:
        """Return the schema of an answer."""
        schema: Mapping[str, Any] = self._document["paths"][path][method]["responses"][status]["schema"]
        return schema

    def problems(self, value: Any, schema: Mapping[str, Any], place: str = "$") -> Iterator[str]:
        """Yield a sentence for each field that is missing or of another type.

        Go sends null for an empty list, map or pointer wherever the description says nothing, so null is a problem
        only for what Go cannot leave empty: numbers, booleans and strings that are not marked x-nullable.
        """
        schema = self.resolved(schema)
        if value is None:
            if schema.get("type") in ("string", "integer", "number", "boolean") and not schema.get("x-nullable"):
                yield f"{place} is null, not {schema['type']}"
            return
        expected = _TYPES.get(schema.get("type", ""))
        if expected and (not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected)):
            yield f"{place} is {value!r}, not {schema['type']}"
        elif schema.get("enum") and value not in schema["enum"]:
            yield f"{place} is {value!r}, not one of {schema['enum']}"
        elif isinstance(value, list):
            for number, item in enumerate(value):
                yield from self.problems(item, schema.get("items", {}), f"{place}[{number}]")
        elif isinstance(value, dict):
            yield from self._in_object(value, schema, place)

    def _in_object(self, value: Mapping[str, Any], schema: Mapping[str, Any], place: str) -> Iterator[str]:
        properties = schema.get("properties", {})
        yield from (f"{place}.{name} is missing" for name in schema.get("required", ()) if name not in value)
        for name, item in value.items():
            known = properties.get(name) or schema.get("additionalProperties")
            if isinstance(known, dict):
                yield from self.problems(item, known, f"{place}.{name}")

    def absent(self, value: Any, schema: Mapping[str, Any], place: str = "") -> Iterator[str]:
        """Yield the dotted name of each field of the description that an answer does not have, at any depth.

        Items of lists and of maps with free keys have the name of what holds them. What is null or empty has no fields.
        """
        schema = self.resolved(schema)
        if isinstance(value, list):
            for item in value:
                yield from self.absent(item, schema.get("items", {}), place)
        elif isinstance(value, dict):
            properties = schema.get("properties", {})
            before = f"{place}." if place else ""
            yield from (before + name for name in properties if name not in value)
            for name, item in value.items():
                known = properties.get(name) or schema.get("additionalProperties")
                if isinstance(known, dict):
                    yield from self.absent(item, known, before + name if name in properties else place)

    def operations(self) -> Iterator[tuple[str, str]]:
        """Yield method and path of each operation."""
        for path, methods in self._document["paths"].items():
            for method in methods:
                yield method.upper(), path

    def statuses(self, method: str, path: str) -> Mapping[int, Mapping[str, Any]]:
        """Return the answers that are described for an operation."""
        found: Mapping[int, Mapping[str, Any]] = self._document["paths"][path][method.lower()]["responses"]
        return found

    def parameters(self, method: str, path: str) -> list[Mapping[str, Any]]:
        """Return the parameters of an operation."""
        found = self._document["paths"][path][method.lower()].get("parameters", [])
        return [self.resolved(parameter) for parameter in found]

    def definition(self, name: str) -> Mapping[str, Any]:
        """Return a named schema."""
        found: Mapping[str, Any] = self._document["definitions"][name]
        return found

    def fields(self, schema: Mapping[str, Any]) -> set[str]:
        """Return the names of an object's fields."""
        return set(self.resolved(schema).get("properties", {}))

    def field(self, schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        """Return the schema of an object's field."""
        found: Mapping[str, Any] = self.resolved(schema)["properties"][name]
        return found

    def items(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the schema of an array's items."""
        items: Mapping[str, Any] = self.resolved(schema)["items"]
        return items

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow $ref, and melt allOf into one object."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            # What stands beside $ref counts too: Docker's description marks nullable references so.
            beside = {key: item for key, item in schema.items() if key != "$ref"}
            return {**self.resolved(self._document["definitions"][name]), **beside}
        if "allOf" not in schema:
            return schema
        parts = [self.resolved(part) for part in schema["allOf"]]
        if not any("properties" in part for part in parts):  # an enumeration with a text beside it
            return {key: item for part in parts for key, item in part.items()}
        properties = {name: item for part in parts for name, item in part.get("properties", {}).items()}
        required = [name for part in parts for name in part.get("required", ())]
        return {"type": "object", **schema, "allOf": None, "properties": properties, "required": required}


def engine_api() -> Description:
    """Return Docker's description of the Engine API; skips the test where it is not at hand."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    folder = Path(os.environ.get("JUPYTER_CONTAINERS_REFERENCE", _THIS.parent / "shared" / "reference"))
    if not (folder / _REFERENCE).exists():
        pytest.skip(f"{_REFERENCE} is neither in ../shared/reference nor where JUPYTER_CONTAINERS_REFERENCE points")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Description(yaml.load((folder / _REFERENCE).read_text(), loader))
