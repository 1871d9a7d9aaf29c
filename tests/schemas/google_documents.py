"""Google's discovery documents, as google-api-python-client contains them."""

import base64
import binascii
import datetime
import json
import re
from functools import cache
from pathlib import Path

TYPES = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
}
RANGES = {
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}


@cache
def document(name: str) -> dict:
    import googleapiclient.discovery_cache

    directory = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
    return json.loads((directory / f"{name}.json").read_text())


class Description:
    """The methods and schemas of one API."""

    def __init__(self, name: str):
        self.name = name
        described = document(name)
        self.schemas = described["schemas"]
        self.parameters = described["parameters"]
        self.base = "/" + described["servicePath"]
        self.methods = list(methods(described["resources"]))

    def method(self, verb: str, path: str) -> dict | None:
        """The method of a request; the prefix of the path may be missing."""
        relative = path.removeprefix(self.base).removeprefix("/")
        for known, pattern, method in self.methods:
            if known == verb and pattern.fullmatch(relative):
                return method
        return None

    def findings(self, value, schema: str, place: str = "", asked: bool = False):
        """Yields (place, what) for each difference; `asked`: read-only members are findings as well."""
        yield from self._of(value, {"$ref": schema}, place, asked)

    def _of(self, value, described: dict, place: str, asked: bool):
        name = described.get("$ref", "object")
        if "$ref" in described:
            described = self.schemas[name]
        kind = described.get("type", "any")
        if kind == "any":
            return
        if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
            yield place, f"is {json.dumps(value)[:60]}, no {kind}"
        elif kind == "array":
            for index, entry in enumerate(value):
                yield from self._of(entry, described["items"], f"{place}/{index}", asked)
        elif kind == "object":
            yield from self._members(value, described, name, place, asked)
        else:
            yield from in_rules(value, described, place)

    def _members(self, value: dict, described: dict, name: str, place: str, asked: bool):
        known, others = described.get("properties", {}), described.get("additionalProperties")
        for member, entry in value.items():
            here = f"{place}/{member}"
            if member not in known:
                if others is None:
                    yield here, f"is no member of {name}"
                else:
                    yield from self._of(entry, others, here, asked)
            elif asked and known[member].get("readOnly"):
                yield here, "is read-only"
            else:
                yield from self._of(entry, known[member], here, asked)


def methods(resources: dict):
    """Yields (verb, pattern of the path, method) of all methods, also of nested resources."""
    for resource in resources.values():
        for method in resource.get("methods", {}).values():
            parts = re.split(r"\{\+?\w+\}", method.get("flatPath", method["path"]))
            pattern = "[^/]+".join(re.escape(it) for it in parts)
            yield method["httpMethod"], re.compile(pattern), method
        yield from methods(resource.get("resources", {}))


def in_rules(value, described: dict, place: str):
    if "enum" in described and value not in described["enum"]:
        yield place, f"is {value!r}, not one of {', '.join(described['enum'])}"
    if "pattern" in described and not re.fullmatch(described["pattern"], value):
        yield place, f"is {value!r}, not of the form {described['pattern']}"
    kind = described.get("format")
    if kind in RANGES:
        low, high = RANGES[kind]
        number = int(value) if re.fullmatch(r"-?[0-9]{1,20}", str(value)) else None
        if number is None or not low <= number <= high:
            yield place, f"is {value!r}, no {kind}"
    elif kind == "byte":
        try:
            base64.b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
        except binascii.Error:
            yield place, f"is {value!r}, not base64"
    text = described.get("description", "")
    if "RFC3339" in text.replace(" ", "") and value:
        try:
            datetime.datetime.fromisoformat(value)
        except ValueError:
            yield place, f"is {value!r}, no time of RFC 3339"


